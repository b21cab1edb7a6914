//! A training and the trials of its tuning, recorded in one piece.

use std::collections::BTreeMap;

use tidewheel_domain::run::{
    KIND_TAG, PARENT_RUN_TAG, RUN_NAME_TAG, Run, RunRecord, RunStatus, TRIAL_TAG, TrainingRecord,
};
use tidewheel_domain::turn::Turn;
use tidewheel_domain::{Metric, Metrics, RunId, RunKind, Timestamp};

use super::runs::{NewRun, insert_run, metric_of};
use crate::database::{Row, Tx, Value, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

impl Registry {
    /// Records the training of a turn and its trials as runs below the turn's run, and gives the training's run.
    ///
    /// Their ids are those of [`Turn::training_run_id`] and [`Turn::trial_run_id`]. A training that the turn already
    /// has is replaced, with all its trials.
    pub async fn store_training(&self, turn: &Turn, training: &TrainingRecord) -> Result<Run, RegistryError> {
        let run_id = turn.training_run_id();
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "SELECT experiment_id FROM turns WHERE run_id = $1";
                let row = tx.fetch_optional(sql, args![&turn.run_id]).await?;
                let row = row.ok_or_else(|| RegistryError::not_found("turn", &turn.run_id))?;
                let experiment_id = row.get::<i64>("experiment_id")?;

                let trials = "DELETE FROM runs WHERE run_id IN
                    (SELECT run_id FROM run_tags WHERE key = 'mlflow.parentRunId' AND value = $1)";
                tx.execute(trials, args![&run_id]).await?;
                tx.execute("DELETE FROM runs WHERE run_id = $1", args![&run_id]).await?;

                insert_record(&mut tx, experiment_id, &run_id, &turn.run_id, RunKind::Training, None, &training.run)
                    .await?;
                for (index, trial) in training.trials.iter().enumerate() {
                    let trial_id = turn.trial_run_id(index);
                    insert_record(&mut tx, experiment_id, &trial_id, &run_id, RunKind::Trial, Some(index), trial)
                        .await?;
                }
                Ok(tx.commit().await?)
            })
            .await?;
        self.run(&run_id).await?.ok_or_else(|| RegistryError::not_found("run", &run_id))
    }
}

impl Registry {
    /// Adds a point to a metric of a run, in the place of one at the same step. The latest point is the one with the
    /// largest step.
    pub async fn put_metric(
        &self,
        run: &RunId,
        key: &str,
        step: i64,
        metric: Metric,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                if tx.fetch_optional("SELECT run_id FROM runs WHERE run_id = $1", args![run]).await?.is_none() {
                    return Err(RegistryError::not_found("run", run));
                }
                tx.execute("DELETE FROM metrics WHERE run_id = $1 AND key = $2 AND step = $3", args![run, key, step])
                    .await?;
                let sql = "DELETE FROM latest_metrics WHERE run_id = $1 AND key = $2 AND step <= $3";
                tx.execute(sql, args![run, key, step]).await?;
                let point = metric_values(run, key, step, at, metric);
                tx.insert_many(&format!("INSERT INTO metrics {METRIC_COLUMNS}"), 8, "", &point).await?;
                let sql = format!("INSERT INTO latest_metrics {METRIC_COLUMNS}");
                tx.insert_many(&sql, 8, "ON CONFLICT (run_id, key) DO NOTHING", &point).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// The points of a metric of the newest versions of a model, newest version first: version, step, value.
    pub async fn metric_of_versions(
        &self,
        model: &str,
        key: &str,
        most: i64,
    ) -> Result<Vec<(i64, i64, Metric)>, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                let sql = "SELECT v.version, m.step, m.value, m.is_nan, m.low, m.high
                    FROM metrics m JOIN model_versions v ON v.run_id = m.run_id
                    WHERE v.name = $1 AND m.key = $2 ORDER BY v.version DESC, m.step DESC LIMIT $3";
                let rows = tx.fetch_all(sql, args![model, key, most]).await?;
                let point = |row| Ok((Row::get(row, "version")?, Row::get(row, "step")?, metric_of(row)?));
                Ok(rows.iter().map(point).collect::<Result<_, DatabaseError>>()?)
            })
            .await
    }
}

