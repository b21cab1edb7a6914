//! A check that cannot be carried out is an error, never a verdict: the caller fails the turn and keeps the champion.

use thiserror::Error;

/// Why two samples could not be compared.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DriftError {
    /// One side has no rows.
    #[error("the {side} has no rows: there is nothing to compare")]
    NoRows {
        /// `reference` or `current sample`.
        side: &'static str,
    },
    /// The two sides share no column.
    #[error("the two sides have no column in common (reference: {reference}; current: {current})")]
    NoCommonColumn {
        /// Column names of the reference.
        reference: String,
        /// Column names of the current sample.
        current: String,
    },
    /// A column that is to be tested exists on neither side.
    #[error("drift.columns names '{0}', which neither side has")]
    UnknownColumn(String),
    /// A setting is out of its range.
    #[error("{0}")]
    Settings(String),
}
