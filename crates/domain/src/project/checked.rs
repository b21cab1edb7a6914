//! The checked project: nothing is missing, every name refers to something.

use std::collections::HashSet;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::raw::{
    BadValue, ColumnType, Encoder, RawClean, RawColumn, RawProject, RawSearch, RawSource, Role, SourceKind,
};
use super::{ProjectError, nearest};
use crate::decision::PolicySettings;
use crate::drift_report::DriftSettings;

/// What kind of prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A number.
    Regression,
    /// One of two classes.
    Binary,
    /// One of several classes.
    Multiclass,
}

/// The scale on which a model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// As it is.
    None,
    /// ln(1 + x): for positive values with a long tail.
    Log1p,
}

impl Transform {
    /// From target units to the training scale.
    pub fn forward(self, value: f64) -> f64 {
        match self {
            Transform::None => value,
            Transform::Log1p => value.ln_1p(),
        }
    }

    /// From the training scale to target units.
    pub fn inverse(self, value: f64) -> f64 {
        match self {
            Transform::None => value,
            Transform::Log1p => value.exp_m1(),
        }
    }

    /// The name in files and answers.
    pub fn name(self) -> &'static str {
        match self {
            Transform::None => "none",
            Transform::Log1p => "log1p",
        }
    }
}

/// A value written in the project file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// `true`, `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::Boolean(value) => write!(formatter, "{value}"),
            Scalar::Number(value) => write!(formatter, "{value}"),
            Scalar::Text(value) => write!(formatter, "{value}"),
        }
    }
}

/// A checked project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Project {
    /// Name; also the experiment's.
    pub name: String,
    /// Name of the registered model.
    pub model_name: String,
    /// What kind of prediction.
    pub task: Task,
    /// The column to predict.
    pub target: String,
    /// The scale of training.
    pub transform: Transform,
    /// Unit of the target.
    pub unit: String,
    /// Columns that together name one real thing.
    pub key: Vec<String>,
    /// The categorical column whose values are compared.
    pub segment: Option<String>,
    /// Where batches come from.
    pub source: SourceSpec,
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnSpec>,
    /// Cleaning rules, in order.
    pub clean: Vec<CleanRule>,
    /// Expression features, in order.
    pub features: Vec<FeatureSpec>,
    /// Encoded features, in order.
    pub encoders: Vec<EncodeSpec>,
    /// Bounds of the drift tests.
    pub drift: DriftSettings,
    /// When to train.
    pub policy: PolicySettings,
    /// How to train.
    pub train: TrainSpec,
    /// When a challenger becomes the champion.
    pub promote: PromoteSpec,
    /// The inference API.
    pub serve: ServeSpec,
    /// Database and objects.
    pub store: StoreSpec,
}

/// Where batches come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SourceSpec {
    /// A data API.
    Http(HttpSource),
    /// A file, a folder or a glob.
    Files {
        /// As written; relative to the project's folder.
        path: String,
    },
    /// The data API, emulated inside the command.
    Emulator {
        /// The file that is dealt, or `builtin:NAME`.
        path: String,
        /// Equal parts.
        batches: usize,
        /// Seed of the random order.
        shuffle: Option<u64>,
        /// How the emulated API is asked. Its `url` is set when it has started.
        http: HttpSource,
    },
}

/// How a data API is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpSource {
    /// The address.
    pub url: String,
    /// The group.
    pub group_number: u32,
    /// The day.
    pub day: String,
    /// Milliseconds until a request is given up.
    pub timeout_ms: u64,
    /// How often a failed request is tried again.
    pub retries: u32,
    /// The largest answer that is read, in bytes.
    pub max_body_bytes: u64,
    /// Words (lower case) in the `detail` of a 400 that mean the end of the data.
    pub end_words: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnSpec {
    /// Name.
    pub name: String,
    /// Type of the values.
    pub kind: ColumnType,
    /// What it is for.
    pub role: Role,
    /// Whether a batch may lack it altogether.
    pub optional: bool,
    /// What becomes of a value that is not of the type.
    pub bad_value: BadValue,
    /// What each value must satisfy.
    pub checks: Vec<Check>,
    /// Name for people: English, Spanish.
    pub label: (String, String),
    /// Unit, for people.
    pub unit: Option<String>,
}

