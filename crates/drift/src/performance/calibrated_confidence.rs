//! Without labels, classification: the champion's quality from how sure it is (confidence-based performance estimation).
//!
//! While probabilities are calibrated, a row predicted positive with probability p is right with probability p, so the
//! expected counts of the four outcomes are sums of p and 1 - p (J. Białek et al., Estimating model performance under
//! covariate shift without labels, arXiv 2401.08348, 2024). Bands hold the sampling error of the labels given the
//! probabilities and of the rows, by the delta method. Scores are calibrated on rows with labels by isotonic regression
//! (pool adjacent violators; B. Zadrozny and C. Elkan, KDD 2002). A changed relation stays unseen.

use super::error_rise::EstimatedError;
use crate::effect::Level;

/// Estimated qualities of a binary classifier at a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceEstimate {
    /// Share of rows predicted rightly.
    pub accuracy: EstimatedError,
    /// Of rows predicted positive the share that is; `None` where none is predicted positive.
    pub precision: Option<EstimatedError>,
    /// Of positive rows the share predicted so; `None` where no positive is expected.
    pub recall: Option<EstimatedError>,
    /// Mean squared difference of label and probability (G. W. Brier, 1950).
    pub brier: EstimatedError,
}

/// From calibrated probabilities of the positive class (NaN: left out; outside of 0..=1: drawn in), positive being
/// predicted at `threshold` and above. `None` with fewer than two rows.
pub fn confidence_estimate(probabilities: &[f64], threshold: f64, level: Level) -> Option<ConfidenceEstimate> {
    let p: Vec<f64> = probabilities.iter().filter(|p| !p.is_nan()).map(|p| p.clamp(0.0, 1.0)).collect();
    if p.len() < 2 {
        return None;
    }
    let n = p.len() as f64;
    let positive = |p: f64| p >= threshold;
    let mean = |of: &dyn Fn(f64) -> f64| p.iter().map(|&p| of(p)).sum::<f64>() / n;
    // a mean over rows of a figure that is `hit` for positives and `miss` for negatives: total variance of label and row
    let band = |hit: &dyn Fn(f64) -> f64, miss: &dyn Fn(f64) -> f64| {
        let estimate = mean(&|p| p * hit(p) + (1.0 - p) * miss(p));
        let square = mean(&|p| p * (hit(p) - estimate).powi(2) + (1.0 - p) * (miss(p) - estimate).powi(2));
        EstimatedError::of(estimate, (square / (n - 1.0)).sqrt(), level, (0.0, 1.0), p.len() as u64)
    };
    // a ratio of two such means, by its linear form
    let share = |hit: &dyn Fn(f64) -> f64, of_hit: &dyn Fn(f64) -> f64, of_miss: &dyn Fn(f64) -> f64| {
        let (top, all) = (mean(&|p| p * hit(p)), mean(&|p| p * of_hit(p) + (1.0 - p) * of_miss(p)));
        if all <= 0.0 {
            return None;
        }
        let estimate = top / all;
        let square =
            mean(&|p| p * (hit(p) - estimate * of_hit(p)).powi(2) + (1.0 - p) * (estimate * of_miss(p)).powi(2));
        let error = (square / (n - 1.0)).sqrt() / all;
        EstimatedError::of(estimate, error, level, (0.0, 1.0), p.len() as u64)
    };
    let is = |condition: bool| f64::from(u8::from(condition));
    let chosen = |p: f64| is(positive(p));
    Some(ConfidenceEstimate {
        accuracy: band(&chosen, &|p| is(!positive(p)))?,
        precision: share(&chosen, &chosen, &chosen),
        recall: share(&chosen, &|_| 1.0, &|_| 0.0),
        brier: band(&|p| (1.0 - p) * (1.0 - p), &|p| p * p)?,
    })
}

/// A growing step function from scores to probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Growing scores; between two of them the probability is interpolated, beyond them the nearest holds.
    scores: Vec<f64>,
    probabilities: Vec<f64>,
}

