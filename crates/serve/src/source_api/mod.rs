//! The data API, emulated: it deals a file out in batches, one a request, in a fixed order.
//!
//! | call | answer |
//! | --- | --- |
//! | `GET /data?group_number=5&day=Tuesday` | `{"group_number":5,"day":"Tuesday","batch_number":1,"data":[{..},..]}`; the next request gets the next batch. After the last: 400 with a `detail` |
//! | `GET /data?..&rows=arrays` | the same, each row an array of texts in the order of the columns |
//! | `GET /restart_data_generation?group_number=5&day=Tuesday` | starts again from the first batch |
//! | `GET /`, `GET /health` | what is dealt |
//!
//! Each pair of group and day has its own place in the data. A parameter that is missing or wrong: 422 with a `detail`
//! that names it.

mod deal;
mod routes;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use thiserror::Error;
use tidewheel_data::read::{RawBatch, RawRows, ReadError};
use tokio::net::TcpListener;

use deal::Deal;

/// Why a file cannot be dealt.
#[derive(Debug, Error)]
pub enum SourceApiError {
    /// There are not that many rows.
    #[error("{rows} rows cannot be dealt in {batches} batches; use between 1 and {rows}")]
    Batches {
        /// The batches asked for.
        batches: usize,
        /// The rows there are: distinct ones where they are shuffled.
        rows: usize,
    },
    /// A column cannot be written as JSON.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// How rows are written where a request does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowForm {
    /// `{"a": 1.0, "b": null}`
    #[default]
    Objects,
    /// `["1.0", ""]`
    Arrays,
}

/// An emulated data API. Clones share their state.
#[derive(Clone)]
pub struct SourceApi {
    deal: Arc<Deal>,
    form: RowForm,
    /// Batches dealt so far to each group and day.
    dealt: Arc<Mutex<HashMap<(u64, String), u64>>>,
    /// Batches that count as dealt when a group is first seen.
    start: u64,
}

impl SourceApi {
    /// Deals the rows in equal parts (sizes differ by one at most), in their order; with a seed only the distinct
    /// rows, in a random order that the seed decides for ever.
    pub fn new(rows: &RawBatch, batches: usize, shuffle: Option<u64>) -> Result<Self, SourceApiError> {
        let deal = Deal::new(RawRows::new(rows)?, batches, shuffle)?;
        Ok(SourceApi { deal: Arc::new(deal), form: RowForm::Objects, dealt: Arc::default(), start: 0 })
    }

    /// How rows are written where a request does not say.
    pub fn with_row_form(mut self, form: RowForm) -> Self {
        self.form = form;
        self
    }

    /// Goes on after this batch, for every group that has not asked yet: the batch number that a client finished
    /// last, `None` for the beginning.
    pub fn start_at(mut self, last_batch_number: Option<u64>) -> Self {
        self.start = last_batch_number.unwrap_or(0);
        self
    }

    /// How many batches there are; they are numbered from 1.
    pub fn batches(&self) -> u64 {
        self.deal.batches()
    }

    /// How many rows are dealt in all.
    pub fn rows(&self) -> usize {
        self.deal.rows()
    }

    /// The routes.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// Answers on a listener until `shutdown` is done; requests under way are finished first.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        axum::serve(listener, self.router()).with_graceful_shutdown(shutdown).await
    }

    /// The number of the next batch of a group, which then counts as dealt; `None` when all are.
    fn next(&self, group: (u64, String)) -> Option<u64> {
        let mut dealt = self.dealt.lock().unwrap_or_else(PoisonError::into_inner);
        let dealt = dealt.entry(group).or_insert(self.start);
        if *dealt >= self.batches() {
            return None;
        }
        *dealt += 1;
        Some(*dealt)
    }

    fn restart(&self, group: (u64, String)) {
        self.dealt.lock().unwrap_or_else(PoisonError::into_inner).insert(group, 0);
    }
}
