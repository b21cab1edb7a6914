//! Evidence against "the effect is at most a bound", valid at every look.
//!
//! An e-process starts at 1 and is, while the hypothesis holds, a non-negative supermartingale; by J. Ville's inequality
//! (1939) the chance that it ever reaches `1/α` is at most α. One may look after each batch, stop when one likes, and go
//! on. (A. Ramdas, P. Grünwald, V. Vovk and G. Shafer, Game-theoretic statistics and safe anytime-valid inference,
//! Statistical Science 38, 2023.)
//!
//! Two are here: for estimates with a known error, and for values in a known range.

use crate::special::normal_sf;

/// For estimates whose error is sub-Gaussian with a known scale: an effect a batch with its standard error.
///
/// H0: the mean of each estimate, given the earlier ones, is at most the bound. With `S = sum (x - bound)` and
/// `V = sum σ²` over batches, the process `exp(λ S - λ² V / 2)` is a supermartingale for every `λ >= 0`; here it is
/// mixed over a half-normal λ of scale τ (H. Robbins, Ann. Math. Stat. 41, 1970; S. R. Howard et al., Ann. Stat. 49,
/// 2021):
///
/// ```text
/// E = 2 / sqrt(1 + τ² V) exp(τ² S² / (2 (1 + τ² V))) Φ(τ S / sqrt(1 + τ² V))
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SubGaussianEProcess {
    bound: f64,
    scale: f64,
    sum: f64,
    variance: f64,
    largest: f64,
}

impl SubGaussianEProcess {
    /// `expected` is the excess over the bound that it should find soonest; `error` the standard error of one estimate.
    /// Both only tune its power. `None` unless both are positive and finite and the bound is finite.
    pub fn new(bound: f64, expected: f64, error: f64) -> Option<Self> {
        // λ = excess / σ² grows fastest at that excess
        let scale = expected / (error * error);
        let sane = bound.is_finite() && expected > 0.0 && error > 0.0 && scale.is_finite() && scale > 0.0;
        sane.then_some(Self { bound, scale, sum: 0.0, variance: 0.0, largest: 0.0 })
    }

    /// Takes an estimate with its standard error; returns the logarithm of the evidence. What is not finite, or has no
    /// positive error, is passed over.
    pub fn update(&mut self, estimate: f64, error: f64) -> f64 {
        let square = error * error;
        if estimate.is_finite() && square > 0.0 && (self.variance + square).is_finite() {
            self.sum += estimate - self.bound;
            self.variance += square;
            self.largest = self.largest.max(self.log_evidence());
        }
        self.log_evidence()
    }

    /// Logarithm of the evidence: above `ln(1/α)` it refutes the hypothesis at level α.
    pub fn log_evidence(&self) -> f64 {
        let growth = 1.0 + self.scale * self.scale * self.variance;
        let z = self.scale * self.sum / growth.sqrt();
        2f64.ln() - 0.5 * growth.ln() + log_half_mixture(z)
    }

    /// The least level at which the hypothesis was ever refuted: `1 / max E`, at most 1.
    pub fn p_value(&self) -> f64 {
        (-self.largest).exp()
    }
}

/// `ln(exp(z²/2) Φ(z))`, also where Φ vanishes.
fn log_half_mixture(z: f64) -> f64 {
    if z > -30.0 {
        return 0.5 * z * z + normal_sf(-z).ln();
    }
    // Φ(z) exp(z²/2) → 1 / (|z| sqrt(2π)) (1 - 1/z²)
    -(-z).ln() - 0.5 * (2.0 * std::f64::consts::PI).ln() + (-1.0 / (z * z)).ln_1p()
}

/// For values in a known range: a share (each row 0 or 1), a capped loss.
///
/// H0: the mean of each value, given the earlier ones, is at most the bound. Capital 1 is bet on higher values:
/// `K = product (1 + λ (x - bound))`, with λ chosen before x is seen, from the mean and variance so far (the approximate
/// growth-rate-adaptive bet of I. Waudby-Smith and A. Ramdas, J. R. Stat. Soc. B 86, 2024), between 0 and half of what
/// could lose everything.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundedEProcess {
    bound: f64,
    low: f64,
    high: f64,
    values: f64,
    sum: f64,
    squares: f64,
    log_capital: f64,
    largest: f64,
}

