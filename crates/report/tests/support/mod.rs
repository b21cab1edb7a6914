//! Records of every kind, made by the functions that make real ones.

#![allow(dead_code, reason = "tests and the example use their own parts of it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tidewheel_domain::decision::{
    Action, Afterwards, Answered, BatchRef, ChampionRef, ColumnLabel, ColumnLabels, Decision, ErrorEvidence,
    ExampleRow, PersonAnswer, PolicyName, PolicySettings, ReferenceKind,
};
use tidewheel_domain::drift_report::{DriftReport, DriftSettings, Effect, EffectName, PairDrift};
use tidewheel_domain::table::{CategoryColumn, Column, MISSING, Table};
use tidewheel_domain::timestamp::Timestamp;
use tidewheel_drift::cost::{Residuals, error_evidence, estimated_error, mean_by_segment};
use tidewheel_drift::{Lang, PolicyInputs, compare, decide};

/// Numbers that look random and are the same each time (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) * 2f64.powi(-53)
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }
}

/// How a batch differs from what came before.
#[derive(Clone, Copy, Default)]
pub(crate) struct Changes {
    pub(crate) shift: f64,
    pub(crate) spread: f64,
    pub(crate) tails: f64,
    pub(crate) missing: f64,
    pub(crate) mix: f64,
    pub(crate) new_level: f64,
    pub(crate) relation: f64,
    pub(crate) one_region: f64,
    pub(crate) flip: bool,
}

const REGIONS: [&str; 8] =
    ["Northern Lakes", "Great Meadow", "Cape", "Vale", "Rocks", "Mainland East", "Harbour", "Islands"];

/// Rows with the champion's residuals and the target.
pub(crate) struct Rows {
    pub(crate) table: Table,
    signed: Vec<f64>,
    clusters: Vec<u64>,
    target: Vec<f64>,
}

/// Rows of measured trees: where, what, how large.
pub(crate) fn rows(seed: u64, n: usize, changes: Changes) -> Rows {
    let random = &mut Random(seed);
    let weights = [0.05, 0.4, 0.23, 0.02, 0.14, 0.02, 0.1, 0.04];
    let (mut region, mut site) = (Vec::new(), Vec::new());
    let (mut mass, mut height, mut depth, mut age) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut signed, mut target) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let mut left = random.uniform();
        let drawn = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        let place = if random.uniform() < changes.mix { random.below(2) * 3 } else { drawn.unwrap_or(7) };
        let new = random.uniform() < changes.new_level;
        region.push(place as u32);
        site.push(if new { 60 + random.below(9) as u32 } else { (place * 7 + random.below(7)) as u32 });
        let tall = random.normal();
        let one_mass = (6.2 + 0.6 * random.normal() + changes.shift).exp();
        mass.push(one_mass);
        let with = if changes.flip { -0.7 * tall } else { 0.7 * tall };
        height.push(12.0 + 2.5 * tall * (1.0 + changes.spread));
        let far = if random.uniform() < changes.tails { 20.0 } else { 0.0 };
        depth.push(3.0 + with + 0.7 * random.normal() + far);
        let gap = random.uniform() < 0.05 + changes.missing;
        age.push(if gap { f64::NAN } else { (random.uniform() * 80.0).floor() });
        let worse = changes.relation + if place == 0 { changes.one_region } else { 0.0 };
        let residual = 0.25 * random.normal() - worse;
        signed.push(residual);
        target.push((4.0 + 0.5 * one_mass.ln() + 0.1 * place as f64 + residual).exp());
    }
    let names = |names: Vec<String>| names.into_iter().map(|name| Arc::from(name.as_str())).collect::<Vec<Arc<str>>>();
    let regions = names(REGIONS.map(str::to_owned).to_vec());
    let sites = names((0..70).map(|site| format!("S{site:03}")).collect());
    let columns = vec![
        ("region", Column::Category(CategoryColumn { codes: region, levels: regions })),
        ("site", Column::Category(CategoryColumn { codes: site, levels: sites })),
        ("mass", Column::Number(mass)),
        ("height", Column::Number(height)),
        ("depth", Column::Number(depth)),
        ("age", Column::Number(age)),
        ("harvest", Column::Number(target.clone())),
    ];
    let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
    let table = Table::new(columns).expect("one length");
    Rows { table, signed, clusters: (0..n as u64).collect(), target }
}

