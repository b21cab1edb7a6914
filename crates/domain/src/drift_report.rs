//! What two samples of rows have in common and what they have not: settings of a drift check and its result.
//!
//! Every number is finite: what could not be measured is `None`, and a note says why.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the JSON form of [`DriftReport`]; it grows when a field changes its meaning.
pub const DRIFT_REPORT_VERSION: u32 = 1;

/// The section `[drift]`: what is tested, and from which size on a change counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DriftSettings {
    /// Chance that any interval of a whole report misses the true effect; shared among all columns and effects.
    pub alpha: f64,
    /// Columns to test; when empty, every column that both sides have.
    pub columns: Vec<String>,
    /// Bounds for every column.
    pub bounds: Bounds,
    /// Bounds of single columns, by name; an effect that is not named keeps its bound from `bounds`.
    pub column: BTreeMap<String, BoundsOverride>,
}

impl Default for DriftSettings {
    fn default() -> Self {
        Self { alpha: 0.05, columns: Vec::new(), bounds: Bounds::default(), column: BTreeMap::new() }
    }
}

impl DriftSettings {
    /// The bound of one effect in one column.
    pub fn bound(&self, column: &str, effect: EffectName) -> f64 {
        self.column.get(column).and_then(|own| own.get(effect)).unwrap_or_else(|| self.bounds.get(effect))
    }

    /// Says what is wrong with the settings, naming the field and its value; `Ok` when nothing is.
    pub fn validate(&self) -> Result<(), String> {
        if !(self.alpha > 0.0 && self.alpha < 1.0) {
            return Err(format!("drift.alpha must lie between 0 and 1, got {}", self.alpha));
        }
        if !(0.5..1.0).contains(&self.bounds.classifier_auc) {
            let given = self.bounds.classifier_auc;
            return Err(format!("drift.bounds.classifier_auc must be .5 or more and below 1, got {given}"));
        }
        for effect in EffectName::ALL {
            check_bound(&format!("drift.bounds.{}", effect.as_str()), self.bounds.get(effect))?;
            for (column, own) in &self.column {
                if let Some(bound) = own.get(effect) {
                    check_bound(&format!("drift.column.{column}.{}", effect.as_str()), bound)?;
                }
            }
        }
        Ok(())
    }
}

fn check_bound(field: &str, bound: f64) -> Result<(), String> {
    if bound > 0.0 && bound.is_finite() {
        return Ok(());
    }
    Err(format!("{field} must be a positive number, got {bound}"))
}

/// The size from which on each effect counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Numbers: Wasserstein distance of the winsorised values, in standard deviations of the reference.
    pub distance: f64,
    /// Numbers: share of rows beyond the reference's 1st and 99th percentile, over what chance gives.
    pub tails: f64,
    /// Categories: Jensen-Shannon distance (base 2, 0 to 1), corrected for sampling.
    pub category_distance: f64,
    /// Categories: share of rows in levels that the reference lacks, over what chance gives.
    pub new_levels: f64,
    /// Difference of the shares of missing values.
    pub missing: f64,
    /// Two numeric columns: difference of their rank correlations.
    pub correlation: f64,
    /// All columns together: area under the ROC curve of a classifier that tells the sides apart.
    pub classifier_auc: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            distance: 0.10,
            tails: 0.02,
            category_distance: 0.10,
            new_levels: 0.02,
            missing: 0.02,
            correlation: 0.20,
            classifier_auc: 0.60,
        }
    }
}

impl Bounds {
    /// The bound of one effect.
    pub fn get(&self, effect: EffectName) -> f64 {
        match effect {
            EffectName::Distance => self.distance,
            EffectName::Tails => self.tails,
            EffectName::CategoryDistance => self.category_distance,
            EffectName::NewLevels => self.new_levels,
            EffectName::Missing => self.missing,
            EffectName::Correlation => self.correlation,
        }
    }
}

/// Bounds of one column; what is absent is taken from [`Bounds`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoundsOverride {
    /// See [`Bounds::distance`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// See [`Bounds::tails`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tails: Option<f64>,
    /// See [`Bounds::category_distance`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_distance: Option<f64>,
    /// See [`Bounds::new_levels`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_levels: Option<f64>,
    /// See [`Bounds::missing`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<f64>,
}

