//! What is it worth, why, and what if? One case: a form made from the served model's own recipe, and its answer.

mod answer;
mod compare;
mod form;
mod similar;
mod why;

use maud::{Markup, html};
use tidewheel_domain::Metric;

use crate::components::{Icon, Tone, chip, command, empty_state, nothing};
use crate::figures::Figures;
use crate::frame::{Area, Frame};
use crate::words::{PredictWords, fill};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Predict {
    /// The version that answers; `None` where no model serves.
    pub version: Option<i64>,
    /// What is predicted, for people.
    pub target: String,
    /// Its unit.
    pub unit: String,
    /// The form, categories first.
    pub fields: Vec<Field>,
    /// What was given and no model input is called.
    pub ignored: Vec<String>,
    /// The request as a command.
    pub curl: String,
    /// The answer; `None` where the case has mistakes, or no finite number came of it.
    pub answer: Option<Answer>,
}

/// A field of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The input column.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// What was typed, or the value to begin with.
    pub value: String,
    /// How it is asked for.
    pub input: Input,
    /// What is wrong with the value.
    pub wrong: Option<Wrong>,
    /// In what the value is new to the model.
    pub unseen: Option<Unseen>,
}

/// How a field is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// One of a few levels; with the choice of none.
    Choice {
        /// The levels.
        levels: Vec<String>,
        /// Whether it may be left out.
        open: bool,
    },
    /// A text; the levels are those that the model has seen most.
    Text(Vec<String>),
    /// A number.
    Number(Knob),
    /// True or false.
    Boolean,
    /// A day.
    Date,
}

/// A number that can be moved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Knob {
    /// The least value that is allowed.
    pub min: Option<f64>,
    /// The greatest value that is allowed.
    pub max: Option<f64>,
    /// The ends and the step of its slider, where the model's usual range is known.
    pub range: Option<(f64, f64, f64)>,
    /// Predictions from one end of the range to the other.
    pub curve: Vec<f64>,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Wrong {
    Required,
    NotNumber,
    NotBoolean,
    NotDate,
    NotText,
    AtLeast(f64),
    AtMost(f64),
    Above(f64),
    OneOf(Vec<String>),
}

/// In what a value is new to the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Unseen {
    /// A level that no training row has, and one much like it.
    Level(Option<String>),
    /// Less than the least of the training rows.
    Below(f64),
    /// More than the greatest of the training rows.
    Above(f64),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The prediction.
    pub value: f64,
    /// The prediction that a reader began with, where something was moved since.
    pub asked: Option<f64>,
    /// Where the target of 90 of 100 cases lies.
    pub wide: Option<(f64, f64)>,
    /// Where that of half of them lies.
    pub narrow: Option<(f64, f64)>,
    /// The share of held-out rows that the interval was seen to hold.
    pub held: Option<Metric>,
    /// The lowest share of the new rows of a later batch: version, batch, share.
    pub held_next: Option<(i64, i64, Metric)>,
    /// Figures derived from it: name, value, unit.
    pub derived: Vec<(String, Option<f64>, String)>,
    /// What the average case is predicted as.
    pub average: f64,
    /// Whether the model adds up logarithms.
    pub logarithmic: bool,
    /// What each feature does, the largest first.
    pub steps: Vec<Step>,
    /// Features beyond those, and the total after them.
    pub others: Option<usize>,
    /// The same case with other levels of the project's group.
    pub compare: Option<Compare>,
    /// The most similar training rows.
    pub similar: Vec<Similar>,
    /// Training rows that were looked at; `None` where they cannot be read.
    pub looked_at: Option<u64>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// What a feature does to the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The feature.
    pub label: String,
    /// Its value.
    pub value: String,
    /// The total after it.
    pub to: f64,
}

/// The same case with other levels of the project's group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compare {
    /// What the group is called.
    pub label: String,
    /// The level of the case.
    pub here: Option<String>,
    /// One a level, the highest first.
    pub levels: Vec<Level>,
    /// Levels beyond those.
    pub more: usize,
    /// What was left open where the model never saw it with a level.
    pub open: Vec<String>,
}

/// The case with a level of the group.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Level {
    pub name: String,
    pub value: f64,
    pub wide: Option<(f64, f64)>,
    /// Training rows with the level.
    pub rows: u64,
}

/// A training row that is much like the case.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Similar {
    /// Its categories.
    pub name: String,
    /// Its numbers.
    pub facts: String,
    pub actual: f64,
    pub predicted: f64,
    pub batch: i64,
}

/// The page.
pub fn page(frame: &Frame, view: &Predict) -> Markup {
    let words = PredictWords::of(frame.lang);
    let Some(version) = view.version else {
        let content = html! {
            section.card { (empty_state(words.no_model, words.no_model_text, &command(frame.lang, "tidewheel run"))) }
        };
        let crumbs = [(words.title, None)];
        return frame.page(Some(Area::Predict), &crumbs, words.title, &nothing(), &nothing(), &content);
    };
    let version = format!("v{version}");
    let content = html! {
        div.predict { (form::draw(frame, view, &version)) (answer_column(frame, view)) }
    };
    let lead = html! { (words.lead) };
    let beside = html! { (seen(frame, view, &version)) };
    frame.page(Some(Area::Predict), &[(words.title, None)], words.title, &lead, &beside, &content)
}

