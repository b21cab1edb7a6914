//! A demo that is killed again and again ends as one that was left alone.

mod support;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{demo, outcome, server, tidewheel};
use tidewheel_domain::random::SplitMix64;

const KILLS: usize = 30;
const QUICK: [(&str, &str); 2] = [("TIDEWHEEL_TRAIN_TRIALS", "2"), ("TIDEWHEEL_TRAIN_FOLDS", "2")];

fn start(dir: &Path, settings: &[(&str, &str)]) -> Child {
    let mut command = tidewheel();
    command.args(["demo", "--once", "--dir"]).arg(dir).envs(settings.iter().copied());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

/// Starts the demo and kills it at random instants, `KILLS` times, then lets it end.
fn killed(dir: &Path, settings: &[(&str, &str)], undisturbed: Duration, seed: u64) {
    let mut rng = SplitMix64::new(seed);
    for _ in 0..KILLS {
        let mut child = start(dir, settings);
        // About three turns of the demo a life, so that the kills are spread over all of it.
        let life = undisturbed.mul_f64(rng.unit() * 2.2 / KILLS as f64) + Duration::from_millis(rng.next_u64() % 120);
        let until = Instant::now() + life;
        while Instant::now() < until && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().expect("SIGKILL is sent");
        child.wait().expect("the child ends");
    }
    demo(dir, &[], settings);
}

#[test]
fn thirty_kills_change_nothing_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let (calm, killed_dir) = (folder.path().join("calm"), folder.path().join("killed"));
    let begun = Instant::now();
    demo(&calm, &[], &QUICK);
    killed(&killed_dir, &QUICK, begun.elapsed(), 11);
    assert_eq!(outcome(&killed_dir, &QUICK), outcome(&calm, &QUICK));
}

#[test]
fn thirty_kills_change_nothing_on_postgresql() {
    let Some(postgres) = server("TIDEWHEEL_TEST_POSTGRES") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (calm, killed_dir) = (folder.path().join("calm"), folder.path().join("killed"));
    let begun = Instant::now();
    demo(&calm, &[], &QUICK);
    let calm_for = begun.elapsed();

    let database = format!("killed_{}", std::process::id());
    let created = std::process::Command::new("psql")
        .args([postgres.as_str(), "-qc", &format!("CREATE DATABASE {database}")])
        .status();
    assert!(created.expect("psql starts").success());
    let (server, _) = postgres.rsplit_once('/').expect("a URL with a database");
    let url = format!("{server}/{database}");
    let settings = [QUICK[0], QUICK[1], ("TIDEWHEEL_STORE_DATABASE", url.as_str())];
    killed(&killed_dir, &settings, calm_for, 12);
    assert_eq!(outcome(&killed_dir, &settings), outcome(&calm, &QUICK));
}
