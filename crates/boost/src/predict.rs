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

/// A node in 6 bytes, over bins: a value's bin is the number of the model's thresholds of the feature that are not above
/// it. The next node is `offset` on if the row's bin is at most `bin`, else one more.
///
/// Missing values need no case of their own: a row holds its bins twice, missing ones as [`RIGHT`] in the first part,
/// as 0, which goes left, in the second; then one 0 more. A split reads the part that sends them its way. A leaf reads
/// the last 0, with offset 0, and so leads to itself.
#[derive(Debug, Clone, Copy)]
struct Step {
    offset: u16,
    place: u16,
    bin: u16,
}

/// The bin above all others.
const RIGHT: u16 = u16::MAX;

/// A model's trees made ready for prediction, and no more than that: a third of the model's memory.
#[derive(Debug, Clone)]
pub struct Predictor {
    base_margin: f32,
    num_features: usize,
    /// Each feature's thresholds, ascending.
    thresholds: Vec<Vec<f32>>,
    steps: Vec<Step>,
    /// The outputs of leaves, at the places of their steps.
    outputs: Vec<f32>,
    /// Start of each tree in `steps`, and its depth. `steps` is all trees, each with siblings side by side.
    roots: Vec<(u32, u32)>,
    /// The trees themselves where they do not fit 16-bit numbers; then nothing is in `roots`.
    too_large: Vec<Tree>,
}

/// Trees, or rows, in flight.
const LANES: usize = 16;
/// Rows a task in batch prediction.
const BLOCK: usize = 256;
/// From this many walks (rows times trees) on, a batch runs on the rayon pool.
const PARALLEL_WALKS: usize = 1 << 16;
/// The bins of rows up to this length live on the stack.
const STACK_ROW: usize = 129;

impl Predictor {
    pub(crate) fn new(trees: &[Tree], base_margin: f32, num_features: usize) -> Self {
        let mut predictor = Self {
            base_margin,
            num_features,
            thresholds: Vec::new(),
            steps: Vec::new(),
            outputs: Vec::new(),
            roots: Vec::new(),
            too_large: Vec::new(),
        };
        let total: usize = trees.iter().map(|tree| tree.nodes().len()).sum();
        let fits = 2 * num_features < usize::from(u16::MAX)
            && trees.iter().all(|tree| u16::try_from(tree.nodes().len()).is_ok())
            && u32::try_from(total).is_ok();
        if fits {
            predictor.thresholds = thresholds_of(trees, num_features);
            if predictor.thresholds.iter().all(|thresholds| thresholds.len() < usize::from(RIGHT)) {
                predictor.steps.reserve_exact(total);
                predictor.outputs.reserve_exact(total);
                for tree in trees {
                    predictor.push(tree);
                }
                return predictor;
            }
        }
        predictor.too_large = trees.to_vec();
        predictor
    }

    fn push(&mut self, tree: &Tree) {
        self.roots.push((self.steps.len() as u32, tree.depth() as u32));
        for (id, node) in tree.nodes().iter().enumerate() {
            match *node {
                Node::Leaf { value, .. } => {
                    self.steps.push(Step { offset: 0, place: 2 * self.num_features as u16, bin: 0 });
                    self.outputs.push(value);
                }
                Node::Split { feature, threshold, default_left, left, .. } => {
                    let part = if default_left { self.num_features } else { 0 };
                    let thresholds = &self.thresholds[feature as usize];
                    let bin = thresholds.partition_point(|known| known.total_cmp(&threshold).is_lt());
                    let (place, offset) = (feature as usize + part, left as usize - id);
                    self.steps.push(Step { offset: offset as u16, place: place as u16, bin: bin as u16 });
                    self.outputs.push(0.0);
                }
            }
        }
    }

    /// Number of features of a row.
    pub fn num_features(&self) -> usize {
        self.num_features
    }

    /// Number of trees.
    pub fn rounds(&self) -> usize {
        self.roots.len() + self.too_large.len()
    }

    fn check_row(&self, row: &[f32]) -> Result<(), PredictError> {
        if row.len() == self.num_features {
            Ok(())
        } else {
            Err(PredictError::RowLength { given: row.len(), expected: self.num_features })
        }
    }

    /// As [`Model::margin_row`].
    ///
    /// # Errors
    /// A row that has not one value per feature.
    pub fn margin_row(&self, row: &[f32]) -> Result<f32, PredictError> {
        self.check_row(row)?;
        let mut sum = self.base_margin;
        self.each_output(row, |output| sum += output);
        Ok(sum)
    }

