#![doc = "The nouns that every crate of Tidewheel shares. No I/O, no async, no clock of its own."]

/// A batch of rows as received, and its rows that were refused.
pub mod batch;
/// The decision over a batch, and why it was taken.
pub mod decision;
/// How one sample of rows differs from another, and the bounds from which on it counts.
pub mod drift_report;
/// The names of things: runs, hashes, versions.
pub mod ids;
/// A measured number with its interval.
pub mod metric;
/// Versions of a registered model and the ledger.
pub mod model_version;
/// When to train: the section `[policy]` and the language of its conditions.
pub mod policy;
/// The project file: layers, raw form, checked form.
pub mod project;
/// Seeded random numbers.
pub mod random;
/// Runs as MLflow knows them.
pub mod run;
/// Columns in memory: numbers and categories, with missing as a value of its own.
pub mod table;
/// Milliseconds since 1970, written as RFC 3339.
pub mod timestamp;
/// Turns of the loop and their tasks.
pub mod turn;
/// What a challenger was judged by.
pub mod verdict;

pub use ids::{RunId, RunKind, Sha256, VersionNumber};
pub use metric::{Metric, Metrics};
pub use table::{CategoryColumn, Column, MISSING, Table, TableError};
pub use timestamp::Timestamp;
