//! The prediction log.

use serde::Serialize;
use serde_json::Value as Json;
use tidewheel_domain::{RunId, Timestamp};

use crate::database::{Row, Value, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// One answered prediction, about to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionRecord {
    /// When it was answered.
    pub at: Timestamp,
    /// The request it belongs to.
    pub request_id: String,
    /// What was asked, as JSON text.
    pub inputs: String,
    /// What was answered; finite.
    pub answer: f64,
    /// The version that answered.
    pub model_version: Option<i64>,
    /// The run that made that version.
    pub model_run_id: Option<RunId>,
    /// How long it took.
    pub response_time_ms: f64,
    /// Who asked.
    pub client_ip: Option<String>,
    /// The value of the project's group column.
    pub group_value: Option<String>,
}

/// A recorded prediction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredPrediction {
    /// Its ordinal in the log.
    pub id: i64,
    /// When it was answered.
    pub at: Timestamp,
    /// The request it belongs to.
    pub request_id: String,
    /// What was asked.
    pub inputs: Json,
    /// What was answered.
    pub answer: f64,
    /// The version that answered.
    pub model_version: Option<i64>,
    /// The run that made that version.
    pub model_run_id: Option<RunId>,
    /// How long it took.
    pub response_time_ms: f64,
    /// Who asked.
    pub client_ip: Option<String>,
    /// The value of the project's group column.
    pub group_value: Option<String>,
}

/// Which predictions are wanted; what is `None` is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PredictionFilter {
    /// Of this group.
    pub group_value: Option<String>,
    /// Before this ordinal: the last one of the page before.
    pub before_id: Option<i64>,
}

/// What the log says about a span of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictionSummary {
    /// How many predictions.
    pub count: i64,
    /// Mean answer.
    pub average: Option<f64>,
    /// Smallest answer.
    pub minimum: Option<f64>,
    /// Largest answer.
    pub maximum: Option<f64>,
    /// Mean response time in milliseconds.
    pub average_response_time_ms: Option<f64>,
    /// How many different groups.
    pub groups: i64,
    /// The versions that answered, rising.
    pub model_versions: Vec<i64>,
}

const COLUMNS: &str = "id, at, request_id, inputs, answer, model_version, model_run_id, response_time_ms, client_ip,
    group_value";

fn prediction_of(row: &Row) -> Result<StoredPrediction, DatabaseError> {
    Ok(StoredPrediction {
        id: row.get("id")?,
        at: row.time("at")?,
        request_id: row.get("request_id")?,
        inputs: row.json("inputs")?,
        answer: row.get("answer")?,
        model_version: row.get("model_version")?,
        model_run_id: row.parse_optional("model_run_id")?,
        response_time_ms: row.get("response_time_ms")?,
        client_ip: row.get("client_ip")?,
        group_value: row.get("group_value")?,
    })
}

/// How long it is remembered which writes have arrived.
const WRITES_KEPT_MS: i64 = 24 * 3600 * 1000;

impl Registry {
    /// Records predictions, all or none. `write_id` is a text that names this write and no other (such as 32 random
    /// hexadecimal digits): the same write sent again within a day, after a cut or from a spill file, is kept once.
    /// Answers that are not finite are refused.
    pub async fn log_predictions(
        &self,
        project: &str,
        write_id: &str,
        records: &[PredictionRecord],
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        if let Some(record) = records.iter().find(|record| !record.answer.is_finite()) {
            return Err(RegistryError::Invalid {
                field: "answer",
                value: record.answer.to_string(),
                rule: "must be finite".to_owned(),
            });
        }
        if records.is_empty() {
            return Ok(());
        }
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "INSERT INTO inference_log_writes (write_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
                if tx.execute(sql, args![write_id, now]).await? == 0 {
                    return Ok(());
                }
                let forget = "DELETE FROM inference_log_writes WHERE at < $1";
                tx.execute(forget, args![now.plus_ms(-WRITES_KEPT_MS)]).await?;
                let insert = "INSERT INTO inference_logs (project, at, request_id, inputs, answer, model_version,
                    model_run_id, response_time_ms, client_ip, group_value)";
                let mut values: Vec<Value<'_>> = Vec::with_capacity(records.len() * 10);
                for record in records {
                    values.extend([
                        project.into(),
                        record.at.into(),
                        Value::from(&record.request_id),
                        Value::from(&record.inputs),
                        record.answer.into(),
                        record.model_version.into(),
                        record.model_run_id.as_ref().map(RunId::as_str).into(),
                        record.response_time_ms.into(),
                        record.client_ip.as_deref().into(),
                        record.group_value.as_deref().into(),
                    ]);
                }
                tx.insert_many(insert, 10, "", &values).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// At most `limit` predictions of a project, newest first.
    pub async fn predictions(
        &self,
        project: &str,
        filter: &PredictionFilter,
        limit: i64,
    ) -> Result<Vec<StoredPrediction>, RegistryError> {
        let group = if filter.group_value.is_some() { "AND group_value = $3" } else { "AND $3 IS NULL" };
        let sql = format!(
            "SELECT {COLUMNS} FROM inference_logs WHERE project = $1 AND id < $2 {group} ORDER BY id DESC LIMIT $4"
        );
        self.database
            .retry(|| async {
                let before = filter.before_id.unwrap_or(i64::MAX);
                let args = args![project, before, filter.group_value.as_deref(), limit.max(0)];
                let rows = self.database.fetch_all(sqlx::AssertSqlSafe(sql.as_str()), args).await?;
                Ok(rows.iter().map(prediction_of).collect::<Result<_, _>>()?)
            })
            .await
    }

    /// What the log of a project says about the time since `since`.
    pub async fn prediction_summary(
        &self,
        project: &str,
        since: Timestamp,
    ) -> Result<PredictionSummary, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                let sql = "SELECT COUNT(*) AS predictions, AVG(answer) AS average, MIN(answer) AS minimum,
                        MAX(answer) AS maximum, AVG(response_time_ms) AS response, COUNT(DISTINCT group_value) AS group_count
                    FROM inference_logs WHERE project = $1 AND at >= $2";
                let row = tx.fetch_optional(sql, args![project, since]).await?;
                let row = row.ok_or_else(|| RegistryError::not_found("summary", project))?;
                let sql = "SELECT DISTINCT model_version FROM inference_logs
                    WHERE project = $1 AND at >= $2 AND model_version IS NOT NULL ORDER BY model_version";
                let versions = tx.fetch_all(sql, args![project, since]).await?;
                Ok(PredictionSummary {
                    count: row.get("predictions")?,
                    average: row.get("average")?,
                    minimum: row.get("minimum")?,
                    maximum: row.get("maximum")?,
                    average_response_time_ms: row.get("response")?,
                    groups: row.get("group_count")?,
                    model_versions: versions.iter().map(|row| row.get("model_version")).collect::<Result<_, _>>()?,
                })
            })
            .await
    }

    /// Removes the predictions of a project that were answered before `before`; gives how many.
    pub async fn prune_predictions(&self, project: &str, before: Timestamp) -> Result<u64, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "DELETE FROM inference_logs WHERE project = $1 AND at < $2";
                let removed = tx.execute(sql, args![project, before]).await?;
                tx.commit().await?;
                Ok(removed)
            })
            .await
    }
}
