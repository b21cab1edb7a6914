//! What each column looks like, against the rows that the champion was trained on.

use maud::{Markup, html};
use tidewheel_domain::drift_report::{CategorySummary, ColumnSide, LevelShare, NumericSummary, QUANTILES};
use tidewheel_domain::project::{ColumnType, Role};

use super::{BatchPage, part};
use crate::components::{Icon, brief, card, heat_cell, nothing, told};
use crate::figures::Figures;
use crate::frame::{Frame, escaped};
use crate::words::{BatchWords, fill};

/// Levels that are drawn.
const LEVELS: usize = 5;
/// Height and width of a small histogram.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 44.0;

/// What the columns look like.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// The version whose training rows are the reference.
    pub version: Option<String>,
    /// The columns that are shown.
    pub columns: Vec<ColumnProfile>,
    /// The place of the first of them.
    pub from: usize,
    /// How many there are altogether.
    pub all: usize,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its name for people, where it has another one.
    pub label: Option<String>,
    /// Its unit.
    pub unit: String,
    /// The type of its values.
    pub kind: ColumnType,
    /// What it is for.
    pub role: Role,
    /// Whether it is predicted.
    pub target: bool,
    /// In this batch.
    pub current: ColumnSide,
    /// In the champion's training rows.
    pub reference: Option<ColumnSide>,
    /// Its histogram.
    pub bins: Option<Bins>,
    /// Its drift, in multiples of the bound.
    pub drift: Option<f64>,
    /// Levels that the reference lacks.
    pub new_levels: u64,
}

/// Shares of rows in bins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bins {
    /// One more than bins, growing.
    pub edges: Vec<f64>,
    /// Whether they are evenly spaced on a logarithmic scale.
    pub log: bool,
    /// Of this batch.
    pub current: Vec<f64>,
    /// Of the reference; empty without one.
    pub reference: Vec<f64>,
}

pub(super) fn draw(frame: &Frame, view: &BatchPage) -> Markup {
    let words = BatchWords::of(frame.lang);
    let profile = match &view.profile {
        Ok(profile) => profile,
        Err(reason) => {
            let text = fill(words.profile_gone, &[("reason", &brief(reason, 400))]);
            return card(
                "profile",
                words.profile,
                None,
                &nothing(),
                &html! { div.body { p.warn { (Icon::Warn.small()) (text) } } },
            );
        }
    };
    let lead = match &profile.version {
        Some(version) => fill(words.profile_lead, &[("version", version)]),
        None => words.profile_alone.to_owned(),
    };
    let table = html! {
        div.flush {
            table class="tbl profile cards-s" {
                caption.sr { (words.profile) }
                thead { tr {
                    th scope="col" { (words.column) } th.r scope="col" { (words.missing) } th scope="col" { (words.distribution) }
                    th scope="col" { (words.figures) } th scope="col" { (words.drift) }
                } }
                tbody { @for column in &profile.columns { (row(frame, view, column, words)) } }
            }
        }
        (pages(frame, view, profile, words))
    };
    card("profile", words.profile, Some(&lead), &nothing(), &table)
}

fn pages(frame: &Frame, view: &BatchPage, profile: &Profile, words: &'static BatchWords) -> Markup {
    let count = |n: usize| frame.figures().count(n as u64);
    let to = profile.from + profile.columns.len();
    let shown = fill(
        words.some_columns,
        &[("from", &count(profile.from + 1)), ("to", &count(to)), ("all", &count(profile.all))],
    );
    let rows = view.sample.as_ref().map_or(0, |sample| sample.from);
    let step = profile.columns.len();
    html! {
        @if step < profile.all {
            nav.pages aria-label=(words.profile) {
                @if profile.from > 0 {
                    a.btn.s href=(part(view, profile.from.saturating_sub(step), rows, "profile")) { (Icon::Previous.small()) (words.earlier_page) }
                }
                span { (shown) }
                @if to < profile.all { a.btn.s href=(part(view, to, rows, "profile")) { (words.later_page) (Icon::Next.small()) } }
            }
        }
    }
}

