//! Champion and challenger on the same rows, and whether the challenger takes the champion's place.

use std::collections::{BTreeMap, HashMap};

use tidewheel_domain::project::PromoteSpec;
use tidewheel_domain::random::SplitMix64;
pub use tidewheel_domain::verdict::{Comparison, Gate, SegmentChange, Verdict};
use tidewheel_domain::{Metric, Metrics};

use super::evaluate::{RESAMPLES, interval};

/// Absolute errors of both models, on the training scale, over all hold-out rows that pass the unfitted rules.
#[derive(Debug, Clone, Copy)]
pub struct Losses<'a> {
    /// Of the champion.
    pub champion: &'a [f64],
    /// Of the challenger.
    pub challenger: &'a [f64],
    /// Key hash of each row.
    pub keys: &'a [u64],
    /// Whether a row belongs to the newest batch.
    pub newest: &'a [bool],
    /// The value of the segment column; `None` where there is none.
    pub segments: &'a [Option<&'a str>],
}

/// Compares the losses. `None` when there is no row or the champion makes no error at all.
pub fn compare(losses: Losses<'_>, min_segment_rows: usize, seed: u64) -> Option<Comparison> {
    let mut place = HashMap::new();
    let mut clusters: Vec<(f64, f64)> = Vec::new();
    for row in 0..losses.keys.len() {
        let index = *place.entry(losses.keys[row]).or_insert(clusters.len());
        if index == clusters.len() {
            clusters.push((0.0, 0.0));
        }
        clusters[index].0 += losses.champion[row];
        clusters[index].1 += losses.challenger[row];
    }
    let all = |_: usize| true;
    let change = relative_change(&losses, all)?;
    let mut rng = SplitMix64::new(seed);
    let mut resampled = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let (mut champion, mut challenger) = (0.0, 0.0);
        for _ in 0..clusters.len() {
            let cluster = clusters[rng.below(clusters.len())];
            champion += cluster.0;
            challenger += cluster.1;
        }
        if champion > 0.0 {
            resampled.push(challenger / champion - 1.0);
        }
    }
    let rows = losses.keys.len() as f64;
    let mut segments: BTreeMap<&str, u64> = BTreeMap::new();
    for segment in losses.segments.iter().flatten() {
        *segments.entry(segment).or_default() += 1;
    }
    let judged = segments.into_iter().filter(|(_, rows)| *rows >= min_segment_rows as u64);
    let changes = judged.filter_map(|(segment, rows)| {
        let change = relative_change(&losses, |row| losses.segments[row] == Some(segment))?;
        Some(SegmentChange { segment: segment.to_owned(), rows, change })
    });
    Some(Comparison {
        rows: losses.keys.len() as u64,
        champion_loss: losses.champion.iter().sum::<f64>() / rows,
        challenger_loss: losses.challenger.iter().sum::<f64>() / rows,
        change: match interval(&mut resampled) {
            Some((low, high)) => Metric::with_interval(change, low, high),
            None => Metric::point(change),
        },
        newest_rows: losses.newest.iter().filter(|&&newest| newest).count() as u64,
        newest_change: relative_change(&losses, |row| losses.newest[row]),
        worst_segment: changes.max_by(|a, b| a.change.total_cmp(&b.change)),
    })
}

fn relative_change(losses: &Losses<'_>, belongs: impl Fn(usize) -> bool) -> Option<f64> {
    let (mut champion, mut challenger) = (0.0, 0.0);
    for row in (0..losses.keys.len()).filter(|&row| belongs(row)) {
        champion += losses.champion[row];
        challenger += losses.challenger[row];
    }
    (champion > 0.0).then(|| challenger / champion - 1.0)
}

