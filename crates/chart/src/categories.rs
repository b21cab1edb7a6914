//! How the shares of categories moved.

use crate::canvas::{Anchor, Canvas, Caption, Key, Pen, SMALL};
use crate::csv::Table;
use crate::rows::{Rows, Words};
use crate::scale::{Axis, Scale};
use crate::style::{CURRENT, INK_3, LINE, Style};
use crate::{CategoryLabels, Chart};

/// The share of each level in the reference and now: a ring joined to a dot. New and vanished levels are named so.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Categories {
    /// Title and finding.
    pub caption: Caption,
    /// What is shown of each level, mostly its share of the rows.
    pub axis: Axis,
    /// The words in it.
    pub labels: CategoryLabels,
    /// From top to bottom.
    pub levels: Vec<Level>,
    /// So many are drawn at most; 30 where it is 0. The rest is counted below.
    pub most: usize,
}

/// One level of a category.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Level {
    /// Its name.
    pub name: String,
    /// Its share in the reference; 0 where it is new.
    pub reference: f64,
    /// Its share now; 0 where it is gone.
    pub current: f64,
    /// The interval of its share now.
    pub interval: Option<(f64, f64)>,
}

impl Chart for Categories {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        canvas.legend(&[(Key::Ring(INK_3), &self.labels.reference), (Key::Dot(CURRENT), &self.labels.current)]);
        let most = if self.most == 0 { 30 } else { self.most };
        let levels = &self.levels[..self.levels.len().min(most)];
        let unit = &self.axis.unit;
        // The unit once is enough: 28.0 → 45.3 %.
        let bare = crate::Unit { after: String::new(), ..unit.clone() };
        let both = levels.iter().flat_map(|level| [level.reference, level.current]).collect::<Vec<_>>();
        let before = bare.column(&both, style.numbers, false);
        let now = unit.column(&both, style.numbers, false);
        let values = (0..levels.len()).map(|place| format!("{} → {}", before[2 * place], now[2 * place + 1]));
        let words = levels.iter().zip(values).map(|(level, value)| {
            let note = match (level.reference == 0.0, level.current == 0.0) {
                (true, false) => self.labels.new.as_str(),
                (false, true) => self.labels.gone.as_str(),
                _ => "",
            };
            Words { label: &level.name, value, note, ..Words::default() }
        });
        let words = words.collect::<Vec<_>>();
        let rows = Rows::new(&canvas, &words);
        let ends = |level: &Level| level.interval.map_or([f64::NAN; 2], |(low, high)| [low, high]);
        let values = levels.iter().flat_map(|level| [level.reference, level.current].into_iter().chain(ends(level)));
        let scale = Scale::over(values.chain([0.0]), self.axis.log, rows.from, rows.to).rounded(unit.scale, 4);
        let mut whole = rows.ground(&mut canvas, &self.axis, &scale, None, levels.len());
        for (place, (level, words)) in levels.iter().zip(&words).enumerate() {
            let top = canvas.top + rows.height * place as f64;
            rows.write(&mut canvas, top, words);
            let y = rows.middle(top);
            let known = |share: f64| share.is_finite().then(|| scale.at(share));
            let (reference, current) = (known(level.reference), known(level.current));
            if let (Some(reference), Some(current)) = (reference, current) {
                canvas.line((reference, y), (current, y), Pen(CURRENT, 2.4, ""));
            }
            if let Some((low, high)) = level.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
                canvas.line((scale.at(low), y), (scale.at(high), y), Pen(LINE, 5.0, ""));
            }
            if let Some(x) = reference.filter(|_| level.reference > 0.0 || level.current == 0.0) {
                canvas.ring(x, y, 4.0, INK_3, "");
            }
            if let Some(x) = current.filter(|_| level.current > 0.0) {
                canvas.dot(x, y, 4.8, CURRENT, "");
            }
        }
        let left = self.levels.len() - levels.len();
        if left > 0 {
            let more = self.labels.more.replace("{}", &style.numbers.fixed(left as f64, 0));
            canvas.text(0.0, whole + 14.0, Anchor::Start, SMALL, &more, canvas.width);
            whole += 20.0;
        }
        canvas.finish(&self.caption, whole)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["level", "reference", "current", "low", "high"]);
        for level in &self.levels {
            table.word(&level.name).number(level.reference).number(level.current);
            table.number(level.interval.map(|ends| ends.0)).number(level.interval.map(|ends| ends.1)).end();
        }
        table.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;
    use crate::testing::{HOSTILE, check, read_csv};

    fn picture(levels: Vec<Level>) -> Categories {
        Categories {
            caption: Caption::new("Places", ""),
            axis: Axis::new("share of rows", Unit::percent()),
            labels: CategoryLabels::spanish(),
            levels,
            most: 0,
        }
    }

    fn level(name: &str, reference: f64, current: f64) -> Level {
        Level { name: name.into(), reference, current, interval: None }
    }

    #[test]
    fn new_and_vanished_levels_are_named_so() {
        let svg = picture(vec![level("a", 0.0, 0.4), level("b", 0.3, 0.0), level("c", 0.3, 0.3)]);
        let svg = svg.render(&Style::default());
        assert_eq!((svg.matches(">nueva<").count(), svg.matches(">ausente<").count()), (1, 1));
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        check(&picture(Vec::new()));
        let mut levels = (0..170).map(|place| level(HOSTILE, place as f64 / 200.0, 0.3)).collect::<Vec<_>>();
        levels[1].interval = Some((0.2, 0.9));
        levels[2].interval = Some((f64::NAN, 0.9));
        levels[3].current = f64::NAN;
        levels[4].reference = f64::INFINITY;
        check(&picture(levels.clone()));
        assert!(picture(levels.clone()).render(&Style::default()).contains("y 140 más"));
        assert_eq!(read_csv(&picture(levels).csv()).len(), 171);
    }
}
