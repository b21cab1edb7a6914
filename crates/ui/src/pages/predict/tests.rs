use tidewheel_domain::Timestamp;
use tidewheel_drift::Lang;

use super::*;

fn frame(lang: Lang) -> Frame {
    Frame {
        path: "/ui/predict?a=1".to_owned(),
        production: Some(3),
        state: "1".to_owned(),
        now: Timestamp::from_ms(1_795_642_012_249),
        ..crate::testing::frame(lang)
    }
}

fn field(name: &str, value: &str, input: Input) -> Field {
    Field {
        name: name.to_owned(),
        label: name.to_uppercase(),
        unit: String::new(),
        value: value.to_owned(),
        input,
        wrong: None,
        unseen: None,
    }
}

fn view() -> Predict {
    let knob = Knob {
        min: Some(0.5),
        max: Some(15.0),
        range: Some((1.0, 7.0, 1.0)),
        curve: vec![100_000.0, 150_000.0, f64::NAN, 200_000.0],
    };
    Predict {
        version: Some(3),
        target: "Worth".to_owned(),
        unit: "USD".to_owned(),
        fields: vec![
            field("place", "here", Input::Choice { levels: vec!["here".into(), "there".into()], open: true }),
            field("town", "", Input::Text(vec!["<b>".into()])),
            field("rooms", "3", Input::Number(knob)),
        ],
        ignored: Vec::new(),
        curl: "curl".to_owned(),
        answer: Some(Answer {
            value: 150_000.0,
            asked: None,
            wide: Some((90_000.0, 240_000.0)),
            narrow: Some((130_000.0, 170_000.0)),
            held: Some(Metric::with_interval(0.901, 0.89, 0.91)),
            held_next: Some((2, 6, Metric::point(0.612))),
            derived: vec![
                ("Per room".to_owned(), Some(50_000.0), "USD".to_owned()),
                ("None".to_owned(), None, String::new()),
            ],
            average: 120_000.0,
            logarithmic: true,
            steps: vec![
                Step { label: "Rooms".to_owned(), value: "3".to_owned(), to: 170_000.0 },
                Step { label: "Place".to_owned(), value: "here".to_owned(), to: 145_000.0 },
            ],
            others: Some(4),
            compare: Some(Compare {
                label: "Place".to_owned(),
                here: Some("here".to_owned()),
                levels: vec![
                    Level { name: "there".to_owned(), value: 400_000.0, wide: Some((250_000.0, 600_000.0)), rows: 12 },
                    Level { name: "far".to_owned(), value: 100_000.0, wide: Some((50_000.0, 160_000.0)), rows: 1200 },
                ],
                more: 0,
                open: vec!["Town".to_owned()],
            }),
            similar: vec![Similar {
                name: "here".to_owned(),
                facts: "3 rooms".to_owned(),
                actual: 100_000.0,
                predicted: 120_000.0,
                batch: 2,
            }],
            looked_at: Some(1234),
            took_ms: 1.25,
        }),
    }
}

#[test]
fn the_answer_says_all_it_knows_in_both_languages() {
    for (lang, texts) in [
        (
            Lang::En,
            [
                "90 of 100 such cases lie between $90,000 and $240,000",
                "held 90.1 % (89.0 % to 91.0 %)",
                "61.2 %",
                "batch 6",
                "4 others",
                "few",
            ],
        ),
        (
            Lang::Es,
            [
                "90 de cada 100 casos así están entre $90.000 y $240.000",
                "90,1 %",
                "61,2 %",
                "lote 6",
                "otras 4",
                "pocas",
            ],
        ),
    ] {
        let page = page(&frame(lang), &view()).into_string();
        for text in texts {
            assert!(page.contains(text), "{text}");
        }
        let parts = parts(&frame(lang), &view()).into_string();
        assert!(!parts.contains('{') && !parts.contains("NaN"), "a place was not filled");
    }
}

#[test]
fn the_bars_add_up_to_the_value() {
    let page = page(&frame(Lang::En), &view()).into_string();
    // 120,000 + 50,000 − 25,000 + 5,000 = 150,000
    for text in ["+$50\u{a0}k", "−$25\u{a0}k", "+$5\u{a0}k", "$150,000"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "<script>alert(1)</script>\"'\u{202e}";
    let mut view = view();
    view.target = hostile.to_owned();
    view.ignored = vec![hostile.to_owned()];
    view.curl = hostile.to_owned();
    for field in &mut view.fields {
        field.label = hostile.to_owned();
        field.value = hostile.to_owned();
        field.wrong = Some(Wrong::OneOf(vec![hostile.to_owned()]));
    }
    if let Some(answer) = &mut view.answer {
        answer.steps[0].label = hostile.to_owned();
        answer.similar[0].name = hostile.to_owned();
        if let Some(compare) = &mut answer.compare {
            compare.levels[0].name = hostile.to_owned();
            compare.open = vec![hostile.to_owned()];
        }
    }
    let page = page(&frame(Lang::En), &view).into_string();
    assert!(!page.contains("<script>alert"));
    let parts = parts(&frame(Lang::En), &view).into_string();
    assert!(!parts.contains("<script>alert"));
}

#[test]
fn mistakes_keep_what_was_typed_and_say_what_would_be_right() {
    let mut view = view();
    view.answer = None;
    view.fields[2].value = "20".to_owned();
    view.fields[2].wrong = Some(Wrong::AtMost(15.0));
    let page_en = page(&frame(Lang::En), &view).into_string();
    assert!(page_en.contains("must be 15 or less") && page_en.contains("value=\"20\""));
    assert!(page(&frame(Lang::Es), &view).into_string().contains("debe ser 15 o menos"));
}

#[test]
fn every_state_has_a_page() {
    let empty = page(&frame(Lang::En), &Predict::default()).into_string();
    assert!(empty.contains("tidewheel run"));
    let mut bare = view();
    if let Some(answer) = &mut bare.answer {
        *answer = Answer { value: 1.0, ..Answer::default() };
    }
    let page = page(&frame(Lang::En), &bare).into_string();
    assert!(page.contains("trained before intervals were kept") && page.contains("still being read"));
}

#[test]
fn ticks_are_round_and_few() {
    for (from, to) in [(90_000.0, 240_000.0), (0.001, 0.002), (-5.0, 5.0), (1.0, 1.0)] {
        let axis = Axis::over([from, to].into_iter(), false).room(0.3);
        assert!((1..=6).contains(&axis.ticks().len()), "{from} {to}: {:?}", axis.ticks());
    }
    let wide = Axis::over([100.0, 100_000.0].into_iter(), true);
    assert!(wide.logarithmic && (2..=8).contains(&wide.ticks().len()));
    assert!(Axis::over(std::iter::empty(), true).ticks().len() <= 6);
}
