//! Lower bounds of the winsorised Wasserstein distance through functions of slope ±1, with their standard errors.
//!
//! For such a function φ the size `T = |E_G φ - E_F φ| / S` is at most the distance. Its standard error comes from the
//! influence of one row (delta method; F. R. Hampel, JASA 69, 1974). A row of the reference acts four ways: through φ,
//! through the unit S, and through the two limits, which are quantiles of the reference:
//! `dU(x) = -(1{x <= U} - .99) / f(U)` moves `E_G φ - E_F φ` by `φ'(U) (F(U) - G(U)) dU` and `S²` by
//! `2 P(X > U) (U - μ) dU`; likewise at the lower limit. Variances are taken over a grid of quantiles of each side.

use super::numeric::{EDGE, Frozen, winsorised_mean};
use crate::sample::{Sample, quantile};

/// Points of the grid that stands for a sample.
const GRID: usize = 1000;

/// Half the width, in probability, over which a density is measured at a limit.
const DENSITY_WINDOW: f64 = 0.005;

/// Which function of slope ±1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// φ(x) = x: the move of the mean.
    Mean,
    /// φ(x) = |x - median of the reference|: the change of the spread.
    Spread,
    /// φ' = sign(F - G): the direction in which the distance itself is measured.
    Signed,
}

/// A difference of means, in units of the reference's standard deviation, never negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) size: f64,
    pub(super) error: f64,
}

/// Both winsorised samples, ready to be measured in any direction.
pub(super) struct Sides<'a> {
    reference: &'a Sample,
    current: &'a Sample,
    frozen: &'a Frozen,
    sd: f64,
    centre: f64,
    pub(super) reference_mean: f64,
    pub(super) current_mean: f64,
    reference_grid: Vec<f64>,
    current_grid: Vec<f64>,
}

impl<'a> Sides<'a> {
    pub(super) fn of(reference: &'a Sample, current: &'a Sample, frozen: &'a Frozen, sd: f64) -> Self {
        let reference_grid = grid(reference, frozen);
        Self {
            reference,
            current,
            frozen,
            sd,
            centre: reference_grid[reference_grid.len() / 2],
            reference_mean: winsorised_mean(reference.sorted(), frozen),
            current_mean: winsorised_mean(current.sorted(), frozen),
            current_grid: grid(current, frozen),
            reference_grid,
        }
    }

    /// The difference of means in a direction, with its standard error.
    pub(super) fn measure(&self, direction: Direction) -> Measured {
        let phi = self.function(direction);
        let of_reference: Vec<f64> = self.reference_grid.iter().map(|&x| phi.at(x)).collect();
        let of_current: Vec<f64> = self.current_grid.iter().map(|&x| phi.at(x)).collect();
        let difference = match direction {
            Direction::Mean => self.current_mean - self.reference_mean,
            Direction::Spread => {
                mean_gap(self.current, self.frozen, self.centre) - mean_gap(self.reference, self.frozen, self.centre)
            }
            Direction::Signed => mean(&of_current) - mean(&of_reference),
        };
        let influence = self.influence(&phi, &of_reference, difference);

        let (n, m) = (self.reference.present() as f64, self.current.present() as f64);
        let plain = variance(&of_reference) / (self.sd * self.sd);
        let mut on_reference = variance(&influence).max(plain);
        let mut on_current = variance(&of_current) / (self.sd * self.sd);
        // The smaller sample is not trusted to know that it varies less than the larger one: a handful of equal values
        // would otherwise look certain.
        if n < m {
            on_reference = on_reference.max(on_current);
        } else {
            on_current = on_current.max(plain);
        }
        let rows = |size: f64| (size - 1.0).max(1.0);
        Measured { size: difference.abs() / self.sd, error: (on_reference / rows(n) + on_current / rows(m)).sqrt() }
    }

    /// What one row of the reference adds to the signed size, over the grid.
    fn influence(&self, phi: &Function, values: &[f64], difference: f64) -> Vec<f64> {
        let (low, high) = (self.frozen.low, self.frozen.high);
        let (mean_of_phi, mean_of_x) = (mean(values), self.reference_mean);
        let variance = self.sd * self.sd;
        let (thin_low, thin_high) = (self.inverse_density(EDGE), self.inverse_density(1.0 - EDGE));
        let move_at = |x: f64| phi.slope(x) * (share_up_to(self.reference, x) - share_up_to(self.current, x));
        let (move_low, move_high) = (move_at(low), move_at(high));
        let points = self.reference_grid.len() as f64;
        self.reference_grid
            .iter()
            .zip(values)
            .enumerate()
            .map(|(k, (&x, &value))| {
                let p = (k as f64 + 0.5) / points;
                let below = |edge: f64| f64::from(u8::from(p <= edge)) - edge;
                let (d_low, d_high) = (-below(EDGE) * thin_low, -below(1.0 - EDGE) * thin_high);
                let on_difference = mean_of_phi - value + move_high * d_high - move_low * d_low;
                let on_variance = (x - mean_of_x).powi(2) - variance
                    + 2.0 * EDGE * ((high - mean_of_x) * d_high + (low - mean_of_x) * d_low);
                on_difference / self.sd - difference / self.sd * on_variance / (2.0 * variance)
            })
            .collect()
    }

