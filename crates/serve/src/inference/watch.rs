//! The watch over the registry: a promotion there becomes a swap here, within two seconds.

use std::sync::Arc;
use std::time::Duration;

use tidewheel_domain::turn::TurnState;
use tidewheel_registry::RegistryError;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::handle::{ModelHandle, within};
use super::state::{AppState, now};
use crate::memory::give_back;

/// Between two looks at the registry.
const EVERY: Duration = Duration::from_millis(500);
/// A look that takes longer counts as no answer.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);
/// A version that could not be loaded is tried again after this.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Between two looks at the turns of the loop.
const TURNS_EVERY: Duration = Duration::from_secs(3);
/// Turns that are read at once: their decisions are large.
const TURNS: i64 = 4;

/// What the watch remembers between two looks.
#[derive(Debug, Default)]
struct Seen {
    marker: Option<i64>,
    failed_at: Option<Instant>,
    turns_at: Option<Instant>,
}

/// Watches until `stop` is cancelled.
pub(super) async fn watch(app: AppState, stop: CancellationToken) {
    let mut seen = Seen::default();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        app.pages.samples.take(now(), || app.metrics.summary());
        tokio::select! {
            () = stop.cancelled() => return,
            () = look(&app, &mut seen) => {}
        }
    }
}

async fn look(app: &AppState, seen: &mut Seen) {
    let asked = within(LOOK_TIMEOUT, app.registry.production_marker(&app.project.model_name)).await;
    note_connection(&app.models, asked.as_ref().err());
    let Ok(marker) = asked else { return };
    if seen.turns_at.is_none_or(|at| at.elapsed() >= TURNS_EVERY) {
        seen.turns_at = Some(Instant::now());
        if let Err(error) = within(LOOK_TIMEOUT, count_turns(app)).await {
            tracing::warn!(%error, "the turns of the loop cannot be read");
        }
    }
    let again = seen.failed_at.is_some_and(|at| at.elapsed() >= RETRY_AFTER);
    if seen.marker == Some(marker) && !again {
        return;
    }
    seen.marker = Some(marker);
    seen.failed_at = None;
    if is_current(app).await {
        return;
    }
    if app.models.reload().await.is_err() {
        seen.failed_at = Some(Instant::now());
    }
}

/// Counts the turns that have ended since the last look.
async fn count_turns(app: &AppState) -> Result<(), RegistryError> {
    let begun = app.turns.last();
    loop {
        let before = app.turns.last();
        for turn in app.registry.turns_after(&app.project.name, before, TURNS).await? {
            if turn.state == TurnState::Running {
                break;
            }
            let batch = match turn.batch {
                Some(batch) => app.registry.batch(&app.project.name, batch).await?,
                None => None,
            };
            app.turns.count(&turn, batch.as_ref());
        }
        if app.turns.last() == before {
            break;
        }
    }
    if app.turns.last() > begun {
        give_back();
    }
    Ok(())
}

/// Whether what serves is what the registry calls Production: the marker also moves with other stages and aliases.
/// Nothing in production is no reason to drop or to load anything.
async fn is_current(app: &AppState) -> bool {
    let asked = within(LOOK_TIMEOUT, app.registry.production_version(&app.project.model_name)).await;
    match asked {
        Ok(Some(version)) => app
            .models
            .current()
            .is_some_and(|model: Arc<_>| model.version == version.version && model.run_id == version.run_id),
        Ok(None) => true,
        Err(_) => false,
    }
}

fn note_connection(models: &ModelHandle, error: Option<&super::handle::ReloadError>) {
    match (error, models.database_connected()) {
        (None, false) => tracing::info!("the registry answers"),
        (Some(error), true) => tracing::warn!(%error, "the registry does not answer; the loaded model goes on serving"),
        _ => {}
    }
    models.set_database_connected(error.is_none());
}
