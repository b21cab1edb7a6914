//! How turns are read.

use tidewheel_domain::RunId;
use tidewheel_domain::turn::Turn;

use crate::database::{Row, Tx, Value, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// All of a turn; `{}` is where its decision, or NULL in its place, is read from.
const SELECT: &str =
    "SELECT t.run_id, e.name AS project, t.number, t.batch, t.external_id, t.state, t.action, t.reason,
    t.champion_before, t.model_version, t.promoted, t.rejected_by, t.metrics_newest_batch, {} AS decision,
    t.source_position, t.started_at, t.ended_at, t.error
    FROM turns t JOIN experiments e ON e.experiment_id = t.experiment_id";

fn select(decision: &str, condition: &str) -> String {
    format!("{} WHERE {condition}", SELECT.replace("{}", decision))
}

fn turn_of(row: &Row) -> Result<Turn, DatabaseError> {
    let started_at = row.time("started_at")?;
    let ended_at = row.optional_time("ended_at")?;
    Ok(Turn {
        run_id: row.parse("run_id")?,
        project: row.get("project")?,
        number: row.get("number")?,
        batch: row.get("batch")?,
        external_id: row.get("external_id")?,
        state: row.parse("state")?,
        action: row.parse_optional("action")?,
        reason: row.get("reason")?,
        champion_before: row.get("champion_before")?,
        model_version: row.get("model_version")?,
        promoted: row.get("promoted")?,
        rejected_by: row.get("rejected_by")?,
        metrics_newest_batch: row.json("metrics_newest_batch")?,
        decision: row.optional_json("decision")?,
        source_position: row.get("source_position")?,
        duration_ms: ended_at.map(|ended_at| ended_at.ms_since(started_at)),
        started_at,
        ended_at,
        error: row.get("error")?,
    })
}

/// The first turn that a condition over `t` (turns) and `e` (experiments) matches, inside a transaction.
pub(crate) async fn turn_where(
    tx: &mut Tx,
    condition: &str,
    args: &[Value<'_>],
) -> Result<Option<Turn>, RegistryError> {
    let sql = select("t.decision", condition);
    let row = tx.fetch_optional(sqlx::AssertSqlSafe(sql), args).await?;
    Ok(row.as_ref().map(turn_of).transpose()?)
}

impl Registry {
    pub(super) async fn select_turns(&self, condition: &str, args: &[Value<'_>]) -> Result<Vec<Turn>, RegistryError> {
        self.turns_of(&select("t.decision", condition), args).await
    }

    /// As [`Self::select_turns`]; decisions are large, and left out.
    pub(super) async fn select_turns_without_decisions(
        &self,
        condition: &str,
        args: &[Value<'_>],
    ) -> Result<Vec<Turn>, RegistryError> {
        self.turns_of(&select("CAST(NULL AS TEXT)", condition), args).await
    }

    async fn turns_of(&self, sql: &str, args: &[Value<'_>]) -> Result<Vec<Turn>, RegistryError> {
        self.database
            .retry(|| async {
                let rows = self.database.fetch_all(sqlx::AssertSqlSafe(sql), args).await?;
                Ok(rows.iter().map(turn_of).collect::<Result<_, _>>()?)
            })
            .await
    }

    /// All turns of a project, oldest first, with their decisions.
    pub async fn turns(&self, project: &str) -> Result<Vec<Turn>, RegistryError> {
        self.select_turns("e.name = $1 ORDER BY t.number", args![project]).await
    }

    /// The turns of a project after the one of that number, oldest first, at most `limit`.
    pub async fn turns_after(&self, project: &str, number: i64, limit: i64) -> Result<Vec<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.number > $2 ORDER BY t.number LIMIT $3";
        self.select_turns(condition, args![project, number, limit]).await
    }

    /// A turn by its run id.
    pub async fn turn(&self, run: &RunId) -> Result<Option<Turn>, RegistryError> {
        Ok(self.select_turns("t.run_id = $1", args![run]).await?.into_iter().next())
    }

    /// A turn by the id that an outside orchestrator gave it.
    pub async fn turn_by_external_id(&self, project: &str, external_id: &str) -> Result<Option<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.external_id = $2";
        Ok(self.select_turns(condition, args![project, external_id]).await?.into_iter().next())
    }

    /// The turn that a person means: by its run id or the beginning of it (at least four digits), its number, or its
    /// outside id. `None` where nothing or more than one thing matches.
    pub async fn find_turn(&self, project: &str, text: &str) -> Result<Option<Turn>, RegistryError> {
        if let Some(turn) = self.turn_by_external_id(project, text).await? {
            return Ok(Some(turn));
        }
        if text.len() < 7
            && let Ok(number) = text.parse::<i64>()
            && let Some(turn) = self.turn_by_number(project, number).await?
        {
            return Ok(Some(turn));
        }
        if text.len() < 4 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let pattern = format!("{}%", text.to_ascii_lowercase());
        let turns = self.select_turns("e.name = $1 AND t.run_id LIKE $2", args![project, pattern]).await?;
        Ok(if turns.len() == 1 { turns.into_iter().next() } else { None })
    }

    /// The turn of that number, with its decision.
    pub async fn turn_by_number(&self, project: &str, number: i64) -> Result<Option<Turn>, RegistryError> {
        Ok(self.select_turns("e.name = $1 AND t.number = $2", args![project, number]).await?.into_iter().next())
    }

    /// The turn of that number, without its decision.
    pub async fn turn_without_decision(&self, project: &str, number: i64) -> Result<Option<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.number = $2";
        Ok(self.select_turns_without_decisions(condition, args![project, number]).await?.into_iter().next())
    }

    /// The turn of a project that is at work or was interrupted, if there is one.
    pub async fn unfinished_turn(&self, project: &str) -> Result<Option<Turn>, RegistryError> {
        let condition = "e.name = $1 AND t.state = 'running' ORDER BY t.number LIMIT 1";
        Ok(self.select_turns(condition, args![project]).await?.into_iter().next())
    }
}
