//! A turn is one pass of the loop over one batch; its tasks are the nodes of its graph.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::ids::{IdError, RunId, RunKind};
use crate::metric::Metrics;
use crate::timestamp::Timestamp;

macro_rules! words {
    ($name:ident, $kind:literal, $rule:literal, { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word in tables, JSON and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                $name::ALL
                    .iter()
                    .copied()
                    .find(|one| one.as_str() == text)
                    .ok_or_else(|| IdError { kind: $kind, value: text.to_owned(), rule: $rule })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Where a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TurnState {
    /// At work, or interrupted and to be resumed.
    Running,
    /// Ended well, whether it trained or not.
    Succeeded,
    /// Ended with an error; the champion stays.
    Failed,
    /// Waits for a person's answer; it holds no lease.
    Waiting,
    /// Stopped by a person.
    Cancelled,
}
words!(TurnState, "turn state", "running, succeeded, failed, waiting or cancelled", {
    Running = "running", Succeeded = "succeeded", Failed = "failed", Waiting = "waiting", Cancelled = "cancelled",
});

/// What was decided about a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The first training of a project.
    Baseline,
    /// Train, compare, promote if better.
    Retrain,
    /// Train and compare, never promote by itself.
    ShadowTrain,
    /// Do not train.
    Skip,
    /// A person decides.
    StopAndAsk,
}
words!(Action, "action", "baseline, retrain, shadow_train, skip or stop_and_ask", {
    Baseline = "baseline", Retrain = "retrain", ShadowTrain = "shadow_train", Skip = "skip", StopAndAsk = "stop_and_ask",
});

impl Action {
    /// Whether a training follows.
    pub const fn trains(self) -> bool {
        matches!(self, Action::Baseline | Action::Retrain | Action::ShadowTrain)
    }
}

/// A node of the graph of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskName {
    /// Takes the lease, creates the turn.
    Start,
    /// Reads, validates and stores the batch.
    IngestData,
    /// Tests for drift and decides.
    CheckDrift,
    /// Trains a challenger.
    TrainModel,
    /// Compares it with the champion; promotes or rejects.
    Promote,
    /// Tells the server, verifies the bundle.
    ReloadApi,
    /// Taken where nothing is to be trained.
    SkipTraining,
    /// Closes the turn.
    EndPipeline,
}
words!(TaskName, "task", "start, ingest_data, check_drift, train_model, promote, reload_api, skip_training or end_pipeline", {
    Start = "start", IngestData = "ingest_data", CheckDrift = "check_drift", TrainModel = "train_model",
    Promote = "promote", ReloadApi = "reload_api", SkipTraining = "skip_training", EndPipeline = "end_pipeline",
});

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Not begun.
    Pending,
    /// At work.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended with an error after its last attempt.
    Failed,
    /// On the branch that was not taken.
    Skipped,
    /// Ended with an error; another attempt follows.
    UpForRetry,
}
words!(TaskState, "task state", "pending, running, succeeded, failed, skipped or up_for_retry", {
    Pending = "pending", Running = "running", Succeeded = "succeeded", Failed = "failed", Skipped = "skipped",
    UpForRetry = "up_for_retry",
});

/// One pass of the loop. Its JSON is one element of `runs list`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turn {
    /// Its id: that of the run it is.
    #[serde(rename = "id")]
    pub run_id: RunId,
    /// Its ordinal in the project, from 1.
    pub number: i64,
    /// The batch it is about, once known.
    pub batch: Option<i64>,
    /// Where it stands.
    pub state: TurnState,
    /// What was decided, once it was.
    pub action: Option<Action>,
    /// Why, in one line.
    pub reason: Option<String>,
    /// The version that it trained.
    pub model_version: Option<i64>,
    /// Whether that version went into production.
    pub promoted: bool,
    /// Why it did not.
    pub rejected_by: Option<String>,
    /// Metrics, on that batch's hold-out rows, of the model in production after the turn.
    pub metrics_newest_batch: Metrics,
    /// How long it took, or has taken until it was asked for, in milliseconds; `None` while it runs.
    pub duration_ms: Option<i64>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What went wrong.
    pub error: Option<String>,
    /// The version in production when it began.
    pub champion_before: Option<i64>,
    /// The id under which an outside orchestrator knows it.
    pub external_id: Option<String>,
    /// Where the source stood when it began, for a turn that is resumed.
    pub source_position: Option<String>,
    /// The project.
    pub project: String,
    /// The whole decision record; left out of the JSON.
    #[serde(skip)]
    pub decision: Option<Value>,
}

impl Turn {
    /// The id of the training run inside this turn.
    pub fn training_run_id(&self) -> RunId {
        RunId::derive(&self.project, RunKind::Training, self.number, 0)
    }

    /// The id of the `index`-th trial (from 0) of the tuning inside this turn.
    pub fn trial_run_id(&self, index: usize) -> RunId {
        RunId::derive(&self.project, RunKind::Trial, self.number, index as i64)
    }
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnOutcome {
    /// Succeeded, failed, waiting or cancelled.
    pub state: TurnState,
    /// Metrics, on the batch's hold-out rows, of the model in production after the turn.
    pub metrics_newest_batch: Metrics,
    /// What went wrong.
    pub error: Option<String>,
}

/// One task of a turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Its name.
    pub name: TaskName,
    /// Where it stands.
    pub state: TaskState,
    /// How often it was begun.
    pub attempt: i64,
    /// When its last attempt began.
    pub started_at: Option<Timestamp>,
    /// When its last attempt ended.
    pub ended_at: Option<Timestamp>,
    /// What it was given.
    pub inputs: Option<Value>,
    /// What it gave.
    pub outputs: Option<Value>,
    /// What went wrong.
    pub error: Option<String>,
}

/// One attempt at a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskAttempt {
    /// The task.
    pub name: TaskName,
    /// Its ordinal, from 1.
    pub attempt: i64,
    /// How it ended.
    pub state: TaskState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A line that a task wrote, about to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLogLine {
    /// Its ordinal in the attempt, from 0; a line that is recorded twice is kept once.
    pub seq: i64,
    /// When it was written.
    pub at: Timestamp,
    /// `INFO`, `WARN`, `ERROR`, ...
    pub level: String,
    /// The text, without the line's end.
    pub line: String,
}

/// A recorded line of a task's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Rises from line to line of a turn: the cursor to read on from.
    pub id: i64,
    /// The task that wrote it.
    pub task: TaskName,
    /// The attempt that wrote it.
    pub attempt: i64,
    /// When.
    pub at: Timestamp,
    /// `INFO`, `WARN`, `ERROR`, ...
    pub level: String,
    /// The text.
    pub line: String,
}
