//! Times the full default report: `cargo run --release -p tidewheel-drift --example speed -- [rows a side]`.

#![allow(clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use rayon::prelude::*;
use support::{Random, categories, draw, level_names, numbers, zipf};
use tidewheel_domain::drift_report::DriftSettings;
use tidewheel_domain::table::Table;
use tidewheel_drift::compare;
use tidewheel_drift::sample::Sample;
use tidewheel_drift::test::ks::ks_two_sample;

/// Ten numeric columns and two categorical ones.
fn table(rows: usize, random: &mut Random) -> Table {
    let many = zipf(1000, 1.0);
    let mut columns = Vec::new();
    for i in 0..10 {
        let column = match i % 4 {
            0 => numbers(rows, || random.normal()),
            1 => numbers(rows, || random.normal().exp()),
            2 => numbers(rows, || if random.uniform() < 0.1 { f64::NAN } else { random.uniform() }),
            _ => numbers(rows, || (random.uniform() * 12.0).floor()),
        };
        columns.push((format!("n{i}"), column));
    }
    columns.push(("few".to_owned(), categories(rows, &level_names(8), || Some(random.below(8) as u32))));
    columns.push(("many".to_owned(), categories(rows, &level_names(1000), || Some(draw(&many, random) as u32))));
    Table::new(columns).expect("one length")
}

fn main() {
    let rows: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let random = &mut Random::new(1);
    let (reference, current) = (table(rows, random), table(rows, random));
    for _ in 0..3 {
        let start = Instant::now();
        let report = compare(&reference, &current, &DriftSettings::default()).expect("comparable");
        println!("{rows} v {rows} rows x 12 columns: {:?}, {} drifted", start.elapsed(), report.drifted_columns);
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let least = (0..10).into_par_iter().map(|i| ks_of(&reference, &current, &format!("n{i}")));
        let least = least.reduce(|| 1.0, f64::min);
        times.push((start.elapsed().as_secs_f64() * 1000.0, least));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (median, least) = times[2];
    println!("ten columns: KS alone {median:.1} ms (least p = {least:.3})");
}

fn ks_of(reference: &Table, current: &Table, column: &str) -> f64 {
    let values = |table: &Table| Sample::new(table.number(column).expect("numbers"));
    ks_two_sample(values(reference).sorted(), values(current).sorted()).expect("values").p_value
}
