//! How a turn begins, what is noted on it, how it ends.

use serde_json::Value as Json;
use tidewheel_domain::run::{KIND_TAG, RUN_NAME_TAG, RunStatus};
use tidewheel_domain::turn::{Action, TaskName, Turn, TurnOutcome, TurnState};
use tidewheel_domain::{Metrics, RunId, RunKind, Timestamp};

use super::read::turn_where;
use crate::database::{Tx, args};
use crate::error::RegistryError;
use crate::registry::Registry;
use crate::tracking::{NewRun, insert_run, put_run_tag, set_run_status};

impl Registry {
    /// Begins a turn of a project (whose experiment is made if it is not there), with its run and its tasks, all
    /// pending. `champion` is the version in production now.
    ///
    /// With an outside id that is known, this is the turn of that id, as it stands. Otherwise a turn that is still
    /// running and has the same outside id (or none, as this one) is given back; a running turn with another one is
    /// a [`RegistryError::Conflict`]: two turns of a project never overlap. Waiting turns are no obstacle.
    pub async fn begin_turn(
        &self,
        project: &str,
        external_id: Option<&str>,
        champion: Option<i64>,
        now: Timestamp,
    ) -> Result<Turn, RegistryError> {
        if external_id.is_some_and(|id| id.trim().is_empty()) {
            return Err(RegistryError::Invalid {
                field: "external id",
                value: String::new(),
                rule: "must not be empty".to_owned(),
            });
        }
        self.create_or_get_experiment(project, now).await?;
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let experiment_id = Self::lock_experiment(&mut tx, project, now).await?;
                if let Some(external_id) = external_id {
                    let condition = "t.experiment_id = $1 AND t.external_id = $2";
                    if let Some(turn) = turn_where(&mut tx, condition, args![experiment_id, external_id]).await? {
                        return Ok(turn);
                    }
                }
                let condition = "t.experiment_id = $1 AND t.state = 'running' ORDER BY t.number LIMIT 1";
                if let Some(turn) = turn_where(&mut tx, condition, args![experiment_id]).await? {
                    if turn.external_id.as_deref() == external_id {
                        return Ok(turn);
                    }
                    let known_as = turn.external_id.as_ref().map(|id| format!(", known as '{id}'")).unwrap_or_default();
                    return Err(RegistryError::Conflict(format!(
                        "turn {} of project '{project}' is still running (run {}{known_as}); let it end or cancel it",
                        turn.number, turn.run_id
                    )));
                }
                let run_id = insert_turn(&mut tx, experiment_id, project, external_id, champion, now).await?;
                let turn = turn_where(&mut tx, "t.run_id = $1", args![&run_id]).await?;
                let turn = turn.ok_or_else(|| RegistryError::not_found("turn", &run_id))?;
                tx.commit().await?;
                Ok(turn)
            })
            .await
    }

    /// Notes where the source stood when the turn asked it, for a turn that is resumed.
    pub async fn set_source_position(&self, turn: &RunId, position: &str) -> Result<(), RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "UPDATE turns SET source_position = $2 WHERE run_id = $1";
                changed_a_turn(turn, tx.execute(sql, args![turn, position]).await?)?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// Records what was decided about the turn's batch, whole, with the action and the reason of the lists.
    pub async fn set_decision(
        &self,
        turn: &RunId,
        decision: &Json,
        action: Action,
        reason: &str,
    ) -> Result<(), RegistryError> {
        let decision = decision.to_string();
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "UPDATE turns SET decision = $2, action = $3, reason = $4 WHERE run_id = $1";
                let changed = tx.execute(sql, args![turn, &decision, action.as_str(), reason]).await?;
                changed_a_turn(turn, changed)?;
                put_run_tag(&mut tx, turn, "tidewheel.action", action.as_str()).await?;
                put_run_tag(&mut tx, turn, "tidewheel.reason", reason).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// Notes which version the turn has trained.
    pub async fn set_turn_version(&self, turn: &RunId, version: i64) -> Result<(), RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "UPDATE turns SET model_version = $2 WHERE run_id = $1";
                changed_a_turn(turn, tx.execute(sql, args![turn, version]).await?)?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// Ends a turn and its run: `succeeded`, `failed`, `cancelled`, or `waiting` for a person's answer. A turn that
    /// has ended so already keeps its time.
    ///
    /// Whether its version was promoted, and why not, are noted by [`Registry::promote`] and [`Registry::reject`].
    pub async fn finish_turn(
        &self,
        turn: &RunId,
        outcome: &TurnOutcome,
        now: Timestamp,
    ) -> Result<Turn, RegistryError> {
        let status = match outcome.state {
            TurnState::Running => {
                return Err(RegistryError::Invalid {
                    field: "state",
                    value: outcome.state.to_string(),
                    rule: "does not end a turn".to_owned(),
                });
            }
            TurnState::Succeeded => RunStatus::Finished,
            TurnState::Failed => RunStatus::Failed,
            TurnState::Waiting => RunStatus::Scheduled,
            TurnState::Cancelled => RunStatus::Killed,
        };
        let metrics = json_of(&outcome.metrics_newest_batch);
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let before = turn_where(&mut tx, "t.run_id = $1", args![turn]).await?;
                let before = before.ok_or_else(|| RegistryError::not_found("turn", turn))?;
                let ended_at = if before.state == outcome.state { before.ended_at.unwrap_or(now) } else { now };
                let sql = "UPDATE turns SET state = $2, metrics_newest_batch = $3, error = $4, ended_at = $5
                    WHERE run_id = $1";
                let error = outcome.error.as_deref();
                tx.execute(sql, args![turn, outcome.state.as_str(), &metrics, error, ended_at]).await?;
                set_run_status(&mut tx, turn, status, Some(ended_at)).await?;
                put_turn_metrics(&mut tx, turn, &outcome.metrics_newest_batch, ended_at).await?;
                let after = turn_where(&mut tx, "t.run_id = $1", args![turn]).await?;
                let after = after.ok_or_else(|| RegistryError::not_found("turn", turn))?;
                tx.commit().await?;
                Ok(after)
            })
            .await
    }

    /// Takes a turn up again that has failed, was cancelled, or waits: it is running, its tasks that failed are
    /// pending; what has succeeded or was skipped stays, unless `from` names the task from which on (in the order of
    /// the graph) everything is pending again.
    pub async fn reopen_turn(&self, turn: &RunId, from: Option<TaskName>) -> Result<Turn, RegistryError> {
        let from = from.and_then(|from| TaskName::ALL.iter().position(|&name| name == from));
        let from = from.map_or(i64::MAX, |place| place as i64);
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let before = turn_where(&mut tx, "t.run_id = $1", args![turn]).await?;
                let before = before.ok_or_else(|| RegistryError::not_found("turn", turn))?;
                match before.state {
                    TurnState::Running => return Ok(before),
                    TurnState::Succeeded => {
                        return Err(RegistryError::Conflict(format!(
                            "turn {} (run {turn}) has succeeded; there is nothing to take up again",
                            before.number
                        )));
                    }
                    TurnState::Failed | TurnState::Cancelled | TurnState::Waiting => {}
                }
                let others = "t.experiment_id = (SELECT experiment_id FROM turns WHERE run_id = $1)
                    AND t.state = 'running' LIMIT 1";
                if let Some(other) = turn_where(&mut tx, others, args![turn]).await? {
                    return Err(RegistryError::Conflict(format!(
                        "turn {} of project '{}' is running (run {}); let it end or cancel it",
                        other.number, other.project, other.run_id
                    )));
                }
                let sql = "UPDATE turns SET state = 'running', ended_at = NULL, error = NULL WHERE run_id = $1";
                tx.execute(sql, args![turn]).await?;
                set_run_status(&mut tx, turn, RunStatus::Running, None).await?;
                let tasks = "UPDATE tasks SET state = 'pending', error = NULL WHERE run_id = $1
                    AND (state IN ('failed', 'running', 'up_for_retry') OR position >= $2)";
                tx.execute(tasks, args![turn, from]).await?;
                let after = turn_where(&mut tx, "t.run_id = $1", args![turn]).await?;
                let after = after.ok_or_else(|| RegistryError::not_found("turn", turn))?;
                tx.commit().await?;
                Ok(after)
            })
            .await
    }
}