pub(crate) fn labels(lang: Lang) -> ColumnLabels {
    let label = |english: &str, spanish: &str, unit: Option<&str>| ColumnLabel {
        label: Some(if lang == Lang::En { english } else { spanish }.to_owned()),
        unit: unit.map(str::to_owned),
    };
    ColumnLabels::from([
        ("mass".to_owned(), label("mass", "masa", Some("kg"))),
        ("height".to_owned(), label("height", "altura", Some("m"))),
        ("harvest".to_owned(), label("harvest", "cosecha", Some("USD"))),
    ])
}

fn weights() -> BTreeMap<String, f64> {
    let weights = [("region", 0.31), ("site", 0.021), ("mass", 0.33), ("height", 0.12), ("depth", 0.11), ("age", 0.11)];
    weights.into_iter().map(|(name, weight)| (name.to_owned(), weight)).collect()
}

/// What the loop knows when it decides about a batch.
pub(crate) fn inputs(before: &Rows, now: &Rows, policy: PolicySettings, labelled: bool) -> PolicyInputs {
    let report = compare(&before.table, &now.table, &DriftSettings::default()).expect("comparable");
    let reference = Residuals { table: &before.table, signed: &before.signed, clusters: &before.clusters };
    let current = Residuals { table: &now.table, signed: &now.signed, clusters: &now.clusters };
    let error: Option<ErrorEvidence> = if labelled {
        error_evidence(&reference, &current, &report, Some("region"), "log1p")
    } else {
        estimated_error(&reference, &now.table, &report, Some("region"), "log1p")
    };
    let (before_rows, now_rows) = (before.table.rows() as u64, now.table.rows() as u64);
    let last = rows(77, 3000, Changes { mix: 0.1, ..Changes::default() });
    let other = compare(&last.table, &now.table, &DriftSettings::default()).expect("comparable");
    PolicyInputs {
        project: "forests".to_owned(),
        batch: BatchRef {
            id: Some(9),
            rows: now_rows,
            never_seen_rows: Some(now_rows - 115),
            sha256: Some("ab12cd34".repeat(8)),
        },
        champion: Some(ChampionRef {
            version: "4".to_owned(),
            training_rows: before_rows,
            training_sha256: vec!["5d".repeat(32), "7e".repeat(32)],
        }),
        drift: Some((ReferenceKind::Training, report)),
        others: vec![(ReferenceKind::LastPromoted, other)],
        target: Some("harvest".to_owned()),
        policy,
        weights: Some(weights()),
        error,
        target_mean: mean_by_segment("region", (&before.table, &before.target), (&now.table, &now.target)),
        unknown_segment_share: Some(0.03),
        batches_since_training: Some(4),
        ..PolicyInputs::default()
    }
}

/// A decision under `costly-drift`, with labels.
pub(crate) fn decision(n: usize, changes: Changes) -> Decision {
    let (before, now) = (rows(1, 9000, Changes::default()), rows(2, n, changes));
    decide(&inputs(&before, &now, PolicySettings::default(), true))
}

/// A decision for which two columns went together otherwise.
fn pair() -> Decision {
    let (before, now) =
        (rows(1, 9000, Changes::default()), rows(2, 5000, Changes { flip: true, ..Changes::default() }));
    let mut inputs = inputs(&before, &now, PolicySettings::of(PolicyName::Effect), true);
    let (_, report) = inputs.drift.as_mut().expect("a report");
    report.pairs = vec![PairDrift {
        column: "height".to_owned(),
        other: "depth".to_owned(),
        relevant: true,
        effect: Effect {
            name: EffectName::Correlation,
            value: 1.38,
            low: 1.32,
            high: 1.44,
            bound: 0.2,
            times_bound: 6.9,
            low_times_bound: 6.6,
            over: true,
            visible_from: 0.31,
            reference: Some(0.69),
            current: Some(-0.69),
            chance: None,
        },
    }];
    decide(&inputs)
}

