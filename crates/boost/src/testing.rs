//! Random models and rows for tests.

use crate::{
    model::{Model, Node, Parts, Tree},
    random::SplitMix,
};

/// A number in [0, 1).
pub(crate) fn unit(random: &mut SplitMix) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A number of about standard deviation 1.
pub(crate) fn noise(random: &mut SplitMix) -> f64 {
    (0..12).map(|_| unit(random)).sum::<f64>() - 6.0
}

/// A model of random trees. With `empty` some nodes have no cover.
pub(crate) fn random_model(seed: u64, num_trees: usize, depth: usize, num_features: usize, empty: bool) -> Model {
    let mut random = SplitMix::new(seed);
    let trees = (0..num_trees)
        .map(|index| {
            let mut nodes = Vec::new();
            let cover = 1_000.0;
            grow(&mut random, &mut nodes, depth, num_features, cover, empty);
            Tree::new(nodes, index).expect("a tree by construction")
        })
        .collect();
    let parts = Parts { base_score: 0.5, num_features, trees, ..Parts::default() };
    Model::new(parts).expect("features are in range")
}

fn grow(
    random: &mut SplitMix,
    nodes: &mut Vec<Node>,
    depth: usize,
    num_features: usize,
    cover: f32,
    empty: bool,
) -> u32 {
    let here = nodes.len();
    let value = noise(random) as f32;
    nodes.push(Node::Leaf { value, cover });
    if depth > 0 && (here == 0 || unit(random) < 0.9) {
        let left_cover = match (empty, random.below(4)) {
            (true, 0) => 0.0,
            (true, 1) => cover,
            _ => (f64::from(cover) * (0.1 + 0.8 * unit(random))) as f32,
        };
        let feature = random.below(num_features) as u32;
        let threshold = noise(random) as f32;
        let default_left = random.below(2) == 0;
        let left = grow(random, nodes, depth - 1, num_features, left_cover, empty);
        let right = grow(random, nodes, depth - 1, num_features, cover - left_cover, empty);
        nodes[here] = Node::Split { feature, threshold, default_left, left, right, gain: 1.0, cover, weight: value };
    }
    here as u32
}

/// Rows of random numbers, one value in ten missing, row-major.
pub(crate) fn random_rows(seed: u64, num_rows: usize, num_features: usize) -> Vec<f32> {
    let mut random = SplitMix::new(seed ^ 0xABCD);
    (0..num_rows * num_features)
        .map(|_| if random.below(10) == 0 { f32::NAN } else { noise(&mut random) as f32 })
        .collect()
}