/// What a value must satisfy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It is there.
    Required,
    /// It is this or more.
    Min(f64),
    /// It is this or less.
    Max(f64),
    /// It is more than this.
    Above(f64),
    /// It is one of these.
    OneOf(Vec<String>),
}

impl Check {
    /// The rule's name in quarantine and in errors.
    pub fn name(&self) -> String {
        match self {
            Check::Required => "required".to_owned(),
            Check::Min(bound) => format!("min {bound}"),
            Check::Max(bound) => format!("max {bound}"),
            Check::Above(bound) => format!("above {bound}"),
            Check::OneOf(_) => "allowed values".to_owned(),
        }
    }
}

/// One cleaning rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum CleanRule {
    /// Unfitted: a missing value becomes `with`.
    Fill {
        /// The column.
        column: String,
        /// The value.
        with: Scalar,
    },
    /// Unfitted: the expression must be true.
    Where {
        /// The expression.
        holds: String,
        /// The rule's name in quarantine.
        name: String,
    },
    /// Fitted: missing numbers become the median.
    Impute {
        /// The column.
        column: String,
    },
    /// Fitted: rows outside the percentiles are left out.
    Percentiles {
        /// The column.
        column: String,
        /// Lower percentile, 0 to 100.
        low: f64,
        /// Upper percentile, 0 to 100.
        high: f64,
        /// With so many rows or fewer the rule does nothing.
        min_rows: usize,
    },
}

/// An expression feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureSpec {
    /// Name.
    pub name: String,
    /// SQL scalar expression over columns.
    pub sql: String,
    /// Name for people: English, Spanish.
    pub label: (String, String),
    /// Unit, for people.
    pub unit: Option<String>,
}

/// An encoded feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncodeSpec {
    /// Name.
    pub name: String,
    /// The categorical column.
    pub column: String,
    /// How.
    pub encoding: Encoding,
    /// Name for people: English, Spanish.
    pub label: (String, String),
}

/// How a category becomes a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "encoder", rename_all = "snake_case")]
pub enum Encoding {
    /// Smoothed mean of the transformed target; training rows get it out-of-fold.
    TargetMean {
        /// How many rows the overall mean counts for.
        smoothing: f64,
        /// Out-of-fold parts.
        folds: usize,
    },
    /// Place in alphabetical order.
    Ordinal,
    /// Share of the training rows.
    Frequency,
}

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    /// Share of the keys that no training sees.
    pub holdout: f64,
    /// Tuning trials.
    pub trials: usize,
    /// Folds of each trial.
    pub folds: usize,
    /// Largest number of bins.
    pub max_bin: usize,
    /// Last N batches only.
    pub window: Option<usize>,
    /// Seed of everything random.
    pub seed: u64,
    /// Threads to compute with.
    pub threads: Option<usize>,
    /// Ranges of the tuning.
    pub search: RawSearch,
}

/// When a challenger becomes the champion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromoteSpec {
    /// Smallest R2.
    pub min_r2: Option<f64>,
    /// Largest RMSE, in target units.
    pub max_rmse: Option<f64>,
    /// Bound of the upper end of the relative loss change.
    pub max_loss_rise: f64,
    /// Bound of the relative loss change in the worst segment.
    pub max_segment_loss_rise: f64,
    /// Segments with fewer hold-out rows are not judged.
    pub min_segment_rows: usize,
}

/// The inference API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServeSpec {
    /// Name that the API gives itself.
    pub service_name: String,
    /// Key of the prediction in answers.
    pub answer_field: String,
    /// Column by which predictions are counted.
    pub group_column: Option<String>,
    /// Route that lists the groups.
    pub group_route: String,
    /// Key of the list of groups in answers.
    pub group_list_field: String,
    /// Name of the histogram of predicted values.
    pub value_metric: String,
    /// Values of fields that a request leaves out.
    pub defaults: IndexMap<String, Scalar>,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Most rows of one batch request.
    pub max_batch_rows: usize,
    /// Figures that pages show beside a prediction; in their expressions the target's column holds the prediction.
    #[serde(default)]
    pub derived: Vec<FeatureSpec>,
}

