//! Adaptive windowing, equal to `river.drift.ADWIN` 0.26.
//!
//! A. Bifet and R. Gavaldà, Learning from time-changing data with adaptive windowing (SIAM Data Mining 2007). The window
//! is kept as an exponential histogram (at most `max_buckets` buckets of each size 2^i; variances merge as B. Babcock et
//! al., PODS 2003). Every `clock` values each cut between buckets is looked at: where the means of both parts differ by
//! more than `ε = sqrt(2 σ² L/m) + 2L/(3m)`, `L = ln(2 ln W / δ)`, `1/m` the sum of the inverse lengths, the oldest bucket
//! is dropped, and so on until no cut differs. As river has it, the value after an alarm starts an empty window
//! (`restart`); the paper goes on with what is left of the old one.

use std::collections::VecDeque;

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdwinSettings {
    /// The smaller, the surer an alarm.
    pub delta: f64,
    /// Values between two looks.
    pub clock: u64,
    /// Buckets of each size.
    pub max_buckets: usize,
    /// Shortest part that a cut may leave.
    pub min_part: u64,
    /// No look before the window is longer than this.
    pub grace_period: u64,
    /// Whether the value after an alarm starts an empty window.
    pub restart: bool,
}

impl Default for AdwinSettings {
    fn default() -> Self {
        Self { delta: 0.002, clock: 32, max_buckets: 5, min_part: 5, grace_period: 10, restart: true }
    }
}

/// Sum and sum of squared deviations of some values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Part {
    rows: f64,
    total: f64,
    deviations: f64,
}

impl Part {
    /// What the mean square gap of two parts' means adds to their deviations.
    fn gap(self, other: Self) -> f64 {
        let gap = self.total / self.rows - other.total / other.rows;
        self.rows * other.rows * gap * gap / (self.rows + other.rows)
    }

    fn with(self, other: Self) -> Self {
        let gap = if self.rows > 0.0 && other.rows > 0.0 { self.gap(other) } else { 0.0 };
        Self {
            rows: self.rows + other.rows,
            total: self.total + other.total,
            deviations: self.deviations + other.deviations + gap,
        }
    }

    /// What is left when a part is taken out.
    fn without(self, part: Self) -> Self {
        let mut left = Self { rows: self.rows - part.rows, total: self.total - part.total, deviations: 0.0 };
        if left.rows > 0.0 {
            left.deviations = self.deviations - part.deviations - left.gap(part);
        }
        left
    }
}

/// The detector.
#[derive(Debug, Clone, PartialEq)]
pub struct Adwin {
    settings: AdwinSettings,
    /// `levels[i]`: buckets of 2^i values, the oldest first.
    levels: Vec<VecDeque<Part>>,
    window: Part,
    seen: u64,
    alarmed: bool,
}

impl Adwin {
    /// A detector that has seen nothing.
    pub fn new(settings: AdwinSettings) -> Self {
        Self { settings, levels: vec![VecDeque::new()], window: Part::default(), seen: 0, alarmed: false }
    }

    /// Takes a value; whether the window was cut. Values that are not finite are passed over.
    pub fn update(&mut self, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        if self.alarmed && self.settings.restart {
            *self = Self::new(self.settings);
        }
        let bucket = Part { rows: 1.0, total: value, deviations: 0.0 };
        self.window = self.window.with(bucket);
        self.levels[0].push_back(bucket);
        self.compress();
        self.seen += 1;
        self.alarmed = self.seen.is_multiple_of(self.settings.clock.max(1))
            && self.window.rows > self.settings.grace_period as f64
            && self.cut();
        self.alarmed
    }

    /// Length of the window.
    pub fn width(&self) -> u64 {
        self.window.rows as u64
    }

    /// Mean of the window; `None` before the first value.
    pub fn mean(&self) -> Option<f64> {
        (self.window.rows > 0.0).then(|| self.window.total / self.window.rows)
    }

    /// Merges the two oldest buckets of a size that has one too many.
    fn compress(&mut self) {
        let mut level = 0;
        while level < self.levels.len() && self.levels[level].len() > self.settings.max_buckets {
            let (Some(oldest), Some(second)) = (self.levels[level].pop_front(), self.levels[level].pop_front()) else {
                return;
            };
            if level + 1 == self.levels.len() {
                self.levels.push(VecDeque::new());
            }
            self.levels[level + 1].push_back(oldest.with(second));
            level += 1;
        }
    }

    /// Drops the oldest buckets until no cut differs.
    fn cut(&mut self) -> bool {
        let mut changed = false;
        while self.differs() {
            changed = true;
            self.drop_oldest();
        }
        changed
    }

    fn differs(&self) -> bool {
        let (mut old, mut young) = (Part::default(), self.window);
        for level in (0..self.levels.len()).rev() {
            let buckets = &self.levels[level];
            for bucket in buckets {
                old = old.with(*bucket);
                young = young.without(*bucket);
                if self.cut_differs(old, young) {
                    return true;
                }
            }
        }
        false
    }

    fn cut_differs(&self, old: Part, young: Part) -> bool {
        let least = self.settings.min_part.max(1) as f64;
        if old.rows < least || young.rows < least {
            return false;
        }
        let log = (2.0 * self.window.rows.ln() / self.settings.delta).ln();
        let inverse = 1.0 / (old.rows - least + 1.0) + 1.0 / (young.rows - least + 1.0);
        let variance = self.window.deviations / self.window.rows;
        let epsilon = (2.0 * inverse * variance * log).sqrt() + 2.0 / 3.0 * log * inverse;
        (old.total / old.rows - young.total / young.rows).abs() > epsilon
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.levels.last_mut().and_then(VecDeque::pop_front) {
            self.window = self.window.without(oldest);
        }
        while self.levels.len() > 1 && self.levels.last().is_some_and(VecDeque::is_empty) {
            self.levels.pop();
        }
    }
}

impl Default for Adwin {
    fn default() -> Self {
        Self::new(AdwinSettings::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_forgets_what_came_before_a_jump() {
        let mut detector = Adwin::new(AdwinSettings { restart: false, ..AdwinSettings::default() });
        for i in 0..2000 {
            assert!(!detector.update(f64::from(i % 7) / 7.0), "false alarm at {i}");
        }
        assert_eq!(detector.width(), 2000);
        assert!(!detector.update(f64::NAN) && !detector.update(f64::INFINITY));
        assert!((0..300).any(|i| detector.update(f64::from(i % 7) / 7.0 + 3.0)));
        (0..300).for_each(|i| {
            detector.update(f64::from(i % 7) / 7.0 + 3.0);
        });
        assert!(detector.width() < 700 && detector.mean().expect("values") > 3.0);
        assert_eq!(Adwin::default().mean(), None);
    }

    #[test]
    fn memory_grows_with_the_logarithm() {
        let mut detector = Adwin::default();
        (0..100_000).for_each(|i| {
            detector.update(f64::from(i % 5));
        });
        assert!(detector.levels.iter().map(VecDeque::len).sum::<usize>() < 100);
        assert_eq!(detector.width(), 100_000);
    }
}
