//! What can go wrong between a source and a typed batch.

use std::path::PathBuf;

use thiserror::Error;

use super::BoxError;
use crate::read::ReadError;

/// Why a source gave no batch.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The batch came but is not what the project describes.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The address cannot be one.
    #[error("'{url}' is no address of a data API: {reason}")]
    Url {
        /// As written.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Every attempt failed: the data API is down, slow, or breaks off.
    #[error("no answer from '{url}' in {attempts} attempts: {reason}")]
    NoAnswer {
        /// The address.
        url: String,
        /// Requests made.
        attempts: u32,
        /// Why the last one failed.
        reason: String,
    },
    /// The data API refused the request.
    #[error("'{url}' answered {status}: {detail}")]
    Refused {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the answer says.
        detail: String,
    },
    /// The answer is larger than the project allows.
    #[error("the answer of '{url}' is larger than {limit} bytes; raise 'source.max_body_mib' if that is right")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// A batch was lost and did not come again.
    #[error("batch {missing} of '{url}' is missing and did not come again: {reason}")]
    MissingBatch {
        /// The address.
        url: String,
        /// Its number.
        missing: u64,
        /// What happened when it was asked for again.
        reason: String,
    },
    /// No file fits.
    #[error("'{pattern}' names no CSV or Parquet file; put one there, or correct 'source.path'")]
    NoFiles {
        /// The path or pattern, from the project's folder.
        pattern: String,
    },
    /// The pattern is malformed.
    #[error("'{pattern}' is no valid pattern: {reason}")]
    Pattern {
        /// As written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder or file cannot be looked at.
    #[error("cannot read '{}': {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The caller could not say which batches are known.
    #[error("cannot look up whether the batch is known: {0}")]
    Known(#[source] BoxError),
    /// The reading was stopped from outside.
    #[error("the reading of the batch stopped: {0}")]
    Stopped(String),
}
