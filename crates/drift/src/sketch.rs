//! Samples too large to keep: sketches in bounded memory. What comes from one is approximate, and says so.

/// Quantiles and ranks.
pub mod kll;
