//! Commands that look at what the loop did, and act on it: runs, batches, quarantine, models, why.

mod common;

use std::path::Path;

use common::{run, sales};
use serde_json::{Value, json};
use tidewheel_boost::{Dataset, Params, TrainOptions};
use tidewheel_data::bundle;
use tidewheel_data::read::read_table;
use tidewheel_data::recipe::Recipe;
use tidewheel_domain::batch::{NewBatch, QuarantinedRow};
use tidewheel_domain::decision::{BatchRef, ReferenceKind};
use tidewheel_domain::drift_report::DriftSettings;
use tidewheel_domain::model_version::NewModelVersion;
use tidewheel_domain::project::{Layers, Project};
use tidewheel_domain::run::{RunRecord, TrainingRecord};
use tidewheel_domain::turn::{NewLogLine, TaskName, TaskState, TurnOutcome, TurnState};
use tidewheel_domain::{Metric, Metrics, RunId, Sha256, Table, Timestamp};
use tidewheel_drift::{PolicyInputs, compare, decide};
use tidewheel_registry::{Promotion, Registry, StoreSettings};

const PROJECT: &str = "sales";
const MODEL: &str = "sales_model";

/// A project in which two turns were made: a baseline, and a retraining that was promoted.
struct Fixture {
    folder: tempfile::TempDir,
    turns: Vec<RunId>,
}

impl Fixture {
    fn here(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, args: &[&str]) -> common::Ran {
        run(self.here(), args)
    }

    fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--format", "json"]].concat()).ok().json()
    }

    /// Puts something else in the place of a version's trees.
    fn damage(&self, turn: usize) {
        blocking(async {
            let registry = registry(self.here()).await;
            let children = registry.child_runs(&self.turns[turn]).await.expect("children");
            let trees = bytes_of(b"not a model");
            registry.objects().put_artifact(&children[0].run_id, bundle::MODEL, trees.into()).await.expect("stored");
            registry.close().await;
        });
    }
}

fn bytes_of(text: &[u8]) -> Vec<u8> {
    text.to_vec()
}

fn blocking<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(work)
}

async fn registry(folder: &Path) -> Registry {
    let place = |name: &str| folder.join(".tidewheel").join(name).display().to_string();
    Registry::open(&StoreSettings::new(place("tidewheel.db"), place("objects"))).await.expect("a registry")
}

fn project(folder: &Path) -> Project {
    let text = std::fs::read_to_string(folder.join("tidewheel.toml")).expect("a project file");
    let raw = Layers::new().file("tidewheel.toml", &text).expect("valid").raw().expect("valid");
    Project::try_from(raw).expect("valid")
}

/// A served model's files, trained on the table.
fn files(project: &Project, table: &Table) -> Vec<(String, Vec<u8>)> {
    let rows = (0..table.rows()).collect::<Vec<_>>();
    let keys = (0..table.rows() as u64).collect::<Vec<_>>();
    let fitted = Recipe::fit(project, table, &rows, &keys).expect("fitted");
    let params = Params { num_rounds: 5, ..Params::default() };
    let data = Dataset::from_columns(&fitted.features, &project.feature_names(), params.max_bin).expect("binned");
    let model = tidewheel_boost::train(&data, &fitted.target, &params, TrainOptions::default()).expect("trained");
    bundle::write(model.to_ubjson(), fitted.recipe.recipe(), &[], None).expect("a bundle")
}

fn metrics(r2: f64) -> Metrics {
    Metrics::from([
        ("r2".to_owned(), Metric::with_interval(r2, r2 - 0.0625, r2 + 0.0625)),
        ("rmse".to_owned(), Metric::point(12.5)),
    ])
}

