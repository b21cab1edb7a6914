//! Prediction of rows, one or many.
//!
//! Sums run in f32, from the base margin on, tree by tree: the order of `XGBoost`, so the results are equal bit for
//! bit. Several trees (for one row) or rows (for many) are walked at the same time, without branches, so that their
//! memory accesses overlap.

use rayon::prelude::*;

use crate::{
    binned::BinnedTree,
    dataset::Dataset,
    model::{Model, Node, Tree},
};

/// A node in 8 bytes. The next node is `left` if `row[feature] < threshold`, else `left + 1`.
///
/// Missing values need no case of their own: rows are extended to `[x, x with NaN as -inf, -inf]`. A split whose
/// missing values go right reads the first part (NaN < threshold is false), one whose missing values go left the
/// second. A leaf reads the last element, which is below its `threshold`, its output, and so leads to itself.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Packed {
    threshold: f32,
    feature: u16,
    left: u16,
}

/// All trees in one flat array, each with siblings side by side.
#[derive(Debug, Clone)]
pub(crate) struct Predictor {
    base_margin: f32,
    num_features: usize,
    nodes: Vec<Packed>,
    /// Start of each tree in `nodes`, and its depth. Empty when the trees do not fit 16-bit numbers.
    roots: Vec<(u32, u32)>,
}

/// Trees, or rows, in flight.
const LANES: usize = 8;
/// Rows a task in batch prediction.
const BLOCK: usize = 256;
/// From this many walks (rows times trees) on, a batch runs on the rayon pool.
const PARALLEL_WALKS: usize = 1 << 16;
/// Extended rows up to this length live on the stack.
const STACK_ROW: usize = 129;

impl Predictor {
    pub(crate) fn new(trees: &[Tree], base_margin: f32, num_features: usize) -> Self {
        let mut predictor = Self { base_margin, num_features, nodes: Vec::new(), roots: Vec::new() };
        let fits = 2 * num_features < usize::from(u16::MAX)
            && trees.iter().all(|tree| u16::try_from(tree.nodes().len()).is_ok());
        let total: usize = trees.iter().map(|tree| tree.nodes().len()).sum();
        if fits && u32::try_from(total).is_ok() {
            predictor.nodes.reserve_exact(total);
            for tree in trees {
                predictor.push(tree);
            }
        }
        predictor
    }

    fn push(&mut self, tree: &Tree) {
        let first = self.nodes.len();
        self.roots.push((first as u32, tree.depth() as u32));
        let always_left = 2 * self.num_features as u16;
        let nodes = tree.nodes().iter().enumerate().map(|(id, node)| match *node {
            Node::Leaf { value, .. } => Packed { threshold: value, feature: always_left, left: id as u16 },
            Node::Split { feature, threshold, default_left, left, .. } => {
                let part = if default_left { self.num_features as u16 } else { 0 };
                Packed { threshold, feature: feature as u16 + part, left: left as u16 }
            }
        });
        self.nodes.extend(nodes);
    }

    /// Calls `each` with the leaf output of every tree, in order, for an extended row.
    #[inline]
    fn outputs(&self, row: &[f32], mut each: impl FnMut(f32)) {
        for trees in self.roots.chunks(LANES) {
            let mut at = [0usize; LANES];
            let mut roots = [0usize; LANES];
            let mut depth = 0;
            for (root, &(first, levels)) in roots.iter_mut().zip(trees) {
                *root = first as usize;
                depth = depth.max(levels);
            }
            for _ in 0..depth {
                for (at, &root) in at.iter_mut().zip(&roots) {
                    let node = self.nodes[root + *at];
                    let left = row[node.feature as usize] < node.threshold;
                    *at = node.left as usize + usize::from(!left);
                }
            }
            for i in 0..trees.len() {
                each(self.nodes[roots[i] + at[i]].threshold);
            }
        }
    }

    fn extend(&self, row: &[f32], out: &mut [f32]) {
        let n = self.num_features;
        out[..n].copy_from_slice(&row[..n]);
        for (out, &x) in out[n..2 * n].iter_mut().zip(row) {
            *out = if x.is_nan() { f32::NEG_INFINITY } else { x };
        }
        out[2 * n] = f32::NEG_INFINITY;
    }

