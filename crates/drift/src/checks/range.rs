//! Values outside of what is allowed, or of what the reference ever held.

use crate::sample::Sample;

/// Rows outside of limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Rows below the lower limit, `-∞` among them.
    pub below: usize,
    /// Rows above the upper limit, `∞` among them.
    pub above: usize,
    /// Share of the present values that lie outside.
    pub share: f64,
    /// The smallest finite value.
    pub min: Option<f64>,
    /// The largest finite value.
    pub max: Option<f64>,
}

/// Counts the values of a sample outside of `low..=high` (`None`: no limit); `None` without a present value.
pub fn outside(sample: &Sample, low: Option<f64>, high: Option<f64>) -> Option<Range> {
    let sorted = sample.sorted();
    let below = low.map_or(0, |low| sorted.partition_point(|&x| x < low));
    let above = high.map_or(0, |high| sorted.len() - sorted.partition_point(|&x| x <= high));
    (!sorted.is_empty()).then(|| Range {
        below,
        above,
        share: (below + above).min(sorted.len()) as f64 / sorted.len() as f64,
        min: sample.finite().first().copied(),
        max: sample.finite().last().copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_counted() {
        let sample = Sample::new(&[-1.0, 0.0, 5.0, 11.0, f64::INFINITY, f64::NAN]);
        let got = outside(&sample, Some(0.0), Some(10.0)).expect("values");
        assert_eq!((got.below, got.above, got.share), (1, 2, 0.6));
        assert_eq!((got.min, got.max), (Some(-1.0), Some(11.0)));
        assert_eq!(outside(&sample, None, None).expect("values").share, 0.0);
        assert_eq!(outside(&Sample::new(&[f64::NAN]), None, None), None);
    }
}
