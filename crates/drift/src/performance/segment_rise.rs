//! Where did the error rise? One [`ErrorRise`] a segment; the error is shared among the segments (Bonferroni for the
//! intervals, Holm 1979 for the p-values), so that the worst one may be named although it was looked for.

use std::sync::Arc;

use super::error_rise::ErrorRise;
use super::segments::Segments;
use crate::effect::{Level, Tail};
use crate::multiplicity::holm;

/// The rise of one segment.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentRise {
    /// The segment; `None`: rows where the category is missing.
    pub segment: Option<Arc<str>>,
    /// Its rise, with an interval that holds for all segments at once and a p-value of its own.
    pub rise: ErrorRise,
    /// The p-value, corrected for the number of segments.
    pub adjusted_p_value: f64,
}

/// Rises of the segments with at least `min_rows` losses on both sides (never fewer than 2), the highest lower end first,
/// equal ones in order of their names. Losses stand in the order of the segments' rows; NaN: no label.
///
/// The number of segments that share the error is the number of those compared; it depends on counts alone, not on
/// losses, so choosing by it is no peeking.
pub fn segment_rises(
    segments: &Segments,
    reference: &[f64],
    current: &[f64],
    min_rows: usize,
    level: Level,
) -> Vec<SegmentRise> {
    let mut by_segment = vec![(Vec::new(), Vec::new()); segments.len()];
    for (&segment, &loss) in segments.reference.iter().zip(reference).filter(|&(_, loss)| !loss.is_nan()) {
        by_segment[segment].0.push(loss);
    }
    for (&segment, &loss) in segments.current.iter().zip(current).filter(|&(_, loss)| !loss.is_nan()) {
        by_segment[segment].1.push(loss);
    }
    let enough = |rows: &Vec<f64>| rows.len() >= min_rows.max(2);
    let compared: Vec<usize> =
        (0..segments.len()).filter(|&place| enough(&by_segment[place].0) && enough(&by_segment[place].1)).collect();
    let share = |tail: Tail| tail.part(1.0 / compared.len().max(1) as f64);
    let each = Level { low: share(level.low), high: share(level.high) };
    let mut rises: Vec<SegmentRise> = compared
        .iter()
        .filter_map(|&place| {
            let rise = ErrorRise::of(&by_segment[place].0, &by_segment[place].1, each)?;
            Some(SegmentRise { segment: segments.names[place].clone(), rise, adjusted_p_value: rise.p_value })
        })
        .collect();
    let mut p: Vec<f64> = rises.iter().map(|rise| rise.rise.p_value).collect();
    // segments without a ratio (all losses 0) were looked at, too
    p.resize(compared.len(), 1.0);
    for (rise, adjusted) in rises.iter_mut().zip(holm(&p)) {
        rise.adjusted_p_value = adjusted;
    }
    rises.sort_by(|a, b| b.rise.low.total_cmp(&a.rise.low).then_with(|| a.segment.cmp(&b.segment)));
    rises
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::table::CategoryColumn;

    use super::*;

    #[test]
    fn the_worst_segment_comes_first_and_small_ones_are_left_out() {
        let column = |rows: &[(&'static str, usize)]| {
            let texts: Vec<&str> = rows.iter().flat_map(|&(name, n)| std::iter::repeat_n(name, n)).collect();
            CategoryColumn::from_values(texts.into_iter().map(Some))
        };
        let rows = [("north", 200), ("south", 200), ("tiny", 3)];
        let segments = Segments::of(&column(&rows), &column(&rows));
        let reference: Vec<f64> = (0..403).map(|i| 1.0 + 0.1 * f64::from(i % 7)).collect();
        let mut current = reference.clone();
        current[200..400].iter_mut().for_each(|loss| *loss *= 2.0);
        let level = Level { low: Tail::new(0.025), high: Tail::new(0.025) };
        let rises = segment_rises(&segments, &reference, &current, 10, level);
        let names: Vec<_> = rises.iter().map(|rise| rise.segment.as_deref()).collect();
        assert_eq!(names, [Some("south"), Some("north")]);
        assert!(rises[0].rise.low > 1.9 && rises[0].adjusted_p_value < 1e-6);
        assert!(rises[1].rise.low < 1.0 && rises[1].adjusted_p_value > 0.4);
        assert_eq!(segment_rises(&segments, &[], &current, 10, level), []);
    }
}
