//! Reports to a decision.
//!
//! [`decide`] cannot fail and never trains on doubt: a check that fails is a [`DriftError`](crate::DriftError) before
//! it, and what could not be measured is no reason to train.

use std::collections::BTreeMap;

use tidewheel_domain::decision::{
    Action, Answered, BatchRef, Cause, CauseKey, ChampionRef, Counterfactual, Counts, DECISION_VERSION, Decision,
    Decomposition, ErrorEvidence, Evidence, ExampleRow, OtherReference, PolicyName, PolicyRule, PolicySettings,
    ReferenceKind, Rule, RuleCheck, RuleName,
};
use tidewheel_domain::drift_report::DriftReport;

pub use again::again;
use observed::{Observed, relevant_effects};

/// A decision anew from its own record.
mod again;

/// What changed, in words that can be checked.
mod causes;

/// What would have had to be different.
mod counterfactual;

/// The rules in their order.
mod ladder;

/// What the rules look at.
mod observed;

/// The verdict's main reason in one line.
mod reason;

/// The policy `reference`.
mod reference;

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
    /// The champion's error on the batch against its hold-out; `None` where it could neither be measured nor estimated.
    pub error: Option<ErrorEvidence>,
    /// The mean of the target, split by segment.
    pub target_mean: Option<Decomposition>,
    /// Share of the batch's rows in segments of which the champion saw fewer than 30 training rows.
    pub unknown_segment_share: Option<f64>,
    /// Batches since the last training, this one included; `None` before the first.
    pub batches_since_training: Option<u64>,
    /// Trainings within the batches of the budget, the baseline not counted.
    pub trainings_in_budget: Option<u64>,
    /// Causes that have been answered already.
    pub answered: Vec<(CauseKey, Answered)>,
    /// Rows that show the first cause.
    pub examples: Vec<ExampleRow>,
}

/// What a policy found.
struct Verdict {
    action: Action,
    reason: String,
    rule: Rule,
    rules: Vec<RuleCheck>,
    evidence: Vec<Evidence>,
    causes: Vec<Cause>,
    counterfactuals: Vec<Counterfactual>,
}

/// The rules of a policy in the order in which they are asked: those of the project first, then the policy's own.
pub fn rules_of(policy: &PolicySettings) -> Vec<PolicyRule> {
    let rule =
        |rung: ladder::Rung| PolicyRule { name: rung.name.as_str().to_owned(), when: rung.when, action: rung.action };
    ladder::rules(policy).into_iter().map(rule).collect()
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
    let verdict = judge(&report, inputs);
    record(inputs, verdict, Some((kind, report)))
}

/// Asks the rules of the policy.
fn judge(report: &DriftReport, inputs: &PolicyInputs) -> Verdict {
    let observed = Observed::new(report, inputs);
    let rules = ladder::rules(&inputs.policy);
    let causes = causes::causes(report, &changed(report, inputs), inputs);
    let outcome = ladder::ask(&rules, &observed, &causes);
    Verdict {
        action: outcome.action,
        reason: reason::reason(&outcome, &observed, &causes),
        evidence: observed::evidence(&observed, rules.iter().flat_map(|rule| rule.when.tests())),
        rules: ladder::checks(&rules, &observed, &causes),
        counterfactuals: counterfactual::counterfactuals(&rules, &observed, &causes, &outcome),
        rule: Rule { name: outcome.name, condition: outcome.condition },
        causes,
    }
}

/// The columns that count as changed under the policy, strongest first.
fn changed(report: &DriftReport, inputs: &PolicyInputs) -> Vec<String> {
    let mut changed: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !changed.iter().any(|known| known == name) {
            changed.push(name.to_owned());
        }
    };
    if inputs.policy.name == PolicyName::Reference {
        let below = reference::ks_tests(report, inputs).filter(|(_, p)| *p < inputs.policy.p_below);
        below.for_each(|(name, _)| add(name));
    } else {
        let columns = relevant_effects(report).into_iter().filter(|one| one.effect.over);
        columns.filter(|one| report.column(one.column).is_some_and(|c| c.drifted)).for_each(|one| add(one.column));
    }
    changed
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
    let relevant: Vec<String> = report.columns.iter().filter(|c| c.relevant).map(|c| c.name.clone()).collect();
    for pair in &mut report.pairs {
        pair.relevant = relevant.contains(&pair.column) && relevant.contains(&pair.other);
    }
    report
}

impl Verdict {
    fn without_tests(action: Action, reason: String, rule: RuleName, condition: String) -> Self {
        Self {
            action,
            reason,
            rule: Rule { name: rule, condition },
            rules: Vec::new(),
            evidence: Vec::new(),
            causes: Vec::new(),
            counterfactuals: Vec::new(),
        }
    }
}

fn record(inputs: &PolicyInputs, verdict: Verdict, deciding: Option<(ReferenceKind, DriftReport)>) -> Decision {
    let compared_with = deciding.as_ref().map(|(kind, _)| *kind);
    let report = deciding.map(|(_, report)| report).unwrap_or_default();
    let target = inputs.target.as_deref();
    let causes = verdict.causes;
    let irrelevant = causes::irrelevant(&report, target);
    let not_reasons = causes::not_reasons(&report, &causes);
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
        target: inputs.target.clone(),
        policy: inputs.policy.clone(),
        rule: verdict.rule,
        rules: verdict.rules,
        batch: inputs.batch.clone(),
        same_as_batch: inputs.same_as_batch,
        champion: inputs.champion.clone(),
        compared_with,
        evidence: verdict.evidence,
        causes,
        not_reasons,
        irrelevant,
        unseen,
        counterfactuals: verdict.counterfactuals,
        other_references: other_references(inputs, compared_with),
        error: inputs.error.clone(),
        target_mean: inputs.target_mean.clone(),
        unknown_segment_share: inputs.unknown_segment_share,
        examples: inputs.examples.clone(),
        answer: None,
        afterwards: None,
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
            let times = || relevant().filter_map(|column| Some((column, column.effect.as_ref()?.times_bound)));
            let largest = times().max_by(|a, b| a.1.total_cmp(&b.1));
            OtherReference {
                kind: *kind,
                rows: report.reference.rows,
                drifted: relevant().filter(|column| column.drifted).map(|column| column.name.clone()).collect(),
                largest_times_bound: largest.map(|(_, times)| times),
                largest_column: largest.map(|(column, _)| column.name.clone()),
                times_bound: times().map(|(column, times)| (column.name.clone(), times)).collect(),
                ks_below_level: reference::ks_tests(&report, inputs)
                    .filter(|(_, p)| *p < inputs.policy.p_below)
                    .map(|(name, _)| name.to_owned())
                    .collect(),
            }
        })
        .collect()
}
