//! Which rows were refused, and by which rule.

/// Rules in words.
mod rule;

use maud::{Markup, html};

pub use rule::{Asks, RefusedBy};

use crate::components::{Icon, brief, button_to, card, empty_state, nothing, told, told_short};
use crate::frame::{Area, Frame};
use crate::pages::batches::RowCounts;
use crate::words::{BatchesWords, Common, QuarantineWords, fill};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quarantine {
    /// Batches in all.
    pub all_batches: u64,
    /// Rows of all batches.
    pub totals: RowCounts,
    /// The batches of the matrix with their rows, the oldest first.
    pub batches: Vec<(i64, RowCounts)>,
    /// The rules that refused any of their rows, most first.
    pub rules: Vec<RuleLine>,
    /// The batch to ask for to see older ones.
    pub older: Option<i64>,
    /// The batch to ask for to see newer ones.
    pub newer: Option<i64>,
    /// What is asked for.
    pub filter: Filter,
    /// How many rows are like that.
    pub found: u64,
    /// The columns of the rows.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<RefusedRow>,
    /// How many rows are shown at a time.
    pub step: u64,
}

/// A rule and how many rows it refused.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleLine {
    /// The rule.
    pub rule: RefusedBy,
    /// Rows in each of [`Quarantine::batches`].
    pub counts: Vec<u64>,
}

impl RuleLine {
    /// Rows in all of them.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Rows of this batch.
    pub batch: Option<i64>,
    /// Refused by this rule.
    pub rule: Option<String>,
    /// For this column.
    pub column: Option<String>,
    /// The newest batch of the matrix.
    pub until: Option<i64>,
    /// Rows passed over.
    pub from: u64,
}

impl Filter {
    /// The same as a query.
    fn query(&self) -> String {
        let number = |name: &str, value: Option<i64>| value.map(|value| format!("&{name}={value}"));
        let parts = [
            number("until", self.until),
            number("batch", self.batch),
            Some(rule::query(self.rule.as_deref(), self.column.as_deref())),
            number("rows", i64::try_from(self.from).ok().filter(|from| *from > 0)),
        ];
        let query: String = parts.into_iter().flatten().collect();
        if query.is_empty() { query } else { format!("?{}", &query[1..]) }
    }

