//! Estimates with their intervals on one axis.

use crate::canvas::{Canvas, Caption, Key, Pen, Rule, Side};
use crate::csv::Table;
use crate::number::Unit;
use crate::rows::{Rows, Words, beyond};
use crate::scale::{Axis, Scale};
use crate::style::{CURRENT, INK_3, REFERENCE, Style};
use crate::{Chart, EffectLabels};

/// Dot and whisker of each estimate: effects against a bound, versions against each other, segments against a margin.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forest {
    /// Title and finding.
    pub caption: Caption,
    /// What is estimated.
    pub axis: Axis,
    /// Ends of the axis; what lies beyond is drawn at them, with an arrow. Found from the figures without it.
    pub range: Option<(f64, f64)>,
    /// The bound, the margin or zero.
    pub rule: Option<Rule>,
    /// From top to bottom.
    pub rows: Vec<ForestRow>,
    /// What a filled and a hollow dot mean; no legend without words.
    pub legend: [String; 2],
}

/// One estimate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForestRow {
    /// What it is about.
    pub label: String,
    /// More about it, quieter.
    pub detail: String,
    /// The estimate.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// A narrower interval within, such as of 50 % within one of 90 %: a thicker line.
    pub inner: Option<(f64, f64)>,
    /// Written at the right; the figure with its unit where it is empty.
    pub text: String,
    /// A word of warning, such as `few rows`.
    pub note: String,
    /// A filled dot: it was shown to matter. Else hollow.
    pub shown: bool,
    /// Set in bold: the one that this is about.
    pub strong: bool,
}

impl Chart for Forest {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        canvas.legend(&[(Key::Dot(CURRENT), &self.legend[0]), (Key::Ring(INK_3), &self.legend[1])]);
        let values = self.rows.iter().map(|row| row.value).collect::<Vec<_>>();
        let texts = self.axis.unit.column(&values, style.numbers, false);
        let words = self.rows.iter().zip(texts).map(|(row, text)| Words {
            label: &row.label,
            detail: &row.detail,
            value: if row.text.is_empty() { text } else { row.text.clone() },
            note: &row.note,
            strong: row.strong,
        });
        let words = words.collect::<Vec<_>>();
        let rows = Rows::new(&canvas, &words);
        let scale = self.scale(rows.from, rows.to);
        let height = rows.ground(&mut canvas, &self.axis, &scale, self.rule.as_ref(), self.rows.len());
        for (place, (row, words)) in self.rows.iter().zip(&words).enumerate() {
            let top = canvas.top + rows.height * place as f64;
            rows.write(&mut canvas, top, words);
            draw(&mut canvas, row, &scale, rows.middle(top));
        }
        canvas.finish(&self.caption, height)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["label", "detail", "value", "low", "high", "bound", "shown"]);
        for row in &self.rows {
            table.word(&row.label).word(&row.detail).number(row.value).number(row.low).number(row.high);
            table.number(self.rule.as_ref().map(|rule| rule.at)).word(if row.shown { "1" } else { "0" }).end();
        }
        table.finish()
    }
}

impl Forest {
    fn scale(&self, from: f64, to: f64) -> Scale {
        if let Some((low, high)) = self.range {
            return Scale::over([low, high], self.axis.log, from, to);
        }
        let values = self.rows.iter().flat_map(|row| [row.value, row.low, row.high]);
        Scale::over(values.chain(self.rule.iter().map(|rule| rule.at)), self.axis.log, from, to).padded(0.04)
    }
}

fn draw(canvas: &mut Canvas<'_>, row: &ForestRow, scale: &Scale, y: f64) {
    if !row.value.is_finite() {
        return;
    }
    let end = |end: f64| if end.is_nan() { row.value } else { end };
    let (low, high) = (end(row.low), end(row.high));
    let pen = Pen(if row.shown { CURRENT } else { REFERENCE }, 2.0, "");
    let (from, to) = (scale.at(low), scale.at(high));
    let from_line = if high > scale.high { from.min(to - 11.0) } else { from };
    if to - from_line > 0.2 {
        canvas.line((from_line, y), (to, y), pen);
    }
    if let Some((low, high)) = row.inner.filter(|(low, high)| low.is_finite() && high.is_finite()) {
        canvas.line((scale.at(low), y), (scale.at(high), y), Pen(pen.0, 5.0, ""));
    }
    let value = scale.at(row.value);
    // A dot beyond the axis leaves its arrow free.
    let value = value - if row.value > scale.high { 11.0 } else { 0.0 };
    if high > scale.high {
        beyond(canvas, to, y, true, pen);
    }
    if low < scale.low && !(scale.log && low <= 0.0) {
        beyond(canvas, from, y, false, pen);
    }
    if row.shown {
        canvas.dot(value, y, 5.0, CURRENT, "");
    } else {
        canvas.ring(value, y, 4.2, INK_3, "");
    }
}

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

