//! Brings the tables up to date. The statements are part of the binary.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{PgPool, SqlSafeStr, SqlitePool};

use crate::error::DatabaseError;

/// The migrations of each database, oldest first: number, name, statements. Once released, never changed.
const SQLITE: &[(i64, &str, &str)] = &[(1, "first", include_str!("../../migrations/sqlite/0001_first.sql"))];
const POSTGRES: &[(i64, &str, &str)] = &[(1, "first", include_str!("../../migrations/postgres/0001_first.sql"))];

fn migrator(list: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = list
        .iter()
        .map(|&(version, name, sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations)
}

/// Under an advisory lock, so that several processes can start at once.
pub(crate) async fn postgres(pool: &PgPool, place: &str) -> Result<(), DatabaseError> {
    migrator(POSTGRES).run(pool).await.map_err(|error| sorted(error, place, POSTGRES))
}

/// Inside one immediate transaction: it is the lock, and all migrations are kept or none.
pub(crate) async fn sqlite(writer: &SqlitePool, place: &str) -> Result<(), DatabaseError> {
    let driver = |error| DatabaseError::from_driver(place, error);
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(driver)?;
    let mut migrator = migrator(SQLITE);
    migrator.set_locking(false);
    migrator.run_direct(None, &mut *transaction, false).await.map_err(|error| sorted(error, place, SQLITE))?;
    transaction.commit().await.map_err(driver)
}

fn sorted(error: MigrateError, place: &str, known: &[(i64, &str, &str)]) -> DatabaseError {
    let place = place.to_owned();
    let last = known.last().map_or(0, |&(version, _, _)| version);
    match error {
        MigrateError::VersionMissing(found) => DatabaseError::Newer { place, found, known: last },
        MigrateError::VersionMismatch(version) => DatabaseError::Migration {
            place,
            reason: format!("migration {version} was applied by a build that had other statements for it"),
        },
        MigrateError::Execute(error) => DatabaseError::from_driver(&place, error),
        MigrateError::ExecuteMigration(error, version) => match DatabaseError::from_driver(&place, error) {
            DatabaseError::Query { place, reason } => {
                DatabaseError::Migration { place, reason: format!("migration {version}: {reason}") }
            }
            other => other,
        },
        other => DatabaseError::Migration { place, reason: other.to_string() },
    }
}
