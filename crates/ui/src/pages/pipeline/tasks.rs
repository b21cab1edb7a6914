//! The tasks of a turn: state, attempts, time, and what went in and out in words.

use maud::{Markup, html};
use tidewheel_domain::Timestamp;
use tidewheel_domain::turn::{TaskName, TaskState, TurnState};

use super::{Pipeline, Said, TaskView, TurnView, Wait};
use crate::components::{Icon, action_look, visible};
use crate::frame::Frame;
use crate::words::{PipelineWords, fill};

/// Class, sign and word of where a task stands.
pub(super) fn look(
    task: &TaskView,
    turn: &TurnView,
    words: &'static PipelineWords,
) -> (&'static str, Icon, &'static str) {
    let ended = turn.state != TurnState::Running;
    match task.state {
        TaskState::Succeeded => ("pass", Icon::Check, words.done),
        TaskState::Running if turn.at_work => ("act", Icon::Train, words.running),
        TaskState::UpForRetry if turn.at_work => ("warn", Icon::Train, words.again),
        TaskState::Running | TaskState::UpForRetry => ("warn", Icon::Stop, words.stopped),
        TaskState::Failed => ("fail", Icon::Cross, words.task_failed),
        TaskState::Skipped => ("pend", Icon::Skip, words.not_taken),
        TaskState::Pending if ended && turn.state == TurnState::Cancelled => ("pend", Icon::Skip, words.not_taken),
        TaskState::Pending => ("pend", Icon::Clock, words.waits),
    }
}

/// The address of a turn with the log of a task.
pub(super) fn log_href(turn: &TurnView, task: Option<TaskName>, warnings: bool) -> String {
    let task = task.map(|task| format!("&task={task}")).unwrap_or_default();
    let level = if warnings { "&level=warn" } else { "" };
    format!("/ui/pipeline?turn={}{task}{level}#log", turn.number)
}

pub(super) fn table(frame: &Frame, view: &Pipeline, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    let clock = Clock::of(view, frame.now);
    let heading = if clock.compressed { words.clock_compressed } else { words.clock };
    let rows = view.tasks.iter().filter(|task| !matches!(task.name, TaskName::Start));
    html! {
        table class="tbl cards-s tasks" {
            caption.sr { (fill(words.tasks_of, &[("n", &turn.number.to_string())])) }
            thead { tr {
                th scope="col" { (words.task) } th scope="col" { (words.state) } th.r scope="col" { (words.attempts) }
                th.r scope="col" { (words.began) } th.r scope="col" { (words.took) } th scope="col" { (heading) }
                th scope="col" { (words.in_out) }
            } }
            tbody {
                @for task in rows {
                    (row(frame, task, turn, &clock, words))
                    @if let (TaskName::CheckDrift, Some(wait)) = (task.name, &view.wait) { (wait_row(frame, wait, &clock, words)) }
                }
            }
        }
    }
}

fn row(frame: &Frame, task: &TaskView, turn: &TurnView, clock: &Clock, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let (class, icon, word) = look(task, turn, words);
    let begun = task.state != TaskState::Skipped && !task.attempts.is_empty();
    let took = task.took(frame.now).map(|ms| figures.duration(ms));
    let running = task.state == TaskState::Running && turn.at_work;
    html! {
        tr.here[running] {
            th scope="row" { a href=(log_href(turn, Some(task.name), false)) { (task.name) } }
            td data-l=(words.state) {
                span class={ (class) " nw sm" } {
                    (icon.small())
                    @match task.progress {
                        Some((done, of)) if running => (figures.whole_percent(done as f64 / of.max(1) as f64)),
                        _ => (word),
                    }
                }
            }
            td.r data-l=(words.attempts) { @if begun { (task.attempts.len()) } }
            td.r.nw data-l=(words.began) {
                @if let (true, Some(first)) = (begun, task.attempts.first()) { (figures.clock_seconds(first.began)) }
            }
            td.r.nw data-l=(words.took) {
                @if let Some(took) = took { @if running { (fill(words.so_far, &[("time", &took)])) } @else { (took) } }
            }
            td.g {
                @if begun {
                    svg.mini.gantt height="16" aria-hidden="true" {
                        @for attempt in &task.attempts {
                            @let class = match attempt.state {
                                TaskState::Running if turn.at_work => "run",
                                TaskState::Succeeded => "",
                                _ => "bad",
                            };
                            (clock.bar(attempt.began, attempt.ended.unwrap_or(frame.now), class))
                        }
                    }
                }
            }
            td class="sm sub" { (said(frame, task, turn, words)) }
        }
    }
}

