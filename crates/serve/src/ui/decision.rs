//! `GET /ui/decisions/{batch}`: one decision, its files, and the answer to it.

use std::net::SocketAddr;

use axum::Form;
use axum::extract::{ConnectInfo, Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidewheel_domain::decision::Decision;
use tidewheel_domain::model_version::LedgerEntry;
use tidewheel_domain::turn::{Action, Turn, TurnState};
use tidewheel_domain::{RunId, verdict};
use tidewheel_ui::components::Interval;
use tidewheel_ui::pages::decision::{
    self, Beside, Comparison, DecisionView, Judged, Peer, Question, Step, Told, Training, Wrong,
};

use super::asking::{Asking, Trouble};
use super::control::{WHO, Wish};
use super::overview::outcome_of;

/// Batches among which one is shown.
const PEERS: i64 = 12;
/// Batches of them after the one that is shown.
const PEERS_AFTER: i64 = 3;

/// Which turn over the batch; the first one without it.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    turn: Option<i64>,
}

/// `GET /ui/decisions/{batch}`
pub(super) async fn show(asking: Asking, Path(batch): Path<String>, Query(which): Query<Which>) -> Response {
    let page = match find(&asking, &batch, which.turn).await {
        Ok(turn) => view_of(&asking, &turn).await.map(|view| decision::page(&asking.frame, &view)),
        Err(trouble) => Err(trouble),
    };
    asking.answer(page)
}

/// `GET /ui/decisions/{batch}/evidence`: all that was measured.
pub(super) async fn evidence(asking: Asking, Path(batch): Path<String>, Query(which): Query<Which>) -> Response {
    let page = match find(&asking, &batch, which.turn).await {
        Ok(turn) => view_of(&asking, &turn).await.map(|view| decision::evidence(&asking.frame, &view)),
        Err(trouble) => Err(trouble),
    };
    asking.answer(page)
}

/// `GET /ui/why/{version}`: the decision that led to a version.
pub(super) async fn why(asking: Asking, Path(version): Path<String>) -> Response {
    let number: Option<i64> = version.trim_start_matches('v').parse().ok();
    let turn = match number {
        Some(number) => asking.app.registry.turn_of_version(&asking.app.project.name, number).await,
        None => Ok(None),
    };
    match turn {
        Ok(Some(Turn { batch: Some(batch), number, .. })) => {
            Redirect::to(&format!("/ui/decisions/{batch}?turn={number}")).into_response()
        }
        Ok(_) => asking.answer(Err(Trouble::missing(format!("v{version}")))),
        Err(error) => asking.answer(Err(error.into())),
    }
}

/// `GET /ui/decisions/{batch}/{file}`: what the loop stored.
pub(super) async fn file(
    asking: Asking,
    Path((batch, file)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Response {
    match read_file(&asking, &batch, &file, which.turn).await {
        Ok(response) => response,
        Err(trouble) => asking.answer(Err(trouble)),
    }
}

async fn read_file(asking: &Asking, batch: &str, file: &str, turn: Option<i64>) -> Result<Response, Trouble> {
    let media_type = match file {
        "decision.json" => "application/json",
        "decision.html" | "decision.es.html" => "text/html; charset=utf-8",
        "decision.md" | "why.en.txt" | "why.es.txt" => "text/plain; charset=utf-8",
        _ => return Err(Trouble::missing(file)),
    };
    let turn = find(asking, batch, turn).await?;
    let objects = asking.app.registry.objects();
    let bytes = objects.get_artifact(&turn.run_id, &format!("decision/{file}")).await?;
    let bytes = bytes.ok_or_else(|| Trouble::missing(file))?;
    let name = format!("inline; filename=\"batch-{batch}-{file}\"", batch = turn.batch.unwrap_or_default());
    // A stored page has its style sheet within; nothing in it may act for this server.
    const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ALONE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("inline"))),
    ];
    Ok((headers, bytes).into_response())
}

/// An answer to a question.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    reason: String,
    turn: Option<i64>,
}

/// `GET /ui/decisions/{batch}/answer`: the question stands on the page of its decision.
pub(super) async fn question(Path(batch): Path<String>) -> Response {
    let batch: i64 = batch.parse().unwrap_or_default();
    Redirect::to(&format!("/ui/decisions/{batch}#answer")).into_response()
}

