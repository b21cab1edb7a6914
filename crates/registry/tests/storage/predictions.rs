//! The prediction log.

use tidewheel_domain::{RunId, RunKind};
use tidewheel_registry::{PredictionFilter, PredictionRecord, PredictionSummary};

use crate::fixtures::{PROJECT, at};
use crate::harness::Store;

fn record(number: i64) -> PredictionRecord {
    PredictionRecord {
        at: at(number),
        request_id: format!("request-{number}"),
        inputs: format!(r#"{{"size":{number},"region":"north"}}"#),
        answer: number as f64 * 1000.0,
        model_version: Some(1 + number % 2),
        model_run_id: Some(RunId::derive(PROJECT, RunKind::Training, 1, 0)),
        response_time_ms: 0.25,
        client_ip: Some("127.0.0.1".to_owned()),
        group_value: Some(["north", "south", "east"][number as usize % 3].to_owned()),
    }
}

pub(crate) async fn predictions_are_listed_newest_first_and_summed_up(store: &Store) {
    let registry = &store.registry;
    let records: Vec<_> = (0..10).map(record).collect();
    registry.log_predictions(PROJECT, "w1", &records, at(10)).await.expect("kept");
    let all = PredictionFilter::default();
    let newest = registry.predictions(PROJECT, &all, 3).await.expect("reads");
    assert_eq!(newest.iter().map(|one| one.answer).collect::<Vec<_>>(), [9000.0, 8000.0, 7000.0]);
    assert_eq!(newest[0].inputs["size"], 9);
    let next = PredictionFilter { before_id: Some(newest[2].id), ..PredictionFilter::default() };
    assert_eq!(registry.predictions(PROJECT, &next, 1).await.expect("reads")[0].answer, 6000.0);
    let south = PredictionFilter { group_value: Some("south".to_owned()), ..PredictionFilter::default() };
    let south = registry.predictions(PROJECT, &south, 10).await.expect("reads");
    assert_eq!(south.iter().map(|one| one.answer).collect::<Vec<_>>(), [7000.0, 4000.0, 1000.0]);
    assert!(registry.predictions("other", &all, 10).await.expect("reads").is_empty());

    let summary = registry.prediction_summary(PROJECT, at(6)).await.expect("reads");
    let expected = PredictionSummary {
        count: 4,
        average: Some(7500.0),
        minimum: Some(6000.0),
        maximum: Some(9000.0),
        average_response_time_ms: Some(0.25),
        groups: 3,
        model_versions: vec![1, 2],
    };
    assert_eq!(summary, expected);
    let empty = registry.prediction_summary(PROJECT, at(100)).await.expect("reads");
    assert_eq!((empty.count, empty.average, empty.model_versions.len()), (0, None, 0));
    assert_eq!(registry.prune_predictions(PROJECT, at(8)).await.expect("removes"), 8);
    assert_eq!(registry.predictions(PROJECT, &all, 100).await.expect("reads").len(), 2);
}

pub(crate) async fn the_same_write_is_kept_once(store: &Store) {
    let registry = &store.registry;
    for _ in 0..3 {
        registry.log_predictions(PROJECT, "w1", &[record(1), record(2)], at(0)).await.expect("kept");
    }
    registry.log_predictions(PROJECT, "w2", &[record(1)], at(1)).await.expect("another write");
    registry.log_predictions(PROJECT, "w3", &[], at(1)).await.expect("nothing to keep");
    let all = registry.predictions(PROJECT, &PredictionFilter::default(), 100).await.expect("reads");
    assert_eq!(all.len(), 3);
    let mut wrong = record(3);
    wrong.answer = f64::NAN;
    let error = registry.log_predictions(PROJECT, "w4", &[record(4), wrong], at(2)).await.expect_err("refused");
    assert_eq!(error.to_string(), "answer 'NaN' must be finite");
    assert_eq!(registry.predictions(PROJECT, &PredictionFilter::default(), 100).await.expect("reads").len(), 3);
}

pub(crate) async fn thousands_of_predictions_are_recorded(store: &Store) {
    let registry = &store.registry;
    let records: Vec<_> = (0..2000).map(record).collect();
    for write in 0..20 {
        registry.log_predictions(PROJECT, &format!("w{write}"), &records, at(0)).await.expect("kept");
    }
    assert_eq!(registry.prediction_summary(PROJECT, at(0)).await.expect("reads").count, 40_000);
}
