//! From the average case to this one, feature by feature, in target units.

use maud::{Markup, html};

use super::{Answer, Axis, Predict};
use crate::components::{card, told};
use crate::figures::unit_of;
use crate::frame::Frame;
use crate::words::{PredictWords, fill};

pub(super) fn draw(frame: &Frame, view: &Predict, answer: &Answer) -> Markup {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let whole = |value: f64| figures.in_full(value, &view.unit);
    let totals = answer.steps.iter().map(|step| step.to).chain([answer.average, answer.value]);
    let axis = Axis::over(totals, false).room(0.02);
    // one bar begins where the last ended
    let mut bars = Vec::with_capacity(answer.steps.len() + 1);
    let mut from = answer.average;
    for step in &answer.steps {
        bars.push((step.label.clone(), step.value.as_str(), from, step.to));
        from = step.to;
    }
    if let Some(others) = answer.others {
        bars.push((fill(words.others, &[("n", &figures.count(others as u64))]), "", from, answer.value));
    }
    let changes: Vec<f64> = bars.iter().map(|(_, _, from, to)| to - from).collect();
    let changes = unit_of(&view.unit).column(&changes, figures.numbers(), true);
    let key = |class: &str, text: &str| {
        html! {
            span { svg width="13" height="13" aria-hidden="true" { rect class=(class) x="1" y="1" width="11" height="11" rx="2.5" {} } (text) }
        }
    };
    let beside = html! { span.legend { (key("pos", words.raises)) (key("neg", words.lowers)) } };
    let end = |value: f64, class: &str| {
        html! {
            svg height="20" aria-hidden="true" {
                line.ax x1="0" x2=(axis.place(value)) y1="10" y2="10" {}
                circle class={ "pt " (class) } cx=(axis.place(value)) cy="10" r="5" {}
            }
        }
    };
    let content = html! {
        div.body {
            table class="bars tall shap" {
                caption.sr { (words.contribution) }
                tbody {
                    tr { th scope="row" { (words.average) } td { (end(answer.average, "cold")) } td class="r nw" { (whole(answer.average)) } }
                    @for ((label, value, from, to), change) in bars.iter().zip(&changes) {
                        @let (left, right) = (axis.share(from.min(*to)), axis.share(from.max(*to)));
                        tr {
                            th scope="row" { span.clip { (told(label)) @if !value.is_empty() { " " span.mut { (told(value)) } } } }
                            td { svg height="20" aria-hidden="true" {
                                line.cn x1=(axis.place(*from)) x2=(axis.place(*from)) y1="-4" y2="4" {}
                                rect class=(if to >= from { "pos" } else { "neg" }) x=(format!("{left:.1}%"))
                                    width=(format!("{:.1}%", (right - left).max(0.3))) y="4" height="12" rx="2.5" {}
                            } }
                            td class="r nw" { b { (change) } }
                        }
                    }
                    tr { th scope="row" { b { (words.this_case) } } td { (end(answer.value, "hot")) } td class="r nw" { b { (whole(answer.value)) } } }
                    tr aria-hidden="true" { td {} td { svg height="15" { (axis.draw(figures, &view.unit, 11)) } } td {} }
                }
            }
        }
    };
    let lead = if answer.logarithmic { words.why_log } else { words.why_plain };
    card("why", words.why, Some(lead), &beside, &content)
}
