//! What a batch costs: the champion's error on it, against the hold-out, and which change explains it.

use std::sync::Arc;

use tidewheel_domain::decision::{
    ColumnCost, Decomposition, Direction, ErrorChange, ErrorEvidence, SegmentError, SegmentPart, Shift,
};
use tidewheel_domain::drift_report::DriftReport;
use tidewheel_domain::table::{CategoryBuilder, CategoryColumn, Column, Table};

use crate::effect::{Level, Tail};
use crate::performance::{self, ErrorRise, EstimatedRise, Segments, decompose, reweighted_rise, segment_rises};
use crate::sample::{Sample, mean_and_sd, quantile};

/// Chance that either end of the error's interval misses.
const TAIL: f64 = 0.025;

/// Rows with a label that a segment needs on both sides to be compared by itself.
const SEGMENT_ROWS: usize = 30;

/// Part of the current rows that segments known on both sides must hold for like to be compared with like.
const LEAST_COMMON: f64 = 0.2;

/// Bins of a numeric column: so many equal parts of the reference, apart from what lies outside of it.
const BINS: usize = 20;

/// A difference of errors below this part of the reference's error is not divided by.
const LEAST_DIFFERENCE: f64 = 0.02;

/// Rows with what the champion got wrong on them.
#[derive(Debug, Clone, Copy)]
pub struct Residuals<'a> {
    /// The raw columns.
    pub table: &'a Table,
    /// Target less prediction on the training scale, one a row; NaN without a label.
    pub signed: &'a [f64],
    /// What names the real thing of each row: rows of one thing may err alike.
    pub clusters: &'a [u64],
}

impl Residuals<'_> {
    fn losses(&self) -> Vec<f64> {
        self.signed.iter().map(|residual| residual.abs()).collect()
    }
}

/// The champion's error on the current rows against its hold-out, and what explains it; `None` where a side has fewer
/// than two labelled rows or makes no error at all.
///
/// `report` names the columns that drifted; `segment` the categorical column by which the difference is split.
pub fn error_evidence(
    reference: &Residuals<'_>,
    current: &Residuals<'_>,
    report: &DriftReport,
    segment: Option<&str>,
    scale: &str,
) -> Option<ErrorEvidence> {
    let (before, now) = (reference.losses(), current.losses());
    let level = Level { low: Tail::new(TAIL), high: Tail::new(TAIL) };
    let rise = ErrorRise::clustered((&before, reference.clusters), (&now, current.clusters), level)?;
    let bias = shift(reference.signed, current.signed);
    let all = error_change(&rise, bias.as_ref());
    let by_segment = segment.and_then(|name| {
        let segments = segments_of(reference.table.column(name)?, current.table.column(name)?);
        let split = decompose(&segments, &before, &now)?;
        Some((name, segments, split))
    });
    let like_with_like =
        by_segment.as_ref().and_then(|(_, segments, _)| like_with_like(segments, &before, &now, all.side));
    let segments = by_segment.as_ref().map(|(_, segments, split)| {
        let rises = segment_rises(segments, &before, &now, SEGMENT_ROWS, level);
        let labelled = now.iter().filter(|loss| !loss.is_nan()).count() as f64;
        segment_errors(segments, split, rises, reference, current, labelled)
    });
    let difference = all.current - all.reference;
    let mut columns: Vec<ColumnCost> = report
        .drifted()
        .filter_map(|column| {
            let bins = segments_of(reference.table.column(&column.name)?, current.table.column(&column.name)?);
            let cost = decompose(&bins, &before, &now)?.mix;
            let large = difference.abs() > LEAST_DIFFERENCE * all.reference;
            Some(ColumnCost { column: column.name.clone(), cost, share: large.then(|| cost / difference) })
        })
        .collect();
    columns.sort_by(|a, b| b.cost.abs().total_cmp(&a.cost.abs()));
    Some(ErrorEvidence {
        measured: true,
        scale: scale.to_owned(),
        all,
        like_with_like,
        bias,
        segments: segments.unwrap_or_default(),
        by_segment: by_segment.map(|(name, _, split)| told(name, split)),
        columns,
    })
}

