//! Seeded random columns for tests and measurements.
#![allow(dead_code)]

use tidewheel_domain::table::{CategoryColumn, Column, Table};

/// splitmix64 with the draws that the tests need.
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0xA24B_AED4_963E_E407) ^ 0x9FB2_1C65_1E98_DF25);
        random.bits();
        random
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1, never 0.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * 2f64.powi(-53)
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }

    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.below(i + 1));
        }
    }
}

/// The uniform numbers of the golden files: splitmix64 from a seed.
pub(crate) fn uniform(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            (z >> 11) as f64 * 2f64.powi(-53)
        })
        .collect()
}

/// The samples of the golden files.
pub(crate) fn sample(kind: &str, seed: u64, n: usize, delta: f64) -> tidewheel_drift::sample::Sample {
    let values: Vec<f64> = uniform(seed, n)
        .into_iter()
        .map(|x| match kind {
            "uniform" => x + delta,
            "tied" => ((x + delta) * 7.0).floor(),
            "exp" => -(1.0 - x).ln() * (1.0 + delta),
            other => panic!("unknown kind {other}"),
        })
        .collect();
    tidewheel_drift::sample::Sample::new(&values)
}

/// Cumulative weights of `levels` levels, the k-th with weight `1 / (k + 1)^power`.
pub(crate) fn zipf(levels: usize, power: f64) -> Vec<f64> {
    let mut total = 0.0;
    let mut cumulative: Vec<f64> = (0..levels)
        .map(|k| {
            total += 1.0 / ((k + 1) as f64).powf(power);
            total
        })
        .collect();
    for weight in &mut cumulative {
        *weight /= total;
    }
    cumulative
}

pub(crate) fn draw(cumulative: &[f64], random: &mut Random) -> usize {
    let u = random.uniform();
    cumulative.partition_point(|&weight| weight < u).min(cumulative.len() - 1)
}

pub(crate) fn numbers(n: usize, mut draw: impl FnMut() -> f64) -> Column {
    Column::Number((0..n).map(|_| draw()).collect())
}

pub(crate) fn categories(n: usize, names: &[std::sync::Arc<str>], mut draw: impl FnMut() -> Option<u32>) -> Column {
    let codes = (0..n).map(|_| draw().unwrap_or(tidewheel_domain::table::MISSING)).collect();
    Column::Category(CategoryColumn { codes, levels: names.to_vec() })
}

pub(crate) fn level_names(n: usize) -> Vec<std::sync::Arc<str>> {
    (0..n).map(|i| std::sync::Arc::from(format!("L{i}").as_str())).collect()
}

/// Twelve columns of many kinds: heavy and light tails, counts, missing values, few and many levels.
pub(crate) fn mixed(n: usize, random: &mut Random) -> Table {
    let many = zipf(120, 1.0);
    let (few_names, many_names) = (level_names(5), level_names(120));
    let columns = vec![
        ("normal", numbers(n, || random.normal())),
        ("uniform", numbers(n, || random.uniform())),
        ("lognormal", numbers(n, || random.normal().exp())),
        ("heavy", numbers(n, || (2.0 * random.normal()).exp())),
        ("pareto", numbers(n, || random.uniform().powf(-1.0 / 1.1))),
        ("cauchy", numbers(n, || (std::f64::consts::PI * (random.uniform() - 0.5)).tan())),
        ("counts", numbers(n, || (random.normal().abs() * 2.0).floor() + 1.0)),
        ("gaps", numbers(n, || if random.uniform() < 0.2 { f64::NAN } else { random.normal() })),
        ("flag", numbers(n, || f64::from(u8::from(random.uniform() < 0.03)))),
        ("few", categories(n, &few_names, || Some((random.uniform() * 5.0) as u32))),
        ("many", categories(n, &many_names, || Some(draw(&many, random) as u32))),
        (
            "many_gaps",
            categories(n, &many_names, || if random.uniform() < 0.1 { None } else { Some(draw(&many, random) as u32) }),
        ),
    ];
    Table::new(columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()).expect("one length")
}