/// Database and objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSpec {
    /// Path of an SQLite file, or a PostgreSQL URL.
    pub database: String,
    /// A folder, or `s3://...`.
    pub objects: String,
    /// Endpoint of an S3 service.
    pub endpoint: Option<String>,
    /// Region of the S3 service.
    pub region: Option<String>,
    /// Milliseconds for which a database that is away is waited for.
    pub retry_ms: u64,
}

impl Project {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&ColumnSpec> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Names of all features of the model, in the model's order: expressions first, then encoders.
    pub fn feature_names(&self) -> Vec<String> {
        let expressions = self.features.iter().map(|feature| feature.name.clone());
        expressions.chain(self.encoders.iter().map(|encoder| encoder.name.clone())).collect()
    }
}

impl TryFrom<RawProject> for Project {
    type Error = ProjectError;

    fn try_from(raw: RawProject) -> Result<Self, ProjectError> {
        let name = required("project.name", raw.project.name.clone(), "a name such as \"sales\"")?;
        check_name("project.name", &name)?;
        let target = required("project.target", raw.project.target.clone(), "the column to predict")?;
        let columns = columns(&raw)?;
        let known = Known(&columns);
        known.number("project.target", &target)?;
        let task = raw.project.task.unwrap_or(Task::Regression);
        if task != Task::Regression {
            return Err(invalid(
                "project.task",
                &format!("{task:?}").to_lowercase(),
                "only regression can be trained yet",
            ));
        }
        if let Some(segment) = &raw.project.segment {
            known.category("project.segment", segment)?;
        }
        let key = match raw.project.key.clone() {
            Some(key) => {
                for column in &key {
                    known.column("project.key", column)?;
                }
                if key.is_empty() {
                    return Err(invalid("project.key", "[]", "name at least one column"));
                }
                key
            }
            None => columns
                .iter()
                .filter(|column| column.role != Role::Ignore && column.name != target)
                .map(|column| column.name.clone())
                .collect(),
        };
        if key.contains(&target) {
            return Err(invalid("project.key", &target, "the target cannot be part of the key"));
        }
        let clean = clean_rules(&raw.clean, &known)?;
        let features = features(&raw)?;
        let encoders = encoders(&raw, &known, &target)?;
        let mut seen = HashSet::new();
        let names = features.iter().map(|feature| &feature.name).chain(encoders.iter().map(|encoder| &encoder.name));
        for feature in names {
            if !seen.insert(feature) {
                return Err(invalid("feature.name", feature, "two features have this name"));
            }
        }
        if seen.is_empty() {
            return Err(ProjectError::Missing { key: "feature".into(), hint: "write at least one [[feature]]".into() });
        }
        let serve = serve(&raw, &name, &known)?;
        Ok(Project {
            model_name: raw.project.model_name.clone().unwrap_or_else(|| format!("{}_model", name.replace('-', "_"))),
            task,
            target,
            transform: raw.project.target_transform.unwrap_or(Transform::None),
            unit: raw.project.unit.clone().unwrap_or_default(),
            key,
            segment: raw.project.segment.clone(),
            source: source(&raw.source)?,
            clean,
            features,
            encoders,
            policy: policy(&raw, &known)?,
            train: train(&raw)?,
            promote: promote(&raw)?,
            serve,
            store: StoreSpec {
                database: raw.store.database.clone().unwrap_or_else(|| ".tidewheel/tidewheel.db".into()),
                objects: raw.store.objects.clone().unwrap_or_else(|| ".tidewheel/objects".into()),
                endpoint: raw.store.endpoint.clone(),
                region: raw.store.region.clone(),
                retry_ms: (within("store.retry_seconds", raw.store.retry_seconds.unwrap_or(30.0), 0.0, 3600.0)?
                    * 1000.0) as u64,
            },
            drift: drift(&raw, &known)?,
            columns,
            name,
        })
    }
}

/// Looks columns up, with errors that name the nearest one.
struct Known<'a>(&'a [ColumnSpec]);

