//! One decision: why, from evidence to outcome.
//!
//! What the record holds is written by `tidewheel_report`, as in the file that the loop stores. Around it stands what
//! came of it: the training, the gates, the ledger.

mod answer;
mod because;
mod outcome;

use maud::{Markup, PreEscaped, html};
use tidewheel_domain::model_version::LedgerEntry;
use tidewheel_domain::turn::{Action, TaskName, TaskState, TurnState};
use tidewheel_domain::verdict::Gate;
use tidewheel_domain::{Metric, Metrics, Timestamp};
use tidewheel_report::{Because, Body, BodySection};

use crate::components::{Icon, Interval, Outcome, action_chip, button_to, command, copy_button, empty_state, nothing};
use crate::frame::{Area, Frame};
use crate::words::{DecisionWords, fill};

pub use answer::{Question, Wrong};

/// One decision.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DecisionView {
    /// The batch.
    pub batch: i64,
    /// The number of its turn.
    pub turn: i64,
    /// When the turn began.
    pub at: Timestamp,
    /// How long the turn took.
    pub took_ms: Option<i64>,
    /// What was decided.
    pub action: Option<Action>,
    /// What a person answered.
    pub answered: Option<Action>,
    /// What came of it.
    pub outcome: Outcome,
    /// What the record says; `None` without a record that can be read.
    pub told: Option<Told>,
    /// Whether there is a record.
    pub recorded: bool,
    /// The training that followed.
    pub training: Option<Training>,
    /// What the trained version was judged by.
    pub judged: Option<Judged>,
    /// Mean error in percent, on the batch's held-out rows, of the model in production after the turn.
    pub error: Option<Metric>,
    /// The unit of the target.
    pub unit: String,
    /// What the ledger says about the version.
    pub ledger: Vec<LedgerEntry>,
    /// The tasks of the turn.
    pub steps: Vec<Step>,
    /// This batch and others: what each cost the model in production.
    pub peers: Vec<Peer>,
    /// The decision before.
    pub older: Option<Beside>,
    /// The decision after.
    pub newer: Option<Beside>,
    /// What waits for an answer.
    pub question: Option<Question>,
}

/// What the record says.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Told {
    pub body: Body,
    pub because: Because,
    pub policy: String,
}

/// The training that followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Training {
    /// Its run.
    pub run: String,
    /// Rows that it learnt from.
    pub rows: Option<u64>,
    /// Rows held out.
    pub held_out: Option<u64>,
    /// The batches of its window.
    pub batches: Vec<i64>,
    /// How long it took.
    pub took_ms: Option<i64>,
}

/// What the trained version was judged by.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// The criteria.
    pub gates: Vec<Gate>,
    /// How it compares with the champion.
    pub comparison: Option<Comparison>,
    /// Its metrics on held-out rows.
    pub metrics: Metrics,
}

/// The challenger against the champion, as changes of the loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Rows compared.
    pub rows: u64,
    /// Over all rows.
    pub change: Interval,
    /// Rows of the newest batch.
    pub newest_rows: u64,
    /// On them.
    pub newest: Option<f64>,
    /// The segment with the largest rise: its name, its rows, its change.
    pub worst: Option<(String, u64, f64)>,
    /// A change whose interval ends above it is not accepted.
    pub margin: f64,
}

/// A task of the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Step {
    pub name: TaskName,
    pub state: TaskState,
    pub at: Option<Timestamp>,
    pub took_ms: Option<i64>,
}

/// What a batch cost the model in production.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Peer {
    pub batch: i64,
    pub action: Option<Action>,
    pub cost: Interval,
    /// What the policy tolerates.
    pub bound: f64,
}

/// Another decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Beside {
    pub batch: i64,
    pub turn: i64,
}

impl Beside {
    fn href(self) -> String {
        format!("/ui/decisions/{}?turn={}", self.batch, self.turn)
    }
}

impl DecisionView {
    fn state(&self) -> TurnState {
        self.outcome.state.unwrap_or(TurnState::Running)
    }

