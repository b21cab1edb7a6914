//! The best split of a node, from its histogram.

#![expect(clippy::inline_always, reason = "the innermost loops have one copy per kind of histogram and of scan")]

use crate::{
    histogram::{Accumulator, Column, Sums},
    params::Params,
};

/// What the split search needs of the parameters, in fixed-point units: gradients and hessians stay whole numbers and
/// the penalties are divided by the (power-of-two) units, which is exact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Penalty {
    lambda: f64,
    alpha: f64,
    /// Least gain, in units of the objective.
    gamma: f64,
    /// Least hessian of a child, at least 1.
    least_hessian: i64,
    gradient_unit: f64,
    hessian_unit: f64,
}

impl Penalty {
    /// `gradient_unit` and `hessian_unit` are the sizes of the fixed-point units.
    pub(crate) fn new(params: &Params, gradient_unit: f64, hessian_unit: f64) -> Self {
        Self {
            lambda: params.lambda / hessian_unit,
            alpha: params.alpha / gradient_unit,
            gamma: params.gamma,
            least_hessian: ((params.min_child_weight / hessian_unit).ceil().min(1e18) as i64).max(1),
            gradient_unit,
            hessian_unit,
        }
    }

    /// Whether a node with this hessian could have two children.
    pub(crate) fn allows_children(&self, hessian: i64) -> bool {
        hessian >= 2 * self.least_hessian
    }

    /// A hessian sum, out of fixed point.
    pub(crate) fn cover(&self, sums: Sums) -> f64 {
        sums.hessian as f64 * self.hessian_unit
    }

    /// The gradient sum after the L1 penalty (soft threshold).
    #[inline]
    fn shrunk(&self, gradient: f64) -> f64 {
        (gradient.abs() - self.alpha).max(0.0)
    }

    /// G^2 / (H + lambda): twice the loss that the best single weight takes away, in fixed-point units.
    fn score(&self, sums: Sums) -> f64 {
        let gradient = self.shrunk(sums.gradient as f64);
        gradient * gradient / (sums.hessian as f64 + self.lambda)
    }

    /// The best single weight, -G / (H + lambda).
    pub(crate) fn weight(&self, sums: Sums) -> f64 {
        let size = self.shrunk(sums.gradient as f64);
        let denominator = sums.hessian as f64 + self.lambda;
        if size == 0.0 || denominator <= 0.0 {
            return 0.0;
        }
        let sign = if sums.gradient > 0 { -1.0 } else { 1.0 };
        sign * size / denominator * (self.gradient_unit / self.hessian_unit)
    }
}

/// A split: rows whose bin is at most `bin` go left, missing values as `default_left` says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) feature: u32,
    pub(crate) bin: u8,
    pub(crate) default_left: bool,
    /// Gain in score (Chen and Guestrin 2016, equation 7, times two, before gamma).
    pub(crate) gain: f64,
    pub(crate) left: Sums,
    pub(crate) right: Sums,
}

/// Gains below this share of the children's scores are rounding noise.
const NOISE: f64 = 1e-12;

/// The best split of one search so far.
struct Best<'a> {
    penalty: &'a Penalty,
    total: Sums,
    total_gradient: f64,
    /// Sum of the children's scores.
    score: f64,
    column: Column,
    bin: usize,
    missing_to: MissingTo,
    left: Sums,
}

/// Where missing values go.
#[derive(Debug, Clone, Copy)]
enum MissingTo {
    Left,
    Right,
    /// The node has seen none: to the child with more hessian.
    Larger,
}

impl<'a> Best<'a> {
    fn new(penalty: &'a Penalty, total: Sums) -> Self {
        Self {
            penalty,
            total,
            total_gradient: total.gradient as f64,
            score: 0.0,
            column: Column { feature: 0, start: 0, width: 0 },
            bin: 0,
            missing_to: MissingTo::Larger,
            left: Sums::default(),
        }
    }

    /// Looks at a split into `left` and the rest. Both have enough hessian.
    #[inline(always)]
    fn consider(&mut self, left: Sums, column: Column, bin: usize, missing_to: MissingTo) {
        let gradient = left.gradient as f64;
        let a = self.penalty.shrunk(gradient);
        let b = self.penalty.shrunk(self.total_gradient - gradient);
        let left_hessian = left.hessian as f64 + self.penalty.lambda;
        let right_hessian = (self.total.hessian - left.hessian) as f64 + self.penalty.lambda;
        // a^2 / left + b^2 / right > score, without dividing unless it is (nearly) so.
        let numerator = a * a * right_hessian + b * b * left_hessian;
        let denominator = left_hessian * right_hessian;
        if numerator > self.score * denominator {
            let score = numerator / denominator;
            if score > self.score {
                self.score = score;
                self.column = column;
                self.bin = bin;
                self.missing_to = missing_to;
                self.left = left;
            }
        }
    }

