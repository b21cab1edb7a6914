//! The identity of a batch and of its rows, and batches as Parquet.

mod columns;
mod hash;
mod store;

pub use hash::{BatchHashes, KeyError, content_hash, hash_batch, key_hashes, row_hashes};
pub use store::{CleanBatch, StoreError, read_clean, read_clean_rows, read_raw, write_clean, write_raw};
