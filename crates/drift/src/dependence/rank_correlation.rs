//! Spearman's rank correlation, and its change between two samples, pair by pair.
//!
//! Equal to `scipy.stats.spearmanr`: Pearson's correlation of midranks. The standard error comes from the influence of one
//! row on it (C. Croux and C. Dehon, Stat. Methods & Applications 19, 2010, extended to ties), so it holds for any joint
//! law, not only the normal one: with `A = E (F - ½)(G - ½)`, `V = (1 - sum p³)/12` of each column and
//! `ρ = A / sqrt(V W)`,
//!
//! ```text
//! IF_A(x, y) = (F(x) - ½)(G(y) - ½) + E H(X - x)(G(Y) - ½) + E H(Y - y)(F(X) - ½) - 3 A
//! IF_V(x)    = -(p(x)² - sum p³) / 4
//! IF_ρ       = IF_A / sqrt(V W) - ρ/2 (IF_V / V + IF_W / W)
//! ```
//!
//! F, G the midranks over n, H the step with ½ at 0, p the share of a value. Intervals by R. A. Fisher's `atanh`; of the
//! difference by R. G. Newcombe's method from both intervals (Statistics in Medicine 17, 1998).

use rayon::prelude::*;
use tidewheel_domain::table::Table;

use crate::effect::interval::difference;
use crate::effect::{FEWEST_VALUES, Level};

/// A rank correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankCorrelation {
    /// Spearman's ρ, -1 to 1.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Rows on which both columns are present.
    pub rows: usize,
}

impl RankCorrelation {
    /// The interval that reaches `z` standard errors on Fisher's scale.
    pub fn interval(&self, z: f64) -> (f64, f64) {
        let value = self.value.clamp(-1.0, 1.0);
        // at the ends a slope of 0 on Fisher's scale: as if one more row broke the order
        let least = 1.0 / (self.rows as f64 + 1.0);
        let bounded = value.clamp(-1.0 + least, 1.0 - least);
        let error = (self.error / (1.0 - bounded * bounded)).max(1.0 / (self.rows as f64).max(4.0).sqrt() / 4.0);
        let centre = bounded.atanh();
        ((centre - z * error).tanh().min(value), (centre + z * error).tanh().max(value))
    }
}

/// Spearman's ρ of two columns of one length; rows on which either is NaN are left out. `None` with fewer than four
/// rows, or where a column does not vary.
pub fn rank_correlation(x: &[f64], y: &[f64]) -> Option<RankCorrelation> {
    let both = x.iter().zip(y).filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let (x, y): (Vec<f64>, Vec<f64>) = both.unzip();
    correlation(&Ranks::of(&x), &Ranks::of(&y))
}

/// The rows that are not NaN, in growing order of their values.
fn order(values: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).filter(|&row| !values[row as usize].is_nan()).collect();
    order.sort_unstable_by(|&a, &b| {
        // -0 and 0 are one value
        (values[a as usize] + 0.0).total_cmp(&(values[b as usize] + 0.0)).then(a.cmp(&b))
    });
    order
}

/// Midranks of a column without NaN.
#[derive(Debug, Clone)]
struct Ranks {
    /// Rows in growing order of their values.
    order: Vec<u32>,
    /// `(midrank - ½)/n - ½` of each row: centred, between -½ and ½.
    centred: Vec<f64>,
    /// Share of each row's value.
    share: Vec<f64>,
    /// `sum p³` over distinct values.
    cubes: f64,
}

impl Ranks {
    fn of(values: &[f64]) -> Self {
        Self::in_order(values, order(values))
    }

    /// With the rows in growing order of their values.
    fn in_order(values: &[f64], order: Vec<u32>) -> Self {
        let n = values.len() as f64;
        let mut ranks =
            Self { centred: vec![0.0; values.len()], share: vec![0.0; values.len()], cubes: 0.0, order: Vec::new() };
        let mut from = 0;
        while from < order.len() {
            let value = values[order[from] as usize];
            let ties = order[from..].iter().take_while(|&&row| values[row as usize] == value).count();
            let to = from + ties;
            let share = ties as f64 / n;
            for &row in &order[from..to] {
                ranks.centred[row as usize] = (from + to) as f64 / (2.0 * n) - 0.5;
                ranks.share[row as usize] = share;
            }
            ranks.cubes += share * share * share;
            from = to;
        }
        ranks.order = order;
        ranks
    }

