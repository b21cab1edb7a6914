//! TreeSHAP in time linear in the size of the tree.
//!
//! For one leaf with value v, let o_j be 1 if the row agrees with every split on feature j of the leaf's path and else
//! 0, and z_j the product of the cover shares at these splits. The Shapley value of feature i is
//!
//! ```text
//! phi_i = v (o_i - z_i) * integral over t in [0, 1] of  prod over j != i of (o_j t + z_j (1 - t))  dt
//! ```
//!
//! (the Beta integral of the Shapley weights; the polynomial form of Linear TreeSHAP, Yu et al. 2022). The integrand
//! has degree d - 1 for d distinct features, so the Gauss-Legendre rule with d / 2 points is exact. At each point the
//! products run down the tree as a prefix (`outer`) and the sums of leaves come back up (`inner`), so a row costs a
//! few operations per node and point, in two loops over the splits without branches that depend on the row.

#![expect(clippy::inline_always, reason = "code is compiled for wide registers only where it is inlined")]
#![expect(clippy::needless_range_loop, reason = "loops over points read several arrays alike")]

use std::collections::BTreeMap;

use super::{quadrature::gauss_legendre, share};
use crate::model::{MAX_FEATURES, Node, Tree};

/// A split. Splits of a tree stand in preorder, so that parents come before their children.
#[derive(Debug, Clone, Copy)]
struct Split {
    /// Shares of the cover that go left and right.
    shares: [f64; 2],
    /// Outputs of the children that are leaves; 0 for a child that is a split.
    leaves: [f32; 2],
    threshold: f32,
    /// Feature index; [`TOP`] says that missing values go left, [`PREVIOUS`] that this split is the `previous` of one
    /// below.
    feature: u32,
    /// The split above, by its place in the tree, with the top bit for its right side; [`NONE`] for the root.
    parent: u32,
    /// Where the path has split the same feature before: the split that the last such split leads to, by its place in
    /// the tree; else [`NONE`].
    previous: u32,
}

const TOP: u32 = 1 << 31;
const PREVIOUS: u32 = 1 << 30;
const _: () = assert!(MAX_FEATURES < PREVIOUS as usize);
const NONE: u32 = u32::MAX;

impl Split {
    #[inline(always)]
    fn feature(&self) -> usize {
        (self.feature & !(TOP | PREVIOUS)) as usize
    }
}

/// Trees whose paths have at most so many distinct features that the same number of points serves all of them.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Quadrature points and weights, in lanes.
    points: Vec<(f64, f64)>,
    splits: Vec<Split>,
    /// Number of splits of each tree.
    sizes: Vec<usize>,
}

/// Numbers of points that have code of their own; more points are taken in passes of the largest.
const LANES: [usize; 4] = [2, 4, 6, 8];

/// Sorts trees by the number of points that they need. Trees that are a single leaf explain nothing and are left out.
pub(super) fn groups(trees: &[&Tree]) -> Vec<Group> {
    let mut by_points: BTreeMap<usize, Group> = BTreeMap::new();
    for tree in trees {
        let distinct = most_distinct(tree);
        if distinct == 0 {
            continue;
        }
        let needed = distinct.div_ceil(2);
        let points = LANES.into_iter().find(|&lanes| needed <= lanes).unwrap_or(needed.next_multiple_of(8));
        let group = by_points.entry(points).or_insert_with(|| Group {
            points: gauss_legendre(points),
            splits: Vec::new(),
            sizes: Vec::new(),
        });
        group.push(tree);
    }
    by_points.into_values().collect()
}

/// The greatest number of distinct features on a path of the tree.
fn most_distinct(tree: &Tree) -> usize {
    fn walk(tree: &Tree, id: u32, path: &mut Vec<u32>) -> usize {
        let Node::Split { feature, left, right, .. } = tree.nodes()[id as usize] else { return path.len() };
        let is_new = !path.contains(&feature);
        if is_new {
            path.push(feature);
        }
        let most = walk(tree, left, path).max(walk(tree, right, path));
        if is_new {
            path.pop();
        }
        most
    }
    walk(tree, 0, &mut Vec::new())
}

impl Group {
    fn push(&mut self, tree: &Tree) {
        let first = self.splits.len();
        self.push_split(tree, 0, NONE, &mut Vec::new(), first);
        self.sizes.push(self.splits.len() - first);
    }

