//! English.

use std::cmp::Ordering;

use tidewheel_domain::decision::{
    Action, Cause, CauseSubject, Change, ChangeKind, Comparison, Condition, Counterfactual, Direction, Measure,
    Quantity, ReferenceKind, RuleName,
};
use tidewheel_domain::drift_report::EffectName;

use super::voice::{Voice, told_conditions, told_ways};
use super::{CauseParts, Parts, ks_p_value, rests_on_p_values};

mod cost;

pub(super) fn headline(voice: &Voice<'_>) -> String {
    let decision = voice.decision;
    let subject = subject(voice);
    let why = match &decision.rule.name {
        RuleName::BatchAgain => {
            format!("the very same rows as batch {}", voice.count(decision.same_as_batch.unwrap_or_default()))
        }
        RuleName::FirstRun => "there is nothing to compare with yet".to_owned(),
        RuleName::TooFewRows => "too few rows that were never seen before".to_owned(),
        RuleName::NoRelevantColumnDrifted => "no column that matters changed by more than its bound".to_owned(),
        RuleName::NoKsBelowLevel => {
            format!("no KS test has a p-value below {}", voice.value(decision.policy.p_below))
        }
        RuleName::KsBelowLevel => format!(
            "KS test with a p-value below {} in {}",
            voice.value(decision.policy.p_below),
            voice.columns(decision.causes.iter().map(|cause| cause.column.as_str()))
        ),
        RuleName::RelevantColumnDrifted => moved(voice).unwrap_or_else(|| decision.reason.clone()),
        _ => cost::because(voice, moved(voice)).unwrap_or_else(|| decision.reason.clone()),
    };
    format!("{subject}: {}, because {why}", action(decision.action))
}

fn subject(voice: &Voice<'_>) -> String {
    match voice.decision.batch.id {
        Some(id) => format!("Batch {}", voice.count(id)),
        None => "The current rows".to_owned(),
    }
}

/// The first cause in half a sentence.
fn moved(voice: &Voice<'_>) -> Option<String> {
    let cause = voice.decision.causes.first()?;
    Some(match (cause.subject, cause.changes.first()) {
        (CauseSubject::Segment, _) => {
            let segment = voice.level(cause.segment.as_deref().unwrap_or_default());
            format!("things changed within {segment}")
        }
        (CauseSubject::Relation, _) => {
            format!("{} no longer follows the other columns as it did", voice.column(&cause.column))
        }
        (_, Some(change)) => {
            format!("{} ({})", what(voice, cause, change), times_bound(voice, change.times_bound))
        }
        (_, None) => return None,
    })
}

/// The size of an effect beside its bound.
fn times_bound(voice: &Voice<'_>, times: f64) -> String {
    match voice.beside_one(times) {
        None => format!("{} times its bound", voice.multiple(times)),
        Some(Ordering::Greater) => "just over its bound".to_owned(),
        Some(Ordering::Less) => "just under its bound".to_owned(),
        Some(Ordering::Equal) => "as large as its bound".to_owned(),
    }
}

/// What an effect must exceed to count.
fn least_effect(voice: &Voice<'_>) -> String {
    match voice.decision.policy.effect_over {
        1.0 => "its bound".to_owned(),
        times => format!("{} times its bound", voice.value(times)),
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Baseline => "train the first model",
        Action::Retrain => "train again",
        Action::ShadowTrain => "train and compare, without promotion",
        Action::Skip => "no training",
        Action::StopAndAsk => "ask a person",
    }
}

