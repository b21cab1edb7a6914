//! A histogram of atomic counters.

use std::sync::atomic::{AtomicU64, Ordering};

/// Seconds: from a tenth of a millisecond to ten seconds.
pub const SECONDS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Values of any unit: 1, 2 and 5 of every power of ten from a thousandth to a thousand millions.
pub const VALUES: &[f64] = &[
    0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0,
    1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8, 1e9,
];

/// Counts of values by bucket, and their sum. Observing takes no lock.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// A histogram at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// `(upper bound, values at or below it)`; the last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
    /// Sum of all values.
    pub sum: f64,
}

impl Histogram {
    /// An empty histogram; `bounds` ascend, and a last, infinite one is understood.
    pub fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0.0_f64.to_bits()) }
    }

    /// Counts a value; one that is not finite is left out.
    pub fn observe(&self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let bucket = self.bounds.partition_point(|&bound| bound < value);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let mut seen = self.sum.load(Ordering::Relaxed);
        loop {
            let next = (f64::from_bits(seen) + value).to_bits();
            match self.sum.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    /// What it holds now.
    pub fn snapshot(&self) -> Snapshot {
        let mut total = 0;
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let buckets = bounds.zip(&self.counts).map(|(bound, count)| {
            total += count.load(Ordering::Relaxed);
            (bound, total)
        });
        Snapshot { buckets: buckets.collect(), sum: f64::from_bits(self.sum.load(Ordering::Relaxed)) }
    }
}

impl Snapshot {
    /// Number of values.
    pub fn count(&self) -> u64 {
        self.buckets.last().map_or(0, |&(_, count)| count)
    }

    /// The value below which a share of the values lies, taken as evenly spread in its bucket; `None` of nothing. Of the
    /// last, endless bucket its beginning.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = self.count() as f64 * share;
        let mut below = (0.0, 0);
        for &(bound, count) in &self.buckets {
            if count > 0 && count as f64 >= wanted {
                let within = (wanted - below.1 as f64) / (count - below.1).max(1) as f64;
                return Some(if bound.is_finite() {
                    below.0 + (bound - below.0) * within.clamp(0.0, 1.0)
                } else {
                    below.0
                });
            }
            below = (bound, count);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_a_bound_counts_below_it_and_nan_does_not_count() {
        let histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 9.0, f64::NAN] {
            histogram.observe(value);
        }
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.buckets, [(1.0, 2), (2.0, 3), (f64::INFINITY, 4)]);
        assert_eq!(snapshot.quantile(0.5), Some(1.0));
        assert_eq!(snapshot.quantile(0.99), Some(2.0));
        assert_eq!(Histogram::new(&[1.0]).snapshot().quantile(0.5), None);
        assert_eq!(snapshot.sum, 12.0);
        assert_eq!(snapshot.count(), 4);
    }

    #[test]
    fn bounds_ascend() {
        for bounds in [SECONDS, VALUES] {
            assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
