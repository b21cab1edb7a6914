//! What every handler can reach.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use tidewheel_domain::Timestamp;
use tidewheel_domain::project::Project;
use tidewheel_registry::Registry;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::guard::Guard;
use super::handle::ModelHandle;
use super::model::ServedModel;
use super::request_id::RequestIds;
use crate::observe::{Metrics, PredictionLog, TurnMetrics};
use crate::ui::Pages;

/// The parts of one server. Clones share them.
#[derive(Debug, Clone)]
pub struct AppState(Arc<App>);

/// The parts of one server.
#[derive(Debug)]
pub struct App {
    /// The project.
    pub project: Arc<Project>,
    /// Everything that is kept.
    pub registry: Registry,
    /// The program's version.
    pub version: String,
    /// The model in use.
    pub models: ModelHandle,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// What the loop decided.
    pub turns: TurnMetrics,
    /// The prediction log.
    pub log: PredictionLog,
    /// Who may ask.
    pub guard: Guard,
    /// Ids of requests.
    pub request_ids: RequestIds,
    /// The OpenAPI document while no model is loaded.
    pub openapi: Bytes,
    /// What the pages keep between requests.
    pub pages: Pages,
    /// Cancelled when the server is about to end: answers that would last end then.
    pub closing: CancellationToken,
}

impl AppState {
    /// Shares the parts.
    pub fn new(app: App) -> Self {
        Self(Arc::new(app))
    }

    /// The model in use, for one request from beginning to end; 503 where there is none.
    pub fn model(&self) -> Result<Arc<ServedModel>, ApiError> {
        self.models.current().ok_or_else(|| ApiError::no_model(self.models.last_error().as_deref()))
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

/// The time, read from the clock in this one place of the server.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(since.as_millis() as i64)
}
