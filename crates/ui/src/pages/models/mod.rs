//! Which versions there are, what was in production when, why each was trained, promoted or rejected.

/// Two versions beside each other.
pub mod compare;
/// The ledger, as a bar over time and line by line.
pub mod ledger;
/// What is put into production, with its consequences.
pub mod switch;
/// One version.
pub mod version;

/// Metrics and their pictures.
pub(crate) mod metrics;

use maud::{Markup, html};
use tidewheel_domain::model_version::Stage;
use tidewheel_domain::verdict::Gate;
use tidewheel_domain::{Metric, Metrics, Timestamp};
use tidewheel_drift::Lang;

use self::ledger::Ledger;
use self::metrics::{axis, estimate, of_all};
use self::switch::Switch;
use crate::components::{Icon, Interval, Tone, card, chip, command, dot_and_whisker, empty_state, nothing};
use crate::frame::{Area, Frame};
use crate::words::{Common, ModelsWords, fill};

/// What the page of all versions shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Models {
    /// The versions shown, newest first.
    pub versions: Vec<VersionRow>,
    /// All there are.
    pub total: u64,
    /// How many have ever been in production.
    pub promoted: u64,
    /// How many were compared and not promoted.
    pub rejected: u64,
    /// The version to ask for to see older ones.
    pub older: Option<i64>,
    /// The version to ask for to see newer ones.
    pub newer: Option<i64>,
    /// The ledger.
    pub ledger: Ledger,
    /// The version that this server answers with.
    pub answers: Option<i64>,
    /// The way back, where there is one.
    pub rollback: Option<Switch>,
    /// The unit of the target.
    pub unit: String,
}

/// One version in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRow {
    /// Its number.
    pub version: i64,
    /// Where it stands.
    pub stage: Stage,
    /// Why it was not promoted.
    pub rejected_by: Option<String>,
    /// Why it was trained, in a sentence.
    pub because: Option<String>,
    /// The batch that it was trained on.
    pub batch: Option<i64>,
    /// Rows that it learnt from.
    pub training_rows: Option<u64>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Its metrics on held-out rows.
    pub metrics: Metrics,
    /// How it was judged.
    pub judgement: Option<Judgement>,
}

/// How a version was judged when it was trained.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// The criteria.
    pub gates: Vec<Gate>,
    /// The comparison with the champion of its time.
    pub against: Option<Paired>,
}

impl Judgement {
    fn passed(&self) -> usize {
        self.gates.iter().filter(|gate| gate.passed).count()
    }
}

/// A challenger and the champion of its time on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// The champion.
    pub champion: Option<i64>,
    /// Rows compared.
    pub rows: u64,
    /// Change of the error as a share; below 0 is better.
    pub change: Metric,
    /// Rows of the newest batch.
    pub newest_rows: u64,
    /// Change of the error on them.
    pub newest_change: Option<f64>,
    /// The segment whose error rises most: its name, rows, change.
    pub worst: Option<(String, u64, f64)>,
}

impl Paired {
    /// As an interval.
    pub(crate) fn interval(&self) -> Interval {
        self.change.into()
    }
}

/// Whether a change of the error is good, bad, or neither.
pub(crate) fn tone_of(change: Interval) -> Tone {
    match () {
        () if change.high < 0.0 => Tone::Good,
        () if change.low > 0.0 => Tone::Bad,
        () => Tone::Plain,
    }
}

/// `v6`.
pub(crate) fn named(version: i64) -> String {
    format!("v{version}")
}

/// Where a version stands.
pub(crate) fn stage_chip(lang: Lang, stage: Stage, rejected: bool) -> Markup {
    let words = ModelsWords::of(lang);
    match stage {
        Stage::Production => chip(Tone::Good, Some(Icon::Check), Common::of(lang).production),
        _ if rejected => chip(Tone::Bad, Some(Icon::Cross), words.rejected),
        Stage::Archived => chip(Tone::Plain, None, words.retired),
        Stage::Staging => chip(Tone::Ask, None, words.staging),
        Stage::None => chip(Tone::Plain, None, words.registered),
    }
}

/// The page.
pub fn page(frame: &Frame, view: &Models) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let figures = frame.figures();
    let answers = match view.answers {
        Some(version) if frame.production == Some(version) => fill(words.answers, &[("version", &named(version))]),
        Some(version) => fill(words.answers_other, &[("version", &named(version))]),
        None => words.answers_none.to_owned(),
    };
    let lead = fill(
        words.lead,
        &[
            ("model", &frame.model),
            ("versions", &figures.count(view.total)),
            ("promoted", &figures.count(view.promoted)),
            ("rejected", &figures.count(view.rejected)),
            ("answers", &answers),
        ],
    );
    let lead = html! { @if view.total > 0 { (lead) } };
    let beside = view.rollback.as_ref().map_or_else(nothing, |rollback| switch::button(frame, rollback));
    let content = html! {
        @if view.total == 0 {
            section.card #live-empty data-part {
                (empty_state(words.empty, words.empty_text, &command(frame.lang, "tidewheel run")))
            }
        } @else {
            div #live-when data-part { (ledger::bar(frame, &view.ledger)) }
            div #live-versions data-part { (versions(frame, view, words)) }
            div #live-ledger data-part { (ledger::table(frame, &view.ledger)) }
        }
    };
    frame.page(Some(Area::Models), &[(words.title, None)], words.title, &lead, &beside, &content)
}

