//! Fetch a batch, store it as received, validate and clean it, keep what was refused.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tidewheel_data::batch::{CleanBatch, key_hashes, write_clean, write_raw};
use tidewheel_data::read::{TypedBatch, format_date};
use tidewheel_data::recipe::validate::{BadValue, Validated, Validator};
use tidewheel_data::source::{Ask, BoxError, Fetched, KnownBatches, Progress, Source, SourcePosition};
use tidewheel_domain::batch::{NewBatch, QuarantinedRow};
use tidewheel_domain::project::{BadValue as OnBadValue, ColumnType, Project};
use tidewheel_domain::turn::Turn;
use tidewheel_domain::{Column, Sha256};

use crate::context::{Context, ROW_HASHES, compute, now};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::task_log::TaskLog;

struct Known<'a>(&'a Context);

#[async_trait]
impl KnownBatches for Known<'_> {
    async fn is_known(&self, sha256: &Sha256) -> Result<bool, BoxError> {
        let batch = self.0.registry.batch_by_sha256(&self.0.project.name, sha256).await?;
        Ok(batch.is_some())
    }
}

/// Asks the source for the batch after the last one that was finished. `interrupted`: an earlier ask may have been cut
/// off before its batch was stored.
pub async fn fetch(
    context: &Context,
    source: &mut dyn Source,
    before: Option<&Turn>,
    interrupted: bool,
) -> Result<Option<Fetched>, PipelineError> {
    let turns = context.registry.turns(&context.project.name).await?;
    // A turn without a batch may have seen one that it could not store: that one is asked for again.
    let mut earlier = turns
        .iter()
        .rev()
        .filter(|turn| turn.batch.is_some() && before.is_none_or(|before| turn.number < before.number));
    let position = earlier.find_map(|turn| turn.source_position.as_deref());
    let position = match position {
        None => SourcePosition::Start,
        Some(text) => text.parse().map_err(|error: serde_json::Error| PipelineError::Damaged {
            what: "the position of the source".to_owned(),
            reason: error.to_string(),
        })?,
    };
    let observer = Arc::clone(&context.observer);
    let progress = move |progress: Progress<'_>| match progress {
        Progress::Bytes { received, total } => {
            observer.event(Event::Progress { what: "bytes", done: received, of: total });
        }
        Progress::Retry { attempt, wait_ms, reason } => {
            tracing::warn!(attempt, wait_ms, reason, "the source did not answer; trying again");
        }
        Progress::Restart { missing } => {
            tracing::warn!(?missing, "a batch may have been lost; the source is read again from its start");
        }
        Progress::Reading | Progress::PassedOver { .. } => {}
    };
    let ask = Ask { position: &position, interrupted, known: &Known(context), progress: &progress };
    let fetched = tokio::select! {
        fetched = source.next(ask) => fetched?,
        () = context.stop.cancelled() => return Err(PipelineError::Stopped),
    };
    Ok(fetched)
}

/// Stores a fetched batch for a turn. Gives the batch's id and whether an earlier turn has finished it already.
pub async fn store(
    context: &Context,
    turn: &Turn,
    fetched: Fetched,
    source: &str,
    log: &TaskLog,
) -> Result<Value, PipelineError> {
    let registry = &context.registry;
    let project = Arc::clone(&context.project);
    let sha256 = fetched.hashes.content.clone();
    let position = fetched.position.to_string();
    log.info(format!("Received {} rows from {source} (sha256 {sha256})", fetched.raw.rows()));
    if !fetched.typed.extra.is_empty() {
        log.warn(format!(
            "Columns that the project does not know are kept as received: {}",
            fetched.typed.extra.join(", ")
        ));
    }
    registry.set_source_position(&turn.run_id, &position).await?;

    let (earlier_rows, earlier_keys) = earlier_hashes(context, &sha256).await?;
    let raw = fetched.raw.clone();
    let raw_bytes = compute(move || write_raw(&raw)).await??;
    registry.objects().put_raw(&sha256, raw_bytes).await?;

    let prepared = compute(move || prepare(&project, fetched, &earlier_rows, &earlier_keys)).await??;
    registry.objects().put_clean(&sha256, prepared.clean).await?;
    registry.objects().put_artifact(&turn.run_id, ROW_HASHES, prepared.row_hashes).await?;
    let batch = NewBatch { source_position: Some(position), ..prepared.batch };
    let stored = registry.store_batch(&turn.run_id, &batch, &prepared.quarantine, now()).await?;
    if stored.again {
        registry.mark_batch_again(&turn.run_id, stored.batch.id).await?;
        log.info(format!("Batch {} again: an earlier turn has finished it", stored.batch.id));
    } else {
        let batch = &stored.batch;
        log.info(format!(
            "Batch {}: {} rows, {} new, {} duplicates, {} quarantined, {} clean",
            batch.id, batch.rows, batch.new_rows, batch.duplicate_rows, batch.quarantined_rows, batch.clean_rows
        ));
        for (rule, count) in prepared.refused {
            log.info(format!("Quarantined by {rule}: {count} rows"));
        }
    }
    Ok(json!({ "batch": stored.batch.id, "again": stored.again, "sha256": sha256 }))
}

/// Row and key hashes of every other batch of the project.
async fn earlier_hashes(context: &Context, this: &Sha256) -> Result<(HashSet<u128>, HashSet<u64>), PipelineError> {
    let (mut rows, mut keys) = (HashSet::new(), HashSet::new());
    for batch in context.registry.batches(&context.project.name).await? {
        if batch.sha256 == *this {
            break;
        }
        let bytes = context.registry.objects().get_artifact(&batch.run_id, ROW_HASHES).await?;
        let bytes =
            bytes.ok_or_else(|| PipelineError::Missing { what: format!("the row hashes of batch {}", batch.id) })?;
        for record in bytes.chunks_exact(RECORD_BYTES) {
            let (row, key) = record.split_at(16);
            rows.insert(u128::from_be_bytes(row.try_into().unwrap_or_default()));
            keys.insert(u64::from_be_bytes(key.try_into().unwrap_or_default()));
        }
    }
    Ok((rows, keys))
}

