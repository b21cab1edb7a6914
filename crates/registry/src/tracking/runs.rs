//! Runs: how they are read, and the pieces that write them.

use std::collections::BTreeMap;

use tidewheel_domain::run::{MetricPoint, PARENT_RUN_TAG, Run, RunStatus, TRIAL_TAG};
use tidewheel_domain::{Metric, Metrics, RunId, Timestamp};

use crate::database::{Row, Tx, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// A run about to be inserted.
pub(crate) struct NewRun<'a> {
    pub(crate) run_id: &'a RunId,
    pub(crate) experiment_id: i64,
    pub(crate) name: &'a str,
    pub(crate) status: RunStatus,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

/// Inserts a run without parameters, metrics and tags.
pub(crate) async fn insert_run(tx: &mut Tx, run: NewRun<'_>) -> Result<(), DatabaseError> {
    let artifact_uri = format!("mlflow-artifacts:/{}/{}/artifacts", run.experiment_id, run.run_id);
    let sql = "INSERT INTO runs (run_id, experiment_id, name, status, user_id, start_time, end_time, artifact_uri)
        VALUES ($1, $2, $3, $4, 'tidewheel', $5, $6, $7)";
    let status = run.status.as_str();
    tx.execute(sql, args![run.run_id, run.experiment_id, run.name, status, run.started_at, run.ended_at, artifact_uri])
        .await?;
    Ok(())
}

/// Sets one tag of a run.
pub(crate) async fn put_run_tag(tx: &mut Tx, run: &RunId, key: &str, value: &str) -> Result<(), DatabaseError> {
    let sql = "INSERT INTO run_tags (run_id, key, value) VALUES ($1, $2, $3)
        ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value";
    tx.execute(sql, args![run, key, value]).await?;
    Ok(())
}

/// Sets where a run stands.
pub(crate) async fn set_run_status(
    tx: &mut Tx,
    run: &RunId,
    status: RunStatus,
    ended_at: Option<Timestamp>,
) -> Result<(), DatabaseError> {
    let sql = "UPDATE runs SET status = $2, end_time = $3 WHERE run_id = $1";
    tx.execute(sql, args![run, status.as_str(), ended_at]).await?;
    Ok(())
}

pub(super) const SELECT: &str =
    "SELECT r.run_id, e.name AS project, r.name, r.status, r.user_id, r.start_time, r.end_time,
    r.artifact_uri FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id";

impl Registry {
    /// A run with its parameters, tags and latest metrics.
    pub async fn run(&self, run: &RunId) -> Result<Option<Run>, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                let sql = joined(SELECT, " WHERE r.run_id = $1");
                match tx.fetch_optional(sqlx::AssertSqlSafe(sql), args![run]).await? {
                    Some(row) => Ok(Some(complete(&mut tx, &row).await?)),
                    None => Ok(None),
                }
            })
            .await
    }

    /// The runs directly below a run, trials in their order, others oldest first.
    pub async fn child_runs(&self, parent: &RunId) -> Result<Vec<Run>, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                let sql = joined(
                    SELECT,
                    " JOIN run_tags t ON t.run_id = r.run_id AND t.key = 'mlflow.parentRunId'
                      WHERE t.value = $1 AND r.lifecycle_stage = 'active'",
                );
                let mut runs: Vec<Run> = Vec::new();
                for row in tx.fetch_all(sqlx::AssertSqlSafe(sql), args![parent]).await? {
                    runs.push(complete(&mut tx, &row).await?);
                }
                let place = |run: &Run| run.tags.get(TRIAL_TAG).and_then(|index| index.parse::<i64>().ok());
                runs.sort_by(|a, b| (place(a), a.started_at, &a.run_id).cmp(&(place(b), b.started_at, &b.run_id)));
                Ok(runs)
            })
            .await
    }

    /// Every logged point of a metric of a run, by time, step and value.
    pub async fn metric_history(&self, run: &RunId, metric: &str) -> Result<Vec<MetricPoint>, RegistryError> {
        self.database
            .retry(|| async {
                let sql = "SELECT step, timestamp, value, is_nan, low, high FROM metrics
                    WHERE run_id = $1 AND key = $2 ORDER BY timestamp, step, value";
                let rows = self.database.fetch_all(sql, args![run, metric]).await?;
                rows.iter()
                    .map(|row| {
                        let metric = metric_of(row)?;
                        Ok(MetricPoint {
                            value: metric.value,
                            low: metric.low,
                            high: metric.high,
                            step: row.get("step")?,
                            timestamp: row.time("timestamp")?,
                        })
                    })
                    .collect()
            })
            .await
    }

    /// Sets tags of a run; tags that it has under other keys stay.
    pub async fn set_run_tags(&self, run: &RunId, tags: &BTreeMap<String, String>) -> Result<(), RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                if tx.fetch_optional("SELECT run_id FROM runs WHERE run_id = $1", args![run]).await?.is_none() {
                    return Err(RegistryError::not_found("run", run));
                }
                for (key, value) in tags {
                    put_run_tag(&mut tx, run, key, value).await?;
                }
                Ok(tx.commit().await?)
            })
            .await
    }
}

fn joined(head: &str, tail: &str) -> String {
    format!("{head}{tail}")
}

pub(crate) fn metric_of(row: &Row) -> Result<Metric, DatabaseError> {
    let value = if row.get::<bool>("is_nan")? { f64::NAN } else { row.get("value")? };
    Ok(Metric { value, low: row.get("low")?, high: row.get("high")? })
}

async fn complete(tx: &mut Tx, row: &Row) -> Result<Run, RegistryError> {
    let run_id: RunId = row.parse("run_id")?;
    let pairs = |rows: Vec<Row>| -> Result<BTreeMap<String, String>, DatabaseError> {
        rows.iter().map(|row| Ok((row.get("key")?, row.get("value")?))).collect()
    };
    let params = pairs(tx.fetch_all("SELECT key, value FROM params WHERE run_id = $1", args![&run_id]).await?)?;
    let tags = pairs(tx.fetch_all("SELECT key, value FROM run_tags WHERE run_id = $1", args![&run_id]).await?)?;
    let sql = "SELECT key, value, is_nan, low, high FROM latest_metrics WHERE run_id = $1";
    let mut metrics = Metrics::new();
    for row in tx.fetch_all(sql, args![&run_id]).await? {
        metrics.insert(row.get("key")?, metric_of(&row)?);
    }
    Ok(bare(row, params, metrics, tags)?)
}

/// A run of its row and what belongs to it.
pub(super) fn bare(
    row: &Row,
    params: BTreeMap<String, String>,
    metrics: Metrics,
    tags: BTreeMap<String, String>,
) -> Result<Run, DatabaseError> {
    Ok(Run {
        run_id: row.parse("run_id")?,
        project: row.get("project")?,
        name: row.get("name")?,
        status: row.parse("status")?,
        started_at: row.time("start_time")?,
        ended_at: row.optional_time("end_time")?,
        artifact_uri: row.get("artifact_uri")?,
        user: row.get("user_id")?,
        parent: tags.get(PARENT_RUN_TAG).and_then(|parent| parent.parse().ok()),
        params,
        metrics,
        tags,
    })
}
