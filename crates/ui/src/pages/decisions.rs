//! What was decided about each batch, newest first.

use maud::{Markup, html};
use tidewheel_domain::Timestamp;
use tidewheel_domain::decision::CauseSubject;
use tidewheel_domain::turn::{Action, TurnState};

use crate::components::{
    Icon, Interval, Outcome, Tone, action_chip, button_to, card, command, dot_and_whisker, empty_state, nothing,
};
use crate::frame::{Area, Frame};
use crate::words::{Common, DecisionsWords, fill};

/// Decisions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decisions {
    /// The newest first.
    pub rows: Vec<DecisionRow>,
    /// What is shown of them.
    pub filter: Filter,
    /// The turn to ask for to see older ones.
    pub older: Option<i64>,
    /// So many were looked through.
    pub looked_through: u64,
}

/// Which decisions are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those with this action.
    pub action: Option<Action>,
    /// Those whose first cause is of this kind.
    pub cause: Option<CauseKind>,
    /// Those that trained this version, or met it in production.
    pub version: Option<i64>,
    /// Those of turns up to this one.
    pub until: Option<i64>,
}

impl Filter {
    /// Where it is shown, from another turn on.
    fn href(&self, until: Option<i64>) -> String {
        let mut url = "/ui/decisions".to_owned();
        let parts = [
            self.action.map(|action| format!("action={action}")),
            self.cause.map(|cause| format!("cause={}", cause.as_str())),
            self.version.map(|version| format!("version={version}")),
            until.map(|until| format!("until={until}")),
        ];
        for (place, part) in parts.into_iter().flatten().enumerate() {
            url.push(if place == 0 { '?' } else { '&' });
            url.push_str(&part);
        }
        url
    }

    fn narrows(&self) -> bool {
        self.action.is_some() || self.cause.is_some() || self.version.is_some()
    }
}

/// What the first cause of a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CauseKind {
    Column,
    Pair,
    Segment,
    Relation,
    None,
}

impl CauseKind {
    const ALL: [Self; 5] = [Self::Column, Self::Pair, Self::Segment, Self::Relation, Self::None];

    /// Of a decision's first cause.
    pub const fn of(cause: Option<CauseSubject>) -> Self {
        match cause {
            Some(CauseSubject::Column) => Self::Column,
            Some(CauseSubject::Pair) => Self::Pair,
            Some(CauseSubject::Segment) => Self::Segment,
            Some(CauseSubject::Relation) => Self::Relation,
            None => Self::None,
        }
    }

    /// As it stands in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Pair => "pair",
            Self::Segment => "segment",
            Self::Relation => "relation",
            Self::None => "none",
        }
    }

    /// Of a URL.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    const fn name(self, words: &'static DecisionsWords) -> &'static str {
        match self {
            Self::Column => words.column,
            Self::Pair => words.pair,
            Self::Segment => words.segment,
            Self::Relation => words.relation,
            Self::None => words.without,
        }
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionRow {
    /// The batch.
    pub batch: Option<i64>,
    /// The number of its turn.
    pub turn: i64,
    /// When its turn began.
    pub at: Timestamp,
    /// What was decided.
    pub action: Option<Action>,
    /// Why, in a sentence.
    pub sentence: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Change of the champion's error on it, as a share; the bound from which on it counts.
    pub cost: Option<(Interval, f64)>,
}

impl DecisionRow {
    fn href(&self) -> String {
        match self.batch {
            Some(batch) => format!("/ui/decisions/{batch}?turn={}", self.turn),
            None => format!("/ui/pipeline?turn={}", self.turn),
        }
    }
}

/// The page.
pub fn page(frame: &Frame, view: &Decisions) -> Markup {
    let words = DecisionsWords::of(frame.lang);
    let beside = button_to("/ui/decisions/replay", Some(Icon::Compare), words.replay, false);
    let unfiltered = !view.filter.narrows() && view.filter.until.is_none();
    let content = html! {
        @if view.rows.is_empty() && unfiltered && view.older.is_none() {
            section.card #live-decisions data-part {
                (empty_state(words.none, words.none_text, &command(frame.lang, "tidewheel run --all")))
            }
        } @else {
            (filters(&view.filter, frame, words))
            div #live-decisions data-part { (list(frame, view, words)) }
        }
    };
    frame.page(Some(Area::Decisions), &[(words.title, None)], words.title, &html! { (words.lead) }, &beside, &content)
}

fn filters(filter: &Filter, frame: &Frame, words: &'static DecisionsWords) -> Markup {
    let option = |value: &str, name: &str, chosen: bool| html! { option value=(value) selected[chosen] { (name) } };
    html! {
        form.filters action="/ui/decisions" data-now {
            div.field {
                label for="f-action" { (words.action) }
                select #f-action name="action" {
                    (option("", words.any, filter.action.is_none()))
                    @for &action in Action::ALL {
                        (option(action.as_str(), action_name(frame, action), filter.action == Some(action)))
                    }
                }
            }
            div.field {
                label for="f-cause" { (words.cause) }
                select #f-cause name="cause" {
                    (option("", words.any, filter.cause.is_none()))
                    @for cause in CauseKind::ALL {
                        (option(cause.as_str(), cause.name(words), filter.cause == Some(cause)))
                    }
                }
            }
            div.field {
                label for="f-version" title=(words.model_hint) { (words.model) }
                input #f-version name="version" type="number" min="1" step="1" inputmode="numeric"
                    placeholder=(words.any) title=(words.model_hint) value=[filter.version];
            }
            button.btn type="submit" { (words.filter) }
            @if filter.narrows() || filter.until.is_some() { a.btn.q href="/ui/decisions" { (words.clear) } }
        }
    }
}

