//! Everything of Tidewheel that speaks HTTP.

/// The inference API.
pub mod inference;

/// Counters and the prediction log.
pub mod observe;

/// The data API that deals a file out in batches.
pub mod source_api;

/// The pages.
pub mod ui;

/// What the allocator keeps.
mod memory;
