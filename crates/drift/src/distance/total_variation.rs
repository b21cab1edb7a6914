//! Total variation distance: the share of rows that would have to change their level.

/// `sum |p - q| / 2`, 0 to 1, of two rows of weights (one entry a level, normalised here); `None` when a row sums to 0 or
/// is not finite.
pub fn total_variation(a: &[f64], b: &[f64]) -> Option<f64> {
    let (n, m) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    if !(n > 0.0 && m > 0.0 && n.is_finite() && m.is_finite()) {
        return None;
    }
    Some((a.iter().zip(b).map(|(x, y)| (x / n - y / m).abs()).sum::<f64>() / 2.0).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_share_that_moved() {
        let got = total_variation(&[50.0, 30.0, 20.0], &[5.0, 2.0, 3.0]).expect("weights");
        assert!((got - 0.1).abs() < 1e-15);
        assert_eq!(total_variation(&[1.0, 0.0], &[0.0, 1.0]), Some(1.0));
        assert_eq!(total_variation(&[0.0], &[1.0]), None);
    }
}
