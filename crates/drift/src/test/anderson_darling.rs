//! Anderson-Darling test of k samples, equal to `scipy.stats.anderson_ksamp` (variant `midrank`).
//!
//! F. W. Scholz and M. A. Stephens, K-sample Anderson-Darling tests (JASA 82, 1987): equation 7 for the statistic with
//! ties at midranks, its standardisation, and the critical values of their table 2. More weight on the tails than
//! Kolmogorov-Smirnov gives.

use crate::sample;

/// The levels of table 2.
const LEVELS: [f64; 7] = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];

/// The coefficients of table 2: `t = b0 + b1 / sqrt(k - 1) + b2 / (k - 1)`.
const TABLE_2: [[f64; 3]; 7] = [
    [0.675, -0.245, -0.105],
    [1.281, 0.25, -0.305],
    [1.645, 0.678, -0.362],
    [1.96, 1.149, -0.391],
    [2.326, 1.822, -0.396],
    [2.573, 2.364, -0.345],
    [3.085, 3.615, -0.154],
];

/// Outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    /// The standardised statistic: mean 0, variance 1 when the samples come from one distribution.
    pub statistic: f64,
    /// The p-value, interpolated between .25 and .001; beyond the table the nearest end.
    pub p_value: f64,
    /// Whether `p_value` is the end of the table: the true one lies above .25 or below .001.
    pub beyond_table: bool,
}

/// Tests whether growing samples (no NaN, infinities allowed) come from one distribution; `None` with fewer than two
/// samples, an empty one, fewer than four values in all, or one distinct value.
pub fn anderson_darling(samples: &[&[f64]]) -> Option<AndersonDarling> {
    if samples.len() < 2 || samples.iter().any(|values| values.is_empty()) {
        return None;
    }
    let mut pooled: Vec<f64> = samples.concat();
    sample::sort(&mut pooled);
    let total = pooled.len();
    if total < 4 || pooled[0] == pooled[total - 1] {
        return None;
    }
    let others = (samples.len() - 1) as f64;
    let spread = variance(samples, total).sqrt();
    let statistic = (raw_statistic(samples, &pooled) - others) / spread;
    if !statistic.is_finite() {
        return None;
    }
    let critical = TABLE_2.map(|[b0, b1, b2]| b0 + b1 / others.sqrt() + b2 / others);
    let (p_value, beyond_table) = if statistic < critical[0] {
        (LEVELS[0], true)
    } else if statistic > critical[6] {
        (LEVELS[6], true)
    } else {
        (parabola_at(critical, LEVELS.map(f64::ln), statistic).exp(), false)
    };
    Some(AndersonDarling { statistic, p_value, beyond_table })
}

/// Equation 7, one pass over the distinct values.
fn raw_statistic(samples: &[&[f64]], pooled: &[f64]) -> f64 {
    let total = pooled.len() as f64;
    let mut sums = vec![0.0; samples.len()];
    let mut places = vec![0; samples.len()];
    let mut from = 0;
    while from < pooled.len() {
        let value = pooled[from];
        let to = from + pooled[from..].iter().take_while(|&&x| x == value).count();
        let ties = (to - from) as f64;
        let below = from as f64 + ties / 2.0;
        let weight = ties / total / (below * (total - below) - total * ties / 4.0);
        for ((values, place), sum) in samples.iter().zip(&mut places).zip(&mut sums) {
            let first = *place;
            while *place < values.len() && values[*place] == value {
                *place += 1;
            }
            let own = f64::midpoint(first as f64, *place as f64);
            let gap = total * own - below * values.len() as f64;
            *sum += weight * gap * gap;
        }
        from = to;
    }
    let sum: f64 = sums.iter().zip(samples).map(|(sum, values)| sum / values.len() as f64).sum();
    (total - 1.0) / total * sum
}

/// Variance of the statistic without ties (equation 4).
fn variance(samples: &[&[f64]], total: usize) -> f64 {
    let k = samples.len() as f64;
    let n = total as f64;
    let inverse: f64 = samples.iter().map(|values| 1.0 / values.len() as f64).sum();
    let (mut harmonic, mut g) = (0.0, 0.0);
    for i in 1..total - 1 {
        harmonic += 1.0 / (total - i) as f64;
        g += harmonic / (i + 1) as f64;
    }
    let h = harmonic + 1.0;
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k + (4.0 * h - 4.0 * g + 6.0) * k + (2.0 * h - 6.0) * inverse + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    (((a * n + b) * n + c) * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0))
}

/// The least-squares parabola through seven points, at `x`; abscissas are centred first.
fn parabola_at(xs: [f64; 7], ys: [f64; 7], x: f64) -> f64 {
    let centre = xs.iter().sum::<f64>() / 7.0;
    let mut rows = [[0.0; 4]; 3];
    for (point, y) in xs.iter().zip(ys) {
        let t = point - centre;
        let powers = [1.0, t, t * t];
        for i in 0..3 {
            for j in 0..3 {
                rows[i][j] += powers[i] * powers[j];
            }
            rows[i][3] += powers[i] * y;
        }
    }
    // Gauss-Jordan; the matrix is positive definite
    for pivot in 0..3 {
        let scale = rows[pivot][pivot];
        rows[pivot] = rows[pivot].map(|entry| entry / scale);
        let pivot_row = rows[pivot];
        for (place, row) in rows.iter_mut().enumerate() {
            if place != pivot {
                let factor = row[pivot];
                row.iter_mut().zip(pivot_row).for_each(|(entry, other)| *entry -= factor * other);
            }
        }
    }
    let t = x - centre;
    rows[0][3] + t * (rows[1][3] + t * rows[2][3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_tested_gives_none() {
        assert_eq!(anderson_darling(&[]), None);
        assert_eq!(anderson_darling(&[&[1.0, 2.0, 3.0]]), None);
        assert_eq!(anderson_darling(&[&[1.0, 2.0], &[]]), None);
        assert_eq!(anderson_darling(&[&[1.0], &[2.0, 3.0]]), None);
        assert_eq!(anderson_darling(&[&[1.0; 9], &[1.0; 9]]), None);
    }

    #[test]
    fn the_parabola_goes_through_points_of_a_parabola() {
        let xs = [0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 9.0];
        let at = |x: f64| 2.0 - 3.0 * x + 0.5 * x * x;
        assert!((parabola_at(xs, xs.map(at), 4.0) - at(4.0)).abs() < 1e-11);
    }

    #[test]
    fn infinite_values_have_their_place() {
        let a = [f64::NEG_INFINITY, 1.0, 2.0, 3.0];
        let b = [1.5, 2.5, 3.5, f64::INFINITY];
        let got = anderson_darling(&[&a, &b]).expect("values");
        assert_eq!(Some(got), anderson_darling(&[&[-9.0, 1.0, 2.0, 3.0], &[1.5, 2.5, 3.5, 9.0]]));
    }
}
