//! Two distribution functions with the gap between them.

use std::fmt::Write as _;

use crate::Chart;
use crate::canvas::{Anchor, Canvas, Caption, Key, Pen, Place, WARN};
use crate::csv::Table;
use crate::plane::{Holds, Plane, reduced};
use crate::scale::Axis;
use crate::style::{BOUND, CURRENT, REFERENCE, Style};

/// Two empirical distribution functions, and where they lie furthest apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ecdf {
    /// Title and finding.
    pub caption: Caption,
    /// What is measured.
    pub axis: Axis,
    /// What the height is, such as `share of rows up to here`.
    pub share: Axis,
    /// Their names: the reference's, the current one's.
    pub names: [String; 2],
    /// The reference: values rising, each with the share of rows up to it. [`steps`] makes them.
    pub reference: Vec<(f64, f64)>,
    /// The current one.
    pub current: Vec<(f64, f64)>,
    /// The largest gap.
    pub gap: Option<Gap>,
}

/// The largest gap between two distribution functions (Kolmogorov-Smirnov).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gap {
    /// At this value.
    pub at: f64,
    /// The share of one of them there.
    pub low: f64,
    /// The share of the other.
    pub high: f64,
    /// What it is, in words, such as `KS 0.187`.
    pub label: String,
}

/// The distribution function of rows (sorted or not), at most so many steps of it; what is no number is left out.
pub fn steps(values: &[f64], most: usize) -> Vec<(f64, f64)> {
    let mut values = values.iter().copied().filter(|value| value.is_finite()).collect::<Vec<_>>();
    values.sort_unstable_by(f64::total_cmp);
    let rows = values.len();
    let each = rows.div_ceil(most.max(2));
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for place in (0..rows).filter(|place| (place + 1) % each.max(1) == 0 || place + 1 == rows) {
        let share = (place + 1) as f64 / rows as f64;
        match steps.last_mut() {
            Some(last) if last.0 == values[place] => last.1 = share,
            _ => steps.push((values[place], share)),
        }
    }
    steps
}

impl Chart for Ecdf {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        let pens = [Pen(REFERENCE, 1.8, "5 3"), Pen(CURRENT, 1.8, "")];
        canvas.legend(&[(Key::Stroke(pens[0]), &self.names[0]), (Key::Stroke(pens[1]), &self.names[1])]);
        let sides = [&self.reference, &self.current];
        let values = sides.iter().flat_map(|side| side.iter().map(|step| step.0)).collect();
        let x = Holds { axis: &self.axis, values, room: 0.0 };
        let y = Holds { axis: &self.share, values: vec![0.0, 1.0], room: 0.0 };
        let plane = Plane::new(&mut canvas, &x, &y, 6.0, 0.0);
        let whole = plane.axes(&mut canvas, &self.axis, &self.share);
        for (side, pen) in sides.into_iter().zip(pens) {
            let points = side.iter().filter_map(|step| plane.place(step.0, step.1)).collect::<Vec<_>>();
            let mut path = String::new();
            for (place, (x, y)) in reduced(&points, 200, |point| point.1).into_iter().enumerate() {
                if place == 0 {
                    let _ = write!(path, "M{} {}", Place(plane.area.x), Place(plane.y.at(0.0)));
                }
                let _ = write!(path, "H{}V{}", Place(x), Place(y));
            }
            if !path.is_empty() {
                let _ = write!(path, "H{}", Place(plane.area.x + plane.area.width));
            }
            canvas.path(&path, None, Some(pen), "");
        }
        if let Some(gap) = &self.gap
            && let (Some((x, low)), Some((_, high))) = (plane.place(gap.at, gap.low), plane.place(gap.at, gap.high))
        {
            let mut path = format!("M{} {}V{}", Place(x), Place(low), Place(high));
            for end in [low, high] {
                let _ = write!(path, "M{} {}H{}", Place(x - 4.0), Place(end), Place(x + 4.0));
            }
            canvas.path(&path, None, Some(Pen(BOUND, 2.0, "")), &gap.label);
            // Both curves rise: below its lower end the right side is free, above its upper one the left side.
            let room = WARN.width(&gap.label);
            if x + 9.0 + room <= canvas.width {
                let y = (low.max(high) + 13.0).min(plane.area.y + plane.area.height - 5.0);
                canvas.text(x + 9.0, y, Anchor::Start, WARN, &gap.label, canvas.width);
            } else {
                let y = (low.min(high) - 5.0).max(plane.area.y + 10.0);
                canvas.text(x - 9.0, y, Anchor::End, WARN, &gap.label, x - plane.area.x - 9.0);
            }
        }
        canvas.finish(&self.caption, whole)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["series", "value", "share"]);
        for (name, side) in self.names.iter().zip([&self.reference, &self.current]) {
            for (value, share) in side {
                table.word(name).number(*value).number(*share).end();
            }
        }
        if let Some(gap) = &self.gap {
            for share in [gap.low, gap.high] {
                table.word(&gap.label).number(gap.at).number(share).end();
            }
        }
        table.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;
    use crate::testing::{HOSTILE, check};

    #[test]
    fn steps_rise_to_one() {
        assert_eq!(steps(&[2.0, 1.0, f64::NAN, 2.0, 4.0], 100), [(1.0, 0.25), (2.0, 0.75), (4.0, 1.0)]);
        let many = (0..10_000).map(f64::from).collect::<Vec<_>>();
        let steps = steps(&many, 200);
        assert!(steps.len() <= 200 && steps.last() == Some(&(9999.0, 1.0)));
        assert!(super::steps(&[], 200).is_empty());
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        check(&Ecdf::default());
        for at in [0.5, 1e9, f64::NAN, f64::INFINITY] {
            for log in [false, true] {
                check(&Ecdf {
                    caption: Caption::new(HOSTILE, ""),
                    axis: Axis { log, ..Axis::new(HOSTILE, Unit::before("$")) },
                    share: Axis::new("share of rows up to here", Unit::percent()),
                    names: ["reference".into(), HOSTILE.into()],
                    reference: steps(&[1.0, 2.0, 8.0, 1e9], 200),
                    current: vec![(f64::NAN, 0.2), (3.0, f64::INFINITY), (4.0, 7.0), (f64::MAX, 1.0)],
                    gap: Some(Gap { at, low: 0.2, high: 0.75, label: "KS 0,187".into() }),
                });
            }
        }
    }
}
