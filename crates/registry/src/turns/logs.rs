//! The lines that tasks wrote.

use tidewheel_domain::RunId;
use tidewheel_domain::turn::{LogLine, NewLogLine, TaskName};

use crate::database::{Row, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

fn line_of(row: &Row) -> Result<LogLine, DatabaseError> {
    Ok(LogLine {
        id: row.get("id")?,
        task: row.parse("task")?,
        attempt: row.get("attempt")?,
        at: row.time("at")?,
        level: row.get("level")?,
        line: row.get("line")?,
    })
}

impl Registry {
    /// Records lines of one attempt at a task. Lines whose `seq` the attempt already has are passed over.
    pub async fn append_logs(
        &self,
        turn: &RunId,
        task: TaskName,
        attempt: i64,
        lines: &[NewLogLine],
    ) -> Result<(), RegistryError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let mut values = Vec::with_capacity(lines.len() * 7);
                for line in lines {
                    let line = args![turn, task.as_str(), attempt, line.seq, line.at, &line.level, &line.line];
                    values.extend_from_slice(line);
                }
                let insert = "INSERT INTO task_logs (run_id, task, attempt, seq, at, level, line)";
                let conflict = "ON CONFLICT (run_id, task, attempt, seq) DO NOTHING";
                tx.insert_many(insert, 7, conflict, &values).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// At most `limit` lines of a turn after the line `after` (0 = from the first), in the order they were recorded;
    /// of one task only where one is named. To follow a turn at work, ask again with the last line's id.
    pub async fn logs(
        &self,
        turn: &RunId,
        task: Option<TaskName>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LogLine>, RegistryError> {
        self.database
            .retry(|| async {
                let sql = "SELECT id, task, attempt, at, level, line FROM task_logs
                    WHERE run_id = $1 AND id > $2 AND ($3 OR task = $4) ORDER BY id LIMIT $5";
                let name = task.map(TaskName::as_str);
                let rows = self.database.fetch_all(sql, args![turn, after, task.is_none(), name, limit.max(0)]).await?;
                Ok(rows.iter().map(line_of).collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The last lines of a turn before the line `before`, at most `limit`, in the order they were recorded; of one task
    /// only where one is named, and only those that ask for attention where `warnings` says so.
    pub async fn last_logs(
        &self,
        turn: &RunId,
        task: Option<TaskName>,
        warnings: bool,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<LogLine>, RegistryError> {
        self.database
            .retry(|| async {
                let sql = "SELECT id, task, attempt, at, level, line FROM task_logs
                    WHERE run_id = $1 AND id < $2 AND ($3 OR task = $4) AND ($5 OR level <> 'INFO')
                    ORDER BY id DESC LIMIT $6";
                let name = task.map(TaskName::as_str);
                let before = before.unwrap_or(i64::MAX);
                let args = args![turn, before, task.is_none(), name, !warnings, limit.max(0)];
                let rows = self.database.fetch_all(sql, args).await?;
                Ok(rows.iter().rev().map(line_of).collect::<Result<_, _>>()?)
            })
            .await
    }
}
