//! How often the rule `effect` trains: on nothing, and on changes.

use rayon::prelude::*;
use tidewheel_domain::drift_report::{DriftReport, DriftSettings};
use tidewheel_domain::table::{CategoryColumn, Column, Table};
use tidewheel_drift::compare;

use crate::support::{Random, draw, mixed, zipf};

fn compared(reference: &Table, current: &Table) -> DriftReport {
    compare(reference, current, &DriftSettings::default()).expect("tables of one shape")
}

/// Whether the policy trains: some effect of a column, or of a pair, lies wholly above its bound.
fn trains(report: &DriftReport) -> bool {
    report.drifted_columns > 0 || report.pairs.iter().any(|pair| pair.effect.over)
}

fn drifts(reference: &Table, current: &Table) -> bool {
    trains(&compared(reference, current))
}

/// The largest tables get fewer runs.
fn runs_at(rows: usize, runs: usize) -> usize {
    let percent = if rows > 500_000 { 20 } else { 100 };
    (runs * percent / 100).max(1)
}

/// Identical distributions: how often would the policy train?
pub(crate) fn false_alarms(runs: usize) {
    println!("\n### Identical distributions, twelve mixed columns and their pairs (goal: trains in <= .01)\n");
    println!("| reference rows | batch rows | pairs | trains | any KS p < .05 |\n| ---: | ---: | ---: | ---: | ---: |");
    for (n, m) in [
        (30, 30),
        (50, 1000),
        (1000, 50),
        (300, 300),
        (1000, 1000),
        (1000, 10_000),
        (10_000, 1000),
        (3000, 3000),
        (10_000, 10_000),
        (30_000, 30_000),
        (100_000, 100_000),
        (1_000_000, 1_000_000),
    ] {
        let runs = runs_at(n.max(m), runs);
        let outcomes: Vec<(bool, bool)> = (0..runs)
            .into_par_iter()
            .map(|seed| {
                let random = &mut Random::new((n * 31 + m * 7 + seed * 1_000_003) as u64);
                let report = compared(&mixed(n, random), &mixed(m, random));
                for column in report.drifted() {
                    eprintln!("{n} v {m}: {}, {}", column.name, column.effects_over()[0].name.as_str());
                }
                let ks = report.columns.iter().flat_map(|column| &column.tests).any(|test| test.p_value < 0.05);
                (trains(&report), ks)
            })
            .collect();
        let share = |count: usize| count as f64 / runs as f64;
        let (trained, ks) = (outcomes.iter().filter(|one| one.0).count(), outcomes.iter().filter(|one| one.1).count());
        println!("| {n} | {m} | {runs} | {:.4} | {:.3} |", share(trained), share(ks));
    }
}

/// A plain table: five columns of some kinds, and a target, with what may change in them.
#[derive(Debug, Clone, Copy, Default)]
struct Plain {
    shift: f64,
    spread: f64,
    missing: f64,
    new_category: f64,
    correlation: f64,
    /// All amounts are so much larger.
    dearer: f64,
}

fn plain(n: usize, change: Plain, random: &mut Random) -> Table {
    let weights = zipf(20, 1.0);
    let rho = 0.6 - change.correlation;
    let (mut a, mut b, mut c, mut d, mut target) = (vec![], vec![], vec![], vec![], vec![]);
    let mut category: Vec<Option<&str>> = vec![];
    let names: [&str; 20] = std::array::from_fn(|place| &"abcdefghijklmnopqrst"[place..=place]);
    for _ in 0..n {
        let x = random.normal();
        a.push(change.shift + x * (1.0 + change.spread));
        b.push(rho * x + (1.0 - rho * rho).sqrt() * random.normal());
        c.push(random.normal().exp());
        d.push(if random.uniform() < 0.05 + change.missing { f64::NAN } else { random.uniform() });
        target.push((12.8 + 0.8 * random.normal()).exp() * (1.0 + change.dearer));
        let level = names[draw(&weights, random)];
        category.push(Some(if random.uniform() < change.new_category { "new" } else { level }));
    }
    let columns = [("a", a), ("b", b), ("c", c), ("d", d), ("target", target)];
    let mut columns: Vec<_> =
        columns.into_iter().map(|(name, values)| (name.to_owned(), Column::Number(values))).collect();
    columns.push(("category".to_owned(), Column::Category(CategoryColumn::from_values(category))));
    Table::new(columns).expect("one length")
}