fn row(frame: &Frame, view: &BatchPage, column: &ColumnProfile, words: &'static BatchWords) -> Markup {
    let figures = frame.figures();
    let current = &column.current;
    let before = column.reference.as_ref().map(|side| side.missing_share);
    let shown = |share: f64| figures.percent(share);
    let name = brief(column.label.as_deref().unwrap_or(&column.name), 60);
    html! {
        tr {
            th scope="row" {
                a href={ "/ui/batches/profile?col=" (escaped(&column.name)) } title=(fill(words.over_time, &[("name", &name)])) { bdi { (name) } }
                small { (about(column, words)) }
            }
            td class="r num" data-l=(words.missing) {
                div {
                    (shown(current.missing_share))
                    @if let Some(before) = before.filter(|before| shown(*before) != shown(current.missing_share)) {
                        small { (fill(words.before, &[("value", &shown(before))])) }
                    }
                }
            }
            td.shape data-l=(words.distribution) { div { (distribution(frame, column, &name, words)) } }
            td data-l=(words.figures) { div { (in_figures(figures, column, words)) } }
            td.drift data-l=(words.drift) {
                a href={ "/ui/drift?cur=" (view.batch) "&col=" (escaped(&column.name)) } { (heat_cell(figures, column.drift)) }
            }
        }
    }
}

/// Name in the data, type, unit, what it is for.
fn about(column: &ColumnProfile, words: &'static BatchWords) -> Markup {
    let use_ = match (column.target, column.role) {
        (true, _) => Some(words.target),
        (_, Role::Ignore) => Some(words.ignored),
        (_, Role::Key) => Some(words.key_only),
        _ => None,
    };
    html! {
        @if column.label.is_some() { code { (told(&brief(&column.name, 40))) } ", " }
        (type_name(column.kind, words))
        @if !column.unit.is_empty() { ", " bdi { (brief(&column.unit, 20)) } }
        @if let Some(use_) = use_ { ", " (use_) }
    }
}

/// What a type is called.
fn type_name(kind: ColumnType, words: &'static BatchWords) -> &'static str {
    match kind {
        ColumnType::Number => words.number,
        ColumnType::Category => words.category,
        ColumnType::Date => words.date,
        ColumnType::Boolean => words.boolean,
    }
}

/// A value of a column as a reader writes it.
pub(in crate::pages) fn value_of(figures: Figures, kind: ColumnType, unit: &str, value: f64) -> String {
    match kind {
        ColumnType::Date => crate::figures::date_of_days(value),
        ColumnType::Boolean => figures.percent(value),
        _ => figures.in_unit(value, unit),
    }
}

/// A quantile of a summary; `p` is one of [`QUANTILES`].
pub(in crate::pages) fn quantile(numbers: &NumericSummary, p: f64) -> Option<f64> {
    let place = QUANTILES.iter().position(|known| (known - p).abs() < 1e-9)?;
    numbers.quantiles.get(place).copied()
}

fn in_figures(figures: Figures, column: &ColumnProfile, words: &'static BatchWords) -> Markup {
    let write = |value: f64| value_of(figures, column.kind, &column.unit, value);
    let before = column.reference.as_ref();
    let earlier = |value: Option<String>| {
        html! { @if let Some(value) = value { small { (fill(words.before, &[("value", &value)])) } } }
    };
    html! {
        @match (&column.current.numbers, &column.current.categories) {
            (Some(numbers), _) if column.kind == ColumnType::Boolean => {
                b { (fill(words.yes, &[("share", &figures.percent(numbers.mean))])) }
                (earlier(before.and_then(|side| side.numbers.as_ref()).map(|numbers| figures.percent(numbers.mean))))
            }
            (Some(numbers), _) => {
                b { (fill(words.median, &[("value", &write(numbers.median))])) }
                (earlier(before.and_then(|side| side.numbers.as_ref()).map(|numbers| write(numbers.median))))
                @for (text, from, to) in [(words.half, 0.25, 0.75), (words.range, 0.0, 1.0)] {
                    @if let (Some(low), Some(high)) = (quantile(numbers, from), quantile(numbers, to)) {
                        small { (fill(text, &[("low", &write(low)), ("high", &write(high))])) }
                    }
                }
            }
            (_, Some(levels)) => {
                b { @if levels.levels == 1 { (words.level_one) } @else { (fill(words.levels, &[("n", &figures.count(levels.levels))])) } }
                (earlier(before.and_then(|side| side.categories.as_ref()).map(|levels| figures.count(levels.levels))))
                @if column.new_levels > 0 { small.warn { (fill(words.new_levels, &[("n", &figures.count(column.new_levels))])) } }
            }
            _ => { span.mut { (words.no_values) } }
        }
    }
}

fn distribution(frame: &Frame, column: &ColumnProfile, name: &str, words: &'static BatchWords) -> Markup {
    let figures = frame.figures();
    html! {
        @match (&column.bins, &column.current.categories) {
            (Some(bins), _) => { (histogram(figures, column, bins, name, words)) }
            (_, Some(levels)) => { (top_levels(figures, column, levels, words)) }
            _ => { span.mut { "–" } }
        }
    }
}

/// Two outlines over the same bins: the reference as a grey area, this batch in blue above it.
fn histogram(figures: Figures, column: &ColumnProfile, bins: &Bins, name: &str, words: &'static BatchWords) -> Markup {
    let (Some(&first), Some(&last)) = (bins.edges.first(), bins.edges.last()) else { return nothing() };
    let scaled = |edge: f64| if bins.log { edge.max(f64::MIN_POSITIVE).ln() } else { edge };
    let (from, to) = (scaled(first), scaled(last));
    let most = bins.current.iter().chain(&bins.reference).copied().fold(1e-9, f64::max);
    let outline = |shares: &[f64]| {
        use std::fmt::Write as _;
        let mut path = format!("M0 {HEIGHT}");
        for (share, edge) in shares.iter().zip(&bins.edges[1..]) {
            let x = WIDTH * (scaled(*edge) - from) / (to - from).max(f64::MIN_POSITIVE);
            let y = HEIGHT - (HEIGHT - 3.0) * share / most;
            // writing to a string cannot fail
            let _ = write!(path, "V{y:.1}H{x:.1}");
        }
        format!("{path}V{HEIGHT}")
    };
    let write = |value: f64| value_of(figures, column.kind, &column.unit, value);
    let middle = column
        .current
        .numbers
        .as_ref()
        .map_or_else(|| words.no_values.to_owned(), |numbers| fill(words.median, &[("value", &write(numbers.median))]));
    let label = fill(words.shape_of, &[("name", name), ("figures", &middle)]);
    let ends = if column.kind == ColumnType::Boolean {
        [first, last].map(|_| String::new())
    } else {
        outer_values(&bins.edges).map(write)
    };
    html! {
        svg.hist viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
            @if !bins.reference.is_empty() { path class="f-ref nv" d=(outline(&bins.reference)) {} }
            path class="f-cur nv" d=(outline(&bins.current)) {}
        }
        span class="ends xs mut" { span { (ends[0]) } span { (ends[1]) } }
    }
}