    /// Looks at all splits of a feature. `cells` are its value bins that are not empty, ascending, `missing` what is in
    /// its missing bin.
    ///
    /// When the node has seen missing values of the feature, both directions are tried for them, and also missing
    /// against the rest.
    #[inline(always)]
    fn scan<A: Accumulator>(
        &mut self,
        accumulator: A,
        column: Column,
        missing: A::Cell,
        cells: impl Iterator<Item = (usize, A::Cell)>,
    ) {
        let least = self.penalty.least_hessian;
        let most = self.total.hessian - least;
        let missing = accumulator.sums(missing);
        if missing == Sums::default() {
            let mut sum = A::Cell::default();
            for (bin, cell) in cells {
                sum = A::plus(sum, cell);
                let left = accumulator.sums(sum);
                if left.hessian < least {
                    continue;
                }
                if left.hessian > most {
                    break;
                }
                self.consider(left, column, bin, MissingTo::Larger);
            }
        } else {
            let mut present = Sums::default();
            for (bin, cell) in cells {
                present = present + accumulator.sums(cell);
                if present.hessian >= least && present.hessian <= most {
                    self.consider(present, column, bin, MissingTo::Right);
                }
                let left = present + missing;
                if left.hessian >= least && left.hessian <= most {
                    self.consider(left, column, bin, MissingTo::Left);
                }
            }
        }
    }

    fn split(self) -> Option<Split> {
        if self.score <= 0.0 {
            return None;
        }
        let penalty = self.penalty;
        let gain = self.score - penalty.score(self.total);
        let in_units = gain * (penalty.gradient_unit * penalty.gradient_unit / penalty.hessian_unit);
        if gain <= NOISE * self.score || in_units <= penalty.gamma {
            return None;
        }
        let right = self.total - self.left;
        Some(Split {
            feature: self.column.feature,
            bin: self.bin as u8,
            default_left: match self.missing_to {
                MissingTo::Left => true,
                MissingTo::Right => false,
                MissingTo::Larger => self.left.hessian >= right.hessian,
            },
            gain: in_units,
            left: self.left,
            right,
        })
    }
}

/// The split with the greatest gain; of equal ones the first, in the order of features and bins. `None` when no split
/// gains more than gamma with enough hessian on both sides.
pub(crate) fn best<A: Accumulator>(
    accumulator: A,
    cells: &[A::Cell],
    columns: &[Column],
    total: Sums,
    penalty: &Penalty,
) -> Option<Split> {
    let mut best = Best::new(penalty, total);
    for &column in columns {
        let cells = &cells[column.start as usize..][..column.width as usize];
        let values = cells.iter().copied().enumerate().skip(1).filter(|&(_, cell)| !accumulator.is_empty(cell));
        best.scan(accumulator, column, cells[0], values);
    }
    best.split()
}

/// As [`best`], from a histogram of which only the cells in `occupied` (one set of bits per column) are used; these
/// cells are emptied.
pub(crate) fn best_of_few<A: Accumulator>(
    accumulator: A,
    cells: &mut [A::Cell],
    occupied: &mut [[u64; 4]],
    columns: &[Column],
    total: Sums,
    penalty: &Penalty,
) -> Option<Split> {
    let mut best = Best::new(penalty, total);
    for (&column, occupied) in columns.iter().zip(occupied) {
        let cells = &mut cells[column.start as usize..][..column.width as usize];
        let missing = std::mem::take(&mut cells[0]);
        let mut words = std::mem::take(occupied);
        words[0] &= !1;
        let bits = Bits { words, word: 0 };
        best.scan(accumulator, column, missing, bits.clone().map(|bin| (bin, cells[bin])));
        bits.for_each(|bin| cells[bin] = A::Cell::default());
    }
    best.split()
}

/// The places of the bits that are set, ascending.
#[derive(Clone)]
struct Bits {
    words: [u64; 4],
    word: usize,
}

impl Iterator for Bits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.words[self.word] == 0 {
            if self.word == 3 {
                return None;
            }
            self.word += 1;
        }
        let bit = self.words[self.word].trailing_zeros() as usize;
        self.words[self.word] &= self.words[self.word] - 1;
        Some(self.word * 64 + bit)
    }
}
