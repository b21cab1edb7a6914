//! Measures what the intervals and the rule of the policy `effect` promise, over seeded random data, as Markdown
//! tables: `cargo run --release -p tidewheel-drift --example coverage -- [runs]
//! [false-alarms|histories|distances|shares|power|changes]`.

#![allow(clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use rayon::prelude::*;
use support::{Random, draw, mixed, numbers, zipf};
use tidewheel_domain::drift_report::DriftSettings;
use tidewheel_domain::table::Table;
use tidewheel_drift::compare;
use tidewheel_drift::effect::categorical::category_distance;
use tidewheel_drift::effect::missing::missing;
use tidewheel_drift::effect::new_levels::new_levels;
use tidewheel_drift::effect::numeric::{Frozen, Scale, distance};
use tidewheel_drift::effect::tails::tails;
use tidewheel_drift::effect::{Estimate, Level};
use tidewheel_drift::sample::Sample;
use tidewheel_drift::special::normal_sf;

/// A table by name, made from so many runs.
type Part = (&'static str, fn(usize));

fn main() {
    let runs: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1000);
    let only = std::env::args().nth(2);
    let parts: [Part; 6] = [
        ("false-alarms", false_alarms),
        ("histories", histories),
        ("distances", coverage),
        ("shares", shares),
        ("power", power),
        ("changes", changes),
    ];
    for (name, measure) in parts {
        if only.as_deref().is_none_or(|only| only == name) {
            measure(runs);
        }
    }
}

/// Identical distributions: how often would the policy train?
fn false_alarms(runs: usize) {
    println!(
        "\n### Identical distributions, 12 mixed columns: share of pairs on which `effect` trains (goal <= .01)\n"
    );
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
        (100_000, 100_000),
    ] {
        let runs = if n + m > 50_000 { (runs / 5).max(20) } else { runs };
        let outcomes: Vec<(bool, bool, Vec<String>)> = (0..runs)
            .into_par_iter()
            .map(|seed| {
                let mut random = Random::new((n * 31 + m * 7 + seed * 1_000_003) as u64);
                let report = compare(&mixed(n, &mut random), &mixed(m, &mut random), &DriftSettings::default())
                    .expect("tables of one shape");
                let which = report
                    .drifted()
                    .map(|column| format!("{}:{}", column.name, column.effects_over()[0].name.as_str()))
                    .collect();
                let ks = report.columns.iter().flat_map(|column| &column.tests).any(|test| test.p_value < 0.05);
                (report.drifted_columns > 0, ks, which)
            })
            .collect();
        let share = |count: usize| count as f64 / runs as f64;
        println!(
            "| {n} | {m} | {runs} | {:.4} | {:.3} |",
            share(outcomes.iter().filter(|o| o.0).count()),
            share(outcomes.iter().filter(|o| o.1).count())
        );
        let which: Vec<&String> = outcomes.iter().flat_map(|o| &o.2).collect();
        if !which.is_empty() {
            eprintln!("n={n} m={m}: {which:?}");
        }
    }
}

/// One kind of data with a knob.
struct Family {
    name: &'static str,
    draw: fn(&mut Random, f64) -> f64,
}

const FAMILIES: [Family; 5] = [
    Family { name: "normal, shifted", draw: |random, knob| random.normal() + knob },
    Family { name: "normal, widened", draw: |random, knob| random.normal() * (1.0 + knob) },
    Family { name: "lognormal(1), scaled", draw: |random, knob| random.normal().exp() * (1.0 + knob) },
    Family { name: "lognormal(2), scaled", draw: |random, knob| (2.0 * random.normal()).exp() * (1.0 + knob) },
    Family { name: "Pareto(1.1), scaled", draw: |random, knob| random.uniform().powf(-1.0 / 1.1) * (1.0 + knob) },
];

