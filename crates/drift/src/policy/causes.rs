//! What changed, in words that can be checked: effects turned into causes, ranked.

use tidewheel_domain::decision::{
    Cause, CauseSubject, Change, ChangeKind, Direction, ErrorEvidence, Measure, NotReason, Unseen,
};
use tidewheel_domain::drift_report::{
    ColumnDrift, ColumnKind, DriftReport, Effect, EffectName, LevelMove, NumericSummary,
};

use super::PolicyInputs;

/// Levels that a change names.
const NAMED_LEVELS: usize = 3;

/// Part of a distance that a move of the mean must explain for the change to be called a shift.
const SHIFT_PART: f64 = 0.5;

/// What part of the error's difference the drifted columns must leave unexplained for the relation itself to be a cause.
const UNEXPLAINED: f64 = 0.5;

/// What part of the change within segments one of them must hold to be named in place of all.
const ONE_SEGMENT: f64 = 0.6;

/// The causes in order of their strength: first what the champion no longer knows on rows like those it learnt from,
/// then the columns that moved, the target last where they explain it.
pub(super) fn causes(report: &DriftReport, changed: &[String], inputs: &PolicyInputs) -> Vec<Cause> {
    let target = inputs.target.as_deref();
    let mut columns = ranked(report.columns.iter().filter(|column| changed.contains(&column.name)), target);
    columns.extend(pairs(report, target));
    if let Some(error) = &inputs.error {
        for cause in columns.iter_mut().filter(|cause| cause.subject == CauseSubject::Column) {
            let cost = error.columns.iter().find(|cost| cost.column == cause.column);
            cause.cost = cost.map(|cost| cost.cost);
            // Of an error that fell there is nothing to explain.
            cause.cost_share = cost.and_then(|cost| cost.share).filter(|_| error.all.rise > 0.0);
        }
    }
    let relation = inputs.error.as_ref().and_then(|error| unexplained(error, &columns, inputs));
    if relation.is_none() && columns.len() > 1 {
        // What moved explains why the target moved.
        let (targets, features): (Vec<_>, Vec<_>) = columns.into_iter().partition(|cause| cause.target);
        columns = features.into_iter().chain(targets).collect();
    }
    let mut causes: Vec<Cause> = relation.into_iter().chain(columns).collect();
    for cause in &mut causes {
        let key = cause.key();
        cause.answered = inputs.answered.iter().find(|(known, _)| *known == key).map(|(_, answered)| answered.clone());
    }
    causes
}

/// The relation, or the one segment in which it changed, where the error rose for certain and what moved does not
/// explain it.
fn unexplained(error: &ErrorEvidence, columns: &[Cause], inputs: &PolicyInputs) -> Option<Cause> {
    let deciding = error.deciding();
    if !error.measured || deciding.low <= 0.0 || deciding.rise <= inputs.policy.error_rise_over {
        return None;
    }
    let features = columns.iter().filter(|cause| !cause.target);
    let explained = features.filter_map(|cause| cause.cost_share).fold(0.0, f64::max);
    if explained > 1.0 - UNEXPLAINED {
        return None;
    }
    let blank = Cause {
        subject: CauseSubject::Relation,
        target: true,
        error: Some(deciding.clone()),
        ..Cause::of_column(inputs.target.as_deref().unwrap_or_default())
    };
    let split = error.by_segment.as_ref();
    let one = split.and_then(|split| {
        let worst = error.segments.first()?;
        let alone = worst.within >= ONE_SEGMENT * split.within && worst.share < ONE_SEGMENT;
        alone.then_some((split, worst))
    });
    let difference = error.all.current - error.all.reference;
    Some(match one {
        Some((split, worst)) => Cause {
            subject: CauseSubject::Segment,
            column: split.column.clone(),
            segment: Some(worst.segment.clone()),
            target: false,
            cost: Some(worst.within),
            cost_share: (difference > 0.0).then(|| worst.within / difference),
            error: Some(worst.error.clone()),
            ..blank
        },
        None => {
            let within = split.map(|split| split.within);
            Cause { cost: within, cost_share: within.filter(|_| difference > 0.0).map(|w| w / difference), ..blank }
        }
    })
}

