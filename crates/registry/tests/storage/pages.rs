//! What pages read: some at a time, on both databases.

use serde_json::json;
use tidewheel_domain::RunKind;
use tidewheel_domain::model_version::Stage;
use tidewheel_domain::turn::{Action, NewLogLine, TaskName};
use tidewheel_registry::{RunFilter, RunOrder};

use crate::fixtures::{PROJECT, at, batch, by, end, refused, training, turn, version};
use crate::harness::Store;

pub(crate) async fn the_pulse_beats_when_something_changes(store: &Store) {
    let registry = &store.registry;
    let pulse = async |second| registry.pulse(PROJECT, PROJECT, at(second)).await.expect("reads");
    let empty = pulse(0).await;
    assert_eq!((empty.turns, empty.waiting, empty.running, empty.production), (0, 0, None, None));
    let first = turn(registry, 1).await;
    registry.start_task(&first.run_id, TaskName::IngestData, None, at(2)).await.expect("begins");
    let begun = pulse(3).await;
    assert_eq!((begun.turns, begun.ended, begun.running), (1, 0, None), "nobody holds the lease");
    assert_ne!(begun.to_string(), empty.to_string());
    end(registry, &first, 4).await;
    let made = version(registry, 1).await;
    registry.promote(PROJECT, made.version, by("first"), at(5)).await.expect("promoted");
    let after = pulse(6).await;
    assert_eq!((after.ended, after.production), (1, Some(1)));
    assert!(after.ledger > begun.ledger && after.coarse() != begun.coarse());
}

pub(crate) async fn turns_are_read_a_page_at_a_time(store: &Store) {
    let registry = &store.registry;
    for number in 1..=3 {
        let turn = turn(registry, 10 * number).await;
        let rows: Vec<_> = (0..number).map(|row| refused(row, "range", "size")).collect();
        let new = batch(&format!("b{number}"), number);
        registry.store_batch(&turn.run_id, &new, &rows, at(10 * number + 1)).await.expect("stored");
        let action = if number == 2 { Action::Skip } else { Action::Retrain };
        registry.set_decision(&turn.run_id, &json!({ "number": number }), action, "why").await.expect("decided");
        end(registry, &turn, 10 * number + 5).await;
    }
    let numbers = |turns: &[tidewheel_domain::turn::Turn]| turns.iter().map(|turn| turn.number).collect::<Vec<_>>();
    let newest = registry.newest_turns(PROJECT, None, 2).await.expect("reads");
    assert_eq!(numbers(&newest), [3, 2]);
    assert!(newest.iter().all(|turn| turn.decision.is_none()), "decisions are large");
    assert_eq!(numbers(&registry.newest_turns(PROJECT, Some(1), 9).await.expect("reads")), [1]);
    let decided = async |action, version| {
        numbers(&registry.decided_turns(PROJECT, None, action, version, 9).await.expect("reads"))
    };
    assert_eq!(decided(None, None).await, [3, 2, 1]);
    assert_eq!(decided(Some(Action::Skip), None).await, [2]);
    assert_eq!(decided(None, Some(7)).await, [0; 0]);
    let records = registry.decided_records(PROJECT, Some(2), 9).await.expect("reads");
    assert_eq!(
        records.iter().map(|turn| turn.decision.clone()).collect::<Vec<_>>(),
        [Some(json!({ "number": 2 })), Some(json!({ "number": 1 })),]
    );
    let (older, newer) = registry.decided_beside(PROJECT, 2).await.expect("reads");
    assert_eq!((older.map(|turn| turn.number), newer.map(|turn| turn.number)), (Some(1), Some(3)));
    assert_eq!(registry.turn_of_batch(PROJECT, 2).await.expect("reads").map(|turn| turn.number), Some(2));
    assert_eq!(registry.turn_by_number(PROJECT, 3).await.expect("reads").map(|turn| turn.batch), Some(Some(3)));
    assert_eq!(registry.turn_without_decision(PROJECT, 4).await.expect("reads"), None);
    assert_eq!(registry.batches_between(PROJECT, 2, 3).await.expect("reads").len(), 2);
    let tasks = registry.tasks_between(PROJECT, 2, 2).await.expect("reads");
    assert!(tasks.len() == TaskName::ALL.len() && tasks.iter().all(|(number, _)| *number == 2), "{tasks:?}");
    let totals = registry.totals(PROJECT).await.expect("reads");
    assert_eq!((totals.batches, totals.skipped, totals.quarantined_rows, totals.rows), (3, 1, 6, 300));
}

