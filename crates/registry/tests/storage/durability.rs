//! What is left when a process is killed, the server restarts, or the disk is full.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tidewheel_registry::{DatabaseError, Registry, RegistryError, StoreSettings};

use crate::fixtures::{PROJECT, at, training, turn};
use crate::harness::Store;

const CHILD: &str = "TIDEWHEEL_TEST_CHILD_DATABASE";

/// Started as a process of its own by the test below: writes trainings one after the other until it is killed.
#[tokio::test]
async fn child_that_writes_until_it_is_killed() {
    let Ok(database) = std::env::var(CHILD) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let settings = StoreSettings::new(database, folder.path().display().to_string());
    let registry = Registry::open(&settings).await.expect("opens");
    let turn = turn(&registry, 0).await;
    // The test waits for this line.
    #[expect(clippy::print_stdout)]
    {
        println!("writing");
    }
    loop {
        registry.store_training(&turn, &training(40)).await.expect("writes");
    }
}

pub(crate) async fn a_killed_process_leaves_nothing_half_written(store: &Store) {
    let program = std::env::current_exe().expect("this test's program");
    for round in 0..6 {
        let mut child = Command::new(&program)
            .args(["--exact", "durability::child_that_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env(CHILD, &store.settings.database)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        // Long enough to be in the middle of a write, at a different point each time.
        let count = "SELECT COUNT(*) FROM runs";
        let started = Instant::now();
        while store.raw_count(count).await < 42 {
            assert!(started.elapsed() < Duration::from_secs(30), "the child writes nothing");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(3 + 17 * round)).await;
        child.kill().expect("SIGKILL");
        child.wait().expect("ends");

        // Each training is 1 + 40 runs with a parameter each, below one turn: all of it, or nothing new.
        assert_eq!(store.raw_count(count).await, 42, "round {round}");
        assert_eq!(store.raw_count("SELECT COUNT(*) FROM params").await, 41, "round {round}");
        assert_eq!(store.raw_count("SELECT COUNT(*) FROM latest_metrics").await, 41, "round {round}");
        let again = store.registry.begin_turn(PROJECT, None, None, at(9)).await.expect("goes on");
        assert_eq!(again.number, 1);
    }
}

/// Runs `scripts/services` of this repository.
fn services(args: &[&str]) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/services");
    let status = Command::new(script).args(args).stdin(Stdio::null()).status();
    status.expect("the script can be run").success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_that_restarts_in_mid_run_is_waited_for() {
    if crate::harness::server("TIDEWHEEL_TEST_POSTGRES").is_none() {
        return;
    }
    // A server of its own: the others would not like it.
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display().to_string();
    assert!(services(&["start", &place, "postgres"]), "a second PostgreSQL starts");
    let env = std::fs::read_to_string(folder.path().join("env")).expect("says how to reach it");
    let url = env.split('\'').find(|part| part.starts_with("postgres://")).expect("a URL").to_owned();
    let registry = Registry::open(&StoreSettings::new(url, folder.path().join("objects").display().to_string()))
        .await
        .expect("opens");
    let turn = turn(&registry, 0).await;
    let writer = {
        let (registry, turn) = (registry.clone(), turn.clone());
        tokio::spawn(async move {
            let mut written = 0;
            let end = Instant::now() + Duration::from_secs(6);
            while Instant::now() < end {
                registry.store_training(&turn, &training(3)).await?;
                written += 1;
            }
            Ok::<i32, RegistryError>(written)
        })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    for _ in 0..2 {
        let place = place.clone();
        let restarted = tokio::task::spawn_blocking(move || services(&["restart", &place])).await;
        assert!(restarted.expect("no panic"), "PostgreSQL restarts");
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    let written = writer.await.expect("no panic");
    let children = registry.child_runs(&turn.training_run_id()).await;
    registry.close().await;
    assert!(services(&["stop", &place]));
    assert!(written.expect("every write succeeds in the end") > 2);
    assert_eq!(children.expect("reads").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = folder.path().join("small");
    std::fs::create_dir(&small).expect("makes");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
        .arg(&small)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("passed over: a small tmpfs cannot be mounted here");
        return;
    }
    let database = small.join("tidewheel.db").display().to_string();
    let result = fill(&database, &small).await;
    let unmounted = Command::new("umount").arg(&small).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    let (written, error) = result;
    assert!(matches!(error, RegistryError::Database(DatabaseError::DiskFull { .. })), "{error:?}");
    assert!(error.to_string().contains("disk"), "{error}");
    assert!(written > 0);
}

/// Writes until the disk is full; what was written before must be there, whole.
async fn fill(database: &str, folder: &Path) -> (usize, RegistryError) {
    let settings = StoreSettings::new(database, folder.join("objects").display().to_string());
    let registry = Registry::open(&settings).await.expect("opens");
    let turn = turn(&registry, 0).await;
    let lines = |call: i64| -> Vec<_> {
        (0..500)
            .map(|line| tidewheel_domain::turn::NewLogLine {
                seq: call * 500 + line,
                at: at(line),
                level: "INFO".to_owned(),
                line: "x".repeat(100),
            })
            .collect()
    };
    let task = tidewheel_domain::turn::TaskName::TrainModel;
    let mut written = 0;
    loop {
        match registry.append_logs(&turn.run_id, task, 1, &lines(written as i64)).await {
            Ok(()) => written += 1,
            Err(error) => {
                let kept = registry.logs(&turn.run_id, None, 0, 1_000_000).await.expect("still reads");
                assert_eq!(kept.len(), written * 500);
                registry.close().await;
                return (written, error);
            }
        }
        assert!(written < 1000, "2 MiB cannot hold this");
    }
}