/// Dot and whisker of each effect on a logarithmic axis of multiples of its bound. A whisker wholly beyond the bound
/// has a filled dot: the effect counts. A hollow dot is an effect that was not shown to matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects {
    /// Title and finding.
    pub caption: Caption,
    /// The words in it.
    pub labels: EffectLabels,
    /// From top to bottom.
    pub rows: Vec<EffectRow>,
}

impl Effects {
    fn forest(&self, style: &Style) -> Forest {
        let unit = Unit::after("×");
        let tick = |tick: f64| (tick, unit.value(tick, style.numbers));
        let rows = self.rows.iter().map(|row| ForestRow {
            label: row.label.clone(),
            detail: row.measure.clone(),
            value: row.value / row.bound,
            low: row.low / row.bound,
            high: row.high / row.bound,
            shown: row.low > row.bound,
            ..ForestRow::default()
        });
        Forest {
            caption: self.caption.clone(),
            axis: Axis::new(self.labels.axis.clone(), unit.clone()).log().ticks(TICKS.map(tick).to_vec()),
            range: Some(AXIS),
            rule: Some(Rule { at: 1.0, label: self.labels.bound.clone(), side: Side::Above }),
            rows: rows.collect(),
            legend: [self.labels.counts.clone(), self.labels.open.clone()],
        }
    }
}

impl Chart for Effects {
    fn render(&self, style: &Style) -> String {
        self.forest(style).render(style)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["label", "measure", "value", "low", "high", "bound", "shown"]);
        for row in &self.rows {
            table.word(&row.label).word(&row.measure).number(row.value).number(row.low).number(row.high);
            table.number(row.bound).word(if row.low > row.bound { "1" } else { "0" }).end();
        }
        table.finish()
    }
}

/// [`Effects`] in English, as a picture that stands alone.
pub fn effects(title: &str, rows: &[EffectRow]) -> String {
    let over = rows.iter().filter(|row| row.low > row.bound).count();
    let finding = format!("{over} of {} effects lie beyond their bound", rows.len());
    let picture =
        Effects { caption: Caption::new(title, finding), labels: EffectLabels::english(), rows: rows.to_vec() };
    picture.render(&Style::picture(760.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HOSTILE, check, count, read_csv};

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
        // One of each kind is in the legend.
        assert_eq!((svg.matches("r=\"5\"").count(), svg.matches("r=\"4.2\"").count()), (1, 2));
        assert!(svg.contains("1 of 3 effects lie beyond their bound"));
        assert!(!svg.contains("<x>"));
    }

    #[test]
    fn a_name_and_its_measure_are_two_texts() {
        assert_eq!(count(&effects("Batch 2", &[row(0.05)]), "tspan"), 0);
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        let odd = [0.0, -1.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.4];
        let mut rows = odd.map(row).to_vec();
        rows.push(EffectRow { label: HOSTILE.into(), measure: HOSTILE.into(), bound: 0.0, ..row(0.2) });
        let caption = Caption::new(HOSTILE, HOSTILE);
        check(&Effects { caption: caption.clone(), labels: EffectLabels::english(), rows: Vec::new() });
        check(&Effects { caption: caption.clone(), labels: EffectLabels::english(), rows });
        for log in [false, true] {
            let rows = odd.map(|value| ForestRow {
                label: HOSTILE.into(),
                detail: "a detail".into(),
                value,
                low: value - 1.0,
                high: value * 2.0,
                note: "few rows".into(),
                inner: Some((value, value * 1.5)),
                strong: true,
                ..ForestRow::default()
            });
            let axis = Axis { log, ..Axis::new("mean error", Unit::before("$")) };
            let rule = Some(Rule { at: 0.1, label: "margin, 4 points".into(), side: Side::Below });
            let legend = ["shown".into(), "not shown".into()];
            check(&Forest { caption: caption.clone(), axis, range: None, rule, rows: rows.to_vec(), legend });
        }
    }

    #[test]
    fn the_table_has_the_figures() {
        let effects = Effects {
            caption: Caption::default(),
            labels: EffectLabels::english(),
            rows: vec![EffectRow { label: "=a, \"b\"".into(), ..row(0.4) }],
        };
        assert_eq!(read_csv(&effects.csv())[1][..4], ["'=a, \"b\"", "distance", "0.4", "0.36000000000000004"]);
    }
}
