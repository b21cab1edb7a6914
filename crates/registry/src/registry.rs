//! The registry: one handle to everything that is kept.

use std::sync::Arc;

use futures::future::BoxFuture;
use tidewheel_domain::Timestamp;

use crate::database::{Database, Engine, Tx, args};
use crate::error::RegistryError;
use crate::objects::Objects;
use crate::settings::StoreSettings;

/// Everything that Tidewheel keeps. Clones are cheap and share the connections.
///
/// Each method that writes is one transaction: it happens whole or not at all. Unless its documentation says
/// otherwise, a method may be repeated with the same arguments without a further effect, and repeats itself for a
/// bounded time while the database is away.
#[derive(Debug, Clone)]
pub struct Registry {
    pub(crate) database: Database,
    objects: Arc<Objects>,
}

impl Registry {
    /// Opens the database (its tables are made or brought up to date) and the object store (its folders or buckets
    /// are made where they are missing).
    pub async fn open(settings: &StoreSettings) -> Result<Self, RegistryError> {
        Self::open_boxed(settings).await
    }

    /// Boxed, so that the code of the drivers is compiled here and not in every crate that opens a registry.
    fn open_boxed(settings: &StoreSettings) -> BoxFuture<'_, Result<Self, RegistryError>> {
        Box::pin(async move {
            let database = Database::open(&settings.database, settings.retry_for).await?;
            let objects = Arc::new(Objects::open(settings).await?);
            Ok(Registry { database, objects })
        })
    }

    /// The stored files.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Which database is behind.
    pub fn engine(&self) -> Engine {
        self.database.engine()
    }

    /// Kind, name and host of the database, for people.
    pub fn place(&self) -> &str {
        self.database.place()
    }

    /// Asks the database for an answer, nothing more.
    pub async fn ping(&self) -> Result<(), RegistryError> {
        self.database.fetch_all("SELECT 1", args![]).await?;
        Ok(())
    }

    /// Closes all connections; SQLite then folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// The project's experiment id; the row stays locked until the transaction ends, so that what is numbered
    /// inside a project (turns, batches) is numbered by one writer at a time.
    pub(crate) async fn lock_experiment(tx: &mut Tx, project: &str, now: Timestamp) -> Result<i64, RegistryError> {
        let sql = "UPDATE experiments SET last_update_time = $2 WHERE name = $1 RETURNING experiment_id";
        match tx.fetch_optional(sql, args![project, now]).await? {
            Some(row) => Ok(row.get("experiment_id")?),
            None => Err(RegistryError::not_found("project", project)),
        }
    }
}
