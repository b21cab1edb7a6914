//! The predicted value with its interval, and what is derived from it.

use maud::{Markup, html};
use tidewheel_domain::Metric;

use super::{Answer, Axis, Predict};
use crate::components::told;
use crate::frame::Frame;
use crate::words::{PredictWords, fill};

/// From this share on, an interval of 90 % holds what it promises.
const AS_PROMISED: f64 = 0.88;

pub(super) fn draw(frame: &Frame, view: &Predict, answer: &Answer, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let whole = |value: f64| figures.in_full(value, &view.unit);
    let change = match answer.asked {
        Some(asked) if (answer.value - asked).abs() > 1e-6 * asked.abs().max(1e-9) => {
            fill(words.against, &[("change", &figures.change_in_unit(answer.value - asked, &view.unit))])
        }
        _ => words.as_asked.to_owned(),
    };
    html! {
        section.card aria-labelledby="t-answer" {
            h2.sr #t-answer { (words.answer) }
            div.answer {
                div {
                    p class="sub sm" { (fill(words.predicted, &[("target", &view.target)])) }
                    p.big { (whole(answer.value)) }
                    p class="sub sm" { (change) }
                }
                div {
                    @match answer.wide {
                        Some((low, high)) => {
                            p class="sub sm" { (fill(words.ninety, &[("low", &whole(low)), ("high", &whole(high))]))
                                @if let Some((low, high)) = answer.narrow {
                                    ", " (fill(words.fifty, &[("low", &whole(low)), ("high", &whole(high))]))
                                }
                            }
                            (picture(frame, view, answer, (low, high)))
                            p class="mut xs" { (coverage(frame, answer)) }
                        }
                        None => { p class="mut sm" { (fill(words.no_interval, &[("version", version)])) } }
                    }
                }
            }
            @if !answer.derived.is_empty() {
                dl.ratio {
                    @for (name, value, unit) in &answer.derived {
                        div { dt { (told(name)) } dd { @match value { Some(value) => (figures.in_full(*value, unit)), None => "–" } } }
                    }
                }
            }
        }
    }
}

fn picture(frame: &Frame, view: &Predict, answer: &Answer, (low, high): (f64, f64)) -> Markup {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let axis = Axis::over([low, high, answer.value].into_iter(), false).room(0.3);
    let label = fill(
        words.interval_of,
        &[
            ("value", &figures.in_full(answer.value, &view.unit)),
            ("low", &figures.in_full(low, &view.unit)),
            ("high", &figures.in_full(high, &view.unit)),
        ],
    );
    html! {
        svg class="mini mt" height="44" role="img" aria-label=(label) {
            line.ax x1="0" x2="100%" y1="16" y2="16" {}
            rect.band x=(axis.place(low)) width=(format!("{:.1}%", axis.share(high) - axis.share(low))) y="6" height="20" rx="5" {}
            @if let Some((low, high)) = answer.narrow {
                line class="ci hot" x1=(axis.place(low)) x2=(axis.place(high)) y1="16" y2="16" {}
            }
            circle class="pt hot" cx=(axis.place(answer.value)) cy="16" r="6" {}
            (axis.draw(figures, &view.unit, 41))
        }
    }
}

/// How often the interval was seen to hold.
fn coverage(frame: &Frame, answer: &Answer) -> Markup {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let share = |held: Metric| match (held.low, held.high) {
        (Some(low), Some(high)) => fill(
            words.share_between,
            &[
                ("share", &figures.percent(held.value)),
                ("low", &figures.percent(low)),
                ("high", &figures.percent(high)),
            ],
        ),
        _ => figures.percent(held.value),
    };
    html! {
        @if let Some(held) = answer.held { (fill(words.held, &[("share", &share(held))])) " " }
        @match answer.held_next {
            Some((version, batch, held)) => {
                @let text = if held.value < AS_PROMISED { words.held_next } else { words.held_next_well };
                (fill(text, &[("version", &format!("v{version}")), ("batch", &batch.to_string()), ("share", &share(held))]))
            }
            None => (words.held_unknown),
        }
    }
}
