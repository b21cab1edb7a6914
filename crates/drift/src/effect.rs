//! The effects on which a decision rests: how large a change is, with an interval that holds for all of them at once.
//!
//! A report's `alpha` is shared evenly among its columns, a column's share evenly among its effects, an effect's share
//! evenly between the two ends of its interval (Bonferroni, hence valid whatever the dependence).

use tidewheel_domain::drift_report::{Effect, EffectName};

use crate::special::normal_upper_quantile;

/// Jensen-Shannon distance of categories, corrected for sampling.
pub mod categorical;

/// Intervals of shares and the band of an empirical distribution.
pub mod interval;

/// Difference of missing shares.
pub mod missing;

/// Share of rows in levels that the reference lacks.
pub mod new_levels;

/// Winsorised Wasserstein distance.
pub mod numeric;

/// Share of rows beyond the reference's limits.
pub mod tails;

/// Effects per column, whatever its kind.
const EFFECTS_PER_COLUMN: f64 = 3.0;

/// How far an interval reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Chance that the truth lies beyond one given end.
    pub tail: f64,
    /// The normal quantile of `tail`.
    pub z: f64,
}

impl Level {
    /// The level of one effect of one column among `columns`, at `alpha` for all of them together.
    pub fn new(alpha: f64, columns: usize) -> Self {
        Self::of_tail(alpha / (2.0 * EFFECTS_PER_COLUMN * columns.max(1) as f64))
    }

    /// A level by its tail.
    pub fn of_tail(tail: f64) -> Self {
        Self { tail, z: normal_upper_quantile(tail) }
    }
}

/// Normal quantile of the power at which `visible_from` is stated: 95 of 100.
pub(crate) const POWER_Z: f64 = 1.644_853_626_951_472_7;

/// An effect before it meets its bound.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Best estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// See [`Effect::visible_from`].
    pub visible_from: f64,
    /// See [`Effect::reference`].
    pub reference: Option<f64>,
    /// See [`Effect::current`].
    pub current: Option<f64>,
    /// See [`Effect::chance`].
    pub chance: Option<f64>,
}

impl Estimate {
    /// Held against a bound.
    pub fn against(self, name: EffectName, bound: f64) -> Effect {
        let low = self.low.max(0.0);
        let high = self.high.max(self.value).max(low);
        Effect {
            name,
            value: self.value,
            low,
            high,
            bound,
            times_bound: self.value / bound,
            low_times_bound: low / bound,
            over: low > bound,
            visible_from: self.visible_from,
            reference: self.reference,
            current: self.current,
            chance: self.chance,
        }
    }
}
