//! `GET /docs`: interactive documentation, from files inside the binary, and `GET /openapi.json` behind it.

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::Config;

use super::error::ApiError;
use super::state::AppState;

/// The pages load their own scripts and styles and ask this server, nothing else. The documentation's own code sets
/// styles inline and draws icons from `data:` URLs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
const CACHED: HeaderValue = HeaderValue::from_static("max-age=3600");

static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::new(["/openapi.json"]).validator_url("none").try_it_out_enabled(true)));

/// `GET /docs`
pub(super) async fn get_docs() -> Result<Response, ApiError> {
    let mut response = file("index.html")?;
    let status = response.status();
    let bytes = axum::body::to_bytes(std::mem::take(response.body_mut()), usize::MAX).await;
    let page = bytes.map_err(|_| ApiError::internal())?;
    // The page names its files relative to a folder; seen from `/docs` they are in `docs/`.
    let page = String::from_utf8_lossy(&page).replace("\"./", "\"docs/").replace("\"index.css", "\"docs/index.css");
    Ok((status, response.headers().clone(), page).into_response())
}

/// `GET /docs/` and the files below.
pub(super) async fn get_docs_file(path: Option<Path<String>>) -> Result<Response, ApiError> {
    file(path.as_ref().map_or("", |path| path.as_str()))
}

fn file(path: &str) -> Result<Response, ApiError> {
    let found = utoipa_swagger_ui::serve(path, Arc::clone(&CONFIG)).map_err(|error| {
        tracing::error!(%error, path, "a file of the documentation cannot be prepared");
        ApiError::internal()
    })?;
    let not_found = || ApiError::new(StatusCode::NOT_FOUND, "the documentation has no such file");
    let found = found.ok_or_else(not_found)?;
    let kind = HeaderValue::from_str(&found.content_type).map_err(|_| ApiError::internal())?;
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, CACHED)];
    Ok((headers, found.bytes.into_owned()).into_response())
}

/// `GET /openapi.json`
pub(super) async fn get_openapi(State(app): State<AppState>) -> Response {
    let document = match app.models.current() {
        Some(model) => model.openapi.clone(),
        None => app.openapi.clone(),
    };
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}
