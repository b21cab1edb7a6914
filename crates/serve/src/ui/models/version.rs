//! `/ui/models/{version}`: one version, and its files.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidewheel_domain::RunId;
use tidewheel_domain::model_version::{Stage, production_chain};
use tidewheel_registry::ObjectError;
use tidewheel_ui::Markup;
use tidewheel_ui::pages::models::version::{self, Datum, Version};

use super::{act, facts, find, lines_of, rows};
use crate::ui::asking::{Asking, Trouble};
use crate::ui::labelled_importance;

/// `GET /ui/models/{version}`
pub(crate) async fn show(asking: Asking, Path(version): Path<String>) -> Response {
    let page = draw(&asking, &version).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, text: &str) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let found = find(asking, text).await?;
    let row = rows(asking, std::slice::from_ref(&found)).await?.pop();
    let row = row.ok_or_else(|| Trouble::missing(format!("version {}", found.version)))?;
    let run = app.registry.run(&found.run_id).await?;
    let ledger = app.registry.ledger(&app.project.model_name).await?;
    let files = app.registry.objects().list_artifacts(&found.run_id, "").await?;
    let champion = row.judgement.as_ref().and_then(|judgement| judgement.against.as_ref()?.champion);
    let other = champion.or_else(|| {
        let chain = production_chain(&ledger);
        chain.into_iter().rev().find(|version| *version != found.version)
    });
    let switch = match found.stage {
        Stage::Production => None,
        _ => Some(act::switch_to(asking, &found, &ledger).await?),
    };
    let figures = asking.frame.figures();
    let view = Version {
        run: found.run_id.to_string(),
        newest: found.metrics_newest_batch.clone(),
        data: run
            .as_ref()
            .map(|run| facts::data(run, figures))
            .unwrap_or_default()
            .into_iter()
            .map(|(what, value)| Datum { what, value })
            .collect(),
        settings: run.as_ref().map(facts::settings).unwrap_or_default().into_iter().collect(),
        weights: labelled_importance(asking, &found.run_id).await,
        lines: lines_of(ledger, found.version),
        files: files.into_iter().map(|file| (file.path, file.size_bytes)).collect(),
        switch,
        other,
        unit: app.project.unit.clone(),
        row,
    };
    Ok(version::page(&asking.frame, &view))
}

/// `GET /ui/models/{version}/files/{path}`
pub(crate) async fn get_file(asking: Asking, Path((version, path)): Path<(String, String)>) -> Response {
    let found = match find(&asking, &version).await {
        Ok(found) => found,
        Err(trouble) => return asking.answer(Err(trouble)),
    };
    send(asking, &found.run_id, &path).await
}

/// A file of a run, to be kept: never shown by a browser as a page of this server.
pub(crate) async fn send(asking: Asking, run: &RunId, path: &str) -> Response {
    let missing = || Trouble::missing(path.chars().take(200).collect::<String>());
    match asking.app.registry.objects().get_artifact(run, path).await {
        Ok(Some(bytes)) => {
            let name = path.rsplit('/').next().unwrap_or_default();
            let name: String = name
                .chars()
                .map(|one| if one.is_ascii_alphanumeric() || ".-_".contains(one) { one } else { '_' })
                .collect();
            let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
                (header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            ];
            (StatusCode::OK, headers, bytes).into_response()
        }
        Ok(None) | Err(ObjectError::Path { .. }) => asking.answer(Err(missing())),
        Err(error) => asking.answer(Err(error.into())),
    }
}