pub(super) fn paragraphs(voice: &Voice<'_>) -> Vec<String> {
    let mut text = vec![format!("{}.", headline(voice))];
    if let Some(untested) = untested(voice) {
        text.push(untested);
        return text;
    }
    text.push(compared(voice));
    let (told, rest) = voice.causes();
    text.extend(told.iter().map(|cause| cause_text(voice, cause)));
    if !rest.is_empty() {
        text.push(format!("Changed as well: {}.", voice.columns(rest.iter().map(|cause| cause.column.as_str()))));
    }
    text.extend(cost::error(voice));
    text.extend(cost::target_mean(voice));
    text.extend(cost::example(voice));
    text.push(rule(voice));
    text.extend(cost::answered(voice));
    text.extend(counterfactuals(voice));
    text.extend(cost::afterwards(voice));
    text.extend(not_reasons(voice));
    text.extend(irrelevant(voice));
    text.extend(unseen(voice));
    text.extend(other_references(voice));
    text.extend(absent(voice));
    text.extend(intervals(voice));
    text
}

/// The same in parts.
pub(super) fn parts(voice: &Voice<'_>) -> Parts {
    let decision = voice.decision;
    let untested = untested(voice);
    let tested = untested.is_none();
    let causes = decision.causes.iter().map(|cause| {
        let relation = cost::relation(voice, cause).into_iter();
        let changes = cause.changes.iter().map(|change| format!("{}.", changed(voice, cause, change)));
        CauseParts { changed: relation.chain(changes).collect(), role: role(voice, cause) }
    });
    let ignored = decision.irrelevant.iter().map(|cause| {
        let changes = cause.changes.iter().map(|change| format!("{}.", changed(voice, cause, change)));
        CauseParts { changed: changes.collect(), role: role(voice, cause) }
    });
    let (opening, ways) = ways(voice).unwrap_or_default();
    Parts {
        headline: headline(voice),
        lead: untested.unwrap_or_else(|| compared(voice)),
        causes: causes.collect(),
        irrelevant: ignored.collect(),
        error: cost::error(voice),
        target_mean: cost::target_mean(voice),
        rule: tested.then(|| rule(voice)),
        opening: opening.to_owned(),
        ways: ways.into_iter().map(|way| capitalised(&way)).collect(),
        answer: cost::answered(voice),
        afterwards: cost::afterwards(voice),
        intervals: intervals(voice).filter(|_| tested),
    }
}

/// Why nothing was tested, where nothing was.
fn untested(voice: &Voice<'_>) -> Option<String> {
    match &voice.decision.rule.name {
        RuleName::BatchAgain => {
            Some("Its content hash is that of a batch whose turn has finished, so nothing was tested.".to_owned())
        }
        RuleName::FirstRun => Some(format!(
            "{} rows arrived and no model exists yet. Later batches are compared with what this model learns from.",
            voice.count(voice.decision.batch.rows)
        )),
        _ => None,
    }
}

fn intervals(voice: &Voice<'_>) -> Option<String> {
    let decision = voice.decision;
    let rests_on_effects = !rests_on_p_values(decision) && decision.counts.tested > 0;
    rests_on_effects.then(|| {
        format!(
            "The intervals hold for all columns at once: the chance that any of them misses is at most {}.",
            voice.percent(decision.report.alpha)
        )
    })
}

fn compared(voice: &Voice<'_>) -> String {
    let decision = voice.decision;
    let changed = voice.changed_columns();
    let rows = rows(voice, decision.report.reference.rows);
    let with = match decision.compared_with {
        Some(ReferenceKind::Training) => match &decision.champion {
            Some(champion) => format!("the {rows} that version {} was trained on", champion.version),
            None => format!("{rows} of training data"),
        },
        Some(kind) => format!("{} ({rows})", reference(kind)),
        None => rows.clone(),
    };
    let mut text = format!("Compared with {with}, over its {}: ", self::rows(voice, decision.report.current.rows));
    if decision.counts.relevant == 1 {
        text += match (rests_on_p_values(decision), changed) {
            (true, 0) => "the one column that matters stayed above the level of the test.",
            (true, _) => "the one column that matters fell below the level of the test.",
            (false, 0) => "the one column that matters did not change by more than its bound with certainty.",
            (false, _) => "the one column that matters changed by more than its bound with certainty.",
        };
        return text;
    }
    text += &if changed == 0 { "none of the ".to_owned() } else { format!("{} of the ", voice.count(changed)) };
    text += &format!("{} columns that matter ", voice.count(decision.counts.relevant));
    text += if rests_on_p_values(decision) {
        "fell below the level of the test."
    } else {
        "changed by more than their bounds with certainty."
    };
    text
}