async fn turn(registry: &Registry, project: &Project, number: i64, before: Option<&Table>, table: &Table) -> RunId {
    let at = Timestamp::from_ms(1_700_000_000_000 + number * 60_000);
    let turn = registry.begin_turn(PROJECT, None, None, at).await.expect("begun");
    let rows = table.rows() as i64;
    let refused = QuarantinedRow {
        batch: 0,
        row: 3,
        rule: "required".into(),
        column: Some("units".into()),
        value: None,
        data: json!({"size": 1.5}),
    };
    let batch = NewBatch {
        sha256: Sha256::of(&number.to_le_bytes()),
        source_position: None,
        rows,
        new_rows: rows,
        duplicate_rows: 0,
        quarantined_rows: 1,
        clean_rows: rows - 1,
        columns: json!({}),
        received_at: at,
    };
    registry.start_task(&turn.run_id, TaskName::IngestData, None, at).await.expect("started");
    registry.store_batch(&turn.run_id, &batch, &[refused], at).await.expect("stored");
    let line = NewLogLine { seq: 0, at, level: "INFO".into(), line: format!("{rows} rows") };
    registry.append_logs(&turn.run_id, TaskName::IngestData, 1, &[line]).await.expect("logged");
    let ended = TaskState::Succeeded;
    registry.finish_task(&turn.run_id, TaskName::IngestData, ended, None, None, at).await.expect("ended");

    let report = before.map(|before| compare(before, table, &DriftSettings::default()).expect("compared"));
    let decision = decide(&PolicyInputs {
        project: PROJECT.into(),
        batch: BatchRef { id: Some(number as u64), rows: rows as u64, ..BatchRef::default() },
        drift: report.map(|report| (ReferenceKind::Training, report)),
        target: Some("units".into()),
        policy: project.policy.clone(),
        ..PolicyInputs::default()
    });
    let record = serde_json::to_value(&decision).expect("JSON");
    registry.set_decision(&turn.run_id, &record, decision.action, &decision.reason).await.expect("decided");

    let run = RunRecord { name: "training".into(), started_at: at, ended_at: at, ..RunRecord::default() };
    let training = TrainingRecord { run, trials: Vec::new() };
    let turn = registry.turn(&turn.run_id).await.expect("read").expect("there");
    let training = registry.store_training(&turn, &training).await.expect("recorded");
    for (path, bytes) in files(project, table) {
        registry.objects().put_artifact(&training.run_id, &path, bytes.into()).await.expect("stored");
    }
    let version = NewModelVersion {
        run_id: training.run_id.clone(),
        source: format!("mlflow-artifacts:/1/{}/artifacts/model", training.run_id),
        description: String::new(),
        tags: std::collections::BTreeMap::new(),
        metrics: metrics(0.7),
        metrics_newest_batch: metrics(0.625),
    };
    let version = registry.register_version(MODEL, &version, at).await.expect("registered");
    registry.set_turn_version(&turn.run_id, version.version).await.expect("noted");
    let by = Promotion { who: "loop", reason: "better", turn: Some(&turn.run_id) };
    registry.promote(MODEL, version.version, by, at).await.expect("promoted");
    let outcome = TurnOutcome { state: TurnState::Succeeded, metrics_newest_batch: metrics(0.625), error: None };
    registry.finish_turn(&turn.run_id, &outcome, at.plus_ms(1234)).await.expect("finished");
    turn.run_id
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let first = read_table(&sales(here, "sales.csv", 1, 400, 0.0)).expect("a table");
    let second = read_table(&sales(here, "later.csv", 2, 400, 4.0)).expect("a table");
    run(here, &["init", "--from", "sales.csv", "--target", "units"]).ok();
    // The records made here hold no error of a champion: a change alone has to be enough.
    let file = here.join("tidewheel.toml");
    let text = std::fs::read_to_string(&file).expect("written");
    std::fs::write(&file, text.replace("name = \"costly-drift\"", "name = \"effect\"")).expect("written");
    let project = project(here);
    let turns = blocking(async {
        let registry = registry(here).await;
        let turns = vec![
            turn(&registry, &project, 1, None, &first).await,
            turn(&registry, &project, 2, Some(&first), &second).await,
        ];
        registry.close().await;
        turns
    });
    Fixture { folder, turns }
}

