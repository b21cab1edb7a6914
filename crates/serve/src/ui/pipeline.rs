//! `/ui/pipeline` and `/ui/runs/{id}`: what is at work, and what can be done about it.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::decision::PersonAnswer;
use tidewheel_domain::turn::{Action, LogLine, Task, TaskAttempt, TaskName, TaskState, Turn, TurnState};
use tidewheel_domain::{RunId, Timestamp};
use tidewheel_ui::pages::pipeline::{
    self, Attempt, Control, LastRun, Line, LogView, Matrix, MatrixTurn, Pipeline, Said, TaskView, TurnView, Wait,
};
use tidewheel_ui::{Lang, Markup};

use super::LoopControl;
use super::asking::{Asking, Trouble, local};
use super::control::{Ended, WHO, Wish};
use super::digest::Digest;
use crate::inference::state::AppState;

/// Lines of a log on a page.
const LINES: i64 = 200;
/// Turns in the matrix.
const TURNS: i64 = 12;
/// How far the shown turn stands from the end of the matrix where there are newer ones.
const NEWER: i64 = 4;

/// What is shown.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    turn: Option<i64>,
    task: Option<String>,
    level: Option<String>,
    before: Option<i64>,
    until: Option<i64>,
}

/// What a form holds.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    token: String,
    #[serde(default)]
    reason: String,
}

/// `GET /ui/pipeline`
pub(super) async fn show(mut asking: Asking, Query(wanted): Query<Wanted>) -> Response {
    let page = draw(&mut asking, &wanted).await;
    asking.answer(page)
}

/// `GET /ui/runs/{id}`: the turn that is meant by a run's id or its beginning.
pub(super) async fn show_run(asking: Asking, Path(id): Path<String>) -> Response {
    match turn_of_run(&asking.app, &id).await {
        Ok(Some(turn)) => to(&href(turn.number)),
        Ok(None) => asking.answer(Err(Trouble::missing(format!("run {id}")))),
        Err(trouble) => asking.answer(Err(trouble)),
    }
}

