//! The rows of a batch as they were received, written as JSON.

use std::collections::HashSet;
use std::io::Write;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256 as Hasher};

use super::typed::{Cell, Cells};
use super::{RawBatch, ReadError};

/// Random access to the rows of a [`RawBatch`].
///
/// Dates are written in ISO 8601; numbers that are not finite, and nulls, as `null`.
pub struct RawRows {
    names: Vec<String>,
    /// The names as JSON, with the quotes.
    keys: Vec<Vec<u8>>,
    columns: Vec<Cells>,
    rows: usize,
}

impl RawRows {
    /// The rows of a batch; its columns are shared, not copied, where they need no conversion.
    pub fn new(raw: &RawBatch) -> Result<Self, ReadError> {
        let names = raw.column_names();
        let columns = names.iter().zip(raw.records.columns());
        let columns = columns.map(|(name, array)| Cells::of(array, name, &raw.facts.name));
        Ok(RawRows {
            keys: names.iter().map(|name| Value::from(name.as_str()).to_string().into_bytes()).collect(),
            columns: columns.collect::<Result<_, _>>()?,
            names,
            rows: raw.rows(),
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A row as an object.
    pub fn object(&self, row: usize) -> Map<String, Value> {
        let value = |cells: &Cells| match cells.get(row) {
            None => Value::Null,
            Some(Cell::Text(text)) => text.into(),
            Some(Cell::Number(value)) => value.into(),
            Some(Cell::Integer(value)) => value.into(),
            Some(Cell::Unsigned(value)) => value.into(),
            Some(Cell::Boolean(value)) => value.into(),
            Some(date @ Cell::Date(_)) => date.text().into(),
        };
        self.names.iter().cloned().zip(self.columns.iter().map(value)).collect()
    }

    /// Appends a row as a JSON object.
    pub fn write_object(&self, row: usize, out: &mut Vec<u8>) {
        out.push(b'{');
        for (place, (key, cells)) in self.keys.iter().zip(&self.columns).enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            out.push(b':');
            match cells.get(row) {
                None => out.extend_from_slice(b"null"),
                Some(Cell::Number(value)) if !value.is_finite() => out.extend_from_slice(b"null"),
                Some(Cell::Text(text)) => write_text(text, out),
                Some(date @ Cell::Date(_)) => write_text(&date.text(), out),
                Some(cell) => write_plain(&cell, out),
            }
        }
        out.push(b'}');
    }

    /// Appends a row as a JSON array of texts, in the order of the columns; missing is the empty text.
    pub fn write_texts(&self, row: usize, out: &mut Vec<u8>) {
        out.push(b'[');
        for (place, cells) in self.columns.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            match cells.get(row) {
                None => out.extend_from_slice(b"\"\""),
                Some(Cell::Text(text)) => write_text(text, out),
                Some(date @ Cell::Date(_)) => write_text(&date.text(), out),
                Some(cell) => {
                    out.push(b'"');
                    write_plain(&cell, out);
                    out.push(b'"');
                }
            }
        }
        out.push(b']');
    }

    /// Places of the rows that equal no earlier one, ascending.
    pub fn distinct(&self) -> Vec<usize> {
        let mut seen = HashSet::new();
        let mut text = Vec::new();
        (0..self.rows)
            .filter(|&row| {
                text.clear();
                self.write_texts(row, &mut text);
                let digest: [u8; 32] = Hasher::digest(&text).into();
                seen.insert(digest)
            })
            .collect()
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(Value::from(text).to_string().as_bytes());
    }
}

/// Numbers and booleans. A whole f64 keeps its `.0`, as in Python.
fn write_plain(cell: &Cell<'_>, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = match cell {
        Cell::Number(value) => write!(out, "{value:?}"),
        Cell::Integer(value) => write!(out, "{value}"),
        Cell::Unsigned(value) => write!(out, "{value}"),
        Cell::Boolean(value) => write!(out, "{value}"),
        Cell::Text(text) => write!(out, "{text}"),
        Cell::Date(_) => write!(out, "{}", cell.text()),
    };
}