    /// As [`Predictor::outputs`] for a plain row.
    #[inline]
    fn each_output(&self, trees: &[Tree], row: &[f32], mut each: impl FnMut(f32)) {
        let length = 2 * self.num_features + 1;
        if self.roots.is_empty() {
            for tree in trees {
                each(tree.output(row));
            }
        } else if length <= STACK_ROW {
            let mut extended = [0f32; STACK_ROW];
            self.extend(row, &mut extended);
            self.outputs(&extended[..length], each);
        } else {
            let mut extended = vec![0f32; length];
            self.extend(row, &mut extended);
            self.outputs(&extended, each);
        }
    }

    /// Margins of a block of rows, given row by row.
    fn block(&self, trees: &[Tree], rows: &[f32], out: &mut [f32]) {
        out.fill(self.base_margin);
        if self.roots.is_empty() {
            for (row, out) in rows.chunks(self.num_features.max(1)).zip(out) {
                for tree in trees {
                    *out += tree.output(row);
                }
            }
            return;
        }
        let length = 2 * self.num_features + 1;
        let mut extended = vec![0f32; length * out.len().next_multiple_of(LANES)];
        for (row, extended) in rows.chunks(self.num_features.max(1)).zip(extended.chunks_mut(length)) {
            self.extend(row, extended);
        }
        for (tree, &(first, depth)) in self.roots.iter().enumerate() {
            let end = self.roots.get(tree + 1).map_or(self.nodes.len(), |next| next.0 as usize);
            let nodes = &self.nodes[first as usize..end];
            for (rows, out) in extended.chunks(LANES * length).zip(out.chunks_mut(LANES)) {
                let mut at = [0usize; LANES];
                for _ in 0..depth {
                    for (lane, at) in at.iter_mut().enumerate() {
                        let node = nodes[*at];
                        let left = rows[lane * length + node.feature as usize] < node.threshold;
                        *at = node.left as usize + usize::from(!left);
                    }
                }
                for (out, at) in out.iter_mut().zip(at) {
                    *out += nodes[at].threshold;
                }
            }
        }
    }
}

/// A row, or a batch, that does not fit the model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PredictError {
    /// A row of another length than the model's features.
    #[error("the row has {given} values, the model has {expected} features")]
    RowLength {
        /// Values given.
        given: usize,
        /// Features of the model.
        expected: usize,
    },
    /// A row-major buffer that does not hold whole rows.
    #[error("{given} values do not make whole rows of {expected} features")]
    PartialRow {
        /// Values given.
        given: usize,
        /// Features of the model.
        expected: usize,
    },
    /// Columns of different length.
    #[error("feature {feature} has {rows} rows, feature 0 has {expected}")]
    Ragged {
        /// Index of the column.
        feature: usize,
        /// Its rows.
        rows: usize,
        /// Rows of the first column.
        expected: usize,
    },
    /// A data set whose cuts are not the ones that the model was trained on.
    #[error("tree {tree} splits feature {feature} at a threshold that is no cut of the data set")]
    ForeignDataset {
        /// Index of the tree.
        tree: usize,
        /// Index of the feature.
        feature: usize,
    },
    /// A row number past the data set.
    #[error("row {row} of a data set of {rows} rows")]
    NoSuchRow {
        /// The row number.
        row: u32,
        /// Rows of the data set.
        rows: usize,
    },
}

impl Model {
    fn check_row(&self, row: &[f32]) -> Result<(), PredictError> {
        if row.len() == self.num_features() {
            Ok(())
        } else {
            Err(PredictError::RowLength { given: row.len(), expected: self.num_features() })
        }
    }

    /// The margin of a row (the sum of base margin and trees, in f32); NaN is a missing value.
    ///
    /// # Errors
    /// A row that has not one value per feature.
    pub fn margin_row(&self, row: &[f32]) -> Result<f32, PredictError> {
        self.check_row(row)?;
        let mut sum = self.base_margin();
        self.predictor().each_output(self.trees(), row, |output| sum += output);
        Ok(sum)
    }

    /// The prediction for a row: what the objective makes of the margin. NaN is a missing value.
    ///
    /// # Errors
    /// A row that has not one value per feature.
    pub fn predict_row(&self, row: &[f32]) -> Result<f32, PredictError> {
        Ok(self.objective().transform(self.margin_row(row)?))
    }

