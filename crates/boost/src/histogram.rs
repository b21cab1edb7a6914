//! Gradient histograms in whole numbers.
//!
//! Gradients and hessians are rounded once to fixed point (a power-of-two scale). Sums of whole numbers do not depend
//! on their order, so any number of threads, and a sibling found by subtraction, give the same bits.

use rayon::prelude::*;

use crate::dataset::Dataset;

/// A sum of gradients and of hessians, in fixed point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) gradient: i64,
    pub(crate) hessian: i64,
}

impl std::ops::Add for Sums {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self { gradient: self.gradient + other.gradient, hessian: self.hessian + other.hessian }
    }
}

impl std::ops::Sub for Sums {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian }
    }
}

/// A row of the node, with its gradient: what histograms read and partitions move.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Item<G> {
    pub(crate) row: u32,
    pub(crate) gradient: G,
}

/// How gradients are held in items and summed in histogram cells.
pub(crate) trait Accumulator: Copy + Send + Sync {
    /// A row's fixed-point gradient.
    type Gradient: Copy + Send + Sync + Default;
    /// A histogram cell.
    type Cell: Copy + Send + Sync + Default;

    /// Rounds a gradient and a hessian, already multiplied by their scales.
    fn round(self, gradient: f64, hessian: f64) -> Self::Gradient;
    /// What a row adds to a cell.
    fn term(self, gradient: Self::Gradient) -> Self::Cell;
    /// The sum of two cells.
    fn plus(a: Self::Cell, b: Self::Cell) -> Self::Cell;
    /// The difference of two cells.
    fn minus(a: Self::Cell, b: Self::Cell) -> Self::Cell;
    /// The sums in a cell.
    fn sums(self, cell: Self::Cell) -> Sums;
    /// Whether nothing with a hessian is in a cell.
    fn is_empty(self, cell: Self::Cell) -> bool;
}

/// Rounds to the nearest whole number, for |x| < 2^31 (adds and removes 1.5 * 2^52).
#[inline]
fn nearest(x: f64) -> i32 {
    (x + 6_755_399_441_055_744.0).to_bits() as i32
}

/// Hessian 1 for every row: gradient and row count share one i64, the count in the low `shift` bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    pub(crate) shift: u32,
}

impl Accumulator for Packed {
    type Gradient = i32;
    type Cell = i64;

    #[inline]
    fn round(self, gradient: f64, _hessian: f64) -> i32 {
        nearest(gradient)
    }

    #[inline]
    fn term(self, gradient: i32) -> i64 {
        (i64::from(gradient) << self.shift) + 1
    }

    #[inline]
    fn plus(a: i64, b: i64) -> i64 {
        a + b
    }

    #[inline]
    fn minus(a: i64, b: i64) -> i64 {
        a - b
    }

    #[inline]
    fn sums(self, cell: i64) -> Sums {
        Sums { gradient: cell >> self.shift, hessian: cell & ((1 << self.shift) - 1) }
    }

    #[inline]
    fn is_empty(self, cell: i64) -> bool {
        // With a row in it the low bits are not 0.
        cell == 0
    }
}

/// Gradient and hessian side by side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair;

impl Accumulator for Pair {
    type Gradient = [i32; 2];
    type Cell = [i64; 2];

    #[inline]
    fn round(self, gradient: f64, hessian: f64) -> [i32; 2] {
        [nearest(gradient), nearest(hessian)]
    }

    #[inline]
    fn term(self, gradient: [i32; 2]) -> [i64; 2] {
        [i64::from(gradient[0]), i64::from(gradient[1])]
    }

    #[inline]
    fn plus(a: [i64; 2], b: [i64; 2]) -> [i64; 2] {
        [a[0] + b[0], a[1] + b[1]]
    }

    #[inline]
    fn minus(a: [i64; 2], b: [i64; 2]) -> [i64; 2] {
        [a[0] - b[0], a[1] - b[1]]
    }

    #[inline]
    fn sums(self, cell: [i64; 2]) -> Sums {
        Sums { gradient: cell[0], hessian: cell[1] }
    }

    #[inline]
    fn is_empty(self, cell: [i64; 2]) -> bool {
        cell[1] == 0
    }
}