/// The error on current rows without labels, estimated from the hold-out's losses: each column that drifted, and the
/// segment, weighs them by its mix ([`reweighted_rise`]); the one that says most counts, for the others move with it.
/// `None` where nothing drifted, or none of them can tell.
///
/// What the estimate cannot see is a change of the relation itself.
pub fn estimated_error(
    reference: &Residuals<'_>,
    current: &Table,
    report: &DriftReport,
    segment: Option<&str>,
    scale: &str,
) -> Option<ErrorEvidence> {
    let losses = reference.losses();
    let level = Level { low: Tail::new(TAIL), high: Tail::new(TAIL) };
    let drifted = report.drifted().map(|column| column.name.as_str());
    let mut estimates: Vec<(&str, EstimatedRise)> = drifted
        .chain(segment)
        .filter_map(|name| {
            let bins = segments_of(reference.table.column(name)?, current.column(name)?);
            Some((name, reweighted_rise(&bins, &losses, level)?))
        })
        .collect();
    let cost = |rise: &EstimatedRise| rise.estimated_error - rise.reference_error;
    estimates.sort_by(|a, b| cost(&b.1).abs().total_cmp(&cost(&a.1).abs()));
    estimates.dedup_by(|a, b| a.0 == b.0);
    let most = &estimates.first()?.1;
    let all = ErrorChange {
        reference: most.reference_error,
        current: most.estimated_error,
        rise: most.ratio - 1.0,
        low: most.low - 1.0,
        high: most.high - 1.0,
        reference_rows: losses.iter().filter(|loss| !loss.is_nan()).count() as u64,
        current_rows: most.rows,
        side: None,
    };
    let column =
        |(name, rise): &(&str, EstimatedRise)| ColumnCost { column: (*name).to_owned(), cost: cost(rise), share: None };
    Some(ErrorEvidence {
        measured: false,
        scale: scale.to_owned(),
        all,
        like_with_like: None,
        bias: None,
        segments: Vec::new(),
        by_segment: None,
        columns: estimates.iter().map(column).collect(),
    })
}

/// The ratio of the mean losses over the segments that both sides know, each with the current side's share. The interval
/// is taken on the logarithm; by the delta method the squared standard error is the sum over both sides of
/// `sum_s w_s² s²/n_s / mean²`. `None` where those segments hold less than [`LEAST_COMMON`] of the current rows.
fn like_with_like(segments: &Segments, before: &[f64], now: &[f64], side: Option<Direction>) -> Option<ErrorChange> {
    let by_segment = |rows: &[usize], losses: &[f64]| {
        let mut all: Vec<Vec<f64>> = vec![Vec::new(); segments.len()];
        let labelled = rows.iter().zip(losses).filter(|(_, loss)| !loss.is_nan());
        labelled.for_each(|(&segment, &loss)| all[segment].push(loss));
        all
    };
    let (reference, current) = (by_segment(&segments.reference, before), by_segment(&segments.current, now));
    let enough = |rows: &Vec<f64>| rows.len() >= SEGMENT_ROWS;
    let common: Vec<usize> =
        (0..segments.len()).filter(|&place| enough(&reference[place]) && enough(&current[place])).collect();
    let count = |side: &[Vec<f64>]| common.iter().map(|&place| side[place].len()).sum::<usize>() as f64;
    let (rows_before, rows_now) = (count(&reference), count(&current));
    if rows_now < LEAST_COMMON * current.iter().map(Vec::len).sum::<usize>() as f64 {
        return None;
    }
    let weighted = |side: &[Vec<f64>]| {
        common.iter().try_fold((0.0, 0.0), |(mean, variance), &place| {
            let weight = current[place].len() as f64 / rows_now;
            let (of_segment, sd) = mean_and_sd(side[place].iter().copied())?;
            let n = side[place].len() as f64;
            Some((mean + weight * of_segment, variance + weight * weight * sd * sd / (n - 1.0)))
        })
    };
    let ((mean_before, variance_before), (mean_now, variance_now)) = (weighted(&reference)?, weighted(&current)?);
    if mean_before <= 0.0 || mean_now <= 0.0 {
        return None;
    }
    let error = (variance_before / mean_before.powi(2) + variance_now / mean_now.powi(2)).sqrt();
    let ratio = mean_now / mean_before;
    let reach = (Tail::new(TAIL).z * error).exp();
    Some(ErrorChange {
        reference: mean_before,
        current: mean_now,
        rise: ratio - 1.0,
        low: ratio / reach - 1.0,
        high: ratio * reach - 1.0,
        reference_rows: rows_before as u64,
        current_rows: rows_now as u64,
        side,
    })
}

