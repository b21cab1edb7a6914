//! The ledger: which version was in production when, as a bar over time and line by line.

use maud::{Markup, html};
use tidewheel_domain::Timestamp;
use tidewheel_domain::model_version::{LedgerEntry, LedgerEvent};
use tidewheel_drift::Lang;

use crate::components::{Icon, Tone, card, chip, nothing};
use crate::frame::Frame;
use crate::words::{ModelsWords, fill};

/// Stretches of the bar at most.
const SPANS: usize = 12;

/// What is shown of the ledger.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// All lines, oldest first.
    pub lines: Vec<LedgerEntry>,
    /// The moment asked for, as it was typed.
    pub at: Option<String>,
    /// The last line that is listed; the newest where it is `None`.
    pub until: Option<i64>,
    /// The version in production.
    pub production: Option<i64>,
}

/// A stretch of time with one version in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    version: i64,
    from: Timestamp,
    to: Timestamp,
}

/// The moment of a text such as `2026-11-25T21:30`, in UTC.
pub fn moment_of(text: &str) -> Option<Timestamp> {
    let seconds = if text.len() == 16 { ":00Z" } else { "Z" };
    format!("{text}{seconds}").parse().ok()
}

/// The line that put into production what was there at a moment.
pub fn production_at(lines: &[LedgerEntry], at: Timestamp) -> Option<&LedgerEntry> {
    lines.iter().rev().find(|line| into_production(line) && line.at <= at)
}

fn into_production(line: &LedgerEntry) -> bool {
    matches!(line.event, LedgerEvent::Promote | LedgerEvent::Rollback)
}

fn spans(lines: &[LedgerEntry], now: Timestamp) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for line in lines.iter().filter(|line| into_production(line)) {
        if let Some(last) = spans.last_mut() {
            last.to = line.at;
        }
        spans.push(Span { version: line.version, from: line.at, to: now.max(line.at) });
    }
    spans
}

/// Where stretches lie between 0 and 1: half of the room is shared out evenly, half by time.
#[derive(Debug)]
struct Scale {
    spans: Vec<(Span, f64, f64)>,
}

impl Scale {
    fn over(spans: &[Span]) -> Self {
        let length = |span: &Span| span.to.ms_since(span.from).max(0) as f64;
        let whole = spans.iter().map(length).sum::<f64>().max(1.0);
        let even = 0.5 / spans.len().max(1) as f64;
        let mut from = 0.0;
        let placed = spans.iter().map(|span| {
            let here = from;
            from += (even + 0.5 * length(span) / whole) / if whole > 1.0 { 1.0 } else { 0.5 };
            (*span, here, from.min(1.0))
        });
        Self { spans: placed.collect() }
    }

    fn place(&self, at: Timestamp) -> Option<f64> {
        let (span, from, to) = self.spans.iter().rev().find(|(span, ..)| span.from <= at)?;
        let length = span.to.ms_since(span.from);
        if at > span.to || length <= 0 {
            return Some(*to);
        }
        Some(from + (to - from) * at.ms_since(span.from) as f64 / length as f64)
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

/// The card with the bar and the question which version it was.
pub(super) fn bar(frame: &Frame, ledger: &Ledger) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let figures = frame.figures();
    let typed = ledger.at.clone().unwrap_or_else(|| frame.now.to_string().chars().take(16).collect());
    let at = ledger.at.as_deref().map(moment_of);
    let wrong = matches!(at, Some(None));
    let at = at.flatten();
    let beside = html! {
        form.filters method="get" action="/ui/models" {
            div.field {
                label for="at" { (words.at_label) }
                input #at type="datetime-local" name="at" step="1" value=(typed) aria-invalid=[wrong.then_some("true")]
                    aria-describedby=[ledger.at.is_some().then_some("at-answer")];
            }
            button.btn type="submit" { (words.at_show) }
        }
    };
    let spans = spans(&ledger.lines, frame.now);
    let last = match at {
        Some(at) => {
            (spans.iter().take_while(|span| span.from <= at).count() + SPANS / 2).clamp(SPANS, spans.len().max(SPANS))
        }
        None => spans.len(),
    }
    .min(spans.len());
    let shown = &spans[last.saturating_sub(SPANS)..last];
    let content = html! {
        div.body {
            @if let Some(text) = &ledger.at {
                p #at-answer.note.info role="status" {
                    (Icon::Clock.draw())
                    span { (answer(frame, ledger, at, text, words)) }
                }
            }
            @if shown.is_empty() { p.mut { (words.when_nothing) } } @else {
                (picture(frame, ledger, shown, at, words))
                @if shown.len() < spans.len() {
                    p.mut.xs.mt { (fill(words.spans_shown, &[
                        ("n", &figures.count(shown.len() as u64)), ("all", &figures.count(spans.len() as u64)),
                    ])) }
                }
            }
        }
    };
    card("when", words.when_title, Some(words.when_lead), &beside, &content)
}

