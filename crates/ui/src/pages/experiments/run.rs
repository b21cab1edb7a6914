//! One run: what it was given, what it gave, over which steps, and the runs below it.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use tidewheel_chart::line::{LinePoint, Lines, Series};
use tidewheel_chart::{Axis, Caption, Unit};
use tidewheel_domain::run::{MetricPoint, Run as DomainRun};

use super::query::Column;
use super::{cell, kind_of, short_id, status_chip, took};
use crate::components::{Icon, Tone, button_to, card, chart, chip, nothing};
use crate::frame::{Area, Frame};
use crate::pages::models::metrics::{in_order, metric_name, metric_text};
use crate::pages::models::version::files_table;
use crate::words::{ExperimentsWords, ModelsWords, fill};

/// Histories that are drawn.
const CHARTS: usize = 6;
/// Steps that are all marked.
const FEW: usize = 12;

/// What the page of one run shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The run.
    pub run: DomainRun,
    /// Histories of its metrics that have more than one point.
    pub histories: BTreeMap<String, Vec<MetricPoint>>,
    /// The trials of its tuning, in order.
    pub trials: Vec<DomainRun>,
    /// The most trials that are read.
    pub trials_at_most: usize,
    /// The version that it made.
    pub version: Option<i64>,
    /// The run above it: where it is shown, and its name.
    pub parent: Option<(String, String)>,
    /// Its files with their sizes.
    pub files: Vec<(String, u64)>,
    /// The unit of the target.
    pub unit: String,
}

/// The page.
pub fn page(frame: &Frame, view: &Run) -> Markup {
    let words = ExperimentsWords::of(frame.lang);
    let figures = frame.figures();
    let run = &view.run;
    let lead = html! {
        (status_chip(frame.lang, run)) " " (kind_of(frame.lang, run)) " " code { (run.run_id) } ", "
        (figures.moment(run.started_at)) ", " (took(frame, run)) ". "
        @if let Some((href, name)) = &view.parent {
            a href=(href) { bdi { (fill(words.part_of, &[("run", name)])) } } " "
        }
        @if let Some(version) = view.version {
            a href={ "/ui/models/" (version) } { (fill(words.made, &[("version", &format!("v{version}"))])) }
        }
    };
    let beside = html! {
        @if let Some(version) = view.version {
            (button_to(&format!("/ui/why/{version}"), Some(Icon::Decision), &fill(words.why_version, &[("version", &format!("v{version}"))]), false))
        }
    };
    let content = html! {
        div.grid {
            div.c7 { (metrics(frame, view, words)) }
            div.c5 { (pairs("params", words.params, words.param, words.no_params, &run.params, words)) }
        }
        @if !view.histories.is_empty() { div.grid { div.c12 { (histories(frame, view, words)) } } }
        @if !view.trials.is_empty() { div.grid { div.c12 { (trials(frame, view, words)) } } }
        div.grid {
            div.c7 { (files(frame, view)) }
            div.c5 { (pairs("tags", words.tags, words.tag, words.no_params, &run.tags, words)) }
        }
    };
    let crumbs = [(words.title, Some("/ui/experiments")), (run.name.as_str(), None)];
    frame.page(Some(Area::Experiments), &crumbs, &run.name, &lead, &beside, &content)
}

