//! Metrics of a model: their names, how they are written, and their pictures on a shared axis.

use maud::{Markup, html};
use tidewheel_domain::{Metric, Metrics};
use tidewheel_drift::Lang;

use crate::components::{Interval, Tone, dot_and_whisker};
use crate::figures::Figures;
use crate::frame::Frame;
use crate::words::{ModelsWords, fill};

/// Metrics in the order in which they are shown; the others follow by name.
const FIRST: [&str; 4] = ["mae", "mape", "rmse", "r2"];

/// Names of metrics in the order in which they are shown.
pub(crate) fn in_order<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    let place = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    names.sort_by(|a, b| place(a).cmp(&place(b)).then(a.cmp(b)));
    names.dedup();
    names
}

/// What a metric is called.
pub(crate) fn metric_name(lang: Lang, name: &str) -> &str {
    let words = ModelsWords::of(lang);
    match name {
        "mae" => words.mae,
        "mape" => words.mape,
        "rmse" => words.rmse,
        "r2" => words.r2,
        name => name,
    }
}

/// A metric's value as it is written; what it is measured in follows from its name.
pub(crate) fn metric_text(figures: Figures, name: &str, value: f64, unit: &str) -> String {
    let is = |part: &str| name.split('_').any(|one| one == part);
    match () {
        () if !value.is_finite() => "–".to_owned(),
        () if is("mape") => figures.percent(value),
        () if is("mae") || is("rmse") => figures.in_unit(value, unit),
        () if is("r2") => figures.fixed(value, 3),
        () if (0.001..10.0).contains(&value.abs()) => figures.fixed(value, 3),
        () => figures.plain(value),
    }
}

/// The ends of an axis for all of these, with some room.
pub(crate) fn axis(metrics: impl IntoIterator<Item = Metric>) -> (f64, f64) {
    let (low, high) = metrics.into_iter().filter(|metric| metric.value.is_finite()).fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(low, high), metric| {
            (low.min(metric.low.unwrap_or(metric.value)), high.max(metric.high.unwrap_or(metric.value)))
        },
    );
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

/// A metric of that name in each of these.
pub(crate) fn of_all<'a>(name: &str, all: impl IntoIterator<Item = &'a Metrics>) -> Vec<Metric> {
    all.into_iter().filter_map(|metrics| metrics.get(name).copied()).collect()
}

/// A metric of a version, with its interval on an axis that others share.
pub(crate) fn estimate(
    frame: &Frame,
    version: impl Into<Option<i64>>,
    (name, metric): (&str, Option<Metric>),
    axis: (f64, f64),
    unit: &str,
    tone: Tone,
) -> Markup {
    let words = ModelsWords::of(frame.lang);
    let figures = frame.figures();
    let write = |value: f64| metric_text(figures, name, value, unit);
    html! {
        @match metric.filter(|metric| metric.value.is_finite()) {
            Some(metric) => {
                div.numiv {
                    b data-metric=(name) data-version=[version.into()] data-v=(metric.value) data-low=[metric.low] data-high=[metric.high] {
                        (write(metric.value))
                    }
                    @let interval = Interval::from(metric);
                    (dot_and_whisker(interval, axis, tone, None, None, &fill(words.metric_of, &[
                        ("metric", metric_name(frame.lang, name)), ("value", &write(metric.value)),
                        ("low", &write(interval.low)), ("high", &write(interval.high)),
                    ])))
                }
            }
            None => { span.mut { "–" } }
        }
    }
}
