//! A figure with its interval, batch by batch.

use std::fmt::Write as _;

use crate::svg::{STYLE, escape, number, shorten, ticks};

/// One batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Shown below the axis, such as the batch's number.
    pub label: String,
    /// The figure; `None` where there is none.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// Written above the point, such as `v2`.
    pub note: String,
    /// Whether something happened here that is to stand out: a filled dot.
    pub marked: bool,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 58.0;
const BOTTOM: f64 = 48.0;

/// Dots with whiskers, joined by a line.
pub fn timeline(title: &str, axis: &str, points: &[Point]) -> String {
    let values = points.iter().flat_map(|point| [point.value, point.low, point.high]).flatten();
    let values = values.filter(|value| value.is_finite()).collect::<Vec<_>>();
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let margin = if low < high { (high - low) * 0.08 } else { 0.5 };
    let (low, high) = if values.is_empty() { (0.0, 1.0) } else { (low - margin, high + margin) };
    let y = |value: f64| HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let step = (WIDTH - LEFT - RIGHT) / points.len().max(1) as f64;
    let x = |place: usize| LEFT + step * (place as f64 + 0.5);

    let label = format!("{title}: {} points from {} to {}", points.len(), number(low), number(high));
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{}'>{STYLE}\
         <rect class='s' width='{WIDTH}' height='{HEIGHT}'/><text class='h' x='16' y='26'>{}</text>",
        escape(&label),
        escape(title)
    );
    for tick in ticks(low, high).unwrap_or_default() {
        let y = y(tick);
        let _ = write!(
            svg,
            "<line class='g' x1='{LEFT}' x2='{:.1}' y1='{y:.1}' y2='{y:.1}'/>\
             <text class='m' x='{:.1}' y='{:.1}' text-anchor='end'>{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
            number(tick)
        );
    }
    let path = points.iter().enumerate().filter_map(|(place, point)| Some((x(place), y(point.value?))));
    let path = path.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
    let _ = write!(svg, "<polyline class='p' points='{path}'/>");
    for (place, point) in points.iter().enumerate() {
        let x = x(place);
        let label = escape(&shorten(&point.label, 12));
        let _ = write!(svg, "<text class='m' x='{x:.1}' y='{:.1}' text-anchor='middle'>{label}</text>", HEIGHT - 26.0);
        let Some(value) = point.value.filter(|value| value.is_finite()) else { continue };
        let (bottom, top) = (y(point.low.unwrap_or(value)), y(point.high.unwrap_or(value)));
        let _ = write!(
            svg,
            "<line class='r' x1='{x:.1}' x2='{x:.1}' y1='{top:.1}' y2='{bottom:.1}'/>\
             <circle class='{}' cx='{x:.1}' cy='{:.1}' r='5'/>\
             <text x='{x:.1}' y='{:.1}' text-anchor='middle'>{}</text>",
            if point.marked { "d" } else { "o" },
            y(value),
            top - 7.0,
            escape(&shorten(&point.note, 14))
        );
    }
    let _ = write!(
        svg,
        "<text class='m' x='{:.1}' y='{:.1}' text-anchor='middle'>{}</text></svg>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 8.0,
        escape(axis)
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_without_a_figure_leave_a_gap() {
        let point = |value| Point {
            label: "1".into(),
            value,
            low: value.map(|value| value - 0.1),
            high: value.map(|value| value + 0.1),
            note: String::new(),
            marked: true,
        };
        let svg = timeline("R2", "batch", &[point(Some(0.5)), point(None), point(Some(0.7))]);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(!svg.contains("NaN"));
        assert!(timeline("R2", "batch", &[]).ends_with("</svg>"));
    }
}