impl Known<'_> {
    fn column(&self, key: &str, name: &str) -> Result<&ColumnSpec, ProjectError> {
        self.0.iter().find(|column| column.name == name).ok_or_else(|| {
            let near = nearest(name, self.0.iter().map(|column| column.name.as_str()));
            let near = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            invalid(key, name, &format!("no column of [schema] has this name{near}"))
        })
    }

    fn category(&self, key: &str, name: &str) -> Result<(), ProjectError> {
        match self.column(key, name)?.kind {
            ColumnType::Category => Ok(()),
            kind => Err(invalid(key, name, &format!("must be a category, but is a {}", type_name(kind)))),
        }
    }

    fn number(&self, key: &str, name: &str) -> Result<(), ProjectError> {
        match self.column(key, name)?.kind {
            ColumnType::Category => Err(invalid(key, name, "must be a number, but is a category")),
            _ => Ok(()),
        }
    }
}

fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Number => "number",
        ColumnType::Category => "category",
        ColumnType::Date => "date",
        ColumnType::Boolean => "boolean",
    }
}

fn invalid(key: &str, value: &str, reason: &str) -> ProjectError {
    ProjectError::Invalid { key: key.into(), value: format!("'{value}'"), reason: reason.into() }
}

fn required(key: &str, value: Option<String>, hint: &str) -> Result<String, ProjectError> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| ProjectError::Missing { key: key.into(), hint: hint.into() })
}

fn check_name(key: &str, name: &str) -> Result<(), ProjectError> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.len() <= 100 && name.chars().all(good) && !name.starts_with('.') {
        Ok(())
    } else {
        Err(invalid(key, name, "use at most 100 letters, digits, '-', '_' and '.'"))
    }
}

fn within<T: PartialOrd + std::fmt::Display + Copy>(key: &str, value: T, low: T, high: T) -> Result<T, ProjectError> {
    if value >= low && value <= high {
        Ok(value)
    } else {
        Err(invalid(key, &value.to_string(), &format!("must lie between {low} and {high}")))
    }
}

fn labels(name: &str, english: Option<&String>, spanish: Option<&String>) -> (String, String) {
    let english = english.cloned().unwrap_or_else(|| name.to_owned());
    let spanish = spanish.cloned().unwrap_or_else(|| english.clone());
    (english, spanish)
}

fn columns(raw: &RawProject) -> Result<Vec<ColumnSpec>, ProjectError> {
    if raw.schema.is_empty() {
        return Err(ProjectError::Missing { key: "schema".into(), hint: "write one [schema.NAME] a column".into() });
    }
    raw.schema.iter().map(|(name, column)| column_spec(name, column)).collect()
}

fn column_spec(name: &str, raw: &RawColumn) -> Result<ColumnSpec, ProjectError> {
    let key = |field: &str| format!("schema.{name}.{field}");
    if name.is_empty() || name.starts_with("__") {
        return Err(invalid("schema", name, "a column's name cannot be empty or begin with '__'"));
    }
    let numeric = raw.kind != ColumnType::Category;
    for (field, bound) in [("min", raw.min), ("max", raw.max), ("above", raw.above)] {
        if let Some(bound) = bound {
            if !numeric {
                return Err(invalid(&key(field), &bound.to_string(), "a category has no range; use 'values'"));
            }
            if !bound.is_finite() {
                return Err(invalid(&key(field), &bound.to_string(), "must be a finite number"));
            }
        }
    }
    if let (Some(min), Some(max)) = (raw.min, raw.max)
        && min > max
    {
        return Err(invalid(&key("min"), &min.to_string(), &format!("is above 'max' = {max}")));
    }
    if numeric && raw.values.is_some() {
        return Err(invalid(&key("values"), "[..]", "only a category has a set of values; use 'min' and 'max'"));
    }
    let mut checks = Vec::new();
    if raw.nullable == Some(false) {
        checks.push(Check::Required);
    }
    checks.extend(raw.above.map(Check::Above));
    checks.extend(raw.min.map(Check::Min));
    checks.extend(raw.max.map(Check::Max));
    checks.extend(raw.values.clone().map(Check::OneOf));
    Ok(ColumnSpec {
        name: name.to_owned(),
        kind: raw.kind,
        role: raw.role.unwrap_or(Role::Feature),
        optional: raw.optional.unwrap_or(false),
        bad_value: raw.bad_value.unwrap_or(BadValue::Reject),
        checks,
        label: labels(name, raw.label.as_ref(), raw.label_es.as_ref()),
        unit: raw.unit.clone(),
    })
}

