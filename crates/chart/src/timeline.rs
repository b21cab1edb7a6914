//! Batch by batch: what came, what it did, what was done.

use std::fmt::Write as _;

use crate::canvas::{
    Anchor, Area, Canvas, Caption, Face, LABEL, Pen, Place, Rule, SMALL, STRONG, Side, boxed, hatched, joined,
};
use crate::csv::Table;
use crate::number::Unit;
use crate::scale::{Axis, Scale};
use crate::style::{
    ACCENT_INK, ACCENT_LINE, BAD, BAD_LINE, BAD_SOFT, BOUND, BOUND_LINE, BOUND_SOFT, CURRENT, Colour, GRID, HEAT,
    HEAT_INK, HEAT_LAST_INK, INK, INK_2, INK_3, REFERENCE, SKIP, SKIP_SOFT, SURFACE, Style, TRAIN, TRAIN_SOFT,
};
use crate::text::width;
use crate::{Chart, NumberFormat};

/// Several tracks on one axis of batches, so that causes stand above effects.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// Title and finding.
    pub caption: Caption,
    /// What a column is, such as `batch`.
    pub axis: String,
    /// From left to right, the oldest first. Where there are more than fit, the oldest are left out.
    pub columns: Vec<Column>,
    /// From top to bottom.
    pub tracks: Vec<Track>,
    /// Written where columns were left out, with `{}` for how many: `{} earlier ones are not shown`.
    pub earlier: String,
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Its number or name.
    pub label: String,
    /// Its date, or the like.
    pub note: String,
    /// Whether it is the one that this is about, or that waits: tinted.
    pub highlight: bool,
}

/// What is shown of each batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// What it is.
    pub label: String,
    /// More about it, quieter.
    pub note: String,
    /// How it is shown.
    pub kind: Kind,
}

/// How a track is shown. Each holds one entry for each column.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Two counts, one on top of the other, such as clean and quarantined rows.
    Counts(Vec<Option<(f64, f64)>>),
    /// Rows of cells, coloured from the bound on: figures in multiples of it.
    Heat {
        /// From top to bottom.
        rows: Vec<HeatRow>,
        /// What the colours are, such as `drift, in multiples of the bound`.
        legend: String,
    },
    /// What was decided.
    Actions(Vec<Option<Action>>),
    /// What held from one column to another, such as the model in production.
    Bands(Vec<Band>),
    /// A figure with its interval.
    Figure(Figure),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Counts(Vec::new())
    }
}

/// One row of cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatRow {
    /// What it is about, such as a column's name.
    pub label: String,
    /// More about it, such as its weight.
    pub note: String,
    /// In multiples of the bound; `None` where there is none.
    pub cells: Vec<Option<f64>>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Action {
    /// Which.
    pub kind: ActionKind,
    /// In a word, such as `Retrain`.
    pub label: String,
    /// Why, in a few.
    pub note: String,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActionKind {
    /// To train: a circular arrow.
    Train,
    /// Not to: a triangle with a bar.
    #[default]
    Skip,
    /// To ask a person: a question mark.
    Ask,
    /// Nothing, as it failed: a cross.
    Failed,
}

impl ActionKind {
    const ALL: [Self; 4] = [Self::Train, Self::Skip, Self::Ask, Self::Failed];

    /// Of its sign, and of the ground.
    fn colours(self) -> (Colour, Colour) {
        match self {
            Self::Train => (TRAIN, TRAIN_SOFT),
            Self::Skip => (SKIP, SKIP_SOFT),
            Self::Ask => (BOUND, BOUND_SOFT),
            Self::Failed => (BAD, BAD_SOFT),
        }
    }

    /// The height of its bar where there is no room for a sign.
    fn share(self) -> f64 {
        match self {
            Self::Train => 1.0,
            Self::Skip => 0.25,
            Self::Ask => 0.75,
            Self::Failed => 0.5,
        }
    }
}

/// What held for some columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Band {
    /// From this column on, counted from 0.
    pub from: usize,
    /// To this one, included.
    pub to: usize,
    /// What it is.
    pub label: String,
    /// Which.
    pub kind: BandKind,
}

/// What a band is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BandKind {
    /// Held, and does no longer.
    #[default]
    Past,
    /// Holds now.
    Now,
    /// Never held: dashed, on a line of its own.
    Rejected,
}

/// A figure with its interval for each column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// What it is counted in.
    pub unit: Unit,
    /// One for each column.
    pub points: Vec<Point>,
    /// A bound of it.
    pub rule: Option<Rule>,
    /// Bars from zero; else a line with a band.
    pub bars: bool,
    /// Height in pixels; a usual one where it is 0.
    pub height: f64,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// Shown below the axis, such as the batch's number; of [`timeline`] alone.
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

