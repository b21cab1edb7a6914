//! Other rows, or the same rows changed? Splits the change of a mean (of losses, of the target) into a part from the
//! mix of segments and a part from changes within them, which sum to the whole.
//!
//! E. M. Kitagawa, Components of a difference between two rates (JASA 50, 1955), in its symmetric form: with the
//! shares `w` and means `y` of a segment on both sides (r reference, c current),
//!
//! ```text
//! ȳ_c - ȳ_r = sum (w_c - w_r) ((y_c + y_r)/2 - Y)  +  sum (y_c - y_r) (w_c + w_r)/2
//!             mix                                     within
//! ```
//!
//! with `Y = (ȳ_c + ȳ_r)/2`, which changes no sum (shares sum to 1 on both sides) but makes a segment's own mix part
//! mean something: more rows of a segment that lies above the middle push the mean up. A segment that one side lacks has
//! no change within it: its whole part is mix.
//!
//! Standard errors by the influence of one row (delta method), rows independent.

use std::sync::Arc;

use super::segments::{Moments, Segments};

/// The change of a mean, split.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// Mean of the reference.
    pub reference_mean: f64,
    /// Mean of the current side.
    pub current_mean: f64,
    /// `current_mean - reference_mean`, the sum of `mix` and `within`.
    pub difference: f64,
    /// From the mix: segments grew, shrank, came or went.
    pub mix: f64,
    /// Standard error of `mix`.
    pub mix_error: f64,
    /// From within: the segments themselves changed.
    pub within: f64,
    /// Standard error of `within`.
    pub within_error: f64,
    /// The part of `mix` from segments that the reference lacks.
    pub new_segments: f64,
    /// The parts of all segments, the largest size of `mix + within` first, equal ones in order of their names. Their
    /// sums are `mix` and `within` (up to the rounding of sums of floating-point numbers).
    pub segments: Vec<SegmentPart>,
}

/// What one segment adds.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentPart {
    /// The segment; `None`: rows where the category is missing.
    pub segment: Option<Arc<str>>,
    /// Its rows on the reference.
    pub reference_rows: u64,
    /// Its rows on the current side.
    pub current_rows: u64,
    /// Its share of the reference's rows.
    pub reference_share: f64,
    /// Its share of the current rows.
    pub current_share: f64,
    /// Its mean on the reference; `None` without rows there.
    pub reference_mean: Option<f64>,
    /// Its mean on the current side; `None` without rows there.
    pub current_mean: Option<f64>,
    /// What its change of share adds.
    pub mix: f64,
    /// What its change of mean adds.
    pub within: f64,
}

/// Splits the change of the mean of values (one a row, in the order of the segments' rows; NaN: left out).
///
/// `None` when a side has no value, or where means are not finite.
pub fn decompose(segments: &Segments, reference: &[f64], current: &[f64]) -> Option<Decomposition> {
    let before = Moments::by_segment(segments.len(), &segments.reference, reference);
    let now = Moments::by_segment(segments.len(), &segments.current, current);
    let rows = |side: &[Moments]| side.iter().map(|segment| segment.rows).sum::<u64>() as f64;
    let (n, m) = (rows(&before), rows(&now));
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let mean = |side: &[Moments], rows: f64| side.iter().map(|s| s.rows as f64 / rows * s.mean).sum::<f64>();
    let (reference_mean, current_mean) = (mean(&before, n), mean(&now, m));
    let middle = f64::midpoint(reference_mean, current_mean);
    let mut parts: Vec<SegmentPart> = Vec::with_capacity(segments.len());
    let mut both: Vec<(f64, f64)> = Vec::with_capacity(segments.len());
    for ((name, r), c) in segments.names.iter().zip(&before).zip(&now) {
        // the side that lacks a segment takes the other's mean: nothing changed within
        let y_r = if r.rows > 0 { r.mean } else { c.mean };
        let y_c = if c.rows > 0 { c.mean } else { r.mean };
        both.push((y_r, y_c));
        let (w_r, w_c) = (r.rows as f64 / n, c.rows as f64 / m);
        parts.push(SegmentPart {
            segment: name.clone(),
            reference_rows: r.rows,
            current_rows: c.rows,
            reference_share: w_r,
            current_share: w_c,
            reference_mean: (r.rows > 0).then_some(r.mean),
            current_mean: (c.rows > 0).then_some(c.mean),
            mix: (w_c - w_r) * (f64::midpoint(y_r, y_c) - middle),
            within: (y_c - y_r) * f64::midpoint(w_r, w_c),
        });
    }
    let (mix_error, within_error) = standard_errors(&parts, &both, &before, &now);
    let difference = current_mean - reference_mean;
    let mix = parts.iter().map(|part| part.mix).sum::<f64>();
    let new_segments = parts.iter().filter(|part| part.reference_rows == 0).map(|part| part.mix).sum();
    if !(difference.is_finite() && mix.is_finite() && mix_error.is_finite() && within_error.is_finite()) {
        return None;
    }
    let size = |part: &SegmentPart| (part.mix + part.within).abs();
    parts.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.segment.cmp(&b.segment)));
    Some(Decomposition {
        reference_mean,
        current_mean,
        difference,
        mix,
        mix_error,
        within: difference - mix,
        within_error,
        new_segments,
        segments: parts,
    })
}

