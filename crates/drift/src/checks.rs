//! Simple checks of a batch. They say what is; a policy says whether it matters.

/// How old the newest row is.
pub mod freshness;

/// Values outside of what is allowed.
pub mod range;

/// Repeated values.
pub mod uniqueness;

/// Number of rows against earlier batches.
pub mod volume;
