//! A model that serves: trees, recipe and explainer, immutable.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::Bytes;
use thiserror::Error;
use tidewheel_boost::{Explainer, PredictError, Predictor};
use tidewheel_data::bundle::BundleError;
use tidewheel_data::interval::Interval;
use tidewheel_data::recipe::expression::{Cell, CellType, NumberExpression};
use tidewheel_data::recipe::{CompiledRecipe, InputRow};
use tidewheel_domain::model_version::{ModelVersion, Stage};
use tidewheel_domain::project::{ColumnType, FeatureSpec, Project};
use tidewheel_domain::{RunId, Timestamp};

use super::answer::{AnswerParts, Predicted, scale_name};
use super::openapi::openapi;
use super::verify::Verified;
use crate::observe::{GroupCounts, Metrics};

/// Predictions before the first request, so that caches and branch predictors are warm.
const WARM_ROWS: usize = 64;

/// Why a bundle does not serve.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The bundle is damaged, or gives something else than it did in training.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The trees cannot be read.
    #[error("'model/model.ubj' cannot be read: {0}")]
    Trees(String),
    /// The model predicts another column than the project says.
    #[error("the model predicts '{model}', the project says '{project}'")]
    Target {
        /// Of the model.
        model: String,
        /// Of the project.
        project: String,
    },
}

/// Why a row has no prediction.
#[derive(Debug, Error)]
pub enum PredictRowError {
    /// The row does not fit the model.
    #[error(transparent)]
    Row(#[from] PredictError),
    /// The answer is no finite number.
    #[error("margin {0} gives no finite answer")]
    NotFinite(f32),
}

/// What each feature added to a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// One value a feature, on the training scale.
    pub values: Vec<f64>,
    /// What the sum begins with.
    pub base_value: f64,
    /// The prediction on the training scale: base value plus values.
    pub margin: f64,
}

/// A model that serves. Nothing of it ever changes; a newer model is another value.
pub struct ServedModel {
    trees: Predictor,
    explainer: Explainer,
    /// How a row becomes features.
    pub recipe: CompiledRecipe,
    /// Names of the features, in the model's order.
    pub feature_names: Vec<String>,
    /// Version.
    pub version: i64,
    /// The version as answers show it.
    pub version_text: String,
    /// Where the version stands.
    pub stage: Stage,
    /// The training run that made it.
    pub run_id: RunId,
    /// When it began to serve.
    pub loaded_at: Timestamp,
    /// What the training scale is called.
    pub scale: String,
    /// Parts of its answers.
    pub parts: AnswerParts,
    /// Its counters.
    pub counts: Arc<GroupCounts>,
    /// The OpenAPI document with its columns.
    pub openapi: Bytes,
    /// The interval around its predictions, where its training kept one.
    pub interval: Option<Interval>,
    /// The project's derived figures that its inputs allow, in the project's order.
    pub derived: Vec<(FeatureSpec, NumberExpression)>,
    group_column: Option<String>,
    groups: HashMap<String, usize>,
}

impl std::fmt::Debug for ServedModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServedModel")
            .field("version", &self.version)
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}

impl ServedModel {
    /// Verifies a bundle (check sums, golden rows bit for bit), prepares and warms it. Takes CPU time: not for a thread
    /// that answers requests.
    pub fn prepare(
        files: BTreeMap<String, Vec<u8>>,
        version: &ModelVersion,
        project: &Project,
        metrics: &Metrics,
        program_version: &str,
        now: Timestamp,
    ) -> Result<Self, ModelError> {
        let Verified { trees, recipe, golden, interval } = Verified::read(files)?;
        let target = &recipe.recipe().target;
        if *target != project.target {
            return Err(ModelError::Target { model: target.clone(), project: project.target.clone() });
        }
        let explainer = Explainer::new(&trees);
        let names = recipe.recipe().groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>();
        let version_text = version.version.to_string();
        let document = openapi(project, &recipe.recipe().inputs, program_version);
        let feature_names = recipe.recipe().feature_names();
        let facts = [version_text.as_str(), version.stage.as_str(), version.run_id.as_str()];
        let model = Self {
            parts: AnswerParts::new(&project.serve.answer_field, facts, &feature_names),
            feature_names,
            version: version.version,
            stage: version.stage,
            run_id: version.run_id.clone(),
            loaded_at: now,
            scale: scale_name(recipe.recipe().transform, target),
            openapi: document.to_string().into(),
            interval,
            derived: derived(project, &recipe),
            group_column: project.serve.group_column.clone(),
            groups: names.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect(),
            counts: metrics.groups_of(&version_text, names),
            version_text,
            trees: trees.into_predictor(),
            explainer,
            recipe,
        };
        let rows = golden.iter().filter_map(|golden| model.recipe.parse_row(&golden.inputs).ok());
        for row in rows.take(WARM_ROWS) {
            if let Ok(predicted) = model.predict(&row) {
                // Only the work counts here.
                let _ = model.explain(&predicted.features);
            }
        }
        Ok(model)
    }

    /// Predicts a row.
    pub fn predict(&self, row: &InputRow) -> Result<Predicted, PredictRowError> {
        let features = self.recipe.row_features(row);
        let margin = self.trees.margin_row(&features)?;
        let answer = self.recipe.recipe().transform.inverse(f64::from(margin));
        if !answer.is_finite() {
            return Err(PredictRowError::NotFinite(margin));
        }
        let group = self.group_column.as_deref().and_then(|column| row.text(&self.recipe, column));
        Ok(Predicted {
            answer,
            features,
            inputs: row.to_json_text(&self.recipe),
            group: group.and_then(|group| self.groups.get(group)).copied().unwrap_or(usize::MAX),
            group_value: group.map(str::to_owned),
        })
    }

    /// Explains the prediction of a row's features.
    pub fn explain(&self, features: &[f32]) -> Result<Explanation, PredictError> {
        let mut values = vec![0.0; self.explainer.num_features()];
        self.explainer.explain(features, &mut values)?;
        Ok(Explanation { values, base_value: self.explainer.base_value(), margin: self.trees.margin_f64(features)? })
    }

    /// The prediction of a row on the training scale. `cells` stand in the order of the recipe's inputs.
    pub fn margin(&self, mut cells: Vec<Cell<'_>>) -> Option<f64> {
        let mut features = vec![f32::NAN; self.recipe.features()];
        self.recipe.row(&mut cells, &mut features);
        self.trees.margin_row(&features).ok().map(f64::from)
    }

    /// A value of the training scale in target units; `None` where that is no finite number.
    pub fn in_units(&self, margin: f64) -> Option<f64> {
        Some(self.recipe.recipe().transform.inverse(margin)).filter(|value| value.is_finite())
    }

    /// Number of trees.
    pub fn trees(&self) -> usize {
        self.trees.rounds()
    }
}

/// The derived figures of a project; those that read what the model's recipe lacks are left out.
fn derived(project: &Project, recipe: &CompiledRecipe) -> Vec<(FeatureSpec, NumberExpression)> {
    let cell = |kind| if kind == ColumnType::Category { CellType::Text } else { CellType::Number };
    let inputs = recipe.recipe().inputs.iter().map(|input| (input.name.as_str(), cell(input.kind)));
    // the prediction stands after them
    let columns = inputs.chain([(project.target.as_str(), CellType::Number)]).collect::<Vec<_>>();
    let compiled = project.serve.derived.iter().filter_map(|figure| {
        let expression = NumberExpression::compile(&figure.sql, &columns).ok()?;
        Some((figure.clone(), expression))
    });
    compiled.collect()
}