/// The mean of a value (the target) on both sides, split by segment; rows without a value are left out.
pub fn mean_by_segment(
    column: &str,
    (reference, before): (&Table, &[f64]),
    (current, now): (&Table, &[f64]),
) -> Option<Decomposition> {
    let segments = segments_of(reference.column(column)?, current.column(column)?);
    Some(told(column, decompose(&segments, before, now)?))
}

/// Share of the current rows in segments with fewer than `known` rows in the reference; rows without a segment are known.
/// `weights` counts each current row so many times.
pub fn unknown_segment_share(reference: &CategoryColumn, current: &CategoryColumn, weights: &[u32], known: u64) -> f64 {
    let segments = Segments::of(reference, current);
    let mut rows = vec![0_u64; segments.len()];
    segments.reference.iter().for_each(|&segment| rows[segment] += 1);
    let weight = |row: usize| f64::from(weights.get(row).copied().unwrap_or(1));
    let unknown = |segment: usize| segments.names[segment].is_some() && rows[segment] < known;
    let (mut all, mut new) = (0.0, 0.0);
    for (row, &segment) in segments.current.iter().enumerate() {
        all += weight(row);
        new += if unknown(segment) { weight(row) } else { 0.0 };
    }
    if all > 0.0 { new / all } else { 0.0 }
}

fn error_change(rise: &ErrorRise, bias: Option<&Shift>) -> ErrorChange {
    let side = bias.and_then(|bias| match (bias.low > 0.0, bias.high < 0.0) {
        (true, _) => Some(Direction::Up),
        (_, true) => Some(Direction::Down),
        _ => None,
    });
    ErrorChange {
        reference: rise.reference_error,
        current: rise.current_error,
        rise: rise.ratio - 1.0,
        low: rise.low - 1.0,
        high: rise.high - 1.0,
        reference_rows: rise.reference_rows,
        current_rows: rise.rows,
        side,
    }
}

/// The difference of two means with its normal interval.
fn shift(reference: &[f64], current: &[f64]) -> Option<Shift> {
    let side = |values: &[f64]| {
        let present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let (mean, sd) = mean_and_sd(present.iter().copied())?;
        (present.len() > 1).then_some((mean, sd * sd / (present.len() - 1) as f64))
    };
    let ((before, before_variance), (now, now_variance)) = (side(reference)?, side(current)?);
    let half = Tail::new(TAIL).z * (before_variance + now_variance).sqrt();
    let difference = now - before;
    Some(Shift { reference: before, current: now, low: difference - half, high: difference + half })
}

fn segment_errors(
    segments: &Segments,
    split: &performance::Decomposition,
    rises: Vec<performance::SegmentRise>,
    reference: &Residuals<'_>,
    current: &Residuals<'_>,
    labelled: f64,
) -> Vec<SegmentError> {
    let mut errors: Vec<SegmentError> = rises
        .into_iter()
        .filter(|rise| rise.rise.low > 1.0)
        .filter_map(|rise| {
            let place = segments.names.iter().position(|name| *name == rise.segment)?;
            let within = split.segments.iter().find(|part| part.segment == rise.segment)?.within;
            let of = |rows: &[usize], signed: &[f64]| -> Vec<f64> {
                rows.iter().zip(signed).filter(|(row, _)| **row == place).map(|(_, residual)| *residual).collect()
            };
            let bias = shift(&of(&segments.reference, reference.signed), &of(&segments.current, current.signed));
            Some(SegmentError {
                segment: rise.segment.as_deref()?.to_owned(),
                share: rise.rise.rows as f64 / labelled.max(1.0),
                within,
                error: error_change(&rise.rise, bias.as_ref()),
            })
        })
        .collect();
    errors.sort_by(|a, b| b.within.total_cmp(&a.within));
    errors
}