impl BoundsOverride {
    /// The bound of one effect, where this column has its own.
    pub fn get(&self, effect: EffectName) -> Option<f64> {
        match effect {
            EffectName::Distance => self.distance,
            EffectName::Tails => self.tails,
            EffectName::CategoryDistance => self.category_distance,
            EffectName::NewLevels => self.new_levels,
            EffectName::Missing => self.missing,
            // Two columns share it: only `drift.bounds` sets it.
            EffectName::Correlation => None,
        }
    }
}

/// The effects on which a decision may rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectName {
    /// See [`Bounds::distance`].
    Distance,
    /// See [`Bounds::tails`].
    Tails,
    /// See [`Bounds::category_distance`].
    CategoryDistance,
    /// See [`Bounds::new_levels`].
    NewLevels,
    /// See [`Bounds::missing`].
    Missing,
    /// See [`Bounds::correlation`].
    Correlation,
}

impl EffectName {
    /// Every effect.
    pub const ALL: [Self; 6] =
        [Self::Distance, Self::Tails, Self::CategoryDistance, Self::NewLevels, Self::Missing, Self::Correlation];

    /// The name as it stands in JSON and in the project file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Distance => "distance",
            Self::Tails => "tails",
            Self::CategoryDistance => "category_distance",
            Self::NewLevels => "new_levels",
            Self::Missing => "missing",
            Self::Correlation => "correlation",
        }
    }
}

/// How a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Numeric,
    /// Categories.
    Categorical,
}

impl ColumnKind {
    /// The name as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Categorical => "categorical",
        }
    }
}

/// How one sample of rows (current) differs from another (reference), column by column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftReport {
    /// [`DRIFT_REPORT_VERSION`] of the writer.
    pub report_version: u32,
    /// The sample that is compared against.
    pub reference: SampleInfo,
    /// The sample under test.
    pub current: SampleInfo,
    /// Chance that any interval of the report misses; see [`DriftSettings::alpha`].
    pub alpha: f64,
    /// Number of columns tested, over which `alpha` is shared.
    pub tested_columns: u64,
    /// Number of columns that drifted.
    pub drifted_columns: u64,
    /// The tested columns, in the reference's order.
    pub columns: Vec<ColumnDrift>,
    /// Pairs of numeric columns whose dependence was tested, largest change first; at most [`DriftReport::PAIRS`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub pairs: Vec<PairDrift>,
    /// Whether a classifier can tell the sides apart by all columns together, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub classifier: Option<ClassifierDrift>,
    /// Columns that only the reference has; they could not be tested.
    pub only_in_reference: Vec<String>,
    /// Columns that only the current sample has; they could not be tested.
    pub only_in_current: Vec<String>,
}

impl Default for DriftReport {
    /// The report of a check that did not take place: no columns, no rows.
    fn default() -> Self {
        Self {
            report_version: DRIFT_REPORT_VERSION,
            reference: SampleInfo::default(),
            current: SampleInfo::default(),
            alpha: DriftSettings::default().alpha,
            tested_columns: 0,
            drifted_columns: 0,
            columns: Vec::new(),
            pairs: Vec::new(),
            classifier: None,
            only_in_reference: Vec::new(),
            only_in_current: Vec::new(),
        }
    }
}

impl DriftReport {
    /// How many pairs are kept.
    pub const PAIRS: usize = 20;

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&ColumnDrift> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns that drifted.
    pub fn drifted(&self) -> impl Iterator<Item = &ColumnDrift> {
        self.columns.iter().filter(|column| column.drifted)
    }
}

/// One of the two samples.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SampleInfo {
    /// Rows.
    pub rows: u64,
    /// Content hash, where the caller knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// What the rows are, e.g. a file name or `batches 1 to 4`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
}

