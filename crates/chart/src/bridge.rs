//! From one figure to another, step by step.

use crate::canvas::{Area, Canvas, Caption, Key, Pen, Rule};
use crate::csv::Table;
use crate::rows::{BAR, Rows, Words};
use crate::scale::{Axis, Scale};
use crate::style::{CURRENT, INK_3, KINDS, LINE, REFERENCE, SURFACE, Style};
use crate::{BridgeLabels, Chart};

/// A start, what adds to it and takes from it, and an end: why an error rose, or how a prediction comes about (SHAP).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bridge {
    /// Title and finding.
    pub caption: Caption,
    /// What is added up.
    pub axis: Axis,
    /// The words in it.
    pub labels: BridgeLabels,
    /// What the start is, and its value.
    pub start: (String, f64),
    /// From top to bottom.
    pub steps: Vec<Step>,
    /// What the end is, and its value.
    pub end: (String, f64),
    /// A bound of the end.
    pub rule: Option<Rule>,
    /// So many steps are drawn at most, the largest; the others are one step. 9 where it is 0.
    pub most: usize,
    /// Whether start and end are bars from zero; else dots, for figures far from it.
    pub zero: bool,
}

/// What is added or taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// What does it.
    pub label: String,
    /// More about it, such as the value of a feature.
    pub detail: String,
    /// How much; below 0 where it takes.
    pub change: f64,
}

impl Bridge {
    /// The steps that are drawn. Small ones are put together, and what is missing to the end is a step of its own, so
    /// that the picture always adds up.
    fn drawn(&self) -> Vec<Step> {
        let most = if self.most == 0 { 9 } else { self.most };
        let mut steps = self.steps.iter().filter(|step| step.change.is_finite()).cloned().collect::<Vec<_>>();
        let sum = steps.iter().map(|step| step.change).sum::<f64>();
        let mut rest = self.end.1 - self.start.1 - sum;
        let size = steps.iter().map(|step| step.change.abs()).fold(self.end.1.abs().max(self.start.1.abs()), f64::max);
        if !rest.is_finite() || rest.abs() <= size * 1e-9 {
            rest = 0.0;
        }
        if steps.len() > most {
            let mut sizes = steps.iter().map(|step| step.change.abs()).collect::<Vec<_>>();
            sizes.sort_unstable_by(|a, b| b.total_cmp(a));
            let least = sizes[most.saturating_sub(1)];
            let mut kept = 0;
            steps.retain(|step| {
                let keep = step.change.abs() >= least && kept < most;
                kept += usize::from(keep);
                rest += if keep { 0.0 } else { step.change };
                keep
            });
            steps.push(Step { label: self.labels.others.clone(), detail: String::new(), change: rest });
        } else if rest != 0.0 {
            steps.push(Step { label: self.labels.others.clone(), detail: String::new(), change: rest });
        }
        steps
    }
}

