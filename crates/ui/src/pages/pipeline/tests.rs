use tidewheel_drift::Lang;

use super::*;

fn frame(lang: Lang) -> Frame {
    Frame {
        path: "/ui/pipeline?turn=3".into(),
        production: Some(1),
        state: "1.1.0.1.1 0.0.0.0".into(),
        now: Timestamp::from_ms(1_000_000),
        ..crate::testing::frame(lang)
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

fn task(name: TaskName, state: TaskState, attempts: &[(i64, Option<i64>, Option<&str>)], said: Said) -> TaskView {
    let attempts = attempts.iter().map(|(began, ended, error)| Attempt {
        state: if error.is_some() { TaskState::Failed } else { state },
        began: at(*began),
        ended: ended.map(at),
        error: error.map(str::to_owned),
    });
    TaskView { name, state, attempts: attempts.collect(), said, progress: None }
}

fn turn(state: TurnState, at_work: bool) -> TurnView {
    TurnView {
        number: 3,
        batch: Some(3),
        state,
        at_work,
        action: Some(Action::Retrain),
        sentence: "Batch 3: <b>train</b>".into(),
        began: at(0),
        error: Some("<script>alert(1)</script>".into()),
        neighbours: (Some(2), None),
    }
}

fn at_work() -> Pipeline {
    let mut training = task(TaskName::TrainModel, TaskState::Running, &[(20, None, None)], Said::Nothing);
    training.progress = Some((4, 10));
    Pipeline {
        turn: Some(turn(TurnState::Running, true)),
        tasks: vec![
            task(TaskName::Start, TaskState::Succeeded, &[(0, Some(0), None)], Said::Champion(Some(2))),
            task(
                TaskName::IngestData,
                TaskState::Succeeded,
                &[(0, Some(4), Some("the source answered <503>")), (6, Some(11), None)],
                Said::Batch { rows: 30_600, new: 4_359, quarantined: 994, clean: 4_608 },
            ),
            task(
                TaskName::CheckDrift,
                TaskState::Succeeded,
                &[(11, Some(12), None)],
                Said::Decided { action: Action::Retrain, short: "a < b".into() },
            ),
            training,
            task(TaskName::Promote, TaskState::Pending, &[], Said::Nothing),
            task(TaskName::ReloadApi, TaskState::Pending, &[], Said::Nothing),
            task(TaskName::SkipTraining, TaskState::Skipped, &[], Said::Nothing),
            task(TaskName::EndPipeline, TaskState::Pending, &[], Said::Nothing),
        ],
        log: LogView {
            lines: vec![Line {
                at: at(21),
                task: TaskName::TrainModel,
                level: "WARN".into(),
                text: "<img src=x>\u{202e}\u{0}".into(),
            }],
            older: Some(7),
            ..LogView::default()
        },
        matrix: Matrix {
            turns: vec![MatrixTurn {
                number: 2,
                action: Some(Action::Retrain),
                waits: false,
                version: Some((2, false)),
                tasks: vec![(TaskName::Promote, TaskState::Succeeded, Some(400))],
            }],
            all: 3,
            older: Some(1),
            newer: None,
        },
        control: Control { can_run: true, turning: true, at_work: Some(at(0)), ..Control::default() },
        ..Pipeline::default()
    }
}

#[test]
fn a_turn_at_work_shows_how_far_it_is_and_nothing_of_data_is_markup() {
    for lang in [Lang::En, Lang::Es] {
        let frame = Frame { running: Some(3), ..frame(lang) };
        let html = page(&frame, &at_work()).into_string();
        assert!(html.contains("40 %") && html.contains("30,600") || html.contains("30.600"), "{html}");
        for hostile in ["<b>train</b>", "<script>alert", "<img src=x>", "<503>"] {
            assert!(!html.contains(hostile), "{hostile}");
        }
        assert!(html.contains("⟨U+202E⟩␀"), "what hides is seen");
        assert!(html.contains("&lt;503&gt;") && html.contains("a &lt; b"));
        assert!(html.contains(&format!("before={}", 7)) && html.contains("until=1"));
        assert!(html.contains("data-state=\"1.1.0.1.1 0.0.0.0\""));
        assert_eq!(html.matches("<h1").count(), 1);
        assert!(html.contains("/ui/pipeline/3/cancel") && html.contains("disabled"), "it is at work: no second one");
        assert!(html.len() < 40_000, "{}", html.len());
    }
}

#[test]
fn a_failed_turn_can_be_tried_again_and_a_cut_off_one_gone_on_with() {
    let mut view = at_work();
    view.control = Control { can_run: true, ..Control::default() };
    view.turn = Some(turn(TurnState::Failed, false));
    let html = page(&frame(Lang::En), &view).into_string();
    assert!(html.contains("action=\"/ui/pipeline/3/retry\"") && html.contains("Try again"));
    assert!(html.contains("This turn failed: &lt;script&gt;"));
    view.turn = Some(turn(TurnState::Running, false));
    let html = page(&frame(Lang::Es), &view).into_string();
    assert!(html.contains("Continuar el turno 3") && html.contains("interrumpido"));
    view.control.can_run = false;
    let html = page(&frame(Lang::En), &view).into_string();
    assert!(html.contains("This server does not turn the loop"));
}

#[test]
fn an_empty_project_says_what_will_appear_and_what_the_last_wish_came_to() {
    let mut view = Pipeline { control: Control { can_run: true, ..Control::default() }, ..Pipeline::default() };
    view.control.last = Some((at(5), LastRun::NoMoreData));
    for (lang, word, end) in
        [(Lang::En, "No turn yet", "no more data"), (Lang::Es, "Aún no hay turnos", "no tiene más datos")]
    {
        let html = page(&frame(lang), &view).into_string();
        assert!(html.contains(word) && html.contains(end) && html.contains("action=\"/ui/pipeline/run\""));
    }
}

#[test]
fn a_wait_for_a_person_is_pressed_together_on_the_clock() {
    let mut view = at_work();
    view.turn = Some(turn(TurnState::Waiting, false));
    view.tasks.truncate(3);
    view.wait = Some(Wait { began: at(12), ended: Some(at(90_000)), answer: Some(("ann".into(), "<i>ok</i>".into())) });
    let html = page(&frame(Lang::En), &view).into_string();
    assert!(html.contains("waiting compressed") && html.contains("ann: “&lt;i&gt;ok"), "{html}");
}
