//! Two tables to a drift report: every column on its own, in parallel.

use rayon::prelude::*;
use tidewheel_domain::drift_report::{
    ClassifierDrift, ColumnDrift, ColumnKind, ColumnShare, ColumnSide, DRIFT_REPORT_VERSION, DriftReport,
    DriftSettings, Effect, EffectName, Note, PairDrift, SampleInfo, Side, TestName, TestResult,
};
use tidewheel_domain::table::{CategoryBuilder, CategoryColumn, Column, Table};

use crate::dependence::classifier::{Classifier, ClassifierSettings, classifier_test};
use crate::dependence::rank_correlation::{RankCorrelationChange, rank_correlation_changes};
use crate::effect::categorical::category_distance;
use crate::effect::missing::missing;
use crate::effect::new_levels::new_levels;
use crate::effect::numeric::{Frozen, Scale, distance};
use crate::effect::tails::tails;
use crate::effect::{Estimate, FEWEST_VALUES, Level, POWER_Z};
use crate::error::DriftError;
use crate::multiplicity::holm;
use crate::sample::{EXACT_UP_TO, Sample};
use crate::summary::{LevelCounts, histogram, numeric_summary};
use crate::test::{chi_square, ks};

/// Compares `current` with `reference`, column by column.
///
/// Tested are the columns that the settings name, or all that both sides have. Columns that one side lacks are named in
/// the report. Each column is marked relevant; a policy may know better.
pub fn compare(reference: &Table, current: &Table, settings: &DriftSettings) -> Result<DriftReport, DriftError> {
    settings.validate().map_err(DriftError::Settings)?;
    for (table, side) in [(reference, "reference"), (current, "current sample")] {
        if table.rows() == 0 {
            return Err(DriftError::NoRows { side });
        }
    }
    let wanted = |name: &str| settings.columns.is_empty() || settings.columns.iter().any(|column| column == name);
    if let Some(unknown) =
        settings.columns.iter().find(|name| reference.column(name).is_none() && current.column(name).is_none())
    {
        return Err(DriftError::UnknownColumn(unknown.clone()));
    }
    let only_in = |here: &Table, there: &Table| -> Vec<String> {
        here.names().iter().filter(|name| wanted(name) && there.column(name).is_none()).cloned().collect()
    };
    let pairs: Vec<(&str, &Column, &Column)> = reference
        .iter()
        .filter(|(name, _)| wanted(name))
        .filter_map(|(name, column)| Some((name, column, current.column(name)?)))
        .collect();
    if pairs.is_empty() {
        return Err(DriftError::NoCommonColumn {
            reference: reference.names().join(", "),
            current: current.names().join(", "),
        });
    }
    let numeric: Vec<&str> = pairs
        .iter()
        .filter(|(_, reference, current)| matches!((reference, current), (Column::Number(_), Column::Number(_))))
        .map(|(name, ..)| *name)
        .take(PAIRED_COLUMNS)
        .collect();
    // All pairs together have the share of one column.
    let level = Level::new(settings.alpha, pairs.len() + usize::from(numeric.len() > 1));
    let of_columns = || -> Vec<ColumnDrift> {
        let each = pairs.par_iter().with_max_len(1);
        each.map(|(name, reference, current)| compare_column(name, reference, current, level, settings)).collect()
    };
    let of_pairs = || compare_pairs(reference, current, &numeric, level.of_a_column(), settings);
    let (mut columns, pairs) = rayon::join(of_columns, of_pairs);
    adjust_p_values(&mut columns);
    Ok(DriftReport {
        report_version: DRIFT_REPORT_VERSION,
        reference: SampleInfo { rows: reference.rows() as u64, ..SampleInfo::default() },
        current: SampleInfo { rows: current.rows() as u64, ..SampleInfo::default() },
        alpha: settings.alpha,
        tested_columns: columns.len() as u64,
        drifted_columns: columns.iter().filter(|column| column.drifted).count() as u64,
        columns,
        pairs,
        classifier: None,
        only_in_reference: only_in(reference, current),
        only_in_current: only_in(current, reference),
    })
}

