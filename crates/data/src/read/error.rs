//! What can be wrong with the bytes of a batch.

use std::path::PathBuf;

use thiserror::Error;

/// Why bytes did not become a table. `name` is the file, or the request, that they came from.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read '{}': {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Neither the extension nor the content says what the file is.
    #[error("'{name}' is neither CSV nor Parquet: expected a file named *.csv, *.tsv or *.parquet")]
    UnknownFormat {
        /// The file.
        name: String,
    },
    /// There is no byte.
    #[error("'{name}' is empty; write its header and rows, or take the file away")]
    Empty {
        /// The file.
        name: String,
    },
    /// There are columns but no row.
    #[error("'{name}' holds no rows; a batch has at least one: write them, or take it away")]
    NoRows {
        /// The file.
        name: String,
    },
    /// The text cannot be cut into rows of one length.
    #[error("'{name}', line {line}: {found} where the header has {expected} columns")]
    Ragged {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
        /// Columns of the header.
        expected: usize,
        /// What the line has, such as `3 values`.
        found: String,
    },
    /// The text is not UTF-8.
    #[error("'{name}', line {line}: byte {byte:#04x} at column {column} is not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The byte's place in the line, from 1.
        column: usize,
        /// The byte.
        byte: u8,
    },
    /// Two columns have one name.
    #[error("'{name}' has two columns named '{column}'")]
    DuplicateColumn {
        /// The file.
        name: String,
        /// The column.
        column: String,
    },
    /// The CSV reader gave up for another reason.
    #[error("'{name}' is not valid CSV: {reason}")]
    Csv {
        /// The file.
        name: String,
        /// What the reader says.
        reason: String,
    },
    /// The Parquet reader gave up: the file is cut off, damaged or of another kind.
    #[error("'{name}' is not a whole Parquet file: {reason}")]
    Parquet {
        /// The file.
        name: String,
        /// What the reader says.
        reason: String,
    },
    /// The JSON breaks off: the answer was cut.
    #[error("'{name}' breaks off: {reason}")]
    JsonCut {
        /// The file.
        name: String,
        /// What the parser says, with line and column.
        reason: String,
    },
    /// The JSON is malformed or has another shape.
    #[error("'{name}' is not the JSON expected: {reason}")]
    Json {
        /// The file.
        name: String,
        /// What the parser says, with line and column.
        reason: String,
    },
    /// A row, sent as an array, has a length that fits no set of columns.
    #[error("'{name}', row {row}: {found} values where the project has {}", columns_text(*.expected, *.required))]
    RowLength {
        /// The file.
        name: String,
        /// The row, from 1.
        row: usize,
        /// Its length.
        found: usize,
        /// Columns of the project.
        expected: usize,
        /// Columns that are not optional.
        required: usize,
    },
    /// A column that the project needs is not there.
    #[error("'{name}' has no column '{column}'; it has {}", list(.found))]
    MissingColumn {
        /// The file.
        name: String,
        /// The column.
        column: String,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// Most values of a column are of another type: the column is not what the project says.
    #[error(
        "'{name}': column '{column}' should be {expected} but holds '{text}' (row {row}), and {bad} of its {values} values are like that"
    )]
    WrongType {
        /// The file.
        name: String,
        /// The column.
        column: String,
        /// The type wanted, such as `a number`.
        expected: &'static str,
        /// The first value that is not of it.
        text: String,
        /// Its row, from 1.
        row: usize,
        /// How many values are not of the type.
        bad: usize,
        /// How many values are not missing.
        values: usize,
    },
    /// A column holds lists, structures or bytes.
    #[error("'{name}': column '{column}' holds values of type {found}, which no column of a table can hold")]
    Unsupported {
        /// The file.
        name: String,
        /// The column.
        column: String,
        /// The Arrow type.
        found: String,
    },
    /// A column cannot be converted, such as text of more than 2 GiB.
    #[error("'{name}': column '{column}' cannot be converted: {reason}")]
    Convert {
        /// The file.
        name: String,
        /// The column.
        column: String,
        /// What the kernel says.
        reason: String,
    },
}

fn columns_text(expected: usize, required: usize) -> String {
    if required == expected {
        format!("{expected} columns")
    } else {
        format!("{expected} columns ({required} without the optional ones)")
    }
}

/// `'a', 'b' and 3 more`.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 30;
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().take(SHOWN).map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
