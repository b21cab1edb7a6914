//! What is at work, where did it fail, and how did every turn before go?

/// The graph of tasks.
mod graph;
/// The log of a turn, and attempts that failed.
mod log;
/// All turns, task by task.
mod matrix;
/// The tasks of a turn, on the clock.
mod tasks;

use maud::{Markup, html};
use tidewheel_domain::Timestamp;
use tidewheel_domain::turn::{Action, TaskName, TaskState, TurnState};

use crate::components::{
    Act, Icon, act_form, action_chip, button_to, command, confirm, confirmation, empty_state, nothing, visible,
};
use crate::frame::{Area, Crumb, Frame};
use crate::words::{PipelineWords, fill};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pipeline {
    /// The turn that is shown; `None` where there is none yet.
    pub turn: Option<TurnView>,
    /// Its tasks, in the order of the graph.
    pub tasks: Vec<TaskView>,
    /// Its wait for a person.
    pub wait: Option<Wait>,
    /// Its log.
    pub log: LogView,
    /// All turns, task by task.
    pub matrix: Matrix,
    /// What can be done from here.
    pub control: Control,
}

/// The turn that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnView {
    /// Its number.
    pub number: i64,
    /// Its batch.
    pub batch: Option<i64>,
    /// Where it stands.
    pub state: TurnState,
    /// Whether somebody works on it.
    pub at_work: bool,
    /// What was decided.
    pub action: Option<Action>,
    /// Why, in a sentence.
    pub sentence: String,
    /// When it began.
    pub began: Timestamp,
    /// What went wrong, or who cancelled it and why.
    pub error: Option<String>,
    /// The turns before and after it.
    pub neighbours: (Option<i64>, Option<i64>),
}

impl TurnView {
    /// Whether it has not ended, and nobody works on it.
    fn cut_off(&self) -> bool {
        self.state == TurnState::Running && !self.at_work
    }

    fn newest(&self) -> bool {
        self.neighbours.1.is_none()
    }
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    /// Its name.
    pub name: TaskName,
    /// Where it stands.
    pub state: TaskState,
    /// Its attempts, the first first.
    pub attempts: Vec<Attempt>,
    /// What went in and out.
    pub said: Said,
    /// How far it is: so many of so many.
    pub progress: Option<(u64, u64)>,
}

impl TaskView {
    fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// How long its last attempt has taken, in milliseconds.
    fn took(&self, now: Timestamp) -> Option<i64> {
        self.last().filter(|_| self.state != TaskState::Skipped).map(|attempt| attempt.took(now))
    }
}

/// One attempt at a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// How it ended.
    pub state: TaskState,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Attempt {
    fn took(&self, now: Timestamp) -> i64 {
        self.ended.unwrap_or(now).ms_since(self.began).max(0)
    }
}

/// What went into a task and came out of it.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub enum Said {
    /// Nothing to say.
    #[default]
    Nothing,
    Champion(Option<i64>),
    Batch {
        rows: u64,
        new: u64,
        quarantined: u64,
        clean: u64,
    },
    BatchAgain(i64),
    Decided {
        action: Action,
        short: String,
    },
    Trained {
        version: i64,
        batches: Vec<i64>,
    },
    Judged {
        version: i64,
        promoted: bool,
        reason: String,
    },
    Verified(i64),
    Skipped,
    /// The mean error in percent of the model in production, where one was judged.
    Error(Option<f64>),
    /// What went wrong.
    Failed(String),
    /// What this program does not know the words for.
    Other(String),
}

/// A wait for a person's answer.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Wait {
    pub began: Timestamp,
    pub ended: Option<Timestamp>,
    /// Who answered, and why.
    pub answer: Option<(String, String)>,
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogView {
    /// The task whose lines these are; of all where none is named.
    pub task: Option<TaskName>,
    /// Whether only those that ask for attention are shown.
    pub warnings: bool,
    /// The lines, the newest last.
    pub lines: Vec<Line>,
    /// The line before which there are more.
    pub older: Option<i64>,
    /// Whether newer lines are not shown.
    pub cut: bool,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Line {
    pub at: Timestamp,
    pub task: TaskName,
    pub level: String,
    pub text: String,
}

/// Turns, task by task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// The turns, the oldest first.
    pub turns: Vec<MatrixTurn>,
    /// How many turns there are.
    pub all: u64,
    /// The turn to ask for to see older ones.
    pub older: Option<i64>,
    /// The turn to ask for to see newer ones.
    pub newer: Option<i64>,
}

/// A turn among others.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixTurn {
    /// Its number.
    pub number: i64,
    /// What was decided.
    pub action: Option<Action>,
    /// Whether it waits for an answer.
    pub waits: bool,
    /// The version that it trained, and whether that was promoted.
    pub version: Option<(i64, bool)>,
    /// State and time taken of each task that has begun, in milliseconds.
    pub tasks: Vec<(TaskName, TaskState, Option<i64>)>,
}

