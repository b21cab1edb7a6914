//! Welch's t test of two means with unequal variances, equal to `scipy.stats.ttest_ind(equal_var=False)`.
//!
//! B. L. Welch, The generalization of Student's problem (Biometrika 34, 1947).

use crate::special::student_t_sf;

/// Outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// `(mean a - mean b) / sqrt(s²_a/n + s²_b/m)`.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// Welch and Satterthwaite's degrees of freedom.
    pub degrees_of_freedom: f64,
}

/// Tests whether two finite samples have one mean; `None` with fewer than two values on a side, where neither side varies,
/// or where a variance is not finite.
pub fn welch(a: &[f64], b: &[f64]) -> Option<Welch> {
    let (mean_a, part_a) = mean_and_square_error(a)?;
    let (mean_b, part_b) = mean_and_square_error(b)?;
    let both = part_a + part_b;
    let statistic = (mean_a - mean_b) / both.sqrt();
    if both <= 0.0 || !statistic.is_finite() {
        return None;
    }
    // as shares of the whole, so that small variances do not vanish when squared
    let (x, y) = (part_a / both, part_b / both);
    let degrees_of_freedom = 1.0 / (x * x / (a.len() as f64 - 1.0) + y * y / (b.len() as f64 - 1.0));
    let p_value = (2.0 * student_t_sf(statistic.abs(), degrees_of_freedom)).min(1.0);
    Some(Welch { statistic, p_value, degrees_of_freedom })
}

fn mean_and_square_error(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square_error = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0) / n;
    (mean.is_finite() && square_error.is_finite()).then_some((mean, square_error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_tested_gives_none() {
        for odd in [&[][..], &[1.0], &[f64::INFINITY, 1.0], &[f64::NAN, 1.0], &[1e308, -1e308, 1e308]] {
            assert_eq!(welch(odd, &[1.0, 2.0]), None, "{odd:?}");
        }
        assert_eq!(welch(&[1.0, 1.0], &[2.0, 2.0]), None);
        assert!(welch(&[1.0, 1.0], &[2.0, 3.0]).expect("one side varies").p_value < 1.0);
    }
}
