//! The bounded queue between predictions and the writer.
//!
//! A push takes a lock for the length of a push, and wakes nobody: waking a task for every prediction would cost more
//! than the prediction. The writer looks by itself, and is woken only when much has gathered or someone waits.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tidewheel_registry::PredictionRecord;
use tokio::sync::{Notify, oneshot};

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    capacity: usize,
    wake_at: usize,
    inner: Mutex<Inner>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    rows: Vec<PredictionRecord>,
    flushes: Vec<oneshot::Sender<()>>,
    closed: bool,
}

/// What was taken out of the queue.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The rows, oldest first.
    pub(super) rows: Vec<PredictionRecord>,
    /// Who waits for them to be kept.
    pub(super) flushes: Vec<oneshot::Sender<()>>,
}

impl Queue {
    /// A queue with so many places; the writer is woken when `wake_at` of them are taken.
    pub(super) fn new(capacity: usize, wake_at: usize) -> Self {
        Self { capacity, wake_at: wake_at.min(capacity), inner: Mutex::default(), wake: Notify::new() }
    }

    /// Adds a row; `false` where the queue is full or closed.
    pub(super) fn push(&self, row: PredictionRecord) -> bool {
        let mut inner = self.lock();
        if inner.closed || inner.rows.len() >= self.capacity {
            return false;
        }
        inner.rows.push(row);
        let length = inner.rows.len();
        drop(inner);
        if length == self.wake_at {
            self.wake.notify_one();
        }
        true
    }

    /// Asks to be told when every row before has been kept; `None` where the queue is closed.
    pub(super) fn flush(&self) -> Option<oneshot::Receiver<()>> {
        let (done, waiting) = oneshot::channel();
        let mut inner = self.lock();
        if inner.closed {
            return None;
        }
        inner.flushes.push(done);
        drop(inner);
        self.wake.notify_one();
        Some(waiting)
    }

    /// Takes everything.
    pub(super) fn take(&self) -> Taken {
        let mut inner = self.lock();
        Taken { rows: std::mem::take(&mut inner.rows), flushes: std::mem::take(&mut inner.flushes) }
    }

    /// Takes nothing more from predictions.
    pub(super) fn close(&self) {
        self.lock().closed = true;
    }

    /// Waits until much has gathered or someone waits.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
