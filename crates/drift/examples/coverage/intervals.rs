//! Coverage: every kind of effect, at effects of 0, 1/2, 1 and 2 times its bound, over growing samples.

use std::time::Instant;

use rayon::prelude::*;
use tidewheel_drift::distance::jensen_shannon::jensen_shannon;
use tidewheel_drift::effect::categorical::category_distance;
use tidewheel_drift::effect::missing::missing;
use tidewheel_drift::effect::new_levels::new_levels;
use tidewheel_drift::effect::numeric::{Frozen, distance};
use tidewheel_drift::effect::tails::tails;
use tidewheel_drift::effect::{Estimate, Level};
use tidewheel_drift::sample::Sample;
use tidewheel_drift::special::{binomial_pmf, normal_sf};

use crate::support::{Random, draw, zipf};

/// Rows on each side.
pub(crate) const SIZES: [usize; 6] = [300, 1000, 3000, 10_000, 30_000, 100_000];

/// True effects, in multiples of the bound.
pub(crate) const MULTIPLES: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

/// What is measured, with its bound.
pub(crate) const EFFECTS: [(&str, f64); 5] =
    [("distance", 0.1), ("tails", 0.02), ("missing", 0.02), ("category distance", 0.1), ("new levels", 0.02)];

const DISTANCE: usize = 0;
const TAILS: usize = 1;
const MISSING: usize = 2;
const CATEGORIES: usize = 3;
const NEW_LEVELS: usize = 4;

/// Chance that the lower and the upper end of one effect of one column may miss.
pub(crate) fn nominal() -> (f64, f64) {
    (level().low.chance, level().high.chance)
}

fn level() -> Level {
    Level::new(0.05, 1)
}

/// How often the ends missed in one setting.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// Place in [`EFFECTS`].
    pub(crate) effect: usize,
    /// The kind of data.
    pub(crate) data: String,
    /// True effect in multiples of the bound.
    pub(crate) multiple: f64,
    /// Rows a side.
    pub(crate) rows: usize,
    pub(crate) runs: usize,
    /// Lower ends above the truth.
    pub(crate) low_misses: usize,
    /// Upper ends below it.
    pub(crate) high_misses: usize,
    /// Mean length of the interval, in bounds.
    pub(crate) length: f64,
    /// Intervals that lie wholly above the bound.
    pub(crate) over: usize,
}

/// Estimates with their truths, one for each of [`MULTIPLES`].
type Measured = [(Estimate, f64); 4];

/// One kind of data: from a stream of numbers and a number of rows to estimates.
struct Setting<'a> {
    effect: usize,
    data: String,
    estimate: Box<dyn Fn(&mut Random, usize) -> Measured + Send + Sync + 'a>,
}

/// The largest samples get fewer runs.
fn runs_at(rows: usize, runs: usize) -> usize {
    if rows < 100_000 { runs } else { (runs * 3 / 10).max(1) }
}

/// All settings at all sizes. The four true effects of a run share their draws.
pub(crate) fn measure(runs: usize) -> Vec<Cell> {
    let start = Instant::now();
    let settings: Vec<Setting<'_>> =
        [numeric(), tail_shares(), missing_shares(), categorical(), fresh_levels()].into_iter().flatten().collect();
    let mut cells = Vec::new();
    for (place, setting) in settings.iter().enumerate() {
        for rows in SIZES {
            let all: Vec<Measured> = (0..runs_at(rows, runs))
                .into_par_iter()
                .map(|run| {
                    let seed = (run * 7919 + rows + place * 15_485_863) as u64;
                    (setting.estimate)(&mut Random::new(seed), rows)
                })
                .collect();
            for (k, multiple) in MULTIPLES.into_iter().enumerate() {
                cells.push(Cell::of(setting, multiple, rows, all.iter().map(|one| one[k])));
            }
        }
        eprintln!("{:>5.0} s: {}, {}", start.elapsed().as_secs_f64(), EFFECTS[setting.effect].0, setting.data);
    }
    cells
}

