//! The form: sent by GET, so that every case is an address.

use maud::{Markup, html};

use super::{Field, Input, Knob, Predict, Unseen, Wrong};
use crate::components::{Icon, told, visible};
use crate::figures::Figures;
use crate::frame::Frame;
use crate::words::{PredictWords, fill};

/// The card with the form.
pub(super) fn draw(frame: &Frame, view: &Predict, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let (knobs, others): (Vec<&Field>, Vec<&Field>) =
        view.fields.iter().partition(|field| matches!(field.input, Input::Number(_)));
    let curved = knobs.iter().any(|field| matches!(&field.input, Input::Number(knob) if !knob.curve.is_empty()));
    html! {
        form.card.form #case action="/ui/predict" novalidate data-what-if="/ui/predict/answer" {
            header { h2 { (words.case) } a class="btn s q" href="/ui/predict" { (words.reset) } }
            div.body {
                @if !view.ignored.is_empty() {
                    p class="warn sm" { (fill(words.ignored, &[("names", &view.ignored.join(", "))])) }
                }
                div.fields { @for field in others { (one(frame, field, version)) } }
                div.knobs {
                    @for field in knobs {
                        @if let Input::Number(knob) = &field.input { (knob_of(frame, view, field, knob, version)) }
                    }
                }
                @if curved { p class="mut xs" { (words.curves) } }
                div.row.mt { button class="btn p grow" type="submit" { (words.submit) } (copy(frame, view)) a.btn href="/docs" title=(words.api) { "API" } }
            }
        }
    }
}

/// Copies the request as a command.
pub(super) fn copy(frame: &Frame, view: &Predict) -> Markup {
    let words = PredictWords::of(frame.lang);
    html! {
        span #curl { @if view.answer.is_some() {
            button class="btn js" type="button" data-copy=(view.curl) aria-label=(words.curl) title=(words.curl) {
                (Icon::Copy.small()) "curl"
            }
        } }
    }
}

fn id(field: &Field) -> String {
    format!("f-{}", field.name)
}

fn one(frame: &Frame, field: &Field, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let (id, said) = (id(field), remark_id(field));
    let invalid = field.wrong.is_some().then_some("true");
    html! {
        div.field {
            label for=(id) { (told(&field.label)) @if !field.unit.is_empty() { " (" (told(&field.unit)) ")" } }
            @match &field.input {
                Input::Choice { levels, open } => {
                    @let other = !field.value.is_empty() && !levels.contains(&field.value);
                    select id=(id) name=(field.name) aria-invalid=[invalid] aria-describedby=(said) {
                        @if *open || field.value.is_empty() { option value="" selected[field.value.is_empty()] { (words.left_open) } }
                        @if other { option value=(field.value) selected { (visible(&field.value)) } }
                        @for level in levels { option value=(level) selected[*level == field.value] { (visible(&level.replace('_', " "))) } }
                    }
                }
                Input::Boolean => {
                    select id=(id) name=(field.name) aria-invalid=[invalid] aria-describedby=(said) {
                        @for (value, text) in [("", words.left_open), ("true", words.yes), ("false", words.no)] {
                            option value=(value) selected[value == field.value] { (text) }
                        }
                    }
                }
                Input::Text(levels) => {
                    input id=(id) name=(field.name) value=(field.value) list=[(!levels.is_empty()).then(|| format!("l-{}", field.name))]
                        placeholder=(words.left_open) autocomplete="off" aria-invalid=[invalid] aria-describedby=(said);
                    @if !levels.is_empty() {
                        datalist id={ "l-" (field.name) } { @for level in levels { option value=(level) {} } }
                    }
                }
                Input::Date | Input::Number(_) => {
                    input id=(id) name=(field.name) type="date" value=(field.value) aria-invalid=[invalid] aria-describedby=(said);
                }
            }
            (remarks(frame, field, version))
        }
    }
}