/// Judges a challenger: floors first, then the comparison with the champion. `metrics` are the challenger's on the
/// hold-out. With a champion but without a comparison the challenger is rejected: fail closed.
pub fn judge(spec: &PromoteSpec, metrics: &Metrics, has_champion: bool, comparison: Option<Comparison>) -> Verdict {
    let mut gates = Vec::new();
    let observed = |name: &str| metrics.get(name).map(|metric| metric.value).filter(|value| value.is_finite());
    if let Some(floor) = spec.min_r2 {
        let observed = observed("r2");
        let passed = observed.is_some_and(|value| value >= floor);
        gates.push(Gate { criterion: format!("r2 >= {floor}"), observed, passed });
    }
    if let Some(ceiling) = spec.max_rmse {
        let observed = observed("rmse");
        let passed = observed.is_some_and(|value| value <= ceiling);
        gates.push(Gate { criterion: format!("rmse <= {ceiling}"), observed, passed });
    }
    if has_champion {
        gates.extend(champion_gates(spec, comparison.as_ref()));
    } else if observed("mae").is_none() {
        gates.push(Gate { criterion: "measured on hold-out rows".into(), observed: None, passed: false });
    }
    Verdict { gates, comparison }
}

fn champion_gates(spec: &PromoteSpec, comparison: Option<&Comparison>) -> Vec<Gate> {
    let percent = |share: f64| 100.0 * share;
    let upper = comparison.map(|comparison| comparison.change.high.unwrap_or(f64::INFINITY));
    let newest = comparison.and_then(|comparison| comparison.newest_change);
    let mut gates = vec![
        Gate {
            criterion: format!(
                "upper end of the loss change against the champion < {:+} %",
                percent(spec.max_loss_rise)
            ),
            observed: upper.filter(|upper| upper.is_finite()).map(percent),
            passed: upper.is_some_and(|upper| upper < spec.max_loss_rise),
        },
        Gate {
            criterion: "loss change on the newest batch's hold-out < 0 %".into(),
            observed: newest.map(percent),
            passed: newest.is_some_and(|change| change < 0.0),
        },
    ];
    if let Some(worst) = comparison.and_then(|comparison| comparison.worst_segment.as_ref()) {
        gates.push(Gate {
            criterion: format!(
                "loss change in the worst segment ({}) < {:+} %",
                worst.segment,
                percent(spec.max_segment_loss_rise)
            ),
            observed: Some(percent(worst.change)),
            passed: worst.change < spec.max_segment_loss_rise,
        });
    }
    gates
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: PromoteSpec = PromoteSpec {
        min_r2: Some(0.35),
        max_rmse: None,
        max_loss_rise: 0.01,
        max_segment_loss_rise: 0.25,
        min_segment_rows: 10,
    };

    fn comparison(factor: f64) -> Option<Comparison> {
        let champion = (0..200).map(|i| 1.0 + f64::from(i % 7)).collect::<Vec<_>>();
        let challenger = champion.iter().map(|loss| loss * factor).collect::<Vec<_>>();
        let keys = (0..200).collect::<Vec<u64>>();
        let newest = (0..200).map(|i| i >= 150).collect::<Vec<_>>();
        let segments = (0..200).map(|i| Some(if i % 2 == 0 { "a" } else { "b" })).collect::<Vec<_>>();
        let losses =
            Losses { champion: &champion, challenger: &challenger, keys: &keys, newest: &newest, segments: &segments };
        compare(losses, 10, 3)
    }

    fn good() -> Metrics {
        [("r2", 0.7), ("mae", 1.0)].map(|(name, value)| (name.to_owned(), Metric::point(value))).into()
    }

    #[test]
    fn a_better_challenger_is_promoted_and_a_worse_one_says_which_criterion() {
        assert!(judge(&SPEC, &good(), true, comparison(0.9)).promoted());
        let verdict = judge(&SPEC, &good(), true, comparison(1.1));
        assert!(!verdict.promoted());
        let reason = verdict.rejected_by().expect("rejected");
        assert!(reason.contains("upper end of the loss change"), "{reason}");
        assert!(reason.contains("newest batch"), "{reason}");
    }

    #[test]
    fn an_equal_challenger_is_rejected() {
        assert!(!judge(&SPEC, &good(), true, comparison(1.0)).promoted());
    }

    #[test]
    fn without_a_comparison_or_a_metric_nothing_is_promoted() {
        assert!(!judge(&SPEC, &good(), true, None).promoted());
        assert!(!judge(&SPEC, &Metrics::new(), false, None).promoted());
        assert!(judge(&SPEC, &good(), false, None).promoted());
    }
}
