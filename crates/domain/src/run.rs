//! A run as MLflow knows it: parameters, metrics, tags, artifacts. A turn, a training and a trial are runs.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{IdError, RunId};
use crate::metric::Metrics;
use crate::timestamp::Timestamp;

/// The tag that names a run's parent.
pub const PARENT_RUN_TAG: &str = "mlflow.parentRunId";
/// The tag that holds a run's name.
pub const RUN_NAME_TAG: &str = "mlflow.runName";
/// The tag that says what a run stands for: `turn`, `training` or `trial`.
pub const KIND_TAG: &str = "tidewheel.kind";
/// The tag that holds the ordinal of a trial in its tuning, from 0.
pub const TRIAL_TAG: &str = "tidewheel.trial";

/// Where a run stands, in MLflow's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// At work.
    Running,
    /// Waiting to be taken up (again).
    Scheduled,
    /// Ended well.
    Finished,
    /// Ended with an error.
    Failed,
    /// Stopped by a person.
    Killed,
}

impl RunStatus {
    /// MLflow's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            RunStatus::Running => "RUNNING",
            RunStatus::Scheduled => "SCHEDULED",
            RunStatus::Finished => "FINISHED",
            RunStatus::Failed => "FAILED",
            RunStatus::Killed => "KILLED",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RunStatus {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        [Self::Running, Self::Scheduled, Self::Finished, Self::Failed, Self::Killed]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| IdError {
                kind: "run status",
                value: text.to_owned(),
                rule: "RUNNING, SCHEDULED, FINISHED, FAILED or KILLED",
            })
    }
}

/// One logged point of a metric's history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// The value; NaN is kept.
    pub value: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// Such as the boosting round; 0 where there is none.
    pub step: i64,
    /// When it was logged.
    pub timestamp: Timestamp,
}

/// A recorded run with its parameters, tags and the latest point of each metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub run_id: RunId,
    /// The project (experiment) it belongs to.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: RunStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Where its artifacts are.
    pub artifact_uri: String,
    /// Who started it.
    pub user: String,
    /// The run above it.
    pub parent: Option<RunId>,
    /// Parameters.
    pub params: BTreeMap<String, String>,
    /// The latest point of each metric.
    pub metrics: Metrics,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The content of a run that is recorded whole: a training or one of its trials.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunRecord {
    /// Its name.
    pub name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Whether it ended with an error (a trial that could not be evaluated).
    pub failed: bool,
    /// Parameters.
    pub params: BTreeMap<String, String>,
    /// Final metrics.
    pub metrics: Metrics,
    /// Metrics by name over steps, such as the loss of each boosting round: `(step, value)`.
    pub history: BTreeMap<String, Vec<(i64, f64)>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A training of one turn with the trials of its tuning, recorded in one piece.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrainingRecord {
    /// The training itself.
    pub run: RunRecord,
    /// The trials of its tuning, in order; each becomes a child run.
    pub trials: Vec<RunRecord>,
}
