//! `POST /reload`: loads what the registry calls Production now.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::error::ApiError;
use super::predict::json as answer;
use super::request_id::RequestId;
use super::state::AppState;

/// `POST /reload`
pub(super) async fn reload(
    State(app): State<AppState>,
    Extension(id): Extension<RequestId>,
) -> Result<Response, ApiError> {
    // A load goes on when the client hangs up: half a load is of no use.
    let outcome = {
        let app = app.clone();
        tokio::spawn(async move { app.models.reload().await }).await
    };
    let outcome = outcome.map_err(|_| ApiError::internal())?;
    let reloaded = outcome.map_err(|error| {
        let goes_on = app.models.current().map_or_else(
            || "no model is loaded".to_owned(),
            |model| format!("version {} goes on serving", model.version_text),
        );
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, format!("the model was not reloaded: {error}; {goes_on}"))
    })?;
    let model = &reloaded.model;
    answer(&json!({
        "status": "success",
        "message": format!("Loading {} model version {}... Success", model.stage, model.version_text),
        "changed": reloaded.previous != Some(model.version),
        "previous_version": reloaded.previous.map(|version| version.to_string()),
        "model_version": model.version_text,
        "model_stage": model.stage.as_str(),
        "model_run_id": model.run_id.as_str(),
        "request_id": id.as_str(),
    }))
}
