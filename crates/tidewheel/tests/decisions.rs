//! Decisions as a team meets them: a person is asked and answers, rules of the project, other policies replayed.

mod common;

use std::path::Path;

use common::{regional_sales, run, segmented};
use serde_json::Value;

fn turns(here: &Path) -> Vec<Value> {
    run(here, &["runs", "list", "--format", "json"]).ok().json().as_array().expect("a list").clone()
}

fn column<'a>(turns: &'a [Value], name: &str) -> Vec<&'a str> {
    turns.iter().map(|turn| turn[name].as_str().unwrap_or("-")).collect()
}

#[test]
fn a_person_is_asked_and_answers_and_the_loop_goes_on_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    segmented(here, "");
    regional_sales(here, "1.csv", 1, 1500, (0.0, 0.0));
    regional_sales(here, "2.csv", 2, 1500, (0.0, 0.7));
    regional_sales(here, "3.csv", 3, 1500, (0.0, 0.0));
    run(here, &["run", "--all"]).ok();
    let before = turns(here);
    assert_eq!(column(&before, "action"), ["baseline", "stop_and_ask", "skip"]);
    assert_eq!(column(&before, "state"), ["succeeded", "waiting", "succeeded"]);

    run(here, &["runs", "answer", "1", "train", "--reason", "x"]).wrong_use(&["turn 1 is succeeded", "waiting"]);
    run(here, &["runs", "answer", "2", "train"]).wrong_use(&["--reason"]);
    let words = ["runs", "answer", "2", "train", "--by", "Ada", "--reason", "the island is ours now"];
    run(here, &words).ok();
    let after = turns(here);
    assert_eq!(column(&after, "state"), ["succeeded"; 3]);
    assert_eq!(after[1]["model_version"], 2, "{}", after[1]);
    let why = run(here, &["why", "v2"]).ok().stdout;
    assert!(why.contains("Ada") && why.contains("the island is ours now") && why.contains("to train"), "{why}");
    run(here, &["runs", "answer", "2", "skip", "--reason", "too late"]).wrong_use(&["turn 2 is succeeded"]);
}

#[test]
fn an_answer_not_to_train_leaves_the_champion() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    segmented(here, "");
    regional_sales(here, "1.csv", 1, 1500, (0.0, 0.0));
    regional_sales(here, "2.csv", 2, 1500, (0.0, 0.7));
    run(here, &["step", "ingest", "--run", "a"]).ok();
    assert_eq!(run(here, &["step", "check-drift", "--run", "a"]).code, 10);
    for step in ["train", "promote", "reload"] {
        run(here, &["step", step, "--run", "a"]).ok();
    }
    run(here, &["step", "ingest", "--run", "b"]).ok();
    assert_eq!(run(here, &["step", "check-drift", "--run", "b"]).code, 20, "a person is asked");
    assert_eq!(run(here, &["step", "check-drift", "--run", "b"]).code, 20);
    run(here, &["runs", "answer", "b", "skip", "--reason", "a test shipment"]).ok();
    let turns = turns(here);
    assert_eq!((&turns[1]["state"], &turns[1]["model_version"]), (&"succeeded".into(), &Value::Null));
}

#[test]
fn a_later_training_answers_a_turn_that_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    segmented(here, "");
    regional_sales(here, "1.csv", 1, 1500, (0.0, 0.0));
    regional_sales(here, "2.csv", 2, 1500, (0.0, 0.7));
    regional_sales(here, "3.csv", 3, 1500, (8.0, 0.0));
    regional_sales(here, "4.csv", 4, 1500, (8.0, 0.0));
    run(here, &["run", "--all"]).ok();
    let turns = turns(here);
    assert_eq!(column(&turns, "state"), ["succeeded"; 4], "{turns:?}");
    assert_eq!(column(&turns, "action")[..3], ["baseline", "stop_and_ask", "retrain"]);
    let id = turns[1]["id"].as_str().expect("an id");
    let record = run(here, &["why", id, "--format", "json"]).ok().json();
    assert_eq!((&record["answer"]["who"], &record["answer"]["action"]), (&"loop".into(), &"skip".into()));
    // What came of the training is written down when the next batch shows it.
    let why = run(here, &["why", "v2"]).ok().stdout;
    assert!(why.contains("would not have") && why.contains("What came of it"), "{why}");
}