    /// Adds a split and what is below. `path` holds the features split above, each with the place of the split that
    /// the path goes to from there; `first` is where the tree begins.
    fn push_split(&mut self, tree: &Tree, id: u32, parent: u32, path: &mut Vec<(u32, u32)>, first: usize) {
        let nodes = tree.nodes();
        let Node::Split { feature, threshold, default_left, left, right, cover, .. } = nodes[id as usize] else {
            return;
        };
        let place = (self.splits.len() - first) as u32;
        if let Some((_, leads_to)) = path.last_mut() {
            *leads_to = place;
        }
        let previous = path.iter().rev().find(|(above, _)| *above == feature).map_or(NONE, |&(_, leads_to)| leads_to);
        let children = [left, right].map(|child| nodes[child as usize]);
        self.splits.push(Split {
            shares: children.map(|child| share(cover, child.cover())),
            leaves: children.map(|child| if let Node::Leaf { value, .. } = child { value } else { 0.0 }),
            threshold,
            feature: feature | if default_left { TOP } else { 0 },
            parent,
            previous,
        });
        if previous != NONE {
            self.splits[first + previous as usize].feature |= PREVIOUS;
        }
        path.push((feature, 0));
        self.push_split(tree, left, place, path, first);
        self.push_split(tree, right, place | TOP, path, first);
        path.pop();
    }

    /// Adds the SHAP values of the rows (row-major) to `out`.
    pub(super) fn explain(&self, num_features: usize, rows: &[f32], out: &mut [f64]) {
        for points in self.points.chunks(LANES[LANES.len() - 1]) {
            match points.len() {
                2 => self.pass::<2>(points, num_features, rows, out),
                4 => self.pass::<4>(points, num_features, rows, out),
                6 => self.pass::<6>(points, num_features, rows, out),
                _ => self.pass::<8>(points, num_features, rows, out),
            }
        }
    }

    #[expect(unsafe_code, reason = "calls a function compiled for AVX2 after asking the processor")]
    fn pass<const N: usize>(&self, points: &[(f64, f64)], num_features: usize, rows: &[f32], out: &mut [f64]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            unsafe { self.pass_avx2::<N>(points, num_features, rows, out) };
            return;
        }
        self.pass_plain::<N>(points, num_features, rows, out);
    }

    /// The same code with wider registers; the operations and so the bits are the same.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn pass_avx2<const N: usize>(&self, points: &[(f64, f64)], num_features: usize, rows: &[f32], out: &mut [f64]) {
        self.pass_plain::<N>(points, num_features, rows, out);
    }

    #[inline(always)]
    fn pass_plain<const N: usize>(&self, points: &[(f64, f64)], num_features: usize, rows: &[f32], out: &mut [f64]) {
        let mut known = [0f64; N];
        let mut unknown = [0f64; N];
        for (i, &(t, _)) in points.iter().enumerate() {
            known[i] = t;
            unknown[i] = 1.0 - t;
        }
        let mut sums = vec![[0f64; N]; rows.len()];
        let most_splits = self.sizes.iter().copied().max().unwrap_or(0);
        let mut states = vec![State::default(); most_splits];
        let mut splits = &self.splits[..];
        for &size in &self.sizes {
            let (tree, rest) = splits.split_at(size);
            for (row, sums) in rows.chunks(num_features).zip(sums.chunks_mut(num_features)) {
                down(tree, row, &mut states[..size], &known, &unknown);
                up(tree, sums, &mut states[..size], &known, &unknown);
            }
            splits = rest;
        }
        for (out, sums) in out.iter_mut().zip(&sums) {
            *out += sums.iter().zip(points).map(|(sum, (_, weight))| sum * weight).sum::<f64>();
        }
    }
}

/// What a row makes of a split. Arrays are per point.
#[derive(Debug, Clone, Copy)]
struct State<const N: usize> {
    /// Product of the factors above.
    outer: [f64; N],
    /// Sum over the leaves below of value times the factors below.
    inner: [f64; N],
    /// (o, z) of the parent's feature, down to the edge that leads here.
    taken: (f64, f64),
    /// One over the factor of `taken`, where a split below needs it; 0 if the factor is 0.
    reciprocal: [f64; N],
    /// Whether the row goes left.
    left: bool,
}

impl<const N: usize> Default for State<N> {
    fn default() -> Self {
        Self { outer: [1.0; N], inner: [0.0; N], taken: (1.0, 1.0), reciprocal: [1.0; N], left: false }
    }
}

/// An edge of a feature that the path has not split before: o and z. Its factor at a point is o t + z (1 - t).
#[inline(always)]
fn edge<const N: usize>(split: &Split, state: &State<N>, side: usize) -> (f64, f64) {
    (f64::from(u8::from(state.left == (side == 0))), split.shares[side])
}

/// What an edge does at each point when the path has split its feature before, and the feature's factor so far is
/// replaced.
struct Replaced<const N: usize> {
    taken: (f64, f64),
    /// New factor over old one.
    ratio: [f64; N],
    /// o - z, less what the edges above have already counted.
    change: [f64; N],
}

