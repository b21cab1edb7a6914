//! Our models opened by XGBoost, and XGBoost's by us; see `xgboost_parity.py`.
//!
//! `TIDEWHEEL_PYTHON` names a Python with `xgboost` 3.2.0, `numpy` and `scipy`. Without it the test fails in CI and
//! says so elsewhere.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tidewheel_boost::{Dataset, Explainer, Model, Objective, Params, TrainOptions, train};

const FEATURES: usize = 6;
const ROWS: usize = 800;

/// Numbers from -3 to 3, one in eight missing, one column with few distinct values.
fn rows() -> Vec<f32> {
    let mut state = 12_345u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..ROWS * FEATURES)
        .map(|i| {
            let x = next() * 6.0 - 3.0;
            if next() < 0.125 {
                f32::NAN
            } else if i % FEATURES == 5 {
                x.round()
            } else {
                x
            }
        })
        .collect()
}

fn train_ours(rows: &[f32], params: &Params) -> Model {
    let names: Vec<String> = (0..FEATURES).map(|i| format!("f {i}")).collect();
    let data = Dataset::from_rows(rows, FEATURES, &names, params.max_bin).expect("good rows");
    let known = |row: &[f32], i: usize| if row[i].is_nan() { -0.5 } else { f64::from(row[i]) };
    let targets: Vec<f64> = rows
        .chunks(FEATURES)
        .map(|row| {
            let y = known(row, 0) * 3.0 + (known(row, 1) * 2.0).sin() * known(row, 2) + known(row, 5).powi(2);
            if params.objective == Objective::BinaryLogistic { f64::from(u8::from(y > 2.0)) } else { y + 1_000.0 }
        })
        .collect();
    let mut model = train(&data, &targets, params, TrainOptions::default()).expect("good data");
    model.attributes_mut().insert("note".to_owned(), "a \"quoted\" note".to_owned());
    model
}

fn bytes_f32(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn read_f32(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes.as_chunks::<4>().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect()
}

fn write_ours(folder: &Path, rows: &[f32]) {
    let base = Params { num_rounds: 40, ..Params::default() };
    for (name, params) in [
        ("ours_default", base.clone()),
        ("ours_deep", Params { max_depth: 11, eta: 0.1, subsample: 0.6, colsample_bytree: 0.7, ..base.clone() }),
        ("ours_small", Params { num_rounds: 1, max_depth: 1, max_bin: 4, ..base.clone() }),
        ("ours_logistic", Params { objective: Objective::BinaryLogistic, max_depth: 4, alpha: 0.1, ..base }),
    ] {
        let model = train_ours(rows, &params);
        let explainer = Explainer::new(&model);
        let phi = explainer.explain_rows(rows).expect("whole rows");
        let shap: Vec<u8> = phi
            .chunks(FEATURES)
            .flat_map(|phi| phi.iter().copied().chain([explainer.base_value()]))
            .flat_map(f64::to_le_bytes)
            .collect();
        let prediction = model.predict_rows(rows).expect("whole rows");
        let write = |suffix: &str, bytes: &[u8]| {
            std::fs::write(folder.join(format!("{name}.{suffix}")), bytes).expect("the folder can be written");
        };
        write("ubj", &model.to_ubjson());
        write("json", model.to_json().as_bytes());
        write("prediction", &bytes_f32(&prediction));
        write("shap", &shap);
    }
}

/// Equal to `ulps` units in the last place.
fn assert_equal(ours: &[f32], theirs: &[f32], ulps: i64, what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let distance = i64::from(a.to_bits()) - i64::from(b.to_bits());
        assert!(distance.abs() <= ulps, "{what}: row {i}: {a} for {b}");
    }
}

fn check_theirs(folder: &Path, rows: &[f32]) {
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a readable folder").path();
        let file = path.file_name().and_then(|name| name.to_str()).expect("names are ASCII").to_owned();
        if !path.extension().is_some_and(|extension| extension == "json" || extension == "ubj") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a readable file");
        if file.starts_with("refused_") {
            let error = Model::from_bytes(&bytes).expect_err("not supported").to_string();
            assert!(error.contains("supported"), "{file}: {error}");
            checked += 1;
        }
        if !file.starts_with("theirs_") {
            continue;
        }
        let model = Model::from_bytes(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(model.attributes().get("note"), path.file_stem().map(|stem| stem.to_string_lossy().into()).as_ref());
        let margins = model.margin_rows(rows).expect("whole rows");
        assert_equal(&margins, &read_f32(&path.with_extension("margin")), 0, &file);
        let one_by_one: Vec<f32> =
            rows.chunks(FEATURES).map(|row| model.margin_row(row).expect("a whole row")).collect();
        assert_equal(&one_by_one, &margins, 0, &file);
        // The logistic function is the C library's on one side and Rust's on the other.
        let ulps = if model.objective() == Objective::SquaredError { 0 } else { 2 };
        let predictions = model.predict_rows(rows).expect("whole rows");
        assert_equal(&predictions, &read_f32(&path.with_extension("prediction")), ulps, &file);

        let explainer = Explainer::new(&model);
        let phi = explainer.explain_rows(rows).expect("whole rows");
        for (ours, theirs) in phi.chunks(FEATURES).zip(read_f32(&path.with_extension("contribs")).chunks(FEATURES + 1))
        {
            let ours = ours.iter().copied().chain([explainer.base_value()]);
            for (a, &b) in ours.zip(theirs) {
                assert!((a - f64::from(b)).abs() < 1e-5 * f64::from(b.abs()).max(1.0) * 5.0, "{file}: {a} for {b}");
            }
        }
        // Written by us and read again it is the same model.
        let again = Model::from_bytes(&model.to_ubjson()).expect("our own file");
        assert_eq!(again.parts(), model.parts(), "{file}");
        checked += 1;
    }
    assert_eq!(checked, 24, "models of the Python side");
    let named = Model::from_bytes(&std::fs::read(folder.join("theirs_named.ubj")).expect("it was written"));
    let named = named.expect("it was read above");
    assert_eq!(named.feature_names()[2], "column 2");
    assert_eq!(named.feature_types()[5], "int");
}

#[test]
fn models_pass_between_xgboost_and_us_unchanged() {
    let Ok(python) = std::env::var("TIDEWHEEL_PYTHON") else {
        let advice = "TIDEWHEEL_PYTHON is not set: name a Python with `pip install xgboost==3.2.0 numpy scipy`";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{advice}");
        eprintln!("not compared with XGBoost: {advice}");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("xgboost_parity");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("an old folder can be removed");
    }
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let rows = rows();
    std::fs::write(folder.join("rows.f32"), bytes_f32(&rows)).expect("the folder can be written");
    write_ours(&folder, &rows);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/xgboost_parity.py");
    // One thread: idle ones of OpenMP would spin on processors that other tests need.
    let output = Command::new(&python).arg(script).arg(&folder).env("OMP_NUM_THREADS", "1").output();
    let output = output.unwrap_or_else(|error| panic!("{python} does not start: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{python} with xgboost 3.2.0, numpy and scipy is needed:\n{stderr}");
    check_theirs(&folder, &rows);
}