/// Of both sums. One current row of segment s moves the mix by `a_s - ā + (w_c - w_r)/(2 w_c) (y - y_c)`, with
/// `a_s = (y_c + y_r)/2` and ā its mean over the current shares, and the within part by
/// `d_s - d̄ + (w_c + w_r)/(2 w_c) (y - y_c)`, with `d_s = (y_c - y_r)/2`; a row of the reference likewise.
fn standard_errors(parts: &[SegmentPart], means: &[(f64, f64)], before: &[Moments], now: &[Moments]) -> (f64, f64) {
    let side = |moments: &[Moments], of_reference: bool| {
        let rows = moments.iter().map(|segment| segment.rows).sum::<u64>() as f64;
        let (mut mix, mut within) = (0.0, 0.0);
        let (mut mean_a, mut mean_d) = (0.0, 0.0);
        for (&(y_r, y_c), segment) in means.iter().zip(moments) {
            let share = segment.rows as f64 / rows;
            mean_a += share * f64::midpoint(y_r, y_c);
            mean_d += share * (y_c - y_r) / 2.0;
        }
        for ((part, &(y_r, y_c)), segment) in parts.iter().zip(means).zip(moments) {
            if segment.rows == 0 {
                continue;
            }
            let (own, other) = if of_reference {
                (part.reference_share, part.current_share)
            } else {
                (part.current_share, part.reference_share)
            };
            // where the other side lacks the segment, its mean follows this one: all of a row's weight is mix
            let (to_mix, to_within) =
                if other == 0.0 { (1.0, 0.0) } else { ((own - other) / (2.0 * own), (own + other) / (2.0 * own)) };
            let (a, d) = (f64::midpoint(y_r, y_c) - mean_a, (y_c - y_r) / 2.0 - mean_d);
            mix += own * (a * a + to_mix * to_mix * segment.variance());
            within += own * (d * d + to_within * to_within * segment.variance());
        }
        (mix / rows, within / rows)
    };
    let (r, c) = (side(before, true), side(now, false));
    ((r.0 + c.0).sqrt(), (r.1 + c.1).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tidewheel_domain::table::CategoryColumn;

    use super::*;

    fn segments(reference: &[&str], current: &[&str]) -> Segments {
        let column = |texts: &[&str]| CategoryColumn::from_values(texts.iter().map(|text| Some(*text)));
        Segments::of(&column(reference), &column(current))
    }

    #[test]
    fn mix_alone_and_change_alone_are_told_apart() {
        let mix =
            decompose(&segments(&["a", "a", "a", "b"], &["a", "b", "b", "b"]), &[1., 1., 1., 5.], &[1., 5., 5., 5.])
                .expect("values");
        assert_eq!((mix.difference, mix.mix, mix.within), (2.0, 2.0, 0.0));
        let same = segments(&["a", "a", "b", "b"], &["b", "b", "a", "a"]);
        let within = decompose(&same, &[1., 3., 5., 7.], &[9., 11., 1., 3.]).expect("values");
        assert_eq!((within.difference, within.mix, within.within), (2.0, 0.0, 2.0));
        assert_eq!((within.segments[0].segment.as_deref(), within.segments[0].within), (Some("b"), 2.0));
    }

    #[test]
    fn a_new_segment_is_mix_and_nothing_gives_none() {
        let new = decompose(&segments(&["a", "a"], &["a", "a", "new", "new"]), &[1., 1.], &[1., 1., 9., 9.]);
        let new = new.expect("values");
        assert_eq!((new.difference, new.mix, new.within), (4.0, 4.0, 0.0));
        assert_eq!((new.segments[0].segment.as_deref(), new.segments[0].reference_mean), (Some("new"), None));
        assert_eq!(decompose(&segments(&["a"], &["a"]), &[f64::NAN], &[1.0]), None);
        assert_eq!(decompose(&segments(&["a"], &["a"]), &[f64::INFINITY], &[1.0]), None);
        assert_eq!(decompose(&segments(&[], &[]), &[], &[]), None);
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole(
            a in prop::collection::vec((0u8..6, -1e3..1e3), 1..80),
            b in prop::collection::vec((2u8..8, -1e3..1e3), 1..80),
        ) {
            let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
            let split = |rows: &[(u8, f64)]| -> (Vec<&str>, Vec<f64>) {
                rows.iter().map(|&(segment, value)| (names[segment as usize], value)).unzip()
            };
            let ((sa, va), (sb, vb)) = (split(&a), split(&b));
            let got = decompose(&segments(&sa, &sb), &va, &vb).expect("values");
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!((got.difference - (mean(&vb) - mean(&va))).abs() < 1e-9);
            let sum = |of: fn(&SegmentPart) -> f64| got.segments.iter().map(of).sum::<f64>();
            prop_assert!((got.mix + got.within - got.difference).abs() < 1e-9);
            prop_assert!((sum(|part| part.mix) - got.mix).abs() < 1e-9);
            prop_assert!((sum(|part| part.within) - got.within).abs() < 1e-9);
        }
    }
}
