//! What came of a decision: the gates, the comparison on the same rows, the ledger, the turn.

use maud::{Markup, html};
use tidewheel_domain::model_version::LedgerEvent;
use tidewheel_domain::turn::{Action, TaskName, TaskState};

use super::because::tone;
use super::{Comparison, DecisionView, Gate, Judged, Step};
use crate::components::{Icon, Interval, Tone, button_to, chip, dot_and_whisker};
use crate::frame::Frame;
use crate::words::{Common, DecisionWords, fill};

pub(super) fn section(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let common = Common::of(frame.lang);
    let champion = view.champion();
    let version = view.outcome.version.map(DecisionView::named);
    let names = [("version", version.as_deref().unwrap_or("–")), ("champion", champion.as_str())];
    let compared = view.judged.as_ref().and_then(|judged| judged.comparison.as_ref());
    let (title, lead) = match (&version, compared) {
        (Some(_), Some(_)) => (fill(words.next, &names), fill(words.same_rows, &names)),
        (Some(_), None) if view.outcome.champion.is_none() => {
            (fill(words.next_first, &names), words.first_rows.to_owned())
        }
        (Some(_), None) => (fill(words.next, &names), String::new()),
        (None, _) if view.outcome.champion.is_some() && view.action == Some(Action::Skip) => {
            (words.next_skip.to_owned(), fill(words.skip_text, &names))
        }
        (None, _) => (words.next_skip.to_owned(), String::new()),
    };
    let sign = version.as_ref().map(|version| {
        let (icon, text) = if view.outcome.promoted {
            (Icon::Check, fill(common.promoted, &[("version", version)]))
        } else {
            (Icon::Cross, fill(words.not_better, &[("version", version)]))
        };
        chip(tone(view), Some(icon), &text)
    });
    html! {
        section.card #outcome aria-labelledby="t-outcome" {
            header {
                div { h2 #t-outcome { (title) } @if !lead.is_empty() { p { (lead) } } }
                @if let Some(sign) = sign { (sign) } @else { (chip(Tone::Skip, None, &champion)) }
            }
            @if let Some(one) = compared { div.body { (comparison(frame, one, words)) } }
            div class="grid body" {
                div.c7 {
                    @match &view.judged {
                        Some(judged) => (gates(frame, view, judged, words)),
                        None if view.outcome.version.is_some() => { p.sub { (words.no_verdict) } }
                        None => {}
                    }
                    (ledger(frame, view, words))
                }
                div.c5 { (numbers(frame, view, words)) (steps(frame, view, words)) }
            }
            div class="body row wrap line-t" { (links(view, words)) }
        }
    }
}

/// The change of the loss: over all rows, on the newest batch, in the segment where it is worst.
fn comparison(frame: &Frame, one: &Comparison, words: &'static DecisionWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let alone = |value: f64| Interval { value, low: value, high: value };
    let mut rows = vec![(words.all_rows.to_owned(), one.rows, one.change, true)];
    rows.extend(one.newest.map(|newest| (words.newest_rows.to_owned(), one.newest_rows, alone(newest), false)));
    rows.extend(one.worst.as_ref().map(|(name, count, change)| {
        let name = tidewheel_drift::prose::shown(name);
        (fill(words.worst_segment, &[("name", &name)]), *count, alone(*change), false)
    }));
    let ends = || rows.iter().flat_map(|(_, _, change, _)| [change.low, change.high]).chain([0.0, one.margin]);
    let (low, high) = (ends().fold(-0.02, f64::min), ends().fold(0.02, f64::max));
    let room = 0.06 * (high - low);
    let margin = fill(words.margin, &[("value", &figures.change(one.margin))]);
    html! {
        table class="tbl in tight compared" {
            caption.sr { (words.loss_axis) }
            thead { tr {
                th scope="col" { (words.held_out_rows) } th class="r hide-s" scope="col" { (words.rows) }
                th scope="col" { (words.loss_axis) "; " (margin) } th.r scope="col" { (words.change) }
                th class="r hide-s" scope="col" { (common.interval) }
            } }
            tbody {
                @for (name, count, change, whole) in &rows {
                    @let written = figures.percent_change(change.value);
                    @let between = fill(common.between, &[
                        ("low", &figures.percent_change(change.low)), ("high", &figures.percent_change(change.high)),
                    ]);
                    @let tone = match (*whole, change.high < 0.0, change.low > one.margin) {
                        (true, true, _) => Tone::Good,
                        (true, _, true) => Tone::Bad,
                        _ => Tone::Plain,
                    };
                    tr {
                        th scope="row" { (name) }
                        td class="r hide-s sub" { (figures.count(*count)) }
                        td { (dot_and_whisker(*change, (low - room, high + room), tone, None, Some(one.margin), &written)) }
                        td.r.nw { b { (written) } }
                        td class="r nw hide-s sub" { @if *whole { (between) } @else { "–" } }
                    }
                }
            }
        }
    }
}