fn rows(voice: &Voice<'_>, rows: u64) -> String {
    format!("{} {}", voice.count(rows), if rows == 1 { "row" } else { "rows" })
}

fn reference(kind: ReferenceKind) -> &'static str {
    match kind {
        ReferenceKind::Training => "the champion's training rows",
        ReferenceKind::LastPromoted => "the batch of the last promotion",
        ReferenceKind::TrailingWindow => "the batches before it",
        ReferenceKind::PreviousBatch => "the batch before it",
        ReferenceKind::File => "the reference file",
    }
}

/// What changed, in half a sentence.
fn what(voice: &Voice<'_>, cause: &Cause, change: &Change) -> String {
    let column = voice.column(&cause.column);
    let up = change.direction == Some(Direction::Up);
    match change.kind {
        ChangeKind::Shift => {
            let measure = if change.measure == Some(Measure::Median) { "median" } else { "mean within limits" };
            let moved = if up { "rose" } else { "fell" };
            format!("the values of {column} {moved} ({measure} {})", voice.change_values(&cause.column, change))
        }
        ChangeKind::Spread => {
            let how = if up { "wider apart" } else { "closer together" };
            format!(
                "the values of {column} lie {how} (standard deviation {})",
                voice.change_values(&cause.column, change)
            )
        }
        ChangeKind::Shape if change.measure == Some(Measure::Share) => {
            format!("{column} held one value only, and now others too ({} of the rows)", voice.change_shares(change))
        }
        ChangeKind::Shape => {
            format!("the values of {column} are distributed otherwise, though neither mean nor spread tells")
        }
        ChangeKind::Tails => {
            format!("more values of {column} lie beyond its usual limits ({})", voice.change_shares(change))
        }
        ChangeKind::Categories => {
            format!("{column} has another mix of values ({})", voice.moved_levels(&change.levels))
        }
        ChangeKind::NewLevels => format!(
            "{column} holds {} values that were never there, on {} of the rows",
            voice.count(change.new_levels.unwrap_or_default()),
            voice.percent(change.to.unwrap_or_default())
        ),
        ChangeKind::Dependence => format!(
            "{column} and {} go together otherwise (rank correlation {})",
            voice.column(cause.other.as_deref().unwrap_or_default()),
            voice.change_correlations(change)
        ),
        ChangeKind::Missing => {
            let how = if up { "more" } else { "fewer" };
            format!("{how} values of {column} are missing ({})", voice.change_shares(change))
        }
    }
}

fn cause_text(voice: &Voice<'_>, cause: &Cause) -> String {
    let mut sentences: Vec<String> = cost::relation(voice, cause).into_iter().collect();
    for change in &cause.changes {
        sentences.push(format!("{}. {}.", changed(voice, cause, change), measured(voice, change)));
    }
    sentences.extend(role(voice, cause));
    sentences.join(" ")
}

/// What changed, in a sentence without its full stop.
fn changed(voice: &Voice<'_>, cause: &Cause, change: &Change) -> String {
    let mut sentence = capitalised(&what(voice, cause, change));
    if change.kind == ChangeKind::NewLevels && !change.levels.is_empty() {
        sentence += &format!("; most often {}", voice.new_levels(&change.levels));
    }
    if let Some(p) = ks_p_value(voice.decision, &cause.column).filter(|_| rests_on_p_values(voice.decision)) {
        sentence += &format!(". KS p-value {}; level {}", voice.p_value(p), voice.value(voice.decision.policy.p_below));
    }
    sentence
}

