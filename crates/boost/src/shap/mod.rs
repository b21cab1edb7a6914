//! Exact SHAP values of trees (path-dependent TreeSHAP).
//!
//! The game of a row x: a coalition S of features is worth what the trees expect when the features in S are known to
//! be x's and at a split on any other feature both branches are followed, weighted by their cover (Lundberg, Erion and
//! Lee 2018, "Consistent individualized feature attribution for tree ensembles", Algorithm 1). The SHAP values are the
//! Shapley values of this game. They add up: `base_value + sum(phi) = margin`.
//!
//! [`Explainer`] computes them in the linear form (module `linear`). The published algorithm (module `classic`) is
//! kept as the oracle that the tests compare with; [`explain_classic`] runs it.

mod classic;
mod linear;
mod quadrature;

use rayon::prelude::*;

use crate::{
    model::{Model, Node, Tree},
    predict::PredictError,
};

pub use classic::explain_classic;

/// Explains rows of one model; built once, then shared between threads.
#[derive(Debug, Clone)]
pub struct Explainer {
    num_features: usize,
    base_value: f64,
    groups: Vec<linear::Group>,
}

/// Rows a task in batches, and values where that are fewer.
const BLOCK: usize = 32;
const BLOCK_VALUES: usize = 1 << 16;

impl Explainer {
    /// Prepares the model's trees.
    pub fn new(model: &Model) -> Self {
        let trees: Vec<&Tree> = model.trees().iter().collect();
        Self {
            num_features: model.num_features(),
            base_value: f64::from(model.base_margin()) + model.trees().iter().map(expected_output).sum::<f64>(),
            groups: linear::groups(&trees),
        }
    }

    /// What the model predicts (as a margin) when no feature is known: the base margin plus every tree's leaves,
    /// weighted by the product of cover shares on their paths.
    pub fn base_value(&self) -> f64 {
        self.base_value
    }

    /// Number of features of a row.
    pub fn num_features(&self) -> usize {
        self.num_features
    }

    /// Writes the SHAP value of each feature to `out`, in units of the margin; NaN in the row is a missing value.
    /// `base_value + sum(out)` equals [`Model::margin_f64`] within rounding (below 1e-9 of the largest term).
    ///
    /// # Errors
    /// A row or an output that has not one value per feature.
    pub fn explain(&self, row: &[f32], out: &mut [f64]) -> Result<(), PredictError> {
        for given in [row.len(), out.len()] {
            if given != self.num_features {
                return Err(PredictError::RowLength { given, expected: self.num_features });
            }
        }
        self.block(row, out);
        Ok(())
    }

    /// SHAP values of rows given row by row; the result is row-major too, one value per feature.
    ///
    /// # Errors
    /// A buffer that does not hold whole rows.
    pub fn explain_rows(&self, values: &[f32]) -> Result<Vec<f64>, PredictError> {
        let expected = self.num_features;
        if expected == 0 || !values.len().is_multiple_of(expected) {
            return Err(PredictError::PartialRow { given: values.len(), expected });
        }
        let mut out = vec![0f64; values.len()];
        let block = BLOCK.min(BLOCK_VALUES / expected).max(1) * expected;
        if values.len() > block {
            values.par_chunks(block).zip(out.par_chunks_mut(block)).for_each(|(rows, out)| self.block(rows, out));
        } else {
            self.block(values, &mut out);
        }
        Ok(out)
    }

    fn block(&self, rows: &[f32], out: &mut [f64]) {
        out.fill(0.0);
        for group in &self.groups {
            group.explain(self.num_features, rows, out);
        }
    }
}

/// A child's share of its parent's cover. A parent that no training row reached splits evenly.
fn share(parent: f32, child: f32) -> f64 {
    if parent > 0.0 { f64::from(child) / f64::from(parent) } else { 0.5 }
}

