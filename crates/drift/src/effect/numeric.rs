//! Winsorised Wasserstein distance in standard deviations of the reference, with an interval from the two samples' own
//! sampling distributions. No bootstrap: a percentile bootstrap of a distance excludes 0 every time.
//!
//! Both samples are winsorised at the reference's 1st and 99th percentile, which bounds the pull of heavy tails.
//! The lower end is the highest of three lower bounds, each with a part of the end's error:
//!
//! - the move of the mean, and the change of the mean distance from the reference's median. Each is the difference of
//!   means of a function of slope ±1, and the Wasserstein distance is the largest such difference (Kantorovich and
//!   Rubinstein), so each bounds it from below with nothing but the error of a mean;
//! - the distance itself less its error. Let `H = F - G` be the difference of the two distributions, `Z` its sampling
//!   error. Where the measured difference stands out of its band, the sign of `H` is known and `|H + Z| - |H| = ±Z`;
//!   elsewhere the triangle inequality gives `|H + Z| - |H| <= |Z|`. So the measured distance exceeds the true one by at
//!   most `∫_A |Z| + ∫_(not A) ±Z`, a convex function of a Gaussian process with mean at most `sqrt(2/π) ∫_A s`
//!   (`s(x)² = F(1-F)/n + G(1-G)/m`), and with a variance of at most `Var(F)/n + Var(G)/m` in every direction. Gaussian
//!   concentration (C. Borell, Invent. Math. 30, 1975) bounds its quantiles by mean + z sd.
//!
//! The upper end needs no more than z sd: the measured distance is never too small on average (Jensen's inequality).

use super::direction::{Direction, Measured, Sides};
use super::interval::{band_height, difference_of_shares, visible_share};
use super::{Estimate, Level, POWER_Z, Tail};
use crate::sample::{Sample, mean_and_sd, quantile};
use crate::special::normal_sf;

/// Parts of the lower end's error, one for each of its bounds and one for the band.
const MEAN_PART: f64 = 0.45;
const SPREAD_PART: f64 = 0.25;
const DISTANCE_PART: f64 = 0.25;
const BAND_PART: f64 = 0.05;

/// Share of the reference that lies beyond each limit.
pub(super) const EDGE: f64 = 0.01;

/// What is frozen from the reference: the limits and the unit of its distances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frozen {
    /// 1st percentile of the finite values.
    pub low: f64,
    /// 99th percentile of the finite values.
    pub high: f64,
    /// The unit.
    pub scale: Scale,
}

/// The unit of a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// Standard deviation (ddof 0) of the winsorised reference.
    Winsorised(f64),
    /// Nearly all values are one: standard deviation of all finite values.
    Plain(f64),
    /// All values are one: the distance is the share of rows with another value.
    Constant,
}

impl Frozen {
    /// Takes limits and unit from a reference; `None` when it has no finite value.
    pub fn of(reference: &Sample) -> Option<Self> {
        let finite = reference.finite();
        let (low, high) = (quantile(finite, EDGE)?, quantile(finite, 1.0 - EDGE)?);
        let positive = |sd: f64| (sd > 0.0 && finite.first() < finite.last()).then_some(sd);
        let winsorised = mean_and_sd(finite.iter().map(|value| value.clamp(low, high)));
        let scale = match winsorised.and_then(|(_, sd)| positive(sd)).filter(|_| low < high) {
            Some(sd) => Scale::Winsorised(sd),
            None => match mean_and_sd(finite.iter().copied()).and_then(|(_, sd)| positive(sd)) {
                Some(sd) => Scale::Plain(sd),
                None => Scale::Constant,
            },
        };
        Some(Self { low, high, scale })
    }
}

/// The distance of `current` from `reference`; `None` when a side has no value.
pub fn distance(reference: &Sample, current: &Sample, frozen: &Frozen, level: Level, bound: f64) -> Option<Estimate> {
    if reference.present() == 0 || current.present() == 0 {
        return None;
    }
    let estimate = match frozen.scale {
        Scale::Winsorised(sd) => winsorised_distance(reference, current, frozen, sd, level, bound),
        // All within the limits is one value, and so is all of the current side once it is winsorised.
        Scale::Plain(_) => Estimate { visible_from: bound, ..Estimate::default() },
        Scale::Constant => differing_share(reference, current, frozen.low, level, bound),
    };
    Some(estimate.doubted(reference.present(), current.present()))
}

