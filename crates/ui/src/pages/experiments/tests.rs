use std::collections::BTreeMap;

use tidewheel_domain::run::MetricPoint;
use tidewheel_domain::{Metric, RunId, RunKind, Timestamp};

use super::compare::Comparison;
use super::*;
use crate::pages::models::tests::frame;

const EVIL: &str = "<img src=x onerror=alert(1)>";

fn run(place: i64, kind: RunKind) -> Run {
    Run {
        run_id: RunId::derive("p", kind, place, 0),
        project: "p".to_owned(),
        name: format!("{EVIL}{place}"),
        status: RunStatus::Finished,
        started_at: Timestamp::from_ms(1_795_642_000_000),
        ended_at: Some(Timestamp::from_ms(1_795_642_004_000)),
        artifact_uri: String::new(),
        user: String::new(),
        parent: None,
        params: BTreeMap::from([("max_depth".to_owned(), place.to_string()), (EVIL.to_owned(), EVIL.to_owned())]),
        metrics: BTreeMap::from([
            ("r2".to_owned(), Metric::with_interval(0.5, 0.4, 0.6)),
            ("loss".to_owned(), Metric::point(1.0 / f64::from(place as i32 + 1))),
        ]),
        tags: BTreeMap::from([(KIND_TAG.to_owned(), kind.as_str().to_owned())]),
    }
}

fn view(query: &str) -> Experiments {
    let pairs = query.split('&').filter_map(|part| part.split_once('='));
    Experiments {
        query: Query::of(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
        runs: vec![run(1, RunKind::Training), run(2, RunKind::Trial)],
        total: 90,
        per_page: 40,
        any: true,
        unit: "USD".to_owned(),
    }
}

#[test]
fn a_table_keeps_its_filter_in_every_link() {
    let html =
        page(&frame(Lang::En), &view("kind=trial&metric=r2&min=0.1&col=m.r2&col=p.max_depth&page=2")).into_string();
    assert!(
        html.contains("kind=trial&amp;metric=r2&amp;min=0.1&amp;col=m.r2&amp;col=p.max_depth&amp;page=3"),
        "{html}"
    );
    assert!(html.contains("sort=m.r2") && html.contains("41 to 42 of 90"), "{html}");
    assert!(html.contains("0.400 to 0.600"), "{html}");
}

#[test]
fn what_was_typed_wrong_is_kept_and_said() {
    let html = page(&frame(Lang::Es), &view("metric=r2&min=many")).into_string();
    assert!(html.contains("aria-invalid=\"true\"") && html.contains("many") && html.contains("no es un número"));
}

#[test]
fn hostile_names_and_many_columns_stay_harmless() {
    let mut view = view("");
    for run in &mut view.runs {
        run.params = (0..200).map(|place| (format!("{EVIL}{place}"), EVIL.repeat(100))).collect();
    }
    for lang in [Lang::En, Lang::Es] {
        let html = page(&frame(lang), &view).into_string();
        assert!(!html.contains("<img") && html.len() < 60_000, "{}", html.len());
    }
}

#[test]
fn nothing_yet_and_nothing_found_are_told_apart() {
    let empty = Experiments { query: Query::of(Vec::new()), ..Experiments::default() };
    assert!(page(&frame(Lang::En), &empty).into_string().contains("tidewheel run"));
    let none = Experiments { runs: Vec::new(), total: 0, ..view("q=zzz") };
    assert!(page(&frame(Lang::En), &none).into_string().contains("No run fits"));
}

#[test]
fn a_run_shows_its_history_and_its_best_trial() {
    let point = |step: i64| MetricPoint {
        value: 1.0 / (step + 1) as f64,
        low: None,
        high: None,
        step,
        timestamp: Timestamp::from_ms(0),
    };
    let view = super::run::Run {
        run: run(1, RunKind::Training),
        histories: BTreeMap::from([("loss".to_owned(), (0..500).map(point).collect())]),
        trials: (1..5).map(|place| run(place, RunKind::Trial)).collect(),
        trials_at_most: 200,
        version: Some(3),
        parent: None,
        files: vec![("training/verdict.json".to_owned(), 1_108)],
        unit: "USD".to_owned(),
    };
    let html = super::run::page(&frame(Lang::En), &view).into_string();
    assert!(html.contains("tw-chart") && html.contains("500 steps") && html.contains("It made v3."), "{html}");
    assert_eq!(html.matches("</svg>best</span>").count(), 1);
    assert!(!html.contains("<img") && html.contains("/files/training/verdict.json"));
}

#[test]
fn runs_beside_each_other_mark_what_differs() {
    let runs = vec![run(1, RunKind::Training), run(2, RunKind::Training)];
    let html = super::compare::page(&frame(Lang::En), &Comparison { runs, unit: String::new() }).into_string();
    assert!(html.contains("1 of 2 differ") && html.contains("differs"), "{html}");
    let one = Comparison { runs: vec![run(1, RunKind::Trial)], unit: String::new() };
    assert!(super::compare::page(&frame(Lang::Es), &one).into_string().contains("de 2 a 8"));
}