/// Pairs of relevant columns whose dependence changed by more than its bound.
fn pairs(report: &DriftReport, target: Option<&str>) -> Vec<Cause> {
    let over = report.pairs.iter().filter(|pair| pair.relevant && pair.effect.over);
    over.map(|pair| {
        let effect = &pair.effect;
        let up = effect.current > effect.reference;
        Cause {
            subject: CauseSubject::Pair,
            column: pair.column.clone(),
            other: Some(pair.other.clone()),
            target: target == Some(pair.column.as_str()) || target == Some(pair.other.as_str()),
            changes: vec![Change {
                kind: ChangeKind::Dependence,
                direction: Some(if up { Direction::Up } else { Direction::Down }),
                measure: Some(Measure::Correlation),
                from: effect.reference,
                to: effect.current,
                ..plain(effect)
            }],
            ..Cause::of_column(&pair.column)
        }
    })
    .collect()
}

/// Columns with an effect over its bound that the champion ignores.
pub(super) fn irrelevant(report: &DriftReport, target: Option<&str>) -> Vec<Cause> {
    ranked(report.drifted().filter(|column| !column.relevant), target)
}

fn ranked<'a>(columns: impl Iterator<Item = &'a ColumnDrift>, target: Option<&str>) -> Vec<Cause> {
    let mut columns: Vec<&ColumnDrift> = columns.filter(|column| column.effect.is_some()).collect();
    let strength = |column: &ColumnDrift| {
        let low = column.effects.iter().map(|effect| effect.low_times_bound).fold(0.0, f64::max);
        let value = column.effects.iter().map(|effect| effect.times_bound).fold(0.0, f64::max);
        (low, value)
    };
    columns.sort_by(|a, b| {
        let (a, b) = (strength(a), strength(b));
        b.0.total_cmp(&a.0).then_with(|| b.1.total_cmp(&a.1))
    });
    columns
        .into_iter()
        .map(|column| {
            let mut effects = column.effects_over();
            if effects.is_empty() {
                effects.extend(column.effect.as_ref());
            }
            Cause {
                target: target == Some(column.name.as_str()),
                weight: column.weight,
                changes: effects.into_iter().map(|effect| change(column, effect)).collect(),
                ..Cause::of_column(&column.name)
            }
        })
        .collect()
}

/// Relevant columns that certainly stayed within their bounds, largest effect first.
pub(super) fn not_reasons(report: &DriftReport, causes: &[Cause]) -> Vec<NotReason> {
    let mut reasons: Vec<(f64, NotReason)> = report
        .columns
        .iter()
        .filter(|column| column.relevant && !causes.iter().any(|cause| cause.column == column.name))
        .filter(|column| !column.effects.iter().any(Effect::cannot_tell))
        .filter_map(|column| {
            let effect = column.effect.as_ref()?;
            let reason = NotReason {
                column: column.name.clone(),
                effect: effect.name,
                value: effect.value,
                low: effect.low,
                high: effect.high,
                bound: effect.bound,
            };
            Some((effect.times_bound, reason))
        })
        .collect();
    reasons.sort_by(|a, b| b.0.total_cmp(&a.0));
    reasons.into_iter().map(|(_, reason)| reason).collect()
}

/// Relevant columns that did not drift though their interval reaches beyond the bound: the widest effect of each.
pub(super) fn unseen(report: &DriftReport) -> Vec<Unseen> {
    report
        .columns
        .iter()
        .filter(|column| column.relevant && !column.drifted)
        .filter_map(|column| {
            let effect = column
                .effects
                .iter()
                .filter(|effect| effect.cannot_tell())
                .max_by(|a, b| (a.high / a.bound).total_cmp(&(b.high / b.bound)))?;
            Some(Unseen {
                column: column.name.clone(),
                effect: effect.name,
                high: effect.high,
                bound: effect.bound,
                visible_from: effect.visible_from,
            })
        })
        .collect()
}

