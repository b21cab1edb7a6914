//! The far end of the prediction log: batches to the database, or to files while it is away.

use std::sync::Arc;
use std::time::Duration;

use tidewheel_registry::{PredictionRecord, Registry};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::queue::Queue;
use super::spill::Spill;
use super::{LogCounts, LogSettings};
use crate::inference::request_id::RequestIds;
use crate::inference::state::now;
use crate::memory::give_back;

/// While a write is under way, so many batches may gather before they are spilled.
const BATCHES_IN_MEMORY: usize = 20;
/// After so many rows, when no more come for a while, the memory that they took is given back.
const BURST_ROWS: usize = 10_000;
/// What a while is.
const BURST_OVER: Duration = Duration::from_secs(1);

/// Writes what comes out of the queue.
pub struct Writer {
    registry: Registry,
    settings: LogSettings,
    queue: Arc<Queue>,
    counts: Arc<LogCounts>,
    spill: Spill,
    ids: RequestIds,
    gathered: Vec<PredictionRecord>,
    flushes: Vec<oneshot::Sender<()>>,
    /// When what is gathered is to be written.
    due: Option<Instant>,
    /// The one task that talks to the database, and how many gathered rows it holds.
    at_work: Option<(JoinHandle<Outcome>, usize)>,
    /// Until then the database counts as away.
    away_until: Option<Instant>,
    /// Rows written since memory was given back, and when the last of them were.
    burst: (usize, Instant),
    /// When the next spill file is to be read back.
    read_back_at: Instant,
}

/// What a task has done.
enum Outcome {
    /// The database has the rows.
    Written { rows: usize, flushes: Vec<oneshot::Sender<()>> },
    /// It has not.
    NotWritten { write_id: String, records: Vec<PredictionRecord>, flushes: Vec<oneshot::Sender<()>> },
    /// The database has the rows of a spill file.
    ReadBack { rows: usize },
    /// It has not, or there is no file.
    NotReadBack,
}

impl Writer {
    pub(super) fn new(registry: Registry, settings: LogSettings, queue: Arc<Queue>, counts: Arc<LogCounts>) -> Self {
        Self {
            spill: Spill::new(settings.spill_dir.clone(), settings.spill_bytes),
            registry,
            settings,
            queue,
            counts,
            ids: RequestIds::default(),
            gathered: Vec::new(),
            flushes: Vec::new(),
            due: None,
            at_work: None,
            away_until: None,
            burst: (0, Instant::now()),
            read_back_at: Instant::now(),
        }
    }

    /// Works until `stop` is cancelled; then everything that was taken is written or spilled.
    pub async fn run(mut self, stop: CancellationToken) {
        self.count_found().await;
        loop {
            let look = self.next_look();
            tokio::select! {
                biased;
                outcome = finished(&mut self.at_work) => self.settle(outcome).await,
                () = stop.cancelled() => break,
                () = self.queue.woken() => {}
                () = sleep_until(look) => {}
            }
            self.take();
            self.advance().await;
        }
        self.drain().await;
    }

    /// When to look at the queue again: several times while a row may wait, and when something is due.
    fn next_look(&self) -> Instant {
        let usual = Instant::now() + self.settings.linger / 4;
        let due = self.due.filter(|_| self.at_work.is_none());
        due.map_or(usual, |due| due.min(usual))
    }

    fn take(&mut self) {
        let taken = self.queue.take();
        if taken.rows.is_empty() && taken.flushes.is_empty() {
            return;
        }
        if self.gathered.is_empty() {
            self.gathered = taken.rows;
        } else {
            self.gathered.extend(taken.rows);
        }
        self.flushes.extend(taken.flushes);
        if !self.flushes.is_empty() {
            self.due = Some(Instant::now());
        } else if self.due.is_none() {
            let linger = Instant::now() + self.settings.linger;
            self.due = Some(self.away_until.map_or(linger, |until| until.max(linger)));
        }
    }

    /// Starts what is due, if the database is free; spills what cannot wait.
    async fn advance(&mut self) {
        let now = Instant::now();
        if self.at_work.is_some() {
            if self.gathered.len() >= BATCHES_IN_MEMORY * self.settings.batch_rows {
                self.spill_gathered().await;
            }
        } else if self.gathered.len() >= self.settings.batch_rows || self.due.is_some_and(|due| due <= now) {
            if self.away_until.is_some_and(|until| until > now) {
                self.spill_gathered().await;
            } else {
                self.start_write();
            }
        } else if self.counts.waiting_rows() > 0 && self.read_back_at <= now {
            self.start_reading_back();
        } else if self.burst.0 >= BURST_ROWS && self.burst.1 + BURST_OVER <= now {
            self.burst.0 = 0;
            tokio::task::spawn_blocking(give_back);
        }
    }

    fn start_write(&mut self) {
        let rest = self.gathered.split_off(self.gathered.len().min(self.settings.batch_rows));
        let records = std::mem::replace(&mut self.gathered, rest);
        // A flush is answered with the last of the rows before it.
        let last = self.gathered.is_empty();
        self.due = (!last).then(Instant::now);
        let flushes = if last { std::mem::take(&mut self.flushes) } else { Vec::new() };
        if records.is_empty() {
            answer(flushes);
            return;
        }
        let rows = records.len();
        let (registry, settings, write_id) = (self.registry.clone(), self.settings.clone(), self.next_id());
        let work = async move {
            if send(&registry, &settings, &write_id, &records).await {
                Outcome::Written { rows, flushes }
            } else {
                Outcome::NotWritten { write_id, records, flushes }
            }
        };
        self.at_work = Some((tokio::spawn(work), rows));
    }

