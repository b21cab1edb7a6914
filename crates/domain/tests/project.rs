//! The checked project: what is accepted, and what a mistake is answered with.

use tidewheel_domain::project::{Check, Layers, Project, ProjectError, SourceSpec, Transform};

const MINIMAL: &str = r#"
[project]
name = "demand"
target = "units"

[source]
kind = "files"
path = "data/*.csv"

[schema.units]
type = "number"
nullable = false

[schema.size]
type = "number"
min = 0

[schema.region]
type = "category"

[[feature]]
name = "size"

[[encode]]
column = "region"
encoder = "target_mean"
"#;

fn project(text: &str) -> Result<Project, ProjectError> {
    Layers::new().file("tidewheel.toml", text)?.raw()?.try_into()
}

#[test]
fn a_minimal_project_is_completed_with_defaults() {
    let project = project(MINIMAL).expect("valid");
    assert_eq!(project.transform, Transform::None);
    assert_eq!(project.key, ["size", "region"]);
    assert_eq!(project.feature_names(), ["size", "region"]);
    assert_eq!(project.model_name, "demand_model");
    assert_eq!(project.source, SourceSpec::Files { path: "data/*.csv".into() });
    assert_eq!(project.column("units").expect("a column").checks, [Check::Required]);
    assert_eq!(project.columns[0].name, "units", "columns keep the order of the file");
    assert!((project.train.holdout - 0.2).abs() < f64::EPSILON);
}

#[test]
fn the_bundled_project_is_valid() {
    let text = include_str!("../../../examples/real-estate/tidewheel.toml");
    let project = project(text).expect("valid");
    assert_eq!(project.key.len(), 7);
    assert_eq!(project.feature_names().len(), 13);
}

#[test]
fn every_mistake_names_its_key_and_its_value() {
    let cases = [
        (
            "target = \"units\"",
            "target = \"unit\"",
            "'project.target' = 'unit': no column of [schema] has this name; did you mean 'units'?",
        ),
        ("target = \"units\"", "", "'project.target' is missing: the column to predict"),
        (
            "name = \"demand\"",
            "name = \"a/b\"",
            "'project.name' = 'a/b': use at most 100 letters, digits, '-', '_' and '.'",
        ),
        ("column = \"region\"", "column = \"size\"", "'encode.column' = 'size': must be a category, but is a number"),
        ("min = 0", "min = 5\nmax = 1", "'schema.size.min' = '5': is above 'max' = 1"),
        (
            "min = 0",
            "values = [\"a\"]",
            "'schema.size.values' = '[..]': only a category has a set of values; use 'min' and 'max'",
        ),
        ("kind = \"files\"", "", "'source.kind' is missing: \"http\", \"files\" or \"emulator\""),
        (
            "[[feature]]\nname = \"size\"",
            "[[feature]]\nname = \"region\"",
            "'feature.name' = 'region': two features have this name",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(MINIMAL.contains(from), "{from}");
        let error = project(&MINIMAL.replacen(from, to, 1)).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_shown_in_its_line() {
    let error = project(&MINIMAL.replace("min = 0", "min = \"zero\"")).expect_err("wrong type").to_string();
    assert!(error.contains("line 16"), "{error}");
    assert!(error.contains("zero"), "{error}");
}

#[test]
fn an_out_of_range_setting_says_what_is_allowed() {
    let error = project(&format!("{MINIMAL}\n[train]\nholdout = 0.9\n")).expect_err("too large").to_string();
    assert_eq!(error, "'train.holdout' = '0.9': must lie between 0.05 and 0.5");
}
