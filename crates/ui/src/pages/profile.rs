//! One column, batch by batch.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tidewheel_chart::line::{LinePoint, Lines, Series};
use tidewheel_chart::{Axis, Caption, Unit};
use tidewheel_domain::Timestamp;
use tidewheel_domain::drift_report::ColumnSide;
use tidewheel_domain::project::ColumnType;

use super::batch::{quantile, value_of};
use crate::components::{Icon, brief, card, chart, command, empty_state, nothing, told, visible};
use crate::figures::unit_of;
use crate::frame::{Area, Frame};
use crate::words::{BatchesWords, Common, ProfileWords, fill};

/// Levels that are followed.
const LEVELS: usize = 5;
/// Batches that are named on the axis.
const TICKS: usize = 10;

/// What the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfilePage {
    /// The columns to choose from: their names and their names for people.
    pub columns: Vec<(String, String)>,
    /// The one that is shown.
    pub column: String,
    /// Its name for people.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// The type of its values.
    pub kind: ColumnType,
    /// The batches, the oldest first.
    pub batches: Vec<BatchOf>,
    /// At most so many batches.
    pub most: u64,
    /// Batches whose rows cannot be read.
    pub gone: u64,
}

/// The column in one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchOf {
    /// The batch.
    pub batch: i64,
    /// When it had been received.
    pub at: Timestamp,
    /// What the column looks like; `None` where the batch lacks it.
    pub side: Option<ColumnSide>,
}

/// The page.
pub fn page(frame: &Frame, view: &ProfilePage) -> Markup {
    let words = ProfileWords::of(frame.lang);
    let present = view.batches.iter().any(|one| one.side.is_some());
    let lead = html! { @if present { bdi { (lead(frame, view, words)) } } };
    let content = html! {
        @if view.batches.is_empty() && view.gone == 0 {
            section.card { (empty_state(words.empty, words.empty_text, &command(frame.lang, "tidewheel run"))) }
        } @else {
            section.card { div.body { (choose(view, words)) } }
            @if view.gone > 0 {
                p class="note mt" role="note" { (Icon::Warn.draw()) span { (fill(words.gone, &[("n", &frame.figures().count(view.gone))])) } }
            }
            @if present {
                (main_card(frame, view, words))
                (missing_card(frame, view, words))
                (table(frame, view, words))
            } @else { section.card { (empty_state(words.no_column, words.no_column_text, &nothing())) } }
        }
    };
    let crumbs = [(BatchesWords::of(frame.lang).title, Some("/ui/batches")), (words.title, None)];
    frame.page(Some(Area::Data), &crumbs, words.title, &lead, &nothing(), &content)
}

/// The first and the last batch that have a figure, with it.
fn ends<T>(view: &ProfilePage, figure: impl Fn(&ColumnSide) -> Option<T>) -> Option<((i64, T), (i64, T))> {
    let known = || view.batches.iter().filter_map(|one| Some((one.batch, figure(one.side.as_ref()?)?)));
    let first = known().next()?;
    let last = known().last()?;
    Some((first, last))
}

fn told_ends(text: &str, name: &str, ends: Option<((i64, String), (i64, String))>) -> String {
    let Some(((from, first), (to, last))) = ends else { return String::new() };
    fill(
        text,
        &[("name", name), ("first", &first), ("last", &last), ("from", &from.to_string()), ("to", &to.to_string())],
    )
}

fn lead(frame: &Frame, view: &ProfilePage, words: &'static ProfileWords) -> String {
    let figures = frame.figures();
    let name = brief(&view.label, 60);
    let numbers = |side: &ColumnSide| side.numbers.clone();
    match view.kind {
        ColumnType::Boolean => {
            let yes = ends(view, |side| Some(figures.percent(numbers(side)?.mean)));
            told_ends(words.lead_yes, &name, yes)
        }
        ColumnType::Category => {
            let levels = ends(view, |side| Some(figures.count(side.categories.as_ref()?.levels)));
            told_ends(words.lead_levels, &name, levels)
        }
        kind => {
            let median = ends(view, |side| Some(value_of(figures, kind, &view.unit, numbers(side)?.median)));
            told_ends(words.lead_numbers, &name, median)
        }
    }
}

fn choose(view: &ProfilePage, words: &'static ProfileWords) -> Markup {
    html! {
        form.filters method="get" action="/ui/batches/profile" data-now {
            div.field {
                label for="f-col" { (words.column) }
                select #f-col name="col" {
                    @for (name, label) in &view.columns {
                        option value=(visible(name)) selected[*name == view.column] {
                            (brief(label, 60)) @if name.to_lowercase() != label.to_lowercase() { " (" (brief(name, 40)) ")" }
                        }
                    }
                }
            }
            button.btn type="submit" { (words.show) }
        }
    }
}

