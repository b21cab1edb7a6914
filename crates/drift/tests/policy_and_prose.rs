//! The decision record holds what it claims, and its prose says nothing else.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{Random, categories, draw, level_names, numbers, zipf};
use tidewheel_domain::decision::{
    Action, BatchRef, ChampionRef, ChangeKind, ColumnLabel, ColumnLabels, Decision, Direction, PolicyName,
    PolicySettings, ReferenceKind, RuleName,
};
use tidewheel_domain::drift_report::{DriftReport, DriftSettings};
use tidewheel_domain::table::{CategoryColumn, Column, Table};
use tidewheel_drift::{Lang, PolicyInputs, compare, decide, headline, log_lines, prose, render_text};

const ROWS: usize = 6000;

fn table(columns: Vec<(&str, Column)>) -> Table {
    Table::new(columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()).expect("one length")
}

/// How a batch differs from what came before.
#[derive(Clone, Copy, Default)]
struct Changes {
    shift: f64,
    spread: f64,
    tails: f64,
    missing: f64,
    mix: f64,
    new_level: f64,
}

fn batch(seed: u64, changes: Changes) -> Table {
    let random = &mut Random::new(seed);
    let weights = zipf(6, 0.8);
    let names = level_names(6);
    let columns = vec![
        ("amount", numbers(ROWS, || (0.5 * random.normal() + changes.shift).exp() * 1000.0)),
        ("width", numbers(ROWS, || 50.0 + 5.0 * random.normal() * (1.0 + changes.spread))),
        (
            "depth",
            numbers(ROWS, || {
                let far = if random.uniform() < changes.tails { 20.0 } else { 0.0 };
                random.normal() + far
            }),
        ),
        ("gaps", numbers(ROWS, || if random.uniform() < 0.05 + changes.missing { f64::NAN } else { random.uniform() })),
        (
            "region",
            categories(ROWS, &names, || {
                let level = draw(&weights, random) as u32;
                Some(if random.uniform() < changes.mix { 5 } else { level })
            }),
        ),
        (
            "code",
            categories(ROWS, &level_names(40), || {
                Some(if random.uniform() < changes.new_level { 39 } else { random.below(39) as u32 })
            }),
        ),
    ];
    table(columns)
}

fn report(changes: Changes) -> DriftReport {
    compare(&batch(1, Changes::default()), &batch(2, changes), &DriftSettings::default()).expect("comparable")
}

fn inputs(report: DriftReport) -> PolicyInputs {
    PolicyInputs {
        project: "example".to_owned(),
        batch: BatchRef { id: Some(9), rows: ROWS as u64, never_seen_rows: Some(4321), sha256: Some("ab".repeat(32)) },
        champion: Some(ChampionRef { version: "4".to_owned(), training_rows: ROWS as u64, training_sha256: vec![] }),
        drift: Some((ReferenceKind::Training, report)),
        target: Some("amount".to_owned()),
        policy: PolicySettings::of(PolicyName::Effect),
        ..PolicyInputs::default()
    }
}

fn decisions() -> Vec<Decision> {
    let changes = [
        Changes::default(),
        Changes { shift: 0.3, ..Changes::default() },
        Changes { shift: -0.3, ..Changes::default() },
        Changes { spread: 0.5, ..Changes::default() },
        Changes { tails: 0.05, ..Changes::default() },
        Changes { missing: 0.06, ..Changes::default() },
        Changes { mix: 0.3, ..Changes::default() },
        Changes { new_level: 0.05, ..Changes::default() },
        Changes { shift: 0.4, spread: 0.6, tails: 0.06, missing: 0.1, mix: 0.4, new_level: 0.07 },
    ];
    let mut all: Vec<Decision> = changes.into_iter().map(|changes| decide(&inputs(report(changes)))).collect();
    let mut first = inputs(DriftReport::default());
    first.drift = None;
    first.champion = None;
    all.push(decide(&first));
    all.push(decide(&PolicyInputs { same_as_batch: Some(3), ..inputs(DriftReport::default()) }));
    let shifted = || report(Changes { shift: 0.3, mix: 0.3, ..Changes::default() });
    all.push(decide(&PolicyInputs {
        policy: PolicySettings { min_rows: Some(5000), ..PolicySettings::of(PolicyName::Effect) },
        ..inputs(shifted())
    }));
    for changes in [Changes::default(), Changes { shift: 0.3, ..Changes::default() }] {
        all.push(decide(&PolicyInputs {
            policy: PolicySettings::of(PolicyName::Reference),
            others: vec![(ReferenceKind::PreviousBatch, report(changes))],
            ..inputs(shifted())
        }));
    }
    all.push(decide(&PolicyInputs {
        weights: Some(BTreeMap::from([("width".to_owned(), 0.6), ("region".to_owned(), 0.012)])),
        others: vec![(ReferenceKind::LastPromoted, report(Changes::default()))],
        ..inputs(shifted())
    }));
    all
}

