//! Model files that are whole, cut, or damaged.

use tidewheel_boost::{Dataset, Model, Params, TrainOptions, train};

/// A small generator of whole numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn small_model() -> Model {
    let column = |k: usize| (0..60).map(|i| ((i * k) % 17) as f32).collect::<Vec<f32>>();
    let columns = [column(1), column(3), column(5)];
    let targets: Vec<f64> = (0..60).map(|i| f64::from(i % 7)).collect();
    let params = Params { num_rounds: 3, max_depth: 3, ..Params::default() };
    let names = ["size", "größe", "a \"b\""].map(str::to_owned);
    let data = Dataset::from_columns(&columns, &names, params.max_bin).expect("good columns");
    let mut model = train(&data, &targets, &params, TrainOptions::default()).expect("good data");
    model.attributes_mut().insert("made by".to_owned(), "a test\n\u{1F98A}".to_owned());
    model
}

#[test]
fn both_formats_bring_back_the_same_model() {
    let model = small_model();
    let from_ubjson = Model::from_bytes(&model.to_ubjson()).expect("our own UBJSON");
    let from_json = Model::from_bytes(model.to_json().as_bytes()).expect("our own JSON");
    assert_eq!(from_ubjson.parts(), model.parts());
    assert_eq!(from_json.parts(), model.parts());
    let spaced = model.to_json().replace(',', " ,\n ");
    let spaced = format!("\n {}", spaced.replacen('{', "{ ", 1));
    assert_eq!(Model::from_bytes(spaced.as_bytes()).expect("JSON with spaces").rounds(), 3);
}

#[test]
fn every_cut_of_a_file_is_an_error() {
    let model = small_model();
    let (ubjson, json) = (model.to_ubjson(), model.to_json());
    for bytes in [&ubjson[..], json.as_bytes()] {
        for length in 0..bytes.len() {
            assert!(Model::from_bytes(&bytes[..length]).is_err(), "the first {length} bytes");
        }
    }
}

/// Changes a file at random places: bytes, runs, lengths, numbers.
fn damage(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(out.len());
        let end = (at + 1 + numbers.below(16)).min(out.len());
        match numbers.below(7) {
            0 => out[at] = numbers.below(256) as u8,
            1 => out[at] ^= 1 << numbers.below(8),
            2 => out[at..end].fill(0xFF),
            3 => out[at..end].fill(b"[{9-"[numbers.below(4)]),
            4 => drop(out.drain(at..end)),
            5 => {
                let piece = out[at..end].to_vec();
                let to = numbers.below(out.len());
                out.splice(to..to, piece);
            }
            _ => {
                // A digit in JSON, or a marker in UBJSON, of another kind.
                if let Some(byte) = out[at..].iter_mut().find(|byte| byte.is_ascii_digit() || b"lLdUi".contains(byte)) {
                    *byte = b"0123456789lLdUiD"[numbers.below(16)];
                }
            }
        }
        if out.is_empty() {
            break;
        }
    }
    out
}

#[test]
fn damaged_files_are_errors_or_models_that_predict() {
    let model = small_model();
    let mut numbers = Numbers(1);
    let (ubjson, json) = (model.to_ubjson(), model.to_json());
    let mut opened = 0;
    for i in 0..3_000 {
        let bytes = damage(if i % 2 == 0 { &ubjson } else { json.as_bytes() }, &mut numbers);
        if let Ok(model) = Model::from_bytes(&bytes) {
            opened += 1;
            let row = vec![1.5; model.num_features()];
            assert!(!model.margin_f64(&row).expect("a whole row").is_nan());
            let again = Model::from_bytes(&model.to_ubjson()).expect("a model that opened can be written");
            assert_eq!(again.parts(), model.parts());
            assert!(Model::from_bytes(model.to_json().as_bytes()).is_ok());
        }
    }
    // Much of a file is text and numbers, whose change leaves a model.
    assert!(opened > 100 && opened < 2_900, "{opened}");
}

