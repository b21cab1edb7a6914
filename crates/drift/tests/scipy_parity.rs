//! What has no golden value is held against scipy itself, on inputs that both sides make.
//!
//! `TIDEWHEEL_PYTHON` names a Python with `numpy` 2.4.6 and `scipy` 1.17.1. Without it the test fails in CI and says so
//! elsewhere.

mod support;

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use support::{sample, uniform};
use tidewheel_drift::dependence::rank_correlation::rank_correlation;
use tidewheel_drift::distance::psi::QuantileBins;
use tidewheel_drift::distance::{hellinger::hellinger, total_variation::total_variation, wasserstein::winsorised};
use tidewheel_drift::effect::{Level, Tail};
use tidewheel_drift::sample::quantile;
use tidewheel_drift::size::{cliffs_delta::cliffs_delta, cohens_d::cohens_d, cramers_v::cramers_v};
use tidewheel_drift::special::{beta_regularised, student_t_sf, student_t_upper_quantile};
use tidewheel_drift::test::{anderson_darling::anderson_darling, g::g_test, welch::welch};

/// scipy's values by name; `None` where no Python is named.
fn scipys() -> Option<HashMap<String, Vec<f64>>> {
    let Ok(python) = std::env::var("TIDEWHEEL_PYTHON") else {
        let advice = "TIDEWHEEL_PYTHON is not set: name a Python with `pip install numpy==2.4.6 scipy==1.17.1`";
        assert!(std::env::var_os("CI").is_none(), "{advice}");
        eprintln!("not compared with scipy: {advice}");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scipy_parity.py");
    let output = Command::new(&python).arg(script).output();
    let output = output.unwrap_or_else(|error| panic!("{python} does not start: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{python} with numpy 2.4.6 and scipy 1.17.1 is needed:\n{stderr}");
    Some(serde_json::from_slice(&output.stdout).expect("one JSON object"))
}

/// Relative error, or where a value is a difference of nearly equal ones, an absolute error of that size.
fn assert_close(got: f64, want: f64, size: f64, what: &str) {
    let error = (got - want).abs();
    assert!(error <= 1e-9 * want.abs().max(size), "{what}: got {got:e}, scipy {want:e}");
}

/// An unsorted sample in the order of its draws.
fn rows(kind: &str, seed: u64, n: usize, delta: f64) -> Vec<f64> {
    let value = |x: f64| match kind {
        "uniform" => x + delta,
        "tied" => ((x + delta) * 7.0).floor(),
        _ => -(1.0 - x).ln() * (1.0 + delta),
    };
    uniform(seed, n).into_iter().map(value).collect()
}

fn check_two_samples(scipys: &HashMap<String, Vec<f64>>) {
    let level = Level { low: Tail::new(0.025), high: Tail::new(0.025) };
    for kind in ["uniform", "tied", "exp"] {
        for (n, m) in [(5, 7), (40, 60), (500, 700), (3000, 2000)] {
            for (delta, text) in [(0.0, "0.0"), (0.02, "0.02"), (0.2, "0.2")] {
                let name = format!("{kind} {n} {m} {text}");
                let want = &scipys[&name];
                let (a, b, c) = (sample(kind, 1, n, 0.0), sample(kind, 2, m, delta), sample(kind, 3, n, delta));
                let (a, b, c) = (a.sorted(), b.sorted(), c.sorted());
                let two = anderson_darling(&[a, b]).expect("values");
                let three = anderson_darling(&[a, b, c]).expect("values");
                let t = welch(a, b).expect("values");
                let (low, high) = (quantile(a, 0.01).expect("values"), quantile(a, 0.99).expect("values"));
                let rho = rank_correlation(&rows(kind, 1, n, 0.0), &rows(kind, 3, n, delta)).expect("varies");
                let got = [
                    (two.statistic, 1.0, "Anderson-Darling"),
                    (two.p_value, 0.0, "Anderson-Darling p"),
                    (three.statistic, 1.0, "Anderson-Darling of three"),
                    (three.p_value, 0.0, "Anderson-Darling p of three"),
                    (t.statistic, 1e-3, "Welch"),
                    (t.p_value, 0.0, "Welch p"),
                    (t.degrees_of_freedom, 0.0, "Welch df"),
                    (winsorised(a, b, low, high).expect("values"), 0.0, "winsorised Wasserstein"),
                    (rho.value, 1e-3, "Spearman"),
                    (cohens_d(a, b, level).expect("values").value, 1e-3, "Cohen's d"),
                    (cliffs_delta(a, b, level).expect("values").value, 1e-3, "Cliff's delta"),
                    (QuantileBins::freeze(a, 10).and_then(|bins| bins.psi(b)).expect("values").value, 1e-6, "PSI"),
                ];
                assert_eq!(want.len(), got.len());
                for ((got, size, what), &want) in got.into_iter().zip(want) {
                    assert_close(got, want, size, &format!("{what} of {name}"));
                }
            }
        }
    }
}

fn check_tables(scipys: &HashMap<String, Vec<f64>>) {
    let tables: [[&[u64]; 2]; 6] = [
        [&[10, 20], &[20, 30]],
        [&[10, 0, 5], &[7, 3, 9]],
        [&[1000, 2000, 3000], &[1050, 1900, 3100]],
        [&[5, 5, 5, 5], &[5, 5, 5, 6]],
        [&[0, 3], &[3, 0]],
        [&[700_000, 300_000], &[700_900, 299_100]],
    ];
    for (place, [a, b]) in tables.into_iter().enumerate() {
        let (with, without) = (g_test(a, b, true).expect("rows"), g_test(a, b, false).expect("rows"));
        let weights = |counts: &[u64]| counts.iter().map(|&rows| rows as f64).collect::<Vec<f64>>();
        let (p, q) = (weights(a), weights(b));
        let got = [
            with.statistic,
            with.p_value,
            with.degrees_of_freedom as f64,
            without.statistic,
            without.p_value,
            without.degrees_of_freedom as f64,
            cramers_v(a, b).expect("rows").uncorrected,
            hellinger(&p, &q).expect("rows"),
            total_variation(&p, &q).expect("rows"),
        ];
        for (column, (got, &want)) in got.into_iter().zip(&scipys[&format!("table {place}")]).enumerate() {
            // G is a sum of terms that nearly cancel
            let size = if column == 0 || column == 3 { 1e-3 } else { 0.0 };
            assert_close(got, want, size, &format!("table {place}, column {column}"));
        }
    }
}

fn check_special_functions(scipys: &HashMap<String, Vec<f64>>) {
    let mut want = scipys["t.sf"].iter();
    for df in [0.5, 1.0, 2.5, 10.0, 100.0, 3000.0, 99_999.0, 100_001.0, 1e7] {
        for t in [0.01, 0.5, 2.0, 6.0, 20.0, 35.0] {
            let what = format!("t.sf({t}, {df})");
            assert_close(student_t_sf(t, df), *want.next().expect("as many"), 0.0, &what);
        }
    }
    let mut want = scipys["t.isf"].iter();
    for df in [1.0, 2.5, 10.0, 100.0, 3000.0] {
        for p in [0.4, 0.05, 1e-3, 1e-8] {
            let what = format!("t.isf({p}, {df})");
            assert_close(student_t_upper_quantile(p, df), *want.next().expect("as many"), 0.0, &what);
        }
    }
    let mut want = scipys["betainc"].iter();
    for a in [0.5, 2.0, 30.0, 500.0] {
        for b in [0.5, 3.0, 80.0] {
            for x in [0.01, 0.3, 0.9] {
                let what = format!("betainc({a}, {b}, {x})");
                assert_close(beta_regularised(a, b, x, 1.0 - x), *want.next().expect("as many"), 0.0, &what);
            }
        }
    }
}

#[test]
fn what_has_no_golden_value_is_scipys() {
    let Some(scipys) = scipys() else { return };
    check_two_samples(&scipys);
    check_tables(&scipys);
    check_special_functions(&scipys);
}
