//! Clouds of points.

use std::collections::BTreeMap;

use crate::Chart;
use crate::canvas::{Anchor, Canvas, Caption, Face, Key, Pen, SMALL, joined};
use crate::csv::Table;
use crate::plane::{Holds, Plane};
use crate::scale::Axis;
use crate::style::{BOUND, CURRENT, Style};

/// Points of two figures, such as true and predicted, or predicted and residual. Up to 500 are dots; more are counted
/// in hexagons, the larger and the darker the more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// Title and finding.
    pub caption: Caption,
    /// Across.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// The points.
    pub points: Vec<(f64, f64)>,
    /// A line that they would lie on.
    pub guide: Guide,
    /// What a hexagon is, with `{}` for the most points in one: `a hexagon: up to {} rows`. Written where there are any.
    pub hexagon: String,
}

/// Where points would lie, and what that line is called.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Guide {
    /// Nowhere.
    #[default]
    None,
    /// Where both figures are equal; both axes then have the same range.
    Diagonal(String),
    /// At this height: 0 for residuals.
    Level(f64, String),
}

const DOTS: usize = 500;

impl Chart for Scatter {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        let pen = Pen(BOUND, 1.4, "5 4");
        if let Guide::Diagonal(label) | Guide::Level(_, label) = &self.guide {
            canvas.legend(&[(Key::Stroke(pen), label)]);
        }
        let points = self.points.iter().copied().filter(|point| point.0.is_finite() && point.1.is_finite());
        let points = points.collect::<Vec<_>>();
        let (mut across, mut upwards): (Vec<_>, Vec<_>) = points.iter().copied().unzip();
        match &self.guide {
            Guide::Diagonal(_) => {
                across.extend_from_slice(&upwards);
                upwards.clone_from(&across);
            }
            Guide::Level(level, _) => upwards.push(*level),
            Guide::None => {}
        }
        let x = Holds { axis: &self.x, values: across, room: 0.0 };
        let y = Holds { axis: &self.y, values: upwards, room: 0.0 };
        let mut plane = Plane::new(&mut canvas, &x, &y, 12.0, 0.0);
        if matches!(self.guide, Guide::Diagonal(_)) {
            plane.x = plane.x.with_ends_of(&plane.y);
        }
        let mut whole = plane.axes(&mut canvas, &self.x, &self.y);
        let area = plane.area;
        let places = points.iter().filter_map(|point| plane.place(point.0, point.1)).collect::<Vec<_>>();
        if places.len() > DOTS {
            let most = hexagons(&mut canvas, &places, &plane);
            if !self.hexagon.is_empty() {
                let words = self.hexagon.replace("{}", &style.numbers.fixed(most as f64, 0));
                canvas.text(0.0, whole + 12.0, Anchor::Start, SMALL, &words, canvas.width);
                whole += 18.0;
            }
        } else {
            let opacity = if points.len() > 100 { 0.4 } else { 0.65 };
            canvas.group(Face(12.0, false, CURRENT), Anchor::Start, opacity, |canvas| {
                for (x, y) in places {
                    canvas.dot(x, y, 2.6, CURRENT, "");
                }
            });
        }
        match &self.guide {
            Guide::None => {}
            Guide::Diagonal(_) => {
                let (low, high) = (plane.x.low.max(plane.y.low), plane.x.high.min(plane.y.high));
                canvas.line((plane.x.at(low), plane.y.at(low)), (plane.x.at(high), plane.y.at(high)), pen);
            }
            Guide::Level(level, _) if level.is_finite() => {
                let at = plane.y.at(*level);
                canvas.line((area.x, at), (area.x + area.width, at), pen);
            }
            Guide::Level(..) => {}
        }
        canvas.finish(&self.caption, whole)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["x", "y"]);
        for (x, y) in &self.points {
            table.number(*x).number(*y).end();
        }
        table.finish()
    }
}

/// Counts points in hexagons and draws them; returns the most in one.
fn hexagons(canvas: &mut Canvas<'_>, places: &[(f64, f64)], plane: &Plane) -> usize {
    let radius = (plane.area.width / 64.0).clamp(4.5, 9.0);
    let (across, down) = (radius * 3.0_f64.sqrt(), radius * 1.5);
    let centre = |column: i64, row: i64| {
        let odd = if row.rem_euclid(2) == 1 { across / 2.0 } else { 0.0 };
        (plane.area.x + column as f64 * across + odd, plane.area.y + row as f64 * down)
    };
    let mut counts = BTreeMap::<(i64, i64), usize>::new();
    for (x, y) in places {
        let row = ((y - plane.area.y) / down).round() as i64;
        let near = [row - 1, row, row + 1].map(|row| {
            let odd = if row.rem_euclid(2) == 1 { across / 2.0 } else { 0.0 };
            (((x - plane.area.x - odd) / across).round() as i64, row)
        });
        let distance = |cell: &(i64, i64)| {
            let (cx, cy) = centre(cell.0, cell.1);
            (cx - x).powi(2) + (cy - y).powi(2)
        };
        if let Some(cell) = near.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b))) {
            *counts.entry(cell).or_default() += 1;
        }
    }
    let most = counts.values().copied().max().unwrap_or(0);
    // One path for each of five classes.
    let mut classes = vec![String::new(); 5];
    for ((column, row), count) in counts {
        let share = (count as f64).ln_1p() / (most as f64).ln_1p();
        let (x, y) = centre(column, row);
        let size = radius * (0.45 + 0.5 * share);
        let corners = [30.0_f64, 90.0, 150.0, 210.0, 270.0, 330.0].map(|angle| {
            let (sin, cos) = angle.to_radians().sin_cos();
            (x + size * cos, y + size * sin)
        });
        let class = ((share * 5.0).ceil() as usize).clamp(1, 5) - 1;
        classes[class].push_str(&joined(&corners));
        classes[class].push('Z');
    }
    for (class, path) in classes.iter().enumerate() {
        canvas.path(path, Some((CURRENT, [0.22, 0.38, 0.55, 0.75, 1.0][class])), None, "");
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;
    use crate::testing::{HOSTILE, check, count};

    fn picture(points: usize, guide: Guide) -> Scatter {
        let point = |place: usize| ((place as f64 * 0.37).sin() * 50.0, (place as f64 * 0.11).cos() * 50.0);
        Scatter {
            caption: Caption::new("Predicted against true", ""),
            x: Axis::new("true", Unit::before("$")),
            y: Axis::new(HOSTILE, Unit::before("$")),
            points: (0..points).map(point).collect(),
            guide,
            hexagon: "a hexagon: up to {} rows".into(),
        }
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        check(&Scatter::default());
        for points in [0, 1, 400, 20_000] {
            check(&picture(points, Guide::Diagonal("as predicted".into())));
            let mut odd = picture(points, Guide::Level(0.0, HOSTILE.into()));
            odd.points.extend([(f64::NAN, 1.0), (1.0, f64::INFINITY), (f64::MAX, f64::MIN)]);
            check(&odd);
        }
    }

    #[test]
    fn many_points_stay_small() {
        let svg = picture(20_000, Guide::None).render(&Style::default());
        assert!(count(&svg, "path") < 12 && svg.len() < 120_000, "{}", svg.len());
        assert!(svg.contains("up to "));
    }
}
