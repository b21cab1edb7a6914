//! The decision over a batch and why it was taken: the record from which prose, pages and replays are made.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drift_report::{DriftReport, EffectName, LevelMove};
pub use crate::policy::{Budget, Comparison, PolicyName, PolicyRule, PolicySettings, Quantity, Test, When};
use crate::timestamp::Timestamp;
pub use crate::turn::Action;

/// Version of the JSON form of [`Decision`]; it grows when a field changes its meaning.
pub const DECISION_VERSION: u32 = 2;

/// The JSON Schema of [`Decision`].
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Decision).to_value()
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", from = "String")]
#[schemars(with = "String")]
pub enum RuleName {
    /// An earlier turn finished with the very same rows.
    BatchAgain,
    /// There is nothing to compare with yet.
    FirstRun,
    /// Fewer rows never seen before than the policy asks for.
    TooFewRows,
    /// Too large a part of the batch lies in segments that the champion hardly knows.
    UnknownSegments,
    /// Policy `costly-drift`: something moved, and the champion's error rose.
    MovedAndCosts,
    /// Policy `costly-drift`: the champion's error rose, whatever moved.
    ErrorAlone,
    /// Policy `costly-drift`: neither moved anything that matters nor rose the error enough by itself.
    NothingMoved,
    /// Policy `costly-drift`: something moved, and the champion's error did not rise enough.
    MovedButCheap,
    /// Policy `costly-drift`: something moved, and what it costs could neither be measured nor estimated.
    CostUnknown,
    /// Every cause has been answered already: the champion knows it, or a challenger for it was rejected.
    CauseAnswered,
    /// A training was too short a time ago.
    Cooldown,
    /// There were enough trainings lately.
    BudgetSpent,
    /// Policy `effect`: a relevant column drifted.
    RelevantColumnDrifted,
    /// Policy `effect`: no relevant column drifted.
    NoRelevantColumnDrifted,
    /// Policy `reference`: a KS test has a small p-value.
    KsBelowLevel,
    /// Policy `reference`: no KS test has one.
    NoKsBelowLevel,
    /// A rule of the project.
    Own(String),
}

impl RuleName {
    const KNOWN: [Self; 16] = [
        Self::BatchAgain,
        Self::FirstRun,
        Self::TooFewRows,
        Self::UnknownSegments,
        Self::MovedAndCosts,
        Self::ErrorAlone,
        Self::NothingMoved,
        Self::MovedButCheap,
        Self::CostUnknown,
        Self::CauseAnswered,
        Self::Cooldown,
        Self::BudgetSpent,
        Self::RelevantColumnDrifted,
        Self::NoRelevantColumnDrifted,
        Self::KsBelowLevel,
        Self::NoKsBelowLevel,
    ];

    /// The name as it stands in JSON.
    pub fn as_str(&self) -> &str {
        match self {
            Self::BatchAgain => "batch_again",
            Self::FirstRun => "first_run",
            Self::TooFewRows => "too_few_rows",
            Self::UnknownSegments => "unknown_segments",
            Self::MovedAndCosts => "moved_and_costs",
            Self::ErrorAlone => "error_alone",
            Self::NothingMoved => "nothing_moved",
            Self::MovedButCheap => "moved_but_cheap",
            Self::CostUnknown => "cost_unknown",
            Self::CauseAnswered => "cause_answered",
            Self::Cooldown => "cooldown",
            Self::BudgetSpent => "budget_spent",
            Self::RelevantColumnDrifted => "relevant_column_drifted",
            Self::NoRelevantColumnDrifted => "no_relevant_column_drifted",
            Self::KsBelowLevel => "ks_below_level",
            Self::NoKsBelowLevel => "no_ks_below_level",
            Self::Own(name) => name,
        }
    }
}

impl From<RuleName> for String {
    fn from(name: RuleName) -> Self {
        name.as_str().to_owned()
    }
}

impl From<String> for RuleName {
    fn from(text: String) -> Self {
        Self::KNOWN.into_iter().find(|name| name.as_str() == text).unwrap_or(Self::Own(text))
    }
}

/// A rule that was asked, in the order of asking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCheck {
    /// Its name.
    pub name: RuleName,
    /// Its condition.
    pub condition: String,
    /// What it would do.
    #[schemars(with = "String")]
    pub action: Action,
    /// Whether its condition holds.
    pub holds: bool,
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
    /// Whether the condition holds that asks for it.
    pub holds: bool,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// Two columns depend on each other otherwise.
    Dependence,
}

/// The direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// A rank correlation.
    Correlation,
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

