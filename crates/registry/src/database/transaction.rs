//! One transaction on either database.

use std::fmt::Write;
use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction};

use super::row::Row;
use super::value::Value;
use crate::error::DatabaseError;

enum Inner {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// What a call of the database gives, boxed: so the driver's code is compiled once, in this crate, and not again in
/// every crate that awaits one of the registry's methods.
pub(crate) type Answer<'a, T> = BoxFuture<'a, Result<T, DatabaseError>>;

/// A transaction. Dropped without [`Tx::commit`], nothing of it is kept.
pub(crate) struct Tx {
    inner: Inner,
    place: Arc<str>,
}

/// Values bound by one statement of [`Tx::insert_many`]; PostgreSQL allows 65,535. Every statement is a way to the
/// server and back.
const POSTGRES_VALUES: usize = 8_000;
/// The same for SQLite, which allows 32,766. A statement stays prepared, and takes memory by its length.
const SQLITE_VALUES: usize = 2_000;

impl Tx {
    pub(super) fn postgres(tx: Transaction<'static, Postgres>, place: &Arc<str>) -> Self {
        Tx { inner: Inner::Postgres(tx), place: Arc::clone(place) }
    }

    pub(super) fn sqlite(tx: Transaction<'static, Sqlite>, place: &Arc<str>) -> Self {
        Tx { inner: Inner::Sqlite(tx), place: Arc::clone(place) }
    }

    /// Runs a statement; gives the number of rows it changed.
    pub(crate) fn execute<'a>(&'a mut self, sql: impl SqlSafeStr, args: &'a [Value<'a>]) -> Answer<'a, u64> {
        self.execute_boxed(sql.into_sql_str(), args, true)
    }

    fn execute_boxed<'a>(&'a mut self, sql: SqlStr, args: &'a [Value<'a>], keep_prepared: bool) -> Answer<'a, u64> {
        Box::pin(async move {
            match &mut self.inner {
                Inner::Postgres(tx) => {
                    let query = bind_postgres(sql, args).persistent(keep_prepared);
                    query.execute(&mut **tx).await.map(|result| result.rows_affected())
                }
                Inner::Sqlite(tx) => {
                    let query = bind_sqlite(sql, args).persistent(keep_prepared);
                    query.execute(&mut **tx).await.map(|result| result.rows_affected())
                }
            }
            .map_err(|error| DatabaseError::from_driver(&self.place, error))
        })
    }

    /// All rows of a statement.
    pub(crate) fn fetch_all<'a>(&'a mut self, sql: impl SqlSafeStr, args: &'a [Value<'a>]) -> Answer<'a, Vec<Row>> {
        self.fetch_boxed(sql.into_sql_str(), args)
    }

    fn fetch_boxed<'a>(&'a mut self, sql: SqlStr, args: &'a [Value<'a>]) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            match &mut self.inner {
                Inner::Postgres(tx) => {
                    let rows = bind_postgres(sql, args).fetch_all(&mut **tx).await;
                    rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
                }
                Inner::Sqlite(tx) => {
                    let rows = bind_sqlite(sql, args).fetch_all(&mut **tx).await;
                    rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
                }
            }
            .map_err(|error| DatabaseError::from_driver(&self.place, error))
        })
    }

    /// The first row of a statement, if there is one.
    pub(crate) async fn fetch_optional(
        &mut self,
        sql: impl SqlSafeStr,
        args: &[Value<'_>],
    ) -> Result<Option<Row>, DatabaseError> {
        Ok(self.fetch_all(sql, args).await?.into_iter().next())
    }

    /// Inserts the rows of `values`, `columns` after `columns`: `insert` is the statement up to `VALUES`, `conflict`
    /// what follows. A few thousand values go into one statement; row by row would cost PostgreSQL twenty times as
    /// much.
    pub(crate) async fn insert_many(
        &mut self,
        insert: &str,
        columns: usize,
        conflict: &str,
        values: &[Value<'_>],
    ) -> Result<u64, DatabaseError> {
        debug_assert_eq!(values.len() % columns, 0, "{insert}");
        let numbered = matches!(self.inner, Inner::Postgres(_));
        let full = if numbered { POSTGRES_VALUES } else { SQLITE_VALUES } / columns * columns;
        let mut chunks = values.chunks_exact(full);
        let mut changed = 0;
        if values.len() >= full {
            let sql = statement(insert, columns, full / columns, conflict, numbered);
            for chunk in &mut chunks {
                changed += self.execute(AssertSqlSafe(sql.as_str()), chunk).await?;
            }
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let sql = statement(insert, columns, rest.len() / columns, conflict, numbered);
            // Its text will hardly come again: it is not kept prepared.
            changed += self.execute_boxed(AssertSqlSafe(sql).into_sql_str(), rest, false).await?;
        }
        Ok(changed)
    }

    /// Keeps everything that was written.
    pub(crate) fn commit(self) -> Answer<'static, ()> {
        Box::pin(async move {
            match self.inner {
                Inner::Postgres(tx) => tx.commit().await,
                Inner::Sqlite(tx) => tx.commit().await,
            }
            .map_err(|error| DatabaseError::from_driver(&self.place, error))
        })
    }
}

/// PostgreSQL numbers its placeholders. To SQLite `$7` is a name, which it looks up in a list for every value: with
/// thousands of them that takes most of the time, so here it gets `?`.
fn statement(insert: &str, columns: usize, rows: usize, conflict: &str, numbered: bool) -> String {
    let mut sql = String::with_capacity(insert.len() + conflict.len() + 20 + rows * columns * 7);
    sql.push_str(insert);
    sql.push_str(" VALUES ");
    for row in 0..rows {
        for column in 0..columns {
            let before = match (row, column) {
                (0, 0) => "(",
                (_, 0) => "), (",
                _ => ", ",
            };
            sql.push_str(before);
            if numbered {
                // Writing to a string cannot fail.
                let _ = write!(sql, "${}", row * columns + column + 1);
            } else {
                sql.push('?');
            }
        }
    }
    sql.push_str(") ");
    sql.push_str(conflict);
    sql
}

pub(super) fn bind_postgres<'q>(sql: SqlStr, args: &[Value<'_>]) -> Query<'q, Postgres, PgArguments> {
    let mut query = sqlx::query(sql);
    for arg in args {
        query = match arg {
            Value::Int(value) => query.bind(*value),
            Value::Real(value) => query.bind(*value),
            Value::Text(value) => query.bind(value.as_deref()),
            Value::Bool(value) => query.bind(*value),
        };
    }
    query
}

pub(super) fn bind_sqlite<'q>(sql: SqlStr, args: &[Value<'_>]) -> Query<'q, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(sql);
    for arg in args {
        query = match arg {
            Value::Int(value) => query.bind(*value),
            Value::Real(value) => query.bind(*value),
            Value::Text(value) => query.bind(value.as_deref()),
            Value::Bool(value) => query.bind(*value),
        };
    }
    query
}

#[cfg(test)]
mod tests {
    use super::statement;

    #[test]
    fn placeholders_are_numbered_through_where_the_database_wants_it() {
        let (insert, conflict) = ("INSERT INTO t (a, b)", "ON CONFLICT DO NOTHING");
        let sql = statement(insert, 2, 3, conflict, true);
        assert_eq!(sql, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), ($5, $6) ON CONFLICT DO NOTHING");
        let sql = statement(insert, 2, 2, conflict, false);
        assert_eq!(sql, "INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING");
    }
}
