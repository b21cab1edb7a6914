//! One text of SQL for two databases.
//!
//! `Database` holds the pools, [`Tx`] is one transaction on either. SQLite has one connection that writes, so that
//! writers queue inside the process instead of failing, and a few that read; other processes are kept apart by
//! `BEGIN IMMEDIATE` and a busy time-out. Reads and writes of one method that belong together are one `Tx`.

mod migrate;
mod open;
mod row;
mod transaction;
pub(crate) mod value;

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgPool, SqlSafeStr, SqlitePool};
use tokio::time::{Instant, sleep};

pub(crate) use row::Row;
pub(crate) use transaction::Tx;
pub(crate) use value::{Value, args};

use crate::error::{DatabaseError, RegistryError};

/// Which database is behind a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A PostgreSQL server.
    Postgres,
    /// An SQLite file.
    Sqlite,
}

#[derive(Debug, Clone)]
enum Pools {
    Postgres(PgPool),
    Sqlite { writer: SqlitePool, readers: SqlitePool },
}

/// An open database. Clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pools: Pools,
    /// Kind, name and host for messages; no password.
    place: Arc<str>,
    retry_for: Duration,
}

impl Database {
    pub(crate) fn engine(&self) -> Engine {
        match self.pools {
            Pools::Postgres(_) => Engine::Postgres,
            Pools::Sqlite { .. } => Engine::Sqlite,
        }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// A transaction that may write. Nothing of it is kept unless it is committed.
    pub(crate) async fn begin(&self) -> Result<Tx, DatabaseError> {
        match &self.pools {
            Pools::Postgres(pool) => pool.begin().await.map(|tx| Tx::postgres(tx, &self.place)),
            Pools::Sqlite { writer, .. } => {
                writer.begin_with("BEGIN IMMEDIATE").await.map(|tx| Tx::sqlite(tx, &self.place))
            }
        }
        .map_err(|error| DatabaseError::from_driver(&self.place, error))
    }

    /// A transaction that only reads and sees one state of the database throughout.
    pub(crate) async fn snapshot(&self) -> Result<Tx, DatabaseError> {
        match &self.pools {
            Pools::Postgres(pool) => pool
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                .await
                .map(|tx| Tx::postgres(tx, &self.place)),
            Pools::Sqlite { readers, .. } => readers.begin().await.map(|tx| Tx::sqlite(tx, &self.place)),
        }
        .map_err(|error| DatabaseError::from_driver(&self.place, error))
    }

    /// All rows of one reading statement, outside any transaction.
    pub(crate) async fn fetch_all(&self, sql: impl SqlSafeStr, args: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        match &self.pools {
            Pools::Postgres(pool) => transaction::bind_postgres(sql, args)
                .fetch_all(pool)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
            Pools::Sqlite { readers, .. } => transaction::bind_sqlite(sql, args)
                .fetch_all(readers)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
        }
        .map_err(|error| DatabaseError::from_driver(&self.place, error))
    }

    /// The first row of one reading statement, if there is one.
    pub(crate) async fn fetch_optional(
        &self,
        sql: impl SqlSafeStr,
        args: &[Value<'_>],
    ) -> Result<Option<Row>, DatabaseError> {
        Ok(self.fetch_all(sql, args).await?.into_iter().next())
    }

    /// Runs `body` again while it fails for a passing reason (the server restarts, the connection was cut, a
    /// deadlock), with growing pauses, for a bounded time. Only for bodies that may run twice: after a cut in the
    /// middle of a commit nobody knows whether it was kept.
    pub(crate) async fn retry<T, F, Fut>(&self, body: F) -> Result<T, RegistryError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, RegistryError>>,
    {
        let deadline = Instant::now() + self.retry_for;
        let mut pause = Duration::from_millis(50);
        loop {
            match body().await {
                Err(error) if error.is_transient() && Instant::now() + pause < deadline => {
                    tracing::warn!(%error, retry_in_ms = pause.as_millis() as u64, "database call failed, trying again");
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                result => return result,
            }
        }
    }

    pub(crate) async fn close(&self) {
        match &self.pools {
            Pools::Postgres(pool) => pool.close().await,
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}
