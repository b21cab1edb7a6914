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
//! few operations per node and point. All points are positive, so nothing cancels.

use std::collections::BTreeMap;

use super::{quadrature::gauss_legendre, share};
use crate::model::{Node, Tree};

/// A split, in 40 bytes.
#[derive(Debug, Clone, Copy)]
struct Split {
    /// Shares of the cover that go left and right.
    shares: [f64; 2],
    threshold: f32,
    /// Feature index; the top bit says that missing values go left.
    feature: u32,
    /// Index of a split, or with the top bit of a leaf.
    children: [u32; 2],
    /// Level of the split above that reads the same feature, or [`NONE`].
    previous: u32,
}

const TOP: u32 = 1 << 31;
const NONE: u32 = u32::MAX;

/// Trees whose paths have at most so many distinct features that the same number of points serves all of them.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Quadrature points and weights, in lanes.
    points: Vec<(f64, f64)>,
    splits: Vec<Split>,
    leaves: Vec<f64>,
    /// The root splits.
    roots: Vec<u32>,
    depth: usize,
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
            leaves: Vec::new(),
            roots: Vec::new(),
            depth: 0,
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
        self.depth = self.depth.max(tree.depth());
        let root = self.push_node(tree, 0, &mut Vec::new());
        self.roots.push(root);
    }

    /// Adds a node and what is below; `path` holds the features split above.
    fn push_node(&mut self, tree: &Tree, id: u32, path: &mut Vec<u32>) -> u32 {
        match tree.nodes()[id as usize] {
            Node::Leaf { value, .. } => {
                self.leaves.push(f64::from(value));
                (self.leaves.len() as u32 - 1) | TOP
            }
            Node::Split { feature, threshold, default_left, left, right, cover, .. } => {
                let here = self.splits.len();
                let previous = path.iter().rposition(|&above| above == feature).map_or(NONE, |level| level as u32);
                let shares = [left, right].map(|child| share(cover, tree.nodes()[child as usize].cover()));
                let feature_bits = feature | if default_left { TOP } else { 0 };
                self.splits.push(Split { shares, threshold, feature: feature_bits, children: [0; 2], previous });
                path.push(feature);
                let children = [left, right].map(|child| self.push_node(tree, child, path));
                path.pop();
                self.splits[here].children = children;
                here as u32
            }
        }
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
        let num_rows = rows.len() / num_features.max(1);
        let mut sums = vec![[0f64; N]; num_rows * num_features];
        let mut known = [0f64; N];
        let mut unknown = [0f64; N];
        for (i, &(t, _)) in points.iter().enumerate() {
            known[i] = t;
            unknown[i] = 1.0 - t;
        }
        let mut path = vec![(0f64, 0f64); self.depth];
        for &root in &self.roots {
            for (row, sums) in rows.chunks(num_features).zip(sums.chunks_mut(num_features)) {
                let mut walk = Walk { group: self, row, sums, known, unknown, path: &mut path };
                walk.split(root as usize, 0, [1.0; N]);
            }
        }
        for (out, sums) in out.iter_mut().zip(&sums) {
            *out += sums.iter().zip(points).map(|(sum, (_, weight))| sum * weight).sum::<f64>();
        }
    }
}

struct Walk<'a, const N: usize> {
    group: &'a Group,
    row: &'a [f32],
    /// Per feature and point: the sum of the integrands.
    sums: &'a mut [[f64; N]],
    /// t and 1 - t of the points.
    known: [f64; N],
    unknown: [f64; N],
    /// (o, z) of the feature split at each level, down to the edge taken.
    path: &'a mut [(f64, f64)],
}

impl<const N: usize> Walk<'_, N> {
    /// Adds the contributions of all edges below a split; `outer` is the product of the factors above. Returns the
    /// sum over the leaves below of value times the factors below.
    fn split(&mut self, id: usize, level: usize, outer: [f64; N]) -> [f64; N] {
        let split = self.group.splits[id];
        let feature = (split.feature & !TOP) as usize;
        let x = self.row[feature];
        let goes_left = (x < split.threshold) | (x.is_nan() & (split.feature & TOP != 0));
        let mut inner = [0f64; N];
        for side in 0..2 {
            let one = f64::from(u8::from(goes_left == (side == 0)));
            let zero = split.shares[side];
            if split.previous == NONE {
                if one == 0.0 && zero == 0.0 {
                    continue;
                }
                let mut factor = [0f64; N];
                let mut below = [0f64; N];
                for q in 0..N {
                    factor[q] = one * self.known[q] + zero * self.unknown[q];
                    below[q] = outer[q] * factor[q];
                }
                self.path[level] = (one, zero);
                let leaves = self.child(split.children[side], level, below);
                let sums = &mut self.sums[feature];
                for q in 0..N {
                    sums[q] += (one - zero) * (outer[q] * leaves[q]);
                    inner[q] += factor[q] * leaves[q];
                }
            } else {
                // The feature's factor so far is replaced by the new one. It is not 0: such branches are not entered.
                let (old_one, old_zero) = self.path[split.previous as usize];
                let (one, zero) = (old_one * one, old_zero * zero);
                if one == 0.0 && zero == 0.0 {
                    continue;
                }
                let mut others = [0f64; N];
                let mut ratio = [0f64; N];
                let mut below = [0f64; N];
                for q in 0..N {
                    let old = old_one * self.known[q] + old_zero * self.unknown[q];
                    let new = one * self.known[q] + zero * self.unknown[q];
                    others[q] = outer[q] / old;
                    ratio[q] = new / old;
                    below[q] = others[q] * new;
                }
                self.path[level] = (one, zero);
                let leaves = self.child(split.children[side], level, below);
                let sums = &mut self.sums[feature];
                for q in 0..N {
                    sums[q] += ((one - zero) - (old_one - old_zero) * ratio[q]) * (others[q] * leaves[q]);
                    inner[q] += ratio[q] * leaves[q];
                }
            }
        }
        inner
    }

    #[inline(always)]
    fn child(&mut self, child: u32, level: usize, outer: [f64; N]) -> [f64; N] {
        if child & TOP == 0 {
            self.split(child as usize, level + 1, outer)
        } else {
            [self.group.leaves[(child & !TOP) as usize]; N]
        }
    }
}
