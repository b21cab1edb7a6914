//! The pages, over what the registry holds. `tidewheel_ui` draws them; here are their routes, what they read, and the
//! actions that they offer.
//!
//! | place | holds |
//! | --- | --- |
//! | `asking` | who asks, in which language, from which page; how an answer goes out |
//! | `control` | what can be done to the loop, which another part of the program does |
//! | `events` | whether anything changed, told to open pages |
//! | `digest` | what lists show of a decision, kept in memory |
//! | `profiles` | what columns of batches look like, kept in memory |
//! | one file a page | what it reads and what it offers |

/// What can be done to the loop.
pub mod control;

mod asking;
mod assets;
mod batch;
mod batches;
mod digest;
mod events;
mod overview;
mod predict;
mod preference;
mod profile;
mod profiles;
mod quarantine;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use tidewheel_domain::RunId;
use tidewheel_ui::pages::problem::Problem;
use tower_http::compression::CompressionLayer;

pub use control::{ControlError, LoopControl};

use self::asking::{Asking, Trouble};
use self::digest::Digests;
use self::events::Pulses;
use self::profiles::Profiles;
use crate::inference::state::AppState;

/// Forms are small.
const FORM_BYTES: usize = 64 * 1024;

/// What the pages keep between requests.
#[derive(Debug)]
pub struct Pages {
    /// What can be done to the loop, where this process can.
    pub control: Option<Arc<dyn LoopControl>>,
    /// What lists show of decisions.
    digests: Digests,
    /// What columns of batches look like.
    profiles: Profiles,
    /// Whether anything changed.
    pulses: Pulses,
    /// What the served model has seen.
    knowledge: predict::Knowledge,
}

impl Pages {
    /// Pages that offer what `control` can do.
    pub fn new(control: Option<Arc<dyn LoopControl>>) -> Self {
        Self {
            control,
            digests: Digests::default(),
            knowledge: predict::Knowledge::default(),
            profiles: Profiles::default(),
            pulses: Pulses::default(),
        }
    }
}

/// The patterns of the pages' routes, for the counters.
pub(crate) const ROUTES: &[&str] = &[
    "/ui/",
    "/ui",
    "/ui/assets/{file}",
    "/ui/batches",
    "/ui/batches/profile",
    "/ui/batches/{n}",
    "/ui/batches/{n}/{file}",
    "/ui/events",
    "/ui/predict",
    "/ui/predict/answer",
    "/ui/preference",
    "/ui/quarantine",
    "/ui/quarantine.csv",
    "/ui/state",
];

/// The routes of the pages.
pub fn router() -> Router<AppState> {
    let live = Router::new()
        .route("/ui/events", get(events::listen))
        // Parquet is compressed already
        .route("/ui/batches/{n}/{file}", get(batch::file));
    let pages = Router::new()
        .route("/ui", get(overview::show))
        .route("/ui/", get(overview::show))
        .route("/ui/assets/{file}", get(assets::get_asset))
        .route("/ui/batches", get(batches::show))
        .route("/ui/batches/profile", get(profile::show))
        .route("/ui/batches/{n}", get(batch::show))
        .route("/ui/predict", get(predict::show))
        .route("/ui/predict/answer", get(predict::answer))
        .route("/ui/quarantine", get(quarantine::show))
        .route("/ui/quarantine.csv", get(quarantine::csv))
        .route("/ui/state", get(events::state))
        .route("/ui/preference", get(preference::set))
        .layer(CompressionLayer::new().gzip(true).br(true).quality(tower_http::CompressionLevel::Fastest));
    pages.merge(live).layer(DefaultBodyLimit::max(FORM_BYTES))
}

pub(crate) use overview::show as show_overview;

/// What a path under `/ui` without a page is answered with.
pub(crate) async fn no_page(asking: Asking) -> Response {
    asking.answer(Err(Trouble::Problem(Problem::NoPage)))
}

/// The share of each input column in a model's judgement, the largest first; nothing where it is not known.
async fn importance(app: &AppState, run: &RunId) -> Vec<(String, f64)> {
    #[derive(Deserialize)]
    struct Importance {
        columns: BTreeMap<String, f64>,
    }
    let file = app.registry.objects().get_artifact(run, "training/importance.json").await.ok().flatten();
    let importance: Option<Importance> = file.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let mut columns: Vec<_> = importance.map(|one| one.columns.into_iter().collect()).unwrap_or_default();
    columns.retain(|(_, share): &(String, f64)| *share > 0.0);
    columns.sort_by(|a, b| b.1.total_cmp(&a.1));
    columns
}