    /// For each row x the mean of `H(X - x) other(X)`.
    fn mean_above(&self, other: &[f64]) -> Vec<f64> {
        let n = other.len() as f64;
        let mut means = vec![0.0; other.len()];
        let mut above = 0.0;
        let mut to = self.order.len();
        while to > 0 {
            let rank = self.centred[self.order[to - 1] as usize];
            let ties = self.order[..to].iter().rev().take_while(|&&row| self.centred[row as usize] == rank).count();
            let tied = &self.order[to - ties..to];
            let here: f64 = tied.iter().map(|&row| other[row as usize]).sum();
            for &row in tied {
                means[row as usize] = (above + here / 2.0) / n;
            }
            above += here;
            to -= ties;
        }
        means
    }
}

fn correlation(x: &Ranks, y: &Ranks) -> Option<RankCorrelation> {
    let rows = x.centred.len();
    let n = rows as f64;
    let (v, w) = ((1.0 - x.cubes) / 12.0, (1.0 - y.cubes) / 12.0);
    // one distinct value: sum p³ = 1
    if rows < 4 || v < 1e-15 || w < 1e-15 {
        return None;
    }
    let a = x.centred.iter().zip(&y.centred).map(|(f, g)| f * g).sum::<f64>() / n;
    let unit = (v * w).sqrt();
    let value = (a / unit).clamp(-1.0, 1.0);
    let (of_x, of_y) = (x.mean_above(&y.centred), y.mean_above(&x.centred));
    let square: f64 = (0..rows)
        .map(|row| {
            let influence = x.centred[row] * y.centred[row] + of_x[row] + of_y[row] - 3.0 * a;
            let of_v = -(x.share[row] * x.share[row] - x.cubes) / (4.0 * v);
            let of_w = -(y.share[row] * y.share[row] - y.cubes) / (4.0 * w);
            (influence / unit - value / 2.0 * (of_v + of_w)).powi(2)
        })
        .sum();
    let error = (square / (n - 1.0) / n).sqrt();
    Some(RankCorrelation { value, error, rows })
}

/// The change of one pair's rank correlation.
#[derive(Debug, Clone, PartialEq)]
pub struct RankCorrelationChange {
    /// One column.
    pub first: String,
    /// The other.
    pub second: String,
    /// On the reference.
    pub reference: RankCorrelation,
    /// On the current side.
    pub current: RankCorrelation,
    /// Current less reference, -2 to 2.
    pub change: f64,
    /// Lower end of its interval, which holds for all pairs at once.
    pub low: f64,
    /// Upper end of its interval, which holds for all pairs at once.
    pub high: f64,
}

/// Changes of all pairs of the named number columns, the largest size first, equal ones in the order of the names.
///
/// The level is shared among all pairs of names (Bonferroni). A pair is left out where a side lacks a column of numbers,
/// has fewer than [`FEWEST_VALUES`] rows with both, or where a column does not vary.
pub fn rank_correlation_changes(
    reference: &Table,
    current: &Table,
    columns: &[&str],
    level: Level,
) -> Vec<RankCorrelationChange> {
    let pairs = (columns.len() * columns.len().saturating_sub(1) / 2).max(1);
    let share = 1.0 / pairs as f64;
    let each = Level { low: level.low.part(share), high: level.high.part(share) };
    let (before, now) = rayon::join(|| Side::of(reference, columns), || Side::of(current, columns));
    let both = (0..columns.len()).flat_map(|i| (i + 1..columns.len()).map(move |j| (i, j))).collect::<Vec<_>>();
    let change = |&(i, j): &(usize, usize)| {
        let (r, c) = (before.pair(i, j)?, now.pair(i, j)?);
        let at = |z: f64| difference(r.value, r.interval(z), c.value, c.interval(z));
        Some(RankCorrelationChange {
            first: columns[i].to_owned(),
            second: columns[j].to_owned(),
            reference: r,
            current: c,
            change: c.value - r.value,
            low: at(each.low.z).0,
            high: at(each.high.z).1,
        })
    };
    let mut changes: Vec<_> = both.par_iter().filter_map(change).collect();
    changes.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
    changes
}