fn versions(frame: &Frame, view: &Models, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    let all = || view.versions.iter().map(|row| &row.metrics);
    let (error, r2) = (axis(of_all("mae", all())), axis(of_all("r2", all())));
    let changes = view.versions.iter().filter_map(|row| Some(row.judgement.as_ref()?.against.as_ref()?.change));
    let (low, high) = axis(changes.chain([Metric::point(0.0)]));
    let beside = html! {
        button.btn.s.p type="submit" form="compare" { (Icon::Compare.small()) (words.compare_two) }
    };
    let table = html! {
        form #compare method="get" action="/ui/models/compare" {}
        div.flush {
            table.tbl.cards-s.vers {
                caption.sr { (words.versions_caption) }
                thead { tr {
                    th scope="col" { span.sr { (words.compare) } }
                    th scope="col" { (words.version) } th scope="col" { (words.stage) } th scope="col" { (words.because) }
                    th scope="col" { (words.error) } th scope="col" { (words.r2) } th scope="col" { (words.same_rows) }
                    th scope="col" { (words.promotion) }
                } }
                tbody {
                    @for row in &view.versions {
                        @let tone = if row.stage == Stage::Production { Tone::Train } else { Tone::Plain };
                        tr {
                            td.pick {
                                input type="checkbox" form="compare" name="v" value=(row.version)
                                    aria-label=(fill(words.compare_n, &[("version", &named(row.version))]));
                            }
                            th scope="row" { a href={ "/ui/models/" (row.version) } { (named(row.version)) } }
                            td { (stage_chip(frame.lang, row.stage, row.rejected_by.is_some())) }
                            td data-l=(words.because) { div { (because(frame, row, words)) } }
                            td data-l=(words.error) {
                                (estimate(frame, row.version, ("mae", row.metrics.get("mae").copied()), error, &view.unit, tone))
                            }
                            td data-l=(words.r2) {
                                (estimate(frame, row.version, ("r2", row.metrics.get("r2").copied()), r2, &view.unit, tone))
                            }
                            td data-l=(words.same_rows) { (same_rows(frame, row, (low, high), words)) }
                            td data-l=(words.promotion) { (promotion(frame, row, words)) }
                        }
                    }
                }
            }
            @if let (true, Some(first), Some(last)) =
                (view.older.is_some() || view.newer.is_some(), view.versions.last(), view.versions.first()) {
                nav.pages aria-label=(words.versions) {
                    @if let Some(older) = view.older { a.btn.s href={ "/ui/models?until=" (older) } { (Icon::Previous.small()) (words.older) } }
                    span { (fill(words.shown_of, &[
                        ("from", &named(first.version)), ("to", &named(last.version)), ("all", &figures.count(view.total)),
                    ])) }
                    @if let Some(newer) = view.newer { a.btn.s href={ "/ui/models?until=" (newer) } { (words.newer) (Icon::Next.small()) } }
                }
            }
        }
    };
    card("versions", words.versions, Some(words.versions_lead), &beside, &table)
}

fn because(frame: &Frame, row: &VersionRow, words: &'static ModelsWords) -> Markup {
    let rows = row.training_rows.map_or_else(|| "–".to_owned(), |rows| frame.figures().count(rows));
    html! {
        @match &row.because {
            Some(because) => { a.t.clip href={ "/ui/why/" (row.version) } { bdi { (because) } } }
            None => { span.mut { (words.because_none) } }
        }
        @if let Some(batch) = row.batch {
            span.mut.xs { (fill(words.of_batch, &[("batch", &batch.to_string()), ("rows", &rows)])) }
        }
    }
}

fn same_rows(frame: &Frame, row: &VersionRow, axis: (f64, f64), words: &'static ModelsWords) -> Markup {
    let Some(judgement) = &row.judgement else { return html! { span.mut { "–" } } };
    let Some(paired) = &judgement.against else { return html! { span.mut { (words.no_champion) } } };
    let change = paired.interval();
    let label = fill(
        words.same_rows_of,
        &[
            ("value", &frame.figures().percent_change(change.value)),
            ("champion", &paired.champion.map_or_else(|| "–".to_owned(), named)),
            ("rows", &frame.figures().count(paired.rows)),
            ("low", &frame.figures().percent_change(change.low)),
            ("high", &frame.figures().percent_change(change.high)),
        ],
    );
    html! {
        div.numiv {
            b data-metric="change" data-version=(row.version) data-v=(change.value) { (frame.figures().percent_change(change.value)) }
            (dot_and_whisker(change, axis, tone_of(change), None, Some(0.0), &label))
        }
    }
}

fn promotion(frame: &Frame, row: &VersionRow, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    html! {
        @match (&row.rejected_by, &row.judgement) {
            (Some(reason), _) => { span.fail.sm { (Icon::Cross.small()) bdi.clip { (reason) } } }
            (None, Some(judgement)) if !judgement.gates.is_empty() => {
                @let (passed, all) = (judgement.passed(), judgement.gates.len());
                @let text = fill(words.gates_passed, &[("n", &figures.count(passed as u64)), ("m", &figures.count(all as u64))]);
                @if passed == all { span.pass.sm { (Icon::Check.small()) span { (text) } } }
                @else { span.fail.sm { (Icon::Cross.small()) span { (text) } } }
            }
            _ => { span.mut.sm { (words.gates_none) } }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