    /// Brings the oldest spill file to the database.
    fn start_reading_back(&mut self) {
        let (registry, settings, spill) = (self.registry.clone(), self.settings.clone(), self.spill.clone());
        self.at_work = Some((tokio::spawn(read_back(registry, settings, spill, Arc::clone(&self.counts))), 0));
    }

    /// Deals with what a task has done. `None` stands for a panic: its rows are lost, and counted.
    async fn settle(&mut self, outcome: Option<Outcome>) {
        let rows_at_work = self.at_work.take().map_or(0, |(_, rows)| rows);
        let retry_at = Instant::now() + self.settings.retry_after;
        match outcome {
            Some(Outcome::Written { rows, flushes }) => {
                self.counts.written(rows);
                self.burst = (self.burst.0 + rows, Instant::now());
                self.away_until = None;
                answer(flushes);
            }
            Some(Outcome::NotWritten { write_id, records, flushes }) => {
                self.away_until = Some(retry_at);
                self.read_back_at = retry_at;
                self.spill(write_id, records).await;
                answer(flushes);
            }
            Some(Outcome::ReadBack { rows }) => {
                self.counts.read_back(rows);
                self.away_until = None;
                self.read_back_at = Instant::now();
            }
            Some(Outcome::NotReadBack) => self.read_back_at = retry_at,
            None => self.counts.lost(rows_at_work),
        }
    }

    async fn spill_gathered(&mut self) {
        let records = std::mem::take(&mut self.gathered);
        self.due = None;
        if !records.is_empty() {
            let write_id = self.next_id();
            self.spill(write_id, records).await;
        }
        answer(std::mem::take(&mut self.flushes));
    }

    async fn spill(&mut self, write_id: String, records: Vec<PredictionRecord>) {
        let rows = records.len();
        let spill = self.spill.clone();
        match off_thread(move || spill.write(&write_id, &records)).await {
            Some(Ok(())) => self.counts.spilled(rows),
            Some(Err(error)) => {
                tracing::error!(%error, rows, "predictions could not be kept");
                self.counts.lost(rows);
            }
            None => self.counts.lost(rows),
        }
    }

    /// Counts rows that an earlier process left behind.
    async fn count_found(&mut self) {
        let spill = self.spill.clone();
        let count = move || -> usize {
            spill.files().iter().map(|(path, _)| Spill::read(path).map_or(1, |records| records.len().max(1))).sum()
        };
        if let Some(rows) = off_thread(count).await.filter(|rows| *rows > 0) {
            tracing::info!(rows, "predictions of an earlier run stand in spill files");
            self.counts.found(rows);
        }
    }

    /// Writes what is left, and spills what cannot be written.
    async fn drain(&mut self) {
        self.queue.close();
        self.take();
        loop {
            if self.at_work.is_some() {
                let outcome = finished(&mut self.at_work).await;
                self.settle(outcome).await;
            } else if self.gathered.is_empty() {
                break;
            } else if self.away_until.is_some() {
                self.spill_gathered().await;
            } else {
                self.start_write();
            }
        }
        answer(std::mem::take(&mut self.flushes));
    }

    fn next_id(&self) -> String {
        self.ids.next().as_str().to_owned()
    }
}

/// Sends one write; gives whether it arrived.
async fn send(registry: &Registry, settings: &LogSettings, write_id: &str, records: &[PredictionRecord]) -> bool {
    let sent = registry.log_predictions(&settings.project, write_id, records, now());
    let reason = match timeout(settings.write_timeout, sent).await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    tracing::warn!(rows = records.len(), reason, "predictions cannot be written to the database; files keep them");
    false
}

async fn read_back(registry: Registry, settings: LogSettings, spill: Spill, counts: Arc<LogCounts>) -> Outcome {
    let next = off_thread(move || {
        let (path, write_id) = spill.files().into_iter().next()?;
        Some((Spill::read(&path), path, write_id))
    });
    let (records, path, write_id) = match next.await {
        Some(Some((Ok(records), path, write_id))) => (records, path, write_id),
        Some(Some((Err(error), path, _))) => {
            tracing::error!(%error, "a spill file cannot be read and is set aside");
            counts.dropped(1);
            counts.no_longer_waiting(1);
            let _ = off_thread(move || Spill::set_aside(&path)).await;
            return Outcome::ReadBack { rows: 0 };
        }
        Some(None) | None => {
            // Another server of the project has read them back.
            counts.no_longer_waiting(usize::MAX);
            return Outcome::NotReadBack;
        }
    };
    if !send(&registry, &settings, &write_id, &records).await {
        return Outcome::NotReadBack;
    }
    match off_thread(move || Spill::remove(&path)).await {
        Some(Ok(())) => Outcome::ReadBack { rows: records.len() },
        // It is sent again later, and kept once.
        Some(Err(error)) => {
            tracing::warn!(%error, "a spill file cannot be removed");
            Outcome::NotReadBack
        }
        None => Outcome::NotReadBack,
    }
}

/// What the task at work has done; waits for ever where there is none.
async fn finished(at_work: &mut Option<(JoinHandle<Outcome>, usize)>) -> Option<Outcome> {
    match at_work {
        None => std::future::pending().await,
        Some((task, _)) => match task.await {
            Ok(outcome) => Some(outcome),
            Err(error) => {
                tracing::error!(%error, "a write of the prediction log ended in a panic");
                None
            }
        },
    }
}

fn answer(flushes: Vec<oneshot::Sender<()>>) {
    for done in flushes {
        // Whoever asked may have gone.
        let _ = done.send(());
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
