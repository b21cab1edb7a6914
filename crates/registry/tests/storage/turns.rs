//! Turns, batches, quarantine, tasks, logs.

use serde_json::{Value, json};
use tidewheel_domain::run::RunStatus;
use tidewheel_domain::turn::{Action, NewLogLine, TaskName, TaskState, TurnOutcome, TurnState};
use tidewheel_domain::{RunId, RunKind};
use tidewheel_registry::{QuarantineFilter, QuarantineSpan, RegistryError};

use crate::fixtures::{PROJECT, at, batch, by, end, metrics, outcome, refused, turn, version};
use crate::harness::Store;

pub(crate) async fn a_turn_begins_with_its_run_and_its_tasks(store: &Store) {
    let registry = &store.registry;
    let begun = registry.begin_turn(PROJECT, None, Some(4), at(0)).await.expect("begins");
    assert_eq!(begun.run_id, RunId::derive(PROJECT, RunKind::Turn, 1, 0));
    assert_eq!((begun.number, begun.state, begun.champion_before), (1, TurnState::Running, Some(4)));
    let run = registry.run(&begun.run_id).await.expect("reads").expect("the turn is a run");
    assert_eq!((run.status, run.name.as_str(), run.project.as_str()), (RunStatus::Running, "turn 1", PROJECT));
    let tasks = registry.tasks(&begun.run_id).await.expect("reads");
    let names: Vec<_> = tasks.iter().map(|task| task.name).collect();
    assert_eq!(names, TaskName::ALL);
    assert!(tasks.iter().all(|task| task.state == TaskState::Pending && task.attempt == 0));
    assert_eq!(registry.unfinished_turn(PROJECT).await.expect("reads"), Some(begun.clone()));
    // Begun again, it is the same turn.
    assert_eq!(registry.begin_turn(PROJECT, None, Some(4), at(9)).await.expect("resumes"), begun);
    end(registry, &begun, 10).await;
    assert_eq!(registry.unfinished_turn(PROJECT).await.expect("reads"), None);
    assert_eq!(turn(registry, 11).await.number, 2);
}

pub(crate) async fn a_known_outside_id_gives_its_turn(store: &Store) {
    let registry = &store.registry;
    let id = Some("dag/2024-05-01");
    let begun = registry.begin_turn(PROJECT, id, None, at(0)).await.expect("begins");
    end(registry, &begun, 1).await;
    let again = registry.begin_turn(PROJECT, id, None, at(2)).await.expect("is known");
    assert_eq!((again.number, again.state), (1, TurnState::Succeeded));
    let found = registry.turn_by_external_id(PROJECT, "dag/2024-05-01").await.expect("reads");
    assert_eq!(found.map(|turn| turn.number), Some(1));
    assert!(registry.begin_turn(PROJECT, Some(""), None, at(3)).await.is_err());
    for text in ["1", &begun.run_id.as_str()[..8], begun.run_id.as_str(), "dag/2024-05-01"] {
        let found = registry.find_turn(PROJECT, text).await.expect("reads");
        assert_eq!(found.map(|turn| turn.number), Some(1), "{text}");
    }
    for text in ["2", "ffffffff", "", "%", "____"] {
        assert_eq!(registry.find_turn(PROJECT, text).await.expect("reads"), None, "{text}");
    }
}

pub(crate) async fn two_turns_of_a_project_never_overlap(store: &Store) {
    let registry = &store.registry;
    let first = registry.begin_turn(PROJECT, Some("a"), None, at(0)).await.expect("begins");
    let error = registry.begin_turn(PROJECT, Some("b"), None, at(1)).await.expect_err("the first still runs");
    assert!(matches!(error, RegistryError::Conflict(_)), "{error}");
    assert!(error.to_string().contains("known as 'a'"), "{error}");
    assert!(registry.begin_turn(PROJECT, None, None, at(1)).await.is_err());
    // A project of its own is no obstacle, nor is a turn that waits.
    registry.begin_turn("other", None, None, at(1)).await.expect("another project");
    registry.finish_turn(&first.run_id, &outcome(TurnState::Waiting), at(2)).await.expect("waits");
    let second = registry.begin_turn(PROJECT, Some("b"), None, at(3)).await.expect("begins");
    assert_eq!(second.number, 2);
    let error = registry.reopen_turn(&first.run_id, None).await.expect_err("the second runs");
    assert!(error.to_string().contains("turn 2"), "{error}");

    // However many try at once, one turn comes out.
    let racers: Vec<_> = (0..10)
        .map(|_| {
            let registry = registry.clone();
            tokio::spawn(async move { registry.begin_turn("race", None, None, at(0)).await })
        })
        .collect();
    for racer in racers {
        assert_eq!(racer.await.expect("no panic").expect("the turn").number, 1);
    }
    assert_eq!(registry.turns("race").await.expect("reads").len(), 1);
}

