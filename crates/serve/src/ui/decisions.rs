//! `GET /ui/decisions`: what was decided about each batch.

use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use tidewheel_ui::Markup;
use tidewheel_ui::pages::decisions::{self, CauseKind, DecisionRow, Decisions, Filter};

use super::asking::{Asking, Trouble};
use super::overview::{outcome_of, sentence};

/// Decisions on a page.
const SHOWN: usize = 25;
/// Decisions that are looked through for those that fit.
const LOOKED_THROUGH: usize = 200;

/// What is asked for; a form sends empty fields, too.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    action: String,
    #[serde(default)]
    cause: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    until: String,
}

/// `GET /ui/decisions`
pub(super) async fn show(asking: Asking, Query(asked): Query<Asked>) -> Response {
    let filter = Filter {
        action: asked.action.parse().ok(),
        cause: CauseKind::parse(&asked.cause),
        version: asked.version.parse().ok(),
        until: asked.until.parse().ok(),
    };
    let page = draw(&asking, filter).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, filter: Filter) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let mut view = Decisions { filter, ..Decisions::default() };
    let Filter { action, version, cause, mut until } = view.filter;
    loop {
        let wanted = SHOWN + 1 - view.rows.len().min(SHOWN);
        let turns = app.registry.decided_turns(&app.project.name, until, action, version, wanted as i64).await?;
        let all = turns.len() < wanted;
        for turn in turns {
            if view.rows.len() == SHOWN || view.looked_through as usize == LOOKED_THROUGH {
                view.older = Some(turn.number);
                break;
            }
            view.looked_through += 1;
            until = Some(turn.number - 1);
            let digest = app.pages.digests.of(app, &turn).await?;
            if cause.is_some_and(|cause| cause != CauseKind::of(digest.cause)) {
                continue;
            }
            view.rows.push(DecisionRow {
                batch: turn.batch,
                turn: turn.number,
                at: turn.started_at,
                action: turn.action,
                sentence: sentence(asking, &turn, &digest),
                outcome: outcome_of(&turn),
                cost: digest.cost,
            });
        }
        if all || view.older.is_some() {
            return Ok(decisions::page(&asking.frame, &view));
        }
    }
}
