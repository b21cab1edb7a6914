//! Two versions beside each other: settings, data, what they look at, and how far their predictions differ.

use maud::{Markup, html};
use tidewheel_domain::Metrics;

use super::metrics::{axis, estimate, in_order, metric_name, of_all};
use super::version::{DataFact, paired_table};
use super::{Paired, named};
use crate::components::{Icon, Interval, Tone, card, nothing};
use crate::frame::{Area, Frame};
use crate::words::{ModelsWords, fill};

/// Columns and segments that are shown.
const SHOWN: usize = 12;
/// A column that gained or lost so much is named.
const MOVED: f64 = 0.03;

/// What the page of two versions shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compare {
    /// What stands in the fields of the form.
    pub picked: (String, String),
    /// Why there is nothing to compare.
    pub trouble: Option<Trouble>,
    /// The comparison.
    pub pair: Option<Pair>,
}

/// Why there is nothing to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Trouble {
    Missing(String),
    NotTwo,
    Same,
}

/// Two versions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pair {
    /// The first one.
    pub a: i64,
    /// The second one.
    pub b: i64,
    /// Settings with their values in both, where they differ.
    pub settings: Vec<(String, Option<String>, Option<String>)>,
    /// How many settings there are.
    pub settings_in_all: u64,
    /// Figures about the data of both.
    pub data: Vec<(DataFact, Option<String>, Option<String>)>,
    /// Columns with their weights in both, the weightiest first.
    pub weights: Vec<(String, f64, f64)>,
    /// How far their predictions differ, or why that is not known.
    pub differences: Option<Result<Differences, String>>,
    /// Metrics of both on the held-out rows of their times.
    pub metrics: (Metrics, Metrics),
    /// Held-out rows of both.
    pub held_out: (Option<u64>, Option<u64>),
    /// The second against the first on the same rows, where one was the other's challenger.
    pub paired: Option<Paired>,
    /// The unit of the target.
    pub unit: String,
}

/// How far predictions differ.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Differences {
    /// The batch whose rows were predicted.
    pub batch: i64,
    /// Whether differences are shares of the first one's prediction, or in the target's unit.
    pub ratio: bool,
    /// Over all rows.
    pub all: Spread,
    /// The middle half moves by less than this.
    pub half: f64,
    /// By segment, the most moved first.
    pub segments: Vec<Spread>,
    /// The segment's column.
    pub column: Option<String>,
}

/// Median and middle 80 % of differences.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spread {
    /// The segment.
    pub name: String,
    /// Rows of it.
    pub rows: u64,
    /// The median.
    pub median: f64,
    /// The 10th percentile.
    pub low: f64,
    /// The 90th percentile.
    pub high: f64,
}

impl Spread {
    fn interval(&self) -> Interval {
        Interval { value: self.median, low: self.low, high: self.high }
    }

