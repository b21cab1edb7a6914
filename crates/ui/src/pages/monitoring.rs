//! Is the service well right now?

use maud::{Markup, html};
use tidewheel_chart::bars::{Bar, Bars};
use tidewheel_chart::line::{LinePoint, Lines, Series};
use tidewheel_chart::{Axis, Caption, Unit};
use tidewheel_domain::Timestamp;

use crate::components::{Icon, card, chart, empty_state, nothing, told, visible};
use crate::frame::{Area, Frame};
use crate::words::{MonitoringWords, fill};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Monitoring {
    /// The last hour, the oldest step first.
    pub steps: Vec<Step>,
    /// Endpoints of the API that were asked.
    pub endpoints: Vec<Endpoint>,
    /// Predictions by version and group, the most first.
    pub groups: Vec<Group>,
    /// The column by which predictions are counted.
    pub group_column: Option<String>,
    /// Predicted values: lower and upper limit of a bin (none of the ends), and how many.
    pub values: Vec<(Option<f64>, Option<f64>, u64)>,
    /// The unit of the target.
    pub unit: String,
    /// The prediction log.
    pub log: Log,
    /// The newest predictions.
    pub latest: Vec<Prediction>,
    /// The group that they are of, where only one is wanted.
    pub group: Option<String>,
    /// Groups to choose from.
    pub known_groups: Vec<String>,
    /// The model in use, and when it was loaded.
    pub model: Option<(i64, Timestamp)>,
    /// Why the newest one could not be loaded.
    pub reload_error: Option<String>,
    /// Whether the database answers.
    pub connected: bool,
}

/// A step of ten seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Step {
    pub at: Timestamp,
    pub requests: u64,
    pub per_second: f64,
    pub failed_per_second: f64,
    pub p95_ms: Option<f64>,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Method and pattern.
    pub name: String,
    /// Answered requests.
    pub requests: u64,
    /// Those that the client got wrong.
    pub refused: u64,
    /// Those that the server could not serve.
    pub failed: u64,
    /// Median, 95th and 99th percentile of the time to answer, in milliseconds.
    pub took_ms: [Option<f64>; 3],
}

/// Predictions of a version for a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Group {
    pub version: String,
    pub name: String,
    pub predictions: u64,
}

/// Counts of the prediction log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Log {
    pub queued: u64,
    pub written: u64,
    pub spilled: u64,
    pub waiting: u64,
    pub dropped: u64,
}

/// A logged prediction.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Prediction {
    pub at: Timestamp,
    pub group: Option<String>,
    pub inputs: String,
    pub answer: f64,
    pub version: Option<i64>,
    pub took_ms: f64,
}

/// Rows of the table of groups.
const GROUPS: usize = 12;
/// Steps in a minute.
const MINUTE: usize = 6;

/// The page.
pub fn page(frame: &Frame, view: &Monitoring) -> Markup {
    let words = MonitoringWords::of(frame.lang);
    let lead = html! { (words.lead) };
    let content = html! {
        div #live-kpis data-part data-every="10" {
            @if let Some(reason) = &view.reload_error {
                div.note { (Icon::Warn.draw()) p.said { (fill(words.reload_failed, &[("reason", &visible(reason))])) } }
            }
            (kpis(frame, view, words))
        }
        div.grid {
            div.c6 #live-rate data-part { (rate(frame, view, words)) }
            div.c6 #live-latency data-part { (latency(frame, view, words)) }
            div.c7 #live-endpoints data-part { (endpoints(frame, view, words)) }
            div.c5 #live-groups data-part { (groups(frame, view, words)) }
            div.c7 #live-values data-part { (values(frame, view, words)) }
            div.c5 #live-log data-part { (log(frame, view, words)) }
        }
        div #live-latest data-part { (latest(frame, view, words)) }
    };
    frame.page(Some(Area::Monitoring), &[(words.title, None)], words.title, &lead, &nothing(), &content)
}