fn knob_of(frame: &Frame, view: &Predict, field: &Field, knob: &Knob, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let (id, said) = (id(field), remark_id(field));
    // a browser would throw away what is no number
    let is_number = field.value.is_empty() || field.value.parse::<f64>().is_ok_and(f64::is_finite);
    let kind = if is_number { "number" } else { "text" };
    let slider = if is_number { field.value.as_str() } else { "" };
    html! {
        div.knob.field {
            label for=(id) { (told(&field.label)) }
            span.amount {
                input id=(id) name=(field.name) type=(kind) inputmode="decimal" step="any" value=(field.value)
                    min=[knob.min] max=[knob.max] aria-invalid=[field.wrong.is_some().then_some("true")] aria-describedby=(said);
                @if !field.unit.is_empty() { span class="mut sm" { (told(&field.unit)) } }
            }
            (curve(view, field, knob))
            @if let Some((low, high, step)) = knob.range {
                input.js type="range" data-of=(id) min=(low) max=(high) step=(step) value=(slider)
                    aria-label=(fill(words.slider, &[("field", &field.label)]));
            }
            (remarks(frame, field, version))
        }
    }
}

fn remark_id(field: &Field) -> String {
    format!("w-{}", field.name)
}

/// What is wrong with a value, or new about it.
pub(super) fn remarks(frame: &Frame, field: &Field, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let bounded =
        |text: &str, bound: f64| fill(text, &[("version", version), ("bound", &figures.in_full(bound, &field.unit))]);
    html! {
        span.remark id=(remark_id(field)) {
            @match (&field.wrong, &field.unseen) {
                (Some(wrong), _) => { span.wrong { (wrong_text(figures, wrong, words)) } }
                (None, Some(unseen)) => {
                    span.unseen { @match unseen {
                        Unseen::Level(None) => (fill(words.unseen_level, &[("version", version)])),
                        Unseen::Level(Some(level)) => (fill(words.unseen_like, &[("version", version), ("level", level)])),
                        Unseen::Below(bound) => (bounded(words.unseen_below, *bound)),
                        Unseen::Above(bound) => (bounded(words.unseen_above, *bound)),
                    } }
                }
                (None, None) => {}
            }
        }
    }
}

fn wrong_text(figures: Figures, wrong: &Wrong, words: &'static PredictWords) -> String {
    let bound = |text: &str, bound: f64| fill(text, &[("bound", &figures.in_full(bound, ""))]);
    match wrong {
        Wrong::Required => words.required.to_owned(),
        Wrong::NotNumber => words.not_number.to_owned(),
        Wrong::NotBoolean => words.not_boolean.to_owned(),
        Wrong::NotDate => words.not_date.to_owned(),
        Wrong::NotText => words.not_text.to_owned(),
        Wrong::AtLeast(least) => bound(words.at_least, *least),
        Wrong::AtMost(most) => bound(words.at_most, *most),
        Wrong::Above(least) => bound(words.above, *least),
        Wrong::OneOf(values) => fill(words.one_of, &[("values", &values.join(", "))]),
    }
}

/// The prediction along the range of one value, on the scale of all such curves.
pub(super) fn curve(view: &Predict, field: &Field, knob: &Knob) -> Markup {
    let curves = || {
        view.fields.iter().filter_map(|field| match &field.input {
            Input::Number(knob) => Some(knob.curve.iter()),
            _ => None,
        })
    };
    let finite = || curves().flatten().copied().filter(|value| value.is_finite());
    let (least, most) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let height = |value: f64| if most > least { 26.0 - 22.0 * (value - least) / (most - least) } else { 15.0 };
    let last = knob.curve.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    for (place, value) in knob.curve.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let start = if path.is_empty() { 'M' } else { ' ' };
        path.push_str(&format!("{start}{:.1},{:.1}", 100.0 * place as f64 / last, height(*value)));
    }
    let here = match (field.value.parse::<f64>(), knob.range, &view.answer) {
        (Ok(value), Some((low, high, _)), Some(answer)) if high > low => {
            Some((100.0 * ((value - low) / (high - low)).clamp(0.0, 1.0), height(answer.value.clamp(least, most))))
        }
        _ => None,
    };
    html! {
        @if !knob.curve.is_empty() {
            svg.curve id={ "c-" (field.name) } height="30" aria-hidden="true" {
                svg width="100%" height="30" viewBox="0 0 100 30" preserveAspectRatio="none" { path class="line nv" d=(path) {} }
                @if let Some((x, y)) = here { circle class="pt hot" cx={ (format!("{x:.1}")) "%" } cy=(format!("{y:.1}")) r="4.5" {} }
            }
        }
    }
}