#[test]
fn turns_are_listed_shown_and_their_logs_printed() {
    let fixture = fixture();
    let turns = fixture.json(&["runs", "list"]);
    assert_eq!(turns.as_array().map(Vec::len), Some(2));
    assert_eq!(turns[0]["action"], "baseline");
    let second = &turns[1];
    assert_eq!(second["id"], fixture.turns[1].as_str());
    assert_eq!(
        (&second["batch"], &second["state"], &second["action"]),
        (&json!(2), &json!("succeeded"), &json!("retrain"))
    );
    assert_eq!((&second["model_version"], &second["promoted"]), (&json!(2), &json!(true)));
    assert_eq!(second["metrics_newest_batch"]["r2"], json!({"value": 0.625, "low": 0.5625, "high": 0.6875}));
    assert_eq!(second["duration_ms"], 1234);
    assert!(second["reason"].as_str().is_some_and(|reason| !reason.is_empty()));

    let shown = fixture.json(&["runs", "show", "2"]);
    assert_eq!(shown["tasks"][1]["state"], "succeeded");
    assert_eq!(fixture.json(&["runs", "show", &fixture.turns[1].as_str()[..8]])["number"], 2);
    assert!(fixture.run(&["runs", "show", "2"]).ok().stdout.contains("ingest_data"));
    assert!(fixture.run(&["runs", "logs", "1"]).ok().stdout.contains("ingest_data INFO 400 rows"));
    assert_eq!(fixture.json(&["runs", "logs", "1", "--task", "train_model"]), json!([]));
    fixture.run(&["runs", "logs", "1", "--task", "dance"]).wrong_use(&["'dance' is no task"]);
    fixture.run(&["runs", "show", "9"]).wrong_use(&["there is no turn '9'"]);
    assert!(fixture.run(&["runs", "list"]).ok().stdout.contains("v2 promoted"));
}

#[test]
fn batches_and_refused_rows_are_listed() {
    let fixture = fixture();
    let batches = fixture.json(&["batches", "list"]);
    let first = &batches[0];
    assert_eq!((&first["id"], &first["rows"], &first["new_rows"]), (&json!(1), &json!(400), &json!(400)));
    assert_eq!((&first["duplicate_rows"], &first["quarantined_rows"]), (&json!(0), &json!(1)));
    assert!(first["sha256"].as_str().is_some_and(|sha| sha.len() == 64));
    assert!(first["received_at"].as_str().is_some_and(|time| time.starts_with("2023-11-14T22:14:20")));
    assert_eq!(fixture.json(&["batches", "show", "2"])["refused_by_rule"][0]["rows"], 1);
    fixture.run(&["batches", "show", "7"]).wrong_use(&["no batch 7"]);
    let page = fixture.json(&["quarantine", "list", "--batch", "2", "--column", "units"]);
    assert_eq!((&page["total"], &page["rows"][0]["rule"]), (&json!(1), &json!("required")));
    assert_eq!(fixture.json(&["quarantine", "list", "--rule", "none"])["total"], 0);
    assert_eq!(fixture.json(&["quarantine", "counts"]), json!([{"rule": "required", "column": "units", "rows": 2}]));
    fixture.run(&["quarantine", "list", "--limit=-1"]).wrong_use(&["--limit"]);
}

