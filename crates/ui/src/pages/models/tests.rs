use std::collections::BTreeMap;

use tidewheel_domain::model_version::{LedgerEntry, LedgerEvent};

use super::compare::{self, Compare, Differences, Pair, Spread};
use super::version::{self, DataFact, Datum, Version};
use super::*;

const EVIL: &str = "<script>alert(1)</script>\u{202e}\"'&";

pub(crate) fn frame(lang: Lang) -> Frame {
    Frame {
        path: "/ui/models".to_owned(),
        production: Some(2),
        state: String::new(),
        now: Timestamp::from_ms(1_795_642_100_000),
        ..crate::testing::frame(lang)
    }
}

fn line(id: i64, event: LedgerEvent, version: i64) -> LedgerEntry {
    LedgerEntry {
        id,
        model: "m".into(),
        version,
        event,
        from_version: None,
        at: Timestamp::from_ms(1_795_642_000_000 + id * 10_000),
        who: EVIL.into(),
        reason: EVIL.into(),
    }
}

fn row(version: i64, stage: Stage) -> VersionRow {
    VersionRow {
        version,
        stage,
        rejected_by: None,
        because: Some(EVIL.to_owned()),
        batch: Some(version),
        training_rows: Some(1_000),
        created_at: Timestamp::from_ms(0),
        metrics: BTreeMap::from([
            ("mae".to_owned(), Metric::with_interval(184_960.113_411_504_14, 174_552.0, 194_373.0)),
            ("r2".to_owned(), Metric::with_interval(0.690_061_936_566_877_2, 0.65, 0.73)),
        ]),
        judgement: Some(Judgement {
            gates: vec![Gate { criterion: EVIL.to_owned(), observed: Some(0.5), passed: true }],
            against: Some(Paired {
                champion: Some(1),
                rows: 300,
                change: Metric::with_interval(-0.129, -0.15, -0.108),
                newest_rows: 20,
                newest_change: Some(-0.4),
                worst: Some((EVIL.to_owned(), 12, 0.09)),
            }),
        }),
    }
}

fn models() -> Models {
    let lines = vec![
        line(1, LedgerEvent::Promote, 1),
        line(2, LedgerEvent::Archive, 1),
        line(3, LedgerEvent::Promote, 2),
        line(4, LedgerEvent::Reject, 3),
    ];
    Models {
        versions: vec![
            VersionRow { rejected_by: Some(EVIL.to_owned()), ..row(3, Stage::None) },
            row(2, Stage::Production),
            VersionRow { judgement: None, because: None, metrics: Metrics::new(), ..row(1, Stage::Archived) },
        ],
        total: 3,
        promoted: 2,
        rejected: 1,
        ledger: Ledger { lines, production: Some(2), ..Ledger::default() },
        answers: Some(2),
        rollback: Some(Switch { to: 1, from: Some(2), back: true, ..Switch::default() }),
        unit: "USD".to_owned(),
        ..Models::default()
    }
}

