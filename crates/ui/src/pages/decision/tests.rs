//! A page with hostile names in every state, in both languages.

use tidewheel_drift::Lang;

use super::*;

fn frame(lang: Lang) -> Frame {
    Frame {
        path: "/ui/decisions/3".to_owned(),
        production: None,
        state: String::new(),
        now: Timestamp::from_ms(0),
        ..crate::testing::frame(lang)
    }
}

fn told() -> Told {
    let section = |id, html: &str| BodySection { id, title: "T", html: html.to_owned() };
    Told {
        body: Body {
            verdict: "<header class=\"verdict\"><h1>Why</h1></header>".to_owned(),
            sections: vec![
                section("causes", "<section id=\"causes\"></section>"),
                section("inputs", "<section id=\"inputs\"></section>"),
            ],
        },
        because: Because {
            evidence: "a `b` <i>".to_owned(),
            seen: vec!["one ` alone".to_owned()],
            rule: "r".to_owned(),
            looked_at: vec![(true, "x".to_owned()), (false, "y".to_owned())],
        },
        policy: "effect".to_owned(),
    }
}

fn view(state: TurnState) -> DecisionView {
    DecisionView {
        batch: 3,
        turn: 4,
        action: Some(Action::Retrain),
        outcome: Outcome {
            state: Some(state),
            version: Some(2),
            champion: Some(1),
            rejected_by: Some("<script>".to_owned()),
            ..Outcome::default()
        },
        told: Some(told()),
        recorded: true,
        unit: "kg".to_owned(),
        judged: Some(Judged {
            gates: vec![
                Gate { criterion: "rmse <= 70".to_owned(), observed: Some(81.5), passed: false },
                Gate {
                    criterion: "loss change in the worst segment (<b>x</b>) < +25 %".to_owned(),
                    observed: Some(1.3),
                    passed: true,
                },
                Gate { criterion: "something new < 3".to_owned(), observed: None, passed: false },
            ],
            comparison: Some(Comparison {
                rows: 10,
                change: Interval { value: -0.1, low: -0.2, high: 0.3 },
                newest_rows: 0,
                newest: None,
                worst: Some(("<b>x</b>".to_owned(), 3, 0.2)),
                margin: 0.01,
            }),
            metrics: Metrics::default(),
        }),
        ..DecisionView::default()
    }
}

#[test]
fn every_state_is_a_page_and_names_are_text() {
    for lang in [Lang::En, Lang::Es] {
        for &state in TurnState::ALL {
            let html = page(&frame(lang), &view(state)).into_string();
            assert!(!html.contains("<script>") && !html.contains("<b>x</b>"), "{state}");
            assert!(html.contains("a <code>b</code> &lt;i&gt;"), "{state}");
            assert!(html.contains("one ` alone"), "{state}");
            assert_eq!(html.matches("<h1").count(), 1);
            assert!(html.contains("kg") && !html.contains("NaN"));
            // what was judged stands between the causes and the record
            let place = |id: &str| html.find(&format!("id=\"{id}\"")).expect("a section");
            assert!(place("causes") < place("outcome") && place("outcome") < place("inputs"));
        }
        let nothing = page(&frame(lang), &DecisionView { batch: 3, ..DecisionView::default() }).into_string();
        assert_eq!(nothing.matches("<h1").count(), 1);
    }
}

#[test]
fn an_answer_keeps_what_was_typed_and_says_what_is_wrong() {
    let question = Question {
        can_answer: true,
        reason: "</textarea><script>".to_owned(),
        wrong: Some(Wrong::NoReason),
        ..Question::default()
    };
    let asks = DecisionView { question: Some(question), ..view(TurnState::Waiting) };
    let html = page(&frame(Lang::En), &asks).into_string();
    assert!(html.contains("&lt;/textarea&gt;") && html.contains("aria-invalid=\"true\""));
    assert!(html.contains("action=\"/ui/decisions/3/answer\"") && html.contains("name=\"token\""));
    let away = DecisionView { question: Some(Question::default()), ..asks };
    let html = page(&frame(Lang::En), &away).into_string();
    assert!(!html.contains("<textarea") && html.contains("tidewheel runs answer 4 train"));
}
