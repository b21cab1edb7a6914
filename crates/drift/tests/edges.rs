//! Odd inputs get a sane answer or a clear error: no NaN, no panic, no column passed over in silence.

mod support;

use serde_json::Value;
use support::Random;
use tidewheel_domain::decision::ColumnLabels;
use tidewheel_domain::drift_report::{DriftReport, DriftSettings, EffectName, Note, Side};
use tidewheel_domain::table::{CategoryColumn, Column, Table};
use tidewheel_drift::{DriftError, Lang, PolicyInputs, compare, decide, prose, render_text};

fn one(column: Column) -> Table {
    Table::new(vec![("x".to_owned(), column)]).expect("one column")
}

fn numbers(values: impl IntoIterator<Item = f64>) -> Column {
    Column::Number(values.into_iter().collect())
}

fn texts(values: impl IntoIterator<Item = Option<String>>) -> Column {
    let values: Vec<Option<String>> = values.into_iter().collect();
    Column::Category(CategoryColumn::from_values(values.iter().map(|value| value.as_deref())))
}

fn normal(seed: u64, n: usize) -> Column {
    let mut random = Random::new(seed);
    numbers((0..n).map(|_| random.normal()))
}

/// Compares, and checks that all of it can be written, said and read back.
fn checked(reference: Column, current: Column) -> DriftReport {
    let report = compare(&one(reference), &one(current), &DriftSettings::default()).expect("comparable");
    assert_eq!(report.columns.len(), 1);
    let json = serde_json::to_value(&report).expect("serialises");
    assert_finite(&json);
    let text = serde_json::to_string(&report).expect("serialises");
    assert_eq!(serde_json::from_str::<DriftReport>(&text).expect("reads back"), report);
    let inputs = PolicyInputs {
        drift: Some((tidewheel_domain::decision::ReferenceKind::File, report.clone())),
        ..PolicyInputs::default()
    };
    let decision = decide(&inputs);
    for said in [
        prose(&decision, Lang::En, &ColumnLabels::new()),
        prose(&decision, Lang::Es, &ColumnLabels::new()),
        render_text(&report),
    ] {
        let mut words = said.split(|c: char| !c.is_alphabetic());
        assert!(!words.any(|word| ["NaN", "inf"].contains(&word)), "{said}");
    }
    for effect in &report.columns[0].effects {
        assert!(
            0.0 <= effect.low && effect.low <= effect.value.max(effect.low) && effect.value <= effect.high,
            "{effect:?}"
        );
        assert!(effect.visible_from >= effect.bound.min(1.0) - 1e-12, "{effect:?}");
    }
    report
}

/// serde_json writes NaN and infinities as null, where the types say number.
fn assert_finite(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                assert!(!field.is_null() || name == "effect", "{name} is null");
                assert_finite(field);
            }
        }
        Value::Array(values) => values.iter().for_each(assert_finite),
        _ => {}
    }
}

#[test]
fn a_side_without_values_is_told_by_its_missing_share() {
    let gone = checked(normal(1, 500), numbers([f64::NAN; 500]));
    assert!(gone.columns[0].drifted);
    assert_eq!(gone.columns[0].effect.as_ref().map(|effect| effect.name), Some(EffectName::Missing));
    assert!(gone.columns[0].notes.contains(&Note::NoValues { side: Side::Current }));
    let both = checked(numbers([f64::NAN; 500]), numbers([f64::NAN; 500]));
    assert!(!both.columns[0].drifted && both.columns[0].tests.is_empty());
    let categories = checked(texts((0..500).map(|i| Some(format!("{}", i % 3)))), texts(vec![None; 500]));
    assert!(categories.columns[0].drifted);
    // a column of nothing has no kind of its own
    let untyped = checked(normal(1, 500), texts(vec![None; 500]));
    assert_eq!(untyped.columns[0].kind.as_str(), "numeric");
    assert!(checked(texts(vec![None; 500]), normal(1, 500)).columns[0].drifted);
}

#[test]
fn constants_are_compared_by_the_rows_that_differ() {
    assert!(!checked(numbers([7.0; 300]), numbers([7.0; 300])).columns[0].drifted);
    assert!(checked(numbers([7.0; 300]), numbers([8.0; 300])).columns[0].drifted);
    let almost = || numbers((0..1000).map(|i| if i < 5 { 1.0 } else { 0.0 }));
    let report = checked(almost(), numbers((0..1000).map(|i| if i < 300 { 1.0 } else { 0.0 })));
    assert!(report.columns[0].notes.contains(&Note::NearlyConstantReference));
    assert!(report.columns[0].drifted, "the tails see it");
    assert!(!checked(almost(), almost()).columns[0].drifted);
    assert!(!checked(texts(vec![Some("a".into()); 300]), texts(vec![Some("a".into()); 300])).columns[0].drifted);
    assert!(checked(texts(vec![Some("a".into()); 300]), texts(vec![Some("b".into()); 300])).columns[0].drifted);
}

