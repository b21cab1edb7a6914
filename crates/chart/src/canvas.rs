//! What all pictures are drawn with.

use std::fmt::Write as _;

use crate::number::NumberFormat;
use crate::scale::{Axis, Scale};
use crate::style::{BOUND, BOUND_SOFT, Colour, GRID, INK, INK_2, INK_3, LINE, SURFACE, Style, Theme};
use crate::text::{escape, fit, width};

/// What a picture is called and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caption {
    /// Short; drawn above the picture where the style says so.
    pub title: String,
    /// The finding in one sentence, for those who do not see the picture. May be empty.
    pub finding: String,
}

impl Caption {
    /// A title with its finding.
    pub fn new(title: impl Into<String>, finding: impl Into<String>) -> Self {
        Self { title: title.into(), finding: finding.into() }
    }
}

/// A value that others are judged against: a bound, a margin, a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Where it lies on the axis.
    pub at: f64,
    /// What it is, in words.
    pub label: String,
    /// Which side of it counts.
    pub side: Side,
}

/// A side of a rule, tinted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// None is.
    #[default]
    Neither,
    /// Values above it.
    Above,
    /// Values below it.
    Below,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks: size, weight, colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face(pub(crate) f64, pub(crate) bool, pub(crate) Colour);

pub(crate) const TITLE: Face = Face(14.0, true, INK);
pub(crate) const LABEL: Face = Face(12.0, false, INK);
pub(crate) const STRONG: Face = Face(12.0, true, INK);
pub(crate) const VALUE: Face = Face(12.0, false, INK_2);
pub(crate) const SMALL: Face = Face(11.0, false, INK_3);
pub(crate) const WARN: Face = Face(11.0, false, BOUND);

impl Face {
    pub(crate) fn width(self, text: &str) -> f64 {
        width(text, self.0) * if self.1 { 1.08 } else { 1.0 }
    }

    /// The widest of several.
    pub(crate) fn widest<'t>(self, texts: impl IntoIterator<Item = &'t str>) -> f64 {
        texts.into_iter().map(|text| self.width(text)).fold(0.0, f64::max)
    }
}

const PLAIN: (Face, Anchor) = (VALUE, Anchor::Start);

/// A stroke: colour, width, dashes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen(pub(crate) Colour, pub(crate) f64, pub(crate) &'static str);

/// How a kind of mark is named in a legend.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Area(Colour, &'static str),
    Stroke(Pen),
    Dot(Colour),
    Ring(Colour),
    Box(Colour),
    Hatch(Colour),
}

pub(crate) struct Canvas<'s> {
    pub(crate) style: &'s Style,
    /// What can be drawn on, from 0; margins lie outside.
    pub(crate) width: f64,
    /// Where free space begins.
    pub(crate) top: f64,
    margin: f64,
    body: String,
    /// What need not be said again within a group.
    said: (Face, Anchor),
}

impl<'s> Canvas<'s> {
    /// With the title drawn, where it is to be.
    pub(crate) fn new(style: &'s Style, caption: &Caption) -> Self {
        let whole = if style.width.is_finite() { style.width.clamp(240.0, 4000.0) } else { 720.0 };
        let margin = if style.theme == Theme::Page { 2.0 } else { 18.0 };
        let mut canvas =
            Self { style, width: whole - 2.0 * margin, top: 0.0, margin, body: String::new(), said: PLAIN };
        if style.heading && !caption.title.is_empty() {
            canvas.text(0.0, 14.0, Anchor::Start, TITLE, &caption.title, canvas.width);
            canvas.top = 30.0;
        }
        canvas
    }

    /// What has been drawn up to here.
    pub(crate) fn mark(&self) -> usize {
        self.body.len()
    }

    /// Draws beneath everything that was drawn since a mark.
    pub(crate) fn beneath(&mut self, mark: usize, draw: impl FnOnce(&mut Self)) {
        let later = self.body.split_off(mark);
        draw(self);
        self.body.push_str(&later);
    }

    /// Whether labels have to move above what they name.
    pub(crate) fn narrow(&self) -> bool {
        self.width < 480.0
    }

    pub(crate) fn numbers(&self) -> NumberFormat {
        self.style.numbers
    }

