//! How good a model is on rows that it has not seen, with intervals.

use std::collections::HashMap;

use tidewheel_domain::random::SplitMix64;
use tidewheel_domain::{Metric, Metrics};

/// Metric: the share of rows whose target the interval around their prediction holds.
pub const COVERAGE: &str = "interval_coverage";
/// Metric of a version: the same on the never-seen rows of later batches, at the batch's number.
pub const NEXT_COVERAGE: &str = "interval_coverage_next_batch";

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 400;

/// Predictions beside what was true, and which rows belong to one real thing.
#[derive(Debug, Clone, Copy)]
pub struct Predicted<'a> {
    /// True values, in target units.
    pub actual: &'a [f64],
    /// Predictions, in target units.
    pub predicted: &'a [f64],
    /// Key hash of each row.
    pub keys: &'a [u64],
}

/// Sums over the rows of one real thing; every metric is a function of their totals.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    rows: f64,
    actual: f64,
    actual_squared: f64,
    squared_error: f64,
    absolute_error: f64,
    relative_error: f64,
    relative_rows: f64,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.rows += other.rows;
        self.actual += other.actual;
        self.actual_squared += other.actual_squared;
        self.squared_error += other.squared_error;
        self.absolute_error += other.absolute_error;
        self.relative_error += other.relative_error;
        self.relative_rows += other.relative_rows;
    }

    fn metrics(&self) -> [(&'static str, f64); 4] {
        let variation = self.actual_squared - self.actual * self.actual / self.rows;
        [
            ("r2", if variation > 0.0 { 1.0 - self.squared_error / variation } else { f64::NAN }),
            ("rmse", (self.squared_error / self.rows).sqrt()),
            ("mae", self.absolute_error / self.rows),
            ("mape", if self.relative_rows > 0.0 { self.relative_error / self.relative_rows } else { f64::NAN }),
        ]
    }
}

/// Coefficient of determination `r2`, root mean squared error `rmse`, mean absolute error `mae` (both in target units)
/// and mean absolute error relative to the true value `mape` (a share, over rows whose true value is not 0), each with
/// a 95 % percentile interval of a bootstrap over real things. A metric that has no value (no rows, no variation) is
/// left out.
pub fn metrics(data: Predicted<'_>, seed: u64) -> Metrics {
    let clusters = clusters(data);
    let mut result = Metrics::new();
    if clusters.is_empty() {
        return result;
    }
    let mut total = Sums::default();
    for cluster in &clusters {
        total.add(cluster);
    }
    let mut rng = SplitMix64::new(seed);
    let mut resampled: [Vec<f64>; 4] = Default::default();
    for _ in 0..RESAMPLES {
        let mut sums = Sums::default();
        for _ in 0..clusters.len() {
            sums.add(&clusters[rng.below(clusters.len())]);
        }
        for (values, (_, value)) in resampled.iter_mut().zip(sums.metrics()) {
            if value.is_finite() {
                values.push(value);
            }
        }
    }
    for ((name, value), values) in total.metrics().into_iter().zip(&mut resampled) {
        if value.is_finite() {
            let metric = match interval(values) {
                Some((low, high)) => Metric::with_interval(value, low, high),
                None => Metric::point(value),
            };
            result.insert(name.to_owned(), metric);
        }
    }
    result
}

fn clusters(data: Predicted<'_>) -> Vec<Sums> {
    // True values are taken about their mean, so that their variation does not drown in a large level.
    let center = data.actual.iter().sum::<f64>() / data.actual.len().max(1) as f64;
    let rows = data.keys.iter().zip(data.actual.iter().zip(data.predicted));
    group_by_key(rows.map(|(&key, (&actual, &predicted))| {
        let error = actual - predicted;
        let centered = actual - center;
        let relative = (actual != 0.0).then(|| (error / actual).abs());
        let sums = Sums {
            rows: 1.0,
            actual: centered,
            actual_squared: centered * centered,
            squared_error: error * error,
            absolute_error: error.abs(),
            relative_error: relative.unwrap_or(0.0),
            relative_rows: f64::from(u8::from(relative.is_some())),
        };
        (key, sums)
    }))
}

fn group_by_key(rows: impl Iterator<Item = (u64, Sums)>) -> Vec<Sums> {
    let mut place = HashMap::new();
    let mut clusters: Vec<Sums> = Vec::new();
    for (key, sums) in rows {
        let index = *place.entry(key).or_insert(clusters.len());
        match clusters.get_mut(index) {
            Some(cluster) => cluster.add(&sums),
            None => clusters.push(sums),
        }
    }
    clusters
}

