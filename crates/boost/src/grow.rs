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
    /// Histogram of small nodes, empty between them, and which of its cells are in use.
    few: Vec<C>,
    occupied: Vec<[u64; 4]>,
}

impl<C> Default for Workspace<C> {
    fn default() -> Self {
        Self { free: Vec::new(), few: Vec::new(), occupied: Vec::new() }
    }
}

impl<C: Copy + Default> Workspace<C> {
    fn take(&mut self, num_cells: usize) -> Vec<C> {
        let mut cells = self.free.pop().unwrap_or_default();
        cells.clear();
        cells.resize(num_cells, C::default());
        cells
    }

    fn give_back(&mut self, cells: Option<Vec<C>>) {
        self.free.extend(cells);
    }
}

/// Up to this many rows, a node's histogram is built from its rows, in a few cells, and not by subtraction.
const FEW_ROWS: usize = 32;
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
        let total =
            items.iter().fold(A::Cell::default(), |sum, item| A::plus(sum, self.accumulator.term(item.gradient)));
        let total = self.accumulator.sums(total);
        let cells = self.needs_cells(total, items.len(), 0).then(|| {
            let mut cells = workspace.take(self.num_cells);
            self.build(&mut cells, items);
            cells
        });
        self.node(Branch { items, spare, sums: total, depth: 0, cells }, workspace, out);
    }

    fn build(&self, cells: &mut [A::Cell], items: &[Item<A::Gradient>]) {
        histogram::build(self.accumulator, cells, items, self.data, self.columns);
    }

    fn can_split(&self, sums: Sums, rows: usize, depth: usize) -> bool {
        depth < self.max_depth && rows >= 2 && self.penalty.allows_children(sums.hessian)
    }

    /// Whether a node has to come with its histogram.
    fn needs_cells(&self, sums: Sums, rows: usize, depth: usize) -> bool {
        rows > FEW_ROWS && self.can_split(sums, rows, depth)
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

    /// The best split of a node, if it may be split and gains by it. Gives its histogram back when there is none.
    fn best_split(&self, branch: &mut Branch<'_, A>, workspace: &mut Workspace<A::Cell>) -> Option<Split> {
        if !self.can_split(branch.sums, branch.items.len(), branch.depth) {
            return None;
        }
        let (accumulator, columns) = (self.accumulator, self.columns);
        if let Some(cells) = &branch.cells {
            let split = split::best(accumulator, cells, columns, branch.sums, &self.penalty);
            if split.is_none() {
                workspace.give_back(branch.cells.take());
            }
            return split;
        }
        let Workspace { few, occupied, .. } = workspace;
        few.resize(few.len().max(self.num_cells), A::Cell::default());
        occupied.resize(columns.len(), [0; 4]);
        histogram::build_few(accumulator, few, occupied, branch.items, self.data, columns);
        split::best_of_few(accumulator, few, occupied, columns, branch.sums, &self.penalty)
    }

    /// Splits a node if that gains, and grows what is below.
    fn node(&self, mut branch: Branch<'_, A>, workspace: &mut Workspace<A::Cell>, out: &mut Vec<Grown>) {
        let Some(split) = self.best_split(&mut branch, workspace) else {
            self.leaf(branch.items, branch.sums, out);
            return;
        };
        let Branch { items, spare, sums, depth, cells } = branch;
        let here = out.len();
        out.push(self.grown(sums));
        let side = Side::new(self.data.column_bins(split.feature as usize), &split);

        let depth = depth + 1;
        let may_split = |sums| self.can_split(sums, items.len(), depth);
        if !may_split(split.left) && !may_split(split.right) {
            workspace.give_back(cells);
            let (left, right) = (self.grown(split.left), self.grown(split.right));
            for item in items.iter() {
                self.add(item.row, if side.is_left(item.row) { left.weight } else { right.weight });
            }
            out.extend([left, right]);
            out[here].split = Some((split, here as u32 + 2));
            return;
        }

        let num_rows = items.len();
        let middle = partition(items, spare, &side);
        let (left_items, right_items) = spare.split_at_mut(middle);
        let (left_spare, right_spare) = items.split_at_mut(middle);
        let mut left = Branch { items: left_items, spare: left_spare, sums: split.left, depth, cells: None };
        let mut right = Branch { items: right_items, spare: right_spare, sums: split.right, depth, cells: None };
        if let Some(cells) = cells {
            let (smaller, larger) =
                if left.items.len() <= right.items.len() { (&mut left, &mut right) } else { (&mut right, &mut left) };
            self.share_cells(cells, smaller, larger, workspace);
        }

        if left.cells.is_some() && right.cells.is_some() && num_rows >= PARALLEL_ROWS {
            let mut other = Vec::new();
            rayon::join(|| self.node(left, workspace, out), || self.node(right, &mut Workspace::default(), &mut other));
            let shift = out.len() as u32;
            out[here].split = Some((split, shift));
            out.extend(other.into_iter().map(|mut node| {
                if let Some((_, right)) = &mut node.split {
                    *right += shift;
                }
                node
            }));
        } else {
            self.node(left, workspace, out);
            out[here].split = Some((split, out.len() as u32));
            self.node(right, workspace, out);
        }
    }

    /// Makes the children's histograms, where they are needed, from the parent's.
    fn share_cells<'b>(
        &self,
        mut cells: Vec<A::Cell>,
        smaller: &mut Branch<'b, A>,
        larger: &mut Branch<'b, A>,
        workspace: &mut Workspace<A::Cell>,
    ) {
        let needs = |branch: &Branch<'_, A>| self.needs_cells(branch.sums, branch.items.len(), branch.depth);
        let (smaller_needs, larger_needs) = (needs(smaller), needs(larger));
        if smaller_needs || larger_needs {
            let mut built = workspace.take(self.num_cells);
            self.build(&mut built, smaller.items);
            if larger_needs {
                histogram::subtract::<A>(&mut cells, &built);
            }
            smaller.cells = Some(built);
        }
        larger.cells = Some(cells);
        for (branch, needs) in [(smaller, smaller_needs), (larger, larger_needs)] {
            if !needs {
                workspace.give_back(branch.cells.take());
            }
        }
    }
}

/// A node that is to be grown: its rows, a buffer of the same length, its sums and level, and its histogram if it has
/// more than [`FEW_ROWS`] rows and may be split.
struct Branch<'a, A: Accumulator> {
    items: &'a mut [Item<A::Gradient>],
    spare: &'a mut [Item<A::Gradient>],
    sums: Sums,
    depth: usize,
    cells: Option<Vec<A::Cell>>,
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
