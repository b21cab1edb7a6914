//! Without labels: how much would the error rise if only the mix of rows had changed?
//!
//! The hold-out's losses are weighted so that its segments (or bins of a number) take the current shares: importance
//! weighting (M. Sugiyama, M. Krauledat and K.-R. Müller, JMLR 8, 2007) with a weight a segment, hence
//! post-stratification. It answers for covariate shift between segments alone: a changed relation, or a change within a
//! segment, stays unseen, and `unseen_share` tells how many current rows lie where the hold-out has no row (they are
//! given the hold-out's mean loss).
//!
//! Standard error by the delta method, from the losses within segments, the current shares and the hold-out's own mean.

use serde::{Deserialize, Serialize};

use super::error_rise::rise_from;
use super::segments::{Moments, Segments};
use crate::effect::Level;

/// An estimated rise of the error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EstimatedRise {
    /// Mean loss of the hold-out.
    pub reference_error: f64,
    /// What the mean loss of the current rows would be.
    pub estimated_error: f64,
    /// `estimated_error / reference_error`.
    pub ratio: f64,
    /// Lower end of the ratio's interval.
    pub low: f64,
    /// Upper end of the ratio's interval.
    pub high: f64,
    /// Share of the current rows in segments without a loss in the hold-out.
    pub unseen_share: f64,
    /// Hold-out rows that an unweighted mean of this precision would need (L. Kish, 1965): few when the weights are
    /// uneven, and then the estimate hangs on few rows.
    pub effective_rows: f64,
    /// Current rows.
    pub rows: u64,
}

/// From one loss for each reference row of `segments` (NaN: left out) and the segments of the current rows.
///
/// `None` where either side is empty, no current row lies in a segment with losses, or the mean loss is 0 or not finite.
pub fn reweighted_rise(segments: &Segments, reference: &[f64], level: Level) -> Option<EstimatedRise> {
    let before = Moments::by_segment(segments.len(), &segments.reference, reference);
    let mut current = vec![0u64; segments.len()];
    segments.current.iter().for_each(|&segment| current[segment] += 1);
    let n = before.iter().map(|segment| segment.rows).sum::<u64>() as f64;
    let m = segments.current.len() as f64;
    if n < 2.0 || m == 0.0 {
        return None;
    }
    let mean = before.iter().map(|segment| segment.rows as f64 / n * segment.mean).sum::<f64>();
    let (mut estimate, mut unseen, mut weights) = (0.0, 0.0, 0.0);
    for (segment, &rows) in before.iter().zip(&current) {
        let share = rows as f64 / m;
        if segment.rows == 0 {
            unseen += share;
            estimate += share * mean;
        } else {
            estimate += share * segment.mean;
            weights += share * share / segment.rows as f64;
        }
    }
    if !(mean > 0.0 && estimate > 0.0 && mean.is_finite() && estimate.is_finite()) || unseen >= 1.0 {
        return None;
    }
    // ln ratio: a hold-out row of a segment moves it through the segment's mean (weight w = current share / its share)
    // and through the overall mean; a current row moves the shares
    let mut of_reference = 0.0;
    let mut of_current = 0.0;
    for (segment, &rows) in before.iter().zip(&current) {
        let share = rows as f64 / m;
        let at = if segment.rows == 0 { mean } else { segment.mean };
        of_current += share * (at - estimate) * (at - estimate);
        if segment.rows > 0 {
            let own = segment.rows as f64 / n;
            // rows of unseen segments follow the overall mean
            let through = (share / own + unseen) / estimate - 1.0 / mean;
            let between = (unseen / estimate - 1.0 / mean) * (segment.mean - mean);
            of_reference += own * (through * through * segment.variance() + between * between);
        }
    }
    let variance = of_reference / n + of_current / (estimate * estimate) / m;
    let (ratio, low, high) = rise_from(mean, estimate, variance, f64::INFINITY, level)?;
    Some(EstimatedRise {
        reference_error: mean,
        estimated_error: estimate,
        ratio,
        low,
        high,
        unseen_share: unseen,
        effective_rows: (1.0 - unseen) * (1.0 - unseen) / weights,
        rows: m as u64,
    })
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::table::CategoryColumn;

    use super::*;
    use crate::effect::Tail;

    fn level() -> Level {
        Level { low: Tail::new(0.025), high: Tail::new(0.025) }
    }

    fn segments(reference: &[&str], current: &[&str]) -> Segments {
        let column = |texts: &[&str]| CategoryColumn::from_values(texts.iter().map(|text| Some(*text)));
        Segments::of(&column(reference), &column(current))
    }

    #[test]
    fn segments_take_the_current_shares() {
        let both = segments(&["a", "a", "a", "b"], &["b", "b", "b", "a"]);
        let got = reweighted_rise(&both, &[1.0, 1.0, 1.0, 3.0], level()).expect("losses");
        assert_eq!((got.reference_error, got.estimated_error, got.unseen_share), (1.5, 2.5, 0.0));
        assert!(got.low < got.ratio && got.ratio < got.high && got.effective_rows < 4.0);
        let unchanged = segments(&["a", "b"], &["a", "b", "a", "b"]);
        let got = reweighted_rise(&unchanged, &[1.0, 3.0], level()).expect("losses");
        assert_eq!((got.ratio, got.effective_rows), (1.0, 2.0));
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let new = segments(&["a", "a", "b"], &["a", "new", "new", "new"]);
        let got = reweighted_rise(&new, &[1.0, 1.0, 4.0], level()).expect("losses");
        assert_eq!((got.unseen_share, got.estimated_error), (0.75, 1.75));
        let all_new = segments(&["a", "a"], &["new"]);
        assert_eq!(reweighted_rise(&all_new, &[1.0, 1.0], level()), None);
        for losses in [&[0.0, 0.0, 0.0][..], &[f64::NAN; 3], &[f64::INFINITY, 1.0, 1.0], &[]] {
            assert_eq!(reweighted_rise(&new, losses, level()), None, "{losses:?}");
        }
        assert_eq!(reweighted_rise(&segments(&["a"], &[]), &[1.0], level()), None);
    }
}
