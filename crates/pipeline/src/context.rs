//! What every step is given, and what several steps do.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use tidewheel_data::batch::{CleanBatch, read_clean};
use tidewheel_data::bundle::{self, Bundle};
use tidewheel_domain::batch::Batch;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::project::Project;
use tidewheel_domain::{RunId, Timestamp};
use tidewheel_registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::error::PipelineError;
use crate::observer::Observer;
use crate::training::scorer::{Scorer, ScorerError};

/// Artifact of a turn: hashes of every distinct row of its batch.
pub const ROW_HASHES: &str = "batch/row_hashes.bin";
/// Artifact of a turn: the decision record.
pub const DECISION: &str = "decision/decision.json";
/// Artifact of a training: its parameters.
pub const PARAMS: &str = "training/params.json";
/// Artifact of a training: share of the mean absolute SHAP value, by feature and by column.
pub const IMPORTANCE: &str = "training/importance.json";

/// What every step is given.
#[derive(Clone)]
pub struct Context {
    /// The project.
    pub project: Arc<Project>,
    /// Everything that is kept.
    pub registry: Registry,
    /// The project's folder.
    pub folder: PathBuf,
    /// Hears of progress.
    pub observer: Arc<dyn Observer>,
    /// Cancelled when the turn is to stop.
    pub stop: CancellationToken,
}

/// The time now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(since.as_millis() as i64)
}

/// Runs a computation off the async threads.
pub async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PipelineError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| PipelineError::Panicked(error.to_string()))
}

impl Context {
    /// `Err` when the turn is to stop.
    pub fn check_stop(&self) -> Result<(), PipelineError> {
        if self.stop.is_cancelled() { Err(PipelineError::Stopped) } else { Ok(()) }
    }

    /// A batch of the project.
    pub async fn batch(&self, id: i64) -> Result<Batch, PipelineError> {
        let batch = self.registry.batch(&self.project.name, id).await?;
        batch.ok_or_else(|| PipelineError::Missing { what: format!("batch {id}") })
    }

    /// The clean rows of a batch.
    pub async fn clean(&self, batch: &Batch) -> Result<CleanBatch, PipelineError> {
        let bytes = self.registry.objects().get_clean(&batch.sha256).await?;
        let what = format!("the stored file 'data-clean/{}.parquet' of batch {}", batch.sha256, batch.id);
        let bytes = bytes.ok_or_else(|| PipelineError::Missing { what: what.clone() })?;
        Ok(compute(move || read_clean(bytes, &what)).await??)
    }

    /// The clean rows of several batches, in the order of the ids.
    pub async fn clean_batches(&self, ids: &[i64]) -> Result<Vec<(i64, CleanBatch)>, PipelineError> {
        let mut batches = Vec::new();
        for &id in ids {
            let batch = self.batch(id).await?;
            batches.push((id, self.clean(&batch).await?));
        }
        Ok(batches)
    }

    /// A version of the project's model.
    pub async fn version(&self, version: i64) -> Result<ModelVersion, PipelineError> {
        let found = self.registry.model_version(&self.project.model_name, version).await?;
        found
            .ok_or_else(|| PipelineError::Missing { what: format!("version {version} of {}", self.project.model_name) })
    }

    /// Loads the model of a training run and verifies it.
    pub async fn scorer(&self, version: i64, run: &RunId) -> Result<Scorer, PipelineError> {
        let fail = |source: ScorerError| PipelineError::Model { version, source };
        let mut files = BTreeMap::new();
        for path in bundle::paths() {
            if let Some(bytes) = self.registry.objects().get_artifact(run, path).await? {
                files.insert(path.to_owned(), bytes.to_vec());
            }
        }
        let load = move || Scorer::of_bundle(Bundle::read(files)?);
        compute(load).await?.map_err(fail)
    }

    /// A JSON artifact; `None` where it is not there.
    pub async fn json_artifact<T: DeserializeOwned>(
        &self,
        run: &RunId,
        path: &str,
    ) -> Result<Option<T>, PipelineError> {
        let Some(bytes) = self.registry.objects().get_artifact(run, path).await? else { return Ok(None) };
        let parsed = serde_json::from_slice(&bytes);
        parsed.map(Some).map_err(|error| PipelineError::Damaged {
            what: format!("artifact '{path}' of run {run}"),
            reason: error.to_string(),
        })
    }

    /// Stores a JSON artifact.
    pub async fn put_json<T: serde::Serialize>(&self, run: &RunId, path: &str, value: &T) -> Result<(), PipelineError> {
        let bytes = serde_json::to_vec_pretty(value).map_err(|error| PipelineError::Damaged {
            what: format!("artifact '{path}' of run {run}"),
            reason: error.to_string(),
        })?;
        self.registry.objects().put_artifact(run, path, bytes.into()).await?;
        Ok(())
    }
}

/// The batches that a version was trained on, as its tag holds them.
pub fn training_batches(version: &ModelVersion) -> Result<Vec<i64>, PipelineError> {
    let damaged = |reason: String| PipelineError::Damaged {
        what: format!("tag '{BATCHES_TAG}' of version {}", version.version),
        reason,
    };
    let text = version.tags.get(BATCHES_TAG).ok_or_else(|| damaged("it is missing".to_owned()))?;
    text.split(',').map(|id| id.trim().parse().map_err(|_| damaged(format!("'{id}' is no batch")))).collect()
}

/// Tag of a version: the batches it was trained on, separated by commas.
pub const BATCHES_TAG: &str = "tidewheel.batches";
/// Tag of a version: the rows it was trained on.
pub const TRAINING_ROWS_TAG: &str = "tidewheel.training_rows";
/// Tag of a version: why it was trained, in one line.
pub const REASON_TAG: &str = "tidewheel.reason";
/// Tag of a version: the action that led to it.
pub const ACTION_TAG: &str = "tidewheel.action";
/// Tag of a version: the turn that trained it.
pub const TURN_TAG: &str = "tidewheel.turn";
