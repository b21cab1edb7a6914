//! An estimate with its interval, on an axis that several rows share.

use maud::{Markup, html};
use tidewheel_domain::Metric;

use super::Tone;

/// An estimate and the interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl From<Metric> for Interval {
    /// One without an interval has its value for ends.
    fn from(metric: Metric) -> Self {
        let (low, high) = (metric.low.unwrap_or(metric.value), metric.high.unwrap_or(metric.value));
        Self { value: metric.value, low, high }
    }
}

/// A dot with its whisker between `from` and `to`, in percent coordinates so that no text scales; `label` says the
/// figure. `before` is a hollow dot of what it is compared with, `rule` a line to compare it with.
pub fn dot_and_whisker(
    interval: Interval,
    (from, to): (f64, f64),
    tone: Tone,
    before: Option<f64>,
    rule: Option<f64>,
    label: &str,
) -> Markup {
    let place = |value: f64| {
        let share = if to > from { (value - from) / (to - from) } else { 0.5 };
        // of an end that is not finite: where the axis ends
        let share = if share.is_nan() { 1.0 } else { share };
        format!("{:.1}%", 2.0 + 96.0 * share.clamp(0.0, 1.0))
    };
    let class = match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Train => "hot",
        _ => "cold",
    };
    html! {
        svg.mini height="22" role="img" aria-label=(label) {
            @if let Some(rule) = rule { line.zero x1=(place(rule)) x2=(place(rule)) y1="2" y2="20" {} }
            @if let Some(before) = before { circle class="pt cold" cx=(place(before)) cy="11" r="3.5" {} }
            line class={ "ci " (class) } x1=(place(interval.low)) x2=(place(interval.high)) y1="11" y2="11" {}
            circle class={ "pt " (class) } cx=(place(interval.value)) cy="11" r="4" {}
        }
    }
}
