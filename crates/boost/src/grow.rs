//! Growing one tree, depth first.
//!
//! A node's rows are a slice of items. Splitting writes the left rows from the front and the right rows from the back
//! of a second buffer of the same length, and the children swap the buffers' roles: nothing is copied back, and a
//! branch owns its rows, so large branches can run in parallel. Only the smaller child's histogram is built; the other
//! is the difference. Depth first keeps at most one histogram per level alive, so that all of them stay in the cache.

use rayon::prelude::*;

use crate::{
    dataset::Dataset,
    histogram::{self, Accumulator, Column, Item, Sums},
    margins::SharedMargins,
    split::{self, Penalty, Split},
};

/// A node of a grown tree. Nodes are in preorder: a split's left child is the next node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grown {
    pub(crate) split: Option<(Split, u32)>,
    pub(crate) sums: Sums,
    /// Leaf output, times the learning rate.
    pub(crate) weight: f32,
}

/// What all branches of a tree share.
pub(crate) struct Grower<'a, A: Accumulator> {
    pub(crate) accumulator: A,
    pub(crate) data: &'a Dataset,
    /// The features drawn for this tree.
    pub(crate) columns: &'a [Column],
    pub(crate) num_cells: usize,
    pub(crate) penalty: Penalty,
    pub(crate) eta: f64,
    pub(crate) max_depth: usize,
    pub(crate) margins: SharedMargins<'a>,
}

/// Buffers of one thread of growth, kept from tree to tree.
#[derive(Debug)]
pub(crate) struct Workspace<C> {
    free: Vec<Vec<C>>,
}

impl<C> Default for Workspace<C> {
    fn default() -> Self {
        Self { free: Vec::new() }
    }
}

impl<C: Copy + Default> Workspace<C> {
    fn take(&mut self, num_cells: usize) -> Vec<C> {
        let mut cells = self.free.pop().unwrap_or_default();
        cells.clear();
        cells.resize(num_cells, C::default());
        cells
    }

    fn give(&mut self, cells: Vec<C>) {
        self.free.push(cells);
    }
}

/// From this many rows on, the two branches under a node run in parallel, and its rows are split in parallel.
const PARALLEL_ROWS: usize = 1 << 16;
/// Rows a task when a large node is split.
const SPLIT_ROWS: usize = 1 << 14;

impl<A: Accumulator> Grower<'_, A> {
    /// Grows the tree for the rows in `items` (`spare` is a buffer of the same length), adds its output to their
    /// margins, and writes its nodes to `out`, which is cleared first.
    pub(crate) fn grow(
        &self,
        items: &mut [Item<A::Gradient>],
        spare: &mut [Item<A::Gradient>],
        workspace: &mut Workspace<A::Cell>,
        out: &mut Vec<Grown>,
    ) {
        out.clear();
        let mut cells = workspace.take(self.num_cells);
        self.build(&mut cells, items);
        let first = self.columns[0];
        let total = cells[first.start as usize..][..first.width as usize]
            .iter()
            .fold(Sums::default(), |sum, &cell| sum + self.accumulator.sums(cell));
        if self.can_split(total, items.len(), 0) {
            self.node(items, spare, cells, total, 0, workspace, out);
        } else {
            workspace.give(cells);
            self.leaf(items, total, out);
        }
    }

    fn build(&self, cells: &mut [A::Cell], items: &[Item<A::Gradient>]) {
        let bins = self.data.row_bins();
        histogram::build(self.accumulator, cells, items, bins, self.data.num_features(), self.columns);
    }

    fn can_split(&self, sums: Sums, rows: usize, depth: usize) -> bool {
        depth < self.max_depth && rows >= 2 && sums.hessian >= 2 * self.penalty.least_hessian
    }

    fn grown(&self, sums: Sums) -> Grown {
        Grown { split: None, sums, weight: (self.penalty.weight(sums) * self.eta) as f32 }
    }

    fn leaf(&self, items: &[Item<A::Gradient>], sums: Sums, out: &mut Vec<Grown>) {
        let leaf = self.grown(sums);
        for item in items {
            self.add(item.row, leaf.weight);
        }
        out.push(leaf);
    }

    #[inline]
    #[expect(unsafe_code, reason = "rows of branches are disjoint")]
    fn add(&self, row: u32, value: f32) {
        // SAFETY: a tree's items hold every row at most once, and a branch adds only to the rows of its own items.
        unsafe { self.margins.add(row as usize, value) }
    }

    /// Splits a node that may be split, whose histogram is `cells`, and grows what is below.
    #[expect(clippy::too_many_arguments, reason = "a node is its rows, its buffers and its place")]
    fn node(
        &self,
        items: &mut [Item<A::Gradient>],
        spare: &mut [Item<A::Gradient>],
        mut cells: Vec<A::Cell>,
        sums: Sums,
        depth: usize,
        workspace: &mut Workspace<A::Cell>,
        out: &mut Vec<Grown>,
    ) {
        let Some(split) = split::best(self.accumulator, &cells, self.columns, sums, &self.penalty) else {
            workspace.give(cells);
            self.leaf(items, sums, out);
            return;
        };
        let here = out.len();
        out.push(self.grown(sums));
        let side = Side::new(self.data.column_bins(split.feature as usize), &split);

        let depth = depth + 1;
        // Whether a child could be split by its sums; its number of rows is checked below.
        let (left_may, right_may) =
            (self.can_split(split.left, items.len(), depth), self.can_split(split.right, items.len(), depth));
        if !left_may && !right_may {
            workspace.give(cells);
            let (left, right) = (self.grown(split.left), self.grown(split.right));
            for item in items.iter() {
                self.add(item.row, if side.is_left(item.row) { left.weight } else { right.weight });
            }
            out.extend([left, right]);
            out[here].split = Some((split, here as u32 + 2));
            return;
        }

        let middle = partition(items, spare, &side);
        let (left_items, right_items) = spare.split_at_mut(middle);
        let (left_spare, right_spare) = items.split_at_mut(middle);
        let left_grows = left_may && left_items.len() >= 2;
        let right_grows = right_may && right_items.len() >= 2;

        let left_is_smaller = left_items.len() <= right_items.len();
        let (mut left_cells, mut right_cells) = (None, None);
        if left_grows || right_grows {
            let mut smaller = workspace.take(self.num_cells);
            self.build(&mut smaller, if left_is_smaller { left_items } else { right_items });
            if if left_is_smaller { right_grows } else { left_grows } {
                histogram::subtract::<A>(&mut cells, &smaller);
            }
            (left_cells, right_cells) =
                if left_is_smaller { (Some(smaller), Some(cells)) } else { (Some(cells), Some(smaller)) };
        } else {
            workspace.give(cells);
        }
        let left_cells = keep_if(left_grows, left_cells, workspace);
        let right_cells = keep_if(right_grows, right_cells, workspace);

        let branch =
            |items: &mut [_], spare: &mut [_], cells: Option<_>, sums, workspace: &mut _, out: &mut _| match cells {
                Some(cells) => self.node(items, spare, cells, sums, depth, workspace, out),
                None => self.leaf(items, sums, out),
            };
        if left_cells.is_some() && right_cells.is_some() && left_items.len() + right_items.len() >= PARALLEL_ROWS {
            let mut other = Vec::new();
            rayon::join(
                || branch(left_items, left_spare, left_cells, split.left, workspace, out),
                || {
                    let mut workspace = Workspace::default();
                    branch(right_items, right_spare, right_cells, split.right, &mut workspace, &mut other);
                },
            );
            let shift = out.len() as u32;
            out[here].split = Some((split, shift));
            out.extend(other.into_iter().map(|mut node| {
                if let Some((_, right)) = &mut node.split {
                    *right += shift;
                }
                node
            }));
        } else {
            branch(left_items, left_spare, left_cells, split.left, workspace, out);
            out[here].split = Some((split, out.len() as u32));
            branch(right_items, right_spare, right_cells, split.right, workspace, out);
        }
    }
}

