//! Batches and the rows of them that were refused.

mod quarantine;
mod record;

pub use quarantine::{QuarantineFilter, QuarantinePage, RuleCount};
pub use record::StoredBatch;
