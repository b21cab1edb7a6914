//! Hellinger distance of two distributions over the same levels (E. Hellinger, J. reine angew. Math. 136, 1909).

/// `sqrt(1 - sum sqrt(p q))`, 0 (equal) to 1 (nothing in common), of two rows of weights (one entry a level, normalised
/// here); `None` when a row sums to 0 or is not finite.
///
/// As `sqrt(sum (sqrt p - sqrt q)² / 2)`, which keeps small distances that `1 - sum` would round away.
pub fn hellinger(a: &[f64], b: &[f64]) -> Option<f64> {
    let (n, m) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    if !(n > 0.0 && m > 0.0 && n.is_finite() && m.is_finite()) {
        return None;
    }
    let sum: f64 = a.iter().zip(b).map(|(x, y)| ((x / n).sqrt() - (y / m).sqrt()).powi(2)).sum();
    Some((sum / 2.0).sqrt().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_ends_are_equal_and_apart() {
        assert_eq!(hellinger(&[1.0, 2.0], &[10.0, 20.0]), Some(0.0));
        assert_eq!(hellinger(&[1.0, 0.0], &[0.0, 5.0]), Some(1.0));
        assert_eq!(hellinger(&[0.0, 0.0], &[0.0, 5.0]), None);
        assert_eq!(hellinger(&[], &[]), None);
        let half = hellinger(&[1.0, 1.0], &[1.0, 0.0]).expect("weights");
        assert!((half - (1.0 - 0.5f64.sqrt()).sqrt()).abs() < 1e-15);
    }
}
