//! Runs as pages list them: filtered, in order, some at a time, with five queries however many they are.

use std::collections::BTreeMap;

use tidewheel_domain::run::{MetricPoint, Run, TRIAL_TAG};
use tidewheel_domain::{Metrics, RunId, RunKind};

use super::runs::{SELECT, bare, metric_of};
use crate::database::{Tx, Value, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// So many points of histories are read of one run.
const POINTS: i64 = 20_000;

/// Which runs of a project.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFilter<'a> {
    /// Of this kind; of trainings and trials where it is `None`.
    pub kind: Option<RunKind>,
    /// Directly below this run.
    pub parent: Option<&'a RunId>,
    /// With this in their names, or at the beginning of their ids.
    pub text: &'a str,
    /// With a value of this metric that is not outside the bounds.
    pub metric: Option<(&'a str, Option<f64>, Option<f64>)>,
    /// With one of these ids, whatever their kind.
    pub ids: &'a [RunId],
    /// In which order.
    pub order: RunOrder<'a>,
    /// At most so many.
    pub limit: i64,
    /// After so many.
    pub offset: i64,
}

/// The order of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunOrder<'a> {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
    /// By a metric, the largest first; runs without it come last.
    Largest(&'a str),
    /// By a metric, the smallest first; runs without it come last.
    Smallest(&'a str),
}

/// Some runs, and how many there are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunPage {
    /// With parameters, tags and latest metrics.
    pub runs: Vec<Run>,
    /// That the filter lets through.
    pub total: u64,
}

/// Conditions with their values.
#[derive(Default)]
struct Wanted<'q> {
    sql: String,
    values: Vec<Value<'q>>,
}

impl<'q> Wanted<'q> {
    /// The next value's place.
    fn place(&mut self, value: impl Into<Value<'q>>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn of(project: &'q str, filter: &RunFilter<'q>) -> Self {
        let mut wanted = Self::default();
        let project = wanted.place(project);
        let mut sql = format!(" WHERE e.name = {project} AND r.lifecycle_stage = 'active'");
        if filter.ids.is_empty() {
            let kinds = match filter.kind {
                Some(kind) => format!("= {}", wanted.place(kind.as_str())),
                None => "IN ('training', 'trial')".to_owned(),
            };
            sql += &format!(
                " AND EXISTS (SELECT 1 FROM run_tags k WHERE k.run_id = r.run_id AND k.key = 'tidewheel.kind'
                    AND k.value {kinds})"
            );
        } else {
            let ids: Vec<String> = filter.ids.iter().map(|id| wanted.place(id)).collect();
            sql += &format!(" AND r.run_id IN ({})", ids.join(", "));
        }
        if let Some(parent) = filter.parent {
            let parent = wanted.place(parent);
            sql += &format!(
                " AND r.run_id IN (SELECT run_id FROM run_tags WHERE key = 'mlflow.parentRunId' AND value = {parent})"
            );
        }
        if !filter.text.is_empty() {
            let plain = filter.text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let (inside, first) = (wanted.place(format!("%{plain}%")), wanted.place(format!("{plain}%")));
            sql += &format!(" AND (LOWER(r.name) LIKE {inside} ESCAPE '\\' OR r.run_id LIKE {first} ESCAPE '\\')");
        }
        if let Some((key, least, most)) = filter.metric {
            let key = wanted.place(key);
            let mut bounds = String::new();
            if let Some(least) = least {
                bounds += &format!(" AND m.value >= {}", wanted.place(least));
            }
            if let Some(most) = most {
                bounds += &format!(" AND m.value <= {}", wanted.place(most));
            }
            sql += &format!(
                " AND EXISTS (SELECT 1 FROM latest_metrics m WHERE m.run_id = r.run_id AND m.key = {key}
                    AND NOT m.is_nan{bounds})"
            );
        }
        wanted.sql = sql;
        wanted
    }
}

