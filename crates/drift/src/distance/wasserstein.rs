//! Wasserstein-1 (earth mover's) distance, equal to `scipy.stats.wasserstein_distance`.

use super::between_values;

/// `∫ |F(x) - G(x)| dx` of two growing finite samples; `None` when one is empty.
pub fn wasserstein(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut sum = 0.0;
    between_values(a, b, |i, j, from, to| sum += (i as f64 / n - j as f64 / m).abs() * (to - from));
    Some(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn of_equal_sizes_it_is_the_mean_gap_of_the_ranks(
            pairs in prop::collection::vec((-1e3..1e3, -1e3..1e3), 1..60)
        ) {
            let (mut a, mut b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            a.sort_by(f64::total_cmp);
            b.sort_by(f64::total_cmp);
            let want = a.iter().zip(&b).map(|(x, y)| (x - y).abs()).sum::<f64>() / a.len() as f64;
            let got = wasserstein(&a, &b).expect("not empty");
            prop_assert!((got - want).abs() < 1e-9 * want.max(1.0));
        }
    }
}
