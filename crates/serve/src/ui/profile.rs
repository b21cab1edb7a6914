//! `GET /ui/batches/profile`: one column, batch by batch.

use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use tidewheel_domain::project::ColumnType;
use tidewheel_ui::Markup;
use tidewheel_ui::components::visible;
use tidewheel_ui::pages::profile::{self, BatchOf, ProfilePage};

use super::asking::{Asking, Trouble};
use super::batch::label_of;

/// Batches that are shown.
const BATCHES: i64 = 60;

/// Which column.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    col: Option<String>,
}

/// `GET /ui/batches/profile`
pub(crate) async fn show(asking: Asking, Query(wanted): Query<Wanted>) -> Response {
    let page = draw(&asking, wanted).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, wanted: Wanted) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let project = &app.project;
    let lang = asking.frame.lang;
    let column = wanted.col.filter(|name| !name.is_empty()).unwrap_or_else(|| project.target.clone());
    // A form names a column as it is shown.
    let shown = project.columns.iter().find(|one| one.name != column && visible(&one.name) == column);
    let column = shown.map_or(column, |one| one.name.clone());
    let spec = project.column(&column);
    let mut stored = app.registry.newest_batches(&project.name, None, BATCHES).await?;
    stored.reverse();
    let (mut batches, mut gone) = (Vec::with_capacity(stored.len()), 0);
    for batch in &stored {
        match app.pages.profiles.of(app, batch).await {
            Ok(looks) => {
                let side = looks.iter().find(|one| one.name == column).map(|one| one.side.clone());
                batches.push(BatchOf { batch: batch.id, at: batch.received_at, side });
            }
            Err(reason) => {
                tracing::warn!(batch = batch.id, reason, "no profile");
                gone += 1;
            }
        }
    }
    let categories = batches.iter().any(|one| one.side.as_ref().is_some_and(|side| side.categories.is_some()));
    let usual = if categories { ColumnType::Category } else { ColumnType::Number };
    let view = ProfilePage {
        columns: project
            .columns
            .iter()
            .map(|one| (one.name.clone(), label_of(Some(one), &one.name, lang).to_owned()))
            .collect(),
        label: label_of(spec, &column, lang).to_owned(),
        unit: spec.and_then(|spec| spec.unit.clone()).unwrap_or_default(),
        kind: spec.map_or(usual, |spec| spec.kind),
        column,
        batches,
        most: BATCHES as u64,
        gone,
    };
    Ok(profile::page(&asking.frame, &view))
}
