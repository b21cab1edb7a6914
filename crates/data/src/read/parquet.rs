//! Parquet: every column keeps its type.

use std::collections::HashSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;
use rayon::prelude::*;

use super::ReadError;

/// Rows of a column that are decoded at once: what they take stays in a processor's cache.
const CHUNK_ROWS: usize = 16_384;

/// All rows as one batch; there may be none.
pub(super) fn read(input: impl ChunkReader + 'static, name: &str) -> Result<RecordBatch, ReadError> {
    read_rows(input, None, name)
}

/// At most `limit` rows after the first `offset`.
pub(super) fn read_span(
    input: impl ChunkReader + 'static,
    offset: usize,
    limit: usize,
    name: &str,
) -> Result<RecordBatch, ReadError> {
    read_rows(input, Some((offset, limit)), name)
}

fn read_rows(
    input: impl ChunkReader + 'static,
    span: Option<(usize, usize)>,
    name: &str,
) -> Result<RecordBatch, ReadError> {
    whole(name, || {
        let damaged = |error| damaged(name, error);
        let mut builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(damaged)?;
        if let Some((offset, limit)) = span {
            builder = builder.with_offset(offset).with_limit(limit);
        }
        let rows = builder.metadata().file_metadata().num_rows();
        let schema = distinct_names(builder.schema(), name)?;
        let size = usize::try_from(rows).unwrap_or(0).max(1);
        let mut reader = builder.with_batch_size(size).build().map_err(damaged)?;
        let batch = reader.next().transpose().map_err(|error| damaged(error.into()))?;
        Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(schema)))
    })
}

/// A column in the making: takes its values chunk by chunk.
pub(super) trait Growing: Send + Sized {
    /// Without values, of a field's type; `rows` are to be expected.
    fn of(field: &Field, rows: usize) -> Self;

    /// Takes the next values.
    fn extend(&mut self, values: &ArrayRef, field: &Field, name: &str) -> Result<(), ReadError>;
}

/// The columns with their fields, each read by itself: what decoding needs is needed for one column at a time. Texts come
/// as dictionaries where the file has them so.
pub(super) fn columns<C: Growing>(path: &Path, name: &str) -> Result<Vec<(FieldRef, C)>, ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let metadata = whole(name, || {
        let file = File::open(path).map_err(io)?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| damaged(name, e))?;
        distinct_names(metadata.schema(), name)?;
        let coded = ArrowReaderOptions::new().with_schema(with_dictionaries(metadata.schema()));
        Ok(ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), coded).unwrap_or(metadata))
    })?;
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let read_column = |place: usize, field: &FieldRef| {
        let damaged = |error| damaged(name, error);
        // A file of its own: clones of one share their place in it.
        let file = File::open(path).map_err(io)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
        let only = ProjectionMask::roots(builder.parquet_schema(), [place]);
        let mut column = C::of(field, rows);
        for chunk in builder.with_projection(only).with_batch_size(CHUNK_ROWS).build().map_err(damaged)? {
            column.extend(chunk.map_err(|error| damaged(error.into()))?.column(0), field, name)?;
        }
        Ok((Arc::clone(field), column))
    };
    let fields = metadata.schema().fields();
    let columns = (0..fields.len()).into_par_iter().with_max_len(1);
    let columns: Vec<_> = columns.map(|place| whole(name, || read_column(place, &fields[place]))).collect();
    columns.into_iter().collect()
}

/// The schema with dictionaries in the place of texts.
fn with_dictionaries(schema: &Schema) -> Arc<Schema> {
    let coded = |field: &FieldRef| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(kind))
        }
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new_with_metadata(
        schema.fields().iter().map(coded).collect::<Vec<_>>(),
        schema.metadata().clone(),
    ))
}

fn damaged(name: &str, error: ParquetError) -> ReadError {
    ReadError::Parquet { name: name.to_owned(), reason: error.to_string() }
}

/// The decoder indexes by numbers found in the file: damage can make it panic, which must not end the process.
fn whole<T>(name: &str, work: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    let panicked = |_| Err(ReadError::Parquet { name: name.to_owned(), reason: "a page is damaged".to_owned() });
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(panicked)
}

fn distinct_names(schema: &Arc<Schema>, name: &str) -> Result<Arc<Schema>, ReadError> {
    let mut seen = HashSet::new();
    match schema.fields().iter().find(|field| !seen.insert(field.name())) {
        Some(field) => Err(ReadError::DuplicateColumn { name: name.to_owned(), column: field.name().clone() }),
        None => Ok(Arc::clone(schema)),
    }
}