fn plain(effect: &Effect) -> Change {
    Change {
        effect: effect.name,
        kind: ChangeKind::Shape,
        direction: None,
        value: effect.value,
        low: effect.low,
        high: effect.high,
        bound: effect.bound,
        times_bound: effect.times_bound,
        measure: None,
        from: None,
        to: None,
        new_levels: None,
        chance: effect.chance,
        levels: Vec::new(),
    }
}

fn change(column: &ColumnDrift, effect: &Effect) -> Change {
    let plain = plain(effect);
    let shares = Change { measure: Some(Measure::Share), from: effect.reference, to: effect.current, ..plain.clone() };
    let direction = match (effect.reference, effect.current) {
        (Some(from), Some(to)) if from != to => Some(if to > from { Direction::Up } else { Direction::Down }),
        _ => None,
    };
    match effect.name {
        EffectName::Distance => numeric_change(column, effect, plain),
        EffectName::Correlation => {
            Change { kind: ChangeKind::Dependence, measure: Some(Measure::Correlation), ..plain }
        }
        EffectName::Tails => Change { kind: ChangeKind::Tails, direction: Some(Direction::Up), ..shares },
        EffectName::Missing => Change { kind: ChangeKind::Missing, direction, chance: None, ..shares },
        EffectName::CategoryDistance => Change {
            kind: ChangeKind::Categories,
            levels: column.moved_levels.iter().take(NAMED_LEVELS).cloned().collect(),
            ..plain
        },
        EffectName::NewLevels => Change {
            kind: ChangeKind::NewLevels,
            direction: Some(Direction::Up),
            new_levels: column.new_levels.as_ref().map(|list| list.count),
            levels: column
                .new_levels
                .iter()
                .flat_map(|list| list.top.iter().take(NAMED_LEVELS))
                .map(new_level)
                .collect(),
            ..shares
        },
    }
}

fn new_level(level: &tidewheel_domain::drift_report::LevelShare) -> LevelMove {
    LevelMove { level: level.level.clone(), reference: 0.0, current: level.share }
}

/// Whether the values moved, spread out, or changed their shape.
fn numeric_change(column: &ColumnDrift, effect: &Effect, plain: Change) -> Change {
    let (Some(a), Some(b)) = (&column.reference.numbers, &column.current.numbers) else {
        // Without figures (a constant reference has them; infinities may not) only the shares are known.
        return Change { measure: Some(Measure::Share), from: effect.reference, to: effect.current, ..plain };
    };
    if column.kind == ColumnKind::Numeric && a.winsorised_sd == 0.0 {
        return Change { measure: Some(Measure::Share), from: effect.reference, to: effect.current, ..plain };
    }
    let towards = |from: f64, to: f64| Some(if to > from { Direction::Up } else { Direction::Down });
    let moved = (b.winsorised_mean - a.winsorised_mean).abs() / a.winsorised_sd;
    if moved >= SHIFT_PART * effect.value {
        let direction = towards(a.winsorised_mean, b.winsorised_mean);
        let (measure, from, to) = centre(a, b);
        return Change {
            kind: ChangeKind::Shift,
            direction,
            measure: Some(measure),
            from: Some(from),
            to: Some(to),
            ..plain
        };
    }
    let spread = (b.winsorised_sd / a.winsorised_sd - 1.0).abs();
    let kind = if spread >= SHIFT_PART * effect.value { ChangeKind::Spread } else { ChangeKind::Shape };
    Change {
        kind,
        direction: (kind == ChangeKind::Spread).then(|| towards(a.winsorised_sd, b.winsorised_sd)).flatten(),
        measure: Some(Measure::WinsorisedSd),
        from: Some(a.winsorised_sd),
        to: Some(b.winsorised_sd),
        ..plain
    }
}

/// The medians where they tell the same story as the means, else the means: counts often keep their median.
fn centre(a: &NumericSummary, b: &NumericSummary) -> (Measure, f64, f64) {
    let same_way = (b.median - a.median) * (b.winsorised_mean - a.winsorised_mean) > 0.0;
    if same_way {
        (Measure::Median, a.median, b.median)
    } else {
        (Measure::WinsorisedMean, a.winsorised_mean, b.winsorised_mean)
    }
}
