//! The pages: one file each, with its view (what it shows) and its markup.

/// One batch: what arrived, what its columns look like, its rows.
pub mod batch;
/// What arrived, how much of it was new, what was refused.
pub mod batches;
/// What happened, what needs a person, is the champion well?
pub mod overview;
/// What is it worth, why, and what if?
pub mod predict;
/// A page that could not be shown, and why.
pub mod problem;
/// One column, batch by batch.
pub mod profile;
/// Which rows were refused, and by which rule.
pub mod quarantine;