/// `POST /ui/decisions/{batch}/answer`
pub(super) async fn answer(
    mut asking: Asking,
    Path(batch): Path<String>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    Form(form): Form<Answer>,
) -> Response {
    let back = match form.turn {
        Some(turn) => format!("/ui/decisions/{batch}?turn={turn}"),
        None => format!("/ui/decisions/{batch}"),
    };
    if let Err(trouble) = asking.check_token(&form.token) {
        return asking.done(Err(trouble), &back);
    }
    let turn = match find(&asking, &batch, form.turn).await {
        Ok(turn) => turn,
        Err(trouble) => return asking.done(Err(trouble), &back),
    };
    let (action, reason) = match checked(&form) {
        Ok(sound) => sound,
        Err(wrong) => {
            back.clone_into(&mut asking.frame.path);
            let view = view_of(&asking, &turn).await.map(|mut view| {
                if let Some(question) = &mut view.question {
                    question.reason = form.reason.chars().take(2 * Question::REASON).collect();
                    question.wrong = Some(wrong);
                }
                decision::page(&asking.frame, &view)
            });
            let mut response = asking.answer(view);
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            }
            return response;
        }
    };
    let wish = Wish { who: format!("{WHO}, {}", client.ip()), reason };
    let outcome = give(&asking, &turn, action, wish).await;
    asking.done(outcome, &back)
}

/// What was answered, and why.
fn checked(form: &Answer) -> Result<(Action, String), Wrong> {
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err(Wrong::NoReason);
    }
    if reason.chars().count() > Question::REASON {
        return Err(Wrong::TooLong);
    }
    match form.action.parse() {
        Ok(action @ (Action::Retrain | Action::Skip)) => Ok((action, reason.to_owned())),
        _ => Err(Wrong::NoAction),
    }
}

async fn give(asking: &Asking, turn: &Turn, action: Action, wish: Wish) -> Result<(), Trouble> {
    // An answer that was given already is not given again.
    let answered = turn.decision.as_ref().and_then(|record| record.get("answer")).is_some_and(|one| !one.is_null());
    if turn.state != TurnState::Waiting && answered {
        return Ok(());
    }
    asking.acted(asking.control()?.answer(turn.run_id.clone(), action, wish).await)
}

/// The turn over a batch that is asked for; the first one where none is named.
async fn find(asking: &Asking, batch: &str, turn: Option<i64>) -> Result<Turn, Trouble> {
    let app = &asking.app;
    let missing = || Trouble::missing(batch);
    let number: i64 = batch.parse().map_err(|_| missing())?;
    if let Some(turn) = turn
        && let Some(turn) = app.registry.turn_by_number(&app.project.name, turn).await?
        && turn.batch == Some(number)
    {
        return Ok(turn);
    }
    app.registry.turn_of_batch(&app.project.name, number).await?.ok_or_else(missing)
}

async fn view_of(asking: &Asking, turn: &Turn) -> Result<DecisionView, Trouble> {
    let app = &asking.app;
    let record: Option<Decision> =
        turn.decision.as_ref().and_then(|record| serde_json::from_value(record.clone()).ok());
    let (older, newer) = app.registry.decided_beside(&app.project.name, turn.number).await?;
    let beside = |turn: Option<Turn>| turn.and_then(|turn| Some(Beside { batch: turn.batch?, turn: turn.number }));
    let steps = app.registry.tasks(&turn.run_id).await?.into_iter().map(|task| Step {
        name: task.name,
        state: task.state,
        at: task.started_at,
        took_ms: task.started_at.zip(task.ended_at).map(|(from, to)| to.ms_since(from)),
    });
    let mut view = DecisionView {
        batch: turn.batch.unwrap_or_default(),
        turn: turn.number,
        at: turn.started_at,
        took_ms: turn.duration_ms.filter(|_| turn.state != TurnState::Waiting),
        action: turn.action,
        answered: record.as_ref().and_then(|record| record.answer.as_ref()).map(|answer| answer.action),
        outcome: outcome_of(turn),
        told: record.as_ref().map(|record| told(asking, turn, record)),
        recorded: turn.decision.is_some(),
        error: turn.metrics_newest_batch.get("mape").copied(),
        unit: app.project.unit.clone(),
        steps: steps.collect(),
        older: beside(older),
        newer: beside(newer),
        ..DecisionView::default()
    };
    if let Some(record) = &record {
        view.peers = peers(asking, turn).await?;
        if turn.state == TurnState::Waiting {
            view.question = Some(question_of(asking, record).await?);
        }
    }
    if let Some(version) = turn.model_version {
        let run = turn.training_run_id();
        view.training = training(asking, &run).await?;
        view.judged = judged(asking, version, &run).await?;
        let ledger = app.registry.ledger(&app.project.model_name).await?;
        let since = turn.started_at;
        let until = turn.ended_at.unwrap_or(asking.frame.now);
        let about = |entry: &&LedgerEntry| entry.version == version || (entry.at >= since && entry.at <= until);
        view.ledger = ledger.iter().filter(about).cloned().collect();
    }
    Ok(view)
}

