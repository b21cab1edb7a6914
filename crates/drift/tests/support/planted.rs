//! A world in which the truth is known: rows, a model of them, and changes planted one at a time.

use std::collections::BTreeMap;

use tidewheel_domain::decision::{
    Action, BatchRef, CauseSubject, ChampionRef, ChangeKind, Decision, Direction, PolicySettings, ReferenceKind,
};
use tidewheel_domain::drift_report::DriftSettings;
use tidewheel_domain::table::{CategoryColumn, Column, Table};
use tidewheel_drift::cost::{Residuals, error_evidence, mean_by_segment, unknown_segment_share};
use tidewheel_drift::{PolicyInputs, compare};

use super::support::{Random, draw, zipf};

const REGIONS: [&str; 6] = ["north", "south", "east", "west", "centre", "coast"];
const VALUE_OF_REGION: [f64; 6] = [0.0, 0.6, -0.4, 0.3, 1.0, 1.6];

/// What is planted, and what must be found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planted {
    pub(crate) name: &'static str,
    plant: fn(&mut World),
    /// Subject, column, kind and direction of the first cause; `None`: nothing that matters has changed.
    pub(crate) first: Option<(CauseSubject, &'static str, Option<ChangeKind>, Option<Direction>)>,
}

impl Planted {
    /// Whether a decision names the planted change first.
    pub(crate) fn found(&self, decision: &Decision) -> bool {
        let first = decision.causes.first();
        match (self.first, first) {
            (None, first) => first.is_none() && decision.action == Action::Skip,
            (Some((subject, column, kind, direction)), Some(cause)) => {
                let change = cause.changes.first();
                let kinds: Vec<_> = cause.changes.iter().map(|change| change.kind).collect();
                let side =
                    change.and_then(|change| change.direction).or(cause.error.as_ref().and_then(|error| error.side));
                cause.subject == subject
                    && cause.column == column
                    && kind.is_none_or(|kind| kinds.contains(&kind))
                    && (direction.is_none() || kind.is_some() && kinds.len() > 1 || side == direction)
            }
            _ => false,
        }
    }
}

/// How rows come about.
#[derive(Debug, Clone)]
struct World {
    size: (f64, f64),
    income: (f64, f64),
    far_sizes: f64,
    missing_ages: f64,
    correlation: f64,
    junk: f64,
    to_coast: f64,
    to_island: f64,
    coast_noise: f64,
    slope_of_size: f64,
    raise: f64,
    raise_of_south: f64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            size: (0.0, 1.0),
            income: (0.0, 0.5),
            far_sizes: 0.0,
            missing_ages: 0.04,
            correlation: 0.5,
            junk: 0.0,
            to_coast: 0.0,
            to_island: 0.0,
            coast_noise: 3.0,
            slope_of_size: 1.0,
            raise: 0.0,
            raise_of_south: 0.0,
        }
    }
}

use CauseSubject::{Column as OfColumn, Pair, Relation, Segment};
use ChangeKind::{Categories, Dependence, Missing, NewLevels, Shift, Tails};
use Direction::{Down, Up};

/// Every planted change.
pub(crate) const PLANTED: [Planted; 15] = [
    Planted { name: "nothing", plant: |_| {}, first: None },
    Planted {
        name: "one column up",
        plant: |world| world.size.0 = 0.6,
        first: Some((OfColumn, "size", Some(Shift), Some(Up))),
    },
    Planted {
        name: "one column down",
        plant: |world| world.income.0 = -0.3,
        first: Some((OfColumn, "income", Some(Shift), Some(Down))),
    },
    Planted {
        name: "one column wider",
        plant: |world| world.size.1 = 1.7,
        first: Some((OfColumn, "size", None, None)),
    },
    Planted {
        name: "tails only",
        plant: |world| world.far_sizes = 0.05,
        first: Some((OfColumn, "size", Some(Tails), Some(Up))),
    },
    Planted {
        name: "more missing",
        plant: |world| world.missing_ages = 0.12,
        first: Some((OfColumn, "age", Some(Missing), Some(Up))),
    },
    Planted {
        name: "another mix of segments, one of which is hard",
        plant: |world| world.to_coast = 0.3,
        first: Some((OfColumn, "region", Some(Categories), None)),
    },
    Planted {
        name: "a new segment",
        plant: |world| world.to_island = 0.1,
        first: Some((OfColumn, "region", Some(NewLevels), Some(Up))),
    },
    Planted {
        name: "the level of one segment",
        plant: |world| world.raise_of_south = 2.5,
        first: Some((Segment, "region", None, Some(Up))),
    },
    Planted {
        name: "the level of one segment, down",
        plant: |world| world.raise_of_south = -2.5,
        first: Some((Segment, "region", None, Some(Down))),
    },
    Planted {
        name: "all levels: the relation alone",
        plant: |world| world.raise = 1.2,
        first: Some((Relation, "value", None, Some(Up))),
    },
    Planted {
        name: "a slope: the relation with the same margins",
        plant: |world| world.slope_of_size = -1.0,
        first: Some((Relation, "value", None, None)),
    },
    Planted {
        name: "a correlation with the same margins",
        plant: |world| world.correlation = -0.5,
        first: Some((Pair, "size", Some(Dependence), Some(Down))),
    },
    Planted { name: "a column that the model ignores", plant: |world| world.junk = 1.5, first: None },
    Planted {
        name: "one column up and another wider in its tails",
        plant: |world| {
            world.size.0 = 1.2;
            world.far_sizes = 0.01;
        },
        first: Some((OfColumn, "size", None, None)),
    },
];

