//! How any two batches differ, column by column.

use maud::{Markup, PreEscaped, html};
use tidewheel_chart::Chart;
use tidewheel_chart::interval::Effects;
use tidewheel_domain::Timestamp;
use tidewheel_report::{ColumnPage, ColumnRow};

use crate::components::{
    Icon, Interval, Tone, button_to, card, chart, command, dot_and_whisker, empty_state, heat_cell, nothing,
};
use crate::frame::{Area, Frame, escaped};
use crate::words::{DriftWords, fill};

/// The drift explorer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drift {
    /// Batches to choose from, the newest first; the chosen ones among them.
    pub batches: Vec<Choice>,
    /// What is compared with.
    pub reference: Reference,
    /// The batch under test.
    pub current: Option<i64>,
    /// What came of it.
    pub result: Found,
}

/// A batch to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Choice {
    pub batch: i64,
    pub rows: u64,
    pub at: Timestamp,
}

/// What a batch is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reference {
    /// What the champion of its time was trained on, as its decision did.
    #[default]
    Training,
    /// Another batch.
    Batch(i64),
}

impl Reference {
    /// As it stands in a URL.
    pub fn as_text(self) -> String {
        match self {
            Self::Training => "training".to_owned(),
            Self::Batch(batch) => batch.to_string(),
        }
    }

    /// Of a URL.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "training" { Some(Self::Training) } else { text.parse().ok().map(Self::Batch) }
    }
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Found {
    /// Fewer than two batches are there.
    #[default]
    Nothing,
    /// There is no decision that compared the batch with training rows.
    NoTraining,
    /// Both sides are the same batch.
    Same,
    /// Why there is no comparison.
    Trouble(String),
    /// The comparison.
    Compared(Box<Compared>),
}

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Columns that are shown, the largest change first.
    pub rows: Vec<ColumnRow>,
    /// The page of columns, from 1, and how many there are.
    pub page: (usize, usize),
    /// Columns that changed, and columns that were tested.
    pub drifted: (u64, u64),
    /// Rows of the reference and of the batch.
    pub sizes: (u64, u64),
    /// Chance that any interval misses.
    pub alpha: f64,
    /// All columns in one picture, where that is asked for.
    pub effects: Option<Effects>,
    /// The chosen column: its name, and all about it where both sides have it.
    pub column: Option<(String, Option<ColumnPage>)>,
    /// Columns without a counterpart.
    pub one_side: (Vec<String>, Vec<String>),
}

/// Columns on a page of the list.
pub const COLUMNS: usize = 40;

impl Drift {
    fn href(&self, column: Option<&str>, page: usize) -> String {
        let mut url = format!("/ui/drift?ref={}", self.reference.as_text());
        if let Some(current) = self.current {
            url += &format!("&cur={current}");
        }
        if let Some(column) = column {
            url += &format!("&col={}", escaped(column));
        }
        if page > 1 {
            url += &format!("&page={page}");
        }
        url
    }
}

/// The page.
pub fn page(frame: &Frame, view: &Drift) -> Markup {
    let words = DriftWords::of(frame.lang);
    let content = match &view.result {
        Found::Nothing if view.batches.is_empty() => {
            html! { section.card { (empty_state(words.none, words.none_text, &command(frame.lang, "tidewheel run"))) } }
        }
        Found::Nothing => {
            html! { section.card { (empty_state(words.one, words.one_text, &command(frame.lang, "tidewheel run"))) } }
        }
        found => html! {
            (form(frame, view, words))
            @match found {
                Found::Compared(found) => (compared(frame, view, found, words)),
                Found::NoTraining => {
                    @let batch = view.current.unwrap_or_default().to_string();
                    (trouble(&fill(words.no_training, &[("n", &batch)]), words))
                }
                Found::Same => (trouble(words.same, words)),
                Found::Trouble(text) => (trouble(text, words)),
                Found::Nothing => {}
            }
        },
    };
    let beside = match view.current {
        Some(batch) => {
            let label = fill(words.why, &[("n", &batch.to_string())]);
            button_to(&format!("/ui/decisions/{batch}"), Some(Icon::Decision), &label, false)
        }
        None => nothing(),
    };
    frame.page(Some(Area::Drift), &[(words.title, None)], words.title, &html! { (words.lead) }, &beside, &content)
}

