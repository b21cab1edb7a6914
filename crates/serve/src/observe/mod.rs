//! What the server says about itself: counters for Prometheus, and the prediction log.

/// Histograms of atomic counters.
pub mod histogram;

/// Prometheus' text format.
pub mod exposition;

/// The counters of a server.
pub mod metrics;

/// Rates of the last hour.
pub mod samples;

/// What the loop decided.
pub mod turns;

/// Every prediction, recorded.
pub mod prediction_log;

pub use metrics::{GroupCounts, Metrics, ModelFacts};
pub use prediction_log::{LogSettings, PredictionLog};
pub use samples::Samples;
pub use turns::TurnMetrics;
