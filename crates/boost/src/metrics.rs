//! Errors of predictions. Every function takes targets and predictions of the same length and gives `None` where the
//! measure is not defined; none gives NaN for finite input.

/// Pairs of target and prediction; `None` when there are none or the lengths differ.
fn pairs<'a>(targets: &'a [f64], predictions: &'a [f64]) -> Option<impl Iterator<Item = (f64, f64)> + Clone + 'a> {
    let fits = !targets.is_empty() && targets.len() == predictions.len();
    fits.then(|| targets.iter().copied().zip(predictions.iter().copied()))
}

/// Root of the mean squared error. `None` without rows or when the lengths differ.
pub fn rmse(targets: &[f64], predictions: &[f64]) -> Option<f64> {
    let squares: f64 = pairs(targets, predictions)?.map(|(y, p)| (y - p).powi(2)).sum();
    Some((squares / targets.len() as f64).sqrt())
}

/// Mean absolute error. `None` without rows or when the lengths differ.
pub fn mae(targets: &[f64], predictions: &[f64]) -> Option<f64> {
    let sizes: f64 = pairs(targets, predictions)?.map(|(y, p)| (y - p).abs()).sum();
    Some(sizes / targets.len() as f64)
}

/// Coefficient of determination, 1 - sum of squared errors / sum of squares about the mean of the targets. `None`
/// without rows, when the lengths differ, or when all targets are equal.
pub fn r2(targets: &[f64], predictions: &[f64]) -> Option<f64> {
    let pairs = pairs(targets, predictions)?;
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    if targets.iter().all(|&y| y == targets[0]) {
        return None;
    }
    let total: f64 = targets.iter().map(|y| (y - mean).powi(2)).sum();
    let squares: f64 = pairs.map(|(y, p)| (y - p).powi(2)).sum();
    (total > 0.0).then(|| 1.0 - squares / total)
}

/// Mean of |error| / |target| over the rows whose target is not 0, as a share (0.1 is 10 %). `None` without such rows
/// or when the lengths differ.
pub fn mape(targets: &[f64], predictions: &[f64]) -> Option<f64> {
    let nonzero = pairs(targets, predictions)?.filter(|&(y, _)| y != 0.0);
    let count = nonzero.clone().count();
    let sum: f64 = nonzero.map(|(y, p)| ((y - p) / y).abs()).sum();
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let (y, p) = ([1.0, 2.0, 4.0, 0.0], [2.0, 2.0, 2.0, 1.0]);
        assert_eq!(rmse(&y, &p), Some(1.5f64.sqrt()));
        assert_eq!(mae(&y, &p), Some(1.0));
        // Mean 1.75, squares about it .5625 + .0625 + 5.0625 + 3.0625 = 8.75.
        assert_eq!(r2(&y, &p), Some(1.0 - 6.0 / 8.75));
        assert_eq!(mape(&y, &p), Some((1.0 + 0.0 + 0.5) / 3.0));
        assert_eq!(r2(&y, &y), Some(1.0));
    }

    #[test]
    fn undefined_is_none_and_never_nan() {
        for metric in [rmse, mae, r2, mape] {
            assert_eq!(metric(&[], &[]), None);
            assert_eq!(metric(&[1.0], &[1.0, 2.0]), None);
        }
        assert_eq!(r2(&[2.0, 2.0], &[1.0, 3.0]), None);
        assert_eq!(r2(&[0.1, 0.1, 0.1], &[0.1, 0.1, 0.1]), None);
        assert_eq!(mape(&[0.0], &[1.0]), None);
    }
}
