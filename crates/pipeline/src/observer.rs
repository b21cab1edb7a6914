//! What a turn tells those who watch it: progress bars, summary lines.

use tidewheel_domain::turn::{TaskName, TaskState, Turn};

/// Something that happened in a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A turn has begun, or was taken up again.
    TurnStarted {
        /// Its number.
        number: i64,
        /// Whether it had begun before.
        resumed: bool,
    },
    /// A task has begun.
    TaskStarted(TaskName),
    /// A task has ended.
    TaskEnded(TaskName, TaskState),
    /// How far a long step is. Units are named by `what`.
    Progress {
        /// What is counted, such as `bytes` or `rows`.
        what: &'static str,
        /// So many are done.
        done: u64,
        /// Of so many, where that is known.
        of: Option<u64>,
    },
    /// A trial of the tuning has ended.
    Trial {
        /// Its number, from 1.
        number: usize,
        /// Of so many.
        of: usize,
        /// Its loss.
        loss: f64,
        /// Whether it was given up early.
        pruned: bool,
    },
    /// A line of a task's log.
    Log {
        /// The task.
        task: TaskName,
        /// The line.
        line: &'a str,
    },
    /// A turn has ended.
    TurnEnded(&'a Turn),
}

/// Watches turns.
pub trait Observer: Send + Sync {
    /// Something happened. Called from any thread; must not block for long.
    fn event(&self, event: Event<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event<'_>) {}
}
