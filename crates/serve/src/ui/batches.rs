//! `GET /ui/batches`: what arrived.

use std::collections::HashMap;

use axum::extract::Query;
use axum::response::Response;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::turn::Turn;
use tidewheel_registry::Totals;
use tidewheel_ui::Markup;
use tidewheel_ui::pages::batches::{self, BatchLine, Batches, RowCounts, SchemaChange, TurnOf};

use super::asking::{Asking, Range, Trouble};

/// Batches on a page.
const SHOWN: i64 = 25;
/// A batch of which so much more than usual was refused needs a look.
const REFUSED_RISE: f64 = 2.0;
const REFUSED_LEAST: f64 = 0.10;

/// `GET /ui/batches`
pub(crate) async fn show(asking: Asking, Query(range): Query<Range>) -> Response {
    let page = draw(&asking, &range).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, range: &Range) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let project = &app.project.name;
    let totals = app.registry.totals(project).await?;
    // One more than is shown: the oldest one is compared with it.
    let found = app.registry.newest_batches(project, range.until, SHOWN + 1).await?;
    let shown = &found[..found.len().min(SHOWN as usize)];
    let turns = turns_of(asking, shown).await?;
    let (newest, oldest) = (shown.first().map_or(0, |batch| batch.id), shown.last().map_or(0, |batch| batch.id));
    let mut lines = Vec::with_capacity(shown.len());
    for (place, batch) in shown.iter().enumerate() {
        let turn = match turns.get(&batch.id) {
            Some(turn) => Some(turn_of(asking, turn).await?),
            None => None,
        };
        lines.push(line(batch, found.get(place + 1), turn, &totals));
    }
    let all = totals.batches as i64;
    let view = Batches {
        all: totals.batches,
        rows: of_totals(&totals),
        batches: lines,
        older: (oldest > 1).then_some(oldest - 1),
        newer: (newest > 0 && newest < all).then(|| (newest + SHOWN).min(all)),
    };
    Ok(batches::page(&asking.frame, &view))
}

/// The first turn over each of the batches: a later one found it known already.
pub(super) async fn turns_of(asking: &Asking, shown: &[Batch]) -> Result<HashMap<i64, Turn>, Trouble> {
    let numbers = || shown.iter().map(|batch| batch.id);
    let (Some(from), Some(to)) = (numbers().min(), numbers().max()) else { return Ok(HashMap::new()) };
    let turns = asking.app.registry.turns_of_batches(&asking.app.project.name, from, to).await?;
    let mut first = HashMap::new();
    for turn in turns {
        if let Some(batch) = turn.batch {
            first.entry(batch).or_insert(turn);
        }
    }
    Ok(first)
}

/// What is shown of a turn.
pub(super) async fn turn_of(asking: &Asking, turn: &Turn) -> Result<TurnOf, Trouble> {
    let digest = asking.app.pages.digests.of(&asking.app, turn).await?;
    Ok(TurnOf {
        number: turn.number,
        action: turn.action,
        state: turn.state,
        short: digest.short(asking.frame.lang).to_owned(),
    })
}

fn line(batch: &Batch, before: Option<&Batch>, turn: Option<TurnOf>, totals: &Totals) -> BatchLine {
    let rows = of_batch(batch);
    BatchLine {
        batch: batch.id,
        at: batch.received_at,
        rows,
        unusual: unusual(rows, of_totals(totals)),
        sha256: batch.sha256.to_string(),
        columns: columns_of(batch).len() as u64,
        schema: schema_change(before, batch),
        turn,
    }
}

/// Whether much more was refused than is usual.
pub(super) fn unusual(rows: RowCounts, all: RowCounts) -> bool {
    let usual = all.refused().unwrap_or(0.0);
    rows.refused().is_some_and(|share| share > REFUSED_LEAST && share > REFUSED_RISE * usual)
}

/// Columns that came or went since the batch before; nothing where there is none.
pub(super) fn schema_change(before: Option<&Batch>, batch: &Batch) -> SchemaChange {
    before.map(|before| SchemaChange::between(&columns_of(before), &columns_of(batch))).unwrap_or_default()
}

/// The columns that a batch had: those that the project knows, then others.
pub(super) fn columns_of(batch: &Batch) -> Vec<String> {
    let mut columns = known_columns(batch);
    columns.extend(names(batch, "extra"));
    columns
}

/// The columns of the project that a batch had.
pub(super) fn known_columns(batch: &Batch) -> Vec<String> {
    let absent = names(batch, "absent");
    names(batch, "names").into_iter().filter(|name| !absent.contains(name)).collect()
}

fn names(batch: &Batch, key: &str) -> Vec<String> {
    let names = batch.columns.get(key).and_then(|names| names.as_array());
    names.into_iter().flatten().filter_map(|name| name.as_str()).map(str::to_owned).collect()
}

/// The rows of a batch.
pub(super) fn of_batch(batch: &Batch) -> RowCounts {
    let count = |rows: i64| rows.max(0) as u64;
    RowCounts {
        received: count(batch.rows),
        new: count(batch.new_rows),
        seen: count(batch.duplicate_rows),
        clean: count(batch.clean_rows),
        quarantined: count(batch.quarantined_rows),
    }
}

/// The rows of all batches.
pub(super) fn of_totals(totals: &Totals) -> RowCounts {
    RowCounts {
        received: totals.rows,
        new: totals.new_rows,
        seen: totals.duplicate_rows,
        clean: 0,
        quarantined: totals.quarantined_rows,
    }
}
