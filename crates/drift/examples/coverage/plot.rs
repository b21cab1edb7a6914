//! Shares of misses against their nominal chance, as one SVG: a row for each effect, lower ends left, upper ends right.

use std::fmt::Write as _;

use tidewheel_chart::line::{LinePoint, Lines, Series};
use tidewheel_chart::{Axis, Caption, Chart, Rule, Side, Style, Unit};

use crate::intervals::{Cell, EFFECTS, MULTIPLES, SIZES, nominal};

/// Width of one panel.
const PANEL: f64 = 460.0;

/// Share of intervals, over all kinds of data, that miss.
fn share<'a>(cells: impl Iterator<Item = &'a Cell>, misses: impl Fn(&Cell) -> usize) -> f64 {
    let (missed, runs) = cells.fold((0, 0), |(missed, runs), cell| (missed + misses(cell), runs + cell.runs));
    missed as f64 / runs as f64
}

fn panel(cells: &[Cell], effect: usize, lower: bool) -> String {
    let (low, high) = nominal();
    let name = EFFECTS[effect].0;
    let (end, chance) = if lower { ("lower", low) } else { ("upper", high) };
    let of = |multiple: f64, rows: usize| {
        let same = cells.iter().filter(|cell| (cell.effect, cell.multiple, cell.rows) == (effect, multiple, rows));
        share(same, |cell| if lower { cell.low_misses } else { cell.high_misses })
    };
    let series = MULTIPLES.map(|multiple| Series {
        name: match multiple {
            0.0 => "no effect".to_owned(),
            0.5 => "half the bound".to_owned(),
            1.0 => "the bound".to_owned(),
            _ => format!("{multiple} times"),
        },
        points: SIZES.map(|rows| LinePoint::new(rows as f64, of(multiple, rows))).into(),
    });
    let caption = Caption::new(
        format!("{name}: {end} ends"),
        format!("Share of {end} ends that miss the true {name}, by rows a side; {:.2} % may.", chance * 100.0),
    );
    let ticks =
        SIZES.map(|rows| (rows as f64, if rows < 1000 { rows.to_string() } else { format!("{}k", rows / 1000) }));
    let chart = Lines {
        caption,
        x: Axis::new("rows a side", Unit::none()).log().ticks(ticks.into()),
        y: Axis::new("intervals that miss", Unit::percent()),
        series: series.into(),
        rule: Some(Rule { at: chance, label: "may".to_owned(), side: Side::Above }),
        zero: true,
        ..Lines::default()
    };
    chart.render(&Style::picture(PANEL))
}

/// The height that a picture says it has.
fn height(svg: &str) -> f64 {
    let said = svg.split(" height=\"").nth(1).and_then(|rest| rest.split('"').next());
    said.and_then(|text| text.parse().ok()).expect("a picture says its height")
}

/// The whole picture.
pub(crate) fn draw(cells: &[Cell]) -> String {
    let mut panels = String::new();
    let mut down = 0.0;
    for effect in 0..EFFECTS.len() {
        let pair = [true, false].map(|lower| panel(cells, effect, lower));
        for (svg, across) in pair.iter().zip([0.0, PANEL]) {
            let _ = write!(panels, "<g transform=\"translate({across} {down})\">{svg}</g>");
        }
        down += pair.iter().map(|svg| height(svg)).fold(0.0, f64::max);
    }
    let width = 2.0 * PANEL;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{down}\" viewBox=\"0 0 {width} {down}\" \
         role=\"img\" aria-label=\"How often intervals miss the truth\">{panels}</svg>\n"
    )
}
