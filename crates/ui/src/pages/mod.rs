//! The pages: one file each, with its view (what it shows) and its markup.

/// One batch: what arrived, what its columns look like, its rows.
pub mod batch;
/// What arrived, how much of it was new, what was refused.
pub mod batches;
/// One decision: why, from evidence to outcome.
pub mod decision;
/// What was decided about each batch.
pub mod decisions;
/// How any two batches differ.
pub mod drift;
/// Which run is best, and what made it so?
pub mod experiments;
/// Which versions exist, why promoted or rejected, what differs?
pub mod models;
/// Is the service well right now?
pub mod monitoring;
/// What happened, what needs a person, is the champion well?
pub mod overview;
/// What is at work, where did it fail, and how did every turn before go?
pub mod pipeline;
/// What is it worth, why, and what if?
pub mod predict;
/// A page that could not be shown, and why.
pub mod problem;
/// One column, batch by batch.
pub mod profile;
/// Which rows were refused, and by which rule.
pub mod quarantine;
/// Past batches under another policy.
pub mod replay;
/// What was looked for.
pub mod search;
/// How is it set up, and does what it needs work?
pub mod settings;