/// The lowest and the highest value of the axis: of counts, whose bins are split half-way, the counts themselves.
fn outer_values(edges: &[f64]) -> [f64; 2] {
    let (first, last) = (edges.first().copied().unwrap_or(0.0), edges.last().copied().unwrap_or(0.0));
    let half_way = edges.iter().all(|edge| (edge.fract().abs() - 0.5).abs() < 1e-9);
    if half_way { [first + 0.5, last - 0.5] } else { [first, last] }
}

fn top_levels(
    figures: Figures,
    column: &ColumnProfile,
    levels: &CategorySummary,
    words: &'static BatchWords,
) -> Markup {
    let before = |level: &str| {
        let known = &column.reference.as_ref()?.categories.as_ref()?;
        known.top.iter().find(|one| one.level == level).map(|one| one.share)
    };
    let bar = |one: &LevelShare| {
        let was = before(&one.level);
        let label = match was {
            Some(was) => {
                fill(words.level_of, &[("share", &figures.percent(one.share)), ("before", &figures.percent(was))])
            }
            None => figures.percent(one.share),
        };
        html! {
            li {
                span.name { bdi { (brief(&one.level, 40)) } }
                svg.mini height="12" role="img" aria-label=(label) {
                    rect.b-cur y="2" height="8" rx="1.5" width=(format!("{:.1}%", 100.0 * one.share)) {}
                    @if let Some(was) = was { line.was x1=(format!("{:.1}%", 100.0 * was)) x2=(format!("{:.1}%", 100.0 * was)) y1="0" y2="12" {} }
                }
                span.num { (figures.percent(one.share)) }
            }
        }
    };
    html! { ul.levels { @for one in levels.top.iter().take(LEVELS) { (bar(one)) } } }
}
