//! One batch: what arrived, what each of its columns looks like, and its rows.

/// Columns, against what the champion was trained on.
mod profile;
/// Rows.
mod sample;

use maud::{Markup, html};
use tidewheel_domain::Timestamp;

pub use profile::{Bins, ColumnProfile, Profile};
pub use sample::Sample;

pub(super) use profile::{quantile, value_of};

use crate::components::{Icon, action_chip, button_to, card, copy_button, told, told_short};
use crate::frame::{Area, Frame};
use crate::pages::batches::{RowCounts, SchemaChange, TurnOf, legend, made_of};
use crate::pages::quarantine::RefusedBy;
use crate::words::{BatchWords, BatchesWords, fill};

/// What the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchPage {
    /// Its number.
    pub batch: i64,
    /// When it had been received.
    pub at: Timestamp,
    /// Its rows.
    pub rows: RowCounts,
    /// The share of new rows that is usually refused.
    pub usual: Option<f64>,
    /// Values that were not of their column's type.
    pub misread: u64,
    /// The hash of its content.
    pub sha256: String,
    /// Where the source stood after it, in the source's own words.
    pub source: Option<String>,
    /// What differs from the columns of the batch before; `None` of the first one.
    pub schema: Option<SchemaChange>,
    /// The number of columns it had.
    pub columns: u64,
    /// The turn over it.
    pub turn: Option<TurnOf>,
    /// Why that was decided, in a sentence.
    pub sentence: String,
    /// How many rows each rule refused, most first.
    pub refused: Vec<(RefusedBy, u64)>,
    /// The batch before.
    pub older: Option<i64>,
    /// The batch after.
    pub newer: Option<i64>,
    /// What its columns look like, or why that cannot be told.
    pub profile: Result<Profile, String>,
    /// Rows of it, or why they cannot be shown.
    pub sample: Result<Sample, String>,
}

/// The page.
pub fn page(frame: &Frame, view: &BatchPage) -> Markup {
    let words = BatchWords::of(frame.lang);
    let title = fill(words.title, &[("n", &view.batch.to_string())]);
    let lead = html! { (lead(frame, view, words)) };
    let beside = html! {
        @if let Some(older) = view.older {
            a.btn.s href={ "/ui/batches/" (older) } data-older { (Icon::Previous.small()) (fill(words.older, &[("n", &older.to_string())])) }
        }
        @if let Some(newer) = view.newer {
            a.btn.s href={ "/ui/batches/" (newer) } data-newer { (fill(words.older, &[("n", &newer.to_string())])) (Icon::Next.small()) }
        }
        (button_to(&format!("/ui/batches/{}/clean.parquet", view.batch), Some(Icon::Download), words.clean_file, false))
        (button_to(&format!("/ui/batches/{}/raw.parquet", view.batch), Some(Icon::Download), words.raw_file, false))
    };
    let content = html! {
        div.grid #live-facts data-part {
            div.c7 { (facts(frame, view, words)) }
            div.c5 { (refused(frame, view, words)) }
        }
        (profile::draw(frame, view))
        (sample::draw(frame, view))
    };
    let crumbs = [(BatchesWords::of(frame.lang).title, Some("/ui/batches")), (title.as_str(), None)];
    frame.page(Some(Area::Data), &crumbs, &title, &lead, &beside, &content)
}

fn lead(frame: &Frame, view: &BatchPage, words: &'static BatchWords) -> String {
    let figures = frame.figures();
    let at = figures.moment(view.at);
    let received = figures.count(view.rows.received);
    let Some(share) = view.rows.refused() else {
        return fill(words.lead_none_new, &[("received", &received), ("at", &at)]);
    };
    fill(
        words.lead,
        &[
            ("received", &received),
            ("at", &at),
            ("new", &figures.count(view.rows.new)),
            ("seen", &figures.count(view.rows.seen)),
            ("refused", &figures.count(view.rows.quarantined)),
            ("share", &figures.percent(share)),
            ("usual", &view.usual.map_or_else(|| "–".to_owned(), |usual| figures.percent(usual))),
        ],
    )
}

fn facts(frame: &Frame, view: &BatchPage, words: &'static BatchWords) -> Markup {
    let figures = frame.figures();
    let content = html! {
        div.body {
            dl.kv {
                dt { (words.made_of) } dd { (made_of(frame, view.rows)) }
                dt { (words.clean) } dd { (fill(words.clean_more, &[("n", &figures.count(view.rows.clean))])) }
                dt { (words.columns) }
                dd {
                    @match &view.schema {
                        None => { (fill(words.first_columns, &[("n", &figures.count(view.columns))])) }
                        Some(change) if *change == SchemaChange::default() => {
                            (fill(words.same_columns, &[("n", &figures.count(view.columns))]))
                        }
                        Some(change) => { (figures.count(view.columns)) " " (change.draw(frame)) }
                    }
                }
                @if view.misread > 0 { dt { (words.misread) } dd { (figures.count(view.misread)) } }
                dt { (words.decision) }
                dd {
                    @match &view.turn {
                        Some(turn) => {
                            a.plain href={ "/ui/decisions/" (view.batch) } { (action_chip(frame.lang, turn.action, turn.state)) }
                            " " a.t href={ "/ui/pipeline?turn=" (turn.number) } { (fill(words.turn, &[("n", &turn.number.to_string())])) }
                        }
                        None => "–",
                    }
                }
                @if !view.sentence.is_empty() { dt { (words.why) } dd { (told(&view.sentence)) } }
                dt { (words.content) } dd { span.row { code { (view.sha256) } (copy_button(frame.lang, &view.sha256)) } }
                @if let Some(source) = &view.source { dt { (words.source) } dd.mono { (told_short(source)) } }
            }
        }
    };
    card("facts", words.facts, None, &legend(frame), &content)
}