fn example(region: &str, site: &str, mass: f64, predicted: f64, actual: f64) -> ExampleRow {
    let values = json!({"region": region, "site": site, "mass": mass, "height": 11.4, "depth": 2.75, "age": null});
    let serde_json::Value::Object(values) = values else { unreachable!("an object") };
    ExampleRow { values, predicted, actual }
}

/// With all that a record may hold.
pub(crate) fn full(n: usize, changes: Changes) -> Decision {
    let mut decision = decision(n, changes);
    decision.examples = vec![
        example("Northern Lakes", "S063", 812.5, 1450.0, 710.25),
        example("Northern Lakes", "S066", 1204.0, 2210.5, 980.0),
        example("Vale", "S061", 455.75, 1120.0, 640.5),
    ];
    decision.afterwards = Some(Afterwards {
        batch: 10,
        rows: 1125,
        version: "6".to_owned(),
        promoted: true,
        former_error: 0.338,
        trained_error: 0.251,
        change: -0.257,
        low: -0.301,
        high: -0.209,
    });
    decision
}

pub(crate) fn answered(mut decision: Decision) -> Decision {
    decision.answer = Some(PersonAnswer {
        action: Action::Retrain,
        who: "Ana <ana@example.org>".to_owned(),
        reason: "the new sites are ours & stay".to_owned(),
        at: Timestamp::from_ms(1_790_000_000_000),
    });
    decision
}

/// Every kind of record by name.
pub(crate) fn decisions() -> Vec<(&'static str, Decision)> {
    let everything = Changes {
        shift: 0.45,
        spread: 0.5,
        tails: 0.06,
        missing: 0.09,
        mix: 0.5,
        new_level: 0.3,
        one_region: 0.45,
        ..Changes::default()
    };
    let before = || rows(1, 9000, Changes::default());
    let shifted = rows(2, 4000, Changes { shift: 0.4, mix: 0.3, ..Changes::default() });
    let mut ask = inputs(&before(), &shifted, PolicySettings::default(), true);
    ask.unknown_segment_share = Some(0.71);
    let mut first = inputs(&before(), &shifted, PolicySettings::default(), true);
    (first.drift, first.champion, first.error, first.target_mean, first.others) = (None, None, None, None, Vec::new());
    let again = PolicyInputs { same_as_batch: Some(3), ..first.clone() };
    let mut known = inputs(
        &before(),
        &rows(2, 4000, Changes { mix: 0.5, one_region: 0.45, ..Changes::default() }),
        PolicySettings { cooldown: Some(2), ..PolicySettings::default() },
        true,
    );
    let answer = Answered::Rejected { batch: 8, version: "5".to_owned() };
    known.answered = decide(&known).causes.iter().map(|cause| (cause.key(), answer.clone())).collect();
    let mut reference = inputs(&before(), &shifted, PolicySettings::of(PolicyName::Reference), true);
    reference.others.push((ReferenceKind::PreviousBatch, compared(&before(), &shifted)));
    vec![
        ("everything", full(6000, everything)),
        ("relation", full(5000, Changes { relation: 0.4, ..Changes::default() })),
        ("one-segment", full(5000, Changes { one_region: 0.9, mix: 0.1, ..Changes::default() })),
        ("pair", pair()),
        ("missing", decision(5000, Changes { missing: 0.2, relation: 0.1, ..Changes::default() })),
        ("cheap", decision(5000, Changes { shift: 0.4, ..Changes::default() })),
        ("nothing", decision(5000, Changes::default())),
        ("few-rows", decision(620, Changes::default())),
        ("ask", answered(decide(&ask))),
        ("first", decide(&first)),
        ("again", decide(&again)),
        ("answered", decide(&known)),
        ("unlabelled", decide(&inputs(&before(), &shifted, PolicySettings::default(), false))),
        ("effect", decide(&inputs(&before(), &shifted, PolicySettings::of(PolicyName::Effect), true))),
        ("reference", decide(&reference)),
    ]
}

fn compared(before: &Rows, now: &Rows) -> DriftReport {
    compare(&before.table, &now.table, &DriftSettings::default()).expect("comparable")
}