    fn href(&self) -> String {
        format!("/ui/quarantine{}", self.query())
    }
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedRow {
    /// Its batch.
    pub batch: i64,
    /// Its place in it, from 1.
    pub place: i64,
    /// The rule.
    pub rule: RefusedBy,
    /// The value; `None` where it was missing.
    pub value: Option<String>,
    /// Every value in the order of [`Quarantine::columns`].
    pub cells: Vec<Option<String>>,
    /// The places of those that the rule looked at.
    pub broke: Vec<usize>,
}

/// The page.
pub fn page(frame: &Frame, view: &Quarantine) -> Markup {
    let words = QuarantineWords::of(frame.lang);
    let lead = html! { @if view.all_batches > 0 { (lead(frame, view, words)) } };
    let file = format!("/ui/quarantine.csv{}", Filter { from: 0, until: None, ..view.filter.clone() }.query());
    let beside = html! { @if view.found > 0 { (button_to(&file, Some(Icon::Download), words.download, false)) } };
    let content = html! {
        @if view.totals.quarantined == 0 {
            section.card #live-empty data-part { (empty_state(words.empty, words.empty_text, &nothing())) }
        } @else {
            div #live-matrix data-part { (matrix(frame, view, words)) }
            (rows(frame, view, words))
        }
    };
    let crumbs = [(BatchesWords::of(frame.lang).title, Some("/ui/batches")), (words.title, None)];
    frame.page(Some(Area::Data), &crumbs, words.title, &lead, &beside, &content)
}

fn lead(frame: &Frame, view: &Quarantine, words: &'static QuarantineWords) -> String {
    let figures = frame.figures();
    let (Some(share), Some(first)) = (view.totals.refused().filter(|share| *share > 0.0), view.rules.first()) else {
        return if view.totals.quarantined == 0 { words.lead_none.to_owned() } else { String::new() };
    };
    fill(
        words.lead,
        &[
            ("rows", &figures.count(view.totals.quarantined)),
            ("batches", &figures.count(view.all_batches)),
            ("share", &figures.percent(share)),
            ("rule", &first.rule.sentence(frame)),
        ],
    )
}

fn matrix(frame: &Frame, view: &Quarantine, words: &'static QuarantineWords) -> Markup {
    let figures = frame.figures();
    let filter = &view.filter;
    let here = |batch: Option<i64>, rule: Option<&RefusedBy>| {
        filter.batch == batch
            && filter.rule.as_deref() == rule.map(|rule| rule.rule.as_str())
            && filter.column.as_deref() == rule.and_then(|rule| rule.column.as_deref())
    };
    let to = |batch: Option<i64>, rule: Option<&RefusedBy>| {
        let filter = Filter {
            batch,
            rule: rule.map(|rule| rule.rule.clone()),
            column: rule.and_then(|rule| rule.column.clone()),
            until: filter.until,
            from: 0,
        };
        format!("{}#rows", filter.href())
    };
    let cell = |count: u64, new: u64, batch: Option<i64>, rule: Option<&RefusedBy>| {
        html! {
            td.here[here(batch, rule)] {
                @if count > 0 {
                    a href=(to(batch, rule)) aria-current=[here(batch, rule).then_some("true")] { (figures.count(count)) }
                    svg.mini height="4" aria-hidden="true" { rect.quar height="4" rx="1" width=(format!("{:.1}%", 100.0 * count as f64 / new.max(1) as f64)) {} }
                } @else { span.mut { "·" } }
            }
        }
    };
    let new: u64 = view.batches.iter().map(|(_, rows)| rows.new).sum();
    let table = html! {
        div class="scroll flush" data-to-end tabindex="0" role="group" aria-label=(words.matrix) {
            table class="tbl refusals" {
                caption.sr { (words.matrix) }
                thead { tr {
                    th scope="col" { (words.rule) }
                    @for (batch, _) in &view.batches { th scope="col" { a href={ "/ui/batches/" (batch) } { (batch) } } }
                    th scope="col" { (words.all_batches) }
                } }
                tbody {
                    @for line in &view.rules {
                        tr {
                            th scope="row" { (line.rule.draw(frame)) small { code { (line.rule.key()) } } }
                            @for (count, (batch, rows)) in line.counts.iter().zip(&view.batches) {
                                (cell(*count, rows.new, Some(*batch), Some(&line.rule)))
                            }
                            (cell(line.total(), new, None, Some(&line.rule)))
                        }
                    }
                }
                tfoot { tr {
                    th scope="row" { (words.all_rules) }
                    @for (batch, rows) in &view.batches {
                        td.here[here(Some(*batch), None)] {
                            a href=(to(Some(*batch), None)) { (figures.count(rows.quarantined)) }
                            @if let Some(share) = rows.refused() { small { (figures.whole_percent(share)) } }
                        }
                    }
                    td.here[here(None, None)] {
                        a href=(to(None, None)) { (figures.count(view.batches.iter().map(|(_, rows)| rows.quarantined).sum::<u64>())) }
                    }
                } }
            }
        }
        (matrix_pages(frame, view, words))
    };
    card("matrix", words.matrix, Some(words.matrix_lead), &nothing(), &table)
}

fn matrix_pages(frame: &Frame, view: &Quarantine, words: &'static QuarantineWords) -> Markup {
    let (Some((first, _)), Some((last, _))) = (view.batches.first(), view.batches.last()) else { return nothing() };
    let shown = fill(
        words.shown,
        &[("from", &first.to_string()), ("to", &last.to_string()), ("all", &frame.figures().count(view.all_batches))],
    );
    let to = |until: i64| Filter { until: Some(until), batch: None, from: 0, ..view.filter.clone() }.href();
    html! {
        @if view.older.is_some() || view.newer.is_some() {
            nav.pages aria-label=(words.matrix) {
                @if let Some(older) = view.older { a.btn.s href=(to(older)) data-older { (Icon::Previous.small()) (words.older) } }
                span { (shown) }
                @if let Some(newer) = view.newer { a.btn.s href=(to(newer)) data-newer { (words.newer) (Icon::Next.small()) } }
            }
        }
    }
}

fn rows(frame: &Frame, view: &Quarantine, words: &'static QuarantineWords) -> Markup {
    let title = match view.filter.batch {
        Some(batch) => fill(words.rows_of_batch, &[("n", &batch.to_string())]),
        None => words.rows.to_owned(),
    };
    let content = html! {
        div.body { (filters(frame, view, words)) }
        @if view.rows.is_empty() { div.body { p.sub { (words.none_match) } } } @else {
            div class="scroll flush" tabindex="0" role="group" aria-label=(words.rows) {
                table class="tbl cells" {
                    caption.sr { (title) }
                    thead { tr {
                        th scope="col" { (Common::of(frame.lang).batch) } th.r scope="col" { (words.place) }
                        th scope="col" { (words.rule) } th scope="col" { (words.value) }
                        @for name in &view.columns { th scope="col" { (told(&brief(name, 40))) } }
                    } }
                    tbody { @for row in &view.rows { (refused_row(frame, row, words)) } }
                }
            }
            (row_pages(frame, view, words))
        }
    };
    card("rows", title.as_str(), Some(words.rows_lead), &nothing(), &content)
}

/// Two lists to choose from, for those whom the matrix does not show what they look for.
fn filters(frame: &Frame, view: &Quarantine, words: &'static QuarantineWords) -> Markup {
    let filter = &view.filter;
    let common = Common::of(frame.lang);
    let chosen = |line: &RuleLine| Some(&line.rule.rule) == filter.rule.as_ref() && line.rule.column == filter.column;
    let within = view.batches.iter().any(|(batch, _)| Some(*batch) == filter.batch);
    html! {
        form.filters method="get" action="/ui/quarantine#rows" data-now {
            @if let Some(until) = filter.until { input type="hidden" name="until" value=(until); }
            div.field {
                label for="f-batch" { (common.batch) }
                select #f-batch name="batch" {
                    option value="" { (words.every_batch) }
                    @if let (Some(batch), false) = (filter.batch, within) { option value=(batch) selected { (batch) } }
                    @for (batch, _) in view.batches.iter().rev() { option value=(batch) selected[filter.batch == Some(*batch)] { (batch) } }
                }
            }
            div.field {
                label for="f-rule" { (words.rule) }
                select #f-rule name="by" {
                    option value="" { (words.every_rule) }
                    @for line in &view.rules {
                        option value=(line.rule.id()) selected[chosen(line)] { (line.rule.sentence(frame)) }
                    }
                }
            }
            button.btn type="submit" { (words.filter) }
        }
    }
}

