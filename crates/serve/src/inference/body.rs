//! Bodies of requests: read with a limit of size, depth and time, and parsed so that mistakes can be named.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};
use tidewheel_data::recipe::FieldError;

use super::error::ApiError;

/// How long a client may take to send its body.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A body never has more fields than this.
const MAX_FIELDS: usize = 1_000;
/// Stands before the text of a number that is none, in a string of its own. JSON texts hold no raw control characters,
/// and no category begins with this one.
const NOT_FINITE: char = '\u{1}';

/// Reads a body of at most `limit` bytes that says it is JSON.
pub(super) async fn read_json(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    check_content_type(headers)?;
    read(headers, body, limit).await
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let too_large = || {
        let detail = format!("the body is larger than {limit} bytes (setting serve.max_body_kib)");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(READ_TIMEOUT, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err(ApiError::bad_request("the body could not be read to its end")),
        Err(_) => Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    error.to_string().contains("length limit exceeded")
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    let is_json = kind.eq_ignore_ascii_case("application/json")
        || (kind.len() > 17 && kind.is_char_boundary(12) && kind[..12].eq_ignore_ascii_case("application/") && {
            let (_, subtype) = kind.split_at(12);
            subtype.to_ascii_lowercase().ends_with("+json")
        });
    if is_json {
        return Ok(());
    }
    let found = if given.is_empty() { "none".to_owned() } else { format!("'{}'", given.escape_default()) };
    let detail = format!("content-type must be application/json, found {found}");
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// Parses a body. Numbers that JSON does not have (`NaN`, `Infinity`, `1e999`) are kept as marked texts, so that the
/// answer can name their field; [`take_row`] finds them.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ApiError::bad_request("the body is empty; send JSON, such as {}"));
    }
    serde_json::from_slice(bytes).or_else(|error| {
        let quoted = quote_non_finite(bytes);
        quoted.and_then(|quoted| serde_json::from_slice(&quoted).ok()).ok_or_else(|| not_json(&error))
    })
}

fn not_json(error: &serde_json::Error) -> ApiError {
    ApiError::bad_request(format!("the body is not JSON: {error}"))
}

/// The fields of one row, with the numbers that are none reported.
pub(super) fn take_row(value: Value) -> Result<(Map<String, Value>, Vec<FieldError>), ApiError> {
    let mut row = match value {
        Value::Object(row) => row,
        other => {
            let message = format!("must be an object of fields, not {}", kind_of(&other));
            return Err(ApiError::field("body", other, message));
        }
    };
    if row.len() > MAX_FIELDS {
        let message = format!("has {} fields; at most {MAX_FIELDS} are read", row.len());
        return Err(ApiError::field("body", Value::Null, message));
    }
    let mut errors = Vec::new();
    row.retain(|field, value| match value.as_str().and_then(|text| text.strip_prefix(NOT_FINITE)) {
        None => true,
        Some(text) => {
            let message = "must be a finite number".to_owned();
            errors.push(FieldError { field: field.clone(), value: text.into(), message });
            false
        }
    });
    Ok((row, errors))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Turns every number outside texts that is no finite one into a marked text; `None` where there is none.
fn quote_non_finite(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut out = String::with_capacity(text.len() + 16);
    let mut found = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_length(rest),
            c if c.is_ascii_alphanumeric() || c == '-' || c == '+' => {
                let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
                rest.find(end).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if is_non_finite(token) {
            found = true;
            out.push_str("\"\\u0001");
            out.push_str(token);
            out.push('"');
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    found.then(|| out.into_bytes())
}

/// Length of the quoted text at the beginning, or of everything where it does not end.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_non_finite(token: &str) -> bool {
    let digits = token.trim_start_matches(['-', '+']);
    let first = digits.chars().next();
    let word = ["nan", "inf", "infinity"].iter().any(|word| digits.eq_ignore_ascii_case(word));
    word || (first.is_some_and(|c| c.is_ascii_digit()) && token.parse::<f64>().is_ok_and(f64::is_infinite))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> (Map<String, Value>, Vec<FieldError>) {
        take_row(parse(text.as_bytes()).expect("parsed")).expect("an object")
    }

    #[test]
    fn numbers_that_are_none_are_named() {
        for token in ["NaN", "-Infinity", "Infinity", "1e999", "-1E+999", "nan"] {
            let (fields, errors) = row(&format!(r#"{{"a":1,"x":{token},"s":"NaN, \" {token}"}}"#));
            assert_eq!(errors.len(), 1, "{token}");
            assert_eq!((errors[0].field.as_str(), errors[0].value.as_str()), ("x", Some(token)));
            assert_eq!(fields.len(), 2);
        }
        assert!(row(r#"{"s":"NaN"}"#).1.is_empty());
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let deep = "[".repeat(100_000);
        for text in ["{", "NaNa", "{x: NaN}", "a=1&b=2", "\"\\", "{\"a\":NaN", deep.as_str(), "\u{ff}"] {
            let error = parse(text.as_bytes()).expect_err("refused");
            assert_eq!(error.status(), StatusCode::BAD_REQUEST);
            assert!(error.message().contains("line 1"), "{}", error.message());
        }
        assert!(parse(b" \n").expect_err("empty").message().contains("empty"));
        assert_eq!(parse(&[0xff, 0xfe]).expect_err("no text").status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn only_json_is_read() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(value));
            check_content_type(&headers).is_ok()
        };
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.x+json"] {
            assert!(check(good), "{good}");
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "application/", "application/xml", "+json"] {
            assert!(!check(bad), "{bad}");
        }
    }
}