/// The comparison of two files.
pub(crate) fn files(before: &Table, now: &Table) -> Decision {
    let mut report = compare(before, now, &DriftSettings::default()).expect("comparable");
    report.reference.label = Some("january.csv".to_owned());
    report.current.label = Some("data/february.parquet".to_owned());
    decide(&PolicyInputs {
        batch: BatchRef { rows: now.rows() as u64, ..BatchRef::default() },
        policy: PolicySettings::of(PolicyName::Effect),
        drift: Some((ReferenceKind::File, report)),
        ..PolicyInputs::default()
    })
}

/// Two files of which each has a column of its own, with odd columns.
pub(crate) fn file_pair() -> (Table, Table) {
    let changes = Changes { shift: 0.3, mix: 0.3, missing: 0.1, new_level: 0.1, ..Changes::default() };
    let (mut before, mut now) = (rows(1, 6000, Changes::default()).table, rows(2, 4000, changes).table);
    before
        .push("forester", Column::Category(CategoryColumn { codes: vec![0; 6000], levels: vec![Arc::from("A")] }))
        .expect("fits");
    for (table, rows) in [(&mut before, 6000), (&mut now, 4000)] {
        table.push("constant", Column::Number(vec![1.0; rows])).expect("fits");
        table.push("empty", Column::Number(vec![f64::NAN; rows])).expect("fits");
    }
    now.push("inspected", Column::Number((0..4000).map(f64::from).collect())).expect("fits");
    (before, now)
}

/// Texts that must do no harm.
pub(crate) fn hostile() -> [String; 6] {
    [
        "<script>alert(1)</script>".to_owned(),
        "\"' onload='x' `code` & &amp; | * _ [x](javascript:y)".to_owned(),
        "x".repeat(10_000),
        "a\u{0}b\u{7}\u{1b}[31m\r\nc".to_owned(),
        "שלום עולם \u{202e}gnp.exe".to_owned(),
        "</style></svg>]]>--> {} \u{fffe}".to_owned(),
    ]
}

/// Two tables whose names and values are hostile.
pub(crate) fn hostile_pair() -> (Table, Table) {
    let texts = hostile();
    let table = |rows: usize, seed: u64, more: f64| {
        let random = &mut Random(seed);
        let mut columns = Vec::new();
        for (place, name) in texts.iter().enumerate() {
            let values = (0..rows).map(|_| random.normal() + more * place as f64).collect();
            columns.push((format!("{name} {place}"), Column::Number(values)));
        }
        let levels: Vec<Arc<str>> = texts.iter().map(|text| Arc::from(text.as_str())).collect();
        let codes = (0..rows).map(|_| {
            if random.uniform() < 0.03 { MISSING } else { random.below(if more > 0.0 { 6 } else { 4 }) as u32 }
        });
        columns.push((texts[1].clone(), Column::Category(CategoryColumn { codes: codes.collect(), levels })));
        Table::new(columns).expect("one length")
    };
    (table(3000, 5, 0.0), table(3000, 6, 0.3))
}

/// A decision in which every text of the data is hostile.
pub(crate) fn hostile_decision() -> Decision {
    let (before, now) = hostile_pair();
    let texts = hostile();
    let mut decision = files(&before, &now);
    decision.project.clone_from(&texts[0]);
    decision.target = Some(texts[1].clone());
    decision.rule.condition.clone_from(&texts[0]);
    decision.report.reference.label = Some(texts[4].clone());
    decision.report.current.label = Some(texts[3].clone());
    decision.report.only_in_current = texts.to_vec();
    decision.champion =
        Some(ChampionRef { version: texts[0].clone(), training_rows: 3000, training_sha256: vec![texts[5].clone()] });
    let values = texts.iter().map(|text| (text.clone(), json!(text))).collect();
    decision.examples = vec![ExampleRow { values, predicted: 1.5, actual: -2.25 }];
    decision.answer = Some(PersonAnswer {
        action: Action::Skip,
        who: texts[4].clone(),
        reason: texts.join(" "),
        at: Timestamp::from_ms(0),
    });
    decision
}