/// What a cause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseSubject {
    /// A column whose values changed.
    Column,
    /// Two columns whose dependence on each other changed.
    Pair,
    /// One segment, within which the champion errs more.
    Segment,
    /// The relation between the features and the target: the champion errs more on rows like those it knows.
    Relation,
}

/// Why: a column that changed, a segment that changed within, a relation that no longer holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// What it is about.
    pub subject: CauseSubject,
    /// The column; for a segment the column of segments, for a relation the target.
    pub column: String,
    /// Pairs: the other column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub other: Option<String>,
    /// Segments: which one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub segment: Option<String>,
    /// Whether the column is the target.
    pub target: bool,
    /// The column's share of the champion's mean absolute SHAP value, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight: Option<f64>,
    /// How much of the difference of the champion's error it explains, on the training scale.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<f64>,
    /// The same as a share of that difference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost_share: Option<f64>,
    /// Columns and pairs: its changes over the bound, most certain first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changes: Vec<Change>,
    /// Segments and relations: the champion's error before and now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorChange>,
    /// Where it has been answered already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered: Option<Answered>,
}

impl Cause {
    /// A cause about a column of which nothing more is known.
    pub fn of_column(column: &str) -> Self {
        Self {
            subject: CauseSubject::Column,
            column: column.to_owned(),
            other: None,
            segment: None,
            target: false,
            weight: None,
            cost: None,
            cost_share: None,
            changes: Vec::new(),
            error: None,
            answered: None,
        }
    }

    /// What makes two causes the same one: subject, kind and direction; for categories the value that moved most, too.
    pub fn key(&self) -> CauseKey {
        let change = self.changes.first();
        let value = match change.map(|change| change.kind) {
            Some(ChangeKind::Categories | ChangeKind::NewLevels) => {
                change.and_then(|change| change.levels.first()).map(|level| level.level.clone())
            }
            _ => self.segment.clone(),
        };
        CauseKey {
            subject: self.subject,
            column: self.column.clone(),
            other: self.other.clone(),
            kind: change.map(|change| change.kind),
            direction: change.and_then(|change| change.direction).or_else(|| self.error.as_ref().and_then(|e| e.side)),
            value,
        }
    }
}

/// See [`Cause::key`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CauseKey {
    /// What it is about.
    pub subject: CauseSubject,
    /// The column.
    pub column: String,
    /// Pairs: the other column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub other: Option<String>,
    /// Kind of the change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<ChangeKind>,
    /// Its direction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub direction: Option<Direction>,
    /// The value or segment that it is about most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
}

/// How a cause has been answered before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Answered {
    /// The champion was trained on a batch that shows it.
    Champion {
        /// That batch.
        batch: u64,
        /// The champion's version.
        version: String,
    },
    /// A challenger that was trained for it was rejected, not long ago.
    Rejected {
        /// The batch it was trained for.
        batch: u64,
        /// The version.
        version: String,
    },
}

/// The champion's error before and now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorChange {
    /// Mean absolute error on the hold-out, on the training scale.
    pub reference: f64,
    /// Mean absolute error on the batch's never-seen rows.
    pub current: f64,
    /// `current / reference - 1`.
    pub rise: f64,
    /// Lower end of the rise's interval.
    pub low: f64,
    /// Upper end of the rise's interval.
    pub high: f64,
    /// Rows of the hold-out.
    pub reference_rows: u64,
    /// Rows of the batch.
    pub current_rows: u64,
    /// Whether the target now lies above (up) or below (down) what the champion says, where that is certain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub side: Option<Direction>,
}

/// What the batch costs: the champion's error on its never-seen rows, against the hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorEvidence {
    /// Whether labels were there. Where not, the error is estimated from the hold-out's residuals, weighted by the
    /// batch's mix.
    pub measured: bool,
    /// The scale of the errors: `none` (target units) or `log1p`.
    pub scale: String,
    /// All rows.
    pub all: ErrorChange,
    /// Like with like: the same, with the hold-out weighted so that its segments have the batch's shares. Segments that
    /// either side hardly has are left out. Tells a model that errs more from a batch that is easier or harder.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub like_with_like: Option<ErrorChange>,
    /// The mean signed residual (target less prediction) before and now: what the champion says too little.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bias: Option<Shift>,
    /// Segments whose error rose for certain, all segments taken together; the largest part of the difference first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub segments: Vec<SegmentError>,
    /// The difference of the errors, split by segment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by_segment: Option<Decomposition>,
    /// How much of the difference the shift of each drifted column explains, largest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<ColumnCost>,
}

impl ErrorEvidence {
    /// The change on which policies decide: the one whose lower end is higher, for an easier mix must not hide that the
    /// champion errs more.
    pub fn deciding(&self) -> &ErrorChange {
        match &self.like_with_like {
            Some(like) if like.low > self.all.low => like,
            _ => &self.all,
        }
    }
}