pub(crate) async fn a_batch_is_recorded_once_under_its_hash(store: &Store) {
    let registry = &store.registry;
    let first = turn(registry, 0).await;
    let rows = [refused(3, "range", "size"), refused(7, "required", "region")];
    let stored = registry.store_batch(&first.run_id, &batch("a", 2), &rows, at(1)).await.expect("stored");
    assert_eq!((stored.batch.id, stored.again), (1, false));
    let same = registry.store_batch(&first.run_id, &batch("a", 2), &rows, at(2)).await.expect("again in its turn");
    assert_eq!(same, stored);
    assert_eq!(registry.turn(&first.run_id).await.expect("reads").expect("is there").batch, Some(1));
    end(registry, &first, 3).await;

    let second = turn(registry, 4).await;
    let again = registry.store_batch(&second.run_id, &batch("a", 2), &rows, at(5)).await.expect("known");
    assert_eq!((again.batch.id, again.again), (1, true));
    assert_eq!(registry.turn(&second.run_id).await.expect("reads").expect("is there").batch, None);
    registry.mark_batch_again(&second.run_id, 1).await.expect("noted");
    let noted = registry.turn(&second.run_id).await.expect("reads").expect("is there");
    assert_eq!((noted.batch, noted.action), (Some(1), Some(Action::Skip)));
    assert_eq!(noted.reason.as_deref(), Some("batch 1 again"));
    assert!(registry.mark_batch_again(&second.run_id, 9).await.is_err());
    end(registry, &second, 6).await;

    let third = turn(registry, 7).await;
    let next = registry.store_batch(&third.run_id, &batch("b", 0), &[], at(8)).await.expect("stored");
    assert_eq!((next.batch.id, next.again), (2, false));
    let batches = registry.batches(PROJECT).await.expect("reads");
    assert_eq!(batches.iter().map(|batch| batch.id).collect::<Vec<_>>(), [1, 2]);
    let found = registry.batch_by_sha256(PROJECT, &batch("b", 0).sha256).await.expect("reads");
    assert_eq!(found, registry.batch(PROJECT, 2).await.expect("reads"));
    assert_eq!(registry.batch("other", 1).await.expect("reads"), None);
    let missing = RunId::derive("nobody", RunKind::Turn, 1, 0);
    assert!(registry.store_batch(&missing, &batch("c", 0), &[], at(9)).await.is_err());
}

pub(crate) async fn a_batch_that_a_failed_turn_left_is_taken_up(store: &Store) {
    let registry = &store.registry;
    let first = turn(registry, 0).await;
    registry.store_batch(&first.run_id, &batch("a", 0), &[], at(1)).await.expect("stored");
    registry.finish_turn(&first.run_id, &outcome(TurnState::Failed), at(2)).await.expect("fails");
    let second = turn(registry, 3).await;
    let taken = registry.store_batch(&second.run_id, &batch("a", 0), &[], at(4)).await.expect("taken up");
    assert_eq!((taken.batch.id, taken.again), (1, false));
    assert_eq!(registry.turn(&second.run_id).await.expect("reads").expect("is there").batch, Some(1));
}

pub(crate) async fn counts_that_contradict_each_other_are_refused(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let mut wrong = batch("a", 0);
    wrong.rows = 99;
    let error = registry.store_batch(&turn.run_id, &wrong, &[], at(1)).await.expect_err("100 rows, not 99");
    assert_eq!(error.to_string(), "rows '99' must be new_rows 90 + duplicate_rows 10");
    let error = registry.store_batch(&turn.run_id, &batch("a", 2), &[refused(1, "range", "size")], at(1)).await;
    assert!(error.is_err(), "two rows announced, one given");
    assert_eq!(registry.batches(PROJECT).await.expect("reads"), [], "nothing was kept");
}

