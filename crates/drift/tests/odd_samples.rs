//! Every statistic of two samples, on samples that are empty, of one row, constant, infinite or huge: a finite answer or
//! none, never NaN, never a panic.

use tidewheel_drift::dependence::auc::auc;
use tidewheel_drift::dependence::rank_correlation::rank_correlation;
use tidewheel_drift::distance::psi::{QuantileBins, psi_of_levels};
use tidewheel_drift::distance::{
    chance::excess, energy::energy, evidently, hellinger::hellinger, jensen_shannon::jensen_shannon,
    total_variation::total_variation, wasserstein,
};
use tidewheel_drift::effect::{Level, Tail};
use tidewheel_drift::performance::direct_loss::direct_loss;
use tidewheel_drift::performance::{ErrorRise, Segments, decompose, reweighted_rise};
use tidewheel_drift::sample::Sample;
use tidewheel_drift::size::{cliffs_delta::cliffs_delta, cohens_d::cohens_d, cramers_v::cramers_v};
use tidewheel_drift::test::{
    anderson_darling::anderson_darling, chi_square, cramer_von_mises::cramer_von_mises, g::g_test, ks::ks_two_sample,
    mann_whitney::mann_whitney, permutation::permutation_test, welch::welch,
};

fn level() -> Level {
    Level { low: Tail::new(0.025), high: Tail::new(0.025) }
}

