//! Which run is best, and what made it so? Trainings and their trials, filtered, in order, with chosen columns.

/// Some runs beside each other.
pub mod compare;
/// What is asked for.
pub mod query;
/// One run.
pub mod run;

use std::collections::BTreeSet;

use maud::{Markup, html};
use tidewheel_domain::run::{KIND_TAG, Run, RunStatus};
use tidewheel_drift::Lang;

use self::query::{Column, Query};
use super::models::metrics::{in_order, metric_name, metric_text};
use crate::components::{Icon, Tone, card, chip, command, empty_state, nothing};
use crate::frame::{Area, Frame};
use crate::words::{Common, ExperimentsWords, fill};

/// The usual columns, where runs have them.
const USUAL: [&str; 8] =
    ["m.r2", "m.mae", "m.cv_loss", "m.loss", "p.n_estimators", "p.learning_rate", "p.max_depth", "p.training_rows"];
/// Columns at most.
const COLUMNS: usize = 12;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Experiments {
    /// What was asked for.
    pub query: Query,
    /// The runs of this page.
    pub runs: Vec<Run>,
    /// All that fit.
    pub total: u64,
    /// Runs on a page.
    pub per_page: u64,
    /// Whether there is any run at all.
    pub any: bool,
    /// The unit of the target.
    pub unit: String,
}

impl Experiments {
    /// The columns that can be chosen.
    fn offered(&self) -> Vec<Column> {
        let metrics: BTreeSet<&String> = self.runs.iter().flat_map(|run| run.metrics.keys()).collect();
        let params: BTreeSet<&String> = self.runs.iter().flat_map(|run| run.params.keys()).collect();
        let metrics = in_order(metrics).into_iter().map(|name| Column::Metric(name.to_owned()));
        let mut offered: Vec<Column> =
            metrics.chain(params.into_iter().map(|name| Column::Param(name.clone()))).collect();
        offered
            .extend(self.query.columns.iter().filter(|column| !offered.contains(column)).cloned().collect::<Vec<_>>());
        offered
    }

    fn columns(&self, offered: &[Column]) -> Vec<Column> {
        if self.query.columns.is_empty() {
            let usual = USUAL.iter().filter_map(|key| offered.iter().find(|column| column.key() == *key));
            return usual.cloned().collect();
        }
        self.query.columns.iter().take(COLUMNS).cloned().collect()
    }
}

/// What kind of run it is.
pub(crate) fn kind_of(lang: Lang, run: &Run) -> &'static str {
    let words = ExperimentsWords::of(lang);
    match run.tags.get(KIND_TAG).map(String::as_str) {
        Some("training") => words.training,
        Some("trial") => words.trial,
        Some("turn") => words.turn,
        _ => words.run,
    }
}

fn status_chip(lang: Lang, run: &Run) -> Markup {
    let words = ExperimentsWords::of(lang);
    if run.tags.get("tidewheel.pruned").is_some_and(|pruned| pruned == "true") {
        return chip(Tone::Skip, Some(Icon::Skip), words.pruned);
    }
    match run.status {
        RunStatus::Finished => chip(Tone::Good, Some(Icon::Check), words.finished),
        RunStatus::Running => chip(Tone::Train, Some(Icon::Train), words.running),
        RunStatus::Failed => chip(Tone::Bad, Some(Icon::Cross), words.failed),
        RunStatus::Killed => chip(Tone::Skip, Some(Icon::Stop), words.killed),
        RunStatus::Scheduled => chip(Tone::Plain, Some(Icon::Clock), words.scheduled),
    }
}

fn took(frame: &Frame, run: &Run) -> String {
    run.ended_at.map_or_else(|| "–".to_owned(), |end| frame.figures().duration(end.ms_since(run.started_at)))
}