    /// The margin of a row summed in f64: base margin and leaf outputs are f32 numbers, their sum is exact to f64.
    /// Explanations add up to this number.
    ///
    /// # Errors
    /// A row that has not one value per feature.
    pub fn margin_f64(&self, row: &[f32]) -> Result<f64, PredictError> {
        self.check_row(row)?;
        let mut sum = f64::from(self.base_margin());
        self.predictor().each_output(self.trees(), row, |output| sum += f64::from(output));
        Ok(sum)
    }

    /// Margins of rows given row by row.
    ///
    /// # Errors
    /// A buffer that does not hold whole rows.
    pub fn margin_rows(&self, values: &[f32]) -> Result<Vec<f32>, PredictError> {
        let expected = self.num_features();
        if expected == 0 || !values.len().is_multiple_of(expected) {
            return Err(PredictError::PartialRow { given: values.len(), expected });
        }
        let mut out = vec![0f32; values.len() / expected];
        let block = |(rows, out): (&[f32], &mut [f32])| self.predictor().block(self.trees(), rows, out);
        if out.len() * self.rounds() >= PARALLEL_WALKS {
            values.par_chunks(BLOCK * expected).zip(out.par_chunks_mut(BLOCK)).for_each(block);
        } else {
            values.chunks(BLOCK * expected).zip(out.chunks_mut(BLOCK)).for_each(block);
        }
        Ok(out)
    }

    /// Predictions for rows given row by row.
    ///
    /// # Errors
    /// A buffer that does not hold whole rows.
    pub fn predict_rows(&self, values: &[f32]) -> Result<Vec<f32>, PredictError> {
        let mut out = self.margin_rows(values)?;
        self.transform(&mut out);
        Ok(out)
    }

    fn transform(&self, margins: &mut [f32]) {
        for margin in margins {
            *margin = self.objective().transform(*margin);
        }
    }

    /// Predictions for rows given column by column.
    ///
    /// # Errors
    /// Not one column per feature, or columns of different length.
    pub fn predict_columns<C: AsRef<[f32]> + Sync>(&self, columns: &[C]) -> Result<Vec<f32>, PredictError> {
        self.predict_rows(&row_major(columns, self.num_features())?)
    }

    /// Predictions for rows of the data set that the model was trained on, from its bins; equal bit for bit to those
    /// from the features. For held-out rows in cross-validation.
    ///
    /// # Errors
    /// A data set with other cuts, a row number past its rows.
    pub fn predict_binned(&self, data: &Dataset, rows: &[u32]) -> Result<Vec<f32>, PredictError> {
        if data.num_features() != self.num_features() {
            return Err(PredictError::RowLength { given: data.num_features(), expected: self.num_features() });
        }
        if let Some(&row) = rows.iter().find(|&&row| row as usize >= data.num_rows()) {
            return Err(PredictError::NoSuchRow { row, rows: data.num_rows() });
        }
        let mut out = vec![self.base_margin(); rows.len()];
        let mut binned = BinnedTree::new(data);
        for (index, tree) in self.trees().iter().enumerate() {
            binned.rebuild(tree).map_err(|feature| PredictError::ForeignDataset { tree: index, feature })?;
            binned.add_to(rows, &mut out);
        }
        self.transform(&mut out);
        Ok(out)
    }
}

/// Columns as a row-major buffer.
pub(crate) fn row_major<C: AsRef<[f32]>>(columns: &[C], num_features: usize) -> Result<Vec<f32>, PredictError> {
    if columns.len() != num_features {
        return Err(PredictError::RowLength { given: columns.len(), expected: num_features });
    }
    let expected = columns.first().map_or(0, |column| column.as_ref().len());
    if let Some(feature) = columns.iter().position(|column| column.as_ref().len() != expected) {
        return Err(PredictError::Ragged { feature, rows: columns[feature].as_ref().len(), expected });
    }
    let mut values = vec![0f32; expected * num_features];
    for (feature, column) in columns.iter().enumerate() {
        for (value, &x) in values[feature..].iter_mut().step_by(num_features).zip(column.as_ref()) {
            *value = x;
        }
    }
    Ok(values)
}
