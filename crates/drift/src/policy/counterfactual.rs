//! What would have had to be different: for each thing that the rules look at, the smallest change that turns the
//! decision with all else as it was; and where no single one turns it, the changes that do together. Each is found by
//! asking the rules again, so that what is said holds.

use tidewheel_domain::decision::{Action, Cause, Comparison, Condition, Counterfactual, PolicyName, Quantity, Test};
use tidewheel_domain::drift_report::{Effect, EffectName};

use super::ladder::{Outcome, Rung, ask};
use super::observed::{Assumed, Located, Observed, relevant_effects};
use super::reference::ks_tests;

/// Effects that are named as ways to a training, nearest first.
const NEAREST: usize = 3;

/// A change of one quantity, and what the rules would see.
struct Change {
    quantity: Quantity,
    column: Option<String>,
    comparison: Comparison,
    /// The value at which the decision turns.
    needed: f64,
    /// How far the observed value must go, as a share of itself.
    distance: f64,
    assumed: Vec<Assumed>,
}

/// The ways to another decision, the nearest first.
pub(super) fn counterfactuals(
    rules: &[Rung],
    observed: &Observed<'_>,
    causes: &[Cause],
    outcome: &Outcome,
) -> Vec<Counterfactual> {
    let turns = |assumed: &[Assumed]| {
        let other = ask(rules, &Observed { assumed, ..*observed }, causes).action;
        differs(outcome.action, other).then_some(other)
    };
    let mut singles: Vec<(f64, Counterfactual)> = Vec::new();
    let mut looked_at: Vec<(Quantity, Option<String>)> = Vec::new();
    for test in rules.iter().flat_map(|rule| rule.when.tests()) {
        let subject = subject(test);
        if looked_at.contains(&subject) {
            continue;
        }
        looked_at.push(subject.clone());
        let mut changes = changes_of(rules, observed, &subject);
        changes.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        let turned = changes.iter().find_map(|change| Some((change, turns(&change.assumed)?)));
        if let Some((change, action)) = turned {
            singles.extend(
                told(observed, change)
                    .into_iter()
                    .map(|conditions| (change.distance, Counterfactual { action, conditions })),
            );
        }
    }
    singles.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut all: Vec<Counterfactual> = singles.into_iter().map(|(_, one)| one).collect();
    for rule in rules {
        all.extend(together(rule, rules, observed, causes, outcome, &all));
    }
    all
}

/// Whether two actions differ in what becomes of the model.
fn differs(a: Action, b: Action) -> bool {
    let kind = |action: Action| match action {
        Action::Baseline | Action::Retrain => 0,
        Action::ShadowTrain => 1,
        Action::Skip => 2,
        Action::StopAndAsk => 3,
    };
    kind(a) != kind(b)
}

/// What a test is about: the ends of the error's interval move with the error.
fn subject(test: &Test) -> (Quantity, Option<String>) {
    match test.quantity {
        Quantity::ErrorRiseLow => (Quantity::ErrorRise, None),
        quantity => (quantity, test.column.clone()),
    }
}

/// The changes of one quantity to the other side of each bound that a rule holds it against.
fn changes_of(rules: &[Rung], observed: &Observed<'_>, subject: &(Quantity, Option<String>)) -> Vec<Change> {
    let (quantity, column) = subject;
    let tests = rules.iter().flat_map(|rule| rule.when.tests());
    let own = tests.filter(|test| self::subject(test) == *subject);
    own.filter_map(|test| {
        let seen = observed.value(test)?;
        let comparison =
            if test.comparison.holds(seen, test.bound) { test.comparison.opposite() } else { test.comparison };
        if *quantity == Quantity::ErrorRise {
            return error_change(observed, test, comparison);
        }
        let value = past(test.bound, comparison);
        Some(Change {
            quantity: *quantity,
            column: column.clone(),
            comparison,
            needed: test.bound,
            distance: (test.bound - seen).abs() / seen.abs().max(f64::MIN_POSITIVE),
            assumed: vec![Assumed { quantity: *quantity, column: column.clone(), value }],
        })
    })
    .collect()
}

/// A change of the error: its interval keeps its relative width.
fn error_change(observed: &Observed<'_>, test: &Test, comparison: Comparison) -> Option<Change> {
    let error = observed.inputs.error.as_ref()?.deciding();
    let width = (1.0 + error.low) / (1.0 + error.rise);
    let of_low = test.quantity == Quantity::ErrorRiseLow;
    let needed = if of_low { (1.0 + test.bound) / width - 1.0 } else { test.bound };
    let rise = past(needed, comparison);
    let low = (1.0 + rise) * width - 1.0;
    // Exactly at its bound is where rounding would decide.
    let low = if of_low { past(test.bound, comparison) } else { low };
    let assume = |quantity, value| Assumed { quantity, column: None, value };
    Some(Change {
        quantity: Quantity::ErrorRise,
        column: None,
        comparison,
        needed,
        distance: (needed - error.rise).abs() / (1.0 + error.rise).abs().max(f64::MIN_POSITIVE),
        assumed: vec![assume(Quantity::ErrorRise, rise), assume(Quantity::ErrorRiseLow, low)],
    })
}

/// A value that just stands so to the bound.
fn past(bound: f64, comparison: Comparison) -> f64 {
    match comparison {
        Comparison::AtMost | Comparison::AtLeast => bound,
        Comparison::Above => bound.next_up(),
        Comparison::Below => bound.next_down(),
    }
}