fn clean_rules(raw: &[RawClean], known: &Known<'_>) -> Result<Vec<CleanRule>, ProjectError> {
    let mut rules = Vec::new();
    for rule in raw {
        rules.push(match rule {
            // Repeats are recognised by their hash in every project, so that the rule only states it.
            RawClean::Distinct => continue,
            RawClean::Fill { column, with } => {
                let kind = known.column("clean.column", column)?.kind;
                let fits = match with {
                    Scalar::Text(_) => kind == ColumnType::Category,
                    Scalar::Number(value) => kind == ColumnType::Number && value.is_finite(),
                    Scalar::Boolean(_) => kind == ColumnType::Boolean,
                };
                if !fits {
                    let reason = format!("does not fit column '{column}', a {}", type_name(kind));
                    return Err(invalid("clean.with", &with.to_string(), &reason));
                }
                CleanRule::Fill { column: column.clone(), with: with.clone() }
            }
            RawClean::Where { holds, name } => CleanRule::Where {
                holds: required("clean.holds", Some(holds.clone()), "an expression that must be true")?,
                name: name.clone().unwrap_or_else(|| holds.clone()),
            },
            RawClean::Impute { column } => {
                known.number("clean.column", column)?;
                CleanRule::Impute { column: column.clone() }
            }
            RawClean::Percentiles { column, low, high, min_rows } => {
                known.number("clean.column", column)?;
                within("clean.low", *low, 0.0, 100.0)?;
                within("clean.high", *high, *low, 100.0)?;
                CleanRule::Percentiles {
                    column: column.clone(),
                    low: *low,
                    high: *high,
                    min_rows: min_rows.unwrap_or(100),
                }
            }
        });
    }
    Ok(rules)
}

fn features(raw: &RawProject) -> Result<Vec<FeatureSpec>, ProjectError> {
    raw.feature
        .iter()
        .map(|feature| {
            check_name("feature.name", &feature.name)?;
            Ok(FeatureSpec {
                name: feature.name.clone(),
                sql: feature.sql.clone().unwrap_or_else(|| format!("\"{}\"", feature.name)),
                label: labels(&feature.name, feature.label.as_ref(), feature.label_es.as_ref()),
                unit: feature.unit.clone(),
            })
        })
        .collect()
}

fn encoders(raw: &RawProject, known: &Known<'_>, target: &str) -> Result<Vec<EncodeSpec>, ProjectError> {
    raw.encode
        .iter()
        .map(|encode| {
            known.category("encode.column", &encode.column)?;
            if encode.column == target {
                return Err(invalid("encode.column", target, "the target cannot be a feature"));
            }
            let encoding = match encode.encoder {
                Encoder::TargetMean => Encoding::TargetMean {
                    smoothing: within("encode.smoothing", encode.smoothing.unwrap_or(10.0), 0.0, 1e9)?,
                    folds: within("encode.folds", encode.folds.unwrap_or(5), 2, 100)?,
                },
                Encoder::Ordinal => Encoding::Ordinal,
                Encoder::Frequency => Encoding::Frequency,
            };
            let name = encode.name.clone().unwrap_or_else(|| encode.column.clone());
            check_name("encode.name", &name)?;
            Ok(EncodeSpec {
                label: labels(&name, encode.label.as_ref(), encode.label_es.as_ref()),
                name,
                column: encode.column.clone(),
                encoding,
            })
        })
        .collect()
}