fn refused(frame: &Frame, view: &BatchPage, words: &'static BatchWords) -> Markup {
    let figures = frame.figures();
    let most = view.refused.iter().map(|(_, rows)| *rows).max().unwrap_or(0).max(1) as f64;
    let all = format!("/ui/quarantine?batch={}", view.batch);
    let content = html! {
        div.body {
            @if view.refused.is_empty() { p.sub { (words.none_refused) } } @else {
                table class="bars" {
                    caption.sr { (words.refused_by) }
                    tbody {
                        @for (rule, rows) in view.refused.iter().take(10) {
                            tr {
                                th scope="row" { a href={ (all) (rule.query()) } { (rule.draw(frame)) } }
                                td.wide { svg.mini aria-hidden="true" { rect.quar y="4" height="8" rx="1.5" width=(format!("{:.1}%", 100.0 * *rows as f64 / most)) {} } }
                                td class="r num nw" { (figures.count(*rows)) }
                            }
                        }
                    }
                }
            }
        }
    };
    let beside = html! { @if !view.refused.is_empty() { a.sm href=(all) { (words.all_refused) } } };
    card("refused", words.refused_by, None, &beside, &content)
}

/// Where another part of the batch's columns or rows is.
fn part(view: &BatchPage, columns: usize, rows: u64, at: &str) -> String {
    let mut query = Vec::new();
    if columns > 0 {
        query.push(format!("columns={columns}"));
    }
    if rows > 0 {
        query.push(format!("rows={rows}"));
    }
    let sign = if query.is_empty() { "" } else { "?" };
    format!("/ui/batches/{}{sign}{}#{at}", view.batch, query.join("&"))
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::drift_report::{CategorySummary, ColumnSide, LevelShare, NumericSummary, QUANTILES};
    use tidewheel_domain::project::{ColumnType, Role};

    use super::*;
    use crate::pages::quarantine::Asks;
    use crate::testing::{LANGS, check, frame, hostile};

    fn column(name: String, kind: ColumnType) -> ColumnProfile {
        let level = |level: String| LevelShare { level, rows: 10, share: 0.1 };
        let numbers = NumericSummary {
            mean: 0.5,
            sd: 1.0,
            winsorised_mean: 0.5,
            winsorised_sd: 1.0,
            median: 0.5,
            quantiles: QUANTILES.to_vec(),
            infinite: 0,
        };
        let category = kind == ColumnType::Category;
        let side = ColumnSide {
            rows: 100,
            missing: 5,
            missing_share: 0.05,
            numbers: (!category).then_some(numbers),
            categories: category
                .then(|| CategorySummary { levels: 10, top: hostile().into_iter().map(level).collect() }),
        };
        ColumnProfile {
            label: Some(format!("label of {name}")),
            name,
            unit: hostile()[0].clone(),
            kind,
            role: Role::Feature,
            target: false,
            reference: Some(side.clone()),
            bins: (!category).then(|| Bins {
                edges: vec![0.0, 0.5, 1.0],
                log: false,
                current: vec![0.4, 0.6],
                reference: vec![0.5, 0.5],
            }),
            current: side,
            drift: Some(1.5),
            new_levels: 3,
        }
    }

    fn view() -> BatchPage {
        let kinds = [ColumnType::Number, ColumnType::Category, ColumnType::Date, ColumnType::Boolean];
        let columns = hostile().into_iter().zip(kinds.into_iter().cycle()).map(|(name, kind)| column(name, kind));
        let rule = RefusedBy {
            rule: hostile()[1].clone(),
            column: Some(hostile()[0].clone()),
            label: hostile()[6].clone(),
            unit: String::new(),
            asks: Asks::OneOf(hostile()),
        };
        BatchPage {
            batch: 2,
            at: Timestamp::from_ms(1_795_642_012_249),
            rows: RowCounts { received: 100, new: 40, seen: 60, clean: 70, quarantined: 20 },
            usual: Some(0.2),
            misread: 3,
            sha256: "ab".repeat(32),
            source: Some(hostile()[9].clone()),
            schema: Some(SchemaChange { appeared: hostile(), gone: Vec::new() }),
            columns: 10,
            turn: None,
            sentence: hostile().concat(),
            refused: vec![(rule, 20)],
            older: Some(1),
            newer: Some(3),
            profile: Ok(Profile { version: Some("v1".into()), columns: columns.collect(), from: 0, all: 200 }),
            sample: Ok(Sample {
                columns: hostile().into_iter().map(|name| (name, false)).collect(),
                rows: vec![hostile().into_iter().map(Some).collect(), vec![None; 10]],
                from: 0,
                step: 50,
                all: 70,
            }),
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        for lang in LANGS {
            let html = page(&frame(lang), &view()).into_string();
            check(&html);
            assert!(html.contains("&lt;script&gt;") && html.contains("data-older") && html.contains("columns=10"));
        }
    }

    #[test]
    fn a_batch_whose_rows_are_gone_still_has_a_page() {
        for lang in LANGS {
            let gone = || "no longer <b>stored</b>".to_owned();
            let rows = RowCounts { received: 5, seen: 5, ..RowCounts::default() };
            let view = BatchPage {
                rows,
                profile: Err(gone()),
                sample: Err(gone()),
                refused: Vec::new(),
                schema: None,
                ..view()
            };
            let html = page(&frame(lang), &view).into_string();
            check(&html);
            assert!(html.contains("no longer &lt;b&gt;stored"));
        }
    }
}
