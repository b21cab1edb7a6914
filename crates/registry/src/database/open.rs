//! Opens a database from its setting and brings its tables up to date.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{Instant, sleep, timeout};

use super::{Database, Pools, migrate};
use crate::error::DatabaseError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

impl Database {
    /// Opens the database that the setting names; see [`StoreSettings::database`](crate::StoreSettings::database).
    pub(crate) async fn open(setting: &str, retry_for: Duration) -> Result<Self, DatabaseError> {
        if setting.starts_with("postgres://") || setting.starts_with("postgresql://") {
            return open_postgres(setting, retry_for).await;
        }
        let path = setting.strip_prefix("sqlite:").map_or(setting, |rest| rest.strip_prefix("//").unwrap_or(rest));
        if path.is_empty() {
            return Err(DatabaseError::Setting("it is empty; give a file path or a postgres:// URL".to_owned()));
        }
        if path.contains("://") {
            let scheme = path.split("://").next().unwrap_or_default();
            return Err(DatabaseError::Setting(format!(
                "'{scheme}://' is no known kind of database; give a file path or a postgres:// URL"
            )));
        }
        open_sqlite(Path::new(path), retry_for).await
    }
}

async fn open_postgres(url: &str, retry_for: Duration) -> Result<Database, DatabaseError> {
    // The driver's own message could repeat parts of the URL, and with them the password.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        DatabaseError::Setting(
            "the PostgreSQL URL cannot be read; it has the form postgres://user:password@host:port/database, with \
             special characters of the password written as %XX"
                .to_owned(),
        )
    })?;
    let options = options.application_name("tidewheel").disable_statement_logging();
    let name = options.get_database().unwrap_or(options.get_username()).to_owned();
    let host = match options.get_socket() {
        Some(path) => path.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let place: Arc<str> = format!("PostgreSQL database '{name}' at {host}").into();

    // The pool would hide the reason of a refused connection behind its own time-out: try one connection first.
    match timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
        }
        Ok(Err(error)) => return Err(connect_error(&place, error)),
        Err(_) => {
            let reason = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
            return Err(DatabaseError::Unreachable { place: place.to_string(), reason });
        }
    }
    // The pool itself tries again that long before a call fails.
    let patience = retry_for.clamp(Duration::from_secs(1), Duration::from_secs(5));
    let pool = PgPoolOptions::new().max_connections(8).acquire_timeout(patience).connect_lazy_with(options);
    migrate::postgres(&pool, &place).await?;
    Ok(Database { pools: Pools::Postgres(pool), place, retry_for, away: Arc::default() })
}

fn connect_error(place: &str, error: sqlx::Error) -> DatabaseError {
    let place = place.to_owned();
    match &error {
        // 28: invalid authorization; 3D000: no such database; 42501: no right to connect.
        sqlx::Error::Database(database)
            if database.code().is_some_and(|code| code.starts_with("28") || code == "3D000" || code == "42501") =>
        {
            DatabaseError::Refused { place, reason: database.message().to_owned() }
        }
        sqlx::Error::Database(database) => DatabaseError::Unreachable { place, reason: database.message().to_owned() },
        sqlx::Error::Io(error) => DatabaseError::Unreachable { place, reason: error.to_string() },
        other => DatabaseError::Unreachable { place, reason: other.to_string() },
    }
}

async fn open_sqlite(path: &Path, retry_for: Duration) -> Result<Database, DatabaseError> {
    let place: Arc<str> = format!("SQLite database '{}'", path.display()).into();
    let cannot_open = |reason: String| DatabaseError::File { path: path.display().to_string(), reason };
    if path.is_dir() {
        return Err(cannot_open("it is a folder".to_owned()));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| cannot_open(format!("its folder cannot be made: {error}")))?;
    }
    let path: PathBuf = std::path::absolute(path).map_err(|error| cannot_open(error.to_string()))?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        // First of all, so that the other settings wait for a lock too.
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode a crash of the process loses nothing; a power cut may lose the last transactions, never
        // half of one.
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .disable_statement_logging();

    // SQLite may refuse at once, without waiting, where two processes make the same file at the same time.
    let deadline = Instant::now() + BUSY_TIMEOUT;
    let writer = loop {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None);
        let opened = async {
            let pool = pool.connect_with(options.clone()).await.map_err(|error| open_error(&place, &path, error))?;
            migrate::sqlite(&pool, &place).await?;
            Ok::<_, DatabaseError>(pool)
        };
        match opened.await {
            Ok(pool) => break pool,
            Err(DatabaseError::Busy { .. }) if Instant::now() < deadline => sleep(Duration::from_millis(20)).await,
            Err(error) => return Err(error),
        }
    };
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(BUSY_TIMEOUT)
        .max_lifetime(None)
        .connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Database { pools: Pools::Sqlite { writer, readers }, place, retry_for, away: Arc::default() })
}

/// Sorts what opening the file may report: SQLITE_CANTOPEN 14, SQLITE_READONLY 8, SQLITE_NOTADB 26, SQLITE_PERM 3.
fn open_error(place: &str, path: &Path, error: sqlx::Error) -> DatabaseError {
    match DatabaseError::from_driver(place, error) {
        DatabaseError::Query { reason, .. } => DatabaseError::File { path: path.display().to_string(), reason },
        other => other,
    }
}
