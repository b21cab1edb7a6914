//! A row that was read, from either database.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};
use tidewheel_domain::Timestamp;

use crate::error::DatabaseError;

/// One row. Columns are named in the statement and read by that name.
pub(crate) enum Row {
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

impl Row {
    /// The value of a column.
    pub(crate) fn get<T>(&self, column: &str) -> Result<T, DatabaseError>
    where
        T: for<'r> Decode<'r, Postgres> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
    {
        match self {
            Row::Postgres(row) => row.try_get(column),
            Row::Sqlite(row) => row.try_get(column),
        }
        .map_err(|error| DatabaseError::BadRow { column: column.to_owned(), reason: error.to_string() })
    }

    /// A text column as the type it stands for.
    pub(crate) fn parse<T>(&self, column: &str) -> Result<T, DatabaseError>
    where
        T: FromStr,
        T::Err: Display,
    {
        parse(column, &self.get::<String>(column)?)
    }

    /// A text column that may be NULL.
    pub(crate) fn parse_optional<T>(&self, column: &str) -> Result<Option<T>, DatabaseError>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.get::<Option<String>>(column)?.map(|text| parse(column, &text)).transpose()
    }

    /// A column of milliseconds.
    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, DatabaseError> {
        self.get::<i64>(column).map(Timestamp::from_ms)
    }

    /// A column of milliseconds that may be NULL.
    pub(crate) fn optional_time(&self, column: &str) -> Result<Option<Timestamp>, DatabaseError> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_ms))
    }

    /// A column of JSON text.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, DatabaseError> {
        from_json(column, &self.get::<String>(column)?)
    }

    /// A column of JSON text that may be NULL.
    pub(crate) fn optional_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, DatabaseError> {
        self.get::<Option<String>>(column)?.map(|text| from_json(column, &text)).transpose()
    }
}

fn parse<T>(column: &str, text: &str) -> Result<T, DatabaseError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| DatabaseError::BadRow { column: column.to_owned(), reason: error.to_string() })
}

fn from_json<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(text)
        .map_err(|error| DatabaseError::BadRow { column: column.to_owned(), reason: error.to_string() })
}