fn labels() -> ColumnLabels {
    let label = ColumnLabel { label: Some("the amount".to_owned()), unit: Some("USD".to_owned()) };
    ColumnLabels::from([("amount".to_owned(), label)])
}

#[test]
fn each_planted_change_is_the_first_cause_with_its_kind_and_direction() {
    let planted = [
        (Changes { shift: 0.3, ..Changes::default() }, "amount", ChangeKind::Shift, Some(Direction::Up)),
        (Changes { shift: -0.3, ..Changes::default() }, "amount", ChangeKind::Shift, Some(Direction::Down)),
        (Changes { spread: 0.5, ..Changes::default() }, "width", ChangeKind::Spread, Some(Direction::Up)),
        (Changes { spread: -0.4, ..Changes::default() }, "width", ChangeKind::Spread, Some(Direction::Down)),
        (Changes { tails: 0.05, ..Changes::default() }, "depth", ChangeKind::Tails, Some(Direction::Up)),
        (Changes { missing: 0.06, ..Changes::default() }, "gaps", ChangeKind::Missing, Some(Direction::Up)),
        (Changes { mix: 0.3, ..Changes::default() }, "region", ChangeKind::Categories, None),
        (Changes { new_level: 0.05, ..Changes::default() }, "code", ChangeKind::NewLevels, Some(Direction::Up)),
    ];
    for (changes, column, kind, direction) in planted {
        let decision = decide(&inputs(report(changes)));
        assert_eq!(decision.action, Action::Retrain, "{column} {kind:?}");
        assert_eq!(decision.causes.len(), 1, "{column} {kind:?}: {:?}", decision.causes);
        let cause = &decision.causes[0];
        let kinds: Vec<ChangeKind> = cause.changes.iter().map(|change| change.kind).collect();
        assert_eq!(cause.column, column);
        assert!(kinds.contains(&kind), "{column}: {kinds:?}");
        let change = cause.changes.iter().find(|change| change.kind == kind).expect("just seen");
        assert_eq!(change.direction, direction, "{column} {kind:?}");
    }
}

#[test]
fn the_counterfactual_turns_the_decision() {
    let trained = decide(&inputs(report(Changes { shift: 0.3, mix: 0.3, ..Changes::default() })));
    let counterfactual = trained.counterfactuals.first().cloned().expect("a training has one");
    assert_eq!((trained.action, counterfactual.action), (Action::Retrain, Action::Skip));
    let with_lows = |just_past: f64| {
        let mut report = trained.report.clone();
        for condition in &counterfactual.conditions {
            let column = report
                .columns
                .iter_mut()
                .find(|column| Some(&column.name) == condition.column.as_ref())
                .expect("names a column");
            let effect =
                column.effects.iter_mut().find(|effect| Some(effect.name) == condition.effect).expect("an effect");
            effect.low = condition.needed + just_past;
            effect.low_times_bound = effect.low / effect.bound;
            effect.over = effect.low > effect.bound;
            column.drifted = column.effects.iter().any(|effect| effect.over);
        }
        decide(&inputs(report)).action
    };
    assert_eq!(with_lows(0.0), Action::Skip);
    assert_eq!(with_lows(1e-9), Action::Retrain);
}

