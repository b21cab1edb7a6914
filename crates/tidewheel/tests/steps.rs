//! The steps of a turn as an outside orchestrator calls them.

mod common;

use std::path::Path;

use common::{Ran, outcome, project, run, sales, stored};

/// Batches of which the second does not drift and the third does.
fn batches(here: &Path) {
    project(here);
    sales(here, "data/1.csv", 1, 1500, 0.0);
    sales(here, "data/2.csv", 2, 1500, 0.0);
    sales(here, "data/3.csv", 3, 1500, 5.0);
}

fn step(here: &Path, step: &str, id: &str) -> Ran {
    run(here, &["step", step, "--run", id])
}

/// Calls every step until none is left, as the exit codes say; gives the codes of a turn.
fn turned(here: &Path, id: &str) -> Vec<i32> {
    let mut codes = vec![step(here, "ingest", id).code];
    if codes == [0] {
        codes.push(step(here, "check-drift", id).code);
    }
    if codes == [0, 10] {
        codes.extend(["train", "promote", "reload"].map(|name| step(here, name, id).ok().code));
    }
    codes
}

#[test]
fn the_steps_end_as_a_run_does_and_twice_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    batches(here);
    assert_eq!(turned(here, "day-1"), [0, 10, 0, 0, 0]);
    assert_eq!(turned(here, "day-2"), [0, 0]);
    assert_eq!(turned(here, "day-3"), [0, 10, 0, 0, 0]);
    assert_eq!(step(here, "ingest", "day-4").code, 11, "no more data");
    assert_eq!(step(here, "ingest", "day-4").code, 11);

    let calm = tempfile::tempdir().expect("a folder");
    batches(calm.path());
    run(calm.path(), &["run", "--all"]).ok();
    let ended = outcome(here);
    assert_eq!(ended, outcome(calm.path()));

    let files = stored(here);
    for (id, decided) in [("day-1", 10), ("day-2", 0), ("day-3", 10)] {
        for name in ["ingest", "check-drift", "train", "promote", "reload"] {
            let again = step(here, name, id);
            let code = if name == "check-drift" { decided } else { 0 };
            assert_eq!(again.code, code, "{name} of {id}: {again:?}");
        }
    }
    assert_eq!(outcome(here), ended);
    assert!(stored(here) == files);
    assert!(run(here, &["run"]).ok().stdout.contains("no more data"));
    assert!(run(here, &["runs", "show", "day-2"]).ok().stdout.contains("day-2"));
}

#[test]
fn a_step_done_twice_in_the_middle_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    batches(here);
    for (name, code) in [("ingest", 0), ("check-drift", 10), ("train", 0), ("promote", 0)] {
        for _ in 0..2 {
            let done = step(here, name, "day-1");
            assert_eq!(done.code, code, "{done:?}");
        }
        let once = outcome(here);
        step(here, name, "day-1");
        assert_eq!(outcome(here), once, "{name}");
    }
    // What an orchestrator has left lying is ended by the loop.
    run(here, &["run"]).ok();
    let calm = tempfile::tempdir().expect("a folder");
    batches(calm.path());
    run(calm.path(), &["run"]).ok();
    assert_eq!(outcome(here), outcome(calm.path()));
}

#[test]
fn a_step_out_of_order_is_wrong_use_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    batches(here);
    for name in ["check-drift", "train", "promote", "reload"] {
        step(here, name, "day-1").wrong_use(&["no turn is known as 'day-1'", "step ingest --run day-1"]);
    }
    step(here, "ingest", "  ").fails_with(1, &["external id"]);
    run(here, &["step", "ingest"]).wrong_use(&["--run"]);
    step(here, "ingest", "day-1").ok();
    let before = outcome(here);
    step(here, "train", "day-1").wrong_use(&["no decision yet", "step check-drift --run day-1"]);
    step(here, "promote", "day-1").wrong_use(&["no trained version yet", "step train --run day-1"]);
    step(here, "reload", "day-1").wrong_use(&["no verdict yet", "step promote --run day-1"]);
    step(here, "ingest", "day-2").wrong_use(&["known as 'day-1'", "has not ended", "runs cancel 1"]);
    assert_eq!(outcome(here), before);
    assert_eq!(turned(here, "day-1"), [0, 10, 0, 0, 0]);
    assert_eq!(turned(here, "day-2"), [0, 0]);
}

#[test]
fn a_step_that_failed_is_done_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    project(here);
    std::fs::write(here.join("data/1.csv"), "size,region\n1\n").expect("written");
    step(here, "ingest", "day-1").fails_with(1, &["data/1.csv', line 2"]);
    step(here, "check-drift", "day-1").wrong_use(&["no batch yet", "step ingest --run day-1"]);
    step(here, "ingest", "day-1").fails_with(1, &["data/1.csv', line 2"]);
    sales(here, "data/1.csv", 1, 300, 0.0);
    assert_eq!(turned(here, "day-1"), [0, 10, 0, 0, 0]);
    let turns = outcome(here)[1].clone();
    assert_eq!((turns.as_array().map(Vec::len), &turns[0]["error"]), (Some(1), &serde_json::Value::Null));
}
