//! Effects with their intervals, in multiples of their bounds, on one axis.

use std::fmt::Write as _;

use crate::svg::{STYLE, escape, number, shorten};

/// One effect.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// What it is about, such as a column's name.
    pub label: String,
    /// What is measured, such as `distance`.
    pub measure: String,
    /// The estimate.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// From here on it counts; above 0.
    pub bound: f64,
}

/// The axis runs over these multiples of the bound; what lies beyond is drawn at its ends.
const AXIS: (f64, f64) = (0.0625, 16.0);
const TICKS: [f64; 5] = [0.125, 0.5, 1.0, 4.0, 16.0];
const LEFT: f64 = 210.0;
const WIDTH: f64 = 760.0;
const RIGHT: f64 = 150.0;
const ROW: f64 = 30.0;
const TOP: f64 = 64.0;

/// Dot and whisker of each effect on a logarithmic axis of multiples of the bound. A whisker wholly beyond the bound
/// has a filled dot: the effect counts. A hollow dot is an effect that was not shown to matter.
pub fn effects(title: &str, rows: &[EffectRow]) -> String {
    let over = rows.iter().filter(|row| row.low > row.bound).count();
    let height = TOP + ROW * rows.len() as f64 + 40.0;
    let finding = format!("{title}: {over} of {} effects lie beyond their bound", rows.len());
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' aria-label='{}'>{STYLE}\
         <rect class='s' width='{WIDTH}' height='{height}'/><text class='h' x='16' y='26'>{}</text>",
        escape(&finding),
        escape(title)
    );
    let bottom = TOP + ROW * rows.len() as f64;
    for tick in TICKS {
        let x = place(tick);
        if tick != 1.0 {
            let _ = write!(svg, "<line class='g' x1='{x:.1}' x2='{x:.1}' y1='{TOP}' y2='{bottom}'/>");
        }
        let _ = write!(
            svg,
            "<text class='m' x='{x:.1}' y='{:.1}' text-anchor='middle'>{}×</text>",
            bottom + 18.0,
            number(tick)
        );
    }
    let bound = place(1.0);
    let _ = write!(
        svg,
        "<line class='b' x1='{bound:.1}' x2='{bound:.1}' y1='{:.1}' y2='{bottom}'/>\
         <text class='bt' x='{:.1}' y='{:.1}'>bound: from here on it counts</text>",
        TOP - 8.0,
        bound + 6.0,
        TOP - 8.0
    );
    for (index, row) in rows.iter().enumerate() {
        draw(&mut svg, row, TOP + ROW * index as f64 + ROW / 2.0);
    }
    svg.push_str("</svg>");
    svg
}

fn draw(svg: &mut String, row: &EffectRow, y: f64) {
    let multiple = |value: f64| value / row.bound;
    let counts = row.low > row.bound;
    let (low, dot, high) = (place(multiple(row.low)), place(multiple(row.value)), place(multiple(row.high)));
    let _ = write!(
        svg,
        "<text x='{:.1}' y='{:.1}' text-anchor='end'>{} <tspan class='m'>{}</tspan></text>\
         <line class='{}' x1='{low:.1}' x2='{high:.1}' y1='{y:.1}' y2='{y:.1}'/>\
         <circle class='{}' cx='{dot:.1}' cy='{y:.1}' r='5'/>\
         <text class='m' x='{:.1}' y='{:.1}'>{} of {}{}</text>",
        LEFT - 12.0,
        y + 4.0,
        escape(&shorten(&row.label, 20)),
        escape(&shorten(&row.measure, 14)),
        if counts { "c" } else { "r" },
        if counts { "d" } else { "o" },
        WIDTH - RIGHT + 14.0,
        y + 4.0,
        number(row.value),
        number(row.bound),
        if counts { " ▲" } else { "" },
    );
}

/// The place of a multiple on the axis.
fn place(multiple: f64) -> f64 {
    let (from, to) = (AXIS.0.ln(), AXIS.1.ln());
    let share = if multiple > 0.0 { ((multiple.ln() - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64) -> EffectRow {
        EffectRow {
            label: "<x>".into(),
            measure: "distance".into(),
            value,
            low: value * 0.9,
            high: value * 1.1,
            bound: 0.1,
        }
    }

    #[test]
    fn only_a_whisker_beyond_the_bound_has_a_filled_dot() {
        let svg = effects("Batch 2", &[row(0.05), row(0.105), row(0.4)]);
        assert_eq!(svg.matches("class='d'").count(), 1);
        assert_eq!(svg.matches("class='o'").count(), 2);
        assert!(svg.contains("1 of 3 effects lie beyond their bound"));
        assert!(!svg.contains("<x>"));
    }

    #[test]
    fn the_axis_holds_every_value() {
        assert_eq!(place(0.0), LEFT);
        assert_eq!(place(1e9), WIDTH - RIGHT);
        assert!(place(0.5) < place(1.0) && place(1.0) < place(2.0));
    }
}
