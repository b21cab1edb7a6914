//! The page at `/` for browsers: what is served, and where to go on.

use std::fmt::Write;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::state::AppState;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const STYLE: &str = ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;\
    margin:3rem auto;padding:0 1rem}dt{opacity:.7}dd{margin:0 0 .5rem}code{overflow-wrap:anywhere}";

/// The page.
pub(super) fn service(app: &AppState) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, text(app)).into_response()
}

fn text(app: &AppState) -> String {
    let service = escape(&app.project.serve.service_name);
    let mut facts = vec![("Version", escape(&app.version)), ("Model", escape(&app.project.model_name))];
    match app.models.current() {
        None => facts.push(("State", "no model is loaded".to_owned())),
        Some(model) => {
            facts.push(("State", format!("version {} ({})", model.version_text, model.stage)));
            facts.push(("Run", format!("<code>{}</code>", escape(model.run_id.as_str()))));
            facts.push(("Loaded at", model.loaded_at.to_string()));
            facts.push(("Features", escape(&model.feature_names.join(", "))));
        }
    }
    if let Some(error) = app.models.last_error() {
        facts.push(("Last reload failed", escape(&error)));
    }
    let mut list = String::new();
    for (name, value) in facts {
        // Writing to a string cannot fail.
        let _ = write!(list, "<dt>{name}</dt><dd>{value}</dd>");
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{service}</title>\
         <style>{STYLE}</style></head><body><main><h1>{service}</h1><dl>{list}</dl>\
         <p><a href=\"/docs\">Try the API</a> · <a href=\"/openapi.json\">OpenAPI</a> · \
         <a href=\"/metrics\">Metrics</a> · <a href=\"/predictions/history\">Predictions</a></p></main></body></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