/// A feature drawn for the tree, and where its cells lie in the tree's histograms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) feature: u32,
    pub(crate) start: u32,
    /// Number of cells: the missing bin, then the value bins.
    pub(crate) width: u32,
}

/// From this many cell updates on, a histogram is built on the rayon pool.
const PARALLEL_UPDATES: usize = 1 << 19;

/// Adds the items to `cells`.
pub(crate) fn build<A: Accumulator>(
    accumulator: A,
    cells: &mut [A::Cell],
    items: &[Item<A::Gradient>],
    data: &Dataset,
    columns: &[Column],
) {
    if items.len() * columns.len() < PARALLEL_UPDATES {
        add_items(accumulator, cells, items, data, columns);
        return;
    }
    let parts = items.len().div_ceil(rayon::current_num_threads().max(1));
    let sums = items
        .par_chunks(parts)
        .map(|part| {
            let mut cells = vec![A::Cell::default(); cells.len()];
            add_items(accumulator, &mut cells, part, data, columns);
            cells
        })
        .reduce_with(|mut a, b| {
            a.iter_mut().zip(&b).for_each(|(a, &b)| *a = A::plus(*a, b));
            a
        });
    if let Some(sums) = sums {
        cells.iter_mut().zip(&sums).for_each(|(cell, &sum)| *cell = A::plus(*cell, sum));
    }
}

/// The innermost loop of training: one cell update per row and feature.
#[expect(unsafe_code, reason = "bounds checks here cost a fifth of the training time; see the proofs")]
fn add_items<A: Accumulator>(
    accumulator: A,
    cells: &mut [A::Cell],
    items: &[Item<A::Gradient>],
    data: &Dataset,
    columns: &[Column],
) {
    let (bins, num_features) = (data.row_bins(), data.num_features());
    for column in columns {
        let width = data.num_cells(column.feature as usize);
        assert!(column.width == width && column.start as usize + width as usize <= cells.len(), "histogram too small");
    }
    let cells = &mut cells[..];
    if columns.len() == num_features {
        // Columns are distinct and ascending: they are all features in order.
        for item in items {
            let term = accumulator.term(item.gradient);
            let row = &bins[item.row as usize * num_features..][..num_features];
            for (&bin, column) in row.iter().zip(columns) {
                // SAFETY: a bin is below its feature's number of cells (invariant of `Dataset`), which is the column's
                // width, and the column ends within `cells` (asserted above).
                let cell = unsafe { cells.get_unchecked_mut(column.start as usize + bin as usize) };
                *cell = A::plus(*cell, term);
            }
        }
    } else {
        for item in items {
            let term = accumulator.term(item.gradient);
            let row = &bins[item.row as usize * num_features..][..num_features];
            for column in columns {
                // SAFETY: `num_cells` above panics for a feature that is not there.
                let bin = unsafe { *row.get_unchecked(column.feature as usize) };
                // SAFETY: as in the other branch.
                let cell = unsafe { cells.get_unchecked_mut(column.start as usize + bin as usize) };
                *cell = A::plus(*cell, term);
            }
        }
    }
}

/// Adds a few items to `cells` and notes in `occupied`, one set of bits per column, which cells were touched.
pub(crate) fn build_few<A: Accumulator>(
    accumulator: A,
    cells: &mut [A::Cell],
    occupied: &mut [[u64; 4]],
    items: &[Item<A::Gradient>],
    data: &Dataset,
    columns: &[Column],
) {
    let (bins, num_features) = (data.row_bins(), data.num_features());
    for item in items {
        let term = accumulator.term(item.gradient);
        let row = &bins[item.row as usize * num_features..][..num_features];
        for (column, occupied) in columns.iter().zip(&mut *occupied) {
            let bin = row[column.feature as usize];
            let cell = &mut cells[column.start as usize + bin as usize];
            *cell = A::plus(*cell, term);
            occupied[bin as usize / 64] |= 1 << (bin % 64);
        }
    }
}

/// Turns a parent's histogram into the other child's.
pub(crate) fn subtract<A: Accumulator>(parent: &mut [A::Cell], child: &[A::Cell]) {
    for (cell, &taken) in parent.iter_mut().zip(child) {
        *cell = A::minus(*cell, taken);
    }
}
