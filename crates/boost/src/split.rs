//! The best split of a node, from its histogram.

use crate::histogram::{Accumulator, Column, Sums};

/// What the split search needs of the parameters, and the fixed-point scales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Penalty {
    pub(crate) lambda: f64,
    pub(crate) alpha: f64,
    pub(crate) gamma: f64,
    /// Least hessian of a child in fixed point, at least 1.
    pub(crate) least_hessian: i64,
    /// Size of a fixed-point unit.
    pub(crate) gradient_unit: f64,
    /// Size of a fixed-point unit.
    pub(crate) hessian_unit: f64,
}

impl Penalty {
    /// The gradient sum after the L1 penalty (soft threshold).
    #[inline]
    fn shrunk(&self, gradient: f64) -> f64 {
        (gradient.abs() - self.alpha).max(0.0)
    }

    /// G^2 / (H + lambda): twice the loss that the best single weight takes away.
    #[inline]
    pub(crate) fn score(&self, sums: Sums) -> f64 {
        let gradient = self.shrunk(sums.gradient as f64 * self.gradient_unit);
        gradient * gradient / (sums.hessian as f64 * self.hessian_unit + self.lambda)
    }

    /// The best single weight, -G / (H + lambda).
    pub(crate) fn weight(&self, sums: Sums) -> f64 {
        let gradient = sums.gradient as f64 * self.gradient_unit;
        let denominator = sums.hessian as f64 * self.hessian_unit + self.lambda;
        let size = self.shrunk(gradient);
        if size == 0.0 || denominator <= 0.0 { 0.0 } else { -gradient.signum() * size / denominator }
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

#[derive(Clone, Copy)]
struct Best {
    score: f64,
    column: Column,
    bin: u32,
    missing_left: bool,
    left: Sums,
}

/// The split with the greatest gain; of equal ones the first, in the order of features and bins. `None` when no split
/// gains more than gamma with enough hessian on both sides.
///
/// When the node has seen missing values of a feature, both directions are tried, and also missing against the rest;
/// otherwise missing values will go to the child with more hessian.
pub(crate) fn best<A: Accumulator>(
    accumulator: A,
    cells: &[A::Cell],
    columns: &[Column],
    total: Sums,
    penalty: &Penalty,
) -> Option<Split> {
    let mut best: Option<Best> = None;
    let mut best_score = 0.0;
    for &column in columns {
        let cells = &cells[column.start as usize..][..column.width as usize];
        let missing = accumulator.sums(cells[0]);
        let has_missing = missing != Sums::default();
        // Splits off the last bin only when that leaves the missing values on the other side.
        let last = column.width as usize - usize::from(!has_missing);
        let mut present = Sums::default();
        for (bin, &cell) in cells.iter().enumerate().take(last).skip(1) {
            let here = accumulator.sums(cell);
            if here.hessian == 0 {
                continue;
            }
            present = present + here;
            let sides = if has_missing { [(present, false), (present + missing, true)] } else { [(present, false); 2] };
            for &(left, missing_left) in &sides[..1 + usize::from(has_missing)] {
                let right = total - left;
                if left.hessian < penalty.least_hessian || right.hessian < penalty.least_hessian {
                    continue;
                }
                let score = penalty.score(left) + penalty.score(right);
                if score > best_score {
                    best_score = score;
                    best = Some(Best { score, column, bin: bin as u32, missing_left, left });
                }
            }
        }
    }
    let best = best?;
    let gain = best.score - penalty.score(total);
    if gain <= penalty.gamma || gain <= NOISE * best.score {
        return None;
    }
    let right = total - best.left;
    let has_missing = accumulator.sums(cells[best.column.start as usize]) != Sums::default();
    Some(Split {
        feature: best.column.feature,
        bin: best.bin as u8,
        default_left: if has_missing { best.missing_left } else { best.left.hessian >= right.hessian },
        gain,
        left: best.left,
        right,
    })
}
