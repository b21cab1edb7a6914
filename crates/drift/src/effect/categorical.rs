//! Jensen-Shannon distance of two samples of categories, corrected for sampling.
//!
//! The divergence D² of two samples of one distribution is not 0: with many levels it is large. What chance gives is
//! the mean of D² over all ways to deal the pooled rows into two samples of these sizes, and it is computed exactly,
//! level by level (hypergeometric counts). D behaves as a distance between points in a Euclidean space, so the
//! measured D² is `E0 + D² + noise` with the variance `V0 + 4 D² τ²`, τ² = (1/n + 1/m) / (8 ln 2): the noncentral
//! chi-square law. Both ends of the interval come from turning that law round: an excess over the permutation null. Its
//! upper tail is that of a gamma law with the same two moments (P. B. Patnaik, Biometrika 36, 1949); its lower tail is
//! thicker than that, and is taken from a shifted gamma law with the same three (E. S. Pearson, Biometrika 46, 1959).
//!
//! A level with one row on both sides together looks the same whatever its two shares are: such rows say nothing, and
//! those of levels with two rows say about seven tenths of what others do. The upper end allows for it as if these levels
//! differed as much as the others do.

use std::collections::HashMap;
use std::f64::consts::LN_2;

use super::{Estimate, Level, POWER_Z};
use crate::distance::jensen_shannon::divergence_part;
use crate::special::gamma_q;

/// Up to this pooled count a level's moments are summed exactly; beyond, the second-order expansion is as good.
const EXACT_UP_TO: u64 = 200;