pub(crate) async fn quarantine_is_read_by_page_and_by_rule(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let mut rows: Vec<_> = (0..50).map(|row| refused(row, "range", "size")).collect();
    rows.extend((50..60).map(|row| refused(row, "required", "region")));
    registry.store_batch(&turn.run_id, &batch("a", 60), &rows, at(1)).await.expect("stored");

    let all = QuarantineFilter::default();
    let page = registry.quarantine(PROJECT, &all, 40, 15).await.expect("reads");
    assert_eq!(page.total, 60);
    assert_eq!(page.rows.iter().map(|row| row.row).collect::<Vec<_>>(), (40..55).collect::<Vec<_>>());
    let mut expected = refused(40, "range", "size");
    expected.batch = 1;
    assert_eq!(page.rows[0], expected);

    let one_rule = QuarantineFilter { rule: Some("required".to_owned()), ..QuarantineFilter::default() };
    assert_eq!(registry.quarantine(PROJECT, &one_rule, 0, 100).await.expect("reads").total, 10);
    let column = QuarantineFilter { column: Some("size".to_owned()), batch: Some(1), ..QuarantineFilter::default() };
    assert_eq!(registry.quarantine(PROJECT, &column, 0, 0).await.expect("reads").total, 50);
    let elsewhere = QuarantineFilter { batch: Some(2), ..QuarantineFilter::default() };
    assert_eq!(registry.quarantine(PROJECT, &elsewhere, 0, 10).await.expect("reads").total, 0);

    let counts = registry.quarantine_counts(PROJECT, &all).await.expect("reads");
    let counts: Vec<_> = counts.iter().map(|count| (count.rule.as_str(), count.rows)).collect();
    assert_eq!(counts, [("range", 50), ("required", 10)]);

    let counts = registry.quarantine_by_batch(PROJECT, 1, 5).await.expect("reads");
    let counts: Vec<_> = counts.iter().map(|count| (count.batch, count.rule.as_str(), count.rows)).collect();
    assert_eq!(counts, [(1, "range", 50), (1, "required", 10)]);
    assert_eq!(registry.quarantine_by_batch(PROJECT, 2, 5).await.expect("reads"), []);
    let span = QuarantineSpan { from: 1, to: i64::MAX, rule: Some("required".to_owned()), column: None };
    let rows = registry.quarantine_rows(PROJECT, &span, 8, 5).await.expect("reads");
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [58, 59]);
    let newest = registry.newest_batches(PROJECT, None, 3).await.expect("reads");
    assert_eq!(newest.iter().map(|batch| batch.id).collect::<Vec<_>>(), [1]);
    assert_eq!(registry.newest_batches(PROJECT, Some(0), 3).await.expect("reads"), []);
    let turns = registry.turns_of_batches(PROJECT, 1, 2).await.expect("reads");
    assert_eq!(turns.iter().map(|turn| turn.batch).collect::<Vec<_>>(), [Some(1)]);
}

pub(crate) async fn tasks_keep_their_attempts(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let (id, task) = (&turn.run_id, TaskName::TrainModel);
    assert_eq!(registry.start_task(id, task, Some(&json!({"batch": 1})), at(1)).await.expect("starts"), 1);
    registry.finish_task(id, task, TaskState::UpForRetry, None, Some("connection cut"), at(2)).await.expect("noted");
    assert_eq!(registry.start_task(id, task, None, at(3)).await.expect("starts"), 2);
    // The process dies here; the next one begins the third attempt.
    assert_eq!(registry.start_task(id, task, None, at(5)).await.expect("starts"), 3);
    registry
        .finish_task(id, task, TaskState::Succeeded, Some(&json!({"version": 1})), None, at(6))
        .await
        .expect("noted");
    let tasks = registry.tasks(id).await.expect("reads");
    let done = tasks.iter().find(|one| one.name == task).expect("is there");
    assert_eq!((done.state, done.attempt), (TaskState::Succeeded, 3));
    assert_eq!(done.inputs, Some(json!({"batch": 1})), "kept from the first attempt");
    assert_eq!(done.outputs, Some(json!({"version": 1})));
    let attempts = registry.task_attempts(id).await.expect("reads");
    let states: Vec<_> = attempts.iter().map(|attempt| (attempt.attempt, attempt.state)).collect();
    assert_eq!(states, [(1, TaskState::UpForRetry), (2, TaskState::Failed), (3, TaskState::Succeeded)]);
    assert_eq!(attempts[0].error.as_deref(), Some("connection cut"));
    assert_eq!(attempts[1].error.as_deref(), Some("interrupted"));

    registry.skip_tasks(id, &[TaskName::SkipTraining, task], at(7)).await.expect("skips");
    let tasks = registry.tasks(id).await.expect("reads");
    let state = |name| tasks.iter().find(|task| task.name == name).map(|task| task.state);
    assert_eq!(state(TaskName::SkipTraining), Some(TaskState::Skipped));
    assert_eq!(state(task), Some(TaskState::Succeeded), "what has run is not skipped");
    let nobody = RunId::derive("nobody", RunKind::Turn, 1, 0);
    assert!(registry.start_task(&nobody, task, None, at(8)).await.is_err());
}

