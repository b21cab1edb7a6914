//! Without labels, regression: the error estimated directly (direct loss estimation, as NannyML has named it).
//!
//! A second model, fitted to the champion's losses on rows that the champion had not seen, predicts the loss of each
//! current row. What it predicts too little or too much on calibration rows with labels is taken off: with predicted
//! losses `f` and true ones `l`,
//!
//! ```text
//! estimate = mean over current of f + mean over calibration of (l - f)
//! SE²      = var_current(f) / m + var_calibration(l - f) / n
//! ```
//!
//! (the rectifier of A. N. Angelopoulos et al., Prediction-powered inference, Science 382, 2023). It holds while the
//! relation between columns and loss stays what it was: a changed relation stays unseen.

use super::error_rise::{EstimatedError, moments};
use crate::effect::Level;

/// The estimate, from predicted losses of the current rows, and predicted and true losses of calibration rows (rows with
/// NaN are left out).
///
/// `None` with fewer than two rows on a side, where calibration slices differ in length, or where figures are not finite.
pub fn direct_loss(predicted: &[f64], calibration: (&[f64], &[f64]), level: Level) -> Option<EstimatedError> {
    let (foreseen, happened) = calibration;
    if foreseen.len() != happened.len() {
        return None;
    }
    let rest: Vec<f64> = happened.iter().zip(foreseen).map(|(l, f)| l - f).collect();
    let (m, mean, variance) = moments(predicted)?;
    let (n, bias, spread) = moments(&rest)?;
    let error = (variance / m + spread / n).sqrt();
    EstimatedError::of((mean + bias).max(0.0), error, level, (0.0, f64::MAX), m as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Tail;

    #[test]
    fn the_calibration_takes_the_bias_off() {
        let level = Level { low: Tail::new(0.025), high: Tail::new(0.025) };
        let got = direct_loss(&[2.0, 4.0, f64::NAN], (&[1.0, 2.0, 3.0], &[1.5, 2.5, 3.5]), level).expect("losses");
        // var(f) / m = 2 / 2, the rest does not vary
        assert_eq!((got.estimate, got.rows), (3.5, 2));
        assert!((got.high - 3.5 - level.high.z).abs() < 1e-12);
        assert_eq!(direct_loss(&[1.0], (&[1.0, 2.0], &[1.0, 2.0]), level), None);
        assert_eq!(direct_loss(&[1.0, 2.0], (&[1.0], &[1.0, 2.0]), level), None);
        assert_eq!(direct_loss(&[1.0, f64::INFINITY], (&[1.0, 2.0], &[1.0, 2.0]), level), None);
    }
}
