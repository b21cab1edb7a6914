//! The graph of tasks: `start -> ingest_data -> check_drift -> [train_model -> promote -> reload_api | skip_training]
//! -> end_pipeline`.

use maud::{Markup, html};
use tidewheel_domain::turn::{Action, TaskName, TaskState, TurnState};

use super::{Pipeline, TaskView, TurnView, tasks};
use crate::components::{Icon, card};
use crate::frame::Frame;
use crate::words::{PipelineWords, fill};

/// Graph and table in one card: the same tasks twice.
pub(super) fn card_of(frame: &Frame, view: &Pipeline, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    let legend = html! {
        span.legend {
            span.pass { (Icon::Check.small()) (words.done) } span.act { (Icon::Train.small()) (words.running) }
            span { (Icon::Clock.small()) (words.waits) } span { (Icon::Skip.small()) (words.not_taken) }
        }
    };
    card(
        "graph",
        words.graph,
        Some(words.graph_lead),
        &legend,
        &html! {
            div.body {
                div.scroll data-to-running tabindex="0" role="group" aria-label=(words.graph) { (draw(frame, view, turn, words)) }
            }
            div class="flush line-t" { (tasks::table(frame, view, turn, words)) }
        },
    )
}

/// Where each task stands in the picture: x, y, width, height.
const fn place(name: TaskName) -> (i64, i64, i64, i64) {
    match name {
        TaskName::Start => (6, 82, 66, 46),
        TaskName::IngestData => (114, 76, 150, 58),
        TaskName::CheckDrift => (304, 76, 158, 58),
        TaskName::TrainModel => (512, 22, 164, 58),
        TaskName::Promote => (724, 22, 126, 58),
        TaskName::ReloadApi => (890, 22, 126, 58),
        TaskName::SkipTraining => (620, 142, 150, 58),
        TaskName::EndPipeline => (1052, 82, 60, 46),
    }
}

/// The ways from task to task.
const WAYS: [(TaskName, TaskName); 8] = [
    (TaskName::Start, TaskName::IngestData),
    (TaskName::IngestData, TaskName::CheckDrift),
    (TaskName::CheckDrift, TaskName::TrainModel),
    (TaskName::TrainModel, TaskName::Promote),
    (TaskName::Promote, TaskName::ReloadApi),
    (TaskName::ReloadApi, TaskName::EndPipeline),
    (TaskName::CheckDrift, TaskName::SkipTraining),
    (TaskName::SkipTraining, TaskName::EndPipeline),
];

fn draw(frame: &Frame, view: &Pipeline, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    let state = |name: TaskName| view.tasks.iter().find(|task| task.name == name).map(|task| task.state);
    let told: Vec<String> =
        view.tasks.iter().map(|task| format!("{} {}", task.name, tasks::look(task, turn, words).2)).collect();
    let told = format!("{}: {}", fill(words.turn, &[("n", &turn.number.to_string())]), told.join(", "));
    // A version that was not promoted goes past the server to the end.
    let past = state(TaskName::Promote) == Some(TaskState::Succeeded)
        && state(TaskName::ReloadApi) == Some(TaskState::Skipped);
    html! {
        svg.dag viewBox="0 0 1118 212" role="group" aria-label=(told) {
            @for (from, to) in WAYS { path class={ "edge " (way(state(from), state(to))) } d=(curve(from, to)) {} }
            @if past { path class={ "edge " (way(state(TaskName::Promote), state(TaskName::EndPipeline))) } d="M850,62C930,62 930,116 1052,116" {} }
            text.vt x="490" y="66" text-anchor="end" { (words.train_branch) }
            text.tx x="530" y="150" text-anchor="end" { (words.skip_branch) }
            @for task in &view.tasks { (node(frame, task, turn, words)) }
        }
    }
}

/// How a way looks: gone, being gone, not taken, or open.
fn way(from: Option<TaskState>, to: Option<TaskState>) -> &'static str {
    match (from, to) {
        (Some(TaskState::Skipped), _) | (_, Some(TaskState::Skipped)) => "no",
        (_, Some(TaskState::Running | TaskState::UpForRetry)) => "run",
        (_, Some(TaskState::Succeeded | TaskState::Failed)) => "ok",
        _ => "",
    }
}

fn curve(from: TaskName, to: TaskName) -> String {
    let ((x, y, width, height), (to_x, to_y, _, to_height)) = (place(from), place(to));
    let (x, y, to_y) = (x + width, y + height / 2, to_y + to_height / 2);
    let middle = x.midpoint(to_x);
    format!("M{x},{y}C{middle},{y} {middle},{to_y} {to_x},{to_y}")
}

fn node(frame: &Frame, task: &TaskView, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let (x, y, width, height) = place(task.name);
    let round = matches!(task.name, TaskName::Start | TaskName::EndPipeline);
    let (_, icon, word) = tasks::look(task, turn, words);
    let class = match task.state {
        TaskState::Succeeded if task.name == TaskName::CheckDrift && turn.state == TurnState::Waiting => "ask",
        TaskState::Succeeded => "ok",
        TaskState::Running | TaskState::UpForRetry if turn.at_work => "run",
        TaskState::Running | TaskState::UpForRetry | TaskState::Failed => "bad",
        TaskState::Skipped => "no",
        TaskState::Pending => "wait",
    };
    let tone = match class {
        "ok" => "i g-ok",
        "run" => "i g-run",
        "ask" => "i g-ask",
        "bad" => "i g-bad",
        _ => "i g-no",
    };
    let took = task.took(frame.now).map(|ms| figures.duration(ms));
    let asked = task.name == TaskName::CheckDrift && turn.action == Some(Action::StopAndAsk);
    let below = match (task.state, task.progress) {
        (TaskState::Running, Some((done, of))) => {
            format!("{}, {}", figures.whole_percent(done as f64 / of.max(1) as f64), took.unwrap_or_default())
        }
        (TaskState::Succeeded, _) if asked => format!("{}, {}", words.asked, took.unwrap_or_default()),
        (TaskState::Succeeded | TaskState::Running, _) => match (took, task.attempts.len()) {
            (Some(took), 0 | 1) => took,
            (Some(took), n) => format!("{took}, {}", fill(words.try_n, &[("n", &n.to_string())])),
            (None, _) => word.to_owned(),
        },
        _ => word.to_owned(),
    };
    let shown = match task.name {
        TaskName::EndPipeline => "end",
        name => name.as_str(),
    };
    html! {
        a href=(tasks::log_href(turn, Some(task.name), false)) {
            g class={ "node " (class) } {
                rect x=(x) y=(y) width=(width) height=(height) rx=(if round { height / 2 } else { 10 }) {}
                @if round {
                    text x=(x + width / 2) y=(y + 28) text-anchor="middle" { (shown) }
                } @else {
                    svg x=(x + 12) y=(y + 13) width="15" height="15" viewBox="0 0 16 16" class=(tone) { (icon.define(&format!("n-{}", task.name))) }
                    text x=(x + 34) y=(y + 25) { (shown) }
                    text.m x=(x + 34) y=(y + 43) { (below) }
                }
                @if let (TaskState::Running, Some((done, of))) = (task.state, task.progress) {
                    rect.track x=(x + 10) y=(y + 51) width=(width - 20) height="3" rx="1.5" {}
                    rect.prog x=(x + 10) y=(y + 51) width=((width - 20) * done.min(of) as i64 / of.max(1) as i64) height="3" rx="1.5" {}
                }
            }
        }
    }
}
