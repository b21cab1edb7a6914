//! Policy `reference`: the reference system's rule. Train when any numeric column's KS test against the previous batch
//! has a p-value below the level; uncorrected, so it fires often by chance.

use tidewheel_domain::decision::{Action, Comparison, Condition, Counterfactual, Evidence, Quantity, Rule, RuleName};
use tidewheel_domain::drift_report::{DriftReport, TestName};

use super::{PolicyInputs, Verdict};

/// The KS tests that the policy looks at, by column.
pub(super) fn ks_tests<'a>(report: &'a DriftReport, inputs: &'a PolicyInputs) -> impl Iterator<Item = (&'a str, f64)> {
    let wanted = &inputs.policy.ks_columns;
    report.columns.iter().filter(|column| wanted.is_empty() || wanted.contains(&column.name)).filter_map(|column| {
        let test = column.tests.iter().find(|test| test.name == TestName::Ks)?;
        Some((column.name.as_str(), test.p_value))
    })
}

pub(super) fn judge(report: &DriftReport, inputs: &PolicyInputs) -> Verdict {
    let level = inputs.policy.p_below;
    let mut tests: Vec<_> = ks_tests(report, inputs).collect();
    tests.sort_by(|a, b| a.1.total_cmp(&b.1));
    let evidence = tests
        .iter()
        .map(|&(column, p)| Evidence {
            quantity: Quantity::KsPValue,
            column: Some(column.to_owned()),
            effect: None,
            observed: p,
            bound: level,
            holds: p < level,
        })
        .collect();
    let condition = |&(column, p): &(&str, f64), comparison| Condition {
        quantity: Quantity::KsPValue,
        column: Some(column.to_owned()),
        effect: None,
        observed: p,
        comparison,
        needed: level,
        value: None,
        value_needed: None,
    };
    let below: Vec<_> = tests.iter().filter(|(_, p)| *p < level).copied().collect();
    if below.is_empty() {
        let nearest = tests.first().map_or(String::new(), |(column, p)| format!("; smallest: '{column}' with {p:.3}"));
        return Verdict {
            action: Action::Skip,
            reason: format!("no KS test has a p-value below {level}{nearest}"),
            rule: Rule { name: RuleName::NoKsBelowLevel, condition: format!("every KS p-value >= {level}") },
            evidence,
            counterfactual: (!tests.is_empty()).then(|| Counterfactual {
                action: Action::Retrain,
                all: false,
                conditions: tests.iter().take(3).map(|test| condition(test, Comparison::Below)).collect(),
            }),
            changed: Vec::new(),
        };
    }
    let names: Vec<String> = below.iter().map(|(column, _)| format!("'{column}'")).collect();
    Verdict {
        action: Action::Retrain,
        reason: format!("KS test with a p-value below {level} in {}", names.join(", ")),
        rule: Rule { name: RuleName::KsBelowLevel, condition: format!("any KS p-value < {level}") },
        evidence,
        counterfactual: Some(Counterfactual {
            action: Action::Skip,
            all: true,
            conditions: below.iter().map(|test| condition(test, Comparison::AtLeast)).collect(),
        }),
        changed: below.iter().map(|(column, _)| (*column).to_owned()).collect(),
    }
}
