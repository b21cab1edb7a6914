//! One version: its figures, what was asked of it, what it was made from and looks at, and what happened to it.

use maud::{Markup, html};
use tidewheel_domain::Metrics;
use tidewheel_domain::model_version::LedgerEntry;

use super::metrics::{axis, estimate, in_order, metric_name, of_all};
use super::switch::{self, Switch};
use super::{Judgement, Paired, VersionRow, ledger, named, stage_chip, tone_of};
use crate::components::{Icon, Tone, button_to, card, dot_and_whisker, nothing};
use crate::frame::{Area, Frame, escaped};
use crate::words::{Common, ModelsWords, fill};

/// Columns whose weight is shown.
const COLUMNS: usize = 15;

/// What the page of one version shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// What the table of all versions shows of it.
    pub row: VersionRow,
    /// The training run.
    pub run: String,
    /// Metrics on the hold-out of the newest batch when it was trained.
    pub newest: Metrics,
    /// What it was made from.
    pub data: Vec<Datum>,
    /// Parameters of the training, by name.
    pub settings: Vec<(String, String)>,
    /// Columns with their weights, the largest first.
    pub weights: Vec<(String, f64)>,
    /// Its lines of the ledger, oldest first.
    pub lines: Vec<LedgerEntry>,
    /// Its files with their sizes.
    pub files: Vec<(String, u64)>,
    /// Putting it into production; `None` where it is.
    pub switch: Option<Switch>,
    /// The version to compare it with.
    pub other: Option<i64>,
    /// The unit of the target.
    pub unit: String,
}

/// One figure about the data of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datum {
    /// What it says.
    pub what: DataFact,
    /// As it is written.
    pub value: String,
}

/// What a figure about data says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DataFact {
    Batches,
    RowsToLearn,
    RowsOutside,
    RowsHeldOut,
    Features,
    Levels(String),
    TrainedIn,
}

impl DataFact {
    /// What it is called.
    pub(super) fn name(&self, words: &ModelsWords) -> String {
        match self {
            Self::Batches => words.batches.to_owned(),
            Self::RowsToLearn => words.rows_to_learn.to_owned(),
            Self::RowsOutside => words.rows_outside.to_owned(),
            Self::RowsHeldOut => words.rows_held_out.to_owned(),
            Self::Features => words.features.to_owned(),
            Self::Levels(column) => fill(words.levels_of, &[("column", column)]),
            Self::TrainedIn => words.trained_in.to_owned(),
        }
    }
}

/// The page.
pub fn page(frame: &Frame, view: &Version) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let version = view.row.version;
    let title = fill(words.version_n, &[("n", &version.to_string())]);
    let lead = html! {
        (stage_chip(frame.lang, view.row.stage, view.row.rejected_by.is_some())) " "
        (fill(words.registered_at, &[("at", &frame.figures().moment(view.row.created_at))])) " "
        @if let Some(because) = &view.row.because { (because) }
    };
    let beside = html! {
        (button_to(&format!("/ui/why/{version}"), Some(Icon::Decision), &fill(words.why_version, &[("version", &named(version))]), false))
        @if let Some(other) = view.other {
            (button_to(&format!("/ui/models/compare?a={other}&b={version}"), Some(Icon::Compare), &fill(words.compare_with, &[("version", &named(other))]), false))
        }
        @if let Some(switch) = &view.switch { (switch::button(frame, switch)) }
    };
    let content = html! {
        div.grid {
            div.c7 { (figures_card(frame, view, words)) (weights(frame, view, words)) (settings(view, words)) }
            div.c5 { (gates(frame, view, words)) (data(view, words)) }
        }
        div #live-ledger data-part { (lines(frame, view, words)) }
        div.grid.mt { div.c12 { (files(frame, view, words)) } }
    };
    let named = named(version);
    let crumbs = [(words.title, Some("/ui/models")), (named.as_str(), None)];
    frame.page(Some(Area::Models), &crumbs, &title, &lead, &beside, &content)
}

