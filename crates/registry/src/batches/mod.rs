//! Batches and the rows of them that were refused.

mod quarantine;
mod record;

pub use quarantine::{BatchRuleCount, QuarantineFilter, QuarantinePage, QuarantineSpan, RuleCount};
pub use record::StoredBatch;