impl BoundedEProcess {
    /// For values within `low..=high` and a bound inside; `None` where these are not finite and in order.
    pub fn new(bound: f64, low: f64, high: f64) -> Option<Self> {
        let sane = low < bound && bound < high && low.is_finite() && high.is_finite() && (high - low).is_finite();
        sane.then_some(Self { bound, low, high, values: 0.0, sum: 0.0, squares: 0.0, log_capital: 0.0, largest: 0.0 })
    }

    /// Takes a value; returns the logarithm of the evidence. A value outside the range counts as its nearer end (which
    /// keeps the promise only for the mean of the values so drawn in); NaN is passed over.
    pub fn update(&mut self, value: f64) -> f64 {
        if value.is_nan() {
            return self.log_capital;
        }
        let width = self.high - self.low;
        let x = ((value - self.low) / width).clamp(0.0, 1.0);
        let bound = (self.bound - self.low) / width;
        self.log_capital += (self.bet(bound) * (x - bound)).ln_1p();
        self.largest = self.largest.max(self.log_capital);
        // the mean before x, with half a value at the middle of the range, as the source has it
        let mean = (0.5 + self.sum + x) / (1.0 + self.values + 1.0);
        self.values += 1.0;
        self.sum += x;
        self.squares += (x - mean) * (x - mean);
        self.log_capital
    }

    fn bet(&self, bound: f64) -> f64 {
        let mean = (0.5 + self.sum) / (1.0 + self.values);
        let variance = (0.25 + self.squares) / (1.0 + self.values);
        let gap = mean - bound;
        (gap / (variance + gap * gap)).clamp(0.0, 0.5 / bound)
    }

    /// Logarithm of the evidence: above `ln(1/α)` it refutes the hypothesis at level α.
    pub fn log_evidence(&self) -> f64 {
        self.log_capital
    }

    /// The least level at which the hypothesis was ever refuted: `1 / max E`, at most 1.
    pub fn p_value(&self) -> f64 {
        (-self.largest).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixture_is_the_integral() {
        // E by Simpson's rule over λ
        let (scale, sum, variance) = (0.7f64, 3.0f64, 2.5f64);
        let density = |l: f64| 2.0 / (scale * (2.0 * std::f64::consts::PI).sqrt()) * (-0.5 * (l / scale).powi(2)).exp();
        let at = |l: f64| density(l) * (l * sum - l * l * variance / 2.0).exp();
        let steps = 20_000;
        let h = 20.0 * scale / f64::from(steps);
        let integral: f64 = (0..=steps)
            .map(|i| f64::from(if i == 0 || i == steps { 1 } else { 2 + 2 * (i % 2) }) * at(f64::from(i) * h))
            .sum::<f64>()
            * h
            / 3.0;
        let process = SubGaussianEProcess { bound: 0.0, scale, sum, variance, largest: 0.0 };
        assert!((process.log_evidence() - integral.ln()).abs() < 1e-9);
        assert!((log_half_mixture(-30.0 + 1e-9) - log_half_mixture(-30.0)).abs() < 1e-5);
    }

    #[test]
    fn odd_values_change_nothing() {
        let mut process = SubGaussianEProcess::new(0.1, 0.1, 0.05).expect("sane");
        for (x, error) in [(f64::NAN, 1.0), (1.0, 0.0), (1.0, f64::NAN), (f64::INFINITY, 1.0), (1.0, f64::INFINITY)] {
            assert_eq!(process.update(x, error), 0.0);
        }
        assert_eq!((SubGaussianEProcess::new(0.1, 0.0, 1.0), BoundedEProcess::new(0.0, 0.0, 1.0)), (None, None));
        let mut share = BoundedEProcess::new(0.5, 0.0, 1.0).expect("sane");
        share.update(f64::NAN);
        assert_eq!(share.log_evidence(), 0.0);
        (0..200).for_each(|_| {
            share.update(f64::INFINITY);
        });
        assert!(share.p_value() < 1e-6 && share.log_evidence().is_finite());
    }
}
