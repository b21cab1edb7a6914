//! What a column looks like on each side: figures and bins for pictures.

use std::sync::Arc;

use tidewheel_domain::drift_report::{
    CategorySummary, Histogram, LevelList, LevelMove, LevelShare, NumericSummary, QUANTILES,
};
use tidewheel_domain::table::CategoryColumn;

use crate::effect::numeric::{Frozen, winsorised};
use crate::sample::{Sample, quantile};

/// Bins of a histogram.
const BINS: usize = 30;

/// Levels of a summary.
const TOP_LEVELS: usize = 20;

/// Figures of one side; `None` without finite values, or where they are too large for a mean.
pub fn numeric_summary(sample: &Sample, frozen: &Frozen) -> Option<NumericSummary> {
    let finite = sample.finite();
    let [(mean, sd), (winsorised_mean, winsorised_sd)] = moments(sample, frozen)?;
    let quantiles = QUANTILES.iter().map(|&p| quantile(finite, p)).collect::<Option<Vec<f64>>>()?;
    let summary = NumericSummary {
        mean,
        sd,
        winsorised_mean,
        winsorised_sd,
        median: quantile(finite, 0.5)?,
        quantiles,
        infinite: sample.infinite() as u64,
    };
    let figures = [mean, sd, winsorised_mean, winsorised_sd];
    figures.iter().chain(&summary.quantiles).all(|figure| figure.is_finite()).then_some(summary)
}

/// Mean and standard deviation (ddof 0), of the finite values and of all within the limits, in two passes for both;
/// `None` without finite values.
fn moments(sample: &Sample, frozen: &Frozen) -> Option<[(f64, f64); 2]> {
    let (finite, sorted) = (sample.finite(), sample.sorted());
    if finite.is_empty() {
        return None;
    }
    let (inner, ends) = winsorised(sorted, frozen);
    let below = finite.partition_point(|&value| value < frozen.low);
    let parts = [&finite[..below], inner, &finite[below + inner.len()..]];
    let (n, rows) = (finite.len() as f64, sorted.len() as f64);
    let (all, inside) = sums(parts, ends, |x| x, |x| x);
    let (mean, within) = (all / n, inside / rows);
    let (all, inside) = sums(parts, ends, |x| (x - mean) * (x - mean), |x| (x - within) * (x - within));
    Some([(mean, (all / n).sqrt()), (within, (inside / rows).sqrt())])
}

/// Sums of functions of the finite values, and of all within the limits: two at once cost as much as one.
fn sums(
    [below, inner, above]: [&[f64]; 3],
    ends: [(f64, f64); 2],
    plain: impl Fn(f64) -> f64,
    within: impl Fn(f64) -> f64,
) -> (f64, f64) {
    let (mut all, mut inside) = (below.iter().map(|&x| plain(x)).sum::<f64>(), 0.0);
    for &x in inner {
        all += plain(x);
        inside += within(x);
    }
    let all = above.iter().fold(all, |all, &x| all + plain(x));
    (all, inside + ends.iter().map(|&(count, x)| count * within(x)).sum::<f64>())
}

/// Bins frozen from the reference between its limits, on a logarithmic scale when it is positive and skewed.
pub fn histogram(reference: &Sample, current: &Sample, frozen: &Frozen) -> Option<Histogram> {
    if current.present() == 0 || frozen.low >= frozen.high || !(frozen.high - frozen.low).is_finite() {
        return None;
    }
    let median = quantile(reference.finite(), 0.5)?;
    let log = frozen.low > 0.0 && frozen.high - median > 4.0 * (median - frozen.low) && frozen.high > 10.0 * frozen.low;
    let distinct = distinct_up_to(reference.finite(), BINS);
    let edges: Vec<f64> = match distinct {
        // Few distinct values, such as counts: one bin each, split half-way.
        Some(values) if values.len() >= 2 && !log => {
            let mut edges = vec![values[0] - (values[1] - values[0]) / 2.0];
            edges.extend(values.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])));
            let last = values.len() - 1;
            edges.push(values[last] + (values[last] - values[last - 1]) / 2.0);
            edges
        }
        _ => (0..=BINS)
            .map(|i| {
                let t = i as f64 / BINS as f64;
                if log {
                    frozen.low * (frozen.high / frozen.low).powf(t)
                } else {
                    frozen.low + (frozen.high - frozen.low) * t
                }
            })
            .collect(),
    };
    if !edges.windows(2).all(|pair| pair[0] < pair[1] && pair[1].is_finite()) {
        return None;
    }
    let shares = |sample: &Sample| bin_shares(sample.sorted(), &edges);
    Some(Histogram { log, reference: shares(reference), current: shares(current), edges })
}

/// The distinct values, when there are at most `limit` of them.
fn distinct_up_to(sorted: &[f64], limit: usize) -> Option<Vec<f64>> {
    let mut distinct = Vec::new();
    let mut rest = sorted;
    while let Some(&value) = rest.first() {
        if distinct.len() == limit {
            return None;
        }
        distinct.push(value);
        rest = &rest[rest.partition_point(|&x| x <= value)..];
    }
    Some(distinct)
}