impl Registry {
    /// Some runs of a project.
    pub async fn runs_page(&self, project: &str, filter: &RunFilter<'_>) -> Result<RunPage, RegistryError> {
        let mut wanted = Wanted::of(project, filter);
        let count = format!(
            "SELECT COUNT(*) AS runs FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id{}",
            wanted.sql
        );
        let counted = wanted.values.clone();
        let (join, order) = match filter.order {
            RunOrder::Newest => (String::new(), "r.start_time DESC, r.run_id"),
            RunOrder::Oldest => (String::new(), "r.start_time, r.run_id"),
            RunOrder::Largest(key) | RunOrder::Smallest(key) => {
                let key = wanted.place(key);
                let join = format!(" LEFT JOIN latest_metrics o ON o.run_id = r.run_id AND o.key = {key}");
                let order = match filter.order {
                    RunOrder::Smallest(_) => {
                        "CASE WHEN o.value IS NULL OR o.is_nan THEN 1 ELSE 0 END, o.value, r.start_time DESC, r.run_id"
                    }
                    _ => {
                        "CASE WHEN o.value IS NULL OR o.is_nan THEN 1 ELSE 0 END, o.value DESC, r.start_time DESC, \
                         r.run_id"
                    }
                };
                (join, order)
            }
        };
        let (limit, offset) = (wanted.place(filter.limit), wanted.place(filter.offset));
        let sql = format!("{SELECT}{join}{} ORDER BY {order} LIMIT {limit} OFFSET {offset}", wanted.sql);
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                let total = tx.fetch_optional(sqlx::AssertSqlSafe(count.as_str()), &counted).await?;
                let total = total.map_or(Ok(0), |row| row.get::<i64>("runs"))?.max(0) as u64;
                let rows = tx.fetch_all(sqlx::AssertSqlSafe(sql.as_str()), &wanted.values).await?;
                let ids = rows.iter().map(|row| row.get("run_id")).collect::<Result<Vec<String>, _>>()?;
                let mut params = texts(&mut tx, "params", &ids).await?;
                let mut tags = texts(&mut tx, "run_tags", &ids).await?;
                let mut metrics = metrics(&mut tx, &ids).await?;
                let runs = rows.iter().zip(&ids).map(|(row, id)| {
                    let (params, metrics) = (params.remove(id), metrics.remove(id));
                    let tags = tags.remove(id).unwrap_or_default();
                    bare(row, params.unwrap_or_default(), metrics.unwrap_or_default(), tags)
                });
                Ok(RunPage { runs: runs.collect::<Result<_, _>>()?, total })
            })
            .await
    }

    /// The trials of a training in their order; at most `limit`.
    pub async fn trials_of(&self, project: &str, training: &RunId, limit: i64) -> Result<Vec<Run>, RegistryError> {
        let filter = RunFilter {
            kind: Some(RunKind::Trial),
            parent: Some(training),
            order: RunOrder::Oldest,
            limit,
            ..RunFilter::default()
        };
        let mut runs = self.runs_page(project, &filter).await?.runs;
        runs.sort_by_key(|run| run.tags.get(TRIAL_TAG).and_then(|index| index.parse::<i64>().ok()));
        Ok(runs)
    }

    /// The histories of all metrics of a run that have more than one point, by step.
    pub async fn metric_histories(&self, run: &RunId) -> Result<BTreeMap<String, Vec<MetricPoint>>, RegistryError> {
        let sql = "SELECT key, step, timestamp, value, is_nan, low, high FROM metrics WHERE run_id = $1 AND key IN
                (SELECT key FROM metrics WHERE run_id = $1 GROUP BY key HAVING COUNT(*) > 1)
            ORDER BY key, step, timestamp LIMIT $2";
        self.database
            .retry(|| async {
                let mut histories: BTreeMap<String, Vec<MetricPoint>> = BTreeMap::new();
                for row in self.database.fetch_all(sql, args![run, POINTS]).await? {
                    let metric = metric_of(&row)?;
                    let (step, timestamp) = (row.get("step")?, row.time("timestamp")?);
                    let point =
                        MetricPoint { value: metric.value, low: metric.low, high: metric.high, step, timestamp };
                    histories.entry(row.get("key")?).or_default().push(point);
                }
                Ok(histories)
            })
            .await
    }
}

fn places(ids: &[String]) -> (String, Vec<Value<'_>>) {
    let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
    (places.join(", "), ids.iter().map(|id| Value::from(id.as_str())).collect())
}

async fn texts(
    tx: &mut Tx,
    table: &str,
    ids: &[String],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, DatabaseError> {
    let mut of: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    if !ids.is_empty() {
        let (places, values) = places(ids);
        let sql = format!("SELECT run_id, key, value FROM {table} WHERE run_id IN ({places})");
        for row in tx.fetch_all(sqlx::AssertSqlSafe(sql), &values).await? {
            of.entry(row.get("run_id")?).or_default().insert(row.get("key")?, row.get("value")?);
        }
    }
    Ok(of)
}

async fn metrics(tx: &mut Tx, ids: &[String]) -> Result<BTreeMap<String, Metrics>, DatabaseError> {
    let mut of: BTreeMap<String, Metrics> = BTreeMap::new();
    if !ids.is_empty() {
        let (places, values) = places(ids);
        let sql =
            format!("SELECT run_id, key, value, is_nan, low, high FROM latest_metrics WHERE run_id IN ({places})");
        for row in tx.fetch_all(sqlx::AssertSqlSafe(sql), &values).await? {
            of.entry(row.get("run_id")?).or_default().insert(row.get("key")?, metric_of(&row)?);
        }
    }
    Ok(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_typed_is_bound_and_never_part_of_the_statement() {
        let filter = RunFilter {
            text: "50%_'; DROP TABLE runs --",
            metric: Some(("r2' OR 1=1", Some(0.5), None)),
            ..RunFilter::default()
        };
        let wanted = Wanted::of("p", &filter);
        assert!(!wanted.sql.contains("DROP") && !wanted.sql.contains("1=1"), "{}", wanted.sql);
        assert_eq!(wanted.values.len(), wanted.sql.matches('$').count());
    }
}
