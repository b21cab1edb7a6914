//! A decision anew from its own record.

use std::collections::BTreeMap;

use tidewheel_domain::decision::{Decision, PolicyName, PolicySettings, ReferenceKind};

use super::{PolicyInputs, decide};

/// What a policy would have decided about a batch, over the evidence of its record and with the model that was in
/// production then. How long ago the last training was is not in a record: cooldown and budget are left out. `None`
/// where the record has no evidence, and for the policy `reference`, which looks at rows that a record has no report on.
pub fn again(record: &Decision, policy: &PolicySettings) -> Option<Decision> {
    if record.report.columns.is_empty() || policy.name == PolicyName::Reference {
        return None;
    }
    let weights: BTreeMap<String, f64> =
        record.report.columns.iter().filter_map(|column| Some((column.name.clone(), column.weight?))).collect();
    let answered = record.causes.iter().filter_map(|cause| Some((cause.key(), cause.answered.clone()?)));
    Some(decide(&PolicyInputs {
        project: record.project.clone(),
        batch: record.batch.clone(),
        policy: PolicySettings { cooldown: None, budget: None, ..policy.clone() },
        champion: record.champion.clone(),
        drift: Some((record.compared_with.unwrap_or(ReferenceKind::Training), record.report.clone())),
        weights: (!weights.is_empty()).then_some(weights),
        target: record.target.clone(),
        error: record.error.clone(),
        target_mean: record.target_mean.clone(),
        unknown_segment_share: record.unknown_segment_share,
        answered: answered.collect(),
        ..PolicyInputs::default()
    }))
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::decision::{Action, BatchRef};
    use tidewheel_domain::drift_report::DriftSettings;
    use tidewheel_domain::table::{Column, Table};

    use super::*;

    #[test]
    fn the_same_policy_decides_the_same_and_another_one_otherwise() {
        let table = |shift: f64| {
            let mut table = Table::default();
            table.push("x", Column::Number((0..400).map(|x| f64::from(x) + shift).collect())).expect("a column");
            table
        };
        let report = crate::compare(&table(0.0), &table(300.0), &DriftSettings::default()).expect("a report");
        let policy = PolicySettings::of(PolicyName::Effect);
        let first = decide(&PolicyInputs {
            batch: BatchRef { id: Some(2), rows: 400, never_seen_rows: Some(400), sha256: None },
            policy: policy.clone(),
            drift: Some((ReferenceKind::Training, report)),
            ..PolicyInputs::default()
        });
        let same = again(&first, &policy).expect("evidence");
        assert_eq!((same.action, &same.rule, &same.causes), (Action::Retrain, &first.rule, &first.causes));
        let choosy = PolicySettings { min_rows: Some(401), ..policy };
        assert_eq!(again(&first, &choosy).map(|decision| decision.action), Some(Action::Skip));
        assert_eq!(again(&first, &PolicySettings::of(PolicyName::Reference)), None);
    }
}
