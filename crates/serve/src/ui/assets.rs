//! `GET /ui/assets/{file}`: named after what is in them, so browsers may keep them for good.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidewheel_ui::assets::{Asset, ICON, SCRIPT, STYLE};

const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// `GET /ui/assets/{file}`
pub(super) async fn get_asset(Path(file): Path<String>) -> Response {
    let path = format!("/ui/assets/{file}");
    let known: [&'static Asset; 2] = [&STYLE, &SCRIPT];
    if let Some(asset) = known.into_iter().find(|asset| asset.path() == path) {
        return found(asset.media_type, FOR_GOOD, &asset.text);
    }
    match file.as_str() {
        "icon.svg" => found("image/svg+xml", A_DAY, ICON),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn found(media_type: &'static str, keep: HeaderValue, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CACHE_CONTROL, keep)];
    (headers, text).into_response()
}