#[test]
fn a_figure_is_there_in_full_beside_what_is_shown() {
    let html = page(&frame(Lang::En), &models()).into_string();
    assert!(html.contains(r#"data-metric="r2" data-version="2" data-v="0.6900619365668772""#), "{html}");
    assert!(html.contains(">$185\u{a0}k<") && html.contains("\u{2212}12.9 %"), "{html}");
    assert!(html.contains("1 of 1 criteria met") && html.contains("v2 answers now."));
}

#[test]
fn names_are_shown_and_never_run() {
    for lang in [Lang::En, Lang::Es] {
        let html = page(&frame(lang), &models()).into_string();
        assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)"));
        assert!(!html.contains("style=\""));
    }
}

#[test]
fn a_moment_is_answered_and_a_wrong_one_is_kept() {
    let mut view = models();
    view.ledger.at = Some("2026-11-25T21:27:05".to_owned());
    let html = page(&frame(Lang::En), &view).into_string();
    assert!(html.contains(r#"data-version="1""#), "{html}");
    view.ledger.at = Some("2020-01-01T00:00".to_owned());
    assert!(page(&frame(Lang::Es), &view).into_string().contains("aún no había ninguna versión"));
    view.ledger.at = Some("soon\"".to_owned());
    let html = page(&frame(Lang::En), &view).into_string();
    assert!(html.contains("soon&quot;") && html.contains("aria-invalid"), "{html}");
}

#[test]
fn nothing_yet_says_what_makes_it() {
    let html = page(&frame(Lang::En), &Models::default()).into_string();
    assert!(html.contains("tidewheel run") && html.contains("No version yet"));
}

#[test]
fn a_version_shows_all_of_it() {
    let view = Version {
        row: row(2, Stage::Archived),
        run: "0".repeat(32),
        newest: Metrics::new(),
        data: vec![Datum { what: DataFact::Levels(EVIL.to_owned()), value: "3".to_owned() }],
        settings: vec![("max_depth".to_owned(), EVIL.to_owned())],
        weights: (0..200).map(|place| (format!("{EVIL}{place}"), 0.5 / f64::from(place + 1))).collect(),
        lines: vec![line(1, LedgerEvent::Rollback, 2)],
        files: vec![("model/a b.ubj".to_owned(), 4_809_095)],
        switch: Some(Switch {
            to: 2,
            from: Some(3),
            back: false,
            rejected_by: Some(EVIL.to_owned()),
            ..Switch::default()
        }),
        other: Some(1),
        unit: String::new(),
    };
    for lang in [Lang::En, Lang::Es] {
        let html = version::page(&frame(lang), &view).into_string();
        assert!(!html.contains("<script>alert"));
        assert!(html.contains("/ui/models/2/files/model/a%20b.ubj") && html.contains("/ui/models/2/promote"), "{html}");
        assert!(html.len() < 60_000);
    }
}

#[test]
fn two_versions_are_compared_in_words_from_their_figures() {
    let spread = |name: &str, median: f64| Spread {
        name: name.to_owned(),
        rows: 40,
        median,
        low: median - 0.1,
        high: median + 0.05,
    };
    let pair = Pair {
        a: 1,
        b: 2,
        settings: vec![("max_depth".to_owned(), Some("4".to_owned()), None)],
        settings_in_all: 9,
        weights: vec![(EVIL.to_owned(), 0.28, 0.33)],
        differences: Some(Ok(Differences {
            batch: 9,
            ratio: true,
            all: spread("", 0.01),
            half: 0.034,
            segments: vec![spread(EVIL, -0.14), spread("b", 0.02)],
            column: Some("c".to_owned()),
        })),
        paired: row(2, Stage::None).judgement.and_then(|judgement| judgement.against),
        ..Pair::default()
    };
    let view = Compare { picked: ("1".to_owned(), "2".to_owned()), trouble: None, pair: Some(pair) };
    let html = compare::page(&frame(Lang::En), &view).into_string();
    assert!(html.contains("v2 makes 12.9 % less error than v1 on the same 300 rows"), "{html}");
    assert!(html.contains("half of all predictions move by less than 3.4 %") && html.contains("moved most"), "{html}");
    assert!(!html.contains("<script>alert"));
    let html = compare::page(
        &frame(Lang::Es),
        &Compare { trouble: Some(compare::Trouble::Missing(EVIL.to_owned())), ..Compare::default() },
    );
    assert!(html.into_string().contains("no existe"));
}

#[test]
fn a_switch_says_what_happens_before_it_asks() {
    let switch = Switch { to: 1, from: Some(2), back: true, checked: Some(Ok(64)), ..Switch::default() };
    let html = switch::page(&frame(Lang::En), &switch).into_string();
    assert!(
        html.contains("64 of 64 golden rows equal") && html.contains(r#"action="/ui/models/rollback?to=1""#),
        "{html}"
    );
    assert!(html.contains("name=\"reason\""));
    let html =
        switch::page(&frame(Lang::En), &Switch { checked: Some(Err(EVIL.to_owned())), ..switch.clone() }).into_string();
    assert!(html.contains("does not load") && !html.contains("name=\"reason\""));
    let html = switch::page(&frame(Lang::En), &Switch { from: Some(1), ..switch }).into_string();
    assert!(html.contains("is in production already") && !html.contains("name=\"reason\""));
}