fn figures_card(frame: &Frame, view: &Version, words: &'static ModelsWords) -> Markup {
    let table = html! {
        div.flush {
            table.tbl.cards-s.nums {
                caption.sr { (words.metrics_lead) }
                thead { tr {
                    th scope="col" { (words.metric) } th scope="col" { (words.held_out) } th scope="col" { (words.newest_batch) }
                } }
                tbody {
                    @for name in in_order(view.row.metrics.keys().chain(view.newest.keys())) {
                        @let both = axis(of_all(name, [&view.row.metrics, &view.newest]));
                        tr {
                            th scope="row" { (metric_name(frame.lang, name)) }
                            td data-l=(words.held_out) {
                                (estimate(frame, view.row.version, (name, view.row.metrics.get(name).copied()), both, &view.unit, Tone::Train))
                            }
                            td data-l=(words.newest_batch) data-of="newest" {
                                (estimate(frame, view.row.version, (name, view.newest.get(name).copied()), both, &view.unit, Tone::Plain))
                            }
                        }
                    }
                }
            }
        }
    };
    card("figures", words.metrics, Some(words.metrics_lead), &nothing(), &table)
}

fn gates(frame: &Frame, view: &Version, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    let content = html! {
        @match &view.row.judgement {
            Some(Judgement { gates, against }) => {
                div.flush {
                    table.tbl.gates {
                        caption.sr { (words.gates_lead) }
                        thead { tr {
                            th scope="col" { span.sr { (words.met) } } th scope="col" { (words.criterion) } th.r scope="col" { (words.observed) }
                        } }
                        tbody {
                            @for gate in gates {
                                tr {
                                    td {
                                        @if gate.passed { span.pass { (Icon::Check.small()) span.sr { (words.met) } } }
                                        @else { span.fail { (Icon::Cross.small()) span.sr { (words.not_met) } } }
                                    }
                                    td { (gate.criterion) }
                                    td.r { @match gate.observed { Some(observed) => { span data-v=(observed) { (figures.plain(observed)) } } None => "–" } }
                                }
                            }
                        }
                    }
                    @if let Some(reason) = &view.row.rejected_by { p.fail.sm.body { (Icon::Cross.small()) " " (reason) } }
                    @if let Some(paired) = against { div.body { (paired_table(frame, paired, words)) } }
                    @else { p.mut.sm.body { (words.no_champion) } }
                }
            }
            None => { div.body { p.mut { (words.gates_none) } } }
        }
    };
    card("gates", words.gates, Some(words.gates_lead), &nothing(), &content)
}

/// Challenger and champion on the same rows.
pub(super) fn paired_table(frame: &Frame, paired: &Paired, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    let change = paired.interval();
    let others = paired.newest_change.into_iter().chain(paired.worst.iter().map(|worst| worst.2));
    let (low, high) = others
        .chain([change.low, change.high, 0.0])
        .fold((0.0, 0.0), |(low, high): (f64, f64), one| (low.min(one), high.max(one)));
    let label = fill(
        words.same_rows_of,
        &[
            ("value", &frame.figures().percent_change(change.value)),
            ("champion", &paired.champion.map_or_else(|| "–".to_owned(), named)),
            ("rows", &figures.count(paired.rows)),
            ("low", &frame.figures().percent_change(change.low)),
            ("high", &frame.figures().percent_change(change.high)),
        ],
    );
    let point = |value: f64| crate::components::Interval { value, low: value, high: value };
    html! {
        table.tbl.in.tight.paired {
            caption { b { (words.on_same_rows) } " " @if let Some(champion) = paired.champion { span.mut { "v" (champion) } } }
            thead { tr { th scope="col" { (words.rows) } th scope="col" { (words.change) } th.r scope="col" { span.sr { (Common::of(frame.lang).interval) } } } }
            tbody {
                tr {
                    th scope="row" { (words.all_held_out) br; span.mut.xs { (figures.count(paired.rows)) } }
                    td { (dot_and_whisker(change, (low, high), tone_of(change), None, Some(0.0), &label)) }
                    td.r.nw { b data-v=(change.value) { (frame.figures().percent_change(change.value)) } br; span.mut.xs { (fill(Common::of(frame.lang).between, &[
                        ("low", &frame.figures().percent_change(change.low)), ("high", &frame.figures().percent_change(change.high)),
                    ])) } }
                }
                @if let Some(newest) = paired.newest_change {
                    tr {
                        th scope="row" { (words.newest_rows) br; span.mut.xs { (figures.count(paired.newest_rows)) } }
                        td { (dot_and_whisker(point(newest), (low, high), Tone::Plain, None, Some(0.0), &frame.figures().percent_change(newest))) }
                        td.r.nw { b data-v=(newest) { (frame.figures().percent_change(newest)) } }
                    }
                }
                @if let Some((segment, rows, worst)) = &paired.worst {
                    tr {
                        th scope="row" { bdi { (fill(words.worst, &[("segment", segment)])) } br; span.mut.xs { (figures.count(*rows)) } }
                        td { (dot_and_whisker(point(*worst), (low, high), Tone::Plain, None, Some(0.0), &frame.figures().percent_change(*worst))) }
                        td.r.nw { b data-v=(worst) { (frame.figures().percent_change(*worst)) } }
                    }
                }
            }
        }
    }
}

