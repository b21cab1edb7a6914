//! The log of a task, kept in the registry while the task runs, so that a page can follow it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tidewheel_domain::RunId;
use tidewheel_domain::turn::{NewLogLine, TaskName};
use tidewheel_registry::Registry;
use tokio::sync::mpsc;

use crate::context::now;
use crate::observer::{Event, Observer};

/// Writes lines from any thread; a task of its own brings them into the registry.
#[derive(Clone)]
pub struct TaskLog {
    task: TaskName,
    next: Arc<AtomicI64>,
    lines: mpsc::UnboundedSender<NewLogLine>,
    observer: Arc<dyn Observer>,
}

impl TaskLog {
    /// Starts the log of one attempt. The handle ends when every clone of the log is gone and all lines are stored.
    pub fn start(
        registry: Registry,
        run: RunId,
        task: TaskName,
        attempt: i64,
        observer: Arc<dyn Observer>,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (lines, mut receiver) = mpsc::unbounded_channel::<NewLogLine>();
        let writer = tokio::spawn(async move {
            let mut batch = Vec::new();
            while receiver.recv_many(&mut batch, 500).await > 0 {
                if let Err(error) = registry.append_logs(&run, task, attempt, &batch).await {
                    tracing::warn!(%error, %task, "log lines could not be stored");
                }
                batch.clear();
            }
        });
        (Self { task, next: Arc::new(AtomicI64::new(0)), lines, observer }, writer)
    }

    /// Writes a line.
    pub fn info(&self, line: impl Into<String>) {
        self.write("INFO", line.into());
    }

    /// Writes a line that asks for attention.
    pub fn warn(&self, line: impl Into<String>) {
        self.write("WARN", line.into());
    }

    /// Writes the line of a failure.
    pub fn error(&self, line: impl Into<String>) {
        self.write("ERROR", line.into());
    }

    /// Tells the observer something that is not logged.
    pub fn event(&self, event: Event<'_>) {
        self.observer.event(event);
    }

    fn write(&self, level: &str, line: String) {
        match level {
            "ERROR" => tracing::error!(task = %self.task, "{line}"),
            "WARN" => tracing::warn!(task = %self.task, "{line}"),
            _ => tracing::info!(task = %self.task, "{line}"),
        }
        self.observer.event(Event::Log { task: self.task, line: &line });
        let seq = self.next.fetch_add(1, Ordering::Relaxed);
        // The writer lives as long as any sender: the line cannot be lost before it is stored.
        let _ = self.lines.send(NewLogLine { seq, at: now(), level: level.to_owned(), line });
    }
}
