//! Training parameters, with `XGBoost`'s names and meaning.
//!
//! [`Params`] is the raw form: every field has a default and anything can be written into it.
//! [`Params::checked`] turns it into [`CheckedParams`], in which every value lies in its range.

use serde::{Deserialize, Serialize};

use crate::objective::Objective;

/// Training parameters as a user writes them.
///
/// The serde names are `XGBoost`'s (`eta`, `lambda`, ...); the names of its scikit-learn interface
/// (`learning_rate`, `reg_lambda`, `n_estimators`, ...) are accepted as aliases. Unknown names are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// What is minimised, and how a margin becomes a prediction.
    pub objective: Objective,
    /// Number of trees, 1 to 100,000.
    #[serde(alias = "n_estimators", alias = "num_boost_round")]
    pub num_rounds: usize,
    /// Greatest number of splits between the root and a leaf, 1 to 64.
    pub max_depth: usize,
    /// Learning rate: every leaf is multiplied by it, above 0 to 1.
    #[serde(alias = "learning_rate")]
    pub eta: f64,
    /// Share of the rows drawn (without replacement) for each tree, above 0 to 1.
    pub subsample: f64,
    /// Share of the features drawn (without replacement) for each tree, above 0 to 1; at least one is drawn.
    pub colsample_bytree: f64,
    /// Least sum of hessians in a child (for squared error without weights: least number of rows), 0 or more.
    pub min_child_weight: f64,
    /// L2 penalty on leaf weights, 0 or more.
    #[serde(alias = "reg_lambda")]
    pub lambda: f64,
    /// L1 penalty on leaf weights, 0 or more.
    #[serde(alias = "reg_alpha")]
    pub alpha: f64,
    /// Least gain of a split, 0 or more.
    #[serde(alias = "min_split_loss")]
    pub gamma: f64,
    /// Number of bins of a feature, 2 to 256. The data set is cut into bins before training, so this has to
    /// equal the data set's own [`max_bin`](crate::Dataset::max_bin). At 256 one bin is kept for missing values,
    /// which leaves 255 for the others; below 256 the bin for missing values comes on top.
    pub max_bin: usize,
    /// Seed of row and feature sampling.
    #[serde(alias = "random_state")]
    pub seed: u64,
}

impl Default for Params {
    /// `XGBoost`'s defaults, and 100 rounds.
    fn default() -> Self {
        Self {
            objective: Objective::SquaredError,
            num_rounds: 100,
            max_depth: 6,
            eta: 0.3,
            subsample: 1.0,
            colsample_bytree: 1.0,
            min_child_weight: 1.0,
            lambda: 1.0,
            alpha: 0.0,
            gamma: 0.0,
            max_bin: 256,
            seed: 0,
        }
    }
}

/// A training parameter out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("parameter `{field}` is {value}, allowed is {allowed}")]
pub struct ParamError {
    /// `XGBoost`'s name of the parameter.
    pub field: &'static str,
    /// The value given, as text.
    pub value: String,
    /// The allowed range, as text.
    pub allowed: &'static str,
}

/// Parameters of which every one lies in its range. Made by [`Params::checked`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedParams(Params);

impl CheckedParams {
    /// The parameters.
    pub fn get(&self) -> &Params {
        &self.0
    }
}

impl Params {
    /// Checks every parameter.
    ///
    /// # Errors
    /// The first parameter out of its range, with its value and the range.
    pub fn checked(&self) -> Result<CheckedParams, ParamError> {
        let whole = |field, value: usize, low: usize, high: usize, allowed| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(ParamError { field, value: value.to_string(), allowed })
            }
        };
        let real = |field, value: f64, fits: bool, allowed| {
            if fits && value.is_finite() {
                Ok(())
            } else {
                Err(ParamError { field, value: value.to_string(), allowed })
            }
        };
        let share = |field, value: f64| real(field, value, value > 0.0 && value <= 1.0, "above 0 to 1");
        let penalty = |field, value: f64| real(field, value, value >= 0.0, "0 or more, finite");
        whole("num_rounds", self.num_rounds, 1, 100_000, "1 to 100000")?;
        whole("max_depth", self.max_depth, 1, 64, "1 to 64")?;
        share("eta", self.eta)?;
        share("subsample", self.subsample)?;
        share("colsample_bytree", self.colsample_bytree)?;
        penalty("min_child_weight", self.min_child_weight)?;
        penalty("lambda", self.lambda)?;
        penalty("alpha", self.alpha)?;
        penalty("gamma", self.gamma)?;
        whole("max_bin", self.max_bin, 2, 256, "2 to 256")?;
        Ok(CheckedParams(self.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_range() {
        assert!(Params::default().checked().is_ok());
    }

    #[test]
    fn an_error_names_field_value_and_range() {
        let error = Params { eta: 1.5, ..Params::default() }.checked().expect_err("1.5 is above 1");
        assert_eq!(error.to_string(), "parameter `eta` is 1.5, allowed is above 0 to 1");
        for params in [
            Params { num_rounds: 0, ..Params::default() },
            Params { max_depth: 65, ..Params::default() },
            Params { subsample: 0.0, ..Params::default() },
            Params { colsample_bytree: f64::NAN, ..Params::default() },
            Params { lambda: f64::INFINITY, ..Params::default() },
            Params { max_bin: 257, ..Params::default() },
        ] {
            assert!(params.checked().is_err(), "{params:?}");
        }
    }

    #[test]
    fn both_of_the_common_namings_are_read_and_unknown_names_refused() {
        let params: Params = serde_json::from_str(r#"{"n_estimators": 7, "learning_rate": 0.1, "reg_alpha": 2.0}"#)
            .expect("known names");
        assert_eq!((params.num_rounds, params.eta, params.alpha), (7, 0.1, 2.0));
        assert!(serde_json::from_str::<Params>(r#"{"max_deep": 7}"#).is_err());
    }
}
