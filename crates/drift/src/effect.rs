//! The effects on which a decision rests: how large a change is, with an interval that holds for all of them at once.
//!
//! A report's `alpha` is shared evenly among its columns, a column's share evenly among its effects; of an effect's
//! share three quarters go to the lower end of its interval, on which decisions rest, and one quarter to the upper end
//! (Bonferroni, hence valid whatever the dependence).

use tidewheel_domain::drift_report::{Effect, EffectName};

use crate::special::normal_upper_quantile;

/// Jensen-Shannon distance of categories, corrected for sampling.
pub mod categorical;

/// Lower bounds of a distance through functions of slope 1.
mod direction;

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

/// Part of an effect's error that its lower end may use up; the decision rests on that end.
const LOW_PART: f64 = 0.75;

/// How far an interval reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// The lower end.
    pub low: Tail,
    /// The upper end.
    pub high: Tail,
}

/// One end of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// Chance that the truth lies beyond this end.
    pub chance: f64,
    /// The normal quantile of that chance.
    pub z: f64,
}

impl Tail {
    /// An end by its chance, above 0 and below 1.
    pub fn new(chance: f64) -> Self {
        Self { chance, z: normal_upper_quantile(chance) }
    }

    /// The end that may use up only a part of the chance.
    pub fn part(self, part: f64) -> Self {
        Self::new(self.chance * part)
    }
}

impl Level {
    /// The level of one effect of one column among `columns`, at `alpha` for all of them together.
    pub fn new(alpha: f64, columns: usize) -> Self {
        let share = alpha / (EFFECTS_PER_COLUMN * columns.max(1) as f64);
        Self { low: Tail::new(LOW_PART * share), high: Tail::new((1.0 - LOW_PART) * share) }
    }

    /// What all effects of a column share, for one that has the column's share to itself.
    pub(crate) fn of_a_column(self) -> Self {
        Self { low: self.low.part(EFFECTS_PER_COLUMN), high: self.high.part(EFFECTS_PER_COLUMN) }
    }
}

/// Normal quantile of the power at which `visible_from` is stated: 95 of 100.
pub(crate) const POWER_Z: f64 = 1.644_853_626_951_472_7;

/// Fewest present values on either side from which an effect of the values can be told from chance: below, normal
/// approximations and limits taken from the sample mean nothing.
pub const FEWEST_VALUES: usize = 30;

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
    /// The same, with the lower end at 0 when a side has fewer than [`FEWEST_VALUES`] values.
    fn doubted(self, n: usize, m: usize) -> Self {
        if n.min(m) < FEWEST_VALUES { Self { low: 0.0, ..self } } else { self }
    }

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