fn wait_row(frame: &Frame, wait: &Wait, clock: &Clock, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let took = figures.duration(wait.ended.unwrap_or(frame.now).ms_since(wait.began));
    html! {
        tr {
            th scope="row" { (words.waiting_person) }
            td data-l=(words.state) {
                span class="warn nw sm" { (Icon::Ask.small()) (if wait.ended.is_some() { words.answered } else { words.waits }) }
            }
            td.r data-l=(words.attempts) {}
            td.r.nw data-l=(words.began) { (figures.clock_seconds(wait.began)) }
            td.r.nw data-l=(words.took) {
                @if wait.ended.is_some() { (took) } @else { (fill(words.so_far, &[("time", &took)])) }
            }
            td.g { svg.mini.gantt height="16" aria-hidden="true" { (clock.bar(wait.began, wait.ended.unwrap_or(frame.now), "wait")) } }
            td class="sm sub" {
                @match &wait.answer {
                    Some((who, reason)) => (visible(&fill(words.answer_of, &[("who", who), ("reason", reason)]))),
                    None => (words.no_answer_yet),
                }
            }
        }
    }
}

/// What went in and out, in words.
fn said(frame: &Frame, task: &TaskView, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let version = |version: i64| format!("v{version}");
    let text = match (&task.said, task.state) {
        (Said::Failed(error), _) => return html! { span.fail { span.clip { (visible(error)) } } },
        (_, TaskState::Running) if task.progress.is_some() => {
            let (done, of) = task.progress.unwrap_or_default();
            fill(words.said_trials, &[("n", &done.to_string()), ("of", &of.to_string())])
        }
        (_, TaskState::Skipped) => not_taken(task.name, turn, words).to_owned(),
        (_, TaskState::Pending) => match before(task.name) {
            Some(before) if turn.state != TurnState::Cancelled => fill(words.needs, &[("task", before.as_str())]),
            _ => String::new(),
        },
        (Said::Nothing, _) => String::new(),
        (Said::Champion(None), _) => words.said_no_champion.to_owned(),
        (Said::Champion(Some(champion)), _) => fill(words.said_champion, &[("version", &version(*champion))]),
        (Said::Batch { rows, new, quarantined, clean }, _) => fill(
            words.said_batch,
            &[
                ("rows", &figures.count(*rows)),
                ("new", &figures.count(*new)),
                ("quarantined", &figures.count(*quarantined)),
                ("clean", &figures.count(*clean)),
            ],
        ),
        (Said::BatchAgain(batch), _) => fill(words.said_again, &[("n", &batch.to_string())]),
        (Said::Decided { action, short }, _) => {
            let (_, _, word) = action_look(frame.lang, Some(*action), TurnState::Succeeded);
            return html! { b { (word) } @if !short.is_empty() { ": " (visible(short)) } };
        }
        (Said::Trained { version: trained, batches }, _) => fill(
            if batches.len() == 1 { words.said_trained_one } else { words.said_trained },
            &[("version", &version(*trained)), ("batches", &ranges(batches))],
        ),
        (Said::Judged { version: judged, promoted, reason }, _) => fill(
            if *promoted { words.said_promoted } else { words.said_rejected },
            &[("version", &version(*judged)), ("reason", reason)],
        ),
        (Said::Verified(verified), _) => fill(words.said_verified, &[("version", &version(*verified))]),
        (Said::Skipped, _) => words.said_skip.to_owned(),
        (Said::Error(Some(error)), _) => fill(words.said_error, &[("value", &figures.percent(*error))]),
        (Said::Error(None), _) => words.said_nothing_judged.to_owned(),
        (Said::Other(text), _) => return html! { code.clip { (visible(text)) } },
    };
    html! { span.clip { (visible(&text)) } }
}

