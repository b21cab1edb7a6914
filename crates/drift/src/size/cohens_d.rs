//! Cohen's d: difference of two means in standard deviations.
//!
//! The unit is `sqrt((s²_a + s²_b) / 2)` (J. Cohen, Statistical power analysis, 1988, 2.3.2: for unequal variances), the
//! interval D. G. Bonett's, which needs neither equal variances nor equal sizes (Psychological Methods 13, 2008, eq. 10):
//! `SE² = d² (s⁴_a/(n-1) + s⁴_b/(m-1)) / (8 s⁴) + (s²_a/(n-1) + s²_b/(m-1)) / s²`.

use super::Size;
use crate::effect::Level;

/// `(mean b - mean a) / s` of two finite samples; `None` with fewer than two values on a side, where neither varies, or
/// where figures are not finite.
pub fn cohens_d(a: &[f64], b: &[f64], level: Level) -> Option<Size> {
    let (mean_a, variance_a) = mean_and_variance(a)?;
    let (mean_b, variance_b) = mean_and_variance(b)?;
    let square = f64::midpoint(variance_a, variance_b);
    let value = (mean_b - mean_a) / square.sqrt();
    if square <= 0.0 || !value.is_finite() {
        return None;
    }
    let (x, y) = (variance_a / square, variance_b / square);
    let (n, m) = (a.len() as f64 - 1.0, b.len() as f64 - 1.0);
    let error = (value * value * (x * x / n + y * y / m) / 8.0 + x / n + y / m).sqrt();
    let (low, high) = (value - level.low.z * error, value + level.high.z * error);
    (low.is_finite() && high.is_finite()).then_some(Size { value, low, high })
}

fn mean_and_variance(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean.is_finite() && variance.is_finite()).then_some((mean, variance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Tail;

    #[test]
    fn it_is_the_difference_in_standard_deviations() {
        let level = Level { low: Tail::new(0.025), high: Tail::new(0.025) };
        let got = cohens_d(&[1.0, 2.0, 3.0], &[3.0, 4.0, 5.0], level).expect("values");
        assert!((got.value - 2.0).abs() < 1e-15 && got.low < 2.0 && got.high > 2.0);
        // 4 (1/2 + 1/2) / 8 + 1/2 + 1/2 = 1.5
        assert!((got.high - 2.0 - level.high.z * 1.5f64.sqrt()).abs() < 1e-12);
        for odd in [&[][..], &[1.0], &[1.0, f64::INFINITY], &[f64::NAN, 1.0]] {
            assert_eq!(cohens_d(odd, &[1.0, 2.0], level), None);
        }
        assert_eq!(cohens_d(&[1.0, 1.0], &[2.0, 2.0], level), None);
    }
}
