//! Disks, databases and object stores that fail: what the user sees, and that the same command works once they are
//! well again.

mod common;
mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{Ran, command, files, finish, outcome, project, run, sales, timeless};
use serde_json::Value;
use support::server;

/// A small file system that is taken away at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(place: PathBuf, size: &str) -> Self {
        std::fs::create_dir_all(&place).expect("made");
        let size = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&place).output();
        let mounted = mounted.expect("mount starts");
        assert!(
            mounted.status.success(),
            "a tmpfs cannot be mounted on '{}'; this test needs the right to mount (root): {}",
            place.display(),
            String::from_utf8_lossy(&mounted.stderr)
        );
        SmallDisk(place)
    }

    /// Fills it but for so many bytes.
    fn fill(&self, free: usize) -> PathBuf {
        let ballast = self.0.join("ballast");
        let mut file = std::fs::File::create(&ballast).expect("made");
        let mut written = 0;
        while let Ok(bytes) = std::io::Write::write(&mut file, &[0; 4096]) {
            written += bytes;
        }
        file.set_len(written.saturating_sub(free) as u64).expect("cut");
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Root can mount; in CI the tests run as root.
fn may_mount() -> bool {
    let id = Command::new("id").arg("-u").output().map(|Output { stdout, .. }| stdout).unwrap_or_default();
    let root = id.trim_ascii() == b"0";
    assert!(root || std::env::var_os("CI").is_none(), "in CI this test must run as root, to mount a small disk");
    if !root {
        eprintln!("not run: only root can mount a small disk");
    }
    root
}

#[test]
fn a_full_disk_is_told_and_the_same_command_works_once_there_is_room() {
    if !may_mount() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    let disk = SmallDisk::mount(here.join(".tidewheel"), "6m");
    sales(here, "data/1.csv", 1, 400, 0.0);
    run(here, &["run"]).ok();
    sales(here, "data/2.csv", 2, 20_000, 5.0);

    // No room for anything; then room for the database, not for the batch.
    for (free, words) in [(0, ["SQLite database '", "tidewheel.db"]), (200 << 10, ["object folder '", "'data-raw/"])] {
        let ballast = disk.fill(free);
        let before = files(&here.join(".tidewheel/objects"));
        let failed = run(here, &["run"]).fails_with(1, &["disk", "full", &here.display().to_string()]);
        assert!(words.iter().all(|word| failed.stderr.contains(word)), "{failed:?}");
        let after = files(&here.join(".tidewheel/objects"));
        let new = after.keys().filter(|path| !before.contains_key(*path)).collect::<Vec<_>>();
        assert!(new.iter().all(|path| path.extension().is_some_and(|end| end == "sha256")), "half-written: {new:?}");
        std::fs::remove_file(ballast).expect("removed");
        assert_eq!(outcome(here)[0].as_array().map(Vec::len), Some(1), "no batch is half recorded");
    }
    run(here, &["run"]).ok();

    let calm = tempfile::tempdir().expect("a folder");
    project(calm.path());
    sales(calm.path(), "data/1.csv", 1, 400, 0.0);
    sales(calm.path(), "data/2.csv", 2, 20_000, 5.0);
    run(calm.path(), &["run", "--all"]).ok();
    assert_eq!(outcome(here), outcome(calm.path()));
}

/// Runs `scripts/services` of this repository.
fn services(args: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/services");
    let status = Command::new(script).args(args).stdin(Stdio::null()).status();
    assert!(status.expect("the script can be run").success(), "{args:?}");
}

/// A PostgreSQL of its own: the other tests would not like what happens to it.
struct Postgres {
    folder: tempfile::TempDir,
    url: String,
}

impl Postgres {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        services(&["start", &folder.path().display().to_string(), "postgres"]);
        let env = std::fs::read_to_string(folder.path().join("env")).expect("says how to reach it");
        let url = env.split('\'').find(|part| part.starts_with("postgres://")).expect("a URL").to_owned();
        Postgres { folder, url }
    }

    fn tell(&self, what: &str) {
        services(&[what, &self.folder.path().display().to_string()]);
    }

    /// The words of the URL that nobody may see.
    fn secret(&self) -> &str {
        let (_, rest) = self.url.rsplit_once("tidewheel:").expect("a password");
        rest.split('@').next().expect("a password")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/services");
        let _ = Command::new(script).arg("stop").arg(self.folder.path()).status();
    }
}

