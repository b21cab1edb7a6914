//! CSV: every value is kept as text; the types of the project are applied later.

use std::collections::HashSet;
use std::io::{Cursor, Read};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_csv::ReaderBuilder;
use arrow_csv::reader::Format;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::{ReadError, read_some};

/// Rows that are decoded at once.
const CHUNK_ROWS: usize = 16_384;
/// The header must lie within this many bytes.
const HEAD_BYTES: usize = 1 << 20;

/// All rows as one batch of text columns.
pub(super) fn read(reader: impl Read, name: &str) -> Result<RecordBatch, ReadError> {
    let (schema, chunks) = read_chunks(reader, name)?;
    let columns = (0..schema.fields().len()).map(|index| {
        let parts = chunks.iter().map(|chunk| text_column(chunk, index)).collect::<Vec<_>>();
        let bytes = parts.iter().map(|part| part.value_data().len()).sum::<usize>();
        let rows = parts.iter().map(|part| arrow_array::Array::len(*part)).sum();
        if i32::try_from(bytes).is_err() {
            let column = schema.field(index).name().clone();
            let reason = "its text is longer than 2 GiB; split the file".to_owned();
            return Err(ReadError::Convert { name: name.to_owned(), column, reason });
        }
        let mut builder = arrow_array::builder::StringBuilder::with_capacity(rows, bytes);
        for value in parts.iter().flat_map(|part| part.iter()) {
            builder.append_option(value);
        }
        Ok(Arc::new(builder.finish()) as ArrayRef)
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(schema, columns)
        .map_err(|error| ReadError::Csv { name: name.to_owned(), reason: error.to_string() })
}

/// A column of a chunk that [`read_chunks`] made.
pub(super) fn text_column(chunk: &RecordBatch, index: usize) -> &StringArray {
    arrow_array::cast::as_string_array(chunk.column(index).as_ref())
}

/// The header, and the rows in chunks. At least one row.
pub(super) fn read_chunks(mut reader: impl Read, name: &str) -> Result<(Arc<Schema>, Vec<RecordBatch>), ReadError> {
    let failed = |error: std::io::Error| ReadError::Csv { name: name.to_owned(), reason: error.to_string() };
    let mut head = read_some(&mut reader, HEAD_BYTES).map_err(failed)?;
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { name: name.to_owned() });
    }
    Utf8Check::new(&[][..]).check(&head).map_err(|error| arrow_error(&error.into(), 0, name))?;
    let delimiter = delimiter(&head);
    let schema = Arc::new(header(&head, delimiter, name)?);
    let format = Format::default().with_header(true).with_delimiter(delimiter);
    let all = Utf8Check::new(Cursor::new(head).chain(reader));
    let rows = ReaderBuilder::new(Arc::clone(&schema)).with_format(format).with_batch_size(CHUNK_ROWS).build(all);
    let rows = rows.map_err(|error| arrow_error(&error, schema.fields().len(), name))?;
    let mut chunks = Vec::new();
    for chunk in rows {
        chunks.push(chunk.map_err(|error| arrow_error(&error, schema.fields().len(), name))?);
    }
    if chunks.iter().all(|chunk| chunk.num_rows() == 0) {
        return Err(ReadError::NoRows { name: name.to_owned() });
    }
    Ok((schema, chunks))
}

/// The separator of the header line: a comma if there is one, else a semicolon, else a tab.
fn delimiter(head: &[u8]) -> u8 {
    let mut quoted = false;
    let mut seen = HashSet::new();
    for &byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => {
                seen.insert(byte);
            }
            _ => {}
        }
    }
    [b',', b';', b'\t'].into_iter().find(|delimiter| seen.contains(delimiter)).unwrap_or(b',')
}