/// The turn that an id, the beginning of one, or the id of a run inside a turn means.
pub(super) async fn turn_of_run(app: &AppState, id: &str) -> Result<Option<Turn>, Trouble> {
    if let Some(turn) = app.registry.find_turn(&app.project.name, id).await? {
        return Ok(Some(turn));
    }
    let Ok(mut run) = id.parse::<RunId>() else { return Ok(None) };
    // A trial belongs to a training, and that to a turn.
    for _ in 0..3 {
        if let Some(turn) = app.registry.turn(&run).await? {
            return Ok(Some(turn).filter(|turn| turn.project == app.project.name));
        }
        match app.registry.run(&run).await?.and_then(|run| run.parent) {
            Some(parent) => run = parent,
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// `GET /ui/pipeline/run`: there is nothing to look at.
pub(super) async fn show_nothing() -> Response {
    to("/ui/pipeline")
}

/// `POST /ui/pipeline/run`
pub(super) async fn run(asking: Asking, Form(sent): Form<Sent>) -> Response {
    let outcome = match begin(&asking, &sent) {
        Ok(control) => asking.acted(control.run().await),
        Err(trouble) => Err(trouble),
    };
    asking.done(outcome, "/ui/pipeline")
}

/// `POST /ui/pipeline/{turn}/retry`
pub(super) async fn retry(asking: Asking, Path(number): Path<i64>, Form(sent): Form<Sent>) -> Response {
    let outcome = match (begin(&asking, &sent), turn_numbered(&asking, number).await) {
        (Ok(control), Ok(turn)) => asking.acted(control.retry(turn.run_id).await),
        (Err(trouble), _) | (_, Err(trouble)) => Err(trouble),
    };
    asking.done(outcome, &href(number))
}

/// `GET /ui/pipeline/{turn}/cancel`: the confirmation, for readers without the script.
pub(super) async fn ask_cancel(asking: Asking, Path(number): Path<i64>) -> Response {
    let page = match turn_numbered(&asking, number).await {
        Ok(turn) if matches!(turn.state, TurnState::Succeeded | TurnState::Cancelled) => return to(&href(number)),
        Ok(_) => Ok(pipeline::cancel_page(&asking.frame, number, asking.pulse.running == Some(number))),
        Err(trouble) => Err(trouble),
    };
    asking.answer(page)
}

/// `POST /ui/pipeline/{turn}/cancel`
pub(super) async fn cancel(asking: Asking, Path(number): Path<i64>, Form(sent): Form<Sent>) -> Response {
    let outcome = match (begin(&asking, &sent), turn_numbered(&asking, number).await, reason_of(&asking, &sent)) {
        (Ok(control), Ok(turn), Ok(reason)) => {
            let wish = Wish { who: WHO.to_owned(), reason };
            asking.acted(control.cancel(turn.run_id, wish).await)
        }
        (Err(trouble), ..) | (_, Err(trouble), _) | (.., Err(trouble)) => Err(trouble),
    };
    asking.done(outcome, &href(number))
}

fn begin<'a>(asking: &'a Asking, sent: &Sent) -> Result<&'a dyn LoopControl, Trouble> {
    asking.check_token(&sent.token)?;
    asking.control()
}

fn reason_of(asking: &Asking, sent: &Sent) -> Result<String, Trouble> {
    let reason = sent.reason.trim();
    if (1..=500).contains(&reason.chars().count()) {
        return Ok(reason.to_owned());
    }
    Err(Trouble::refused(match asking.frame.lang {
        Lang::En => "a reason of at most 500 characters is needed",
        Lang::Es => "hace falta un motivo de hasta 500 caracteres",
    }))
}

async fn turn_numbered(asking: &Asking, number: i64) -> Result<Turn, Trouble> {
    let turn = asking.app.registry.turn_without_decision(&asking.app.project.name, number).await?;
    turn.ok_or_else(|| Trouble::missing(format!("turn {number}")))
}

fn href(number: i64) -> String {
    format!("/ui/pipeline?turn={number}")
}

fn to(path: &str) -> Response {
    let path = local(path).unwrap_or(HeaderValue::from_static("/ui/pipeline"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

async fn draw(asking: &mut Asking, wanted: &Wanted) -> Result<Markup, Trouble> {
    let newest = asking.pulse.turns;
    let number = wanted.turn.unwrap_or(newest);
    let mut view = Pipeline { control: control_of(asking), ..Pipeline::default() };
    // Who watches a turn that has ended is not told of each line that another writes.
    if number == newest || asking.pulse.running == Some(number) {
        asking.frame.state = asking.pulse.to_string();
    }
    if newest == 0 && wanted.turn.is_none() {
        return Ok(pipeline::page(&asking.frame, &view));
    }
    let app = &asking.app;
    let turn = turn_numbered(asking, number).await?;
    let at_work = asking.pulse.running == Some(number);
    let digest = app.pages.digests.of(app, &turn).await?;
    let batch = match turn.batch {
        Some(batch) => app.registry.batch(&app.project.name, batch).await?,
        None => None,
    };
    let tasks = app.registry.tasks(&turn.run_id).await?;
    let attempts = app.registry.task_attempts(&turn.run_id).await?;
    view.log = log_of(app, &turn, &tasks, at_work, wanted).await?;
    let last = view.log.lines.last().map(|line| line.at);
    let trials = match (at_work, tasks.iter().find(|task| task.name == TaskName::TrainModel)) {
        (true, Some(task)) if task.state == TaskState::Running => {
            app.registry.last_logs(&turn.run_id, Some(task.name), false, None, 1).await?.pop()
        }
        _ => None,
    };
    view.wait = wait_of(app, &turn, &tasks).await?;
    let lang = asking.frame.lang;
    view.tasks = tasks.iter().map(|task| task_view(task, &attempts, batch.as_ref(), &digest, lang)).collect();
    for task in &mut view.tasks {
        if task.name == TaskName::TrainModel {
            task.progress = trials.as_ref().and_then(|line| progress(&line.line));
        }
        // What was cut off has ended with the last that is known of it.
        if let (false, Some(attempt)) = (at_work, task.attempts.last_mut()) {
            attempt.ended =
                attempt.ended.or(last.filter(|last| last.ms_since(attempt.began) > 0)).or(Some(attempt.began));
        }
    }
    view.matrix = matrix_of(app, number, newest, wanted.until).await?;
    view.turn = Some(TurnView {
        number,
        batch: turn.batch,
        state: turn.state,
        at_work,
        action: turn.action,
        sentence: digest.sentence(lang).to_owned(),
        began: turn.started_at,
        error: turn.error,
        neighbours: ((number > 1).then(|| number - 1), (number < newest).then(|| number + 1)),
    });
    Ok(pipeline::page(&asking.frame, &view))
}

fn control_of(asking: &Asking) -> Control {
    let control = asking.app.pages.control.as_ref();
    let standing = control.map(|control| control.standing()).unwrap_or_default();
    let last = standing.last.and_then(|(at, ended)| {
        let last = match ended {
            Ended::NoMoreData => LastRun::NoMoreData,
            Ended::Stopped => LastRun::Stopped,
            Ended::Failed(reason) => LastRun::Failed(reason),
            Ended::Turned => return None,
        };
        Some((at, last))
    });
    Control {
        can_run: control.is_some(),
        at_work: standing.at_work,
        turning: asking.pulse.turning > 0,
        stopping: standing.stopping,
        last,
    }
}

async fn log_of(
    app: &AppState,
    turn: &Turn,
    tasks: &[Task],
    at_work: bool,
    wanted: &Wanted,
) -> Result<LogView, Trouble> {
    let interesting = |task: &&Task| match task.state {
        TaskState::Running | TaskState::UpForRetry => at_work,
        TaskState::Failed => true,
        _ => false,
    };
    let task = match wanted.task.as_deref() {
        Some("all" | "") => None,
        Some(name) => Some(name.parse().map_err(|_| Trouble::missing(format!("task {name}")))?),
        None if at_work => None,
        None => tasks.iter().find(interesting).map(|task| task.name),
    };
    let warnings = wanted.level.as_deref() == Some("warn");
    let mut lines = app.registry.last_logs(&turn.run_id, task, warnings, wanted.before, LINES + 1).await?;
    let older = (lines.len() as i64 > LINES).then(|| lines.remove(0)).and(lines.first()).map(|line| line.id);
    let line = |line: LogLine| Line { at: line.at, task: line.task, level: line.level, text: line.line };
    Ok(LogView { task, warnings, older, cut: wanted.before.is_some(), lines: lines.into_iter().map(line).collect() })
}

/// `Trial 4 of 10: ...`, as the training writes it.
fn progress(line: &str) -> Option<(u64, u64)> {
    let (done, rest) = line.strip_prefix("Trial ")?.split_once(" of ")?;
    let of = rest.split_once(':').map_or(rest, |(of, _)| of);
    Some((done.parse().ok()?, of.parse().ok()?))
}

/// The wait for a person, of a turn that has asked one.
async fn wait_of(app: &AppState, turn: &Turn, tasks: &[Task]) -> Result<Option<Wait>, Trouble> {
    let checked = tasks.iter().find(|task| task.name == TaskName::CheckDrift && task.state == TaskState::Succeeded);
    let (Some(began), Some(Action::StopAndAsk)) = (checked.and_then(|task| task.ended_at), turn.action) else {
        return Ok(None);
    };
    #[derive(Deserialize)]
    struct Answered {
        answer: Option<PersonAnswer>,
    }
    let decision = app.registry.turn(&turn.run_id).await?.and_then(|turn| turn.decision);
    let answer = decision.and_then(|decision| serde_json::from_value::<Answered>(decision).ok()?.answer);
    let given_up = turn.ended_at.filter(|_| turn.state == TurnState::Cancelled);
    Ok(Some(Wait {
        began,
        ended: answer.as_ref().map(|answer| answer.at).or(given_up),
        answer: answer.map(|answer| (answer.who, answer.reason)),
    }))
}

fn task_view(task: &Task, attempts: &[TaskAttempt], batch: Option<&Batch>, digest: &Digest, lang: Lang) -> TaskView {
    let attempts = attempts.iter().filter(|attempt| attempt.name == task.name).map(|attempt| Attempt {
        state: attempt.state,
        began: attempt.started_at,
        ended: attempt.ended_at,
        error: attempt.error.clone(),
    });
    TaskView {
        name: task.name,
        state: task.state,
        attempts: attempts.collect(),
        said: said(task, batch, digest, lang),
        progress: None,
    }
}

/// What went in and out, as far as it is known.
fn said(task: &Task, batch: Option<&Batch>, digest: &Digest, lang: Lang) -> Said {
    if let (TaskState::Failed | TaskState::UpForRetry, Some(error)) = (task.state, &task.error) {
        return Said::Failed(error.clone());
    }
    let Some(outputs) = task.outputs.as_ref().filter(|_| task.state == TaskState::Succeeded) else {
        return Said::Nothing;
    };
    let number = |name: &str| outputs.get(name).and_then(Value::as_i64);
    let truth = |name: &str| outputs.get(name).and_then(Value::as_bool);
    let text = |name: &str| outputs.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = match task.name {
        TaskName::Start => Some(Said::Champion(number("champion"))),
        TaskName::IngestData if truth("again") == Some(true) => number("batch").map(Said::BatchAgain),
        TaskName::IngestData => batch.map(|batch| Said::Batch {
            rows: batch.rows.max(0) as u64,
            new: batch.new_rows.max(0) as u64,
            quarantined: batch.quarantined_rows.max(0) as u64,
            clean: batch.clean_rows.max(0) as u64,
        }),
        TaskName::CheckDrift => {
            text("action").parse().ok().map(|action| Said::Decided { action, short: digest.short(lang).to_owned() })
        }
        TaskName::TrainModel => number("version").map(|version| Said::Trained {
            version,
            batches: outputs
                .get("batches")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_i64)
                .collect(),
        }),
        TaskName::Promote => number("version").zip(truth("promoted")).map(|(version, promoted)| Said::Judged {
            version,
            promoted,
            reason: text("reason"),
        }),
        TaskName::ReloadApi => number("version").map(Said::Verified),
        TaskName::SkipTraining => Some(Said::Skipped),
        TaskName::EndPipeline => Some(Said::Error(outputs.pointer("/metrics/mape/value").and_then(Value::as_f64))),
    };
    known.unwrap_or_else(|| Said::Other(outputs.to_string()))
}

async fn matrix_of(app: &AppState, number: i64, newest: i64, until: Option<i64>) -> Result<Matrix, Trouble> {
    let usual = if number > newest - TURNS { newest } else { number + NEWER };
    let until = until.unwrap_or(usual).clamp(1, newest.max(1));
    let mut turns = app.registry.newest_turns(&app.project.name, Some(until), TURNS).await?;
    turns.reverse();
    let (Some(first), Some(last)) = (turns.first().map(|turn| turn.number), turns.last().map(|turn| turn.number))
    else {
        return Ok(Matrix::default());
    };
    let mut tasks: BTreeMap<i64, Vec<(TaskName, TaskState, Option<i64>)>> = BTreeMap::new();
    for (turn, task) in app.registry.tasks_between(&app.project.name, first, last).await? {
        let took = |began: Timestamp| task.ended_at.unwrap_or_else(crate::inference::state::now).ms_since(began);
        tasks.entry(turn).or_default().push((task.name, task.state, task.started_at.map(took)));
    }
    let turn = |turn: Turn| MatrixTurn {
        tasks: tasks.remove(&turn.number).unwrap_or_default(),
        number: turn.number,
        action: turn.action,
        waits: turn.state == TurnState::Waiting,
        version: turn.model_version.map(|version| (version, turn.promoted || turn.rejected_by.is_none())),
    };
    Ok(Matrix {
        turns: turns.into_iter().map(turn).collect(),
        all: newest.max(0) as u64,
        older: (first > 1).then(|| first - 1),
        newer: (last < newest).then(|| (last + TURNS).min(newest)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_of_a_training_is_read_from_its_log() {
        assert_eq!(progress("Trial 7 of 10: loss 0.33, given up after its first fold"), Some((7, 10)));
        assert_eq!(progress("Training on 6848 rows"), None);
        assert_eq!(progress("Trial x of y: z"), None);
    }
}
