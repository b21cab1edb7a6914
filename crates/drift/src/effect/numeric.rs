//! Winsorised Wasserstein distance in standard deviations of the reference, with an interval from the two samples' own
//! sampling distributions.
//!
//! Both samples are winsorised at the reference's 1st and 99th percentile, which bounds the pull of heavy tails.
//! Let `H = F - G` be the difference of the two distributions, `Z` its sampling error. Where the measured difference
//! stands out of its band, the sign of `H` is known and `|H + Z| - |H| = ±Z`; elsewhere the triangle inequality gives
//! `|H + Z| - |H| <= |Z|`. So the measured distance exceeds the true one by at most
//! `∫_A |Z| + ∫_(not A) ±Z`, a convex function of a Gaussian process with mean at most `sqrt(2/π) ∫_A s`
//! (`s(x)² = F(1-F)/n + G(1-G)/m`), and with a variance of at most `Var(F)/n + Var(G)/m` in every direction, because each
//! direction is a mean of a function of slope ±1. Gaussian concentration (C. Borell, Invent. Math. 30, 1975) then bounds
//! its quantiles by mean + z sd. No bootstrap: a percentile bootstrap of a distance excludes 0 every time.

use super::interval::{band_height, difference, visible_share, wilson};
use super::{Estimate, Level, POWER_Z};
use crate::sample::{Sample, mean_and_sd, quantile};

/// Fewest present values on either side from which a distance can be told from chance.
pub const FEWEST_VALUES: usize = 30;

/// Share of the reference that lies beyond each limit.
const EDGE: f64 = 0.01;

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
    match frozen.scale {
        Scale::Winsorised(sd) => Some(winsorised_distance(reference, current, frozen, sd, level, bound)),
        // All within the limits is one value, and so is all of the current side once it is winsorised.
        Scale::Plain(_) => Some(Estimate { visible_from: bound, ..Estimate::default() }),
        Scale::Constant => Some(differing_share(reference, current, frozen.low, level, bound)),
    }
}

fn winsorised_distance(
    reference: &Sample,
    current: &Sample,
    frozen: &Frozen,
    sd: f64,
    level: Level,
    bound: f64,
) -> Estimate {
    // A tenth of the error goes to the band, the rest to the deviation.
    let deviation = Level::of_tail(0.9 * level.tail);
    let band = band_height(0.1 * level.tail, EDGE);
    let pass = integrate(reference.sorted(), current.sorted(), frozen, band);
    let side_of_reference = winsorised_moments(reference.sorted(), frozen);
    let side_of_current = winsorised_moments(current.sorted(), frozen);
    let spread = combined_spread(
        (side_of_reference.1.powi(2), reference.present() as f64),
        (side_of_current.1.powi(2), current.present() as f64),
    );

    let value = pass.distance / sd;
    let noise = spread / sd;
    let unsure = (2.0 / std::f64::consts::PI).sqrt() / sd;
    let enough = reference.present().min(current.present()) >= FEWEST_VALUES;
    let low = if enough { value - unsure * pass.within_band - deviation.z * noise } else { 0.0 };
    Estimate {
        value,
        low,
        // The measured distance is never too small on average (Jensen), so its deviation alone bounds the upper end.
        high: value + level.z * noise,
        visible_from: bound + unsure * pass.everywhere + (deviation.z + POWER_Z) * noise,
        reference: Some(side_of_reference.0),
        current: Some(side_of_current.0),
        chance: None,
    }
}

/// Standard deviation of a difference of means. The smaller sample is not trusted to know that it varies less than the
/// larger one: a handful of equal values would otherwise look certain.
fn combined_spread((variance_a, n): (f64, f64), (variance_b, m): (f64, f64)) -> f64 {
    let corrected = |variance: f64, size: f64| if size > 1.0 { variance * size / (size - 1.0) } else { 0.0 };
    let (mut a, mut b) = (corrected(variance_a, n), corrected(variance_b, m));
    if n < m {
        a = a.max(b);
    } else {
        b = b.max(a);
    }
    (a / n + b / m).sqrt()
}

/// Mean and standard deviation (ddof 0) of growing values within the limits.
pub(crate) fn winsorised_moments(sorted: &[f64], frozen: &Frozen) -> (f64, f64) {
    let from = sorted.partition_point(|&value| value < frozen.low);
    let to = sorted.partition_point(|&value| value <= frozen.high);
    let n = sorted.len() as f64;
    let ends = [(from as f64, frozen.low), ((sorted.len() - to) as f64, frozen.high)];
    let inner = &sorted[from..to];
    let mean = (inner.iter().sum::<f64>() + ends.iter().map(|(count, x)| count * x).sum::<f64>()) / n;
    let squares = inner.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
        + ends.iter().map(|(count, x)| count * (x - mean).powi(2)).sum::<f64>();
    (mean, (squares / n).sqrt())
}

/// Integrals over the range between the limits.
struct Pass {
    /// `∫ |F - G|`.
    distance: f64,
    /// `∫ s` where `|F - G|` lies within its band.
    within_band: f64,
    /// `∫ s`.
    everywhere: f64,
}

fn integrate(a: &[f64], b: &[f64], frozen: &Frozen, band: f64) -> Pass {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let mut pass = Pass { distance: 0.0, within_band: 0.0, everywhere: 0.0 };
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
        pass.everywhere += spread * width;
        if gap <= band * spread {
            pass.within_band += spread * width;
        }
        x = to;
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
    let share = |sample: &Sample| {
        let other = sample.sorted().iter().filter(|&&value| value != constant).count() as f64;
        let n = sample.present() as f64;
        (other / n, wilson(other, n, level.z))
    };
    let ((a, of_a), (b, of_b)) = (share(reference), share(current));
    let (low, high) = difference(a, of_a, b, of_b);
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