fn gates(frame: &Frame, view: &DecisionView, judged: &Judged, words: &'static DecisionWords) -> Markup {
    html! {
        h3 { (words.gates) }
        table class="tbl in tight gates" {
            caption.sr { (words.gates) }
            thead.sr { tr { th scope="col" { (words.passed) } th scope="col" { (words.gate) } th scope="col" { (words.observed) } } }
            tbody {
                @for gate in &judged.gates {
                    @let (text, observed) = gate_words(frame, view, gate, words);
                    tr {
                        td {
                            @if gate.passed { span.pass { (Icon::Check.small()) span.sr { (words.passed) } } }
                            @else { span.fail { (Icon::Cross.small()) span.sr { (words.missed) } } }
                        }
                        th scope="row" { (text) }
                        td.r.nw { @if gate.passed { (observed) } @else { b.fail { (observed) } } }
                    }
                }
            }
        }
    }
}

/// A criterion and what was observed, in the reader's language; a criterion that is not known stays as it is recorded.
fn gate_words(frame: &Frame, view: &DecisionView, gate: &Gate, words: &'static DecisionWords) -> (String, String) {
    let figures = frame.figures();
    let criterion = gate.criterion.as_str();
    let observed = |write: &dyn Fn(f64) -> String| gate.observed.map_or_else(|| words.not_observed.to_owned(), write);
    let number = |text: &str| text.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    let in_percent = |value: f64| figures.percent_change(value / 100.0);
    if let Some(floor) = criterion.strip_prefix("r2 >= ").and_then(number) {
        let write = |value| figures.fixed(value, 3);
        return (fill(words.gate_r2, &[("value", &figures.plain(floor))]), observed(&write));
    }
    if let Some(most) = criterion.strip_prefix("rmse <= ").and_then(number) {
        let write = |value| figures.in_unit(value, &view.unit);
        return (fill(words.gate_rmse, &[("value", &write(most))]), observed(&write));
    }
    if criterion == "measured on hold-out rows" {
        return (words.gate_measured.to_owned(), observed(&|value| figures.plain(value)));
    }
    let Some((what, below)) = criterion.rsplit_once(" < ") else {
        return (criterion.to_owned(), observed(&|value| figures.plain(value)));
    };
    let below = number(below).map_or_else(|| below.to_owned(), in_percent);
    let value = ("value", below.as_str());
    let text = match what {
        "upper end of the loss change against the champion" => fill(words.gate_loss, &[value]),
        "loss change on the newest batch's hold-out" => fill(words.gate_newest, &[value]),
        _ => match what.strip_prefix("loss change in the worst segment (").and_then(|name| name.strip_suffix(')')) {
            Some(name) => fill(words.gate_segment, &[("name", &tidewheel_drift::prose::shown(name)), value]),
            None => return (criterion.to_owned(), observed(&|value| figures.plain(value))),
        },
    };
    (text, observed(&in_percent))
}

