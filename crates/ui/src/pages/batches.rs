//! What arrived, how much of it was new, what was refused, and what was decided about it.

use maud::{Markup, html};
use tidewheel_domain::Timestamp;
use tidewheel_domain::turn::{Action, TurnState};

use crate::components::{Icon, action_chip, brief, button_to, card, command, copy_button, empty_state, nothing, told};
use crate::frame::{Area, Frame};
use crate::words::{BatchesWords, Common, fill};

/// Names of columns that are told; of more their number is.
const NAMED: usize = 3;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batches {
    /// Batches in all.
    pub all: u64,
    /// Rows of all batches.
    pub rows: RowCounts,
    /// The batches shown, the newest first.
    pub batches: Vec<BatchLine>,
    /// The batch to ask for to see older ones.
    pub older: Option<i64>,
    /// The batch to ask for to see newer ones.
    pub newer: Option<i64>,
}

/// Rows, by what became of them. `received` are those new and those seen before; quarantined ones are new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct RowCounts {
    pub received: u64,
    pub new: u64,
    pub seen: u64,
    pub clean: u64,
    pub quarantined: u64,
}

impl RowCounts {
    /// The share of the new rows that were refused; `None` where none was new.
    pub fn refused(&self) -> Option<f64> {
        (self.new > 0).then(|| self.quarantined as f64 / self.new as f64)
    }

    /// New rows that passed.
    pub const fn accepted(&self) -> u64 {
        self.new.saturating_sub(self.quarantined)
    }
}

/// One batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchLine {
    /// Its number.
    pub batch: i64,
    /// When it had been received.
    pub at: Timestamp,
    /// Its rows.
    pub rows: RowCounts,
    /// Whether much more of it was refused than is usual.
    pub unusual: bool,
    /// The hash of its content.
    pub sha256: String,
    /// Its columns.
    pub columns: u64,
    /// What differs from the columns of the batch before.
    pub schema: SchemaChange,
    /// The turn over it.
    pub turn: Option<TurnOf>,
}

/// Columns that came or went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaChange {
    /// In this batch and not in the one before.
    pub appeared: Vec<String>,
    /// In the batch before and not in this one.
    pub gone: Vec<String>,
}

impl SchemaChange {
    /// Between two batches.
    pub fn between(before: &[String], now: &[String]) -> Self {
        let lacking = |these: &[String], those: &[String]| {
            these.iter().filter(|name| !those.contains(name)).cloned().collect::<Vec<_>>()
        };
        Self { appeared: lacking(now, before), gone: lacking(before, now) }
    }

    /// What came and what went, in words with a sign.
    pub fn draw(&self, frame: &Frame) -> Markup {
        let words = BatchesWords::of(frame.lang);
        html! {
            @for (names, text) in [(&self.appeared, words.appeared), (&self.gone, words.gone)] {
                @if !names.is_empty() {
                    span class="warn xs" { (Icon::Warn.small()) bdi { (fill(text, &[("names", &some_of(frame, names, NAMED))])) } }
                }
            }
        }
    }
}

/// Names after one another; of many the first ones, and how many more there are.
pub(super) fn some_of(frame: &Frame, names: &[String], most: usize) -> String {
    let words = BatchesWords::of(frame.lang);
    let shown = names.iter().take(most).map(|name| isolated(&brief(name, 40))).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => fill(words.and_more, &[("names", &shown), ("n", &frame.figures().count(more as u64))]),
    }
}

/// A name among words, so that its direction does not turn theirs.
fn isolated(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { format!("\u{2068}{name}\u{2069}") }
}

/// The turn over a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnOf {
    /// Its number.
    pub number: i64,
    /// What was decided.
    pub action: Option<Action>,
    /// Where it stands.
    pub state: TurnState,
    /// Why, in a few words.
    pub short: String,
}

/// The page.
pub fn page(frame: &Frame, view: &Batches) -> Markup {
    let words = BatchesWords::of(frame.lang);
    let lead = html! { @if view.all > 0 { (lead(frame, view, words)) } };
    let beside = html! {
        @if view.all > 0 {
            (button_to("/ui/quarantine", Some(Icon::Warn), words.quarantine, false))
            (button_to("/ui/batches/profile", Some(Icon::Drift), words.profile, false))
        }
    };
    let content = html! {
        div #live-batches data-part {
            @if view.all == 0 {
                section.card { (empty_state(words.empty, words.empty_text, &command(frame.lang, "tidewheel run"))) }
            } @else { (list(frame, view, words)) }
        }
    };
    frame.page(Some(Area::Data), &[(words.title, None)], words.title, &lead, &beside, &content)
}