pub(crate) async fn the_end_of_a_log_is_read(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let line = |seq: i64| NewLogLine {
        seq,
        at: at(seq),
        level: if seq == 1 { "WARN" } else { "INFO" }.to_owned(),
        line: format!("line {seq}"),
    };
    let lines: Vec<_> = (0..4).map(line).collect();
    registry.append_logs(&turn.run_id, TaskName::IngestData, 1, &lines).await.expect("appended");
    let last = async |task, warnings, before| {
        let lines = registry.last_logs(&turn.run_id, task, warnings, before, 2).await.expect("reads");
        lines.into_iter().map(|line| line.line).collect::<Vec<_>>()
    };
    assert_eq!(last(None, false, None).await, ["line 2", "line 3"]);
    assert_eq!(last(Some(TaskName::IngestData), true, None).await, ["line 1"]);
    assert_eq!(last(Some(TaskName::Promote), false, None).await, [""; 0]);
}

pub(crate) async fn versions_and_runs_are_read_a_page_at_a_time(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let run = registry.store_training(&turn, &training(3)).await.expect("recorded");
    for number in 1..=3 {
        version(registry, number).await;
    }
    registry.promote(PROJECT, 2, by("better"), at(200)).await.expect("promoted");
    let versions = registry.newest_versions(PROJECT, None, 2).await.expect("reads");
    let shown: Vec<_> = versions.iter().map(|version| (version.version, version.stage)).collect();
    assert_eq!(shown, [(3, Stage::None), (2, Stage::Production)]);
    let params = registry.params_of_versions(PROJECT, (1, 3), &["max_depth", "none"]).await.expect("reads");
    assert_eq!(params.get(&1).and_then(|params| params.get("max_depth")).map(String::as_str), Some("6"));

    let page = async |filter: RunFilter<'_>| registry.runs_page(PROJECT, &filter).await.expect("reads");
    let all = page(RunFilter { limit: 2, ..RunFilter::default() }).await;
    assert_eq!((all.runs.len(), all.total), (2, 4));
    let trials = page(RunFilter {
        kind: Some(RunKind::Trial),
        metric: Some(("r2", Some(0.505), Some(0.9))),
        order: RunOrder::Largest("r2"),
        text: "TRIAL",
        limit: 9,
        ..RunFilter::default()
    });
    let values: Vec<_> = trials.await.runs.iter().map(|run| run.metrics["r2"].value).collect();
    assert_eq!(values, [0.52, 0.51]);
    let smallest =
        page(RunFilter { order: RunOrder::Smallest("r2"), limit: 1, offset: 1, ..RunFilter::default() }).await;
    assert_eq!(smallest.runs[0].metrics["r2"].value, 0.51);
    let ids = [run.run_id.clone()];
    assert_eq!(page(RunFilter { ids: &ids, limit: 9, ..RunFilter::default() }).await.total, 1);
    let parent = RunFilter { parent: Some(&run.run_id), order: RunOrder::Oldest, limit: 9, ..RunFilter::default() };
    assert_eq!(page(parent).await.total, 3);
    assert_eq!(registry.trials_of(PROJECT, &run.run_id, 2).await.expect("reads").len(), 2);
    registry.metric_histories(&run.run_id).await.expect("reads");
}
