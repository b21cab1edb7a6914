//! `tidewheel drift`: two files, a report, an exit code.

mod common;

use common::{Numbers, run, sales};

#[test]
fn files_that_agree_end_with_0() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "a.csv", 1, 3000, 0.0);
    sales(here, "b.csv", 2, 3000, 0.0);
    let ran = run(here, &["drift", "a.csv", "b.csv", "--format", "json"]).ok();
    let report = ran.json();
    assert_eq!(report["action"], "skip");
    for column in report["columns"].as_array().expect("columns") {
        assert_eq!(column["drifted"], false, "{column}");
        assert!(column["name"].is_string() && column["kind"].is_string());
        for field in ["value", "low", "high", "bound"] {
            assert!(column["effect"][field].is_number(), "{column}");
        }
        let test = &column["tests"][0];
        assert!(test["name"].is_string() && test["p_value"].is_number() && test["p_adjusted"].is_number(), "{column}");
    }
    assert!(run(here, &["drift", "a.csv", "b.csv"]).ok().stdout.contains("size"));
}

#[test]
fn a_shift_ends_with_10_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "a.csv", 1, 3000, 0.0);
    sales(here, "b.csv", 2, 3000, 3.0);
    let ran = run(here, &["drift", "a.csv", "b.csv", "--format", "json"]);
    assert_eq!(ran.code, 10, "{ran:?}");
    let report = ran.json();
    assert_eq!(report["action"], "retrain");
    assert!(report["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    let columns = report["columns"].as_array().expect("columns");
    let size = columns.iter().find(|column| column["name"] == "size").expect("size");
    assert_eq!(size["drifted"], true);
    let region = columns.iter().find(|column| column["name"] == "region").expect("region");
    assert_eq!(region["drifted"], false);
    let text = run(here, &["drift", "a.csv", "b.csv"]);
    assert_eq!(text.code, 10);
    assert!(text.stdout.contains("size"), "{text:?}");
}

#[test]
fn bounds_come_from_a_policy_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "a.csv", 1, 3000, 0.0);
    sales(here, "b.csv", 2, 3000, 3.0);
    std::fs::write(here.join("wide.toml"), "[drift.bounds]\ndistance = 9\ntails = 0.9\n").expect("written");
    run(here, &["drift", "a.csv", "b.csv", "--policy", "wide.toml"]).ok();
    std::fs::write(here.join("one.toml"), "[drift]\ncolumns = [\"region\"]\n").expect("written");
    run(here, &["drift", "a.csv", "b.csv", "--policy", "one.toml"]).ok();
    let wrong = [
        ("[drift.bounds]\ndistanc = 9\n", "'distance'"),
        ("[drift.bounds]\ndistance = -1\n", "drift.bounds.distance"),
        ("[drift]\ncolumns = [\"colour\"]\n", "colour"),
        ("[policy]\nname = \"gut\"\n", "gut"),
    ];
    for (text, words) in wrong {
        std::fs::write(here.join("wrong.toml"), text).expect("written");
        run(here, &["drift", "a.csv", "b.csv", "--policy", "wrong.toml"]).wrong_use(&[words]);
    }
    run(here, &["drift", "a.csv", "b.csv", "--policy", "none.toml"]).wrong_use(&["none.toml"]);
}

#[test]
fn files_that_cannot_be_compared_end_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sales(here, "a.csv", 1, 30, 0.0);
    std::fs::write(here.join("b.csv"), "other\n1\n2\n").expect("written");
    run(here, &["drift", "a.csv", "b.csv"]).fails_with(1, &["no column in common"]);
    std::fs::write(here.join("c.csv"), "size,region\n1\n").expect("written");
    run(here, &["drift", "a.csv", "c.csv"]).fails_with(1, &["c.csv", "line 2"]);
    std::fs::write(here.join("d.parquet"), "PAR1 and no more").expect("written");
    run(here, &["drift", "a.csv", "d.parquet"]).fails_with(1, &["d.parquet"]);
    run(here, &["drift", "a.csv", "e.xlsx"]).fails_with(1, &["e.xlsx"]);
}

#[test]
fn what_no_column_shows_by_itself_is_seen_by_all_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    // z goes with the product of x and y, and then against it: neither a column nor a pair of them changes.
    let table = |name: &str, seed: u64, sign: f64| {
        let mut numbers = Numbers(seed);
        let mut text = String::from("x,y,z\n");
        for _ in 0..3000 {
            let (x, y) = (numbers.next() - 0.5, numbers.next() - 0.5);
            let z = sign * 4.0 * x * y + 0.2 * (numbers.next() - 0.5);
            text += &format!("{x:.4},{y:.4},{z:.4}\n");
        }
        std::fs::write(here.join(name), text).expect("written");
    };
    table("a.csv", 1, 1.0);
    table("b.csv", 2, 1.0);
    table("c.csv", 3, -1.0);
    run(here, &["drift", "a.csv", "c.csv"]).ok();
    let seen = run(here, &["drift", "a.csv", "c.csv", "--multivariate"]);
    assert_eq!(seen.code, 10, "{seen:?}");
    assert!(seen.stdout.contains("all of them together did") && seen.stdout.contains("AUC"), "{seen:?}");
    let report = run(here, &["drift", "a.csv", "c.csv", "--multivariate", "--format", "json"]).json();
    assert!(report["classifier"]["low"].as_f64() > Some(0.6), "{}", report["classifier"]);
    let page = run(here, &["drift", "a.csv", "c.csv", "--multivariate", "--format", "html"]).stdout;
    assert!(page.contains("All columns together"), "the page says it, too");
    run(here, &["drift", "a.csv", "b.csv", "--multivariate"]).ok();
}