/// Requests per second and the largest p95 of the last minute.
fn last_minute(view: &Monitoring) -> (Option<f64>, Option<f64>) {
    let steps = &view.steps[view.steps.len().saturating_sub(MINUTE)..];
    let rate = (!steps.is_empty()).then(|| steps.iter().map(|step| step.per_second).sum::<f64>() / steps.len() as f64);
    (rate, steps.iter().filter_map(|step| step.p95_ms).reduce(f64::max))
}

fn kpis(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let or_dash = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| figures.plain(value));
    let (rate, p95) = last_minute(view);
    let hour: u64 = view.steps.iter().map(|step| step.requests).sum();
    let sum = |of: fn(&Endpoint) -> u64| -> u64 { view.endpoints.iter().map(of).sum() };
    let count = |n: u64| figures.count(n);
    let behind = frame.production.filter(|version| view.model.is_none_or(|(loaded, _)| loaded != *version));
    html! {
        dl.card.kpis {
            div {
                dt { (words.kpi_rate) }
                dd.v { (or_dash(rate)) " " small { (words.per_second) } }
                dd.d { (fill(words.kpi_rate_more, &[("n", &count(hour))])) }
            }
            div {
                dt { (words.kpi_p95) }
                dd.v { (or_dash(p95)) " " small { "ms" } }
                dd.d { (words.kpi_p95_more) }
            }
            div {
                dt { (words.kpi_failed) }
                dd.v { (count(sum(|one| one.failed))) " " small { (fill(words.of_requests, &[("n", &count(sum(|one| one.requests)))])) } }
                dd.d { (fill(words.kpi_failed_more, &[("refused", &count(sum(|one| one.refused)))])) }
            }
            div {
                dt { (words.kpi_model) }
                @match view.model {
                    Some((version, at)) => {
                        dd.v { a href={ "/ui/models/" (version) } { "v" (version) } }
                        dd.d { @match behind {
                            Some(version) => span.warn { (fill(words.behind, &[("version", &format!("v{version}"))])) },
                            None => (fill(words.loaded, &[("at", &figures.moment(at))])),
                        } }
                    }
                    None => { dd.v { "–" } dd.d { (words.no_model) } }
                }
            }
            div {
                dt { (words.kpi_database) }
                @if view.connected {
                    dd.v { span.pass { (Icon::Check.small()) (words.connected) } } dd.d { (words.connected_more) }
                } @else {
                    dd.v { span.fail { (Icon::Cross.small()) (words.away) } } dd.d { (words.away_more) }
                }
            }
        }
    }
}

/// The last hour, or what there is of it, on an axis that ends now.
fn hour(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Axis {
    let span = view.steps.first().map_or(0, |step| frame.now.ms_since(step.at)) as f64 / 60_000.0;
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| span <= step * 5.0).unwrap_or(15.0);
    let marks = (1..=5).map(|place| step * f64::from(place)).filter(|minutes| *minutes <= 60.0);
    let marks = marks.map(|minutes| (-minutes, frame.figures().fixed(minutes, 0)));
    Axis::new(words.minutes, Unit::none()).ticks(marks.chain([(0.0, words.now.to_owned())]).collect())
}

fn series(frame: &Frame, view: &Monitoring, name: &str, of: impl Fn(&Step) -> Option<f64>) -> Series {
    let last = view.steps.last().map_or(frame.now, |step| step.at);
    let place = |step: &Step| -(last.ms_since(step.at).max(0) as f64) / 60_000.0;
    let point = |step| LinePoint { x: place(step), y: of(step), interval: None };
    Series { name: name.to_owned(), points: view.steps.iter().map(point).collect() }
}

