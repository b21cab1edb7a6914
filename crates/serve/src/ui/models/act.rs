//! Rolling back and promoting: the version is loaded as a server would load it, then production moves to it, then this
//! server serves it.

use axum::Form;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use tidewheel_domain::model_version::{LedgerEntry, LedgerEvent, ModelVersion, Stage, production_chain};
use tidewheel_registry::{Promotion, RegistryError};
use tidewheel_ui::pages::models::switch::{self, Switch};
use tidewheel_ui::{Lang, Markup};

use super::verdict::turned;
use super::{find, rows};
use crate::inference::state::now;
use crate::inference::verify;
use crate::ui::asking::{Asking, Trouble};
use crate::ui::control::WHO;

/// So long a reason may be.
const REASON: usize = 500;

/// Where to roll back to.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Target {
    to: Option<String>,
}

/// What the dialog sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    token: String,
    #[serde(default)]
    reason: String,
}

/// `GET /ui/models/rollback`
pub(crate) async fn ask_rollback(asking: Asking, Query(target): Query<Target>) -> Response {
    let page = async {
        let version = rollback_target(&asking, &target).await?;
        ask(&asking, &version).await
    };
    let page = page.await;
    asking.answer(page)
}

/// `GET /ui/models/{version}/promote`
pub(crate) async fn ask_promote(asking: Asking, Path(version): Path<String>) -> Response {
    let page = async {
        let version = find(&asking, &version).await?;
        ask(&asking, &version).await
    };
    let page = page.await;
    asking.answer(page)
}

async fn ask(asking: &Asking, version: &ModelVersion) -> Result<Markup, Trouble> {
    let ledger = asking.app.registry.ledger(&asking.app.project.model_name).await?;
    let mut view = switch_to(asking, version, &ledger).await?;
    if view.from != Some(view.to) {
        let checked = verify::loads(&asking.app.registry, version).await;
        view.checked = Some(checked.map(|rows| rows as u64).map_err(|error| error.to_string()));
    }
    Ok(switch::page(&asking.frame, &view))
}

/// `POST /ui/models/rollback`
pub(crate) async fn rollback(asking: Asking, Query(target): Query<Target>, Form(wanted): Form<Wanted>) -> Response {
    let outcome = async {
        asking.check_token(&wanted.token)?;
        let version = rollback_target(&asking, &target).await?;
        act(&asking, version, true, &wanted.reason).await
    };
    let outcome = outcome.await;
    asking.done(outcome, "/ui/models")
}

/// `POST /ui/models/{version}/promote`
pub(crate) async fn promote(asking: Asking, Path(version): Path<String>, Form(wanted): Form<Wanted>) -> Response {
    let outcome = async {
        asking.check_token(&wanted.token)?;
        let version = find(&asking, &version).await?;
        act(&asking, version, false, &wanted.reason).await
    };
    let outcome = outcome.await;
    asking.done(outcome, "/ui/models")
}

async fn rollback_target(asking: &Asking, target: &Target) -> Result<ModelVersion, Trouble> {
    let app = &asking.app;
    let wanted = match target.to.as_deref().filter(|to| !to.is_empty()) {
        Some(to) => Some(find(asking, to).await?.version),
        None => None,
    };
    let version = app.registry.rollback_target(&app.project.model_name, wanted).await.map_err(refused)?;
    find(asking, &version.to_string()).await
}

/// What a person did is told to the person where it contradicts what is recorded.
fn refused(error: RegistryError) -> Trouble {
    match error {
        RegistryError::Conflict(_) | RegistryError::NotFound { .. } | RegistryError::Invalid { .. } => {
            Trouble::refused(error.to_string())
        }
        error => error.into(),
    }
}

async fn act(asking: &Asking, version: ModelVersion, back: bool, reason: &str) -> Result<(), Trouble> {
    let lang = asking.frame.lang;
    if version.stage == Stage::Production {
        return Ok(());
    }
    let reason: String = reason.trim().chars().filter(|one| !one.is_control() || *one == '\n').take(REASON).collect();
    if reason.is_empty() {
        return Err(Trouble::refused(match lang {
            Lang::En => "a reason is needed: the ledger keeps it",
            Lang::Es => "hace falta una razón: queda en el libro de registro",
        }));
    }
    let app = asking.app.clone();
    // Half of it is of no use: it goes on when the reader goes away.
    let done = tokio::spawn(async move {
        let number = version.version;
        if let Err(error) = verify::loads(&app.registry, &version).await {
            return Err(Trouble::refused(match lang {
                Lang::En => format!("version {number} does not load, so that nothing was switched: {error}"),
                Lang::Es => format!("la versión {number} no carga, así que nada cambió: {error}"),
            }));
        }
        let by = Promotion { who: WHO, reason: &reason, turn: None };
        let model = &app.project.model_name;
        let switched = if back {
            app.registry.rollback(model, Some(number), by, now()).await
        } else {
            app.registry.promote(model, number, by, now()).await
        };
        switched.map_err(refused)?;
        if let Err(error) = app.models.reload().await {
            return Err(Trouble::refused(match lang {
                Lang::En => {
                    format!("version {number} is in production, but this server goes on with the former one: {error}")
                }
                Lang::Es => {
                    format!("la versión {number} está en producción, pero este servidor sigue con la anterior: {error}")
                }
            }));
        }
        Ok(())
    });
    done.await.unwrap_or_else(|_| {
        Err(Trouble::refused(match lang {
            Lang::En => "the switch was interrupted: look at the ledger",
            Lang::Es => "el cambio se interrumpió: mire el libro de registro",
        }))
    })
}

/// The way back from what is in production now.
pub(super) async fn rollback_from(asking: &Asking, ledger: &[LedgerEntry]) -> Result<Option<Switch>, Trouble> {
    let chain = production_chain(ledger);
    let earlier = chain.iter().rev().find(|version| Some(**version) != asking.pulse.production);
    let (Some(&to), Some(_)) = (earlier, asking.pulse.production) else { return Ok(None) };
    match asking.app.registry.model_version(&asking.app.project.model_name, to).await? {
        Some(version) => Ok(Some(switch_to(asking, &version, ledger).await?)),
        None => Ok(None),
    }
}

/// What putting a version into production would do.
pub(super) async fn switch_to(
    asking: &Asking,
    version: &ModelVersion,
    ledger: &[LedgerEntry],
) -> Result<Switch, Trouble> {
    let app = &asking.app;
    let to = version.version;
    let was =
        |line: &LedgerEntry| line.version == to && matches!(line.event, LedgerEvent::Promote | LedgerEvent::Rollback);
    let from = match asking.pulse.production {
        Some(from) => app.registry.model_version(&app.project.model_name, from).await?,
        None => None,
    };
    let both: Vec<ModelVersion> = from.iter().chain([version]).cloned().collect();
    let judged = rows(asking, &both).await?;
    let against = |of: i64, champion: i64| {
        let row = judged.iter().find(|row| row.version == of)?;
        row.judgement.as_ref()?.against.clone().filter(|paired| paired.champion == Some(champion))
    };
    let from_number = from.as_ref().map(|from| from.version);
    let paired = from_number
        .and_then(|from| against(to, from).or_else(|| against(from, to).map(|paired| turned(&paired, from))));
    let errors = from.as_ref().and_then(|from| Some((*version.metrics.get("mae")?, *from.metrics.get("mae")?)));
    Ok(Switch {
        to,
        from: from_number,
        back: ledger.iter().any(was),
        checked: None,
        rejected_by: version.rejected_by.clone(),
        errors,
        paired,
        unit: app.project.unit.clone(),
    })
}
