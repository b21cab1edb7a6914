//! From values to places.

use crate::number::{NumberFormat, Unit};

/// One axis: what it shows and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// What it shows, such as `share of rows`.
    pub label: String,
    /// What it is counted in.
    pub unit: Unit,
    /// Whether equal distances are equal ratios; for positive values that span magnitudes.
    pub log: bool,
    /// Marks with their text, where the caller knows better (dates, names); else round numbers are found.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis.
    pub fn new(label: impl Into<String>, unit: Unit) -> Self {
        Self { label: label.into(), unit, ..Self::default() }
    }

    /// The same on a logarithmic scale.
    pub fn log(self) -> Self {
        Self { log: true, ..self }
    }

    /// The same with marks of the caller.
    pub fn ticks(self, ticks: Vec<(f64, String)>) -> Self {
        Self { ticks, ..self }
    }

    /// Its name, with the unit where that does not stand at the ticks.
    pub(crate) fn name(&self) -> String {
        match (self.label.is_empty(), self.unit.beside_axis()) {
            (_, "") => self.label.clone(),
            (true, unit) => unit.to_owned(),
            (false, unit) => format!("{}, {unit}", self.label),
        }
    }

    /// Its marks within a scale.
    pub(crate) fn marks(&self, scale: &Scale, most: usize, numbers: NumberFormat) -> Vec<(f64, String)> {
        if !self.ticks.is_empty() {
            let inside = |tick: &&(f64, String)| tick.0 >= scale.low && tick.0 <= scale.high;
            // Those without room are left out when they are written.
            return self.ticks.iter().filter(inside).cloned().collect();
        }
        let ticks = scale.ticks(self.unit.scale, most);
        let texts = self.unit.ticks(&ticks, scale.log, numbers);
        ticks.into_iter().zip(texts).collect()
    }
}

/// A range of values on a range of places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
    from: f64,
    to: f64,
}

/// Far beyond every figure that means something, and safe to calculate with.
const ENDS: f64 = 1e100;

impl Scale {
    /// Over all values that are numbers. Without any, or with one alone, a range around it.
    pub(crate) fn over(values: impl IntoIterator<Item = f64>, log: bool, from: f64, to: f64) -> Self {
        let (mut low, mut high, mut least) = (f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            let value = value.clamp(-ENDS, ENDS);
            (low, high) = (low.min(value), high.max(value));
            if value > 0.0 {
                least = least.min(value);
            }
        }
        let log = log && least.is_finite();
        if log {
            // Values up to 0 have no place on a logarithm: they are drawn at its lower end.
            let (low, high) = (least.max(1e-100), high.max(1e-100));
            return if low < high {
                Self { low, high, log, from, to }
            } else {
                Self { low: low / 2.0, high: high * 2.0, log, from, to }
            };
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        } else if high - low <= low.abs().max(high.abs()) * 1e-12 {
            let around = if low == 0.0 { 0.5 } else { low.abs() * 0.1 };
            (low, high) = (low - around, high + around);
        }
        Self { low, high, log, from, to }
    }

    /// The same with room at both ends, as a share of the range.
    pub(crate) fn padded(self, share: f64) -> Self {
        if self.log {
            let factor = (self.high / self.low).powf(share);
            return Self { low: self.low / factor, high: self.high * factor, ..self };
        }
        let room = (self.high - self.low) * share;
        Self { low: self.low - room, high: self.high + room, ..self }
    }

    /// The same with ends at round numbers.
    pub(crate) fn rounded(self, unit: f64, most: usize) -> Self {
        if self.log {
            return self;
        }
        // Rounding widens the range, and with it maybe the distance of its ticks.
        let mut scale = self;
        for _ in 0..3 {
            let step = step((scale.high - scale.low) * unit, most) / unit;
            scale.low = (scale.low / step + 1e-9).floor() * step;
            scale.high = (scale.high / step - 1e-9).ceil() * step;
        }
        scale
    }

    /// The same places with the ends of another.
    pub(crate) fn with_ends_of(self, other: &Self) -> Self {
        if self.log == other.log { Self { low: other.low, high: other.high, ..self } } else { self }
    }

