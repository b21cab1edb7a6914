//! The project file as it is written: every key optional, unknown keys refused.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checked::{Scalar, Task, Transform};
use crate::decision::PolicySettings;
use crate::drift_report::DriftSettings;

/// The whole file.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawProject {
    /// What is predicted, from what.
    pub project: RawIdentity,
    /// Where batches come from.
    pub source: RawSource,
    /// The columns, in order.
    pub schema: IndexMap<String, RawColumn>,
    /// Cleaning rules, in order.
    pub clean: Vec<RawClean>,
    /// Features: a name and an SQL scalar expression over columns.
    pub feature: Vec<RawFeature>,
    /// Encoders that are fitted on training rows.
    pub encode: Vec<RawEncode>,
    /// Bounds of the drift tests.
    pub drift: DriftSettings,
    /// When to train.
    pub policy: PolicySettings,
    /// How to train.
    pub train: RawTrain,
    /// When a challenger becomes the champion.
    pub promote: RawPromote,
    /// The inference API.
    pub serve: RawServe,
    /// Database and objects.
    pub store: RawStore,
}

/// `[project]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawIdentity {
    /// Name of the project; also the experiment's.
    pub name: Option<String>,
    /// What kind of prediction.
    pub task: Option<Task>,
    /// The column to predict.
    pub target: Option<String>,
    /// The scale on which the model is trained.
    pub target_transform: Option<Transform>,
    /// Unit of the target, for people.
    pub unit: Option<String>,
    /// Columns that together name one real thing. Default: every feature column.
    pub key: Option<Vec<String>>,
    /// A categorical column whose values are compared with each other.
    pub segment: Option<String>,
    /// Name of the registered model. Default: the project's name with `_model`.
    pub model_name: Option<String>,
}

/// `[source]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawSource {
    /// `http` (a data API), `files` (a folder or glob) or `emulator` (the data API, started inside the command).
    pub kind: Option<SourceKind>,
    /// `http`: the address of the data API.
    pub url: Option<String>,
    /// `http`, `emulator`: the group to ask for.
    pub group_number: Option<u32>,
    /// `http`, `emulator`: the day to ask for.
    pub day: Option<String>,
    /// `http`: seconds until a request is given up.
    pub timeout_seconds: Option<f64>,
    /// `http`: how often a failed request is tried again.
    pub retries: Option<u32>,
    /// `http`: the largest answer that is read, in MiB.
    pub max_body_mib: Option<u64>,
    /// `http`: words (any case) in the `detail` of a 400 that mean the normal end of the data.
    pub end_words: Option<Vec<String>>,
    /// `files`: a file, a folder, or a glob of CSV and Parquet files, each one batch, in the order of their names.
    /// `emulator`: the file that is dealt; `builtin:real-estate` names the bundled data set.
    pub path: Option<String>,
    /// `emulator`: how many equal parts the file is dealt in.
    pub batches: Option<usize>,
    /// `emulator`: deal the distinct rows in a random order drawn from this seed.
    pub shuffle: Option<u64>,
}

/// The kinds of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A data API that deals one batch a request.
    Http,
    /// CSV and Parquet files.
    Files,
    /// The data API, emulated inside the command.
    Emulator,
}

/// `[schema.NAME]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawColumn {
    /// The type of the values.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What the column is for. Default: `feature`.
    pub role: Option<Role>,
    /// Whether a value may be missing. Default: true.
    pub nullable: Option<bool>,
    /// Whether a batch may lack the column altogether. Default: false.
    pub optional: Option<bool>,
    /// The smallest value allowed.
    pub min: Option<f64>,
    /// The largest value allowed.
    pub max: Option<f64>,
    /// Values must be above this one.
    pub above: Option<f64>,
    /// The texts allowed.
    pub values: Option<Vec<String>>,
    /// What becomes of a value that is not of the type. Default: `reject` the row.
    pub bad_value: Option<BadValue>,
    /// Name for people; Spanish in `label_es`.
    pub label: Option<String>,
    /// Name for people, in Spanish.
    pub label_es: Option<String>,
    /// Unit, for people.
    pub unit: Option<String>,
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// A number.
    Number,
    /// One of a set of texts. Codes such as post codes are categories; `601` and `601.0` are the same one.
    Category,
    /// An ISO 8601 date, held as days since 1970-01-01.
    Date,
    /// `true` or `false`, held as 1 or 0.
    Boolean,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Features may read it, and its drift is tested.
    Feature,
    /// It helps to name the real thing; features do not read it and its drift is not tested.
    Key,
    /// Stored, and otherwise left alone.
    Ignore,
}