fn line(seq: i64, text: &str) -> NewLogLine {
    NewLogLine { seq, at: at(seq), level: "INFO".to_owned(), line: text.to_owned() }
}

pub(crate) async fn log_lines_are_kept_once_and_followed(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let id = &turn.run_id;
    let (drift, train) = (TaskName::CheckDrift, TaskName::TrainModel);
    registry.append_logs(id, drift, 1, &[line(0, "a"), line(1, "b")]).await.expect("kept");
    registry.append_logs(id, drift, 1, &[line(1, "b"), line(2, "c")]).await.expect("b comes twice, is kept once");
    registry.append_logs(id, train, 1, &[line(0, "d")]).await.expect("kept");
    registry.append_logs(id, train, 1, &[]).await.expect("nothing to keep");
    let all = registry.logs(id, None, 0, 100).await.expect("reads");
    let texts =
        |lines: &[tidewheel_domain::turn::LogLine]| -> String { lines.iter().map(|line| line.line.as_str()).collect() };
    assert_eq!(texts(&all), "abcd");
    assert_eq!(texts(&registry.logs(id, None, all[1].id, 1).await.expect("reads")), "c");
    assert_eq!(texts(&registry.logs(id, Some(train), 0, 100).await.expect("reads")), "d");
    assert_eq!(texts(&registry.logs(id, None, all[3].id, 100).await.expect("reads")), "");
    let many: Vec<_> = (10..3010).map(|seq| line(seq, "x")).collect();
    registry.append_logs(id, train, 1, &many).await.expect("kept");
    assert_eq!(registry.logs(id, Some(train), 0, 10_000).await.expect("reads").len(), 3001);
}

pub(crate) async fn a_turn_ends_and_is_taken_up_again(store: &Store) {
    let registry = &store.registry;
    let begun = turn(registry, 0).await;
    let id = &begun.run_id;
    registry.start_task(id, TaskName::IngestData, None, at(1)).await.expect("starts");
    registry.finish_task(id, TaskName::IngestData, TaskState::Succeeded, None, None, at(2)).await.expect("noted");
    registry.start_task(id, TaskName::CheckDrift, None, at(2)).await.expect("starts");
    registry
        .finish_task(id, TaskName::CheckDrift, TaskState::Failed, None, Some("no reference"), at(3))
        .await
        .expect("noted");
    let failure =
        TurnOutcome { state: TurnState::Failed, metrics_newest_batch: metrics(0.5), error: Some("why".to_owned()) };
    let failed = registry.finish_turn(id, &failure, at(4)).await.expect("ends");
    assert_eq!((failed.state, failed.duration_ms), (TurnState::Failed, Some(4000)));
    assert_eq!(failed.error.as_deref(), Some("why"));
    assert_eq!(failed.metrics_newest_batch, metrics(0.5));
    let run = registry.run(id).await.expect("reads").expect("is there");
    assert_eq!((run.status, run.ended_at, run.metrics), (RunStatus::Failed, Some(at(4)), metrics(0.5)));
    // Ended once more, it keeps its time.
    assert_eq!(registry.finish_turn(id, &failure, at(50)).await.expect("ends").ended_at, Some(at(4)));
    assert!(registry.finish_turn(id, &outcome(TurnState::Running), at(50)).await.is_err());

    let reopened = registry.reopen_turn(id, None).await.expect("taken up");
    assert_eq!((reopened.state, reopened.ended_at, reopened.error), (TurnState::Running, None, None));
    let state = |tasks: &[tidewheel_domain::turn::Task], name| {
        tasks.iter().find(|task| task.name == name).map(|task| task.state)
    };
    let tasks = registry.tasks(id).await.expect("reads");
    assert_eq!(state(&tasks, TaskName::IngestData), Some(TaskState::Succeeded));
    assert_eq!(state(&tasks, TaskName::CheckDrift), Some(TaskState::Pending));
    registry.finish_turn(id, &outcome(TurnState::Waiting), at(60)).await.expect("waits");
    assert_eq!(registry.run(id).await.expect("reads").expect("is there").status, RunStatus::Scheduled);
    registry.reopen_turn(id, Some(TaskName::IngestData)).await.expect("taken up from the start");
    let tasks = registry.tasks(id).await.expect("reads");
    assert_eq!(state(&tasks, TaskName::IngestData), Some(TaskState::Pending));
    end(registry, &begun, 70).await;
    assert!(registry.reopen_turn(id, None).await.is_err(), "it has succeeded");
}

