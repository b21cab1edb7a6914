//! Curves with their bands.

use crate::Chart;
use crate::canvas::{
    Anchor, Area, Canvas, Caption, Face, Key, Pen, Place, Rule, SMALL, Side, WARN, joined, simplified,
};
use crate::csv::Table;
use crate::plane::{Holds, Plane, reduced};
use crate::scale::Axis;
use crate::style::{BOUND, BOUND_SOFT, DASHES, INK, KINDS, LINE, SURFACE, Style};

/// One or more curves, each with an interval band where it has one: what-if curves, learning curves, figures over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// Title and finding.
    pub caption: Caption,
    /// Across.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// The curves; told apart by colour, dashes and the shape at their end.
    pub series: Vec<Series>,
    /// Values of x that stand out: here, now, a version's start.
    pub marks: Vec<Mark>,
    /// The bound or the target of y.
    pub rule: Option<Rule>,
    /// Whether the y axis begins at zero.
    pub zero: bool,
}

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// What it is of.
    pub name: String,
    /// From left to right.
    pub points: Vec<LinePoint>,
}

/// One point of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LinePoint {
    /// Across.
    pub x: f64,
    /// Upwards; `None` leaves a gap.
    pub y: Option<f64>,
    /// The interval.
    pub interval: Option<(f64, f64)>,
}

impl LinePoint {
    /// A point without an interval.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y: Some(y), interval: None }
    }
}

/// A marked value of x.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// What is there.
    pub label: String,
}

/// More curves than this need another picture.
const SERIES: usize = 6;
const POINTS: usize = 200;

/// The stretches of a curve between its gaps, in their places: points, and the band below and above.
type Stretch = (Vec<(f64, f64)>, Vec<(f64, f64, f64)>);

impl Lines {
    fn stretches(plane: &Plane, series: &Series) -> Vec<Stretch> {
        let mut all: Vec<Stretch> = vec![Stretch::default()];
        let points = reduced(&series.points, POINTS, |point| point.y.unwrap_or(f64::NAN));
        for point in points {
            let place = point.y.and_then(|y| plane.place(point.x, y));
            match (place, all.last_mut()) {
                (Some(place), Some(last)) => {
                    last.0.push(place);
                    if let Some((low, high)) = point.interval.filter(|(low, high)| low.is_finite() && high.is_finite())
                    {
                        last.1.push((place.0, plane.y.at(low), plane.y.at(high)));
                    }
                }
                _ => all.push(Stretch::default()),
            }
        }
        all.retain(|stretch| !stretch.0.is_empty());
        all
    }
}

