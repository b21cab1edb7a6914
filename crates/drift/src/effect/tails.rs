//! Share of rows beyond the reference's 1st and 99th percentile, over what chance gives.

use super::interval::{difference_of_shares, visible_share};
use super::numeric::Frozen;
use super::{Estimate, Level};
use crate::sample::Sample;

/// How much larger the share beyond the limits is in `current` than in `reference` itself, where it is about .02 by
/// construction; infinite values lie beyond. Its sampling error is that of a share on either side, since the limits
/// are order statistics of the reference. `None` when a side has no value.
pub fn tails(reference: &Sample, current: &Sample, frozen: &Frozen, level: Level, bound: f64) -> Option<Estimate> {
    let (n, m) = (reference.present() as f64, current.present() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let beyond = |sample: &Sample| {
        let sorted = sample.sorted();
        let below = sorted.partition_point(|&value| value < frozen.low);
        (below + sorted.len() - sorted.partition_point(|&value| value <= frozen.high)) as f64
    };
    let (in_reference, in_current) = (beyond(reference), beyond(current));
    let (chance, share) = (in_reference / n, in_current / m);
    let (low, high) = difference_of_shares((in_reference, n), (in_current, m), level);
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