    /// One over the density of the reference at its quantile `p`.
    fn inverse_density(&self, p: f64) -> f64 {
        let finite = self.reference.finite();
        let (from, to) = ((p - DENSITY_WINDOW).max(0.0), (p + DENSITY_WINDOW).min(1.0));
        match (quantile(finite, from), quantile(finite, to)) {
            (Some(a), Some(b)) if (b - a).is_finite() => (b - a) / (to - from),
            _ => 0.0,
        }
    }

    fn function(&self, direction: Direction) -> Function {
        match direction {
            Direction::Mean => Function::Line,
            Direction::Spread => Function::Gap(self.centre),
            Direction::Signed => self.signed(),
        }
    }

    fn signed(&self) -> Function {
        let mut knots: Vec<f64> = self.reference_grid.iter().chain(&self.current_grid).copied().collect();
        knots.extend([self.frozen.low, self.frozen.high]);
        knots.sort_unstable_by(f64::total_cmp);
        knots.dedup();
        let mut heights = vec![0.0];
        let mut height = 0.0;
        for pair in knots.windows(2) {
            let higher = share_up_to(self.reference, pair[0]) >= share_up_to(self.current, pair[0]);
            height += if higher { pair[1] - pair[0] } else { pair[0] - pair[1] };
            heights.push(height);
        }
        Function::Signed { knots, heights }
    }
}

/// A function of slope ±1 between the limits.
enum Function {
    Line,
    Gap(f64),
    Signed { knots: Vec<f64>, heights: Vec<f64> },
}

impl Function {
    /// The value; the signed function is only asked at its knots.
    fn at(&self, x: f64) -> f64 {
        match self {
            Self::Line => x,
            Self::Gap(centre) => (x - centre).abs(),
            Self::Signed { knots, heights } => heights[knots.partition_point(|&knot| knot < x).min(heights.len() - 1)],
        }
    }

    /// The slope next to a limit, within the limits.
    fn slope(&self, limit: f64) -> f64 {
        match self {
            Self::Line => 1.0,
            Self::Gap(centre) => {
                if limit < *centre {
                    -1.0
                } else {
                    1.0
                }
            }
            Self::Signed { knots, heights } if knots.len() > 1 => {
                let place = knots.partition_point(|&knot| knot <= limit).clamp(1, knots.len() - 1);
                if heights[place] >= heights[place - 1] { 1.0 } else { -1.0 }
            }
            Self::Signed { .. } => 0.0,
        }
    }
}

/// Share of the present rows at or below `x`.
fn share_up_to(sample: &Sample, x: f64) -> f64 {
    sample.sorted().partition_point(|&value| value <= x) as f64 / sample.present() as f64
}

/// Evenly spaced quantiles of a winsorised sample: the sample itself when it is small.
fn grid(sample: &Sample, frozen: &Frozen) -> Vec<f64> {
    let sorted = sample.sorted();
    let points = sorted.len().min(GRID);
    (0..points)
        .map(|k| {
            let place = ((k as f64 + 0.5) / points as f64 * sorted.len() as f64) as usize;
            sorted[place.min(sorted.len() - 1)].clamp(frozen.low, frozen.high)
        })
        .collect()
}

/// Mean of `|x - centre|` over winsorised values.
fn mean_gap(sample: &Sample, frozen: &Frozen, centre: f64) -> f64 {
    let sorted = sample.sorted();
    sorted.iter().map(|x| (x.clamp(frozen.low, frozen.high) - centre).abs()).sum::<f64>() / sorted.len() as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::numeric::Scale;

    #[test]
    fn each_direction_lies_below_the_distance_and_the_signed_one_is_it() {
        let reference = Sample::new(&(0..900).map(|i| f64::from(i * i % 607)).collect::<Vec<_>>());
        let current = Sample::new(&(0..700).map(|i| f64::from(i * i % 599) * 0.8 + 90.0).collect::<Vec<_>>());
        let frozen = Frozen::of(&reference).expect("values");
        let Scale::Winsorised(sd) = frozen.scale else { panic!("spread out") };
        let clip =
            |sample: &Sample| sample.sorted().iter().map(|x| x.clamp(frozen.low, frozen.high)).collect::<Vec<_>>();
        let distance =
            crate::distance::wasserstein::wasserstein(&clip(&reference), &clip(&current)).expect("values") / sd;
        let sides = Sides::of(&reference, &current, &frozen, sd);
        for direction in [Direction::Mean, Direction::Spread] {
            assert!(sides.measure(direction).size <= distance + 1e-12, "{direction:?}");
        }
        let signed = sides.measure(Direction::Signed);
        assert!((signed.size - distance).abs() < 1e-9, "{} {distance}", signed.size);
        assert!(signed.error > 0.0);
    }
}
