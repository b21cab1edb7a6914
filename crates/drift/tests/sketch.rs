//! Rank errors of the KLL sketch, over seeds and orders of arrival.

mod support;

use support::Random;
use tidewheel_domain::drift_report::{DriftSettings, EffectName, Note};
use tidewheel_domain::table::{Column, Table};
use tidewheel_drift::compare;
use tidewheel_drift::distance::wasserstein::wasserstein;
use tidewheel_drift::effect::Level;
use tidewheel_drift::effect::numeric::{Frozen, distance};
use tidewheel_drift::sample::Sample;
use tidewheel_drift::sketch::kll::Kll;

/// Largest error over a thousand ranks of the whole numbers below `n`.
fn worst_rank_error(sketch: &Kll, n: usize) -> f64 {
    let mut worst = 0.0f64;
    let mut below = 0u64;
    let points = sketch.points();
    let mut place = 0;
    for step in 1..1000 {
        let x = (n * step / 1000) as f64;
        while place < points.len() && points[place].0 <= x {
            below += points[place].1;
            place += 1;
        }
        worst = worst.max((below as f64 / n as f64 - (x + 1.0) / n as f64).abs());
    }
    worst
}

fn order(kind: &str, n: usize, random: &mut Random) -> Vec<f64> {
    let mut values: Vec<f64> = (0..n).map(|i| i as f64).collect();
    match kind {
        "growing" => {}
        "falling" => values.reverse(),
        // the ends first, inwards
        "inwards" => values = (0..n).map(|i| if i % 2 == 0 { i / 2 } else { n - 1 - i / 2 } as f64).collect(),
        _ => random.shuffle(&mut values),
    }
    values
}

#[test]
fn every_rank_is_off_by_less_than_a_thousandth() {
    let n = 1_000_000;
    let mut worst = 0.0f64;
    for (seed, kind) in ["random", "growing", "falling", "inwards"].into_iter().cycle().take(12).enumerate() {
        let mut sketch = Kll::new(seed as u64);
        for value in order(kind, n, &mut Random::new(seed as u64)) {
            sketch.update(value);
        }
        let error = worst_rank_error(&sketch, n);
        assert!(error < 0.001, "{kind}, seed {seed}: {error}");
        worst = worst.max(error);
    }
    assert!(worst < 0.0004, "the documented error is {worst}");
}

#[test]
fn merged_sketches_are_as_good() {
    let n = 4_000_000;
    let values = order("random", n, &mut Random::new(3));
    let mut whole = Kll::new(99);
    for (part, values) in values.chunks(n / 16).enumerate() {
        let mut sketch = Kll::new(part as u64);
        for &value in values {
            sketch.update(value);
        }
        whole.merge(&sketch);
    }
    assert_eq!(whole.rows(), n as u64);
    let error = worst_rank_error(&whole, n);
    assert!(error < 0.0004, "{error}");
}

#[test]
fn a_sketch_stands_for_its_sample_in_a_distance() {
    let random = &mut Random::new(1);
    let mut draw = |n: usize, shift: f64| (0..n).map(|_| random.normal() + shift).collect::<Vec<f64>>();
    let (mut a, mut b) = (draw(300_000, 0.0), draw(200_000, 0.1));
    let (mut of_a, mut of_b) = (Kll::new(1), Kll::new(2));
    for (sketch, values) in [(&mut of_a, &a), (&mut of_b, &b)] {
        for &value in values {
            sketch.update(value);
        }
    }
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let exact = wasserstein(&a, &b).expect("values");
    let got = wasserstein(&of_a.sorted(20_000), &of_b.sorted(20_000)).expect("values");
    assert!((got - exact).abs() < 0.003, "{got} for {exact}");
}

#[test]
fn the_same_rows_and_seed_give_the_same_sketch() {
    let sketch = |seed: u64| {
        let mut sketch = Kll::with_k(64, seed);
        (0..50_000).for_each(|i| sketch.update(f64::from(i * 7919 % 50_021)));
        sketch
    };
    assert_eq!(sketch(5), sketch(5));
    assert_ne!(sketch(5), sketch(6));
    let mut infinite = sketch(5);
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        infinite.update(value);
    }
    for sketch in [sketch(5), infinite, Kll::new(1)] {
        let text = serde_json::to_string(&sketch).expect("serialises");
        assert_eq!(serde_json::from_str::<Kll>(&text).expect("reads back"), sketch);
    }
}

#[test]
fn a_column_of_more_than_a_million_values_is_compared_by_its_sketch_and_says_so() {
    const ROWS: usize = 1_200_000;
    let random = &mut Random::new(5);
    let mut side = |shift: f64| -> Vec<f64> {
        let mut values: Vec<f64> = (0..ROWS).map(|_| random.normal() + shift).collect();
        values[..30_000].fill(f64::NAN);
        values[30_000..30_007].fill(f64::INFINITY);
        values
    };
    let (before, now) = (side(0.0), side(0.05));
    let table = |values: &[f64]| Table::new(vec![("x".to_owned(), Column::Number(values.to_vec()))]).expect("a table");
    let report = compare(&table(&before), &table(&now), &DriftSettings::default()).expect("comparable");
    let column = &report.columns[0];
    assert!(column.notes.contains(&Note::Approximate { exact_up_to: 1_000_000 }), "{:?}", column.notes);
    assert!(column.notes.contains(&Note::InfiniteValues { reference: 7, current: 7 }), "{:?}", column.notes);
    assert_eq!((column.reference.rows, column.reference.missing), (ROWS as u64, 30_000));

    let (a, b) = (Sample::new(&before), Sample::new(&now));
    let exact = distance(&a, &b, &Frozen::of(&a).expect("values"), Level::new(0.05, 1), 0.1).expect("values");
    let sketched = column.effect_named(EffectName::Distance).expect("measured");
    assert!((sketched.value - exact.value).abs() < 0.001, "{sketched:?} {exact:?}");
    assert!(sketched.low <= exact.value && exact.value <= sketched.high);

    let fewer = table(&before[..1_000_000]);
    let report = compare(&fewer, &fewer, &DriftSettings::default()).expect("comparable");
    assert!(!report.columns[0].notes.iter().any(|note| matches!(note, Note::Approximate { .. })));
}