fn rate(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let most = view.steps.iter().map(|step| step.per_second).fold(0.0, f64::max);
    let content = if view.steps.is_empty() {
        empty_state(words.no_samples, words.no_samples_text, &nothing())
    } else if most == 0.0 {
        empty_state(words.quiet, words.quiet_text, &nothing())
    } else {
        let now = last_minute(view).0.unwrap_or_default();
        let finding = fill(words.rate_finding, &[("now", &figures.plain(now)), ("most", &figures.plain(most))]);
        let mut lines = vec![series(frame, view, "", |step| Some(step.per_second))];
        if view.steps.iter().any(|step| step.failed_per_second > 0.0) {
            words.all.clone_into(&mut lines[0].name);
            lines.push(series(frame, view, words.failed_series, |step| Some(step.failed_per_second)));
        }
        let picture = Lines {
            caption: Caption::new(words.requests, finding),
            x: hour(frame, view, words),
            y: Axis::new(words.requests_axis, Unit::none()),
            series: lines,
            zero: true,
            ..Lines::default()
        };
        html! { div.body { (chart(frame.lang, "requests", &picture, 540.0, 340.0)) } }
    };
    card("rate", words.requests, Some(words.requests_lead), &nothing(), &content)
}

fn latency(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let most = view.steps.iter().filter_map(|step| step.p95_ms).reduce(f64::max);
    let content = match most {
        None => empty_state(words.quiet, words.quiet_text, &nothing()),
        Some(most) => {
            let now = last_minute(view).1.map_or_else(|| "–".to_owned(), |p95| figures.plain(p95));
            let finding = fill(words.latency_finding, &[("now", &now), ("most", &figures.plain(most))]);
            let picture = Lines {
                caption: Caption::new(words.latency, finding),
                x: hour(frame, view, words),
                y: Axis::new(words.latency_axis, Unit::after("ms")),
                series: vec![series(frame, view, "", |step| step.p95_ms)],
                zero: true,
                ..Lines::default()
            };
            html! { div.body { (chart(frame.lang, "p95", &picture, 540.0, 340.0)) } }
        }
    };
    card("latency", words.latency, Some(words.latency_lead), &nothing(), &content)
}

