//! The record of a batch.

use tidewheel_domain::batch::{Batch, NewBatch, QuarantinedRow};
use tidewheel_domain::turn::Action;
use tidewheel_domain::{RunId, Sha256, Timestamp};

use crate::database::{Row, Tx, Value, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// The outcome of [`Registry::store_batch`].
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBatch {
    /// The batch, as it is recorded.
    pub batch: Batch,
    /// Whether another turn has already finished it (it succeeded, or waits for an answer). Such a batch is not
    /// attached to the turn: see [`Registry::mark_batch_again`].
    pub again: bool,
}

pub(crate) const SELECT: &str = "SELECT b.id, b.sha256, b.run_id, b.source_position, b.rows_received, b.new_rows,
    b.duplicate_rows, b.quarantined_rows, b.clean_rows, b.columns_seen, b.received_at
    FROM batches b JOIN experiments e ON e.experiment_id = b.experiment_id";

fn batch_of(row: &Row) -> Result<Batch, DatabaseError> {
    Ok(Batch {
        id: row.get("id")?,
        rows: row.get("rows_received")?,
        new_rows: row.get("new_rows")?,
        duplicate_rows: row.get("duplicate_rows")?,
        quarantined_rows: row.get("quarantined_rows")?,
        clean_rows: row.get("clean_rows")?,
        sha256: row.parse("sha256")?,
        received_at: row.time("received_at")?,
        source_position: row.get("source_position")?,
        run_id: row.parse("run_id")?,
        columns: row.json("columns_seen")?,
    })
}

impl Registry {
    /// All batches of a project, oldest first.
    pub async fn batches(&self, project: &str) -> Result<Vec<Batch>, RegistryError> {
        self.select_batches(" WHERE e.name = $1 ORDER BY b.id", args![project]).await
    }

    /// A batch by its ordinal.
    pub async fn batch(&self, project: &str, id: i64) -> Result<Option<Batch>, RegistryError> {
        let batches = self.select_batches(" WHERE e.name = $1 AND b.id = $2", args![project, id]).await?;
        Ok(batches.into_iter().next())
    }

    /// A batch by the hash of its rows.
    pub async fn batch_by_sha256(&self, project: &str, sha256: &Sha256) -> Result<Option<Batch>, RegistryError> {
        let batches = self.select_batches(" WHERE e.name = $1 AND b.sha256 = $2", args![project, sha256]).await?;
        Ok(batches.into_iter().next())
    }

    pub(crate) async fn select_batches(
        &self,
        condition: &str,
        args: &[Value<'_>],
    ) -> Result<Vec<Batch>, RegistryError> {
        let sql = format!("{SELECT}{condition}");
        self.database
            .retry(|| async {
                let rows = self.database.fetch_all(sqlx::AssertSqlSafe(sql.as_str()), args).await?;
                Ok(rows.iter().map(batch_of).collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Records the batch of a turn and the rows of it that were refused, and attaches it to the turn.
    ///
    /// A batch is known by its hash. One that the project already has is not recorded again: it is attached to this
    /// turn too, unless an earlier turn has finished it, which the answer then says. The next free ordinal of the
    /// project is the id of a new one.
    pub async fn store_batch(
        &self,
        turn: &RunId,
        batch: &NewBatch,
        quarantine: &[QuarantinedRow],
        now: Timestamp,
    ) -> Result<StoredBatch, RegistryError> {
        check(batch, quarantine)?;
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let experiment_id = lock_experiment_of_turn(&mut tx, turn, now).await?;
                let again;
                let known = tx
                    .fetch_optional(
                        "SELECT id FROM batches WHERE experiment_id = $1 AND sha256 = $2",
                        args![experiment_id, &batch.sha256],
                    )
                    .await?;
                let id = match known {
                    Some(row) => {
                        let id = row.get::<i64>("id")?;
                        let finished = "SELECT COUNT(*) AS finished FROM turns WHERE experiment_id = $1 AND batch = $2
                            AND run_id <> $3 AND state IN ('succeeded', 'waiting')";
                        let row = tx.fetch_optional(finished, args![experiment_id, id, turn]).await?;
                        again = row.map_or(Ok(0), |row| row.get::<i64>("finished"))? > 0;
                        id
                    }
                    None => {
                        again = false;
                        insert(&mut tx, experiment_id, turn, batch, quarantine).await?
                    }
                };
                if !again {
                    tx.execute("UPDATE turns SET batch = $2 WHERE run_id = $1", args![turn, id]).await?;
                }
                let sql = format!("{SELECT} WHERE b.experiment_id = $1 AND b.id = $2");
                let row = tx.fetch_optional(sqlx::AssertSqlSafe(sql), args![experiment_id, id]).await?;
                let row = row.ok_or_else(|| RegistryError::not_found("batch", id))?;
                let batch = batch_of(&row)?;
                tx.commit().await?;
                Ok(StoredBatch { batch, again })
            })
            .await
    }

    /// Notes that the batch of a turn has already been finished by an earlier turn: the turn's action is `skip` and
    /// its reason `batch N again`.
    pub async fn mark_batch_again(&self, turn: &RunId, batch: i64) -> Result<(), RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "UPDATE turns SET batch = $2, action = $3, reason = $4 WHERE run_id = $1
                    AND EXISTS (SELECT 1 FROM batches b WHERE b.experiment_id = turns.experiment_id AND b.id = $2)";
                let reason = format!("batch {batch} again");
                let changed = tx.execute(sql, args![turn, batch, Action::Skip.as_str(), reason]).await?;
                if changed == 0 {
                    return Err(RegistryError::not_found("turn with a batch", format!("{turn}, {batch}")));
                }
                Ok(tx.commit().await?)
            })
            .await
    }
}

pub(crate) async fn lock_experiment_of_turn(tx: &mut Tx, turn: &RunId, now: Timestamp) -> Result<i64, RegistryError> {
    let sql = "UPDATE experiments SET last_update_time = $2
        WHERE experiment_id = (SELECT experiment_id FROM turns WHERE run_id = $1) RETURNING experiment_id";
    match tx.fetch_optional(sql, args![turn, now]).await? {
        Some(row) => Ok(row.get("experiment_id")?),
        None => Err(RegistryError::not_found("turn", turn)),
    }
}

async fn insert(
    tx: &mut Tx,
    experiment_id: i64,
    turn: &RunId,
    batch: &NewBatch,
    quarantine: &[QuarantinedRow],
) -> Result<i64, RegistryError> {
    let sql = "INSERT INTO batches (experiment_id, id, sha256, run_id, source_position, rows_received, new_rows,
            duplicate_rows, quarantined_rows, clean_rows, columns_seen, received_at)
        SELECT $1, COALESCE(MAX(id), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        FROM batches WHERE experiment_id = $1 RETURNING id";
    let row = tx
        .fetch_optional(
            sql,
            args![
                experiment_id,
                &batch.sha256,
                turn,
                batch.source_position.as_deref(),
                batch.rows,
                batch.new_rows,
                batch.duplicate_rows,
                batch.quarantined_rows,
                batch.clean_rows,
                batch.columns.to_string(),
                batch.received_at,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| RegistryError::not_found("batch", &batch.sha256))?;
    let id = row.get::<i64>("id")?;
    let mut values: Vec<Value<'_>> = Vec::with_capacity(quarantine.len() * 7);
    for row in quarantine {
        values.extend([
            experiment_id.into(),
            id.into(),
            row.row.into(),
            Value::from(&row.rule),
            row.column.as_deref().into(),
            row.value.as_deref().into(),
            row.data.to_string().into(),
        ]);
    }
    tx.insert_many(
        "INSERT INTO quarantine (experiment_id, batch, row_index, rule, column_name, value, data)",
        7,
        "ON CONFLICT DO NOTHING",
        &values,
    )
    .await?;
    Ok(id)
}

fn check(batch: &NewBatch, quarantine: &[QuarantinedRow]) -> Result<(), RegistryError> {
    let invalid = |field, value: i64, rule: String| RegistryError::Invalid { field, value: value.to_string(), rule };
    if batch.rows != batch.new_rows + batch.duplicate_rows {
        let rule = format!("must be new_rows {} + duplicate_rows {}", batch.new_rows, batch.duplicate_rows);
        return Err(invalid("rows", batch.rows, rule));
    }
    if batch.quarantined_rows > batch.new_rows {
        let rule = format!("must be at most new_rows {}", batch.new_rows);
        return Err(invalid("quarantined_rows", batch.quarantined_rows, rule));
    }
    let mut refused: Vec<i64> = quarantine.iter().map(|row| row.row).collect();
    refused.sort_unstable();
    refused.dedup();
    if refused.len() as i64 != batch.quarantined_rows {
        let rule = format!("must be the number of distinct rows handed over, {}", refused.len());
        return Err(invalid("quarantined_rows", batch.quarantined_rows, rule));
    }
    Ok(())
}