#[test]
fn the_decision_falls_as_the_rules_say() {
    let by_rule: Vec<(RuleName, Action)> =
        decisions().iter().map(|decision| (decision.rule.name.clone(), decision.action)).collect();
    for expected in [
        (RuleName::NoRelevantColumnDrifted, Action::Skip),
        (RuleName::RelevantColumnDrifted, Action::Retrain),
        (RuleName::FirstRun, Action::Baseline),
        (RuleName::BatchAgain, Action::Skip),
        (RuleName::TooFewRows, Action::Skip),
        (RuleName::KsBelowLevel, Action::Retrain),
    ] {
        assert!(by_rule.contains(&expected), "{expected:?} in {by_rule:?}");
    }
    let again = decide(&PolicyInputs { same_as_batch: Some(3), ..inputs(DriftReport::default()) });
    assert_eq!(again.reason, "batch 3 again");
}

#[test]
fn a_column_that_the_model_ignores_does_not_train() {
    let weights = BTreeMap::from([("amount".to_owned(), 0.0), ("width".to_owned(), 0.9), ("region".to_owned(), 0.01)]);
    let changed = report(Changes { mix: 0.5, ..Changes::default() });
    let decision = decide(&PolicyInputs { weights: Some(weights.clone()), ..inputs(changed) });
    assert_eq!(decision.action, Action::Skip);
    assert_eq!(decision.irrelevant.iter().map(|cause| cause.column.as_str()).collect::<Vec<_>>(), ["region"]);
    assert!(prose(&decision, Lang::En, &labels()).contains("hardly looks there"));
    // the target always matters
    let decision = decide(&PolicyInputs {
        weights: Some(weights),
        ..inputs(report(Changes { shift: 0.4, ..Changes::default() }))
    });
    assert_eq!(decision.action, Action::Retrain);
}

#[test]
fn the_json_has_the_shape_that_scripts_read_and_comes_back() {
    for decision in decisions() {
        let json = serde_json::to_value(&decision).expect("serialises");
        assert_eq!(json["action"], decision.action.as_str());
        assert!(json["reason"].is_string() && json["columns"].is_array());
        for column in json["columns"].as_array().expect("a list") {
            assert!(column["name"].is_string() && column["kind"].is_string() && column["drifted"].is_boolean());
            for field in ["value", "low", "high", "bound"] {
                assert!(column["effect"][field].is_f64(), "{field} of {column}");
            }
            for test in column["tests"].as_array().expect("a list") {
                for field in ["statistic", "p_value", "p_adjusted"] {
                    assert!(test[field].is_f64(), "{field} of {test}");
                }
            }
        }
        let text = serde_json::to_string(&decision).expect("serialises");
        let back: Decision = serde_json::from_str(&text).expect("comes back");
        assert_eq!(back, decision);
    }
}

/// Every number in a JSON document.
fn numbers_of(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(values) => values.iter().for_each(|value| numbers_of(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| numbers_of(value, found)),
        // versions are texts
        Value::String(text) => found.extend(text.parse::<f64>()),
        _ => {}
    }
}

/// Takes out what stands in backquotes or quotation marks: names of the record, not numbers.
fn without_names(text: &str) -> String {
    let mut plain = String::new();
    let mut until = None;
    for c in text.chars() {
        match until {
            Some(end) if c == end => until = None,
            Some(_) => {}
            None => match c {
                '`' => until = Some('`'),
                '“' => until = Some('”'),
                '«' => until = Some('»'),
                c => plain.push(c),
            },
        }
    }
    plain
}

