//! Where batches come from.
//!
//! A [`Source`] is asked for the batch after a [`SourcePosition`]; the caller keeps the position of the last batch
//! that it finished. Two kinds: a data API over HTTP ([`HttpApi`]) and files ([`FileSource`]).

mod error;
mod files;
mod http;
mod natural;
mod position;
mod request;

use std::collections::HashSet;
use std::path::Path;

use async_trait::async_trait;
use tidewheel_domain::Sha256;
use tidewheel_domain::project::{ColumnSpec, SourceSpec};

pub use error::SourceError;
pub use files::FileSource;
pub use http::HttpApi;
pub use position::{FileMark, SourcePosition};

use crate::batch::{BatchHashes, hash_batch};
use crate::read::{RawBatch, ReadError, TypedBatch, typed};

/// An error of the caller's own, passed through.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Deals batches, one a call.
#[async_trait]
pub trait Source: Send {
    /// The next batch, or `None` when the source has no more data for now.
    async fn next(&mut self, ask: Ask<'_>) -> Result<Option<Fetched>, SourceError>;

    /// Where it reads from, for people: an address or a path.
    fn describe(&self) -> String;
}

/// What a source must know to find the next batch.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Where the source stood after the last batch that was finished.
    pub position: &'a SourcePosition,
    /// Whether an earlier ask from this position may have been cut off before its batch was stored. A data API may
    /// then have moved on by itself, and its end is checked by reading again.
    pub interrupted: bool,
    /// Which batches are stored already.
    pub known: &'a dyn KnownBatches,
    /// Is told what happens.
    pub progress: &'a (dyn Fn(Progress<'_>) + Send + Sync),
}

/// Says which batches are stored already.
#[async_trait]
pub trait KnownBatches: Send + Sync {
    /// Whether a batch with this content hash is stored.
    async fn is_known(&self, sha256: &Sha256) -> Result<bool, BoxError>;
}

/// Known batches in memory.
#[async_trait]
impl KnownBatches for HashSet<Sha256> {
    async fn is_known(&self, sha256: &Sha256) -> Result<bool, BoxError> {
        Ok(self.contains(sha256))
    }
}

/// What a source is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress<'a> {
    /// Bytes of the batch so far, and how many there will be if that is known.
    Bytes {
        /// So far.
        received: u64,
        /// In all.
        total: Option<u64>,
    },
    /// The bytes are here and are being read into columns.
    Reading,
    /// A request failed and will be repeated.
    Retry {
        /// Which attempt failed, from 1.
        attempt: u32,
        /// Milliseconds until the next.
        wait_ms: u64,
        /// Why it failed.
        reason: &'a str,
    },
    /// A batch may have been lost: the data API is restarted and read again.
    Restart {
        /// The number that did not come, where it is known.
        missing: Option<u64>,
    },
    /// A batch that is stored already was passed over after a restart.
    PassedOver {
        /// Its number.
        batch_number: u64,
    },
}

/// Tells nobody.
pub fn no_progress(_: Progress<'_>) {}

/// A batch, read, typed and identified.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// As received.
    pub raw: RawBatch,
    /// In the types of the project.
    pub typed: TypedBatch,
    /// Content hash and row hashes.
    pub hashes: BatchHashes,
    /// Whether a batch with this content hash is stored already.
    pub known: bool,
    /// Where the source stands once this batch is finished.
    pub position: SourcePosition,
}

/// A batch before it is known where it belongs.
#[derive(Debug)]
struct Parsed {
    raw: RawBatch,
    typed: TypedBatch,
    hashes: BatchHashes,
}

impl Parsed {
    /// Types and identifies a batch. Computes for some milliseconds: not for an async worker.
    fn of(raw: RawBatch, columns: &[ColumnSpec]) -> Result<Self, ReadError> {
        let typed = typed(&raw, columns)?;
        let hashes = hash_batch(&typed);
        Ok(Parsed { raw, typed, hashes })
    }

    fn into_fetched(self, known: bool, position: SourcePosition) -> Fetched {
        Fetched { raw: self.raw, typed: self.typed, hashes: self.hashes, known, position }
    }
}

/// The source that a project names. Relative paths start at `folder`, the project's. Of an emulated data API the
/// address must have been filled in.
pub fn open_source(source: &SourceSpec, columns: &[ColumnSpec], folder: &Path) -> Result<Box<dyn Source>, SourceError> {
    Ok(match source {
        SourceSpec::Http(http) | SourceSpec::Emulator { http, .. } => Box::new(HttpApi::new(http, columns)?),
        SourceSpec::Files { path } => Box::new(FileSource::new(path, folder, columns)),
    })
}
