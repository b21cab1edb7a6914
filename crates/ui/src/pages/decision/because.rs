//! Evidence, rule, action, outcome: the chain.

use maud::{Markup, html};
use tidewheel_domain::turn::{Action, TurnState};

use super::{DecisionView, Told, id, sentence};
use crate::components::{Tone, action_look, card, dot_and_whisker, nothing};
use crate::frame::Frame;
use crate::words::{Common, DecisionWords, fill};

/// A link: what it is called, its finding, and its points with their signs.
struct Link {
    name: &'static str,
    title: Markup,
    points: Vec<(Sign, Markup)>,
}

#[derive(Clone, Copy)]
enum Sign {
    Point,
    Yes,
    No,
    Open,
}

impl Sign {
    fn draw(self) -> Markup {
        let (class, sign) = match self {
            Self::Point => ("act", "–"),
            Self::Yes => ("pass", "✓"),
            Self::No => ("fail", "✗"),
            Self::Open => ("pend", "–"),
        };
        html! { b class=(class) aria-hidden="true" { (sign) } }
    }
}

pub(super) fn section(frame: &Frame, view: &DecisionView, told: &Told, words: &'static DecisionWords) -> Markup {
    let links = [evidence(told, words), rule(told, words), action(frame, view, words), outcome(frame, view, words)];
    html! {
        section.card #because aria-labelledby="t-because" {
            h2 #t-because .sr { (words.because) }
            ol.chain {
                @for (place, link) in links.iter().enumerate() {
                    li {
                        p.k { (place + 1) ". " (link.name) }
                        h3 { (link.title) }
                        ul { @for (sign, point) in &link.points { li { (sign.draw()) span { (point) } } } }
                    }
                }
            }
        }
    }
}

fn evidence(told: &Told, words: &'static DecisionWords) -> Link {
    let points = told.because.seen.iter().map(|point| (Sign::Point, sentence(point)));
    Link { name: words.evidence, title: sentence(&told.because.evidence), points: points.collect() }
}

fn rule(told: &Told, words: &'static DecisionWords) -> Link {
    let looked_at = told.because.looked_at.iter();
    let mut points: Vec<(Sign, Markup)> =
        looked_at.map(|(holds, text)| (if *holds { Sign::Yes } else { Sign::Open }, sentence(text))).collect();
    points.push((Sign::Point, html! { (fill(words.by_policy, &[("name", &told.policy)])) }));
    Link { name: words.rule, title: sentence(&told.because.rule), points }
}