fn answer(frame: &Frame, ledger: &Ledger, at: Option<Timestamp>, text: &str, words: &ModelsWords) -> Markup {
    let figures = frame.figures();
    let Some(at) = at else { return html! { (fill(words.at_wrong, &[("text", text)])) } };
    let time = format!("{}, {}", figures.day(at), figures.clock_seconds(at));
    match production_at(&ledger.lines, at) {
        Some(line) => html! {
            span data-at=(at) data-version=(line.version) {
                (fill(words.at_was, &[
                    ("at", &time), ("version", &format!("v{}", line.version)),
                    ("since", &format!("{}, {}", figures.day(line.at), figures.clock_seconds(line.at))),
                    ("reason", line.reason.trim_end_matches('.')),
                ]))
            }
            " " a href={ "/ui/models/" (line.version) } { "v" (line.version) }
        },
        None => html! { (fill(words.at_none, &[("at", &time)])) },
    }
}

fn picture(frame: &Frame, ledger: &Ledger, shown: &[Span], at: Option<Timestamp>, words: &ModelsWords) -> Markup {
    let figures = frame.figures();
    let time = |at: Timestamp| format!("{} {}", figures.day(at), figures.clock_seconds(at));
    let open = |span: &Span| span.to == frame.now;
    let scale = Scale::over(shown);
    let first = shown.first().map(|span| span.from);
    let end = shown.last().map(|span| span.to);
    let rejected: Vec<&LedgerEntry> = ledger
        .lines
        .iter()
        .filter(|line| line.event == LedgerEvent::Reject && Some(line.at) >= first && Some(line.at) <= end)
        .collect();
    let mut said: Vec<String> = shown
        .iter()
        .map(|span| {
            let to = if open(span) { words.now.to_owned() } else { time(span.to) };
            fill(
                words.when_label,
                &[("version", &format!("v{}", span.version)), ("from", &time(span.from)), ("to", &to)],
            )
        })
        .collect();
    said.extend(
        rejected.iter().map(|line| {
            fill(words.when_rejected, &[("version", &format!("v{}", line.version)), ("at", &time(line.at))])
        }),
    );
    let height = if rejected.is_empty() { 44 } else { 66 };
    let mut free = 0.0;
    let ticks: Vec<(f64, Timestamp)> = scale
        .spans
        .iter()
        .filter(|(_, from, _)| {
            let fits = *from >= free;
            if fits {
                free = from + 0.085;
            }
            fits
        })
        .map(|(span, from, _)| (*from, span.from))
        .collect();
    html! {
        svg.mini height=(height) role="img" aria-label=(said.join("; ")) {
            @for (span, from, to) in &scale.spans {
                @let on = open(span) && ledger.production == Some(span.version);
                rect class=(if on { "ver on" } else { "ver" }) x=(percent(from + 0.001)) width=(percent((to - from - 0.002).max(0.004))) y="1" height="24" rx="5" {}
                text class=(if on { "on" } else { "vt" }) x=(percent((from + to) / 2.0)) y="17.5" text-anchor="middle" { "v" (span.version) }
            }
            @for line in &rejected {
                @let place = scale.place(line.at).unwrap_or(0.0).min(0.95);
                rect.verx x=(percent(place)) width="5%" y="28" height="19" rx="5" {}
                text.vx x=(percent(place + 0.025)) y="41.5" text-anchor="middle" { "v" (line.version) }
            }
            @if let Some(place) = at.filter(|at| Some(*at) >= first).and_then(|at| scale.place(at)) {
                line.bound x1=(percent(place)) x2=(percent(place)) y1="0" y2=(height - 14) {}
            }
            @for (nth, (from, at)) in ticks.iter().enumerate() {
                text class=(if nth == 0 { "tx" } else { "tx hide-s" }) x=(percent(*from)) y=(height - 2) { (figures.clock_seconds(*at)) }
            }
        }
        p.mut.xs.row.sp {
            span { @if let Some(first) = first { (figures.moment(first)) } }
            span { @if let Some(end) = end { @if end == frame.now { (words.now) } @else { (figures.moment(end)) } } }
        }
    }
}