/// A decomposition as the record holds it: the segments that add most by name, the others together.
fn told(column: &str, split: performance::Decomposition) -> Decomposition {
    let part = |part: &performance::SegmentPart| SegmentPart {
        segment: part.segment.as_deref().map(str::to_owned),
        reference_rows: part.reference_rows,
        current_rows: part.current_rows,
        reference: part.reference_mean,
        current: part.current_mean,
        mix: part.mix,
        within: part.within,
    };
    let (named, others) = split.segments.split_at(split.segments.len().min(Decomposition::SHOWN));
    let others = (!others.is_empty()).then(|| SegmentPart {
        segment: None,
        reference_rows: others.iter().map(|part| part.reference_rows).sum(),
        current_rows: others.iter().map(|part| part.current_rows).sum(),
        reference: None,
        current: None,
        mix: others.iter().map(|part| part.mix).sum(),
        within: others.iter().map(|part| part.within).sum(),
    });
    Decomposition {
        column: column.to_owned(),
        reference: split.reference_mean,
        current: split.current_mean,
        difference: split.difference,
        mix: split.mix,
        new_segments: split.new_segments,
        within: split.within,
        segments: named.iter().map(part).collect(),
        others,
    }
}

/// Rows by the values of a column: its levels, or bins frozen from the reference.
fn segments_of(reference: &Column, current: &Column) -> Segments {
    let numbers = [reference, current].into_iter().find_map(|column| match column {
        Column::Number(_) => Some(Bins::of(reference)),
        Column::Category(_) => None,
    });
    let side = |column: &Column| match column {
        Column::Category(column) => column.clone(),
        Column::Number(values) => numbers.as_ref().map(|bins| bins.place(values)).unwrap_or_default(),
    };
    Segments::of(&side(reference), &side(current))
}

/// Bins of a numeric column.
struct Bins {
    edges: Vec<f64>,
}

impl Bins {
    fn of(reference: &Column) -> Self {
        let Column::Number(values) = reference else { return Self { edges: Vec::new() } };
        let sample = Sample::new(values);
        let mut edges: Vec<f64> =
            (0..=BINS).filter_map(|place| quantile(sample.finite(), place as f64 / BINS as f64)).collect();
        edges.dedup();
        Self { edges }
    }