fn metrics(frame: &Frame, view: &Run, words: &'static ExperimentsWords) -> Markup {
    let run = &view.run;
    let content = html! {
        @if run.metrics.is_empty() { div.body { p.mut { (words.no_metrics) } } } @else {
            div.flush {
                table.tbl {
                    caption.sr { (words.metrics) }
                    thead { tr { th scope="col" { (words.metric) } th.r scope="col" { (words.value) } th.r scope="col" { (words.interval) } } }
                    tbody {
                        @for name in in_order(run.metrics.keys()) {
                            @if let Some(metric) = run.metrics.get(name) {
                                @let write = |value: f64| metric_text(frame.figures(), name, value, &view.unit);
                                tr {
                                    th scope="row" { code { (name) } @if metric_name(frame.lang, name) != name { " " span.mut.xs { (metric_name(frame.lang, name)) } } }
                                    td.r { b data-metric=(name) data-v=(metric.value) { (write(metric.value)) } }
                                    td.r.nw {
                                        @match (metric.low, metric.high) {
                                            (Some(low), Some(high)) => { span.sub { (write(low)) " – " (write(high)) } }
                                            _ => { span.mut { "–" } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    card("metrics", words.metrics, None, &nothing(), &content)
}

fn pairs(
    id: &str,
    title: &str,
    head: &str,
    none: &str,
    pairs: &BTreeMap<String, String>,
    words: &'static ExperimentsWords,
) -> Markup {
    let content = html! {
        @if pairs.is_empty() { div.body { p.mut { (none) } } } @else {
            div.flush {
                table.tbl.tight.pairs {
                    caption.sr { (title) }
                    thead { tr { th scope="col" { (head) } th scope="col" { (words.value) } } }
                    tbody { @for (name, value) in pairs { tr { th scope="row" { code { (name) } } td { bdi.clip { (value) } } } } }
                }
            }
        }
    };
    card(id, title, None, &nothing(), &content)
}

fn histories(frame: &Frame, view: &Run, words: &'static ExperimentsWords) -> Markup {
    let content = html! {
        div.body.grid {
            @for (name, points) in view.histories.iter().take(CHARTS) {
                div.c6 { h3 { (metric_name(frame.lang, name)) } (history(frame, name, points, &view.unit, words)) }
            }
        }
    };
    card("history", words.history, None, &nothing(), &content)
}

fn history(frame: &Frame, name: &str, points: &[MetricPoint], unit: &str, words: &'static ExperimentsWords) -> Markup {
    let write = |point: Option<&MetricPoint>| {
        point.map_or_else(|| "–".to_owned(), |point| metric_text(frame.figures(), name, point.value, unit))
    };
    let finding = fill(
        words.history_finding,
        &[
            ("metric", metric_name(frame.lang, name)),
            ("first", &write(points.first())),
            ("last", &write(points.last())),
            ("n", &frame.figures().count(points.len() as u64)),
        ],
    );
    // A few steps are marked each; there is nothing between them.
    let few = points.len() <= FEW;
    let steps = points.iter().filter(|_| few).map(|point| (point.step as f64, point.step.to_string())).collect();
    let lines = Lines {
        caption: Caption::new(metric_name(frame.lang, name), finding),
        x: Axis::new(words.step, Unit::none()).ticks(steps),
        y: Axis::new(metric_name(frame.lang, name), Unit::none()),
        series: vec![Series {
            name: metric_name(frame.lang, name).to_owned(),
            points: points
                .iter()
                .map(|point| LinePoint {
                    x: point.step as f64,
                    y: point.value.is_finite().then_some(point.value),
                    interval: point.low.zip(point.high),
                })
                .collect(),
        }],
        ..Lines::default()
    };
    chart(frame.lang, name, &lines, 560.0, 330.0)
}

/// The trial with the smallest loss.
fn best(trials: &[DomainRun]) -> Option<usize> {
    let loss = |run: &DomainRun| {
        let metric = ["cv_loss", "loss", "mean_loss"].iter().find_map(|name| run.metrics.get(*name))?;
        metric.value.is_finite().then_some(metric.value)
    };
    let losses = trials.iter().enumerate().filter_map(|(place, run)| Some((place, loss(run)?)));
    losses.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(place, _)| place)
}

fn trials(frame: &Frame, view: &Run, words: &'static ExperimentsWords) -> Markup {
    let metrics: BTreeSet<&String> = view.trials.iter().flat_map(|run| run.metrics.keys()).collect();
    let params: BTreeSet<&String> = view.trials.iter().flat_map(|run| run.params.keys()).collect();
    let metrics = in_order(metrics).into_iter().map(|name| Column::Metric(name.to_owned()));
    let columns: Vec<Column> =
        metrics.chain(params.into_iter().map(|name| Column::Param(name.clone()))).take(20).collect();
    let best = best(&view.trials);
    let beside = html! { button.btn.s type="submit" form="compare" { (Icon::Compare.small()) (words.compare_chosen) } };
    let content = html! {
        form #compare method="get" action="/ui/experiments" {}
        div.flush.scroll tabindex="0" role="group" aria-label=(words.trials) {
            table.tbl.tight.cards-s.runs {
                caption.sr { (words.trials_lead) }
                thead { tr {
                    th scope="col" { span.sr { (words.compare) } }
                    th scope="col" { (words.trial) } th scope="col" { (words.status) } th.r scope="col" { (words.took) }
                    @for column in &columns { th.r scope="col" { (metric_name(frame.lang, column.name())) } }
                } }
                tbody {
                    @for (place, run) in view.trials.iter().enumerate() {
                        tr.here[best == Some(place)] {
                            td.pick { input type="checkbox" form="compare" name="runs" value=(run.run_id) aria-label=(fill(words.compare_n, &[("run", &run.name)])); }
                            th.nw scope="row" {
                                a href={ "/ui/experiments/runs/" (run.run_id) } title=(short_id(run)) { bdi { (run.name) } }
                                @if best == Some(place) { " " (chip(Tone::Good, Some(Icon::Check), words.best)) }
                            }
                            td data-l=(words.status) { (status_chip(frame.lang, run)) }
                            td.r.nw data-l=(words.took) { (took(frame, run)) }
                            @for column in &columns { td.r data-l=(metric_name(frame.lang, column.name())) { div { (cell(frame, run, column, &view.unit)) } } }
                        }
                    }
                }
            }
        }
        @if view.trials.len() >= view.trials_at_most {
            p.mut.sm.body { (fill(words.trials_more, &[("n", &frame.figures().count(view.trials.len() as u64))])) }
        }
    };
    card("trials", words.trials, Some(words.trials_lead), &beside, &content)
}

fn files(frame: &Frame, view: &Run) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let base = format!("/ui/experiments/runs/{}/files/", view.run.run_id);
    let content = html! { div.flush { (files_table(frame, &base, &view.files, words)) } };
    card("files", words.files, None, &nothing(), &content)
}
