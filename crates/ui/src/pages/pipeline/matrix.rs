//! All turns, task by task.

use maud::{Markup, html};
use tidewheel_domain::turn::{Action, TaskName, TaskState};

use super::{Matrix, MatrixTurn, href};
use crate::components::{Icon, card};
use crate::frame::Frame;
use crate::words::{PipelineWords, fill};

const ROWS: [TaskName; 6] = [
    TaskName::IngestData,
    TaskName::CheckDrift,
    TaskName::TrainModel,
    TaskName::Promote,
    TaskName::ReloadApi,
    TaskName::SkipTraining,
];

/// The signs of the cells, defined once.
const SIGNS: [(Icon, &str); 6] = [
    (Icon::Check, "k-check"),
    (Icon::Train, "k-train"),
    (Icon::Cross, "k-cross"),
    (Icon::Skip, "k-skip"),
    (Icon::Ask, "k-ask"),
    (Icon::Stop, "k-stop"),
];

pub(super) fn draw(frame: &Frame, matrix: &Matrix, shown: Option<i64>, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let ends = (matrix.turns.first().map_or(0, |turn| turn.number), matrix.turns.last().map_or(0, |turn| turn.number));
    let range = [("from", &*ends.0.to_string()), ("to", &*ends.1.to_string()), ("all", &*figures.count(matrix.all))];
    let beside = html! {
        @if matrix.older.is_some() || matrix.newer.is_some() { span class="mut sm" { (fill(words.matrix_range, &range)) } }
    };
    let newest = shown.unwrap_or(ends.1);
    card(
        "matrix",
        words.matrix,
        Some(words.matrix_lead),
        &beside,
        &html! {
            svg.sr aria-hidden="true" { defs { @for (icon, id) in SIGNS { (icon.define(id)) } } }
            div class="scroll flush" data-to-end tabindex="0" role="group" aria-label=(words.matrix) {
                table class="tbl matrix" {
                    caption.sr { (words.matrix) }
                    thead { tr {
                        th scope="col" { (words.task) }
                        @for turn in &matrix.turns {
                            th scope="col" {
                                a href=(href(turn.number)) aria-current=[(shown == Some(turn.number)).then_some("true")]
                                    aria-label=(fill(words.turn, &[("n", &turn.number.to_string())])) { (turn.number) }
                            }
                        }
                    } }
                    tbody {
                        @for name in ROWS {
                            tr { th scope="row" { (name) } @for turn in &matrix.turns { td { (cell(frame, turn, name, words)) } } }
                        }
                    }
                }
            }
            @if matrix.older.is_some() || matrix.newer.is_some() {
                nav.pages aria-label=(words.matrix) {
                    @if let Some(older) = matrix.older {
                        a.btn.s href={ (href(newest)) "&until=" (older) "#matrix" } { (Icon::Previous.small()) (words.older) }
                    }
                    @if let Some(newer) = matrix.newer {
                        a.btn.s href={ (href(newest)) "&until=" (newer) "#matrix" } { (words.newer) (Icon::Next.small()) }
                    }
                }
            }
        },
    )
}

fn cell(frame: &Frame, turn: &MatrixTurn, name: TaskName, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let known = turn.tasks.iter().find(|(task, ..)| *task == name);
    let Some((_, state, took)) =
        known.filter(|(_, state, _)| !matches!(state, TaskState::Pending | TaskState::Skipped))
    else {
        return html! { span.mut aria-hidden="true" { "·" } span.sr { (words.not_run) } };
    };
    let took = took.map_or_else(|| "–".to_owned(), |ms| figures.duration(ms));
    let (class, sign, text) = match (name, state) {
        (TaskName::CheckDrift, TaskState::Succeeded) if turn.waits => ("cell ask", "k-ask", words.waits.to_owned()),
        (TaskName::CheckDrift, TaskState::Succeeded) if turn.action == Some(Action::StopAndAsk) => {
            ("cell ask", "k-ask", words.asked.to_owned())
        }
        (TaskName::Promote, TaskState::Succeeded) if turn.version.is_some_and(|(_, promoted)| !promoted) => {
            ("cell bad", "k-cross", turn.version.map(|(version, _)| format!("v{version}")).unwrap_or_default())
        }
        (TaskName::SkipTraining, TaskState::Succeeded) => ("cell no", "k-skip", words.skip_branch.to_owned()),
        (_, TaskState::Succeeded) => ("cell", "k-check", took),
        (_, TaskState::Running) if frame.running == Some(turn.number) => ("cell run", "k-train", took),
        (_, TaskState::Failed) => ("cell bad", "k-cross", words.task_failed.to_owned()),
        _ => ("cell no", "k-stop", words.stopped.to_owned()),
    };
    html! { span class=(class) { (Icon::again(sign)) (text) } }
}
