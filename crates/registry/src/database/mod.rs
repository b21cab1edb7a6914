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
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::{PgPool, SqlSafeStr, SqlStr, SqlitePool};
use tokio::time::{Instant, sleep};

pub(crate) use row::Row;
pub(crate) use transaction::Tx;
pub(crate) use value::{Value, args};

use crate::error::{DatabaseError, RegistryError};
use transaction::Answer;

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
    /// Whether the last call gave up waiting: the next ones do not wait all over again.
    away: Arc<AtomicBool>,
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
    pub(crate) fn begin(&self) -> Answer<'_, Tx> {
        Box::pin(async move {
            match &self.pools {
                Pools::Postgres(pool) => pool.begin().await.map(|tx| Tx::postgres(tx, &self.place)),
                Pools::Sqlite { writer, .. } => {
                    writer.begin_with("BEGIN IMMEDIATE").await.map(|tx| Tx::sqlite(tx, &self.place))
                }
            }
            .map_err(|error| DatabaseError::from_driver(&self.place, error))
        })
    }

    /// A transaction that only reads and sees one state of the database throughout.
    pub(crate) fn snapshot(&self) -> Answer<'_, Tx> {
        Box::pin(async move {
            match &self.pools {
                Pools::Postgres(pool) => {
                    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
                    pool.begin_with(begin).await.map(|tx| Tx::postgres(tx, &self.place))
                }
                Pools::Sqlite { readers, .. } => readers.begin().await.map(|tx| Tx::sqlite(tx, &self.place)),
            }
            .map_err(|error| DatabaseError::from_driver(&self.place, error))
        })
    }

    /// All rows of one reading statement, outside any transaction.
    pub(crate) fn fetch_all<'a>(&'a self, sql: impl SqlSafeStr, args: &'a [Value<'a>]) -> Answer<'a, Vec<Row>> {
        self.fetch_boxed(sql.into_sql_str(), args)
    }

    fn fetch_boxed<'a>(&'a self, sql: SqlStr, args: &'a [Value<'a>]) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            match &self.pools {
                Pools::Postgres(pool) => {
                    let rows = transaction::bind_postgres(sql, args).fetch_all(pool).await;
                    rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
                }
                Pools::Sqlite { readers, .. } => {
                    let rows = transaction::bind_sqlite(sql, args).fetch_all(readers).await;
                    rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
                }
            }
            .map_err(|error| DatabaseError::from_driver(&self.place, error))
        })
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
        let patience = if self.away.load(Ordering::Relaxed) { Duration::ZERO } else { self.retry_for };
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(50);
        loop {
            match body().await {
                Err(error) if error.is_transient() && Instant::now() + pause < deadline => {
                    tracing::warn!(%error, retry_in_ms = pause.as_millis() as u64, "database call failed, trying again");
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                result => {
                    let away = result.as_ref().is_err_and(RegistryError::is_transient);
                    self.away.store(away, Ordering::Relaxed);
                    return result;
                }
            }
        }
    }

    pub(crate) fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            match &self.pools {
                Pools::Postgres(pool) => pool.close().await,
                Pools::Sqlite { writer, readers } => {
                    readers.close().await;
                    writer.close().await;
                }
            }
        })
    }
}
