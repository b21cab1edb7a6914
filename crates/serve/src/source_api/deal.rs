//! Which rows are in which batch, and the batch as JSON.

use std::ops::Range;

use tidewheel_data::read::RawRows;

use super::{RowForm, SourceApiError};

/// Rows, cut into batches.
pub(super) struct Deal {
    rows: RawRows,
    /// The rows in the order in which they are dealt; `None`: all, as they stand.
    order: Option<Vec<u32>>,
    batches: usize,
}

impl Deal {
    pub(super) fn new(rows: RawRows, batches: usize, shuffle: Option<u64>) -> Result<Self, SourceApiError> {
        let order = shuffle.map(|seed| {
            let mut order = rows.distinct().into_iter().map(|row| row as u32).collect::<Vec<_>>();
            shuffle_in_place(&mut order, seed);
            order
        });
        let deal = Deal { rows, order, batches };
        if batches == 0 || batches > deal.rows() {
            return Err(SourceApiError::Batches { batches, rows: deal.rows() });
        }
        Ok(deal)
    }

    pub(super) fn batches(&self) -> u64 {
        self.batches as u64
    }

    pub(super) fn rows(&self) -> usize {
        self.order.as_ref().map_or(self.rows.len(), Vec::len)
    }

    pub(super) fn is_shuffled(&self) -> bool {
        self.order.is_some()
    }

    /// Places of the rows of a batch, numbered from 1: as `numpy.array_split` cuts, the first batches take the rest.
    pub(super) fn range(&self, batch_number: u64) -> Range<usize> {
        let index = batch_number as usize - 1;
        let (size, rest) = (self.rows() / self.batches, self.rows() % self.batches);
        let start = index * size + index.min(rest);
        start..start + size + usize::from(index < rest)
    }

    /// The answer with a batch. Computes for some milliseconds: not for an async worker.
    pub(super) fn answer(&self, group_number: u64, day: &str, batch_number: u64, form: RowForm) -> Vec<u8> {
        let day = serde_json::Value::from(day);
        let mut out =
            format!("{{\"group_number\":{group_number},\"day\":{day},\"batch_number\":{batch_number},\"data\":[")
                .into_bytes();
        for (count, place) in self.range(batch_number).enumerate() {
            if count > 0 {
                out.push(b',');
            }
            let row = self.order.as_ref().map_or(place, |order| order[place] as usize);
            match form {
                RowForm::Objects => self.rows.write_object(row, &mut out),
                RowForm::Arrays => self.rows.write_texts(row, &mut out),
            }
        }
        out.extend_from_slice(b"]}");
        out
    }
}

/// Fisher-Yates with SplitMix64 (Steele, Lea, Flood 2014). Written out, because the order must stay the same in every
/// version: a demo that was begun with one must be finished by the next.
fn shuffle_in_place(order: &mut [u32], seed: u64) {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    for last in (1..order.len()).rev() {
        // The upper half of a 128-bit product: uniform to within 2^-32 for fewer than 2^32 rows.
        let other = ((u128::from(next()) * (last as u128 + 1)) >> 64) as usize;
        order.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_is_a_permutation_that_never_changes() {
        let mut order = (0..10).collect::<Vec<u32>>();
        shuffle_in_place(&mut order, 1);
        // Computed with Python from the description of SplitMix64.
        assert_eq!(order, [9, 0, 1, 4, 8, 2, 3, 7, 6, 5]);
        order.sort_unstable();
        assert_eq!(order, (0..10).collect::<Vec<u32>>());
    }
}