/// The axis of batches, with some of them named.
fn batches_axis(view: &ProfilePage, words: &'static ProfileWords) -> Axis {
    let step = view.batches.len().div_ceil(TICKS).max(1);
    let ticks = view.batches.iter().rev().step_by(step).map(|one| (one.batch as f64, one.batch.to_string()));
    let mut ticks = ticks.collect::<Vec<_>>();
    ticks.reverse();
    Axis::new(words.batch, Unit::none()).ticks(ticks)
}

fn series(view: &ProfilePage, name: &str, point: impl Fn(&ColumnSide) -> Option<(f64, Option<(f64, f64)>)>) -> Series {
    let points = view.batches.iter().map(|one| {
        let figure = one.side.as_ref().and_then(&point);
        LinePoint {
            x: one.batch as f64,
            y: figure.map(|(y, _)| y),
            interval: figure.and_then(|(_, interval)| interval),
        }
    });
    Series { name: name.to_owned(), points: points.collect() }
}

fn main_card(frame: &Frame, view: &ProfilePage, words: &'static ProfileWords) -> Markup {
    let lead_text = fill(words.main_lead, &[("n", &frame.figures().count(view.most))]);
    let (title, series, y) = match view.kind {
        ColumnType::Category => {
            let all = top_levels(view).into_iter().map(|level| {
                series(view, &brief(&level, 24), |side| {
                    let levels = side.categories.as_ref()?;
                    let share = levels.top.iter().find(|one| one.level == level).map(|one| one.share);
                    // where only the most frequent ones are known, another one's share is not
                    let absent = levels.levels <= levels.top.len() as u64;
                    share.or(absent.then_some(0.0)).map(|share| (share, None))
                })
            });
            (words.levels, all.collect(), Axis::new(words.share_of_rows, Unit::percent()))
        }
        ColumnType::Boolean => {
            let yes = series(view, "", |side| Some((side.numbers.as_ref()?.mean, None)));
            (words.share_yes, vec![yes], Axis::new(words.share_of_rows, Unit::percent()))
        }
        kind => {
            let median = series(view, "", |side| {
                let numbers = side.numbers.as_ref()?;
                Some((numbers.median, quantile(numbers, 0.25).zip(quantile(numbers, 0.75))))
            });
            let mut axis = Axis::new("", if kind == ColumnType::Date { Unit::none() } else { unit_of(&view.unit) });
            if kind == ColumnType::Date {
                axis = axis.ticks(date_ticks(&median));
            }
            (words.median, vec![median], axis)
        }
    };
    let finding = lead(frame, view, words);
    let zero = matches!(view.kind, ColumnType::Category | ColumnType::Boolean);
    let lines = Lines {
        caption: Caption::new(title, finding),
        x: batches_axis(view, words),
        y,
        series,
        zero,
        ..Lines::default()
    };
    let content = html! { div.body { (chart(frame.lang, "column", &lines, 1080.0, 340.0)) } };
    card("column", title, Some(&lead_text), &nothing(), &content)
}

/// Three dates between the earliest and the latest.
fn date_ticks(series: &Series) -> Vec<(f64, String)> {
    let days = || {
        series
            .points
            .iter()
            .flat_map(|point| {
                let (low, high) = point.interval.unwrap_or((f64::NAN, f64::NAN));
                [point.y.unwrap_or(f64::NAN), low, high]
            })
            .filter(|days| days.is_finite())
    };
    let (from, to) = (days().fold(f64::INFINITY, f64::min), days().fold(f64::NEG_INFINITY, f64::max));
    if from > to {
        return Vec::new();
    }
    [from, f64::midpoint(from, to), to].map(|days| (days, crate::figures::date_of_days(days))).to_vec()
}

/// The levels that are most frequent over all batches.
fn top_levels(view: &ProfilePage) -> Vec<String> {
    let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
    for levels in view.batches.iter().filter_map(|one| one.side.as_ref()?.categories.as_ref()) {
        for one in &levels.top {
            *shares.entry(&one.level).or_default() += one.share;
        }
    }
    let mut shares = shares.into_iter().collect::<Vec<_>>();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    shares.into_iter().take(LEVELS).map(|(level, _)| level.to_owned()).collect()
}

fn missing_card(frame: &Frame, view: &ProfilePage, words: &'static ProfileWords) -> Markup {
    let figures = frame.figures();
    let finding = told_ends(words.from_to, "", ends(view, |side| Some(figures.percent(side.missing_share))));
    let lines = Lines {
        caption: Caption::new(words.missing, finding),
        x: batches_axis(view, words),
        y: Axis::new(words.share_of_rows, Unit::percent()),
        series: vec![series(view, "", |side| Some((side.missing_share, None)))],
        zero: true,
        ..Lines::default()
    };
    let none = view.batches.iter().filter_map(|one| one.side.as_ref()).all(|side| side.missing == 0);
    let content = html! {
        div.body {
            @if none { p.sub { (words.none_missing) } } @else { (chart(frame.lang, "missing", &lines, 1080.0, 340.0)) }
        }
    };
    card("missing", words.missing, Some(words.missing_lead), &nothing(), &content)
}