#[test]
fn versions_are_listed_rolled_back_and_promoted_with_a_reason() {
    let fixture = fixture();
    let versions = fixture.json(&["models", "list"]);
    assert_eq!((&versions[0]["stage"], &versions[1]["stage"]), (&json!("Archived"), &json!("Production")));
    let second = &versions[1];
    assert_eq!((&second["version"], &second["aliases"]), (&json!(2), &json!(["production"])));
    assert_eq!((&second["rejected_by"], &second["metrics"]["r2"]["value"]), (&Value::Null, &json!(0.7)));
    assert!(second["run_id"].is_string() && second["metrics_newest_batch"]["rmse"]["value"].is_number());

    let back = fixture.json(&["models", "rollback", "--reason", "errors doubled", "--by", "maria"]);
    assert_eq!((&back["version"], &back["stage"]), (&json!(1), &json!("Production")));
    let shown = fixture.json(&["models", "show", "v1"]);
    let last = shown["ledger"].as_array().and_then(|lines| lines.last()).expect("a line");
    assert_eq!(
        (&last["event"], &last["who"], &last["reason"]),
        (&json!("rollback"), &json!("maria"), &json!("errors doubled"))
    );
    fixture.run(&["models", "rollback", "--reason", "x"]).fails_with(1, &["no earlier production version"]);
    for args in [&["rollback", "42", "--reason", "x"][..], &["promote", "42", "--reason", "x"], &["show", "42"]] {
        fixture.run(&[&["models"], args].concat()).wrong_use(&["no version 42", "it has 1 and 2"]);
    }
    let promoted = fixture.run(&["models", "promote", "2", "--reason", "it was right"]).ok().stdout;
    assert!(promoted.contains("version 2"), "{promoted}");
    assert!(fixture.run(&["models", "promote", "v2", "--reason", "again"]).ok().stdout.contains("already"));
    fixture.run(&["models", "show", "9"]).wrong_use(&["no version 9"]);
    assert!(fixture.run(&["models", "list"]).ok().stdout.contains("Production"));
}

#[test]
fn a_version_that_does_not_load_never_goes_into_production() {
    let fixture = fixture();
    fixture.damage(0);
    let words = ["version 1 does not load", "nothing was switched", "SHA-256"];
    fixture.run(&["models", "rollback", "--reason", "x"]).fails_with(1, &words);
    fixture.run(&["models", "promote", "1", "--reason", "x"]).fails_with(1, &words);
    assert_eq!(fixture.json(&["models", "list"])[1]["stage"], "Production");
}

#[test]
fn a_training_after_the_baseline_is_explained_in_two_languages() {
    let fixture = fixture();
    let text = fixture.run(&["why", "2"]).ok().stdout;
    assert!(text.contains("would not have"), "{text}");
    assert!(text.contains("size"), "{text}");
    let spanish = fixture.run(&["why", "v2", "--lang", "es"]).ok().stdout;
    assert_ne!(text, spanish);
    let record = fixture.json(&["why", "2"]);
    assert_eq!((&record["action"], &record["model_version"]), (&json!("retrain"), &json!(2)));
    assert!(record["columns"].as_array().is_some_and(|columns| columns.len() == 4), "{record}");
    assert!(record["reason"].is_string());
    assert_eq!(fixture.json(&["why", fixture.turns[1].as_str()]), record);
    let page = fixture.run(&["why", "2", "--format", "md"]).ok().stdout;
    assert!(page.starts_with("# ") && page.contains("| size |"), "{page}");
    fixture.run(&["why", "1"]).ok();
    fixture.run(&["why", "7"]).wrong_use(&["no version 7"]);
}

#[test]
fn the_doctor_says_what_works_and_what_does_not() {
    let fixture = fixture();
    let findings = fixture.json(&["doctor", "--listen", "127.0.0.1:0"]);
    for finding in findings.as_array().expect("findings") {
        assert_eq!(finding["state"], "ok", "{finding}");
    }
    let none = ["--set", "source.kind=http", "--set", "source.url=http://127.0.0.1:9"];
    let ran = fixture.run(&[&["doctor", "--listen", "127.0.0.1:0"][..], &none].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    let line = ran.stdout.lines().find(|line| line.starts_with("source")).expect("a line");
    assert!(line.contains("fail") && line.contains("source.url"), "{ran:?}");
}

#[test]
fn an_empty_project_lists_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["init"]).ok();
    for list in ["runs", "models", "batches"] {
        assert_eq!(run(here, &[list, "list", "--format", "json"]).ok().json(), json!([]), "{list}");
        assert!(run(here, &[list, "list"]).ok().stdout.contains("yet"), "{list}");
    }
    assert_eq!(run(here, &["quarantine", "list", "--format", "json"]).ok().json(), json!({"total": 0, "rows": []}));
}