pub(crate) async fn the_lists_have_the_shape_that_scripts_read(store: &Store) {
    let registry = &store.registry;
    let begun = turn(registry, 0).await;
    let id = &begun.run_id;
    registry.store_batch(id, &batch("a", 0), &[], at(1)).await.expect("stored");
    let decision = json!({"action": "baseline", "z": 1, "a": 0.1});
    registry.set_decision(id, &decision, Action::Baseline, "no champion yet").await.expect("kept");
    registry.set_source_position(id, "batch 1").await.expect("kept");
    let made = version(registry, 1).await;
    let promotion = tidewheel_registry::Promotion { turn: Some(id), ..by("first") };
    registry.promote(PROJECT, made.version, promotion, at(2)).await.expect("promoted");
    let outcome = TurnOutcome { state: TurnState::Succeeded, metrics_newest_batch: metrics(0.5), error: None };
    registry.finish_turn(id, &outcome, at(3)).await.expect("ends");

    let turns = registry.turns(PROJECT).await.expect("reads");
    assert_eq!(turns[0].decision.as_ref().map(Value::to_string), Some(decision.to_string()), "in its own order");
    let list = serde_json::to_value(&turns).expect("serialises");
    let turn = &list[0];
    for (field, value) in [
        ("id", json!(id)),
        ("batch", json!(1)),
        ("state", json!("succeeded")),
        ("action", json!("baseline")),
        ("reason", json!("no champion yet")),
        ("model_version", json!(1)),
        ("promoted", json!(true)),
        ("metrics_newest_batch", json!({"r2": {"value": 0.5, "low": 0.48, "high": 0.52}})),
        ("duration_ms", json!(3000)),
        ("started_at", json!("2023-11-14T22:13:20.000Z")),
        ("source_position", json!("batch 1")),
    ] {
        assert_eq!(turn[field], value, "{field}");
    }
    assert!(turn.get("decision").is_none());

    let list = serde_json::to_value(registry.batches(PROJECT).await.expect("reads")).expect("serialises");
    for (field, value) in [
        ("id", json!(1)),
        ("rows", json!(100)),
        ("new_rows", json!(90)),
        ("duplicate_rows", json!(10)),
        ("quarantined_rows", json!(0)),
        ("sha256", json!(batch("a", 0).sha256)),
        ("received_at", json!("2023-11-14T22:13:25.000Z")),
    ] {
        assert_eq!(list[0][field], value, "{field}");
    }

    let list = serde_json::to_value(registry.model_versions(PROJECT).await.expect("reads")).expect("serialises");
    for (field, value) in [
        ("version", json!(1)),
        ("stage", json!("Production")),
        ("aliases", json!(["production"])),
        ("run_id", json!(made.run_id)),
        ("rejected_by", Value::Null),
        ("metrics", json!({"r2": {"value": 0.7, "low": 0.7 - 0.02, "high": 0.7 + 0.02}})),
        ("metrics_newest_batch", json!({"r2": {"value": 0.6, "low": 0.6 - 0.02, "high": 0.6 + 0.02}})),
    ] {
        assert_eq!(list[0][field], value, "{field}");
    }
}

pub(crate) async fn text_that_a_database_might_refuse_is_kept(store: &Store) {
    let registry = &store.registry;
    let begun = turn(registry, 0).await;
    let mut row = refused(0, "range", "size");
    row.value = Some("a\0b 'quoted' \u{1F600} \"x\" $1 ?".to_owned());
    row.data = json!({"nul": "a\0b", "n": 0.1, "big": 9_007_199_254_740_993_i64});
    registry.store_batch(&begun.run_id, &batch("a", 1), &[row.clone()], at(1)).await.expect("stored");
    let page = registry.quarantine(PROJECT, &QuarantineFilter::default(), 0, 10).await.expect("reads");
    assert_eq!(page.rows[0].value.as_deref(), Some("a\u{FFFD}b 'quoted' \u{1F600} \"x\" $1 ?"));
    assert_eq!(page.rows[0].data, row.data);
    assert!(registry.turns("'; DROP TABLE turns; --").await.expect("reads").is_empty());
    assert_eq!(registry.turns(PROJECT).await.expect("reads").len(), 1);
}