pub(super) fn changed_a_turn(turn: &RunId, changed: u64) -> Result<(), RegistryError> {
    if changed == 0 { Err(RegistryError::not_found("turn", turn)) } else { Ok(()) }
}

pub(crate) fn json_of(metrics: &Metrics) -> String {
    // Numbers and names always serialise.
    serde_json::to_string(metrics).unwrap_or_else(|_| "{}".to_owned())
}

async fn insert_turn(
    tx: &mut Tx,
    experiment_id: i64,
    project: &str,
    external_id: Option<&str>,
    champion: Option<i64>,
    now: Timestamp,
) -> Result<RunId, RegistryError> {
    let sql = "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM turns WHERE experiment_id = $1";
    let row = tx.fetch_optional(sql, args![experiment_id]).await?;
    let number = row.map_or(Ok(1), |row| row.get::<i64>("number"))?;
    let run_id = RunId::derive(project, RunKind::Turn, number, 0);
    let name = format!("turn {number}");
    let run = NewRun {
        run_id: &run_id,
        experiment_id,
        name: &name,
        status: RunStatus::Running,
        started_at: now,
        ended_at: None,
    };
    insert_run(tx, run).await?;
    put_run_tag(tx, &run_id, RUN_NAME_TAG, &name).await?;
    put_run_tag(tx, &run_id, KIND_TAG, RunKind::Turn.as_str()).await?;
    let sql = "INSERT INTO turns (run_id, experiment_id, number, external_id, state, champion_before, started_at)
        VALUES ($1, $2, $3, $4, 'running', $5, $6)";
    tx.execute(sql, args![&run_id, experiment_id, number, external_id, champion, now]).await?;
    let mut tasks = Vec::new();
    for (position, name) in TaskName::ALL.iter().enumerate() {
        tasks.extend_from_slice(args![&run_id, name.as_str(), position as i64, "pending"]);
    }
    tx.insert_many("INSERT INTO tasks (run_id, name, position, state)", 4, "", &tasks).await?;
    Ok(run_id)
}

/// The turn's metrics as MLflow shows them: on its run, replacing what was there.
async fn put_turn_metrics(tx: &mut Tx, turn: &RunId, metrics: &Metrics, at: Timestamp) -> Result<(), RegistryError> {
    tx.execute("DELETE FROM metrics WHERE run_id = $1", args![turn]).await?;
    tx.execute("DELETE FROM latest_metrics WHERE run_id = $1", args![turn]).await?;
    crate::tracking::insert_points(tx, turn, metrics, at).await?;
    Ok(())
}