impl Chart for Lines {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        let series = &self.series[..self.series.len().min(SERIES)];
        let pen = |place: usize| Pen(KINDS[place], 1.8, DASHES[place]);
        let named = series.iter().filter(|series| !series.name.is_empty()).count();
        // A few curves are named at their ends.
        let small = Face(11.0, true, INK);
        let widest = small.widest(series.iter().map(|series| series.name.as_str()));
        let at_end = named > 0 && named <= 4 && !canvas.narrow() && widest <= canvas.width * 0.25;
        if named > 0 && !at_end {
            let keys = series.iter().enumerate();
            canvas.legend(&keys.map(|(place, one)| (Key::Stroke(pen(place)), one.name.as_str())).collect::<Vec<_>>());
        }
        let points = || series.iter().flat_map(|series| &series.points);
        let across = points().filter(|point| point.y.is_some()).map(|point| point.x);
        let x = Holds { axis: &self.x, values: across.collect(), room: 0.02 };
        let ends = |point: &LinePoint| point.interval.map_or([f64::NAN; 2], |(low, high)| [low, high]);
        let mut values = points().flat_map(|point| [point.y.unwrap_or(f64::NAN)].into_iter().chain(ends(point)));
        let mut values = values.by_ref().chain(self.rule.iter().map(|rule| rule.at)).collect::<Vec<_>>();
        if self.zero {
            values.push(0.0);
        }
        let y = Holds { axis: &self.y, values, room: 0.0 };
        let right = if at_end { widest + 20.0 } else { 12.0 };
        let above = if self.marks.iter().all(|mark| mark.label.is_empty()) { 0.0 } else { 16.0 };
        let plane = Plane::new(&mut canvas, &x, &y, right, above);
        if let Some(rule) = self.rule.as_ref().filter(|rule| rule.at.is_finite()) {
            let (top, bottom, at) = (plane.area.y, plane.area.y + plane.area.height, plane.y.at(rule.at));
            let tinted = match rule.side {
                Side::Neither => None,
                Side::Above => Some((top, at)),
                Side::Below => Some((at, bottom)),
            };
            if let Some((from, to)) = tinted {
                canvas.block(Area { y: from, height: to - from, ..plane.area }, 0.0, BOUND_SOFT, 1.0, "");
            }
        }
        let whole = plane.axes(&mut canvas, &self.x, &self.y);
        self.draw_marks(&mut canvas, &plane);
        let mut ends = Vec::new();
        for (place, series) in series.iter().enumerate() {
            let stretches = Self::stretches(&plane, series);
            for (points, band) in &stretches {
                if band.len() > 1 {
                    let upper = band.iter().map(|(x, _, high)| (*x, *high));
                    let lower = band.iter().rev().map(|(x, low, _)| (*x, *low));
                    let ends = [upper.collect::<Vec<_>>(), lower.collect()].map(|side| simplified(&side)).concat();
                    let path = format!("{}Z", joined(&ends));
                    canvas.path(&path, Some((KINDS[place], 0.14)), None, "");
                } else if let [(x, low, high)] = band[..] {
                    canvas.line((x, low), (x, high), Pen(KINDS[place], 1.6, ""));
                }
                if points.len() > 1 {
                    canvas.path(&joined(&simplified(points)), None, Some(pen(place)), &series.name);
                } else if let [(x, y)] = points[..] {
                    canvas.marker(place, x, y, KINDS[place]);
                }
            }
            if let Some(end) = stretches.last().and_then(|stretch| stretch.0.last()) {
                canvas.marker(place, end.0, end.1, KINDS[place]);
                ends.push((place, *end));
            }
        }
        if let Some(rule) = self.rule.as_ref().filter(|rule| rule.at.is_finite()) {
            let at = plane.y.at(rule.at);
            canvas.line((plane.area.x, at), (plane.area.x + plane.area.width, at), Pen(BOUND, 1.4, "5 4"));
            let room = WARN.width(&rule.label).min(plane.area.width - 8.0);
            let (left, right) = (plane.area.x + 4.0, plane.area.x + plane.area.width - 4.0 - room);
            let (above, below) = (at - 5.0, at + 14.0);
            let middle = f64::midpoint(left, right);
            let spots = [left, middle, right].into_iter().flat_map(|x| [(x, above), (x, below)]);
            let inside =
                |spot: &(f64, f64)| spot.1 - 11.0 >= plane.area.y && spot.1 + 3.0 <= plane.area.y + plane.area.height;
            let spots = spots.filter(inside).collect::<Vec<_>>();
            // Where no curve runs, if there is such a place.
            let free = spots.iter().find(|(x, y)| !self.crosses(&plane, *x, *y, room));
            if let Some((x, y)) = free.or(spots.first()) {
                canvas.text(*x, *y, Anchor::Start, WARN, &rule.label, room + 0.5);
            }
        }
        if at_end {
            let places = apart(ends.iter().map(|(_, end)| end.1).collect(), 14.0, plane.area);
            for ((place, end), y) in ends.iter().zip(places) {
                let face = Face(11.0, true, KINDS[*place]);
                canvas.text(end.0 + 10.0, y + 4.0, Anchor::Start, face, &self.series[*place].name, right);
            }
        }
        canvas.finish(&self.caption, whole)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["series", "x", "y", "low", "high"]);
        for series in &self.series {
            for point in &series.points {
                table.word(&series.name).number(point.x).number(point.y);
                table.number(point.interval.map(|ends| ends.0)).number(point.interval.map(|ends| ends.1)).end();
            }
        }
        table.finish()
    }
}

impl Lines {
    /// Whether a curve runs through words that begin there.
    fn crosses(&self, plane: &Plane, x: f64, y: f64, room: f64) -> bool {
        (0..=12).map(|part| x + room * f64::from(part) / 12.0).any(|x| {
            let value = plane.x.value(x);
            let curves = self.series.iter().filter_map(|series| at(series, value));
            curves.map(|height| plane.y.at(height)).any(|height| (y - 15.0..=y + 7.0).contains(&height))
        })
    }

