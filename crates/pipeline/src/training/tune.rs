//! Searching for good parameters by cross-validation on training rows.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tidewheel_boost::metrics::r2;
use tidewheel_boost::{Dataset, Params, SearchSpace, TrainOptions, TuneError, TuneOptions, Verdict, train, tune};
use tidewheel_data::recipe::{Fitted, Recipe};
use tidewheel_domain::project::{Project, RawSearch};

use super::split::fold_of_key;
use super::window::Rows;
use super::{Observer, TrainingError};

/// One fold: a recipe fitted on its training part alone, and the features of its held-out part.
struct Fold {
    dataset: Dataset,
    target: Vec<f32>,
    held_out: Vec<Vec<f32>>,
    held_out_rows: Vec<usize>,
    fitted: Fitted,
}

/// A trial of the search.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Its parameters.
    pub params: Params,
    /// The loss of each fold that was run: mean absolute error on the training scale.
    pub fold_losses: Vec<f64>,
    /// R2 of each fold that was run, in target units, on rows inside the fold's own limits.
    pub fold_r2: Vec<f64>,
    /// Whether it was given up after its first fold.
    pub pruned: bool,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

impl Trial {
    /// Mean loss of its folds.
    pub fn loss(&self) -> f64 {
        self.fold_losses.iter().sum::<f64>() / self.fold_losses.len().max(1) as f64
    }
}

/// The outcome of a search.
#[derive(Debug)]
pub struct Tuned {
    /// The best complete trial.
    pub best: usize,
    /// All trials, in order.
    pub trials: Vec<Trial>,
    /// Target less prediction on the training scale, of the best trial: one a training row, by the model of a fold that
    /// had not seen it.
    pub residuals: Vec<f64>,
}

/// The ranges of a search: the project's, or the defaults.
fn space(search: &RawSearch) -> SearchSpace {
    let default = SearchSpace::default();
    SearchSpace {
        num_rounds: search.n_estimators.unwrap_or(default.num_rounds),
        max_depth: search.max_depth.unwrap_or(default.max_depth),
        eta: search.learning_rate.unwrap_or(default.eta),
        subsample: search.subsample.unwrap_or(default.subsample),
        colsample_bytree: search.colsample_bytree.unwrap_or(default.colsample_bytree),
        min_child_weight: search.min_child_weight.unwrap_or(default.min_child_weight),
        alpha: search.reg_alpha.unwrap_or(default.alpha),
        lambda: search.reg_lambda.unwrap_or(default.lambda),
    }
}