impl Isotonic {
    /// Fits on scores with labels (rows whose score is not finite are left out); `None` without rows.
    pub fn fit(scores: &[f64], labels: &[bool]) -> Option<Self> {
        let mut rows: Vec<(f64, f64)> = scores
            .iter()
            .zip(labels)
            .filter(|(score, _)| score.is_finite())
            .map(|(&score, &label)| (score, f64::from(u8::from(label))))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        // blocks of (first score, last score, rows, positives); equal scores are one block from the start
        let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::new();
        for (score, label) in rows {
            match blocks.last_mut() {
                Some(block) if block.0 == score && block.1 == score => {
                    block.2 += 1.0;
                    block.3 += label;
                }
                _ => {
                    merge_violators(&mut blocks);
                    blocks.push((score, score, 1.0, label));
                }
            }
        }
        merge_violators(&mut blocks);
        let mut fitted = Self { scores: Vec::new(), probabilities: Vec::new() };
        for (first, last, rows, positives) in blocks {
            for score in [first, last] {
                if fitted.scores.last() != Some(&score) {
                    fitted.scores.push(score);
                    fitted.probabilities.push(positives / rows);
                }
            }
        }
        (!fitted.scores.is_empty()).then_some(fitted)
    }

    /// The probability at a score; NaN for NaN.
    pub fn probability(&self, score: f64) -> f64 {
        if score.is_nan() {
            return f64::NAN;
        }
        let last = self.scores.len() - 1;
        let above = self.scores.partition_point(|&x| x <= score);
        if above == 0 {
            return self.probabilities[0];
        }
        if above > last {
            return self.probabilities[last];
        }
        let (x, y) = (self.scores[above - 1], self.scores[above]);
        let (p, q) = (self.probabilities[above - 1], self.probabilities[above]);
        p + (q - p) * ((score - x) / (y - x)).clamp(0.0, 1.0)
    }
}

/// Merges the last block into the one before it while that one's share is not lower.
fn merge_violators(blocks: &mut Vec<(f64, f64, f64, f64)>) {
    while let [.., before, last] = blocks.as_mut_slice() {
        if before.3 * last.2 < last.3 * before.2 {
            return;
        }
        *before = (before.0, last.1, before.2 + last.2, before.3 + last.3);
        blocks.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Tail;

    fn level() -> Level {
        Level { low: Tail::new(0.025), high: Tail::new(0.025) }
    }

    #[test]
    fn sure_rows_are_right_and_unsure_ones_half() {
        let sure = confidence_estimate(&[0.0, 1.0, 1.0, 0.0], 0.5, level()).expect("rows");
        assert_eq!((sure.accuracy.estimate, sure.accuracy.low, sure.brier.estimate), (1.0, 1.0, 0.0));
        let unsure = confidence_estimate(&[0.5; 100], 0.5, level()).expect("rows");
        assert_eq!((unsure.accuracy.estimate, unsure.brier.estimate), (0.5, 0.25));
        assert_eq!(unsure.recall.expect("positives").estimate, 1.0);
        assert!(unsure.accuracy.low < 0.41 && unsure.accuracy.high > 0.59);
        assert_eq!(confidence_estimate(&[0.1, 0.2], 0.5, level()).expect("rows").precision, None);
        assert_eq!(confidence_estimate(&[f64::NAN, 0.5], 0.5, level()), None);
    }

    #[test]
    fn calibration_grows_and_pools_what_does_not() {
        let scores = [1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN];
        let fitted = Isotonic::fit(&scores, &[false, true, false, true, true, true]).expect("rows");
        assert_eq!(fitted.probability(1.0), 0.0);
        assert_eq!((fitted.probability(2.0), fitted.probability(2.7), fitted.probability(3.0)), (0.5, 0.5, 0.5));
        assert_eq!((fitted.probability(3.5), fitted.probability(9.0), fitted.probability(-9.0)), (0.75, 1.0, 0.0));
        assert!(fitted.probability(f64::NAN).is_nan());
        assert_eq!(Isotonic::fit(&[f64::NAN], &[true]), None);
        let tied = Isotonic::fit(&[1.0, 1.0], &[true, false]).expect("rows");
        assert_eq!(tied.probability(1.0), 0.5);
    }
}