fn trouble(text: &str, words: &'static DriftWords) -> Markup {
    html! { section.card.mt { (empty_state(words.trouble, text, &nothing())) } }
}

fn form(frame: &Frame, view: &Drift, words: &'static DriftWords) -> Markup {
    let figures = frame.figures();
    let name = |one: &Choice| {
        let parts = [("n", one.batch.to_string()), ("rows", figures.count(one.rows)), ("day", figures.day(one.at))];
        fill(words.batch_option, &parts.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    html! {
        form.filters action="/ui/drift" data-now {
            div.field {
                label for="f-ref" { (words.reference) }
                select #f-ref name="ref" {
                    option value="training" selected[view.reference == Reference::Training] { (words.training) }
                    @for one in &view.batches {
                        option value=(one.batch) selected[view.reference == Reference::Batch(one.batch)] { (name(one)) }
                    }
                }
            }
            div.field {
                label for="f-cur" { (words.current) }
                select #f-cur name="cur" {
                    @for one in &view.batches {
                        option value=(one.batch) selected[view.current == Some(one.batch)] { (name(one)) }
                    }
                }
            }
            @if let Found::Compared(found) = &view.result {
                @if let Some((column, _)) = &found.column { input type="hidden" name="col" value=(column); }
            }
            button.btn type="submit" { (words.compare) }
            @if let (Reference::Batch(reference), Some(current)) = (view.reference, view.current) {
                a.btn.q href={ "/ui/drift?ref=" (current) "&cur=" (reference) } { (Icon::Compare.small()) (words.swap) }
            }
        }
    }
}

fn compared(frame: &Frame, view: &Drift, found: &Compared, words: &'static DriftWords) -> Markup {
    let figures = frame.figures();
    let title = fill(
        words.summary,
        &[("drifted", &figures.count(found.drifted.0)), ("tested", &figures.count(found.drifted.1))],
    );
    let lead = fill(
        words.summary_more,
        &[
            ("reference", &figures.count(found.sizes.0)),
            ("current", &figures.count(found.sizes.1)),
            ("level", &figures.whole_percent(1.0 - found.alpha)),
        ],
    );
    let names = |names: &[String]| {
        let shown = names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
        if names.len() > 20 { format!("{shown}, …") } else { shown }
    };
    let list = html! {
        (columns(frame, view, found, words))
        div.body {
            @if view.reference == Reference::Training {
                @let batch = view.current.unwrap_or_default().to_string();
                p class="sub xs" { (fill(words.of_decision, &[("n", &batch)])) }
            }
            @if !found.one_side.0.is_empty() { p class="sub sm" { (fill(words.only_reference, &[("names", &names(&found.one_side.0))])) } }
            @if !found.one_side.1.is_empty() { p class="sub sm" { (fill(words.only_current, &[("names", &names(&found.one_side.1))])) } }
            @if found.effects.is_none() { p.sm { a href={ (view.href(None, 1)) "&whole=1" } { (words.whole) } } }
        }
    };
    html! {
        div.grid.mt.drift-explorer {
            div.c5 { (card("columns", title, Some(&lead), &nothing(), &list)) }
            div.c7 {
                @if let Some(effects) = &found.effects {
                    @let picture = html! { div.body { (chart(frame.lang, words.whole, effects, 700.0, 320.0)) } };
                    (card("whole", words.whole, None, &nothing(), &picture))
                } @else if let Some((name, page)) = &found.column {
                    (column(frame, found, name, page.as_ref(), words))
                }
            }
        }
    }
}

/// Multiples of the bound on the axis, from a quarter to sixteen.
fn place(times: f64) -> f64 {
    times.clamp(0.25, 16.0).log2()
}

