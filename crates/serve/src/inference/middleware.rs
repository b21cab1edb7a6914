//! The layer around every route: request id, guard, panics, counters, headers, and errors as JSON.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use super::error::ApiError;
use super::request_id::{HEADER as REQUEST_ID, RequestId};
use super::state::AppState;
use crate::ui;

/// What a browser may do with an answer that says nothing of its own: nothing.
const NO_CONTENT: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const DENY: HeaderValue = HeaderValue::from_static("DENY");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const X_FRAME_OPTIONS: HeaderName = header::X_FRAME_OPTIONS;

/// When a request arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived(pub(super) Instant);

/// Wraps a route.
pub(super) async fn around(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let endpoint = endpoint.as_ref().map(MatchedPath::as_str);
    wrap(&app, endpoint, request, |mut request, id, arrived| {
        request.extensions_mut().insert(id);
        request.extensions_mut().insert(arrived);
        next.run(request)
    })
    .await
}

/// Wraps what answers a request to an endpoint.
pub(super) async fn wrap<F: Future<Output = Response>>(
    app: &AppState,
    endpoint: Option<&str>,
    request: Request,
    answer: impl FnOnce(Request, RequestId, Arrived) -> F,
) -> Response {
    let arrived = Instant::now();
    let (parts, body) = request.into_parts();
    let id = app.request_ids.of(&parts.headers);
    let method = parts.method.clone();
    let mut response = match app.guard.check(&parts) {
        Err(error) => error.into_response(),
        Ok(()) => {
            let answer = answer(Request::from_parts(parts, body), id.clone(), Arrived(arrived));
            AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| {
                app.metrics.panicked();
                tracing::error!(request_id = id.as_str(), "a request ended in a panic");
                ApiError::internal().into_response()
            })
        }
    };
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let body = error.body(id.as_str());
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = body.into();
        log_error(&id, &method, endpoint, &error);
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.header());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    headers.insert(X_FRAME_OPTIONS, DENY);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NO_CONTENT);
    headers.entry(header::REFERRER_POLICY).or_insert(NO_REFERRER);
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    let took = arrived.elapsed();
    app.metrics.request(&method, endpoint, response.status(), took);
    tracing::debug!(
        request_id = id.as_str(),
        %method,
        endpoint,
        status = response.status().as_u16(),
        took_us = took.as_micros() as u64,
        "answered"
    );
    response
}

fn log_error(id: &RequestId, method: &Method, endpoint: Option<&str>, error: &ApiError) {
    let status = error.status().as_u16();
    if error.status().is_server_error() {
        tracing::warn!(request_id = id.as_str(), %method, endpoint, status, detail = error.message(), "not served");
    } else {
        tracing::info!(request_id = id.as_str(), %method, endpoint, status, detail = error.message(), "refused");
    }
}

/// The answer of a path without a route.
pub(super) async fn not_found(State(app): State<AppState>, request: Request) -> Response {
    if request.uri().path().starts_with("/ui") {
        return Handler::call(ui::no_page, request, app).await;
    }
    ApiError::new(StatusCode::NOT_FOUND, "there is nothing at this path; GET /docs lists what there is").into_response()
}

/// The answer of a route without this method; its header `allow` says which there are.
pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
}
