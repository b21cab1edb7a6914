//! Files as a source.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use tidewheel_data::source::{Ask, FileSource, Source, SourceError, SourcePosition, no_progress};
use tidewheel_domain::Sha256;
use tidewheel_domain::project::{BadValue, ColumnSpec, ColumnType, Role};

fn columns() -> Vec<ColumnSpec> {
    vec![ColumnSpec {
        name: "size".into(),
        kind: ColumnType::Number,
        role: Role::Feature,
        optional: false,
        bad_value: BadValue::Reject,
        checks: Vec::new(),
        label: ("Size".into(), "Tamaño".into()),
        unit: None,
    }]
}

fn write(folder: &Path, name: &str, value: &str) {
    fs::write(folder.join(name), format!("size\n{value}\n")).expect("written");
}

struct Reader {
    source: FileSource,
    position: SourcePosition,
    known: HashSet<Sha256>,
}

impl Reader {
    fn new(pattern: &str, folder: &Path) -> Self {
        let source = FileSource::new(pattern, folder, &columns());
        Reader { source, position: SourcePosition::Start, known: HashSet::new() }
    }

    /// The next file's value, and whether it was known.
    async fn next(&mut self) -> Result<Option<(f64, bool)>, SourceError> {
        let ask = Ask { position: &self.position, interrupted: false, known: &self.known, progress: &no_progress };
        let Some(fetched) = self.source.next(ask).await? else { return Ok(None) };
        self.known.insert(fetched.hashes.content);
        // As it is stored between commands.
        self.position = fetched.position.to_string().parse().expect("a position");
        Ok(fetched.typed.table.number("size").map(|values| (values[0], fetched.known)))
    }

    async fn all(&mut self) -> Vec<(f64, bool)> {
        let mut values = Vec::new();
        while let Some(value) = self.next().await.expect("a batch or the end") {
            values.push(value);
        }
        values
    }
}

#[tokio::test]
async fn files_are_read_once_in_natural_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data [1]");
    fs::create_dir(&data).expect("made");
    for (name, value) in [("b-10.csv", "10"), ("b-2.csv", "2"), (".b-1.csv", "0"), ("notes.md", "0"), ("a.csv", "1")] {
        write(&data, name, value);
    }
    let expected = [(1.0, false), (2.0, false), (10.0, false)];
    let mut whole = Reader::new("data [1]", folder.path());
    assert_eq!(whole.all().await, expected);
    // The folder's own name is no pattern.
    assert_eq!(Reader::new("*.csv", &data).all().await, expected);
    assert_eq!(Reader::new("data [1]/b-2.csv", folder.path()).all().await, [(2.0, false)]);
    let absolute = data.join("a.csv");
    assert_eq!(Reader::new(&absolute.to_string_lossy(), Path::new("elsewhere")).all().await, [(1.0, false)]);

    // A new file, a changed one, and a copy of one that was read.
    write(&data, "b-3.csv", "3");
    write(&data, "b-2.csv", "22");
    write(&data, "c.csv", "10");
    assert_eq!(whole.all().await, [(22.0, false), (3.0, false), (10.0, true)]);
    fs::remove_file(data.join("a.csv")).expect("removed");
    write(&data, "d.csv", "4");
    assert_eq!(whole.all().await, [(4.0, false)]);
    let SourcePosition::Files { files } = &whole.position else { panic!("not files") };
    assert_eq!(files.len(), 5, "files that are gone are forgotten");
}

#[tokio::test]
async fn what_names_no_file_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    for pattern in ["*.csv", "none.csv", "."] {
        let error = Reader::new(pattern, folder.path()).next().await.expect_err("no file");
        let expected = format!("'{pattern}' names no CSV or Parquet file; put one there, or correct 'source.path'");
        assert_eq!(error.to_string(), expected);
    }
    let error = Reader::new("a***.csv", folder.path()).next().await.expect_err("no pattern");
    assert!(error.to_string().starts_with("'a***.csv' is no valid pattern: "), "{error}");
    write(folder.path(), "a.dat", "1");
    let error = Reader::new("a.*", folder.path()).next().await.expect_err("no format");
    assert!(error.to_string().contains("a.dat' is neither CSV nor Parquet"), "{error}");
}
