#![doc = include_str!("../README.md")]

mod batches;
mod database;
mod error;
mod lease;
mod models;
mod objects;
mod predictions;
mod registry;
mod settings;
mod tracking;
mod turns;

pub use batches::{BatchRuleCount, QuarantineFilter, QuarantinePage, QuarantineSpan, RuleCount, StoredBatch};
pub use database::Engine;
pub use error::{DatabaseError, RegistryError};
pub use lease::{Acquire, Holder, Lease};
pub use models::Promotion;
pub use objects::{ArtifactInfo, ObjectError, Objects};
pub use predictions::{PredictionFilter, PredictionRecord, PredictionSummary, StoredPrediction};
pub use registry::Registry;
pub use settings::{S3Settings, StoreSettings};
pub use tracking::{Experiment, RunFilter, RunOrder, RunPage};
pub use turns::{Pulse, Totals};