/// The cell of a column; a metric with its interval.
fn cell(frame: &Frame, run: &Run, column: &Column, unit: &str) -> Markup {
    let write = |value: f64| metric_text(frame.figures(), column.name(), value, unit);
    match column {
        Column::Metric(name) => match run.metrics.get(name).filter(|metric| metric.value.is_finite()) {
            Some(metric) => html! {
                b data-metric=(name) data-v=(metric.value) { (write(metric.value)) }
                @if let (Some(low), Some(high)) = (metric.low, metric.high) {
                    br; span.mut.xs.nw { (fill(Common::of(frame.lang).between, &[("low", &write(low)), ("high", &write(high))])) }
                }
            },
            None => html! { span.mut { "–" } },
        },
        Column::Param(name) => match run.params.get(name) {
            Some(value) => html! { bdi.clip { (value) } },
            None => html! { span.mut { "–" } },
        },
    }
}

/// The page.
pub fn page(frame: &Frame, view: &Experiments) -> Markup {
    let words = ExperimentsWords::of(frame.lang);
    let offered = view.offered();
    let columns = view.columns(&offered);
    let content = html! {
        @if !view.any {
            section.card #live-empty data-part {
                (empty_state(words.empty, words.empty_text, &command(frame.lang, "tidewheel run")))
            }
        } @else {
            section.card aria-label=(words.filter) { div.body { (filters(frame, view, &offered, &columns, words)) } }
            div #live-runs data-part.mt { (table(frame, view, &columns, words)) }
        }
    };
    frame.page(
        Some(Area::Experiments),
        &[(words.title, None)],
        words.title,
        &html! { (words.lead) },
        &nothing(),
        &content,
    )
}

