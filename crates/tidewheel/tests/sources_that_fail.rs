//! Batches that cannot be had or read: what the user sees, that nothing half-written is left, and that the same command
//! works once the fault is gone.

#[path = "common/api.rs"]
mod api;
mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use api::{Api, Fault};
use common::{command, outcome, project, run, sales, stored};
use serde_json::json;

/// The project of [`project`], reading from a data API that is asked twice at most.
fn project_over(folder: &Path, url: &str) {
    project(folder);
    let file = folder.join("tidewheel.toml");
    let text = fs::read_to_string(&file).expect("written");
    let source = format!("kind = \"http\"\nurl = \"{url}\"\nretries = 1\ntimeout_seconds = 0.5\nmax_body_mib = 1\n");
    fs::write(&file, text.replace("kind = \"files\"\npath = \"data\"\n", &source)).expect("written");
}

#[test]
fn the_same_batch_twice_is_skipped_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    let first = sales(here, "data/1.csv", 1, 300, 0.0);
    run(here, &["run"]).ok();
    let (files, before) = (stored(here), outcome(here));
    fs::copy(first, here.join("data/2.csv")).expect("copied");
    let turned = run(here, &["run"]).ok();
    assert!(turned.stdout.contains("batch 1 again"), "{turned:?}");
    dealt_again(here, &before);
    assert!(stored(here) == files, "no file was added or changed");
}

#[test]
fn the_same_rows_from_a_data_api_twice_are_skipped_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let rows = sales(here, "rows.csv", 1, 300, 0.0);
    let api = Api::start(&[&rows, &rows]);
    project_over(here, &api.url);
    run(here, &["run"]).ok();
    let before = outcome(here);
    run(here, &["run"]).ok();
    dealt_again(here, &before);
    assert!(run(here, &["run"]).ok().stdout.contains("no more data"));
    dealt_again(here, &before);
}

/// A second turn that skips, and nothing else new.
fn dealt_again(here: &Path, before: &[serde_json::Value; 3]) {
    let [batches, turns, models] = outcome(here);
    assert_eq!((&batches, &models), (&before[0], &before[2]));
    let turns = turns.as_array().expect("a list");
    assert_eq!((turns.len(), &turns[0]), (2, &before[1][0]));
    let second = &turns[1];
    assert_eq!((&second["state"], &second["action"]), (&json!("succeeded"), &json!("skip")));
    assert_eq!((&second["reason"], &second["batch"]), (&json!("batch 1 again"), &json!(1)));
    assert_eq!(second["metrics_newest_batch"], turns[0]["metrics_newest_batch"], "the champion, on the same rows");
    assert!(run(here, &["why", second["id"].as_str().expect("an id")]).ok().stdout.contains("batch 1"));
}