impl Cell {
    fn of(
        setting: &Setting<'_>,
        multiple: f64,
        rows: usize,
        all: impl ExactSizeIterator<Item = (Estimate, f64)>,
    ) -> Self {
        let (effect, runs) = (setting.effect, all.len());
        let bound = EFFECTS[effect].1;
        let empty = Self {
            effect,
            data: setting.data.clone(),
            multiple,
            rows,
            runs,
            low_misses: 0,
            high_misses: 0,
            length: 0.0,
            over: 0,
        };
        all.fold(empty, |mut cell, (estimate, truth)| {
            let (low, high) = (estimate.low.max(0.0), estimate.high);
            cell.low_misses += usize::from(low > truth + 1e-12);
            cell.high_misses += usize::from(high < truth - 1e-12);
            cell.length += (high - low) / bound / runs as f64;
            cell.over += usize::from(low > bound);
            cell
        })
    }

    /// Both shares of misses in percent; bold where chance hardly explains it.
    fn text(&self) -> String {
        let (low, high) = nominal();
        let part = |misses: usize, chance: f64| {
            let share = format!("{:.1}", misses as f64 / self.runs as f64 * 100.0);
            if too_many(misses, self.runs, chance) { format!("**{share}**") } else { share }
        };
        format!("{} / {}", part(self.low_misses, low), part(self.high_misses, high))
    }
}

/// Whether a count of misses has a chance below one in a thousand.
pub(crate) fn too_many(misses: usize, runs: usize, chance: f64) -> bool {
    let below: f64 = (0..misses).map(|k| binomial_pmf(k as f64, runs as f64, chance, 1.0 - chance)).sum();
    1.0 - below < 1e-3
}

pub(crate) fn print(cells: &[Cell]) {
    let (low, high) = nominal();
    let runs = |cell: Option<&Cell>| cell.map_or(0, |cell| cell.runs);
    println!(
        "\nPercent of {} intervals ({} at 100,000 rows) whose lower / upper end misses the truth; they may in {:.2} / {:.2}. \
         Bold: chance gives as many in less than one of 1,000 such cells. One column, alpha .05, so many rows a side:\n",
        runs(cells.first()),
        runs(cells.last()),
        low * 100.0,
        high * 100.0
    );
    let sizes = SIZES.map(|rows| format!(" {rows} |")).concat();
    println!("| effect | data | truth, in bounds |{sizes}\n| --- | --- | ---: |{}", " ---: |".repeat(SIZES.len()));
    for row in cells_by_row(cells) {
        let texts = row.iter().map(|cell| format!(" {} |", cell.text())).collect::<Vec<_>>().concat();
        println!("| {} | {} | {} |{texts}", EFFECTS[row[0].effect].0, row[0].data, row[0].multiple);
    }
    println!("\n### What intervals show: mean length in bounds, and share of them wholly above the bound\n");
    println!("| effect | data | truth, in bounds |{sizes}\n| --- | --- | ---: |{}", " ---: |".repeat(SIZES.len()));
    for row in cells_by_row(cells) {
        let text = |cell: &Cell| format!(" {:.2}; {:.3} |", cell.length, cell.over as f64 / cell.runs as f64);
        let texts: String = row.iter().map(|cell| text(cell)).collect();
        println!("| {} | {} | {} |{texts}", EFFECTS[row[0].effect].0, row[0].data, row[0].multiple);
    }
}

/// The cells of one kind of data and one true effect, by growing size.
fn cells_by_row(cells: &[Cell]) -> Vec<Vec<&Cell>> {
    let mut rows: Vec<Vec<&Cell>> = Vec::new();
    for cell in cells {
        let same = |row: &&mut Vec<&Cell>| {
            (row[0].effect, &row[0].data, row[0].multiple) == (cell.effect, &cell.data, cell.multiple)
        };
        match rows.iter_mut().find(same) {
            Some(row) => row.push(cell),
            None => rows.push(vec![cell]),
        }
    }
    rows
}

/// One kind of numbers, from a raw draw, with a knob that moves them.
#[derive(Clone, Copy)]
struct Family {
    name: &'static str,
    draw: fn(&mut Random) -> (f64, f64),
    turn: fn((f64, f64), f64) -> f64,
}

fn normal(random: &mut Random) -> (f64, f64) {
    (random.normal(), 0.0)
}

