//! Trees and the ensemble.

use std::collections::BTreeMap;

use crate::{objective::Objective, predict::Predictor};

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// An end of the tree.
    Leaf {
        /// Output, the learning rate included.
        value: f32,
        /// Sum of hessians of the training rows that came here (for squared error: their number).
        cover: f32,
    },
    /// A decision: left if `x < threshold`, for a missing `x` by `default_left`.
    Split {
        /// Index of the feature.
        feature: u32,
        /// The threshold.
        threshold: f32,
        /// Whether a missing value goes left.
        default_left: bool,
        /// Index of the left child.
        left: u32,
        /// Index of the right child.
        right: u32,
        /// Loss reduction of the split, as `XGBoost` counts it.
        gain: f32,
        /// Sum of hessians of the training rows that came here.
        cover: f32,
        /// Output that the node would have as a leaf, kept because the model formats have it.
        weight: f32,
    },
}

impl Node {
    /// Sum of hessians of the training rows that came to the node.
    pub fn cover(&self) -> f32 {
        match *self {
            Self::Leaf { cover, .. } | Self::Split { cover, .. } => cover,
        }
    }
}

/// Deepest tree that a model may hold (number of splits on a path).
pub const MAX_TREE_DEPTH: usize = 512;

/// A tree: nodes in breadth-first order, the root first and siblings side by side (`right == left + 1`). No path is
/// longer than [`MAX_TREE_DEPTH`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
    depth: usize,
}

/// Nodes or trees that do not make a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// A tree without nodes.
    #[error("tree {tree} has no nodes")]
    NoNodes {
        /// Index of the tree.
        tree: usize,
    },
    /// A child that is not there.
    #[error("tree {tree}: node {node} has child {child}, the tree has {nodes} nodes")]
    NoSuchChild {
        /// Index of the tree.
        tree: usize,
        /// Index of the node.
        node: usize,
        /// The child's index.
        child: usize,
        /// Number of nodes.
        nodes: usize,
    },
    /// Nodes that form a circle, or two parents.
    #[error("tree {tree}: node {node} has two parents or is its own ancestor")]
    NotATree {
        /// Index of the tree.
        tree: usize,
        /// Index of the node.
        node: usize,
    },
    /// A path longer than [`MAX_TREE_DEPTH`].
    #[error("tree {tree} is deeper than {MAX_TREE_DEPTH}")]
    TooDeep {
        /// Index of the tree.
        tree: usize,
    },
    /// A feature past the model's features.
    #[error("tree {tree}: node {node} splits feature {feature}, the model has {features} features")]
    NoSuchFeature {
        /// Index of the tree.
        tree: usize,
        /// Index of the node.
        node: usize,
        /// The feature.
        feature: u32,
        /// Number of features.
        features: usize,
    },
    /// A threshold, leaf or cover that is not finite, or a negative cover.
    #[error("tree {tree}: node {node} has {field} {value}")]
    BadNumber {
        /// Index of the tree.
        tree: usize,
        /// Index of the node.
        node: usize,
        /// `threshold`, `value` or `cover`.
        field: &'static str,
        /// The number.
        value: f32,
    },
    /// A base score that the objective cannot have.
    #[error("base_score {value} does not fit {objective}")]
    BaseScore {
        /// The base score.
        value: f32,
        /// The objective's name.
        objective: &'static str,
    },
    /// Names or types of features whose number is not the number of features.
    #[error("{given} {what} for {features} features")]
    FeatureInfo {
        /// `feature_names` or `feature_types`.
        what: &'static str,
        /// Number given.
        given: usize,
        /// Number of features.
        features: usize,
    },
    /// More features than a model may have.
    #[error("{0} features, at most 4194304 are allowed")]
    TooManyFeatures(usize),
}

/// Most features a model may have.
pub(crate) const MAX_FEATURES: usize = 1 << 22;

impl Tree {
    /// Checks that the nodes form a tree under the first one, and brings them into breadth-first order. Nodes that
    /// cannot be reached (pruning leaves such) are dropped. `tree` is the tree's index, for error messages.
    ///
    /// # Errors
    /// Missing, shared or circular children, too long a path, NaN or infinite numbers.
    pub fn new(nodes: Vec<Node>, tree: usize) -> Result<Self, ModelError> {
        if nodes.is_empty() {
            return Err(ModelError::NoNodes { tree });
        }
        let mut seen = vec![false; nodes.len()];
        seen[0] = true;
        let mut ordered: Vec<Node> = Vec::with_capacity(nodes.len());
        // Old index and level of the nodes in their new order.
        let mut order = vec![(0usize, 0usize)];
        while let Some(&(id, level)) = order.get(ordered.len()) {
            check_numbers(&nodes[id], tree, id)?;
            let mut node = nodes[id];
            if let Node::Split { left, right, .. } = &mut node {
                if level == MAX_TREE_DEPTH {
                    return Err(ModelError::TooDeep { tree });
                }
                for child in [left, right] {
                    let old = *child as usize;
                    match seen.get_mut(old) {
                        None => return Err(ModelError::NoSuchChild { tree, node: id, child: old, nodes: nodes.len() }),
                        Some(true) => return Err(ModelError::NotATree { tree, node: old }),
                        Some(seen) => *seen = true,
                    }
                    *child = order.len() as u32;
                    order.push((old, level + 1));
                }
            }
            ordered.push(node);
        }
        let depth = order.last().map_or(0, |&(_, level)| level);
        Ok(Self { nodes: ordered, depth })
    }