/// A mean before and now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shift {
    /// In the reference.
    pub reference: f64,
    /// In the batch.
    pub current: f64,
    /// Lower end of the difference's interval.
    pub low: f64,
    /// Upper end of the difference's interval.
    pub high: f64,
}

/// The champion's error in one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentError {
    /// The segment.
    pub segment: String,
    /// Its share of the batch's rows.
    pub share: f64,
    /// What its rise adds to the difference of the errors.
    pub within: f64,
    /// The error.
    #[serde(flatten)]
    pub error: ErrorChange,
}

/// How much of the error's difference the shift of a column explains: the mix part of the decomposition by its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnCost {
    /// The column.
    pub column: String,
    /// On the training scale.
    pub cost: f64,
    /// As a share of the difference, where that is large enough to divide by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share: Option<f64>,
}

/// The difference of a mean, split by segment into mix (other segments came) and within (they changed inside).
/// `difference = mix + within`, and each is the sum over the segments and `others`.
///
/// E. M. Kitagawa, Components of a difference between two rates, JASA 50 (1955), symmetric form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decomposition {
    /// The column of segments.
    pub column: String,
    /// Mean of the reference.
    pub reference: f64,
    /// Mean of the batch.
    pub current: f64,
    /// `current - reference`.
    pub difference: f64,
    /// From the mix of segments.
    pub mix: f64,
    /// The part of `mix` from segments that the reference lacks.
    pub new_segments: f64,
    /// From changes within segments.
    pub within: f64,
    /// The segments that add most, at most [`Decomposition::SHOWN`].
    pub segments: Vec<SegmentPart>,
    /// What all other segments add together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub others: Option<SegmentPart>,
}

impl Decomposition {
    /// How many segments are named.
    pub const SHOWN: usize = 12;
}

/// What one segment adds to a difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentPart {
    /// The segment; absent for rows without one, and for all others together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub segment: Option<String>,
    /// Its rows in the reference.
    pub reference_rows: u64,
    /// Its rows in the batch.
    pub current_rows: u64,
    /// Its mean in the reference, where it has rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<f64>,
    /// Its mean in the batch, where it has rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub current: Option<f64>,
    /// What its change of share adds.
    pub mix: f64,
    /// What its change of mean adds.
    pub within: f64,
}

/// A row that shows the first cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExampleRow {
    /// Its values by column.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// What the champion predicts, in target units.
    pub predicted: f64,
    /// The target, in target units.
    pub actual: f64,
}

/// What came of a decision, as the next batch with new rows shows; filled in later, so that policies can be judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Afterwards {
    /// The batch that shows it.
    pub batch: u64,
    /// Its never-seen rows.
    pub rows: u64,
    /// The version that was trained.
    pub version: String,
    /// Whether it was promoted.
    pub promoted: bool,
    /// Mean absolute error of the former champion on those rows, on the training scale.
    pub former_error: f64,
    /// Mean absolute error of the version that was trained, on the same rows.
    pub trained_error: f64,
    /// `trained_error / former_error - 1`, below 0 is better.
    pub change: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonAnswer {
    /// `retrain` or `skip`.
    #[schemars(with = "String")]
    pub action: Action,
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
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

/// One way in which the decision would have been another: the smallest change that turns it, all else as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counterfactual {
    /// The action that would have been taken.
    #[schemars(with = "String")]
    pub action: Action,
    /// The conditions; all of them are needed together.
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
    /// The largest effect of each relevant column, in multiples of its bound.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub times_bound: BTreeMap<String, f64>,
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
    /// The column that the model predicts, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// The policy.
    pub policy: PolicySettings,
    /// The rule that fired.
    pub rule: Rule,
    /// Every rule that was asked, in order; the first that holds fired, unless a brake stopped its training.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rules: Vec<RuleCheck>,
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
    /// What would have had to be different: each entry is enough by itself, the nearest first.
    pub counterfactuals: Vec<Counterfactual>,
    /// The same batch against other rows; shown, never deciding.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_references: Vec<OtherReference>,
    /// What the batch costs, where a champion could be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorEvidence>,
    /// The mean of the target, in target units, split by segment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target_mean: Option<Decomposition>,
    /// Share of the batch's rows in segments of which the champion saw fewer than 30 training rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unknown_segment_share: Option<f64>,
    /// Rows that show the first cause.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub examples: Vec<ExampleRow>,
    /// What a person decided, where the action is `stop_and_ask`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<PersonAnswer>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub afterwards: Option<Afterwards>,
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