/// A change as conditions that can be told: what is a sum of many effects becomes those effects. Several entries are
/// several ways.
fn told(observed: &Observed<'_>, change: &Change) -> Vec<Vec<Condition>> {
    match (change.quantity, &change.column) {
        (Quantity::Effect, None) => effect_conditions(observed, change),
        (Quantity::KsPValue, _) => p_value_conditions(observed, change),
        _ => {
            let test = Test {
                quantity: change.quantity,
                column: change.column.clone(),
                comparison: change.comparison,
                bound: change.needed,
            };
            let observed = observed.value(&test).unwrap_or_default();
            vec![vec![Condition {
                quantity: change.quantity,
                column: change.column.clone(),
                effect: None,
                observed,
                comparison: change.comparison,
                needed: change.needed,
                value: None,
                value_needed: None,
            }]]
        }
    }
}

/// To fall below, every effect above must fall; to rise above, any one is enough.
fn effect_conditions(observed: &Observed<'_>, change: &Change) -> Vec<Vec<Condition>> {
    let effects = relevant_effects(observed.report);
    let condition = |one: &Located<'_>| effect_condition(one, change);
    match change.comparison {
        Comparison::AtMost | Comparison::Below => {
            let over = effects.iter().filter(|one| !change.comparison.holds(one.effect.low_times_bound, change.needed));
            vec![over.map(condition).collect()]
        }
        Comparison::Above | Comparison::AtLeast => {
            let possible = effects.iter().enumerate().filter(|(place, one)| *place == 0 || one.effect.value > 0.0);
            possible.take(NEAREST).map(|(_, one)| vec![condition(one)]).collect()
        }
    }
}

fn effect_condition(one: &Located<'_>, change: &Change) -> Condition {
    let effect = one.effect;
    let needed = change.needed * effect.bound;
    Condition {
        quantity: Quantity::EffectLow,
        column: Some(one.column.to_owned()),
        effect: Some(effect.name),
        observed: effect.low,
        comparison: change.comparison,
        needed,
        value: Some(effect.value),
        value_needed: Some(needed + (effect.value - effect.low)).filter(|&value| possible(effect, value)),
    }
}

/// Shares and the distance of categories end at 1, the difference of two correlations at 2.
fn possible(effect: &Effect, value: f64) -> bool {
    match effect.name {
        EffectName::Distance => true,
        EffectName::Correlation => value <= 2.0,
        _ => value <= 1.0,
    }
}

fn p_value_conditions(observed: &Observed<'_>, change: &Change) -> Vec<Vec<Condition>> {
    let mut tests: Vec<_> = ks_tests(observed.report, observed.inputs).collect();
    tests.sort_by(|a, b| a.1.total_cmp(&b.1));
    let condition = |&(column, p): &(&str, f64)| Condition {
        quantity: Quantity::KsPValue,
        column: Some(column.to_owned()),
        effect: None,
        observed: p,
        comparison: change.comparison,
        needed: change.needed,
        value: None,
        value_needed: None,
    };
    match change.comparison {
        Comparison::AtLeast | Comparison::Above => {
            let below = tests.iter().filter(|(_, p)| !change.comparison.holds(*p, change.needed));
            vec![below.map(condition).collect()]
        }
        Comparison::Below | Comparison::AtMost => tests.iter().take(NEAREST).map(|one| vec![condition(one)]).collect(),
    }
}

/// What would make a rule hold that needs more than one thing to change; `None` where one of them is enough, or where
/// it would not turn the decision.
fn together(
    rule: &Rung,
    rules: &[Rung],
    observed: &Observed<'_>,
    causes: &[Cause],
    outcome: &Outcome,
    known: &[Counterfactual],
) -> Option<Counterfactual> {
    if !differs(outcome.action, rule.action) || observed.inputs.policy.name == PolicyName::Reference {
        return None;
    }
    let failing = rule
        .when
        .tests()
        .filter(|test| observed.value(test).is_some_and(|value| !test.comparison.holds(value, test.bound)));
    let mut changes: Vec<Change> = Vec::new();
    for test in failing {
        let subject = subject(test);
        let alone = [Rung { when: tidewheel_domain::decision::When::all(vec![test.clone()]), ..rule.clone() }];
        let change = changes_of(&alone, observed, &subject).into_iter().next()?;
        // Of two ends of one interval the one that asks for more decides.
        match changes.iter_mut().find(|other| other.quantity == change.quantity && other.column == change.column) {
            Some(other) if other.distance < change.distance => *other = change,
            Some(_) => {}
            None => changes.push(change),
        }
    }
    if changes.len() < 2 {
        return None;
    }
    let assumed: Vec<Assumed> = changes.iter().flat_map(|change| change.assumed.clone()).collect();
    let action = ask(rules, &Observed { assumed: &assumed, ..*observed }, causes).action;
    if !differs(outcome.action, action) {
        return None;
    }
    let conditions: Vec<Condition> =
        changes.iter().filter_map(|change| told(observed, change).into_iter().next()).flatten().collect();
    let said = |one: &Counterfactual| one.conditions.iter().all(|condition| conditions.contains(condition));
    (!known.iter().any(said)).then_some(Counterfactual { action, conditions })
}