/// Numeric columns whose dependence on each other is tested, the first ones.
const PAIRED_COLUMNS: usize = 24;

/// Rows that a rank correlation looks at: enough for intervals that are narrow beside any bound (±.06 for 24 columns).
const PAIRED_ROWS: usize = 10_000;

/// The pairs of numeric columns whose dependence was compared, the largest change first.
fn compare_pairs(
    reference: &Table,
    current: &Table,
    columns: &[&str],
    level: Level,
    settings: &DriftSettings,
) -> Vec<PairDrift> {
    let bound = settings.bounds.correlation;
    let (before, now) = (spread(reference, columns), spread(current, columns));
    let changes = rank_correlation_changes(&before, &now, columns, level);
    let pair = |change: RankCorrelationChange| {
        let (low, high) = match change.change {
            change_of if change_of < 0.0 => (-change.high, -change.low),
            _ => (change.low, change.high),
        };
        let error = change.reference.error.hypot(change.current.error);
        let estimate = Estimate {
            value: change.change.abs(),
            low: low.max(0.0),
            high,
            visible_from: bound + (level.low.z + POWER_Z) * error,
            reference: Some(change.reference.value),
            current: Some(change.current.value),
            chance: None,
        };
        let effect = estimate.against(EffectName::Correlation, bound);
        PairDrift { column: change.first, other: change.second, relevant: true, effect }
    };
    changes.into_iter().take(DriftReport::PAIRS).map(pair).collect()
}

/// Rows evenly spread over a table that is large, of the named columns.
fn spread(table: &Table, columns: &[&str]) -> Table {
    let table = table.select(columns);
    if table.rows() <= PAIRED_ROWS {
        return table;
    }
    let rows: Vec<usize> = (0..PAIRED_ROWS).map(|place| place * table.rows() / PAIRED_ROWS).collect();
    table.take(&rows)
}

/// Adds to a report whether a classifier can tell the sides apart by all columns together; see
/// [`classifier_test`]. Columns of two kinds are left out.
pub fn add_classifier(
    report: &mut DriftReport,
    (reference, current): (&Table, &Table),
    settings: &DriftSettings,
    classifier: &impl Classifier,
) -> Result<(), DriftError> {
    let same_kind = |name: &&str| {
        matches!(
            (reference.column(name), current.column(name)),
            (Some(Column::Number(_)), Some(Column::Number(_))) | (Some(Column::Category(_)), Some(Column::Category(_)))
        )
    };
    let columns: Vec<&str> = report.columns.iter().map(|column| column.name.as_str()).filter(same_kind).collect();
    let asked = ClassifierSettings { alpha: settings.alpha, ..ClassifierSettings::default() };
    let found = classifier_test(reference, current, &columns, classifier, &asked)?;
    let bound = settings.bounds.classifier_auc;
    let shares = found.gave_it_away.into_iter();
    report.classifier = Some(ClassifierDrift {
        auc: found.auc,
        low: found.low,
        high: found.high,
        bound,
        over: found.low > bound,
        p_value: found.p_value,
        gave_it_away: shares.map(|(column, share)| ColumnShare { column, share }).collect(),
        reference_rows: found.reference_rows as u64,
        current_rows: found.current_rows as u64,
    });
    Ok(())
}

/// Holm's correction over all tests of the report.
fn adjust_p_values(columns: &mut [ColumnDrift]) {
    let raw: Vec<f64> = columns.iter().flat_map(|column| column.tests.iter().map(|test| test.p_value)).collect();
    let tests = columns.iter_mut().flat_map(|column| column.tests.iter_mut());
    for (test, adjusted) in tests.zip(holm(&raw)) {
        test.p_adjusted = adjusted;
    }
}

