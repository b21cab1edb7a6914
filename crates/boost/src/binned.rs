//! Trees that read bins instead of numbers: for rows of the data set that a tree was trained on.

#![expect(clippy::inline_always, reason = "the innermost loop is these two functions")]

use crate::{
    dataset::Dataset,
    margins::SharedMargins,
    model::{MAX_FEATURES, Node, Tree},
};

/// A node in 8 bytes: from the low end 8 bits limit, 1 bit shift, 23 bits feature, 32 bits left child.
///
/// A row goes left if `bin.wrapping_sub(shift) <= limit`, else to the next node after the left child. With shift 1 a
/// missing value, bin 0, becomes 255 and goes right. A leaf is its own left child with limit 255.
#[derive(Debug, Clone, Copy)]
struct Step(u64);

const SHIFT: u64 = 1 << 8;
const FEATURE_BITS: u32 = 23;
const _: () = assert!(MAX_FEATURES < 1 << FEATURE_BITS);

impl Step {
    fn leaf(id: usize) -> Self {
        Self((id as u64) << 32 | 255)
    }

    fn split(feature: u32, bin: u8, default_left: bool, left: u32) -> Self {
        // Shift 1 comes with bin 1 at least: bin 0 is the missing one.
        let (shift, limit) = if default_left { (0, bin) } else { (SHIFT, bin.saturating_sub(1)) };
        Self(u64::from(left) << 32 | u64::from(feature) << 9 | shift | u64::from(limit))
    }

    #[inline(always)]
    fn feature(self) -> usize {
        (self.0 as u32 >> 9) as usize
    }

    #[inline(always)]
    fn next(self, bin: u8) -> usize {
        let shift = u8::from(self.0 & SHIFT != 0);
        let right = bin.wrapping_sub(shift) > self.0 as u8;
        (self.0 >> 32) as usize + usize::from(right)
    }
}

/// A tree over the bins of one data set, in the order of its [`Tree`].
#[derive(Debug)]
pub(crate) struct BinnedTree<'a> {
    data: &'a Dataset,
    /// Invariant: children are below `steps.len()`, features below the data set's.
    steps: Vec<Step>,
    values: Vec<f32>,
    depth: usize,
}

/// Rows walked at a time, so that their memory accesses overlap.
const LANES: usize = 8;

impl<'a> BinnedTree<'a> {
    /// An empty tree, to be filled by [`BinnedTree::rebuild`].
    pub(crate) fn new(data: &'a Dataset) -> Self {
        Self { data, steps: Vec::new(), values: Vec::new(), depth: 0 }
    }

    /// Takes over a tree. The error is a feature that is not the data set's, or whose threshold is none of its cuts.
    pub(crate) fn rebuild(&mut self, tree: &Tree) -> Result<(), usize> {
        self.steps.clear();
        self.values.clear();
        self.depth = tree.depth();
        for (id, node) in tree.nodes().iter().enumerate() {
            match *node {
                Node::Leaf { value, .. } => {
                    self.steps.push(Step::leaf(id));
                    self.values.push(value);
                }
                Node::Split { feature, threshold, default_left, left, .. } => {
                    let known = (feature as usize) < self.data.num_features();
                    let bin = known.then(|| bin_below(self.data.cuts(feature as usize), threshold)).flatten();
                    let bin = bin.ok_or(feature as usize)?;
                    self.steps.push(Step::split(feature, bin, default_left, left));
                    self.values.push(0.0);
                }
            }
        }
        Ok(())
    }

    /// Calls `each` with the place in `rows`, and the tree's output, of every row.
    #[inline]
    #[expect(unsafe_code, reason = "an innermost loop of training; see the proofs")]
    fn outputs(&self, rows: &[u32], mut each: impl FnMut(usize, f32)) {
        let (bins, num_features) = (self.data.row_bins(), self.data.num_features());
        let mut first = 0;
        for rows in rows.chunks(LANES) {
            let mut at = [0usize; LANES];
            let mut starts = [0usize; LANES];
            for (start, &row) in starts.iter_mut().zip(rows) {
                assert!((row as usize) < self.data.num_rows(), "row {row} is past the data set");
                *start = row as usize * num_features;
            }
            for _ in 0..self.depth {
                for lane in 0..LANES {
                    // SAFETY: `at` starts at the root, and children are below the number of steps: a `Tree`'s are
                    // below its number of nodes with `right == left + 1`, a leaf's child is itself and its `right` is
                    // never taken (no bin is above 255).
                    let step = unsafe { *self.steps.get_unchecked(at[lane]) };
                    // SAFETY: the row is in the data set (asserted above; unused lanes read row 0), the feature is one
                    // of its features (checked by `rebuild`; 0 for leaves), and `bins` has all features of all rows.
                    let bin = unsafe { *bins.get_unchecked(starts[lane] + step.feature()) };
                    at[lane] = step.next(bin);
                }
            }
            for (lane, &at) in at.iter().enumerate().take(rows.len()) {
                each(first + lane, self.values[at]);
            }
            first += LANES;
        }
    }

    /// Adds the tree's output to `out`, which has one place per row of `rows`.
    pub(crate) fn add_to(&self, rows: &[u32], out: &mut [f32]) {
        self.outputs(rows, |i, output| out[i] += output);
    }

    /// Adds the tree's output to the margins, which have one place per row of the data set.
    ///
    /// # Safety
    /// No other thread may touch the margins of `rows` at the same time.
    #[expect(unsafe_code, reason = "passes on the contract of `SharedMargins::add`")]
    pub(crate) unsafe fn add_scattered(&self, rows: &[u32], margins: SharedMargins<'_>) {
        // SAFETY: this function's contract.
        self.outputs(rows, |i, output| unsafe { margins.add(rows[i] as usize, output) });
    }
}

/// The last bin that goes left for "left if x < threshold", if the threshold is one of the cuts or beyond all values.
fn bin_below(cuts: &[f32], threshold: f32) -> Option<u8> {
    if threshold == f32::MAX {
        return Some(cuts.len() as u8 + 1);
    }
    let cut = cuts.binary_search_by(|cut| cut.total_cmp(&threshold)).ok()?;
    Some(cut as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_keep_their_parts() {
        let step = Step::split(MAX_FEATURES as u32, 7, false, u32::MAX - 1);
        assert_eq!(step.feature(), MAX_FEATURES);
        let left = u32::MAX as usize - 1;
        // Bins up to 7 go left, missing (0) goes right.
        assert_eq!([0, 1, 7, 8, 255].map(|bin| step.next(bin) - left), [1, 0, 0, 1, 1]);
        let step = Step::split(0, 7, true, 5);
        assert_eq!([0, 1, 7, 8, 255].map(|bin| step.next(bin)), [5, 5, 5, 6, 6]);
        assert!([0, 1, 255].iter().all(|&bin| Step::leaf(9).next(bin) == 9));
    }

    #[test]
    fn thresholds_are_cuts_or_beyond() {
        assert_eq!(bin_below(&[1.0, 2.0], 2.0), Some(2));
        assert_eq!(bin_below(&[1.0, 2.0], f32::MAX), Some(3));
        assert_eq!(bin_below(&[1.0, 2.0], 1.5), None);
    }
}