fn bin_shares(sorted: &[f64], edges: &[f64]) -> Vec<f64> {
    let bins = edges.len() - 1;
    let n = sorted.len() as f64;
    let mut from = 0;
    (1..=bins)
        .map(|bin| {
            let to = if bin == bins { sorted.len() } else { sorted.partition_point(|&x| x < edges[bin]) };
            (std::mem::replace(&mut from, to), to)
        })
        .map(|(from, to)| (to - from) as f64 / n)
        .collect()
}

/// Rows a level, on both sides, over the levels of both.
#[derive(Debug, Clone, Default)]
pub struct LevelCounts {
    /// The levels: those of the reference, then those that only the current side has.
    pub levels: Vec<Arc<str>>,
    /// Rows in the reference.
    pub reference: Vec<u64>,
    /// Rows in the current sample.
    pub current: Vec<u64>,
}

impl LevelCounts {
    /// Counts both sides.
    pub fn of(reference: &CategoryColumn, current: &CategoryColumn) -> Self {
        let mut levels: Vec<Arc<str>> = reference.levels.clone();
        let mut places: std::collections::HashMap<Arc<str>, usize> =
            levels.iter().enumerate().map(|(place, level)| (Arc::clone(level), place)).collect();
        let mut in_current = vec![0; levels.len()];
        for (level, rows) in current.levels.iter().zip(current.counts()) {
            let place = *places.entry(Arc::clone(level)).or_insert_with(|| {
                levels.push(Arc::clone(level));
                in_current.push(0);
                levels.len() - 1
            });
            in_current[place] += rows;
        }
        let mut in_reference = reference.counts();
        in_reference.resize(levels.len(), 0);
        Self { levels, reference: in_reference, current: in_current }
    }

    fn sizes(&self) -> (f64, f64) {
        (self.reference.iter().sum::<u64>() as f64, self.current.iter().sum::<u64>() as f64)
    }

    /// Figures of one side's counts; `None` without rows.
    fn summary(&self, counts: &[u64]) -> Option<CategorySummary> {
        let total = counts.iter().sum::<u64>();
        (total > 0).then(|| CategorySummary {
            levels: counts.iter().filter(|&&rows| rows > 0).count() as u64,
            top: self.top(counts, |place| counts[place] > 0, TOP_LEVELS),
        })
    }

    /// Figures of the reference.
    pub fn reference_summary(&self) -> Option<CategorySummary> {
        self.summary(&self.reference)
    }

    /// Figures of the current side.
    pub fn current_summary(&self) -> Option<CategorySummary> {
        self.summary(&self.current)
    }

    /// The levels with most rows among those wanted; equal ones in order of their text.
    fn top(&self, counts: &[u64], wanted: impl Fn(usize) -> bool, limit: usize) -> Vec<LevelShare> {
        let total = counts.iter().sum::<u64>() as f64;
        let mut places: Vec<usize> = (0..counts.len()).filter(|&place| wanted(place)).collect();
        places.sort_by(|&a, &b| counts[b].cmp(&counts[a]).then_with(|| self.levels[a].cmp(&self.levels[b])));
        places
            .into_iter()
            .take(limit)
            .map(|place| LevelShare {
                level: self.levels[place].to_string(),
                rows: counts[place],
                share: counts[place] as f64 / total,
            })
            .collect()
    }

    /// Levels of the current side that the reference lacks.
    pub fn new_levels(&self) -> LevelList {
        self.lacking(&self.current, &self.reference)
    }

    /// Levels of the reference that the current side lacks.
    pub fn vanished_levels(&self) -> LevelList {
        self.lacking(&self.reference, &self.current)
    }

    fn lacking(&self, counts: &[u64], other: &[u64]) -> LevelList {
        let only_here = |place: usize| counts[place] > 0 && other[place] == 0;
        let total = counts.iter().sum::<u64>();
        let rows: u64 = (0..counts.len()).filter(|&place| only_here(place)).map(|place| counts[place]).sum();
        LevelList {
            count: (0..counts.len()).filter(|&place| only_here(place)).count() as u64,
            share: if total == 0 { 0.0 } else { rows as f64 / total as f64 },
            top: self.top(counts, only_here, LevelList::SHOWN),
        }
    }

    /// The levels whose share changed most.
    pub fn moved(&self) -> Vec<LevelMove> {
        let (n, m) = self.sizes();
        if n == 0.0 || m == 0.0 {
            return Vec::new();
        }
        let share = |place: usize| (self.reference[place] as f64 / n, self.current[place] as f64 / m);
        let gap = |place: usize| {
            let (a, b) = share(place);
            (b - a).abs()
        };
        let mut places: Vec<usize> = (0..self.levels.len()).filter(|&place| gap(place) > 0.0).collect();
        places.sort_by(|&a, &b| gap(b).total_cmp(&gap(a)).then_with(|| self.levels[a].cmp(&self.levels[b])));
        places
            .into_iter()
            .take(LevelList::SHOWN)
            .map(|place| {
                let (reference, current) = share(place);
                LevelMove { level: self.levels[place].to_string(), reference, current }
            })
            .collect()
    }
}
