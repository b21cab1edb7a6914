//! The decision over a batch and why it was taken: the record from which prose, pages and replays are made.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drift_report::{DriftReport, EffectName, LevelMove};
pub use crate::turn::Action;

/// Version of the JSON form of [`Decision`]; it grows when a field changes its meaning.
pub const DECISION_VERSION: u32 = 1;

/// The policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PolicyName {
    /// Train when an effect in a relevant column is over its bound.
    #[default]
    Effect,
    /// Train when any numeric column's KS test against the previous batch has p below [`PolicySettings::p_below`].
    Reference,
}

impl PolicyName {
    /// The name as it stands in the project file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::Reference => "reference",
        }
    }
}

/// The section `[policy]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// Which policy decides.
    pub name: PolicyName,
    /// Fewest rows never seen before that a training needs; without it their number does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_rows: Option<u64>,
    /// Smallest share of the champion's mean absolute SHAP value that makes a column relevant.
    pub relevant_share: f64,
    /// Policy `reference`: the p-value below which a column has drifted.
    pub p_below: f64,
    /// Policy `reference`: the numeric columns it tests; when empty, every numeric column of the report.
    pub ks_columns: Vec<String>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self { name: PolicyName::default(), min_rows: None, relevant_share: 0.05, p_below: 0.05, ks_columns: vec![] }
    }
}

impl PolicySettings {
    /// Says what is wrong with the settings, naming the field and its value; `Ok` when nothing is.
    pub fn validate(&self) -> Result<(), String> {
        for (field, value) in [("relevant_share", self.relevant_share), ("p_below", self.p_below)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("policy.{field} must lie between 0 and 1, got {value}"));
            }
        }
        Ok(())
    }
}

/// The batch that a decision is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BatchRef {
    /// Ordinal of the batch in its project, from 1; absent where two plain files are compared.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<u64>,
    /// Rows.
    pub rows: u64,
    /// Rows whose key is in no earlier batch, where keys are known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub never_seen_rows: Option<u64>,
    /// Content hash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

/// The model in production when the decision was taken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ChampionRef {
    /// Version, e.g. `6`.
    pub version: String,
    /// Rows that it was trained on.
    pub training_rows: u64,
    /// Content hashes of its training batches.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub training_sha256: Vec<String>,
}

/// Which rows a batch was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// The champion's training rows.
    Training,
    /// The batch of the last promotion.
    LastPromoted,
    /// The batches before this one.
    TrailingWindow,
    /// The one batch before this one.
    PreviousBatch,
    /// A file that a person named.
    File,
}

/// The rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Short name.
    pub name: RuleName,
    /// The condition, readable.
    pub condition: String,
}

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleName {
    /// An earlier turn finished with the very same rows.
    BatchAgain,
    /// There is nothing to compare with yet.
    FirstRun,
    /// Fewer rows never seen before than the policy asks for.
    TooFewRows,
    /// Policy `effect`: a relevant column drifted.
    RelevantColumnDrifted,
    /// Policy `effect`: no relevant column drifted.
    NoRelevantColumnDrifted,
    /// Policy `reference`: a KS test has a small p-value.
    KsBelowLevel,
    /// Policy `reference`: no KS test has one.
    NoKsBelowLevel,
}

impl RuleName {
    /// The name as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BatchAgain => "batch_again",
            Self::FirstRun => "first_run",
            Self::TooFewRows => "too_few_rows",
            Self::RelevantColumnDrifted => "relevant_column_drifted",
            Self::NoRelevantColumnDrifted => "no_relevant_column_drifted",
            Self::KsBelowLevel => "ks_below_level",
            Self::NoKsBelowLevel => "no_ks_below_level",
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Lower end of an effect's interval.
    EffectLow,
    /// A KS test's p-value.
    KsPValue,
    /// Rows never seen before.
    NeverSeenRows,
}

/// One observed value that a rule looked at, beside the value that it was held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What was looked at.
    pub quantity: Quantity,
    /// In which column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    /// Which effect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effect: Option<EffectName>,
    /// The observed value.
    pub observed: f64,
    /// The value that it was held against.
    pub bound: f64,
    /// Whether the condition that trains (or, for rows, that skips) holds.
    pub holds: bool,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Values moved up or down.
    Shift,
    /// Values lie wider apart or closer together.
    Spread,
    /// Values lie elsewhere though centre and width are alike.
    Shape,
    /// More values lie beyond the reference's limits.
    Tails,
    /// Shares of known levels changed.
    Categories,
    /// Levels that the reference lacks.
    NewLevels,
    /// More or fewer values are missing.
    Missing,
}

/// The direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More, larger, wider.
    Up,
    /// Less, smaller, narrower.
    Down,
}

/// What `from` and `to` of a [`Change`] are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The median.
    Median,
    /// The mean within the reference's 1st and 99th percentile.
    WinsorisedMean,
    /// The standard deviation within the same limits.
    WinsorisedSd,
    /// A share of rows.
    Share,
}