    fn named(version: i64) -> String {
        format!("v{version}")
    }

    fn champion(&self) -> String {
        self.outcome.champion.map_or_else(|| "–".to_owned(), Self::named)
    }
}

/// The page.
pub fn page(frame: &Frame, view: &DecisionView) -> Markup {
    let words = DecisionWords::of(frame.lang);
    let batch = fill(words.batch_n, &[("n", &view.batch.to_string())]);
    let crumbs = [(words.decisions, Some("/ui/decisions")), (batch.as_str(), None)];
    let Some(told) = &view.told else {
        let content = html! { (head(frame, view, words)) h1.mt { (batch) } (without_record(frame, view, words)) };
        return frame.bare(Some(Area::Decisions), &crumbs, &batch, &content);
    };
    let content = html! {
        (head(frame, view, words))
        div.tw-page.inside { (PreEscaped(&told.body.verdict)) }
        (contents(view, told, words))
        div #live-question data-part {
            @if let Some(question) = &view.question { (answer::section(frame, view, question, words)) }
        }
        div #live-because data-part { (because::section(frame, view, told, words)) }
        (sections(&told.body.sections, is_reason))
        (depth(view, words))
        (because::peers(frame, view, words))
        div #live-outcome data-part { (outcome::section(frame, view, words)) }
        (sections(&told.body.sections, is_record))
        (files(frame, view, words))
    };
    frame.bare(Some(Area::Decisions), &crumbs, &batch, &content)
}

/// The page of all that is measured, for those who want to check.
pub fn evidence(frame: &Frame, view: &DecisionView) -> Markup {
    let words = DecisionWords::of(frame.lang);
    let batch = fill(words.batch_n, &[("n", &view.batch.to_string())]);
    let title = fill(words.depth_title, &[("n", &view.batch.to_string())]);
    let why = format!("/ui/decisions/{}?turn={}", view.batch, view.turn);
    let crumbs = [(words.decisions, Some("/ui/decisions")), (batch.as_str(), Some(why.as_str())), (words.depth, None)];
    let content = html! {
        @match &view.told {
            Some(told) => (sections(&told.body.sections, is_depth)),
            None => (without_record(frame, view, words)),
        }
    };
    let beside = button_to(&why, Some(Icon::Decision), words.back_to_why, false);
    frame.page(Some(Area::Decisions), &crumbs, &title, &html! { (words.depth_text) }, &beside, &content)
}

/// Whether a section is for those who want to check: it has a page of its own.
fn is_depth(section: &BodySection) -> bool {
    matches!(
        section.id,
        "segments" | "references" | "target" | "not-reasons" | "unseen" | "irrelevant" | "examples" | "evidence"
    )
}

/// Whether a section closes the page.
fn is_record(section: &BodySection) -> bool {
    section.id == "inputs"
}

/// What stands between the reasons and what came of it.
fn is_reason(section: &BodySection) -> bool {
    !is_depth(section) && !is_record(section)
}

/// Chips, the way to other decisions, the files.
fn head(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let figures = frame.figures();
    let when = [("turn", view.turn.to_string()), ("time", figures.moment(view.at))];
    let when = when.each_ref().map(|(name, value)| (*name, value.as_str()));
    let beside = |beside: Beside| fill(words.batch_n, &[("n", &beside.batch.to_string())]);
    html! {
        div.head {
            div.row.wrap #live-chips data-part {
                (action_chip(frame.lang, view.action, view.state()))
                span.mut { (Icon::Right.small()) }
                span.sm { (view.outcome.draw(frame.lang)) }
                span class="sub sm" { (fill(words.decided, &when)) }
            }
            div.row.wrap {
                @if let Some(older) = view.older {
                    a class="btn s q" href=(older.href()) data-older { (Icon::Previous.small()) (beside(older)) }
                }
                @if let Some(newer) = view.newer {
                    a class="btn s q" href=(newer.href()) data-newer { (beside(newer)) (Icon::Next.small()) }
                }
                (copy_link(words))
            }
        }
    }
}