fn columns(frame: &Frame, view: &Drift, found: &Compared, words: &'static DriftWords) -> Markup {
    let figures = frame.figures();
    let chosen = found.column.as_ref().map(|(name, _)| name.as_str());
    let (here, pages) = found.page;
    html! {
        div.flush {
            table class="tbl tight effects" {
                caption.sr { (words.columns) }
                thead { tr {
                    th scope="col" { (words.column) }
                    th.hide-s scope="col" { (words.interval) }
                    th scope="col" { (words.times) }
                } }
                tbody {
                    @for row in &found.rows {
                        tr.here[chosen == Some(row.name.as_str())] {
                            th scope="row" {
                                a href=(view.href(Some(&row.name), here)) aria-current=[(chosen == Some(row.name.as_str())).then_some("true")] {
                                    bdi { (row.label) }
                                }
                                small { @if row.measure.is_empty() { (words.not_measured) } @else { (row.measure) ": " (row.size) } }
                            }
                            td.hide-s {
                                @if let Some([value, low, high]) = row.times {
                                    @let label = fill(words.interval_of, &[
                                        ("value", &figures.multiple(value)), ("low", &figures.multiple(low)), ("high", &figures.multiple(high)),
                                    ]);
                                    @let interval = Interval { value: place(value), low: place(low), high: place(high) };
                                    (dot_and_whisker(interval, (-2.3, 4.3), if low > 1.0 { Tone::Train } else { Tone::Plain }, None, Some(0.0), &label))
                                }
                            }
                            td { (heat_cell(figures, row.times.map(|times| times[0]))) }
                        }
                    }
                }
            }
        }
        @if pages > 1 {
            nav.pages aria-label=(words.pages) {
                @if here > 1 { a.btn.s href=(view.href(chosen, here - 1)) { (Icon::Previous.small()) (words.previous) } }
                span { (here) " / " (pages) }
                @if here < pages { a.btn.s href=(view.href(chosen, here + 1)) { (words.next) (Icon::Next.small()) } }
            }
        }
    }
}

fn column(
    frame: &Frame,
    found: &Compared,
    name: &str,
    page: Option<&ColumnPage>,
    words: &'static DriftWords,
) -> Markup {
    let figures = frame.figures();
    let Some(page) = page else {
        let text = fill(words.no_column, &[("name", name)]);
        return html! { section.card { (empty_state(words.trouble, &text, &nothing())) } };
    };
    let row = found.rows.iter().find(|row| row.name == name);
    let lead = row.map(|row| {
        let weight = row.weight.map(|weight| fill(words.weight, &[("share", &figures.percent(weight))]));
        let judged = if row.drifted { words.changed } else { words.not_shown };
        [Some(row.kind.to_owned()), weight, Some(judged.to_owned())]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    });
    let times = row.and_then(|row| row.times).map(|times| times[0]);
    let beside = html! { span.times { (heat_cell(figures, times)) } };
    let content = html! {
        div.body {
            @for (title, one) in &page.charts {
                h3 { (title) }
                (chart(frame.lang, &format!("{} {title}", page.label), one.as_chart() as &dyn Chart, 700.0, 320.0))
            }
            @if page.more_levels > 0 {
                p class="sub sm" { (fill(words.more_levels, &[("n", &figures.count(page.more_levels))])) }
            }
            div.tw-page.inside.plain { section { (PreEscaped(&page.tables)) } }
        }
    };
    card("column", html! { bdi { (page.label) } }, lead.as_deref(), &beside, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_logarithmic_and_ends() {
        assert_eq!(place(1.0), 0.0);
        assert_eq!((place(0.0), place(1000.0)), (-2.0, 4.0));
        assert_eq!(Reference::parse("training"), Some(Reference::Training));
        assert_eq!(Reference::parse("7"), Some(Reference::Batch(7)));
        assert_eq!(Reference::parse("x"), None);
    }

    #[test]
    fn a_name_from_data_is_text_in_the_address_too() {
        let view = Drift { current: Some(2), reference: Reference::Batch(1), ..Drift::default() };
        assert_eq!(view.href(Some("a&b\"<"), 2), "/ui/drift?ref=1&cur=2&col=a%26b%22%3C&page=2");
    }
}