fn weights(frame: &Frame, view: &Version, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    let most = view.weights.first().map_or(1.0, |(_, share)| *share).max(1e-9);
    let content = html! {
        div.body {
            @if view.weights.is_empty() { p.mut { (words.weights_none) } } @else {
                table.bars {
                    caption.sr { (words.weights_lead) }
                    thead.sr { tr { th scope="col" { (words.column) } td {} th scope="col" { (words.weight) } } }
                    tbody {
                        @for (name, share) in view.weights.iter().take(COLUMNS) {
                            tr {
                                th scope="row" { bdi.name { (name) } }
                                td.dot-c { svg.mini height="16" aria-hidden="true" {
                                    rect.b-cur x="0" y="3" width=(format!("{:.1}%", 100.0 * share / most)) height="10" rx="3" {}
                                } }
                                td.r.nw data-v=(share) { (figures.percent(*share)) }
                            }
                        }
                    }
                }
                @if view.weights.len() > COLUMNS {
                    p.mut.xs { (fill(words.and_more, &[("n", &figures.count((view.weights.len() - COLUMNS) as u64))])) }
                }
            }
        }
    };
    card("weights", words.weights, Some(words.weights_lead), &nothing(), &content)
}

fn data(view: &Version, words: &'static ModelsWords) -> Markup {
    let content = html! {
        div.body {
            dl.kv {
                @for one in &view.data { dt { (one.what.name(words)) } dd { (one.value) } }
                dt { (words.the_run) } dd { a href={ "/ui/experiments/runs/" (view.run) } { code { (view.run) } } }
            }
        }
    };
    card("data", words.data, None, &nothing(), &content)
}

fn settings(view: &Version, words: &'static ModelsWords) -> Markup {
    let content = html! {
        div.flush {
            table.tbl.tight.pairs {
                caption.sr { (words.settings) }
                thead { tr { th scope="col" { (words.setting) } th.r scope="col" { (words.value) } } }
                tbody { @for (name, value) in &view.settings {
                    tr { th scope="row" { code { (name) } } td.r { bdi { (value) } } }
                } }
            }
        }
    };
    html! { @if !view.settings.is_empty() { (card("settings", words.settings, None, &nothing(), &content)) } }
}

fn lines(frame: &Frame, view: &Version, words: &'static ModelsWords) -> Markup {
    let newest: Vec<&LedgerEntry> = view.lines.iter().rev().take(30).collect();
    let content = html! {
        div.flush { @if newest.is_empty() { p.mut.body { (words.ledger_none) } } @else { (ledger::lines(frame, &newest, false)) } }
    };
    card("ledger", words.ledger, None, &nothing(), &content)
}

fn files(frame: &Frame, view: &Version, words: &'static ModelsWords) -> Markup {
    let base = format!("/ui/models/{}/files/", view.row.version);
    let content = html! { div.flush { (files_table(frame, &base, &view.files, words)) } };
    card("files", words.files, Some(words.files_lead), &nothing(), &content)
}

/// Files with their sizes and the way to them.
pub(crate) fn files_table(frame: &Frame, base: &str, files: &[(String, u64)], words: &'static ModelsWords) -> Markup {
    html! {
        @if files.is_empty() { p.mut.body { (words.no_files) } } @else {
            table.tbl.cards-s {
                caption.sr { (words.files) }
                thead { tr { th scope="col" { (words.file) } th.r scope="col" { (words.size) } th scope="col" { span.sr { (words.download) } } } }
                tbody {
                    @for (path, bytes) in files {
                        tr {
                            th scope="row" { code { bdi { (path) } } }
                            td.r data-l=(words.size) data-v=(bytes) { (frame.figures().bytes(*bytes)) }
                            td.r { a.btn.s href={ (base) (escaped(path)) } download aria-label={ (words.download) " " (path) } { (Icon::Download.small()) (words.download) } }
                        }
                    }
                }
            }
        }
    }
}
