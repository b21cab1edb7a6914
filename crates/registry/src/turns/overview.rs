//! How the loop stands, in few and small rows: for pages, which must not read whole decisions to count them.

use std::fmt;

use tidewheel_domain::Timestamp;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::turn::{Action, Turn};

use crate::database::args;
use crate::error::RegistryError;
use crate::registry::Registry;

/// What changes whenever anything of a project does. As text: first what decisions and models rest on, then, after a
/// blank, what tasks at work rest on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// Turns.
    pub turns: i64,
    /// Turns that have ended, one way or another, or wait.
    pub ended: i64,
    /// Turns that wait for an answer.
    pub waiting: u64,
    /// The number of the turn that is at work; none of a turn that was cut off.
    pub running: Option<i64>,
    /// Since when somebody turns the loop, in milliseconds; 0 where nobody does.
    pub turning: i64,
    /// The version in production.
    pub production: Option<i64>,
    /// The last line of the ledger.
    pub ledger: i64,
    /// Tasks that have begun or ended.
    pub tasks: i64,
    /// The last line of a log.
    pub log: i64,
}

impl Pulse {
    /// What decisions and models rest on.
    pub fn coarse(&self) -> String {
        let Self { turns, ended, waiting, production, ledger, .. } = self;
        format!("{turns}.{ended}.{waiting}.{}.{ledger}", production.unwrap_or_default())
    }
}

impl fmt::Display for Pulse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { running, turning, tasks, log, .. } = self;
        write!(f, "{} {}.{turning}.{tasks}.{log}", self.coarse(), running.unwrap_or_default())
    }
}

/// Counts over all turns and batches of a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Batches.
    pub batches: u64,
    /// Rows received.
    pub rows: u64,
    /// Rows whose hash was in no earlier batch.
    pub new_rows: u64,
    /// Rows seen before.
    pub duplicate_rows: u64,
    /// Rows refused.
    pub quarantined_rows: u64,
    /// Turns that trained a version.
    pub trainings: u64,
    /// Turns whose version was promoted.
    pub promoted: u64,
    /// Turns that skipped.
    pub skipped: u64,
    /// Turns that failed.
    pub failed: u64,
}

impl Registry {
    /// How the loop of a project stands at `now`.
    pub async fn pulse(&self, project: &str, model: &str, now: Timestamp) -> Result<Pulse, RegistryError> {
        let sql = "SELECT COUNT(*) AS turns,
                CAST(COALESCE(SUM(CASE WHEN t.state <> 'running' THEN 1 ELSE 0 END), 0) AS BIGINT) AS ended,
                CAST(COALESCE(SUM(CASE WHEN t.state = 'waiting' THEN 1 ELSE 0 END), 0) AS BIGINT) AS waiting,
                MAX(CASE WHEN t.state = 'running' THEN t.number END) AS running,
                (SELECT production_version FROM registered_models WHERE name = $2) AS production,
                (SELECT COALESCE(MAX(id), 0) FROM ledger WHERE model = $2) AS ledger,
                (SELECT COALESCE(MAX(id), 0) FROM task_logs) AS log,
                (SELECT COALESCE(MAX(acquired_at), 0) FROM leases WHERE project = $1 AND expires_at > $3) AS turning
            FROM turns t JOIN experiments e ON e.experiment_id = t.experiment_id WHERE e.name = $1";
        let at_work =
            "SELECT CAST(COALESCE(SUM(k.attempt + CASE WHEN k.ended_at IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT)
                AS tasks
            FROM tasks k JOIN turns t ON t.run_id = k.run_id JOIN experiments e ON e.experiment_id = t.experiment_id
            WHERE e.name = $1 AND t.state = 'running'";
        self.database
            .retry(|| async {
                let Some(row) = self.database.fetch_optional(sql, args![project, model, now]).await? else {
                    return Ok(Pulse::default());
                };
                let turning = row.get::<i64>("turning")?;
                let running = row.get::<Option<i64>>("running")?.filter(|_| turning > 0);
                let tasks = match running {
                    Some(_) => self.database.fetch_optional(at_work, args![project]).await?,
                    None => None,
                };
                Ok(Pulse {
                    turns: row.get("turns")?,
                    ended: row.get("ended")?,
                    waiting: row.get::<i64>("waiting")?.max(0) as u64,
                    running,
                    turning,
                    production: row.get("production")?,
                    ledger: row.get("ledger")?,
                    tasks: tasks.map(|row| row.get("tasks")).transpose()?.unwrap_or_default(),
                    log: row.get("log")?,
                })
            })
            .await
    }

