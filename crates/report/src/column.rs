//! A comparison for a page that shows one column at a time: a row for each column, and all about one of them.

use tidewheel_chart::Chart;
use tidewheel_chart::categories::Categories;
use tidewheel_chart::distribution::Distribution;
use tidewheel_chart::ecdf::Ecdf;
use tidewheel_chart::interval::Effects;
use tidewheel_domain::decision::ColumnLabels;
use tidewheel_domain::drift_report::{ColumnDrift, ColumnSide, DriftReport, LevelList};
use tidewheel_drift::Lang;
use tidewheel_drift::prose::shown;

use crate::page::{Block, Table, Text};
use crate::reader::Reader;
use crate::words::fill;
use crate::{evidence, html, pictures};

/// Levels in a picture.
const LEVELS: usize = 30;

/// A column in a list, by the effect that speaks most for a change.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnRow {
    /// Its name in the data.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// Numbers or categories, in words.
    pub kind: &'static str,
    /// Its share in the champion's judgement, where known.
    pub weight: Option<f64>,
    /// What was measured, in words; empty where nothing could be.
    pub measure: &'static str,
    /// Value and interval, in the measure's own unit.
    pub size: String,
    /// Value, lower and upper end in multiples of the bound.
    pub times: Option<[f64; 3]>,
    /// Whether any effect lies beyond its bound.
    pub drifted: bool,
}

/// The columns of a report, those that changed first, the largest change first.
pub fn column_rows(report: &DriftReport, lang: Lang, labels: &ColumnLabels) -> Vec<ColumnRow> {
    let reader = Reader::new(lang, labels);
    let row = |column: &ColumnDrift| {
        let effect = pictures::strongest(column);
        ColumnRow {
            name: column.name.clone(),
            label: reader.name(&column.name),
            kind: reader.kind(column.kind),
            weight: column.weight,
            measure: effect.map(|effect| reader.effect(effect.name)).unwrap_or_default(),
            size: effect.map_or_else(String::new, |effect| {
                let between = reader.interval(effect.name, effect.low, effect.high);
                format!("{} ({between})", reader.size(effect.name, effect.value))
            }),
            times: effect
                .filter(|effect| effect.bound > 0.0)
                .map(|effect| [effect.times_bound, effect.low_times_bound, effect.high / effect.bound]),
            drifted: column.drifted,
        }
    };
    crate::drift::ordered(report).into_iter().map(row).collect()
}

/// The largest effect of each column against its bound, largest first.
pub fn effects_chart(report: &DriftReport, lang: Lang, labels: &ColumnLabels) -> Effects {
    let reader = Reader::new(lang, labels);
    pictures::effects_chart(&reader, report, reader.words.causes)
}

/// A picture of a column.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum ColumnChart {
    Distribution(Distribution),
    Functions(Ecdf),
    Categories(Categories),
}

impl ColumnChart {
    /// To be drawn.
    pub fn as_chart(&self) -> &dyn Chart {
        match self {
            Self::Distribution(chart) => chart,
            Self::Functions(chart) => chart,
            Self::Categories(chart) => chart,
        }
    }
}

/// All about one column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnPage {
    /// What it is called.
    pub label: String,
    /// Its pictures with their titles.
    pub charts: Vec<(&'static str, ColumnChart)>,
    /// Levels that moved and stand in no picture.
    pub more_levels: u64,
    /// Its tables, under headings of the third order, to stand in a `tw-page`.
    pub tables: String,
}