fn lead(frame: &Frame, view: &Batches, words: &'static BatchesWords) -> String {
    let figures = frame.figures();
    let rows = view.rows;
    let share = |part: Option<f64>| part.map_or_else(|| "–".to_owned(), |share| figures.percent(share));
    let new = (rows.received > 0).then(|| rows.new as f64 / rows.received as f64);
    let text = if view.all == 1 { words.lead_one } else { words.lead };
    let places = [
        ("rows", figures.count(rows.received)),
        ("new", figures.count(rows.new)),
        ("new_share", share(new)),
        ("refused", figures.count(rows.quarantined)),
        ("refused_share", share(rows.refused())),
    ];
    let mut places = places.each_ref().map(|(name, value)| (*name, value.as_str())).to_vec();
    let all = figures.count(view.all);
    if view.all != 1 {
        places.push(("batches", &all));
    }
    fill(text, &places)
}

fn list(frame: &Frame, view: &Batches, words: &'static BatchesWords) -> Markup {
    let common = Common::of(frame.lang);
    let usual = view.rows.refused();
    let table = html! {
        div.flush {
            table class="tbl batches cards-s" {
                caption.sr { (words.list) }
                thead { tr {
                    th scope="col" { (common.batch) } th.r scope="col" { (words.rows) }
                    th scope="col" { (words.made_of) } th.r scope="col" { (words.refused) }
                    th.r scope="col" { (words.clean) } th.r scope="col" { (words.columns) }
                    th scope="col" { (words.hash) } th scope="col" { (words.decision) } th scope="col" { (words.run) }
                } }
                tbody { @for one in &view.batches { (line(frame, one, usual, words)) } }
            }
        }
        (pages(frame, view, words))
    };
    card("list", words.list, Some(words.list_lead), &legend(frame), &table)
}

/// What the colours of the bars are.
pub(super) fn legend(frame: &Frame) -> Markup {
    let words = BatchesWords::of(frame.lang);
    html! {
        span.legend {
            @for (class, text) in [("b-cur", words.accepted), ("quar", words.quarantined), ("vol", words.seen)] {
                span { svg width="11" height="11" aria-hidden="true" { rect class=(class) width="11" height="11" rx="2" {} } (text) }
            }
        }
    }
}

fn line(frame: &Frame, one: &BatchLine, usual: Option<f64>, words: &'static BatchesWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let rows = one.rows;
    let href = format!("/ui/batches/{}", one.batch);
    html! {
        tr {
            th.nw scope="row" {
                a href=(href) { b { (fill(common.batch_n, &[("n", &one.batch.to_string())])) } }
                small { (figures.day(one.at)) ", " (figures.clock(one.at)) }
            }
            td class="r num" data-l=(words.rows) { (figures.count(rows.received)) }
            td.made data-l=(words.made_of) { div { (made_of(frame, rows)) } }
            td class="r num" data-l=(words.refused) { (refused(frame, one, usual, words)) }
            td class="r num" data-l=(words.clean) { (figures.count(rows.clean)) }
            td class="r num" data-l=(words.columns) { div { (figures.count(one.columns)) (one.schema.draw(frame)) } }
            td.nw data-l=(words.hash) { span.row { code { (one.sha256.get(..8).unwrap_or(&one.sha256)) } (copy_button(frame.lang, &one.sha256)) } }
            td data-l=(words.decision) {
                @match &one.turn {
                    Some(turn) => {
                        a.plain href={ "/ui/decisions/" (one.batch) } {
                            (action_chip(frame.lang, turn.action, turn.state))
                            span.clip { (told(&turn.short)) }
                        }
                    }
                    None => { span.mut { "–" } }
                }
            }
            td.nw data-l=(words.run) {
                @match &one.turn {
                    Some(turn) => { a href={ "/ui/pipeline?turn=" (turn.number) } { (fill(words.turn, &[("n", &turn.number.to_string())])) } }
                    None => { span.mut { "–" } }
                }
            }
        }
    }
}