/// What the column is to the model, what its change explains, and whether it has been answered.
fn role(voice: &Voice<'_>, cause: &Cause) -> Vec<String> {
    let mut sentences = Vec::new();
    if cause.target && cause.subject == CauseSubject::Column {
        sentences.push("It is what the model predicts.".to_owned());
    } else if let Some(weight) = cause.weight {
        sentences.push(format!("It carries {} of the model's predictions.", voice.percent(weight)));
    }
    sentences.extend(cost::cost_and_answer(voice, cause));
    sentences
}

/// The effect with interval and bound.
fn measured(voice: &Voice<'_>, change: &Change) -> String {
    let size = |x| voice.size(change.effect, x);
    let name = capitalised(effect(change.effect));
    let over_chance = match change.chance {
        Some(chance) if change.effect == EffectName::NewLevels || change.effect == EffectName::Tails => {
            format!(" over the {} that chance gives", voice.percent(chance))
        }
        _ => String::new(),
    };
    format!(
        "{name} {}{over_chance} (between {} and {}), {} times the bound of {}",
        size(change.value),
        size(change.low),
        size(change.high),
        voice.multiple(change.times_bound),
        size(change.bound)
    )
}

fn effect(name: EffectName) -> &'static str {
    match name {
        EffectName::Distance => "distance in standard deviations:",
        EffectName::Tails => "excess beyond the limits:",
        EffectName::CategoryDistance => "distance of the mixes (scale from none to all):",
        EffectName::NewLevels => "excess of new values:",
        EffectName::Missing => "difference of the missing shares:",
        EffectName::Correlation => "difference of the rank correlations:",
    }
}

fn effect_word(name: EffectName) -> &'static str {
    match name {
        EffectName::Distance => "distance",
        EffectName::Tails => "excess beyond the limits",
        EffectName::CategoryDistance => "distance of the mixes",
        EffectName::NewLevels => "excess of new values",
        EffectName::Missing => "difference of the missing shares",
        EffectName::Correlation => "difference of the rank correlations",
    }
}

fn rule(voice: &Voice<'_>) -> String {
    let decision = voice.decision;
    let condition = match &decision.rule.name {
        RuleName::RelevantColumnDrifted => {
            "an effect in a column that matters lies wholly above its bound, interval and all".to_owned()
        }
        RuleName::NoRelevantColumnDrifted => {
            "no effect in a column that matters lies wholly above its bound, interval and all".to_owned()
        }
        RuleName::KsBelowLevel => format!("a KS test has a p-value below {}", voice.value(decision.policy.p_below)),
        RuleName::NoKsBelowLevel => format!("no KS test has a p-value below {}", voice.value(decision.policy.p_below)),
        RuleName::TooFewRows => match (decision.batch.never_seen_rows, decision.policy.needed_rows()) {
            (Some(found), Some(needed)) => format!(
                "{} rows were never seen before, and a training needs {}",
                voice.count(found),
                voice.count(needed)
            ),
            _ => decision.rule.condition.clone(),
        },
        RuleName::MovedAndCosts => format!(
            "an effect in a column that matters lies wholly above {}, and the model's error rose by more \
             than {}, certainly above none",
            least_effect(voice),
            voice.percent(decision.policy.error_rise_over)
        ),
        RuleName::ErrorAlone => format!(
            "the model's error rose by more than {}, certainly above none, whatever moved",
            voice.percent(decision.policy.error_rise_alone)
        ),
        RuleName::NothingMoved => format!(
            "no effect in a column that matters lies wholly above {}, and the model's error did not rise by \
             more than {}",
            least_effect(voice),
            voice.percent(decision.policy.error_rise_alone)
        ),
        RuleName::MovedButCheap => format!(
            "a training needs an error that rose by more than {}, certainly above none",
            voice.percent(decision.policy.error_rise_over)
        ),
        RuleName::CostUnknown => "a training needs to know what the change costs".to_owned(),
        RuleName::UnknownSegments => format!(
            "more than {} of the rows lie in segments that the model hardly knows",
            voice.percent(decision.policy.new_share_ask)
        ),
        RuleName::CauseAnswered => "a training for a change that has been answered would bring nothing new".to_owned(),
        RuleName::Cooldown => format!(
            "{} batches must pass between two trainings",
            voice.count(decision.policy.cooldown.unwrap_or_default())
        ),
        RuleName::BudgetSpent => match decision.policy.budget {
            Some(budget) => format!(
                "at most {} trainings within {} batches",
                voice.count(budget.trainings),
                voice.count(budget.batches)
            ),
            None => decision.rule.condition.clone(),
        },
        RuleName::Own(_) => format!("`{}`", decision.rule.condition),
        RuleName::BatchAgain | RuleName::FirstRun => decision.rule.condition.clone(),
    };
    format!(
        "Decision: {}. Policy `{}`, rule `{}`: {condition}.",
        action(decision.action),
        decision.policy.name.as_str(),
        decision.rule.name.as_str()
    )
}

