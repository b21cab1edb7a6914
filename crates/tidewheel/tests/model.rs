//! `tidewheel model`: train, predict, explain, convert on files.

mod common;

use std::fs;
use std::path::Path;

use common::{run, sales};

/// A CSV file of numbers by column name.
fn columns(path: &Path) -> Vec<(String, Vec<f64>)> {
    let text = fs::read_to_string(path).expect("readable");
    let mut lines = text.lines();
    let names = lines.next().expect("a heading").split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut columns = names.into_iter().map(|name| (name, Vec::new())).collect::<Vec<_>>();
    for line in lines {
        for ((_, values), text) in columns.iter_mut().zip(line.split(',')) {
            values.push(text.parse().expect("a number"));
        }
    }
    columns
}

#[test]
fn a_model_is_trained_predicts_and_explains_additively() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "train.csv", 1, 800, 0.0);
    sales(here, "new.csv", 2, 100, 0.0);
    let train = ["model", "train", "train.csv", "--target", "units", "--out", "m.ubj", "--leave-out", "day"];
    let summary = run(here, &[&train[..], &["--rounds", "60", "--max-depth", "4", "--format", "json"]].concat()).ok();
    let summary = summary.json();
    assert_eq!((&summary["rows"], &summary["features"], &summary["rounds"]), (&800.into(), &2.into(), &60.into()));
    for field in ["read_ms", "bin_ms", "train_ms"] {
        assert!(summary[field].is_number(), "{summary}");
    }
    assert!(summary["metrics"]["r2"]["value"].as_f64().is_some_and(|r2| r2 > 0.99), "{summary}");

    run(here, &["model", "predict", "m.ubj", "new.csv", "--out", "p.csv"]).ok();
    run(here, &["model", "explain", "m.ubj", "new.csv", "--out", "e.csv"]).ok();
    let predictions = columns(&here.join("p.csv"));
    let explained = columns(&here.join("e.csv"));
    assert_eq!(predictions.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["prediction"]);
    assert_eq!(explained.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["size", "region", "base_value"]);
    assert_eq!(predictions[0].1.len(), 100);
    for row in 0..100 {
        let sum = explained.iter().map(|(_, values)| values[row]).sum::<f64>();
        // The prediction is a sum of f32 numbers, the explanation one of f64 numbers.
        assert!((sum - predictions[0].1[row]).abs() < 1e-4, "row {row}: {sum} is not {}", predictions[0].1[row]);
    }
    let printed = run(here, &["model", "predict", "m.ubj", "new.csv"]).ok().stdout;
    assert_eq!(printed, fs::read_to_string(here.join("p.csv")).expect("readable"));
}

#[test]
fn formats_and_threads_change_no_prediction() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "train.csv", 1, 500, 0.0);
    let train =
        ["model", "train", "train.csv", "--target", "units", "--rounds", "30", "--subsample", "0.8", "--seed", "7"];
    run(here, &[&train[..], &["--out", "a.json", "--threads", "1"]].concat()).ok();
    run(here, &[&train[..], &["--out", "b.json", "--threads", "2"]].concat()).ok();
    assert_eq!(fs::read(here.join("a.json")).expect("a"), fs::read(here.join("b.json")).expect("b"));
    run(here, &["model", "convert", "a.json", "c.ubj"]).ok();
    run(here, &["model", "convert", "c.ubj", "d.json"]).ok();
    assert_eq!(fs::read(here.join("a.json")).expect("a"), fs::read(here.join("d.json")).expect("d"));
    let predict = |model: &str| run(here, &["model", "predict", model, "train.csv"]).ok().stdout;
    assert_eq!(predict("a.json"), predict("c.ubj"));
}

#[test]
fn bad_input_is_named_and_leaves_no_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "train.csv", 1, 50, 0.0);
    let train = |args: &[&str]| run(here, &[&["model", "train", "train.csv"], args].concat());
    train(&["--target", "unit", "--out", "m.ubj"]).wrong_use(&["--target 'unit'", "units"]);
    train(&["--target", "region", "--out", "m.ubj"]).wrong_use(&["region", "texts"]);
    train(&["--target", "units", "--out", "m.bin"]).wrong_use(&["m.bin", ".ubj"]);
    train(&["--target", "units", "--out", "none/m.ubj"]).wrong_use(&["none"]);
    train(&["--target", "units", "--out", "m.ubj", "--eta", "3"]).wrong_use(&["eta", "3"]);
    train(&["--target", "units", "--out", "m.ubj", "--rounds", "0"]).wrong_use(&["num_rounds"]);
    train(&["--target", "units", "--out", "m.ubj", "--leave-out", "colour"]).wrong_use(&["colour"]);
    assert!(!here.join("m.ubj").exists());

    fs::write(here.join("large.csv"), "x,y\n1,1\n1e39,2\n").expect("written");
    let large = ["model", "train", "large.csv", "--target", "y", "--out", "m.ubj"];
    run(here, &large).fails_with(1, &["column 'x'", "row 2"]);
    assert!(!here.join("m.ubj").exists());

    train(&["--target", "units", "--out", "m.ubj", "--rounds", "5"]).ok();
    fs::write(here.join("short.csv"), "size,day\n1,2024-01-01\n").expect("written");
    run(here, &["model", "predict", "m.ubj", "short.csv"]).wrong_use(&["region"]);
    fs::write(here.join("text.csv"), "size,region,day\nwide,north,2024-01-01\n").expect("written");
    run(here, &["model", "predict", "m.ubj", "text.csv", "--out", "p.csv"]).wrong_use(&["size", "wide", "row 1"]);
    assert!(!here.join("p.csv").exists());
    let bytes = fs::read(here.join("m.ubj")).expect("a model");
    fs::write(here.join("cut.ubj"), &bytes[..bytes.len() / 2]).expect("written");
    run(here, &["model", "predict", "cut.ubj", "train.csv"]).fails_with(1, &["cut.ubj"]);
}