/// A bar of all rows with its figures below.
pub(super) fn made_of(frame: &Frame, rows: RowCounts) -> Markup {
    let words = BatchesWords::of(frame.lang);
    let figures = frame.figures();
    let whole = rows.received.max(1) as f64;
    let parts = [("b-cur", rows.accepted()), ("quar", rows.quarantined), ("vol", rows.seen)];
    let mut from = 0.0;
    let bars = parts.map(|(class, part)| {
        let width = 100.0 * part as f64 / whole;
        let bar = (class, from, width);
        from += width;
        bar
    });
    let told = fill(
        words.bar_of,
        &[
            ("accepted", &figures.count(rows.accepted())),
            ("quarantined", &figures.count(rows.quarantined)),
            ("seen", &figures.count(rows.seen)),
        ],
    );
    html! {
        svg.mini height="9" aria-hidden="true" {
            @for (class, x, width) in bars {
                @if width > 0.0 { rect class=(class) x=(format!("{x:.2}%")) width=(format!("{width:.2}%")) height="9" {} }
            }
        }
        span class="xs sub" { (told) }
    }
}

fn refused(frame: &Frame, one: &BatchLine, usual: Option<f64>, words: &'static BatchesWords) -> Markup {
    let figures = frame.figures();
    html! {
        @match one.rows.refused() {
            Some(share) => {
                div {
                    a.t href={ "/ui/quarantine?batch=" (one.batch) } { (figures.count(one.rows.quarantined)) }
                    small class=[one.unusual.then_some("warn")] {
                        @if one.unusual { (Icon::Warn.small()) }
                        (fill(words.refused_of, &[("share", &figures.percent(share))]))
                    }
                    @if let (true, Some(usual)) = (one.unusual, usual) {
                        small { (fill(words.refused_usual, &[("usual", &figures.percent(usual))])) }
                    }
                }
            }
            None => { span class="mut xs" { (words.none_new) } }
        }
    }
}

fn pages(frame: &Frame, view: &Batches, words: &'static BatchesWords) -> Markup {
    let (Some(newest), Some(oldest)) = (view.batches.first(), view.batches.last()) else { return nothing() };
    let shown = fill(
        words.shown,
        &[
            ("from", &oldest.batch.to_string()),
            ("to", &newest.batch.to_string()),
            ("all", &frame.figures().count(view.all)),
        ],
    );
    html! {
        @if view.older.is_some() || view.newer.is_some() {
            nav.pages aria-label=(words.list) {
                @if let Some(newer) = view.newer { a.btn.s href={ "/ui/batches?until=" (newer) } data-newer { (Icon::Previous.small()) (words.newer) } }
                span { (shown) }
                @if let Some(older) = view.older { a.btn.s href={ "/ui/batches?until=" (older) } data-older { (words.older) (Icon::Next.small()) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LANGS, check, frame, hostile};

    fn line(batch: i64) -> BatchLine {
        BatchLine {
            batch,
            at: Timestamp::from_ms(1_795_642_012_249),
            rows: RowCounts { received: 100, new: 40, seen: 60, clean: 70, quarantined: 20 },
            unusual: true,
            sha256: "ab".repeat(32),
            columns: 3,
            schema: SchemaChange { appeared: hostile(), gone: hostile() },
            turn: Some(TurnOf {
                number: batch,
                action: Some(Action::Skip),
                state: TurnState::Succeeded,
                short: hostile().concat(),
            }),
        }
    }

    #[test]
    fn columns_that_came_and_went_are_told() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let change = SchemaChange::between(&names(&["a", "b"]), &names(&["b", "c"]));
        assert_eq!(change, SchemaChange { appeared: names(&["c"]), gone: names(&["a"]) });
        let few = RowCounts { received: 5, seen: 5, ..RowCounts::default() };
        assert_eq!((few.refused(), few.accepted()), (None, 0));
    }

    #[test]
    fn every_state_is_sound_in_both_languages() {
        for lang in LANGS {
            let frame = frame(lang);
            let empty = page(&frame, &Batches::default()).into_string();
            assert!(empty.contains("tidewheel run"));
            check(&empty);
            let lines = (1..=25).rev().map(line).collect::<Vec<_>>();
            let rows = RowCounts { received: 2_500, new: 1_000, seen: 1_500, clean: 0, quarantined: 500 };
            let full = Batches { all: 1_000, rows, batches: lines, older: Some(975), newer: None };
            let full = page(&frame, &full).into_string();
            check(&full);
            assert!(full.contains("?until=975"));
        }
    }
}