    /// Text on a baseline, cut to `room`; where it was cut, the whole of it is in a title.
    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: Anchor, face: Face, text: &str, room: f64) {
        if text.is_empty() {
            return;
        }
        let short = fit(text, if face.1 { face.0 * 1.08 } else { face.0 }, room + 0.4);
        let _ = write!(self.body, "<text x=\"{}\" y=\"{}\"", Place(x), Place(y));
        self.say(face, anchor);
        let _ = write!(self.body, ">{}", escape(&short));
        if short != text {
            let _ = write!(self.body, "<title>{}</title>", escape(text));
        }
        self.body.push_str("</text>");
    }

    /// What is drawn within, and looks so, need not say it again. Groups are not nested.
    pub(crate) fn group(&mut self, face: Face, anchor: Anchor, opacity: f64, draw: impl FnOnce(&mut Self)) {
        let mark = self.mark();
        self.body.push_str("<g");
        self.say(face, anchor);
        if opacity < 1.0 {
            let _ = write!(self.body, " fill-opacity=\"{opacity}\"");
        }
        self.body.push('>');
        let begin = self.mark();
        self.said = (face, anchor);
        draw(self);
        self.said = PLAIN;
        if self.mark() == begin {
            self.body.truncate(mark);
        } else {
            self.body.push_str("</g>");
        }
    }

    /// How a text looks, where that is not said already.
    fn say(&mut self, face: Face, anchor: Anchor) {
        let said = self.said;
        if anchor != said.1 {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let _ = write!(self.body, " text-anchor=\"{anchor}\"");
        }
        if face.0 != said.0.0 {
            let _ = write!(self.body, " font-size=\"{}\"", face.0);
        }
        if face.1 != said.0.1 {
            self.body.push_str(if face.1 { " font-weight=\"600\"" } else { " font-weight=\"400\"" });
        }
        self.fill(face.2);
    }

    fn fill(&mut self, colour: Colour) {
        if colour != self.said.0.2 {
            let _ = write!(self.body, " fill=\"{}\"", self.style.paint(colour));
        }
    }

    /// A filled box with round corners; what is asked of it on hover.
    pub(crate) fn block(&mut self, area: Area, corner: f64, fill: Colour, opacity: f64, hover: &str) {
        let _ = write!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            Place(area.x),
            Place(area.y),
            Place(area.width.max(0.0)),
            Place(area.height.max(0.0))
        );
        self.fill(fill);
        if corner > 0.0 {
            let _ = write!(self.body, " rx=\"{}\"", Place(corner.min(area.width / 2.0).max(0.0)));
        }
        if opacity < 1.0 {
            let _ = write!(self.body, " fill-opacity=\"{opacity}\"");
        }
        self.close("rect", hover);
    }

    /// The outline of a box, within it.
    pub(crate) fn outline(&mut self, area: Area, corner: f64, pen: Pen) {
        let half = pen.1 / 2.0;
        let _ = write!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" rx=\"{}\"",
            Place(area.x + half),
            Place(area.y + half),
            Place((area.width - pen.1).max(0.0)),
            Place((area.height - pen.1).max(0.0)),
            Place(corner)
        );
        self.stroke(pen);
        self.body.push_str("/>");
    }

    /// Diagonal lines within a box, so that its kind is not told by colour alone.
    pub(crate) fn hatch(&mut self, area: Area, colour: Colour) {
        self.path(&hatched(area), None, Some(Pen(colour, 1.0, "")), "");
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), pen: Pen) {
        let _ = write!(
            self.body,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"",
            Place(from.0),
            Place(from.1),
            Place(to.0),
            Place(to.1)
        );
        self.stroke(pen);
        self.body.push_str("/>");
    }

    pub(crate) fn path(&mut self, path: &str, fill: Option<(Colour, f64)>, pen: Option<Pen>, hover: &str) {
        if path.is_empty() {
            return;
        }
        let _ = write!(self.body, "<path d=\"{path}\"");
        match fill {
            Some((colour, opacity)) => {
                self.fill(colour);
                if opacity < 1.0 {
                    let _ = write!(self.body, " fill-opacity=\"{opacity}\"");
                }
            }
            None => self.body.push_str(" fill=\"none\""),
        }
        if let Some(pen) = pen {
            self.stroke(pen);
        }
        self.close("path", hover);
    }

    /// A filled dot.
    pub(crate) fn dot(&mut self, x: f64, y: f64, radius: f64, colour: Colour, hover: &str) {
        let _ = write!(self.body, "<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\"", Place(x), Place(y));
        self.fill(colour);
        self.close("circle", hover);
    }

    /// A hollow dot.
    pub(crate) fn ring(&mut self, x: f64, y: f64, radius: f64, colour: Colour, hover: &str) {
        let (ground, colour) = (self.style.paint(SURFACE), self.style.paint(colour));
        let _ = write!(
            self.body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill=\"{ground}\" stroke=\"{colour}\" stroke-width=\"1.6\"",
            Place(x),
            Place(y)
        );
        self.close("circle", hover);
    }

    /// One of six shapes for one of six kinds.
    pub(crate) fn marker(&mut self, kind: usize, x: f64, y: f64, colour: Colour) {
        let mut poly = |points: &[(f64, f64)]| {
            let points = points.iter().map(|(dx, dy)| (x + dx, y + dy)).collect::<Vec<_>>();
            self.path(&format!("{}Z", joined(&points)), Some((colour, 1.0)), None, "");
        };
        match kind % 6 {
            1 => poly(&[(0.0, -4.6), (4.6, 0.0), (0.0, 4.6), (-4.6, 0.0)]),
            2 => poly(&[(-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)]),
            3 => poly(&[(0.0, -4.4), (4.4, 3.4), (-4.4, 3.4)]),
            4 => poly(&[(0.0, 4.4), (4.4, -3.4), (-4.4, -3.4)]),
            5 => self.ring(x, y, 3.4, colour, ""),
            _ => self.dot(x, y, 3.8, colour, ""),
        }
    }

    /// A row of keys with their names, on as many lines as it needs; free space begins below it.
    pub(crate) fn legend(&mut self, keys: &[(Key, &str)]) {
        let keys = keys.iter().filter(|(_, name)| !name.is_empty()).collect::<Vec<_>>();
        if keys.is_empty() {
            return;
        }
        let (mut x, mut y) = (0.0, self.top);
        for (key, name) in keys {
            let swatch = match key {
                Key::Dot(_) | Key::Ring(_) => 10.0,
                Key::Stroke(_) => 20.0,
                _ => 12.0,
            };
            let needed = swatch + 6.0 + SMALL.width(name);
            if x > 0.0 && x + needed > self.width {
                (x, y) = (0.0, y + 17.0);
            }
            let middle = y + 7.0;
            let area = Area { x, y: middle - 5.0, width: swatch, height: 10.0 };
            match *key {
                Key::Area(colour, dash) => {
                    self.block(area, 0.0, colour, 0.25, "");
                    self.outline(area, 0.0, Pen(colour, 1.4, dash));
                }
                Key::Stroke(pen) => self.line((x, middle), (x + swatch, middle), pen),
                Key::Dot(colour) => self.dot(x + 5.0, middle, 4.5, colour, ""),
                Key::Ring(colour) => self.ring(x + 5.0, middle, 4.0, colour, ""),
                Key::Box(colour) => self.block(area, 2.0, colour, 1.0, ""),
                Key::Hatch(colour) => {
                    self.block(area, 2.0, colour, 1.0, "");
                    self.hatch(area, SURFACE);
                }
            }
            self.text(
                x + swatch + 6.0,
                y + 11.0,
                Anchor::Start,
                Face(11.0, false, INK_2),
                name,
                self.width - swatch - 6.0,
            );
            x += needed + 16.0;
        }
        self.top = y + 24.0;
    }

    /// Marks below a plot with their thin lines through it, and the axis' name below them. Returns how much height the
    /// marks and the name take.
    pub(crate) fn x_axis(&mut self, axis: &Axis, scale: &Scale, plot: Area, lines: bool) -> f64 {
        let most = (plot.width / 50.0).clamp(3.0, 8.0) as usize;
        let bottom = plot.y + plot.height;
        let mut path = String::new();
        let mut free = f64::NEG_INFINITY;
        for (value, text) in axis.marks(scale, most, self.numbers()) {
            let x = scale.at(value);
            if lines {
                let _ = write!(path, "M{} {}V{}", Place(x), Place(plot.y), Place(bottom));
            } else {
                let _ = write!(path, "M{} {}V{}", Place(x), Place(bottom), Place(bottom + 4.0));
            }
            let room = SMALL.width(&text);
            let left = (x - room / 2.0).clamp(0.0, (self.width - room).max(0.0));
            if left < free {
                continue;
            }
            free = left + room + 8.0;
            let (at, anchor) = if left + room / 2.0 > x + 0.5 {
                (left, Anchor::Start)
            } else if left + room / 2.0 < x - 0.5 {
                (left + room, Anchor::End)
            } else {
                (x, Anchor::Middle)
            };
            self.text(at, bottom + 17.0, anchor, SMALL, &text, self.width);
        }
        if !lines {
            let _ = write!(path, "M{} {}H{}", Place(plot.x), Place(bottom), Place(plot.x + plot.width));
        }
        self.path(&path, None, Some(Pen(if lines { GRID } else { LINE }, 1.0, "")), "");
        let name = axis.name();
        if name.is_empty() {
            return 22.0;
        }
        self.text(plot.x + plot.width, bottom + 34.0, Anchor::End, SMALL, &name, self.width);
        40.0
    }

    /// Thin lines through the whole width, their figures above them at the left, the axis' name on top. `plot` begins
    /// right of the figures (`y_room`).
    pub(crate) fn y_axis(&mut self, axis: &Axis, scale: &Scale, plot: Area, most: usize) {
        let mut path = String::new();
        for (value, text) in axis.marks(scale, most, self.numbers()) {
            let y = scale.at(value);
            let _ = write!(path, "M0 {}H{}", Place(y), Place(plot.x + plot.width));
            self.text(0.0, y - 4.0, Anchor::Start, SMALL, &text, plot.x);
        }
        self.path(&path, None, Some(Pen(GRID, 1.0, "")), "");
    }

    /// How much the figures of a y axis need.
    pub(crate) fn y_room(&self, axis: &Axis, scale: &Scale, most: usize) -> f64 {
        let marks = axis.marks(scale, most, self.numbers());
        SMALL.widest(marks.iter().map(|(_, text)| text.as_str())).min(self.width * 0.3) + 8.0
    }

    /// The name of a y axis, above the plot; free space begins below it.
    pub(crate) fn y_name(&mut self, axis: &Axis) {
        let name = axis.name();
        if !name.is_empty() {
            self.text(0.0, self.top + 9.0, Anchor::Start, SMALL, &name, self.width);
            self.top += 14.0;
        }
        // For the figure above the highest line.
        self.top += 16.0;
    }

    /// The tint of the side of an upright rule that counts; first of all, so that everything lies above it.
    pub(crate) fn tint_upright(&mut self, rule: &Rule, scale: &Scale, plot: Area) {
        let x = scale.at(rule.at);
        let (from, to) = match rule.side {
            Side::Neither => return,
            Side::Above => (x, plot.x + plot.width),
            Side::Below => (plot.x, x),
        };
        let area = Area { x: from, width: to - from, ..plot };
        self.block(area, 0.0, BOUND_SOFT, 1.0, "");
    }

    /// An upright rule with its words above the plot, on a baseline `up` above it.
    pub(crate) fn upright(&mut self, rule: &Rule, scale: &Scale, plot: Area, up: f64) {
        if !rule.at.is_finite() {
            return;
        }
        let x = scale.at(rule.at);
        self.line((x, plot.y - up + 4.0), (x, plot.y + plot.height), Pen(BOUND, 1.4, "5 4"));
        let room = WARN.width(&rule.label);
        if x + room / 2.0 > self.width {
            self.text(self.width, plot.y - up, Anchor::End, WARN, &rule.label, self.width);
        } else if x - room / 2.0 < 0.0 {
            self.text(0.0, plot.y - up, Anchor::Start, WARN, &rule.label, self.width);
        } else {
            self.text(x, plot.y - up, Anchor::Middle, WARN, &rule.label, self.width);
        }
    }

    /// The whole picture. `height` is what has been drawn on.
    pub(crate) fn finish(self, caption: &Caption, height: f64) -> String {
        let (width, height) = (self.width + 2.0 * self.margin, height + 2.0 * self.margin);
        let said = match (caption.title.is_empty(), caption.finding.is_empty()) {
            (false, false) => format!("{}: {}", caption.title, caption.finding),
            (false, true) => caption.title.clone(),
            (true, _) => caption.finding.clone(),
        };
        let font = match self.style.theme {
            Theme::Page => "",
            _ => " font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif\"",
        };
        let (left, width, height) = (Place(-self.margin), Place(width), Place(height));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tw-chart\" role=\"img\" viewBox=\"{left} {left} {width} \
             {height}\" width=\"{width}\" height=\"{height}\"{font} font-size=\"12\" fill=\"{}\" \
             stroke-linejoin=\"round\" direction=\"ltr\">\
             <title>{}</title>",
            self.style.paint(INK_2),
            escape(&said)
        );
        if self.style.theme != Theme::Page {
            let ground = self.style.paint(SURFACE);
            let _ = write!(
                svg,
                "<rect x=\"{left}\" y=\"{left}\" width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>"
            );
        }
        svg.push_str(&self.body);
        svg.push_str("</svg>");
        svg
    }

    fn stroke(&mut self, pen: Pen) {
        let _ = write!(self.body, " stroke=\"{}\"", self.style.paint(pen.0));
        if pen.1 != 1.0 {
            let _ = write!(self.body, " stroke-width=\"{}\"", pen.1);
        }
        if !pen.2.is_empty() {
            let _ = write!(self.body, " stroke-dasharray=\"{}\"", pen.2);
        }
    }

    fn close(&mut self, name: &str, hover: &str) {
        if hover.is_empty() {
            self.body.push_str("/>");
        } else {
            let _ = write!(self.body, "><title>{}</title></{name}>", escape(hover));
        }
    }
}