/// Narrower than this a column shows nothing.
const LEAST: f64 = 5.0;
const CELL: f64 = 21.0;

/// Where the columns lie.
#[derive(Clone, Copy)]
struct Grid {
    left: f64,
    right: f64,
    step: f64,
    /// The first column that is shown, and how many are.
    first: usize,
    count: usize,
    narrow: bool,
}

impl Grid {
    fn new(canvas: &Canvas<'_>, columns: usize) -> Self {
        let narrow = canvas.narrow();
        let left = if narrow { 86.0 } else { (canvas.width * 0.19).clamp(120.0, 190.0) };
        let fit = ((canvas.width - left) / LEAST) as usize;
        let count = columns.min(fit);
        let step = ((canvas.width - left) / count.max(1) as f64).min(150.0);
        Self { left, right: left + step * count as f64, step, first: columns - count, count, narrow }
    }

    /// The places of columns that are shown, each with its entry.
    fn each<'t, T>(&self, entries: &'t [T]) -> impl Iterator<Item = (f64, &'t T)> + use<'t, T> {
        let (left, step, first) = (self.left, self.step, self.first);
        entries
            .iter()
            .skip(first)
            .take(self.count)
            .enumerate()
            .map(move |(place, entry)| (left + step * (place as f64 + 0.5), entry))
    }

    fn gap(&self) -> f64 {
        if self.step > 30.0 { 2.0 } else { (self.step * 0.06).clamp(0.5, 2.0) }
    }

    fn tile(&self, middle: f64, y: f64, height: f64) -> Area {
        let side = self.step - 2.0 * self.gap();
        Area { x: middle - side / 2.0, y, width: side, height }
    }
}

impl Chart for Timeline {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        let grid = Grid::new(&canvas, self.columns.len());
        let begin = canvas.top;
        let mark = canvas.mark();
        self.head(&mut canvas, &grid);
        for track in &self.tracks {
            canvas.line((0.0, canvas.top), (canvas.width, canvas.top), Pen(GRID, 1.0, ""));
            canvas.top += 9.0;
            track.draw(&mut canvas, &grid);
            canvas.top += 9.0;
        }
        let end = canvas.top;
        canvas.beneath(mark, |canvas| {
            for (middle, column) in grid.each(&self.columns) {
                if column.highlight {
                    let area = Area { x: middle - grid.step / 2.0, y: begin, width: grid.step, height: end - begin };
                    canvas.block(area, 0.0, BOUND_SOFT, 0.7, &column.label);
                }
            }
        });
        canvas.finish(&self.caption, end)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["column", "track", "row", "value", "low", "high", "text"]);
        let name = |place: usize| self.columns.get(place).map_or("", |column| column.label.as_str());
        for track in &self.tracks {
            let mut line = |place: usize, row: &str, figures: [Option<f64>; 3], text: &str| {
                table.word(name(place)).word(&track.label).word(row);
                for figure in figures {
                    table.number(figure);
                }
                table.word(text).end();
            };
            match &track.kind {
                Kind::Counts(counts) => {
                    for (place, counts) in counts.iter().enumerate() {
                        line(place, "1", [counts.map(|counts| counts.0), None, None], "");
                        line(place, "2", [counts.map(|counts| counts.1), None, None], "");
                    }
                }
                Kind::Heat { rows, .. } => {
                    for row in rows {
                        for (place, cell) in row.cells.iter().enumerate() {
                            line(place, &row.label, [*cell, None, None], "");
                        }
                    }
                }
                Kind::Actions(actions) => {
                    for (place, action) in actions.iter().enumerate() {
                        let text = |action: &Action| format!("{} {}", action.label, action.note).trim().to_owned();
                        line(place, "", [None; 3], &action.as_ref().map(text).unwrap_or_default());
                    }
                }
                Kind::Bands(bands) => {
                    for band in bands {
                        for place in band.from..=band.to.min(self.columns.len().saturating_sub(1)) {
                            line(place, "", [None; 3], &band.label);
                        }
                    }
                }
                Kind::Figure(figure) => {
                    for (place, point) in figure.points.iter().enumerate() {
                        line(place, "", [point.value, point.low, point.high], &point.note);
                    }
                }
            }
        }
        table.finish()
    }
}

