//! The question that waits, and what may follow from each answer.

use maud::{Markup, html};

use super::DecisionView;
use crate::components::{Icon, Interval, command, guards};
use crate::frame::Frame;
use crate::words::{DecisionWords, fill};

/// What waits for an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// The question, in a sentence.
    pub sentence: String,
    /// Change of the champion's error on the batch, and whether it was measured.
    pub cost: Option<(Interval, bool)>,
    /// Rows of the batch that were never seen before.
    pub never_seen: Option<u64>,
    /// How long the last training took.
    pub last_training_ms: Option<i64>,
    /// Whether the answer can be given here.
    pub can_answer: bool,
    /// What was typed, and what is wrong with it.
    pub reason: String,
    /// What is wrong with it.
    pub wrong: Option<Wrong>,
}

impl Question {
    /// The longest reason.
    pub const REASON: usize = 500;
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// No reason is given.
    NoReason,
    /// The reason is too long.
    TooLong,
    /// Neither to train nor to skip.
    NoAction,
}

pub(super) fn section(
    frame: &Frame,
    view: &DecisionView,
    question: &Question,
    words: &'static DecisionWords,
) -> Markup {
    let title = fill(words.question, &[("n", &view.batch.to_string())]);
    html! {
        section.card.asks #answer aria-labelledby="t-answer" {
            header {
                div { h2 #t-answer { span.warn { (Icon::Ask.draw()) } " " (title) } p { (question.sentence) } }
            }
            div class="body grid" {
                div.c6 { (if_train(frame, view, question, words)) }
                div.c6 { (if_skip(frame, view, question, words)) }
            }
            @if question.can_answer {
                (form(frame, view, question, words))
            } @else {
                div class="body" {
                    p.sub { (words.no_loop) }
                    @for action in ["train", "skip"] {
                        div.row.mt {
                            button.btn type="button" disabled title=(words.no_loop) {
                                (if action == "train" { words.train } else { words.skip })
                            }
                            (command(frame.lang, &format!("tidewheel runs answer {} {action} --reason '{}'", view.turn, words.command_reason)))
                        }
                    }
                }
            }
        }
    }
}

fn form(frame: &Frame, view: &DecisionView, question: &Question, words: &'static DecisionWords) -> Markup {
    let most = Question::REASON.to_string();
    let wrong = question.wrong.map(|wrong| match wrong {
        Wrong::NoReason => words.reason_empty.to_owned(),
        Wrong::TooLong => fill(words.reason_long, &[("n", &most)]),
        Wrong::NoAction => words.answer_unknown.to_owned(),
    });
    html! {
        form.body method="post" action={ "/ui/decisions/" (view.batch) "/answer" } {
            (guards(frame))
            input type="hidden" name="turn" value=(view.turn);
            div.field {
                label for="reason" { (words.reason) }
                textarea #reason name="reason" rows="2" required maxlength=(most) aria-invalid=[wrong.is_some().then_some("true")]
                    aria-describedby=[wrong.is_some().then_some("wrong-reason")] { (question.reason) }
                @if let Some(wrong) = &wrong { p #wrong-reason .wrong role="alert" { (wrong) } }
            }
            p class="xs sub mt" { (words.question_text) }
            div class="row wrap mt" {
                button class="btn p" type="submit" name="action" value="retrain" { (Icon::Train.small()) (words.train) }
                button.btn type="submit" name="action" value="skip" { (Icon::Skip.small()) (words.skip) }
            }
        }
    }
}

fn if_train(frame: &Frame, view: &DecisionView, question: &Question, words: &'static DecisionWords) -> Markup {
    let figures = frame.figures();
    html! {
        h3 { (Icon::Train.small()) " " (words.if_train) }
        ul.plain {
            li {
                @if view.outcome.champion.is_some() { (fill(words.if_train_1, &[("champion", &view.champion())])) }
                @else { (words.if_train_first) }
            }
            @if let Some(rows) = question.never_seen { li { (fill(words.if_train_3, &[("n", &figures.count(rows))])) } }
            @if let Some(took) = question.last_training_ms {
                li { (fill(words.if_train_2, &[("time", &figures.duration(took))])) }
            }
        }
    }
}

fn if_skip(frame: &Frame, view: &DecisionView, question: &Question, words: &'static DecisionWords) -> Markup {
    let figures = frame.figures();
    let champion = view.champion();
    let cost = match question.cost {
        Some((cost, measured)) => fill(
            if measured { words.if_skip_1 } else { words.if_skip_estimated },
            &[
                ("champion", &champion),
                ("value", &figures.change(cost.value)),
                ("low", &figures.change(cost.low)),
                ("high", &figures.change(cost.high)),
            ],
        ),
        None => fill(words.if_skip_unknown, &[("champion", &champion)]),
    };
    html! {
        h3 { (Icon::Skip.small()) " " (words.if_skip) }
        ul.plain { li { (cost) } li { (words.if_skip_2) } }
    }
}
