//! What the intervals of the champion's performance promise, over seeds, against binomial limits.

mod support;

use support::Random;
use tidewheel_domain::table::CategoryColumn;
use tidewheel_drift::effect::{Level, Tail};
use tidewheel_drift::performance::calibrated_confidence::confidence_estimate;
use tidewheel_drift::performance::direct_loss::direct_loss;
use tidewheel_drift::performance::{ErrorRise, Segments, decompose, reweighted_rise};

/// Runs a side of the simulations.
const RUNS: usize = 2000;

fn level() -> Level {
    Level { low: Tail::new(0.025), high: Tail::new(0.025) }
}

/// The largest number of misses among the runs that a chance of `p` explains, at four standard deviations.
fn limit(p: f64) -> usize {
    (RUNS as f64 * p + 4.0 * (RUNS as f64 * p * (1.0 - p)).sqrt()).ceil() as usize
}

/// Losses as residuals of a regression on a logarithmic scale have them: half normal.
fn losses(n: usize, scale: f64, random: &mut Random) -> Vec<f64> {
    (0..n).map(|_| scale * random.normal().abs()).collect()
}

#[test]
fn the_interval_of_the_error_rise_covers_the_true_ratio() {
    for (n, m, truth) in [(500, 500, 1.0), (3000, 500, 1.1), (800, 3000, 1.3)] {
        let (mut above, mut below) = (0, 0);
        for seed in 0..RUNS as u64 {
            let random = &mut Random::new(seed + n as u64 * 7919);
            let (reference, current) = (losses(n, 1.0, random), losses(m, truth, random));
            let rise = ErrorRise::of(&reference, &current, level()).expect("losses");
            above += usize::from(rise.low > truth);
            below += usize::from(rise.high < truth);
        }
        assert!(above <= limit(0.025) && below <= limit(0.025), "{n} v {m}: {above} above, {below} below of {RUNS}");
        assert!(above + below >= RUNS / 40, "{n} v {m}: {above} above, {below} below: far too wide");
    }
}

#[test]
fn with_clusters_the_interval_still_covers() {
    let (mut plain, mut clustered) = (0, 0);
    for seed in 0..RUNS as u64 {
        let random = &mut Random::new(seed);
        // 60 clusters of ten rows a side, each with a scale of its own
        let mut side = |first: u64| -> (Vec<f64>, Vec<u64>) {
            (0..60)
                .flat_map(|cluster| {
                    let scale = (0.4 * random.normal()).exp();
                    let rows = losses(10, scale, random);
                    rows.into_iter().map(move |loss| (loss, first + cluster)).collect::<Vec<_>>()
                })
                .unzip()
        };
        let ((a, of_a), (b, of_b)) = (side(0), side(1000));
        let without = ErrorRise::of(&a, &b, level()).expect("losses");
        let with = ErrorRise::clustered((&a, &of_a), (&b, &of_b), level()).expect("losses");
        plain += usize::from(without.low > 1.0 || without.high < 1.0);
        clustered += usize::from(with.low > 1.0 || with.high < 1.0);
    }
    assert!(clustered <= limit(0.05), "{clustered} of {RUNS} miss");
    assert!(plain > 2 * clustered, "without clusters only {plain} of {RUNS} miss");
}