    /// Upright lines with their words above the plot, as many words as there is room for.
    fn draw_marks(&self, canvas: &mut Canvas<'_>, plane: &Plane) {
        let mut marks = self.marks.iter().filter(|mark| plane.x.holds(mark.x)).collect::<Vec<_>>();
        marks.sort_by(|a, b| a.x.total_cmp(&b.x));
        let mut free = f64::NEG_INFINITY;
        let top = plane.area.y;
        for mark in marks {
            let x = plane.x.at(mark.x);
            let hover = &mark.label;
            let path = format!("M{} {}V{}", Place(x), Place(top - 12.0), Place(top + plane.area.height));
            canvas.path(&path, None, Some(Pen(LINE, 1.2, "")), hover);
            let room = SMALL.width(hover);
            let from = (x - room / 2.0).min(canvas.width - room).max(0.0);
            if from >= free && from + room <= canvas.width {
                canvas.text(from, top - 17.0, Anchor::Start, SMALL, hover, canvas.width);
                free = from + room + 10.0;
            }
            for (place, series) in self.series.iter().take(SERIES).enumerate() {
                if let Some((x, y)) = at(series, mark.x).and_then(|y| plane.place(mark.x, y)) {
                    canvas.dot(x, y, 6.0, SURFACE, "");
                    canvas.dot(x, y, 4.6, KINDS[place], "");
                }
            }
        }
    }
}

/// The height of a curve at a value, between two points on the straight line.
fn at(series: &Series, x: f64) -> Option<f64> {
    let pair = series.points.windows(2).find(|pair| pair[0].x <= x && x <= pair[1].x)?;
    let (from, to) = (pair[0].y?, pair[1].y?);
    let share = if pair[1].x > pair[0].x { (x - pair[0].x) / (pair[1].x - pair[0].x) } else { 0.0 };
    Some(from + (to - from) * share)
}

/// Moves heights apart so that each has so much room, in their order, within an area.
fn apart(heights: Vec<f64>, room: f64, area: Area) -> Vec<f64> {
    let mut order = (0..heights.len()).collect::<Vec<_>>();
    order.sort_by(|a, b| heights[*a].total_cmp(&heights[*b]));
    let mut moved = heights.clone();
    let mut free = f64::NEG_INFINITY;
    for place in &order {
        moved[*place] = moved[*place].max(free);
        free = moved[*place] + room;
    }
    let mut limit = area.y + area.height;
    for place in order.iter().rev() {
        moved[*place] = moved[*place].min(limit);
        limit = moved[*place] - room;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;
    use crate::testing::{HOSTILE, check, count, read_csv};

    fn series(name: &str, level: f64, points: usize) -> Series {
        let point = |x: usize| LinePoint {
            x: x as f64,
            y: Some(level + (x as f64).sin()),
            interval: Some((level - 1.5, level + 1.5)),
        };
        Series { name: name.into(), points: (0..points).map(point).collect() }
    }

    fn picture(series: Vec<Series>) -> Lines {
        Lines {
            caption: Caption::new("Error", "falls"),
            x: Axis::new("trees", Unit::none()),
            y: Axis::new("mean error", Unit::after("points")),
            series,
            marks: vec![Mark { x: 2.5, label: "here".into() }, Mark { x: 2.6, label: "and there".into() }],
            rule: Some(Rule { at: 3.0, label: "tolerated".into(), side: Side::Above }),
            zero: true,
        }
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        check(&Lines::default());
        check(&picture(vec![series("v1", 1.0, 20), series("v2", 1.01, 20), series("v3", 1.02, 20)]));
        check(&picture((0..8).map(|place| series(HOSTILE, place as f64, 1000)).collect()));
        let mut odd = series("v1", 1.0, 9);
        odd.points[0].y = Some(f64::NAN);
        odd.points[2].interval = Some((f64::NEG_INFINITY, 2.0));
        odd.points[4].y = None;
        odd.points[5].x = f64::NAN;
        odd.points[6].y = Some(f64::MAX);
        check(&picture(vec![odd, series("", 2.0, 1)]));
    }

    #[test]
    fn a_missing_point_is_a_gap() {
        let mut gap = series("v1", 1.0, 9);
        let whole = count(&Lines { series: vec![gap.clone()], ..Lines::default() }.render(&Style::default()), "path");
        gap.points[4].y = None;
        let split = Lines { series: vec![gap], ..Lines::default() };
        assert_eq!(count(&split.render(&Style::default()), "path"), whole + 2, "line and band each in two");
        assert_eq!(read_csv(&split.csv())[5][2], "");
    }
}