fn source(raw: &RawSource) -> Result<SourceSpec, ProjectError> {
    let kind = raw.kind.ok_or_else(|| ProjectError::Missing {
        key: "source.kind".into(),
        hint: "\"http\", \"files\" or \"emulator\"".into(),
    })?;
    let http = |url: String| -> Result<HttpSource, ProjectError> {
        let seconds = within("source.timeout_seconds", raw.timeout_seconds.unwrap_or(30.0), 0.05, 3600.0)?;
        Ok(HttpSource {
            url,
            group_number: raw.group_number.unwrap_or(1),
            day: raw.day.clone().unwrap_or_else(|| "Monday".into()),
            timeout_ms: (seconds * 1000.0) as u64,
            retries: within("source.retries", raw.retries.unwrap_or(5), 0, 100)?,
            max_body_bytes: within("source.max_body_mib", raw.max_body_mib.unwrap_or(256), 1, 65_536)? << 20,
            end_words: raw.end_words.clone().map_or_else(
                || ["collected", "recolect", "no more data"].map(String::from).to_vec(),
                |words| words.iter().map(|word| word.to_lowercase()).collect(),
            ),
        })
    };
    let path = |hint: &str| required("source.path", raw.path.clone(), hint);
    Ok(match kind {
        SourceKind::Http => {
            let url = required("source.url", raw.url.clone(), "the address of the data API, such as http://host:8001")?;
            if !(url.starts_with("http://") || url.starts_with("https://")) {
                return Err(invalid("source.url", &url, "must begin with http:// or https://"));
            }
            SourceSpec::Http(http(url.trim_end_matches('/').to_owned())?)
        }
        SourceKind::Files => SourceSpec::Files { path: path("a file, a folder or a glob such as \"data/*.csv\"")? },
        SourceKind::Emulator => SourceSpec::Emulator {
            path: path("the CSV or Parquet file to deal")?,
            batches: within("source.batches", raw.batches.unwrap_or(10), 1, 1_000_000)?,
            shuffle: raw.shuffle,
            http: http(String::new())?,
        },
    })
}

fn drift(raw: &RawProject, known: &Known<'_>) -> Result<DriftSettings, ProjectError> {
    let drift = &raw.drift;
    drift.validate().map_err(|message| ProjectError::Section { message })?;
    for column in drift.columns.iter().chain(drift.column.keys()) {
        known.column("drift.columns", column)?;
    }
    Ok(drift.clone())
}

fn policy(raw: &RawProject, known: &Known<'_>) -> Result<PolicySettings, ProjectError> {
    let policy = &raw.policy;
    policy.validate().map_err(|message| ProjectError::Section { message })?;
    for column in &policy.ks_columns {
        known.number("policy.ks_columns", column)?;
    }
    for column in policy.rule.iter().flat_map(|rule| rule.when.tests()).filter_map(|test| test.column.as_ref()) {
        known.column("policy.rule.when", column)?;
    }
    Ok(policy.clone())
}

fn train(raw: &RawProject) -> Result<TrainSpec, ProjectError> {
    let train = &raw.train;
    if let Some(window) = train.window {
        within("train.window", window, 1, usize::MAX)?;
    }
    if let Some(threads) = train.threads {
        within("train.threads", threads, 1, 1024)?;
    }
    check_search(&train.search)?;
    Ok(TrainSpec {
        holdout: within("train.holdout", train.holdout.unwrap_or(0.2), 0.05, 0.5)?,
        trials: within("train.trials", train.trials.unwrap_or(10), 1, 10_000)?,
        folds: within("train.folds", train.folds.unwrap_or(3), 2, 100)?,
        max_bin: within("train.max_bin", train.max_bin.unwrap_or(64), 4, 255)?,
        window: train.window,
        seed: train.seed.unwrap_or(42),
        threads: train.threads,
        search: train.search.clone(),
    })
}

fn check_search(search: &RawSearch) -> Result<(), ProjectError> {
    let whole = [
        ("n_estimators", search.n_estimators, 1, 100_000),
        ("max_depth", search.max_depth, 1, 15),
        ("min_child_weight", search.min_child_weight, 0, 1_000_000),
    ];
    for (name, range, least, limit) in whole {
        if let Some([low, high]) = range {
            let key = format!("train.search.{name}");
            within(&key, low, least, limit)?;
            within(&key, high, low, limit)?;
        }
    }
    let real = [
        ("learning_rate", search.learning_rate, 1e-6, 1.0),
        ("subsample", search.subsample, 0.01, 1.0),
        ("colsample_bytree", search.colsample_bytree, 0.01, 1.0),
        ("reg_alpha", search.reg_alpha, 1e-12, 1e9),
        ("reg_lambda", search.reg_lambda, 1e-12, 1e9),
    ];
    for (name, range, least, most) in real {
        if let Some([low, high]) = range {
            let key = format!("train.search.{name}");
            within(&key, low, least, most)?;
            within(&key, high, low, most)?;
        }
    }
    Ok(())
}

