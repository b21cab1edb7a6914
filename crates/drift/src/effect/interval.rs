//! Intervals of shares and the band of an empirical distribution.

use super::{Level, POWER_Z};

/// Wilson's score interval of a share `k / n` (E. B. Wilson, JASA 22, 1927); all of 0..=1 when `n` is 0.
pub fn wilson(k: f64, n: f64, z: f64) -> (f64, f64) {
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let p = k / n;
    let zz = z * z;
    let centre = (p + zz / (2.0 * n)) / (1.0 + zz / n);
    let half = z / (1.0 + zz / n) * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
    let low = if k == 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if k == n { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

/// Interval of a difference `b - a` of independent quantities from their own intervals
/// (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10).
pub fn difference(a: f64, (a_low, a_high): (f64, f64), b: f64, (b_low, b_high): (f64, f64)) -> (f64, f64) {
    let d = b - a;
    let low = d - ((b - b_low).powi(2) + (a_high - a).powi(2)).sqrt();
    let high = d + ((b_high - b).powi(2) + (a - a_low).powi(2)).sqrt();
    (low, high)
}

/// Interval of the difference `b / m - a / n` of two shares, each given as (rows that count, rows).
pub fn difference_of_shares((a, n): (f64, f64), (b, m): (f64, f64), level: Level) -> (f64, f64) {
    let at = |z: f64| difference(a / n, wilson(a, n, z), b / m, wilson(b, m, z));
    (at(level.low.z).0, at(level.high.z).1)
}

/// Smallest difference of two shares, the reference's being `share`, that shows to be over `bound` in 95 of 100 samples
/// of sizes `n` and `m`.
pub fn visible_share(share: f64, bound: f64, n: f64, m: f64, level: Level) -> f64 {
    let mut visible = bound;
    // the spread depends on the share that is to be seen
    for _ in 0..8 {
        let there = (share + visible).clamp(0.0, 1.0);
        let spread = (share * (1.0 - share) / n + (there * (1.0 - there)).max(1.0 / m) / m).sqrt();
        visible = (bound + (level.low.z + POWER_Z) * spread).min(1.0);
    }
    visible
}

/// The height, in pointwise standard deviations, that an empirical distribution passes with chance `tail` anywhere
/// between its quantiles `edge` and `1 - edge`, on either side
/// (R. Miller and D. Siegmund, Biometrics 38, 1982: `φ(b) (b - 1/b) ln(ratio of odds) + 4 φ(b) / b`).
pub fn band_height(tail: f64, edge: f64) -> f64 {
    let log_odds = 2.0 * ((1.0 - edge) / edge).ln();
    let (mut low, mut high) = (1.0f64, 40.0f64);
    for _ in 0..60 {
        let b = f64::midpoint(low, high);
        let density = (-0.5 * b * b).exp() / (2.0 * std::f64::consts::PI).sqrt();
        if density * ((b - 1.0 / b) * log_odds + 4.0 / b) > tail {
            low = b;
        } else {
            high = b;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_is_the_published_interval() {
        // Newcombe 1998: 81 of 263, 95 %
        let (low, high) = wilson(81.0, 263.0, 1.96);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        assert_eq!(wilson(0.0, 10.0, 1.96).0, 0.0);
        assert_eq!(wilson(10.0, 10.0, 1.96).1, 1.0);
    }

    #[test]
    fn the_difference_is_newcombes() {
        // Newcombe 1998, case 56/70 - 48/80: method 10 gives 0.0524 to 0.3339
        let (b, a) = (56.0 / 70.0, 48.0 / 80.0);
        let (low, high) = difference(a, wilson(48.0, 80.0, 1.96), b, wilson(56.0, 70.0, 1.96));
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn the_band_is_wider_than_a_point() {
        assert!((3.0..3.6).contains(&band_height(0.05, 0.01)), "{}", band_height(0.05, 0.01));
        assert!(band_height(1e-4, 0.01) > band_height(1e-2, 0.01));
    }
}