#[test]
fn files_that_cannot_be_read_are_named_and_read_again_once_they_are_mended() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    run(here, &["run"]).fails_with(1, &["data", "no CSV or Parquet file", "source.path"]);
    sales(here, "data/1.csv", 1, 300, 0.0);
    run(here, &["run"]).ok();
    let (files, before) = (stored(here), outcome(here));

    let header = "size,region,day,units\n";
    let wrong = (0..40).map(|row| format!("big,north,2024-03-01,{row}\n")).collect::<Vec<_>>().concat();
    let parquet = parquet_of(here);
    let cases = [
        ("2.csv", Vec::new(), vec!["data/2.csv' is empty", "take the file away"]),
        ("2.csv", header.into(), vec!["data/2.csv' holds no rows"]),
        (
            "2.csv",
            format!("{header}1,north,2024-03-01,3\n2,east\n").into(),
            vec!["data/2.csv', line 3: 2 values where the header has 4 columns"],
        ),
        ("2.csv", b"size,day,units\n1,2024-03-01,3\n".to_vec(), vec!["data/2.csv' has no column 'region'", "'size'"]),
        (
            "2.csv",
            format!("{header}{wrong}").into(),
            vec!["data/2.csv': column 'size' should be a number but holds 'big' (row 1), and 40 of its 40 values"],
        ),
        ("2.csv", b"size,region,day,units\n1,\xff,2024-03-01,3\n".to_vec(), vec!["line 2: byte 0xff", "save the file"]),
        ("2.parquet", parquet[..parquet.len() / 2].to_vec(), vec!["data/2.parquet' is not a whole Parquet file"]),
        ("2.parquet", b"PAR1".to_vec(), vec!["data/2.parquet' is not a whole Parquet file"]),
    ];
    for (name, bytes, words) in cases {
        let file = here.join("data").join(name);
        fs::write(&file, bytes).expect("written");
        run(here, &["run"]).fails_with(1, &words).fails_with(1, &["runs cancel 2"]);
        let [batches, turns, models] = outcome(here);
        assert_eq!((&batches, &models), (&before[0], &before[2]));
        assert_eq!((turns.as_array().map(Vec::len), &turns[1]["state"]), (Some(2), &json!("failed")));
        assert!(turns[1]["error"].as_str().is_some_and(|error| error.contains(words[0])), "{turns}");
        assert!(stored(here) == files, "no file was added or changed");
        fs::remove_file(file).expect("removed");
        assert!(run(here, &["run"]).ok().stdout.contains("no more data"), "what is taken away is no longer asked for");
    }
    sales(here, "data/2.csv", 2, 300, 4.0);
    run(here, &["run"]).ok();
    let [batches, turns, _] = outcome(here);
    assert_eq!((batches.as_array().map(Vec::len), turns.as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_eq!((&turns[1]["state"], &turns[1]["error"]), (&json!("succeeded"), &json!(null)));
}

/// A whole Parquet file of sales.
fn parquet_of(here: &Path) -> Vec<u8> {
    let csv = sales(here, "whole.csv", 3, 100, 0.0);
    let raw = tidewheel_data::read::read_file(&csv).expect("read");
    tidewheel_data::batch::write_raw(&raw).expect("written").to_vec()
}

#[test]
fn a_data_api_that_fails_is_named_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let (first, second) = (sales(here, "1.csv", 1, 300, 0.0), sales(here, "2.csv", 2, 300, 4.0));
    let api = Api::start(&[&first, &second]);
    project_over(here, &api.url);
    let asked = format!("'{}/data?", api.url);
    let twice = |fault: Fault| vec![fault.clone(), fault];
    let cases = [
        (
            twice(Fault::Answer(500, "out of order".to_owned())),
            vec!["in 2 attempts: status 500: out of order", "no answer from", "attempt=1"],
        ),
        (twice(Fault::Cut), vec!["in 2 attempts: the answer broke off", "attempt=1"]),
        (twice(Fault::Slow(Duration::from_secs(2))), vec!["in 2 attempts: no whole answer within 500 ms", "attempt=1"]),
        (vec![Fault::Answer(200, "{\"batch_number\": one}".to_owned())], vec!["is not the JSON expected", "column"]),
        (vec![Fault::Answer(200, "{\"batch_number\": 1, \"data\": []}".to_owned())], vec!["holds no rows"]),
        (vec![Fault::Announced(2 << 20)], vec!["is larger than 1048576 bytes", "'source.max_body_mib'"]),
        (vec![Fault::Answer(404, "{\"detail\": \"no such group\"}".to_owned())], vec!["answered 404: no such group"]),
    ];
    for (faults, words) in cases {
        api.breaks(faults);
        let failed = run(here, &["run"]).fails_with(1, &words);
        assert!(failed.stderr.contains(&asked) || failed.stderr.contains(&format!("{}/data'", api.url)), "{failed:?}");
        let [batches, turns, models] = outcome(here);
        assert_eq!((batches, models), (json!([]), json!([])));
        assert_eq!((turns.as_array().map(Vec::len), &turns[0]["state"]), (Some(1), &json!("failed")));
        assert!(stored(here).is_empty(), "no file is left");
    }
    // Once more: cut in the middle of each batch, and taken up by the next attempt.
    api.breaks([Fault::Cut]);
    run(here, &["run", "--all"]).ok();

    let calm = tempfile::tempdir().expect("a folder");
    let calm = calm.path();
    let (first, second) = (sales(calm, "1.csv", 1, 300, 0.0), sales(calm, "2.csv", 2, 300, 4.0));
    project_over(calm, &Api::start(&[&first, &second]).url);
    run(calm, &["run", "--all"]).ok();
    assert_eq!(outcome(here), outcome(calm));
}

#[test]
fn a_request_that_is_taken_up_late_costs_no_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let (first, second) = (sales(here, "1.csv", 1, 300, 0.0), sales(here, "2.csv", 2, 300, 4.0));
    let api = Api::start(&[&first, &second]);
    project_over(here, &api.url);
    // Given up after 500 ms; the API deals a batch to nobody while the first turn is at work.
    api.breaks([Fault::Late(Duration::from_millis(900))]);
    run(here, &["run", "--all"]).ok();
    let [batches, ..] = outcome(here);
    assert_eq!(batches.as_array().map(Vec::len), Some(2), "{batches}");
}

#[test]
fn a_data_api_that_is_down_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    project_over(here, &format!("http://127.0.0.1:{port}"));
    let words = [&format!("no answer from 'http://127.0.0.1:{port}/data")[..], "in 2 attempts", "Connection refused"];
    run(here, &["run"]).fails_with(1, &words);
    // An outside orchestrator sees the same, however often it tries.
    run(here, &["step", "ingest", "--run", "day-1"]).fails_with(1, &words);
    run(here, &["step", "ingest", "--run", "day-1"]).fails_with(1, &words);
    let rows = sales(here, "rows.csv", 1, 300, 0.0);
    let api = Api::start(&[&rows]);
    let url = format!("source.url={}", api.url);
    let there = ["--set", url.as_str()];
    run(here, &[&["step", "ingest", "--run", "day-1"][..], &there].concat()).ok();
    assert_eq!(outcome(here)[0][0]["rows"], 300);
}