fn told(asking: &Asking, turn: &Turn, record: &Decision) -> Told {
    let lang = asking.frame.lang;
    let labels = tidewheel_report::labels(&asking.app.project, lang);
    let context = tidewheel_report::Context::of(turn);
    Told {
        body: tidewheel_report::decision_body(record, lang, &labels, &context),
        because: tidewheel_report::because(record, lang, &labels),
        policy: record.policy.name.as_str().to_owned(),
    }
}

/// What batches around a turn cost the model in production, the oldest first.
async fn peers(asking: &Asking, turn: &Turn) -> Result<Vec<Peer>, Trouble> {
    let app = &asking.app;
    let until = turn.number.saturating_add(PEERS_AFTER);
    let mut peers = Vec::new();
    for one in app.registry.decided_turns(&app.project.name, Some(until), None, None, PEERS).await? {
        let digest = app.pages.digests.of(app, &one).await?;
        if let (Some(batch), Some((cost, bound))) = (one.batch, digest.cost) {
            peers.push(Peer { batch, action: one.action, cost, bound });
        }
    }
    peers.reverse();
    // Of a batch that came again its first decision is shown.
    peers.dedup_by_key(|peer| peer.batch);
    Ok(if peers.iter().any(|peer| Some(peer.batch) == turn.batch) { peers } else { Vec::new() })
}

async fn question_of(asking: &Asking, record: &Decision) -> Result<Question, Trouble> {
    let app = &asking.app;
    let labels = tidewheel_report::labels(&app.project, asking.frame.lang);
    let last_training_ms = match asking.pulse.production {
        Some(version) => match app.registry.model_version(&app.project.model_name, version).await? {
            Some(version) => app.registry.run(&version.run_id).await?,
            None => None,
        },
        None => None,
    };
    Ok(Question {
        sentence: tidewheel_drift::parts(record, asking.frame.lang, &labels).lead.replace('`', ""),
        cost: record.error.as_ref().map(|error| {
            let rise = error.deciding();
            (Interval { value: rise.rise, low: rise.low, high: rise.high }, error.measured)
        }),
        never_seen: record.batch.never_seen_rows,
        last_training_ms: last_training_ms.and_then(|run| Some(run.ended_at?.ms_since(run.started_at))),
        can_answer: app.pages.control.is_some(),
        ..Question::default()
    })
}

async fn training(asking: &Asking, run: &RunId) -> Result<Option<Training>, Trouble> {
    let app = &asking.app;
    let Some(run) = app.registry.run(run).await? else { return Ok(None) };
    let number = |name: &str| run.params.get(name).and_then(|value| value.parse().ok());
    let batches = run.params.get("batches").map(String::as_str).unwrap_or_default();
    Ok(Some(Training {
        run: run.run_id.to_string(),
        rows: number("training_rows"),
        held_out: number("holdout_rows"),
        batches: batches.split(',').filter_map(|batch| batch.trim().parse().ok()).collect(),
        took_ms: run.ended_at.map(|ended| ended.ms_since(run.started_at)),
    }))
}

async fn judged(asking: &Asking, version: i64, run: &RunId) -> Result<Option<Judged>, Trouble> {
    let app = &asking.app;
    let file = app.registry.objects().get_artifact(run, verdict::FILE).await?;
    let Some(verdict) = file.and_then(|bytes| serde_json::from_slice::<verdict::Verdict>(&bytes).ok()) else {
        return Ok(None);
    };
    let version = app.registry.model_version(&app.project.model_name, version).await?;
    let margin = app.project.promote.max_loss_rise;
    let comparison = verdict.comparison.map(|one| Comparison {
        rows: one.rows,
        change: one.change.into(),
        newest_rows: one.newest_rows,
        newest: one.newest_change,
        worst: one.worst_segment.map(|worst| (worst.segment, worst.rows, worst.change)),
        margin,
    });
    Ok(Some(Judged {
        gates: verdict.gates,
        comparison,
        metrics: version.map(|version| version.metrics).unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_needs_an_action_and_a_reason() {
        let answer = |action: &str, reason: &str| {
            checked(&Answer { token: String::new(), action: action.to_owned(), reason: reason.to_owned(), turn: None })
        };
        assert_eq!(answer("retrain", " why "), Ok((Action::Retrain, "why".to_owned())));
        assert_eq!(answer("skip", "\n "), Err(Wrong::NoReason));
        assert_eq!(answer("skip", &"a".repeat(501)), Err(Wrong::TooLong));
        assert_eq!(answer("baseline", "why"), Err(Wrong::NoAction));
        assert_eq!(answer("", "why"), Err(Wrong::NoAction));
    }
}