impl Timeline {
    fn head(&self, canvas: &mut Canvas<'_>, grid: &Grid) {
        let top = canvas.top;
        canvas.text(0.0, top + 13.0, Anchor::Start, LABEL, &self.axis, grid.left - 10.0);
        if grid.first > 0 {
            let words = self.earlier.replace("{}", &canvas.numbers().fixed(grid.first as f64, 0));
            canvas.text(0.0, top + 28.0, Anchor::Start, SMALL, &words, canvas.width);
        }
        let widest = STRONG.widest(self.columns.iter().map(|column| column.label.as_str())).min(64.0) + 6.0;
        // Every so many columns have their name, the last one in any case.
        let each = (widest / grid.step).ceil().max(1.0) as usize;
        let notes = SMALL.widest(self.columns.iter().map(|column| column.note.as_str()));
        let notes = (notes > 0.0 && notes <= grid.step - 4.0 && grid.first == 0).then_some(());
        let columns = grid.each(&self.columns).collect::<Vec<_>>();
        let mut free = f64::INFINITY;
        for (place, (middle, column)) in columns.iter().enumerate().rev() {
            if (columns.len() - 1 - place).is_multiple_of(each) {
                let half = STRONG.width(&column.label).min(widest) / 2.0;
                let at = middle.min(canvas.width - half).max(grid.left - 8.0 + half);
                if at + half <= free {
                    let room = (widest - 2.0).max(grid.step - 4.0);
                    canvas.text(at, top + 13.0, Anchor::Middle, STRONG, &column.label, room);
                    free = at - half - 6.0;
                }
            }
            if notes.is_some() {
                canvas.text(*middle, top + 28.0, Anchor::Middle, SMALL, &column.note, grid.step);
            }
        }
        canvas.top = top + if notes.is_some() || grid.first > 0 { 38.0 } else { 22.0 };
    }
}

impl Track {
    fn draw(&self, canvas: &mut Canvas<'_>, grid: &Grid) {
        // Words that do not fit beside the tracks stand above them.
        let begin = canvas.top;
        let heat = matches!(self.kind, Kind::Heat { .. });
        if grid.narrow || heat {
            let room = if grid.narrow { canvas.width } else { grid.left - 12.0 };
            canvas.text(0.0, begin + 11.0, Anchor::Start, LABEL, &self.label, room);
            let after = LABEL.width(&self.label) + 10.0;
            if grid.narrow && after + 60.0 < canvas.width {
                canvas.text(after, begin + 11.0, Anchor::Start, SMALL, &self.note, canvas.width - after);
            }
            canvas.top += 20.0;
        }
        let beside = !grid.narrow && !heat;
        let figures = if matches!(self.kind, Kind::Figure(_)) { 58.0 } else { 14.0 };
        let mut least = canvas.top;
        if beside {
            canvas.text(0.0, begin + 11.0, Anchor::Start, LABEL, &self.label, grid.left - figures);
            least = begin + 16.0;
            for line in wrapped(&self.note, SMALL, grid.left - figures, 3) {
                canvas.text(0.0, least + 9.0, Anchor::Start, SMALL, &line, grid.left - figures);
                least += 14.0;
            }
        }
        match &self.kind {
            Kind::Counts(counts) => draw_counts(canvas, grid, counts),
            Kind::Heat { rows, legend } => draw_heat(canvas, grid, rows, legend),
            Kind::Actions(actions) => draw_actions(canvas, grid, actions),
            Kind::Bands(bands) => draw_bands(canvas, grid, bands),
            Kind::Figure(figure) => figure.draw(canvas, grid),
        }
        canvas.top = canvas.top.max(least);
    }
}

