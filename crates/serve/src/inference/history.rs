//! `GET /predictions/history` and `GET /metrics/summary`: what the prediction log says.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use tidewheel_registry::{PredictionFilter, RegistryError, StoredPrediction};

use super::error::ApiError;
use super::predict::json as answer;
use super::state::{AppState, now};

/// How many predictions are listed when the request does not say.
const USUAL_LIMIT: i64 = 50;
/// How many are listed at most.
const LARGEST_LIMIT: i64 = 1_000;
/// What was just predicted has this long to reach the database before it is read.
const FLUSH: Duration = Duration::from_millis(500);
/// How long the database may take.
const AT_MOST: Duration = Duration::from_secs(5);
/// The span of the summary.
const HOURS: i64 = 24;

/// `GET /predictions/history`
pub(super) async fn list_predictions(
    State(app): State<AppState>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let (limit, filter) = parse(&app, query)?;
    app.log.flush(FLUSH).await;
    let predictions = in_time(app.registry.predictions(&app.project.name, &filter, limit)).await?;
    let list = predictions.into_iter().map(|prediction| entry(&app, prediction)).collect::<Vec<_>>();
    answer(&json!({ "count": list.len(), "predictions": list }))
}

fn parse(app: &AppState, query: Vec<(String, String)>) -> Result<(i64, PredictionFilter), ApiError> {
    let group_column = app.project.serve.group_column.as_deref();
    let mut limit = USUAL_LIMIT;
    let mut filter = PredictionFilter::default();
    for (name, value) in query {
        if name == "limit" {
            let number = value.parse().ok().filter(|number| (1..=LARGEST_LIMIT).contains(number));
            let message = || format!("must be a whole number from 1 to {LARGEST_LIMIT}");
            limit = number.ok_or_else(|| ApiError::field("limit", value, message()))?;
        } else if Some(name.as_str()) == group_column {
            filter.group_value = Some(value);
        } else {
            let known = group_column.map_or_else(String::new, |column| format!(" and {column}"));
            return Err(ApiError::field(&name, value, format!("is unknown; the parameters are limit{known}")));
        }
    }
    Ok((limit, filter))
}

fn entry(app: &AppState, prediction: StoredPrediction) -> Value {
    let mut entry = Map::new();
    entry.insert("timestamp".into(), json!(prediction.at));
    entry.insert("request_id".into(), prediction.request_id.into());
    entry.insert("inputs".into(), prediction.inputs);
    entry.insert(format!("predicted_{}", app.project.serve.answer_field), prediction.answer.into());
    entry.insert("model_version".into(), json!(prediction.model_version.map(|version| version.to_string())));
    entry.insert("model_run_id".into(), json!(prediction.model_run_id));
    entry.insert("response_time_ms".into(), prediction.response_time_ms.into());
    entry.insert("client_ip".into(), json!(prediction.client_ip));
    entry.into()
}

/// `GET /metrics/summary`
pub(super) async fn get_summary(State(app): State<AppState>) -> Result<Response, ApiError> {
    app.log.flush(FLUSH).await;
    let since = now().plus_ms(-HOURS * 3_600_000);
    let summary = in_time(app.registry.prediction_summary(&app.project.name, since)).await?;
    let answer_field = &app.project.serve.answer_field;
    let versions = summary.model_versions.iter().map(i64::to_string).collect::<Vec<_>>();
    answer(&json!({
        "period_hours": HOURS,
        "total_predictions": summary.count,
        format!("average_{answer_field}"): summary.average,
        format!("min_{answer_field}"): summary.minimum,
        format!("max_{answer_field}"): summary.maximum,
        "average_response_time_ms": summary.average_response_time_ms,
        "distinct_groups": summary.groups,
        "model_versions": versions,
    }))
}

async fn in_time<T>(asked: impl Future<Output = Result<T, RegistryError>>) -> Result<T, ApiError> {
    match tokio::time::timeout(AT_MOST, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the registry gave no answer in time")),
    }
}