fn counterfactuals(voice: &Voice<'_>) -> Option<String> {
    let (opening, ways) = ways(voice)?;
    Some(format!("{opening}: {}.", ways.join("; or ")))
}

/// The ways to another decision, and what they lead to.
fn ways(voice: &Voice<'_>) -> Option<(&'static str, Vec<String>)> {
    let ways: Vec<String> = told_ways(voice.decision).map(|one| way(voice, one)).collect();
    if ways.is_empty() {
        return None;
    }
    let other = told_ways(voice.decision).next()?.action;
    let opening = match (other.trains(), ways.len()) {
        (false, 1) if voice.decision.action == Action::StopAndAsk => {
            "No person would have been asked had this been otherwise"
        }
        (false, _) if voice.decision.action == Action::StopAndAsk => {
            "No person would have been asked had any of these been otherwise (nearest first)"
        }
        (false, 1) if other == Action::StopAndAsk => "A person would have been asked had this been otherwise",
        (false, _) if other == Action::StopAndAsk => "Another action had any of these been otherwise (nearest first)",
        (false, 1) => "It would not have trained had this been otherwise",
        (false, _) => "It would not have trained had any of these been otherwise (nearest first)",
        (true, 1) => "It would have trained had this been otherwise",
        (true, _) => "It would have trained had any of these been otherwise (nearest first)",
    };
    Some((opening, ways))
}

/// One way to another decision: all of its conditions.
fn way(voice: &Voice<'_>, way: &Counterfactual) -> String {
    let (told, others) = told_conditions(&way.conditions);
    let mut conditions: Vec<String> = told.iter().map(|one| condition(voice, one)).collect();
    if !others.is_empty() {
        conditions.push(format!("likewise what else lies over its bound in {}", voice.columns(others.into_iter())));
    }
    match conditions.len() {
        1 => conditions.remove(0),
        _ => format!("all of: {}", conditions.join(", and ")),
    }
}

fn condition(voice: &Voice<'_>, condition: &Condition) -> String {
    let column = condition.column.as_deref().map(|name| voice.column(name)).unwrap_or_default();
    let comparison = match condition.comparison {
        Comparison::AtMost => "at most",
        Comparison::Above => "above",
        Comparison::AtLeast => "at least",
        Comparison::Below => "below",
    };
    match (condition.quantity, condition.effect) {
        (Quantity::EffectLow, Some(effect)) => {
            let size = |x| voice.size(effect, x);
            let mut text = format!(
                "the {} of {column}, lower end {comparison} {} (it was {})",
                effect_word(effect),
                size(condition.needed),
                size(condition.observed)
            );
            if let (Some(value), Some(needed)) = (condition.value, condition.value_needed) {
                text += &format!(", that is about {} measured instead of {}", size(needed), size(value));
            }
            text
        }
        (Quantity::ErrorRise, _) => format!(
            "the change of the model's error {comparison} {} (it was {})",
            voice.signed_percent(condition.needed),
            voice.signed_percent(condition.observed)
        ),
        (Quantity::UnknownSegmentShare, _) => format!(
            "the share of rows in segments that the model hardly knows {comparison} {} (it was {})",
            voice.percent(condition.needed),
            voice.percent(condition.observed)
        ),
        (Quantity::NeverSeenRows, _) => format!(
            "rows never seen before {comparison} {} (there were {})",
            voice.value(condition.needed),
            voice.value(condition.observed)
        ),
        (quantity, _) if quantity != Quantity::KsPValue => format!(
            "`{}` {comparison} {} (it was {})",
            quantity.as_str(),
            voice.value(condition.needed),
            voice.value(condition.observed)
        ),
        _ => format!(
            "the p-value of {column} {comparison} {} (it was {})",
            voice.value(condition.needed),
            voice.p_value(condition.observed)
        ),
    }
}