/// A row hash (16 bytes) and a key hash (8 bytes), big-endian.
const RECORD_BYTES: usize = 24;

struct Prepared {
    batch: NewBatch,
    clean: Bytes,
    row_hashes: Bytes,
    quarantine: Vec<QuarantinedRow>,
    refused: Vec<(String, usize)>,
}

/// Everything about a batch that is computed: duplicates, validation, quarantine, the clean rows.
fn prepare(
    project: &Project,
    fetched: Fetched,
    earlier_rows: &HashSet<u128>,
    earlier_keys: &HashSet<u64>,
) -> Result<Prepared, PipelineError> {
    let hashes = fetched.hashes;
    let typed = fetched.typed;
    let rows = hashes.rows.len();

    let mut first_place: HashMap<u128, usize> = HashMap::with_capacity(rows);
    let mut copies = vec![0_u32; rows];
    for (row, hash) in hashes.rows.iter().enumerate() {
        let first = *first_place.entry(*hash).or_insert(row);
        copies[first] += 1;
    }
    let distinct = (0..rows).filter(|&row| copies[row] > 0).collect::<Vec<_>>();
    let is_new = |row: usize| !earlier_rows.contains(&hashes.rows[row]);
    let new_rows = distinct.iter().filter(|&&row| is_new(row)).count();

    let originals = typed.table.clone();
    let bad = rejected_values(project, &typed);
    let Validated { table, accepted, rejected } = Validator::new(project)?.run(typed.table, &bad);
    let keys = key_hashes(&table, &project.key, &project.name)?;

    let texts = bad_texts(&typed.bad);
    let refused = rejected.iter().filter(|rejected| copies[rejected.row] > 0 && is_new(rejected.row));
    let quarantine = refused
        .map(|rejected| QuarantinedRow {
            batch: 0,
            row: rejected.row as i64,
            rule: rejected.rule.clone(),
            column: Some(rejected.column.clone()),
            value: rejected.value.clone(),
            data: row_as_json(project, &originals, &texts, rejected.row),
        })
        .collect::<Vec<_>>();
    let mut by_rule: HashMap<String, usize> = HashMap::new();
    for row in &quarantine {
        *by_rule.entry(format!("'{}' of {}", row.rule, row.column.as_deref().unwrap_or("the row"))).or_default() += 1;
    }
    let mut refused = by_rule.into_iter().collect::<Vec<_>>();
    refused.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));

    let clean_rows = accepted.into_iter().filter(|&row| copies[row] > 0).collect::<Vec<_>>();
    let clean = CleanBatch {
        table: table.take(&clean_rows),
        row_hashes: clean_rows.iter().map(|&row| hashes.rows[row]).collect(),
        key_hashes: clean_rows.iter().map(|&row| keys[row]).collect(),
        seen: clean_rows.iter().map(|&row| earlier_keys.contains(&keys[row])).collect(),
        copies: clean_rows.iter().map(|&row| copies[row]).collect(),
    };
    let records =
        distinct.iter().flat_map(|&row| hashes.rows[row].to_be_bytes().into_iter().chain(keys[row].to_be_bytes()));
    Ok(Prepared {
        batch: NewBatch {
            sha256: hashes.content,
            source_position: None,
            rows: rows as i64,
            new_rows: new_rows as i64,
            duplicate_rows: (rows - new_rows) as i64,
            quarantined_rows: quarantine.len() as i64,
            clean_rows: clean_rows.len() as i64,
            columns: json!({
                "names": originals.names(),
                "absent": typed.absent,
                "extra": typed.extra,
                "bad_values": typed.bad.len(),
            }),
            received_at: now(),
        },
        row_hashes: records.collect::<Vec<u8>>().into(),
        clean: write_clean(&clean)?,
        quarantine,
        refused,
    })
}

/// The values whose column says that a value of another type rejects the row.
fn rejected_values(project: &Project, typed: &TypedBatch) -> Vec<BadValue> {
    let rejects = |column: &str| project.column(column).is_some_and(|spec| spec.bad_value == OnBadValue::Reject);
    let bad = typed.bad.iter().filter(|cell| rejects(&cell.column));
    bad.map(|cell| BadValue { row: cell.row, column: cell.column.clone(), text: cell.text.clone() }).collect()
}

fn bad_texts(bad: &[tidewheel_data::read::BadCell]) -> HashMap<(usize, &str), &str> {
    bad.iter().map(|cell| ((cell.row, cell.column.as_str()), cell.text.as_str())).collect()
}

/// A row as it was received, in the types of the project.
fn row_as_json(
    project: &Project,
    table: &tidewheel_domain::Table,
    bad: &HashMap<(usize, &str), &str>,
    row: usize,
) -> Value {
    let mut object = Map::new();
    for spec in &project.columns {
        let value = match table.column(&spec.name) {
            _ if bad.contains_key(&(row, spec.name.as_str())) => Value::from(bad[&(row, spec.name.as_str())]),
            Some(Column::Number(values)) if !values[row].is_nan() => match spec.kind {
                ColumnType::Date => Value::from(format_date(values[row])),
                ColumnType::Boolean => Value::from(values[row] != 0.0),
                _ => Value::from(values[row]),
            },
            Some(Column::Category(column)) => column.value(row).map_or(Value::Null, Value::from),
            _ => Value::Null,
        };
        object.insert(spec.name.clone(), value);
    }
    Value::Object(object)
}
