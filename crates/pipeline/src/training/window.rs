//! The rows that a model learns from: clean batches put together, each distinct row once.

use std::collections::HashSet;

use thiserror::Error;
use tidewheel_data::batch::CleanBatch;
use tidewheel_domain::{Table, TableError};

/// Clean rows of several batches.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The rows.
    pub table: Table,
    /// Key hash of each row.
    pub keys: Vec<u64>,
    /// The batch that brought each row.
    pub batches: Vec<i64>,
}

/// Why rows cannot be put together.
#[derive(Debug, Error)]
pub enum WindowError {
    /// A batch holds no clean row, and neither does any other.
    #[error("no clean row in batches {0}")]
    Empty(String),
    /// The batches do not have the same columns.
    #[error("the clean batches do not fit together: {0}")]
    Table(#[from] TableError),
}

impl Rows {
    /// Puts batches together in their order; a row that an earlier one of them has is left out.
    pub fn of_batches(batches: &[(i64, CleanBatch)]) -> Result<Rows, WindowError> {
        let mut known = HashSet::new();
        let mut parts = Vec::new();
        let mut rows = Rows::default();
        for (id, batch) in batches {
            let fresh = (0..batch.table.rows()).filter(|&row| known.insert(batch.row_hashes[row])).collect::<Vec<_>>();
            rows.keys.extend(fresh.iter().map(|&row| batch.key_hashes[row]));
            rows.batches.extend(std::iter::repeat_n(*id, fresh.len()));
            parts.push(batch.table.take(&fresh));
        }
        rows.table = Table::concat(&parts.iter().collect::<Vec<_>>())?;
        if rows.table.rows() == 0 {
            let ids = batches.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(", ");
            return Err(WindowError::Empty(ids));
        }
        Ok(rows)
    }

    /// Rows of one batch, repeats from earlier batches included.
    pub fn of_batch(id: i64, batch: &CleanBatch, places: &[usize]) -> Rows {
        Rows {
            table: batch.table.take(places),
            keys: places.iter().map(|&row| batch.key_hashes[row]).collect(),
            batches: vec![id; places.len()],
        }
    }

    /// The rows of a batch whose key was in no earlier one.
    pub fn never_seen(id: i64, batch: &CleanBatch) -> Rows {
        let places = (0..batch.seen.len()).filter(|&row| !batch.seen[row]).collect::<Vec<_>>();
        Rows::of_batch(id, batch, &places)
    }

    /// The rows at the given places.
    pub fn take(&self, places: &[usize]) -> Rows {
        Rows {
            table: self.table.take(places),
            keys: places.iter().map(|&row| self.keys[row]).collect(),
            batches: places.iter().map(|&row| self.batches[row]).collect(),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::Column;

    use super::*;

    fn batch(values: &[f64]) -> CleanBatch {
        let table = Table::new(vec![("x".into(), Column::Number(values.to_vec()))]).expect("valid");
        CleanBatch {
            table,
            row_hashes: values.iter().map(|&value| value as u128).collect(),
            key_hashes: values.iter().map(|&value| value as u64).collect(),
            seen: vec![false; values.len()],
            copies: vec![1; values.len()],
        }
    }

    #[test]
    fn a_row_counts_once_and_belongs_to_the_batch_that_brought_it_first() {
        let rows = Rows::of_batches(&[(1, batch(&[1.0, 2.0])), (2, batch(&[2.0, 3.0]))]).expect("fits");
        assert_eq!(rows.table.number("x"), Some(&[1.0, 2.0, 3.0][..]));
        assert_eq!(rows.batches, [1, 1, 2]);
        assert_eq!(rows.keys, [1, 2, 3]);
    }

    #[test]
    fn batches_without_a_clean_row_are_named() {
        let error = Rows::of_batches(&[(4, batch(&[])), (5, batch(&[]))]).expect_err("empty");
        assert_eq!(error.to_string(), "no clean row in batches 4, 5");
    }
}
