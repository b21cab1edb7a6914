//! Boosting: one tree after the other on the gradients that the last ones left.

use std::{collections::BTreeMap, ops::ControlFlow};

use rayon::prelude::*;

use crate::{
    binned::BinnedTree,
    dataset::Dataset,
    grow::{Grower, Grown, Workspace},
    histogram::{Accumulator, Column, Item, Packed, Pair},
    margins::SharedMargins,
    model::{Model, ModelError, Node, Parts, Tree},
    objective::Objective,
    params::{ParamError, Params},
    random::{self, SplitMix},
    split::Penalty,
};

/// Targets of the rows of a data set, in either precision. They are trained on as f32.
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// Double precision.
    F64(&'a [f64]),
}

impl<'a> From<&'a [f32]> for Targets<'a> {
    fn from(targets: &'a [f32]) -> Self {
        Self::F32(targets)
    }
}

impl<'a> From<&'a [f64]> for Targets<'a> {
    fn from(targets: &'a [f64]) -> Self {
        Self::F64(targets)
    }
}

impl<'a> From<&'a Vec<f32>> for Targets<'a> {
    fn from(targets: &'a Vec<f32>) -> Self {
        Self::F32(targets)
    }
}

impl<'a> From<&'a Vec<f64>> for Targets<'a> {
    fn from(targets: &'a Vec<f64>) -> Self {
        Self::F64(targets)
    }
}

impl Targets<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(targets) => targets.len(),
            Self::F64(targets) => targets.len(),
        }
    }

    fn get(&self, row: usize) -> f64 {
        match self {
            Self::F32(targets) => f64::from(targets[row]),
            Self::F64(targets) => targets[row],
        }
    }
}

/// What training may take besides data, targets and parameters.
#[derive(Default)]
pub struct TrainOptions<'a> {
    /// Row numbers of the data set to train on, without repeats; all rows when `None`. Targets and weights still have
    /// one entry per row of the data set.
    pub rows: Option<&'a [u32]>,
    /// Weights of the rows, 0 or more, at most [`MAX_WEIGHT`]; all 1 when `None`.
    pub weights: Option<&'a [f32]>,
    /// Called after each tree with the number of trees so far; `Break` ends training with an error.
    pub on_round: Option<&'a mut dyn FnMut(usize) -> ControlFlow<()>>,
}

/// Greatest weight of a row.
pub const MAX_WEIGHT: f32 = 1e12;

/// Training that cannot start, or was ended.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// A parameter out of its range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// `max_bin` of the parameters is not the data set's.
    #[error("parameter `max_bin` is {params}, but the data set was binned with {dataset}")]
    MaxBin {
        /// The parameter.
        params: usize,
        /// The data set's.
        dataset: usize,
    },
    /// Not one target or weight per row of the data set.
    #[error("{given} {what} for a data set of {rows} rows")]
    Length {
        /// `targets` or `weights`.
        what: &'static str,
        /// Number given.
        given: usize,
        /// Rows of the data set.
        rows: usize,
    },
    /// A target that the objective does not allow.
    #[error("target of row {row} is {value}, {objective} allows {allowed}")]
    Target {
        /// The row.
        row: usize,
        /// The target.
        value: f64,
        /// The objective's name.
        objective: &'static str,
        /// What it allows.
        allowed: &'static str,
    },
    /// A weight that is negative, NaN or too large.
    #[error("weight of row {row} is {value}, allowed is 0 to 1e12")]
    Weight {
        /// The row.
        row: usize,
        /// The weight.
        value: f32,
    },
    /// No rows, or rows whose weights are all 0.
    #[error("no rows with positive weight to train on")]
    NoRows,
    /// A row number past the data set, or one that comes twice.
    #[error("row {0} of the subset is past the data set or comes twice")]
    Row(u32),
    /// The callback said to stop.
    #[error("training was cancelled after {0} trees")]
    Cancelled(usize),
    /// The sums left the range of f32, so that there is no model.
    #[error("training left the range of f32: {0}")]
    Diverged(#[from] ModelError),
}

