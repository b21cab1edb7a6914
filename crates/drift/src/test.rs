//! Hypothesis tests. A p-value is evidence, never a decision: with enough rows it flags every difference.

/// Anderson-Darling test of k samples.
pub mod anderson_darling;

/// Chi-square test of homogeneity.
pub mod chi_square;

/// Two-sample Cramer-von Mises test.
pub mod cramer_von_mises;

/// G test of homogeneity.
pub mod g;

/// Two-sample Kolmogorov-Smirnov test.
pub mod ks;

/// Distribution of the Kolmogorov-Smirnov statistic.
pub mod kstwo;

/// Mann-Whitney U test.
pub mod mann_whitney;

/// Permutation test of homogeneity for small counts.
pub mod permutation;

/// Welch's t test.
pub mod welch;

/// A statistic with its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The statistic.
    pub statistic: f64,
    /// Probability of a statistic at least this large under the null hypothesis.
    pub p_value: f64,
}
