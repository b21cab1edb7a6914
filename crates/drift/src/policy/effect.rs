//! Policy `effect`: train when any effect of a relevant column is over its bound with certainty.

use tidewheel_domain::decision::{Action, Comparison, Condition, Counterfactual, Evidence, Quantity, Rule, RuleName};
use tidewheel_domain::drift_report::{ColumnDrift, DriftReport, Effect, EffectName};

use super::{PolicyInputs, Verdict};

/// Conditions that a skip names.
const NEAREST: usize = 3;

const CONDITION: &str = "the lower end of any effect of a relevant column > its bound";

pub(super) fn judge(report: &DriftReport, inputs: &PolicyInputs) -> Verdict {
    let effects = relevant_effects(report);
    let evidence = effects.iter().map(|(column, effect)| evidence(column, effect)).collect();
    let over: Vec<_> = effects.iter().filter(|(_, effect)| effect.over).copied().collect();
    let Some(&(column, strongest)) = over.first() else { return skip(report, &effects, evidence) };
    let mut changed: Vec<String> = Vec::new();
    for (column, _) in &over {
        if !changed.contains(&column.name) {
            changed.push(column.name.clone());
        }
    }
    let others = match changed.len() - 1 {
        0 => String::new(),
        1 => " (and one more column)".to_owned(),
        n => format!(" (and {n} more columns)"),
    };
    let against = inputs.champion.as_ref().map_or_else(
        || "the reference".to_owned(),
        |champion| format!("what version {} was trained on", champion.version),
    );
    Verdict {
        action: Action::Retrain,
        reason: format!(
            "'{}' differs from {against}: {} {:.3} [{:.3}, {:.3}] over its bound {}{others}",
            column.name,
            strongest.name.as_str(),
            strongest.value,
            strongest.low,
            strongest.high,
            strongest.bound,
        ),
        rule: Rule { name: RuleName::RelevantColumnDrifted, condition: CONDITION.to_owned() },
        evidence,
        counterfactual: Some(Counterfactual {
            action: Action::Skip,
            all: true,
            conditions: over.iter().map(|(column, effect)| condition(column, effect, Comparison::AtMost)).collect(),
        }),
        changed,
    }
}

fn skip(report: &DriftReport, effects: &[(&ColumnDrift, &Effect)], evidence: Vec<Evidence>) -> Verdict {
    let ignored: Vec<&str> =
        report.drifted().filter(|column| !column.relevant).map(|column| column.name.as_str()).collect();
    let mut reason = vec!["no relevant column drifted".to_owned()];
    if let Some((column, effect)) = effects.first() {
        reason.push(format!(
            "closest: '{}' with {} {:.3} [{:.3}, {:.3}], bound {}",
            column.name,
            effect.name.as_str(),
            effect.value,
            effect.low,
            effect.high,
            effect.bound,
        ));
    }
    if !ignored.is_empty() {
        reason.push(format!("drifted but ignored by the model: {}", ignored.join(", ")));
    }
    Verdict {
        action: Action::Skip,
        reason: reason.join("; "),
        rule: Rule {
            name: RuleName::NoRelevantColumnDrifted,
            condition: "the lower end of every effect of a relevant column <= its bound".to_owned(),
        },
        evidence,
        counterfactual: (!effects.is_empty()).then(|| Counterfactual {
            action: Action::Retrain,
            all: false,
            conditions: effects
                .iter()
                .enumerate()
                .filter(|(place, (_, effect))| *place == 0 || effect.value > 0.0)
                .take(NEAREST)
                .map(|(_, effect)| effect)
                .map(|(column, effect)| condition(column, effect, Comparison::Above))
                .collect(),
        }),
        changed: Vec::new(),
    }
}

/// Every effect of a relevant column; the one whose lower end is nearest to, or furthest over, its bound first.
fn relevant_effects(report: &DriftReport) -> Vec<(&ColumnDrift, &Effect)> {
    let mut effects: Vec<_> = report
        .columns
        .iter()
        .filter(|column| column.relevant)
        .flat_map(|column| column.effects.iter().map(move |effect| (column, effect)))
        .collect();
    effects.sort_by(|(_, a), (_, b)| {
        b.low_times_bound.total_cmp(&a.low_times_bound).then_with(|| b.times_bound.total_cmp(&a.times_bound))
    });
    effects
}

fn evidence(column: &ColumnDrift, effect: &Effect) -> Evidence {
    Evidence {
        quantity: Quantity::EffectLow,
        column: Some(column.name.clone()),
        effect: Some(effect.name),
        observed: effect.low,
        bound: effect.bound,
        holds: effect.over,
    }
}

/// Shares and the distance of categories end at 1.
fn possible(name: EffectName, value: f64) -> bool {
    name == EffectName::Distance || value <= 1.0
}

fn condition(column: &ColumnDrift, effect: &Effect, comparison: Comparison) -> Condition {
    Condition {
        quantity: Quantity::EffectLow,
        column: Some(column.name.clone()),
        effect: Some(effect.name),
        observed: effect.low,
        comparison,
        needed: effect.bound,
        value: Some(effect.value),
        value_needed: Some(effect.bound + (effect.value - effect.low)).filter(|&needed| possible(effect.name, needed)),
    }
}
