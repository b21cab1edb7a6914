//! Energy distance, equal to `scipy.stats.energy_distance`.

use super::between_values;

/// `sqrt(2 ∫ (F(x) - G(x))² dx)` of two growing finite samples; `None` when one is empty.
pub fn energy(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut sum = 0.0;
    between_values(a, b, |i, j, from, to| sum += (i as f64 / n - j as f64 / m).powi(2) * (to - from));
    Some((2.0 * sum).sqrt())
}
