//! Rows of a batch.

use maud::{Markup, html};

use super::{BatchPage, part};
use crate::components::{Icon, brief, card, nothing, told, told_short};
use crate::frame::Frame;
use crate::words::{BatchWords, fill};

/// Rows of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// Names of the columns, and whether each holds numbers.
    pub columns: Vec<(String, bool)>,
    /// The rows; `None` where a value is missing.
    pub rows: Vec<Vec<Option<String>>>,
    /// The place of the first of them.
    pub from: u64,
    /// How many are shown at a time.
    pub step: u64,
    /// How many there are altogether.
    pub all: u64,
}

pub(super) fn draw(frame: &Frame, view: &BatchPage) -> Markup {
    let words = BatchWords::of(frame.lang);
    let sample = match &view.sample {
        Ok(sample) => sample,
        Err(reason) => {
            let text = fill(words.profile_gone, &[("reason", &brief(reason, 400))]);
            return card(
                "rows",
                words.sample,
                None,
                &nothing(),
                &html! { div.body { p.warn { (Icon::Warn.small()) (text) } } },
            );
        }
    };
    let content = html! {
        @if sample.rows.is_empty() { div.body { p.sub { (words.no_rows) } } } @else {
            div class="scroll flush" tabindex="0" role="group" aria-label=(words.sample) {
                table class="tbl cells" {
                    caption.sr { (words.sample) }
                    thead { tr {
                        th.r scope="col" { (words.place) }
                        @for (name, number) in &sample.columns { th.r[*number] scope="col" { (told(&brief(name, 40))) } }
                    } }
                    tbody {
                        @for (place, row) in sample.rows.iter().enumerate() {
                            tr {
                                th.r scope="row" { (frame.figures().count(sample.from + place as u64 + 1)) }
                                @for (value, (_, number)) in row.iter().zip(&sample.columns) {
                                    td.r[*number] { @match value { Some(value) => (told_short(value)), None => { span.mut { "–" } } } }
                                }
                            }
                        }
                    }
                }
            }
            (pages(frame, view, sample, words))
        }
    };
    card("rows", words.sample, Some(words.sample_lead), &nothing(), &content)
}

fn pages(frame: &Frame, view: &BatchPage, sample: &Sample, words: &'static BatchWords) -> Markup {
    let count = |n: u64| frame.figures().count(n);
    let to = sample.from + sample.rows.len() as u64;
    let shown =
        fill(words.some_rows, &[("from", &count(sample.from + 1)), ("to", &count(to)), ("all", &count(sample.all))]);
    let columns = view.profile.as_ref().map_or(0, |profile| profile.from);
    html! {
        nav.pages aria-label=(words.sample) {
            @if sample.from > 0 {
                a.btn.s href=(part(view, columns, sample.from.saturating_sub(sample.step), "rows")) { (Icon::Previous.small()) (words.earlier_page) }
            }
            span { (shown) }
            @if to < sample.all { a.btn.s href=(part(view, columns, to, "rows")) { (words.later_page) (Icon::Next.small()) } }
        }
    }
}