#[test]
fn postgresql_that_goes_away_in_mid_run_is_told_and_the_next_run_ends_the_same() {
    if server("TIDEWHEEL_TEST_POSTGRES").is_none() {
        return;
    }
    let postgres = Postgres::start();
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    many_batches(here);
    let on_postgres = |args: &[&str]| {
        let mut command = command(here, args);
        command.env("TIDEWHEEL_STORE_DATABASE", &postgres.url).env("TIDEWHEEL_STORE_RETRY_SECONDS", "1");
        command
    };
    let mut working = on_postgres(&["run", "--all"]);
    let mut working = working.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    // The heading and the first turn.
    let mut lines = BufReader::new(working.stdout.take().expect("a pipe")).lines();
    assert!(lines.next().is_some() && lines.next().is_some());
    postgres.tell("crash");
    let turned = lines.map_while(Result::ok).count();
    let mut stderr = String::new();
    working.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("read");
    let code = working.wait().expect("ended").code();
    assert_eq!(code, Some(1), "{stderr}");
    assert!(turned < 5, "it was in the middle: {stderr}");
    let place = postgres.url.split('@').next_back().and_then(|place| place.split('/').next()).expect("a host");
    assert!(stderr.contains(&format!("PostgreSQL database 'postgres' at {place}")), "{stderr}");
    assert!(stderr.contains("error: the connection to"), "{stderr}");
    // Started while it is away, the program says so at once.
    let away = finish(&mut on_postgres(&["run"])).fails_with(1, &["cannot be reached", place]);
    for text in [&stderr, &away.stderr] {
        assert!(!text.contains(postgres.secret()), "the password is shown: {text}");
    }

    postgres.tell("restart");
    finish(&mut on_postgres(&["run", "--all"])).ok();
    let lists = ["batches", "runs", "models"].map(|list| {
        let listed = finish(&mut on_postgres(&[list, "list", "--format", "json"])).ok().json();
        timeless(listed)
    });
    let calm = tempfile::tempdir().expect("a folder");
    many_batches(calm.path());
    run(calm.path(), &["run", "--all"]).ok();
    assert_eq!(lists, outcome(calm.path()));
}

fn many_batches(here: &Path) {
    project(here);
    for batch in 1..=6 {
        sales(here, &format!("data/{batch}.csv"), batch, 4_000, 4.0 * batch as f64);
    }
}

#[test]
fn a_database_newer_than_the_binary_is_refused_by_every_command() {
    let Some(python) = server("TIDEWHEEL_PYTHON") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    sales(here, "data/1.csv", 1, 300, 0.0);
    run(here, &["run"]).ok();
    let before = outcome(here);
    let sql = |text: &str| {
        let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()";
        let database = here.join(".tidewheel/tidewheel.db");
        let done = Command::new(&python).args(["-c", program]).arg(database).arg(text).status();
        assert!(done.expect("Python starts").success());
    };
    sql("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999, 'later', TRUE, '', 0)");
    for args in [&["run"][..], &["models", "list"], &["serve", "--listen", "127.0.0.1:0"], &["why", "1"]] {
        let words = ["tidewheel.db", "newer than this binary", "migration 999", "use the newer version"];
        run(here, args).fails_with(1, &words);
    }
    sql("DELETE FROM _sqlx_migrations WHERE version = 999");
    assert_eq!(outcome(here), before);
}

#[test]
fn an_s3_store_without_keys_or_with_a_wrong_secret_is_told_without_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    sales(here, "data/1.csv", 1, 300, 0.0);
    let endpoint = server("TIDEWHEEL_TEST_S3");
    let bucket = format!("s3://faults-{}/p", std::process::id());
    let with = |keys: &[(&str, &str)]| -> Ran {
        let mut command = command(here, &["run"]);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env("TIDEWHEEL_STORE_OBJECTS", &bucket).envs(keys.iter().copied());
        // Without keys nobody is asked: any address will do.
        command.env("AWS_ENDPOINT_URL", endpoint.as_deref().unwrap_or("http://127.0.0.1:9"));
        finish(&mut command)
    };
    let none = ["S3 store at http://127.0.0.1", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"];
    with(&[]).fails_with(1, &none);
    let half = with(&[("AWS_ACCESS_KEY_ID", "twkey")]).fails_with(1, &["set AWS_SECRET_ACCESS_KEY in the environment"]);
    assert!(!half.stderr.contains("AWS_ACCESS_KEY_ID"), "{half:?}");
    if endpoint.is_none() {
        return;
    }
    let wrong = with(&[("AWS_ACCESS_KEY_ID", "twkey"), ("AWS_SECRET_ACCESS_KEY", "not-this-one")]);
    let wrong = wrong.fails_with(1, &["denies access", "SignatureDoesNotMatch", "check AWS_SECRET_ACCESS_KEY"]);
    assert!(!wrong.stderr.contains("not-this-one"), "{wrong:?}");
    let unknown = with(&[("AWS_ACCESS_KEY_ID", "nobody"), ("AWS_SECRET_ACCESS_KEY", "not-this-one")]);
    unknown.fails_with(1, &["denies access", "check AWS_ACCESS_KEY_ID"]);
    assert_eq!(outcome_of(here, "runs"), serde_json::json!([]), "no turn began");
    with(&[("AWS_ACCESS_KEY_ID", "twkey"), ("AWS_SECRET_ACCESS_KEY", "twsecret")]).ok();
    assert_eq!(outcome_of(here, "runs")[0]["promoted"], true);
}

fn outcome_of(here: &Path, list: &str) -> Value {
    run(here, &[list, "list", "--format", "json"]).ok().json()
}
