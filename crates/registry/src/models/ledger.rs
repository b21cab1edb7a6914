//! The ledger: what was in production when, who decided it, and why. Lines are only ever added; the database itself
//! refuses to change them.

use tidewheel_domain::Timestamp;
use tidewheel_domain::model_version::{LedgerEntry, LedgerEvent};

use super::production::Promotion;
use crate::database::{Row, Tx, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

const SELECT: &str = "SELECT id, model, version, event, from_version, at, who, reason FROM ledger
    WHERE model = $1 ORDER BY id";

fn entry_of(row: &Row) -> Result<LedgerEntry, DatabaseError> {
    Ok(LedgerEntry {
        id: row.get("id")?,
        model: row.get("model")?,
        version: row.get("version")?,
        event: row.parse("event")?,
        from_version: row.get("from_version")?,
        at: row.time("at")?,
        who: row.get("who")?,
        reason: row.get("reason")?,
    })
}

/// The ledger of a model inside a transaction, oldest entry first.
pub(super) async fn read(tx: &mut Tx, model: &str) -> Result<Vec<LedgerEntry>, RegistryError> {
    let rows = tx.fetch_all(SELECT, args![model]).await?;
    Ok(rows.iter().map(entry_of).collect::<Result<_, _>>()?)
}

/// Adds a line.
pub(super) async fn write(
    tx: &mut Tx,
    model: &str,
    version: i64,
    event: LedgerEvent,
    from_version: Option<i64>,
    by: &Promotion<'_>,
    now: Timestamp,
) -> Result<(), RegistryError> {
    let sql = "INSERT INTO ledger (model, version, event, from_version, at, who, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.execute(sql, args![model, version, event.as_str(), from_version, now, by.who, by.reason]).await?;
    Ok(())
}

impl Registry {
    /// The ledger of a model, oldest entry first.
    pub async fn ledger(&self, model: &str) -> Result<Vec<LedgerEntry>, RegistryError> {
        self.database
            .retry(|| async {
                let rows = self.database.fetch_all(SELECT, args![model]).await?;
                Ok(rows.iter().map(entry_of).collect::<Result<_, _>>()?)
            })
            .await
    }
}
