//! G test (likelihood ratio) of homogeneity, equal to `scipy.stats.chi2_contingency(lambda_="log-likelihood")`.
//!
//! S. S. Wilks, The large-sample distribution of the likelihood ratio (Ann. Math. Stat. 9, 1938).

use super::chi_square::{ChiSquare, survival};

/// `2 sum observed ln(observed / expected)` of both rows of counts (one entry a level), referred to chi-square; `None` when
/// a row has no counts or fewer than two levels occur. `yates`: continuity correction, with one degree of freedom only.
pub fn g_test(a: &[u64], b: &[u64], yates: bool) -> Option<ChiSquare> {
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
        for (observed, size) in [(x as f64, n), (y as f64, m)] {
            let expected = both * size / (n + m);
            let gap = expected - observed;
            let observed = if correct { observed + gap.abs().min(0.5) * gap.signum() } else { observed };
            if observed > 0.0 {
                statistic += 2.0 * observed * (observed / expected).ln();
            }
        }
    }
    let statistic = statistic.max(0.0);
    Some(ChiSquare { statistic, p_value: survival(statistic, degrees_of_freedom as f64), degrees_of_freedom })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_give_nothing_and_empty_sides_no_test() {
        let same = g_test(&[10, 20, 0], &[20, 40, 0], false).expect("counts");
        assert!(same.statistic < 1e-12 && same.p_value > 0.999_999);
        assert_eq!(same.degrees_of_freedom, 1);
        assert_eq!(g_test(&[10, 20], &[0, 0], false), None);
        assert_eq!(g_test(&[10, 0], &[5, 0], false), None);
        assert_eq!(g_test(&[], &[], false), None);
    }
}
