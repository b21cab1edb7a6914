//! Opening: new, newer, unreachable, refused.

use std::time::Duration;

use tidewheel_registry::{DatabaseError, Registry, RegistryError, StoreSettings};

use crate::harness::{Store, server, unique_name};

pub(crate) async fn a_newer_database_is_refused(store: &Store) {
    let add = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (999, 'from the future', TRUE, '', 0)";
    store.raw(add).await.expect("inserts");
    let error = Registry::open(&store.settings).await.expect_err("it is newer");
    assert!(matches!(error, RegistryError::Database(DatabaseError::Newer { found: 999, .. })), "{error}");
    assert!(error.to_string().contains("is newer than this binary"), "{error}");
}

pub(crate) async fn a_changed_migration_is_refused(store: &Store) {
    let change = if store.is_postgres() {
        "UPDATE _sqlx_migrations SET checksum = '\\x00'"
    } else {
        "UPDATE _sqlx_migrations SET checksum = x'00'"
    };
    store.raw(change).await.expect("updates");
    let error = Registry::open(&store.settings).await.expect_err("it differs");
    assert!(matches!(error, RegistryError::Database(DatabaseError::Migration { .. })), "{error}");
}

pub(crate) async fn many_can_open_a_new_database_at_once(store: &Store) {
    store.registry.close().await;
    if store.is_postgres() {
        store.raw("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.expect("emptied");
    } else {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", store.settings.database));
        }
    }
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let settings = store.settings.clone();
            tokio::spawn(async move {
                let registry = Registry::open(&settings).await?;
                registry.ping().await?;
                registry.close().await;
                Ok::<_, RegistryError>(())
            })
        })
        .collect();
    for opener in openers {
        opener.await.expect("no panic").expect("opens");
    }
}

fn settings(database: &str, folder: &std::path::Path) -> StoreSettings {
    StoreSettings {
        retry_for: Duration::from_secs(1),
        ..StoreSettings::new(database, folder.join("objects").display().to_string())
    }
}

#[tokio::test]
async fn settings_that_name_no_database_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for database in ["", "sqlite:", "mysql://root@x/y", "postgres://user:p%ZZss@:notaport/db"] {
        let error = Registry::open(&settings(database, folder.path())).await.expect_err("no database");
        assert!(matches!(error, RegistryError::Database(DatabaseError::Setting(_))), "{database}: {error}");
        assert!(!error.to_string().contains("p%ZZss"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "these are notes, and long enough ones to be no database at all\n".repeat(20))
        .expect("writes");
    for path in [path.as_path(), folder.path(), &path.join("below/a/file.db")] {
        let error = Registry::open(&settings(&path.display().to_string(), folder.path())).await.expect_err("refused");
        assert!(matches!(error, RegistryError::Database(DatabaseError::File { .. })), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_named_without_the_password() {
    let folder = tempfile::tempdir().expect("a folder");
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    let url = format!("postgres://someone:s3cr3t@127.0.0.1:{port}/things");
    let error = Registry::open(&settings(&url, folder.path())).await.expect_err("nobody is there");
    let text = error.to_string();
    assert!(matches!(error, RegistryError::Database(DatabaseError::Unreachable { .. })), "{text}");
    assert!(text.contains("'things'") && text.contains(&format!("127.0.0.1:{port}")), "{text}");
    assert!(!text.contains("s3cr3t") && !format!("{error:?}").contains("s3cr3t"), "{error:?}");
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_database_are_told() {
    let Some(admin) = server("TIDEWHEEL_TEST_POSTGRES") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (head, _) = admin.rsplit_once('/').expect("ends in a database");
    let (_, host) = head.rsplit_once('@').expect("names a user");
    let missing = format!("{head}/{}", unique_name("missing"));
    for url in [format!("postgres://tidewheel:wrong-one@{host}/postgres"), missing] {
        let error = Registry::open(&settings(&url, folder.path())).await.expect_err("refused");
        assert!(matches!(error, RegistryError::Database(DatabaseError::Refused { .. })), "{error:?}");
        assert!(error.to_string().contains(host) && !error.to_string().contains("wrong-one"), "{error}");
    }
}