fn refused_row(frame: &Frame, row: &RefusedRow, words: &'static QuarantineWords) -> Markup {
    let value = |value: &Option<String>| html! { @match value { Some(value) => (told_short(value)), None => { (words.missing) } } };
    html! {
        tr {
            th.nw scope="row" { a href={ "/ui/batches/" (row.batch) } { (row.batch) } }
            td.r { (frame.figures().count(row.place)) }
            td.wrap { (row.rule.draw(frame)) }
            td.off { b { (value(&row.value)) } }
            @for (place, cell) in row.cells.iter().enumerate() {
                @if row.broke.contains(&place) {
                    td.off { b { span.sr { (words.refused_cell) ": " } (value(cell)) } }
                } @else {
                    td { @match cell { Some(cell) => (told_short(cell)), None => { span.mut { "–" } } } }
                }
            }
        }
    }
}

fn row_pages(frame: &Frame, view: &Quarantine, words: &'static QuarantineWords) -> Markup {
    let count = |n: u64| frame.figures().count(n);
    let from = view.filter.from;
    let to = from + view.rows.len() as u64;
    let shown = fill(words.some_rows, &[("from", &count(from + 1)), ("to", &count(to)), ("all", &count(view.found))]);
    let at = |from: u64| format!("{}#rows", Filter { from, ..view.filter.clone() }.href());
    html! {
        nav.pages aria-label=(words.rows) {
            @if from > 0 { a.btn.s href=(at(from.saturating_sub(view.step))) { (Icon::Previous.small()) (words.earlier_page) } }
            span { (shown) }
            @if to < view.found { a.btn.s href=(at(to)) { (words.later_page) (Icon::Next.small()) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LANGS, check, frame, hostile};

    fn view() -> Quarantine {
        let rule = |name: String, asks: Asks| RefusedBy {
            rule: name.clone(),
            column: Some(name.clone()),
            label: name,
            unit: "<u>".to_owned(),
            asks,
        };
        let rows = RowCounts { received: 100, new: 40, seen: 60, clean: 70, quarantined: 20 };
        let refused = |name: String| RefusedRow {
            batch: 1,
            place: 5,
            rule: rule(name, Asks::Min(2.0)),
            value: None,
            cells: hostile().into_iter().map(Some).chain([None]).collect(),
            broke: vec![0, 10],
        };
        Quarantine {
            all_batches: 20,
            totals: rows,
            batches: vec![(1, rows), (2, rows)],
            rules: hostile()
                .into_iter()
                .map(|name| RuleLine { rule: rule(name, Asks::Holds), counts: vec![3, 0] })
                .collect(),
            older: None,
            newer: Some(14),
            filter: Filter { batch: Some(1), rule: Some(hostile()[1].clone()), column: None, until: Some(2), from: 50 },
            found: 200,
            columns: hostile().into_iter().chain(["last".to_owned()]).collect(),
            rows: hostile().into_iter().map(refused).collect(),
            step: 50,
        }
    }

    #[test]
    fn every_state_is_sound_in_both_languages() {
        for lang in LANGS {
            let frame = frame(lang);
            let html = page(&frame, &view()).into_string();
            check(&html);
            assert!(html.contains("&amp;rule=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E"));
            let none_like_that = Quarantine { rows: Vec::new(), found: 0, ..view() };
            check(&page(&frame, &none_like_that).into_string());
            let empty = page(&frame, &Quarantine::default()).into_string();
            check(&empty);
            assert!(!empty.contains("<table"));
        }
    }

    #[test]
    fn a_filter_is_its_url() {
        assert_eq!(Filter::default().href(), "/ui/quarantine");
        let filter =
            Filter { batch: Some(3), rule: Some("max 5".into()), column: Some("a b".into()), until: None, from: 50 };
        assert_eq!(filter.href(), "/ui/quarantine?batch=3&rule=max%205&column=a%20b&rows=50");
    }
}
