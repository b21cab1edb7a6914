//! The main reason of a verdict in one line of English; the prose says more.

use tidewheel_domain::decision::{Cause, CauseSubject, RuleName};
use tidewheel_domain::drift_report::Effect;

use super::ladder::{Outcome, answered_by};
use super::observed::{Observed, relevant_effects};
use super::reference::ks_tests;

pub(super) fn reason(outcome: &Outcome, observed: &Observed<'_>, causes: &[Cause]) -> String {
    let inputs = observed.inputs;
    let policy = &inputs.policy;
    let moved = causes.first().map(|cause| cause_text(cause, observed, causes.len() - 1));
    let moved = moved.unwrap_or_else(|| "no column that matters moved".to_owned());
    match &outcome.name {
        RuleName::TooFewRows => format!(
            "{} rows never seen before, fewer than the {} that a training needs",
            inputs.batch.never_seen_rows.unwrap_or_default(),
            policy.needed_rows().unwrap_or_default()
        ),
        RuleName::UnknownSegments => format!(
            "{:.1} % of the rows lie in segments that the model hardly knows, more than {:.1} %",
            100.0 * inputs.unknown_segment_share.unwrap_or_default(),
            100.0 * policy.new_share_ask
        ),
        RuleName::MovedAndCosts | RuleName::ErrorAlone => format!("{}; {moved}", error_text(observed)),
        RuleName::MovedButCheap => format!("{moved}; but {}", error_text(observed)),
        RuleName::CostUnknown => format!("{moved}; what it costs is unknown: no labels"),
        RuleName::NothingMoved => match &inputs.error {
            Some(_) => format!("{}; {}", nearest(observed), error_text(observed)),
            None => nearest(observed),
        },
        RuleName::CauseAnswered => {
            let answers = causes.first().and_then(|cause| cause.answered.as_ref());
            format!("{moved}; but {}", answers.map(answered_by).unwrap_or_default())
        }
        RuleName::Cooldown => format!(
            "{moved}; but the last training was {} batches ago, and {} must pass",
            inputs.batches_since_training.unwrap_or_default(),
            policy.cooldown.unwrap_or_default()
        ),
        RuleName::BudgetSpent => format!("{moved}; but {}", outcome.condition),
        RuleName::RelevantColumnDrifted | RuleName::Own(_) => match &outcome.name {
            RuleName::Own(name) => format!("rule '{name}': {}; {moved}", outcome.condition),
            _ => moved,
        },
        RuleName::NoRelevantColumnDrifted => nearest(observed),
        RuleName::KsBelowLevel => {
            let mut below: Vec<_> = ks_tests(observed.report, inputs).filter(|(_, p)| *p < policy.p_below).collect();
            below.sort_by(|a, b| a.1.total_cmp(&b.1));
            let names = below.iter().map(|(column, _)| format!("'{column}'")).collect::<Vec<_>>().join(", ");
            format!("KS test with a p-value below {} in {names}", policy.p_below)
        }
        RuleName::NoKsBelowLevel => {
            let smallest = ks_tests(observed.report, inputs).min_by(|a, b| a.1.total_cmp(&b.1));
            let nearest = smallest.map_or(String::new(), |(column, p)| format!("; smallest: '{column}' with {p:.3}"));
            format!("no KS test has a p-value below {}{nearest}", policy.p_below)
        }
        RuleName::BatchAgain | RuleName::FirstRun => outcome.condition.clone(),
    }
}

fn cause_text(cause: &Cause, observed: &Observed<'_>, more: usize) -> String {
    let more = match more {
        0 => String::new(),
        1 => " (and one more cause)".to_owned(),
        n => format!(" (and {n} more causes)"),
    };
    let champion = observed.inputs.champion.as_ref();
    let learnt =
        champion.map_or_else(|| "the reference".to_owned(), |one| format!("what version {} learnt", one.version));
    let what = match cause.subject {
        CauseSubject::Relation => format!("'{}' no longer depends on the columns as {learnt} says", cause.column),
        CauseSubject::Segment => {
            format!(
                "'{}' = '{}' no longer follows {learnt}",
                cause.column,
                cause.segment.as_deref().unwrap_or_default()
            )
        }
        CauseSubject::Column | CauseSubject::Pair => {
            let pair = cause.other.as_ref().map(|other| format!(" and '{other}'")).unwrap_or_default();
            let change = cause.changes.first();
            let size = change.map(|change| {
                format!(
                    ": {} {:.3} [{:.3}, {:.3}], bound {}",
                    change.effect.as_str(),
                    change.value,
                    change.low,
                    change.high,
                    change.bound
                )
            });
            format!("'{}'{pair} differs from {learnt}{}", cause.column, size.unwrap_or_default())
        }
    };
    format!("{what}{more}")
}

fn error_text(observed: &Observed<'_>) -> String {
    let Some(error) = &observed.inputs.error else { return "its cost is unknown".to_owned() };
    let all = error.deciding();
    let how = match (error.measured, all == &error.all) {
        (false, _) => " (estimated)",
        (true, true) => "",
        (true, false) => ", like with like",
    };
    format!(
        "the model's error changed by {:+.1} % [{:+.1}, {:+.1}]{how}",
        100.0 * all.rise,
        100.0 * all.low,
        100.0 * all.high
    )
}

/// Nothing is over its bound: what comes nearest, and what moved but is ignored.
fn nearest(observed: &Observed<'_>) -> String {
    let mut parts = vec!["no column that matters moved".to_owned()];
    if let Some(one) = relevant_effects(observed.report).first() {
        let Effect { name, value, low, high, bound, .. } = one.effect;
        let name = name.as_str();
        parts.push(format!("closest: '{}' with {name} {value:.3} [{low:.3}, {high:.3}], bound {bound}", one.column));
    }
    let ignored = observed.report.drifted().filter(|column| !column.relevant);
    let ignored = ignored.map(|column| column.name.as_str()).collect::<Vec<_>>();
    if !ignored.is_empty() {
        parts.push(format!("moved but ignored by the model: {}", ignored.join(", ")));
    }
    parts.join("; ")
}