/// The tree's leaves, weighted by the product of cover shares on their paths.
fn expected_output(tree: &Tree) -> f64 {
    let nodes = tree.nodes();
    let mut sum = 0.0;
    let mut pending = vec![(0u32, 1.0)];
    while let Some((id, weight)) = pending.pop() {
        match nodes[id as usize] {
            Node::Leaf { value, .. } => sum += weight * f64::from(value),
            Node::Split { left, right, cover, .. } => {
                for child in [left, right] {
                    pending.push((child, weight * share(cover, nodes[child as usize].cover())));
                }
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        model::Parts,
        testing::{random_model, random_rows},
    };

    fn check(model: &Model, rows: &[f32]) -> Result<(), TestCaseError> {
        let explainer = Explainer::new(model);
        let n = model.num_features();
        let batch = explainer.explain_rows(rows).expect("whole rows");
        let (mut linear, mut classic) = (vec![0.0; n], vec![0.0; n]);
        for (i, row) in rows.chunks(n).enumerate() {
            explainer.explain(row, &mut linear).expect("a whole row");
            explain_classic(model, row, &mut classic).expect("a whole row");
            let margin = model.margin_f64(row).expect("a whole row");
            let sum = explainer.base_value() + linear.iter().sum::<f64>();
            prop_assert!((sum - margin).abs() < 1e-9, "sum {sum}, margin {margin}");
            for (a, b) in linear.iter().zip(&classic) {
                prop_assert!((a - b).abs() < 1e-9, "linear {linear:?}, classic {classic:?}");
            }
            prop_assert_eq!(&linear[..], &batch[i * n..(i + 1) * n]);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn linear_equals_classic_and_adds_up(
            seed in any::<u64>(), depth in 1usize..=8, features in 1usize..=20, empty in any::<bool>(),
        ) {
            check(&random_model(seed, 5, depth, features, empty), &random_rows(seed, 4, features))?;
        }
    }

    /// One long path: every split of `depth` leads to a leaf and the next split.
    fn chain(depth: usize, num_features: usize) -> Model {
        let mut nodes = Vec::new();
        for level in 0..depth {
            let here = nodes.len() as u32;
            let cover = (2 * depth - level) as f32;
            nodes.push(Node::Split {
                feature: (level % num_features) as u32,
                threshold: 0.1,
                default_left: level % 2 == 0,
                left: here + 1,
                right: here + 2,
                gain: 1.0,
                cover,
                weight: 0.0,
            });
            nodes.push(Node::Leaf { value: (level as f32).sin(), cover: 1.0 });
        }
        nodes.push(Node::Leaf { value: 1.0, cover: depth as f32 });
        let trees = vec![Tree::new(nodes, 0).expect("a chain is a tree")];
        Model::new(Parts { num_features, trees, ..Parts::default() }).expect("features are in range")
    }

    #[test]
    fn paths_with_more_distinct_features_than_lanes_have_points_serve() {
        for (depth, features) in [(1, 1), (12, 12), (16, 16), (17, 17), (40, 33), (60, 60)] {
            check(&chain(depth, features), &random_rows(depth as u64, 3, features)).expect("equal and additive");
        }
    }

    #[test]
    fn the_deepest_tree_adds_up() {
        let model = chain(crate::MAX_TREE_DEPTH, crate::MAX_TREE_DEPTH);
        let row = random_rows(3, 1, crate::MAX_TREE_DEPTH);
        let explainer = Explainer::new(&model);
        let mut phi = vec![0.0; row.len()];
        explainer.explain(&row, &mut phi).expect("a whole row");
        let margin = model.margin_f64(&row).expect("a whole row");
        assert!((explainer.base_value() + phi.iter().sum::<f64>() - margin).abs() < 1e-9);
    }

    #[test]
    fn a_stump_gives_the_two_branches() {
        // 3 of 4 rows go left: E = (3 * 1 + 1 * 5) / 4 = 2.
        let split = Node::Split {
            feature: 1,
            threshold: 0.0,
            default_left: true,
            left: 1,
            right: 2,
            gain: 1.0,
            cover: 4.0,
            weight: 0.0,
        };
        let nodes = vec![split, Node::Leaf { value: 1.0, cover: 3.0 }, Node::Leaf { value: 5.0, cover: 1.0 }];
        let trees = vec![Tree::new(nodes, 0).expect("a tree")];
        let model =
            Model::new(Parts { num_features: 2, trees, base_score: 10.0, ..Parts::default() }).expect("a model");
        let explainer = Explainer::new(&model);
        assert_eq!(explainer.base_value(), 12.0);
        let mut phi = [0.0; 2];
        explainer.explain(&[9.0, 1.0], &mut phi).expect("a whole row");
        assert!(phi[0] == 0.0 && (phi[1] - 3.0).abs() < 1e-12);
        explainer.explain(&[9.0, f32::NAN], &mut phi).expect("a whole row");
        assert!((phi[1] + 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_model_without_cover_gives_no_nan() {
        let model = random_model(5, 3, 4, 3, true);
        let trees = model
            .trees()
            .iter()
            .enumerate()
            .map(|(i, tree)| {
                let without = tree.nodes().iter().map(|node| match *node {
                    Node::Leaf { value, .. } => Node::Leaf { value, cover: 0.0 },
                    Node::Split { feature, threshold, default_left, left, right, gain, weight, .. } => {
                        Node::Split { feature, threshold, default_left, left, right, gain, weight, cover: 0.0 }
                    }
                });
                Tree::new(without.collect(), i).expect("the same tree")
            })
            .collect();
        let model = Model::new(Parts { trees, ..model.parts().clone() }).expect("a model");
        check(&model, &random_rows(9, 5, 3)).expect("equal and additive");
    }
}