const FAMILIES: [Family; 6] = [
    Family { name: "normal, shifted", draw: normal, turn: |(z, _), knob| z + knob },
    Family { name: "normal, widened", draw: normal, turn: |(z, _), knob| z * (1.0 + knob) },
    Family { name: "lognormal(1), scaled", draw: normal, turn: |(z, _), knob| z.exp() * (1.0 + knob) },
    Family { name: "lognormal(2), scaled", draw: normal, turn: |(z, _), knob| (2.0 * z).exp() * (1.0 + knob) },
    Family {
        name: "Pareto(1.1), scaled",
        draw: |random| (random.uniform(), 0.0),
        turn: |(u, _), knob| u.powf(-1.0 / 1.1) * (1.0 + knob),
    },
    Family {
        name: "counts, some one higher",
        draw: |random| ((2.0 * random.normal().abs()).floor(), random.uniform()),
        turn: |(count, u), knob| count + f64::from(u8::from(u < knob)),
    },
];

impl Family {
    fn sample(&self, random: &mut Random, rows: usize) -> Vec<(f64, f64)> {
        (0..rows).map(|_| (self.draw)(random)).collect()
    }

    fn turned(&self, raw: &[(f64, f64)], knob: f64) -> Sample {
        Sample::new(&raw.iter().map(|&raw| (self.turn)(raw, knob)).collect::<Vec<_>>())
    }

    /// Knobs for the wanted effects, each with the effect that it has in the limit of many rows.
    fn knobs(&self) -> [(f64, f64); 4] {
        const ROWS: usize = 1_000_000;
        let mut raw = self.sample(&mut Random::new(99), ROWS);
        raw.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let reference = self.turned(&raw, 0.0);
        let frozen = Frozen::of(&reference).expect("values");
        // The same draws on both sides: only the knob differs.
        let truth = |knob| distance(&reference, &self.turned(&raw, knob), &frozen, level(), 0.1).expect("values").value;
        MULTIPLES.map(|multiple| {
            let wanted = multiple * EFFECTS[DISTANCE].1;
            let (mut low, mut high) = (0.0, if multiple == 0.0 { 0.0 } else { 2.0 });
            for _ in 0..14 {
                let middle = f64::midpoint(low, high);
                if truth(middle) < wanted { low = middle } else { high = middle }
            }
            (high, truth(high))
        })
    }
}

fn numeric() -> Vec<Setting<'static>> {
    let setting = |family: &'static Family| {
        let knobs = family.knobs();
        let estimate = move |random: &mut Random, rows: usize| {
            let (a, mut raw) = (family.sample(random, rows), family.sample(random, rows));
            // Sorted once, and not for every knob.
            raw.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let reference = family.turned(&a, 0.0);
            let frozen = Frozen::of(&reference).expect("values");
            knobs.map(|(knob, truth)| {
                let current = family.turned(&raw, knob);
                (distance(&reference, &current, &frozen, level(), 0.1).expect("values"), truth)
            })
        };
        Setting { effect: DISTANCE, data: family.name.to_owned(), estimate: Box::new(estimate) }
    };
    FAMILIES.par_iter().map(setting).collect()
}

/// Excess shares, by what is far out.
fn tail_shares() -> Vec<Setting<'static>> {
    // A value, and the share of an unchanged population beyond limits.
    type Kind = (&'static str, fn(f64) -> f64, fn(f64) -> f64);
    let kinds: [Kind; 2] = [("normal", |z| z, |x| x), ("lognormal(2)", |z| (2.0 * z).exp(), |x| x.ln() / 2.0)];
    let setting = |(data, value, back): Kind| {
        let estimate = move |random: &mut Random, rows: usize| {
            let bound = EFFECTS[TAILS].1;
            let reference = Sample::new(&(0..rows).map(|_| value(random.normal())).collect::<Vec<_>>());
            let raw: Vec<(f64, f64)> = (0..rows).map(|_| (value(random.normal()), random.uniform())).collect();
            let frozen = Frozen::of(&reference).expect("values");
            let outside = normal_sf(-back(frozen.low)) + normal_sf(back(frozen.high));
            MULTIPLES.map(|multiple| {
                // What is far out replaces rows, of which some lay beyond the limits anyway.
                let far = multiple * bound / (1.0 - 0.02);
                let current: Vec<f64> = raw.iter().map(|&(x, u)| if u < far { 1e9 } else { x }).collect();
                let estimate = tails(&reference, &Sample::new(&current), &frozen, level(), bound);
                (estimate.expect("values"), far * (1.0 - outside))
            })
        };
        Setting { effect: TAILS, data: format!("{data}, some far out"), estimate: Box::new(estimate) }
    };
    kinds.map(setting).into()
}

