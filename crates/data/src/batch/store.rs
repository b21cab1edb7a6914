//! Batches as Parquet: as received, and clean.
//!
//! Compressed with zstd, level 3. Equal input gives equal bytes in one version of Tidewheel.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use thiserror::Error;
use tidewheel_domain::{Table, TableError};

use super::columns::{from_arrow, to_arrow};
use crate::read::{RawBatch, ReadError, read_parquet, read_parquet_span};

const ROW: &str = "__row";
const KEY: &str = "__key";
const SEEN: &str = "__seen";
const COPIES: &str = "__copies";

/// Why a batch could not be written or read back.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The Parquet writer gave up.
    #[error("cannot write the batch as Parquet: {0}")]
    Write(#[from] ParquetError),
    /// Arrow refused the columns.
    #[error("cannot write the batch as Parquet: {0}")]
    Arrow(#[from] ArrowError),
    /// The bytes are damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The table does not fit together.
    #[error("the stored batch does not fit together: {0}")]
    Table(#[from] TableError),
    /// The Parquet is whole but no clean batch.
    #[error("'{name}' is not a clean batch of Tidewheel: column '{column}' is missing or of another type")]
    NotClean {
        /// What it was read from.
        name: String,
        /// The column.
        column: String,
    },
    /// The parts of a clean batch differ in length.
    #[error("a clean batch of {rows} rows has {found} values of '{column}'")]
    Length {
        /// Rows of the table.
        rows: usize,
        /// The part.
        column: &'static str,
        /// Its length.
        found: usize,
    },
}

/// The rows of a batch that passed the unfitted rules, with what is known of each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CleanBatch {
    /// The rows.
    pub table: Table,
    /// Row hashes (see [`super::row_hashes`]).
    pub row_hashes: Vec<u128>,
    /// Key hashes (see [`super::key_hashes`]).
    pub key_hashes: Vec<u64>,
    /// Whether the key was in an earlier batch.
    pub seen: Vec<bool>,
    /// How often the row stood in the batch.
    pub copies: Vec<u32>,
}

/// A batch as received, as Parquet.
pub fn write_raw(raw: &RawBatch) -> Result<Bytes, StoreError> {
    write(&raw.records)
}

/// The reverse of [`write_raw`]. `name` is what errors call it.
pub fn read_raw(bytes: Bytes, name: &str) -> Result<RawBatch, StoreError> {
    Ok(read_parquet(bytes, name)?)
}

/// A clean batch as Parquet: the table, then `__row` (16 bytes, big-endian), `__key`, `__seen` and `__copies`.
pub fn write_clean(clean: &CleanBatch) -> Result<Bytes, StoreError> {
    let rows = clean.table.rows();
    let lengths = [
        (ROW, clean.row_hashes.len()),
        (KEY, clean.key_hashes.len()),
        (SEEN, clean.seen.len()),
        (COPIES, clean.copies.len()),
    ];
    if let Some(&(column, found)) = lengths.iter().find(|(_, length)| *length != rows) {
        return Err(StoreError::Length { rows, column, found });
    }
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    let mut push = |name: &str, array: ArrayRef, nullable: bool| {
        fields.push(Field::new(name, array.data_type().clone(), nullable));
        arrays.push(array);
    };
    for (name, column) in clean.table.iter() {
        push(name, to_arrow(column)?, true);
    }
    let row_bytes = clean.row_hashes.iter().flat_map(|hash| hash.to_be_bytes()).collect::<Vec<u8>>();
    push(ROW, Arc::new(FixedSizeBinaryArray::try_new(16, row_bytes.into(), None)?), false);
    push(KEY, Arc::new(UInt64Array::from(clean.key_hashes.clone())), false);
    push(SEEN, Arc::new(BooleanArray::from(clean.seen.clone())), false);
    push(COPIES, Arc::new(UInt32Array::from(clean.copies.clone())), false);
    write(&RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// The reverse of [`write_clean`]. Levels of categories stand in the order of first appearance.
pub fn read_clean(bytes: Bytes, name: &str) -> Result<CleanBatch, StoreError> {
    let records = read_parquet(bytes, name)?.records;
    let wrong = |column: &str| StoreError::NotClean { name: name.to_owned(), column: column.to_owned() };
    let extra = |column: &str, kind: &DataType| {
        let array = records.column_by_name(column).ok_or_else(|| wrong(column))?;
        if array.data_type() == kind && array.null_count() == 0 { Ok(array) } else { Err(wrong(column)) }
    };
    let row_hashes = extra(ROW, &DataType::FixedSizeBinary(16))?.as_fixed_size_binary().iter().flatten();
    let row_hashes = row_hashes.map(|bytes| bytes.iter().fold(0, |hash, &byte| hash << 8 | u128::from(byte))).collect();
    Ok(CleanBatch {
        table: table_of(&records, name)?,
        row_hashes,
        key_hashes: extra(KEY, &DataType::UInt64)?.as_primitive::<UInt64Type>().values().to_vec(),
        seen: extra(SEEN, &DataType::Boolean)?.as_boolean().values().iter().collect(),
        copies: extra(COPIES, &DataType::UInt32)?.as_primitive::<UInt32Type>().values().to_vec(),
    })
}

/// At most `limit` rows of a clean batch after the first `offset`, without what is known of each.
pub fn read_clean_rows(bytes: Bytes, offset: usize, limit: usize, name: &str) -> Result<Table, StoreError> {
    table_of(&read_parquet_span(bytes, offset, limit, name)?, name)
}

fn table_of(records: &RecordBatch, name: &str) -> Result<Table, StoreError> {
    let mut table = Table::default();
    for (field, array) in records.schema_ref().fields().iter().zip(records.columns()) {
        if !field.name().starts_with("__") {
            let column = from_arrow(array)
                .ok_or_else(|| StoreError::NotClean { name: name.to_owned(), column: field.name().clone() })?;
            table.push(field.name().clone(), column)?;
        }
    }
    Ok(table)
}

fn write(records: &RecordBatch) -> Result<Bytes, StoreError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("tidewheel ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), records.schema(), Some(properties))?;
    writer.write(records)?;
    Ok(writer.into_inner()?.into())
}
