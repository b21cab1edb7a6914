//! A batch of rows as it was received, and the rows of it that were refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{RunId, Sha256};
use crate::timestamp::Timestamp;

/// A batch that has been read and validated and is about to be recorded.
///
/// `rows = new_rows + duplicate_rows`; quarantined rows are part of the new rows.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBatch {
    /// The hash of its typed rows in order.
    pub sha256: Sha256,
    /// Where the source stood after this batch, in the source's own words; enough to go on from.
    pub source_position: Option<String>,
    /// Rows received.
    pub rows: i64,
    /// Rows whose hash was in no earlier batch.
    pub new_rows: i64,
    /// Rows whose hash was in an earlier batch, or earlier in this one.
    pub duplicate_rows: i64,
    /// New rows that an unfitted rule refused.
    pub quarantined_rows: i64,
    /// Rows that passed the unfitted rules and are stored clean.
    pub clean_rows: i64,
    /// The columns as they were seen: names, types, missing shares; free-form.
    pub columns: Value,
    /// When the last row had been received.
    pub received_at: Timestamp,
}

/// A recorded batch. Its JSON is one element of `batches list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Its ordinal in the project, from 1.
    pub id: i64,
    /// Rows received.
    pub rows: i64,
    /// Rows whose hash was in no earlier batch.
    pub new_rows: i64,
    /// Rows whose hash was in an earlier batch, or earlier in this one.
    pub duplicate_rows: i64,
    /// New rows that an unfitted rule refused.
    pub quarantined_rows: i64,
    /// Rows that passed the unfitted rules.
    pub clean_rows: i64,
    /// The hash of its typed rows in order.
    pub sha256: Sha256,
    /// When it was received.
    pub received_at: Timestamp,
    /// Where the source stood after it.
    pub source_position: Option<String>,
    /// The turn that recorded it.
    pub run_id: RunId,
    /// The columns as they were seen.
    pub columns: Value,
}

/// A row that an unfitted rule refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuarantinedRow {
    /// The batch it came in. Ignored when a batch is recorded: it is then that batch.
    pub batch: i64,
    /// Its place in the batch, from 0.
    pub row: i64,
    /// The rule that refused it.
    pub rule: String,
    /// The column that the rule looked at; `None` for rules over whole rows.
    pub column: Option<String>,
    /// The value that was refused, as text; `None` where it was missing.
    pub value: Option<String>,
    /// The whole row as received.
    pub data: Value,
}
