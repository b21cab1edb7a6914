//! `/ui/experiments`: trainings and trials as runs, filtered, compared, one by one.

use axum::extract::{Path, Query as UrlQuery};
use axum::response::Response;
use tidewheel_domain::run::KIND_TAG;
use tidewheel_domain::{RunId, RunKind};
use tidewheel_registry::{RunFilter, RunOrder};
use tidewheel_ui::Markup;
use tidewheel_ui::pages::experiments::compare::{self, Comparison};
use tidewheel_ui::pages::experiments::query::{Column, Query};
use tidewheel_ui::pages::experiments::run::{self, Run};
use tidewheel_ui::pages::experiments::{self, Experiments};

use super::asking::{Asking, Trouble};
use super::models;

/// Runs on a page.
const PER_PAGE: u64 = 30;
/// Trials that are shown of a training.
const TRIALS: i64 = 200;

/// `GET /ui/experiments`
pub(crate) async fn show(asking: Asking, UrlQuery(asked): UrlQuery<Vec<(String, String)>>) -> Response {
    let query = Query::of(asked);
    let page = if query.runs.is_empty() { draw(&asking, query).await } else { beside(&asking, query).await };
    asking.answer(page)
}

async fn draw(asking: &Asking, query: Query) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let bounds = query.bounds().unwrap_or_default();
    let order = match (&query.sort, query.rising) {
        (Some(Column::Metric(name)), true) => RunOrder::Smallest(name),
        (Some(Column::Metric(name)), false) => RunOrder::Largest(name),
        (_, true) => RunOrder::Oldest,
        (_, false) => RunOrder::Newest,
    };
    let kind = match query.kind.as_str() {
        "training" => Some(RunKind::Training),
        "trial" => Some(RunKind::Trial),
        _ => None,
    };
    let offset = i64::try_from((query.page - 1).saturating_mul(PER_PAGE)).unwrap_or(i64::MAX);
    let filter = RunFilter {
        kind,
        text: &query.text,
        metric: (!query.metric.is_empty()).then_some((query.metric.as_str(), bounds.0, bounds.1)),
        order,
        limit: PER_PAGE as i64,
        offset,
        ..RunFilter::default()
    };
    let found = app.registry.runs_page(&app.project.name, &filter).await?;
    let any = found.total > 0 || {
        let all = RunFilter { limit: 1, ..RunFilter::default() };
        !query.is_open() && app.registry.runs_page(&app.project.name, &all).await?.total > 0
    };
    let view = Experiments {
        query,
        runs: found.runs,
        total: found.total,
        per_page: PER_PAGE,
        any,
        unit: app.project.unit.clone(),
    };
    Ok(experiments::page(&asking.frame, &view))
}

async fn beside(asking: &Asking, query: Query) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let mut ids: Vec<RunId> = Vec::new();
    for id in query.runs.iter().filter_map(|run| run.parse::<RunId>().ok()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    // One more than can be compared: that they are too many is told.
    ids.truncate(compare::AT_MOST + 1);
    let mut runs = Vec::new();
    if !ids.is_empty() {
        let filter = RunFilter { ids: &ids, limit: ids.len() as i64, ..RunFilter::default() };
        runs = app.registry.runs_page(&app.project.name, &filter).await?.runs;
        runs.sort_by_key(|run| ids.iter().position(|id| *id == run.run_id));
    }
    Ok(compare::page(&asking.frame, &Comparison { runs, unit: app.project.unit.clone() }))
}

/// `GET /ui/experiments/runs/{run}`
pub(crate) async fn show_run(asking: Asking, Path(run): Path<String>) -> Response {
    let page = draw_run(&asking, &run).await;
    asking.answer(page)
}

async fn find(asking: &Asking, text: &str) -> Result<tidewheel_domain::run::Run, Trouble> {
    let missing = || Trouble::missing(text.chars().take(60).collect::<String>());
    let id: RunId = text.parse().map_err(|_| missing())?;
    let run = asking.app.registry.run(&id).await?;
    run.filter(|run| run.project == asking.app.project.name).ok_or_else(missing)
}

async fn draw_run(asking: &Asking, text: &str) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let found = find(asking, text).await?;
    let version = app.registry.model_version_of_run(&app.project.model_name, &found.run_id).await?;
    let parent = match found.parent.as_ref() {
        Some(id) => app.registry.run(id).await?.map(|parent| (above(&parent), parent.name)),
        None => None,
    };
    let files = app.registry.objects().list_artifacts(&found.run_id, "").await?;
    let view = Run {
        histories: app.registry.metric_histories(&found.run_id).await?,
        trials: app.registry.trials_of(&app.project.name, &found.run_id, TRIALS).await?,
        trials_at_most: TRIALS as usize,
        version: version.map(|version| version.version),
        parent,
        files: files.into_iter().map(|file| (file.path, file.size_bytes)).collect(),
        unit: app.project.unit.clone(),
        run: found,
    };
    Ok(run::page(&asking.frame, &view))
}

/// Where the run above is shown: a turn where turns are.
fn above(parent: &tidewheel_domain::run::Run) -> String {
    let turn = parent.tags.get(KIND_TAG).is_some_and(|kind| kind == RunKind::Turn.as_str());
    match parent.name.rsplit(' ').next().and_then(|number| number.parse::<i64>().ok()).filter(|_| turn) {
        Some(number) => format!("/ui/pipeline?turn={number}"),
        None => format!("/ui/experiments/runs/{}", parent.run_id),
    }
}

/// `GET /ui/experiments/runs/{run}/files/{path}`
pub(crate) async fn get_file(asking: Asking, Path((run, path)): Path<(String, String)>) -> Response {
    match find(&asking, &run).await {
        Ok(found) => models::send(asking, &found.run_id, &path).await,
        Err(trouble) => asking.answer(Err(trouble)),
    }
}
