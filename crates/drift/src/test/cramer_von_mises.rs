//! Two-sample Cramer-von Mises test, asymptotic, as `scipy.stats.cramervonmises_2samp(method="asymptotic")`.
//!
//! T. W. Anderson, "On the Distribution of the Two-Sample Cramer-von Mises Criterion", Ann. Math. Stat. 33 (1962);
//! limit distribution: S. Csorgo and J. Faraway, J. Royal Stat. Soc. B 58 (1996), equation 1.2.

use std::f64::consts::PI;

use crate::special::{bessel_k_scaled, ln_gamma};
use crate::test::Outcome;

/// Tests whether two growing samples come from one distribution; `None` when one has fewer than two values.
pub fn cramer_von_mises(a: &[f64], b: &[f64]) -> Option<Outcome> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (product, total) = (n * m, n + m);
    // u = n sum_i (rank of a_i - i)^2 + m sum_j (rank of b_j - j)^2, ranks among both, ties at their mean
    // summed exactly, four times over, because the statistic is the small difference of two large numbers
    let mut u: i128 = 0;
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let x = match (a.get(i), b.get(j)) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) | (None, Some(&x)) => x,
            (None, None) => break,
        };
        let (from_i, from_j) = (i, j);
        while i < a.len() && a[i] == x {
            i += 1;
        }
        while j < b.len() && b[j] == x {
            j += 1;
        }
        let twice_rank = (from_i + from_j + 1 + i + j) as i128;
        let squares = |places: std::ops::Range<usize>| -> i128 {
            places.map(|k| (twice_rank - 2 * (k as i128 + 1)).pow(2)).sum()
        };
        u += a.len() as i128 * squares(from_i..i) + b.len() as i128 * squares(from_j..j);
    }
    let pairs = (a.len() * b.len()) as i128;
    let statistic = (6 * u - 4 * pairs * (4 * pairs - 1)) as f64 / (24.0 * product * total);
    let mean = (1.0 + 1.0 / total) / 6.0;
    let variance = (total + 1.0) * (4.0 * product * total - 3.0 * (n * n + m * m) - 2.0 * product)
        / (45.0 * total * total * 4.0 * product);
    let standardised = 1.0 / 6.0 + (statistic - mean) / (45.0 * variance).sqrt();
    let p_value = if standardised < 0.003 { 1.0 } else { (1.0 - limit_cdf(standardised)).max(0.0) };
    Some(Outcome { statistic, p_value })
}

/// Distribution of the statistic's limit:
/// `sum_k Γ(k+1/2)/k! sqrt(4k+1) / (π^(3/2) sqrt(x)) exp(-(4k+1)²/16x) K_{1/4}((4k+1)²/16x)`,
/// broken off at the first term below 1e-7 as scipy does: p-values below that are no more than an order of magnitude.
fn limit_cdf(x: f64) -> f64 {
    let mut sum = 0.0;
    let mut k = 0.0;
    loop {
        let y = 4.0 * k + 1.0;
        let q = y * y / (16.0 * x);
        let factor = (ln_gamma(k + 0.5) - ln_gamma(k + 1.0)).exp() / (PI.powf(1.5) * x.sqrt());
        let term = factor * y.sqrt() * (-2.0 * q).exp() * bessel_k_scaled(0.25, q);
        sum += term;
        k += 1.0;
        if term < 1e-7 {
            return sum;
        }
    }
}
