//! Did the error rise? The ratio of the mean losses, with an interval.
//!
//! The interval is taken on the logarithm and turned back: `ln ratio ± t SE` with, by the delta method,
//! `SE² = s²_c / (m x̄_c²) + s²_r / (n x̄_r²)` and Student's t at Welch and Satterthwaite's degrees of freedom
//! (B. L. Welch, Biometrika 34, 1947). The logarithm keeps both ends positive and makes "twice" and "half" alike.
//!
//! With clusters (rows that share what makes them hard: an owner, a day, a building), the variance is that of sums over
//! clusters (K.-Y. Liang and S. L. Zeger, Biometrika 73, 1986): `SE² = G/(G-1) sum_g u_g²`, `u_g` the sum over a
//! cluster's rows of `(x - x̄_c)/(m x̄_c)` on the current side less `(x - x̄_r)/(n x̄_r)` on the reference's, with
//! `G - 1` degrees of freedom. The same id on both sides is the same cluster.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::effect::{Level, Tail};
use crate::special::{student_t_sf, student_t_upper_quantile};

/// Mean loss on the current side over mean loss on the reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ErrorRise {
    /// Mean loss of the reference.
    pub reference_error: f64,
    /// Mean loss of the current side.
    pub current_error: f64,
    /// `current_error / reference_error`; 1.1 is a rise of ten percent.
    pub ratio: f64,
    /// Lower end of the ratio's interval.
    pub low: f64,
    /// Upper end of the ratio's interval.
    pub high: f64,
    /// P-value, one-sided, of the hypothesis that the ratio is at most 1.
    pub p_value: f64,
    /// Rows of the current side that have a loss.
    pub rows: u64,
    /// Rows of the reference that have a loss.
    pub reference_rows: u64,
}

impl ErrorRise {
    /// From one loss a row (NaN: no label, the row is left out).
    ///
    /// `None` where no ratio with an interval exists: fewer than two losses on a side, or a mean that is 0 or not finite.
    pub fn of(reference: &[f64], current: &[f64], level: Level) -> Option<Self> {
        let reference = Side::of(reference)?;
        let current = Side::of(current)?;
        let parts = [&reference, &current].map(|side| side.variance / (side.rows * side.mean * side.mean));
        let variance = parts[0] + parts[1];
        let welch = parts[0] * parts[0] / (reference.rows - 1.0) + parts[1] * parts[1] / (current.rows - 1.0);
        let degrees_of_freedom = if welch > 0.0 { variance * variance / welch } else { f64::INFINITY };
        Self::from_parts(&reference, &current, variance, degrees_of_freedom, level)
    }

    /// The same with a cluster id a row: losses of one cluster may depend on each other.
    ///
    /// `None` as for [`ErrorRise::of`], where fewer than two clusters occur, and where ids and losses differ in number.
    pub fn clustered(
        (reference, reference_clusters): (&[f64], &[u64]),
        (current, current_clusters): (&[f64], &[u64]),
        level: Level,
    ) -> Option<Self> {
        if reference.len() != reference_clusters.len() || current.len() != current_clusters.len() {
            return None;
        }
        let (before, now) = (Side::of(reference)?, Side::of(current)?);
        let mut sums: BTreeMap<u64, f64> = BTreeMap::new();
        let sides = [(&before, reference, reference_clusters, -1.0), (&now, current, current_clusters, 1.0)];
        for (side, losses, clusters, sign) in sides {
            for (&loss, &cluster) in losses.iter().zip(clusters).filter(|&(loss, _)| !loss.is_nan()) {
                *sums.entry(cluster).or_default() += sign * (loss - side.mean) / (side.rows * side.mean);
            }
        }
        if sums.len() < 2 {
            return None;
        }
        let degrees_of_freedom = (sums.len() - 1) as f64;
        let variance = sums.len() as f64 / degrees_of_freedom * sums.values().map(|sum| sum * sum).sum::<f64>();
        Self::from_parts(&before, &now, variance, degrees_of_freedom, level)
    }

    fn from_parts(
        reference: &Side,
        current: &Side,
        variance: f64,
        degrees_of_freedom: f64,
        level: Level,
    ) -> Option<Self> {
        let (ratio, low, high) = rise_from(reference.mean, current.mean, variance, degrees_of_freedom, level)?;
        Some(Self {
            reference_error: reference.mean,
            current_error: current.mean,
            ratio,
            low,
            high,
            p_value: p_value(ratio.ln(), variance.sqrt(), degrees_of_freedom),
            rows: current.rows as u64,
            reference_rows: reference.rows as u64,
        })
    }
}

/// The ratio with both ends, from the variance of its logarithm.
pub(super) fn rise_from(
    reference: f64,
    current: f64,
    variance: f64,
    degrees_of_freedom: f64,
    level: Level,
) -> Option<(f64, f64, f64)> {
    let ratio = current / reference;
    let error = variance.sqrt();
    let reach = |tail: Tail| {
        if degrees_of_freedom.is_finite() {
            student_t_upper_quantile(tail.chance, degrees_of_freedom) * error
        } else {
            tail.z * error
        }
    };
    let low = ratio * (-reach(level.low)).exp();
    // a side of two wild rows reaches further than numbers go
    let high = (ratio * reach(level.high).exp()).min(f64::MAX);
    (ratio.is_finite() && ratio > 0.0 && error.is_finite()).then_some((ratio, low, high))
}