fn table(frame: &Frame, view: &ProfilePage, words: &'static ProfileWords) -> Markup {
    let common = Common::of(frame.lang);
    let heads: &[&str] = match view.kind {
        ColumnType::Category => &[words.distinct, words.most],
        ColumnType::Boolean => &[words.yes],
        _ => &[words.range, words.half, words.middle],
    };
    let content = html! {
        div.flush {
            table class="tbl cards-s" {
                caption.sr { (words.table) }
                thead { tr {
                    th scope="col" { (common.batch) } th.r scope="col" { (words.rows) } th.r scope="col" { (words.missing) }
                    @for head in heads { th.r scope="col" { (head) } }
                } }
                tbody { @for one in view.batches.iter().rev() { (line(frame, view, one, heads, words)) } }
            }
        }
    };
    card("batches", words.table, None, &nothing(), &content)
}

fn line(frame: &Frame, view: &ProfilePage, one: &BatchOf, heads: &[&str], words: &'static ProfileWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    html! {
        tr {
            th.nw scope="row" {
                a href={ "/ui/batches/" (one.batch) } { (fill(common.batch_n, &[("n", &one.batch.to_string())])) }
                " " span class="mut xs" { (figures.day(one.at)) }
            }
            @match &one.side {
                None => { td.mut colspan=(heads.len() + 2) { (words.lacking) } }
                Some(side) => {
                    td class="r num" data-l=(words.rows) { (figures.count(side.rows)) }
                    td class="r num" data-l=(words.missing) { (figures.percent(side.missing_share)) }
                    @for (head, cell) in heads.iter().zip(cells(frame, view, side)) { td class="r num" data-l=(head) { (cell) } }
                }
            }
        }
    }
}

fn cells(frame: &Frame, view: &ProfilePage, side: &ColumnSide) -> Vec<Markup> {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let dash = || html! { "–" };
    let write = |value: f64| value_of(figures, view.kind, &view.unit, value);
    match view.kind {
        ColumnType::Category => {
            let levels = side.categories.as_ref();
            let count = levels.map_or_else(dash, |levels| html! { (figures.count(levels.levels)) });
            let top = levels.and_then(|levels| levels.top.first());
            vec![
                count,
                top.map_or_else(
                    dash,
                    |top| html! { (told(&brief(&top.level, 40))) " " span.mut { (figures.percent(top.share)) } },
                ),
            ]
        }
        ColumnType::Boolean => {
            vec![side.numbers.as_ref().map_or_else(dash, |numbers| html! { (figures.percent(numbers.mean)) })]
        }
        _ => {
            let Some(numbers) = &side.numbers else { return vec![dash(), dash(), dash()] };
            let between = |from: f64, to: f64| match (quantile(numbers, from), quantile(numbers, to)) {
                (Some(low), Some(high)) => {
                    html! { (fill(common.between, &[("low", &write(low)), ("high", &write(high))])) }
                }
                _ => html! { "–" },
            };
            vec![between(0.0, 1.0), between(0.25, 0.75), html! { b { (write(numbers.median)) } }]
        }
    }
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::drift_report::{CategorySummary, LevelShare};

    use super::*;
    use crate::testing::{LANGS, check, frame, hostile};

    fn view() -> ProfilePage {
        let level = |level: String| LevelShare { level, rows: 10, share: 0.1 };
        let side = ColumnSide {
            rows: 100,
            categories: Some(CategorySummary { levels: 10, top: hostile().into_iter().map(level).collect() }),
            ..ColumnSide::default()
        };
        let batch = |batch: i64| BatchOf {
            batch,
            at: Timestamp::from_ms(1_795_642_012_249),
            side: (batch != 2).then(|| side.clone()),
        };
        ProfilePage {
            columns: hostile().into_iter().map(|name| (name.clone(), format!("label {name}"))).collect(),
            column: hostile()[0].clone(),
            label: hostile()[1].clone(),
            unit: hostile()[2].clone(),
            kind: ColumnType::Category,
            batches: (1..=30).map(batch).collect(),
            most: 60,
            gone: 1,
        }
    }

    #[test]
    fn every_state_is_sound_in_both_languages() {
        for lang in LANGS {
            let frame = frame(lang);
            let html = page(&frame, &view()).into_string();
            check(&html);
            assert!(html.contains("<svg") && html.contains("selected"));
            let lost = ProfilePage { kind: ColumnType::Number, batches: view().batches[1..2].to_vec(), ..view() };
            check(&page(&frame, &lost).into_string());
            let none = ProfilePage { batches: Vec::new(), gone: 0, ..view() };
            let none = page(&frame, &none).into_string();
            check(&none);
            assert!(none.contains("tidewheel run"));
        }
    }
}
