//! `GET /ui/`: what the overview shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::Query;
use axum::response::Response;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::model_version::{LedgerEntry, LedgerEvent, ModelVersion, production_chain};
use tidewheel_domain::turn::{Turn, TurnState};
use tidewheel_registry::Totals;
use tidewheel_ui::Markup;
use tidewheel_ui::components::Outcome;
use tidewheel_ui::pages::batches::RowCounts;
use tidewheel_ui::pages::overview::{self, Attention, BatchColumn, Champion, DriftRow, Overview, Serving};

use super::asking::{Asking, Range, Trouble};
use super::batches::{of_batch, of_totals, unusual};
use super::digest::Digest;

/// Batches on the axis.
const SHOWN: i64 = 12;
/// Columns whose drift is shown.
const COLUMNS: usize = 12;

/// `GET /ui/`
pub(crate) async fn show(asking: Asking, Query(range): Query<Range>) -> Response {
    let page = draw(&asking, &range).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, range: &Range) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let project = &app.project.name;
    let model = &app.project.model_name;
    let totals = app.registry.totals(project).await?;
    let mut turns = app.registry.newest_turns(project, range.until, SHOWN).await?;
    turns.reverse();
    let (first, last) = (turns.first().map_or(0, |turn| turn.number), turns.last().map_or(0, |turn| turn.number));
    let stored = batches_of(asking, &turns).await?;
    let mut digests = Vec::with_capacity(turns.len());
    for turn in &turns {
        digests.push(app.pages.digests.of(app, turn).await?);
    }
    let ledger = app.registry.ledger(model).await?;
    let production = match asking.pulse.production {
        Some(version) => app.registry.model_version(model, version).await?,
        None => None,
    };
    let columns = drift_columns(asking, &digests);
    let shown: Vec<DriftRow> = columns.iter().take(COLUMNS).cloned().collect();
    let batches =
        turns.iter().zip(&digests).map(|(turn, digest)| column(asking, turn, digest, &stored, &ledger, &shown));
    let batches: Vec<BatchColumn> = batches.collect();
    let view = Overview {
        attention: attention(asking, &turns, &batches, &stored, &totals),
        champion: match production {
            Some(version) => Some(champion(asking, version, &ledger).await?),
            None => None,
        },
        more_columns: columns.len().saturating_sub(COLUMNS) as u64,
        columns: shown,
        batches,
        older: (first > 1).then_some(first - 1),
        newer: (last > 0 && last < asking.pulse.turns).then(|| (last + SHOWN).min(asking.pulse.turns)),
        serving: serving(asking),
        can_run: app.pages.control.is_some(),
        totals: overview::Totals {
            batches: totals.batches,
            trainings: totals.trainings,
            skipped: totals.skipped,
            failed: totals.failed,
            promoted: totals.promoted,
            rejected: totals.trainings.saturating_sub(totals.promoted),
            rows: totals.rows,
            new_rows: totals.new_rows,
            seen_rows: totals.duplicate_rows,
            quarantined_rows: totals.quarantined_rows,
        },
    };
    Ok(overview::page(&asking.frame, &view))
}

async fn batches_of(asking: &Asking, turns: &[Turn]) -> Result<BTreeMap<i64, Batch>, Trouble> {
    let numbers: BTreeSet<i64> = turns.iter().filter_map(|turn| turn.batch).collect();
    let (Some(&from), Some(&to)) = (numbers.first(), numbers.last()) else { return Ok(BTreeMap::new()) };
    let batches = asking.app.registry.batches_between(&asking.app.project.name, from, to).await?;
    Ok(batches.into_iter().map(|batch| (batch.id, batch)).collect())
}

/// The columns with a drift, the target last, the others by their weight in the newest champion that has one.
fn drift_columns(asking: &Asking, digests: &[Arc<Digest>]) -> Vec<DriftRow> {
    let target = &asking.app.project.target;
    let names: BTreeSet<&String> = digests.iter().flat_map(|digest| digest.drift.keys()).collect();
    let weights = digests.iter().rev().find(|digest| !digest.weights.is_empty()).map(|digest| &digest.weights);
    let mut rows: Vec<DriftRow> = names
        .into_iter()
        .map(|name| DriftRow {
            name: name.clone(),
            weight: weights.and_then(|weights| weights.get(name)).copied().filter(|_| name != target),
            target: name == target,
        })
        .collect();
    rows.sort_by(|a, b| {
        let weight = |row: &DriftRow| row.weight.unwrap_or(-1.0);
        a.target.cmp(&b.target).then(weight(b).total_cmp(&weight(a)))
    });
    // The target keeps its place among many columns.
    if rows.len() > COLUMNS
        && let Some(place) = rows.iter().position(|row| row.target)
    {
        let target = rows.remove(place);
        rows.insert(COLUMNS - 1, target);
    }
    rows
}

