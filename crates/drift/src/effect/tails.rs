//! Share of rows beyond the reference's 1st and 99th percentile, over what chance gives.

use super::interval::{difference_of_shares, visible_share};
use super::numeric::{EDGE, Frozen};
use super::{Estimate, Level};
use crate::sample::Sample;

/// How much larger the share beyond the limits is in `current` than in `reference` itself, where it is about .02 by
/// construction; infinite values lie beyond. Its sampling error is that of a share on either side, since the limits
/// are order statistics of the reference. The k-th smallest of n values has on average k / (n + 1) of the population
/// below it, whatever the population; only where values tie at a limit, the rows strictly beyond are counted instead.
/// `None` when a side has no value.
pub fn tails(reference: &Sample, current: &Sample, frozen: &Frozen, level: Level, bound: f64) -> Option<Estimate> {
    let (n, m) = (reference.present() as f64, current.present() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let in_current: f64 = beyond(current, frozen).into_iter().sum();
    let expected = EDGE * (reference.finite().len() as f64 - 1.0) + 1.0;
    let infinite = (reference.present() - reference.finite().len()) as f64;
    let in_reference = beyond(reference, frozen)
        .into_iter()
        .zip([frozen.low, frozen.high])
        .map(|(rows, limit)| if ties_at(reference, limit) { rows } else { rows.max(expected) })
        .sum::<f64>()
        .min(2.0 * expected + infinite)
        .min(n);
    let (chance, share) = (in_reference / (n + 1.0), in_current / m);
    let (low, high) = difference_of_shares((in_reference, n + 1.0), (in_current, m), level);
    let estimate = Estimate {
        value: (share - chance).max(0.0),
        low: low.max(0.0),
        high: high.max(0.0),
        visible_from: visible_share(chance, bound, n, m, level),
        reference: Some(chance),
        current: Some(share),
        chance: Some(chance),
    };
    Some(estimate.doubted(reference.present(), current.present()))
}

/// Rows below the lower limit and above the upper one.
fn beyond(sample: &Sample, frozen: &Frozen) -> [f64; 2] {
    let sorted = sample.sorted();
    let below = sorted.partition_point(|&value| value < frozen.low);
    let above = sorted.len() - sorted.partition_point(|&value| value <= frozen.high);
    [below as f64, above as f64]
}

/// Whether several rows hold the very value of a limit.
fn ties_at(sample: &Sample, limit: f64) -> bool {
    let sorted = sample.sorted();
    sorted.partition_point(|&value| value <= limit) - sorted.partition_point(|&value| value < limit) > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(reference: &[f64], current: &[f64]) -> Estimate {
        let (reference, current) = (Sample::new(reference), Sample::new(current));
        let frozen = Frozen::of(&reference).expect("values");
        tails(&reference, &current, &frozen, Level::new(0.05, 12), 0.02).expect("values")
    }

    #[test]
    fn what_the_reference_itself_has_beyond_is_taken_off() {
        let values: Vec<f64> = (0..10_000).map(f64::from).collect();
        let same = measure(&values, &values);
        assert_eq!((same.value, same.low), (0.0, 0.0));
        assert!((same.chance.expect("given") - 0.02).abs() < 0.001, "{same:?}");
        let far: Vec<f64> = values.iter().map(|x| if x % 20.0 == 0.0 { 1e9 } else { *x }).collect();
        let more = measure(&values, &far);
        assert!((more.value - 0.05).abs() < 0.002 && more.low > 0.02, "{more:?}");
    }

    #[test]
    fn ties_at_a_limit_lie_within_it() {
        let counts: Vec<f64> = (0..3000).map(|i| f64::from(i % 4)).collect();
        let same = measure(&counts, &counts);
        assert_eq!((same.value, same.chance), (0.0, Some(0.0)));
    }
}
