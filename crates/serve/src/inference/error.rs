//! What a request can be answered with when it cannot be served.
//!
//! A handler returns an [`ApiError`]; the outermost layer ([`super::middleware`]) turns it into JSON with the request's
//! id. Internal detail goes to the log, where it is handled, and never to the client.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use tidewheel_data::recipe::FieldError;
use tidewheel_registry::RegistryError;

/// At most so many mistakes of one request are listed.
const FIELDS_SHOWN: usize = 50;
/// A value longer than this, as JSON, is shown shortened.
const VALUE_SHOWN: usize = 200;

/// Why a request was not served.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    detail: Detail,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Fields(Vec<FieldError>),
}

impl ApiError {
    /// A status with a text for the client.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: Detail::Text(detail.into()) }
    }

    /// 400: the request itself cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 422: the request can be read, but these fields are wrong.
    pub fn fields(mut errors: Vec<FieldError>) -> Self {
        let more = errors.len().saturating_sub(FIELDS_SHOWN);
        errors.truncate(FIELDS_SHOWN);
        for error in &mut errors {
            shorten(error);
        }
        if more > 0 {
            let message = format!("{more} more mistakes are not listed");
            errors.push(FieldError { field: String::new(), value: Value::Null, message });
        }
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail: Detail::Fields(errors) }
    }

    /// 422 with one field.
    pub fn field(field: &str, value: impl Into<Value>, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.to_owned(), value: value.into(), message: message.into() }])
    }

    /// 503: no model is loaded.
    pub fn no_model(reason: Option<&str>) -> Self {
        let reason = reason.unwrap_or("no model has been promoted yet");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("no model is loaded: {reason}"))
    }

    /// 500: a defect; what happened is in the log.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error; the log has it under this request id")
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The text for the client; of several fields the first one's.
    pub fn message(&self) -> String {
        match &self.detail {
            Detail::Text(text) => text.clone(),
            Detail::Fields(fields) => {
                fields.first().map_or_else(String::new, |error| format!("'{}' {}", error.field, error.message))
            }
        }
    }

    /// The detail as it stands in the answer: a text, or a list of fields.
    pub fn detail(&self) -> Value {
        serde_json::to_value(&self.detail).unwrap_or_default()
    }

    /// The answer's body.
    pub fn body(&self, request_id: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            detail: &'a Detail,
            request_id: &'a str,
        }
        serde_json::to_vec(&Body { detail: &self.detail, request_id }).unwrap_or_default()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(self);
        response
    }
}

impl From<RegistryError> for ApiError {
    /// One place says what of the registry's errors a client sees.
    fn from(error: RegistryError) -> Self {
        tracing::warn!(%error, "the registry could not answer");
        match error {
            RegistryError::Database(_) | RegistryError::Objects(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the registry cannot be reached; try again later")
            }
            RegistryError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            _ => Self::internal(),
        }
    }
}

fn shorten(error: &mut FieldError) {
    let cut = |text: &str| {
        let end = (0..=VALUE_SHOWN).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        format!("{}...", &text[..end])
    };
    if error.field.len() > VALUE_SHOWN {
        error.field = cut(&error.field);
    }
    match &error.value {
        Value::String(text) if text.len() > VALUE_SHOWN => error.value = Value::String(cut(text)),
        Value::Array(_) | Value::Object(_) => {
            let text = error.value.to_string();
            if text.len() > VALUE_SHOWN {
                error.value = Value::String(cut(&text));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_and_long_lists_are_shortened() {
        let long = "ñ".repeat(5000);
        let error = |n: usize| FieldError { field: format!("f{n}"), value: long.clone().into(), message: "x".into() };
        let body = ApiError::fields((0..500).map(error).collect()).body("id");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let detail = body["detail"].as_array().expect("a list");
        assert_eq!(detail.len(), FIELDS_SHOWN + 1);
        assert_eq!(detail[FIELDS_SHOWN]["message"], "450 more mistakes are not listed");
        assert!(detail[0]["value"].as_str().expect("a text").len() < 2 * VALUE_SHOWN);
        assert_eq!(body["request_id"], "id");
    }
}
