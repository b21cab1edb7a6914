//! The prediction log: a bounded queue before a task that writes in batches.
//!
//! A prediction never waits for the log. While the database is away, batches are spilled to files, and read back when
//! it answers again. What could not be kept is counted.

mod counts;
mod queue;
mod spill;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tidewheel_registry::{PredictionRecord, Registry};

pub use counts::LogCounts;
use queue::Queue;
pub use spill::{Spill, SpillError};

/// How the log is kept.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// The project that the predictions belong to.
    pub project: String,
    /// The folder of the spill files.
    pub spill_dir: PathBuf,
    /// Most bytes of spill files.
    pub spill_bytes: u64,
    /// Places of the queue.
    pub queue: usize,
    /// Most rows of one write.
    pub batch_rows: usize,
    /// A row waits so long for others at most.
    pub linger: Duration,
    /// A write that takes longer counts as failed.
    pub write_timeout: Duration,
    /// Between attempts while the database is away.
    pub retry_after: Duration,
}

impl LogSettings {
    /// The usual settings.
    pub fn new(project: impl Into<String>, spill_dir: impl Into<PathBuf>) -> Self {
        Self {
            project: project.into(),
            spill_dir: spill_dir.into(),
            spill_bytes: 1 << 30,
            queue: 16_384,
            batch_rows: 400,
            linger: Duration::from_millis(200),
            write_timeout: Duration::from_secs(5),
            retry_after: Duration::from_secs(2),
        }
    }
}

/// The near end of the log. Clones share the queue.
#[derive(Debug, Clone)]
pub struct PredictionLog {
    queue: Arc<Queue>,
    counts: Arc<LogCounts>,
}

impl PredictionLog {
    /// The log and its writer, which must be run (see [`Writer::run`]).
    pub fn new(registry: Registry, settings: LogSettings) -> (Self, Writer) {
        let queue = Arc::new(Queue::new(settings.queue, settings.batch_rows));
        let counts = Arc::new(LogCounts::default());
        let log = Self { queue: Arc::clone(&queue), counts: Arc::clone(&counts) };
        (log, Writer::new(registry, settings, queue, counts))
    }

    /// Hands a prediction to the writer. Never waits: where the queue is full the prediction is counted as dropped.
    pub fn record(&self, record: PredictionRecord) {
        if self.queue.push(record) {
            self.counts.enqueued();
        } else {
            self.counts.dropped(1);
        }
    }

    /// Waits until what was recorded before has been written or spilled, but no longer than `at_most`.
    pub async fn flush(&self, at_most: Duration) {
        if let Some(flushed) = self.queue.flush() {
            // Whether it was in time or not, the caller goes on.
            let _ = tokio::time::timeout(at_most, flushed).await;
        }
    }

    /// What the log has done so far.
    pub fn counts(&self) -> &LogCounts {
        &self.counts
    }
}

pub use writer::Writer;
