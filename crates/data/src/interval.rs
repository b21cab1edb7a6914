//! The interval around a prediction: split conformal, from residuals of rows that a fold's model had not seen.
//!
//! Residuals are signed and on the training scale, so that an interval may be wider to one side, and is in proportion
//! where the scale is logarithmic. Its level holds for rows that come from where the training rows come from, whatever
//! their distribution (Vovk et al. 2005, Lei et al. 2018); it promises nothing for rows from elsewhere.

use serde::{Deserialize, Serialize};

/// The share of rows whose target the wide interval is to hold.
pub const LEVEL: f64 = 0.9;
/// The share of rows whose target the narrow interval is to hold.
pub const NARROW_LEVEL: f64 = 0.5;

/// Intervals around predictions, as they are stored with the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Out-of-fold residuals that it rests on.
    pub rows: u64,
    /// The interval at [`LEVEL`].
    pub wide: Offsets,
    /// The interval at [`NARROW_LEVEL`].
    pub narrow: Offsets,
}

/// Where an interval begins and ends, from the prediction, on the training scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Offsets {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Offsets {
    /// Whether a residual (target less prediction) lies within.
    pub fn hold(&self, residual: f64) -> bool {
        (self.low..=self.high).contains(&residual)
    }
}

impl Interval {
    /// Of residuals (target less prediction, on the training scale) of rows that their models had not seen; `None` where
    /// they are too few to say so much.
    pub fn of_residuals(mut residuals: Vec<f64>) -> Option<Self> {
        residuals.retain(|residual| residual.is_finite());
        residuals.sort_unstable_by(f64::total_cmp);
        Some(Self {
            rows: residuals.len() as u64,
            wide: offsets(&residuals, LEVEL)?,
            narrow: offsets(&residuals, NARROW_LEVEL)?,
        })
    }
}

/// The ends that leave out at most `(1 - level) / 2` on each side, with the correction for a finite sample: the upper end
/// is the residual of rank `ceil((n + 1) (1 + level) / 2)`, the lower its mirror image.
fn offsets(sorted: &[f64], level: f64) -> Option<Offsets> {
    let count = sorted.len();
    // a whole number of ranks may come out a hair above itself
    let rank = ((count as f64 + 1.0) * (1.0 + level) / 2.0 - 1e-9).ceil() as usize;
    let high = sorted.get(rank.checked_sub(1)?)?;
    let low = sorted.get(count.checked_sub(rank)?)?;
    Some(Offsets { low: *low, high: *high })
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::random::SplitMix64;

    use super::*;

    #[test]
    fn ends_are_the_corrected_ranks() {
        let residuals = (1..=99).map(f64::from).rev().collect();
        let interval = Interval::of_residuals(residuals).expect("enough");
        assert_eq!((interval.wide.low, interval.wide.high), (5.0, 95.0));
        assert_eq!((interval.narrow.low, interval.narrow.high), (25.0, 75.0));
        assert_eq!(interval.rows, 99);
    }

    #[test]
    fn too_few_residuals_give_none() {
        assert!(Interval::of_residuals((0..18).map(f64::from).collect()).is_none());
        assert!(Interval::of_residuals((0..19).map(f64::from).collect()).is_some());
        assert!(Interval::of_residuals(vec![f64::NAN; 100]).is_none());
    }

    #[test]
    fn the_level_holds_whatever_the_distribution() {
        let mut random = SplitMix64::new(7);
        let mut skewed = |count: usize| {
            let unit = |random: &mut SplitMix64| (random.below(1_000_000) as f64 + 0.5) / 1e6;
            (0..count).map(|_| -unit(&mut random).ln()).collect::<Vec<f64>>()
        };
        let (mut held, mut all) = (0, 0);
        for _ in 0..200 {
            let interval = Interval::of_residuals(skewed(60)).expect("enough");
            for residual in skewed(50) {
                held += usize::from(interval.wide.hold(residual));
                all += 1;
            }
        }
        let coverage = held as f64 / all as f64;
        assert!((0.89..0.94).contains(&coverage), "{coverage}");
    }
}
