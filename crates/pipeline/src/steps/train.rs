//! Train a challenger on the window, and register it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidewheel_boost::Params;
use tidewheel_domain::model_version::NewModelVersion;
use tidewheel_domain::project::Project;
use tidewheel_domain::run::{RunRecord, TrainingRecord};
use tidewheel_domain::turn::Turn;
use tidewheel_domain::{Metric, Metrics, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::context::{
    ACTION_TAG, BATCHES_TAG, Context, IMPORTANCE, PARAMS, REASON_TAG, TRAINING_ROWS_TAG, TURN_TAG, compute, now,
};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::task_log::TaskLog;
use crate::training::split::is_holdout;
use crate::training::tune::params_by_name;
use crate::training::window::Rows;
use crate::training::{Challenger, Observer, TrainingError, train_challenger};

/// What a model listens to: shares of its mean absolute SHAP value.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Importance {
    /// By feature, in the model's order.
    pub features: Vec<(String, f64)>,
    /// By raw column: a column takes the shares of all features that read it, so that these may sum to more than 1.
    pub columns: BTreeMap<String, f64>,
}

/// Trains on all batches up to the turn's own. Gives the registered version.
pub async fn run(context: &Context, turn: &Turn, batch: i64, log: &TaskLog) -> Result<Value, PipelineError> {
    let started_at = now();
    let project = Arc::clone(&context.project);
    let (ids, rows, newest) = window(context, batch).await?;
    log.info(format!("Training on {} distinct clean rows of batches {}", rows.len(), join(&ids)));
    let warm_start = match turn.champion_before {
        Some(champion) => {
            let champion = context.version(champion).await?;
            context.json_artifact::<Params>(&champion.run_id, PARAMS).await?
        }
        None => None,
    };
    let watcher = Watcher { log: log.clone(), stop: context.stop.clone() };
    let threads = project.train.threads;
    let work = {
        let project = Arc::clone(&project);
        move || with_threads(threads, || train_challenger(&project, &rows, &newest, warm_start, &watcher))
    };
    let challenger = compute(work).await??;
    report(&challenger, log);

    let run_id = turn.training_run_id();
    for (path, bytes) in &challenger.files {
        context.registry.objects().put_artifact(&run_id, path, bytes.clone().into()).await?;
    }
    context.put_json(&run_id, PARAMS, &challenger.params).await?;
    context.put_json(&run_id, IMPORTANCE, &importance(&challenger)).await?;
    let record = record(&project, turn, &challenger, &ids, started_at);
    let run = context.registry.store_training(turn, &record).await?;
    let version = NewModelVersion {
        run_id: run.run_id.clone(),
        source: format!("{}/model", run.artifact_uri),
        description: turn.reason.clone().unwrap_or_default(),
        tags: version_tags(turn, &challenger, &ids),
        metrics: challenger.holdout.metrics.clone(),
        metrics_newest_batch: challenger.newest.metrics.clone(),
    };
    let version = context.registry.register_version(&project.model_name, &version, now()).await?;
    context.registry.set_turn_version(&turn.run_id, version.version).await?;
    log.info(format!("Registered version {} of {}", version.version, project.model_name));
    Ok(json!({ "version": version.version, "run_id": run.run_id, "batches": ids }))
}

/// Ids of the window's batches, its distinct rows, and the hold-out rows of the newest batch.
pub async fn window(context: &Context, newest: i64) -> Result<(Vec<i64>, Rows, Rows), PipelineError> {
    let project = &context.project;
    let batches = context.registry.batches(&project.name).await?;
    let mut ids = batches.iter().map(|batch| batch.id).filter(|&id| id <= newest).collect::<Vec<_>>();
    if let Some(window) = project.train.window {
        ids = ids.split_off(ids.len().saturating_sub(window));
    }
    let batches = context.clean_batches(&ids).await?;
    let holdout = project.train.holdout;
    compute(move || {
        let rows = Rows::of_batches(&batches)?;
        let newest = batches.last().map(|(id, batch)| newest_holdout(*id, batch, holdout)).unwrap_or_default();
        Ok((ids, rows, newest))
    })
    .await?
}

/// The hold-out rows of a batch, repeats from earlier batches included.
pub fn newest_holdout(id: i64, batch: &tidewheel_data::batch::CleanBatch, holdout: f64) -> Rows {
    let places = (0..batch.table.rows()).filter(|&row| is_holdout(batch.key_hashes[row], holdout)).collect::<Vec<_>>();
    Rows::of_batch(id, batch, &places)
}

struct Watcher {
    log: TaskLog,
    stop: CancellationToken,
}

impl Observer for Watcher {
    fn trial(&self, number: usize, of: usize, loss: f64, pruned: bool) {
        self.log.event(Event::Trial { number, of, loss, pruned });
        let ending = if pruned { ", given up after its first fold" } else { "" };
        self.log.info(format!("Trial {number} of {of}: loss {loss:.5}{ending}"));
    }

    fn stopped(&self) -> Result<(), TrainingError> {
        if self.stop.is_cancelled() { Err(TrainingError::Stopped) } else { Ok(()) }
    }
}

