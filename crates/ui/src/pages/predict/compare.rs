//! The same case with other levels of the project's group.

use maud::{Markup, html};

use super::{Answer, Axis, Compare, Predict};
use crate::components::{card, nothing, told, visible};
use crate::frame::Frame;
use crate::words::{PredictWords, fill};

/// A level with fewer training rows is one to be careful with.
const FEW_ROWS: u64 = 30;

pub(super) fn draw(frame: &Frame, view: &Predict, answer: &Answer, compare: &Compare, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let lead = match (compare.open.is_empty(), answer.wide) {
        (false, _) => fill(words.compare_open, &[("version", version), ("names", &visible(&compare.open.join(", ")))]),
        (true, Some(_)) => words.compare_lead.to_owned(),
        (true, None) => words.compare_plain.to_owned(),
    };
    let lead = format!("{lead} {}", insight(frame, view, answer, compare));
    let ends = |value: f64, wide: Option<(f64, f64)>| wide.map_or([value, value], |(low, high)| [low, high]);
    let all = compare.levels.iter().flat_map(|level| ends(level.value, level.wide));
    let axis = Axis::over(all.chain(ends(answer.value, answer.wide)), true);
    let bar = |name: &str, value: f64, wide: Option<(f64, f64)>, class: &str| {
        let (low, high) = wide.unwrap_or((value, value));
        let write = |value: f64| figures.in_full(value, &view.unit);
        let label = match wide {
            Some(_) => {
                fill(words.interval_of, &[("value", &write(value)), ("low", &write(low)), ("high", &write(high))])
            }
            None => write(value),
        };
        html! {
            svg.mini height="20" role="img" aria-label={ (name) ": " (label) } {
                line class={ "ci " (class) } x1=(axis.place(low)) x2=(axis.place(high)) y1="10" y2="10" {}
                circle class={ "pt " (class) } cx=(axis.place(value)) cy="10" r="4" {}
            }
        }
    };
    let content = html! {
        div.body {
            table class="bars cmp" {
                caption.sr { (fill(words.compare, &[("group", &visible(&compare.label))])) }
                tbody {
                    tr {
                        th scope="row" { span.clip { b { (words.this_case) } @if let Some(here) = &compare.here { ", " (told(here)) } } }
                        td.wide { (bar(words.this_case, answer.value, answer.wide, "hot")) }
                        td class="r nw" { b { (figures.in_full(answer.value, &view.unit)) } }
                        td {}
                    }
                    @for level in &compare.levels {
                        tr {
                            th scope="row" { span.clip { (told(&level.name)) } }
                            td.wide { (bar(&visible(&level.name), level.value, level.wide, "cold")) }
                            td class="r nw" { b { (figures.in_full(level.value, &view.unit)) } }
                            td class="r nw sm mut" {
                                (fill(words.n_rows, &[("n", &figures.count(level.rows))]))
                                @if level.rows < FEW_ROWS { " " span.warn { (words.few) } }
                            }
                        }
                    }
                    tr aria-hidden="true" { td {} td { svg.mini height="15" { (axis.draw(figures, &view.unit, 11)) } } td {} td {} }
                }
            }
            @if compare.more > 0 { p class="mut sm" { (fill(words.more_levels, &[("n", &figures.count(compare.more as u64))])) } }
        }
    };
    card("compare", fill(words.compare, &[("group", &visible(&compare.label))]), Some(&lead), &nothing(), &content)
}

/// How far the levels lie apart, and where the case stands among them.
fn insight(frame: &Frame, view: &Predict, answer: &Answer, compare: &Compare) -> String {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let (Some(high), Some(low)) = (compare.levels.first(), compare.levels.last()) else { return String::new() };
    if compare.levels.len() < 2 {
        return String::new();
    }
    let text = if low.value > 0.0 && high.value > 1.05 * low.value { words.spread } else { words.spread_plain };
    let spread = fill(
        text,
        &[
            ("low", &figures.in_unit(low.value, &view.unit)),
            ("lowest", &visible(&low.name)),
            ("high", &figures.in_unit(high.value, &view.unit)),
            ("highest", &visible(&high.name)),
            ("times", &figures.multiple(high.value / low.value)),
        ],
    );
    if compare.more > 0 {
        return spread;
    }
    let others = compare.levels.iter().filter(|level| compare.here.as_ref() != Some(&level.name));
    let rank = 1 + others.clone().filter(|level| level.value > answer.value).count();
    let places = [("rank", figures.count(rank as u64)), ("n", figures.count(others.count() as u64 + 1))];
    let places = places.each_ref().map(|(name, value)| (*name, value.as_str()));
    format!("{spread} {}", fill(words.rank, &places))
}