fn missing_shares() -> Vec<Setting<'static>> {
    let setting = |base: f64| {
        let estimate = move |random: &mut Random, rows: usize| {
            let bound = EFFECTS[MISSING].1;
            let before = (0..rows).filter(|_| random.uniform() < base).count();
            let raw: Vec<f64> = (0..rows).map(|_| random.uniform()).collect();
            MULTIPLES.map(|multiple| {
                let extra = multiple * bound;
                let now = raw.iter().filter(|&&u| u < base + extra).count();
                (missing((before, rows), (now, rows), level(), bound), extra)
            })
        };
        Setting { effect: MISSING, data: format!("{} % missing before", base * 100.0), estimate: Box::new(estimate) }
    };
    [0.0, 0.05, 0.3].map(setting).into()
}

fn categorical() -> Vec<Setting<'static>> {
    let setting = |levels: usize| {
        let base = zipf(levels, 1.0);
        let tilts = MULTIPLES.map(|multiple| tilted(&base, multiple * EFFECTS[CATEGORIES].1));
        let estimate = move |random: &mut Random, rows: usize| {
            let mut counts = |weights: &[f64]| {
                let mut counts = vec![0_u64; levels];
                (0..rows).for_each(|_| counts[draw(weights, random)] += 1);
                counts
            };
            let reference = counts(&base);
            tilts.each_ref().map(|(weights, truth)| {
                let current = counts(weights);
                (category_distance(&reference, &current, level(), EFFECTS[CATEGORIES].1).expect("rows"), *truth)
            })
        };
        Setting { effect: CATEGORIES, data: format!("{levels} levels"), estimate: Box::new(estimate) }
    };
    [2, 5, 120, 1400].map(setting).into()
}

fn weights(cumulative: &[f64]) -> Vec<f64> {
    cumulative.iter().scan(0.0, |before, &c| Some(c - std::mem::replace(before, c))).collect()
}

/// Moves weight from the even levels to the odd ones until the true distance is the wanted one.
fn tilted(cumulative: &[f64], wanted: f64) -> (Vec<f64>, f64) {
    let weights = weights(cumulative);
    let tilt = |by: f64| {
        let signed = weights.iter().enumerate().map(|(k, w)| w * if k % 2 == 0 { 1.0 - by } else { 1.0 + by });
        let moved: Vec<f64> = signed.collect();
        let total: f64 = moved.iter().sum();
        moved.into_iter().map(|weight| weight / total).collect::<Vec<_>>()
    };
    let truth = |by: f64| jensen_shannon(&weights, &tilt(by)).expect("weights");
    let (mut low, mut high) = (0.0, if wanted == 0.0 { 0.0 } else { 0.99 });
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if truth(middle) < wanted { low = middle } else { high = middle }
    }
    let grown = tilt(high).into_iter().scan(0.0, |total, w| {
        *total += w;
        Some(*total)
    });
    (grown.collect(), if wanted == 0.0 { 0.0 } else { truth(high) })
}

/// One level more, which the reference lacks.
fn fresh_levels() -> Vec<Setting<'static>> {
    let setting = |levels: usize| {
        let base = zipf(levels, 1.0);
        let weights = weights(&base);
        let estimate = move |random: &mut Random, rows: usize| {
            let bound = EFFECTS[NEW_LEVELS].1;
            let mut reference = vec![0_u64; levels + 1];
            (0..rows).for_each(|_| reference[draw(&base, random)] += 1);
            let raw: Vec<(usize, f64)> = (0..rows).map(|_| (draw(&base, random), random.uniform())).collect();
            let unseen: f64 = weights.iter().zip(&reference).filter(|&(_, &rows)| rows == 0).map(|(w, _)| w).sum();
            MULTIPLES.map(|multiple| {
                let extra = multiple * bound;
                let mut current = vec![0_u64; levels + 1];
                for &(level, u) in &raw {
                    current[if u < extra { levels } else { level }] += 1;
                }
                // The new level takes rows that would have been new in part anyway.
                (new_levels(&reference, &current, level(), bound).expect("rows"), extra * (1.0 - unseen))
            })
        };
        Setting { effect: NEW_LEVELS, data: format!("{levels} levels before"), estimate: Box::new(estimate) }
    };
    [20, 120, 1400].map(setting).into()
}
