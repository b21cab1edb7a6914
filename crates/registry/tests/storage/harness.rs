//! A fresh store for each test, on either database.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use tidewheel_registry::{Registry, StoreSettings};

/// A registry of a test's own.
pub(crate) struct Store {
    pub(crate) registry: Registry,
    pub(crate) settings: StoreSettings,
    _folder: TempDir,
    /// The admin URL and the database to drop.
    postgres: Option<(String, String)>,
}

/// The value of a variable that names a real server, or `None` after a notice; a failure where `CI=true`.
pub(crate) fn server(variable: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(value) if !value.is_empty() => Some(value),
        _ => {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "{variable} is not set: run `scripts/services start DIR` and `source DIR/env` first"
            );
            eprintln!("passed over: {variable} is not set (scripts/services start DIR; source DIR/env)");
            None
        }
    }
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A name that no other test uses.
pub(crate) fn unique_name(kind: &str) -> String {
    format!("tw_{kind}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Makes an empty PostgreSQL database; gives its URL and its name.
pub(crate) async fn new_postgres_database(admin: &str) -> (String, String) {
    let name = unique_name("test");
    let mut connection = PgConnection::connect(admin).await.expect("PostgreSQL answers");
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a database can be made");
    let (server, _) = admin.rsplit_once('/').expect("the URL ends in a database");
    (format!("{server}/{name}"), name)
}

impl Store {
    pub(crate) async fn sqlite() -> Store {
        let folder = TempDir::new().expect("a temporary folder");
        // Folders of the path that are not there are made.
        let database = folder.path().join("state/deep/tidewheel.db").display().to_string();
        Store::open(folder, database, None).await
    }

    pub(crate) async fn postgres() -> Option<Store> {
        let admin = server("TIDEWHEEL_TEST_POSTGRES")?;
        let (url, name) = new_postgres_database(&admin).await;
        let folder = TempDir::new().expect("a temporary folder");
        Some(Store::open(folder, url, Some((admin, name))).await)
    }

    async fn open(folder: TempDir, database: String, postgres: Option<(String, String)>) -> Store {
        let settings = StoreSettings::new(database, folder.path().join("objects").display().to_string());
        let registry = Registry::open(&settings).await.expect("a new store opens");
        Store { registry, settings, _folder: folder, postgres }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// Runs statements that no method of the registry would, on a connection of their own.
    pub(crate) async fn raw(&self, sql: &'static str) -> Result<(), sqlx::Error> {
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.settings.database).await?;
            connection.execute(sqlx::raw_sql(sql)).await?;
        } else {
            let url = format!("sqlite://{}", self.settings.database);
            let mut connection = sqlx::SqliteConnection::connect(&url).await?;
            connection.execute(sqlx::raw_sql(sql)).await?;
        }
        Ok(())
    }

    /// The number that a statement gives.
    pub(crate) async fn raw_count(&self, sql: &'static str) -> i64 {
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.settings.database).await.expect("connects");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number")
        } else {
            let url = format!("sqlite://{}", self.settings.database);
            let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("opens");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number")
        }
    }

    pub(crate) async fn remove(self) {
        self.registry.close().await;
        if let Some((admin, name)) = self.postgres {
            let mut connection = PgConnection::connect(&admin).await.expect("PostgreSQL answers");
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            connection.execute(AssertSqlSafe(drop)).await.expect("the test's database can be dropped");
        }
    }
}
