//! Objectives: what training minimises, and how a margin (the sum of the trees) becomes a prediction.

use serde::{Deserialize, Serialize};

/// An objective, by `XGBoost`'s name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Objective {
    /// Half the squared error; the prediction is the margin. Gradient m - y, hessian 1.
    #[default]
    #[serde(rename = "reg:squarederror")]
    SquaredError,
    /// Log loss of a 0/1 target; the prediction is the probability 1 / (1 + exp(-margin)). Gradient p - y,
    /// hessian p (1 - p).
    #[serde(rename = "binary:logistic")]
    BinaryLogistic,
}

/// Least hessian of the log loss, as in `XGBoost`.
const LEAST_HESSIAN: f32 = 1e-16;

impl Objective {
    /// `XGBoost`'s name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "reg:squarederror",
            Self::BinaryLogistic => "binary:logistic",
        }
    }

    /// The objective of this name, if it is known here.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SquaredError, Self::BinaryLogistic].into_iter().find(|objective| objective.name() == name)
    }

    /// The prediction for a margin, in f32.
    pub fn transform(self, margin: f32) -> f32 {
        match self {
            Self::SquaredError => margin,
            // The cap keeps exp finite; XGBoost computes the same expression.
            Self::BinaryLogistic => 1.0 / ((-margin).min(88.7).exp() + 1.0),
        }
    }

    /// The margin whose prediction is `base_score`.
    pub(crate) fn margin_of(self, base_score: f32) -> f32 {
        match self {
            Self::SquaredError => base_score,
            Self::BinaryLogistic => -(1.0 / base_score - 1.0).ln(),
        }
    }

    /// The prediction before any tree, from the weighted mean of the targets.
    pub(crate) fn base_score_of(self, mean: f64) -> f32 {
        match self {
            Self::SquaredError => mean as f32,
            Self::BinaryLogistic => mean.clamp(1e-6, 1.0 - 1e-6) as f32,
        }
    }

    /// First and second derivative of the loss by the margin.
    #[inline]
    pub(crate) fn derivatives(self, margin: f32, target: f32) -> (f32, f32) {
        match self {
            Self::SquaredError => (margin - target, 1.0),
            Self::BinaryLogistic => {
                let p = self.transform(margin);
                (p - target, (p * (1.0 - p)).max(LEAST_HESSIAN))
            }
        }
    }

    /// Whether a target is allowed, and the rule in words.
    pub(crate) fn accepts(self, target: f32) -> bool {
        match self {
            Self::SquaredError => target.is_finite(),
            Self::BinaryLogistic => (0.0..=1.0).contains(&target),
        }
    }

    /// The rule of [`Objective::accepts`] in words.
    pub(crate) fn allowed_targets(self) -> &'static str {
        match self {
            Self::SquaredError => "a finite number",
            Self::BinaryLogistic => "between 0 and 1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_the_objective() {
        for objective in [Objective::SquaredError, Objective::BinaryLogistic] {
            assert_eq!(Objective::from_name(objective.name()), Some(objective));
        }
        assert_eq!(Objective::from_name("rank:pairwise"), None);
    }

    #[test]
    fn margin_and_transform_are_inverse() {
        let margin = Objective::BinaryLogistic.margin_of(0.3);
        assert!((Objective::BinaryLogistic.transform(margin) - 0.3).abs() < 1e-6);
        assert!(Objective::BinaryLogistic.transform(-1e30) >= 0.0);
    }
}