#[test]
fn an_error_in_the_drift_check_never_trains_and_is_taken_up_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    sales(here, "data/1.csv", 1, 400, 0.0);
    run(here, &["run"]).ok();
    let models = outcome(here)[2].clone();
    let (file, whole) = stored(here).into_iter().find(|(path, _)| is_clean_batch(path)).expect("clean rows");
    let name = format!("data-clean/{}", file.file_name().expect("a name").to_string_lossy());
    sales(here, "data/2.csv", 2, 400, 5.0);

    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&file, damaged).expect("written");
    run(here, &["run"]).fails_with(1, &[&name, "corrupt", "the champion stays"]);
    never_trained(here, &models);
    fs::remove_file(&file).expect("removed");
    run(here, &["run"]).fails_with(1, &[&name, "missing", "the champion stays"]);
    never_trained(here, &models);

    fs::write(&file, whole).expect("written");
    run(here, &["run"]).ok();
    let turn = run(here, &["runs", "show", "2", "--format", "json"]).ok().json();
    let attempts = |name: &str| {
        let task = turn["tasks"].as_array().and_then(|tasks| tasks.iter().find(|task| task["name"] == name));
        task.map(|task| task["attempt"].clone())
    };
    assert_eq!((attempts("ingest_data"), attempts("check_drift")), (Some(json!(1)), Some(json!(3))), "{turn}");
    assert_eq!((attempts("train_model"), &turn["promoted"]), (Some(json!(1)), &json!(true)), "{turn}");

    let calm = tempfile::tempdir().expect("a folder");
    project(calm.path());
    sales(calm.path(), "data/1.csv", 1, 400, 0.0);
    sales(calm.path(), "data/2.csv", 2, 400, 5.0);
    run(calm.path(), &["run", "--all"]).ok();
    assert_eq!(outcome(here), outcome(calm.path()));
}

fn is_clean_batch(path: &Path) -> bool {
    path.to_string_lossy().contains("data-clean") && path.extension().is_some_and(|ending| ending == "parquet")
}

fn never_trained(here: &Path, models: &serde_json::Value) {
    let [batches, turns, now] = outcome(here);
    assert_eq!(&now, models, "the champion stays, and there is no other version");
    assert_eq!((batches.as_array().map(Vec::len), turns.as_array().map(Vec::len)), (Some(2), Some(2)));
    let failed = &turns[1];
    assert_eq!((&failed["state"], &failed["promoted"]), (&json!("failed"), &json!(false)));
    assert_eq!((&failed["model_version"], &failed["action"]), (&json!(null), &json!(null)));
    let turn = run(here, &["runs", "show", "2", "--format", "json"]).ok().json();
    for task in turn["tasks"].as_array().expect("tasks") {
        if ["train_model", "promote", "reload_api", "end_pipeline"].contains(&task["name"].as_str().expect("a name")) {
            assert_eq!((&task["state"], &task["attempt"]), (&json!("pending"), &json!(0)), "{task}");
        }
    }
}

#[test]
fn a_turn_that_is_given_up_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    // Too few rows to train on.
    sales(here, "data/1.csv", 1, 3, 0.0);
    sales(here, "data/2.csv", 2, 300, 0.0);
    run(here, &["run"]).fails_with(1, &["runs cancel 1"]);
    run(here, &["run"]).fails_with(1, &["runs cancel 1"]);
    run(here, &["runs", "cancel", "1"]).wrong_use(&["--reason"]);
    run(here, &["runs", "cancel", "1", "--reason", "three rows", "--by", "maria"]).ok();
    run(here, &["runs", "cancel", "1", "--reason", "three rows"]).wrong_use(&["cancelled already"]);
    run(here, &["run"]).ok();
    let [batches, turns, models] = outcome(here);
    assert_eq!((batches.as_array().map(Vec::len), models.as_array().map(Vec::len)), (Some(2), Some(1)));
    assert_eq!((&turns[0]["state"], &turns[1]["state"]), (&json!("cancelled"), &json!("succeeded")));
    assert!(
        turns[0]["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("given up by maria: three rows (it had failed"))
    );
}

#[test]
fn a_second_run_is_refused_while_the_first_one_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let rows = sales(here, "rows.csv", 1, 300, 0.0);
    let api = Api::start(&[&rows]);
    project_over(here, &api.url);
    run(here, &["runs", "list"]).ok();
    api.breaks([Fault::Slow(Duration::from_secs(3))]);
    let mut waits = command(here, &["run", "--set", "source.timeout_seconds=20"]);
    let mut first = waits.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    api.asked(1);
    let words = ["project 'sales' is being turned by process", &first.id().to_string(), "let it end"];
    run(here, &["run"]).fails_with(1, &words);
    for step in ["ingest", "check-drift"] {
        run(here, &["step", step, "--run", "day-1"]).fails_with(1, &words);
    }
    run(here, &["runs", "list"]).ok();
    assert!(first.wait().expect("ended").success(), "the first one is not disturbed");
    let [batches, turns, _] = outcome(here);
    assert_eq!((batches.as_array().map(Vec::len), turns.as_array().map(Vec::len)), (Some(1), Some(1)));
    assert!(run(here, &["run"]).ok().stdout.contains("no more data"));
}