/// Trains a model.
///
/// Trees are grown on histograms with the second-order gain of Chen and Guestrin (2016). The prediction before any
/// tree is the (weighted) mean of the targets. The result depends on data, parameters and seed alone: any number of
/// threads gives the same bits. Small data is trained on the calling thread, so several trainings may run in parallel;
/// large data uses the rayon pool of the caller.
///
/// # Errors
/// Parameters out of range, lengths that do not fit, bad targets or weights, no rows, cancelled by the callback.
pub fn train<'a>(
    data: &Dataset,
    targets: impl Into<Targets<'a>>,
    params: &Params,
    options: TrainOptions<'_>,
) -> Result<Model, TrainError> {
    params.checked()?;
    if params.max_bin != data.max_bin() {
        return Err(TrainError::MaxBin { params: params.max_bin, dataset: data.max_bin() });
    }
    let TrainOptions { rows, weights, on_round } = options;
    let rows = training_rows(data, rows, weights)?;
    let (targets, base_score) = training_targets(data, targets.into(), params.objective, &rows, weights)?;
    let mut ignore = |_| ControlFlow::Continue(());
    let training = Training { data, params, rows: &rows, targets: &targets, weights };
    let on_round = on_round.unwrap_or(&mut ignore);

    let unit_hessian = weights.is_none() && params.objective == Objective::SquaredError;
    let count_bits = usize::BITS - rows.len().leading_zeros();
    // A cell holds |sum| < 2^(count + gradient bits) above `count_bits` bits: at most 62 bits and a sign.
    let gradient_bits = 62i32.saturating_sub_unsigned(2 * count_bits).min(MOST_GRADIENT_BITS);
    let trees = if unit_hessian && gradient_bits >= LEAST_GRADIENT_BITS {
        training.boost(Packed { shift: count_bits }, gradient_bits, base_score, on_round)?
    } else {
        training.boost(Pair, MOST_GRADIENT_BITS, base_score, on_round)?
    };
    Ok(Model::new(Parts {
        objective: params.objective,
        base_score,
        num_features: data.num_features(),
        feature_names: data.feature_names().to_vec(),
        feature_types: Vec::new(),
        trees,
        attributes: BTreeMap::new(),
    })?)
}

/// Bits of a row's gradient: as many as fit an i32.
const MOST_GRADIENT_BITS: i32 = 30;
/// Below this, gradient and count do not share a cell.
const LEAST_GRADIENT_BITS: i32 = 20;

/// The rows to train on: in range, each once, with positive weight.
fn training_rows(data: &Dataset, rows: Option<&[u32]>, weights: Option<&[f32]>) -> Result<Vec<u32>, TrainError> {
    if let Some(weights) = weights {
        if weights.len() != data.num_rows() {
            return Err(TrainError::Length { what: "weights", given: weights.len(), rows: data.num_rows() });
        }
        if let Some(row) = weights.iter().position(|weight| !(0.0..=MAX_WEIGHT).contains(weight)) {
            return Err(TrainError::Weight { row, value: weights[row] });
        }
    }
    let mut rows: Vec<u32> = match rows {
        None => (0..data.num_rows() as u32).collect(),
        Some(rows) => {
            let mut seen = vec![false; data.num_rows()];
            for &row in rows {
                match seen.get_mut(row as usize) {
                    Some(seen) if !*seen => *seen = true,
                    _ => return Err(TrainError::Row(row)),
                }
            }
            rows.to_vec()
        }
    };
    if let Some(weights) = weights {
        rows.retain(|&row| weights[row as usize] > 0.0);
    }
    if rows.is_empty() { Err(TrainError::NoRows) } else { Ok(rows) }
}

/// Targets of all rows as f32 (only those to train on are checked), and the base score.
fn training_targets(
    data: &Dataset,
    targets: Targets<'_>,
    objective: Objective,
    rows: &[u32],
    weights: Option<&[f32]>,
) -> Result<(Vec<f32>, f32), TrainError> {
    if targets.len() != data.num_rows() {
        return Err(TrainError::Length { what: "targets", given: targets.len(), rows: data.num_rows() });
    }
    let mut out = vec![0f32; data.num_rows()];
    let (mut sum, mut sum_weights) = (0f64, 0f64);
    for &row in rows {
        let value = targets.get(row as usize);
        if !objective.accepts(value as f32) {
            let (row, objective, allowed) = (row as usize, objective.name(), objective.allowed_targets());
            return Err(TrainError::Target { row, value, objective, allowed });
        }
        out[row as usize] = value as f32;
        let weight = weights.map_or(1.0, |weights| f64::from(weights[row as usize]));
        sum += weight * value;
        sum_weights += weight;
    }
    Ok((out, objective.base_score_of(sum / sum_weights)))
}

struct Training<'a> {
    data: &'a Dataset,
    params: &'a Params,
    rows: &'a [u32],
    targets: &'a [f32],
    weights: Option<&'a [f32]>,
}