/// The lines of a ledger as a table, newest first.
pub(super) fn lines(frame: &Frame, lines: &[&LedgerEntry], with_version: bool) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let figures = frame.figures();
    html! {
        table.tbl.cards-s {
            caption.sr { (words.ledger) }
            thead { tr {
                th scope="col" { (words.line_at) }
                @if with_version { th scope="col" { (words.version) } }
                th scope="col" { (words.line_event) }
                th scope="col" { (words.line_who) } th scope="col" { (words.line_why) }
            } }
            tbody {
                @for line in lines {
                    tr data-line=(line.id) {
                        td.nw data-l=(words.line_at) { time datetime=(line.at) { (figures.day(line.at)) ", " (figures.clock_seconds(line.at)) } }
                        @if with_version { td data-l=(words.version) { a href={ "/ui/models/" (line.version) } { b { "v" (line.version) } } } }
                        td.nw data-l=(words.line_event) {
                            div {
                            (event(frame.lang, line.event))
                            @if let Some(from) = line.from_version { " " span.mut.xs { (fill(words.after, &[("version", &format!("v{from}"))])) } }
                            }
                        }
                        td data-l=(words.line_who) { bdi { (line.who) } }
                        td data-l=(words.line_why) { bdi.clip { (line.reason) } }
                    }
                }
            }
        }
    }
}

fn event(lang: Lang, event: LedgerEvent) -> Markup {
    let words = ModelsWords::of(lang);
    match event {
        LedgerEvent::Promote => chip(Tone::Good, Some(Icon::Check), words.event_promote),
        LedgerEvent::Reject => chip(Tone::Bad, Some(Icon::Cross), words.event_reject),
        LedgerEvent::Rollback => chip(Tone::Ask, Some(Icon::Back), words.event_rollback),
        LedgerEvent::Archive => chip(Tone::Plain, None, words.event_archive),
    }
}

/// Lines of one table.
const LINES: usize = 12;

/// The card with the newest lines, or those up to the one that is asked for.
pub(super) fn table(frame: &Frame, ledger: &Ledger) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let until = ledger.until.unwrap_or(i64::MAX);
    let mut shown = ledger.lines.iter().rev().filter(|line| line.id <= until);
    let page: Vec<&LedgerEntry> = shown.by_ref().take(LINES).collect();
    let older = shown.next().map(|line| line.id);
    let content = html! {
        div.flush {
            @if page.is_empty() { p.mut.body { (words.ledger_none) } } @else { (lines(frame, &page, true)) }
            @if older.is_some() || ledger.until.is_some() {
                nav.pages aria-label=(words.ledger) {
                    @if let Some(older) = older { a.btn.s href={ "/ui/models?line=" (older) "#ledger" } { (Icon::Previous.small()) (words.older_lines) } }
                    @if ledger.until.is_some() { a.btn.s href="/ui/models#ledger" { (words.newest_lines) (Icon::Next.small()) } }
                }
            }
        }
    };
    card("ledger", words.ledger, Some(words.ledger_lead), &nothing(), &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: i64, event: LedgerEvent, version: i64, at: i64) -> LedgerEntry {
        LedgerEntry {
            id,
            model: "m".into(),
            version,
            event,
            from_version: None,
            at: Timestamp::from_ms(at),
            who: "loop".into(),
            reason: "r".into(),
        }
    }

    #[test]
    fn a_moment_has_the_version_that_was_put_in_before_it() {
        use LedgerEvent::{Archive, Promote, Reject, Rollback};
        let lines = [
            line(1, Promote, 1, 1_000),
            line(2, Archive, 1, 2_000),
            line(3, Promote, 2, 2_000),
            line(4, Reject, 3, 3_000),
            line(5, Rollback, 1, 4_000),
        ];
        let at = |ms: i64| production_at(&lines, Timestamp::from_ms(ms)).map(|line| line.version);
        assert_eq!(
            [at(999), at(1_000), at(1_999), at(2_000), at(3_500), at(9_000)],
            [None, Some(1), Some(1), Some(2), Some(2), Some(1)]
        );
        let spans = spans(&lines, Timestamp::from_ms(10_000));
        assert_eq!(spans.iter().map(|span| span.version).collect::<Vec<_>>(), [1, 2, 1]);
        let scale = Scale::over(&spans);
        assert!(scale.spans.windows(2).all(|pair| (pair[0].2 - pair[1].1).abs() < 1e-9 && pair[0].2 > pair[0].1));
        assert!((scale.spans[2].2 - 1.0).abs() < 1e-9);
        assert!(scale.place(Timestamp::from_ms(3_000)).is_some_and(|place| place > scale.spans[1].1));
    }

    #[test]
    fn a_moment_is_read_as_a_browser_writes_it() {
        assert_eq!(moment_of("2026-11-25T21:30"), "2026-11-25T21:30:00Z".parse().ok());
        assert_eq!(moment_of("2026-11-25T21:30:12"), "2026-11-25T21:30:12Z".parse().ok());
        assert_eq!(moment_of("soon"), None);
        assert_eq!(moment_of("é"), None);
    }
}