fn promote(raw: &RawProject) -> Result<PromoteSpec, ProjectError> {
    let promote = &raw.promote;
    if let Some(min_r2) = promote.min_r2 {
        within("promote.min_r2", min_r2, -1e9, 1.0)?;
    }
    if let Some(max_rmse) = promote.max_rmse {
        within("promote.max_rmse", max_rmse, 0.0, f64::MAX)?;
    }
    Ok(PromoteSpec {
        min_r2: promote.min_r2,
        max_rmse: promote.max_rmse,
        max_loss_rise: within("promote.max_loss_rise", promote.max_loss_rise.unwrap_or(0.01), -1.0, 100.0)?,
        max_segment_loss_rise: within(
            "promote.max_segment_loss_rise",
            promote.max_segment_loss_rise.unwrap_or(0.25),
            -1.0,
            100.0,
        )?,
        min_segment_rows: promote.min_segment_rows.unwrap_or(100),
    })
}

fn serve(raw: &RawProject, name: &str, known: &Known<'_>) -> Result<ServeSpec, ProjectError> {
    let serve = &raw.serve;
    let group_column = serve.group_column.clone().or_else(|| raw.project.segment.clone());
    if let Some(column) = &group_column {
        known.category("serve.group_column", column)?;
    }
    for (field, value) in &serve.defaults {
        let column = known.column("serve.defaults", field)?;
        let fits = match value {
            Scalar::Text(_) => matches!(column.kind, ColumnType::Category | ColumnType::Date),
            Scalar::Number(_) => column.kind != ColumnType::Boolean,
            Scalar::Boolean(_) => column.kind == ColumnType::Boolean,
        };
        if !fits {
            let reason = format!("does not fit the column, a {}", type_name(column.kind));
            return Err(invalid(&format!("serve.defaults.{field}"), &value.to_string(), &reason));
        }
    }
    let group_route = serve.group_route.clone().unwrap_or_else(|| "/groups".into());
    let simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    if !group_route.starts_with('/') || group_route.len() < 2 || !group_route.chars().all(simple) {
        return Err(invalid("serve.group_route", &group_route, "must be a path such as /groups"));
    }
    let value_metric = serve.value_metric.clone().unwrap_or_else(|| "prediction_value".into());
    let first = value_metric.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first || !value_metric.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(invalid("serve.value_metric", &value_metric, "must be a Prometheus metric name"));
    }
    let mut named = HashSet::new();
    let mut derived = Vec::with_capacity(serve.derived.len());
    for figure in &serve.derived {
        check_name("serve.derived.name", &figure.name)?;
        if !named.insert(figure.name.as_str()) {
            return Err(invalid("serve.derived.name", &figure.name, "two derived figures have this name"));
        }
        derived.push(FeatureSpec {
            name: figure.name.clone(),
            sql: figure.sql.clone(),
            label: labels(&figure.name, figure.label.as_ref(), figure.label_es.as_ref()),
            unit: figure.unit.clone().or_else(|| raw.project.unit.clone()),
        });
    }
    Ok(ServeSpec {
        derived,
        service_name: serve.service_name.clone().unwrap_or_else(|| name.to_owned()),
        answer_field: serve.answer_field.clone().unwrap_or_else(|| "prediction".into()),
        group_column,
        group_route,
        group_list_field: serve.group_list_field.clone().unwrap_or_else(|| "available_groups".into()),
        value_metric,
        defaults: serve.defaults.clone(),
        max_body_bytes: within("serve.max_body_kib", serve.max_body_kib.unwrap_or(1024), 1, 1 << 20)? << 10,
        max_batch_rows: within("serve.max_batch_rows", serve.max_batch_rows.unwrap_or(10_000), 1, 10_000_000)?,
    })
}