fn compare_column(
    name: &str,
    reference: &Column,
    current: &Column,
    level: Level,
    settings: &DriftSettings,
) -> ColumnDrift {
    let job = Job { name, level, settings };
    match (reference, current) {
        (Column::Number(a), Column::Number(b)) => job.numeric(a, b),
        (Column::Category(a), Column::Category(b)) => job.categorical(a, b, None),
        // A side without any value has no kind of its own.
        (Column::Number(a), Column::Category(_)) if current.missing() == current.len() => {
            job.numeric(a, &vec![f64::NAN; current.len()])
        }
        (Column::Category(_), Column::Number(b)) if reference.missing() == reference.len() => {
            job.numeric(&vec![f64::NAN; reference.len()], b)
        }
        (Column::Number(a), Column::Category(b)) => {
            job.categorical(&as_categories(a), b, Some((ColumnKind::Numeric, ColumnKind::Categorical)))
        }
        (Column::Category(a), Column::Number(b)) => {
            job.categorical(a, &as_categories(b), Some((ColumnKind::Categorical, ColumnKind::Numeric)))
        }
    }
}

/// Numbers as the texts that a person would write: `601`, not `601.0`.
fn as_categories(values: &[f64]) -> CategoryColumn {
    let mut builder = CategoryBuilder::default();
    for value in values {
        if value.is_nan() {
            builder.push(None);
        } else {
            builder.push(Some(&value.to_string()));
        }
    }
    builder.finish()
}

/// One column at work.
struct Job<'a> {
    name: &'a str,
    level: Level,
    settings: &'a DriftSettings,
}

