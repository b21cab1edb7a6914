//! The routes.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tidewheel_domain::project::ServeSpec;

use super::middleware::{around, method_not_allowed, not_found};
use super::server::ServeError;
use super::state::AppState;
use super::{docs, history, predict, reload, status};
use crate::ui;

/// The path of single predictions.
pub(super) const PREDICT: &str = "/predict";

/// Routes whose paths do not depend on the project.
const FIXED: [&str; 15] = [
    "/",
    "/health",
    "/ready",
    "/model",
    PREDICT,
    "/explain",
    "/batch_predict",
    "/reload",
    "/predictions/history",
    "/metrics/summary",
    "/metrics",
    "/docs",
    "/docs/",
    "/docs/{*file}",
    "/openapi.json",
];

/// The patterns of all routes of a project, for the counters. Refuses a `serve.group_route` that is taken.
pub fn endpoints(serve: &ServeSpec) -> Result<Vec<String>, ServeError> {
    let mut endpoints = FIXED.into_iter().chain(ui::ROUTES.iter().copied()).map(str::to_owned).collect::<Vec<_>>();
    if serve.group_column.is_some() {
        let route = &serve.group_route;
        if FIXED.contains(&route.as_str()) || ["/docs/", "/ui"].iter().any(|own| route.starts_with(own)) {
            return Err(ServeError::GroupRoute(route.clone()));
        }
        endpoints.push(route.clone());
    }
    Ok(endpoints)
}

/// All routes over the parts of one server.
pub fn router(app: AppState) -> Router {
    let mut router = Router::new()
        .route("/", get(status::get_service))
        .route("/health", get(status::get_health))
        .route("/ready", get(status::get_ready))
        .route("/model", get(status::get_model))
        .route(PREDICT, post(predict::predict))
        .route("/explain", post(predict::explain))
        .route("/batch_predict", post(predict::batch_predict))
        .route("/reload", post(reload::reload))
        .route("/predictions/history", get(history::list_predictions))
        .route("/metrics/summary", get(history::get_summary))
        .route("/metrics", get(status::get_metrics))
        .route("/docs", get(docs::get_docs))
        .route("/docs/", get(docs::get_docs_file))
        .route("/docs/{*file}", get(docs::get_docs_file))
        .route("/openapi.json", get(docs::get_openapi));
    if app.project.serve.group_column.is_some() {
        router = router.route(&app.project.serve.group_route, get(status::list_groups));
    }
    router
        .merge(ui::router())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}
