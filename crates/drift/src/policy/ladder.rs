//! The rules of a policy in the order in which they are asked, and what comes of asking them.

use tidewheel_domain::decision::{
    Action, Answered, Cause, Comparison, PolicyName, PolicySettings, Quantity, RuleCheck, RuleName, Test, When,
};

use super::observed::Observed;

/// A rule with its name.
#[derive(Debug, Clone)]
pub(super) struct Rung {
    pub(super) name: RuleName,
    pub(super) when: When,
    pub(super) action: Action,
}

/// What came of asking the rules.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) action: Action,
    pub(super) name: RuleName,
    pub(super) condition: String,
}

/// The rules: those of the project first, then those of its policy.
pub(super) fn rules(policy: &PolicySettings) -> Vec<Rung> {
    let own = policy.rule.iter().map(|rule| Rung {
        name: RuleName::Own(rule.name.clone()),
        when: rule.when.clone(),
        action: rule.action,
    });
    let above = |quantity, bound| test(quantity, Comparison::Above, bound);
    let mut rules: Vec<Rung> = own.collect();
    let mut add = |name, tests, action| rules.push(Rung { name, when: When::all(tests), action });
    if let Some(needed) = policy.needed_rows() {
        let few = test(Quantity::NeverSeenRows, Comparison::Below, needed as f64);
        add(RuleName::TooFewRows, vec![few], Action::Skip);
    }
    match policy.name {
        PolicyName::CostlyDrift => {
            let unknown = above(Quantity::UnknownSegmentShare, policy.new_share_ask);
            add(RuleName::UnknownSegments, vec![unknown], Action::StopAndAsk);
            let certain = above(Quantity::ErrorRiseLow, 0.0);
            let moved = above(Quantity::Effect, policy.effect_over);
            let costs = above(Quantity::ErrorRise, policy.error_rise_over);
            add(RuleName::MovedAndCosts, vec![moved, costs, certain.clone()], Action::Retrain);
            let alone = above(Quantity::ErrorRise, policy.error_rise_alone);
            add(RuleName::ErrorAlone, vec![alone, certain], Action::Retrain);
        }
        PolicyName::Reference => {
            let small = test(Quantity::KsPValue, Comparison::Below, policy.p_below);
            add(RuleName::KsBelowLevel, vec![small], Action::Retrain);
        }
        // Effects decide wherever no other policy is named.
        _ => add(RuleName::RelevantColumnDrifted, vec![above(Quantity::Effect, 1.0)], Action::Retrain),
    }
    rules
}

fn test(quantity: Quantity, comparison: Comparison, bound: f64) -> Test {
    Test { quantity, column: None, comparison, bound }
}

/// Asks the rules in their order; the first that holds decides, unless a brake stops its training.
pub(super) fn ask(rules: &[Rung], observed: &Observed<'_>, causes: &[Cause]) -> Outcome {
    let fired = rules.iter().find(|rule| rule.when.holds(|test| observed.value(test)));
    let Some(rule) = fired else { return otherwise(observed) };
    let held = Outcome { action: rule.action, name: rule.name.clone(), condition: rule.when.text().to_owned() };
    if !rule.action.trains() {
        return held;
    }
    // A project's own rule knows what it asks for.
    let own = matches!(rule.name, RuleName::Own(_));
    let stops = |brake: &RuleCheck| brake.holds && !(own && brake.name == RuleName::CauseAnswered);
    match brakes(observed, causes).into_iter().find(stops) {
        Some(brake) => Outcome { action: Action::Skip, name: brake.name, condition: brake.condition },
        None => held,
    }
}

/// No rule holds: no training, and why not.
fn otherwise(observed: &Observed<'_>) -> Outcome {
    let policy = &observed.inputs.policy;
    let value = |quantity| observed.value(&test(quantity, Comparison::Above, 0.0));
    let moved = value(Quantity::Effect).is_some_and(|effect| effect > policy.effect_over);
    let (name, condition) = match policy.name {
        PolicyName::CostlyDrift if moved && value(Quantity::ErrorRise).is_none() => {
            (RuleName::CostUnknown, format!("effect > {} and error_rise unknown", policy.effect_over))
        }
        PolicyName::CostlyDrift if moved => {
            let bound = policy.error_rise_over;
            (RuleName::MovedButCheap, format!("effect > {} and error_rise <= {bound}", policy.effect_over))
        }
        PolicyName::CostlyDrift => {
            let (over, alone) = (policy.effect_over, policy.error_rise_alone);
            (RuleName::NothingMoved, format!("effect <= {over} and error_rise <= {alone}"))
        }
        PolicyName::Reference => (RuleName::NoKsBelowLevel, format!("ks_p_value >= {}", policy.p_below)),
        _ => (RuleName::NoRelevantColumnDrifted, "effect <= 1".to_owned()),
    };
    Outcome { action: Action::Skip, name, condition }
}

/// What may stop a training that a rule asks for.
fn brakes(observed: &Observed<'_>, causes: &[Cause]) -> Vec<RuleCheck> {
    let (policy, inputs) = (&observed.inputs.policy, observed.inputs);
    let brake = |name, condition: String, holds| RuleCheck { name, condition, action: Action::Skip, holds };
    let mut brakes = Vec::new();
    if policy.name == PolicyName::CostlyDrift && !causes.is_empty() {
        let answered = causes.iter().all(|cause| cause.answered.is_some());
        brakes.push(brake(RuleName::CauseAnswered, "every cause has been answered already".to_owned(), answered));
    }
    if let Some(cooldown) = policy.cooldown {
        let since = observed.value(&test(Quantity::BatchesSinceTraining, Comparison::Below, 0.0));
        let too_soon = since.is_some_and(|since| since <= cooldown as f64);
        brakes.push(brake(RuleName::Cooldown, format!("batches_since_training <= {cooldown}"), too_soon));
    }
    if let Some(budget) = policy.budget {
        let condition = format!("trainings in the last {} batches >= {}", budget.batches, budget.trainings);
        let spent = inputs.trainings_in_budget.is_some_and(|trainings| trainings >= budget.trainings);
        brakes.push(brake(RuleName::BudgetSpent, condition, spent));
    }
    brakes
}

/// Every rule and brake with whether it holds, in the order of asking.
pub(super) fn checks(rules: &[Rung], observed: &Observed<'_>, causes: &[Cause]) -> Vec<RuleCheck> {
    let rungs = rules.iter().map(|rule| RuleCheck {
        name: rule.name.clone(),
        condition: rule.when.text().to_owned(),
        action: rule.action,
        holds: rule.when.holds(|test| observed.value(test)),
    });
    rungs.chain(brakes(observed, causes)).collect()
}

/// The batch or version that answers a cause, in words of the record's reason.
pub(super) fn answered_by(answered: &Answered) -> String {
    match answered {
        Answered::Champion { batch, version } => {
            format!("version {version} was trained on batch {batch}, which shows it")
        }
        Answered::Rejected { batch, version } => {
            format!("version {version}, trained for it at batch {batch}, was rejected")
        }
    }
}
