//! Two to eight runs beside each other.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use tidewheel_domain::run::Run;

use super::{kind_of, short_id, took};
use crate::components::{Icon, Tone, card, chip, nothing};
use crate::frame::{Area, Frame};
use crate::pages::models::metrics::{axis, estimate, in_order, metric_name, of_all};
use crate::words::{ExperimentsWords, fill};

/// Runs that can be compared.
pub const AT_MOST: usize = 8;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// The runs, in the order in which they were given.
    pub runs: Vec<Run>,
    /// The unit of the target.
    pub unit: String,
}

/// The page.
pub fn page(frame: &Frame, view: &Comparison) -> Markup {
    let words = ExperimentsWords::of(frame.lang);
    let count = view.runs.len().to_string();
    let title = fill(words.compare_title, &[("n", &count)]);
    let beside = html! { a.btn href="/ui/experiments" { (words.back) } };
    let content = html! {
        @if view.runs.len() < 2 || view.runs.len() > AT_MOST {
            p.note role="alert" { (Icon::Warn.draw()) span { (fill(words.compare_two, &[("n", &count)])) } }
        } @else {
            (metrics(frame, view, words))
            (params(frame, view, words))
        }
    };
    let crumbs = [(words.title, Some("/ui/experiments")), (title.as_str(), None)];
    frame.page(Some(Area::Experiments), &crumbs, &title, &html! { (words.compare_lead) }, &beside, &content)
}

fn head(frame: &Frame, view: &Comparison, first: &str) -> Markup {
    html! {
        thead { tr {
            th scope="col" { (first) }
            @for run in &view.runs {
                th scope="col" {
                    a href={ "/ui/experiments/runs/" (run.run_id) } { bdi { (run.name) } }
                    br; span.mut.xs { (kind_of(frame.lang, run)) " " code { (short_id(run)) } ", " (took(frame, run)) }
                }
            }
        } }
    }
}

fn metrics(frame: &Frame, view: &Comparison, words: &'static ExperimentsWords) -> Markup {
    let names: BTreeSet<&String> = view.runs.iter().flat_map(|run| run.metrics.keys()).collect();
    let content = html! {
        div.flush.scroll tabindex="0" role="group" aria-label=(words.metrics) {
            table.tbl.cards-s.nums {
                caption.sr { (words.metrics) }
                (head(frame, view, words.metric))
                tbody {
                    @for name in in_order(names) {
                        @let axis = axis(of_all(name, view.runs.iter().map(|run| &run.metrics)));
                        tr {
                            th scope="row" { (metric_name(frame.lang, name)) }
                            @for run in &view.runs {
                                td data-l=(run.name) { (estimate(frame, None, (name, run.metrics.get(name).copied()), axis, &view.unit, Tone::Train)) }
                            }
                        }
                    }
                }
            }
        }
    };
    card("metrics", words.metrics, None, &nothing(), &content)
}

fn params(frame: &Frame, view: &Comparison, words: &'static ExperimentsWords) -> Markup {
    let names: BTreeSet<&String> = view.runs.iter().flat_map(|run| run.params.keys()).collect();
    let values = |name: &String| view.runs.iter().map(|run| run.params.get(name)).collect::<Vec<Option<&String>>>();
    let rows: BTreeMap<&String, Vec<Option<&String>>> = names.into_iter().map(|name| (name, values(name))).collect();
    let differs = |values: &[Option<&String>]| values.windows(2).any(|pair| pair[0] != pair[1]);
    let count = rows.values().filter(|values| differs(values)).count();
    let lead = fill(words.differ_n, &[("n", &count.to_string()), ("m", &rows.len().to_string())]);
    let mut ordered: Vec<_> = rows.iter().collect();
    ordered.sort_by_key(|(_, values)| !differs(values));
    let content = html! {
        div.flush.scroll tabindex="0" role="group" aria-label=(words.params) {
            table.tbl.tight.cards-s {
                caption.sr { (words.params) }
                (head(frame, view, words.param))
                tbody {
                    @for (name, values) in ordered {
                        @let marked = differs(values);
                        tr.here[marked] {
                            th scope="row" { code { (name) } @if marked { " " (chip(Tone::Train, None, words.differs)) } }
                            @for (run, value) in view.runs.iter().zip(values) {
                                td data-l=(run.name) { @match value { Some(value) => { bdi.clip { (value) } } None => { span.mut { "–" } } } }
                            }
                        }
                    }
                }
            }
        }
    };
    card("params", words.params, Some(&lead), &nothing(), &content)
}