#[test]
fn the_parts_of_a_decomposition_lie_within_their_errors() {
    let names = ["a", "b", "c"];
    let (shares_before, shares_now) = ([0.5, 0.3, 0.2], [0.3, 0.3, 0.4]);
    let (before, now) = ([1.0, 2.0, 4.0], [1.2, 2.0, 3.5]);
    // the truth by the formula
    let mean = |shares: [f64; 3], means: [f64; 3]| (0..3).map(|s| shares[s] * means[s]).sum::<f64>();
    let middle = f64::midpoint(mean(shares_before, before), mean(shares_now, now));
    let mix: f64 =
        (0..3).map(|s| (shares_now[s] - shares_before[s]) * (f64::midpoint(before[s], now[s]) - middle)).sum();
    let within = mean(shares_now, now) - mean(shares_before, before) - mix;
    let (mut mix_misses, mut within_misses) = (0, 0);
    for seed in 0..RUNS as u64 {
        let random = &mut Random::new(seed);
        let mut side = |shares: [f64; 3], means: [f64; 3], n: usize| -> (CategoryColumn, Vec<f64>) {
            let rows: Vec<(usize, f64)> = (0..n)
                .map(|_| {
                    let u = random.uniform();
                    let segment = usize::from(u > shares[0]) + usize::from(u > shares[0] + shares[1]);
                    (segment, means[segment] + random.normal())
                })
                .collect();
            let column = CategoryColumn::from_values(rows.iter().map(|&(segment, _)| Some(names[segment])));
            (column, rows.into_iter().map(|(_, value)| value).collect())
        };
        let ((a, of_a), (b, of_b)) = (side(shares_before, before, 400), side(shares_now, now, 300));
        let got = decompose(&Segments::of(&a, &b), &of_a, &of_b).expect("values");
        mix_misses += usize::from((got.mix - mix).abs() > 1.96 * got.mix_error);
        within_misses += usize::from((got.within - within).abs() > 1.96 * got.within_error);
    }
    for misses in [mix_misses, within_misses] {
        assert!(misses <= limit(0.05) && misses >= RUNS / 40, "mix {mix_misses}, within {within_misses} of {RUNS}");
    }
}

#[test]
fn without_labels_the_bands_cover_what_labels_would_give() {
    let names = ["a", "b", "c", "d"];
    let scales = [1.0, 2.0, 4.0, 0.5];
    let (mut reweighted, mut direct, mut accuracy, mut precision) = (0, 0, 0, 0);
    for seed in 0..RUNS as u64 {
        let random = &mut Random::new(seed);
        // the mix moves, the loss within a segment does not
        let mut side = |cuts: [f64; 3], n: usize| -> (Vec<usize>, Vec<f64>) {
            (0..n)
                .map(|_| {
                    let u = random.uniform();
                    let segment = cuts.iter().filter(|&&cut| u > cut).count();
                    (segment, scales[segment] * random.normal().abs())
                })
                .unzip()
        };
        let (before, losses) = side([0.4, 0.7, 0.8], 800);
        let (now, _) = side([0.2, 0.4, 0.9], 500);
        let column = |rows: &[usize]| CategoryColumn::from_values(rows.iter().map(|&segment| Some(names[segment])));
        let half_normal = (2.0 / std::f64::consts::PI).sqrt();
        let mean = |shares: [f64; 4]| (0..4).map(|s| shares[s] * scales[s] * half_normal).sum::<f64>();
        let truth = mean([0.2, 0.2, 0.5, 0.1]);
        let ratio = truth / mean([0.4, 0.3, 0.1, 0.2]);
        let rise = reweighted_rise(&Segments::of(&column(&before), &column(&now)), &losses, level()).expect("losses");
        reweighted += usize::from(rise.low > ratio || rise.high < ratio);
        // predicted losses: a third too small everywhere
        let foreseen = |rows: &[usize]| rows.iter().map(|&s| scales[s] * half_normal - 0.3).collect::<Vec<f64>>();
        let got = direct_loss(&foreseen(&now), (&foreseen(&before), &losses), level()).expect("losses");
        direct += usize::from(got.low > truth || got.high < truth);
        // a calibrated classifier; what its 300 labels turn out to give
        let p: Vec<f64> = (0..300).map(|_| random.uniform()).collect();
        let got = confidence_estimate(&p, 0.5, level()).expect("rows");
        accuracy += usize::from(got.accuracy.low > 0.75 || got.accuracy.high < 0.75);
        let of_chosen = got.precision.expect("positives");
        precision += usize::from(of_chosen.low > 0.75 || of_chosen.high < 0.75);
    }
    for (name, misses) in [("reweighted", reweighted), ("direct", direct)] {
        assert!(misses <= limit(0.05) && misses >= RUNS / 40, "{name}: {misses} of {RUNS}");
    }
    // these bands count the labels' own chance, which the estimate does not have: they may be wide
    assert!(accuracy <= limit(0.05) && precision <= limit(0.05), "{accuracy}, {precision} of {RUNS}");
}