fn winsorised_distance(
    reference: &Sample,
    current: &Sample,
    frozen: &Frozen,
    sd: f64,
    level: Level,
    bound: f64,
) -> Estimate {
    let band = level.low.part(BAND_PART);
    let pass = integrate(reference.sorted(), current.sorted(), frozen, band_height(band.chance, EDGE));
    let sides = Sides::of(reference, current, frozen, sd);
    let mean = sides.measure(Direction::Mean);
    let spread = sides.measure(Direction::Spread);
    let signed = sides.measure(Direction::Signed);

    let value = pass.distance / sd;
    // No direction errs more than the mean does; the signed one may, through the unit and the limits.
    let noise = mean.error.max(signed.error);
    let unsure = (2.0 / std::f64::consts::PI).sqrt() * pass.within_band / sd;
    let by_mean = lower_end(mean, level.low.part(MEAN_PART));
    let by_spread = lower_end(spread, level.low.part(SPREAD_PART));
    let by_distance = value - unsure - level.low.part(DISTANCE_PART).z * noise;
    Estimate {
        value,
        low: by_mean.max(by_spread).max(by_distance).min(value),
        high: value + level.high.z * noise,
        visible_from: bound + (level.low.part(MEAN_PART).z + POWER_Z) * mean.error,
        reference: Some(sides.reference_mean),
        current: Some(sides.current_mean),
        chance: None,
    }
}

/// The size δ of a difference at which one measured as large as this, in either direction, has the chance of the tail:
/// `P(|Z + δ| >= size) = chance`, in units of the error; 0 where even no difference has more than that.
fn lower_end(measured: Measured, tail: Tail) -> f64 {
    let x = measured.size / measured.error;
    if x.is_nan() || x <= Tail::new(tail.chance / 2.0).z {
        return 0.0;
    }
    let mut delta = (x - tail.z).max(0.0);
    for _ in 0..6 {
        delta = (x - Tail::new(tail.chance - normal_sf(x + delta)).z).max(0.0);
    }
    delta * measured.error
}

/// Growing values within the limits, and the limits with how many values lie beyond each.
pub(crate) fn winsorised<'a>(sorted: &'a [f64], frozen: &Frozen) -> (&'a [f64], [(f64, f64); 2]) {
    let from = sorted.partition_point(|&value| value < frozen.low);
    let to = sorted.partition_point(|&value| value <= frozen.high);
    (&sorted[from..to], [(from as f64, frozen.low), ((sorted.len() - to) as f64, frozen.high)])
}

/// Mean of growing values within the limits.
pub(crate) fn winsorised_mean(sorted: &[f64], frozen: &Frozen) -> f64 {
    let (inner, ends) = winsorised(sorted, frozen);
    (inner.iter().sum::<f64>() + ends.iter().map(|(count, x)| count * x).sum::<f64>()) / sorted.len() as f64
}

/// Integrals over the range between the limits.
struct Pass {
    /// `∫ |F - G|`.
    distance: f64,
    /// `∫ s` where `|F - G|` lies within its band.
    within_band: f64,
}