    fn place(&self, values: &[f64]) -> CategoryColumn {
        let last = self.edges.last().copied().unwrap_or(f64::INFINITY);
        let names: Vec<Arc<str>> = (0..self.edges.len() + 2).map(|bin| Arc::from(bin.to_string())).collect();
        let mut builder = CategoryBuilder::default();
        for &value in values {
            // Below the first edge is bin 0, beyond the last one the bin after all others.
            let bin = match value {
                value if value.is_nan() => None,
                value if value > last => names.last(),
                value => names.get(self.edges.partition_point(|&edge| edge <= value).min(self.edges.len())),
            };
            builder.push(bin.map(|name| &**name));
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::compare;
    use tidewheel_domain::drift_report::DriftSettings;

    fn column(rows: &[(&'static str, usize)]) -> Column {
        let texts = rows.iter().flat_map(|&(name, n)| std::iter::repeat_n(Some(name), n));
        Column::Category(CategoryColumn::from_values(texts))
    }

    fn table(rows: &[(&'static str, usize)]) -> Table {
        let x = (0..rows.iter().map(|(_, n)| n).sum::<usize>()).map(|i| (i * 7919 % 1000) as f64).collect();
        Table::new(vec![("region".into(), column(rows)), ("x".into(), Column::Number(x))]).expect("one length")
    }

    fn evidence(before: &Table, signed_before: &[f64], now: &Table, signed_now: &[f64]) -> ErrorEvidence {
        let report = compare(before, now, &DriftSettings::default()).expect("comparable");
        let ids = |n: usize, from: u64| (0..n as u64).map(|id| from + id).collect::<Vec<_>>();
        let (a, b) = (ids(signed_before.len(), 0), ids(signed_now.len(), 1 << 32));
        let reference = Residuals { table: before, signed: signed_before, clusters: &a };
        let current = Residuals { table: now, signed: signed_now, clusters: &b };
        error_evidence(&reference, &current, &report, Some("region"), "none").expect("errors")
    }

    /// Errors of size 1 around zero.
    fn residuals(n: usize) -> Vec<f64> {
        (0..n).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 } * (0.5 + (i * 31 % 100) as f64 / 100.0)).collect()
    }

    #[test]
    fn one_segment_that_changed_within_is_found_with_its_side() {
        let rows = [("north", 1000), ("south", 1000), ("west", 1000)];
        let table = table(&rows);
        let mut now = residuals(3000);
        now[1000..2000].iter_mut().for_each(|residual| *residual += 2.0);
        let found = evidence(&table, &residuals(3000), &table, &now);
        assert!(found.all.low > 0.1 && found.all.side == Some(Direction::Up), "{:?}", found.all);
        assert_eq!(found.segments.iter().map(|one| one.segment.as_str()).collect::<Vec<_>>(), ["south"]);
        assert_eq!(found.segments[0].error.side, Some(Direction::Up));
        let split = found.by_segment.expect("split");
        assert!(split.mix.abs() < 1e-12 && (split.within - split.difference).abs() < 1e-12);
        assert!((found.segments[0].within - split.within).abs() < 1e-9);
    }

    #[test]
    fn a_mix_that_costs_is_priced_at_the_column_that_moved() {
        // The model errs three times as much in the south, and the south grew.
        let before = table(&[("north", 3000), ("south", 500)]);
        let now = table(&[("north", 1500), ("south", 2000)]);
        let costly = |south: usize| {
            let mut all = residuals(3500);
            all[3500 - south..].iter_mut().for_each(|residual| *residual *= 3.0);
            all
        };
        let found = evidence(&before, &costly(500), &now, &costly(2000));
        assert_eq!(found.columns[0].column, "region");
        assert!(found.columns[0].share.expect("large") > 0.95, "{:?}", found.columns);
        assert!(found.segments.is_empty(), "nothing changed within: {:?}", found.segments);
        let like = found.like_with_like.as_ref().expect("common segments");
        assert!(like.rise.abs() < 0.03 && like.low < 0.0, "like with like nothing changed: {like:?}");
        assert_eq!(found.deciding(), &found.all);

        let report = compare(&before, &now, &DriftSettings::default()).expect("comparable");
        let signed = costly(500);
        let ids: Vec<u64> = (0..3500).collect();
        let reference = Residuals { table: &before, signed: &signed, clusters: &ids };
        let estimated = estimated_error(&reference, &now, &report, Some("region"), "none").expect("estimated");
        assert!(!estimated.measured);
        assert!((estimated.all.rise - found.all.rise).abs() < 0.02, "{:?} {:?}", estimated.all, found.all);
        assert!(estimated.all.low > 0.0);
    }

    #[test]
    fn an_easier_mix_does_not_hide_that_the_model_errs_more() {
        // The hard south shrank, and in the north the model errs by half as much again.
        let before = table(&[("north", 1500), ("south", 2000)]);
        let now = table(&[("north", 3000), ("south", 500)]);
        let signed = |north: usize, factor: f64| {
            let mut all = residuals(3500);
            all[..north].iter_mut().for_each(|residual| *residual *= factor);
            all[north..].iter_mut().for_each(|residual| *residual *= 3.0);
            all
        };
        let found = evidence(&before, &signed(1500, 1.0), &now, &signed(3000, 1.5));
        assert!(found.all.high < 0.0, "{:?}", found.all);
        let like = found.deciding();
        assert!(like.low > 0.2 && like.rise < 0.5, "{like:?}");
        assert_eq!(like.current_rows, 3500);
    }

    #[test]
    fn without_labels_or_errors_there_is_no_evidence() {
        let table = table(&[("north", 100)]);
        let report = compare(&table, &table, &DriftSettings::default()).expect("comparable");
        let ids: Vec<u64> = (0..100).collect();
        let none = [f64::NAN; 100];
        let signed = residuals(100);
        let (with, without) = (
            Residuals { table: &table, signed: &signed, clusters: &ids },
            Residuals { table: &table, signed: &none, clusters: &ids },
        );
        assert_eq!(error_evidence(&with, &without, &report, None, "none"), None);
        assert_eq!(error_evidence(&without, &with, &report, None, "none"), None);
        assert_eq!(estimated_error(&without, &table, &report, None, "none"), None);
    }

    #[test]
    fn rows_in_unknown_segments_are_counted_with_their_repeats() {
        let share = |reference: &Column, current: &Column, weights: &[u32]| match (reference, current) {
            (Column::Category(a), Column::Category(b)) => unknown_segment_share(a, b, weights, 30),
            _ => unreachable!("categories"),
        };
        let known = column(&[("north", 30), ("south", 29)]);
        let now = column(&[("north", 1), ("south", 1), ("east", 1), ("west", 1)]);
        assert_eq!(share(&known, &now, &[1, 1, 1, 1]), 0.75);
        assert_eq!(share(&known, &now, &[5, 1, 1, 1]), 0.375);
        assert_eq!(share(&known, &column(&[]), &[]), 0.0);
    }
}