    /// Counts over all turns and batches of a project.
    pub async fn totals(&self, project: &str) -> Result<Totals, RegistryError> {
        let of_batches = "SELECT COUNT(*) AS batches, CAST(COALESCE(SUM(rows_received), 0) AS BIGINT) AS all_rows,
                CAST(COALESCE(SUM(new_rows), 0) AS BIGINT) AS new_rows,
                CAST(COALESCE(SUM(duplicate_rows), 0) AS BIGINT) AS duplicate_rows,
                CAST(COALESCE(SUM(quarantined_rows), 0) AS BIGINT) AS quarantined_rows
            FROM batches b JOIN experiments e ON e.experiment_id = b.experiment_id WHERE e.name = $1";
        let of_turns = "SELECT
                CAST(COALESCE(SUM(CASE WHEN model_version IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT) AS trainings,
                CAST(COALESCE(SUM(CASE WHEN promoted THEN 1 ELSE 0 END), 0) AS BIGINT) AS promoted,
                CAST(COALESCE(SUM(CASE WHEN action = 'skip' THEN 1 ELSE 0 END), 0) AS BIGINT) AS skipped,
                CAST(COALESCE(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS failed
            FROM turns t JOIN experiments e ON e.experiment_id = t.experiment_id WHERE e.name = $1";
        self.database
            .retry(|| async {
                let mut totals = Totals::default();
                let count =
                    |row: &crate::database::Row, name: &str| row.get::<i64>(name).map(|count| count.max(0) as u64);
                if let Some(row) = self.database.fetch_optional(of_batches, args![project]).await? {
                    totals.batches = count(&row, "batches")?;
                    totals.rows = count(&row, "all_rows")?;
                    totals.new_rows = count(&row, "new_rows")?;
                    totals.duplicate_rows = count(&row, "duplicate_rows")?;
                    totals.quarantined_rows = count(&row, "quarantined_rows")?;
                }
                if let Some(row) = self.database.fetch_optional(of_turns, args![project]).await? {
                    totals.trainings = count(&row, "trainings")?;
                    totals.promoted = count(&row, "promoted")?;
                    totals.skipped = count(&row, "skipped")?;
                    totals.failed = count(&row, "failed")?;
                }
                Ok(totals)
            })
            .await
    }

    /// Turns of a project without their decisions, newest first: at most `limit`, with numbers up to `until`.
    pub async fn newest_turns(
        &self,
        project: &str,
        until: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.number <= $2 ORDER BY t.number DESC LIMIT $3";
        self.select_turns_without_decisions(condition, args![project, until.unwrap_or(i64::MAX), limit]).await
    }

    /// Turns with a decision, without its record, newest first: at most `limit`, with numbers up to `until`; of all
    /// actions or of one, of all versions or those that trained `version` or met it in production.
    pub async fn decided_turns(
        &self,
        project: &str,
        until: Option<i64>,
        action: Option<Action>,
        version: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.number <= $2 AND t.action IS NOT NULL AND ($3 = '' OR t.action = $3)
            AND ($4 < 0 OR t.model_version = $4 OR t.champion_before = $4) ORDER BY t.number DESC LIMIT $5";
        let action = action.map_or("", Action::as_str);
        let args = args![project, until.unwrap_or(i64::MAX), action, version.unwrap_or(-1), limit];
        self.select_turns_without_decisions(condition, args).await
    }

    /// Turns with their decisions, newest first: at most `limit`, with numbers up to `until`.
    pub async fn decided_records(
        &self,
        project: &str,
        until: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.number <= $2 AND t.action IS NOT NULL ORDER BY t.number DESC LIMIT $3";
        self.select_turns(condition, args![project, until.unwrap_or(i64::MAX), limit]).await
    }

    /// The turns with a decision before and after a turn, without their records.
    pub async fn decided_beside(
        &self,
        project: &str,
        number: i64,
    ) -> Result<(Option<Turn>, Option<Turn>), RegistryError> {
        let beside = "e.name = $1 AND t.action IS NOT NULL AND t.number IN (
            (SELECT MAX(o.number) FROM turns o
                WHERE o.experiment_id = t.experiment_id AND o.action IS NOT NULL AND o.number < $2),
            (SELECT MIN(o.number) FROM turns o
                WHERE o.experiment_id = t.experiment_id AND o.action IS NOT NULL AND o.number > $2))";
        let mut beside = self.select_turns_without_decisions(beside, args![project, number]).await?;
        let newer = beside.iter().position(|turn| turn.number > number).map(|place| beside.swap_remove(place));
        Ok((beside.into_iter().next(), newer))
    }

    /// The turn that trained a version.
    pub async fn turn_of_version(&self, project: &str, version: i64) -> Result<Option<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.model_version = $2 ORDER BY t.number LIMIT 1";
        Ok(self.select_turns_without_decisions(condition, args![project, version]).await?.into_iter().next())
    }

    /// The newest turn over a batch, with its decision.
    pub async fn turn_of_batch(&self, project: &str, batch: i64) -> Result<Option<Turn>, RegistryError> {
        // A batch that came again has a later turn of its own; what was decided about it first is its decision.
        let condition = "e.name = $1 AND t.batch = $2 ORDER BY t.number LIMIT 1";
        Ok(self.select_turns(condition, args![project, batch]).await?.into_iter().next())
    }

    /// The turns that trained versions `from` to `to`, without their decisions, oldest first.
    pub async fn turns_of_versions(&self, project: &str, (from, to): (i64, i64)) -> Result<Vec<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.model_version BETWEEN $2 AND $3 ORDER BY t.number";
        self.select_turns_without_decisions(condition, args![project, from, to]).await
    }

    /// The newest batch of a project.
    pub async fn newest_batch(&self, project: &str) -> Result<Option<Batch>, RegistryError> {
        let condition = " WHERE e.name = $1 ORDER BY b.id DESC LIMIT 1";
        Ok(self.select_batches(condition, args![project]).await?.into_iter().next())
    }

    /// The batches of a project with ordinals from `from` to `to`, oldest first.
    pub async fn batches_between(&self, project: &str, from: i64, to: i64) -> Result<Vec<Batch>, RegistryError> {
        self.select_batches(" WHERE e.name = $1 AND b.id BETWEEN $2 AND $3 ORDER BY b.id", args![project, from, to])
            .await
    }

    /// Batches of a project, newest first: at most `limit`, with ordinals up to `until`.
    pub async fn newest_batches(
        &self,
        project: &str,
        until: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Batch>, RegistryError> {
        let condition = " WHERE e.name = $1 AND b.id <= $2 ORDER BY b.id DESC LIMIT $3";
        self.select_batches(condition, args![project, until.unwrap_or(i64::MAX), limit]).await
    }

    /// Turns over the batches from `from` to `to` without their decisions, oldest first.
    pub async fn turns_of_batches(&self, project: &str, from: i64, to: i64) -> Result<Vec<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.batch BETWEEN $2 AND $3 ORDER BY t.number";
        self.select_turns_without_decisions(condition, args![project, from, to]).await
    }
}
