//! Experiments, runs, metrics.

use std::collections::BTreeMap;

use tidewheel_domain::run::{RunRecord, RunStatus, TrainingRecord};
use tidewheel_domain::{Metric, Metrics};

use crate::fixtures::{PROJECT, at, training, turn};
use crate::harness::Store;

pub(crate) async fn an_experiment_is_made_once(store: &Store) {
    let registry = &store.registry;
    assert_eq!(registry.experiment(PROJECT).await.expect("reads"), None);
    let makers: Vec<_> = (0..8)
        .map(|_| {
            let registry = registry.clone();
            tokio::spawn(async move { registry.create_or_get_experiment(PROJECT, at(0)).await })
        })
        .collect();
    let mut ids = Vec::new();
    for maker in makers {
        ids.push(maker.await.expect("no panic").expect("made or found").experiment_id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let experiment = registry.experiment(PROJECT).await.expect("reads").expect("is there");
    assert_eq!(experiment.artifact_location, format!("mlflow-artifacts:/{}", experiment.experiment_id));
    assert!(registry.create_or_get_experiment(" ", at(0)).await.is_err());
}

pub(crate) async fn a_training_is_recorded_whole_and_replaced_whole(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let first = registry.store_training(&turn, &training(12)).await.expect("recorded");
    assert_eq!(first.run_id, turn.training_run_id());
    assert_eq!(first.parent.as_ref(), Some(&turn.run_id));
    assert_eq!(first.status, RunStatus::Finished);
    assert_eq!(first.metrics["r2"], Metric::with_interval(0.7, 0.7 - 0.02, 0.7 + 0.02));
    assert_eq!(first.params["max_depth"], "6");
    let trials = registry.child_runs(&first.run_id).await.expect("reads");
    let names: Vec<_> = trials.iter().map(|trial| trial.name.clone()).collect();
    assert_eq!(names, (0..12).map(|index| format!("trial {index}")).collect::<Vec<_>>());

    let again = registry.store_training(&turn, &training(3)).await.expect("replaced");
    assert_eq!(again.run_id, first.run_id);
    assert_eq!(registry.child_runs(&first.run_id).await.expect("reads").len(), 3);
    let below: Vec<_> = registry.child_runs(&turn.run_id).await.expect("reads");
    assert_eq!(below.len(), 1);
    assert_eq!(store.raw_count("SELECT COUNT(*) FROM runs").await, 5, "turn, training, three trials");
    assert_eq!(store.raw_count("SELECT COUNT(*) FROM params").await, 4, "nothing of the first is left");
}

pub(crate) async fn a_later_point_of_a_metric_is_the_latest_and_one_at_its_step_is_replaced(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let run = registry.store_training(&turn, &training(1)).await.expect("recorded").run_id;
    let put = async |step, value| registry.put_metric(&run, "held", step, Metric::point(value), at(1)).await;
    for (step, value) in [(3, 0.9), (5, 0.8), (5, 0.7), (4, 0.6)] {
        put(step, value).await.expect("put");
    }
    let history = registry.metric_history(&run, "held").await.expect("reads");
    let points: Vec<_> = history.iter().map(|point| (point.step, point.value)).collect();
    assert_eq!(points, [(3, 0.9), (4, 0.6), (5, 0.7)]);
    let latest = registry.run(&run).await.expect("reads").expect("is there").metrics;
    assert_eq!(latest["held"], Metric::point(0.7));
    assert_eq!(registry.metric_of_versions("none", "held", 9).await.expect("reads"), []);
}

pub(crate) async fn a_metric_keeps_nan_infinity_and_its_interval(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let run = RunRecord {
        name: "odd".to_owned(),
        metrics: Metrics::from([
            ("nan".to_owned(), Metric::point(f64::NAN)),
            ("large".to_owned(), Metric::point(f64::INFINITY)),
            ("r2".to_owned(), Metric::with_interval(0.1 + 0.2, -1.5e-300, 1e300)),
            ("loss".to_owned(), Metric::point(0.25)),
        ]),
        history: BTreeMap::from([("loss".to_owned(), vec![(0, 3.0), (1, 2.0), (2, 1.0)])]),
        ..RunRecord::default()
    };
    let training = TrainingRecord { run, trials: Vec::new() };
    let run = registry.store_training(&turn, &training).await.expect("recorded");
    assert!(run.metrics["nan"].value.is_nan());
    assert_eq!(run.metrics["large"].value, f64::MAX);
    assert_eq!(run.metrics["r2"], Metric::with_interval(0.1 + 0.2, -1.5e-300, 1e300), "every bit");
    assert_eq!(run.metrics["loss"].value, 0.25, "the final value is the latest");
    let history = registry.metric_history(&run.run_id, "loss").await.expect("reads");
    let points: Vec<_> = history.iter().map(|point| (point.step, point.value)).collect();
    assert_eq!(points, [(0, 3.0), (1, 2.0), (2, 1.0), (3, 0.25)]);
    assert_eq!(registry.metric_history(&run.run_id, "no such").await.expect("reads"), []);
}

pub(crate) async fn many_parameters_and_points_fit_into_one_training(store: &Store) {
    let registry = &store.registry;
    let turn = turn(registry, 0).await;
    let mut record = training(0);
    record.run.params = (0..3000).map(|index| (format!("p{index}"), index.to_string())).collect();
    record.run.history = BTreeMap::from([("loss".to_owned(), (0..5000).map(|step| (step, 1.0)).collect())]);
    let run = registry.store_training(&turn, &record).await.expect("recorded");
    assert_eq!(run.params.len(), 3000);
    assert_eq!(run.params["p2999"], "2999");
    assert_eq!(registry.metric_history(&run.run_id, "loss").await.expect("reads").len(), 5000);
}
