//! The figures that Evidently 0.7 reports by the same names, so that its users can check ours against theirs.
//!
//! They differ from the rest of this module in their bins: Sturges' equal widths over *both* samples together, so that the
//! reference's bins move with what it is compared with; in numbers with at most 20 distinct values (in the reference) each
//! value is a bin. Logarithms are natural. Empty bins get the share `.0001`, or a millionth of the smallest share
//! when that is at most .0001. Nothing here decides anything.

use super::jensen_shannon::jensen_shannon;
use super::psi::{Psi, PsiVariant};
use super::wasserstein::wasserstein;
use crate::sample::mean_and_sd;
use crate::test::chi_square;

/// Numbers with at most this many distinct values are binned by value.
const FEW_VALUES: usize = 20;

/// Shares of both samples in the same bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Of the reference.
    pub reference: Vec<f64>,
    /// Of the current sample.
    pub current: Vec<f64>,
    rows: (usize, usize),
}

impl Shares {
    /// Of two growing finite samples of numbers; `None` when one is empty or their range is not finite.
    pub fn of_numbers(reference: &[f64], current: &[f64]) -> Option<Self> {
        if distinct(reference) <= FEW_VALUES {
            return Self::of_values(reference, current);
        }
        let bins = sturges(reference.len() + current.len());
        Self::of_widths(reference, current, bins)
    }

    /// Each distinct value a bin: also for categories, by their codes.
    pub fn of_values(reference: &[f64], current: &[f64]) -> Option<Self> {
        if reference.is_empty() || current.is_empty() {
            return None;
        }
        let (n, m) = (reference.len() as f64, current.len() as f64);
        let mut shares = Self { reference: Vec::new(), current: Vec::new(), rows: (reference.len(), current.len()) };
        let (mut i, mut j) = (0, 0);
        loop {
            let value = match (reference.get(i), current.get(j)) {
                (Some(&x), Some(&y)) => x.min(y),
                (Some(&x), None) | (None, Some(&x)) => x,
                (None, None) => return Some(shares),
            };
            let rows = |values: &[f64], from: usize| values[from..].iter().take_while(|&&x| x == value).count();
            let (a, b) = (rows(reference, i), rows(current, j));
            shares.reference.push(a as f64 / n);
            shares.current.push(b as f64 / m);
            // NaN equals nothing; it does not occur, but must not hang
            if a + b == 0 {
                return None;
            }
            i += a;
            j += b;
        }
    }

    /// From rows a level, same order on both sides.
    pub fn of_counts(reference: &[u64], current: &[u64]) -> Option<Self> {
        let (n, m) = (reference.iter().sum::<u64>(), current.iter().sum::<u64>());
        let share = |counts: &[u64], total: u64| counts.iter().map(|&rows| rows as f64 / total as f64).collect();
        (n > 0 && m > 0).then(|| Self {
            reference: share(reference, n),
            current: share(current, m),
            rows: (n as usize, m as usize),
        })
    }

    fn of_widths(reference: &[f64], current: &[f64], bins: usize) -> Option<Self> {
        let (a, b) = (reference, current);
        let low = a.first()?.min(*b.first()?);
        let high = a.last()?.max(*b.last()?);
        if !(high - low).is_finite() {
            return None;
        }
        // numpy gives a constant half a unit either way
        let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
        let edge = |bin: usize| if bin == bins { high } else { low + bin as f64 * ((high - low) / bins as f64) };
        let shares = |sorted: &[f64]| -> Vec<f64> {
            let mut from = 0;
            (1..=bins)
                .map(|bin| {
                    let to = if bin == bins { sorted.len() } else { sorted.partition_point(|&x| x < edge(bin)) };
                    let rows = to - from;
                    from = to;
                    rows as f64 / sorted.len() as f64
                })
                .collect()
        };
        Some(Self { reference: shares(a), current: shares(b), rows: (a.len(), b.len()) })
    }

    /// Population stability index.
    pub fn psi(&self) -> Psi {
        let value = self.filled().map(|(p, q)| (p - q) * (p / q).ln()).sum::<f64>();
        let bins = self.reference.len();
        let chance = (bins as f64 - 1.0) * (1.0 / self.rows.0 as f64 + 1.0 / self.rows.1 as f64);
        Psi { value, chance, bins, variant: PsiVariant::Evidently }
    }

