//! What goes into production, what is refused, and the way back.

use tidewheel_domain::model_version::{LedgerEvent, ModelVersion, Stage, production_chain};
use tidewheel_domain::{RunId, Timestamp};

use super::ledger;
use super::versions::{touch, version_in};
use crate::database::{Tx, args};
use crate::error::RegistryError;
use crate::registry::Registry;

/// Who changes what is in production, and why.
#[derive(Debug, Clone, Copy)]
pub struct Promotion<'a> {
    /// Who, such as `loop` or a person.
    pub who: &'a str,
    /// Why; kept in the ledger.
    pub reason: &'a str,
    /// The turn that decided it, if one did: the outcome is noted on it too.
    pub turn: Option<&'a RunId>,
}

impl Registry {
    /// Puts a version into production: stage and alias move to it, the former one is archived, the ledger gets its
    /// lines, the turn its note. A version that is in production already stays, without another line.
    pub async fn promote(
        &self,
        model: &str,
        version: i64,
        by: Promotion<'_>,
        now: Timestamp,
    ) -> Result<ModelVersion, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let former = lock_model(&mut tx, model).await?;
                version_in(&mut tx, model, version).await?;
                if former != Some(version) {
                    switch(&mut tx, model, former, version, LedgerEvent::Promote, &by, now).await?;
                }
                if let Some(turn) = by.turn {
                    let sql = "UPDATE turns SET model_version = $2, promoted = TRUE, rejected_by = NULL
                        WHERE run_id = $1";
                    tx.execute(sql, args![turn, version]).await?;
                }
                let version = version_in(&mut tx, model, version).await?;
                tx.commit().await?;
                Ok(version)
            })
            .await
    }

    /// Notes that a version was compared and not promoted. `by.reason` is what rejected it, in one line. A version
    /// that was rejected for the same reason stays as it is.
    pub async fn reject(
        &self,
        model: &str,
        version: i64,
        by: Promotion<'_>,
        now: Timestamp,
    ) -> Result<ModelVersion, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let champion = lock_model(&mut tx, model).await?;
                if champion == Some(version) {
                    let text = format!("version {version} of model '{model}' is in production; roll back instead");
                    return Err(RegistryError::Conflict(text));
                }
                let before = version_in(&mut tx, model, version).await?;
                if before.rejected_by.as_deref() != Some(by.reason) {
                    let sql = "UPDATE model_versions SET rejected_by = $3, last_update_time = $4
                        WHERE name = $1 AND version = $2";
                    tx.execute(sql, args![model, version, by.reason, now]).await?;
                    ledger::write(&mut tx, model, version, LedgerEvent::Reject, champion, &by, now).await?;
                }
                if let Some(turn) = by.turn {
                    let sql = "UPDATE turns SET model_version = $2, promoted = FALSE, rejected_by = $3
                        WHERE run_id = $1";
                    tx.execute(sql, args![turn, version, by.reason]).await?;
                }
                let version = version_in(&mut tx, model, version).await?;
                tx.commit().await?;
                Ok(version)
            })
            .await
    }

    /// Where a rollback would go: the version given, if it has been in production, else the one that was in
    /// production before the present one (see [`production_chain`]). For checks before [`Registry::rollback`].
    pub async fn rollback_target(&self, model: &str, to: Option<i64>) -> Result<i64, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                let present = production_of(&mut tx, model).await?;
                target(&mut tx, model, present, to).await
            })
            .await
    }

    /// Brings an earlier version back into production; see [`Registry::rollback_target`]. The version that leaves is
    /// archived.
    ///
    /// Not repeated by itself while the database is away: done twice, it would go back two versions.
    pub async fn rollback(
        &self,
        model: &str,
        to: Option<i64>,
        by: Promotion<'_>,
        now: Timestamp,
    ) -> Result<ModelVersion, RegistryError> {
        let mut tx = self.database.begin().await?;
        let present = lock_model(&mut tx, model).await?;
        let version = target(&mut tx, model, present, to).await?;
        if present != Some(version) {
            switch(&mut tx, model, present, version, LedgerEvent::Rollback, &by, now).await?;
        }
        let version = version_in(&mut tx, model, version).await?;
        tx.commit().await?;
        Ok(version)
    }
}

async fn production_of(tx: &mut Tx, model: &str) -> Result<Option<i64>, RegistryError> {
    let sql = "SELECT production_version FROM registered_models WHERE name = $1";
    let row = tx.fetch_optional(sql, args![model]).await?;
    let row = row.ok_or_else(|| RegistryError::not_found("model", model))?;
    Ok(row.get("production_version")?)
}

/// Locks the model until the transaction ends; gives the version in production.
async fn lock_model(tx: &mut Tx, model: &str) -> Result<Option<i64>, RegistryError> {
    let sql = "UPDATE registered_models SET last_update_time = last_update_time WHERE name = $1
        RETURNING production_version";
    let row = tx.fetch_optional(sql, args![model]).await?;
    let row = row.ok_or_else(|| RegistryError::not_found("model", model))?;
    Ok(row.get("production_version")?)
}

/// Moves production from one version to another and writes the ledger.
async fn switch(
    tx: &mut Tx,
    model: &str,
    from: Option<i64>,
    to: i64,
    event: LedgerEvent,
    by: &Promotion<'_>,
    now: Timestamp,
) -> Result<(), RegistryError> {
    let stage = "UPDATE model_versions SET stage = $3, last_update_time = $4 WHERE name = $1 AND version = $2";
    if let Some(from) = from {
        tx.execute(stage, args![model, from, Stage::Archived.as_str(), now]).await?;
        ledger::write(tx, model, from, LedgerEvent::Archive, None, by, now).await?;
    }
    // What stands in the row counts again only when the version leaves production.
    tx.execute(stage, args![model, to, Stage::None.as_str(), now]).await?;
    tx.execute("UPDATE model_versions SET rejected_by = NULL WHERE name = $1 AND version = $2", args![model, to])
        .await?;
    tx.execute("UPDATE registered_models SET production_version = $2 WHERE name = $1", args![model, to]).await?;
    touch(tx, model, now).await?;
    ledger::write(tx, model, to, event, from, by, now).await
}

async fn target(tx: &mut Tx, model: &str, present: Option<i64>, to: Option<i64>) -> Result<i64, RegistryError> {
    let chain = production_chain(&ledger::read(tx, model).await?);
    match to {
        Some(version) => {
            version_in(tx, model, version).await?;
            let was_in_production = ledger::read(tx, model).await?.iter().any(|entry| {
                entry.version == version && matches!(entry.event, LedgerEvent::Promote | LedgerEvent::Rollback)
            });
            if was_in_production {
                Ok(version)
            } else {
                Err(RegistryError::Conflict(format!(
                    "version {version} of model '{model}' was never in production; promote it instead"
                )))
            }
        }
        None => {
            let earlier = chain.iter().rev().find(|&&version| Some(version) != present);
            earlier.copied().ok_or_else(|| {
                RegistryError::Conflict(format!("model '{model}' has no earlier production version to roll back to"))
            })
        }
    }
}