/// Text on at most so many lines; the last is cut where it is too long.
fn wrapped(text: &str, face: Face, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = lines.len() == most;
        match lines.last_mut() {
            Some(line) if full || face.width(line) + face.width(word) + 4.0 <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn draw_counts(canvas: &mut Canvas<'_>, grid: &Grid, counts: &[Option<(f64, f64)>]) {
    let top = canvas.top;
    let sound = |value: f64| if value.is_finite() { value.clamp(0.0, 1e100) } else { 0.0 };
    let sums = grid.each(counts).filter_map(|(_, counts)| counts.map(|(a, b)| sound(a) + sound(b)));
    let most = sums.fold(0.0, f64::max);
    let height = |value: f64| if most > 0.0 { sound(value) / most * 34.0 } else { 0.0 };
    let side = (grid.step - 2.0 * grid.gap()).min(28.0);
    let mut hatches = String::new();
    let base = top + 36.0;
    let texts = grid.each(counts).filter_map(|(_, counts)| counts.map(|(a, _)| short(a, canvas.numbers())));
    let fits = SMALL.widest(texts.collect::<Vec<_>>().iter().map(String::as_str)) <= grid.step - 4.0;
    for (middle, counts) in grid.each(counts) {
        let Some((lower, upper)) = *counts else {
            if grid.step > 12.0 {
                canvas.text(middle, base + 13.0, Anchor::Middle, SMALL, "–", grid.step);
            }
            continue;
        };
        let text = short(lower, canvas.numbers());
        let hover = if fits { String::new() } else { text.clone() };
        let (low, high) = (height(lower).max(0.6), height(upper));
        let area = Area { x: middle - side / 2.0, y: base - low, width: side, height: low };
        canvas.block(area, 0.0, REFERENCE, 1.0, &hover);
        if high > 0.3 {
            let gap = if high > 3.0 { 1.0 } else { 0.0 };
            let area = Area { y: base - low - high, height: high - gap, ..area };
            canvas.block(area, 0.0, BAD, 1.0, "");
            hatches.push_str(&hatched(area));
        }
        if fits {
            canvas.text(middle, base + 13.0, Anchor::Middle, Face(11.0, false, INK_2), &text, grid.step);
        }
    }
    canvas.path(&hatches, None, Some(Pen(SURFACE, 1.0, "")), "");
    canvas.top = base + if fits { 17.0 } else { 2.0 };
}

fn short(value: f64, numbers: NumberFormat) -> String {
    if value.abs() < 1e5 { numbers.fixed(value, 0) } else { Unit::none().value(value, numbers) }
}

/// Where the colours of cells begin.
const STEPS: [f64; 6] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0];

fn draw_heat(canvas: &mut Canvas<'_>, grid: &Grid, rows: &[HeatRow], legend: &str) {
    let numbers = canvas.numbers();
    let begin = |step: f64| format!("{}{}", numbers.plain(step), if step == 8.0 { "+" } else { "" });
    // The legend stands at the right, above the cells; on a narrow picture on a line of its own.
    let keys = STEPS.map(begin);
    let (swatch, gap) = if grid.narrow { (10.0, 6.0) } else { (18.0, 8.0) };
    let needed = keys.iter().map(|key| swatch + 4.0 + gap + width(key, 11.0)).sum::<f64>();
    let y = if grid.narrow {
        canvas.top += 20.0;
        canvas.top - 9.0
    } else {
        canvas.top - 9.0
    };
    let mut x = if grid.narrow { 0.0 } else { canvas.width - needed };
    let words = x - 8.0 - grid.left;
    if !grid.narrow && SMALL.width(legend) <= words {
        canvas.text(x - 8.0, y, Anchor::End, SMALL, legend, words);
    } else if grid.narrow {
        let room = canvas.width - needed;
        if room >= SMALL.width(legend) {
            canvas.text(needed, y, Anchor::Start, SMALL, legend, room);
        }
    }
    for (key, colour) in keys.iter().zip(HEAT) {
        canvas.block(Area { x, y: y - 9.0, width: swatch, height: 10.0 }, 2.0, colour, 1.0, legend);
        canvas.text(x + swatch + 4.0, y, Anchor::Start, SMALL, key, 40.0);
        x += swatch + 4.0 + gap + width(key, 11.0);
    }
    let print = grid.step >= width("9.1", 11.0) + 4.0;
    // The cells of each colour, and those without a figure.
    let mut classes: [Vec<(Area, f64)>; 7] = Default::default();
    for row in rows {
        let top = canvas.top;
        let note = SMALL.width(&row.note).min(70.0);
        let aside = if grid.narrow || row.note.is_empty() { 0.0 } else { note + 8.0 };
        canvas.text(0.0, top + 14.0, Anchor::Start, Face(11.5, false, INK), &row.label, grid.left - aside - 12.0);
        if !grid.narrow {
            canvas.text(grid.left - 12.0, top + 14.0, Anchor::End, SMALL, &row.note, 70.0);
        }
        let cells = grid.each(&row.cells).map(|(middle, cell)| (middle, cell.filter(|value| !value.is_nan())));
        for (middle, cell) in cells {
            let class = cell.map(|value| STEPS.iter().rposition(|step| value >= *step).unwrap_or(0));
            classes[class.unwrap_or(6)].push((grid.tile(middle, top, CELL - 2.0), cell.unwrap_or_default()));
        }
        canvas.top += CELL;
    }
    draw_cells(canvas, &classes, print);
}

/// Cells with their figures; where those do not fit, a line marks the cells from the bound on.
fn draw_cells(canvas: &mut Canvas<'_>, classes: &[Vec<(Area, f64)>; 7], print: bool) {
    let numbers = canvas.numbers();
    let middle = |area: &Area| (area.x + area.width / 2.0, area.y + 14.0);
    let mut lines = String::new();
    for (class, colour) in HEAT.into_iter().enumerate() {
        if !print {
            let path = classes[class].iter().map(|(area, _)| boxed(*area)).collect::<String>();
            canvas.path(&path, Some((colour, 1.0)), None, "");
            for (area, _) in classes[class].iter().filter(|(area, _)| class >= 2 && area.width >= 7.0) {
                let y = Place(area.y + area.height - 2.5);
                let _ = write!(lines, "M{} {y}H{}", Place(area.x + 1.0), Place(area.x + area.width - 1.0));
            }
            continue;
        }
        canvas.group(Face(12.0, false, colour), Anchor::Start, 1.0, |canvas| {
            for (area, _) in &classes[class] {
                canvas.block(*area, 2.5, colour, 1.0, "");
            }
        });
        let face = Face(11.0, class >= 3, if class == 5 { HEAT_LAST_INK } else { HEAT_INK });
        canvas.group(face, Anchor::Middle, 1.0, |canvas| {
            for (area, value) in &classes[class] {
                let text =
                    if *value >= 99.5 { "99+".to_owned() } else { numbers.fixed(*value, usize::from(*value < 9.95)) };
                let (x, y) = middle(area);
                canvas.text(x, y, Anchor::Middle, face, &text, area.width + 2.0);
            }
        });
    }
    canvas.path(&lines, None, Some(Pen(HEAT_INK, 1.2, "")), "");
    canvas.group(SMALL, Anchor::Middle, 1.0, |canvas| {
        for (area, _) in classes[6].iter().filter(|_| print) {
            let (x, y) = middle(area);
            canvas.text(x, y, Anchor::Middle, SMALL, "–", area.width + 2.0);
        }
    });
}

fn draw_actions(canvas: &mut Canvas<'_>, grid: &Grid, actions: &[Option<Action>]) {
    let top = canvas.top;
    let words = grid.each(actions).filter_map(|(_, action)| action.as_ref()).collect::<Vec<_>>();
    let bold = |colour: Colour| Face(11.5, true, colour);
    let widest = bold(INK).widest(words.iter().map(|action| action.label.as_str()));
    let written = grid.step - 2.0 * grid.gap() >= widest + 26.0;
    let noted = written && words.iter().any(|action| !action.note.is_empty());
    let height = if noted { 38.0 } else { 24.0 };
    let mut tiny: [String; 4] = Default::default();
    for (middle, action) in grid.each(actions) {
        let Some(action) = action else { continue };
        let (ink, soft) = action.kind.colours();
        let area = grid.tile(middle, top, height);
        if area.width < 11.0 {
            // A bar whose height tells the kind.
            let part = height * action.kind.share();
            let bar = Area { y: top + height - part, height: part, ..area };
            tiny[action.kind as usize].push_str(&boxed(bar));
            continue;
        }
        canvas.block(area, 5.0, soft, 1.0, if written { "" } else { &action.label });
        if action.kind == ActionKind::Ask {
            canvas.outline(area, 5.0, Pen(BOUND_LINE, 1.0, ""));
        }
        if written {
            let room = bold(ink).width(&action.label);
            let x = middle - f64::midpoint(room, 16.0);
            glyph(canvas, action.kind, x + 5.0, top + 12.0, 4.6, ink);
            canvas.text(x + 16.0, top + 16.0, Anchor::Start, bold(ink), &action.label, room + 1.0);
            canvas.text(middle, top + 31.0, Anchor::Middle, Face(11.0, false, INK_2), &action.note, area.width - 8.0);
        } else {
            glyph(canvas, action.kind, middle, top + height / 2.0, 4.6, ink);
        }
    }
    for (kind, path) in ActionKind::ALL.into_iter().zip(&tiny) {
        canvas.path(path, Some((kind.colours().0, 1.0)), None, "");
    }
    canvas.top = top + height;
}

/// The sign of an action, within a circle of that radius.
fn glyph(canvas: &mut Canvas<'_>, kind: ActionKind, x: f64, y: f64, r: f64, colour: Colour) {
    let pen = Pen(colour, 1.7, "");
    match kind {
        ActionKind::Train => {
            let turn = |step: i32| {
                let (sin, cos) = (f64::from(step) * 34.0 - 59.0).to_radians().sin_cos();
                (x + r * cos, y + r * sin)
            };
            let turn = (1..=9).map(turn).collect::<Vec<_>>();
            canvas.path(&joined(&turn), None, Some(pen), "");
            let head = [(x + r - 3.4, y - r + 2.6), (x + r, y - r + 2.6), (x + r, y - r - 1.0)];
            canvas.path(&joined(&head), None, Some(pen), "");
        }
        ActionKind::Skip => {
            let triangle = [(x - r + 0.6, y - r + 0.4), (x + r - 2.6, y), (x - r + 0.6, y + r - 0.4)];
            canvas.path(&format!("{}Z", joined(&triangle)), None, Some(Pen(colour, 1.5, "")), "");
            canvas.line((x + r - 0.6, y - r + 0.4), (x + r - 0.6, y + r - 0.4), pen);
        }
        ActionKind::Ask => {
            let hook = [(-2.8, -2.4), (-1.6, -4.4), (0.6, -4.7), (2.5, -3.4), (2.4, -1.5), (0.2, 0.2), (0.0, 1.9)];
            let hook = hook.map(|(dx, dy)| (x + dx, y + dy));
            canvas.path(&joined(&hook), None, Some(pen), "");
            canvas.dot(x, y + 4.5, 1.1, colour, "");
        }
        ActionKind::Failed => {
            let r = r - 0.8;
            canvas.line((x - r, y - r), (x + r, y + r), pen);
            canvas.line((x - r, y + r), (x + r, y - r), pen);
        }
    }
}

fn draw_bands(canvas: &mut Canvas<'_>, grid: &Grid, bands: &[Band]) {
    let top = canvas.top;
    let lanes = if bands.iter().any(|band| band.kind == BandKind::Rejected) { 2.0 } else { 1.0 };
    for band in bands {
        let last = grid.first + grid.count;
        let (from, to) = (band.from.max(grid.first), band.to.min(last.saturating_sub(1)));
        if from > to || grid.count == 0 || from >= last {
            continue;
        }
        let place = |column: usize| grid.left + grid.step * (column - grid.first) as f64;
        let gap = grid.gap();
        let rejected = band.kind == BandKind::Rejected;
        let y = if rejected { top + 23.0 } else { top };
        let area = Area { x: place(from) + gap, y, width: place(to + 1) - place(from) - 2.0 * gap, height: 20.0 };
        let (ink, fill, line) = match band.kind {
            BandKind::Past => (TRAIN, TRAIN_SOFT, Pen(ACCENT_LINE, 1.0, "")),
            BandKind::Now => (ACCENT_INK, CURRENT, Pen(CURRENT, 1.0, "")),
            BandKind::Rejected => (BAD, BAD_SOFT, Pen(BAD_LINE, 1.2, "4 3")),
        };
        canvas.block(area, 4.0, fill, 1.0, &band.label);
        canvas.outline(area, 4.0, line);
        let face = Face(11.0, true, ink);
        if area.width >= 40.0 {
            canvas.text(area.x + 6.0, y + 14.0, Anchor::Start, face, &band.label, area.width - 10.0);
        } else if area.width - 3.0 >= face.width(&band.label) {
            let middle = area.x + area.width / 2.0;
            canvas.text(middle, y + 14.0, Anchor::Middle, face, &band.label, area.width);
        } else if rejected && area.width >= 11.0 {
            glyph(canvas, ActionKind::Failed, area.x + area.width / 2.0, y + 10.0, 4.0, ink);
        }
    }
    canvas.top = top + 20.0 + (lanes - 1.0) * 23.0;
}

impl Figure {
    fn draw(&self, canvas: &mut Canvas<'_>, grid: &Grid) {
        let numbers = canvas.numbers();
        let noted = self.points.iter().any(|point| !point.note.is_empty());
        let top = canvas.top + if noted { 16.0 } else { 4.0 };
        let usual = if self.bars { 34.0 } else { 46.0 };
        let height = if self.height.is_finite() && self.height > 0.0 { self.height.clamp(24.0, 600.0) } else { usual };
        let bottom = top + height;
        let shown = grid.each(&self.points).collect::<Vec<_>>();
        let values = shown.iter().flat_map(|(_, point)| [point.value, point.low, point.high]).flatten();
        let values = values.chain(self.rule.iter().map(|rule| rule.at)).chain(self.bars.then_some(0.0));
        let most = (height / 15.0).clamp(2.0, 5.0) as usize;
        let scale = Scale::over(values, false, bottom, top);
        let scale = if self.bars { scale } else { scale.padded(0.04) };
        let axis = Axis::new("", self.unit.clone());
        let rule = self.rule.as_ref().filter(|rule| rule.at.is_finite());
        let mut lines = String::new();
        let marks = if self.bars { Vec::new() } else { axis.marks(&scale, most, numbers) };
        let values = marks.iter().map(|mark| mark.0).collect::<Vec<_>>();
        let texts = self.unit.column(&values, numbers, false);
        let mut last = f64::INFINITY;
        for (value, text) in values.into_iter().zip(texts) {
            let y = scale.at(value);
            let _ = write!(lines, "M{} {}H{}", Place(grid.left), Place(y), Place(grid.right));
            if last - y >= 14.0 {
                canvas.text(grid.left - 8.0, y + 4.0, Anchor::End, SMALL, &text, 56.0);
                last = y;
            }
        }
        canvas.path(&lines, None, Some(Pen(GRID, 1.0, "")), "");
        if let Some(rule) = rule {
            let y = scale.at(rule.at);
            let (from, to) = if rule.side == Side::Below { (y, bottom) } else { (top, y) };
            if rule.side != Side::Neither {
                let area = Area { x: grid.left, y: from, width: grid.right - grid.left, height: to - from };
                canvas.block(area, 0.0, BOUND_SOFT, 0.6, &rule.label);
            }
        }
        if self.bars {
            draw_bars(canvas, grid, &scale, &shown);
        } else {
            draw_line(canvas, grid, &scale, &shown);
        }
        if let Some(rule) = rule {
            let y = scale.at(rule.at);
            let path = format!("M{} {}H{}", Place(grid.left), Place(y), Place(grid.right));
            canvas.path(&path, None, Some(Pen(BOUND, 1.2, "5 4")), &rule.label);
            if self.bars {
                let text = self.unit.change(rule.at, numbers);
                canvas.text(grid.left - 8.0, y + 4.0, Anchor::End, Face(11.0, false, BOUND), &text, 56.0);
            }
        }
        let below = !self.bars && shown.iter().enumerate().any(|(place, _)| lies_below(&shown, place));
        canvas.top = bottom + if below { 16.0 } else { 4.0 };
        if self.bars {
            let text = |point: &Point| point.value.map(|value| self.unit.change(value, numbers));
            let texts = shown.iter().filter_map(|(_, point)| text(point)).collect::<Vec<_>>();
            if SMALL.widest(texts.iter().map(String::as_str)) <= grid.step - 4.0 {
                for (middle, point) in &shown {
                    let strong = rule.is_some_and(|rule| point.low.is_some_and(|low| low > rule.at));
                    let text = text(point).unwrap_or_else(|| "–".to_owned());
                    let face = Face(11.0, strong, if strong { INK } else { INK_2 });
                    canvas.text(*middle, bottom + 13.0, Anchor::Middle, face, &text, grid.step);
                }
                canvas.top = bottom + 17.0;
            }
        }
    }
}

fn draw_bars(canvas: &mut Canvas<'_>, grid: &Grid, scale: &Scale, shown: &[(f64, &Point)]) {
    let side = (grid.step - 2.0 * grid.gap()).min(22.0);
    let zero = scale.at(0.0);
    for (middle, point) in shown {
        let Some(value) = point.value.filter(|value| value.is_finite()) else { continue };
        let at = scale.at(value);
        let height = (at - zero).abs().max(0.8);
        let y = zero.min(at).min(zero.max(at) - height + 0.8);
        canvas.block(Area { x: middle - side / 2.0, y, width: side, height }, 0.0, CURRENT, 0.75, &point.note);
        let ends = point.low.zip(point.high).filter(|(low, high)| low.is_finite() && high.is_finite());
        if let Some((low, high)) = ends {
            canvas.line((*middle, scale.at(low)), (*middle, scale.at(high)), Pen(INK, 1.3, ""));
        }
    }
}

fn draw_line(canvas: &mut Canvas<'_>, grid: &Grid, scale: &Scale, shown: &[(f64, &Point)]) {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    for stretch in shown.split(|(_, point)| finite(point.value).is_none()) {
        let band = stretch
            .iter()
            .filter_map(|(x, point)| Some((*x, scale.at(finite(point.low)?), scale.at(finite(point.high)?))));
        let band = band.collect::<Vec<_>>();
        if band.len() > 1 {
            let upper = band.iter().map(|(x, _, high)| (*x, *high));
            let lower = band.iter().rev().map(|(x, low, _)| (*x, *low));
            let path = format!("{}Z", joined(&upper.chain(lower).collect::<Vec<_>>()));
            canvas.path(&path, Some((CURRENT, 0.14)), None, "");
        } else if let [(x, low, high)] = band[..] {
            canvas.line((x, low), (x, high), Pen(REFERENCE, 1.6, ""));
        }
        let points = stretch.iter().filter_map(|(x, point)| Some((*x, scale.at(finite(point.value)?))));
        let points = points.collect::<Vec<_>>();
        if points.len() > 1 {
            canvas.path(&joined(&points), None, Some(Pen(CURRENT, 1.8, "")), "");
        }
    }
    let mut free = f64::NEG_INFINITY;
    for (place, (x, point)) in shown.iter().enumerate() {
        let Some(value) = finite(point.value) else { continue };
        let y = scale.at(value);
        if point.marked {
            canvas.dot(*x, y, 4.4, CURRENT, &point.note);
        } else if grid.step >= 14.0 {
            canvas.ring(*x, y, 3.2, INK_3, "");
        }
        let face = Face(11.0, true, INK);
        let room = face.width(&point.note).min(canvas.width / 3.0);
        let from = (x - room / 2.0).min(canvas.width - room).max(grid.left);
        // Among many columns only what stands out, and the last, has its words.
        let wanted = grid.step >= 20.0 || point.marked || place + 1 == shown.len();
        if wanted && room > 0.0 && from >= free {
            let above = scale.at(finite(point.high).unwrap_or(value)).min(y - 4.0) - 6.0;
            let below = scale.at(finite(point.low).unwrap_or(value)).max(y + 4.0) + 13.0;
            let y = if lies_below(shown, place) { below } else { above };
            canvas.text(from, y, Anchor::Start, face, &point.note, room + 0.5);
            free = from + room + 8.0;
        }
    }
}