impl Chart for Bridge {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        canvas.legend(&[(Key::Box(KINDS[0]), &self.labels.raises), (Key::Hatch(KINDS[1]), &self.labels.lowers)]);
        let (steps, unit) = (self.drawn(), &self.axis.unit);
        let mut values = vec![self.start.1];
        values.extend(steps.iter().map(|step| step.change));
        values.push(self.end.1);
        let mut texts = unit.column(&values, style.numbers, true);
        for place in [0, values.len() - 1] {
            texts[place] = texts[place].replace('+', "");
        }
        let labels = std::iter::once((self.start.0.as_str(), ""));
        let labels = labels.chain(steps.iter().map(|step| (step.label.as_str(), step.detail.as_str())));
        let labels = labels.chain([(self.end.0.as_str(), "")]);
        let words = labels.zip(texts).enumerate().map(|(place, ((label, detail), value))| {
            let strong = place > steps.len();
            Words { label, detail, value, strong, ..Words::default() }
        });
        let words = words.collect::<Vec<_>>();
        let rows = Rows::new(&canvas, &words);
        let mut levels = vec![self.start.1];
        for step in &steps {
            levels.push(levels.last().copied().unwrap_or_default() + step.change);
        }
        let values = levels.iter().copied().chain([self.end.1]).chain(self.rule.iter().map(|rule| rule.at));
        let values = values.chain(self.zero.then_some(0.0));
        let scale = Scale::over(values, false, rows.from, rows.to);
        let scale = if self.zero { scale.rounded(unit.scale, 4) } else { scale.padded(0.06) };
        let whole = rows.ground(&mut canvas, &self.axis, &scale, self.rule.as_ref(), words.len());
        let count = words.len();
        let top = |place: usize| canvas.top + rows.height * place as f64;
        let tops = (0..count).map(top).collect::<Vec<_>>();
        for (words, top) in words.iter().zip(&tops) {
            rows.write(&mut canvas, *top, words);
        }
        let bar = BAR;
        for (place, step) in steps.iter().enumerate() {
            let y = rows.middle(tops[place + 1]);
            let (from, to) = (scale.at(levels[place]), scale.at(levels[place + 1]));
            let mut area = Area::between(from, to, y - bar / 2.0, bar);
            area.width = area.width.max(1.5);
            area.x = area.x.min(rows.to - area.width);
            let raises = step.change >= 0.0;
            canvas.block(area, 1.5, KINDS[usize::from(!raises)], 1.0, "");
            if !raises {
                canvas.hatch(area, SURFACE);
            }
        }
        // Each step starts where the one above it ends. Words stand between the rows of a narrow picture.
        if !canvas.narrow() {
            for (place, level) in levels.iter().enumerate().filter(|(_, level)| level.is_finite()) {
                let x = scale.at(*level);
                let from = rows.middle(tops[place]) + bar / 2.0;
                canvas.line((x, from), (x, rows.middle(tops[place + 1]) - bar / 2.0), Pen(LINE, 1.0, ""));
            }
        }
        for (place, value, colour) in [(0, self.start.1, REFERENCE), (count - 1, self.end.1, CURRENT)] {
            if !value.is_finite() {
                continue;
            }
            let (x, y) = (scale.at(value), rows.middle(tops[place]));
            if self.zero {
                let mut area = Area::between(scale.at(0.0), x, y - bar / 2.0, bar);
                area.width = area.width.max(1.0).min(rows.to - area.x);
                canvas.block(area, 1.5, colour, 1.0, "");
            } else if place == 0 {
                canvas.ring(x, y, 4.6, INK_3, "");
            } else {
                canvas.dot(x, y, 5.4, colour, "");
            }
        }
        canvas.finish(&self.caption, whole)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["kind", "label", "detail", "value"]);
        table.word("start").word(&self.start.0).word("").number(self.start.1).end();
        for step in &self.steps {
            table.word("step").word(&step.label).word(&step.detail).number(step.change).end();
        }
        table.word("end").word(&self.end.0).word("").number(self.end.1).end();
        table.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;
    use crate::canvas::Side;
    use crate::testing::{HOSTILE, check};

    fn picture(changes: &[f64], start: f64, end: f64) -> Bridge {
        let step = |change: &f64| Step { label: HOSTILE.into(), detail: "2,400".into(), change: *change };
        Bridge {
            caption: Caption::new("From 28 to 45", ""),
            axis: Axis::new("error", Unit::before("$")),
            labels: BridgeLabels::english(),
            start: ("before".into(), start),
            steps: changes.iter().map(step).collect(),
            end: ("after".into(), end),
            rule: Some(Rule { at: 31.0, label: "tolerated: $31".into(), side: Side::Above }),
            most: 0,
            zero: false,
        }
    }

    #[test]
    fn it_always_adds_up() {
        for (changes, others) in [(&[1.0; 3][..], true), (&[1.0; 30], true), (&[5.0, 12.0], false)] {
            let steps = picture(changes, 28.0, 45.0).drawn();
            assert!(steps.len() <= 10);
            assert_eq!(steps.iter().map(|step| step.change).sum::<f64>(), 17.0);
            assert_eq!(steps.last().is_some_and(|step| step.label == "all others"), others);
        }
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        let odd = [f64::NAN, 1e300, -1e300, 0.0, f64::INFINITY, 3.0, -4.0];
        for zero in [false, true] {
            check(&Bridge { zero, ..picture(&odd, 28.0, 45.0) });
            check(&Bridge { zero, ..picture(&[10.0, -3.0, 10.0], 28.0, 45.0) });
            check(&Bridge { zero, ..picture(&[], f64::NAN, f64::NEG_INFINITY) });
        }
        check(&Bridge::default());
    }
}