/// What a statistic gave, by name.
struct Given(Vec<(&'static str, Option<Vec<f64>>)>);

impl Given {
    fn check(self, what: &str) {
        for (name, figures) in self.0 {
            for figure in figures.unwrap_or_default() {
                assert!(figure.is_finite(), "{name} gives {figure} for {what}");
            }
        }
    }
}

fn samples() -> Vec<(&'static str, Vec<f64>)> {
    vec![
        ("nothing", vec![]),
        ("missing", vec![f64::NAN; 5]),
        ("one row", vec![3.0]),
        ("two rows", vec![1.0, 2.0]),
        ("a constant", vec![7.0; 40]),
        ("zeros", vec![0.0, -0.0, 0.0]),
        ("infinite", vec![f64::INFINITY; 4]),
        ("both infinities", vec![f64::NEG_INFINITY, 1.0, 2.0, f64::INFINITY, f64::NAN]),
        ("huge", vec![f64::MAX, f64::MIN, f64::MAX, 0.0, 1.0]),
        ("tiny", vec![f64::MIN_POSITIVE, 5e-324, 0.0, 1e-300, 2e-300]),
        ("usual", (0..50).map(|i| f64::from(i * 37 % 11)).collect()),
    ]
}

#[test]
fn numbers_give_finite_figures_or_none() {
    for (a_name, a) in samples() {
        for (b_name, b) in samples() {
            let (x, y) = (Sample::new(&a), Sample::new(&b));
            let (p, q) = (x.sorted(), y.sorted());
            let two = |pair: Option<(f64, f64)>| pair.map(|(s, t)| vec![s, t]);
            let size = |size: tidewheel_drift::size::Size| vec![size.value, size.low, size.high];
            let bins = QuantileBins::freeze(p, 10);
            let rank = rank_correlation(&a[..a.len().min(b.len())], &b[..a.len().min(b.len())]);
            Given(vec![
                ("ks", two(ks_two_sample(p, q).map(|ks| (ks.statistic, ks.p_value)))),
                ("ad", two(anderson_darling(&[p, q]).map(|ad| (ad.statistic, ad.p_value)))),
                ("cvm", two(cramer_von_mises(p, q).map(|t| (t.statistic, t.p_value)))),
                ("mwu", two(mann_whitney(p, q).map(|t| (t.statistic, t.p_value)))),
                ("welch", welch(p, q).map(|t| vec![t.statistic, t.p_value, t.degrees_of_freedom])),
                ("d", cohens_d(p, q, level()).map(size)),
                ("delta", cliffs_delta(p, q, level()).map(size)),
                ("psi", bins.and_then(|bins| bins.psi(q)).map(|psi| vec![psi.value, psi.chance])),
                ("winsorised", wasserstein::winsorised(p, q, -5.0, 5.0).map(|w| vec![w])),
                ("rho", rank.map(|r| vec![r.value, r.error, r.interval(2.0).0, r.interval(2.0).1])),
                ("rise", ErrorRise::of(&a, &b, level()).map(|r| vec![r.ratio, r.low, r.high, r.p_value])),
                ("dle", direct_loss(&a, (&b, &b), level()).map(|e| vec![e.estimate, e.low, e.high])),
            ])
            .check(&format!("{a_name} against {b_name}"));
            let (p, q) = (x.finite(), y.finite());
            if [p, q].iter().any(|side| side.iter().any(|value| value.abs() > 1e300)) {
                continue;
            }
            let shares = evidently::Shares::of_numbers(p, q);
            Given(vec![
                ("wasserstein", wasserstein::wasserstein(p, q).map(|w| vec![w])),
                ("energy", energy(p, q).map(|w| vec![w])),
                ("normed", evidently::wasserstein_normed(p, q).map(|w| vec![w])),
                ("hellinger", evidently::hellinger_of_numbers(p, q).map(|w| vec![w])),
                ("evidently", shares.map(|s| vec![s.psi().value, s.kullback_leibler(), s.jensen_shannon()])),
            ])
            .check(&format!("{a_name} against {b_name}, finite part"));
        }
    }
}

#[test]
fn counts_give_finite_figures_or_none() {
    let counts: [&[u64]; 7] =
        [&[0, 0, 0], &[1, 0, 0], &[0, 0, 1], &[5, 5, 5], &[1_000_000_000, 0, 1], &[0, 7, 0], &[1, 1, 1]];
    for a in counts {
        for b in counts {
            let weights = |counts: &[u64]| counts.iter().map(|&rows| rows as f64).collect::<Vec<f64>>();
            let (p, q) = (weights(a), weights(b));
            let test = |t: chi_square::ChiSquare| vec![t.statistic, t.p_value];
            Given(vec![
                ("chi2", chi_square::homogeneity(a, b, false).map(test)),
                ("g", g_test(a, b, true).map(test)),
                ("permutation", permutation_test(a, b, 20, 1).map(|t| vec![t.statistic, t.p_value])),
                ("v", cramers_v(a, b).map(|v| vec![v.value, v.uncorrected])),
                ("psi", psi_of_levels(a, b).map(|psi| vec![psi.value, psi.chance])),
                ("js", jensen_shannon(&p, &q).map(|d| vec![d])),
                ("hellinger", hellinger(&p, &q).map(|d| vec![d])),
                ("tv", total_variation(&p, &q).map(|d| vec![d])),
                ("excess", excess(a, b, hellinger, 20, 1).map(|e| vec![e.measured, e.chance, e.chance_sd, e.p_value])),
                ("fit", evidently::chi_square_fit(a, b).map(|p| vec![p])),
            ])
            .check(&format!("{a:?} against {b:?}"));
        }
    }
}

#[test]
fn segments_give_finite_figures_or_none() {
    for (a_name, a) in samples() {
        for (b_name, b) in samples() {
            let column = |n: usize| {
                let names = ["a", "b", "c"];
                tidewheel_domain::table::CategoryColumn::from_values((0..n).map(|row| Some(names[row * row % 3])))
            };
            let segments = Segments::of(&column(a.len()), &column(b.len()));
            let split = decompose(&segments, &a, &b);
            let rise = reweighted_rise(&segments, &a, level());
            Given(vec![
                ("split", split.map(|d| vec![d.difference, d.mix, d.within, d.mix_error, d.within_error])),
                ("rise", rise.map(|r| vec![r.ratio, r.low, r.high, r.effective_rows])),
            ])
            .check(&format!("{a_name} against {b_name}"));
        }
    }
}

#[test]
fn areas_are_finite_or_none() {
    for (name, scores) in samples() {
        let scores: Vec<f64> = scores.into_iter().filter(|score| !score.is_nan()).collect();
        let sides: Vec<bool> = (0..scores.len()).map(|row| row % 2 == 0).collect();
        Given(vec![("auc", auc(&scores, &sides).map(|a| vec![a.value, a.variance]))]).check(name);
    }
}