/// Whether the words of a point stand below it: where the line comes from above and goes back there.
fn lies_below(shown: &[(f64, &Point)], place: usize) -> bool {
    let value = |place: Option<usize>| place.and_then(|place| shown.get(place)?.1.value);
    let (before, here, after) = (value(place.checked_sub(1)), value(Some(place)), value(Some(place + 1)));
    let named = shown.get(place).is_some_and(|(_, point)| !point.note.is_empty());
    named && before.zip(here).zip(after).is_some_and(|((before, here), after)| here < before && here < after)
}

/// One figure batch by batch, as a picture that stands alone: dots joined by a line, their intervals as a band.
pub fn timeline(title: &str, axis: &str, points: &[Point]) -> String {
    let columns = points.iter().map(|point| Column { label: point.label.clone(), ..Column::default() });
    let figure = Figure { points: points.to_vec(), height: 180.0, ..Figure::default() };
    let picture = Timeline {
        caption: Caption::new(title, ""),
        axis: axis.to_owned(),
        columns: columns.collect(),
        tracks: vec![Track { kind: Kind::Figure(figure), ..Track::default() }],
        earlier: String::new(),
    };
    picture.render(&Style::picture(760.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HOSTILE, check};

    fn picture(columns: usize) -> Timeline {
        let name = |place: usize| if place == 3 { HOSTILE.to_owned() } else { (place + 1).to_string() };
        let odd = |place: usize| match place % 7 {
            0 => None,
            1 => Some(f64::NAN),
            2 => Some(f64::INFINITY),
            other => Some(other as f64 * 1.7 + 0.1),
        };
        let point = |place: usize| Point {
            value: odd(place),
            low: odd(place).map(|value| value - 1.0),
            high: odd(place + 1),
            note: if place.is_multiple_of(5) { format!("v{place}") } else { String::new() },
            marked: place.is_multiple_of(5),
            ..Point::default()
        };
        let action = |place: usize| {
            let kinds = [ActionKind::Train, ActionKind::Skip, ActionKind::Ask, ActionKind::Failed];
            let kind = kinds[place % 4];
            (!place.is_multiple_of(6)).then(|| Action { kind, label: "Reentrenar".into(), note: HOSTILE.into() })
        };
        let all = 0..columns;
        let heat =
            |label: &str| HeatRow { label: label.into(), note: "31 %".into(), cells: all.clone().map(odd).collect() };
        let figure = |bars: bool| Figure {
            unit: Unit::percent(),
            points: all.clone().map(point).collect(),
            rule: Some(Rule { at: 3.0, label: "tolerado".into(), side: Side::Above }),
            bars,
            height: 0.0,
        };
        let kinds = [
            Kind::Counts(all.clone().map(|place| odd(place).map(|value| (value * 300.0, value * 40.0))).collect()),
            Kind::Heat { rows: vec![heat("size"), heat(HOSTILE)], legend: "in multiples of the bound".into() },
            Kind::Figure(figure(true)),
            Kind::Actions(all.clone().map(action).collect()),
            Kind::Bands(vec![
                Band { from: 0, to: 3, label: HOSTILE.into(), kind: BandKind::Past },
                Band { from: 4, to: 99, label: "v2 in production".into(), kind: BandKind::Now },
                Band { from: 5, to: 5, label: "v3 rejected".into(), kind: BandKind::Rejected },
                Band { from: 9, to: 2, label: "never".into(), kind: BandKind::Past },
            ]),
            Kind::Figure(figure(false)),
        ];
        let track =
            |kind| Track { label: "A track".into(), note: "with some more words about what it shows".into(), kind };
        let column = |place: usize| Column { label: name(place), note: "Nov 12".into(), highlight: place == 9 };
        Timeline {
            caption: Caption::new("One axis", HOSTILE),
            axis: "Lote".into(),
            columns: all.clone().map(column).collect(),
            tracks: kinds.map(track).to_vec(),
            earlier: "{} anteriores".into(),
        }
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        for columns in [0, 1, 2, 10, 40, 1000] {
            check(&picture(columns));
        }
        check(&Timeline::default());
    }

    #[test]
    fn a_thousand_batches_stay_small() {
        let svg = picture(1000).render(&Style::page(1200.0));
        assert!(svg.len() < 250_000 && svg.contains("anteriores"), "{}", svg.len());
    }

    #[test]
    fn points_without_a_figure_leave_a_gap() {
        let point = |value: Option<f64>| Point {
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
