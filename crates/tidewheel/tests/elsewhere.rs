//! The loop on data from another field, unedited after `init --from`.

mod support;

use std::process::Command;

use support::{json, server, tidewheel};

#[test]
fn a_table_of_another_field_turns_unedited() {
    let Some(python) = server("TIDEWHEEL_PYTHON") else { return };
    let find = "import vega_datasets, os; print(os.path.join(os.path.dirname(vega_datasets.__file__), '_data', 'seattle-weather.csv'))";
    let path = Command::new(python).args(["-c", find]).output().expect("Python starts");
    let path = String::from_utf8_lossy(&path.stdout).trim().to_owned();
    assert!(std::path::Path::new(&path).is_file(), "the package vega-datasets carries '{path}'");

    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("weather");
    let init = tidewheel().arg("init").arg(&dir).args(["--from", &path, "--target", "temp_max"]).output();
    let init = init.expect("the binary starts");
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    let turned = support::run(&dir, &["run", "--all"], &[]);
    assert!(turned.status.success(), "{}", String::from_utf8_lossy(&turned.stderr));

    let turns = json(&dir, &["runs", "list"], &[]);
    assert_eq!(turns.as_array().map(Vec::len), Some(1));
    assert_eq!(turns[0]["action"], "baseline");
    assert_eq!(turns[0]["promoted"], true);
    let models = json(&dir, &["models", "list"], &[]);
    let r2 = models[0]["metrics"]["r2"]["value"].as_f64().expect("a figure");
    assert!(r2 > 0.5, "weather of one day from that day's other figures: R2 {r2}");
}