fn action(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Link {
    let figures = frame.figures();
    let mut points: Vec<(Sign, Markup)> = Vec::new();
    match view.answered {
        Some(Action::Skip) => points.push((Sign::Point, html! { (words.answered_skip) })),
        Some(_) => points.push((Sign::Point, html! { (words.answered_train) })),
        None => {}
    }
    let title = match (view.action, &view.training) {
        (Some(Action::Baseline), _) => words.train_first.to_owned(),
        (_, Some(training)) if !training.batches.is_empty() => {
            fill(words.train_on, &[("batches", &ranges(&training.batches))])
        }
        (Some(Action::Retrain | Action::ShadowTrain), _) | (_, Some(_)) => words.train.to_owned(),
        (Some(Action::StopAndAsk), _) if view.answered.is_none() => words.ask.to_owned(),
        _ => words.no_training.to_owned(),
    };
    if let Some(training) = &view.training {
        if let (Some(rows), Some(held_out)) = (training.rows, training.held_out) {
            let counts = [("rows", figures.count(rows)), ("held_out", figures.count(held_out))];
            let counts = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
            points.push((Sign::Point, html! { (fill(words.learnt, &counts)) }));
        }
        if view.action == Some(Action::ShadowTrain) {
            points.push((Sign::Point, html! { (words.shadow) }));
        }
        if let Some(took) = training.took_ms {
            let run = fill(words.took, &[("time", &figures.duration(took)), ("run", "")]);
            points.push((Sign::Point, html! { (run) (id(frame, &training.run)) }));
        }
    } else if view.state() == TurnState::Waiting {
        points.push((Sign::Point, html! { (words.loop_waits) }));
    } else if !view.action.is_some_and(Action::trains) {
        points.push((Sign::Point, html! { (words.nothing_trained) }));
    }
    Link { name: words.action, title: html! { (title) }, points }
}

fn outcome(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Link {
    let figures = frame.figures();
    let version = view.outcome.version.map(DecisionView::named).unwrap_or_default();
    let champion = view.champion();
    let names = [("version", version.as_str()), ("champion", champion.as_str())];
    let mut points: Vec<(Sign, Markup)> = Vec::new();
    let title = match (view.state(), view.outcome.version) {
        (TurnState::Waiting, _) => {
            points.push((Sign::Point, html! { a href="#answer" { (words.answer_below) } }));
            words.waits.to_owned()
        }
        (TurnState::Failed, _) => {
            let error = view.outcome.error.as_deref().unwrap_or_default();
            points.push((Sign::No, html! { (error) }));
            words.failed.to_owned()
        }
        (TurnState::Cancelled, _) => words.cancelled.to_owned(),
        (TurnState::Running, _) => {
            let href = format!("/ui/pipeline?turn={}", view.turn);
            points.push((Sign::Point, html! { a href=(href) { (words.watch) } }));
            words.at_work.to_owned()
        }
        (_, Some(_)) if view.outcome.promoted && view.outcome.champion.is_none() => fill(words.went_live_first, &names),
        (_, Some(_)) if view.outcome.promoted => fill(words.went_live, &names),
        (_, Some(_)) => {
            if let Some(reason) = &view.outcome.rejected_by {
                points.push((Sign::No, html! { (reason) }));
            }
            fill(words.not_better, &names)
        }
        _ if view.outcome.champion.is_some() => fill(words.champion_stays, &[("version", &champion)]),
        _ => words.nothing_in_production.to_owned(),
    };
    if let Some(judged) = &view.judged {
        if let Some(one) = &judged.comparison {
            let text = fill(
                words.change_of_loss,
                &[
                    ("value", &figures.percent_change(one.change.value)),
                    ("rows", &figures.count(one.rows)),
                    ("low", &figures.percent_change(one.change.low)),
                    ("high", &figures.percent_change(one.change.high)),
                ],
            );
            let sign = if one.change.high < one.margin { Sign::Yes } else { Sign::No };
            points.push((sign, html! { (text) }));
        }
        if !judged.gates.is_empty() {
            let passed = judged.gates.iter().filter(|gate| gate.passed).count();
            let text = fill(
                words.gates_passed,
                &[("passed", &figures.count(passed as u64)), ("all", &figures.count(judged.gates.len() as u64))],
            );
            points.push((if passed == judged.gates.len() { Sign::Yes } else { Sign::No }, html! { (text) }));
        }
    }
    if let Some(error) = view.error {
        let end = |end: Option<f64>| end.map_or_else(|| "–".to_owned(), |end| figures.percent(end));
        let text = fill(
            words.error_then,
            &[("value", &figures.percent(error.value)), ("low", &end(error.low)), ("high", &end(error.high))],
        );
        points.push((Sign::Point, html! { (text) }));
    }
    Link { name: words.outcome, title: html! { (title) }, points }
}

/// `1 to 4, 6` without words: `1–4, 6`.
fn ranges(batches: &[i64]) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for &batch in batches {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == batch => *last = batch,
            _ => ranges.push((batch, batch)),
        }
    }
    let text = |(from, to): &(i64, i64)| if from == to { from.to_string() } else { format!("{from}–{to}") };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// What this batch cost, among the others.
pub(super) fn peers(frame: &Frame, view: &DecisionView, words: &'static DecisionWords) -> Markup {
    if view.peers.len() < 2 {
        return nothing();
    }
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let ends = || view.peers.iter().flat_map(|peer| [peer.cost.low, peer.cost.high, 2.0 * peer.bound]);
    let axis = (ends().fold(-0.05, f64::min).max(-1.0), ends().fold(0.2, f64::max));
    let content = html! {
        div.body {
            table class="bars peers" {
                caption.sr { (words.peers) }
                tbody {
                    @for peer in &view.peers {
                        @let label = fill(words.peer, &[
                            ("value", &figures.change(peer.cost.value)), ("low", &figures.change(peer.cost.low)),
                            ("high", &figures.change(peer.cost.high)), ("bound", &figures.change(peer.bound)),
                        ]);
                        @let tone = if peer.cost.low > peer.bound { Tone::Train } else { Tone::Plain };
                        tr.me[peer.batch == view.batch] {
                            th scope="row" { (fill(common.batch_n, &[("n", &peer.batch.to_string())])) }
                            td.wide { (dot_and_whisker(peer.cost, axis, tone, None, Some(peer.bound), &label)) }
                            td.r { (figures.change(peer.cost.value)) }
                            td { (action_look(frame.lang, peer.action, TurnState::Succeeded).2) }
                        }
                    }
                }
            }
        }
    };
    card("peers", words.peers, Some(words.peers_lead), &nothing(), &content)
}

/// The tone of an outcome.
pub(super) fn tone(view: &DecisionView) -> Tone {
    match (view.outcome.version, view.outcome.promoted) {
        (Some(_), true) => Tone::Good,
        (Some(_), false) => Tone::Bad,
        _ => Tone::Skip,
    }
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn batches_in_a_row_are_one_range() {
        assert_eq!(ranges(&[1, 2, 3, 5, 8, 9]), "1–3, 5, 8–9");
        assert_eq!(ranges(&[]), "");
    }
}