fn keep_if<C: Copy + Default>(keep: bool, cells: Option<Vec<C>>, workspace: &mut Workspace<C>) -> Option<Vec<C>> {
    if keep {
        return cells;
    }
    if let Some(cells) = cells {
        workspace.give(cells);
    }
    None
}

/// Which side of a split a row goes to.
struct Side<'a> {
    bins: &'a [u8],
    shift: u8,
    limit: u16,
}

impl<'a> Side<'a> {
    fn new(bins: &'a [u8], split: &Split) -> Self {
        // With shift 1 the missing bin 0 wraps to 255 and goes right.
        let shift = u8::from(!split.default_left);
        Self { bins, shift, limit: u16::from(split.bin) + 1 - u16::from(shift) }
    }

    #[inline]
    fn is_left(&self, row: u32) -> bool {
        u16::from(self.bins[row as usize].wrapping_sub(self.shift)) < self.limit
    }
}

/// Writes the items that go left to the front of `out`, the others to its end; returns how many went left.
fn partition<G: Copy + Send + Sync>(items: &[Item<G>], out: &mut [Item<G>], side: &Side<'_>) -> usize {
    if items.len() < PARALLEL_ROWS {
        return partition_block(items, out, side);
    }
    let lefts: Vec<usize> =
        items.par_chunks(SPLIT_ROWS).map(|block| block.iter().filter(|item| side.is_left(item.row)).count()).collect();
    let middle = lefts.iter().sum();
    let (mut left_out, mut right_out) = out.split_at_mut(middle);
    let mut tasks = Vec::with_capacity(lefts.len());
    for (block, &left) in items.chunks(SPLIT_ROWS).zip(&lefts) {
        let (a, rest_left) = left_out.split_at_mut(left);
        let (b, rest_right) = right_out.split_at_mut(block.len() - left);
        tasks.push((block, a, b));
        (left_out, right_out) = (rest_left, rest_right);
    }
    tasks.into_par_iter().for_each(|(block, left, right)| {
        let (mut left, mut right) = (left.iter_mut(), right.iter_mut());
        for item in block {
            let to = if side.is_left(item.row) { left.next() } else { right.next() };
            if let Some(to) = to {
                *to = *item;
            }
        }
    });
    middle
}

fn partition_block<G: Copy>(items: &[Item<G>], out: &mut [Item<G>], side: &Side<'_>) -> usize {
    let last = items.len() - 1;
    let mut left = 0;
    for (i, item) in items.iter().enumerate() {
        // Without a branch: the next free place is `left` from the front or `i - left` from the back.
        let is_left = side.is_left(item.row);
        out[if is_left { left } else { last - (i - left) }] = *item;
        left += usize::from(is_left);
    }
    left
}
