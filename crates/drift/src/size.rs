//! Sizes of a difference on a common scale, with intervals: what a p-value does not say.

/// Cliff's delta.
pub mod cliffs_delta;

/// Cohen's d.
pub mod cohens_d;

/// Cramer's V, corrected for bias.
pub mod cramers_v;

/// A size with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Best estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}
