//! Things for the tests to record.

use std::collections::BTreeMap;

use serde_json::json;
use tidewheel_domain::batch::{NewBatch, QuarantinedRow};
use tidewheel_domain::model_version::{ModelVersion, NewModelVersion};
use tidewheel_domain::run::{RunRecord, TrainingRecord};
use tidewheel_domain::turn::{Turn, TurnOutcome, TurnState};
use tidewheel_domain::{Metric, Metrics, RunId, RunKind, Sha256, Timestamp};
use tidewheel_registry::{Promotion, Registry};

pub(crate) const PROJECT: &str = "orchard";

/// A time some seconds after a fixed moment.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + seconds * 1000)
}

pub(crate) fn metrics(r2: f64) -> Metrics {
    Metrics::from([("r2".to_owned(), Metric::with_interval(r2, r2 - 0.02, r2 + 0.02))])
}

pub(crate) fn batch(seed: &str, quarantined: i64) -> NewBatch {
    NewBatch {
        sha256: Sha256::of(seed.as_bytes()),
        source_position: Some(format!("after {seed}")),
        rows: 100,
        new_rows: 90,
        duplicate_rows: 10,
        quarantined_rows: quarantined,
        clean_rows: 90 - quarantined,
        columns: json!({"size": {"kind": "number"}}),
        received_at: at(5),
    }
}

pub(crate) fn refused(row: i64, rule: &str, column: &str) -> QuarantinedRow {
    QuarantinedRow {
        batch: 0,
        row,
        rule: rule.to_owned(),
        column: Some(column.to_owned()),
        value: Some(format!("bad {row}")),
        data: json!({"size": row, "region": "north"}),
    }
}

pub(crate) fn outcome(state: TurnState) -> TurnOutcome {
    TurnOutcome { state, metrics_newest_batch: Metrics::new(), error: None }
}

/// A turn that has just begun.
pub(crate) async fn turn(registry: &Registry, second: i64) -> Turn {
    registry.begin_turn(PROJECT, None, None, at(second)).await.expect("a turn begins")
}

/// Ends a turn well.
pub(crate) async fn end(registry: &Registry, turn: &Turn, second: i64) {
    registry.finish_turn(&turn.run_id, &outcome(TurnState::Succeeded), at(second)).await.expect("the turn ends");
}

pub(crate) fn training(trials: usize) -> TrainingRecord {
    let record = |name: String, r2: f64| RunRecord {
        name,
        started_at: at(10),
        ended_at: at(20),
        failed: false,
        params: BTreeMap::from([("max_depth".to_owned(), "6".to_owned())]),
        metrics: metrics(r2),
        history: BTreeMap::new(),
        tags: BTreeMap::from([("batch".to_owned(), "1".to_owned())]),
    };
    TrainingRecord {
        run: record("training 1".to_owned(), 0.7),
        trials: (0..trials).map(|index| record(format!("trial {index}"), 0.5 + index as f64 / 100.0)).collect(),
    }
}

/// A version registered by a run of its own.
pub(crate) async fn version(registry: &Registry, number: i64) -> ModelVersion {
    let new = NewModelVersion {
        run_id: RunId::derive(PROJECT, RunKind::Training, number, 0),
        source: format!("mlflow-artifacts:/1/{number}/artifacts/model"),
        description: String::new(),
        tags: BTreeMap::from([("batch".to_owned(), number.to_string())]),
        metrics: metrics(0.7),
        metrics_newest_batch: metrics(0.6),
    };
    registry.register_version(PROJECT, &new, at(100 + number)).await.expect("a version is registered")
}

pub(crate) fn by(reason: &str) -> Promotion<'_> {
    Promotion { who: "test", reason, turn: None }
}