/// The effect in the limit of many rows.
fn true_distance(family: &Family, knob: f64) -> f64 {
    const ROWS: usize = 1_000_000;
    let mut random = Random::new(99);
    let a = Sample::new(&(0..ROWS).map(|_| (family.draw)(&mut random, 0.0)).collect::<Vec<_>>());
    // the same draws on both sides: only the knob differs
    let mut random = Random::new(99);
    let b = Sample::new(&(0..ROWS).map(|_| (family.draw)(&mut random, knob)).collect::<Vec<_>>());
    let frozen = Frozen::of(&a).expect("values");
    assert!(matches!(frozen.scale, Scale::Winsorised(_)));
    distance(&a, &b, &frozen, Level::new(0.05, 1), 0.1).expect("values").value
}

/// The knob that makes the wanted effect.
fn knob_for(family: &Family, wanted: f64) -> f64 {
    if wanted == 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 2.0);
    for _ in 0..14 {
        let middle = f64::midpoint(low, high);
        if true_distance(family, middle) < wanted { low = middle } else { high = middle }
    }
    high
}

#[derive(Default)]
struct Tally {
    low_misses: usize,
    high_misses: usize,
    over: usize,
    low: f64,
    high: f64,
}

impl Tally {
    fn of(estimates: &[Estimate], truth: f64, bound: f64) -> Self {
        let mut tally = Self::default();
        for estimate in estimates {
            tally.add(estimate, truth, bound, estimates.len());
        }
        tally
    }

    fn add(&mut self, estimate: &Estimate, truth: f64, bound: f64, runs: usize) {
        self.low_misses += usize::from(estimate.low > truth + 1e-12);
        self.high_misses += usize::from(estimate.high < truth - 1e-12);
        self.over += usize::from(estimate.low > bound);
        self.low += estimate.low.max(0.0) / runs as f64;
        self.high += estimate.high / runs as f64;
    }

    fn row(&self, what: &str, truth: f64, n: usize, runs: usize) {
        println!(
            "| {what} | {truth:.2} | {n} | {runs} | {:.4} | {:.4} | {:.3} | {:.3} | {:.3} |",
            self.low_misses as f64 / runs as f64,
            self.high_misses as f64 / runs as f64,
            self.low,
            self.high,
            self.over as f64 / runs as f64
        );
    }
}

