//! `GET /`, `/health`, `/ready`, `/model`, and the list of groups: what is loaded, and how the server is.

use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::ApiError;
use super::model::ServedModel;
use super::predict::json as answer;
use super::state::AppState;
use crate::ui;

/// `GET /`: JSON for programs, a page for browsers.
pub(super) async fn get_service(
    State(app): State<AppState>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    if wants_page(&headers) {
        return Ok(ui::show_overview.call(request, app).await);
    }
    let mut response = answer(&service(&app))?;
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// A browser names `text/html`, and before any JSON.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match (accept.find("text/html"), accept.find("application/json")) {
        (Some(page), Some(json)) => page < json,
        (page, _) => page.is_some(),
    }
}

fn service(app: &AppState) -> Value {
    let model = app.models.current();
    let mut body = json!({
        "service": app.project.serve.service_name,
        "version": app.version,
        "model_name": app.project.model_name,
    });
    add_model(&mut body, model.as_deref());
    body["features"] = model.as_deref().map_or_else(|| json!([]), |model| json!(model.feature_names));
    body["loaded_at"] = json!(model.as_deref().map(|model| model.loaded_at));
    body["last_reload_error"] = json!(app.models.last_error());
    body["docs"] = "/docs".into();
    body
}

/// `GET /health`
pub(super) async fn get_health(State(app): State<AppState>) -> Result<Response, ApiError> {
    let model = app.models.current();
    let connected = app.models.database_connected();
    let status = if model.is_some() && connected { "healthy" } else { "degraded" };
    answer(&json!({
        "status": status,
        "model_loaded": model.is_some(),
        "explainer_loaded": model.is_some(),
        "database_connected": connected,
        "model_version": model.as_deref().map(|model| &model.version_text),
        "last_reload_error": app.models.last_error(),
        "prediction_log": app.log.counts().to_json(),
    }))
}

/// `GET /ready`: 200 only with a model loaded.
pub(super) async fn get_ready(State(app): State<AppState>) -> Result<Response, ApiError> {
    let model = app.model()?;
    answer(&json!({ "ready": true, "model_version": model.version_text }))
}

/// `GET /model`
pub(super) async fn get_model(State(app): State<AppState>) -> Result<Response, ApiError> {
    let model = app.model()?;
    let mut body = json!({
        "version": model.version_text,
        "stage": model.stage.as_str(),
        "model_name": app.project.model_name,
    });
    add_model(&mut body, Some(&model));
    let recipe = model.recipe.recipe();
    body["loaded_at"] = json!(model.loaded_at);
    body["target"] = recipe.target.as_str().into();
    body["unit"] = recipe.unit.as_str().into();
    body["scale"] = model.scale.as_str().into();
    body["trees"] = model.trees().into();
    body["feature_names"] = json!(model.feature_names);
    if app.project.serve.group_column.is_some() {
        let mut names = recipe.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        body[&app.project.serve.group_list_field] = json!(names);
    }
    answer(&body)
}

/// The groups with their mean, highest first: `GET` on the project's `serve.group_route`.
pub(super) async fn list_groups(State(app): State<AppState>) -> Result<Response, ApiError> {
    let model = app.model()?;
    let column = app.project.serve.group_column.as_deref().unwrap_or("group");
    let mean = format!("average_{}", app.project.serve.answer_field);
    let groups = &model.recipe.recipe().groups;
    let list = groups.iter().map(|group| json!({ column: group.name, mean.as_str(): group.mean, "count": group.rows }));
    answer(&list.collect::<Vec<_>>())
}

/// `GET /metrics`
pub(super) async fn get_metrics(State(app): State<AppState>) -> Response {
    let text = app.metrics.render(&app.models.facts(), app.log.counts()) + &app.turns.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn add_model(body: &mut Value, model: Option<&ServedModel>) {
    body["model_version"] = json!(model.map(|model| &model.version_text));
    body["model_stage"] = json!(model.map(|model| model.stage.as_str()));
    body["model_run_id"] = json!(model.map(|model| model.run_id.as_str()));
    body["model_loaded"] = model.is_some().into();
    body["explainer_loaded"] = model.is_some().into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_browser_gets_the_page() {
        let wants = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            wants_page(&headers)
        };
        assert!(wants("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!wants("*/*"));
        assert!(!wants("application/json"));
        assert!(!wants("application/json, text/html"));
        assert!(!wants_page(&HeaderMap::new()));
    }
}
