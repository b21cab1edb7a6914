//! Whether anything changed, told to open pages: `GET /ui/events` (Server-Sent Events) and `GET /ui/state` (where those
//! are blocked).
//!
//! An event is a short text of what the pages rest on, no content: a page that was drawn from another state asks for
//! itself again, in its own language, and puts the parts that are live in place. So a client costs a channel and a
//! timer, whatever is on its page, and one that was cut off learns what it missed by the first event it hears.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream::unfold;
use tidewheel_registry::{Pulse, RegistryError};
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::asking::Asking;
use crate::inference::state::{AppState, now};

/// Between two looks at the registry, while anybody listens.
const EVERY: Duration = Duration::from_millis(700);
/// So often a client hears that it is still heard.
const BEAT: Duration = Duration::from_secs(5);
/// So many may listen at once.
const LISTENERS: usize = 2_000;

/// How the loop stands, as last seen.
#[derive(Debug)]
pub(super) struct Pulses {
    sender: watch::Sender<String>,
    listeners: AtomicUsize,
    /// Held by the one task that looks.
    looking: Mutex<()>,
}

impl Default for Pulses {
    fn default() -> Self {
        Self { sender: watch::channel(String::new()).0, listeners: AtomicUsize::new(0), looking: Mutex::default() }
    }
}

impl Pulses {
    /// How the loop stands now.
    pub(super) async fn now(&self, app: &AppState) -> Result<Pulse, RegistryError> {
        app.registry.pulse(&app.project.name, &app.project.model_name, now()).await
    }
}

/// One who listens; counted while it lives.
struct Listener {
    app: AppState,
    receiver: watch::Receiver<String>,
    beat: Interval,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.app.pages.pulses.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `GET /ui/events`
pub(super) async fn listen(State(app): State<AppState>) -> Response {
    let pulses = &app.pages.pulses;
    if pulses.listeners.fetch_add(1, Ordering::Relaxed) >= LISTENERS {
        pulses.listeners.fetch_sub(1, Ordering::Relaxed);
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from_static("30"))])
            .into_response();
    }
    let mut receiver = pulses.sender.subscribe();
    // The first one is told at once what is known.
    receiver.mark_changed();
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener { app: app.clone(), receiver, beat };
    tokio::spawn(look(app));
    Sse::new(events(listener)).into_response()
}

fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(listener, |mut listener| async move {
        let event = loop {
            tokio::select! {
                () = listener.app.closing.cancelled() => return None,
                changed = listener.receiver.changed() => {
                    changed.ok()?;
                    let state = listener.receiver.borrow_and_update().clone();
                    if !state.is_empty() {
                        break Event::default().event("state").id(state.replace(' ', "-")).data(state);
                    }
                }
                _ = listener.beat.tick() => break Event::default().event("beat").data("1"),
            }
        };
        Some((Ok(event), listener))
    })
}

/// Looks at the registry while anybody listens; one task at a time.
async fn look(app: AppState) {
    let pulses = &app.pages.pulses;
    let Ok(_looking) = pulses.looking.try_lock() else { return };
    let mut idle: Option<Instant> = None;
    loop {
        if let Ok(pulse) = pulses.now(&app).await {
            let state = pulse.to_string();
            pulses.sender.send_if_modified(|known| {
                let changed = *known != state;
                known.clone_from(&state);
                changed
            });
        }
        tokio::select! {
            () = app.closing.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        // A page that is followed by another leaves no gap.
        match (pulses.listeners.load(Ordering::Relaxed), idle) {
            (0, None) => idle = Some(Instant::now()),
            (0, Some(since)) if since.elapsed() > BEAT => return,
            (0, Some(_)) => {}
            _ => idle = None,
        }
    }
}

/// `GET /ui/state`
pub(super) async fn state(asking: Asking) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], asking.pulse.to_string())
        .into_response()
}