/// The trained version's own metrics.
fn numbers(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let (Some(version), Some(judged)) = (view.outcome.version, &view.judged) else { return html! {} };
    let title = fill(words.numbers, &[("version", &DecisionView::named(version))]);
    let names = [("mae", words.mae), ("mape", words.mape), ("rmse", words.rmse), ("r2", words.r2)];
    let write = |name: &str, value: f64| match name {
        "mae" | "rmse" => figures.in_unit(value, &view.unit),
        "mape" => figures.percent(value),
        _ => figures.fixed(value, 3),
    };
    html! {
        @if !judged.metrics.is_empty() {
            h3 { (title) }
            table class="tbl in tight" {
                caption.sr { (title) }
                thead { tr { th scope="col" { (words.metric) } th.r scope="col" { (words.value) } th.r scope="col" { (common.interval) } } }
                tbody {
                    @for (name, label) in names {
                        @if let Some(metric) = judged.metrics.get(name) {
                            @let end = |end: Option<f64>| end.map_or_else(|| "–".to_owned(), |end| write(name, end));
                            tr {
                                th scope="row" { (label) }
                                td.r.nw { b { (write(name, metric.value)) } }
                                td class="r nw sub" { (fill(common.between, &[("low", &end(metric.low)), ("high", &end(metric.high))])) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn ledger(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let figures = frame.figures();
    html! {
        @if !view.ledger.is_empty() {
            h3.mt { (words.ledger) }
            ol.tl {
                @for line in &view.ledger {
                    @let event = match line.event {
                        LedgerEvent::Promote => words.promote,
                        LedgerEvent::Reject => words.reject,
                        LedgerEvent::Rollback => words.rollback,
                        LedgerEvent::Archive => words.archive,
                    };
                    @let class = match line.event {
                        LedgerEvent::Promote | LedgerEvent::Rollback => Some("ok"),
                        _ => None,
                    };
                    li class=[class] {
                        time { (figures.day(line.at)) br; (figures.clock_seconds(line.at)) }
                        span {
                            b { (fill(words.ledger_line, &[
                                ("version", &DecisionView::named(line.version)), ("event", event), ("who", &line.who),
                            ])) }
                            @if !line.reason.is_empty() { br; (line.reason) }
                        }
                    }
                }
            }
        }
    }
}

/// The turn, task by task.
fn steps(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let figures = frame.figures();
    let title = match view.took_ms {
        Some(took) => fill(words.duration, &[("time", &figures.duration(took))]),
        None => words.duration_now.to_owned(),
    };
    let begun: Vec<&Step> = view
        .steps
        .iter()
        .filter(|step| step.at.is_some() && !matches!(step.state, TaskState::Skipped | TaskState::Pending))
        .collect();
    html! {
        @if !begun.is_empty() {
            h3.mt { (title) }
            ol.tl {
                @for step in begun {
                    @let class = match (step.state, step.name) {
                        (TaskState::Failed, _) => Some("bad"),
                        (_, TaskName::CheckDrift) => Some("hot"),
                        (_, TaskName::Promote) if view.outcome.promoted => Some("ok"),
                        _ => None,
                    };
                    li class=[class] {
                        time { @if let Some(at) = step.at { (figures.clock_seconds(at)) } }
                        span {
                            b { (task_name(step.name, words)) }
                            @if let Some(took) = step.took_ms { span.mut { ", " (figures.duration(took)) } }
                        }
                    }
                }
            }
        }
    }
}

const fn task_name(name: TaskName, words: &'static DecisionWords) -> &'static str {
    match name {
        TaskName::Start => words.t_start,
        TaskName::IngestData => words.t_ingest,
        TaskName::CheckDrift => words.t_check,
        TaskName::TrainModel => words.t_train,
        TaskName::Promote => words.t_promote,
        TaskName::ReloadApi => words.t_reload,
        TaskName::SkipTraining => words.t_skip,
        TaskName::EndPipeline => words.t_end,
    }
}

fn links(view: &DecisionView, words: &'static DecisionWords) -> Markup {
    let named = DecisionView::named;
    html! {
        @if let Some(version) = view.outcome.version {
            (button_to(&format!("/ui/models/{version}"), None, &fill(words.open_version, &[("version", &named(version))]), false))
            @if let Some(champion) = view.outcome.champion {
                (button_to(
                    &format!("/ui/models/compare?a={champion}&b={version}"), None,
                    &fill(words.compare, &[("version", &named(version)), ("champion", &named(champion))]), false,
                ))
            }
        } @else if let Some(champion) = view.outcome.champion {
            (button_to(&format!("/ui/models/{champion}"), None, &fill(words.open_version, &[("version", &named(champion))]), false))
        }
        @if let Some(training) = &view.training {
            (button_to(&format!("/ui/experiments/runs/{}", training.run), None, words.open_run, false))
        }
        (button_to(&format!("/ui/pipeline?turn={}", view.turn), None, words.open_turn, false))
        (button_to(&format!("/ui/batches/{}", view.batch), None, words.open_batch, false))
        @if view.outcome.champion.is_some() {
            (button_to(&format!("/ui/drift?ref=training&cur={}", view.batch), None, words.open_drift, false))
        }
    }
}
