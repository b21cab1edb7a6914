//! The loop over the bundled data set, by the real binary.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{demo, json, outcome, run, server};

/// R2 that a stack of the usual tools reaches on the same batches, tuned likewise, leaks included.
const REFERENCE: [f64; 10] = [0.485, 0.620, 0.593, 0.454, 0.465, 0.469, 0.419, 0.434, 0.575, 0.412];
/// Distinct rows of each batch that no earlier batch had.
const NEW_ROWS: [i64; 10] = [5352, 4359, 2812, 5642, 730, 540, 2016, 1909, 2642, 1844];
/// A quick tuning, where a test is not about the quality of models.
const QUICK: [(&str, &str); 2] = [("TIDEWHEEL_TRAIN_TRIALS", "2"), ("TIDEWHEEL_TRAIN_FOLDS", "2")];

fn rows(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

#[test]
fn ten_batches_give_ten_decisions_and_models_above_the_reference() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("demo");
    let printed = demo(&dir, &[], &[]);
    assert_eq!(printed.lines().count(), 11, "a heading and ten rows:\n{printed}");

    let batches = json(&dir, &["batches", "list"], &[]);
    let new_rows = rows(&batches).iter().map(|batch| batch["new_rows"].as_i64().expect("a count")).collect::<Vec<_>>();
    assert_eq!(new_rows, NEW_ROWS);
    for batch in rows(&batches) {
        assert_eq!(batch["rows"], 30_600);
        let (new, again) = (batch["new_rows"].as_i64(), batch["duplicate_rows"].as_i64());
        assert_eq!(new.zip(again).map(|(new, again)| new + again), Some(30_600));
    }

    let turns = json(&dir, &["runs", "list"], &[]);
    assert_eq!(rows(&turns).len(), 10);
    assert_eq!(turns[0]["action"], "baseline");
    let mut r2 = Vec::new();
    for (turn, reference) in rows(&turns).iter().zip(REFERENCE) {
        assert_eq!(turn["state"], "succeeded");
        let value = turn["metrics_newest_batch"]["r2"]["value"].as_f64().expect("a figure");
        assert!(value > reference, "batch {}: R2 {value} is not above {reference}", turn["batch"]);
        r2.push(value);
    }
    let mean = r2.iter().sum::<f64>() / 10.0;
    assert!(mean >= 0.68, "mean R2 {mean} of {r2:?}");

    why_every_version_was_trained(&dir);
    a_second_start_changes_nothing(&dir);
}

fn why_every_version_was_trained(dir: &Path) {
    let models = json(dir, &["models", "list"], &[]);
    for model in rows(&models) {
        let version = model["version"].to_string();
        let version = version.trim_matches('"');
        let text = run(dir, &["why", version], &[]);
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        if version == "1" {
            assert!(text.contains("first"), "{text}");
        } else {
            assert!(text.contains("would not have"), "version {version}: {text}");
        }
        let record = json(dir, &["why", version], &[]);
        assert!(record["action"].is_string() && record["reason"].is_string() && record["columns"].is_array());
        let spanish = run(dir, &["why", version, "--lang", "es"], &[]);
        assert_ne!(String::from_utf8_lossy(&spanish.stdout), text);
    }
}

fn a_second_start_changes_nothing(dir: &Path) {
    let before = outcome(dir, &[]);
    demo(dir, &[], &[]);
    assert_eq!(outcome(dir, &[]), before);
    let other = support::tidewheel().args(["demo", "--once", "--batches", "5", "--dir"]).arg(dir).output();
    let other = other.expect("the binary starts");
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&other.stderr).contains("--batches 10"), "names the difference");
}

#[test]
fn shuffled_data_trains_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("shuffled");
    demo(&dir, &["--shuffle", "1"], &QUICK);
    let turns = json(&dir, &["runs", "list"], &QUICK);
    let actions = rows(&turns).iter().map(|turn| turn["action"].as_str().expect("an action")).collect::<Vec<_>>();
    assert_eq!(actions[0], "baseline");
    assert!(actions[1..].iter().all(|action| *action == "skip"), "{actions:?}");
    for turn in &rows(&turns)[1..] {
        assert!(turn["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
}

#[test]
fn postgresql_and_s3_give_the_same_models() {
    let (Some(postgres), Some(s3)) = (server("TIDEWHEEL_TEST_POSTGRES"), server("TIDEWHEEL_TEST_S3")) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let local = folder.path().join("local");
    demo(&local, &["--turns", "4"], &QUICK);

    let database = format!("demo_{}", std::process::id());
    let created = std::process::Command::new("psql")
        .args([postgres.as_str(), "-qc", &format!("CREATE DATABASE {database}")])
        .status();
    assert!(created.expect("psql starts").success());
    let (server, _) = postgres.rsplit_once('/').expect("a URL with a database");
    let url = format!("{server}/{database}");
    let objects = format!("s3://{}/demo", database.replace('_', "-"));
    let remote_settings = [
        QUICK[0],
        QUICK[1],
        ("TIDEWHEEL_STORE_DATABASE", url.as_str()),
        ("TIDEWHEEL_STORE_OBJECTS", objects.as_str()),
        ("AWS_ENDPOINT_URL", s3.as_str()),
    ];
    let remote = folder.path().join("remote");
    demo(&remote, &["--turns", "4"], &remote_settings);
    assert_eq!(outcome(&remote, &remote_settings), outcome(&local, &QUICK));
}
