//! Pictures made of rows: a label, marks on a shared axis, a figure.

use std::fmt::Write as _;

use crate::canvas::{Anchor, Area, Canvas, Face, LABEL, Pen, Place, Rule, SMALL, STRONG, VALUE, WARN};
use crate::scale::{Axis, Scale};
use crate::style::{BOUND, GRID};

/// The texts of one row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words<'t> {
    pub(crate) label: &'t str,
    /// Beside the label, quieter.
    pub(crate) detail: &'t str,
    /// At the right.
    pub(crate) value: String,
    /// A word of warning, such as `new`.
    pub(crate) note: &'t str,
    pub(crate) strong: bool,
}

/// Where the columns lie. On a narrow picture the words stand above the marks, which take the whole width.
pub(crate) struct Rows {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) height: f64,
    label: f64,
    detail: (f64, f64),
    value: f64,
    note: (f64, f64),
    narrow: bool,
}

const GAP: f64 = 14.0;
/// How high bars are.
pub(crate) const BAR: f64 = 12.0;

impl Rows {
    pub(crate) fn new(canvas: &Canvas<'_>, words: &[Words<'_>]) -> Self {
        let (narrow, whole) = (canvas.narrow(), canvas.width);
        let room = |text: fn(&Words<'_>) -> f64, most: f64| {
            let widest = words.iter().map(text).fold(0.0, f64::max).min(most * whole).ceil();
            if widest > 0.0 { widest + GAP } else { 0.0 }
        };
        let label = room(|words| (if words.strong { STRONG } else { LABEL }).width(words.label), 0.3);
        let detail = room(|words| SMALL.width(words.detail), 0.18);
        let value = room(|words| (if words.strong { STRONG } else { VALUE }).width(&words.value), 0.3);
        let note = room(|words| WARN.width(words.note), 0.15);
        if narrow {
            return Self {
                from: 6.0,
                to: whole - 6.0,
                height: 42.0,
                label: 0.0,
                detail: (0.0, 0.0),
                value,
                note: (0.0, 0.0),
                narrow,
            };
        }
        Self {
            from: label + detail + 2.0,
            to: whole - value - note - 6.0,
            height: 25.0,
            label,
            detail: (label, detail),
            value,
            note: (whole - note + GAP, note),
            narrow,
        }
    }

    /// Where the marks of a row lie.
    pub(crate) fn middle(&self, top: f64) -> f64 {
        top + if self.narrow { 27.0 } else { self.height / 2.0 }
    }

    pub(crate) fn write(&self, canvas: &mut Canvas<'_>, top: f64, words: &Words<'_>) {
        let baseline = if self.narrow { top + 13.0 } else { self.middle(top) + 4.2 };
        let (label, value) = if words.strong { (STRONG, STRONG) } else { (LABEL, VALUE) };
        let end = canvas.width;
        if self.narrow {
            let aside = if words.note.is_empty() { (words.detail, SMALL) } else { (words.note, WARN) };
            let value_room = value.width(&words.value).min(end * 0.5);
            let aside_room = if aside.0.is_empty() { 0.0 } else { aside.1.width(aside.0).min(end * 0.22) + 8.0 };
            let label_room = end - value_room - aside_room - 10.0;
            canvas.text(0.0, baseline, Anchor::Start, label, words.label, label_room);
            let at = label.width(words.label).min(label_room) + 8.0;
            canvas.text(at, baseline, Anchor::Start, aside.1, aside.0, aside_room - 8.0);
            canvas.text(end, baseline, Anchor::End, value, &words.value, value_room);
            return;
        }
        canvas.text(0.0, baseline, Anchor::Start, label, words.label, self.label - GAP);
        canvas.text(self.detail.0, baseline, Anchor::Start, SMALL, words.detail, self.detail.1 - GAP);
        canvas.text(end - self.note.1, baseline, Anchor::End, value, &words.value, self.value - GAP);
        canvas.text(self.note.0, baseline, Anchor::Start, WARN, words.note, self.note.1 - GAP);
    }

    /// Draws tint, grid, rule and axis of so many rows from the canvas' top on, moves the top to the first row, and
    /// returns the whole height.
    pub(crate) fn ground(
        &self,
        canvas: &mut Canvas<'_>,
        axis: &Axis,
        scale: &Scale,
        rule: Option<&Rule>,
        rows: usize,
    ) -> f64 {
        let rule = rule.filter(|rule| rule.at.is_finite());
        if rule.is_some_and(|rule| !rule.label.is_empty()) {
            canvas.top += if self.narrow { 22.0 } else { 18.0 };
        }
        let plot = Area { x: self.from, y: canvas.top, width: self.to - self.from, height: self.height * rows as f64 };
        if !self.narrow {
            if let Some(rule) = rule {
                canvas.tint_upright(rule, scale, plot);
            }
            let below = canvas.x_axis(axis, scale, plot, true);
            if let Some(rule) = rule {
                canvas.upright(rule, scale, plot, 7.0);
            }
            return plot.y + plot.height + below;
        }
        let mut base = String::new();
        for row in 0..rows {
            let strip = Area { y: self.middle(plot.y + self.height * row as f64) - 9.0, height: 18.0, ..plot };
            if let Some(rule) = rule {
                canvas.tint_upright(rule, scale, strip);
                let x = scale.at(rule.at);
                canvas.line((x, strip.y), (x, strip.y + strip.height), Pen(BOUND, 1.4, "5 4"));
            }
            let _ = write!(base, "M{} {}H{}", Place(plot.x), Place(strip.y + 9.0), Place(self.to));
        }
        canvas.path(&base, None, Some(Pen(GRID, 1.0, "")), "");
        let below = canvas.x_axis(axis, scale, plot, false);
        if let Some(rule) = rule {
            let first = Area { height: 12.0, ..plot };
            // Only the words: the line is drawn row by row.
            let x = scale.at(rule.at);
            let room = WARN.width(&rule.label);
            let x = (x - room / 2.0).clamp(0.0, (canvas.width - room).max(0.0));
            canvas.text(x, first.y - 8.0, Anchor::Start, Face(11.0, false, BOUND), &rule.label, canvas.width);
        }
        plot.y + plot.height + below
    }
}

/// A small arrow at the end of a whisker that goes on beyond the axis.
pub(crate) fn beyond(canvas: &mut Canvas<'_>, x: f64, y: f64, right: bool, pen: Pen) {
    let back = if right { -5.0 } else { 5.0 };
    let path = crate::canvas::joined(&[(x + back, y - 4.0), (x, y), (x + back, y + 4.0)]);
    canvas.path(&path, None, Some(pen), "");
}