/// What can be done from the page, and how the last wish ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// Whether this process turns the loop.
    pub can_run: bool,
    /// Since when a turn is at work here, or begins.
    pub at_work: Option<Timestamp>,
    /// Whether anybody turns the loop, here or elsewhere.
    pub turning: bool,
    /// Whether it is to stop.
    pub stopping: bool,
    /// How the last wish to run ended, where no turn says it.
    pub last: Option<(Timestamp, LastRun)>,
}

/// How a wish to run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LastRun {
    NoMoreData,
    Stopped,
    Failed(String),
}

/// The page.
pub fn page(frame: &Frame, view: &Pipeline) -> Markup {
    let words = PipelineWords::of(frame.lang);
    let Some(turn) = &view.turn else { return empty(frame, view, words) };
    let title = fill(words.turn, &[("n", &turn.number.to_string())]);
    let (loop_, one) = ([(words.title, None)], [(words.title, Some("/ui/pipeline")), (title.as_str(), None)]);
    // Which turn is the newest changes while the page is open.
    let newest = !frame.path.contains("turn=");
    let (crumbs, named): (&[Crumb<'_>], &str) = if newest { (&loop_, words.title) } else { (&one, &title) };
    frame.bare(
        Some(Area::Pipeline),
        crumbs,
        named,
        &html! {
            div #live-head data-part { (head(frame, view, turn, &title, words)) }
            div #live-graph data-part { (graph::card_of(frame, view, turn, words)) }
            div.grid {
                div.c8 #live-log data-part { (log::pane(frame, view, turn, words)) }
                div.c4 #live-tries data-part { (log::attempts(frame, view, turn, words)) }
            }
            div #live-matrix data-part { (matrix::draw(frame, &view.matrix, Some(turn.number), words)) }
        },
    )
}

fn empty(frame: &Frame, view: &Pipeline, words: &'static PipelineWords) -> Markup {
    frame.bare(
        Some(Area::Pipeline),
        &[(words.title, None)],
        words.title,
        &html! {
            div #live-head data-part {
                div.head { h1 { (words.title) } div.row.wrap { (run(frame, view, words)) } }
                (notices(frame, view, None, words))
            }
            section.card { (empty_state(words.empty, words.empty_text, &command(frame.lang, "tidewheel run"))) }
        },
    )
}

fn head(frame: &Frame, view: &Pipeline, turn: &TurnView, title: &str, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let at = figures.moment(turn.began);
    let lead = match turn.batch {
        Some(batch) => fill(words.lead, &[("batch", &batch.to_string()), ("at", &at)]),
        None => fill(words.lead_no_batch, &[("at", &at)]),
    };
    let (before, after) = turn.neighbours;
    html! {
        div.head {
            div {
                h1 { (title) }
                p { (action_chip(frame.lang, turn.action, turn.state)) " " (lead) " " (visible(&turn.sentence)) }
            }
            div.row.wrap {
                @if let Some(n) = before {
                    a.btn.s href=(href(n)) data-older { (Icon::Previous.small()) (fill(words.older_turn, &[("n", &n.to_string())])) }
                }
                @if let Some(n) = after {
                    a.btn.s href=(href(n)) data-newer { (fill(words.older_turn, &[("n", &n.to_string())])) (Icon::Next.small()) }
                }
                @if let (Some(batch), Some(_)) = (turn.batch, turn.action) {
                    (button_to(&format!("/ui/decisions/{batch}"), Some(Icon::Decision), words.decision, false))
                }
                (cancel(frame, view, turn, words))
                (run(frame, view, words))
            }
        }
        (notices(frame, view, Some(turn), words))
    }
}

fn href(turn: i64) -> String {
    format!("/ui/pipeline?turn={turn}")
}

/// Why nothing can be begun now.
fn busy(frame: &Frame, view: &Pipeline, words: &'static PipelineWords) -> Option<String> {
    match (view.control.can_run, frame.running) {
        (false, _) => Some(words.no_loop.to_owned()),
        (true, Some(n)) => Some(fill(words.at_work, &[("n", &n.to_string())])),
        (true, None) if view.control.turning || view.control.at_work.is_some() => Some(words.in_use.to_owned()),
        (true, None) => None,
    }
}

/// The button that begins a turn, or takes up the one that failed or was cut off.
fn run(frame: &Frame, view: &Pipeline, words: &'static PipelineWords) -> Markup {
    let disabled = busy(frame, view, words);
    let newest = view.turn.as_ref().filter(|turn| turn.newest());
    let again = newest.filter(|turn| turn.cut_off() || turn.state == TurnState::Failed);
    let to = again.map_or_else(|| "/ui/pipeline/run".to_owned(), |turn| format!("/ui/pipeline/{}/retry", turn.number));
    let label = match again {
        Some(turn) if turn.cut_off() => fill(words.resume, &[("n", &turn.number.to_string())]),
        Some(_) => words.retry.to_owned(),
        None => words.run_now.to_owned(),
    };
    let icon = if again.is_some() { Icon::Train } else { Icon::Play };
    let act = Act { to: &to, label: &label, icon, danger: false, primary: true, disabled: disabled.as_deref() };
    act_form(frame, &act, &nothing())
}

fn cancel(frame: &Frame, view: &Pipeline, turn: &TurnView, words: &'static PipelineWords) -> Markup {
    if matches!(turn.state, TurnState::Succeeded | TurnState::Cancelled) {
        return nothing();
    }
    let disabled = match () {
        () if !view.control.can_run => Some(words.no_loop),
        () if turn.at_work && view.control.stopping => Some(words.stopping),
        () if !turn.at_work && view.control.turning => Some(words.in_use),
        () => None,
    };
    let label = if turn.at_work { words.cancel } else { words.give_up };
    let to = format!("/ui/pipeline/{}/cancel", turn.number);
    let act = Act { to: &to, label, icon: Icon::Stop, danger: true, primary: false, disabled };
    confirm(frame, "cancel", &act, &consequences(turn.at_work, words), words.cancel_reason, &nothing())
}

fn consequences(at_work: bool, words: &'static PipelineWords) -> Markup {
    html! { p.sub { (if at_work { words.cancel_at_work } else { words.cancel_ended }) } }
}

/// The confirmation of a cancellation as a page of its own.
pub fn cancel_page(frame: &Frame, number: i64, at_work: bool) -> Markup {
    let words = PipelineWords::of(frame.lang);
    let title = fill(words.cancel_turn, &[("n", &number.to_string())]);
    let turn = fill(words.turn, &[("n", &number.to_string())]);
    let back = href(number);
    let crumbs = [(words.title, Some("/ui/pipeline")), (turn.as_str(), Some(back.as_str())), (title.as_str(), None)];
    let to = format!("/ui/pipeline/{number}/cancel");
    let label = if at_work { words.cancel } else { words.give_up };
    let act = Act { to: &to, label, icon: Icon::Stop, danger: true, primary: false, disabled: None };
    let frame = Frame { path: back.clone(), ..frame.clone() };
    let asked = confirmation(&frame, "cancel", &act, &consequences(at_work, words), words.cancel_reason, &nothing());
    frame.page(Some(Area::Pipeline), &crumbs, &title, &nothing(), &nothing(), &html! { section.card.asked { (asked) } })
}

/// What is to be known before the rest.
fn notices(frame: &Frame, view: &Pipeline, turn: Option<&TurnView>, words: &'static PipelineWords) -> Markup {
    let figures = frame.figures();
    let control = &view.control;
    let note = |class: &str, icon: Icon, text: &str, more: Option<&str>, button: Markup| {
        html! {
            div class={ "note " (class) } {
                (icon.draw())
                div.grow { p.said { (visible(text)) } @if let Some(more) = more { p class="sub sm" { (more) } } }
                (button)
            }
        }
    };
    html! {
        @if let (Some(at), None) = (control.at_work, frame.running) {
            (note("info", Icon::Train, &fill(words.begins, &[("at", &figures.clock_seconds(at))]), None, nothing()))
        } @else if let (None, Some((at, last))) = (control.at_work, &control.last) {
            @let at = figures.clock_seconds(*at);
            @match last {
                LastRun::NoMoreData => (note("info", Icon::Data, &fill(words.no_more_data, &[("at", &at)]), None, nothing())),
                LastRun::Stopped => (note("info", Icon::Stop, &fill(words.was_stopped, &[("at", &at)]), None, nothing())),
                LastRun::Failed(reason) => {
                    (note("", Icon::Warn, &fill(words.has_failed, &[("at", &at), ("reason", reason)]), None, nothing()))
                }
            }
        }
        @if let Some(turn) = turn {
            @let reason = turn.error.as_deref().unwrap_or("–");
            @match turn.state {
                TurnState::Running if control.stopping => (note("", Icon::Stop, words.stopping, None, nothing())),
                TurnState::Running if turn.cut_off() => (note("", Icon::Warn, words.cut_off, None, nothing())),
                TurnState::Failed => {
                    (note("bad", Icon::Cross, &fill(words.failed, &[("reason", reason)]), Some(words.failed_help), nothing()))
                }
                TurnState::Cancelled => {
                    (note("info", Icon::Stop, &fill(words.cancelled, &[("reason", reason)]), None, nothing()))
                }
                TurnState::Waiting => {
                    @let button = match turn.batch {
                        Some(batch) => button_to(&format!("/ui/decisions/{batch}#answer"), None, words.answer, true),
                        None => nothing(),
                    };
                    (note("", Icon::Ask, words.waits_for_you, None, button))
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
