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

/// The same after every value outside of `low..=high` is drawn to the nearer limit (winsorised), which takes the weight
/// from far outliers; infinities are allowed. `None` when a sample is empty or the limits are not finite and in order.
pub fn winsorised(a: &[f64], b: &[f64], low: f64, high: f64) -> Option<f64> {
    if a.is_empty() || b.is_empty() || !(low.is_finite() && high.is_finite() && low <= high) {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut sum = 0.0;
    let (mut from, mut i, mut j) = (low, a.partition_point(|&x| x <= low), b.partition_point(|&x| x <= low));
    while from < high {
        let next = |values: &[f64], place: usize| values.get(place).copied().unwrap_or(high);
        let to = next(a, i).min(next(b, j)).min(high);
        sum += (i as f64 / n - j as f64 / m).abs() * (to - from);
        i += a[i..].iter().take_while(|&&x| x <= to).count();
        j += b[j..].iter().take_while(|&&x| x <= to).count();
        from = to;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn winsorising_takes_infinities_and_odd_limits() {
        assert_eq!(winsorised(&[f64::NEG_INFINITY, 0.0], &[1.0, f64::INFINITY], 0.0, 1.0), Some(1.0));
        assert_eq!(winsorised(&[1.0], &[2.0], 0.0, f64::INFINITY), None);
        assert_eq!(winsorised(&[1.0], &[2.0], 2.0, 1.0), None);
        assert_eq!(winsorised(&[], &[2.0], 0.0, 1.0), None);
        assert_eq!(winsorised(&[1.0], &[2.0], 5.0, 5.0), Some(0.0));
    }

    proptest! {
        #[test]
        fn winsorised_it_is_the_distance_of_the_clamped(
            mut a in prop::collection::vec(-10i32..10, 1..40), mut b in prop::collection::vec(-10i32..10, 1..40),
            (low, width) in (-8i32..8, 0i32..8),
        ) {
            a.sort_unstable();
            b.sort_unstable();
            let (low, high) = (f64::from(low), f64::from(low + width));
            let plain = |v: &[i32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let clamped = |v: &[i32]| v.iter().map(|&x| f64::from(x).clamp(low, high)).collect::<Vec<f64>>();
            let got = winsorised(&plain(&a), &plain(&b), low, high).expect("values");
            let want = wasserstein(&clamped(&a), &clamped(&b)).expect("values");
            prop_assert!((got - want).abs() < 1e-12);
        }

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