fn p_value(rise: f64, error: f64, degrees_of_freedom: f64) -> f64 {
    if error > 0.0 {
        student_t_sf(rise / error, degrees_of_freedom)
    } else if rise > 0.0 {
        0.0
    } else {
        1.0
    }
}

/// A mean that labels would give, estimated without them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EstimatedError {
    /// Best estimate.
    pub estimate: f64,
    /// Lower end of its band.
    pub low: f64,
    /// Upper end of its band.
    pub high: f64,
    /// Rows.
    pub rows: u64,
}

impl EstimatedError {
    /// With its standard error, the band kept within a range; `None` where figures are not finite.
    pub(super) fn of(estimate: f64, error: f64, level: Level, (least, most): (f64, f64), rows: u64) -> Option<Self> {
        let low = (estimate - level.low.z * error).max(least).min(estimate);
        let high = (estimate + level.high.z * error).min(most).max(estimate);
        (estimate.is_finite() && error.is_finite()).then_some(Self { estimate, low, high, rows })
    }
}

/// Number, mean and variance (ddof 1) of the values that are not NaN; `None` of fewer than two, or where not finite.
pub(super) fn moments(values: &[f64]) -> Option<(f64, f64, f64)> {
    let present = || values.iter().copied().filter(|value| !value.is_nan());
    let rows = present().count() as f64;
    if rows < 2.0 {
        return None;
    }
    let mean = present().sum::<f64>() / rows;
    let variance = present().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (rows - 1.0);
    (mean.is_finite() && variance.is_finite()).then_some((rows, mean, variance))
}

/// What is needed of one side's losses.
struct Side {
    rows: f64,
    mean: f64,
    /// With ddof 1.
    variance: f64,
}

impl Side {
    fn of(losses: &[f64]) -> Option<Self> {
        let (rows, mean, variance) = moments(losses)?;
        (mean > 0.0).then_some(Self { rows, mean, variance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> Level {
        Level { low: Tail::new(0.025), high: Tail::new(0.025) }
    }

    #[test]
    fn the_ratio_lies_between_its_ends() {
        let rise = ErrorRise::of(&[1.0, 2.0, 3.0, f64::NAN], &[2.0, 4.0, 6.0], level()).expect("losses");
        assert_eq!((rise.reference_error, rise.current_error, rise.ratio), (2.0, 4.0, 2.0));
        assert_eq!((rise.reference_rows, rise.rows), (3, 3));
        // both sides: s²/(n x̄²) = 1/12, hence SE² = 1/6 at 4 degrees of freedom
        let reach = (2.776_445_105_197_793 * (1.0f64 / 6.0).sqrt()).exp();
        assert!((rise.low * reach / 2.0 - 1.0).abs() < 1e-12 && (rise.high / reach / 2.0 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_ratio_gives_none() {
        let nothing: [&[f64]; 6] = [&[], &[1.0], &[f64::NAN; 3], &[0.0, 0.0], &[1.0, f64::INFINITY], &[f64::MAX; 3]];
        for losses in nothing {
            assert_eq!(ErrorRise::of(losses, &[1.0, 2.0], level()), None, "{losses:?}");
            assert_eq!(ErrorRise::of(&[1.0, 2.0], losses, level()), None, "{losses:?}");
        }
        assert_eq!(ErrorRise::clustered((&[1.0, 2.0], &[1, 1]), (&[1.0, 2.0], &[1, 1]), level()), None);
        assert_eq!(ErrorRise::clustered((&[1.0, 2.0], &[1]), (&[1.0, 2.0], &[1, 2]), level()), None);
        let constant = ErrorRise::of(&[1.0, 1.0], &[3.0, 3.0], level()).expect("losses");
        assert_eq!((constant.low, constant.ratio, constant.high, constant.p_value), (3.0, 3.0, 3.0, 0.0));
    }

    #[test]
    fn clusters_of_one_row_change_little_and_copies_of_rows_add_nothing() {
        let reference: Vec<f64> = (0..400).map(|i| 1.0 + f64::from(i * 37 % 101)).collect();
        let current: Vec<f64> = (0..300).map(|i| 2.0 + f64::from(i * 53 % 97)).collect();
        let ids = |from: u64, n: usize| (from..from + n as u64).collect::<Vec<u64>>();
        let (a, b) = (ids(0, 400), ids(1000, 300));
        let plain = ErrorRise::of(&reference, &current, level()).expect("losses");
        let single = ErrorRise::clustered((&reference, &a), (&current, &b), level()).expect("losses");
        assert!((single.low / plain.low - 1.0).abs() < 1e-3, "{single:?} {plain:?}");
        // every row four times over, known to be copies
        let again = |losses: &[f64]| losses.repeat(4);
        let copied =
            ErrorRise::clustered((&again(&reference), &a.repeat(4)), (&again(&current), &b.repeat(4)), level())
                .expect("losses");
        assert!((copied.low / single.low - 1.0).abs() < 1e-12, "{copied:?}");
    }
}
