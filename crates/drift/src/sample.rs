//! Values of a numeric column made ready: sorted once, used by every statistic.

use crate::sketch::kll::Kll;

/// Present values up to which [`Sample::bounded`] keeps each.
pub const EXACT_UP_TO: usize = 1_000_000;

/// Seed of a sketch: the same for all, so that the same rows have the same one.
const SKETCH_SEED: u64 = 1;

/// A numeric sample: present values in growing order, with what is missing or infinite counted.
///
/// Infinite values stay among `sorted` (they have a place in the order) and lie outside of `finite()`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
    /// Rows, missing ones included.
    pub rows: usize,
    missing: usize,
    infinite: usize,
    below: usize,
    above: usize,
}

impl Sample {
    /// Sorts a column; NaN means missing. Negative zero counts as zero.
    pub fn new(values: &[f64]) -> Self {
        let mut keys = vec![0; values.len()];
        let mut present = 0;
        for &value in values {
            // What is missing is overwritten: that costs less than asking.
            keys[present] = key(value + 0.0);
            present += usize::from(!value.is_nan());
        }
        keys.truncate(present);
        keys.sort_unstable();
        let sorted = keys.into_iter().map(value).collect();
        let sample = Self::of_sorted(sorted, values.len(), values.len() - present);
        Self { infinite: sample.below + sample.above, ..sample }
    }

    /// The same for columns of any length: where more than [`EXACT_UP_TO`] values are present, as many quantiles of a
    /// [`Kll`] sketch stand for them (ranks off by less than .1 %). What is missing or infinite is counted exactly.
    pub fn bounded(values: &[f64]) -> Self {
        let present = || values.iter().filter(|value| !value.is_nan());
        if values.len() <= EXACT_UP_TO || present().count() <= EXACT_UP_TO {
            return Self::new(values);
        }
        let mut sketch = Kll::new(SKETCH_SEED);
        for &value in values {
            sketch.update(value);
        }
        let sample = Self::of_sorted(sketch.sorted(EXACT_UP_TO), values.len(), sketch.missing() as usize);
        Self { infinite: present().filter(|value| value.is_infinite()).count(), ..sample }
    }

    fn of_sorted(sorted: Vec<f64>, rows: usize, missing: usize) -> Self {
        let below = sorted.partition_point(|&value| value == f64::NEG_INFINITY);
        let above = sorted.len() - sorted.partition_point(|&value| value < f64::INFINITY);
        Self { sorted, rows, missing, infinite: 0, below, above }
    }

    /// Present values, growing, infinite ones at the ends; see [`Sample::is_exact`].
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Present finite values, growing.
    pub fn finite(&self) -> &[f64] {
        &self.sorted[self.below..self.sorted.len() - self.above]
    }

    /// Number of present values that statistics look at.
    pub fn present(&self) -> usize {
        self.sorted.len()
    }

    /// Whether these are all present values, not quantiles that stand for more of them.
    pub fn is_exact(&self) -> bool {
        self.present() + self.missing == self.rows
    }

    /// Number of missing values.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// Number of infinite values.
    pub fn infinite(&self) -> usize {
        self.infinite
    }
}

/// Quantile of growing values at probability `p` in 0..=1, as numpy's `linear` method; `None` of nothing.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p * last as f64;
    let index = (position.floor() as usize).min(last);
    let fraction = position - index as f64;
    let (a, b) = (sorted[index], sorted[(index + 1).min(last)]);
    // numpy's lerp: from the nearer end, so that it is monotone and hits both ends.
    let difference = b - a;
    Some(if a == b {
        a
    } else if fraction >= 0.5 {
        b - difference * (1.0 - fraction)
    } else {
        a + difference * fraction
    })
}

/// Mean and standard deviation (ddof 0) in two passes; `None` of nothing or where they are not finite.
pub fn mean_and_sd(values: impl ExactSizeIterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.clone().sum::<f64>() / n as f64;
    let variance = values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n as f64;
    let sd = variance.sqrt();
    (mean.is_finite() && sd.is_finite()).then_some((mean, sd))
}

/// Sorts numbers without NaN, as integers of the same order: twice as fast as by comparing numbers.
pub fn sort(values: &mut Vec<f64>) {
    // collecting keeps the allocation
    let mut keys: Vec<u64> = std::mem::take(values).into_iter().map(key).collect();
    keys.sort_unstable();
    *values = keys.into_iter().map(value).collect();
}

/// Bits whose unsigned order is the order of the numbers.
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    bits ^ (((bits as i64 >> 63) as u64) | (1 << 63))
}

fn value(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key ^ (1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_sort_as_numbers_do(
            mut values in prop::collection::vec(any::<f64>().prop_filter("present", |x| !x.is_nan()), 0..100)
        ) {
            let mut expected = values.clone();
            expected.sort_by(f64::total_cmp);
            sort(&mut values);
            prop_assert_eq!(values, expected);
        }
    }

    #[test]
    fn quantiles_are_numpys() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert!((quantile(&values, 0.99).expect("not empty") - 7.88).abs() < 1e-14);
        assert_eq!(quantile(&values, 1.0), Some(8.0));
        assert_eq!(quantile(&values[..1], 0.01), Some(1.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn missing_and_infinite_values_are_counted() {
        let sample = Sample::new(&[1.0, f64::NAN, f64::INFINITY, -1.0, f64::NEG_INFINITY]);
        assert_eq!((sample.present(), sample.missing(), sample.infinite()), (4, 1, 2));
        assert_eq!(sample.finite(), [-1.0, 1.0]);
    }
}
