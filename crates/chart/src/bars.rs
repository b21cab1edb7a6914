//! Horizontal bars.

use crate::Chart;
use crate::canvas::{Area, Canvas, Caption, Key, Pen};
use crate::csv::Table;
use crate::rows::{BAR, Rows, Words};
use crate::scale::{Axis, Scale};
use crate::style::{CURRENT, INK, LINE, REFERENCE, SURFACE, Style};

/// A bar for each row, from zero; or two, for two versions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// Title and finding.
    pub caption: Caption,
    /// What their length is.
    pub axis: Axis,
    /// Their names where there are two: the earlier's, the later's.
    pub names: [String; 2],
    /// From top to bottom.
    pub rows: Vec<Bar>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    /// What it is about.
    pub label: String,
    /// More about it, quieter.
    pub detail: String,
    /// Its length.
    pub value: f64,
    /// The interval.
    pub interval: Option<(f64, f64)>,
    /// The same figure earlier, or of another version.
    pub earlier: Option<f64>,
    /// Written at the right; the figures with their unit where it is empty.
    pub text: String,
}

impl Chart for Bars {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        let unit = &self.axis.unit;
        let paired = self.rows.iter().any(|row| row.earlier.is_some());
        if paired {
            canvas.legend(&[(Key::Hatch(REFERENCE), &self.names[0]), (Key::Box(CURRENT), &self.names[1])]);
        }
        let bare = crate::Unit { after: String::new(), ..unit.clone() };
        let both = self.rows.iter().flat_map(|row| [row.earlier.unwrap_or(f64::NAN), row.value]).collect::<Vec<_>>();
        let before = bare.column(&both, style.numbers, false);
        let now = unit.column(&both, style.numbers, false);
        let words = self.rows.iter().enumerate().map(|(place, row)| {
            let value = match row.earlier {
                _ if !row.text.is_empty() => row.text.clone(),
                Some(_) => format!("{} → {}", before[2 * place], now[2 * place + 1]),
                None => now[2 * place + 1].clone(),
            };
            Words { label: &row.label, detail: &row.detail, value, ..Words::default() }
        });
        let words = words.collect::<Vec<_>>();
        let rows = Rows::new(&canvas, &words);
        let ends = |row: &Bar| row.interval.map_or([f64::NAN; 2], |(low, high)| [low, high]);
        let values =
            self.rows.iter().flat_map(|row| [row.value, row.earlier.unwrap_or(0.0)].into_iter().chain(ends(row)));
        let scale = Scale::over(values.chain([0.0]), false, rows.from, rows.to).rounded(unit.scale, 4);
        let whole = rows.ground(&mut canvas, &self.axis, &scale, None, self.rows.len());
        let zero = scale.at(0.0);
        for (place, (row, words)) in self.rows.iter().zip(&words).enumerate() {
            let top = canvas.top + rows.height * place as f64;
            rows.write(&mut canvas, top, words);
            let y = rows.middle(top);
            let height = if paired { 6.5 } else { BAR };
            let begin = if paired { y - height - 0.5 } else { y - height / 2.0 };
            if let Some(earlier) = row.earlier.filter(|earlier| earlier.is_finite()) {
                let area = Area::between(zero, scale.at(earlier), begin, height);
                canvas.block(area, 1.0, REFERENCE, 1.0, "");
                canvas.hatch(area, SURFACE);
            }
            if row.value.is_finite() {
                let begin = if paired { y + 0.5 } else { begin };
                canvas.block(Area::between(zero, scale.at(row.value), begin, height), 1.0, CURRENT, 1.0, "");
                if let Some((low, high)) = row.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
                    let middle = begin + height / 2.0;
                    canvas.line((scale.at(low), middle), (scale.at(high), middle), Pen(INK, 1.6, ""));
                }
            }
        }
        if !self.rows.is_empty() && !canvas.narrow() {
            let bottom = canvas.top + rows.height * self.rows.len() as f64;
            canvas.line((zero, canvas.top), (zero, bottom), Pen(LINE, 1.2, ""));
        }
        canvas.finish(&self.caption, whole)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["label", "detail", "value", "low", "high", "earlier"]);
        for row in &self.rows {
            table.word(&row.label).word(&row.detail).number(row.value);
            table.number(row.interval.map(|ends| ends.0)).number(row.interval.map(|ends| ends.1));
            table.number(row.earlier).end();
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
    fn any_figures_make_a_sound_picture() {
        check(&Bars::default());
        for earlier in [None, Some(0.2), Some(f64::NAN)] {
            let bar = |value: f64| Bar {
                label: HOSTILE.into(),
                detail: "raw".into(),
                value,
                interval: Some((value - 0.1, value * 1.1)),
                earlier,
                text: String::new(),
            };
            let rows = [0.3, -0.1, 0.0, f64::NAN, f64::INFINITY, f64::MAX, 1e-300].map(bar).to_vec();
            let axis = Axis::new("weight", Unit::percent());
            check(&Bars { rows, axis, names: ["v1".into(), "v2".into()], caption: Caption::new("Weights", HOSTILE) });
        }
    }
}
