//! Reports to a decision.
//!
//! [`decide`] cannot fail and never trains on doubt: a check that fails is a [`DriftError`](crate::DriftError) before
//! it, and what could not be measured is no reason to train.

use std::collections::BTreeMap;

use tidewheel_domain::decision::{
    Action, BatchRef, ChampionRef, Counterfactual, Counts, DECISION_VERSION, Decision, Evidence, OtherReference,
    PolicyName, PolicySettings, Quantity, ReferenceKind, Rule, RuleName,
};
use tidewheel_domain::drift_report::DriftReport;

/// What changed, in words that can be checked.
pub mod causes;

/// The policy `effect`.
pub mod effect;

/// The policy `reference`.
pub mod reference;

/// All that a policy looks at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicyInputs {
    /// The project's name.
    pub project: String,
    /// The batch.
    pub batch: BatchRef,
    /// The earlier batch with the very same rows, whose turn has finished.
    pub same_as_batch: Option<u64>,
    /// The section `[policy]`.
    pub policy: PolicySettings,
    /// The model in production.
    pub champion: Option<ChampionRef>,
    /// The batch against the rows that decide; `None` on the first run.
    pub drift: Option<(ReferenceKind, DriftReport)>,
    /// The batch against other rows, shown as evidence; the policy `reference` decides on the previous batch.
    pub others: Vec<(ReferenceKind, DriftReport)>,
    /// Share of the champion's mean absolute SHAP value by column; without it every column is relevant.
    pub weights: Option<BTreeMap<String, f64>>,
    /// The target column: always relevant.
    pub target: Option<String>,
}

/// What a policy found.
struct Verdict {
    action: Action,
    reason: String,
    rule: Rule,
    evidence: Vec<Evidence>,
    counterfactual: Option<Counterfactual>,
    /// Columns that count as changed under this policy.
    changed: Vec<String>,
}

/// Decides what is to be done with a batch, and says why.
pub fn decide(inputs: &PolicyInputs) -> Decision {
    if let Some(earlier) = inputs.same_as_batch {
        let condition = "an earlier turn finished with the very same rows (same content hash)".to_owned();
        let verdict =
            Verdict::without_tests(Action::Skip, format!("batch {earlier} again"), RuleName::BatchAgain, condition);
        return record(inputs, verdict, None);
    }
    let Some((kind, report)) = deciding_report(inputs) else {
        let reason = "first run: there is no reference to compare with, so the first model is trained".to_owned();
        let condition = "there is no reference yet".to_owned();
        let verdict = Verdict::without_tests(Action::Baseline, reason, RuleName::FirstRun, condition);
        return record(inputs, verdict, None);
    };
    let report = with_relevance(report, inputs);
    let verdict = match too_few_rows(inputs) {
        Some(verdict) => verdict,
        None => match inputs.policy.name {
            PolicyName::Reference => reference::judge(&report, inputs),
            // Effects decide wherever no other policy is named.
            _ => effect::judge(&report, inputs),
        },
    };
    record(inputs, verdict, Some((kind, report)))
}

/// The report on which the policy decides.
fn deciding_report(inputs: &PolicyInputs) -> Option<(ReferenceKind, &DriftReport)> {
    let previous = inputs.others.iter().find(|(kind, _)| *kind == ReferenceKind::PreviousBatch);
    let own = inputs.drift.as_ref();
    let chosen = if inputs.policy.name == PolicyName::Reference { previous.or(own) } else { own };
    chosen.map(|(kind, report)| (*kind, report))
}

/// Marks each column relevant or not, with its weight.
fn with_relevance(report: &DriftReport, inputs: &PolicyInputs) -> DriftReport {
    let mut report = report.clone();
    for column in &mut report.columns {
        let target = inputs.target.as_ref() == Some(&column.name);
        if let Some(weights) = &inputs.weights {
            let weight = weights.get(&column.name).copied().filter(|weight| weight.is_finite()).unwrap_or(0.0);
            column.weight = (!target).then_some(weight);
            column.relevant = target || weight >= inputs.policy.relevant_share;
        } else {
            column.relevant = true;
        }
    }
    report
}

