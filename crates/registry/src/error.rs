//! The errors of the registry, by what the caller can do about them.
//!
//! "Not found" on a look-up is an `Option`; it is an error only where a write names something that is not there.
//! No message holds a password or a key.

use thiserror::Error;

use crate::objects::ObjectError;

/// What went wrong with a method of the registry.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The object store.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// A write names something that is not there.
    #[error("there is no {what} '{id}'")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// Its name as given.
        id: String,
    },
    /// The write contradicts what is recorded.
    #[error("{0}")]
    Conflict(String),
    /// A value that cannot be recorded.
    #[error("{field} '{value}' {rule}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// The value given.
        value: String,
        /// What a valid one looks like.
        rule: String,
    },
}

impl RegistryError {
    /// Whether the same call may succeed later: the database is restarting, busy, or was cut off.
    pub fn is_transient(&self) -> bool {
        matches!(self, RegistryError::Database(error) if error.is_transient())
    }

    pub(crate) fn not_found(what: &'static str, id: impl ToString) -> Self {
        RegistryError::NotFound { what, id: id.to_string() }
    }
}

/// What went wrong with the database.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The setting names no database.
    #[error("setting 'database' is not valid: {0}")]
    Setting(String),
    /// The folder or file of the SQLite database cannot be made or opened.
    #[error("the database file '{path}' cannot be opened: {reason}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// No connection.
    #[error("the {place} cannot be reached: {reason}")]
    Unreachable {
        /// Kind, name and host of the database.
        place: String,
        /// Why not.
        reason: String,
    },
    /// The server answers, but refuses this user or this database.
    #[error(
        "the {place} refuses the connection: {reason} (check user, password and database name in setting 'database')"
    )]
    Refused {
        /// Kind, name and host of the database.
        place: String,
        /// The server's reason.
        reason: String,
    },
    /// A newer version of this program has changed the tables.
    #[error(
        "the {place} is newer than this binary: it has migration {found}, this binary knows none after {known}; use the newer version of tidewheel"
    )]
    Newer {
        /// Kind, name and host of the database.
        place: String,
        /// The migration found.
        found: i64,
        /// The last one that this binary knows.
        known: i64,
    },
    /// The tables could not be made or changed.
    #[error("the tables of the {place} cannot be brought up to date: {reason}")]
    Migration {
        /// Kind, name and host of the database.
        place: String,
        /// Why not.
        reason: String,
    },
    /// No space left.
    #[error("the disk of the {place} is full; nothing of this write was kept: {reason}")]
    DiskFull {
        /// Kind, name and host of the database.
        place: String,
        /// The database's words.
        reason: String,
    },
    /// Another process keeps the database locked.
    #[error("the {place} is busy: another process keeps it locked")]
    Busy {
        /// Kind, name and host of the database.
        place: String,
    },
    /// The connection was cut, or the server is starting or stopping.
    #[error("the connection to the {place} was lost: {reason}")]
    Lost {
        /// Kind, name and host of the database.
        place: String,
        /// Why.
        reason: String,
    },
    /// A row holds what no version of this program wrote.
    #[error("column '{column}' of a row in the database cannot be read: {reason}")]
    BadRow {
        /// The column.
        column: String,
        /// Why not.
        reason: String,
    },
    /// Anything else.
    #[error("the {place} reports: {reason}")]
    Query {
        /// Kind, name and host of the database.
        place: String,
        /// The database's words.
        reason: String,
    },
}

/// SQLSTATE codes that a repeated call can cure: connection failures (class 08), serialization failures, deadlocks,
/// a server that shuts down, crashed or is starting up.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn is_passing(code: &str) -> bool {
    code.starts_with("08") || matches!(code, "40001" | "40P01" | "57P01" | "57P02" | "57P03" | "55P03")
}

impl DatabaseError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, DatabaseError::Lost { .. } | DatabaseError::Busy { .. })
    }

    /// Sorts an error of the driver.
    pub(crate) fn from_driver(place: &str, error: sqlx::Error) -> Self {
        let place = place.to_owned();
        let reason = reason_of(&error);
        match &error {
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // 13 is SQLITE_FULL, 4874 SQLITE_IOERR_SHMSIZE (no room for the file beside the log of writes); 53100 is
                // PostgreSQL's disk_full.
                Some("13" | "4874" | "53100") => DatabaseError::DiskFull { place, reason },
                // SQLITE_BUSY, SQLITE_LOCKED and their extended codes (the low byte is the primary code).
                Some("5" | "6" | "261" | "262" | "517" | "773") => DatabaseError::Busy { place },
                // 53300: too many connections.
                Some(code) if is_passing(code) || code == "53300" => DatabaseError::Lost { place, reason },
                _ => DatabaseError::Query { place, reason },
            },
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                DatabaseError::Lost { place, reason }
            }
            sqlx::Error::ColumnDecode { index, .. } => DatabaseError::BadRow { column: index.clone(), reason },
            _ => DatabaseError::Query { place, reason },
        }
    }
}

/// The innermost useful words of a driver's error.
fn reason_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => match database.code() {
            Some(code) => format!("{} (code {code})", database.message()),
            None => database.message().to_owned(),
        },
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no answer in time".to_owned(),
        other => other.to_string(),
    }
}