fn integrate(a: &[f64], b: &[f64], frozen: &Frozen, band: f64) -> Pass {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut pass = Pass { distance: 0.0, within_band: 0.0 };
    let mut i = a.partition_point(|&value| value <= frozen.low);
    let mut j = b.partition_point(|&value| value <= frozen.low);
    let mut x = frozen.low;
    let (inverse_n, inverse_m) = (1.0 / n, 1.0 / m);
    while x < frozen.high {
        let next_a = a.get(i).copied().unwrap_or(f64::INFINITY);
        let next_b = b.get(j).copied().unwrap_or(f64::INFINITY);
        let to = next_a.min(next_b).min(frozen.high);
        let width = to - x;
        let (f, g) = (i as f64 * inverse_n, j as f64 * inverse_m);
        let gap = (f - g).abs();
        let (mut of_f, mut of_g) = (f * (1.0 - f), g * (1.0 - g));
        if n < m {
            of_f = of_f.max(of_g);
        } else {
            of_g = of_g.max(of_f);
        }
        let spread = (of_f * inverse_n + of_g * inverse_m).sqrt();
        pass.distance += gap * width;
        if gap <= band * spread {
            pass.within_band += spread * width;
        }
        x = to;
        // Which side is next cannot be foreseen, and is counted without a branch; ties follow.
        i += usize::from(next_a <= x);
        j += usize::from(next_b <= x);
        while a.get(i).is_some_and(|&value| value <= x) {
            i += 1;
        }
        while b.get(j).is_some_and(|&value| value <= x) {
            j += 1;
        }
    }
    pass
}

/// The reference is constant: share of rows with another value.
fn differing_share(reference: &Sample, current: &Sample, constant: f64, level: Level, bound: f64) -> Estimate {
    let counts = |sample: &Sample| {
        let other = sample.sorted().iter().filter(|&&value| value != constant).count();
        (other as f64, sample.present() as f64)
    };
    let (in_a, in_b) = (counts(reference), counts(current));
    let (a, b) = (in_a.0 / in_a.1, in_b.0 / in_b.1);
    let (low, high) = difference_of_shares(in_a, in_b, level);
    Estimate {
        value: (b - a).max(0.0),
        low: low.max(0.0),
        high: high.max(0.0),
        visible_from: visible_share(a, bound, reference.present() as f64, current.present() as f64, level),
        reference: Some(a),
        current: Some(b),
        chance: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::wasserstein::wasserstein;

    fn level() -> Level {
        Level::new(0.05, 12)
    }

    #[test]
    fn it_is_the_wasserstein_distance_of_winsorised_values() {
        let a: Vec<f64> = (0..997).map(|i| f64::from(i * i % 577)).collect();
        let b: Vec<f64> = (0..703).map(|i| f64::from(i * i % 499) * 1.3).collect();
        let (reference, current) = (Sample::new(&a), Sample::new(&b));
        let frozen = Frozen::of(&reference).expect("values");
        let Scale::Winsorised(sd) = frozen.scale else { panic!("spread out") };
        let clip =
            |sample: &Sample| sample.sorted().iter().map(|x| x.clamp(frozen.low, frozen.high)).collect::<Vec<_>>();
        let want = wasserstein(&clip(&reference), &clip(&current)).expect("values") / sd;
        let got = distance(&reference, &current, &frozen, level(), 0.1).expect("values");
        assert!((got.value - want).abs() < 1e-12 * want, "{} {want}", got.value);
        assert!(got.low < got.value && got.value < got.high);
    }

    #[test]
    fn one_row_cannot_tell() {
        let reference = Sample::new(&(0..5000).map(f64::from).collect::<Vec<_>>());
        let frozen = Frozen::of(&reference).expect("values");
        for x in [0.0, 2500.0, 4999.0, 1e300, f64::INFINITY] {
            let got = distance(&reference, &Sample::new(&[x]), &frozen, level(), 0.1).expect("values");
            assert!(got.low <= 0.1 && got.high > 0.1 && got.value.is_finite(), "{x}: {got:?}");
        }
    }

    #[test]
    fn a_constant_reference_counts_the_rows_that_differ() {
        let reference = Sample::new(&[3.0; 1000]);
        let frozen = Frozen::of(&reference).expect("values");
        assert_eq!(frozen.scale, Scale::Constant);
        let mut values = vec![3.0; 600];
        values.extend([4.0; 400]);
        let got = distance(&reference, &Sample::new(&values), &frozen, level(), 0.1).expect("values");
        assert!((got.value - 0.4).abs() < 1e-12 && got.low > 0.1, "{got:?}");
        let same = distance(&reference, &Sample::new(&[3.0; 50]), &frozen, level(), 0.1).expect("values");
        assert_eq!((same.value, same.low), (0.0, 0.0));
    }
}
