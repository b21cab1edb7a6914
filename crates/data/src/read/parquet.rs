//! Parquet: every column keeps its type.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

use super::ReadError;

/// All rows as one batch; there may be none.
pub(super) fn read(input: impl ChunkReader + 'static, name: &str) -> Result<RecordBatch, ReadError> {
    let mut whole = None;
    let schema = for_each_chunk(input, None, name, |chunk| {
        whole = Some(chunk);
        Ok(())
    })?;
    Ok(whole.unwrap_or_else(|| RecordBatch::new_empty(schema)))
}

/// At most `limit` rows after the first `offset`.
pub(super) fn read_span(
    input: impl ChunkReader + 'static,
    offset: usize,
    limit: usize,
    name: &str,
) -> Result<RecordBatch, ReadError> {
    let mut span = None;
    let schema = walk(input, None, Some((offset, limit)), name, |chunk| {
        span = Some(chunk);
        Ok(())
    })?;
    Ok(span.unwrap_or_else(|| RecordBatch::new_empty(schema)))
}

/// Calls `visit` with up to `chunk_rows` rows at a time (`None`: all rows at once), in order.
pub(super) fn for_each_chunk(
    input: impl ChunkReader + 'static,
    chunk_rows: Option<usize>,
    name: &str,
    visit: impl FnMut(RecordBatch) -> Result<(), ReadError>,
) -> Result<Arc<Schema>, ReadError> {
    walk(input, chunk_rows, None, name, visit)
}

fn walk(
    input: impl ChunkReader + 'static,
    chunk_rows: Option<usize>,
    span: Option<(usize, usize)>,
    name: &str,
    mut visit: impl FnMut(RecordBatch) -> Result<(), ReadError>,
) -> Result<Arc<Schema>, ReadError> {
    let damaged = |reason: String| ReadError::Parquet { name: name.to_owned(), reason };
    // The decoder indexes by numbers found in the file: damage can make it panic, which must not end the process.
    let whole = |work: &mut dyn FnMut() -> Result<Option<RecordBatch>, ReadError>| {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("a page is damaged".to_owned())))
    };
    let mut reader = None;
    let mut schema = None;
    let mut input = Some(input);
    whole(&mut || {
        let Some(input) = input.take() else { return Ok(None) };
        let mut builder =
            ParquetRecordBatchReaderBuilder::try_new(input).map_err(|error| damaged(error.to_string()))?;
        if let Some((offset, limit)) = span {
            builder = builder.with_offset(offset).with_limit(limit);
        }
        let rows = builder.metadata().file_metadata().num_rows();
        schema = Some(distinct_names(builder.schema(), name)?);
        let size = chunk_rows.unwrap_or(usize::MAX).min(usize::try_from(rows).unwrap_or(0).max(1));
        reader = Some(builder.with_batch_size(size).build().map_err(|error| damaged(error.to_string()))?);
        Ok(None)
    })?;
    let (Some(mut reader), Some(schema)) = (reader, schema) else { return Err(damaged("no schema".to_owned())) };
    while let Some(chunk) = whole(&mut || reader.next().transpose().map_err(|error| damaged(error.to_string())))? {
        visit(chunk)?;
    }
    Ok(schema)
}

fn distinct_names(schema: &Arc<Schema>, name: &str) -> Result<Arc<Schema>, ReadError> {
    let mut seen = HashSet::new();
    match schema.fields().iter().find(|field| !seen.insert(field.name())) {
        Some(field) => Err(ReadError::DuplicateColumn { name: name.to_owned(), column: field.name().clone() }),
        None => Ok(Arc::clone(schema)),
    }
}
