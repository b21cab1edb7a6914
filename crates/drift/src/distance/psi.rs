//! Population stability index on quantile bins frozen in the baseline.
//!
//! `sum (q - p) ln(q / p)` over bins, p the reference's shares and q the current ones: the symmetrised divergence of
//! S. Kullback and R. A. Leibler (Ann. Math. Stat. 22, 1951). Tools of this name differ in their bins and in what they do
//! with empty ones, so the result names its [`PsiVariant`](crate::distance::psi::PsiVariant).
//!
//! When nothing changed its mean is about `(bins - 1) (1/n + 1/m)` (B. Yurdakul, Statistical properties of population
//! stability index, 2018): with few rows the customary limits of .1 and .2 are passed by chance.

use serde::{Deserialize, Serialize};

use crate::sample::quantile;

/// How an index was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PsiVariant {
    /// Bins between quantiles of the reference, frozen with it; half a row is added to each bin on both sides
    /// (H. Jeffreys' prior), so that empty ones have a logarithm.
    FrozenQuantiles,
    /// The levels of a category, half a row added to each.
    Levels,
    /// As Evidently 0.7 has it: see [`evidently`](super::evidently).
    Evidently,
}

/// An index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Psi {
    /// The index; never negative.
    pub value: f64,
    /// What chance gives when nothing changed.
    pub chance: f64,
    /// Bins or levels.
    pub bins: usize,
    /// How it was made.
    pub variant: PsiVariant,
}

/// Bins frozen in a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuantileBins {
    /// Growing limits between bins; a value at a limit belongs to the lower bin. The outer bins are open.
    pub edges: Vec<f64>,
    /// Rows of the reference in each bin: one more than edges.
    pub reference: Vec<u64>,
}

impl QuantileBins {
    /// Up to `bins` bins of equal shares of a growing sample (infinities allowed); equal quantiles make one edge. `None` of
    /// an empty sample.
    pub fn freeze(reference: &[f64], bins: usize) -> Option<Self> {
        let mut edges: Vec<f64> = Vec::new();
        for bin in 1..bins.max(1) {
            let edge = quantile(reference, bin as f64 / bins as f64)?;
            // below the largest value, else the last bin would be empty in the reference
            if edge.is_finite() && edges.last().is_none_or(|last| *last < edge) && Some(&edge) < reference.last() {
                edges.push(edge);
            }
        }
        if reference.is_empty() {
            return None;
        }
        let mut frozen = Self { edges, reference: Vec::new() };
        frozen.reference = frozen.count(reference);
        Some(frozen)
    }

    /// Rows of a growing sample in each bin.
    pub fn count(&self, sorted: &[f64]) -> Vec<u64> {
        let mut from = 0;
        let mut counts: Vec<u64> = self
            .edges
            .iter()
            .map(|&edge| {
                let to = sorted.partition_point(|&x| x <= edge);
                let rows = to - from;
                from = to;
                rows as u64
            })
            .collect();
        counts.push((sorted.len() - from) as u64);
        counts
    }

    /// The index of a growing sample against the reference; `None` when it is empty.
    pub fn psi(&self, current: &[f64]) -> Option<Psi> {
        smoothed(&self.reference, &self.count(current), PsiVariant::FrozenQuantiles)
    }
}

/// The index of categories from rows a level, same order on both sides; `None` when a side has no row.
pub fn psi_of_levels(reference: &[u64], current: &[u64]) -> Option<Psi> {
    let (a, b): (Vec<u64>, Vec<u64>) =
        reference.iter().zip(current).filter(|&(x, y)| x + y > 0).map(|(&x, &y)| (x, y)).unzip();
    smoothed(&a, &b, PsiVariant::Levels)
}

fn smoothed(reference: &[u64], current: &[u64], variant: PsiVariant) -> Option<Psi> {
    let (n, m) = (reference.iter().sum::<u64>() as f64, current.iter().sum::<u64>() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let bins = reference.len();
    let added = 0.5 * bins as f64;
    let value = reference
        .iter()
        .zip(current)
        .map(|(&x, &y)| {
            let (p, q) = ((x as f64 + 0.5) / (n + added), (y as f64 + 0.5) / (m + added));
            (q - p) * (q / p).ln()
        })
        .sum::<f64>();
    let chance = (bins as f64 - 1.0) * (1.0 / n + 1.0 / m);
    Some(Psi { value: value.max(0.0), chance, bins, variant })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_the_references_and_hold_equal_shares() {
        let reference: Vec<f64> = (0..1000).map(f64::from).collect();
        let bins = QuantileBins::freeze(&reference, 10).expect("values");
        assert_eq!(bins.reference, [100; 10]);
        let same = bins.psi(&reference).expect("values");
        assert_eq!((same.value, same.bins, same.variant), (0.0, 10, PsiVariant::FrozenQuantiles));
        let moved: Vec<f64> = reference.iter().map(|x| x + 150.0).collect();
        assert!(bins.psi(&moved).expect("values").value > 0.2);
        assert_eq!(bins.psi(&[]), None);
    }

    #[test]
    fn odd_samples_have_bins() {
        assert_eq!(QuantileBins::freeze(&[], 10), None);
        let constant = QuantileBins::freeze(&[3.0; 50], 10).expect("values");
        assert_eq!((constant.edges.len(), constant.psi(&[9.0]).expect("values").value), (0, 0.0));
        let ends = [f64::NEG_INFINITY, 0.0, 1.0, f64::INFINITY];
        let bins = QuantileBins::freeze(&ends, 3).expect("values");
        assert!(bins.edges.iter().all(|edge| edge.is_finite()), "{bins:?}");
        assert!(bins.psi(&ends).expect("values").value.is_finite());
        assert_eq!(QuantileBins::freeze(&[1.0, 2.0], 0).expect("values").reference, [2]);
    }

    #[test]
    fn levels_that_never_occur_do_not_count() {
        let got = psi_of_levels(&[5, 0, 5], &[9, 0, 1]).expect("rows");
        assert_eq!((got.bins, got), (2, psi_of_levels(&[5, 5], &[9, 1]).expect("rows")));
        assert_eq!(psi_of_levels(&[5], &[0]), None);
    }
}
