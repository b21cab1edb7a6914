//! `POST /predict`, `POST /explain`, `POST /batch_predict`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use tidewheel_data::recipe::InputRow;
use tidewheel_registry::PredictionRecord;

use super::answer::{self, Predicted};
use super::body::{parse, read_json, take_row};
use super::error::ApiError;
use super::middleware::Arrived;
use super::model::ServedModel;
use super::request_id::RequestId;
use super::state::{AppState, now};

/// From so many rows on, a batch is computed off the threads that answer requests.
const ROWS_INLINE: usize = 16;

/// `POST /predict`
pub(super) async fn predict(
    State(app): State<AppState>,
    Extension(id): Extension<RequestId>,
    Extension(arrived): Extension<Arrived>,
    request: Request,
) -> Response {
    let client = client_of(&request);
    answer_predict(&app, request, id, arrived, client).await
}

/// The answer of `POST /predict`, also without a router around it.
pub(super) async fn answer_predict(
    app: &AppState,
    request: Request,
    id: RequestId,
    arrived: Arrived,
    client: Option<SocketAddr>,
) -> Response {
    let answer = async {
        let body = read_body(app, request).await?;
        let (model, row) = predict_one(app, &body)?;
        let response = json_text(answer::prediction(&model, &row, id.as_str()));
        record(app, &model, row, id.as_str().to_owned(), arrived, client);
        app.metrics.prediction_took(arrived.0.elapsed());
        Ok::<_, ApiError>(response)
    };
    answer.await.into_response()
}

/// `POST /explain`
pub(super) async fn explain(
    State(app): State<AppState>,
    Extension(id): Extension<RequestId>,
    Extension(arrived): Extension<Arrived>,
    request: Request,
) -> Result<Response, ApiError> {
    let client = client_of(&request);
    let body = read_body(&app, request).await?;
    let (model, row) = predict_one(&app, &body)?;
    let (model, row, explanation) = off_thread(move || {
        let explanation = model.explain(&row.features);
        (model, row, explanation)
    })
    .await?;
    let explanation = explanation.map_err(|error| {
        tracing::error!(request_id = id.as_str(), %error, "a row cannot be explained");
        ApiError::internal()
    })?;
    let response = json_text(answer::explanation(&model, &row, &explanation, id.as_str()));
    record(&app, &model, row, id.as_str().to_owned(), arrived, client);
    Ok(response)
}

/// `POST /batch_predict`
pub(super) async fn batch_predict(
    State(app): State<AppState>,
    Extension(id): Extension<RequestId>,
    Extension(arrived): Extension<Arrived>,
    request: Request,
) -> Result<Response, ApiError> {
    let client = client_of(&request);
    let body = read_body(&app, request).await?;
    let body = parse(&body)?;
    let Value::Array(bodies) = body else {
        return Err(ApiError::field("body", body, "must be a list of rows"));
    };
    let most = app.project.serve.max_batch_rows;
    if bodies.len() > most {
        let detail =
            format!("the list has {} rows; at most {most} are taken (setting serve.max_batch_rows)", bodies.len());
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let model = app.model()?;
    let few = bodies.len() <= ROWS_INLINE;
    let work = {
        let (model, id) = (Arc::clone(&model), id.clone());
        move || {
            let rows = bodies.into_iter().map(|body| predict_row(&model, body)).collect::<Vec<_>>();
            let json = answer::batch(&model, &rows, id.as_str());
            (rows, json)
        }
    };
    let (rows, json) = if few { work() } else { off_thread(work).await? };
    for (place, row) in rows.into_iter().enumerate() {
        if let Ok(row) = row {
            record(&app, &model, row, format!("{}:{place}", id.as_str()), arrived, client);
        }
    }
    Ok(json_text(json))
}

fn client_of(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

async fn read_body(app: &AppState, request: Request) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    read_json(&parts.headers, body, app.project.serve.max_body_bytes).await
}

/// Predicts the one row that a body holds, with the model in use.
fn predict_one(app: &AppState, body: &[u8]) -> Result<(Arc<ServedModel>, Predicted), ApiError> {
    let model = app.model();
    if let Ok(model) = &model
        && let Some(row) = model.recipe.parse_plain_row(body)
    {
        let predicted = predict_parsed(model, &row)?;
        return Ok((Arc::clone(model), predicted));
    }
    // Not plain, or wrong: slower, and able to say what is wrong.
    let body = parse(body)?;
    let model = model?;
    let predicted = predict_row(&model, body)?;
    Ok((model, predicted))
}

fn predict_row(model: &ServedModel, body: Value) -> Result<Predicted, ApiError> {
    let (fields, mut errors) = take_row(body)?;
    let row = match model.recipe.parse_row(&fields) {
        Ok(row) if errors.is_empty() => row,
        Ok(_) => return Err(ApiError::fields(errors)),
        Err(more) => {
            let named = |field: &str| errors.iter().any(|error| error.field == field);
            let more = more.into_iter().filter(|error| !named(&error.field)).collect::<Vec<_>>();
            errors.extend(more);
            return Err(ApiError::fields(errors));
        }
    };
    predict_parsed(model, &row)
}

fn predict_parsed(model: &ServedModel, row: &InputRow) -> Result<Predicted, ApiError> {
    model.predict(row).map_err(|error| {
        tracing::error!(%error, "the model refuses the features of its own recipe");
        ApiError::internal()
    })
}

/// Counts a prediction and hands it to the prediction log.
fn record(
    app: &AppState,
    model: &ServedModel,
    row: Predicted,
    request_id: String,
    arrived: Arrived,
    client: Option<SocketAddr>,
) {
    app.metrics.prediction(&model.counts, row.group, row.answer);
    app.log.record(PredictionRecord {
        at: now(),
        request_id,
        group_value: row.group_value,
        inputs: row.inputs,
        answer: row.answer,
        model_version: Some(model.version),
        model_run_id: Some(model.run_id.clone()),
        response_time_ms: arrived.0.elapsed().as_secs_f64() * 1e3,
        client_ip: client.map(|client| client.ip().to_string()),
    });
}

/// Computes on a thread of its own, so that the threads that answer requests stay free.
async fn off_thread<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(compute).await.map_err(|error| {
        tracing::error!(%error, "a computation ended in a panic");
        ApiError::internal()
    })
}

pub(super) fn json(answer: &impl Serialize) -> Result<Response, ApiError> {
    let mut body = Vec::with_capacity(1024);
    serde_json::to_writer(&mut body, answer).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        ApiError::internal()
    })?;
    Ok(json_text(body))
}

fn json_text(body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    // With room for what every answer gets.
    response.headers_mut().reserve(12);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