/// A box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    pub(crate) fn between(from: f64, to: f64, y: f64, height: f64) -> Self {
        Self { x: from.min(to), y, width: (to - from).abs(), height }
    }
}

/// A coordinate with one digit; never anything but a number.
pub(crate) struct Place(pub(crate) f64);

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 10.0).round() / 10.0;
        // Adding 0 turns a negative zero into a plain one.
        write!(formatter, "{}", if rounded.is_finite() { rounded.clamp(-1e5, 1e5) + 0.0 } else { 0.0 })
    }
}

/// Diagonal lines within a box.
pub(crate) fn hatched(area: Area) -> String {
    let mut path = String::new();
    let mut sum = 4.0;
    while sum < area.width + area.height && area.height > 0.0 {
        // The part of the line x + y = sum that lies inside.
        let (left, right) = ((sum - area.height).max(0.0), sum.min(area.width));
        if right - left > 0.6 {
            let at = |x: f64| (Place(area.x + x), Place(area.y + sum - x));
            let (from, to) = (at(left), at(right));
            let _ = write!(path, "M{} {}L{} {}", from.0, from.1, to.0, to.1);
        }
        sum += 5.0;
    }
    path
}

/// The path of a box.
pub(crate) fn boxed(area: Area) -> String {
    let (left, top) = (Place(area.x), Place(area.y));
    format!("M{left} {top}H{}V{}H{left}Z", Place(area.x + area.width), Place(area.y + area.height))
}