fn with_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let pool = threads.and_then(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok());
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

fn report(challenger: &Challenger, log: &TaskLog) {
    let complete = challenger.tuned.trials.iter().filter(|trial| !trial.pruned).count();
    log.info(format!(
        "Best of {} trials ({complete} complete): {}",
        challenger.tuned.trials.len(),
        params_by_name(&challenger.params)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(" ")
    ));
    let line = |metrics: &Metrics| {
        let parts = metrics.iter().map(|(name, metric)| format!("{name} {}", short(metric.value)));
        parts.collect::<Vec<_>>().join(", ")
    };
    log.info(format!(
        "Hold-out ({} rows inside the limits, {} outside): {}",
        challenger.holdout.rows,
        challenger.holdout.outside,
        line(&challenger.holdout.metrics)
    ));
    log.info(format!(
        "Newest batch's hold-out ({} rows): {}",
        challenger.newest.rows,
        line(&challenger.newest.metrics)
    ));
}

fn short(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.4}") }
}

fn importance(challenger: &Challenger) -> Importance {
    let shares: BTreeMap<&str, f64> =
        challenger.importance.iter().map(|(name, share)| (name.as_str(), *share)).collect();
    let inputs = challenger.scorer.recipe.recipe().inputs.iter();
    let columns = inputs.map(|input| {
        let share = input.read_by.iter().filter_map(|feature| shares.get(feature.as_str())).sum();
        (input.name.clone(), share)
    });
    Importance { columns: columns.collect(), features: challenger.importance.clone() }
}

fn record(
    project: &Project,
    turn: &Turn,
    challenger: &Challenger,
    ids: &[i64],
    started_at: Timestamp,
) -> TrainingRecord {
    let mut params = params_by_name(&challenger.params);
    params.insert("batches".to_owned(), join(ids));
    params.insert("training_rows".to_owned(), challenger.training_rows.to_string());
    params.insert("training_rows_outside_limits".to_owned(), challenger.outside_rows.to_string());
    params.insert("holdout_rows".to_owned(), challenger.holdout.rows.to_string());
    params.insert("holdout_rows_outside_limits".to_owned(), challenger.holdout.outside.to_string());
    params.insert("features".to_owned(), project.feature_names().join(","));

    let mut metrics = challenger.holdout.metrics.clone();
    for (name, metric) in &challenger.newest.metrics {
        metrics.insert(format!("newest_{name}"), *metric);
    }
    if let Some(error) = challenger.holdout.outside_mae {
        metrics.insert("mae_outside_limits".to_owned(), Metric::point(error));
    }
    let best = &challenger.tuned.trials[challenger.tuned.best];
    metrics.insert("cv_loss".to_owned(), Metric::point(best.loss()));
    let r2 = best.fold_r2.iter().copied().filter(|value| value.is_finite()).collect::<Vec<_>>();
    if !r2.is_empty() {
        let mean = r2.iter().sum::<f64>() / r2.len() as f64;
        let variance = r2.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / r2.len() as f64;
        metrics.insert("cv_r2_mean".to_owned(), Metric::point(mean));
        metrics.insert("cv_r2_std".to_owned(), Metric::point(variance.sqrt()));
    }

    let mut tags = BTreeMap::new();
    tags.insert(TURN_TAG.to_owned(), turn.number.to_string());
    if let Some(reason) = &turn.reason {
        tags.insert(REASON_TAG.to_owned(), reason.clone());
    }
    let mut at = started_at;
    let trials = challenger.tuned.trials.iter().enumerate().map(|(number, trial)| {
        let begun = at;
        at = at.plus_ms(trial.duration_ms);
        RunRecord {
            name: format!("trial-{}", number + 1),
            started_at: begun,
            ended_at: at,
            failed: false,
            params: params_by_name(&trial.params),
            metrics: [("loss".to_owned(), Metric::point(trial.loss()))].into(),
            history: [(
                "fold_loss".to_owned(),
                trial.fold_losses.iter().enumerate().map(|(fold, loss)| (fold as i64, *loss)).collect(),
            )]
            .into(),
            tags: [("tidewheel.pruned".to_owned(), trial.pruned.to_string())].into(),
        }
    });
    let trials = trials.collect();
    TrainingRecord {
        run: RunRecord {
            name: format!("training-{}", turn.number),
            started_at,
            ended_at: now(),
            failed: false,
            params,
            metrics,
            history: BTreeMap::new(),
            tags,
        },
        trials,
    }
}

fn version_tags(turn: &Turn, challenger: &Challenger, ids: &[i64]) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    tags.insert(BATCHES_TAG.to_owned(), join(ids));
    tags.insert(TRAINING_ROWS_TAG.to_owned(), challenger.training_rows.to_string());
    tags.insert(TURN_TAG.to_owned(), turn.number.to_string());
    if let Some(action) = turn.action {
        tags.insert(ACTION_TAG.to_owned(), action.to_string());
    }
    if let Some(reason) = &turn.reason {
        tags.insert(REASON_TAG.to_owned(), reason.clone());
    }
    tags
}

fn join(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}
