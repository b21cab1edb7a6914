//! The training rows that are most like the case: what was true, and what the model says.

use maud::{Markup, html};

use super::{Answer, Predict, Similar};
use crate::components::{card, nothing, told};
use crate::frame::Frame;
use crate::words::{Common, PredictWords, fill};

pub(super) fn draw(frame: &Frame, view: &Predict, answer: &Answer, version: &str) -> Markup {
    let words = PredictWords::of(frame.lang);
    let common = Common::of(frame.lang);
    let figures = frame.figures();
    let title = fill(words.similar, &[("version", version)]);
    let Some(looked_at) = answer.looked_at.filter(|_| !answer.similar.is_empty()) else {
        let content = html! { div.body { p class="mut sm" { (words.no_similar) } } };
        return card("similar", title, None, &nothing(), &content);
    };
    let says = fill(words.says, &[("version", version)]);
    let of = fill(words.similar_of, &[("n", &figures.count(looked_at))]);
    let lead = format!("{of} {}", insight(frame, &answer.similar, version));
    let content = html! {
        div.flush {
            table class="tbl cards-s" {
                caption.sr { (title) }
                thead { tr {
                    th scope="col" { (words.where_) } th scope="col" { (words.facts) }
                    th.r scope="col" { (words.actual) } th.r scope="col" { (says) }
                    th.r scope="col" { (words.apart) } th.r scope="col" { (common.batch) }
                } }
                tbody {
                    @for row in &answer.similar {
                        tr {
                            th scope="row" { span.clip { (told(&row.name)) } }
                            td class="sub sm" { span.clip { (told(&row.facts)) } }
                            td class="r nw" data-l=(words.actual) { (figures.in_full(row.actual, &view.unit)) }
                            td class="r nw" data-l=(says) { (figures.in_full(row.predicted, &view.unit)) }
                            td class="r nw" data-l=(words.apart) {
                                @match apart(row) { Some(share) => (figures.change(share)), None => "–" }
                            }
                            td class="r" data-l=(common.batch) { a href={ "/ui/batches/" (row.batch) } { (row.batch) } }
                        }
                    }
                }
            }
        }
    };
    card("similar", title, Some(&lead), &nothing(), &content)
}

/// The prediction against what was true, as a share of it.
fn apart(row: &Similar) -> Option<f64> {
    (row.actual != 0.0).then(|| (row.predicted - row.actual) / row.actual.abs()).filter(|share| share.is_finite())
}

fn insight(frame: &Frame, rows: &[Similar], version: &str) -> String {
    let words = PredictWords::of(frame.lang);
    let figures = frame.figures();
    let mut shares: Vec<f64> = rows.iter().filter_map(apart).collect();
    shares.sort_by(f64::total_cmp);
    let Some(&middle) = shares.get(shares.len() / 2) else { return String::new() };
    let high = shares.iter().filter(|share| **share > 0.0).count();
    let low = shares.iter().filter(|share| **share < 0.0).count();
    let text = match (high == shares.len(), low == shares.len()) {
        (true, _) => words.too_high,
        (_, true) => words.too_low,
        _ => words.mixed,
    };
    fill(
        text,
        &[
            ("version", version),
            ("share", &figures.whole_percent(middle.abs())),
            ("high", &figures.count(high as u64)),
            ("low", &figures.count(low as u64)),
        ],
    )
}
