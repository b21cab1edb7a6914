//! Whether the interval of the rise of the error covers the truth.

use rayon::prelude::*;
use tidewheel_drift::effect::{Level, Tail};
use tidewheel_drift::performance::error_rise::ErrorRise;

use crate::support::Random;

/// Chance of each end.
const CHANCE: f64 = 0.025;
/// The true rise. What misses does not depend on it: both ends are in proportion to the losses.
const RISE: f64 = 1.1;

/// Losses of one kind with mean 1.
#[derive(Debug, Clone, Copy)]
enum Losses {
    Exponential,
    /// Log-normal, with the standard deviation of the logarithm.
    LogNormal(f64),
    /// Log-normal, three rows of one thing with one loss.
    Triples(f64),
}

impl Losses {
    fn name(self) -> String {
        match self {
            Self::Exponential => "exponential".to_owned(),
            Self::LogNormal(sd) => format!("log-normal, sd of the logarithm {sd}"),
            Self::Triples(sd) => format!("log-normal, sd of the logarithm {sd}, three rows a thing"),
        }
    }

    /// Losses with the thing that each row is of, counted from `first`.
    fn draw(self, rows: usize, first: u64, random: &mut Random) -> (Vec<f64>, Vec<u64>) {
        let mut last = 0.0;
        let losses = (0..rows).map(|row| {
            let lognormal = |sd: f64, random: &mut Random| (sd * random.normal() - sd * sd / 2.0).exp();
            match self {
                Self::Exponential => -(1.0 - random.uniform()).ln(),
                Self::LogNormal(sd) => lognormal(sd, random),
                Self::Triples(sd) => {
                    if row % 3 == 0 {
                        last = lognormal(sd, random);
                    }
                    last
                }
            }
        });
        (losses.collect(), (0..rows as u64).map(|row| first + row / 3).collect())
    }
}

/// How often each end lies on the wrong side of the truth.
pub(crate) fn measure(runs: usize) {
    let runs = 10 * runs;
    let level = Level { low: Tail::new(CHANCE), high: Tail::new(CHANCE) };
    println!("\n### The rise of the champion's error: percent of {runs} intervals whose lower / upper end misses");
    println!("(each may in {:.1})\n", 100.0 * CHANCE);
    let sizes = [(500, 3000), (3000, 500), (3000, 3000), (12_000, 3000), (12_000, 500)];
    let heads = sizes.map(|(n, m)| format!(" {n} v {m} |")).concat();
    println!("| losses |{heads}\n| --- |{}", " ---: |".repeat(sizes.len()));
    for kind in [Losses::Exponential, Losses::LogNormal(1.0), Losses::LogNormal(1.5), Losses::Triples(1.0)] {
        let cells = sizes.map(|(n, m)| {
            let missed = (0..runs).into_par_iter().map(|seed| {
                let random = &mut Random::new((n * 31 + m * 7 + seed * 1_000_003) as u64);
                let (before, of_before) = kind.draw(n, 0, random);
                let (mut now, of_now) = kind.draw(m, n as u64, random);
                for loss in &mut now {
                    *loss *= RISE;
                }
                let rise = match kind {
                    Losses::Triples(_) => ErrorRise::clustered((&before, &of_before), (&now, &of_now), level),
                    _ => ErrorRise::of(&before, &now, level),
                };
                let rise = rise.expect("losses vary");
                (usize::from(rise.low > RISE), usize::from(rise.high < RISE))
            });
            let (low, high) = missed.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            let percent = |count: usize| 100.0 * count as f64 / runs as f64;
            format!(" {:.1} / {:.1} |", percent(low), percent(high))
        });
        println!("| {} |{}", kind.name(), cells.concat());
    }
}
