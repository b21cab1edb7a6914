//! What the intervals and the policy `effect` promise, on a small seeded sample: the program `coverage` measures the
//! same at length.

mod support;

use rayon::prelude::*;
use support::{Random, categories, draw, level_names, mixed, numbers, zipf};
use tidewheel_domain::drift_report::DriftSettings;
use tidewheel_domain::table::{Column, Table};
use tidewheel_drift::compare;
use tidewheel_drift::effect::Level;
use tidewheel_drift::effect::numeric::{Frozen, distance};
use tidewheel_drift::sample::Sample;

/// The smallest count that a binomial variable exceeds with a chance below one in a million.
fn binomial_limit(runs: usize, p: f64) -> usize {
    let mut tail = 1.0;
    for k in 0..=runs {
        tail -= tidewheel_drift::special::binomial_pmf(k as f64, runs as f64, p, 1.0 - p);
        if tail < 1e-6 {
            return k;
        }
    }
    runs
}

fn drifts(reference: &Table, current: &Table) -> bool {
    compare(reference, current, &DriftSettings::default()).expect("tables of one shape").drifted_columns > 0
}

#[test]
fn identical_distributions_hardly_ever_train() {
    for (n, m, runs) in [(1000, 1000, 120), (3000, 1000, 60), (1000, 10_000, 30), (10_000, 10_000, 20)] {
        let trained = (0..runs)
            .into_par_iter()
            .filter(|&seed| {
                let random = &mut Random::new((seed * 65_537 + n + 3 * m) as u64);
                drifts(&mixed(n, random), &mixed(m, random))
            })
            .count();
        assert!(trained <= binomial_limit(runs, 0.01), "{trained} of {runs} pairs of {n} and {m} rows");
    }
}

/// The table with one numeric column edited.
fn edited(table: &Table, name: &str, edit: impl Fn(f64) -> f64) -> Table {
    let columns = table.iter().map(|(own, column)| {
        let column = match column {
            Column::Number(values) if own == name => Column::Number(values.iter().map(|x| edit(*x)).collect()),
            other => other.clone(),
        };
        (own.to_owned(), column)
    });
    Table::new(columns.collect()).expect("one length")
}

#[test]
fn a_fifth_of_a_standard_deviation_is_found_in_ten_thousand_rows() {
    let runs = 30;
    let missed = (0..runs)
        .into_par_iter()
        .filter(|&seed| {
            let random = &mut Random::new(seed as u64 + 500);
            let (reference, current) = (mixed(10_000, random), mixed(10_000, random));
            !drifts(&reference, &edited(&current, "normal", |x| x + 0.2))
        })
        .count();
    assert!(missed <= binomial_limit(runs, 0.01), "{missed} of {runs} missed");
}

#[test]
fn half_a_percent_of_a_lognormal_is_not_over_the_bound_at_four_hundred_thousand_rows() {
    let random = &mut Random::new(77);
    let mut side = |factor: f64| Sample::new(&(0..400_000).map(|_| random.normal().exp() * factor).collect::<Vec<_>>());
    let (reference, current) = (side(1.0), side(1.005));
    let frozen = Frozen::of(&reference).expect("values");
    let effect = distance(&reference, &current, &frozen, Level::new(0.05, 12), 0.1).expect("values");
    assert!(effect.high < 0.1, "{effect:?}");
}

#[test]
fn the_interval_holds_a_known_shift() {
    // both ends together may miss in 1/60: a third of .05
    let (runs, n) = (300, 1500);
    for shift in [0.0, 0.1, 0.4] {
        let random = &mut Random::new(3);
        let frozen_sd = {
            let sample = Sample::new(&(0..200_000).map(|_| random.normal()).collect::<Vec<_>>());
            let frozen = Frozen::of(&sample).expect("values");
            let moved = Sample::new(&sample.sorted().iter().map(|x| x + shift).collect::<Vec<_>>());
            distance(&sample, &moved, &frozen, Level::new(0.05, 1), 0.1).expect("values").value
        };
        let missed = (0..runs)
            .into_par_iter()
            .filter(|&seed| {
                let random = &mut Random::new(seed as u64 + 9000);
                let reference = Sample::new(&(0..n).map(|_| random.normal()).collect::<Vec<_>>());
                let current = Sample::new(&(0..n).map(|_| random.normal() + shift).collect::<Vec<_>>());
                let frozen = Frozen::of(&reference).expect("values");
                let effect = distance(&reference, &current, &frozen, Level::new(0.05, 1), 0.1).expect("values");
                !(effect.low - 1e-12..=effect.high + 1e-12).contains(&frozen_sd)
            })
            .count();
        assert!(missed <= binomial_limit(runs, 0.05 / 3.0), "{missed} of {runs} at {shift}");
    }
}

/// Rows like those of a property market: heavy tails, gaps, a category of many levels nested in a coarse one.
fn market(rows: usize, random: &mut Random) -> Table {
    let fine = zipf(1436, 0.9);
    let codes: Vec<u32> = (0..rows).map(|_| draw(&fine, random) as u32).collect();
    let amount = |code: u32, random: &mut Random| {
        let local = 0.4 * f64::from(code % 17) / 17.0;
        (12.8 + local + 0.9 * random.normal() + if random.uniform() < 0.002 { 4.0 } else { 0.0 }).exp()
    };
    let amounts: Vec<f64> = codes.iter().map(|&code| amount(code, random)).collect();
    let mut places = codes.iter();
    let mut regions = codes.iter();
    let mut amounts = amounts.into_iter();
    let next = "as many";
    Table::new(vec![
        ("amount".to_owned(), numbers(rows, || amounts.next().expect(next))),
        (
            "land".to_owned(),
            numbers(rows, || if random.uniform() < 0.2 { f64::NAN } else { random.uniform().powf(-1.2) }),
        ),
        ("rooms".to_owned(), numbers(rows, || (1.0 + random.normal().abs() * 2.5).floor())),
        ("place".to_owned(), categories(rows, &level_names(1436), || places.next().copied())),
        ("region".to_owned(), categories(rows, &level_names(12), || regions.next().map(|code| code % 12))),
    ])
    .expect("one length")
}

#[test]
fn shuffled_parts_of_a_heavy_tailed_set_with_many_levels_do_not_train_and_a_population_shift_does() {
    let random = &mut Random::new(2024);
    let all = market(27_000, random);
    for size in [1680, 2784] {
        let mut order: Vec<usize> = (0..all.rows()).collect();
        random.shuffle(&mut order);
        let parts: Vec<Table> = order.chunks_exact(size).take(8).map(|rows| all.take(rows)).collect();
        for (k, part) in parts.iter().enumerate().skip(1) {
            assert!(!drifts(&parts[0], part), "part {k} of {size} rows against the first");
        }
    }
    // another part of the country: the same rows, sorted by region
    let regions = all.category("region").expect("categories").codes.clone();
    let in_half =
        |first: bool| (0..all.rows()).filter(|&row| (regions[row] < 6) == first).take(3000).collect::<Vec<_>>();
    let report = compare(&all.take(&in_half(true)), &all.take(&in_half(false)), &DriftSettings::default())
        .expect("tables of one shape");
    for name in ["place", "region"] {
        assert!(report.column(name).is_some_and(|column| column.drifted), "{name}");
    }
    assert!(!report.column("rooms").is_some_and(|column| column.drifted));
}
