//! The runner: one turn of the loop as a graph of tasks, each of which leaves a durable record.
//!
//! ```text
//! start -> ingest_data -> check_drift -> [ train_model -> promote -> reload_api | skip_training ] -> end_pipeline
//! ```
//!
//! A turn that was cut off is taken up at the task that had not ended. Every task is idempotent: run twice, it leaves
//! what it leaves when run once.

/// Why a turn fails.
pub mod error;

/// What a turn tells those who watch it.
pub mod observer;

/// One turn at a time.
pub mod lease;

/// The log of a task, written while it runs.
pub mod task_log;

/// What every step is given.
pub mod context;

/// What a decision about a batch rests on.
pub mod evidence;

/// The steps, one file each.
pub mod steps;

/// Training and judging a challenger; pure computation.
pub mod training;

/// Past batches under other policies.
pub mod replay;

/// The graph of tasks, and turning it.
pub mod turn;

pub use context::Context;
pub use error::PipelineError;
pub use observer::{Event, Observer};
pub use turn::{Outcome, Runner, answer, give_up, go_on, take_answer};