/// One column of a [`DriftReport`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnDrift {
    /// Column name.
    pub name: String,
    /// How both sides were read.
    pub kind: ColumnKind,
    /// Whether a change here may lead to a training: true unless a policy found that the model ignores the column.
    pub relevant: bool,
    /// Share of the champion's mean absolute SHAP value that this column carries, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight: Option<f64>,
    /// Whether any effect is over its bound.
    pub drifted: bool,
    /// The effect that is largest in multiples of its bound.
    pub effect: Option<Effect>,
    /// Every effect that could be measured.
    pub effects: Vec<Effect>,
    /// Tests whose p-values are shown as evidence; no decision of the policy `effect` rests on them.
    pub tests: Vec<TestResult>,
    /// The reference's side.
    pub reference: ColumnSide,
    /// The current side.
    pub current: ColumnSide,
    /// Levels of the current side that the reference lacks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub new_levels: Option<LevelList>,
    /// Levels of the reference that the current side lacks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub vanished_levels: Option<LevelList>,
    /// Levels whose share changed most, largest change first; at most [`LevelList::SHOWN`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub moved_levels: Vec<LevelMove>,
    /// Shares of rows in bins frozen from the reference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub histogram: Option<Histogram>,
    /// What is special about this column, and what could therefore not be seen.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<Note>,
}

/// What a classifier makes of the two sides: it sees changes that no column shows by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassifierDrift {
    /// Out-of-fold area under the ROC curve; ½ where the sides cannot be told apart.
    pub auc: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// The area from which on it counts.
    pub bound: f64,
    /// Whether `low` lies above `bound`.
    pub over: bool,
    /// By permuting the sides of the scored rows.
    pub p_value: f64,
    /// Share of each column in telling the sides apart, the largest first.
    pub gave_it_away: Vec<ColumnShare>,
    /// Rows of the reference that were drawn.
    pub reference_rows: u64,
    /// Rows of the current side that were drawn.
    pub current_rows: u64,
}

/// A column's share of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnShare {
    /// The column.
    pub column: String,
    /// 0 to 1.
    pub share: f64,
}

/// How the dependence of two numeric columns differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairDrift {
    /// The first column.
    pub column: String,
    /// The second column.
    pub other: String,
    /// Whether a change here may lead to a training: both columns are relevant.
    pub relevant: bool,
    /// The change of Spearman's rank correlation; its `reference` and `current` are the correlations.
    pub effect: Effect,
}

/// Which of the two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The sample that is compared against.
    Reference,
    /// The sample under test.
    Current,
}

/// What is special about a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Note {
    /// One side holds numbers, the other categories; both were compared as categories.
    TypeChanged {
        /// Kind of the reference.
        reference: ColumnKind,
        /// Kind of the current sample.
        current: ColumnKind,
    },
    /// Every value of a side is missing: only the missing shares could be compared.
    NoValues {
        /// The side without values.
        side: Side,
    },
    /// The reference holds one value only; its distance is the share of rows with another one.
    ConstantReference,
    /// All between the reference's 1st and 99th percentile is one value: the distance cannot see a change, the tails do.
    NearlyConstantReference,
    /// Too few values on a side for the distance to be told from chance.
    FewValues {
        /// Present values of the smaller side.
        values: u64,
        /// The fewest that are needed.
        needed: u64,
    },
    /// Infinite values: they count as lying beyond every limit.
    InfiniteValues {
        /// In the reference.
        reference: u64,
        /// In the current sample.
        current: u64,
    },
    /// A side has so many values that a sketch stands for them: ranks may be off by .1 %.
    Approximate {
        /// Values a side up to which all of them are looked at.
        exact_up_to: u64,
    },
    /// Levels too rare for the chi-square test, which took them as one.
    RareLevelsMerged {
        /// How many.
        levels: u64,
    },
}

impl ColumnDrift {
    /// One effect by name, where it could be measured.
    pub fn effect_named(&self, name: EffectName) -> Option<&Effect> {
        self.effects.iter().find(|effect| effect.name == name)
    }

    /// The effects over their bounds, most certain first (lower end in multiples of the bound).
    pub fn effects_over(&self) -> Vec<&Effect> {
        let mut over: Vec<_> = self.effects.iter().filter(|effect| effect.over).collect();
        over.sort_by(|a, b| b.low_times_bound.total_cmp(&a.low_times_bound));
        over
    }
}