struct Rows {
    table: Table,
    residuals: Vec<f64>,
    keys: Vec<u64>,
}

impl World {
    fn rows(&self, n: usize, keys_from: u64, random: &mut Random) -> Rows {
        let weights = zipf(REGIONS.len(), 0.4);
        let mut columns: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::with_capacity(n));
        let [size, income, age, junk, value] = &mut columns;
        let (mut region, mut residuals) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for _ in 0..n {
            let z = random.normal();
            let other = random.normal();
            let s = self.size.0 + self.size.1 * z;
            let s = if random.uniform() < self.far_sizes { s + 6.0 } else { s };
            let i = (self.income.0 + self.income.1 * random.normal()).exp();
            let a = 40.0 + 10.0 * (self.correlation * z + (1.0 - self.correlation * self.correlation).sqrt() * other);
            let place = if random.uniform() < self.to_coast { 5 } else { draw(&weights, random) };
            let island = random.uniform() < self.to_island;
            let noise = 0.5 * random.normal() * if place == 5 { self.coast_noise } else { 1.0 };
            let raise = self.raise + if place == 1 && !island { self.raise_of_south } else { 0.0 };
            let level = if island { 3.0 } else { VALUE_OF_REGION[place] };
            let truth = self.slope_of_size * s + 1.5 * i + 0.02 * a + level + raise;
            // The model knows the world as it was: flat beyond what it saw, and the mean where it knows nothing.
            let known = s.clamp(-2.6, 2.6) + 1.5 * i.clamp(0.25, 4.0) + 0.02 * a + if island { 0.4 } else { level };
            size.push(s);
            income.push(i);
            age.push(if random.uniform() < self.missing_ages { f64::NAN } else { a });
            junk.push(self.junk + random.normal());
            region.push(Some(if island { "island" } else { REGIONS[place] }));
            value.push(truth + noise);
            residuals.push(truth + noise - known);
        }
        let [size, income, age, junk, value] = columns.map(Column::Number);
        let region = Column::Category(CategoryColumn::from_values(region));
        let named =
            [("size", size), ("income", income), ("age", age), ("region", region), ("junk", junk), ("value", value)];
        let table = Table::new(named.map(|(name, column)| (name.to_owned(), column)).into()).expect("one length");
        Rows { table, residuals, keys: (keys_from..keys_from + n as u64).collect() }
    }
}

/// What a policy is given when a batch of `rows` rows with a planted change meets a model of 12,000.
pub(crate) fn inputs(planted: &Planted, rows: usize, seed: u64, policy: PolicySettings) -> PolicyInputs {
    let random = &mut Random::new(seed);
    let mut world = World::default();
    let training = world.rows(12_000, 0, random);
    let holdout = world.rows(3_000, 1 << 32, random);
    (planted.plant)(&mut world);
    let batch = world.rows(rows, 1 << 33, random);
    let report = compare(&training.table, &batch.table, &DriftSettings::default()).expect("comparable");
    let reference = Residuals { table: &holdout.table, signed: &holdout.residuals, clusters: &holdout.keys };
    let current = Residuals { table: &batch.table, signed: &batch.residuals, clusters: &batch.keys };
    let error = error_evidence(&reference, &current, &report, Some("region"), "none");
    let values = |table: &Table| table.number("value").expect("there").to_vec();
    let (a, b) = (values(&training.table), values(&batch.table));
    let segment = |table: &Table| table.category("region").expect("there").clone();
    PolicyInputs {
        project: "planted".to_owned(),
        batch: BatchRef { id: Some(7), rows: rows as u64, never_seen_rows: Some(rows as u64), sha256: None },
        champion: Some(ChampionRef { version: "3".to_owned(), training_rows: 12_000, training_sha256: vec![] }),
        target_mean: mean_by_segment("region", (&training.table, &a), (&batch.table, &b)),
        unknown_segment_share: Some(unknown_segment_share(&segment(&training.table), &segment(&batch.table), &[], 30)),
        drift: Some((ReferenceKind::Training, report)),
        weights: Some(BTreeMap::from([
            ("size".to_owned(), 0.40),
            ("income".to_owned(), 0.32),
            ("region".to_owned(), 0.20),
            ("age".to_owned(), 0.07),
            ("junk".to_owned(), 0.01),
        ])),
        target: Some("value".to_owned()),
        policy,
        error,
        ..PolicyInputs::default()
    }
}