    /// The nodes; the first is the root.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Number of splits on the longest path.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The leaf that a row falls into.
    pub fn leaf_of(&self, row: &[f32]) -> usize {
        let mut id = 0usize;
        while let Node::Split { feature, threshold, default_left, left, right, .. } = self.nodes[id] {
            let x = row[feature as usize];
            id = if x < threshold || (default_left && x.is_nan()) { left } else { right } as usize;
        }
        id
    }

    /// The output for a row.
    pub fn output(&self, row: &[f32]) -> f32 {
        match self.nodes[self.leaf_of(row)] {
            Node::Leaf { value, .. } => value,
            Node::Split { weight, .. } => weight,
        }
    }
}

fn check_numbers(node: &Node, tree: usize, id: usize) -> Result<(), ModelError> {
    let check = |field, value: f32, good: bool| {
        if good { Ok(()) } else { Err(ModelError::BadNumber { tree, node: id, field, value }) }
    };
    let cover = node.cover();
    check("cover", cover, cover.is_finite() && cover >= 0.0)?;
    match *node {
        Node::Leaf { value, .. } => check("value", value, value.is_finite()),
        Node::Split { threshold, .. } => check("threshold", threshold, threshold.is_finite()),
    }
}

/// The parts of a model, before they are checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parts {
    /// Objective.
    pub objective: Objective,
    /// The prediction before any tree (for logistic a probability).
    pub base_score: f32,
    /// Number of features of a row.
    pub num_features: usize,
    /// Names of the features, or empty.
    pub feature_names: Vec<String>,
    /// `XGBoost`'s types of the features (`float`, `int`, ...), or empty.
    pub feature_types: Vec<String>,
    /// Trees in order.
    pub trees: Vec<Tree>,
    /// Free text by key, kept in the model files.
    pub attributes: BTreeMap<String, String>,
}

/// A trained or loaded ensemble, ready to predict.
#[derive(Debug, Clone)]
pub struct Model {
    parts: Parts,
    base_margin: f32,
    predictor: Predictor,
}

impl Model {
    /// Checks the parts and prepares prediction.
    ///
    /// # Errors
    /// A feature that is not there, names that do not fit, a base score that is not finite (or, for logistic, not a
    /// probability).
    pub fn new(parts: Parts) -> Result<Self, ModelError> {
        if parts.num_features > MAX_FEATURES {
            return Err(ModelError::TooManyFeatures(parts.num_features));
        }
        for (what, given) in
            [("feature_names", parts.feature_names.len()), ("feature_types", parts.feature_types.len())]
        {
            if given != 0 && given != parts.num_features {
                return Err(ModelError::FeatureInfo { what, given, features: parts.num_features });
            }
        }
        for (tree, nodes) in parts.trees.iter().enumerate() {
            for (node, split) in nodes.nodes.iter().enumerate() {
                if let Node::Split { feature, .. } = *split
                    && feature as usize >= parts.num_features
                {
                    return Err(ModelError::NoSuchFeature { tree, node, feature, features: parts.num_features });
                }
            }
        }
        let base_margin = parts.objective.margin_of(parts.base_score);
        if !base_margin.is_finite() {
            return Err(ModelError::BaseScore { value: parts.base_score, objective: parts.objective.name() });
        }
        let predictor = Predictor::new(&parts.trees, base_margin, parts.num_features);
        Ok(Self { parts, base_margin, predictor })
    }

    /// Number of features of a row.
    pub fn num_features(&self) -> usize {
        self.parts.num_features
    }

    /// Names of the features; empty when the model has none.
    pub fn feature_names(&self) -> &[String] {
        &self.parts.feature_names
    }

    /// `XGBoost`'s types of the features (`float`, `int`, ...); empty when the model has none.
    pub fn feature_types(&self) -> &[String] {
        &self.parts.feature_types
    }

    /// Number of trees.
    pub fn rounds(&self) -> usize {
        self.parts.trees.len()
    }

    /// The trees in order.
    pub fn trees(&self) -> &[Tree] {
        &self.parts.trees
    }

    /// The objective.
    pub fn objective(&self) -> Objective {
        self.parts.objective
    }

    /// The prediction before any tree.
    pub fn base_score(&self) -> f32 {
        self.parts.base_score
    }

    /// The margin before any tree.
    pub fn base_margin(&self) -> f32 {
        self.base_margin
    }

    /// Free text by key, kept in the model files.
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.parts.attributes
    }

    /// Free text by key, to be changed.
    pub fn attributes_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.parts.attributes
    }

    /// All parts of the model.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What the model predicts with.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// Keeps only what prediction needs.
    pub fn into_predictor(self) -> Predictor {
        self.predictor
    }
}
