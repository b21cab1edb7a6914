//! `XGBoost`'s model document: from it, and to it.
//!
//! Layout: <https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html>, schema `model.schema`. Parameters
//! are strings; `base_score` is `[x]` since version 3.1 and `x` before. Children are -1 for leaves, whose output
//! stands in `split_conditions`.

use std::collections::BTreeMap;

use super::{
    FormatError,
    value::{At, Value, Write, whole},
};
use crate::{
    model::{Model, Node, Parts, Tree},
    objective::Objective,
};

/// The layout that is written.
const VERSION: [i32; 3] = [3, 2, 0];
/// Parent of the root, as `XGBoost` writes it.
const NO_PARENT: i32 = i32::MAX;

pub(super) fn read(document: &Value) -> Result<Model, FormatError> {
    let learner = At::root(document).get("learner")?;
    let booster = learner.get("gradient_booster")?;
    expect(&booster.get("name")?, "gbtree")?;
    let param = learner.get("learner_model_param")?;
    let num_features = param.get("num_feature")?.whole()? as usize;
    if let Some(classes) = param.find("num_class")? {
        at_most_one(&classes)?;
    }
    if let Some(targets) = param.find("num_target")? {
        at_most_one(&targets)?;
    }
    let name = learner.get("objective")?.get("name")?;
    let objective = Objective::from_name(name.string()?).ok_or_else(|| FormatError::Unsupported {
        path: name.path().to_owned(),
        given: name.string().unwrap_or_default().to_owned(),
        supported: "reg:squarederror or binary:logistic",
    })?;
    let trees = booster.get("model")?.get("trees")?.elements()?;
    let trees = trees.iter().enumerate().map(|(i, tree)| read_tree(tree, i)).collect::<Result<_, _>>()?;
    Ok(Model::new(Parts {
        objective,
        base_score: base_score(&param.get("base_score")?)?,
        num_features,
        feature_names: strings(&learner, "feature_names")?,
        feature_types: strings(&learner, "feature_types")?,
        trees,
        attributes: attributes(&learner)?,
    })?)
}

fn expect(field: &At<'_>, supported: &'static str) -> Result<(), FormatError> {
    let given = field.string()?;
    if given == supported {
        return Ok(());
    }
    Err(FormatError::Unsupported { path: field.path().to_owned(), given: given.to_owned(), supported })
}

fn at_most_one(field: &At<'_>) -> Result<(), FormatError> {
    let given = field.whole()?;
    if given <= 1 {
        return Ok(());
    }
    Err(FormatError::Unsupported { path: field.path().to_owned(), given: given.to_string(), supported: "one output" })
}

/// `x`, or `[x]`.
fn base_score(field: &At<'_>) -> Result<f32, FormatError> {
    let text = field.string()?.trim();
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    text.trim().parse().map_err(|_| FormatError::Type { path: field.path().to_owned(), expected: "one number" })
}

fn strings(learner: &At<'_>, key: &str) -> Result<Vec<String>, FormatError> {
    let Some(field) = learner.find(key)? else { return Ok(Vec::new()) };
    field.elements()?.iter().map(|name| name.string().map(str::to_owned)).collect()
}

fn attributes(learner: &At<'_>) -> Result<BTreeMap<String, String>, FormatError> {
    let Some(field) = learner.find("attributes")? else { return Ok(BTreeMap::new()) };
    field.fields()?.into_iter().map(|(key, value)| Ok((key.to_owned(), value.string()?.to_owned()))).collect()
}

fn read_tree(tree: &At<'_>, index: usize) -> Result<Tree, FormatError> {
    let left = tree.get("left_children")?.numbers()?;
    let column = |key: &str| {
        let field = tree.get(key)?;
        let numbers = field.numbers()?;
        if numbers.len() == left.len() {
            Ok(numbers)
        } else {
            Err(FormatError::Length { path: field.path().to_owned(), given: numbers.len(), expected: left.len() })
        }
    };
    let right = column("right_children")?;
    let features = column("split_indices")?;
    let conditions = column("split_conditions")?;
    let default_left = column("default_left")?;
    let covers = column("sum_hessian")?;
    let optional = |key: &str| if tree.find(key)?.is_some() { column(key).map(Some) } else { Ok(None) };
    let gains = optional("loss_changes")?;
    let weights = optional("base_weights")?;
    if let Some(kinds) = optional("split_type")?
        && let Some(node) = kinds.iter().position(|&kind| kind != 0.0)
    {
        return Err(FormatError::Unsupported {
            path: format!("{}.split_type[{node}]", tree.path()),
            given: "a categorical split".to_owned(),
            supported: "a numerical split",
        });
    }
    if let Some(size) = tree.get("tree_param")?.find("size_leaf_vector")? {
        at_most_one(&size)?;
    }

    // Gain and weight of a split are for information alone: what is not a number is left out.
    let at = |numbers: Option<&[f64]>, node: usize| {
        numbers.map(|numbers| numbers[node] as f32).filter(|number| number.is_finite()).unwrap_or(0.0)
    };
    let index_at = |key: &str, numbers: &[f64], node: usize| {
        whole(numbers[node])
            .ok_or_else(|| FormatError::Type { path: format!("{}.{key}[{node}]", tree.path()), expected: "an index" })
    };
    let node = |node: usize| {
        let cover = covers[node] as f32;
        if left[node] == -1.0 {
            return Ok(Node::Leaf { value: conditions[node] as f32, cover });
        }
        Ok(Node::Split {
            feature: index_at("split_indices", features, node)?,
            threshold: conditions[node] as f32,
            default_left: default_left[node] != 0.0,
            left: index_at("left_children", left, node)?,
            right: index_at("right_children", right, node)?,
            gain: at(gains, node),
            cover,
            weight: at(weights, node),
        })
    };
    let nodes = (0..left.len()).map(node).collect::<Result<_, FormatError>>()?;
    Ok(Tree::new(nodes, index)?)
}

