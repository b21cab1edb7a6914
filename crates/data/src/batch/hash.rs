//! Hashes over typed values.
//!
//! A value is hashed as what it is, not as how it was written: `601` in a CSV, `601.0` in JSON and 601 in Parquet are
//! one category, so the same batch has one hash in whatever form it arrives. The hashes are stored in databases and
//! must never change; `the_hashes_are_those_of_an_independent_implementation` pins them.
//!
//! Encoding of a row (all integers little-endian): the columns in the order of their names' bytes; a missing value is
//! left out; a value is an 8-byte tag (the first 8 bytes of SHA-256 over `n` or `c`, for number or category, and the
//! column's name) followed by
//! - a number: `n` and the 8 bytes of the f64, with -0.0 written as 0.0;
//! - a category: `c`, its length in bytes as u64, its UTF-8;
//! - a value that is not of its column's type: `b`, its length in bytes as u64, its UTF-8 as received.
//!
//! Row digest: SHA-256 over `r` and the encoding; the *row hash* is its first 16 bytes, read big-endian. *Content
//! hash*: SHA-256 over `tidewheel-batch-1`, the number of rows as u64, and the row digests in order. *Key hash*: the
//! first 8 bytes, read big-endian, of SHA-256 over `k`, the length of the salt as u64, the salt, and the encoding of
//! the key columns alone, bad values counting as missing.
//!
//! So neither the order of columns nor an optional column without values changes a hash.

use std::collections::HashMap;

use rayon::prelude::*;
use sha2::{Digest, Sha256 as Hasher};
use thiserror::Error;
use tidewheel_domain::{Column, MISSING, Sha256, Table};

use super::columns::by_name;
use crate::read::TypedBatch;

/// Rows that one task hashes.
const CHUNK_ROWS: usize = 2_048;

/// A key that cannot be taken from a table.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the key column '{0}' is not in the table")]
pub struct KeyError(pub String);

/// The identity of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHashes {
    /// Over all rows, in order.
    pub content: Sha256,
    /// One a row.
    pub rows: Vec<u128>,
}

/// Content hash and row hashes at once.
pub fn hash_batch(batch: &TypedBatch) -> BatchHashes {
    let digests = row_digests(batch);
    let mut content = Hasher::new();
    content.update(b"tidewheel-batch-1");
    content.update((digests.len() as u64).to_le_bytes());
    for digest in &digests {
        content.update(digest);
    }
    BatchHashes { content: Sha256::from_bytes(content.finalize().into()), rows: digests.iter().map(first_16).collect() }
}

/// The hash of a batch's typed rows in order.
pub fn content_hash(batch: &TypedBatch) -> Sha256 {
    hash_batch(batch).content
}

/// One hash a row. Equal rows have equal hashes, in every batch of a project, version and machine.
pub fn row_hashes(batch: &TypedBatch) -> Vec<u128> {
    row_digests(batch).iter().map(first_16).collect()
}

/// One hash a row over the columns that name the real thing; `salt` (the project's name) keeps projects apart.
pub fn key_hashes<S: AsRef<str>>(table: &Table, key: &[S], salt: &str) -> Result<Vec<u64>, KeyError> {
    let names = key.iter().map(AsRef::as_ref).collect::<Vec<&str>>();
    if let Some(absent) = names.iter().find(|name| table.column(name).is_none()) {
        return Err(KeyError((*absent).to_owned()));
    }
    let mut prefix = vec![b'k'];
    prefix.extend((salt.len() as u64).to_le_bytes());
    prefix.extend(salt.as_bytes());
    let no_bad = HashMap::new();
    let encoder = RowEncoder::new(table, Some(&names), &no_bad);
    let digests = encoder.digests(&prefix);
    Ok(digests.iter().map(|digest| u64::from_be_bytes(first(digest))).collect())
}

fn row_digests(batch: &TypedBatch) -> Vec<[u8; 32]> {
    let mut bad: HashMap<(usize, &str), &str> = HashMap::new();
    for cell in &batch.bad {
        bad.insert((cell.row, cell.column.as_str()), cell.text.as_str());
    }
    RowEncoder::new(&batch.table, None, &bad).digests(b"r")
}

fn first_16(digest: &[u8; 32]) -> u128 {
    u128::from_be_bytes(first(digest))
}

fn first<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|index| digest[index])
}

struct TaggedColumn<'a> {
    name: &'a str,
    tag: [u8; 8],
    column: &'a Column,
    /// Whether any value of it is not of its type.
    has_bad: bool,
}

struct RowEncoder<'a> {
    columns: Vec<TaggedColumn<'a>>,
    rows: usize,
    bad: &'a HashMap<(usize, &'a str), &'a str>,
}

