//! `GET /ui/preference`: the reader's language and theme, kept in cookies.

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::asking::local;

/// A year, in seconds.
const KEPT: u32 = 31_536_000;

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Preference {
    lang: Option<String>,
    theme: Option<String>,
    back: Option<String>,
}

/// `GET /ui/preference`
pub(super) async fn set(Query(wanted): Query<Preference>) -> Response {
    let mut headers = HeaderMap::new();
    let lang = wanted.lang.filter(|lang| matches!(lang.as_str(), "en" | "es"));
    let theme = wanted.theme.filter(|theme| matches!(theme.as_str(), "light" | "dark" | "system"));
    for (name, value) in [("tw_lang", lang), ("tw_theme", theme)] {
        let Some(value) = value else { continue };
        let cookie = format!("{name}={value}; Path=/; Max-Age={KEPT}; SameSite=Lax");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    let back = wanted.back.as_deref().and_then(local).unwrap_or(HeaderValue::from_static("/ui/"));
    headers.insert(header::LOCATION, back);
    (StatusCode::SEE_OTHER, headers).into_response()
}