#[test]
fn each_kind_of_damage_is_named() {
    let json = small_model().to_json();
    let error = |from: &str, to: &str| {
        assert!(json.contains(from), "{from} is in the file");
        Model::from_bytes(json.replacen(from, to, 1).as_bytes()).expect_err(to).to_string()
    };
    let left = "\"left_children\":[1,";
    let trees = "learner.gradient_booster.model.trees[0]";
    for (from, to, expected) in [
        (left, "\"left_children\":[0,", "tree 0: node 0 has two parents or is its own ancestor".to_owned()),
        (left, "\"left_children\":[2,", "tree 0: node 2 has two parents or is its own ancestor".to_owned()),
        (left, "\"left_children\":[4000000000,", "tree 0: node 0 has child 4000000000".to_owned()),
        (left, "\"left_children\":[1.5,", format!("`{trees}.left_children[0]` is not an index")),
        (left, "\"left_children\":[1,2,", format!("`{trees}.right_children` has")),
        ("\"split_indices\":[", "\"split_indices\":[99,", format!("`{trees}.split_indices` has")),
        (
            "\"num_feature\":\"3\",\"num_target\"",
            "\"num_feature\":\"1\",\"num_target\"",
            "3 feature_names for 1 features".to_owned(),
        ),
        ("\"split_type\":[0", "\"split_type\":[1", format!("`{trees}.split_type[0]` is a categorical split")),
        (
            "\"base_score\":\"[",
            "\"base_score\":\"[1,",
            "`learner.learner_model_param.base_score` is not one number".to_owned(),
        ),
        ("\"name\":\"gbtree\"", "\"name\":\"gbforest\"", "`learner.gradient_booster.name` is gbforest".to_owned()),
        ("reg:squarederror", "rank:ndcg", "`learner.objective.name` is rank:ndcg".to_owned()),
        ("\"learner\"", "\"teacher\"", "`learner` is missing".to_owned()),
        ("\"num_class\":\"0\"", "\"num_class\":\"3\"", "`learner.learner_model_param.num_class` is 3".to_owned()),
        ("\"sum_hessian\":[", "\"sum_hessian\":[1e300,", format!("`{trees}.sum_hessian` has")),
    ] {
        let got = error(from, to);
        assert!(got.starts_with(&expected), "{got}\nfor {expected}");
    }
    assert!(Model::from_bytes(b"").is_err() && Model::from_bytes(b"hello").is_err());
    assert!(Model::from_bytes(b"{").is_err() && Model::from_bytes(b"{}").is_err());
}

#[test]
fn a_long_chain_of_nodes_is_refused_without_a_deep_stack() {
    let length = 100_000;
    let numbers = |f: &dyn Fn(usize) -> i64| {
        let all: Vec<String> = (0..=2 * length).map(|i| f(i).to_string()).collect();
        format!("[{}]", all.join(","))
    };
    // Node 2k splits into the leaf 2k + 1 and the node 2k + 2.
    let child = |i: usize, to: usize| if i.is_multiple_of(2) && i < 2 * length { (i + to) as i64 } else { -1 };
    let tree = format!(
        r#"{{"left_children":{},"right_children":{},"split_indices":{z},"split_conditions":{z},"default_left":{z},"sum_hessian":{z},"tree_param":{{}}}}"#,
        numbers(&|i| child(i, 1)),
        numbers(&|i| child(i, 2)),
        z = numbers(&|_| 0)
    );
    let document = format!(
        r#"{{"learner":{{"gradient_booster":{{"name":"gbtree","model":{{"trees":[{tree}]}}}},"objective":{{"name":"reg:squarederror"}},"learner_model_param":{{"base_score":"0","num_feature":"1"}}}}}}"#
    );
    let error = Model::from_bytes(document.as_bytes()).expect_err("too deep");
    assert_eq!(error.to_string(), "tree 0 is deeper than 512");
}
