//! Why, from evidence to rule, in a few lines.

use tidewheel_domain::decision::{Cause, CauseSubject, ColumnLabels, Decision, Evidence, Quantity};
use tidewheel_drift::parts;
use tidewheel_drift::prose::shown;

use crate::Because;
use crate::reader::Reader;
use crate::words::fill;

/// Causes that are named.
const NAMED: usize = 3;

pub(crate) fn because(reader: &Reader<'_>, decision: &Decision, labels: &ColumnLabels) -> Because {
    let words = reader.words;
    let tested = !decision.report.columns.is_empty();
    let columns = decision.causes.iter().filter(|cause| cause.subject == CauseSubject::Column).count() as u64;
    let evidence = match columns {
        _ if !tested => words.nothing_compared.to_owned(),
        0 => words.no_column_changed.to_owned(),
        _ => fill(words.columns_changed, &[&reader.count(columns), &reader.count(decision.counts.relevant)]),
    };
    let mut seen: Vec<String> = decision.causes.iter().take(NAMED).map(|cause| told(reader, cause)).collect();
    if decision.causes.len() > NAMED {
        seen.push(fill(words.more_causes, &[&reader.count((decision.causes.len() - NAMED) as u64)]));
    }
    if let Some(error) = &decision.error {
        let rise = error.deciding();
        let text = if error.measured { words.error_change } else { words.error_estimated };
        let between = fill(words.between, &[&reader.signed_percent(rise.low), &reader.signed_percent(rise.high)]);
        seen.push(format!("{text}: {} ({between})", reader.signed_percent(rise.rise)));
    }
    if let Some(new) = decision.batch.never_seen_rows {
        let of = fill(words.of_rows, &[&reader.count(decision.batch.rows)]);
        seen.push(format!("{}: {} {of}", words.never_seen, reader.count(new)));
    }
    if !tested && seen.is_empty() {
        seen.push(parts(decision, reader.lang, labels).lead);
    }
    Because { evidence, seen, rule: reader.rule(&decision.rule.name), looked_at: looked_at(reader, decision) }
}

fn told(reader: &Reader<'_>, cause: &Cause) -> String {
    let words = reader.words;
    let name = match cause.subject {
        CauseSubject::Column => reader.quoted(&cause.column),
        CauseSubject::Pair => {
            let other = cause.other.as_deref().map(|other| reader.quoted(other)).unwrap_or_default();
            format!("{} · {other}", reader.quoted(&cause.column))
        }
        CauseSubject::Segment => {
            format!("{}: {}", reader.quoted(&cause.column), shown(cause.segment.as_deref().unwrap_or_default()))
        }
        CauseSubject::Relation => fill(words.relation_of, &[&reader.quoted(&cause.column)]),
    };
    match (cause.changes.first(), &cause.error) {
        (Some(change), _) => fill(words.times_its_bound, &[&name, &reader.multiple(change.times_bound)]),
        (None, Some(error)) => format!("{name}: {}", fill(words.error_by, &[&reader.signed_percent(error.rise)])),
        (None, None) => name,
    }
}

/// Each quantity once, of effects the one that speaks most for a change; what held comes first.
fn looked_at(reader: &Reader<'_>, decision: &Decision) -> Vec<(bool, String)> {
    let mut kept: Vec<&Evidence> = Vec::new();
    for one in decision.evidence.iter().filter(|one| one.quantity != Quantity::ErrorRiseLow) {
        let share = |one: &Evidence| if one.bound > 0.0 { one.observed / one.bound } else { one.observed };
        let per_column = matches!(one.quantity, Quantity::EffectLow | Quantity::KsPValue);
        match kept.iter_mut().find(|known| known.quantity == one.quantity) {
            Some(known) if one.holds && !known.holds => *known = one,
            Some(known) if per_column && one.holds == known.holds && share(one) > share(known) => *known = one,
            Some(_) => {}
            None => kept.push(one),
        }
    }
    kept.sort_by_key(|one| !one.holds);
    let text = |one: &Evidence| {
        let value = |x| reader.observed(one.quantity, one.effect, x);
        let quantity = reader.quantity(one.quantity, one.column.as_deref(), one.effect);
        fill(reader.words.against, &[&quantity, &value(one.observed), &value(one.bound)])
    };
    kept.into_iter().map(|one| (one.holds, text(one))).collect()
}