async fn insert_record(
    tx: &mut Tx,
    experiment_id: i64,
    run_id: &RunId,
    parent: &RunId,
    kind: RunKind,
    trial: Option<usize>,
    record: &RunRecord,
) -> Result<(), DatabaseError> {
    let run = NewRun {
        run_id,
        experiment_id,
        name: &record.name,
        status: if record.failed { RunStatus::Failed } else { RunStatus::Finished },
        started_at: record.started_at,
        ended_at: Some(record.ended_at),
    };
    insert_run(tx, run).await?;

    let params: Vec<Value<'_>> =
        record.params.iter().flat_map(|(key, value)| [run_id.into(), key.into(), value.into()]).collect();
    tx.insert_many("INSERT INTO params (run_id, key, value)", 3, "", &params).await?;

    let mut tags: BTreeMap<&str, &str> =
        record.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    tags.insert(PARENT_RUN_TAG, parent.as_str());
    tags.insert(RUN_NAME_TAG, &record.name);
    tags.insert(KIND_TAG, kind.as_str());
    let trial = trial.map(|index| index.to_string());
    if let Some(trial) = &trial {
        tags.insert(TRIAL_TAG, trial);
    }
    let tags: Vec<Value<'_>> =
        tags.into_iter().flat_map(|(key, value)| [run_id.into(), key.into(), value.into()]).collect();
    tx.insert_many("INSERT INTO run_tags (run_id, key, value)", 3, "", &tags).await?;

    insert_metrics(tx, run_id, record).await
}

/// Writes the final metrics and the histories, and of each metric the latest point: the one with the largest step.
/// A final metric whose name has a history too is its last point, one step after.
async fn insert_metrics(tx: &mut Tx, run_id: &RunId, record: &RunRecord) -> Result<(), DatabaseError> {
    let mut points: Vec<(&str, i64, Metric)> = Vec::new();
    let mut latest: BTreeMap<&str, (i64, Metric)> = BTreeMap::new();
    for (key, history) in &record.history {
        // A step that occurs twice keeps its last value.
        let steps: BTreeMap<i64, f64> = history.iter().copied().collect();
        for (step, value) in steps {
            points.push((key, step, Metric::point(value)));
            latest.insert(key, (step, Metric::point(value)));
        }
    }
    for (key, &metric) in &record.metrics {
        let step = latest.get(key.as_str()).map_or(0, |(step, _)| step + 1);
        points.push((key, step, metric));
        latest.insert(key, (step, metric));
    }
    let at = record.ended_at;
    let mut values = Vec::with_capacity(points.len() * 8);
    for (key, step, metric) in points {
        values.extend(metric_values(run_id, key, step, at, metric));
    }
    tx.insert_many(&format!("INSERT INTO metrics {METRIC_COLUMNS}"), 8, "", &values).await?;
    let mut values = Vec::with_capacity(latest.len() * 8);
    for (key, (step, metric)) in latest {
        values.extend(metric_values(run_id, key, step, at, metric));
    }
    tx.insert_many(&format!("INSERT INTO latest_metrics {METRIC_COLUMNS}"), 8, "", &values).await?;
    Ok(())
}

/// Writes metrics that have one point each, at step 0.
pub(crate) async fn insert_points(
    tx: &mut Tx,
    run_id: &RunId,
    metrics: &Metrics,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    let mut values = Vec::with_capacity(metrics.len() * 8);
    for (key, &metric) in metrics {
        values.extend(metric_values(run_id, key, 0, at, metric));
    }
    for table in ["metrics", "latest_metrics"] {
        tx.insert_many(&format!("INSERT INTO {table} {METRIC_COLUMNS}"), 8, "", &values).await?;
    }
    Ok(())
}

const METRIC_COLUMNS: &str = "(run_id, key, step, timestamp, value, is_nan, low, high)";

/// NaN is value 0 with its flag; infinities are the largest numbers, as in MLflow.
fn metric_values<'v>(run_id: &'v RunId, key: &'v str, step: i64, at: Timestamp, metric: Metric) -> [Value<'v>; 8] {
    let finite = |value: f64| if value.is_nan() { 0.0 } else { value.clamp(f64::MIN, f64::MAX) };
    let end = |end: Option<f64>| end.filter(|end| !end.is_nan()).map(finite);
    [
        run_id.into(),
        key.into(),
        step.into(),
        at.into(),
        finite(metric.value).into(),
        metric.value.is_nan().into(),
        end(metric.low).into(),
        end(metric.high).into(),
    ]
}
