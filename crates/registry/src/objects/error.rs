//! What can go wrong with stored files. That one is not there is `None`, not an error.

use thiserror::Error;

/// What went wrong with the object store.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// The setting names no store.
    #[error("setting 'objects' is not valid: {0}")]
    Setting(String),
    /// A path that would lead out of its place, or that not every store can keep.
    #[error("artifact path '{path}' is not valid: {rule}")]
    Path {
        /// The path given.
        path: String,
        /// What a valid one looks like.
        rule: &'static str,
    },
    /// The store knows who asks and says no, or does not believe who asks.
    #[error("the {place} denies access: {reason}; {advice}")]
    AccessDenied {
        /// The store.
        place: String,
        /// Its words.
        reason: String,
        /// What to check.
        advice: String,
    },
    /// No answer.
    #[error("the {place} cannot be reached: {reason}")]
    Unreachable {
        /// The store.
        place: String,
        /// Why.
        reason: String,
    },
    /// No space left.
    #[error("the disk of the {place} is full: '{name}' could not be kept, nothing half-written is left")]
    DiskFull {
        /// The store.
        place: String,
        /// The file.
        name: String,
    },
    /// A stored file is not what was stored.
    #[error("stored file '{name}' is corrupt: {reason}")]
    Corrupt {
        /// The file.
        name: String,
        /// What differs.
        reason: String,
    },
    /// Anything else.
    #[error("the {place} reports for '{name}': {reason}")]
    Other {
        /// The store.
        place: String,
        /// The file.
        name: String,
        /// Its words.
        reason: String,
    },
}
