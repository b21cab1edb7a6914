//! TreeSHAP as published: Lundberg, Erion and Lee (2018), Algorithm 2, in f64.
//!
//! Time O(leaves x depth^2) a tree. A path holds, for each distinct feature, the shares of paths that flow when the
//! feature is unknown (`zero`) and known (`one`), and the permutation weights of subsets by size (`weight`).

use super::share;
use crate::{
    model::{Model, Node, Tree},
    predict::PredictError,
};

#[derive(Debug, Clone, Copy)]
struct Element {
    feature: Option<u32>,
    zero: f64,
    one: f64,
    weight: f64,
}

/// SHAP values by the published algorithm, for tests and comparison; the same numbers as
/// [`Explainer::explain`](super::Explainer::explain), many times slower.
///
/// # Errors
/// A row or an output that has not one value per feature.
pub fn explain_classic(model: &Model, row: &[f32], out: &mut [f64]) -> Result<(), PredictError> {
    for given in [row.len(), out.len()] {
        if given != model.num_features() {
            return Err(PredictError::RowLength { given, expected: model.num_features() });
        }
    }
    out.fill(0.0);
    for tree in model.trees() {
        let root = Element { feature: None, zero: 1.0, one: 1.0, weight: 1.0 };
        recurse(tree, row, out, 0, Vec::new(), root);
    }
    Ok(())
}

fn recurse(tree: &Tree, row: &[f32], out: &mut [f64], id: u32, mut path: Vec<Element>, edge: Element) {
    // A branch that neither the row nor any training row takes gives nothing to any feature.
    if edge.zero == 0.0 && edge.one == 0.0 {
        return;
    }
    extend(&mut path, edge);
    match tree.nodes()[id as usize] {
        Node::Leaf { value, .. } => {
            for i in 1..path.len() {
                let weight = unwound_sum(&path, i);
                let element = path[i];
                if let Some(feature) = element.feature {
                    out[feature as usize] += weight * (element.one - element.zero) * f64::from(value);
                }
            }
        }
        Node::Split { feature, threshold, default_left, left, right, cover, .. } => {
            let x = row[feature as usize];
            let goes_left = x < threshold || (default_left && x.is_nan());
            let (mut zero, mut one) = (1.0, 1.0);
            if let Some(i) = path.iter().position(|element| element.feature == Some(feature)) {
                (zero, one) = (path[i].zero, path[i].one);
                unwind(&mut path, i);
            }
            for (child, is_taken) in [(left, goes_left), (right, !goes_left)] {
                let zero = zero * share(cover, tree.nodes()[child as usize].cover());
                let one = if is_taken { one } else { 0.0 };
                let edge = Element { feature: Some(feature), zero, one, weight: 0.0 };
                recurse(tree, row, out, child, path.clone(), edge);
            }
        }
    }
}

fn extend(path: &mut Vec<Element>, edge: Element) {
    let depth = path.len();
    path.push(Element { weight: if depth == 0 { 1.0 } else { 0.0 }, ..edge });
    let size = depth as f64 + 1.0;
    for i in (0..depth).rev() {
        path[i + 1].weight += edge.one * path[i].weight * (i as f64 + 1.0) / size;
        path[i].weight *= edge.zero * (depth - i) as f64 / size;
    }
}

fn unwind(path: &mut Vec<Element>, index: usize) {
    let depth = path.len() - 1;
    let size = depth as f64 + 1.0;
    let Element { zero, one, .. } = path[index];
    let mut next = path[depth].weight;
    for j in (0..depth).rev() {
        if one == 0.0 {
            path[j].weight *= size / (zero * (depth - j) as f64);
        } else {
            let old = path[j].weight;
            path[j].weight = next * size / ((j as f64 + 1.0) * one);
            next = old - path[j].weight * zero * (depth - j) as f64 / size;
        }
    }
    for j in index..depth {
        path[j] = Element { weight: path[j].weight, ..path[j + 1] };
    }
    path.pop();
}

fn unwound_sum(path: &[Element], index: usize) -> f64 {
    let depth = path.len() - 1;
    let size = depth as f64 + 1.0;
    let Element { zero, one, .. } = path[index];
    let mut next = path[depth].weight;
    let mut sum = 0.0;
    for j in (0..depth).rev() {
        if one == 0.0 {
            sum += path[j].weight * size / (zero * (depth - j) as f64);
        } else {
            let weight = next * size / ((j as f64 + 1.0) * one);
            sum += weight;
            next = path[j].weight - weight * zero * (depth - j) as f64 / size;
        }
    }
    sum
}
