//! Past batches under another policy.

use maud::{Markup, html};
use tidewheel_domain::turn::{Action, TurnState};

use crate::components::{Icon, action_chip, card, command, empty_state, nothing};
use crate::frame::{Area, Frame};
use crate::words::{Common, ReplayWords, fill};

/// Past batches under another policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replay {
    /// Names of policies to choose from.
    pub policies: Vec<&'static str>,
    /// The chosen one.
    pub policy: String,
    /// Its numbers, in the order of the form.
    pub numbers: Vec<Number>,
    /// The newest first.
    pub rows: Vec<Row>,
    /// The turn to ask for to see older ones.
    pub older: Option<i64>,
}

/// A number of a policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Number {
    /// Which.
    pub name: Setting,
    /// As it was typed, or as it stands in the project.
    pub text: String,
    /// Its limits, where it lies outside of them.
    pub wrong: Option<(f64, f64)>,
}

/// The numbers of a policy that can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Setting {
    #[default]
    Effect,
    Rise,
    Alone,
    Rows,
}

impl Setting {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 4] = [Self::Effect, Self::Rise, Self::Alone, Self::Rows];

    /// As it stands in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::Rise => "rise",
            Self::Alone => "alone",
            Self::Rows => "rows",
        }
    }

    const fn label(self, words: &'static ReplayWords) -> &'static str {
        match self {
            Self::Effect => words.effect_over,
            Self::Rise => words.rise_over,
            Self::Alone => words.rise_alone,
            Self::Rows => words.min_rows,
        }
    }
}

/// A batch under both policies.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The batch.
    pub batch: i64,
    /// Its turn.
    pub turn: i64,
    /// What was decided.
    pub was: Action,
    /// What would be, and the rule that decides; `None` without evidence on record.
    pub would: Option<(Action, String)>,
}

impl Row {
    /// Whether the policy would have decided otherwise.
    fn changes(&self) -> bool {
        self.would.as_ref().is_some_and(|(would, _)| *would != self.was)
    }
}

impl Replay {
    fn href(&self, until: i64) -> String {
        let numbers = self
            .numbers
            .iter()
            .map(|number| format!("&{}={}", number.name.as_str(), crate::frame::escaped(&number.text)));
        format!(
            "/ui/decisions/replay?policy={}{}&until={until}",
            crate::frame::escaped(&self.policy),
            numbers.collect::<String>()
        )
    }
}

/// The page.
pub fn page(frame: &Frame, view: &Replay) -> Markup {
    let words = ReplayWords::of(frame.lang);
    let crumbs = [(words.decisions, Some("/ui/decisions")), (words.title, None)];
    let content = html! {
        @if view.rows.is_empty() {
            section.card { (empty_state(words.none, words.none_text, &command(frame.lang, "tidewheel run --all"))) }
        } @else {
            (form(frame, view, words))
            (list(frame, view, words))
            section.card.mt { div class="body row wrap sp" {
                p class="sm sub" { (words.whole) }
                (command(frame.lang, &format!("tidewheel replay --policy {}", view.policy)))
            } }
        }
    };
    frame.page(Some(Area::Decisions), &crumbs, words.title, &html! { (words.lead) }, &nothing(), &content)
}

fn form(frame: &Frame, view: &Replay, words: &'static ReplayWords) -> Markup {
    let figures = frame.figures();
    html! {
        form.filters action="/ui/decisions/replay" data-now {
            div.field {
                label for="f-policy" { (words.policy) }
                select #f-policy name="policy" {
                    @for policy in &view.policies { option value=(policy) selected[*policy == view.policy] { (policy) } }
                }
            }
            @for number in &view.numbers {
                @let name = number.name.as_str();
                div.field {
                    label for={ "f-" (name) } { (number.name.label(words)) }
                    input id={ "f-" (name) } name=(name) type="text" inputmode="decimal" value=(number.text)
                        title=[(number.name != Setting::Rows).then_some(words.only_costly)]
                        aria-invalid=[number.wrong.is_some().then_some("true")];
                    @if let Some((from, to)) = number.wrong {
                        p.wrong role="alert" { (fill(words.wrong, &[("from", &figures.plain(from)), ("to", &figures.plain(to))])) }
                    }
                }
            }
            button class="btn p" type="submit" { (Icon::Decision.small()) (words.decide) }
            a.btn.q href="/ui/decisions/replay" { (words.reset) }
        }
    }
}

fn list(frame: &Frame, view: &Replay, words: &'static ReplayWords) -> Markup {
    let figures = frame.figures();
    let common = Common::of(frame.lang);
    let judged: Vec<&Row> = view.rows.iter().filter(|row| row.would.is_some()).collect();
    let count = |which: &dyn Fn(&Row) -> bool| figures.count(judged.iter().filter(|row| which(row)).count() as u64);
    let summary = fill(
        words.summary,
        &[
            ("would", &count(&|row| row.would.as_ref().is_some_and(|(would, _)| would.trains()))),
            ("was", &count(&|row| row.was.trains())),
            ("changed", &count(&Row::changes)),
            ("all", &figures.count(judged.len() as u64)),
        ],
    );
    let end = |row: Option<&Row>| row.map_or_else(|| "–".to_owned(), |row| row.batch.to_string());
    let more = fill(words.summary_more, &[("from", &end(view.rows.last())), ("to", &end(view.rows.first()))]);
    let table = html! {
        div.flush {
            table class="tbl why cards-s" {
                caption.sr { (words.list) }
                thead { tr {
                    th scope="col" { (common.batch) } th scope="col" { (words.was) } th scope="col" { (words.would) }
                    th scope="col" { (words.difference) } th scope="col" { (words.rule) }
                } }
                tbody {
                    @for row in &view.rows {
                        tr.here[row.changes()] {
                            td.nw { a href={ "/ui/decisions/" (row.batch) "?turn=" (row.turn) } {
                                b { (fill(common.batch_n, &[("n", &row.batch.to_string())])) }
                            } }
                            td data-l=(words.was) { span { (action_chip(frame.lang, Some(row.was), TurnState::Succeeded)) } }
                            @match &row.would {
                                Some((would, rule)) => {
                                    td data-l=(words.would) { span { (action_chip(frame.lang, Some(*would), TurnState::Succeeded)) } }
                                    td.nw { @if row.changes() { span.warn { (Icon::Warn.small()) (words.changes) } } @else { span.mut { (words.same) } } }
                                    td { (rule) }
                                }
                                None => { td.mut { "–" } td {} td.mut { (words.no_evidence) } }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(older) = view.older {
            nav.pages aria-label=(words.list) { a.btn.s href=(view.href(older)) { (words.older) (Icon::Next.small()) } }
        }
    };
    card("replayed", summary, Some(&more), &nothing(), &table)
}