/// The brake on small batches, where the policy sets one and the number of new rows is known.
fn too_few_rows(inputs: &PolicyInputs) -> Option<Verdict> {
    let (needed, found) = (inputs.policy.min_rows?, inputs.batch.never_seen_rows?);
    let evidence = Evidence {
        quantity: Quantity::NeverSeenRows,
        column: None,
        effect: None,
        observed: found as f64,
        bound: needed as f64,
        holds: true,
    };
    (found < needed).then(|| Verdict {
        action: Action::Skip,
        reason: format!("{found} rows never seen before, fewer than the {needed} that a training needs"),
        rule: Rule { name: RuleName::TooFewRows, condition: format!("rows never seen before < {needed}") },
        evidence: vec![evidence],
        counterfactual: None,
        changed: Vec::new(),
    })
}

impl Verdict {
    fn without_tests(action: Action, reason: String, rule: RuleName, condition: String) -> Self {
        Self {
            action,
            reason,
            rule: Rule { name: rule, condition },
            evidence: Vec::new(),
            counterfactual: None,
            changed: Vec::new(),
        }
    }
}

fn record(inputs: &PolicyInputs, verdict: Verdict, deciding: Option<(ReferenceKind, DriftReport)>) -> Decision {
    let compared_with = deciding.as_ref().map(|(kind, _)| *kind);
    let report = deciding.map(|(_, report)| report).unwrap_or_default();
    let target = inputs.target.as_deref();
    let causes = causes::causes(&report, &verdict.changed, target);
    let irrelevant = causes::irrelevant(&report, target);
    let not_reasons = causes::not_reasons(&report, &verdict.changed);
    let unseen = causes::unseen(&report);
    let counts = Counts {
        tested: report.columns.len() as u64,
        relevant: report.columns.iter().filter(|column| column.relevant).count() as u64,
        causes: causes.len() as u64,
        not_reasons: not_reasons.len() as u64,
        irrelevant: irrelevant.len() as u64,
        unseen: unseen.len() as u64,
    };
    Decision {
        schema_version: DECISION_VERSION,
        action: verdict.action,
        reason: verdict.reason,
        project: inputs.project.clone(),
        policy: inputs.policy.clone(),
        rule: verdict.rule,
        batch: inputs.batch.clone(),
        same_as_batch: inputs.same_as_batch,
        champion: inputs.champion.clone(),
        compared_with,
        evidence: verdict.evidence,
        causes,
        not_reasons,
        irrelevant,
        unseen,
        counterfactual: verdict.counterfactual,
        other_references: other_references(inputs, compared_with),
        counts,
        report,
    }
}

/// The references that did not decide.
fn other_references(inputs: &PolicyInputs, deciding: Option<ReferenceKind>) -> Vec<OtherReference> {
    let all = inputs.drift.iter().chain(&inputs.others);
    all.filter(|(kind, _)| deciding.is_some() && Some(*kind) != deciding)
        .map(|(kind, report)| {
            let report = with_relevance(report, inputs);
            let relevant = || report.columns.iter().filter(|column| column.relevant);
            let largest = relevant()
                .filter_map(|column| Some((column, column.effect.as_ref()?.times_bound)))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            OtherReference {
                kind: *kind,
                rows: report.reference.rows,
                drifted: relevant().filter(|column| column.drifted).map(|column| column.name.clone()).collect(),
                largest_times_bound: largest.map(|(_, times)| times),
                largest_column: largest.map(|(column, _)| column.name.clone()),
                ks_below_level: reference::ks_tests(&report, inputs)
                    .filter(|(_, p)| *p < inputs.policy.p_below)
                    .map(|(name, _)| name.to_owned())
                    .collect(),
            }
        })
        .collect()
}
