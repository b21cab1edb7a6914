//! A model with its recipe: what predicts rows of a table, and how well.

use thiserror::Error;
use tidewheel_boost::{Explainer, Model, PredictError};
use tidewheel_data::bundle::{Bundle, BundleError, GoldenRow};
use tidewheel_data::interval::Interval;
use tidewheel_data::recipe::CompiledRecipe;
use tidewheel_domain::project::Project;
use tidewheel_domain::{Metric, Metrics, Table};

use super::evaluate::{COVERAGE, Predicted, coverage, metrics};
use super::window::Rows;

/// Rows of a global explanation, at most.
const EXPLAINED_ROWS: usize = 500;
/// Golden rows of a bundle, at most.
const GOLDEN_ROWS: usize = 20;

/// Why a stored model cannot predict.
#[derive(Debug, Error)]
pub enum ScorerError {
    /// The bundle is not whole.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The trees cannot be read.
    #[error("the model cannot be read: {0}")]
    Model(String),
    /// Model and features do not fit.
    #[error(transparent)]
    Predict(#[from] PredictError),
}

/// A model with its recipe.
#[derive(Debug)]
pub struct Scorer {
    /// The trees.
    pub model: Model,
    /// The recipe.
    pub recipe: CompiledRecipe,
    /// The interval around its predictions, where it has one.
    pub interval: Option<Interval>,
}

/// Metrics on rows, and what was left out of them.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// Over the rows inside the recipe's limits, in target units; the interval's coverage is over all rows.
    pub metrics: Metrics,
    /// Rows inside the limits.
    pub rows: usize,
    /// Rows outside.
    pub outside: usize,
    /// Mean absolute error over the rows outside, in target units.
    pub outside_mae: Option<f64>,
}

impl Scorer {
    /// Reads a bundle and verifies it to the last golden row.
    pub fn of_bundle(bundle: Bundle) -> Result<Self, ScorerError> {
        let model = Model::from_bytes(&bundle.model).map_err(|error| ScorerError::Model(error.to_string()))?;
        bundle.verify(model.num_features(), |row| model.margin_row(row).unwrap_or(f32::NAN))?;
        Ok(Self { model, recipe: bundle.recipe, interval: bundle.interval })
    }

    /// Predictions on the training scale.
    pub fn margins(&self, table: &Table, rows: &[usize]) -> Result<Vec<f32>, PredictError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.model.predict_columns(&self.recipe.columns(table, rows))
    }

    /// Target less prediction on the training scale, one a row; NaN where there is no target.
    pub fn residuals(&self, table: &Table, project: &Project) -> Result<Vec<f64>, PredictError> {
        let rows = (0..table.rows()).collect::<Vec<_>>();
        let Some(target) = table.number(&project.target) else { return Ok(vec![f64::NAN; rows.len()]) };
        let transform = self.recipe.recipe().transform;
        let pairs = target.iter().zip(self.margins(table, &rows)?);
        Ok(pairs.map(|(&target, margin)| transform.forward(target) - f64::from(margin)).collect())
    }

    /// Absolute errors on the training scale.
    pub fn losses(&self, table: &Table, rows: &[usize]) -> Result<Vec<f64>, PredictError> {
        let transform = self.recipe.recipe().transform;
        let target = table.number(&self.recipe.recipe().target).unwrap_or_default();
        let margins = self.margins(table, rows)?;
        let pairs = rows.iter().zip(margins);
        Ok(pairs.map(|(&row, margin)| (transform.forward(target[row]) - f64::from(margin)).abs()).collect())
    }

    /// Metrics over the given rows.
    pub fn evaluate(&self, rows: &Rows, places: &[usize], seed: u64) -> Result<Evaluation, PredictError> {
        let transform = self.recipe.recipe().transform;
        let target = rows.table.number(&self.recipe.recipe().target).unwrap_or_default();
        let predictions = self.margins(&rows.table, places)?;
        let (mut actual, mut predicted, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        let (mut outside, mut outside_error) = (0, 0.0);
        let mut residuals = Vec::new();
        for (&row, margin) in places.iter().zip(predictions) {
            residuals.push(transform.forward(target[row]) - f64::from(margin));
            let prediction = transform.inverse(f64::from(margin));
            if self.recipe.within_limits(&rows.table, row) {
                actual.push(target[row]);
                predicted.push(prediction);
                keys.push(rows.keys[row]);
            } else {
                outside += 1;
                outside_error += (target[row] - prediction).abs();
            }
        }
        let data = Predicted { actual: &actual, predicted: &predicted, keys: &keys };
        let mut metrics = metrics(data, seed);
        let keys = places.iter().map(|&row| rows.keys[row]).collect::<Vec<_>>();
        if let Some(coverage) = self.coverage(&residuals, &keys, seed) {
            metrics.insert(COVERAGE.to_owned(), coverage);
        }
        Ok(Evaluation {
            metrics,
            rows: actual.len(),
            outside,
            outside_mae: (outside > 0).then(|| outside_error / outside as f64),
        })
    }

    /// The share of rows whose target the interval holds, by their residuals and keys; `None` without an interval or a
    /// row.
    pub fn coverage(&self, residuals: &[f64], keys: &[u64], seed: u64) -> Option<Metric> {
        let interval = self.interval.as_ref()?.wide;
        let judged = residuals.iter().zip(keys).filter(|(residual, _)| residual.is_finite());
        coverage(&judged.map(|(&residual, &key)| (key, interval.hold(residual))).collect::<Vec<_>>(), seed)
    }

    /// Mean absolute SHAP value of each feature over at most 500 of the rows, evenly spread, as shares that sum to 1.
    pub fn importance(&self, table: &Table, rows: &[usize]) -> Result<Vec<(String, f64)>, PredictError> {
        let sample = spread(rows, EXPLAINED_ROWS);
        let columns = self.recipe.columns(table, &sample);
        let explainer = Explainer::new(&self.model);
        let features = columns.len();
        let values = (0..sample.len()).flat_map(|row| columns.iter().map(move |column| column[row]));
        let shap = explainer.explain_rows(&values.collect::<Vec<_>>())?;
        let mut sums = vec![0.0; features];
        for row in shap.chunks(features.max(1)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value.abs();
            }
        }
        let total = sums.iter().sum::<f64>();
        let share = |sum: f64| if total > 0.0 { sum / total } else { 0.0 };
        Ok(self.recipe.recipe().feature_names().into_iter().zip(sums.into_iter().map(share)).collect())
    }

    /// Rows with the margins that the stored model must give.
    pub fn golden_rows(&self, table: &Table, rows: &[usize]) -> Result<Vec<GoldenRow>, PredictError> {
        spread(rows, GOLDEN_ROWS)
            .into_iter()
            .map(|row| {
                let row = self.recipe.input_row(table, row);
                let margin = self.model.margin_row(&self.recipe.row_features(&row))?;
                Ok(GoldenRow { inputs: row.to_json(&self.recipe), margin })
            })
            .collect()
    }
}

/// At most `count` of the rows, evenly spread.
fn spread(rows: &[usize], count: usize) -> Vec<usize> {
    let count = count.min(rows.len());
    (0..count).map(|place| rows[place * rows.len() / count]).collect()
}
