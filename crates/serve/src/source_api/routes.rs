//! The routes of the emulated data API.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{RowForm, SourceApi};

/// Longest name of a day.
const LONGEST_DAY: usize = 64;

type Parameters = HashMap<String, String>;

pub(super) fn router(api: SourceApi) -> Router {
    Router::new()
        .route("/", get(describe))
        .route("/health", get(async || Json(json!({"status": "healthy"}))))
        .route("/data", get(deal_batch))
        .route("/restart_data_generation", get(restart))
        .with_state(api)
}

async fn describe(State(api): State<SourceApi>) -> Json<Value> {
    Json(json!({
        "service": "tidewheel source-api",
        "rows": api.rows(),
        "batches": api.batches(),
        "order": if api.deal.is_shuffled() { "shuffled" } else { "file" },
        "calls": ["GET /data?group_number=5&day=Tuesday", "GET /restart_data_generation?group_number=5&day=Tuesday"],
    }))
}

async fn deal_batch(State(api): State<SourceApi>, Query(parameters): Query<Parameters>) -> Response {
    let ((group_number, day), form) = match group(&parameters).and_then(|group| Ok((group, form(&parameters)?))) {
        Ok((group, form)) => (group, form.unwrap_or(api.form)),
        Err(refusal) => return refusal.into_response(),
    };
    let Some(batch_number) = api.next((group_number, day.clone())) else {
        let detail = format!(
            "all the data was collected: the {} batches of group {group_number}, {day}, have been dealt; \
             GET /restart_data_generation starts again",
            api.batches()
        );
        return (StatusCode::BAD_REQUEST, Json(json!({"detail": detail}))).into_response();
    };
    tracing::info!(group_number, day, batch_number, rows = api.deal.range(batch_number).len(), "dealing a batch");
    let deal = api.deal;
    match tokio::task::spawn_blocking(move || deal.answer(group_number, &day, batch_number, form)).await {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            let detail = format!("the batch could not be written: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"detail": detail}))).into_response()
        }
    }
}

async fn restart(State(api): State<SourceApi>, Query(parameters): Query<Parameters>) -> Response {
    match group(&parameters) {
        Ok((group_number, day)) => {
            api.restart((group_number, day.clone()));
            tracing::info!(group_number, day, "starting again from the first batch");
            let message = "the data starts again from the first batch";
            Json(json!({"group_number": group_number, "day": day, "message": message})).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// A parameter that is missing or wrong.
struct Refusal {
    parameter: &'static str,
    kind: &'static str,
    message: String,
    input: Option<String>,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let detail = json!([{
            "type": self.kind,
            "loc": ["query", self.parameter],
            "msg": self.message,
            "input": self.input,
        }]);
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"detail": detail}))).into_response()
    }
}

fn required<'a>(parameters: &'a Parameters, parameter: &'static str) -> Result<&'a str, Refusal> {
    parameters.get(parameter).map(String::as_str).ok_or_else(|| Refusal {
        parameter,
        kind: "missing",
        message: format!("'{parameter}' is required"),
        input: None,
    })
}

fn group(parameters: &Parameters) -> Result<(u64, String), Refusal> {
    let text = required(parameters, "group_number")?;
    let group_number = text.trim().parse().map_err(|_| Refusal {
        parameter: "group_number",
        kind: "int_parsing",
        message: format!("'group_number' must be a whole number of 0 or more, not '{text}'"),
        input: Some(text.to_owned()),
    })?;
    let day = required(parameters, "day")?.trim();
    if day.is_empty() || day.chars().count() > LONGEST_DAY {
        return Err(Refusal {
            parameter: "day",
            kind: "string_length",
            message: format!("'day' must have between 1 and {LONGEST_DAY} characters"),
            input: Some(day.to_owned()),
        });
    }
    Ok((group_number, day.to_owned()))
}

fn form(parameters: &Parameters) -> Result<Option<RowForm>, Refusal> {
    match parameters.get("rows").map(String::as_str) {
        None => Ok(None),
        Some("objects") => Ok(Some(RowForm::Objects)),
        Some("arrays") => Ok(Some(RowForm::Arrays)),
        Some(other) => Err(Refusal {
            parameter: "rows",
            kind: "enum",
            message: format!("'rows' must be 'objects' or 'arrays', not '{other}'"),
            input: Some(other.to_owned()),
        }),
    }
}