/// Parameters as they are logged, by the names of the search space.
pub fn params_by_name(params: &Params) -> BTreeMap<String, String> {
    [
        ("n_estimators", params.num_rounds.to_string()),
        ("max_depth", params.max_depth.to_string()),
        ("learning_rate", params.eta.to_string()),
        ("subsample", params.subsample.to_string()),
        ("colsample_bytree", params.colsample_bytree.to_string()),
        ("min_child_weight", params.min_child_weight.to_string()),
        ("reg_alpha", params.alpha.to_string()),
        ("reg_lambda", params.lambda.to_string()),
        ("max_bin", params.max_bin.to_string()),
        ("seed", params.seed.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Searches over the given training rows. `warm_start` is the first trial: the champion's parameters.
pub fn search(
    project: &Project,
    rows: &Rows,
    places: &[usize],
    warm_start: Option<Params>,
    observer: &dyn Observer,
) -> Result<Tuned, TrainingError> {
    let folds = folds(project, rows, places)?;
    let mut trials: Vec<Trial> = Vec::new();
    let (mut least, mut residuals) = (f64::INFINITY, Vec::new());
    let base = Params { max_bin: project.train.max_bin, seed: project.train.seed, ..Params::default() };
    let options = TuneOptions {
        space: space(&project.train.search),
        base,
        num_trials: project.train.trials,
        seed: project.train.seed,
        warm_start,
        ..TuneOptions::default()
    };
    let outcome = tune(&options, |number, params, pruner| {
        let begun = std::time::Instant::now();
        observer.stopped()?;
        let mut trial = Trial {
            params: params.clone(),
            fold_losses: Vec::new(),
            fold_r2: Vec::new(),
            pruned: false,
            duration_ms: 0,
        };
        let first = run_fold(project, rows, &folds[0], params)?;
        trial.fold_losses.push(first.loss);
        trial.fold_r2.push(first.r2);
        let mut out_of_fold = first.residuals;
        if pruner.report(first.loss) == Verdict::Prune {
            trial.pruned = true;
        } else {
            let rest = folds[1..].par_iter().map(|fold| run_fold(project, rows, fold, params));
            for run in rest.collect::<Result<Vec<_>, _>>()? {
                let _ = pruner.report(run.loss);
                trial.fold_losses.push(run.loss);
                trial.fold_r2.push(run.r2);
                out_of_fold.extend(run.residuals);
            }
        }
        trial.duration_ms = begun.elapsed().as_millis() as i64;
        let loss = trial.loss();
        if !trial.pruned && loss < least {
            (least, residuals) = (loss, out_of_fold);
        }
        observer.trial(number + 1, project.train.trials, loss, trial.pruned);
        trials.push(trial);
        Ok::<f64, TrainingError>(loss)
    });
    let outcome = outcome.map_err(|error| match error {
        TuneError::Objective { source, .. } => source,
        other => TrainingError::Tune(other.to_string()),
    })?;
    Ok(Tuned { best: outcome.best, trials, residuals })
}

fn folds(project: &Project, rows: &Rows, places: &[usize]) -> Result<Vec<Fold>, TrainingError> {
    let count = project.train.folds;
    let fold_of = |row: usize| fold_of_key(rows.keys[row], count, project.train.seed);
    (0..count)
        .into_par_iter()
        .map(|fold| {
            let (held_out_rows, training): (Vec<usize>, Vec<usize>) =
                places.iter().partition(|&&row| fold_of(row) == fold);
            let fitted = Recipe::fit(project, &rows.table, &training, &rows.keys)?;
            if held_out_rows.is_empty() {
                return Err(TrainingError::TooFewRows { rows: places.len(), what: "every fold of the tuning" });
            }
            let names = fitted.recipe.recipe().feature_names();
            let dataset = Dataset::from_columns(&fitted.features, &names, project.train.max_bin)?;
            let held_out = fitted.recipe.columns(&rows.table, &held_out_rows);
            Ok(Fold { dataset, target: fitted.target.clone(), held_out, held_out_rows, fitted })
        })
        .collect()
}

/// A model on the rows that its fold held out.
struct FoldRun {
    /// Mean absolute error on the training scale, over all of them.
    loss: f64,
    /// In target units, over those inside the fold's limits.
    r2: f64,
    /// Target less prediction on the training scale, one a row.
    residuals: Vec<f64>,
}

fn run_fold(project: &Project, rows: &Rows, fold: &Fold, params: &Params) -> Result<FoldRun, TrainingError> {
    let model = train(&fold.dataset, &fold.target, params, TrainOptions::default())?;
    let margins = model.predict_columns(&fold.held_out)?;
    let target = rows.table.number(&project.target).unwrap_or_default();
    let (mut actual, mut predicted) = (Vec::new(), Vec::new());
    let mut residuals = Vec::with_capacity(margins.len());
    for (&row, margin) in fold.held_out_rows.iter().zip(margins) {
        let margin = f64::from(margin);
        residuals.push(project.transform.forward(target[row]) - margin);
        if fold.fitted.recipe.within_limits(&rows.table, row) {
            actual.push(target[row]);
            predicted.push(project.transform.inverse(margin));
        }
    }
    let loss = residuals.iter().map(|residual| residual.abs()).sum::<f64>() / residuals.len() as f64;
    Ok(FoldRun { loss, r2: r2(&actual, &predicted).unwrap_or(f64::NAN), residuals })
}
