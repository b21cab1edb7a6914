//! KLL sketch of quantiles and ranks: mergeable, of bounded size, the same for the same rows and seed.
//!
//! Z. Karnin, K. Lang and E. Liberty, Optimal quantile approximation in streams (FOCS 2016). A value at level h stands for
//! `2^h` rows. When the sketch is full, the lowest full level is sorted and every other value, from a random start, moves
//! up; the others go. Level capacities fall by 2/3 from the top.
//!
//! At [`KLL_K`](crate::sketch::kll::KLL_K) the rank of a value is off by less than 0.1 % of the rows: `tests/sketch.rs` measures at most .02 % over
//! all ranks, over seeds and orders of arrival, at one to four million rows, and fails at .04 %. Up to that many values as it holds nothing
//! has been thrown away and all answers are exact.

use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::sample;

/// The size at which ranks are off by less than 0.1 %: about 25,000 values are kept.
pub const KLL_K: usize = 8192;

/// Smallest capacity of a level.
const LEAST_CAPACITY: usize = 8;

/// The sketch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kll {
    k: usize,
    seed: u64,
    /// Values at each level.
    levels: Vec<Vec<f64>>,
    rows: u64,
    missing: u64,
    /// Values of -∞ and ∞: counted, not kept (JSON has no such numbers).
    infinite: (u64, u64),
    /// The smallest and the largest finite value.
    ends: Option<(f64, f64)>,
    thinned: u64,
    /// Values in all levels.
    kept: usize,
    /// Values that all levels together may hold.
    room: usize,
}

impl Kll {
    /// An empty sketch of size [`KLL_K`].
    pub fn new(seed: u64) -> Self {
        Self::with_k(KLL_K, seed)
    }

    /// An empty sketch whose highest level holds `k` values (at least 8); errors fall about as `1/k`.
    pub fn with_k(k: usize, seed: u64) -> Self {
        let k = k.max(LEAST_CAPACITY);
        Self {
            k,
            seed,
            levels: vec![Vec::new()],
            rows: 0,
            missing: 0,
            infinite: (0, 0),
            ends: None,
            thinned: 0,
            kept: 0,
            room: k,
        }
    }

    /// Takes a value; NaN is counted as missing, infinities have their place in the order.
    pub fn update(&mut self, value: f64) {
        if value.is_nan() {
            self.missing += 1;
            return;
        }
        let value = value + 0.0;
        self.rows += 1;
        if value.is_infinite() {
            let count = if value > 0.0 { &mut self.infinite.1 } else { &mut self.infinite.0 };
            *count += 1;
            return;
        }
        self.ends = wider(self.ends, Some((value, value)));
        self.levels[0].push(value);
        self.kept += 1;
        self.make_room();
    }

    /// Takes all values of another sketch; the smaller k holds from then on.
    pub fn merge(&mut self, other: &Self) {
        self.k = self.k.min(other.k);
        self.rows += other.rows;
        self.missing += other.missing;
        self.infinite = (self.infinite.0 + other.infinite.0, self.infinite.1 + other.infinite.1);
        self.ends = wider(self.ends, other.ends);
        self.thinned += other.thinned;
        while self.levels.len() < other.levels.len() {
            self.levels.push(Vec::new());
        }
        for (own, values) in self.levels.iter_mut().zip(&other.levels) {
            own.extend_from_slice(values);
        }
        self.count();
        self.make_room();
    }

    /// Present values seen.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Missing values seen.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Whether nothing has been thrown away: ranks and quantiles are exact.
    pub fn is_exact(&self) -> bool {
        self.thinned == 0
    }

    /// The smallest value, exact.
    pub fn min(&self) -> Option<f64> {
        if self.infinite.0 > 0 { Some(f64::NEG_INFINITY) } else { self.ends.map(|ends| ends.0).or(self.infinite()) }
    }

    /// The largest value, exact.
    pub fn max(&self) -> Option<f64> {
        if self.infinite.1 > 0 { Some(f64::INFINITY) } else { self.ends.map(|ends| ends.1).or(self.infinite()) }
    }

    /// The one infinity of a sketch without finite values.
    fn infinite(&self) -> Option<f64> {
        match self.infinite {
            (0, 0) => None,
            (0, _) => Some(f64::INFINITY),
            _ => Some(f64::NEG_INFINITY),
        }
    }

    /// Share of the values at or below `x`; `None` without values.
    pub fn rank(&self, x: f64) -> Option<f64> {
        let below: u64 = self
            .levels
            .iter()
            .enumerate()
            .map(|(level, values)| (values.iter().filter(|&&value| value <= x).count() as u64) << level)
            .sum();
        let infinite = self.infinite.0 + if x == f64::INFINITY { self.infinite.1 } else { 0 };
        (self.rows > 0 && !x.is_nan()).then(|| (below + infinite) as f64 / self.rows as f64)
    }

