//! The project file: written, checked, described.

mod common;

use std::fs;
use std::path::Path;

use common::{command, finish, run, sales};
use serde_json::Value;

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_template_is_written_once_and_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["init", "listings", "--template", "real-estate"]).ok();
    let checked = run(here, &["-C", "listings", "check", "--format", "json"]).ok().json();
    assert_eq!(checked["valid"], true);
    assert_eq!(checked["features"].as_array().map(Vec::len), Some(13));
    run(here, &["init", "listings"]).wrong_use(&["tidewheel.toml", "--force"]);
    run(here, &["init", "listings", "--force"]).ok();
}

#[test]
fn a_project_is_inferred_from_a_table_and_is_valid_unedited() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "sales.csv", 1, 300, 0.0);
    run(here, &["init", "--from", "sales.csv", "--target", "units"]).ok();
    let text = fs::read_to_string(here.join("tidewheel.toml")).expect("written");
    for line in [
        "name = \"sales\"",
        "target = \"units\"",
        "key = [\"size\", \"region\", \"day\"]",
        "path = \"sales.csv\"",
        "# 300 rows, none missing, 4 different, such as",
        "encoder = \"ordinal\"",
    ] {
        assert!(text.contains(line), "'{line}' is missing:\n{text}");
    }
    assert!(!text.contains("\nmin_r2"), "no floors:\n{text}");
    let checked = run(here, &["check", "--format", "json"]).ok().json();
    assert_eq!(checked["features"], serde_json::json!(["size", "region"]));
}

#[test]
fn odd_names_and_values_still_give_a_valid_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let mut text = String::from("row,Größe (m²),\"a \"\"b\"\"\",code,flag,empty,income,name\n");
    for row in 0..120 {
        let income = 10_f64.powf(f64::from(row % 40) / 10.0);
        let size = if row % 10 == 0 { "NA".to_owned() } else { format!("{}.5", row % 7) };
        let flag = if row % 2 == 0 { "true" } else { "false" };
        text += &format!("{row},{size},x{},0{:03},{flag},,{income:.2},person {row}\n", row % 3, row % 11);
    }
    fs::write(here.join("odd.csv"), text).expect("written");
    run(here, &["init", "p", "--from", "odd.csv", "--target", "income"]).ok();
    let text = fs::read_to_string(here.join("p/tidewheel.toml")).expect("written");
    for line in [
        "target_transform = \"log1p\"",
        "[schema.\"Größe (m²)\"]",
        "bad_value = \"missing\"",
        "# Not a feature: it looks like a row number.",
        "# Not a feature: it never varies.",
        "# Not a feature: nearly every value is different",
        "encoder = \"target_mean\"",
    ] {
        assert!(text.contains(line), "'{line}' is missing:\n{text}");
    }
    run(here, &["-C", "p", "check"]).ok();
}

#[test]
fn a_table_that_gives_no_project_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "sales.csv", 1, 30, 0.0);
    let init = |args: &[&str]| run(here, &[&["init", "p"], args].concat());
    init(&["--from", "sales.csv", "--target", "unit"]).wrong_use(&["--target 'unit'", "units"]);
    init(&["--from", "sales.csv", "--target", "region"]).wrong_use(&["region", "texts"]);
    init(&["--from", "sales.csv"]).wrong_use(&["--target"]);
    init(&["--from", "nothing.csv", "--target", "units"]).fails_with(1, &["nothing.csv"]);
    fs::write(here.join("a.xlsx"), "x").expect("written");
    init(&["--from", "a.xlsx", "--target", "units"]).wrong_use(&["a.xlsx", "CSV"]);
    fs::write(here.join("empty.csv"), "").expect("written");
    init(&["--from", "empty.csv", "--target", "units"]).fails_with(1, &["empty.csv"]);
    assert!(!here.join("p").exists());
}

#[test]
fn mistakes_in_the_file_end_with_2_and_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["init"]).ok();
    let file = here.join("tidewheel.toml");
    let good = fs::read_to_string(&file).expect("written");
    let cases = [
        ("[train]\n", "[train]\nholdot = 0.3\n", vec!["line ", "'holdot'", "did you mean 'holdout'"]),
        ("[train]\n", "[train\n", vec!["tidewheel.toml"]),
        ("trials = 10", "trials = \"ten\"", vec!["ten"]),
        ("trials = 10", "trials = 0", vec!["train.trials", "'0'"]),
        ("sql = \"bed * bath\"", "sql = \"bed * baths\"", vec!["bed * baths", "baths"]),
        ("sql = \"bed * bath\"", "sql = \"bed *\"", vec!["bed *"]),
    ];
    for (from, to, words) in cases {
        fs::write(&file, good.replacen(from, to, 1)).expect("written");
        run(here, &["check"]).wrong_use(&words);
    }
}

#[test]
fn the_environment_and_flags_lie_over_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["init"]).ok();
    let mut with_variable = command(here, &["check"]);
    let seen = finish(with_variable.env("TIDEWHEEL_TRAIN_TRIALS", "4")).ok().stdout;
    assert!(seen.contains("train.trials is set by environment variable TIDEWHEEL_TRAIN_TRIALS"), "{seen}");
    let seen = run(here, &["check", "--set", "store.database=other.db"]).ok().stdout;
    assert!(seen.contains("store.database is set by flag --set"), "{seen}");
    run(here, &["check", "--set", "store.databas=x"]).wrong_use(&["'databas'", "'database'"]);
    run(here, &["check", "--set", "store"]).wrong_use(&["KEY=VALUE"]);
    let mut unknown = command(here, &["check"]);
    finish(unknown.env("TIDEWHEEL_TRAIN_TRAILS", "4")).wrong_use(&["TIDEWHEEL_TRAIN_TRAILS", "'trials'"]);
}

#[test]
fn the_project_is_found_from_a_folder_below_it() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &["init"]).ok();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).expect("made");
    run(&below, &["check"]).ok();
}

#[test]
fn the_schemas_in_the_docs_are_fresh() {
    for (of, file) in [("project", "project-file.schema.json"), ("decision", "decision-record.schema.json")] {
        let schema = run(Path::new("."), &["schema", of]).ok().stdout;
        let kept = fs::read_to_string(docs().join(file)).expect("kept in docs");
        assert!(schema == kept, "run: tidewheel schema {of} > docs/{file}");
    }
}

/// Every key of the schema's objects, wherever they stand.
fn keys(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                found.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| keys(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_docs_explain_every_section_and_key() {
    let text = fs::read_to_string(docs().join("project-file.md")).expect("docs/project-file.md");
    let schema = run(Path::new("."), &["schema"]).ok().json();
    let mut found = Vec::new();
    keys(&schema, &mut found);
    // Words in code marks, split at what joins them: `bounds.tails`, `[schema.NAME]`, `[[clean]]`.
    let marked = text.split('`').skip(1).step_by(2);
    let words = marked.flat_map(|code| code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')));
    let words = words.collect::<std::collections::HashSet<_>>();
    let missing = found.iter().filter(|key| !words.contains(key.as_str())).collect::<Vec<_>>();
    assert!(missing.is_empty(), "docs/project-file.md does not name {missing:?}");
}

#[test]
fn the_openapi_document_names_the_fields_of_the_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "sales.csv", 1, 60, 0.0);
    run(here, &["init", "--from", "sales.csv", "--target", "units"]).ok();
    let document = run(here, &["openapi"]).ok().json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/predict"].is_object(), "{document}");
    assert!(document["components"].to_string().contains("region"));
}