fn endpoints(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let ms = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{} ms", figures.plain(value)));
    let content = if view.endpoints.is_empty() {
        empty_state(words.no_requests, words.no_requests_text, &nothing())
    } else {
        html! {
            div.flush {
                table class="tbl cards-s" {
                    caption.sr { (words.endpoints) }
                    thead { tr {
                        th scope="col" { (words.endpoint) } th.r scope="col" { (words.count) } th.r scope="col" { (words.refused) }
                        th.r scope="col" { (words.failed) } th.r scope="col" { "p50" } th.r scope="col" { "p95" } th.r scope="col" { "p99" }
                    } }
                    tbody {
                        @for one in &view.endpoints {
                            tr {
                                th scope="row" { code { (one.name) } }
                                td.r data-l=(words.count) { (figures.count(one.requests)) }
                                td.r data-l=(words.refused) { @if one.refused > 0 { span.warn { (figures.count(one.refused)) } } @else { "0" } }
                                td.r data-l=(words.failed) { @if one.failed > 0 { span.fail { (figures.count(one.failed)) } } @else { "0" } }
                                @for (name, took) in ["p50", "p95", "p99"].into_iter().zip(one.took_ms) {
                                    td.r.nw data-l=(name) { (ms(took)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    card("endpoints", words.endpoints, None, &nothing(), &content)
}

fn groups(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let title = if view.group_column.is_some() { words.groups } else { words.groups_plain };
    let all: u64 = view.groups.iter().map(|group| group.predictions).sum();
    let content = if view.groups.is_empty() {
        empty_state(words.no_predictions, words.no_predictions_text, &nothing())
    } else {
        html! {
            div.flush {
                table class="tbl cards-s" {
                    caption.sr { (title) }
                    thead { tr {
                        th scope="col" { (words.version) }
                        @if let Some(column) = &view.group_column { th scope="col" { (column) } }
                        th.r scope="col" { (words.predictions) } th.r scope="col" { (words.share) }
                    } }
                    tbody {
                        @for group in view.groups.iter().take(GROUPS) {
                            tr {
                                th scope="row" { "v" (group.version) }
                                @if let Some(column) = &view.group_column { td data-l=(column) { (told(&group.name)) } }
                                td.r data-l=(words.predictions) { (figures.count(group.predictions)) }
                                td.r data-l=(words.share) { (figures.percent(group.predictions as f64 / all.max(1) as f64)) }
                            }
                        }
                    }
                }
                @if view.groups.len() > GROUPS {
                    p.pages { (fill(words.more_groups, &[("n", &figures.count((view.groups.len() - GROUPS) as u64))])) }
                }
            }
        }
    };
    card("groups", title, Some(words.groups_since), &nothing(), &content)
}

fn values(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let all: u64 = view.values.iter().map(|(.., count)| count).sum();
    let write = |value: f64| figures.in_unit(value, &view.unit);
    let label = |low: Option<f64>, high: Option<f64>| match (low, high) {
        (Some(low), Some(high)) => fill(words.value_between, &[("low", &write(low)), ("high", &write(high))]),
        (None, Some(high)) => fill(words.value_up_to, &[("high", &write(high))]),
        (Some(low), None) => fill(words.value_above, &[("low", &write(low))]),
        (None, None) => "–".to_owned(),
    };
    let most = view.values.iter().max_by_key(|(.., count)| count);
    let content = match most {
        None => empty_state(words.no_predictions, words.no_predictions_text, &nothing()),
        Some((low, high, _)) => {
            let share = |count: u64| count as f64 / all.max(1) as f64;
            let bar = |(low, high, count): &(Option<f64>, Option<f64>, u64)| Bar {
                label: label(*low, *high),
                value: share(*count),
                text: figures.percent(share(*count)),
                ..Bar::default()
            };
            let picture = Bars {
                caption: Caption::new(words.values, fill(words.values_finding, &[("range", &label(*low, *high))])),
                axis: Axis::new(words.values_axis, Unit::percent()),
                rows: view.values.iter().map(bar).collect(),
                ..Bars::default()
            };
            html! { div.body { (chart(frame.lang, "values", &picture, 640.0, 340.0)) } }
        }
    };
    card("values", words.values, Some(words.values_lead), &nothing(), &content)
}

fn log(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let log = view.log;
    let rows = [
        (words.queued, log.queued),
        (words.written, log.written),
        (words.spilled, log.spilled),
        (words.waiting, log.waiting),
        (words.dropped, log.dropped),
    ];
    let content = html! {
        div.body {
            dl.kv { @for (name, count) in rows { dt { (name) } dd { b { (figures.count(count)) } } } }
            @if log.dropped > 0 { p class="fail mt" { (Icon::Warn.small()) (words.dropped_note) } }
            h3.mt { (words.live_error) }
            p class="sub sm" { "– " (words.live_error_none) }
        }
    };
    card("log", words.log, Some(words.log_lead), &nothing(), &content)
}

fn latest(frame: &Frame, view: &Monitoring, words: &'static MonitoringWords) -> Markup {
    let figures = frame.figures();
    let lead = fill(words.latest_lead, &[("n", &figures.count(view.latest.len() as u64))]);
    let group = view.group.as_deref();
    let filter = html! {
        @if let Some(column) = &view.group_column {
            form.filters action="/ui/monitoring#latest" {
                div.field {
                    label for="group" { (fill(words.filter, &[("column", column)])) }
                    input #group name="group" list="known-groups" value=[group.map(visible)] maxlength="200" autocomplete="off";
                    datalist #known-groups { @for group in &view.known_groups { option value=(visible(group)) {} } }
                }
                button.btn type="submit" { (words.show) }
                @if group.is_some() { a.btn href="/ui/monitoring#latest" { (words.show_all) } }
            }
        }
    };
    let content = if view.latest.is_empty() {
        match group {
            Some(group) => {
                empty_state(words.none_latest, &fill(words.none_of_group, &[("group", &visible(group))]), &nothing())
            }
            None => empty_state(words.none_latest, words.none_latest_text, &nothing()),
        }
    } else {
        html! {
            div.flush {
                table class="tbl cards-s" {
                    caption.sr { (words.latest) }
                    thead { tr {
                        th scope="col" { (words.when) }
                        @if let Some(column) = &view.group_column { th scope="col" { (column) } }
                        th scope="col" { (words.inputs) } th.r scope="col" { (words.answer) }
                        th.r scope="col" { (words.version) } th.r scope="col" { (words.took) }
                    } }
                    tbody {
                        @for one in &view.latest {
                            tr {
                                td.nw data-l=(words.when) { (figures.day(one.at)) ", " (figures.clock_seconds(one.at)) }
                                @if let Some(column) = &view.group_column { td data-l=(column) { @match &one.group { Some(group) => (told(group)), None => "–" } } }
                                td data-l=(words.inputs) { span class="clip sm sub" { (told(&one.inputs)) } }
                                td.r.nw data-l=(words.answer) { b { (figures.in_unit(one.answer, &view.unit)) } }
                                td.r data-l=(words.version) {
                                    @match one.version { Some(version) => a href={ "/ui/models/" (version) } { "v" (version) }, None => "–" }
                                }
                                td.r.nw data-l=(words.took) { (figures.plain(one.took_ms)) " ms" }
                            }
                        }
                    }
                }
            }
        }
    };
    card("latest", words.latest, Some(&lead), &filter, &content)
}

#[cfg(test)]
mod tests {
    use tidewheel_drift::Lang;

    use super::*;

    fn frame(lang: Lang) -> Frame {
        Frame {
            path: "/ui/monitoring".into(),
            production: Some(4),
            state: "s".into(),
            now: Timestamp::from_ms(3_600_000),
            ..crate::testing::frame(lang)
        }
    }

    #[test]
    fn nothing_yet_is_said_and_no_zero_stands_for_the_unknown() {
        for (lang, words) in
            [(Lang::En, ["No rate yet", "No request yet"]), (Lang::Es, ["Aún no hay tasas", "Aún no hay peticiones"])]
        {
            let html = page(&frame(lang), &Monitoring::default()).into_string();
            for word in words {
                assert!(html.contains(word), "{word}");
            }
            assert_eq!(html.matches("<h1").count(), 1);
        }
    }

    #[test]
    fn names_from_data_are_text() {
        let step = |minute: i64, p95_ms: Option<f64>| Step {
            at: Timestamp::from_ms(3_600_000 - minute * 60_000),
            requests: 30,
            per_second: 3.0,
            failed_per_second: 0.1,
            p95_ms,
        };
        let view = Monitoring {
            steps: vec![step(20, Some(1.5)), step(10, None), step(0, Some(2.0))],
            groups: vec![Group { version: "4".into(), name: "<b>north</b>".into(), predictions: 7 }],
            group_column: Some("<i>region</i>".into()),
            group: Some("\"><script>".into()),
            values: vec![(None, Some(0.0), 1), (Some(1e5), Some(2e5), 6), (Some(1e9), None, 1)],
            unit: "USD".into(),
            latest: vec![Prediction {
                at: Timestamp::from_ms(0),
                group: Some("<b>".into()),
                inputs: "<u>1</u>".into(),
                answer: 178_000.0,
                version: Some(3),
                took_ms: 0.4,
            }],
            model: Some((3, Timestamp::from_ms(0))),
            reload_error: Some("<s>bad</s>".into()),
            connected: true,
            ..Monitoring::default()
        };
        let html = page(&frame(Lang::En), &view).into_string();
        for hostile in ["<b>north", "<i>region", "<script>\"", "<u>1", "<s>bad"] {
            assert!(!html.contains(hostile), "{hostile}");
        }
        assert!(html.contains("v4 is in production and not loaded yet") && html.contains("$178"));
        assert!(html.len() < 60_000, "{}", html.len());
    }
}