/// All about one column of a report; `None` where the report does not have it.
pub fn column_page(report: &DriftReport, name: &str, lang: Lang, labels: &ColumnLabels) -> Option<ColumnPage> {
    let reader = &Reader::new(lang, labels);
    let words = reader.words;
    let column = report.column(name)?;
    let mut charts = Vec::new();
    if let Some(chart) = pictures::distribution(reader, column) {
        charts.push((words.histogram, ColumnChart::Distribution(chart)));
    }
    if let Some(chart) = pictures::functions(reader, column) {
        charts.push((words.functions, ColumnChart::Functions(chart)));
    }
    let mut more_levels = 0;
    if let Some(chart) = pictures::categories(reader, column, LEVELS) {
        let levels = |side: &ColumnSide| side.categories.as_ref().map_or(0, |categories| categories.levels);
        let gone = column.vanished_levels.as_ref().map_or(0, |list| list.count);
        more_levels = (levels(&column.current) + gone).saturating_sub(chart.levels.len() as u64);
        charts.push((words.shares_of_values, ColumnChart::Categories(chart)));
    }
    let alone = DriftReport {
        columns: vec![column.clone()],
        pairs: report.pairs.iter().filter(|pair| pair.column == name || pair.other == name).cloned().collect(),
        ..DriftReport::default()
    };
    let mut blocks = vec![
        Block::Heading(words.all_effects),
        Block::Table(evidence::effects(reader, &alone)),
        Block::Heading(words.all_tests),
    ];
    if column.tests.is_empty() {
        blocks.push(Block::Quiet(words.no_test.to_owned()));
    } else {
        blocks.push(Block::Quiet(words.p_note.to_owned()));
        blocks.push(Block::Table(evidence::tests(reader, &alone)));
    }
    blocks.push(Block::Heading(words.both_sides));
    blocks.push(Block::Table(sides(reader, column)));
    for (title, levels) in [(words.levels_new, &column.new_levels), (words.levels_gone, &column.vanished_levels)] {
        if let Some(levels) = levels.as_ref().filter(|levels| levels.count > 0) {
            blocks.push(Block::Heading(title));
            blocks.push(Block::Text(level_list(reader, levels)));
        }
    }
    let notes = evidence::notes(reader, &alone);
    if !notes.is_empty() {
        blocks.push(Block::Heading(words.notes));
        blocks.extend(notes.into_iter().map(|(_, note)| match note {
            Text::Words(note) => Block::Text(note),
            _ => Block::Text(String::new()),
        }));
    }
    Some(ColumnPage { label: reader.name(name), charts, more_levels, tables: html::blocks(&blocks, words.all_effects) })
}

fn level_list(reader: &Reader<'_>, levels: &LevelList) -> String {
    let words = reader.words;
    let head = fill(words.levels_share, &[&reader.count(levels.count), &reader.percent(levels.share)]);
    let named = levels
        .top
        .iter()
        .map(|level| format!("{} {}", fill(words.quotes, &[&shown(&level.level)]), reader.percent(level.share)));
    let named = named.collect::<Vec<_>>().join(", ");
    match levels.count.saturating_sub(levels.top.len() as u64) {
        0 => format!("{head}: {named}."),
        more => format!("{head}: {named}, {}.", fill(words.and_more, &[&reader.count(more)])),
    }
}

/// What each side holds.
fn sides(reader: &Reader<'_>, column: &ColumnDrift) -> Table {
    let words = reader.words;
    let mut table = Table::new(&[(words.quantity, false), (words.reference_word, true), (words.current_word, true)]);
    let sides = [&column.reference, &column.current];
    let mut row = |name: &str, value: &dyn Fn(&ColumnSide) -> Option<String>| {
        let cells = sides.map(value);
        if cells.iter().any(Option::is_some) {
            let [before, now] = cells.map(Text::or_nothing);
            table.row(vec![Text::words(name), before, now]);
        }
    };
    row(words.rows, &|side| Some(reader.count(side.rows)));
    row(words.missing_values, &|side| Some(reader.percent(side.missing_share)));
    let number = |value: f64| reader.value_of(&column.name, value);
    row(words.mean, &|side| side.numbers.as_ref().map(|numbers| number(numbers.mean)));
    row(words.deviation, &|side| side.numbers.as_ref().map(|numbers| number(numbers.sd)));
    for (place, name) in [
        (0, words.least),
        (1, words.p01),
        (4, words.p25),
        (5, words.median),
        (6, words.p75),
        (9, words.p99),
        (10, words.most),
    ] {
        row(name, &|side| side.numbers.as_ref().and_then(|numbers| Some(number(*numbers.quantiles.get(place)?))));
    }
    row(words.values_that_occur, &|side| side.categories.as_ref().map(|categories| reader.count(categories.levels)));
    table
}