/// The points that a line needs to look the same: what is left out lies within a tenth of a pixel of it.
pub(crate) fn simplified(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut keep = vec![false; points.len()];
    let mut open = vec![(0, points.len().saturating_sub(1))];
    while let Some((from, to)) = open.pop() {
        let (Some(&(x, y)), Some(&end)) = (points.get(from), points.get(to)) else { break };
        (keep[from], keep[to]) = (true, true);
        let (dx, dy) = (end.0 - x, end.1 - y);
        let length = dx.hypot(dy);
        let distance = |point: &(f64, f64)| {
            if length > 0.0 {
                ((point.0 - x) * dy - (point.1 - y) * dx).abs() / length
            } else {
                (point.0 - x).hypot(point.1 - y)
            }
        };
        let between = (from + 1..to).map(|place| (place, distance(&points[place])));
        if let Some((place, far)) = between.max_by(|a, b| a.1.total_cmp(&b.1))
            && far > 0.1
        {
            open.extend([(from, place), (place, to)]);
        }
    }
    points.iter().zip(keep).filter_map(|(point, keep)| keep.then_some(*point)).collect()
}

/// The path through points.
pub(crate) fn joined(points: &[(f64, f64)]) -> String {
    let mut path = String::with_capacity(points.len() * 12);
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if index == 0 { 'M' } else { 'L' }, Place(*x), Place(*y));
    }
    path
}