    /// Whether nearly all of it moved the same way.
    fn moved(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// The page.
pub fn page(frame: &Frame, view: &Compare) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let title = match &view.pair {
        Some(pair) => fill(words.compare_title, &[("a", &named(pair.a)), ("b", &named(pair.b))]),
        None => words.compare_pick.to_owned(),
    };
    let lead = html! {
        @match &view.pair { Some(pair) => (sentence(frame, pair, words)), None => (words.compare_pick_lead) }
    };
    let content = html! {
        @if let Some(trouble) = &view.trouble {
            p.note role="alert" { (Icon::Warn.draw()) span {
                @match trouble {
                    Trouble::Missing(n) => (fill(words.compare_missing, &[("n", n)])),
                    Trouble::NotTwo => (words.compare_not_two),
                    Trouble::Same => (words.compare_same),
                }
            } }
        }
        @if let Some(pair) = &view.pair {
            (card("differ", words.what_differs, None, &legend(pair), &html! {
                div.multi.mt {
                    (settings(pair, words))
                    (weights(frame, pair, words))
                    (differences(frame, pair, words))
                }
            }))
            div.grid.mt {
                div.c7 { (side_by_side(frame, pair, words)) }
                div.c5 { (same_rows(frame, pair, words)) }
            }
        }
    };
    let crumbs = [(words.title, Some("/ui/models")), (title.as_str(), None)];
    frame.page(Some(Area::Models), &crumbs, &title, &lead, &form(view, words), &content)
}

fn form(view: &Compare, words: &'static ModelsWords) -> Markup {
    html! {
        form.filters.pick2 method="get" action="/ui/models/compare" {
            div.field { label for="a" { (words.first) } input #a name="a" inputmode="numeric" required value=(view.picked.0); }
            div.field { label for="b" { (words.second) } input #b name="b" inputmode="numeric" required value=(view.picked.1); }
            button.btn type="submit" { (Icon::Compare.small()) (words.compare) }
            @if let Some(pair) = &view.pair {
                a.btn href={ "/ui/models/compare?a=" (pair.b) "&b=" (pair.a) } { (words.swap) }
            }
        }
    }
}

fn legend(pair: &Pair) -> Markup {
    html! {
        span.legend {
            a href={ "/ui/models/" (pair.a) } { span { svg width="13" height="13" aria-hidden="true" { circle class="pt cold" cx="6.5" cy="6.5" r="4" {} } (named(pair.a)) } }
            a href={ "/ui/models/" (pair.b) } { span { svg width="13" height="13" aria-hidden="true" { circle.b-cur cx="6.5" cy="6.5" r="4" {} } (named(pair.b)) } }
        }
    }
}

/// What the comparison means, from its figures.
fn sentence(frame: &Frame, pair: &Pair, words: &'static ModelsWords) -> String {
    let (a, b) = (named(pair.a), named(pair.b));
    let mut said = match &pair.paired {
        Some(paired) => {
            let change = paired.interval();
            let (text, value) = match () {
                () if change.high < 0.0 => (words.beats, frame.figures().percent(-change.value)),
                () if change.low > 0.0 => (words.loses, frame.figures().percent(change.value)),
                () => (words.draws, frame.figures().percent_change(change.value)),
            };
            let (low, high) = (frame.figures().percent_change(change.low), frame.figures().percent_change(change.high));
            let rows = frame.figures().count(paired.rows);
            let places = [("a", &a), ("b", &b), ("value", &value), ("rows", &rows), ("low", &low), ("high", &high)];
            fill(text, &places.map(|(name, value)| (name, value.as_str())))
        }
        None => fill(words.never_met, &[("a", &a), ("b", &b)]),
    };
    if let Some(Ok(differences)) = &pair.differences {
        said.push(' ');
        said.push_str(&meaning(frame, pair, differences, words));
    }
    said
}

fn write(frame: &Frame, pair: &Pair, differences: &Differences, value: f64) -> String {
    if differences.ratio {
        frame.figures().percent_change(value)
    } else {
        frame.figures().change_in_unit(value, &pair.unit)
    }
}

fn meaning(frame: &Frame, pair: &Pair, differences: &Differences, words: &'static ModelsWords) -> String {
    let say = |value: f64| write(frame, pair, differences, value);
    let half = if differences.ratio {
        frame.figures().percent(differences.half)
    } else {
        frame.figures().in_unit(differences.half, &pair.unit)
    };
    let places = [("a", named(pair.a)), ("b", named(pair.b)), ("value", say(differences.all.median)), ("half", half)];
    let mut said = fill(words.far_means, &places.each_ref().map(|(name, value)| (*name, value.as_str())));
    if let Some(most) = differences.segments.first() {
        let places = [
            ("segment", most.name.clone()),
            ("value", say(most.median)),
            ("low", say(most.low)),
            ("high", say(most.high)),
        ];
        said.push(' ');
        said.push_str(&fill(words.far_most, &places.each_ref().map(|(name, value)| (*name, value.as_str()))));
    }
    said
}

fn two_columns(
    caption: &str,
    head: &str,
    pair: &Pair,
    rows: impl Iterator<Item = (Markup, Option<String>, Option<String>)>,
) -> Markup {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    html! {
        table.tbl.in.tight {
            caption.sr { (caption) }
            thead { tr { th scope="col" { (head) } th.r scope="col" { (named(pair.a)) } th.r scope="col" { (named(pair.b)) } } }
            tbody {
                @for (name, a, b) in rows {
                    @let differs = a != b;
                    tr { th scope="row" { (name) } td.r.mut { bdi { (or_dash(a)) } } td.r { @if differs { b { bdi { (or_dash(b)) } } } @else { bdi { (or_dash(b)) } } } }
                }
            }
        }
    }
}

fn settings(pair: &Pair, words: &'static ModelsWords) -> Markup {
    let counted =
        fill(words.n_of_m, &[("n", &pair.settings.len().to_string()), ("m", &pair.settings_in_all.to_string())]);
    html! {
        figure {
            figcaption { b { (words.settings_differ) } span { (counted) } }
            @if pair.settings.is_empty() { p { (words.none_differ) } } @else {
                (two_columns(words.settings_differ, words.setting, pair, pair.settings.iter().map(|(name, a, b)| {
                    (html! { code { (name) } }, a.clone(), b.clone())
                })))
            }
            figcaption.mt { b { (words.data_differ) } }
            (two_columns(words.data_differ, words.data, pair, pair.data.iter().map(|(fact, a, b)| {
                let name = fact.name(words);
                (html! { (name) }, a.clone(), b.clone())
            })))
        }
    }
}

fn weights(frame: &Frame, pair: &Pair, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    let most = pair.weights.iter().map(|(_, a, b)| a.max(*b)).fold(0.01, f64::max);
    let place = |share: f64| format!("{:.1}%", 3.0 + 94.0 * share / most);
    let moved = pair.weights.iter().max_by(|x, y| (x.1 - x.2).abs().total_cmp(&(y.1 - y.2).abs()));
    html! {
        figure {
            figcaption { b { (words.look_at) } span { (words.share_of_shap) } }
            @if pair.weights.is_empty() { p { (words.weights_none) } } @else {
                table.bars {
                    caption.sr { (words.look_at) }
                    tbody {
                        @for (name, a, b) in pair.weights.iter().take(SHOWN) {
                            tr {
                                th scope="row" { bdi.name { (name) } }
                                td.dot-c { svg.mini height="18" aria-hidden="true" {
                                    line.gr x1="3%" x2="97%" y1="9" y2="9" {}
                                    line class="ci cold" x1=(place(*a)) x2=(place(*b)) y1="9" y2="9" {}
                                    circle class="pt cold" cx=(place(*a)) cy="9" r="4" {}
                                    circle class="pt hot" cx=(place(*b)) cy="9" r="4" {}
                                } }
                                td.r.nw { (figures.fixed(a * 100.0, 1)) " → " b { (figures.percent(*b)) } }
                            }
                        }
                    }
                }
                @if pair.weights.len() > SHOWN {
                    p.mut.xs { (fill(words.and_more, &[("n", &figures.count((pair.weights.len() - SHOWN) as u64))])) }
                }
                @match moved.filter(|(_, a, b)| (a - b).abs() > MOVED) {
                    Some((name, a, b)) => { p.mt { bdi { (fill(words.look_moved, &[
                        ("column", name), ("a", &figures.percent(*a)), ("b", &figures.percent(*b)),
                    ])) } } }
                    None => { p.mt { (words.look_same) } }
                }
            }
        }
    }
}

fn differences(frame: &Frame, pair: &Pair, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    let content = match &pair.differences {
        None => return html! {},
        Some(Err(reason)) => html! {
            figcaption { b { (words.how_far) } }
            p { (fill(words.far_none, &[("reason", reason)])) }
        },
        Some(Ok(found)) => {
            let title = if found.ratio { words.ratio_of } else { words.difference_of };
            let all = Spread { name: words.all_rows.to_owned(), ..found.all.clone() };
            let rows = || [&all].into_iter().chain(found.segments.iter().take(SHOWN));
            let (low, high) =
                rows().fold((0.0, 0.0), |(low, high): (f64, f64), one| (low.min(one.low), high.max(one.high)));
            let reach = low.abs().max(high).max(1e-9);
            let place = |value: f64| format!("{:.1}%", 50.0 + 47.0 * (value / reach).clamp(-1.0, 1.0));
            html! {
                figcaption { b { (words.how_far) } span { (fill(title, &[("a", &named(pair.a)), ("b", &named(pair.b))])) } }
                table.bars {
                    caption.sr { (words.how_far) " " (found.column.as_deref().unwrap_or(words.segment)) }
                    tbody {
                        @for one in rows() {
                            @let interval = one.interval();
                            @let class = if one.moved() { "hot" } else { "cold" };
                            tr {
                                th scope="row" { bdi.name { @if std::ptr::eq(one, &raw const all) { b { (one.name) } } @else { (one.name) } } }
                                td.dot-c {
                                    svg.mini height="20" role="img" aria-label=(fill(words.spread, &[
                                        ("segment", &one.name), ("value", &write(frame, pair, found, one.median)),
                                        ("low", &write(frame, pair, found, one.low)), ("high", &write(frame, pair, found, one.high)),
                                        ("rows", &figures.count(one.rows)),
                                    ])) {
                                        line.ax x1="50%" x2="50%" y1="0" y2="20" {}
                                        line class={ "ci " (class) } x1=(place(interval.low)) x2=(place(interval.high)) y1="10" y2="10" {}
                                        circle class={ "pt " (class) } cx=(place(interval.value)) cy="10" r="4" {}
                                    }
                                }
                                td.r.nw data-v=(one.median) data-rows=(one.rows) { b { (write(frame, pair, found, one.median)) } }
                            }
                        }
                        tr aria-hidden="true" { td {} td { svg.mini height="15" {
                            text.tx x="3%" y="11" { (write(frame, pair, found, -reach)) }
                            text.tx x="50%" y="11" text-anchor="middle" { (words.same) }
                            text.tx x="97%" y="11" text-anchor="end" { (write(frame, pair, found, reach)) }
                        } } td {} }
                    }
                }
                @if found.segments.len() > SHOWN {
                    p.mut.xs { (fill(words.more_segments, &[("n", &figures.count((found.segments.len() - SHOWN) as u64))])) }
                }
                p.mut.xs.mt { (fill(words.far_rows, &[("n", &figures.count(found.all.rows)), ("batch", &found.batch.to_string())])) }
            }
        }
    };
    html! { figure { (content) } }
}

fn side_by_side(frame: &Frame, pair: &Pair, words: &'static ModelsWords) -> Markup {
    let figures = frame.figures();
    let or_dash = |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), |rows| figures.count(rows));
    let lead = fill(
        words.other_rows,
        &[
            ("a", &named(pair.a)),
            ("b", &named(pair.b)),
            ("a_rows", &or_dash(pair.held_out.0)),
            ("b_rows", &or_dash(pair.held_out.1)),
        ],
    );
    let (a, b) = &pair.metrics;
    let table = html! {
        div.flush {
            table.tbl.cards-s.nums {
                caption.sr { (words.side_by_side) }
                thead { tr { th scope="col" { (words.metric) } th scope="col" { (named(pair.a)) } th scope="col" { (named(pair.b)) } } }
                tbody {
                    @for name in in_order(a.keys().chain(b.keys())) {
                        @let both = axis(of_all(name, [a, b]));
                        tr {
                            th scope="row" { (metric_name(frame.lang, name)) }
                            td data-l=(named(pair.a)) { (estimate(frame, pair.a, (name, a.get(name).copied()), both, &pair.unit, Tone::Plain)) }
                            td data-l=(named(pair.b)) { (estimate(frame, pair.b, (name, b.get(name).copied()), both, &pair.unit, Tone::Train)) }
                        }
                    }
                }
            }
        }
    };
    card("figures", words.side_by_side, Some(&lead), &nothing(), &table)
}

fn same_rows(frame: &Frame, pair: &Pair, words: &'static ModelsWords) -> Markup {
    let content = html! {
        div.body {
            @match &pair.paired {
                Some(paired) => (paired_table(frame, paired, words)),
                None => { p.mut { (fill(words.never_met, &[("a", &named(pair.a)), ("b", &named(pair.b))])) } }
            }
        }
    };
    card("same-rows", words.on_same_rows, None, &nothing(), &content)
}
