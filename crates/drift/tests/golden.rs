//! Statistics against values that scipy 1.17.1, Evidently 0.7.23 and river 0.26.1 computed (`golden.json` says how inputs
//! are made).

mod support;

use serde_json::Value;
use support::sample;
use tidewheel_drift::distance::{energy::energy, evidently, jensen_shannon::jensen_shannon, wasserstein::wasserstein};
use tidewheel_drift::multiplicity::{benjamini_hochberg, benjamini_yekutieli, bonferroni, holm};
use tidewheel_drift::test::{chi_square, cramer_von_mises::cramer_von_mises, ks, kstwo, mann_whitney::mann_whitney};

fn golden() -> Value {
    serde_json::from_str(include_str!("golden.json")).expect("golden.json is JSON")
}

fn rows<'a>(golden: &'a Value, block: &str) -> &'a [Value] {
    golden[block].as_array().expect("a block of rows")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("numbers").iter().map(number).collect()
}

fn assert_close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-9 * want.abs(), "{what}: got {got:e}, want {want:e}");
}

#[test]
fn two_samples_are_compared_as_scipy_does() {
    let golden = golden();
    for row in rows(&golden, "two_sample") {
        let kind = row["kind"].as_str().expect("text");
        let size = |name: &str| row[name].as_u64().expect("a size") as usize;
        let (n, m) = (size("n"), size("m"));
        let (a, b) = (sample(kind, 1, n, 0.0), sample(kind, 2, m, number(&row["delta"])));
        let (a, b) = (a.sorted(), b.sorted());
        let what = |name: &str| format!("{name} of {kind} n={n} m={m} delta={}", row["delta"]);

        let got = ks::ks_two_sample(a, b).expect("not empty");
        let want = numbers(&row["ks"]);
        assert_close(got.statistic, want[0], &what("ks"));
        assert_close(got.p_value, want[1], &what("ks p"));
        assert_eq!((got.location, f64::from(got.sign)), (want[2], want[3]), "{}", what("ks place"));
        assert_close(ks::asymptotic(n, m, got.statistic), number(&row["ks_asymp_p"]), &what("ks asymptotic p"));
        assert_close(wasserstein(a, b).expect("not empty"), number(&row["wasserstein"]), &what("wasserstein"));
        assert_close(energy(a, b).expect("not empty"), number(&row["energy"]), &what("energy"));
        let got = mann_whitney(a, b).expect("not empty");
        let want = numbers(&row["mwu_asymp"]);
        assert_close(got.statistic, want[0], &what("U"));
        assert_close(got.p_value, want[1], &what("U p"));
        let got = cramer_von_mises(a, b).expect("not empty");
        let want = numbers(&row["cvm_asymp"]);
        assert_close(got.statistic, want[0], &what("T"));
        // p is 1 minus a sum of about 1, so its rounding error is absolute
        let error = (got.p_value - want[1]).abs();
        assert!(error <= 1e-9 * want[1] + 1e-14, "{}: {:e} {:e}", what("T p"), got.p_value, want[1]);
    }
}

#[test]
fn the_ks_distribution_is_scipys_kstwo() {
    for row in rows(&golden(), "kstwo_sf") {
        let row = numbers(row);
        assert_close(kstwo::survival(row[0] as u64, row[1]), row[2], &format!("kstwo.sf({}, {})", row[1], row[0]));
    }
}

#[test]
fn the_chi_square_tail_keeps_its_relative_accuracy() {
    for row in rows(&golden(), "chi2_sf") {
        let row = numbers(row);
        assert_close(chi_square::survival(row[0], row[1]), row[2], &format!("chi2.sf({}, {})", row[0], row[1]));
    }
}

#[test]
fn homogeneity_is_tested_as_scipy_does() {
    for row in rows(&golden(), "chi2_contingency") {
        let table: Vec<Vec<u64>> = row["table"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|r| numbers(r).iter().map(|&x| x as u64).collect())
            .collect();
        if table.len() != 2 {
            continue;
        }
        let got = chi_square::homogeneity(&table[0], &table[1], row["yates"] == true).expect("two rows");
        assert_close(got.statistic, number(&row["chi2"]), "chi2");
        assert_close(got.p_value, number(&row["p"]), "chi2 p");
        assert_eq!(Some(got.degrees_of_freedom), row["dof"].as_u64());
    }
}

#[test]
fn p_values_are_adjusted_as_published() {
    let golden = golden();
    let block = &golden["fdr"];
    let p = numbers(&block["p"]);
    for (name, got) in [
        ("bonferroni", bonferroni(&p)),
        ("holm", holm(&p)),
        ("bh", benjamini_hochberg(&p)),
        ("by", benjamini_yekutieli(&p)),
    ] {
        for (got, want) in got.into_iter().zip(numbers(&block[name])) {
            assert_close(got, want, name);
        }
    }
}

#[test]
fn jensen_shannon_is_scipys() {
    for row in rows(&golden(), "js") {
        let got = jensen_shannon(&numbers(&row["p"]), &numbers(&row["q"])).expect("positive");
        assert_close(got, number(&row["base2"]), "js");
    }
}

#[test]
fn evidentlys_figures_are_evidentlys() {
    let golden = golden();
    for row in rows(&golden, "evidently") {
        let kind = row["kind"].as_str().expect("text");
        let size = |name: &str| row[name].as_u64().expect("a size") as usize;
        let a = sample(kind, 1, size("n"), 0.0);
        let b = sample(kind, 2, size("m"), number(&row["delta"]));
        let (a, b) = (a.sorted(), b.sorted());
        let close = |name: &str, got: f64| {
            assert_close(got, number(&row[name]), &format!("{name} of {kind} delta={}", row["delta"]));
        };
        let shares = evidently::Shares::of_numbers(a, b).expect("values");
        close("psi", shares.psi().value);
        close("kl", shares.kullback_leibler());
        close("jensenshannon", shares.jensen_shannon());
        close("hellinger", evidently::hellinger_of_numbers(a, b).expect("values"));
        close("wasserstein_norm", evidently::wasserstein_normed(a, b).expect("values"));
        if row.get("psi_cat").is_none() {
            continue;
        }
        let levels = evidently::Shares::of_values(a, b).expect("values");
        close("psi_cat", levels.psi().value);
        close("js_cat", levels.jensen_shannon());
        close("hellinger_cat", levels.hellinger());
        let count = |values: &[f64]| -> Vec<u64> {
            (0..10).map(|level| values.iter().filter(|&&x| x == f64::from(level)).count() as u64).collect()
        };
        let (x, y): (Vec<u64>, Vec<u64>) = count(a).into_iter().zip(count(b)).filter(|(x, y)| x + y > 0).unzip();
        close("chisquare", evidently::chi_square_fit(&x, &y).expect("rows"));
    }
}