/// Intervals at the level of one column of one (an effect's share of .05: .0167, half of it at each end).
fn coverage(runs: usize) {
    println!(
        "\n### Coverage of the intervals at alpha .05, one column (the low end may miss in .0125, the high end in .0042)\n"
    );
    println!(
        "| data | true effect | rows a side | runs | low end misses | high end misses | mean low | mean high | over .10 |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let level = Level::new(0.05, 1);
    let sizes = [300, 1000, 3000, 10_000, 100_000];
    for family in &FAMILIES {
        for truth in [0.0, 0.05, 0.1, 0.2] {
            let knob = knob_for(family, truth);
            for n in sizes {
                let runs = if n > 20_000 { (runs / 10).max(20) } else { runs };
                let estimates: Vec<Estimate> = (0..runs)
                    .into_par_iter()
                    .map(|seed| {
                        let mut random = Random::new((seed * 7919 + n) as u64);
                        let side = |random: &mut Random, knob| {
                            Sample::new(&(0..n).map(|_| (family.draw)(random, knob)).collect::<Vec<_>>())
                        };
                        let a = side(&mut random, 0.0);
                        let b = side(&mut random, knob);
                        let frozen = Frozen::of(&a).expect("values");
                        distance(&a, &b, &frozen, level, 0.1).expect("values")
                    })
                    .collect();
                Tally::of(&estimates, truth, 0.1).row(family.name, truth, n, runs);
            }
        }
    }
    for levels in [2, 5, 120, 1400] {
        for truth in [0.0, 0.05, 0.1, 0.2] {
            let base = zipf(levels, 1.0);
            let (tilted, truth) = tilted(&base, truth);
            for n in sizes {
                let runs = if n > 20_000 { (runs / 10).max(20) } else { runs };
                let estimates: Vec<Estimate> = (0..runs)
                    .into_par_iter()
                    .map(|seed| {
                        let mut random = Random::new((seed * 7919 + n + levels) as u64);
                        let mut side = |weights: &[f64]| {
                            let mut counts = vec![0; levels];
                            (0..n).for_each(|_| counts[draw(weights, &mut random)] += 1);
                            counts
                        };
                        let (a, b): (Vec<u64>, Vec<u64>) = (side(&base), side(&tilted));
                        category_distance(&a, &b, level, 0.1).expect("rows")
                    })
                    .collect();
                Tally::of(&estimates, truth, 0.1).row(&format!("{levels} levels"), truth, n, runs);
            }
        }
    }
}

/// The effects that are shares: bound .02.
fn shares(runs: usize) {
    println!("\n### Effects that are shares, bound .02 (the low end may miss in .0125, the high end in .0042)\n");
    println!(
        "| data | true effect | rows a side | runs | low end misses | high end misses | mean low | mean high | over .02 |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let level = Level::new(0.05, 1);
    let levels = 1400;
    let base = zipf(levels, 1.0);
    let weights: Vec<f64> = base.iter().scan(0.0, |before, &c| Some(c - std::mem::replace(before, c))).collect();
    for extra in [0.0, 0.01, 0.02, 0.04] {
        for n in [300, 1000, 3000, 10_000] {
            let each = |seed: usize| -> [(Estimate, f64); 3] {
                let mut random = Random::new((seed * 7919 + n) as u64);
                let mut rows = |share: f64| (0..n).filter(|_| random.uniform() < share).count();
                let gaps = missing((rows(0.05), n), (rows(0.05 + extra), n), level, 0.02);

                let mut values = |extra: f64| {
                    let draw = |random: &mut Random| if random.uniform() < extra { 30.0 } else { random.normal() };
                    Sample::new(&(0..n).map(|_| draw(&mut random)).collect::<Vec<_>>())
                };
                let (a, b) = (values(0.0), values(extra));
                let frozen = Frozen::of(&a).expect("values");
                let beyond = tails(&a, &b, &frozen, level, 0.02).expect("values");
                let outside = normal_sf(-frozen.low) + normal_sf(frozen.high);
                let true_excess = extra * (1.0 - outside);

                let mut counts = |extra: f64| {
                    let mut counts = vec![0u64; levels + 1];
                    for _ in 0..n {
                        let level = if random.uniform() < extra { levels } else { draw(&base, &mut random) };
                        counts[level] += 1;
                    }
                    counts
                };
                let (a, b) = (counts(0.0), counts(extra));
                let fresh = new_levels(&a, &b, level, 0.02).expect("rows");
                let unseen: f64 = weights.iter().zip(&a).filter(|&(_, &rows)| rows == 0).map(|(w, _)| w).sum();
                [(gaps, extra), (beyond, true_excess), (fresh, extra * (1.0 - unseen))]
            };
            let all: Vec<[(Estimate, f64); 3]> = (0..runs).into_par_iter().map(each).collect();
            for (k, name) in ["missing, base .05", "tails, normal", "new levels, 1400 levels"].into_iter().enumerate() {
                let mut tally = Tally::default();
                for (estimate, truth) in all.iter().map(|one| one[k]) {
                    tally.add(&estimate, truth, 0.02, runs);
                }
                tally.row(name, extra, n, runs);
            }
        }
    }
}

/// Moves weight from the even levels to the odd ones until the true distance is the wanted one.
fn tilted(cumulative: &[f64], wanted: f64) -> (Vec<f64>, f64) {
    let weights: Vec<f64> = cumulative.iter().scan(0.0, |before, &c| Some(c - std::mem::replace(before, c))).collect();
    let tilt = |by: f64| {
        let mut moved: Vec<f64> =
            weights.iter().enumerate().map(|(k, w)| w * if k % 2 == 0 { 1.0 - by } else { 1.0 + by }).collect();
        let total: f64 = moved.iter().sum();
        for weight in &mut moved {
            *weight /= total;
        }
        moved
    };
    let (mut low, mut high) = (0.0, 0.99);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        let d = tidewheel_drift::distance::jensen_shannon::jensen_shannon(&weights, &tilt(middle)).expect("weights");
        if d < wanted { low = middle } else { high = middle }
    }
    let by = if wanted == 0.0 { 0.0 } else { high };
    let moved = tilt(by);
    let truth = tidewheel_drift::distance::jensen_shannon::jensen_shannon(&weights, &moved).expect("weights");
    let mut total = 0.0;
    (
        moved
            .iter()
            .map(|w| {
                total += w;
                total
            })
            .collect(),
        truth,
    )
}

/// Changes that must be found, or must not.
fn power(runs: usize) {
    println!("\n### Changes in one of 12 columns: share of pairs on which `effect` trains\n");
    println!("| change | rows a side | pairs | trains |\n| --- | ---: | ---: | ---: |");
    type Change = fn(Table, &mut Random) -> Table;
    fn replaced(table: Table, name: &str, edit: impl Fn(f64) -> f64) -> Table {
        let columns = table
            .iter()
            .map(|(own, column)| {
                let column = match column {
                    tidewheel_domain::table::Column::Number(values) if own == name => {
                        numbers_of(values.iter().map(|x| edit(*x)))
                    }
                    other => other.clone(),
                };
                (own.to_owned(), column)
            })
            .collect();
        Table::new(columns).expect("one length")
    }
    fn numbers_of(values: impl Iterator<Item = f64>) -> tidewheel_domain::table::Column {
        let values: Vec<f64> = values.collect();
        let mut values = values.into_iter();
        numbers(values.len(), || values.next().expect("as many"))
    }
    let changes: [(&str, usize, Change); 6] = [
        ("0.2 sigma shift", 1000, |t, _| replaced(t, "normal", |x| x + 0.2)),
        ("0.2 sigma shift", 3000, |t, _| replaced(t, "normal", |x| x + 0.2)),
        ("0.2 sigma shift", 10_000, |t, _| replaced(t, "normal", |x| x + 0.2)),
        ("doubled variance", 10_000, |t, _| replaced(t, "normal", |x| x * 2f64.sqrt())),
        ("lognormal +30 %", 10_000, |t, _| replaced(t, "lognormal", |x| x * 1.3)),
        ("lognormal +0.5 %", 400_000, |t, _| replaced(t, "lognormal", |x| x * 1.005)),
    ];
    for (name, n, change) in changes {
        let runs = if n > 100_000 { (runs / 50).max(5) } else { (runs / 2).max(20) };
        let found = (0..runs)
            .into_par_iter()
            .filter(|seed| {
                let mut random = Random::new((seed * 104_729 + n) as u64);
                let reference = mixed(n, &mut random);
                let current = change(mixed(n, &mut random), &mut random);
                compare(&reference, &current, &DriftSettings::default()).expect("tables").drifted_columns > 0
            })
            .count();
        println!("| {name} | {n} | {runs} | {:.3} |", found as f64 / runs as f64);
    }
}

/// Six columns of a plain kind, with what may change in them.
#[derive(Debug, Clone, Copy, Default)]
struct Plain {
    shift: f64,
    spread: f64,
    missing: f64,
    new_category: f64,
    correlation: f64,
}

fn plain(n: usize, change: Plain, random: &mut Random) -> Table {
    let weights = zipf(20, 1.0);
    let rho = 0.6 - change.correlation;
    let (mut a, mut b, mut c, mut d) = (vec![], vec![], vec![], vec![]);
    let mut category: Vec<Option<&str>> = vec![];
    let names: [&str; 20] = std::array::from_fn(|place| &"abcdefghijklmnopqrst"[place..=place]);
    for _ in 0..n {
        let x = random.normal();
        a.push(change.shift + x * (1.0 + change.spread));
        b.push(rho * x + (1.0 - rho * rho).sqrt() * random.normal());
        c.push(random.normal().exp());
        d.push(if random.uniform() < 0.05 + change.missing { f64::NAN } else { random.uniform() });
        let level = names[draw(&weights, random)];
        category.push(Some(if random.uniform() < change.new_category { "new" } else { level }));
    }
    let number = tidewheel_domain::table::Column::Number;
    let category = tidewheel_domain::table::CategoryColumn::from_values(category);
    let columns = [("a", number(a)), ("b", number(b)), ("c", number(c)), ("d", number(d))];
    let mut columns: Vec<_> = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
    columns.push(("category".to_owned(), tidewheel_domain::table::Column::Category(category)));
    Table::new(columns).expect("one length")
}

fn drifts(reference: &Table, current: &Table) -> bool {
    let report = compare(reference, current, &DriftSettings::default()).expect("tables of one shape");
    report.drifted_columns > 0 || report.pairs.iter().any(|pair| pair.effect.over)
}

/// Histories of 100 unchanged batches: in how many does `effect` train at all?
fn histories(runs: usize) {
    let runs = (runs * 3 / 10).max(10);
    let trained = (0..runs)
        .into_par_iter()
        .filter(|&seed| {
            let random = &mut Random::new(77_000 + seed as u64);
            let reference = plain(12_000, Plain::default(), random);
            (0..100).any(|_| drifts(&reference, &plain(3_000, Plain::default(), random)))
        })
        .count();
    println!(
        "\n### Histories of 100 unchanged batches of 3,000 rows against 12,000 (goal: a training in <= .01 of them)\n"
    );
    println!("| histories | with a training |\n| ---: | ---: |\n| {runs} | {:.4} |", trained as f64 / runs as f64);

    println!("\n### Creeping: every batch of 10,000 rows .02 standard deviations further, against the first rows\n");
    let seen: Vec<f64> = (0..runs.min(100))
        .into_par_iter()
        .map(|seed| {
            let random = &mut Random::new(88_000 + seed as u64);
            let reference = plain(10_000, Plain::default(), random);
            let found = (1..=20).find(|&batch| {
                let shift = 0.02 * batch as f64;
                drifts(&reference, &plain(10_000, Plain { shift, ..Plain::default() }, random))
            });
            found.map_or(f64::INFINITY, |batch| 0.02 * f64::from(batch))
        })
        .collect();
    let latest = seen.iter().copied().fold(0.0, f64::max);
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    println!(
        "| histories | mean shift when found | largest |\n| ---: | ---: | ---: |\n| {} | {mean:.3} | {latest:.2} |",
        seen.len()
    );
}

/// Changes that must be found.
fn changes(runs: usize) {
    println!("\n### Changes in one of five columns: share of batches on which `effect` trains\n");
    println!("| change | 1,000 rows | 3,000 rows | 10,000 rows |\n| --- | ---: | ---: | ---: |");
    let none = Plain::default();
    for (name, change) in [
        ("a new category on 5 % of the rows", Plain { new_category: 0.05, ..none }),
        ("3 % more missing", Plain { missing: 0.03, ..none }),
        ("doubled variance", Plain { spread: 2f64.sqrt() - 1.0, ..none }),
        ("a correlation of .6 becomes -.6, margins unchanged", Plain { correlation: 1.2, ..none }),
        ("nothing", none),
    ] {
        let share = |n: usize| {
            let found = (0..runs.min(200)).into_par_iter().filter(|&seed| {
                let random = &mut Random::new((n + 99_000_000 + seed) as u64);
                drifts(&plain(n, none, random), &plain(n, change, random))
            });
            found.count() as f64 / runs.min(200) as f64
        };
        println!("| {name} | {:.2} | {:.2} | {:.2} |", share(1_000), share(3_000), share(10_000));
    }
}