/// The numbers of a text with the unit in the last place of each.
fn numbers_in(text: &str, lang: Lang) -> Vec<(f64, f64)> {
    let (group, point) = if lang == Lang::En { (',', '.') } else { ('.', ',') };
    let mut found = Vec::new();
    let plain = without_names(text);
    for word in plain.split(|c: char| c.is_whitespace() || "();:[]→".contains(c)) {
        let word = word.trim_end_matches([',', '.', ';']).replace('−', "-");
        if !word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let standard: String = word.chars().filter(|&c| c != group).map(|c| if c == point { '.' } else { c }).collect();
        let value: f64 = standard.parse().unwrap_or_else(|_| panic!("'{word}' in: {plain}"));
        let (mantissa, exponent) = standard.split_once('e').unwrap_or((&standard, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len()) as i32;
        let exponent: i32 = exponent.parse().expect("an exponent");
        found.push((value, 10f64.powi(exponent - decimals)));
    }
    found
}

#[test]
fn every_number_of_the_prose_is_one_of_the_record() {
    for decision in decisions() {
        let mut known = Vec::new();
        numbers_of(&serde_json::to_value(&decision).expect("serialises"), &mut known);
        for lang in [Lang::En, Lang::Es] {
            let text = format!("{}\n{}", headline(&decision, lang, &labels()), prose(&decision, lang, &labels()));
            let mut words = text.split(|c: char| !c.is_alphabetic());
            assert!(!words.any(|word| ["NaN", "inf"].contains(&word)), "{text}");
            let found = numbers_in(&text, lang);
            for (value, unit) in found {
                let fits =
                    |x: f64| (x - value).abs() <= 0.5000001 * unit || (100.0 * x - value).abs() <= 0.5000001 * unit;
                assert!(known.iter().any(|&x| fits(x)), "{value} is not in the record of: {text}");
            }
        }
    }
}

#[test]
fn a_training_says_what_would_have_prevented_it_and_a_changed_record_changes_the_text() {
    for decision in decisions() {
        let english = prose(&decision, Lang::En, &labels());
        let spanish = prose(&decision, Lang::Es, &labels());
        assert_eq!(decision.action == Action::Retrain, english.contains("would not have"), "{english}");
        assert_eq!(decision.action == Action::Retrain, spanish.contains("No se habría"), "{spanish}");
        assert_ne!(english, spanish);
        assert_eq!(headline(&decision, Lang::En, &labels()).lines().count(), 1);
    }
    let decision = decide(&inputs(report(Changes { shift: 0.3, ..Changes::default() })));
    let mut changed = decision.clone();
    changed.causes[0].changes[0].value += 0.1;
    assert_ne!(prose(&decision, Lang::En, &labels()), prose(&changed, Lang::En, &labels()));
}

#[test]
fn an_effect_near_its_bound_is_not_told_as_one_time_the_bound() {
    let mut decision = decide(&inputs(report(Changes { shift: 0.3, ..Changes::default() })));
    for (times, english, spanish) in [
        (1.04, "just over its bound", "apenas por encima de su límite"),
        (0.96, "just under its bound", "apenas por debajo de su límite"),
        (1.0, "as large as its bound", "a la altura de su límite"),
        (1.06, "1.1 times its bound", "1,1 veces su límite"),
    ] {
        decision.causes[0].changes[0].times_bound = times;
        for (lang, words) in [(Lang::En, english), (Lang::Es, spanish)] {
            let told = headline(&decision, lang, &labels());
            assert!(told.contains(words), "{told}");
        }
    }
    let decision = decide(&PolicyInputs {
        policy: PolicySettings::of(PolicyName::CostlyDrift),
        ..inputs(report(Changes::default()))
    });
    let told = prose(&decision, Lang::En, &labels()) + &prose(&decision, Lang::Es, &labels());
    assert!(
        told.contains("wholly above its bound") && !told.contains("1 times") && !told.contains("1 veces"),
        "{told}"
    );
}

#[test]
fn the_log_carries_the_references_lines() {
    let decision = decide(&inputs(report(Changes { shift: 0.3, ..Changes::default() })));
    assert_eq!(
        log_lines(&decision),
        ["Drift detected in feature: amount (p-value: 0.000)", "Proceeding to training..."]
    );
    let decision = decide(&inputs(report(Changes::default())));
    assert_eq!(log_lines(&decision), ["No drift detected, skipping training"]);
}

#[test]
fn the_text_report_names_every_column_and_what_it_could_not_test() {
    let mut current = batch(2, Changes { mix: 0.3, new_level: 0.05, ..Changes::default() });
    current.push("extra", Column::Category(CategoryColumn::from_values((0..ROWS).map(|_| Some("x"))))).expect("fits");
    let report = compare(&batch(1, Changes::default()), &current, &DriftSettings::default()).expect("comparable");
    let text = render_text(&report);
    for name in ["amount", "width", "depth", "gaps", "region", "code"] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert!(text.contains("only in the current sample, not tested: extra"), "{text}");
    assert!(text.contains("YES"));
    assert!(!text.contains('\u{1b}'));
}
