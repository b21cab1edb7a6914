//! Training a challenger, and judging it. Pure computation: rows in, model and figures out.

/// Which rows no training ever sees.
pub mod split;

/// The rows that a model learns from.
pub mod window;

/// A model with its recipe, on rows of a table.
pub mod scorer;

/// Metrics with intervals.
pub mod evaluate;

/// Searching for good parameters.
pub mod tune;

/// Champion against challenger.
pub mod compare;

/// Trees that tell two samples apart.
pub mod classifier;

use thiserror::Error;
use tidewheel_boost::{Dataset, DatasetError, Params, PredictError, TrainError, TrainOptions, train};
use tidewheel_data::bundle::{self, BundleError};
use tidewheel_data::interval::Interval;
use tidewheel_data::recipe::{FitError, Recipe};
use tidewheel_domain::project::Project;

use scorer::{Evaluation, Scorer};
use tune::Tuned;
use window::Rows;

/// Why a training failed.
#[derive(Debug, Error)]
pub enum TrainingError {
    /// The recipe cannot be fitted.
    #[error("the recipe cannot be fitted: {0}")]
    Fit(#[from] FitError),
    /// The features cannot be binned.
    #[error("the features cannot be used: {0}")]
    Dataset(#[from] DatasetError),
    /// The trees cannot be grown.
    #[error("the model cannot be trained: {0}")]
    Train(#[from] TrainError),
    /// The model cannot predict its own features.
    #[error("the model cannot predict: {0}")]
    Predict(#[from] PredictError),
    /// The search found nothing.
    #[error("the tuning failed: {0}")]
    Tune(String),
    /// The model cannot be written.
    #[error("the model cannot be written: {0}")]
    Bundle(#[from] BundleError),
    /// Not enough rows.
    #[error("{rows} training rows are too few for {what}")]
    TooFewRows {
        /// Rows there are.
        rows: usize,
        /// What they are too few for.
        what: &'static str,
    },
    /// A person or a shutdown stopped it.
    #[error("the training was stopped")]
    Stopped,
}

/// Hears of progress, and says when to stop.
pub trait Observer: Sync {
    /// A trial has ended.
    fn trial(&self, number: usize, of: usize, loss: f64, pruned: bool);
    /// `Err` when the training is to stop.
    fn stopped(&self) -> Result<(), TrainingError>;
}

/// A trained challenger.
#[derive(Debug)]
pub struct Challenger {
    /// Model and recipe.
    pub scorer: Scorer,
    /// Its parameters.
    pub params: Params,
    /// The search.
    pub tuned: Tuned,
    /// On all hold-out rows of the window.
    pub holdout: Evaluation,
    /// On the newest batch's hold-out rows.
    pub newest: Evaluation,
    /// Training rows that the model saw.
    pub training_rows: usize,
    /// Training rows that the fitted limits left out.
    pub outside_rows: usize,
    /// Share of the mean absolute SHAP value, by feature.
    pub importance: Vec<(String, f64)>,
    /// The bundle's files by path.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Training and hold-out rows of a window.
pub fn split_rows(project: &Project, rows: &Rows) -> (Vec<usize>, Vec<usize>) {
    let target = rows.table.number(&project.target).unwrap_or_default();
    let labelled = (0..rows.len()).filter(|&row| target[row].is_finite());
    labelled.partition(|&row| !split::is_holdout(rows.keys[row], project.train.holdout))
}

/// Tunes, trains and evaluates a challenger on a window of batches. `newest` are the hold-out rows of the newest
/// batch, repeats from earlier batches included.
pub fn train_challenger(
    project: &Project,
    rows: &Rows,
    newest: &Rows,
    warm_start: Option<Params>,
    observer: &dyn Observer,
) -> Result<Challenger, TrainingError> {
    let (training, holdout) = split_rows(project, rows);
    if training.len() < 2 * project.train.folds {
        return Err(TrainingError::TooFewRows { rows: training.len(), what: "the folds of the tuning" });
    }
    let mut tuned = tune::search(project, rows, &training, warm_start, observer)?;
    let params = tuned.trials[tuned.best].params.clone();
    observer.stopped()?;

    let fitted = Recipe::fit(project, &rows.table, &training, &rows.keys)?;
    let names = fitted.recipe.recipe().feature_names();
    let dataset = Dataset::from_columns(&fitted.features, &names, project.train.max_bin)?;
    let model = train(&dataset, &fitted.target, &params, TrainOptions::default())?;
    let interval = Interval::of_residuals(std::mem::take(&mut tuned.residuals));
    let scorer = Scorer { model, recipe: fitted.recipe, interval };

    let seed = project.train.seed;
    let explained = if holdout.is_empty() { &training } else { &holdout };
    let newest_places = (0..newest.len()).collect::<Vec<_>>();
    let golden = scorer.golden_rows(&rows.table, explained)?;
    let model_bytes = scorer.model.to_ubjson();
    Ok(Challenger {
        holdout: scorer.evaluate(rows, &holdout, seed)?,
        newest: scorer.evaluate(newest, &newest_places, seed)?,
        training_rows: fitted.rows.len(),
        outside_rows: fitted.outside,
        importance: scorer.importance(&rows.table, explained)?,
        files: bundle::write(model_bytes, scorer.recipe.recipe(), &golden, scorer.interval.as_ref())?,
        scorer,
        params,
        tuned,
    })
}
