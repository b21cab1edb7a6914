//! The model in use, and how another takes its place.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use thiserror::Error;
use tidewheel_data::bundle;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::project::Project;
use tidewheel_registry::{Registry, RegistryError};
use tokio::sync::Mutex;

use super::model::{ModelError, ServedModel};
use super::state::now;
use crate::memory::give_back;
use crate::observe::{Metrics, ModelFacts};

/// How long the registry may take to answer.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a model was not loaded. The model that served before goes on serving.
#[derive(Debug, Error)]
pub enum ReloadError {
    /// The registry names no version in production.
    #[error("the registry has no version of '{0}' in production")]
    NoProduction(String),
    /// The registry does not answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The registry takes too long.
    #[error("the registry gave no answer within {} s", REGISTRY_TIMEOUT.as_secs())]
    Timeout,
    /// The bundle does not serve.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The verification itself broke down.
    #[error("the verification of the bundle ended in a panic")]
    Panic,
}

/// What a reload did.
#[derive(Debug, Clone)]
pub struct Reloaded {
    /// The model that serves now.
    pub model: Arc<ServedModel>,
    /// The version that served before.
    pub previous: Option<i64>,
}

/// The model in use. Readers never wait: each request takes the model that stands here and keeps it to its end.
#[derive(Debug)]
pub struct ModelHandle {
    current: ArcSwapOption<ServedModel>,
    last_error: RwLock<Option<Arc<str>>>,
    connected: AtomicBool,
    loading: Mutex<()>,
    registry: Registry,
    project: Arc<Project>,
    metrics: Arc<Metrics>,
    program_version: String,
}

impl ModelHandle {
    /// A handle that holds no model yet.
    pub fn new(registry: Registry, project: Arc<Project>, metrics: Arc<Metrics>, program_version: &str) -> Self {
        Self {
            current: ArcSwapOption::empty(),
            last_error: RwLock::default(),
            connected: AtomicBool::new(false),
            loading: Mutex::default(),
            registry,
            project,
            metrics,
            program_version: program_version.to_owned(),
        }
    }

    /// The model in use.
    pub fn current(&self) -> Option<Arc<ServedModel>> {
        self.current.load_full()
    }

    /// Why the last attempt to load a model failed; `None` after one that did not.
    pub fn last_error(&self) -> Option<Arc<str>> {
        self.last_error.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the registry answered when it was last asked.
    pub fn database_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Notes whether the registry answered.
    pub fn set_database_connected(&self, connected: bool) {
        self.connected.store(connected, Ordering::Relaxed);
    }

    /// What the counters say about the model.
    pub fn facts(&self) -> ModelFacts {
        let model = self.current();
        ModelFacts {
            name: self.project.model_name.clone(),
            explainer: model.is_some(),
            loaded: model
                .map(|model| [model.version_text.clone(), model.stage.to_string(), model.run_id.as_str().to_owned()]),
        }
    }

    /// Loads what the registry calls Production now. One load at a time; the model in use serves until the new one is
    /// fetched, verified and warm, and goes on where that fails.
    pub async fn reload(&self) -> Result<Reloaded, ReloadError> {
        let _one_at_a_time = self.loading.lock().await;
        let version = self.production().await;
        let outcome = match version {
            Ok(version) => {
                let outcome = self.load(&version).await;
                let line = format!("Loading {} model version {}...", version.stage, version.version);
                match &outcome {
                    Ok(_) => tracing::info!("{line} Success"),
                    Err(error) => tracing::error!("{line} Failed: {error}"),
                }
                outcome
            }
            Err(error) => {
                tracing::warn!("Loading Production model... Failed: {error}");
                Err(error)
            }
        };
        self.metrics.reload(outcome.is_ok());
        *self.last_error.write().unwrap_or_else(PoisonError::into_inner) =
            outcome.as_ref().err().map(|error| error.to_string().into());
        outcome
    }

    async fn production(&self) -> Result<ModelVersion, ReloadError> {
        let asked = self.registry.production_version(&self.project.model_name);
        let version = within(REGISTRY_TIMEOUT, asked).await?;
        version.ok_or_else(|| ReloadError::NoProduction(self.project.model_name.clone()))
    }

    async fn load(&self, version: &ModelVersion) -> Result<Reloaded, ReloadError> {
        let mut files = BTreeMap::new();
        for path in bundle::paths() {
            let fetched = self.registry.objects().get_artifact(&version.run_id, path);
            let fetched = within(REGISTRY_TIMEOUT, async { Ok(fetched.await?) }).await?;
            if let Some(bytes) = fetched {
                files.insert(path.to_owned(), bytes.into());
            }
        }
        let (project, metrics) = (Arc::clone(&self.project), Arc::clone(&self.metrics));
        let (version, program_version) = (version.clone(), self.program_version.clone());
        let prepared = tokio::task::spawn_blocking(move || {
            let model = ServedModel::prepare(files, &version, &project, &metrics, &program_version, now());
            give_back();
            model
        });
        let model = Arc::new(prepared.await.map_err(|_| ReloadError::Panic)??);
        let former = self.current.swap(Some(Arc::clone(&model)));
        Ok(Reloaded { model, previous: former.map(|former| former.version) })
    }
}

/// An answer of the registry, if it comes in time.
pub async fn within<T>(
    at_most: Duration,
    asked: impl Future<Output = Result<T, RegistryError>>,
) -> Result<T, ReloadError> {
    tokio::time::timeout(at_most, asked).await.map_or(Err(ReloadError::Timeout), |answer| Ok(answer?))
}
