//! Pearson's chi-square test of homogeneity of two samples of categories.

use crate::special::gamma_q;

/// Outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// `sum (observed - expected)^2 / expected`.
    pub statistic: f64,
    /// P(chi-square with that many degrees of freedom >= statistic).
    pub p_value: f64,
    /// Levels that occur, less one.
    pub degrees_of_freedom: u64,
}

/// P(X >= x) of the chi-square distribution.
pub fn survival(x: f64, degrees_of_freedom: f64) -> f64 {
    gamma_q(degrees_of_freedom / 2.0, x / 2.0)
}

/// Tests whether both rows of counts (one entry a level) come from one distribution; `None` when a row has no counts or
/// fewer than two levels occur. `yates`: continuity correction, applied with one degree of freedom only, as scipy does.
pub fn homogeneity(a: &[u64], b: &[u64], yates: bool) -> Option<ChiSquare> {
    let (n, m) = (a.iter().sum::<u64>() as f64, b.iter().sum::<u64>() as f64);
    let levels = a.iter().zip(b).filter(|&(&x, &y)| x + y > 0).count();
    if n == 0.0 || m == 0.0 || levels < 2 {
        return None;
    }
    let degrees_of_freedom = levels as u64 - 1;
    let correct = yates && degrees_of_freedom == 1;
    let mut statistic = 0.0;
    for (&x, &y) in a.iter().zip(b) {
        let both = (x + y) as f64;
        if both == 0.0 {
            continue;
        }
        for (observed, size) in [(x as f64, n), (y as f64, m)] {
            let expected = both * size / (n + m);
            let mut gap = (observed - expected).abs();
            if correct {
                gap -= gap.min(0.5);
            }
            statistic += gap * gap / expected;
        }
    }
    Some(ChiSquare { statistic, p_value: survival(statistic, degrees_of_freedom as f64), degrees_of_freedom })
}

/// Merges the levels whose expected count lies below 5 on either side into one, as Cochran's rule asks for the test to
/// hold (W. G. Cochran, Biometrics 10, 1954); returns the counts and how many levels went into the merged one.
pub fn merge_rare_levels(a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>, usize) {
    let (n, m) = (a.iter().sum::<u64>() as f64, b.iter().sum::<u64>() as f64);
    let smaller_share = n.min(m) / (n + m);
    let (mut kept_a, mut kept_b, mut rare, mut merged) = (Vec::new(), Vec::new(), (0, 0), 0);
    for (&x, &y) in a.iter().zip(b) {
        if (x + y) as f64 * smaller_share >= 5.0 {
            kept_a.push(x);
            kept_b.push(y);
        } else if x + y > 0 {
            rare = (rare.0 + x, rare.1 + y);
            merged += 1;
        }
    }
    if merged > 0 {
        kept_a.push(rare.0);
        kept_b.push(rare.1);
    }
    (kept_a, kept_b, merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_never_occur_do_not_count() {
        let with = homogeneity(&[10, 0, 20], &[20, 0, 30], false);
        assert_eq!(with, homogeneity(&[10, 20], &[20, 30], false));
        assert_eq!(homogeneity(&[3, 0], &[4, 0], false), None);
        assert_eq!(homogeneity(&[3, 1], &[0, 0], false), None);
    }

    #[test]
    fn rare_levels_are_merged() {
        let (a, b, merged) = merge_rare_levels(&[100, 1, 2, 50], &[100, 2, 1, 60]);
        assert_eq!((a, b, merged), (vec![100, 50, 3], vec![100, 60, 3], 2));
    }
}
