//! What the prediction log has done so far.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Value, json};

use crate::observe::exposition::Exposition;

/// Counters of a prediction log.
#[derive(Debug, Default)]
pub struct LogCounts {
    accepted: AtomicU64,
    settled: AtomicU64,
    written: AtomicU64,
    spilled: AtomicU64,
    read_back: AtomicU64,
    waiting: AtomicU64,
    dropped: AtomicU64,
}

impl LogCounts {
    /// A row was taken into the queue.
    pub fn enqueued(&self) {
        self.accepted.fetch_add(1, Relaxed);
    }

    /// Rows came to the database.
    pub fn written(&self, rows: usize) {
        self.written.fetch_add(rows as u64, Relaxed);
        self.settled.fetch_add(rows as u64, Relaxed);
    }

    /// Rows were written to a spill file.
    pub fn spilled(&self, rows: usize) {
        self.spilled.fetch_add(rows as u64, Relaxed);
        self.settled.fetch_add(rows as u64, Relaxed);
        self.waiting.fetch_add(rows as u64, Relaxed);
    }

    /// Rows of an earlier process were found in spill files.
    pub fn found(&self, rows: usize) {
        self.waiting.fetch_add(rows as u64, Relaxed);
    }

    /// Rows of a spill file came to the database.
    pub fn read_back(&self, rows: usize) {
        self.read_back.fetch_add(rows as u64, Relaxed);
        self.no_longer_waiting(rows);
    }

    /// Rows of a spill file are gone or cannot be read.
    pub fn no_longer_waiting(&self, rows: usize) {
        let _ = self.waiting.fetch_update(Relaxed, Relaxed, |waiting| Some(waiting.saturating_sub(rows as u64)));
    }

    /// Rows could not be kept.
    pub fn dropped(&self, rows: usize) {
        self.dropped.fetch_add(rows as u64, Relaxed);
    }

    /// Rows that had been taken into the queue could not be kept.
    pub fn lost(&self, rows: usize) {
        self.dropped(rows);
        self.settled.fetch_add(rows as u64, Relaxed);
    }

    /// Rows taken that are neither written nor spilled nor dropped yet.
    pub fn queue_length(&self) -> u64 {
        // Settled first: a row is settled after it was accepted, so that the difference is never negative by much.
        let settled = self.settled.load(Relaxed);
        self.accepted.load(Relaxed).saturating_sub(settled)
    }

    /// Rows that came to the database directly.
    pub fn written_total(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Rows that were written to spill files.
    pub fn spilled_total(&self) -> u64 {
        self.spilled.load(Relaxed)
    }

    /// Rows of spill files that came to the database later.
    pub fn read_back_total(&self) -> u64 {
        self.read_back.load(Relaxed)
    }

    /// Rows that stand in spill files.
    pub fn waiting_rows(&self) -> u64 {
        self.waiting.load(Relaxed)
    }

    /// Rows that could not be kept.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// As part of `GET /health`.
    pub fn to_json(&self) -> Value {
        json!({
            "queued": self.queue_length(),
            "written": self.written_total() + self.read_back_total(),
            "spilled": self.spilled_total(),
            "waiting": self.waiting_rows(),
            "dropped": self.dropped_total(),
        })
    }

    /// As part of `GET /metrics`.
    pub fn render(&self, text: &mut Exposition) {
        let families = [
            (
                "prediction_log_queue_length",
                "gauge",
                "Predictions taken that are not written yet.",
                self.queue_length(),
            ),
            ("prediction_log_written_total", "counter", "Predictions written directly.", self.written_total()),
            ("prediction_log_spilled_total", "counter", "Predictions written to spill files.", self.spilled_total()),
            (
                "prediction_log_read_back_total",
                "counter",
                "Predictions written from spill files.",
                self.read_back_total(),
            ),
            ("prediction_log_spill_rows", "gauge", "Predictions that stand in spill files.", self.waiting_rows()),
            ("prediction_log_dropped_total", "counter", "Predictions that could not be kept.", self.dropped_total()),
        ];
        for (name, kind, help, value) in families {
            text.family(name, kind, help);
            text.sample(name, &[], value);
        }
    }
}
