//! Which features a model leans on.

use serde::Serialize;

use crate::{
    model::{Model, Node},
    predict::PredictError,
    shap::Explainer,
};

/// How much a feature is used in a model's splits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Importance {
    /// Number of splits (`XGBoost`'s `weight`).
    pub weight: u64,
    /// Sum of the splits' gains (`total_gain`).
    pub total_gain: f64,
    /// Sum of the splits' covers (`total_cover`).
    pub total_cover: f64,
}

impl Importance {
    /// Mean gain of a split (`XGBoost`'s `gain`); `None` for a feature that is not used.
    pub fn gain(&self) -> Option<f64> {
        (self.weight > 0).then(|| self.total_gain / self.weight as f64)
    }

    /// Mean cover of a split (`XGBoost`'s `cover`); `None` for a feature that is not used.
    pub fn cover(&self) -> Option<f64> {
        (self.weight > 0).then(|| self.total_cover / self.weight as f64)
    }
}

impl Model {
    /// Use of each feature in the splits, by feature index.
    pub fn importance(&self) -> Vec<Importance> {
        let mut out = vec![Importance::default(); self.num_features()];
        for node in self.trees().iter().flat_map(|tree| tree.nodes()) {
            if let Node::Split { feature, gain, cover, .. } = *node {
                let importance = &mut out[feature as usize];
                importance.weight += 1;
                importance.total_gain += f64::from(gain);
                importance.total_cover += f64::from(cover);
            }
        }
        out
    }
}

impl Explainer {
    /// Mean absolute SHAP value of each feature over rows given row by row, in units of the margin. Zeros when there
    /// are no rows.
    ///
    /// # Errors
    /// A buffer that does not hold whole rows.
    pub fn mean_abs(&self, values: &[f32]) -> Result<Vec<f64>, PredictError> {
        let phi = self.explain_rows(values)?;
        let n = self.num_features();
        let mut out = vec![0.0; n];
        for row in phi.chunks(n) {
            out.iter_mut().zip(row).for_each(|(out, phi)| *out += phi.abs());
        }
        let rows = (phi.len() / n).max(1) as f64;
        for mean in &mut out {
            *mean /= rows;
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{random_model, random_rows};

    #[test]
    fn sums_run_over_all_splits() {
        let model = random_model(3, 4, 3, 5, false);
        let importance = model.importance();
        let splits =
            model.trees().iter().flat_map(|tree| tree.nodes()).filter(|node| matches!(node, Node::Split { .. }));
        assert_eq!(importance.iter().map(|i| i.weight).sum::<u64>(), splits.count() as u64);
        // Every split of a random model has gain 1.
        assert!(importance.iter().all(|i| i.gain().is_none_or(|gain| gain == 1.0)));
        assert_eq!(Importance::default().cover(), None);
    }

    #[test]
    fn mean_abs_is_the_mean_of_sizes() {
        let model = random_model(4, 3, 3, 2, false);
        let rows = random_rows(1, 2, 2);
        let explainer = Explainer::new(&model);
        let phi = explainer.explain_rows(&rows).expect("whole rows");
        let mean = explainer.mean_abs(&rows).expect("whole rows");
        assert!((mean[0] - f64::midpoint(phi[0].abs(), phi[2].abs())).abs() < 1e-12);
        assert_eq!(explainer.mean_abs(&[]), Ok(vec![0.0; 2]));
    }
}