/// `old` is the state with the feature's factor so far. When that factor is 0, neither the row nor any training row
/// comes here, and everything counts for nothing.
#[inline(always)]
fn replace<const N: usize>(
    (one, zero): (f64, f64),
    old: &State<N>,
    known: &[f64; N],
    unknown: &[f64; N],
) -> Replaced<N> {
    let (old_one, old_zero) = old.taken;
    let (one, zero) = (old_one * one, old_zero * zero);
    let mut replaced = Replaced { taken: (one, zero), ratio: [0.0; N], change: [0.0; N] };
    for q in 0..N {
        replaced.ratio[q] = (one * known[q] + zero * unknown[q]) * old.reciprocal[q];
        replaced.change[q] = ((one - zero) - (old_one - old_zero) * replaced.ratio[q]) * old.reciprocal[q];
    }
    replaced
}

/// From the root down: which way the row goes at each split, and the product of the factors above it.
#[inline(always)]
fn down<const N: usize>(tree: &[Split], row: &[f32], states: &mut [State<N>], known: &[f64; N], unknown: &[f64; N]) {
    for (i, split) in tree.iter().enumerate() {
        let x = row[split.feature()];
        states[i].left = x < split.threshold || (x.is_nan() && split.feature & TOP != 0);
        states[i].inner = [0.0; N];
        if split.parent == NONE {
            states[i].outer = [1.0; N];
            continue;
        }
        let parent = (split.parent & !TOP) as usize;
        let side = (split.parent >> 31) as usize;
        let above = &tree[parent];
        let taken = edge(above, &states[parent], side);
        let outer = states[parent].outer;
        if above.previous == NONE {
            let here = &mut states[i];
            here.taken = taken;
            for q in 0..N {
                here.outer[q] = outer[q] * (taken.0 * known[q] + taken.1 * unknown[q]);
            }
        } else {
            let replaced = replace(taken, &states[above.previous as usize], known, unknown);
            let here = &mut states[i];
            here.taken = replaced.taken;
            for q in 0..N {
                here.outer[q] = outer[q] * replaced.ratio[q];
            }
        }
        if split.feature & PREVIOUS != 0 {
            let here = &mut states[i];
            let (one, zero) = here.taken;
            let counts = f64::from(u8::from((one, zero) != (0.0, 0.0)));
            for q in 0..N {
                // The added 0 or 1 keeps the division from 0 / 0.
                here.reciprocal[q] = counts / (one * known[q] + zero * unknown[q] + (1.0 - counts));
            }
        }
    }
}

/// From the leaves up: adds the contributions of all edges to `sums`.
#[inline(always)]
fn up<const N: usize>(
    tree: &[Split],
    sums: &mut [[f64; N]],
    states: &mut [State<N>],
    known: &[f64; N],
    unknown: &[f64; N],
) {
    for (i, split) in tree.iter().enumerate().rev() {
        // The edges to leaves.
        let here = states[i];
        let mut inner = here.inner;
        let own = &mut sums[split.feature()];
        if split.previous == NONE {
            let [value_left, value_right] = split.leaves.map(f64::from);
            let ((o_left, z_left), (o_right, z_right)) = (edge(split, &here, 0), edge(split, &here, 1));
            let one = o_left * value_left + o_right * value_right;
            let zero = z_left * value_left + z_right * value_right;
            for q in 0..N {
                own[q] += (one - zero) * here.outer[q];
                inner[q] += one * known[q] + zero * unknown[q];
            }
        } else {
            let old = &states[split.previous as usize];
            for side in 0..2 {
                let replaced = replace(edge(split, &here, side), old, known, unknown);
                let value = f64::from(split.leaves[side]);
                for q in 0..N {
                    own[q] += replaced.change[q] * (here.outer[q] * value);
                    inner[q] += replaced.ratio[q] * value;
                }
            }
        }

        // The edge to this split.
        if split.parent == NONE {
            continue;
        }
        let parent = (split.parent & !TOP) as usize;
        let side = (split.parent >> 31) as usize;
        let above = &tree[parent];
        let sums = &mut sums[above.feature()];
        let (one, zero) = edge(above, &states[parent], side);
        if above.previous == NONE {
            let parent = &mut states[parent];
            for q in 0..N {
                sums[q] += (one - zero) * (parent.outer[q] * inner[q]);
                parent.inner[q] += (one * known[q] + zero * unknown[q]) * inner[q];
            }
        } else {
            let replaced = replace((one, zero), &states[above.previous as usize], known, unknown);
            let parent = &mut states[parent];
            for q in 0..N {
                sums[q] += replaced.change[q] * (parent.outer[q] * inner[q]);
                parent.inner[q] += replaced.ratio[q] * inner[q];
            }
        }
    }
}