impl Job<'_> {
    fn bound(&self, effect: EffectName) -> f64 {
        self.settings.bound(self.name, effect)
    }

    fn missing_effect(&self, reference: (usize, usize), current: (usize, usize)) -> Effect {
        let bound = self.bound(EffectName::Missing);
        missing(reference, current, self.level, bound).against(EffectName::Missing, bound)
    }

    fn numeric(&self, reference: &[f64], current: &[f64]) -> ColumnDrift {
        let (a, b) = (Sample::bounded(reference), Sample::bounded(current));
        let frozen = Frozen::of(&a);
        let mut effects = Vec::new();
        let mut notes = no_values(a.present(), b.present());
        if let Some(frozen) = &frozen {
            let bound = self.bound(EffectName::Distance);
            let estimate = distance(&a, &b, frozen, self.level, bound);
            effects.extend(estimate.map(|estimate| estimate.against(EffectName::Distance, bound)));
            let bound = self.bound(EffectName::Tails);
            let estimate = tails(&a, &b, frozen, self.level, bound);
            effects.extend(estimate.map(|estimate| estimate.against(EffectName::Tails, bound)));
            match frozen.scale {
                Scale::Winsorised(_) => notes.extend(few_values(a.present(), b.present())),
                Scale::Plain(_) => notes.push(Note::NearlyConstantReference),
                Scale::Constant => notes.push(Note::ConstantReference),
            }
        }
        if !(a.is_exact() && b.is_exact()) {
            notes.push(Note::Approximate { exact_up_to: EXACT_UP_TO as u64 });
        }
        if a.infinite() + b.infinite() > 0 {
            notes.push(Note::InfiniteValues { reference: a.infinite() as u64, current: b.infinite() as u64 });
        }
        effects.push(self.missing_effect((a.missing(), a.rows), (b.missing(), b.rows)));
        // A place of the largest gap may be infinite: then it is left out.
        let tests = ks::ks_two_sample(a.sorted(), b.sorted()).map(|ks| TestResult {
            name: TestName::Ks,
            statistic: ks.statistic,
            p_value: ks.p_value,
            p_adjusted: ks.p_value,
            method: if ks.exact { "exact" } else { "asymptotic" }.to_owned(),
            degrees_of_freedom: None,
            location: ks.location.is_finite().then_some(ks.location),
            sign: Some(ks.sign),
        });
        let side = |sample: &Sample| ColumnSide {
            numbers: frozen.as_ref().and_then(|frozen| numeric_summary(sample, frozen)),
            ..rows_and_missing(sample.rows, sample.missing())
        };
        ColumnDrift {
            reference: side(&a),
            current: side(&b),
            histogram: frozen.as_ref().and_then(|frozen| histogram(&a, &b, frozen)),
            ..self.column(ColumnKind::Numeric, effects, tests, notes)
        }
    }

    fn categorical(
        &self,
        reference: &CategoryColumn,
        current: &CategoryColumn,
        type_change: Option<(ColumnKind, ColumnKind)>,
    ) -> ColumnDrift {
        let counts = LevelCounts::of(reference, current);
        let rows = (reference.codes.len(), current.codes.len());
        let present = (counts.reference.iter().sum::<u64>() as usize, counts.current.iter().sum::<u64>() as usize);
        let missing_rows = (rows.0 - present.0, rows.1 - present.1);
        let mut notes = no_values(present.0, present.1);
        notes.extend(type_change.map(|(reference, current)| Note::TypeChanged { reference, current }));
        let mut effects = Vec::new();
        let bound = self.bound(EffectName::CategoryDistance);
        let estimate = category_distance(&counts.reference, &counts.current, self.level, bound);
        effects.extend(estimate.map(|estimate| estimate.against(EffectName::CategoryDistance, bound)));
        let bound = self.bound(EffectName::NewLevels);
        let estimate = new_levels(&counts.reference, &counts.current, self.level, bound);
        effects.extend(estimate.map(|estimate| estimate.against(EffectName::NewLevels, bound)));
        effects.push(self.missing_effect((missing_rows.0, rows.0), (missing_rows.1, rows.1)));
        notes.extend(few_values(present.0, present.1));

        let (a, b, merged) = chi_square::merge_rare_levels(&counts.reference, &counts.current);
        let tests = chi_square::homogeneity(&a, &b, false).map(|test| TestResult {
            name: TestName::ChiSquare,
            statistic: test.statistic,
            p_value: test.p_value,
            p_adjusted: test.p_value,
            method: "asymptotic".to_owned(),
            degrees_of_freedom: Some(test.degrees_of_freedom),
            location: None,
            sign: None,
        });
        if merged > 1 && tests.is_some() {
            notes.push(Note::RareLevelsMerged { levels: merged as u64 });
        }
        ColumnDrift {
            reference: ColumnSide {
                categories: counts.reference_summary(),
                ..rows_and_missing(rows.0, missing_rows.0)
            },
            current: ColumnSide { categories: counts.current_summary(), ..rows_and_missing(rows.1, missing_rows.1) },
            new_levels: Some(counts.new_levels()),
            vanished_levels: Some(counts.vanished_levels()),
            moved_levels: counts.moved(),
            ..self.column(ColumnKind::Categorical, effects, tests, notes)
        }
    }

    fn column(
        &self,
        kind: ColumnKind,
        effects: Vec<Effect>,
        tests: Option<TestResult>,
        notes: Vec<Note>,
    ) -> ColumnDrift {
        let largest = effects.iter().max_by(|a, b| a.times_bound.total_cmp(&b.times_bound)).cloned();
        ColumnDrift {
            name: self.name.to_owned(),
            kind,
            relevant: true,
            weight: None,
            drifted: effects.iter().any(|effect| effect.over),
            effect: largest,
            effects,
            tests: tests.into_iter().collect(),
            reference: ColumnSide::default(),
            current: ColumnSide::default(),
            new_levels: None,
            vanished_levels: None,
            moved_levels: Vec::new(),
            histogram: None,
            notes,
        }
    }
}

fn rows_and_missing(rows: usize, missing: usize) -> ColumnSide {
    ColumnSide {
        rows: rows as u64,
        missing: missing as u64,
        missing_share: missing as f64 / rows.max(1) as f64,
        ..ColumnSide::default()
    }
}

fn no_values(reference: usize, current: usize) -> Vec<Note> {
    [(reference, Side::Reference), (current, Side::Current)]
        .into_iter()
        .filter(|&(present, _)| present == 0)
        .map(|(_, side)| Note::NoValues { side })
        .collect()
}

fn few_values(reference: usize, current: usize) -> Option<Note> {
    let values = reference.min(current);
    (1..FEWEST_VALUES)
        .contains(&values)
        .then_some(Note::FewValues { values: values as u64, needed: FEWEST_VALUES as u64 })
}