/// How large a change is, with its simultaneous interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// Which effect.
    pub name: EffectName,
    /// Best estimate, never negative.
    pub value: f64,
    /// Lower end of the simultaneous interval.
    pub low: f64,
    /// Upper end of the simultaneous interval.
    pub high: f64,
    /// The size from which on it counts.
    pub bound: f64,
    /// `value / bound`.
    pub times_bound: f64,
    /// `low / bound`.
    pub low_times_bound: f64,
    /// Whether `low` lies above `bound`.
    pub over: bool,
    /// Smallest true effect that a sample of this size shows to be over the bound in 95 of 100 cases.
    pub visible_from: f64,
    /// What is compared on the reference's side, in the effect's own measure (a share, a mean); see [`EffectName`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<f64>,
    /// The same on the current side.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub current: Option<f64>,
    /// What chance alone gives, already taken off `value` (tails, new levels, category distance).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chance: Option<f64>,
}

impl Effect {
    /// Whether the interval holds the bound, so that the sample cannot tell on which side the effect lies.
    pub fn cannot_tell(&self) -> bool {
        !self.over && self.high > self.bound
    }
}

/// A test's outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestResult {
    /// `ks` (two-sample Kolmogorov-Smirnov) or `chi_square` (of homogeneity).
    pub name: TestName,
    /// The statistic.
    pub statistic: f64,
    /// Probability of a statistic at least this large when both samples come from one distribution.
    pub p_value: f64,
    /// The same after Holm's correction over all tests of the report.
    pub p_adjusted: f64,
    /// `exact`, `asymptotic`.
    pub method: String,
    /// Degrees of freedom (chi-square).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub degrees_of_freedom: Option<u64>,
    /// Where the two cumulative curves lie furthest apart (KS).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<f64>,
    /// 1 when the reference's curve is the higher one there (its values are smaller), else -1 (KS).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sign: Option<i8>,
}

/// Tests of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestName {
    /// Two-sample Kolmogorov-Smirnov.
    Ks,
    /// Chi-square of homogeneity.
    ChiSquare,
}

/// What one side of a column holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ColumnSide {
    /// Rows, missing ones included.
    pub rows: u64,
    /// Missing rows.
    pub missing: u64,
    /// `missing / rows`.
    pub missing_share: f64,
    /// Numbers: what the present values look like.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub numbers: Option<NumericSummary>,
    /// Categories: what the present values look like.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub categories: Option<CategorySummary>,
}

/// Present finite values of a numeric column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NumericSummary {
    /// Mean.
    pub mean: f64,
    /// Standard deviation (ddof 0).
    pub sd: f64,
    /// Mean after the reference's 1st and 99th percentile were taken as limits.
    pub winsorised_mean: f64,
    /// Standard deviation (ddof 0) after the same.
    pub winsorised_sd: f64,
    /// Median.
    pub median: f64,
    /// Values by the probability at which they stand (numpy's `linear`): see [`QUANTILES`].
    pub quantiles: Vec<f64>,
    /// Infinite values; they are in no other figure here.
    pub infinite: u64,
}

/// The probabilities of [`NumericSummary::quantiles`].
pub const QUANTILES: [f64; 11] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];

/// Present values of a categorical column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CategorySummary {
    /// Number of levels that occur.
    pub levels: u64,
    /// The most frequent ones.
    pub top: Vec<LevelShare>,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelShare {
    /// The level's text.
    pub level: String,
    /// Rows.
    pub rows: u64,
    /// Share of the side's present rows.
    pub share: f64,
}

/// Levels that one side lacks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LevelList {
    /// How many there are.
    pub count: u64,
    /// Share of present rows in them, on the side that has them.
    pub share: f64,
    /// The most frequent ones, at most [`LevelList::SHOWN`].
    pub top: Vec<LevelShare>,
}

impl LevelList {
    /// How many levels are named.
    pub const SHOWN: usize = 20;
}

/// A level whose share changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelMove {
    /// The level's text.
    pub level: String,
    /// Share of present rows in the reference.
    pub reference: f64,
    /// Share of present rows in the current sample.
    pub current: f64,
}

/// Shares of rows in bins that were frozen from the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// Edges, one more than bins, growing; the first and last bin hold what lies beyond the outermost edges, too.
    pub edges: Vec<f64>,
    /// Whether the edges are evenly spaced on a logarithmic scale.
    pub log: bool,
    /// Share of the reference's present values in each bin.
    pub reference: Vec<f64>,
    /// Share of the current sample's present values in each bin.
    pub current: Vec<f64>,
}
