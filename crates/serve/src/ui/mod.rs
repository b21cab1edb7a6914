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
mod decision;
mod decisions;
mod digest;
mod drift;
mod events;
mod experiments;
mod models;
mod monitoring;
mod overview;
mod pipeline;
mod predict;
mod preference;
mod profile;
mod profiles;
mod quarantine;
mod replay;
mod search;
mod settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use tidewheel_domain::RunId;
use tidewheel_domain::project::Origin;
use tidewheel_ui::pages::problem::Problem;
use tower_http::compression::CompressionLayer;

pub use control::{ControlError, LoopControl, Refusal};

use self::asking::{Asking, Trouble};
use self::digest::Digests;
use self::drift::Comparisons;
use self::events::Pulses;
use self::profiles::Profiles;
use self::settings::Checked;
use crate::inference::state::AppState;
use crate::observe::Samples;

/// Forms are small.
const FORM_BYTES: usize = 64 * 1024;

/// A key of the project file, as it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key, dotted.
    pub key: String,
    /// Its value; empty where nothing is set. Passwords are left out.
    pub value: String,
    /// What set it; `None` of a default.
    pub origin: Option<Origin>,
}

/// What the pages keep between requests.
#[derive(Debug)]
pub struct Pages {
    /// What can be done to the loop, where this process can.
    pub control: Option<Arc<dyn LoopControl>>,
    /// The project file, key by key.
    settings: Vec<Setting>,
    /// Where the server listens.
    listen: SocketAddr,
    /// What was last found about what the project needs.
    checked: Checked,
    /// Rates of the last hour.
    pub(crate) samples: Samples,
    /// Comparisons of batches.
    comparisons: Comparisons,
    /// What lists show of decisions.
    digests: Digests,
    /// What columns of batches look like.
    profiles: Profiles,
    /// Whether anything changed.
    pulses: Pulses,
    /// What the served model has seen.
    knowledge: predict::Knowledge,
    /// Models that were compared.
    shelf: models::Shelf,
    /// How versions were judged.
    verdicts: models::Verdicts,
}

impl Pages {
    /// Pages that offer what `control` can do.
    pub fn new(control: Option<Arc<dyn LoopControl>>, settings: Vec<Setting>, listen: SocketAddr) -> Self {
        Self {
            control,
            settings,
            listen,
            checked: Checked::default(),
            samples: Samples::default(),
            comparisons: Comparisons::default(),
            digests: Digests::default(),
            knowledge: predict::Knowledge::default(),
            profiles: Profiles::default(),
            pulses: Pulses::default(),
            shelf: models::Shelf::default(),
            verdicts: models::Verdicts::default(),
        }
    }
}

/// The patterns of the pages' routes, for the counters.
pub(crate) const ROUTES: &[&str] = &[
    "/ui",
    "/ui/",
    "/ui/assets/{file}",
    "/ui/batches",
    "/ui/batches/profile",
    "/ui/batches/{n}",
    "/ui/batches/{n}/{file}",
    "/ui/decisions",
    "/ui/decisions/replay",
    "/ui/decisions/{batch}",
    "/ui/decisions/{batch}/answer",
    "/ui/decisions/{batch}/evidence",
    "/ui/decisions/{batch}/{file}",
    "/ui/drift",
    "/ui/events",
    "/ui/experiments",
    "/ui/experiments/runs/{run}",
    "/ui/experiments/runs/{run}/files/{*path}",
    "/ui/models",
    "/ui/models/compare",
    "/ui/models/rollback",
    "/ui/models/{version}",
    "/ui/models/{version}/files/{*path}",
    "/ui/models/{version}/promote",
    "/ui/monitoring",
    "/ui/pipeline",
    "/ui/pipeline/run",
    "/ui/pipeline/{turn}/cancel",
    "/ui/pipeline/{turn}/retry",
    "/ui/predict",
    "/ui/predict/answer",
    "/ui/preference",
    "/ui/quarantine",
    "/ui/quarantine.csv",
    "/ui/runs/{id}",
    "/ui/search",
    "/ui/settings",
    "/ui/settings/project",
    "/ui/settings/system",
    "/ui/settings/system/check",
    "/ui/state",
    "/ui/why/{version}",
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
        .route("/ui/decisions", get(decisions::show))
        .route("/ui/decisions/replay", get(replay::show))
        .route("/ui/decisions/{batch}", get(decision::show))
        .route("/ui/decisions/{batch}/answer", get(decision::question).post(decision::answer))
        .route("/ui/decisions/{batch}/evidence", get(decision::evidence))
        .route("/ui/decisions/{batch}/{file}", get(decision::file))
        .route("/ui/drift", get(drift::show))
        .route("/ui/experiments", get(experiments::show))
        .route("/ui/experiments/runs/{run}", get(experiments::show_run))
        .route("/ui/experiments/runs/{run}/files/{*path}", get(experiments::get_file))
        .route("/ui/models", get(models::show))
        .route("/ui/models/compare", get(models::show_compare))
        .route("/ui/models/rollback", get(models::ask_rollback).post(models::rollback))
        .route("/ui/models/{version}", get(models::show_version))
        .route("/ui/models/{version}/files/{*path}", get(models::get_file))
        .route("/ui/models/{version}/promote", get(models::ask_promote).post(models::promote))
        .route("/ui/monitoring", get(monitoring::show))
        .route("/ui/pipeline", get(pipeline::show))
        .route("/ui/pipeline/run", get(pipeline::show_nothing).post(pipeline::run))
        .route("/ui/pipeline/{turn}/cancel", get(pipeline::ask_cancel).post(pipeline::cancel))
        .route("/ui/pipeline/{turn}/retry", post(pipeline::retry))
        .route("/ui/predict", get(predict::show))
        .route("/ui/predict/answer", get(predict::answer))
        .route("/ui/preference", get(preference::set))
        .route("/ui/quarantine", get(quarantine::show))
        .route("/ui/quarantine.csv", get(quarantine::csv))
        .route("/ui/runs/{id}", get(pipeline::show_run))
        .route("/ui/search", get(search::find))
        .route("/ui/settings", get(settings::show_project))
        .route("/ui/settings/project", get(settings::show_project))
        .route("/ui/settings/system", get(settings::show_system))
        .route("/ui/settings/system/check", get(settings::show_system).post(settings::check))
        .route("/ui/state", get(events::state))
        .route("/ui/why/{version}", get(decision::why))
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

/// The same with the names that readers know the columns by.
async fn labelled_importance(asking: &Asking, run: &RunId) -> Vec<(String, f64)> {
    let labels = tidewheel_report::labels(&asking.app.project, asking.frame.lang);
    let label = |name: String| labels.get(&name).and_then(|label| label.label.clone()).unwrap_or(name);
    importance(&asking.app, run).await.into_iter().map(|(name, share)| (label(name), share)).collect()
}
