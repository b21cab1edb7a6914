//! `/ui/settings`: the project file as it was checked, and what the program is connected to.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Form;
use axum::response::Response;
use serde::Deserialize;
use tidewheel_domain::Timestamp;
use tidewheel_ui::pages::settings::{self, Check, ProjectSettings, Row, System};

use super::asking::{Asking, Trouble};
use super::control::Finding;
use crate::inference::state::{AppState, now};

/// Checks have this long.
const CHECKS_MAY_TAKE: Duration = Duration::from_secs(10);

/// What was last found; nothing where the checks took too long.
pub(super) type Checked = Mutex<Option<(Timestamp, Option<Vec<Finding>>)>>;

/// What the form holds.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    token: String,
}

/// `GET /ui/settings`, `GET /ui/settings/project`
pub(super) async fn show_project(asking: Asking) -> Response {
    let app = &asking.app;
    let policy = &app.project.policy;
    let rules = tidewheel_drift::rules_of(policy).into_iter();
    let row = |setting: &super::Setting| Row {
        key: setting.key.clone(),
        value: setting.value.clone(),
        origin: setting.origin.clone(),
    };
    let view = ProjectSettings {
        rows: app.pages.settings.iter().map(row).collect(),
        policy: policy.name.as_str().to_owned(),
        rules: rules.map(|rule| (rule.name, rule.when.text().to_owned(), rule.action)).collect(),
    };
    let page = settings::project_page(&asking.frame, &view);
    asking.answer(Ok(page))
}

/// `GET /ui/settings/system`
pub(super) async fn show_system(asking: Asking) -> Response {
    let view = system(&asking.app);
    let page = settings::system_page(&asking.frame, &view);
    asking.answer(Ok(page))
}

/// `POST /ui/settings/system/check`
pub(super) async fn check(asking: Asking, Form(sent): Form<Sent>) -> Response {
    let outcome = checked(&asking, &sent).await;
    asking.done(outcome, "/ui/settings/system")
}

async fn checked(asking: &Asking, sent: &Sent) -> Result<(), Trouble> {
    asking.check_token(&sent.token)?;
    let Some(control) = &asking.app.pages.control else { return Ok(()) };
    let found = tokio::time::timeout(CHECKS_MAY_TAKE, control.check()).await.ok();
    *asking.app.pages.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some((now(), found));
    Ok(())
}

fn system(app: &AppState) -> System {
    let checked = app.pages.checked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let check = |one: Finding| Check { name: one.check, works: one.works, found: one.found, advice: one.advice };
    let model = app.models.current();
    System {
        program: format!("tidewheel {}, {} {}", app.version, std::env::consts::OS, std::env::consts::ARCH),
        database: app.registry.place().to_owned(),
        objects: app.registry.objects().place().to_owned(),
        listen: app.pages.listen.to_string(),
        model: model.map(|model| (app.project.model_name.clone(), model.version, model.loaded_at)),
        turns: app.pages.control.is_some(),
        checked: checked.map(|(at, found)| (at, found.map(|found| found.into_iter().map(check).collect()))),
        check_seconds: CHECKS_MAY_TAKE.as_secs(),
    }
}