pub(super) fn write(model: &Model, out: &mut impl Write) {
    let num_features = model.num_features().to_string();
    out.open_object();
    out.key("learner");
    out.open_object();
    out.key("attributes");
    out.open_object();
    for (key, value) in model.attributes() {
        out.key(key);
        out.string(value);
    }
    out.close_object();
    for (key, values) in [("feature_names", model.feature_names()), ("feature_types", model.feature_types())] {
        out.key(key);
        out.open_array(values.len());
        for value in values {
            out.string(value);
        }
        out.close_array();
    }
    out.key("gradient_booster");
    out.open_object();
    out.key("model");
    out.open_object();
    write_categories(out);
    out.key("gbtree_model_param");
    write_strings(out, &[("num_parallel_tree", "1"), ("num_trees", &model.rounds().to_string())]);
    out.key("iteration_indptr");
    write_ints(out, 0..=model.rounds());
    out.key("tree_info");
    write_ints(out, std::iter::repeat_n(0, model.rounds()));
    out.key("trees");
    out.open_array(model.rounds());
    for (index, tree) in model.trees().iter().enumerate() {
        write_tree(tree, index, &num_features, out);
    }
    out.close_array();
    out.close_object();
    out.key("name");
    out.string("gbtree");
    out.close_object();
    out.key("learner_model_param");
    let base_score = format!("[{:E}]", model.base_score());
    let one = [("base_score", base_score.as_str()), ("boost_from_average", "1"), ("num_class", "0")];
    write_strings(out, &[&one[..], &[("num_feature", &num_features), ("num_target", "1")]].concat());
    out.key("objective");
    out.open_object();
    out.key("name");
    out.string(model.objective().name());
    out.key("reg_loss_param");
    write_strings(out, &[("scale_pos_weight", "1")]);
    out.close_object();
    out.close_object();
    out.key("version");
    write_ints(out, VERSION.into_iter().map(|part| part as usize));
    out.close_object();
}

/// No categories.
fn write_categories(out: &mut impl Write) {
    out.key("cats");
    out.open_object();
    out.key("enc");
    out.open_array(0);
    out.close_array();
    for key in ["feature_segments", "sorted_idx"] {
        out.key(key);
        out.i32s(&mut std::iter::empty());
    }
    out.close_object();
}

fn write_strings(out: &mut impl Write, fields: &[(&str, &str)]) {
    out.open_object();
    for (key, value) in fields {
        out.key(key);
        out.string(value);
    }
    out.close_object();
}

fn write_ints(out: &mut impl Write, values: impl IntoIterator<Item = usize>) {
    let values: Vec<usize> = values.into_iter().collect();
    out.open_array(values.len());
    for value in values {
        out.int(value as i32);
    }
    out.close_array();
}

fn write_tree(tree: &Tree, index: usize, num_features: &str, out: &mut impl Write) {
    let nodes = tree.nodes();
    let mut parents = vec![NO_PARENT; nodes.len()];
    for (id, node) in nodes.iter().enumerate() {
        if let Node::Split { left, right, .. } = *node {
            parents[left as usize] = id as i32;
            parents[right as usize] = id as i32;
        }
    }
    let child = |node: &Node, side: usize| match *node {
        Node::Leaf { .. } => -1,
        Node::Split { left, right, .. } => [left, right][side] as i32,
    };
    let condition = |node: &Node| match *node {
        Node::Leaf { value, .. } => value,
        Node::Split { threshold, .. } => threshold,
    };
    let weight = |node: &Node| match *node {
        Node::Leaf { value, .. } => value,
        Node::Split { weight, .. } => weight,
    };
    let gain = |node: &Node| match *node {
        Node::Leaf { .. } => 0.0,
        Node::Split { gain, .. } => gain,
    };
    let default_left = |node: &Node| matches!(node, Node::Split { default_left: true, .. });
    let feature = |node: &Node| match *node {
        Node::Leaf { .. } => 0,
        Node::Split { feature, .. } => feature as i32,
    };

    out.open_object();
    out.key("base_weights");
    out.f32s(&mut nodes.iter().map(weight));
    for key in ["categories", "categories_nodes"] {
        out.key(key);
        out.i32s(&mut std::iter::empty());
    }
    for key in ["categories_segments", "categories_sizes"] {
        out.key(key);
        out.i64s(&mut std::iter::empty());
    }
    out.key("default_left");
    out.u8s(&mut nodes.iter().map(|node| u8::from(default_left(node))));
    out.key("id");
    out.int(index as i32);
    out.key("left_children");
    out.i32s(&mut nodes.iter().map(|node| child(node, 0)));
    out.key("loss_changes");
    out.f32s(&mut nodes.iter().map(gain));
    out.key("parents");
    out.i32s(&mut parents.iter().copied());
    out.key("right_children");
    out.i32s(&mut nodes.iter().map(|node| child(node, 1)));
    out.key("split_conditions");
    out.f32s(&mut nodes.iter().map(condition));
    out.key("split_indices");
    out.i32s(&mut nodes.iter().map(feature));
    out.key("split_type");
    out.u8s(&mut nodes.iter().map(|_| 0));
    out.key("sum_hessian");
    out.f32s(&mut nodes.iter().map(Node::cover));
    out.key("tree_param");
    let (zero, one) = ("0", "1");
    let num_nodes = nodes.len().to_string();
    let fields = [("num_deleted", zero), ("num_feature", num_features), ("num_nodes", &num_nodes)];
    write_strings(out, &[&fields[..], &[("size_leaf_vector", one)]].concat());
    out.close_object();
}