/// The share of rows that an interval holds, with the interval of a bootstrap over real things. A row is its key and
/// whether it is held.
pub fn coverage(rows: &[(u64, bool)], seed: u64) -> Option<Metric> {
    let mut things: HashMap<u64, usize> = HashMap::new();
    let mut clusters: Vec<(f64, f64)> = Vec::new();
    for &(key, held) in rows {
        let place = *things.entry(key).or_insert(clusters.len());
        if place == clusters.len() {
            clusters.push((0.0, 0.0));
        }
        clusters[place].0 += 1.0;
        clusters[place].1 += f64::from(u8::from(held));
    }
    let share = |sums: (f64, f64)| sums.1 / sums.0;
    let add = |a: (f64, f64), b: (f64, f64)| (a.0 + b.0, a.1 + b.1);
    let all = clusters.iter().copied().reduce(add)?;
    let mut rng = SplitMix64::new(seed);
    let mut resampled = (0..RESAMPLES)
        .filter_map(|_| (0..clusters.len()).map(|_| clusters[rng.below(clusters.len())]).reduce(add).map(share))
        .collect::<Vec<_>>();
    Some(match interval(&mut resampled) {
        Some((low, high)) => Metric::with_interval(share(all), low, high),
        None => Metric::point(share(all)),
    })
}

/// The 2.5th and the 97.5th percentile.
pub(crate) fn interval(values: &mut [f64]) -> Option<(f64, f64)> {
    if values.len() < RESAMPLES / 2 {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    Some((at(0.025), at(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_follow_their_definitions() {
        let actual = [1.0, 2.0, 3.0, 4.0];
        let predicted = [1.0, 2.0, 3.0, 2.0];
        let metrics = metrics(Predicted { actual: &actual, predicted: &predicted, keys: &[1, 2, 3, 4] }, 1);
        assert!((metrics["r2"].value - (1.0 - 4.0 / 5.0)).abs() < 1e-12);
        assert!((metrics["rmse"].value - 1.0).abs() < 1e-12);
        assert!((metrics["mae"].value - 0.5).abs() < 1e-12);
        assert!((metrics["mape"].value - 0.125).abs() < 1e-12);
        let mae = metrics["mae"];
        assert!(mae.low.is_some_and(|low| low <= 0.5) && mae.high.is_some_and(|high| high >= 0.5));
    }

    #[test]
    fn repeats_of_one_real_thing_do_not_narrow_the_interval() {
        let one = (0..50).map(f64::from).collect::<Vec<_>>();
        let predicted = one.iter().map(|value| value * 0.9 + 3.0).collect::<Vec<_>>();
        let keys = (0..50).collect::<Vec<u64>>();
        let repeat = |values: &[f64]| values.iter().flat_map(|&value| [value; 20]).collect::<Vec<_>>();
        let repeated_keys = keys.iter().flat_map(|&key| [key; 20]).collect::<Vec<_>>();
        let once = metrics(Predicted { actual: &one, predicted: &predicted, keys: &keys }, 7);
        let data = Predicted { actual: &repeat(&one), predicted: &repeat(&predicted), keys: &repeated_keys };
        let twenty = metrics(data, 7);
        assert!((once["mae"].value - twenty["mae"].value).abs() < 1e-9);
        assert!((once["mae"].low.unwrap_or(0.0) - twenty["mae"].low.unwrap_or(1.0)).abs() < 1e-9);
    }

    #[test]
    fn coverage_is_a_share_of_rows_and_repeats_do_not_narrow_its_interval() {
        let rows = (0..100).map(|key| (key, key % 10 != 0)).collect::<Vec<_>>();
        let once = coverage(&rows, 3).expect("rows");
        assert!((once.value - 0.9).abs() < 1e-12 && once.low < Some(0.9) && once.high > Some(0.9));
        assert_eq!(coverage(&rows.repeat(20), 3), Some(once));
        assert_eq!(coverage(&[], 3), None);
    }

    #[test]
    fn without_rows_or_variation_there_is_no_metric() {
        assert!(metrics(Predicted { actual: &[], predicted: &[], keys: &[] }, 1).is_empty());
        let constant = metrics(Predicted { actual: &[2.0, 2.0], predicted: &[1.0, 2.0], keys: &[1, 2] }, 1);
        assert!(!constant.contains_key("r2"));
        assert!((constant["mae"].value - 0.5).abs() < 1e-12);
    }
}