fn action_name(frame: &Frame, action: Action) -> &'static str {
    crate::components::action_look(frame.lang, Some(action), TurnState::Succeeded).2
}

fn list(frame: &Frame, view: &Decisions, words: &'static DecisionsWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let axis = axis(&view.rows);
    let rows = html! {
        @if view.rows.is_empty() {
            @let text = if view.older.is_some() {
                fill(words.no_match_here, &[("n", &figures.count(view.looked_through))])
            } else { words.no_match_text.to_owned() };
            (empty_state(words.no_match, &text, &nothing()))
        } @else {
            div.flush {
                table class="tbl why decisions cards-s" {
                    caption.sr { (words.list) }
                    thead { tr {
                        th scope="col" { (common.batch) } th scope="col" { (words.when) } th scope="col" { (words.decision) }
                        th scope="col" { (words.because) } th scope="col" { (words.then) }
                        th scope="col" title=(words.cost_more) { (words.cost) }
                    } }
                    tbody { @for row in &view.rows { (one(frame, row, axis, words)) } }
                }
            }
        }
        @if view.older.is_some() || view.filter.until.is_some() {
            nav.pages aria-label=(words.list) {
                @if view.filter.until.is_some() {
                    a.btn.s href=(view.filter.href(None)) { (Icon::Previous.small()) (words.newest) }
                }
                @if let Some(older) = view.older {
                    a.btn.s href=(view.filter.href(Some(older))) { (words.older) (Icon::Next.small()) }
                }
            }
        }
    };
    card("list", words.list, Some(words.cost_more), &nothing(), &rows)
}

/// The axis that all costs share; it ends where nearly all lie, so that one batch does not hide the others.
fn axis(rows: &[DecisionRow]) -> (f64, f64) {
    let costs = || rows.iter().filter_map(|row| row.cost);
    let low = costs().map(|(cost, _)| cost.low).fold(-0.05, f64::min);
    let high = costs().map(|(cost, bound)| cost.high.max(2.0 * bound)).fold(0.2, f64::max);
    (low.max(-1.0), high)
}

fn one(frame: &Frame, row: &DecisionRow, axis: (f64, f64), words: &'static DecisionsWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let state = row.outcome.state.unwrap_or(TurnState::Running);
    html! {
        tr.now[state == TurnState::Waiting] {
            td.nw { a href=(row.href()) { b {
                @match row.batch { Some(batch) => (fill(common.batch_n, &[("n", &batch.to_string())])), None => "…" }
            } } }
            td.nw.sub data-l=(words.when) { span { (figures.day(row.at)) ", " (figures.clock(row.at)) } }
            td { (action_chip(frame.lang, row.action, state)) }
            td { p { (row.sentence) } }
            td data-l=(words.then) { span { (row.outcome.draw(frame.lang)) } }
            td.cost data-l=(words.cost) {
                @match row.cost {
                    Some((cost, bound)) => {
                        @let label = fill(words.cost_of, &[
                            ("value", &figures.change(cost.value)), ("low", &figures.change(cost.low)),
                            ("high", &figures.change(cost.high)), ("bound", &figures.change(bound)),
                        ]);
                        @let counts = cost.low > bound;
                        div.numiv {
                            b { (figures.change(cost.value)) }
                            (dot_and_whisker(cost, axis, if counts { Tone::Train } else { Tone::Plain }, None, Some(bound), &label))
                            span class="xs sub" {
                                (fill(common.between, &[("low", &figures.change(cost.low)), ("high", &figures.change(cost.high))]))
                            }
                        }
                    }
                    None => { span.mut { (words.no_cost) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tidewheel_drift::Lang;

    use super::*;

    fn frame(lang: Lang) -> Frame {
        Frame {
            path: "/ui/decisions".to_owned(),
            production: None,
            state: String::new(),
            now: Timestamp::from_ms(0),
            ..crate::testing::frame(lang)
        }
    }

    #[test]
    fn names_from_data_are_text_and_every_state_has_words() {
        let row = DecisionRow {
            batch: Some(3),
            turn: 4,
            at: Timestamp::from_ms(0),
            action: Some(Action::Retrain),
            sentence: "<script>alert(1)</script>\u{202e}".to_owned(),
            outcome: Outcome::default(),
            cost: Some((Interval { value: 0.3, low: 0.1, high: f64::INFINITY }, 0.1)),
        };
        for lang in [Lang::En, Lang::Es] {
            let view = Decisions { rows: vec![row.clone()], older: Some(3), ..Decisions::default() };
            let page = page(&frame(lang), &view).into_string();
            assert!(!page.contains("<script>alert") && page.contains("/ui/decisions/3?turn=4"));
            assert!(page.contains("/ui/decisions?until=3") && !page.contains("NaN"));
            let empty = super::page(&frame(lang), &Decisions::default()).into_string();
            assert!(empty.contains("tidewheel run --all"));
            let filter = Filter { action: Some(Action::Skip), ..Filter::default() };
            let none = super::page(&frame(lang), &Decisions { filter, ..Decisions::default() }).into_string();
            assert!(none.contains("value=\"skip\" selected"));
        }
    }

    #[test]
    fn a_filter_keeps_its_parts_when_it_goes_on() {
        let filter = Filter { cause: Some(CauseKind::Relation), version: Some(4), ..Filter::default() };
        assert_eq!(filter.href(Some(9)), "/ui/decisions?cause=relation&version=4&until=9");
        assert_eq!(CauseKind::parse("relation"), Some(CauseKind::Relation));
        assert_eq!(CauseKind::parse("<"), None);
    }
}
