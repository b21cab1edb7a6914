//! What can be done to the loop. This crate shows buttons; the program that turns the loop presses them.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use thiserror::Error;
use tidewheel_domain::turn::Action;
use tidewheel_domain::{RunId, Timestamp};

/// Why something was not done.
#[derive(Debug, Error)]
pub enum ControlError {
    /// It cannot be done as things stand; the text says why, to the person who asked.
    #[error("{0}")]
    Refused(String),
    /// It was tried and failed.
    #[error("{0}")]
    Failed(String),
}

/// How a wish to run ended, where no turn of the registry says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The source has no more data.
    NoMoreData,
    /// It was stopped.
    Stopped,
    /// It failed, and why.
    Failed(String),
    /// The turn that was at work has ended; what came of it stands in the registry.
    Turned,
}

/// What the loop is at, in this process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Since when it is at work.
    pub at_work: Option<Timestamp>,
    /// Whether it is to stop at the next safe point.
    pub stopping: bool,
    /// How it ended last, and when.
    pub last: Option<(Timestamp, Ended)>,
}

/// A check of what the project needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked: one word.
    pub check: String,
    /// How it came out: `None` where it works but for what `advice` says.
    pub works: Option<bool>,
    /// What was seen.
    pub found: String,
    /// What to do about it; empty where there is nothing to do.
    pub advice: String,
}

/// What checks answer.
pub type Checked<'a> = Pin<Box<dyn Future<Output = Vec<Finding>> + Send + 'a>>;

/// What a control answers.
pub type Done<'a> = Pin<Box<dyn Future<Output = Result<(), ControlError>> + Send + 'a>>;

/// Who acts on the pages: the server asks nobody who they are.
pub(super) const WHO: &str = "web";

/// Who wants something done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// What can be done to the loop.
pub trait LoopControl: Debug + Send + Sync {
    /// Begins a turn, or takes up the one that was cut off; answers once it is at work, not when it has ended.
    fn run(&self) -> Done<'_>;

    /// Stops a turn that is at work, or gives up one that failed or waits.
    fn cancel(&self, turn: RunId, wish: Wish) -> Done<'_>;

    /// Takes a failed turn up again at the first task that has not succeeded.
    fn retry(&self, turn: RunId) -> Done<'_>;

    /// Answers a turn that waits: to train or to skip. A training begins at once.
    fn answer(&self, turn: RunId, action: Action, wish: Wish) -> Done<'_>;

    /// What the loop is at.
    fn standing(&self) -> Standing {
        Standing::default()
    }

    /// Checks what the project needs: its file, the database, the objects, the source.
    fn check(&self) -> Checked<'_> {
        Box::pin(async { Vec::new() })
    }
}
