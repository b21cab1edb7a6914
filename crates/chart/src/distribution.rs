//! Histograms overlaid.

use std::fmt::Write as _;

use crate::Chart;
use crate::canvas::{Canvas, Caption, Key, Pen, Place};
use crate::csv::Table;
use crate::plane::{Holds, Plane};
use crate::scale::Axis;
use crate::style::{CURRENT, Colour, KINDS, REFERENCE, Style};

/// Two or three histograms over the same bins: the reference as a grey area, the current one as a blue outline above
/// it, a third in dots.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    /// Title and finding.
    pub caption: Caption,
    /// What is binned.
    pub axis: Axis,
    /// What the height of a bin is, such as `share of rows`.
    pub share: Axis,
    /// The limits of the bins, one more than there are bins, rising.
    pub edges: Vec<f64>,
    /// The reference, the current one, and maybe a third.
    pub series: Vec<Histogram>,
    /// What the upright lines are, such as `medians`; no word in the legend without it.
    pub middle: String,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// What it is of, such as `trained on, 14,147 rows`.
    pub name: String,
    /// The share of rows in each bin.
    pub shares: Vec<f64>,
    /// Its median, marked.
    pub middle: Option<f64>,
}

/// More bins than this are put together.
const BINS: usize = 60;

impl Distribution {
    /// At most 60 bins, and as many shares of each series as there are bins.
    fn bins(&self) -> (Vec<f64>, Vec<Vec<f64>>) {
        let edges = self.edges.iter().copied().filter(|edge| edge.is_finite()).collect::<Vec<_>>();
        if edges.len() != self.edges.len() || edges.len() < 2 || edges.windows(2).any(|pair| pair[0] > pair[1]) {
            return (Vec::new(), Vec::new());
        }
        let bins = edges.len() - 1;
        let each = bins.div_ceil(BINS);
        let mut kept = edges[..bins].iter().copied().step_by(each).collect::<Vec<_>>();
        kept.push(edges[bins]);
        let series = self.series.iter().take(3).map(|series| {
            let share = |bin: usize| series.shares.get(bin).copied().filter(|share| share.is_finite() && *share > 0.0);
            let sums = (0..bins).step_by(each).map(|from| {
                let whole = (from..(from + each).min(bins)).filter_map(share).sum::<f64>();
                whole.min(1e9)
            });
            sums.collect()
        });
        (kept, series.collect())
    }
}

const PENS: [Pen; 3] = [Pen(REFERENCE, 1.2, "4 2"), Pen(CURRENT, 1.8, ""), Pen(KINDS[1], 1.6, "2 3")];
const FILLS: [Option<(Colour, f64)>; 3] = [Some((REFERENCE, 0.28)), Some((CURRENT, 0.1)), None];

impl Chart for Distribution {
    fn render(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style, &self.caption);
        let key = |place: usize| match place {
            0 => Key::Area(REFERENCE, "4 2"),
            1 => Key::Area(CURRENT, ""),
            _ => Key::Stroke(PENS[2]),
        };
        let mut keys = self.series.iter().take(3).enumerate().map(|(place, series)| (key(place), series.name.as_str()));
        let mut keys = keys.by_ref().collect::<Vec<_>>();
        if self.series.iter().any(|series| series.middle.is_some()) {
            keys.push((Key::Stroke(Pen(CURRENT, 1.4, "1.5 2.5")), &self.middle));
        }
        canvas.legend(&keys);
        let (edges, shares) = self.bins();
        let x = Holds { axis: &self.axis, values: edges.clone(), room: 0.0 };
        let mut values = shares.concat();
        values.push(0.0);
        let y = Holds { axis: &self.share, values, room: 0.0 };
        let plane = Plane::new(&mut canvas, &x, &y, 6.0, 0.0);
        let whole = plane.axes(&mut canvas, &self.axis, &self.share);
        let base = plane.y.at(0.0);
        for (place, shares) in shares.iter().enumerate() {
            let Some(first) = edges.first() else { break };
            let mut path = format!("M{} {}", Place(plane.x.at(*first)), Place(base));
            for (share, end) in shares.iter().zip(&edges[1..]) {
                let _ = write!(path, "V{}H{}", Place(plane.y.at(*share)), Place(plane.x.at(*end)));
            }
            let _ = write!(path, "V{}", Place(base));
            canvas.path(&path, FILLS[place], Some(PENS[place]), &self.series[place].name);
        }
        for (place, series) in self.series.iter().take(3).enumerate() {
            if let Some(middle) = series.middle.filter(|middle| middle.is_finite() && plane.x.holds(*middle)) {
                let x = plane.x.at(middle);
                let hover = format!("{} {}", series.name, self.axis.unit.value(middle, style.numbers));
                let path = format!("M{} {}V{}", Place(x), Place(plane.area.y), Place(base));
                canvas.path(&path, None, Some(Pen(PENS[place].0, 1.4, "1.5 2.5")), &hover);
            }
        }
        canvas.finish(&self.caption, whole)
    }

    fn csv(&self) -> String {
        let mut table = Table::new(&["series", "from", "to", "share"]);
        for series in &self.series {
            for (bin, share) in series.shares.iter().enumerate() {
                let edge = |place: usize| self.edges.get(place).copied();
                table.word(&series.name).number(edge(bin)).number(edge(bin + 1)).number(*share).end();
            }
        }
        table.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;
    use crate::testing::{HOSTILE, check, count, read_csv};

    fn picture(bins: usize, log: bool) -> Distribution {
        let series = |name: &str, k: usize| Histogram {
            name: name.into(),
            shares: (0..bins).map(|bin| ((bin * k) % 7) as f64 / 70.0).collect(),
            middle: Some(bins as f64 / 2.0),
        };
        Distribution {
            caption: Caption::new("mass", "heavier"),
            axis: Axis { log, ..Axis::new("mass", Unit::after("grams")) },
            share: Axis::new("share of rows", Unit::percent()),
            edges: (0..=bins).map(|edge| edge as f64).collect(),
            series: vec![series("reference", 3), series(HOSTILE, 5), series("third", 2)],
            middle: "medians".into(),
        }
    }

    #[test]
    fn any_figures_make_a_sound_picture() {
        check(&picture(12, false));
        check(&picture(500, true));
        let mut odd = picture(12, false);
        odd.series[0].shares = vec![f64::NAN, f64::INFINITY, -1.0, 1e300];
        odd.series[1].middle = Some(f64::NAN);
        check(&odd);
        odd.edges[3] = f64::NAN;
        check(&odd);
        check(&Distribution::default());
    }

    #[test]
    fn many_bins_are_put_together_and_keep_their_sum() {
        let (edges, shares) = picture(500, false).bins();
        assert!(edges.len() <= BINS + 1 && edges.last() == Some(&500.0));
        let whole = picture(500, false).series[0].shares.iter().sum::<f64>();
        assert!((shares[0].iter().sum::<f64>() - whole).abs() < 1e-9);
    }

    #[test]
    fn table_and_outlines_are_complete() {
        let picture = picture(12, false);
        assert_eq!(read_csv(&picture.csv()).len(), 1 + 3 * 12);
        assert!(count(&picture.render(&Style::default()), "path") >= 8);
    }
}