fn not_taken(name: TaskName, turn: &TurnView, words: &'static PipelineWords) -> &'static str {
    match name {
        TaskName::SkipTraining => words.not_skipped,
        TaskName::ReloadApi if turn.action.is_some_and(|action| action.trains()) => words.not_rejected,
        _ => words.not_trained,
    }
}

/// What must have succeeded before a task begins.
const fn before(name: TaskName) -> Option<TaskName> {
    match name {
        TaskName::IngestData => Some(TaskName::Start),
        TaskName::CheckDrift => Some(TaskName::IngestData),
        TaskName::TrainModel | TaskName::SkipTraining => Some(TaskName::CheckDrift),
        TaskName::Promote => Some(TaskName::TrainModel),
        TaskName::ReloadApi => Some(TaskName::Promote),
        TaskName::Start | TaskName::EndPipeline => None,
    }
}

/// `1 to 4, 7`, as a reader says it: with a dash.
fn ranges(numbers: &[i64]) -> String {
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let text = |(from, to): &(i64, i64)| if from == to { from.to_string() } else { format!("{from}–{to}") };
    parts.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// The time of a turn as a width: long stretches without work are pressed together.
struct Clock {
    /// Moments in order, each with its place from 0 to 100.
    marks: Vec<(Timestamp, f64)>,
    compressed: bool,
}

impl Clock {
    fn of(view: &Pipeline, now: Timestamp) -> Self {
        let tasks = view.tasks.iter().filter(|task| task.state != TaskState::Skipped && task.name != TaskName::Start);
        let attempts = tasks.flat_map(|task| &task.attempts);
        let mut work: Vec<_> = attempts.map(|one| (one.began, one.ended.unwrap_or(now))).collect();
        work.sort_by_key(|(began, ended)| (began.as_ms(), ended.as_ms()));
        let mut moments: Vec<Timestamp> = work.iter().flat_map(|(began, ended)| [*began, *ended]).collect();
        moments.extend(view.wait.iter().flat_map(|wait| [wait.began, wait.ended.unwrap_or(now)]));
        moments.sort_by_key(|moment| moment.as_ms());
        moments.dedup();
        let worked = work.iter().map(|(began, ended)| ended.ms_since(*began).max(0)).sum::<i64>().max(1) as f64;
        let idle = |from: Timestamp, to: Timestamp| {
            !work.iter().any(|(began, ended)| began.as_ms() <= from.as_ms() && to.as_ms() <= ended.as_ms())
        };
        let (mut marks, mut at, mut compressed) = (Vec::with_capacity(moments.len()), 0.0, false);
        for (place, moment) in moments.iter().enumerate() {
            if let Some(before) = place.checked_sub(1).map(|place| moments[place]) {
                let took = moment.ms_since(before).max(0) as f64;
                let most = if idle(before, *moment) { worked * 0.3 } else { f64::INFINITY };
                compressed |= took > most;
                at += took.min(most);
            }
            marks.push((*moment, at));
        }
        let whole = at.max(1.0);
        for (_, place) in &mut marks {
            *place *= 100.0 / whole;
        }
        Self { marks, compressed }
    }

    fn at(&self, moment: Timestamp) -> f64 {
        let known = self.marks.iter().find(|(mark, _)| mark.as_ms() >= moment.as_ms());
        known.or(self.marks.last()).map_or(0.0, |(_, place)| *place)
    }

    fn bar(&self, from: Timestamp, to: Timestamp, class: &str) -> Markup {
        let (from, to) = (self.at(from), self.at(to));
        let width = (to - from).max(0.8);
        let from = from.min(100.0 - width);
        html! { rect class=(class) x=(format!("{from:.1}%")) y="3" width=(format!("{width:.1}%")) height="10" {} }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_written_as_ranges() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1–3, 5, 7–8");
        assert_eq!(ranges(&[]), "");
    }
}