fn not_reasons(voice: &Voice<'_>) -> Option<String> {
    let decision = voice.decision;
    let mut parts = Vec::new();
    if !decision.not_reasons.is_empty() {
        let columns: Vec<String> = decision
            .not_reasons
            .iter()
            .map(|one| {
                format!(
                    "{} {} of {}",
                    voice.column(&one.column),
                    voice.size(one.effect, one.value),
                    voice.size(one.effect, one.bound)
                )
            })
            .collect();
        parts.push(format!("Looked at, and no reason (largest effect of its bound): {}.", columns.join(", ")));
    }
    if let Some(new) = decision.batch.never_seen_rows.filter(|_| decision.rule.name != RuleName::TooFewRows) {
        parts.push(format!(
            "That {} of its {} rows were never seen before is no reason by itself.",
            voice.count(new),
            voice.count(decision.batch.rows)
        ));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn irrelevant(voice: &Voice<'_>) -> Option<String> {
    let decision = voice.decision;
    let parts: Vec<String> = decision
        .irrelevant
        .iter()
        .filter_map(|cause| {
            let change = cause.changes.first()?;
            let weight = cause.weight.map(|weight| format!(", weight {}", voice.percent(weight))).unwrap_or_default();
            Some(format!("{} ({}{weight})", what(voice, cause, change), times_bound(voice, change.times_bound)))
        })
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "Changed, but the model hardly looks there (a column matters from a weight of {} on): {}.",
            voice.percent(decision.policy.relevant_share),
            parts.join("; ")
        )
    })
}

fn unseen(voice: &Voice<'_>) -> Option<String> {
    let parts: Vec<String> = voice
        .decision
        .unseen
        .iter()
        .map(|one| {
            let size = |x| voice.size(one.effect, x);
            format!(
                "{} ({} up to {} possible, bound {}; surely seen from {} on)",
                voice.column(&one.column),
                effect_word(one.effect),
                size(one.high),
                size(one.bound),
                size(one.visible_from)
            )
        })
        .collect();
    (!parts.is_empty()).then(|| format!("Too few rows to tell whether these changed: {}.", parts.join("; ")))
}

fn other_references(voice: &Voice<'_>) -> Option<String> {
    let parts: Vec<String> = voice
        .decision
        .other_references
        .iter()
        .map(|other| {
            let mut text = format!("against {} ({}) ", reference(other.kind), rows(voice, other.rows));
            text += &match (other.largest_times_bound, other.largest_column.as_deref()) {
                (Some(times), Some(column)) => {
                    format!("the largest effect is {}, in {}", times_bound(voice, times), voice.column(column))
                }
                _ => "nothing could be measured".to_owned(),
            };
            text
        })
        .collect();
    (!parts.is_empty()).then(|| format!("For comparison, without a say: {}.", parts.join("; ")))
}

fn absent(voice: &Voice<'_>) -> Option<String> {
    let report = &voice.decision.report;
    let mut parts = Vec::new();
    for (names, side) in [(&report.only_in_reference, "the reference"), (&report.only_in_current, "the current rows")] {
        if !names.is_empty() {
            parts.push(format!("only {side} has {}", voice.columns(names.iter().map(String::as_str))));
        }
    }
    (!parts.is_empty()).then(|| format!("Could not be tested: {}.", parts.join("; ")))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
