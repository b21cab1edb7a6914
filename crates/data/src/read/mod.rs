//! From bytes to typed columns.
//!
//! Two steps. A reader turns CSV, Parquet or JSON into a [`RawBatch`]: the values as they were received. [`typed()`]
//! casts it to the columns of the project and keeps apart what does not fit. Files that belong to no project are
//! read by [`read_table`], which finds the types itself.

mod csv;
mod error;
mod infer;
mod json;
mod parquet;
mod rows;
mod typed;
mod value;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use arrow_array::RecordBatch;
use bytes::Bytes;

pub use error::ReadError;
pub use infer::{InferredColumn, infer_schema, read_table};
pub use json::{ApiAnswer, read_api_answer, read_json_rows};
pub use rows::RawRows;
pub use typed::{BadCell, TypedBatch, typed};
pub use value::{canonical_category, category_of_number, format_date, parse_boolean, parse_date, parse_number};

/// A batch as it was received, before any type of the project was applied.
///
/// CSV columns are texts. JSON columns are numbers or booleans where every value is one, else texts. Parquet columns
/// keep their types. A value that was not there, or was empty text, is null.
#[derive(Debug, Clone)]
pub struct RawBatch {
    /// The rows.
    pub records: RecordBatch,
    /// Where they came from.
    pub facts: SourceFacts,
}

/// Where a batch came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceFacts {
    /// The file's name, or the address and batch number; errors begin with it.
    pub name: String,
    /// The number that a data API gave it.
    pub batch_number: Option<u64>,
    /// Bytes read.
    pub bytes: u64,
}

impl RawBatch {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.records.num_rows()
    }

    /// Names of the columns, in order.
    pub fn column_names(&self) -> Vec<String> {
        self.records.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
    }
}

/// The formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text, a header and one row a line; separated by `,`, `;` or tabs.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The format that a file's extension names: `csv`, `tsv`, `txt`; `parquet`, `pq`.
    pub fn of_path(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "txt" => Some(Format::Csv),
            "parquet" | "pq" => Some(Format::Parquet),
            _ => None,
        }
    }
}

/// Reads a CSV or Parquet file as it is. The extension decides.
pub fn read_file(path: &Path) -> Result<RawBatch, ReadError> {
    let (name, file, bytes) = open(path)?;
    let records = match Format::of_path(path).ok_or_else(|| ReadError::UnknownFormat { name: name.clone() })? {
        Format::Csv => csv::read(BufReader::with_capacity(1 << 20, file), &name)?,
        Format::Parquet => parquet::read(file, &name)?,
    };
    if records.num_rows() == 0 {
        return Err(ReadError::NoRows { name });
    }
    Ok(RawBatch { records, facts: SourceFacts { name, batch_number: None, bytes } })
}

/// Reads CSV from memory. `name` is what errors call it.
pub fn read_csv(bytes: &[u8], name: &str) -> Result<RawBatch, ReadError> {
    let facts = SourceFacts { name: name.to_owned(), batch_number: None, bytes: bytes.len() as u64 };
    if bytes.is_empty() {
        return Err(ReadError::Empty { name: facts.name });
    }
    Ok(RawBatch { records: csv::read(bytes, name)?, facts })
}

/// Reads Parquet from memory; there may be no rows. `name` is what errors call it.
pub fn read_parquet(bytes: Bytes, name: &str) -> Result<RawBatch, ReadError> {
    let facts = SourceFacts { name: name.to_owned(), batch_number: None, bytes: bytes.len() as u64 };
    if bytes.is_empty() {
        return Err(ReadError::Empty { name: facts.name });
    }
    Ok(RawBatch { records: parquet::read(bytes, name)?, facts })
}

/// At most `limit` rows of Parquet after the first `offset`. `name` is what errors call it.
pub fn read_parquet_span(bytes: Bytes, offset: usize, limit: usize, name: &str) -> Result<RecordBatch, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty { name: name.to_owned() });
    }
    parquet::read_span(bytes, offset, limit, name)
}

/// Opens a file that must hold something: its name for errors, the file, its size.
fn open(path: &Path) -> Result<(String, File, u64), ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let name = path.display().to_string();
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_dir() {
        return Err(io(std::io::Error::other("it is a folder")));
    }
    if metadata.is_file() && metadata.len() == 0 {
        return Err(ReadError::Empty { name });
    }
    Ok((name, file, metadata.len()))
}

/// Reads to the end or up to `limit` bytes.
fn read_some(reader: &mut impl Read, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