fn filters(
    frame: &Frame,
    view: &Experiments,
    offered: &[Column],
    shown: &[Column],
    words: &'static ExperimentsWords,
) -> Markup {
    let query = &view.query;
    let wrong = query.bounds().err();
    let is_wrong = |text: &str| (wrong.is_some_and(|wrong| wrong == text)).then_some("true");
    let mut metrics: Vec<&str> =
        offered.iter().filter(|column| matches!(column, Column::Metric(_))).map(Column::name).collect();
    if !query.metric.is_empty() && !metrics.contains(&query.metric.as_str()) {
        metrics.push(&query.metric);
    }
    html! {
        form method="get" action="/ui/experiments" {
            div.filters {
                div.field {
                    label for="kind" { (words.kind) }
                    select #kind name="kind" {
                        option value="" { (words.kind_any) }
                        option value="training" selected[query.kind == "training"] { (words.training) }
                        option value="trial" selected[query.kind == "trial"] { (words.trial) }
                    }
                }
                div.field { label for="text" { (words.search) } input #text name="q" value=(query.text) maxlength="200"; }
                div.field {
                    label for="metric" { (words.metric) }
                    select #metric name="metric" {
                        option value="" { (words.no_metric) }
                        @for name in metrics { option value=(name) selected[query.metric == name] { (metric_name(frame.lang, name)) } }
                    }
                }
                div.field { label for="min" { (words.least) } input #min name="min" inputmode="decimal" value=(query.least) aria-invalid=[is_wrong(&query.least)]; }
                div.field { label for="max" { (words.most) } input #max name="max" inputmode="decimal" value=(query.most) aria-invalid=[is_wrong(&query.most)]; }
                button.btn.p type="submit" { (words.filter) }
                @if !query.is_open() { a.btn href="/ui/experiments" { (words.all) } }
            }
            @if let Some(text) = wrong { p.field role="alert" { span.wrong { (fill(words.wrong_number, &[("text", text)])) } } }
            @if let Some(sort) = &query.sort { input type="hidden" name="sort" value=(sort.key()); }
            @if query.rising { input type="hidden" name="order" value="rising"; }
            details.mt {
                summary { (fill(words.columns_n, &[("n", &shown.len().to_string())])) }
                @for (title, is_metric) in [(words.metrics, true), (words.params, false)] {
                    fieldset.row.wrap.mt {
                        legend.sr { (title) }
                        @for column in offered.iter().filter(|column| matches!(column, Column::Metric(_)) == is_metric).take(100) {
                            label.row { input type="checkbox" name="col" value=(column.key()) checked[shown.contains(column)]; " " bdi { (column.name()) } }
                        }
                    }
                }
                p.mt { button.btn.s type="submit" { (words.show_columns) } }
            }
        }
    }
}

fn table(frame: &Frame, view: &Experiments, columns: &[Column], words: &'static ExperimentsWords) -> Markup {
    let figures = frame.figures();
    let query = &view.query;
    let found = if view.total == 1 {
        words.found_one.to_owned()
    } else {
        fill(words.found, &[("n", &figures.count(view.total))])
    };
    let beside =
        html! { button.btn.s.p type="submit" form="compare" { (Icon::Compare.small()) (words.compare_chosen) } };
    let from = (query.page - 1) * view.per_page;
    let content = html! {
        form #compare method="get" action="/ui/experiments" {}
        @if view.runs.is_empty() {
            (empty_state(words.none, words.none_text, &html! { a.btn href="/ui/experiments" { (words.all) } }))
        } @else {
            div.flush.scroll tabindex="0" role="group" aria-label=(words.runs) {
                table.tbl.cards-s.runs {
                    caption.sr { (words.runs) }
                    thead { tr {
                        th scope="col" { span.sr { (words.compare) } }
                        th scope="col" { (words.run) }
                        (heading(query, None, words.started, words))
                        th.r scope="col" { (words.took) }
                        th scope="col" { (words.status) }
                        @for column in columns {
                            @match column {
                                Column::Metric(name) => (heading(query, Some(column), metric_name(frame.lang, name), words)),
                                Column::Param(name) => { th.r scope="col" { code { (name) } } }
                            }
                        }
                    } }
                    tbody {
                        @for run in &view.runs {
                            tr {
                                td.pick { input type="checkbox" form="compare" name="runs" value=(run.run_id) aria-label=(fill(words.compare_n, &[("run", &run.name)])); }
                                th scope="row" {
                                    a href={ "/ui/experiments/runs/" (run.run_id) } { bdi { (run.name) } }
                                    br; span.mut.xs { (kind_of(frame.lang, run)) " " code { (short_id(run)) } }
                                }
                                td.nw data-l=(words.started) { (figures.day(run.started_at)) ", " (figures.clock_seconds(run.started_at)) }
                                td.r.nw data-l=(words.took) { (took(frame, run)) }
                                td data-l=(words.status) { (status_chip(frame.lang, run)) }
                                @for column in columns { td.r data-l=(metric_name(frame.lang, column.name())) { div { (cell(frame, run, column, &view.unit)) } } }
                            }
                        }
                    }
                }
            }
            @if view.total > view.per_page {
                nav.pages aria-label=(words.runs) {
                    @if query.page > 1 { a.btn.s href=(query.on_page(query.page - 1).href()) { (Icon::Previous.small()) (words.newer) } }
                    span { (fill(words.shown_of, &[
                        ("from", &figures.count(from + 1)), ("to", &figures.count(from + view.runs.len() as u64)), ("all", &figures.count(view.total)),
                    ])) }
                    @if from + view.per_page < view.total { a.btn.s href=(query.on_page(query.page + 1).href()) { (words.older) (Icon::Next.small()) } }
                }
            }
        }
    };
    card("runs", words.runs, Some(&found), &beside, &content)
}

/// The beginning of a run's id.
pub(crate) fn short_id(run: &Run) -> &str {
    run.run_id.as_str().get(..8).unwrap_or_default()
}

fn heading(query: &Query, column: Option<&Column>, name: &str, words: &'static ExperimentsWords) -> Markup {
    let sorted = query.sort.as_ref() == column;
    let order = match (sorted, query.rising) {
        (true, true) => Some("ascending"),
        (true, false) => Some("descending"),
        (false, _) => None,
    };
    html! {
        th.r[column.is_some()] scope="col" aria-sort=[order] {
            a href=(query.sorted_by(column).href()) title=(fill(words.sort_by, &[("column", name)])) {
                (name) @if sorted { (if query.rising { " ↑" } else { " ↓" }) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