#[test]
fn rules_of_the_project_come_first_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    segmented(here, "");
    let file = here.join("tidewheel.toml");
    let plain = std::fs::read_to_string(&file).expect("read");
    let with = |rule: &str| std::fs::write(&file, format!("{plain}\n{rule}")).expect("written");
    let rule = |when: &str, action: &str| {
        format!("[[policy.rule]]\nname = \"mine\"\nwhen = \"{when}\"\naction = \"{action}\"\n")
    };
    with(&rule("efect > 1", "retrain"));
    run(here, &["check"]).wrong_use(&["efect > 1", "did you mean 'effect'"]);
    with(&rule("effect(sizes) > 1", "retrain"));
    run(here, &["check"]).wrong_use(&["policy.rule.when", "sizes"]);
    with(&rule("rows > 1", "baseline"));
    run(here, &["check"]).wrong_use(&["baseline"]);
    with(&rule("rows > 1000", "shadow_train"));
    run(here, &["check"]).ok();
    regional_sales(here, "1.csv", 1, 1500, (0.0, 0.0));
    regional_sales(here, "2.csv", 2, 1500, (8.0, 0.0));
    run(here, &["run", "--all"]).ok();
    let turns = turns(here);
    assert_eq!(column(&turns, "action"), ["baseline", "shadow_train"]);
    assert_eq!((&turns[1]["model_version"], &turns[1]["promoted"]), (&2.into(), &false.into()));
    assert!(turns[1]["reason"].as_str().expect("a reason").contains("rule 'mine': rows > 1000"), "{}", turns[1]);
}

#[test]
fn a_replay_says_what_other_policies_would_have_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    segmented(here, "");
    regional_sales(here, "1.csv", 1, 1500, (0.0, 0.0));
    regional_sales(here, "2.csv", 2, 1500, (0.0, 0.0));
    regional_sales(here, "3.csv", 3, 1500, (8.0, 0.0));
    regional_sales(here, "4.csv", 4, 1500, (8.0, 0.0));
    run(here, &["run", "--all"]).ok();
    std::fs::write(here.join("never.toml"), "[policy]\nname = \"costly-drift\"\nmin_rows = 1000000\n")
        .expect("written");
    let never = here.join("never.toml").display().to_string();
    let svg = here.join("replay.svg");
    let plot = svg.display().to_string();
    let words = ["replay", "--policy", "costly-drift", "--policy", "reference", "--policy", &never, "--plot", &plot];
    let replays = run(here, &[&words[..], &["--format", "json"]].concat()).ok().json();
    let of = |place: usize, field: &str| replays[place][field].clone();
    assert_eq!(of(0, "policy"), "as it was");
    assert_eq!(of(1, "trainings"), of(0, "trainings"), "the project's own policy gives what was: {replays}");
    assert_eq!(of(1, "unknown"), 0);
    assert_eq!(of(1, "mean_error"), of(0, "mean_error"));
    assert_eq!(of(3, "trainings"), 0);
    let (learnt, never_learnt) = (of(1, "mean_error").as_f64(), of(3, "mean_error").as_f64());
    assert!(learnt < never_learnt, "learning pays: {replays}");
    assert!(replays[2]["batches"].as_array().expect("a list").len() == 4);
    assert!(std::fs::read_to_string(svg).expect("drawn").starts_with("<svg"));
    let text = run(here, &words).ok().stdout;
    assert!(text.contains("as it was") && text.contains("mean error before learning"), "{text}");

    std::fs::write(here.join("other.toml"), "[train]\ntrials = 3\n").expect("written");
    let other = here.join("other.toml").display().to_string();
    run(here, &["replay", "--policy", &other]).wrong_use(&["other.toml", "[policy]"]);
    run(here, &["replay", "--policy", "nowhere.toml"]).wrong_use(&["nowhere.toml", "costly-drift"]);
}
