//! The tasks of a turn.

use serde_json::Value as Json;
use tidewheel_domain::turn::{Task, TaskAttempt, TaskName, TaskState};
use tidewheel_domain::{RunId, Timestamp};

use crate::database::{Row, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

fn task_of(row: &Row) -> Result<Task, DatabaseError> {
    Ok(Task {
        name: row.parse("name")?,
        state: row.parse("state")?,
        attempt: row.get("attempt")?,
        started_at: row.optional_time("started_at")?,
        ended_at: row.optional_time("ended_at")?,
        inputs: row.optional_json("inputs")?,
        outputs: row.optional_json("outputs")?,
        error: row.get("error")?,
    })
}

impl Registry {
    /// The tasks of a turn, in the order of the graph.
    pub async fn tasks(&self, turn: &RunId) -> Result<Vec<Task>, RegistryError> {
        self.database
            .retry(|| async {
                let sql = "SELECT name, state, attempt, started_at, ended_at, inputs, outputs, error
                    FROM tasks WHERE run_id = $1 ORDER BY position";
                let rows = self.database.fetch_all(sql, args![turn]).await?;
                Ok(rows.iter().map(task_of).collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The tasks of the turns of a project with numbers from `from` to `to`, each with the number of its turn: without
    /// what went in and came out.
    pub async fn tasks_between(&self, project: &str, from: i64, to: i64) -> Result<Vec<(i64, Task)>, RegistryError> {
        self.database
            .retry(|| async {
                let sql = "SELECT t.number, k.name, k.state, k.attempt, k.started_at, k.ended_at,
                        CAST(NULL AS TEXT) AS inputs, CAST(NULL AS TEXT) AS outputs, k.error
                    FROM tasks k JOIN turns t ON t.run_id = k.run_id
                    JOIN experiments e ON e.experiment_id = t.experiment_id
                    WHERE e.name = $1 AND t.number BETWEEN $2 AND $3 ORDER BY t.number, k.position";
                let rows = self.database.fetch_all(sql, args![project, from, to]).await?;
                Ok(rows
                    .iter()
                    .map(|row| Ok((row.get("number")?, task_of(row)?)))
                    .collect::<Result<_, DatabaseError>>()?)
            })
            .await
    }

    /// Every attempt at every task of a turn, in the order of the graph.
    pub async fn task_attempts(&self, turn: &RunId) -> Result<Vec<TaskAttempt>, RegistryError> {
        self.database
            .retry(|| async {
                let sql = "SELECT a.name, a.attempt, a.state, a.started_at, a.ended_at, a.error FROM task_attempts a
                    JOIN tasks t ON t.run_id = a.run_id AND t.name = a.name
                    WHERE a.run_id = $1 ORDER BY t.position, a.attempt";
                let rows = self.database.fetch_all(sql, args![turn]).await?;
                rows.iter()
                    .map(|row| {
                        Ok(TaskAttempt {
                            name: row.parse("name")?,
                            attempt: row.get("attempt")?,
                            state: row.parse("state")?,
                            started_at: row.time("started_at")?,
                            ended_at: row.optional_time("ended_at")?,
                            error: row.get("error")?,
                        })
                    })
                    .collect()
            })
            .await
    }

    /// Begins the next attempt at a task; gives its ordinal, from 1. An attempt that was cut off without an end
    /// counts as failed.
    pub async fn start_task(
        &self,
        turn: &RunId,
        name: TaskName,
        inputs: Option<&Json>,
        now: Timestamp,
    ) -> Result<i64, RegistryError> {
        let inputs = inputs.map(Json::to_string);
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let cut_off = "UPDATE task_attempts SET state = 'failed', ended_at = $3, error = 'interrupted'
                    WHERE run_id = $1 AND name = $2 AND state = 'running'";
                tx.execute(cut_off, args![turn, name.as_str(), now]).await?;
                let sql = "UPDATE tasks SET state = 'running', attempt = attempt + 1, started_at = $3, ended_at = NULL,
                        inputs = COALESCE($4, inputs), outputs = NULL, error = NULL
                    WHERE run_id = $1 AND name = $2 RETURNING attempt";
                let row = tx.fetch_optional(sql, args![turn, name.as_str(), now, inputs.as_deref()]).await?;
                let row = row.ok_or_else(|| RegistryError::not_found("task", format!("{turn}/{name}")))?;
                let attempt = row.get::<i64>("attempt")?;
                let sql = "INSERT INTO task_attempts (run_id, name, attempt, state, started_at)
                    VALUES ($1, $2, $3, 'running', $4)";
                tx.execute(sql, args![turn, name.as_str(), attempt, now]).await?;
                tx.commit().await?;
                Ok(attempt)
            })
            .await
    }

    /// Ends the running attempt at a task: `succeeded`, `failed` or `up_for_retry`.
    pub async fn finish_task(
        &self,
        turn: &RunId,
        name: TaskName,
        state: TaskState,
        outputs: Option<&Json>,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let outputs = outputs.map(Json::to_string);
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "UPDATE tasks SET state = $3, ended_at = $4, outputs = $5, error = $6
                    WHERE run_id = $1 AND name = $2 RETURNING attempt";
                let args = args![turn, name.as_str(), state.as_str(), now, outputs.as_deref(), error];
                let row = tx.fetch_optional(sql, args).await?;
                let row = row.ok_or_else(|| RegistryError::not_found("task", format!("{turn}/{name}")))?;
                let attempt = row.get::<i64>("attempt")?;
                let sql = "UPDATE task_attempts SET state = $4, ended_at = $5, error = $6
                    WHERE run_id = $1 AND name = $2 AND attempt = $3";
                tx.execute(sql, args![turn, name.as_str(), attempt, state.as_str(), now, error]).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// Marks tasks as `skipped`: they are on the branch that was not taken. Tasks that have begun stay as they are.
    pub async fn skip_tasks(&self, turn: &RunId, names: &[TaskName], now: Timestamp) -> Result<(), RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                for name in names {
                    let sql = "UPDATE tasks SET state = 'skipped', started_at = $3, ended_at = $3
                        WHERE run_id = $1 AND name = $2 AND state = 'pending'";
                    tx.execute(sql, args![turn, name.as_str(), now]).await?;
                }
                Ok(tx.commit().await?)
            })
            .await
    }
}
