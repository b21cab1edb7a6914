//! Why a turn fails. Whatever fails, the champion stays.

use thiserror::Error;
use tidewheel_data::batch::{KeyError, StoreError};
use tidewheel_data::bundle::BundleError;
use tidewheel_data::recipe::expression::ExpressionError;
use tidewheel_data::source::SourceError;
use tidewheel_domain::turn::TurnState;
use tidewheel_drift::DriftError;
use tidewheel_registry::{Lease, ObjectError, RegistryError};

use crate::training::TrainingError;
use crate::training::scorer::ScorerError;
use crate::training::window::WindowError;

/// Why a turn fails.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The database.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The object storage.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A stored batch.
    #[error(transparent)]
    Batch(#[from] StoreError),
    /// The key columns.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An expression of the project.
    #[error("expression {0}")]
    Expression(#[from] ExpressionError),
    /// The rows of a window.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The drift tests.
    #[error("the drift check failed: {0}")]
    Drift(#[from] DriftError),
    /// The training.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// A stored model.
    #[error("model version {version}: {source}")]
    Model {
        /// Which version.
        version: i64,
        /// What is wrong with it.
        #[source]
        source: ScorerError,
    },
    /// Something that an earlier task must have left is not there.
    #[error("{what} is missing")]
    Missing {
        /// What.
        what: String,
    },
    /// Something stored cannot be read.
    #[error("{what} cannot be read: {reason}")]
    Damaged {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// Another turn of the project is at work.
    #[error("project '{}' is being turned by process {} on {} since {}; let it end", .0.project, .0.holder.pid, .0.holder.host, .0.acquired_at)]
    Busy(Box<Lease>),
    /// The lease was lost while the turn was at work.
    #[error("the lease of the project was lost; another process has taken it")]
    LeaseLost,
    /// A file of the project's folder.
    #[error("cannot use '{path}': {source}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A step was asked for out of order.
    #[error("{0}")]
    Order(String),
    /// An answer to a turn that does not wait for one.
    #[error("turn {turn} is {state}; only a waiting turn can be answered")]
    NotWaiting {
        /// Its number.
        turn: i64,
        /// Where it stands.
        state: TurnState,
    },
    /// A turn that has ended well, or was given up before, is not given up.
    #[error("turn {turn} is {state} already: there is nothing to give up")]
    Ended {
        /// Its number.
        turn: i64,
        /// Where it stands.
        state: TurnState,
    },
    /// A person or a shutdown stopped it; it is taken up again later.
    #[error("stopped; the next run takes the turn up where it was")]
    Stopped,
    /// A computation died.
    #[error("a computation died: {0}")]
    Panicked(String),
}

impl PipelineError {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            PipelineError::Registry(error) => error.is_transient(),
            PipelineError::Object(error) => matches!(error, ObjectError::Unreachable { .. }),
            _ => false,
        }
    }

    /// Whether the turn was only stopped, not failed.
    pub fn is_stop(&self) -> bool {
        matches!(
            self,
            PipelineError::Stopped | PipelineError::LeaseLost | PipelineError::Training(TrainingError::Stopped)
        )
    }
}

impl From<BundleError> for PipelineError {
    fn from(error: BundleError) -> Self {
        PipelineError::Damaged { what: "the model bundle".to_owned(), reason: error.to_string() }
    }
}