/// Histories of 100 unchanged batches, in how many the policy trains at all; and a column that creeps.
pub(crate) fn histories(runs: usize) {
    let runs = (runs * 3 / 10).max(1);
    let trained = (0..runs)
        .into_par_iter()
        .filter(|&seed| {
            let random = &mut Random::new(77_000 + seed as u64);
            let reference = plain(12_000, Plain::default(), random);
            (0..100).any(|_| drifts(&reference, &plain(3000, Plain::default(), random)))
        })
        .count();
    println!(
        "\n### Histories of 100 unchanged batches of 3,000 rows against 12,000 (goal: a training in <= .01 of them)\n"
    );
    println!("| histories | with a training |\n| ---: | ---: |\n| {runs} | {:.4} |", trained as f64 / runs as f64);

    println!("\n### Creeping: every batch of 10,000 rows .02 standard deviations further, against the first rows\n");
    let seen: Vec<f64> = (0..runs)
        .into_par_iter()
        .map(|seed| {
            let random = &mut Random::new(88_000 + seed as u64);
            let reference = plain(10_000, Plain::default(), random);
            let found = (1..=20).find(|&batch| {
                let shift = 0.02 * f64::from(batch);
                drifts(&reference, &plain(10_000, Plain { shift, ..Plain::default() }, random))
            });
            found.map_or(f64::INFINITY, |batch| 0.02 * f64::from(batch))
        })
        .collect();
    let (least, latest) = seen.iter().fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), &x| (a.min(x), b.max(x)));
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    println!("| histories | least shift when found | mean | largest |\n| ---: | ---: | ---: | ---: |");
    println!("| {} | {least:.2} | {mean:.3} | {latest:.2} |", seen.len());
}

/// Changes that must be found, and one that must not.
pub(crate) fn changes(runs: usize) {
    const SIZES: [usize; 5] = [1000, 3000, 10_000, 30_000, 100_000];
    let share = |n: usize, change: Plain| {
        let runs = runs_at(n, runs);
        let found = (0..runs).into_par_iter().filter(|&seed| {
            let random = &mut Random::new((n + 99_000_000 + seed) as u64);
            drifts(&plain(n, Plain::default(), random), &plain(n, change, random))
        });
        format!(" {:.3} |", found.count() as f64 / runs as f64)
    };
    println!("\n### Changes in one of six columns: share of {runs} batches on which `effect` trains\n");
    let sizes = SIZES.map(|rows| format!(" {rows} |")).concat();
    println!("| change |{sizes}\n| --- |{}", " ---: |".repeat(SIZES.len()));
    let none = Plain::default();
    for (name, change) in [
        ("nothing", none),
        (".2 standard deviations up", Plain { shift: 0.2, ..none }),
        ("doubled variance", Plain { spread: 2f64.sqrt() - 1.0, ..none }),
        ("a new category on 5 % of the rows", Plain { new_category: 0.05, ..none }),
        ("a correlation of .6 becomes -.6, margins unchanged", Plain { correlation: 1.2, ..none }),
        ("3 % more missing", Plain { missing: 0.03, ..none }),
    ] {
        println!("| {name} |{}", SIZES.map(|n| share(n, change)).concat());
    }
    println!(
        "\n### Too small to matter: a log-normal target (standard deviation of its logarithm .8) half a percent up\n"
    );
    println!("| rows a side | pairs | trains |\n| ---: | ---: | ---: |");
    println!("| 400000 | {} |{}", runs_at(400_000, runs), share(400_000, Plain { dearer: 0.005, ..none }));
}