fn copy_link(words: &'static DecisionWords) -> Markup {
    html! { button class="btn s js" type="button" data-copy="" { (Icon::Copy.small()) (words.copy_link) } }
}

/// The way through the page.
fn contents(view: &DecisionView, told: &Told, words: &'static DecisionWords) -> Markup {
    let sections = &told.body.sections;
    html! {
        nav.sub-nav aria-label=(words.on_this_page) {
            @if view.question.is_some() { a href="#answer" { (words.waits) } }
            a href="#because" { (words.because) }
            @for section in sections.iter().filter(|section| is_reason(section)) {
                a href={ "#" (section.id) } { (section.title) }
            }
            a href="#outcome" { (words.outcome) }
            a href=(depth_of(view)) { (words.depth) }
            @for section in sections.iter().filter(|section| is_record(section)) {
                a href={ "#" (section.id) } { (section.title) }
            }
        }
    }
}

fn sections(sections: &[BodySection], which: impl Fn(&BodySection) -> bool) -> Markup {
    html! {
        div.tw-page.inside {
            div.sections {
                @for section in sections.iter().filter(|section| which(section)) { (PreEscaped(&section.html)) }
            }
        }
    }
}

fn depth_of(view: &DecisionView) -> String {
    format!("/ui/decisions/{}/evidence?turn={}", view.batch, view.turn)
}

/// The way to all that is measured.
fn depth(view: &DecisionView, words: &'static DecisionWords) -> Markup {
    html! {
        section.card #depth aria-labelledby="t-depth" {
            div class="body row wrap sp" {
                div { h2 #t-depth { (words.depth) } p class="sub sm" { (words.depth_text) } }
                (button_to(&depth_of(view), Some(Icon::Search), words.depth, false))
            }
        }
    }
}

/// The record as files, and the command that prints it.
fn files(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let spanish = frame.lang == tidewheel_drift::Lang::Es;
    let file = |name: &str| format!("/ui/decisions/{}/{name}?turn={}", view.batch, view.turn);
    let (page, text, lang) =
        if spanish { ("decision.es.html", "why.es.txt", " --lang es") } else { ("decision.html", "why.en.txt", "") };
    let files = [("JSON", "decision.json"), (words.html, page), ("Markdown", "decision.md"), (words.text, text)];
    html! {
        section.card #files aria-labelledby="t-files" {
            header { h2 #t-files { (words.files) } }
            div class="body row wrap sp" {
                div.row.wrap {
                    @for (label, name) in files { (button_to(&file(name), Some(Icon::Download), label, false)) }
                }
                div.row.wrap {
                    span class="sm sub" { (words.terminal) }
                    (command(frame.lang, &format!("tidewheel why {}{lang}", view.turn)))
                }
            }
        }
    }
}

fn without_record(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let state = if view.state() == TurnState::Running { words.running } else { words.ended };
    let turn = button_to(&format!("/ui/pipeline?turn={}", view.turn), Some(Icon::Pipeline), words.open_turn, true);
    html! {
        section.card.mt #live-without data-part {
            @if view.recorded {
                (empty_state(words.unreadable, words.unreadable_text, &nothing()))
            } @else {
                (empty_state(words.no_record, &fill(words.no_record_text, &[("state", state)]), &turn))
                @if let Some(error) = &view.outcome.error { p.body.fail { (error) } }
            }
        }
        @if view.recorded { (files(frame, view, words)) }
    }
}

/// A sentence of a record: what stands in backquotes is code.
fn sentence(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    html! {
        // one that stands alone opens nothing
        @if parts.len().is_multiple_of(2) { (text) } @else {
            @for (place, part) in parts.iter().enumerate() {
                @if place % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}

/// A hash or an id, short, to be copied whole.
fn id(frame: &Frame, whole: &str) -> Markup {
    html! { code title=(whole) { (whole.get(..8).unwrap_or(whole)) } (copy_button(frame.lang, whole)) }
}

#[cfg(test)]
mod tests;