    /// Divergence of Kullback and Leibler of the reference from the current sample, in nats.
    pub fn kullback_leibler(&self) -> f64 {
        let (n, m) = self.filled().fold((0.0, 0.0), |(n, m), (p, q)| (n + p, m + q));
        self.filled().map(|(p, q)| p / n * (p / n / (q / m)).ln()).sum()
    }

    /// Jensen-Shannon distance with natural logarithms: at most sqrt(ln 2).
    pub fn jensen_shannon(&self) -> f64 {
        jensen_shannon(&self.reference, &self.current).unwrap_or_default() * std::f64::consts::LN_2.sqrt()
    }

    /// Hellinger distance of these shares, as Evidently has it for categories.
    pub fn hellinger(&self) -> f64 {
        let sum: f64 = self.reference.iter().zip(&self.current).map(|(p, q)| (p * q).sqrt()).sum();
        (1.0 - sum.clamp(0.0, 1.0)).sqrt()
    }

    fn filled(&self) -> impl Iterator<Item = (f64, f64)> {
        let (p, q) = (filler(&self.reference), filler(&self.current));
        let fill = |share: f64, filler: f64| if share == 0.0 { filler } else { share };
        self.reference.iter().zip(&self.current).map(move |(&x, &y)| (fill(x, p), fill(y, q)))
    }
}

/// Hellinger distance of numbers: Sturges' bins by the number of *distinct* values of both growing samples.
pub fn hellinger_of_numbers(reference: &[f64], current: &[f64]) -> Option<f64> {
    let mut both = [reference, current].concat();
    crate::sample::sort(&mut both);
    let shares = Shares::of_widths(reference, current, sturges(distinct(&both)))?;
    Some(shares.hellinger())
}

/// Wasserstein distance over the reference's standard deviation (ddof 0, at least .001) of two growing finite samples.
pub fn wasserstein_normed(reference: &[f64], current: &[f64]) -> Option<f64> {
    let (_, sd) = mean_and_sd(reference.iter().copied())?;
    Some(wasserstein(reference, current)? / sd.max(0.001))
}

/// P-value of the chi-square test of fit of the current counts to the reference's shares, which takes the reference for
/// exact; `None` when a side has no row, or with fewer than two levels.
pub fn chi_square_fit(reference: &[u64], current: &[u64]) -> Option<f64> {
    let (n, m) = (reference.iter().sum::<u64>() as f64, current.iter().sum::<u64>() as f64);
    if n == 0.0 || m == 0.0 || reference.len() < 2 {
        return None;
    }
    let mut statistic = 0.0;
    for (&old, &new) in reference.iter().zip(current) {
        let expected = old as f64 * m / n;
        if expected == 0.0 {
            if new > 0 {
                return Some(0.0);
            }
            continue;
        }
        statistic += (new as f64 - expected).powi(2) / expected;
    }
    Some(chi_square::survival(statistic, reference.len() as f64 - 1.0))
}

/// The share that stands for an empty bin.
fn filler(shares: &[f64]) -> f64 {
    let smallest = shares.iter().copied().filter(|&share| share > 0.0).fold(f64::INFINITY, f64::min);
    if smallest <= 0.0001 { smallest / 1e6 } else { 0.0001 }
}

/// H. A. Sturges (JASA 21, 1926), as numpy counts: the range over `range / (log2 n + 1)`, rounded up.
fn sturges(n: usize) -> usize {
    ((n.max(1) as f64).log2() + 1.0).ceil() as usize
}

fn distinct(sorted: &[f64]) -> usize {
    usize::from(!sorted.is_empty()) + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_samples_are_finite_or_none() {
        assert_eq!(Shares::of_numbers(&[], &[1.0]), None);
        assert_eq!(Shares::of_numbers(&[1.0], &[]), None);
        let one = Shares::of_numbers(&[1.0], &[2.0]).expect("values");
        assert!(one.psi().value.is_finite() && one.kullback_leibler().is_finite());
        assert_eq!(hellinger_of_numbers(&[3.0; 4], &[3.0; 4]), Some(0.0));
        assert_eq!(hellinger_of_numbers(&[], &[]), None);
        assert_eq!(wasserstein_normed(&[], &[1.0]), None);
        assert_eq!((chi_square_fit(&[1, 0], &[1, 1]), chi_square_fit(&[0], &[1])), (Some(0.0), None));
        assert_eq!(Shares::of_counts(&[0], &[1]), None);
    }
}
