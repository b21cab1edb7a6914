//! The pages: one file each, with its view (what it shows) and its markup.

/// What happened, what needs a person, is the champion well?
pub mod overview;
/// What is it worth, why, and what if?
pub mod predict;
/// A page that could not be shown, and why.
pub mod problem;