#[test]
fn one_row_cannot_tell() {
    for (n, m) in [(1, 1), (5000, 1), (1, 5000), (2, 2), (5000, 29)] {
        let report = checked(normal(1, n), normal(2, m));
        assert!(!report.columns[0].drifted, "{n} {m}");
        let word = |i: usize| Some(format!("w{}", i % 4));
        let report = checked(texts((0..n).map(word)), texts((0..m).map(word)));
        assert!(!report.columns[0].drifted, "{n} {m}");
    }
    let report = checked(normal(1, 5000), normal(2, 7));
    assert!(report.columns[0].notes.contains(&Note::FewValues { values: 7, needed: 30 }));
    assert!(report.columns[0].effects[0].cannot_tell());
}

#[test]
fn no_rows_and_no_common_column_are_errors() {
    let empty = one(numbers([]));
    let full = one(normal(1, 10));
    let settings = DriftSettings::default();
    assert_eq!(compare(&empty, &full, &settings), Err(DriftError::NoRows { side: "reference" }));
    assert_eq!(compare(&full, &empty, &settings), Err(DriftError::NoRows { side: "current sample" }));
    let other = Table::new(vec![("y".to_owned(), normal(1, 10))]).expect("one column");
    assert!(matches!(compare(&full, &other, &settings), Err(DriftError::NoCommonColumn { .. })));
    let named = DriftSettings { columns: vec!["z".to_owned()], ..DriftSettings::default() };
    assert_eq!(compare(&full, &full, &named), Err(DriftError::UnknownColumn("z".to_owned())));
    let wrong = DriftSettings { alpha: f64::NAN, ..DriftSettings::default() };
    assert!(matches!(compare(&full, &full, &wrong), Err(DriftError::Settings(_))));
}

#[test]
fn infinite_and_huge_values_have_a_place() {
    let mut values: Vec<f64> = (0..2000).map(f64::from).collect();
    values[3] = f64::INFINITY;
    values[4] = f64::NEG_INFINITY;
    let report = checked(numbers(values.clone()), numbers(values.clone()));
    assert!(!report.columns[0].drifted);
    assert!(report.columns[0].notes.contains(&Note::InfiniteValues { reference: 2, current: 2 }));
    let many: Vec<f64> = values.iter().map(|x| if *x > 1500.0 { f64::INFINITY } else { *x }).collect();
    assert!(checked(numbers(values.clone()), numbers(many.clone())).columns[0].drifted);
    checked(numbers(many), numbers(values.clone()));
    checked(numbers([f64::INFINITY; 100]), numbers([f64::INFINITY; 100]));
    checked(numbers([f64::INFINITY; 100]), normal(1, 100));
    checked(normal(1, 100), numbers([f64::NEG_INFINITY; 100]));
    checked(numbers((0..200).map(|i| if i % 2 == 0 { f64::MAX } else { f64::MIN })), normal(1, 100));
    checked(normal(1, 100), numbers((0..200).map(|i| if i % 2 == 0 { f64::MAX } else { f64::MIN })));
    checked(numbers((0..200).map(|i| f64::from(i) * 1e-310)), numbers((0..200).map(|i| f64::from(i) * 1e-310)));
}

#[test]
fn ten_thousand_categories_do_not_drift_by_themselves() {
    let mut random = Random::new(5);
    let mut column = |n: usize| texts((0..n).map(|_| Some(format!("c{}", random.below(10_000)))));
    let report = checked(column(20_000), column(15_000));
    let column = &report.columns[0];
    assert!(!column.drifted, "{:?}", column.effects);
    assert!(column.new_levels.as_ref().is_some_and(|list| list.count > 0 && list.top.len() <= 20));
}

#[test]
fn a_changed_type_is_said_and_compared_as_categories() {
    let texts_of = |n: usize| texts((0..n).map(|i| Some(format!("{}", i % 5))));
    let same = checked(numbers((0..1000).map(|i| f64::from(i % 5))), texts_of(1000));
    assert!(matches!(same.columns[0].notes[0], Note::TypeChanged { .. }));
    assert!(!same.columns[0].drifted, "601 and 601.0 are one");
    let other = checked(texts_of(1000), normal(1, 1000));
    assert!(other.columns[0].drifted);
}

#[test]
fn columns_of_one_side_are_named() {
    let left = Table::new(vec![("a".to_owned(), normal(1, 50)), ("b".to_owned(), normal(2, 50))]).expect("valid");
    let right = Table::new(vec![("c".to_owned(), normal(1, 60)), ("a".to_owned(), normal(2, 60))]).expect("valid");
    let report = compare(&left, &right, &DriftSettings::default()).expect("comparable");
    assert_eq!((report.only_in_reference, report.only_in_current), (vec!["b".to_owned()], vec!["c".to_owned()]));
    assert_eq!(report.columns.len(), 1);
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let table = |seed| one(normal(seed, 3000));
    let bytes = || {
        let report = compare(&table(1), &table(2), &DriftSettings::default()).expect("comparable");
        serde_json::to_vec(&report).expect("serialises")
    };
    assert_eq!(bytes(), bytes());
}
