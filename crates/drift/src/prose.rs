//! A decision in words: English or Spanish, from the record only. Every number is one of the record, rounded.

use tidewheel_domain::decision::{Action, ColumnLabels, Decision, PolicyName, Quantity};
use tidewheel_domain::drift_report::TestName;

mod english;

/// Numbers as people of a language write them.
pub mod number;

mod spanish;

mod voice;

pub use number::Lang;
use voice::Voice;
pub use voice::shown;

/// Short paragraphs, separated by an empty line, that a manager can read: what changed, how much and against which
/// bound, which rule decided, and what would have had to be different.
pub fn prose(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> String {
    let voice = Voice::new(decision, lang, labels);
    match lang {
        Lang::En => english::paragraphs(&voice),
        Lang::Es => spanish::paragraphs(&voice),
    }
    .join("\n\n")
}

/// The decision and its main reason in one line.
pub fn headline(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> String {
    let voice = Voice::new(decision, lang, labels);
    match lang {
        Lang::En => english::headline(&voice),
        Lang::Es => spanish::headline(&voice),
    }
}

/// The sentences of a decision one by one, for a page that puts each beside its picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// See [`headline`].
    pub headline: String,
    /// With what the batch was compared and how many columns changed; or why nothing was compared.
    pub lead: String,
    /// One for each of [`Decision::causes`].
    pub causes: Vec<CauseParts>,
    /// One for each of [`Decision::irrelevant`].
    pub irrelevant: Vec<CauseParts>,
    /// What the batch costs.
    pub error: Option<String>,
    /// Where the mean of the target went.
    pub target_mean: Option<String>,
    /// Which rule decided.
    pub rule: Option<String>,
    /// What the ways lead to, without its colon; empty where there are none.
    pub opening: String,
    /// What would have had to be otherwise: each is enough by itself, nearest first.
    pub ways: Vec<String>,
    /// What a person said.
    pub answer: Option<String>,
    /// What came of it.
    pub afterwards: Option<String>,
    /// How sure the intervals are.
    pub intervals: Option<String>,
}

/// The sentences of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CauseParts {
    /// What changed, without the figures of the effects.
    pub changed: Vec<String>,
    /// What the column is to the model, what its change explains, and whether it has been answered.
    pub role: Vec<String>,
}

/// [`prose`] in parts.
pub fn parts(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> Parts {
    let voice = Voice::new(decision, lang, labels);
    match lang {
        Lang::En => english::parts(&voice),
        Lang::Es => spanish::parts(&voice),
    }
}

/// The lines that the reference system writes into its log.
pub fn log_lines(decision: &Decision) -> Vec<String> {
    let mut lines: Vec<String> = decision.causes.iter().map(|cause| drift_line(decision, &cause.column)).collect();
    match decision.action {
        Action::Baseline => lines.push("No reference data yet: first run".to_owned()),
        Action::Skip if decision.same_as_batch.is_some() => {
            lines.push(format!("Skipping training: {}", decision.reason));
        }
        Action::Skip if decision.causes.is_empty() => lines.push("No drift detected, skipping training".to_owned()),
        Action::Skip => lines.push(format!("Skipping training: {}", decision.reason)),
        Action::StopAndAsk => lines.push(format!("Waiting for a person: {}", decision.reason)),
        Action::Retrain | Action::ShadowTrain => {}
    }
    if decision.action.trains() {
        lines.push("Proceeding to training...".to_owned());
    }
    lines
}

fn drift_line(decision: &Decision, name: &str) -> String {
    let p = decision.report.column(name).and_then(|column| column.tests.first()).map(|test| test.p_value);
    match p {
        Some(p) => format!("Drift detected in feature: {name} (p-value: {p:.3})"),
        None => format!("Drift detected in feature: {name} (p-value: n/a)"),
    }
}

/// The p-value that the policy `reference` looked at.
fn ks_p_value(decision: &Decision, column: &str) -> Option<f64> {
    let tests = &decision.report.column(column)?.tests;
    tests.iter().find(|test| test.name == TestName::Ks).map(|test| test.p_value)
}

/// Whether the decision rests on p-values.
fn rests_on_p_values(decision: &Decision) -> bool {
    decision.policy.name == PolicyName::Reference
        && decision.evidence.iter().any(|evidence| evidence.quantity == Quantity::KsPValue)
}