/// One side's columns, each sorted once for all of its pairs.
struct Side<'a> {
    columns: Vec<Option<Sorted<'a>>>,
}

struct Sorted<'a> {
    values: &'a [f64],
    order: Vec<u32>,
    /// Of a column without gaps.
    ranks: Option<Ranks>,
}

impl<'a> Sorted<'a> {
    fn of(values: &'a [f64]) -> Self {
        let order = order(values);
        let ranks = (order.len() == values.len()).then(|| Ranks::in_order(values, order.clone()));
        Self { values, order, ranks }
    }

    /// Ranks among the rows that have a place, by place.
    fn among(&self, places: &[Option<u32>], rows: usize) -> Ranks {
        let mut values = vec![0.0; rows];
        let mut order = Vec::with_capacity(rows);
        for &row in &self.order {
            if let Some(place) = places[row as usize] {
                values[place as usize] = self.values[row as usize];
                order.push(place);
            }
        }
        Ranks::in_order(&values, order)
    }
}

impl<'a> Side<'a> {
    fn of(table: &'a Table, columns: &[&str]) -> Self {
        let columns = columns.par_iter().map(|name| table.number(name).map(Sorted::of));
        Self { columns: columns.collect() }
    }

    fn pair(&self, i: usize, j: usize) -> Option<RankCorrelation> {
        let (x, y) = (self.columns[i].as_ref()?, self.columns[j].as_ref()?);
        let got = match (&x.ranks, &y.ranks) {
            (Some(x), Some(y)) => correlation(x, y),
            _ => {
                let mut rows = 0;
                let place = |(a, b): (&f64, &f64)| {
                    (!a.is_nan() && !b.is_nan()).then(|| {
                        rows += 1;
                        rows - 1
                    })
                };
                let places: Vec<Option<u32>> = x.values.iter().zip(y.values).map(place).collect();
                correlation(&x.among(&places, rows as usize), &y.among(&places, rows as usize))
            }
        };
        got.filter(|got| got.rows >= FEWEST_VALUES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn order_alone_counts() {
        let x: Vec<f64> = (0..50).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| x.exp()).collect();
        let same = rank_correlation(&x, &y).expect("varies");
        assert!((same.value - 1.0).abs() < 1e-12 && same.error < 1e-12, "{same:?}");
        let turned: Vec<f64> = y.iter().map(|y| -y).collect();
        assert!((rank_correlation(&x, &turned).expect("varies").value + 1.0).abs() < 1e-12);
        let (low, high) = same.interval(1.96);
        assert!((0.85..1.0).contains(&low) && high >= same.value, "{low} {high}");
    }

    #[test]
    fn what_has_no_correlation_gives_none() {
        assert_eq!(rank_correlation(&[], &[]), None);
        assert_eq!(rank_correlation(&[1.0; 9], &[1., 2., 3., 4., 5., 6., 7., 8., 9.]), None);
        assert_eq!(rank_correlation(&[f64::NAN; 9], &[1.0; 9]), None);
        let infinite = [f64::NEG_INFINITY, 1.0, 2.0, f64::INFINITY];
        assert!(rank_correlation(&infinite, &[1.0, 2.0, 3.0, 4.0]).expect("an order").value > 0.999);
    }

    #[test]
    fn the_error_is_that_of_leaving_rows_out() {
        // jackknife: sqrt((n-1)/n sum (ρ_i - mean)²)
        let random = &mut Random::new(9);
        let x: Vec<f64> = (0..300).map(|_| (random.uniform() * 12.0).floor()).collect();
        let y: Vec<f64> = x.iter().map(|x| (x * random.uniform() * 0.7).floor()).collect();
        let got = rank_correlation(&x, &y).expect("varies");
        let without: Vec<f64> = (0..300)
            .map(|row| {
                let rest = |v: &[f64]| [&v[..row], &v[row + 1..]].concat();
                rank_correlation(&rest(&x), &rest(&y)).expect("varies").value
            })
            .collect();
        let mean = without.iter().sum::<f64>() / 300.0;
        let jackknife = (299.0 / 300.0 * without.iter().map(|r| (r - mean).powi(2)).sum::<f64>()).sqrt();
        assert!((got.error / jackknife - 1.0).abs() < 0.02, "{} {jackknife}", got.error);
    }
}
