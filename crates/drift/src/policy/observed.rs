//! What the conditions of a policy look at, read from the reports; single values may be assumed otherwise.

use tidewheel_domain::decision::{ErrorEvidence, Evidence, Quantity, ReferenceKind, Test};
use tidewheel_domain::drift_report::{ColumnDrift, DriftReport, Effect, PairDrift};

use super::PolicyInputs;
use super::reference::ks_tests;

/// A value that is assumed in the place of the observed one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assumed {
    pub(super) quantity: Quantity,
    pub(super) column: Option<String>,
    pub(super) value: f64,
}

/// What the conditions look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observed<'a> {
    pub(super) report: &'a DriftReport,
    pub(super) inputs: &'a PolicyInputs,
    pub(super) assumed: &'a [Assumed],
}

impl<'a> Observed<'a> {
    pub(super) fn new(report: &'a DriftReport, inputs: &'a PolicyInputs) -> Self {
        Self { report, inputs, assumed: &[] }
    }

    /// The value of what a test looks at; `None` where it could not be measured.
    pub(super) fn value(&self, test: &Test) -> Option<f64> {
        let same = |one: &&Assumed| one.quantity == test.quantity && one.column == test.column;
        if let Some(assumed) = self.assumed.iter().find(same) {
            return Some(assumed.value);
        }
        let error = self.inputs.error.as_ref().map(ErrorEvidence::deciding);
        let count = |count: u64| Some(count as f64);
        match test.quantity {
            Quantity::Effect => match &test.column {
                None => largest_low(self.report),
                Some(name) => {
                    let column = self.report.column(name)?;
                    column.effects.iter().map(|effect| effect.low_times_bound).reduce(f64::max)
                }
            },
            Quantity::ErrorRise => error.map(|error| error.rise),
            Quantity::ErrorRiseLow => error.map(|error| error.low),
            Quantity::NeverSeenRows => self.inputs.batch.never_seen_rows.and_then(count),
            Quantity::Rows => count(self.inputs.batch.rows),
            Quantity::UnknownSegmentShare => self.inputs.unknown_segment_share,
            Quantity::BatchesSinceTraining => self.inputs.batches_since_training.and_then(count),
            Quantity::LastPromotedEffect => self.against(ReferenceKind::LastPromoted),
            Quantity::TrailingEffect => self.against(ReferenceKind::TrailingWindow),
            Quantity::KsPValue => ks_tests(self.report, self.inputs).map(|(_, p)| p).reduce(f64::min),
            Quantity::EffectLow => None,
        }
    }

    fn against(&self, kind: ReferenceKind) -> Option<f64> {
        let (_, report) = self.inputs.others.iter().find(|(other, _)| *other == kind)?;
        largest_low(&super::with_relevance(report, self.inputs))
    }
}

/// The largest lower end among the effects that matter, in multiples of its bound.
fn largest_low(report: &DriftReport) -> Option<f64> {
    relevant_effects(report).first().map(|one| one.effect.low_times_bound)
}

/// An effect and where it was measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Located<'a> {
    pub(super) column: &'a str,
    pub(super) effect: &'a Effect,
}

/// Every effect that matters: of a relevant column, or of a pair of them. The one whose lower end is nearest to, or
/// furthest over, its bound first.
pub(super) fn relevant_effects(report: &DriftReport) -> Vec<Located<'_>> {
    fn of_column(column: &ColumnDrift) -> impl Iterator<Item = Located<'_>> {
        column.effects.iter().map(|effect| Located { column: &column.name, effect })
    }
    fn of_pair(pair: &PairDrift) -> Located<'_> {
        Located { column: &pair.column, effect: &pair.effect }
    }
    let columns = report.columns.iter().filter(|column| column.relevant).flat_map(of_column);
    let pairs = report.pairs.iter().filter(|pair| pair.relevant).map(of_pair);
    let mut effects: Vec<_> = columns.chain(pairs).collect();
    effects.sort_by(|a, b| {
        let (a, b) = (a.effect, b.effect);
        b.low_times_bound.total_cmp(&a.low_times_bound).then_with(|| b.times_bound.total_cmp(&a.times_bound))
    });
    effects
}

/// The evidence behind the tests of rules: each test's own value, and the single effects or p-values behind sums of them.
pub(super) fn evidence<'t>(observed: &Observed<'_>, tests: impl Iterator<Item = &'t Test>) -> Vec<Evidence> {
    let mut all: Vec<Evidence> = Vec::new();
    for test in tests {
        match (test.quantity, &test.column) {
            (Quantity::Effect, None) => {
                all.extend(relevant_effects(observed.report).into_iter().map(|one| Evidence {
                    quantity: Quantity::EffectLow,
                    column: Some(one.column.to_owned()),
                    effect: Some(one.effect.name),
                    observed: one.effect.low,
                    bound: test.bound * one.effect.bound,
                    holds: test.comparison.holds(one.effect.low_times_bound, test.bound),
                }));
            }
            (Quantity::KsPValue, _) => {
                let mut tests: Vec<_> = ks_tests(observed.report, observed.inputs).collect();
                tests.sort_by(|a, b| a.1.total_cmp(&b.1));
                all.extend(tests.into_iter().map(|(column, p)| Evidence {
                    quantity: Quantity::KsPValue,
                    column: Some(column.to_owned()),
                    effect: None,
                    observed: p,
                    bound: test.bound,
                    holds: test.comparison.holds(p, test.bound),
                }));
            }
            (quantity, column) => all.extend(observed.value(test).map(|value| Evidence {
                quantity,
                column: column.clone(),
                effect: None,
                observed: value,
                bound: test.bound,
                holds: test.comparison.holds(value, test.bound),
            })),
        }
    }
    all.dedup();
    all
}