fn column(
    asking: &Asking,
    turn: &Turn,
    digest: &Digest,
    batches: &BTreeMap<i64, Batch>,
    ledger: &[LedgerEntry],
    columns: &[DriftRow],
) -> BatchColumn {
    let batch = turn.batch.and_then(|number| batches.get(&number));
    let rows = |count: fn(&Batch) -> i64| batch.map_or(0, |batch| count(batch).max(0) as u64);
    BatchColumn {
        batch: turn.batch,
        turn: turn.number,
        at: turn.started_at,
        clean: rows(|batch| batch.new_rows - batch.quarantined_rows),
        quarantined: rows(|batch| batch.quarantined_rows),
        seen: rows(|batch| batch.duplicate_rows),
        drift: columns.iter().map(|column| digest.drift.get(&column.name).copied()).collect(),
        cost: digest.cost,
        action: turn.action,
        short: digest.short(asking.frame.lang).to_owned(),
        sentence: sentence(asking, turn, digest),
        outcome: outcome_of(turn),
        production: production_after(turn, ledger),
        error: turn.metrics_newest_batch.get("mape").copied(),
    }
}

/// Why, in a sentence; of a turn that failed, what went wrong.
pub(super) fn sentence(asking: &Asking, turn: &Turn, digest: &Digest) -> String {
    match (turn.state, &turn.error) {
        (TurnState::Failed, Some(error)) => error.clone(),
        _ => digest.sentence(asking.frame.lang).to_owned(),
    }
}

/// What came of a turn.
pub(super) fn outcome_of(turn: &Turn) -> Outcome {
    Outcome {
        state: Some(turn.state),
        version: turn.model_version,
        promoted: turn.promoted,
        rejected_by: turn.rejected_by.clone(),
        champion: turn.champion_before,
        error: turn.error.clone(),
    }
}

/// The version in production when a turn had ended.
fn production_after(turn: &Turn, ledger: &[LedgerEntry]) -> Option<i64> {
    match turn.model_version {
        Some(version) if turn.promoted => Some(version),
        _ => {
            let until = turn.ended_at.unwrap_or(turn.started_at);
            let before = ledger.partition_point(|entry| entry.at <= until);
            production_chain(&ledger[..before]).last().copied().or(turn.champion_before)
        }
    }
}

fn attention(
    asking: &Asking,
    turns: &[Turn],
    batches: &[BatchColumn],
    stored: &BTreeMap<i64, Batch>,
    totals: &Totals,
) -> Vec<Attention> {
    let mut open = Vec::new();
    for (turn, column) in turns.iter().zip(batches).rev() {
        match (turn.state, turn.batch) {
            (TurnState::Waiting, Some(batch)) => {
                open.push(Attention::Waiting { batch, sentence: column.sentence.clone() });
            }
            (TurnState::Failed, batch) => {
                open.push(Attention::Failed {
                    turn: turn.number,
                    batch,
                    error: turn.error.clone().unwrap_or_default(),
                });
            }
            _ => {}
        }
    }
    let all = of_totals(totals);
    if let Some(newest) = turns.iter().rev().find_map(|turn| stored.get(&turn.batch?)) {
        let rows = of_batch(newest);
        if unusual(rows, all) {
            let share = |rows: RowCounts| rows.refused().unwrap_or(0.0);
            open.push(Attention::Quarantine { batch: newest.id, share: share(rows), usual: share(all) });
        }
    }
    if let Some(newest) = turns.last()
        && let (Some(version), false, Some(reason)) = (newest.model_version, newest.promoted, &newest.rejected_by)
    {
        open.push(Attention::Rejected { version, reason: reason.clone() });
    }
    let served = asking.app.models.current().map(|model| model.version);
    if let (Some(error), true) = (asking.app.models.last_error(), served != asking.pulse.production) {
        open.push(Attention::Reload { error: error.to_string() });
    }
    open
}

async fn champion(asking: &Asking, version: ModelVersion, ledger: &[LedgerEntry]) -> Result<Champion, Trouble> {
    let app = &asking.app;
    let into = |entry: &&LedgerEntry| {
        entry.version == version.version && matches!(entry.event, LedgerEvent::Promote | LedgerEvent::Rollback)
    };
    let chain = production_chain(ledger);
    let before = match chain.len().checked_sub(2).map(|place| chain[place]) {
        Some(before) => app.registry.model_version(&app.project.model_name, before).await?,
        None => None,
    };
    let run = app.registry.run(&version.run_id).await?;
    let param = |name: &str| run.as_ref().and_then(|run| run.params.get(name)?.parse().ok());
    let mut looks_at = super::importance(app, &version.run_id).await;
    looks_at.truncate(5);
    Ok(Champion {
        version: version.version,
        since: ledger.iter().rev().find(into).map(|entry| entry.at),
        training_rows: param("training_rows"),
        held_out_rows: param("holdout_rows"),
        metrics: version.metrics,
        before: before.map(|before| (before.version, before.metrics)),
        unit: app.project.unit.clone(),
        looks_at,
    })
}

fn serving(asking: &Asking) -> Serving {
    let counts = asking.app.metrics.summary();
    Serving {
        predictions: counts.predictions,
        requests: counts.of_api().map(|endpoint| endpoint.requests).sum(),
        failed: counts.of_api().map(|endpoint| endpoint.failed).sum(),
        p95_ms: counts.predicted_in.quantile(0.95).map(|seconds| seconds * 1000.0),
    }
}