    /// The values kept, growing, each with the number of rows that it stands for.
    pub fn points(&self) -> Vec<(f64, u64)> {
        let mut points: Vec<(f64, u64)> = self
            .levels
            .iter()
            .enumerate()
            .flat_map(|(level, values)| values.iter().map(move |&value| (value, 1u64 << level)))
            .collect();
        points.extend([(f64::NEG_INFINITY, self.infinite.0), (f64::INFINITY, self.infinite.1)]);
        points.retain(|point| point.1 > 0);
        points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        points
    }

    /// `count` growing values at the middles of as many equal shares: a sorted sample that stands for the whole one in any
    /// statistic. The ends are the exact smallest and largest value.
    pub fn sorted(&self, count: usize) -> Vec<f64> {
        let points = self.points();
        let mut sorted = Vec::with_capacity(count);
        let (mut place, mut up_to) = (0, points.first().map_or(0, |point| point.1));
        if points.is_empty() {
            return sorted;
        }
        for i in 0..count {
            let row = (2 * i as u64 + 1) as f64 / (2 * count) as f64 * self.rows as f64;
            while (up_to as f64) < row && place + 1 < points.len() {
                place += 1;
                up_to += points[place].1;
            }
            sorted.push(points[place].0);
        }
        if let ([first, .., last], Some(min), Some(max)) = (sorted.as_mut_slice(), self.min(), self.max()) {
            *first = min;
            *last = max;
        }
        sorted
    }

    /// The smallest kept value whose rank reaches `p` in 0..=1; the exact ends at 0 and 1. `None` without values.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if self.rows == 0 || p.is_nan() {
            return None;
        }
        if p <= 0.0 {
            return self.min();
        }
        if p >= 1.0 {
            return self.max();
        }
        let wanted = p * self.rows as f64;
        let mut below = 0;
        for (value, rows) in self.points() {
            below += rows;
            if below as f64 >= wanted {
                return Some(value);
            }
        }
        self.max()
    }

    /// How many values a level may hold before it is thinned.
    fn capacity(&self, level: usize) -> usize {
        let depth = (self.levels.len() - 1 - level) as i32;
        ((self.k as f64 * (2.0f64 / 3.0).powi(depth)).ceil() as usize).max(LEAST_CAPACITY)
    }

    fn count(&mut self) {
        self.kept = self.levels.iter().map(Vec::len).sum();
        self.room = (0..self.levels.len()).map(|level| self.capacity(level)).sum();
    }

    fn make_room(&mut self) {
        while self.kept >= self.room && self.compress() {
            self.count();
        }
    }

    /// Thins the lowest full level; false when none is full.
    fn compress(&mut self) -> bool {
        let full = (0..self.levels.len()).find(|&level| self.levels[level].len() >= self.capacity(level));
        let Some(level) = full else { return false };
        if level + 1 == self.levels.len() {
            self.levels.push(Vec::new());
        }
        let mut values = std::mem::take(&mut self.levels[level]);
        sample::sort(&mut values);
        // one of an odd number stays, at an end by chance
        let random = &mut Random::new(self.seed ^ self.thinned.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let coins = random.bits();
        if values.len() % 2 == 1 {
            let place = if coins & 2 == 0 { values.len() - 1 } else { 0 };
            self.levels[level].push(values.remove(place));
        }
        self.thinned += 1;
        self.levels[level + 1].extend(values.into_iter().skip((coins & 1) as usize).step_by(2));
        true
    }
}

fn wider(a: Option<(f64, f64)>, b: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_are_exact() {
        let mut sketch = Kll::new(1);
        assert_eq!((sketch.rank(1.0), sketch.quantile(0.5), sketch.min(), sketch.max()), (None, None, None, None));
        assert_eq!(sketch.sorted(5), [0.0; 0]);
        for value in [3.0, 1.0, f64::NAN, 2.0, f64::INFINITY, f64::NEG_INFINITY] {
            sketch.update(value);
        }
        assert!(sketch.is_exact());
        assert_eq!((sketch.rows(), sketch.missing()), (5, 1));
        assert_eq!(sketch.sorted(5), [f64::NEG_INFINITY, 1.0, 2.0, 3.0, f64::INFINITY]);
        assert_eq!((sketch.rank(2.0), sketch.quantile(0.5)), (Some(0.6), Some(2.0)));
        assert_eq!((sketch.quantile(0.0), sketch.quantile(1.0)), (Some(f64::NEG_INFINITY), Some(f64::INFINITY)));
    }

    #[test]
    fn no_row_is_lost_and_memory_is_bounded() {
        let mut sketch = Kll::with_k(100, 7);
        for i in 0..200_000 {
            sketch.update(f64::from(i));
        }
        assert!(!sketch.is_exact() && sketch.kept < 500, "{}", sketch.kept);
        assert_eq!(sketch.points().iter().map(|point| point.1).sum::<u64>(), 200_000);
        let mut other = Kll::with_k(100, 8);
        (0..1000).for_each(|i| other.update(f64::from(-i)));
        sketch.merge(&other);
        assert_eq!(sketch.points().iter().map(|point| point.1).sum::<u64>(), 201_000);
        assert_eq!((sketch.min(), sketch.max()), (Some(-999.0), Some(199_999.0)));
        assert!(sketch.kept < 600);
    }
}
