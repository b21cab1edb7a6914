//! Mann-Whitney U test, two-sided, asymptotic with continuity correction, as `scipy.stats.mannwhitneyu`.

use crate::special::normal_sf;
use crate::test::Outcome;

/// Tests whether two growing samples are stochastically alike; the statistic is U of the first (pairs in which it is
/// larger, ties half). `None` when one is empty or all values are one.
///
/// `z = (max(U, nm - U) - nm/2 - 1/2) / s`, `s^2 = nm/12 (N + 1 - sum(t^3 - t) / (N (N - 1)))` over ties of size t.
pub fn mann_whitney(a: &[f64], b: &[f64]) -> Option<Outcome> {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let total = n + m;
    let (mut i, mut j) = (0, 0);
    let (mut u, mut ties) = (0.0, 0.0);
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
        let (in_a, in_b) = ((i - from_i) as f64, (j - from_j) as f64);
        u += in_a * (from_j as f64 + in_b / 2.0);
        let t = in_a + in_b;
        ties += t * t * t - t;
    }
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    if variance.is_nan() || variance <= 0.0 {
        return None;
    }
    let z = (u.max(n * m - u) - n * m / 2.0 - 0.5) / variance.sqrt();
    Some(Outcome { statistic: u, p_value: (2.0 * normal_sf(z)).min(1.0) })
}