/// What becomes of a value that is not of its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BadValue {
    /// The row goes to quarantine.
    Reject,
    /// The value becomes missing, and is counted.
    Missing,
}

/// One `[[clean]]` rule. Rules run in order; the fitted ones (`impute`, `percentiles`) belong to the model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum RawClean {
    /// Exact repeats of a row are counted and dropped.
    Distinct,
    /// A missing value becomes `with`.
    Fill {
        /// The column.
        column: String,
        /// The value.
        with: Scalar,
    },
    /// A row is rejected where the expression is not true.
    Where {
        /// An SQL expression that must hold.
        holds: String,
        /// What the rule is called in quarantine. Default: the expression.
        name: Option<String>,
    },
    /// Fitted: a missing number becomes the median of the training rows.
    Impute {
        /// The column.
        column: String,
    },
    /// Fitted: training rows outside these percentiles of the training rows are left out, and counted.
    Percentiles {
        /// The column.
        column: String,
        /// The lower percentile, 0 to 100.
        low: f64,
        /// The upper percentile, 0 to 100.
        high: f64,
        /// With so many rows or fewer the rule does nothing. Default: 100.
        min_rows: Option<usize>,
    },
}

/// One `[[feature]]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFeature {
    /// The feature's name.
    pub name: String,
    /// An SQL scalar expression over columns. Default: the column of that name.
    pub sql: Option<String>,
    /// Name for people.
    pub label: Option<String>,
    /// Name for people, in Spanish.
    pub label_es: Option<String>,
    /// Unit, for people.
    pub unit: Option<String>,
}

/// One `[[encode]]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEncode {
    /// The categorical column.
    pub column: String,
    /// The encoder.
    pub encoder: Encoder,
    /// The feature's name. Default: the column's.
    pub name: Option<String>,
    /// `target_mean`: how many rows the overall mean counts for. Default: 10.
    pub smoothing: Option<f64>,
    /// `target_mean`: out-of-fold parts for training rows. Default: 5.
    pub folds: Option<usize>,
    /// Name for people.
    pub label: Option<String>,
    /// Name for people, in Spanish.
    pub label_es: Option<String>,
}

/// The encoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoder {
    /// The smoothed mean of the (transformed) target; unknown categories get the overall mean.
    TargetMean,
    /// The place of the category in alphabetical order; unknown categories are missing.
    Ordinal,
    /// The category's share of the training rows; unknown categories get 0.
    Frequency,
}

/// `[train]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawTrain {
    /// Share of the keys that no training sees. Default: 0.2.
    pub holdout: Option<f64>,
    /// Tuning trials. Default: 10.
    pub trials: Option<usize>,
    /// Folds of each trial. Default: 3.
    pub folds: Option<usize>,
    /// Largest number of bins of a feature. Default: 64.
    pub max_bin: Option<usize>,
    /// Train on the last N batches only. Default: all.
    pub window: Option<usize>,
    /// Seed of everything random. Default: 42.
    pub seed: Option<u64>,
    /// Threads to compute with. Default: all cores.
    pub threads: Option<usize>,
    /// Ranges of the tuning; a name that is left out keeps its default range.
    pub search: RawSearch,
}

