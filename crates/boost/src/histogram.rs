//! Gradient histograms in whole numbers.
//!
//! Gradients and hessians are rounded once to fixed point (a power-of-two scale). Sums of whole numbers do not depend
//! on their order, so any number of threads, and a sibling found by subtraction, give the same bits.

use rayon::prelude::*;

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

/// Adds the items to `cells`. `bins` is row-major with `num_features` bytes a row.
pub(crate) fn build<A: Accumulator>(
    accumulator: A,
    cells: &mut [A::Cell],
    items: &[Item<A::Gradient>],
    bins: &[u8],
    num_features: usize,
    columns: &[Column],
) {
    if items.len() * columns.len() < PARALLEL_UPDATES {
        add_items(accumulator, cells, items, bins, num_features, columns);
        return;
    }
    let parts = items.len().div_ceil(rayon::current_num_threads().max(1));
    let sums = items
        .par_chunks(parts)
        .map(|part| {
            let mut cells = vec![A::Cell::default(); cells.len()];
            add_items(accumulator, &mut cells, part, bins, num_features, columns);
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

fn add_items<A: Accumulator>(
    accumulator: A,
    cells: &mut [A::Cell],
    items: &[Item<A::Gradient>],
    bins: &[u8],
    num_features: usize,
    columns: &[Column],
) {
    for item in items {
        let term = accumulator.term(item.gradient);
        let row = &bins[item.row as usize * num_features..][..num_features];
        for column in columns {
            let cell = &mut cells[column.start as usize + row[column.feature as usize] as usize];
            *cell = A::plus(*cell, term);
        }
    }
}

/// Turns a parent's histogram into the other child's.
pub(crate) fn subtract<A: Accumulator>(parent: &mut [A::Cell], child: &[A::Cell]) {
    for (cell, &taken) in parent.iter_mut().zip(child) {
        *cell = A::minus(*cell, taken);
    }
}
