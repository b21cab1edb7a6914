#![doc = include_str!("../README.md")]

/// What can go wrong in a check.
pub mod error;

/// Functions of mathematics that the tests need: normal, gamma, binomial.
pub mod special;

/// Seeded draws.
mod random;

/// Values of a column made ready: sorted, with missing and infinite ones counted.
pub mod sample;

/// Hypothesis tests.
pub mod test;

/// Distances between two samples.
pub mod distance;

/// Sizes of a difference on a common scale, with intervals.
pub mod size;

/// Relations between columns: rank correlations, and a classifier that tells the sides apart.
pub mod dependence;

/// Detectors that see one value at a time.
pub mod stream;

/// Samples too large to keep.
pub mod sketch;

/// Simple checks of a batch: uniqueness, range, volume, freshness.
pub mod checks;

/// P-values corrected for their number.
pub mod multiplicity;

/// The effects on which a decision rests, with their intervals.
pub mod effect;

/// How well the champion does: errors against those of the hold-out rows, by segment, with and without labels.
pub mod performance;

/// What a column looks like on each side.
pub mod summary;

/// Two tables to a drift report.
pub mod report;

/// What a batch costs: the champion's error on it, and what explains it.
pub mod cost;

/// Reports to a decision.
pub mod policy;

/// A decision in words.
pub mod prose;

/// A drift report as plain text.
pub mod text;

pub use error::DriftError;
pub use policy::{PolicyInputs, again, decide, rules_of};
pub use prose::{Lang, Parts, headline, log_lines, parts, prose};
pub use report::{add_classifier, compare};
pub use text::render_text;
