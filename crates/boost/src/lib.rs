#![doc = include_str!("../README.md")]

/// Training parameters and their ranges.
mod params;

/// Objectives: gradient, hessian, transform.
mod objective;

/// Where features are cut into bins.
mod cuts;

/// The binned data set.
mod dataset;

/// Seeded random numbers.
mod random;

/// Fixed-point gradient histograms.
mod histogram;

/// The best split of a node.
mod split;

/// Margins shared by branches.
mod margins;

/// Growing one tree.
mod grow;

/// Trees over bins.
mod binned;

/// Boosting.
mod train;

/// Trees and the ensemble.
mod model;

/// Prediction.
mod predict;

/// Exact SHAP values.
mod shap;

/// Which features a model leans on.
mod importance;

/// Model files.
mod format;

/// Choosing parameters.
mod tune;

/// Errors of predictions.
pub mod metrics;

/// Random models for tests.
#[cfg(test)]
mod testing;

pub use dataset::{Dataset, DatasetError};
pub use format::FormatError;
pub use importance::Importance;
pub use model::{MAX_TREE_DEPTH, Model, ModelError, Node, Parts, Tree};
pub use objective::Objective;
pub use params::{CheckedParams, ParamError, Params};
pub use predict::{PredictError, Predictor};
pub use shap::{Explainer, explain_classic};
pub use train::{MAX_WEIGHT, Targets, TrainError, TrainOptions, train};
pub use tune::{Pruner, SearchSpace, Trial, TrialState, TuneError, TuneOptions, Tuned, Verdict, tune};