/// `[train.search]`: `[low, high]` of each tuned parameter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawSearch {
    /// Trees. Default: 100 to 500.
    pub n_estimators: Option<[usize; 2]>,
    /// Depth of a tree. Default: 3 to 10.
    pub max_depth: Option<[usize; 2]>,
    /// Learning rate, logarithmic. Default: 0.01 to 0.3.
    pub learning_rate: Option<[f64; 2]>,
    /// Share of rows of a tree. Default: 0.6 to 1.
    pub subsample: Option<[f64; 2]>,
    /// Share of features of a tree. Default: 0.6 to 1.
    pub colsample_bytree: Option<[f64; 2]>,
    /// Smallest hessian of a leaf. Default: 1 to 10.
    pub min_child_weight: Option<[usize; 2]>,
    /// L1 penalty, logarithmic. Default: 1e-8 to 10.
    pub reg_alpha: Option<[f64; 2]>,
    /// L2 penalty, logarithmic. Default: 1e-8 to 10.
    pub reg_lambda: Option<[f64; 2]>,
}

/// `[promote]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawPromote {
    /// Smallest R2 on hold-out rows. Default: none.
    pub min_r2: Option<f64>,
    /// Largest root mean squared error on hold-out rows, in target units. Default: none.
    pub max_rmse: Option<f64>,
    /// The upper end of the relative change of the loss against the champion must stay below this. Default: 0.01.
    pub max_loss_rise: Option<f64>,
    /// The relative change of the loss in the worst segment must stay below this. Default: 0.25.
    pub max_segment_loss_rise: Option<f64>,
    /// Segments with fewer hold-out rows than this are not judged. Default: 100.
    pub min_segment_rows: Option<usize>,
}

/// `[serve]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawServe {
    /// Name that the API gives itself. Default: the project's name.
    pub service_name: Option<String>,
    /// Key of the prediction in answers. Default: `prediction`.
    pub answer_field: Option<String>,
    /// A categorical column by which predictions are counted and groups are listed. Default: the segment.
    pub group_column: Option<String>,
    /// The route that lists the groups. Default: `/groups`.
    pub group_route: Option<String>,
    /// Key of the list of groups in answers. Default: `available_groups`.
    pub group_list_field: Option<String>,
    /// Name of the histogram of predicted values. Default: `prediction_value`.
    pub value_metric: Option<String>,
    /// Values of fields that a request leaves out. A field without one is missing.
    pub defaults: IndexMap<String, Scalar>,
    /// Largest request body, in KiB. Default: 1024.
    pub max_body_kib: Option<usize>,
    /// Most rows of one batch request. Default: 10,000.
    pub max_batch_rows: Option<usize>,
    /// Figures that pages show beside a prediction.
    pub derived: Vec<RawDerived>,
}

/// `[[serve.derived]]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDerived {
    /// Name.
    pub name: String,
    /// SQL scalar expression over columns; the target's column holds the prediction.
    pub sql: String,
    /// Name for people, in English. Default: the name.
    pub label: Option<String>,
    /// Name for people, in Spanish. Default: the English one.
    pub label_es: Option<String>,
    /// Unit, for people. Default: the project's unit.
    pub unit: Option<String>,
}

/// `[store]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawStore {
    /// Path of an SQLite file, or `postgres://user:secret@host/name`. Default: `.tidewheel/tidewheel.db`.
    pub database: Option<String>,
    /// A folder, `s3://` (buckets `data-raw`, `data-clean`, `mlflow-artifacts`) or `s3://bucket/prefix`.
    /// Default: `.tidewheel/objects`.
    pub objects: Option<String>,
    /// Endpoint of an S3 service that is not Amazon's. Default: the variable `AWS_ENDPOINT_URL`.
    pub endpoint: Option<String>,
    /// Region of the S3 service. Default: the variable `AWS_REGION`, else us-east-1.
    pub region: Option<String>,
    /// Seconds for which a database that is away is waited for. Default: 30.
    pub retry_seconds: Option<f64>,
}