    /// The place of a value; beyond the ends, the end.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(self.low).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value.clamp(-1e150, 1e150) - self.low) / (self.high - self.low)
        };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.from + share * (self.to - self.from)
    }

    /// The value at a place.
    pub(crate) fn value(&self, place: f64) -> f64 {
        let share = (place - self.from) / (self.to - self.from);
        if self.log {
            return (self.low.ln() + share * (self.high.ln() - self.low.ln())).exp();
        }
        self.low + share * (self.high - self.low)
    }

    pub(crate) fn holds(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// Round numbers inside, at most so many.
    fn ticks(&self, unit: f64, most: usize) -> Vec<f64> {
        let most = most.max(2);
        if self.log
            && let Some(ticks) = self.powers(most)
        {
            return ticks;
        }
        let step = step((self.high - self.low) * unit, most) / unit;
        let (first, last) = ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        (first..=last).take(most + 1).map(|place| place as f64 * step).collect()
    }

    /// 1, 2 and 5 times powers of ten, as densely as fits; `None` where the range holds less than two of them.
    fn powers(&self, most: usize) -> Option<Vec<f64>> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        for (factors, each) in [(&[1.0, 2.0, 5.0][..], 1), (&[1.0, 3.0], 1), (&[1.0], 1), (&[1.0], 2), (&[1.0], 3)] {
            let powers = (first..=last).filter(|power| power % each == 0);
            let ticks = powers.flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)));
            let ticks = ticks.filter(|tick| self.holds(*tick)).collect::<Vec<_>>();
            if ticks.len() <= most {
                return (ticks.len() >= 2).then_some(ticks);
            }
        }
        let each = (last - first) as usize / most + 1;
        Some((first..=last).step_by(each).map(|power| 10_f64.powi(power)).filter(|tick| self.holds(*tick)).collect())
    }
}

/// The distance of ticks: 1, 2, 2.5 or 5 times a power of ten, at most so many in the range.
fn step(range: f64, most: usize) -> f64 {
    let raw = range.abs() / most.max(1) as f64;
    if !(raw.is_finite() && raw > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * power >= raw * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale::over([0.31, 0.84], false, 0.0, 1.0);
        let ticks = Axis::default().marks(&scale, 4, NumberFormat::ENGLISH);
        assert_eq!(ticks.iter().map(|tick| tick.1.as_str()).collect::<Vec<_>>(), ["0.4", "0.6", "0.8"]);
        let scale = Scale::over([300.0, 9000.0], true, 0.0, 1.0);
        let ticks = Axis::default().log().marks(&scale, 6, NumberFormat::ENGLISH);
        assert_eq!(ticks.iter().map(|tick| tick.0).collect::<Vec<_>>(), [500.0, 1000.0, 2000.0, 5000.0]);
    }

    #[test]
    fn rounded_ends_are_ticks() {
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        for _ in 0..2000 {
            let size = 10_f64.powf(random() * 12.0 - 6.0);
            let (a, b) = (size * (random() - 0.3), size * (random() + 0.3));
            let scale = Scale::over([a, b], false, 0.0, 1.0).rounded(100.0, 4);
            let ticks = scale.ticks(100.0, 4);
            assert!(scale.holds(a) && scale.holds(b) && (2..=5).contains(&ticks.len()), "{a} {b} {ticks:?}");
            let near = |a: f64, b: f64| (a - b).abs() <= (scale.high - scale.low) * 1e-6;
            assert!(near(ticks[0], scale.low) && near(ticks[ticks.len() - 1], scale.high), "{scale:?} {ticks:?}");
        }
    }

    #[test]
    fn every_value_has_a_finite_place_and_order_is_kept() {
        let odd = [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN, 0.0, -1.0, 1e-300, 5.0];
        for log in [false, true] {
            for values in [&odd[..], &odd[..3], &odd[4..5], &odd[6..7], &[], &[7.0, 7.0]] {
                let scale = Scale::over(values.iter().copied(), log, 10.0, 110.0).padded(0.05).rounded(1.0, 4);
                for value in odd {
                    assert!((10.0..=110.0).contains(&scale.at(value)), "{value} on {scale:?}");
                }
                assert!(scale.at(-1.0) <= scale.at(5.0));
                assert!(scale.ticks(1.0, 5).len() <= 6);
            }
        }
    }
}