/// One effect of a column in words that a person can check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Which effect.
    pub effect: EffectName,
    /// Kind of the change.
    pub kind: ChangeKind,
    /// Its direction, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub direction: Option<Direction>,
    /// Best estimate of the effect.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// Its bound.
    pub bound: f64,
    /// `value / bound`.
    pub times_bound: f64,
    /// What `from` and `to` measure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub measure: Option<Measure>,
    /// In the reference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<f64>,
    /// In the batch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<f64>,
    /// New levels: how many; and what chance alone would give as their share.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub new_levels: Option<u64>,
    /// What chance alone gives (tails, new levels).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chance: Option<f64>,
    /// Categories: the levels that moved most, at most three; new levels: the most frequent of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub levels: Vec<LevelMove>,
}

/// A column that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The column.
    pub column: String,
    /// Whether it is the target.
    pub target: bool,
    /// Its share of the champion's mean absolute SHAP value, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight: Option<f64>,
    /// Its changes over the bound, most certain first; never empty.
    pub changes: Vec<Change>,
}

/// Something that was looked at and gave no reason to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotReason {
    /// The column.
    pub column: String,
    /// Its effect that is largest in multiples of its bound.
    pub effect: EffectName,
    /// Best estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// The bound.
    pub bound: f64,
}

/// A change that a batch of this size cannot show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unseen {
    /// The column.
    pub column: String,
    /// The effect.
    pub effect: EffectName,
    /// Upper end of its interval: the change may be as large as this.
    pub high: f64,
    /// The bound.
    pub bound: f64,
    /// Smallest true effect that a sample of this size shows in 95 of 100 cases.
    pub visible_from: f64,
}

/// One condition that stands between the decision and its opposite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// What is looked at.
    pub quantity: Quantity,
    /// In which column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    /// Which effect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effect: Option<EffectName>,
    /// The observed value.
    pub observed: f64,
    /// How the observed value would have to stand to `needed`.
    pub comparison: Comparison,
    /// The value at which the decision turns.
    pub needed: f64,
    /// Effects: the best estimate that was observed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<f64>,
    /// Effects: the best estimate at which the lower end would stand at `needed`, with an interval as wide as now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value_needed: Option<f64>,
}

/// How two numbers stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// At or below.
    AtMost,
    /// Above.
    Above,
    /// At or above.
    AtLeast,
    /// Below.
    Below,
}

/// What would have had to be different for another action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counterfactual {
    /// The action that would have been taken.
    #[schemars(with = "String")]
    pub action: Action,
    /// Whether all conditions are needed (true) or any one of them is enough (false).
    pub all: bool,
    /// The conditions, nearest first where one is enough, most certain first where all are needed.
    pub conditions: Vec<Condition>,
}

/// The largest effects against another reference, shown beside the deciding one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OtherReference {
    /// Which rows.
    pub kind: ReferenceKind,
    /// How many.
    pub rows: u64,
    /// Relevant columns that drifted against them.
    pub drifted: Vec<String>,
    /// The largest effect of a relevant column, in multiples of its bound.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub largest_times_bound: Option<f64>,
    /// The column of that effect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub largest_column: Option<String>,
    /// Tests with p below the policy's level (the reference system's rule).
    pub ks_below_level: Vec<String>,
}

/// The record of a decision. Its JSON carries the deciding drift report's fields (`columns`, ...) at the top level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// [`DECISION_VERSION`] of the writer.
    pub schema_version: u32,
    /// What is to be done.
    #[schemars(with = "String")]
    pub action: Action,
    /// Why, in one line of English.
    pub reason: String,
    /// The project.
    pub project: String,
    /// The policy.
    pub policy: PolicySettings,
    /// The rule that fired.
    pub rule: Rule,
    /// The batch.
    pub batch: BatchRef,
    /// The earlier batch with the very same rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub same_as_batch: Option<u64>,
    /// The champion, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub champion: Option<ChampionRef>,
    /// Which rows the deciding report compares with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compared_with: Option<ReferenceKind>,
    /// Every value that the rule looked at.
    pub evidence: Vec<Evidence>,
    /// Why: the columns that led to the action, strongest first.
    pub causes: Vec<Cause>,
    /// Looked at and fine, largest effect first.
    pub not_reasons: Vec<NotReason>,
    /// Over the bound, yet the champion ignores the column.
    pub irrelevant: Vec<Cause>,
    /// What a batch of this size cannot show.
    pub unseen: Vec<Unseen>,
    /// What would have had to be different.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counterfactual: Option<Counterfactual>,
    /// The same batch against other rows; shown, never deciding.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_references: Vec<OtherReference>,
    /// Counts that the prose names.
    pub counts: Counts,
    /// The deciding drift report.
    #[serde(flatten)]
    pub report: DriftReport,
}

/// Numbers of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Tested.
    pub tested: u64,
    /// Tested and relevant.
    pub relevant: u64,
    /// Causes.
    pub causes: u64,
    /// Looked at and fine.
    pub not_reasons: u64,
    /// Changed but irrelevant.
    pub irrelevant: u64,
    /// Columns of which the sample cannot tell on which side of the bound they lie.
    pub unseen: u64,
}

/// How a column is called in prose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ColumnLabel {
    /// What a person calls it; the column's name where absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
    /// Unit of its values, e.g. `USD` or `sq ft`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<String>,
}

/// Labels by column name.
pub type ColumnLabels = BTreeMap<String, ColumnLabel>;