impl<'a> RowEncoder<'a> {
    fn new(table: &'a Table, only: Option<&[&str]>, bad: &'a HashMap<(usize, &'a str), &'a str>) -> Self {
        let columns = by_name(table).into_iter().filter(|(name, _)| only.is_none_or(|only| only.contains(name))).map(
            |(name, column)| {
                let kind = if matches!(column, Column::Number(_)) { b"n" } else { b"c" };
                let tag = first(&Hasher::new().chain_update(kind).chain_update(name).finalize().into());
                let has_bad = bad.keys().any(|(_, column)| *column == name);
                TaggedColumn { name, tag, column, has_bad }
            },
        );
        RowEncoder { columns: columns.collect(), rows: table.rows(), bad }
    }

    /// SHA-256 over the prefix and each row's encoding.
    fn digests(&self, prefix: &[u8]) -> Vec<[u8; 32]> {
        let mut digests = vec![[0; 32]; self.rows];
        digests.par_chunks_mut(CHUNK_ROWS).enumerate().for_each(|(chunk, digests)| {
            let mut buffer = Vec::with_capacity(256);
            for (place, digest) in digests.iter_mut().enumerate() {
                buffer.clear();
                buffer.extend_from_slice(prefix);
                self.encode(chunk * CHUNK_ROWS + place, &mut buffer);
                *digest = Hasher::digest(&buffer).into();
            }
        });
        digests
    }

    fn encode(&self, row: usize, buffer: &mut Vec<u8>) {
        let text = |buffer: &mut Vec<u8>, tag: &[u8; 8], kind: u8, text: &str| {
            buffer.extend_from_slice(tag);
            buffer.push(kind);
            buffer.extend_from_slice(&(text.len() as u64).to_le_bytes());
            buffer.extend_from_slice(text.as_bytes());
        };
        for column in &self.columns {
            match column.column {
                Column::Number(values) if !values[row].is_nan() => {
                    // -0.0 + 0.0 is 0.0.
                    let value = values[row] + 0.0;
                    buffer.extend_from_slice(&column.tag);
                    buffer.push(b'n');
                    buffer.extend_from_slice(&value.to_bits().to_le_bytes());
                }
                Column::Category(values) if values.codes[row] != MISSING => {
                    text(buffer, &column.tag, b'c', &values.levels[values.codes[row] as usize]);
                }
                Column::Number(_) | Column::Category(_) if column.has_bad => {
                    if let Some(value) = self.bad.get(&(row, column.name)) {
                        text(buffer, &column.tag, b'b', value);
                    }
                }
                Column::Number(_) | Column::Category(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::CategoryColumn;

    use super::*;
    use crate::read::BadCell;

    fn batch() -> TypedBatch {
        let columns = vec![
            ("size".to_owned(), Column::Number(vec![1.5, f64::NAN, -0.0, f64::NAN])),
            (
                "code".to_owned(),
                Column::Category(CategoryColumn::from_values([Some("601"), None, Some("ñ"), Some("")])),
            ),
        ];
        let bad = vec![BadCell { row: 3, column: "size".into(), text: "abc".into() }];
        TypedBatch { table: Table::new(columns).expect("valid"), bad, ..TypedBatch::default() }
    }

    #[test]
    fn the_hashes_are_those_of_an_independent_implementation() {
        // Computed with Python's hashlib from the description above: tests/golden/hashes.py.
        let hashes = hash_batch(&batch());
        assert_eq!(hashes.content.as_str(), "b74b7b085d8e58818f002818975d727ba871cb536ad98f5ee25a77d82b026448");
        assert_eq!(
            hashes.rows,
            [
                0x56be57a9_b3264a2d_bea7d6d2_774105b7,
                0x454349e4_22f05297_191ead13_e21d3db5,
                0xf9cf0bea_6f6f71ad_77a43ca0_fb6f2e78,
                0xb937ffc5_b966a1f6_df87c95b_072581f8
            ]
        );
        let keys = key_hashes(&batch().table, &["code", "size"], "p").expect("columns are there");
        assert_eq!(keys, [0x7adc2e8c_17c36815, 0x560bd85c_3c75ae16, 0xda05ec3d_de2f7c13, 0x7377b6c9_a5b233a3]);
    }

    #[test]
    fn order_of_columns_and_empty_optional_columns_do_not_matter() {
        let batch = batch();
        let mut turned = TypedBatch { table: batch.table.select(&["code", "size"]), ..batch.clone() };
        turned.table.push("other", Column::Number(vec![f64::NAN; 4])).expect("same length");
        assert_eq!(hash_batch(&turned), hash_batch(&batch));
    }

    #[test]
    fn values_that_differ_hash_differently() {
        let hash = |columns: Vec<(&str, Column)>| {
            let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
            row_hashes(&TypedBatch { table: Table::new(columns).expect("valid"), ..TypedBatch::default() })[0]
        };
        let text = |value| Column::Category(CategoryColumn::from_values([value]));
        let hashes = [
            hash(vec![("a", text(Some("x"))), ("b", text(None))]),
            hash(vec![("a", text(None)), ("b", text(Some("x")))]),
            hash(vec![("a", text(Some(""))), ("b", text(None))]),
            hash(vec![("a", text(None)), ("b", text(None))]),
            hash(vec![("a", text(Some("1"))), ("b", text(None))]),
            hash(vec![("a", Column::Number(vec![1.0])), ("b", text(None))]),
            hash(vec![("a", Column::Number(vec![0.0])), ("b", text(None))]),
        ];
        for (place, one) in hashes.iter().enumerate() {
            assert!(!hashes[..place].contains(one), "hash {place} repeats");
        }
    }

    #[test]
    fn the_salt_and_the_key_decide_the_key_hash() {
        let table = batch().table;
        let one = key_hashes(&table, &["code"], "p").expect("there");
        assert_ne!(one, key_hashes(&table, &["code"], "q").expect("there"));
        assert_ne!(one, key_hashes(&table, &["code", "size"], "p").expect("there"));
        assert_eq!(key_hashes(&table, &["nothing"], "p"), Err(KeyError("nothing".into())));
    }
}