    /// As [`Model::margin_f64`].
    ///
    /// # Errors
    /// A row that has not one value per feature.
    pub fn margin_f64(&self, row: &[f32]) -> Result<f64, PredictError> {
        self.check_row(row)?;
        let mut sum = f64::from(self.base_margin);
        self.each_output(row, |output| sum += f64::from(output));
        Ok(sum)
    }

    /// Where each lane ends that walks from its place for `depth` steps.
    #[inline]
    fn walk<'r>(&self, at: &mut [u32; LANES], depth: u32, bins_of: impl Fn(usize) -> &'r [u16]) {
        let steps = &self.steps[..];
        for _ in 0..depth {
            for (lane, at) in at.iter_mut().enumerate() {
                let step = steps[*at as usize];
                let right = bins_of(lane)[usize::from(step.place)] > step.bin;
                *at += u32::from(step.offset) + u32::from(right);
            }
        }
    }

    /// Calls `each` with the leaf output of every tree, in order, for the bins of a row.
    #[inline]
    fn outputs(&self, bins: &[u16], mut each: impl FnMut(f32)) {
        for trees in self.roots.chunks(LANES) {
            // Lanes without a tree walk the first one.
            let mut at = [0u32; LANES];
            let mut depth = 0;
            for (at, &(root, levels)) in at.iter_mut().zip(trees) {
                *at = root;
                depth = depth.max(levels);
            }
            self.walk(&mut at, depth, |_| bins);
            for &at in &at[..trees.len()] {
                each(self.outputs[at as usize]);
            }
        }
    }

    /// Length of a row's bins.
    fn length(&self) -> usize {
        2 * self.num_features + 1
    }

    fn bins(&self, row: &[f32], out: &mut [u16]) {
        let (first, second) = out.split_at_mut(self.num_features);
        let values = row.iter().zip(&self.thresholds);
        for ((&x, thresholds), (first, second)) in values.zip(first.iter_mut().zip(second)) {
            let bin = thresholds.partition_point(|&threshold| threshold <= x) as u16;
            (*first, *second) = if x.is_nan() { (RIGHT, 0) } else { (bin, bin) };
        }
    }

    /// As [`Predictor::outputs`] for a plain row.
    #[inline]
    fn each_output(&self, row: &[f32], mut each: impl FnMut(f32)) {
        let length = self.length();
        if !self.too_large.is_empty() {
            for tree in &self.too_large {
                each(tree.output(row));
            }
        } else if length <= STACK_ROW {
            let mut bins = [0; STACK_ROW];
            self.bins(row, &mut bins[..length]);
            self.outputs(&bins[..length], each);
        } else {
            let mut bins = vec![0; length];
            self.bins(row, &mut bins);
            self.outputs(&bins, each);
        }
    }

    /// Margins of a block of rows, given row by row.
    fn block(&self, rows: &[f32], out: &mut [f32]) {
        out.fill(self.base_margin);
        if !self.too_large.is_empty() {
            for (row, out) in rows.chunks(self.num_features.max(1)).zip(out) {
                for tree in &self.too_large {
                    *out += tree.output(row);
                }
            }
            return;
        }
        let length = self.length();
        let mut bins = vec![0; length * out.len().next_multiple_of(LANES)];
        for (row, bins) in rows.chunks(self.num_features.max(1)).zip(bins.chunks_mut(length)) {
            self.bins(row, bins);
        }
        for &(root, depth) in &self.roots {
            for (bins, out) in bins.chunks(LANES * length).zip(out.chunks_mut(LANES)) {
                let mut at = [root; LANES];
                self.walk(&mut at, depth, |lane| &bins[lane * length..][..length]);
                for (out, at) in out.iter_mut().zip(at) {
                    *out += self.outputs[at as usize];
                }
            }
        }
    }
}

/// The thresholds of each feature, ascending, each once.
fn thresholds_of(trees: &[Tree], num_features: usize) -> Vec<Vec<f32>> {
    let mut all: Vec<Vec<f32>> = vec![Vec::new(); num_features];
    for node in trees.iter().flat_map(Tree::nodes) {
        if let Node::Split { feature, threshold, .. } = *node {
            all[feature as usize].push(threshold);
        }
    }
    for thresholds in &mut all {
        thresholds.sort_unstable_by(f32::total_cmp);
        thresholds.dedup_by_key(|threshold| threshold.to_bits());
        thresholds.shrink_to_fit();
    }
    all
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
    /// The margin of a row (the sum of base margin and trees, in f32); NaN is a missing value.
    ///
    /// # Errors
    /// A row that has not one value per feature.
    pub fn margin_row(&self, row: &[f32]) -> Result<f32, PredictError> {
        self.predictor().margin_row(row)
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
        self.predictor().margin_f64(row)
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
        let block = |(rows, out): (&[f32], &mut [f32])| self.predictor().block(rows, out);
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