/// The distance, from the counts a level (same order on both sides); `None` when a side has no row.
pub fn category_distance(reference: &[u64], current: &[u64], level: Level, bound: f64) -> Option<Estimate> {
    let (n, m) = (reference.iter().sum::<u64>() as f64, current.iter().sum::<u64>() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let measured = reference
        .iter()
        .zip(current)
        .map(|(&x, &y)| divergence_part(x as f64 / n, y as f64 / m))
        .sum::<f64>()
        .clamp(0.0, 1.0);
    let null = Null::of(reference, current);
    let value = (measured - null.mean).max(0.0).sqrt();
    let low = distance_at(|distance| null.tail_above(distance, measured) >= level.low.chance);
    // Samples that are more alike than chance allows are no proof of anything.
    let at_least = measured.max(null.mean);
    let high = distance_at(|distance| null.tail_below(distance, at_least) <= level.high.chance);
    let high = (high / (1.0 - silent_share(reference, current)).sqrt()).min(1.0);
    let estimate = Estimate {
        value,
        low: low.min(value),
        high: high.max(value),
        visible_from: null.visible(bound, level),
        reference: None,
        current: None,
        chance: Some(null.mean.max(0.0).sqrt()),
    };
    Some(estimate.doubted(n as usize, m as usize))
}

/// The law of the measured divergence.
struct Null {
    /// E0: its mean when nothing changed.
    mean: f64,
    /// V0: its variance when nothing changed.
    variance: f64,
    /// τ².
    unit: f64,
}

impl Null {
    fn of(reference: &[u64], current: &[u64]) -> Self {
        let (n, m) = (reference.iter().sum::<u64>(), current.iter().sum::<u64>());
        let total = (n + m) as f64;
        let unit = (1.0 / n as f64 + 1.0 / m as f64) / (8.0 * LN_2);
        let mut known: HashMap<u64, (f64, f64)> = HashMap::new();
        let (mut mean, mut variance, mut squares) = (0.0, 0.0, 0.0);
        for (&x, &y) in reference.iter().zip(current) {
            let both = x + y;
            if both == 0 {
                continue;
            }
            let (level_mean, level_variance) = *known.entry(both).or_insert_with(|| {
                if both <= EXACT_UP_TO { exact_moments(both, n, m) } else { expanded_moments(both, total, unit) }
            });
            mean += level_mean;
            variance += level_variance;
            squares += (both as f64 / total).powi(2);
        }
        // Levels share their rows: covariance of the squared deviations of a multinomial.
        variance += 2.0 * unit * unit * (1.0 - squares).max(0.0);
        Self { mean, variance, unit }
    }

    /// P(measured divergence >= x) at a true distance.
    fn tail_above(&self, distance: f64, x: f64) -> f64 {
        let mean = self.mean + distance * distance;
        let variance = self.variance + 4.0 * distance * distance * self.unit;
        if variance <= 0.0 || mean <= 0.0 {
            return if x <= mean { 1.0 } else { 0.0 };
        }
        gamma_q(mean * mean / variance, x * mean / variance)
    }

    /// P(measured divergence <= x) at a true distance.
    fn tail_below(&self, distance: f64, x: f64) -> f64 {
        let square = distance * distance;
        let mean = self.mean + square;
        let variance = self.variance + 4.0 * square * self.unit;
        if variance <= 0.0 || self.mean <= 0.0 {
            return if x >= mean { 1.0 } else { 0.0 };
        }
        let third = 2.0 * self.variance * self.variance / self.mean + 24.0 * square * self.unit * self.unit;
        let scale = third / (2.0 * variance);
        let shape = variance / (scale * scale);
        let start = mean - shape * scale;
        if x <= start { 0.0 } else { 1.0 - gamma_q(shape, (x - start) / scale) }
    }

    /// The true distance whose measured divergence lies, in 95 of 100 samples, above what shows it to be over `bound`.
    fn visible(&self, bound: f64, level: Level) -> f64 {
        let at = |distance: f64, z: f64| {
            let square = distance * distance;
            square + z * (self.variance + 4.0 * square * self.unit).sqrt()
        };
        let threshold = at(bound, level.low.z);
        distance_at(|distance| at(distance, -POWER_Z) >= threshold)
    }
}

/// Part of what all rows would tell that rare levels cannot: all of levels with one row, .307 of those with two (their
/// measured divergence rises with a small difference δ of the shares as 4 δ², that of many rows as 4 δ² / ln 2).
fn silent_share(reference: &[u64], current: &[u64]) -> f64 {
    let mut rows = (0, 0.0);
    for (&x, &y) in reference.iter().zip(current) {
        rows.0 += x + y;
        rows.1 += match x + y {
            1 => 1.0,
            2 => 2.0 * (1.0 - LN_2),
            _ => 0.0,
        };
    }
    rows.1 / rows.0 as f64
}

/// The smallest distance in 0..=1 at which a condition holds that holds from there on (1 where it never does).
fn distance_at(holds: impl Fn(f64) -> bool) -> f64 {
    if holds(0.0) {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// Mean and variance of a level's part of the divergence when its `count` pooled rows are dealt at random.
fn exact_moments(count: u64, n: u64, m: u64) -> (f64, f64) {
    let (first, last) = (count.saturating_sub(m), count.min(n));
    let mode = ((count + 1) as f64 * (n + 1) as f64 / (n + m + 2) as f64).floor() as u64;
    let mode = mode.clamp(first, last);
    // weights relative to the mode: h(x+1) / h(x) = (c - x)(n - x) / ((x + 1)(m - c + x + 1))
    let ratio = |x: u64| (count - x) as f64 * (n - x) as f64 / ((x + 1) as f64 * (m + x + 1 - count) as f64);
    let (mut weight, mut mean, mut square) = (0.0, 0.0, 0.0);
    let mut add = |x: u64, w: f64| {
        let part = divergence_part(x as f64 / n as f64, (count - x) as f64 / m as f64);
        weight += w;
        mean += w * part;
        square += w * part * part;
    };
    let mut w = 1.0;
    for x in mode..=last {
        add(x, w);
        if x < last {
            w *= ratio(x);
        }
    }
    w = 1.0;
    for x in (first..mode).rev() {
        w /= ratio(x);
        add(x, w);
    }
    let mean = mean / weight;
    (mean, (square / weight - mean * mean).max(0.0))
}

/// The same to second order: `τ² (1 - c/N) N/(N-1)` times a chi-square with one degree of freedom.
fn expanded_moments(count: u64, total: f64, unit: f64) -> (f64, f64) {
    let mean = unit * (1.0 - count as f64 / total) * total / (total - 1.0);
    (mean, 2.0 * mean * mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_the_moments_agree_where_they_meet() {
        let (n, m) = (40_000u64, 30_000u64);
        let unit = (1.0 / n as f64 + 1.0 / m as f64) / (8.0 * LN_2);
        let exact = exact_moments(EXACT_UP_TO, n, m);
        let expanded = expanded_moments(EXACT_UP_TO, (n + m) as f64, unit);
        assert!((exact.0 / expanded.0 - 1.0).abs() < 0.01, "{exact:?} {expanded:?}");
        assert!((exact.1 / expanded.1 - 1.0).abs() < 0.05, "{exact:?} {expanded:?}");
    }

    #[test]
    fn chance_is_the_mean_over_every_way_to_deal() {
        // 3 levels with 2, 1, 1 rows dealt into 2 + 2: all 6 ways
        let rows = [0usize, 0, 1, 2];
        let (mut sum, mut ways) = (0.0, 0.0);
        for i in 0..4 {
            for j in i + 1..4 {
                let (mut a, mut b) = ([0.0; 3], [0.0; 3]);
                for (row, &level) in rows.iter().enumerate() {
                    if row == i || row == j { a[level] += 0.5 } else { b[level] += 0.5 }
                }
                sum += a.iter().zip(b).map(|(&p, q)| divergence_part(p, q)).sum::<f64>();
                ways += 1.0;
            }
        }
        let null = Null::of(&[1, 1, 0], &[1, 0, 1]);
        assert!((null.mean - sum / ways).abs() < 1e-12, "{} {}", null.mean, sum / ways);
    }

    #[test]
    fn rows_of_rare_levels_say_little() {
        assert!((silent_share(&[6, 1, 1, 0], &[4, 0, 1, 5]) - (1.0 + 2.0 * (1.0 - LN_2)) / 18.0).abs() < 1e-15);
        // Nothing is seen twice: any distance is possible.
        let alone = category_distance(&[1, 1, 0, 0], &[0, 0, 1, 1], Level::new(0.05, 1), 0.1).expect("rows");
        assert_eq!((alone.low, alone.high), (0.0, 1.0));
    }

    #[test]
    fn both_tails_have_the_moments_of_the_law() {
        let null = Null { mean: 3e-4, variance: 4e-8, unit: 9e-5 };
        let (mean, variance) = (3e-4 + 0.01, 4e-8 + 0.04 * 9e-5);
        for tail in [|null: &Null, x| 1.0 - null.tail_above(0.1, x), |null: &Null, x| null.tail_below(0.1, x)] {
            let step = 2e-6;
            let (mut first, mut second) = (0.0, 0.0);
            for k in 0..50_000 {
                let x = step * f64::from(k);
                let p = tail(&null, x + step) - tail(&null, x);
                first += p * (x + step / 2.0);
                second += p * (x + step / 2.0).powi(2);
            }
            assert!((first / mean - 1.0).abs() < 1e-3, "{first} {mean}");
            assert!(((second - first * first) / variance - 1.0).abs() < 1e-2);
        }
    }

    #[test]
    fn a_large_change_is_found_and_no_change_is_not() {
        let level = Level::new(0.05, 12);
        let changed = category_distance(&[500, 300, 200], &[200, 300, 500], level, 0.1).expect("rows");
        assert!(changed.low > 0.1 && changed.low < changed.value && changed.value < changed.high, "{changed:?}");
        let same = category_distance(&[500, 300, 200], &[50, 30, 20], level, 0.1).expect("rows");
        assert!(same.value == 0.0 && same.low == 0.0 && same.high > 0.0, "{same:?}");
        assert_eq!(category_distance(&[1], &[0], level, 0.1), None);
    }
}