/// One text field for each name of the header. A column without a name is called by its place.
fn header(head: &[u8], delimiter: u8, name: &str) -> Result<Schema, ReadError> {
    let format = Format::default().with_header(true).with_delimiter(delimiter);
    let (schema, _) = format.infer_schema(head, Some(0)).map_err(|error| arrow_error(&error, 0, name))?;
    let mut seen = HashSet::new();
    let mut fields = Vec::new();
    for (index, field) in schema.fields().iter().enumerate() {
        let column = match field.name().trim() {
            "" => format!("unnamed_{}", index + 1),
            column => column.to_owned(),
        };
        if !seen.insert(column.clone()) {
            return Err(ReadError::DuplicateColumn { name: name.to_owned(), column });
        }
        fields.push(Field::new(column, DataType::Utf8, true));
    }
    Ok(Schema::new(fields))
}

/// Turns what the CSV reader says into the error that names line and value.
fn arrow_error(error: &ArrowError, expected: usize, name: &str) -> ReadError {
    let name = name.to_owned();
    let text = match error {
        ArrowError::CsvError(text) => text.clone(),
        ArrowError::IoError(_, io) => match io.get_ref().and_then(|inner| inner.downcast_ref::<BadByte>()) {
            Some(bad) => return ReadError::NotUtf8 { name, line: bad.line, column: bad.column, byte: bad.byte },
            None => io.to_string(),
        },
        other => other.to_string(),
    };
    // "incorrect number of fields for line 3, expected 2 got 1" or "... got more than 2".
    if let Some((_, rest)) = text.split_once("incorrect number of fields for line ") {
        let line = rest.split(',').next().and_then(|line| line.trim().parse().ok());
        let found = rest.split_once(" got ").map(|(_, found)| found.trim().to_owned());
        if let (Some(line), Some(found)) = (line, found) {
            let found = if found == "1" { "1 value".to_owned() } else { format!("{found} values") };
            return ReadError::Ragged { name, line, expected, found };
        }
    }
    ReadError::Csv { name, reason: text }
}

/// Passes bytes on and stops at the first that is not UTF-8, remembering where it stands.
struct Utf8Check<R> {
    inner: R,
    line: usize,
    column: usize,
    /// The beginning of a character whose end has not come yet.
    pending: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error("byte {byte:#04x} in line {line}, column {column} is not UTF-8")]
struct BadByte {
    line: usize,
    column: usize,
    byte: u8,
}

impl<R: Read> Utf8Check<R> {
    fn new(inner: R) -> Self {
        Utf8Check { inner, line: 1, column: 1, pending: Vec::new() }
    }

    /// Moves line and column past these bytes.
    fn count(&mut self, bytes: &[u8]) {
        match bytes.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => {
                self.line += bytes.iter().filter(|&&byte| byte == b'\n').count();
                self.column = bytes.len() - last;
            }
            None => self.column += bytes.len(),
        }
    }

    fn check(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut rest = bytes;
        // A character of up to four bytes may lie across two reads.
        while !self.pending.is_empty() && !rest.is_empty() {
            self.pending.push(rest[0]);
            rest = &rest[1..];
            match std::str::from_utf8(&self.pending) {
                Ok(_) => {
                    self.column += self.pending.len();
                    self.pending.clear();
                }
                Err(error) if error.error_len().is_some() => return Err(self.bad(self.pending[0])),
                Err(_) => {}
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => self.count(rest),
            Err(error) => {
                let valid = error.valid_up_to();
                self.count(&rest[..valid]);
                if error.error_len().is_some() {
                    return Err(self.bad(rest[valid]));
                }
                self.pending.extend_from_slice(&rest[valid..]);
            }
        }
        Ok(())
    }

    fn bad(&self, byte: u8) -> std::io::Error {
        std::io::Error::other(BadByte { line: self.line, column: self.column, byte })
    }
}

impl<R: Read> Read for Utf8Check<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.check(&buffer[..length])?;
        if length == 0 && !self.pending.is_empty() && !buffer.is_empty() {
            // The text ends in the middle of a character.
            return Err(self.bad(self.pending[0]));
        }
        Ok(length)
    }
}