/// Rows a task when gradients are computed.
const GRADIENT_ROWS: usize = 1 << 14;
/// From this many rows on, gradients are computed on the rayon pool.
const PARALLEL_ROWS: usize = 1 << 16;

/// The fixed-point scale under which the largest of `rows` numbers up to `largest` uses `bits` bits.
fn scale_for(largest: f32, bits: i32) -> f64 {
    if largest > 0.0 { 2f64.powi((bits - 1 - f64::from(largest).log2().floor() as i32).min(900)) } else { 1.0 }
}

impl Training<'_> {
    fn boost<A: Accumulator>(
        &self,
        accumulator: A,
        gradient_bits: i32,
        base_score: f32,
        on_round: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Tree>, TrainError> {
        let params = self.params;
        let num_features = self.data.num_features();
        let drawn = ((num_features as f64 * params.colsample_bytree) as usize).max(1);
        let mut margins = vec![params.objective.margin_of(base_score); self.data.num_rows()];
        let mut buffers = Buffers::<A>::new(self.rows.len());
        let mut features = SplitMix::new(params.seed);
        let mut chosen: Vec<u32> = (0..num_features as u32).collect();
        let mut columns = Vec::new();
        let mut grown = Vec::new();
        let mut binned = BinnedTree::new(self.data);
        let mut trees = Vec::with_capacity(params.num_rounds);

        for round in 0..params.num_rounds {
            let row_key = features.next_u64();
            if drawn < num_features {
                features.choose(num_features, drawn, &mut chosen);
            }
            let num_cells = self.lay_out(&chosen, &mut columns);
            let units = self.gradients(accumulator, gradient_bits, &margins, row_key, &mut buffers);
            let penalty = Penalty::new(params, units.gradient, units.hessian);
            let num_items = buffers.num_items;
            let shared = SharedMargins::new(&mut margins);
            Grower {
                accumulator,
                data: self.data,
                columns: &columns,
                num_cells,
                penalty,
                eta: params.eta,
                max_depth: params.max_depth,
                margins: shared,
            }
            .grow(
                &mut buffers.items[..num_items],
                &mut buffers.spare[..num_items],
                &mut buffers.workspace,
                &mut grown,
            );
            let tree = self.tree(&grown, round, &penalty)?;
            if !buffers.left_out.is_empty() {
                Self::add_to_left_out(&tree, &mut binned, &buffers.left_out, shared);
            }
            trees.push(tree);
            if on_round(round + 1).is_break() {
                return Err(TrainError::Cancelled(round + 1));
            }
        }
        Ok(trees)
    }

    /// Where the drawn features' cells lie in the histograms of a tree.
    fn lay_out(&self, chosen: &[u32], columns: &mut Vec<Column>) -> usize {
        columns.clear();
        let mut start = 0;
        for &feature in chosen {
            let width = self.data.num_cells(feature as usize);
            columns.push(Column { feature, start, width });
            start += width;
        }
        start as usize
    }

    /// Fills the items (rows drawn for the tree with their gradients) and the rows left out.
    fn gradients<A: Accumulator>(
        &self,
        accumulator: A,
        gradient_bits: i32,
        margins: &[f32],
        row_key: u64,
        buffers: &mut Buffers<A>,
    ) -> Units {
        let all = self.params.subsample >= 1.0;
        let limit = (self.params.subsample * 2f64.powi(32)) as u64;
        let is_drawn = |row: u32| all || (random::at(row_key, u64::from(row)) >> 32) < limit;
        let derivatives = |row: u32| {
            let row = row as usize;
            let (gradient, hessian) = self.params.objective.derivatives(margins[row], self.targets[row]);
            match self.weights {
                None => (gradient, hessian),
                Some(weights) => (gradient * weights[row], hessian * weights[row]),
            }
        };
        // First pass: the largest derivatives, which set the fixed-point scale, and the number of rows drawn.
        let survey = |rows: &[u32]| {
            let (mut largest_gradient, mut largest_hessian, mut drawn) = (0f32, 0f32, 0usize);
            for &row in rows {
                let (gradient, hessian) = derivatives(row);
                largest_gradient = largest_gradient.max(gradient.abs());
                largest_hessian = largest_hessian.max(hessian);
                drawn += usize::from(is_drawn(row));
            }
            (largest_gradient, largest_hessian, drawn)
        };
        let parallel = self.rows.len() >= PARALLEL_ROWS;
        let surveys: Vec<(f32, f32, usize)> =
            if parallel { self.rows.par_chunks(GRADIENT_ROWS).map(survey).collect() } else { vec![survey(self.rows)] };
        let largest = surveys.iter().fold((0f32, 0f32), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        let gradient_scale = scale_for(largest.0, gradient_bits);
        // With hessian 1 everywhere the packed count is the hessian.
        let unit_hessian = self.weights.is_none() && self.params.objective == Objective::SquaredError;
        let hessian_scale = if unit_hessian { 1.0 } else { scale_for(largest.1, MOST_GRADIENT_BITS) };

        let fill = |rows: &[u32], items: &mut [Item<A::Gradient>], left_out: &mut [u32]| {
            let (mut items, mut left_out) = (items.iter_mut(), left_out.iter_mut());
            for &row in rows {
                if is_drawn(row) {
                    let (gradient, hessian) = derivatives(row);
                    let gradient =
                        accumulator.round(f64::from(gradient) * gradient_scale, f64::from(hessian) * hessian_scale);
                    if let Some(item) = items.next() {
                        *item = Item { row, gradient };
                    }
                } else if let Some(place) = left_out.next() {
                    *place = row;
                }
            }
        };
        let num_items: usize = surveys.iter().map(|survey| survey.2).sum();
        buffers.num_items = num_items;
        buffers.left_out.resize(self.rows.len() - num_items, 0);
        if parallel {
            let (mut items, mut left_out) = (&mut buffers.items[..num_items], &mut buffers.left_out[..]);
            let mut tasks = Vec::with_capacity(surveys.len());
            for (rows, survey) in self.rows.chunks(GRADIENT_ROWS).zip(&surveys) {
                let (a, rest_items) = items.split_at_mut(survey.2);
                let (b, rest_left_out) = left_out.split_at_mut(rows.len() - survey.2);
                tasks.push((rows, a, b));
                (items, left_out) = (rest_items, rest_left_out);
            }
            tasks.into_par_iter().for_each(|(rows, items, left_out)| fill(rows, items, left_out));
        } else {
            fill(self.rows, &mut buffers.items[..num_items], &mut buffers.left_out);
        }
        Units { gradient: 1.0 / gradient_scale, hessian: 1.0 / hessian_scale }
    }

    /// Adds the tree's output to the margins of rows that it was not grown on.
    #[expect(unsafe_code, reason = "rows of a training set are distinct")]
    fn add_to_left_out(tree: &Tree, binned: &mut BinnedTree<'_>, rows: &[u32], margins: SharedMargins<'_>) {
        binned.rebuild(tree).expect("the tree's thresholds are cuts of its data set");
        let binned = &*binned;
        // SAFETY: `rows` are distinct (checked in `training_rows`) and the tasks take disjoint parts of them.
        let add = |rows: &[u32]| unsafe { binned.add_scattered(rows, margins) };
        if rows.len() >= PARALLEL_ROWS {
            rows.par_chunks(GRADIENT_ROWS).for_each(add);
        } else {
            add(rows);
        }
    }

    fn tree(&self, grown: &[Grown], round: usize, penalty: &Penalty) -> Result<Tree, ModelError> {
        let nodes = grown.iter().enumerate().map(|(id, node)| {
            let cover = penalty.cover(node.sums) as f32;
            match &node.split {
                None => Node::Leaf { value: node.weight, cover },
                Some((split, right)) => {
                    let cuts = self.data.cuts(split.feature as usize);
                    Node::Split {
                        feature: split.feature,
                        // Past the last cut: every value that is not missing.
                        threshold: cuts.get(split.bin as usize - 1).copied().unwrap_or(f32::MAX),
                        default_left: split.default_left,
                        left: id as u32 + 1,
                        right: *right,
                        gain: split.gain.min(f64::from(f32::MAX)) as f32,
                        cover,
                        weight: node.weight,
                    }
                }
            }
        });
        Tree::new(nodes.collect(), round)
    }
}

/// Sizes of the fixed-point units.
struct Units {
    gradient: f64,
    hessian: f64,
}

/// Memory kept from tree to tree.
struct Buffers<A: Accumulator> {
    items: Vec<Item<A::Gradient>>,
    spare: Vec<Item<A::Gradient>>,
    num_items: usize,
    left_out: Vec<u32>,
    workspace: Workspace<A::Cell>,
}

impl<A: Accumulator> Buffers<A> {
    fn new(rows: usize) -> Self {
        Self {
            items: vec![Item::default(); rows],
            spare: vec![Item::default(); rows],
            num_items: 0,
            left_out: Vec::new(),
            workspace: Workspace::default(),
        }
    }
}