/// The parts that change when a slider moves, each to be put in the place of the one with its id.
pub fn parts(frame: &Frame, view: &Predict) -> Markup {
    let version = format!("v{}", view.version.unwrap_or_default());
    html! {
        (seen(frame, view, &version))
        @for field in &view.fields { @if let Input::Number(knob) = &field.input { (form::curve(view, field, knob)) } }
        @for field in &view.fields { (form::remarks(frame, field, &version)) }
        (form::copy(frame, view))
        (answer_column(frame, view))
    }
}

/// Whether the case is within what the model has seen.
fn seen(frame: &Frame, view: &Predict, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let outside = view.fields.iter().filter(|field| field.unseen.is_some()).count();
    let (tone, icon, text) = match outside {
        0 => (Tone::Good, Icon::Check, words.within),
        1 => (Tone::Ask, Icon::Warn, words.outside_one),
        _ => (Tone::Ask, Icon::Warn, words.outside_many),
    };
    let text = fill(text, &[("version", version), ("n", &frame.figures().count(outside as u64))]);
    html! { span #seen { @if view.answer.is_some() { (chip(tone, Some(icon), &text)) } } }
}

fn answer_column(frame: &Frame, view: &Predict) -> Markup {
    let words = PredictWords::of(frame.lang);
    let version = format!("v{}", view.version.unwrap_or_default());
    let wrong = view.fields.iter().any(|field| field.wrong.is_some());
    html! {
        div #answer data-value=[view.answer.as_ref().map(|answer| answer.value)] {
            @match &view.answer {
                Some(answer) => {
                    (answer::draw(frame, view, answer, &version))
                    (why::draw(frame, view, answer))
                    @if let Some(compare) = &answer.compare { (compare::draw(frame, view, answer, compare, &version)) }
                    (similar::draw(frame, view, answer, &version))
                    p.foot-note {
                        span { (fill(words.answered, &[("version", &version), ("ms", &frame.figures().fixed(answer.took_ms, 1))])) }
                        a href={ "/ui/models/" (view.version.unwrap_or_default()) } { (version) }
                        a href={ "/ui/why/" (view.version.unwrap_or_default()) } { (fill(words.why_version, &[("version", &version)])) }
                    }
                }
                None => {
                    section.card {
                        (empty_state(words.no_answer, if wrong { words.no_answer_text } else { words.failed }, &nothing()))
                    }
                }
            }
        }
    }
}

/// Values on an axis in percent of its width, with room at both ends.
#[derive(Debug, Clone, Copy)]
struct Axis {
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Axis {
    /// Over these values; equal steps are equal factors where they span much, and all are positive.
    fn over(values: impl Iterator<Item = f64> + Clone, may_be_logarithmic: bool) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let from = finite.clone().fold(f64::INFINITY, f64::min);
        let to = finite.fold(f64::NEG_INFINITY, f64::max);
        let (from, to) = if from < to { (from, to) } else { (from - 1.0, from + 1.0) };
        Self { from, to, logarithmic: may_be_logarithmic && from > 0.0 && to > 6.0 * from }
    }

    /// Wider by this share at both ends.
    fn room(self, share: f64) -> Self {
        let room = (self.to - self.from) * share;
        Self { from: self.from - room, to: self.to + room, ..self }
    }

    fn share(self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        2.0 + 96.0 * share.clamp(0.0, 1.0)
    }

    fn place(self, value: f64) -> String {
        format!("{:.1}%", self.share(value))
    }

    /// Round values along it, not close to its ends.
    fn ticks(self) -> Vec<f64> {
        let mut ticks = Vec::new();
        if self.logarithmic {
            let mut power = 10_f64.powf(self.from.log10().floor());
            while power <= self.to && ticks.len() < 24 {
                ticks.extend([1.0, 2.0, 5.0].map(|step| step * power));
                power *= 10.0;
            }
        } else {
            let raw = (self.to - self.from) / 4.0;
            let power = 10_f64.powf(raw.log10().floor());
            let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| *step >= raw);
            let step = step.unwrap_or(10.0 * power);
            let first = (self.from / step).ceil();
            ticks.extend((0..6).map(|place| (first + f64::from(place)) * step));
        }
        let inside = |value: &f64| *value > self.from && *value < self.to && (8.0..=92.0).contains(&self.share(*value));
        let mut kept: Vec<f64> = Vec::new();
        for tick in ticks.into_iter().filter(inside) {
            if kept.last().is_none_or(|last| self.share(tick) - self.share(*last) > 13.0) {
                kept.push(tick);
            }
        }
        kept
    }

    fn draw(self, figures: Figures, unit: &str, y: u32) -> Markup {
        html! {
            @for tick in self.ticks() {
                text.tx x=(self.place(tick)) y=(y) text-anchor="middle" { (figures.in_unit(tick, unit)) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
