//! Trees that read bins instead of numbers: for rows of the data set that a tree was trained on.

use crate::{
    cuts::MISSING,
    margins::SharedMargins,
    model::{Node, Tree},
};

/// A node. Going left leads to the next node, going right to `right`; a leaf leads to itself.
#[derive(Debug, Clone, Copy)]
struct Step {
    right: u32,
    feature: u32,
    /// Left if `bin.wrapping_sub(shift) < limit`; with shift 1 a missing value becomes 255 and goes right.
    limit: u16,
    shift: u8,
}

/// A tree over bins, its nodes in preorder.
#[derive(Debug, Clone, Default)]
pub(crate) struct BinnedTree {
    steps: Vec<Step>,
    values: Vec<f32>,
    depth: usize,
}

/// Rows walked at a time, so that their memory accesses overlap.
const LANES: usize = 8;

impl BinnedTree {
    /// An empty tree for a writer that pushes nodes in preorder.
    pub(crate) fn reset(&mut self, depth: usize) {
        self.steps.clear();
        self.values.clear();
        self.depth = depth;
    }

    /// Adds a leaf.
    pub(crate) fn push_leaf(&mut self, value: f32) {
        self.steps.push(Step { right: self.steps.len() as u32, feature: 0, limit: 0, shift: 0 });
        self.values.push(value);
    }

    /// Adds a split whose left child comes next and whose right child will stand at `right`.
    pub(crate) fn push_split(&mut self, feature: u32, bin: u8, default_left: bool, right: u32) {
        let shift = u8::from(!default_left);
        self.steps.push(Step { right, feature, limit: u16::from(bin) + 1 - u16::from(shift), shift });
        self.values.push(0.0);
    }

    /// Rebuilds the tree from a [`Tree`]; `bin_of` gives the last bin that goes left for a feature's
    /// threshold. A feature for which it gives none is the error.
    pub(crate) fn rebuild(&mut self, tree: &Tree, mut bin_of: impl FnMut(u32, f32) -> Option<u8>) -> Result<(), usize> {
        self.reset(tree.depth());
        let mut pending = vec![(0u32, None::<usize>)];
        while let Some((id, parent)) = pending.pop() {
            let here = self.steps.len();
            if let Some(parent) = parent {
                self.steps[parent].right = here as u32;
            }
            let node = &tree.nodes()[id as usize];
            match *node {
                Node::Leaf { value, .. } => {
                    self.push_leaf(value);
                }
                Node::Split { feature, threshold, default_left, left, right, .. } => {
                    let bin = bin_of(feature, threshold).ok_or(feature as usize)?;
                    self.push_split(feature, bin, default_left, 0);
                    pending.push((right, Some(here)));
                    pending.push((left, None));
                }
            }
        }
        Ok(())
    }

    /// Calls `each` with the place in `rows`, and the tree's output, of every row.
    #[inline]
    fn outputs(&self, bins: &[u8], num_features: usize, rows: &[u32], mut each: impl FnMut(usize, f32)) {
        for (block, rows) in rows.chunks(LANES).enumerate() {
            let mut at = [0usize; LANES];
            let mut starts = [0usize; LANES];
            for (start, &row) in starts.iter_mut().zip(rows) {
                *start = row as usize * num_features;
            }
            for _ in 0..self.depth {
                for (at, &start) in at.iter_mut().zip(&starts) {
                    let step = &self.steps[*at];
                    let bin = bins[start + step.feature as usize];
                    let left = u16::from(bin.wrapping_sub(step.shift)) < step.limit;
                    *at = if left { *at + 1 } else { step.right as usize };
                }
            }
            for (i, &at) in at.iter().enumerate().take(rows.len()) {
                each(block * LANES + i, self.values[at]);
            }
        }
    }

    /// Adds the tree's output to `out`, which has one place per row of `rows`.
    pub(crate) fn add_to(&self, bins: &[u8], num_features: usize, rows: &[u32], out: &mut [f32]) {
        self.outputs(bins, num_features, rows, |i, output| out[i] += output);
    }

    /// Adds the tree's output to the margins, which have one place per row of the data set.
    ///
    /// # Safety
    /// No other thread may touch the margins of `rows` at the same time.
    #[expect(unsafe_code, reason = "passes on the contract of `SharedMargins::add`")]
    pub(crate) unsafe fn add_scattered(
        &self,
        bins: &[u8],
        num_features: usize,
        rows: &[u32],
        margins: SharedMargins<'_>,
    ) {
        // SAFETY: this function's contract.
        self.outputs(bins, num_features, rows, |i, output| unsafe { margins.add(rows[i] as usize, output) });
    }
}

/// The last bin that goes left for "left if x < threshold", if the threshold is one of the cuts or beyond all values.
pub(crate) fn bin_below(cuts: &[f32], threshold: f32) -> Option<u8> {
    if threshold == f32::MAX {
        return Some(cuts.len() as u8 + 1);
    }
    let cut = cuts.binary_search_by(|cut| cut.total_cmp(&threshold)).ok()?;
    Some(MISSING + 1 + cut as u8)
}
