//! What can be done to the loop. This crate shows buttons; the program that turns the loop presses them.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use thiserror::Error;
use tidewheel_domain::RunId;
use tidewheel_domain::turn::Action;

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

/// What a control answers.
pub type Done<'a> = Pin<Box<dyn Future<Output = Result<(), ControlError>> + Send + 'a>>;

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
}
