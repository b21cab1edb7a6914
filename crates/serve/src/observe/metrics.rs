//! What the server counts. Every server of a process has counters of its own; counting takes no lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::exposition::{Exposition, label_name};
use super::histogram::{Histogram, SECONDS, Snapshot, VALUES};
use super::prediction_log::LogCounts;

/// The label of what is in no known set.
pub const OTHER: &str = "other";
/// Counters of so many model versions are kept.
const VERSIONS_KEPT: usize = 32;

const METHODS: [&str; 5] = ["GET", "POST", "HEAD", "OPTIONS", OTHER];
const STATUSES: [u16; 17] = [200, 204, 303, 304, 307, 308, 400, 403, 404, 405, 408, 413, 415, 422, 500, 503, 0];

/// Predictions of one model version by group; the last place counts every other group.
#[derive(Debug)]
pub struct GroupCounts {
    names: Vec<String>,
    counts: Vec<AtomicU64>,
}

impl GroupCounts {
    fn new(mut names: Vec<String>) -> Self {
        names.push(OTHER.to_owned());
        let counts = names.iter().map(|_| AtomicU64::new(0)).collect();
        Self { names, counts }
    }

    /// Counts a prediction for the group at a place; past the known ones it counts as `other`.
    pub fn count(&self, place: usize) {
        self.counts[place.min(self.counts.len() - 1)].fetch_add(1, Ordering::Relaxed);
    }
}

/// What is said about the served model.
#[derive(Debug, Clone, Default)]
pub struct ModelFacts {
    /// Registered name.
    pub name: String,
    /// Version, stage and run, when a model is loaded.
    pub loaded: Option<[String; 3]>,
    /// Whether explanations can be given.
    pub explainer: bool,
}

/// What the pages show of the counters, since the server started.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Predicted rows.
    pub predictions: u64,
    /// The same by version and group, where there are any.
    pub groups: Vec<GroupSummary>,
    /// Endpoints that were asked.
    pub endpoints: Vec<EndpointSummary>,
    /// Seconds from the request of a prediction to its answer.
    pub predicted_in: Snapshot,
    /// Predicted values, in units of the target.
    pub values: Snapshot,
}

impl Summary {
    /// Requests of the API: of the pages themselves there is no talk.
    pub fn of_api(&self) -> impl Iterator<Item = &EndpointSummary> {
        self.endpoints.iter().filter(|one| !one.endpoint.starts_with("/ui"))
    }
}

/// Predictions of a version for a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSummary {
    /// The version.
    pub version: String,
    /// The group; `other` of those that the model does not know.
    pub group: String,
    /// How many.
    pub predictions: u64,
}

/// One endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointSummary {
    /// The route's pattern.
    pub endpoint: String,
    /// The method.
    pub method: &'static str,
    /// Answered requests.
    pub requests: u64,
    /// Those that the client got wrong (4xx).
    pub refused: u64,
    /// Those that the server could not serve (5xx).
    pub failed: u64,
    /// Seconds to answer.
    pub took: Snapshot,
}

/// The counters of one server.
#[derive(Debug)]
pub struct Metrics {
    endpoints: Vec<String>,
    requests: Vec<AtomicU64>,
    durations: Vec<Histogram>,
    prediction_latency: Histogram,
    values: Histogram,
    value_metric: String,
    group_label: Option<String>,
    predictions: Mutex<Vec<(String, Arc<GroupCounts>)>>,
    reloads: [AtomicU64; 2],
    panics: AtomicU64,
}

impl Metrics {
    /// Counters for these routes, with the project's name of the histogram of predicted values and its group column.
    pub fn new(endpoints: Vec<String>, value_metric: &str, group_column: Option<&str>) -> Self {
        let places = (endpoints.len() + 1) * METHODS.len();
        Self {
            endpoints,
            requests: (0..places * STATUSES.len()).map(|_| AtomicU64::new(0)).collect(),
            durations: (0..places).map(|_| Histogram::new(SECONDS)).collect(),
            prediction_latency: Histogram::new(SECONDS),
            values: Histogram::new(VALUES),
            value_metric: value_metric.to_owned(),
            group_label: group_column.map(label_name),
            predictions: Mutex::default(),
            reloads: [AtomicU64::new(0), AtomicU64::new(0)],
            panics: AtomicU64::new(0),
        }
    }

    /// Counts an answered request. `endpoint` is the route's pattern; `None` where no route matched.
    pub fn request(&self, method: &Method, endpoint: Option<&str>, status: StatusCode, took: Duration) {
        let known = endpoint.and_then(|endpoint| self.endpoints.iter().position(|known| known == endpoint));
        let method = METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(METHODS.len() - 1);
        let place = known.unwrap_or(self.endpoints.len()) * METHODS.len() + method;
        let code = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len() - 1);
        self.requests[place * STATUSES.len() + code].fetch_add(1, Ordering::Relaxed);
        self.durations[place].observe(took.as_secs_f64());
    }

    /// Counts a predicted value.
    pub fn prediction(&self, counts: &GroupCounts, group: usize, value: f64) {
        counts.count(group);
        self.values.observe(value);
    }

    /// Counts the time from a prediction's request to its answer.
    pub fn prediction_took(&self, took: Duration) {
        self.prediction_latency.observe(took.as_secs_f64());
    }

    /// Counts an attempt to load a model.
    pub fn reload(&self, loaded: bool) {
        self.reloads[usize::from(!loaded)].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that ended in a panic.
    pub fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters of a model version. A version that comes back goes on with the counters it had.
    pub fn groups_of(&self, version: &str, names: Vec<String>) -> Arc<GroupCounts> {
        let mut kept = self.predictions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counts)) = kept.iter().find(|(known, _)| known == version)
            && counts.names.len() == names.len() + 1
            && counts.names.iter().zip(&names).all(|(a, b)| a == b)
        {
            return Arc::clone(counts);
        }
        let counts = Arc::new(GroupCounts::new(names));
        kept.retain(|(known, _)| known != version);
        kept.push((version.to_owned(), Arc::clone(&counts)));
        if kept.len() > VERSIONS_KEPT {
            kept.remove(0);
        }
        counts
    }

    /// What the pages show.
    pub fn summary(&self) -> Summary {
        let kept = self.predictions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let groups = kept.iter().flat_map(|(version, counts)| {
            let of = counts.names.iter().zip(&counts.counts).map(|(name, count)| (name, count.load(Ordering::Relaxed)));
            of.filter(|(_, count)| *count > 0).map(move |(group, predictions)| GroupSummary {
                version: version.clone(),
                group: group.clone(),
                predictions,
            })
        });
        let groups: Vec<GroupSummary> = groups.collect();
        let names = self.endpoints.iter().map(String::as_str).chain([OTHER]);
        let places = names.flat_map(|endpoint| METHODS.iter().map(move |method| (endpoint, *method)));
        let endpoints = places.enumerate().filter_map(|(place, (endpoint, method))| {
            let counts = &self.requests[place * STATUSES.len()..(place + 1) * STATUSES.len()];
            let of = |wanted: fn(u16) -> bool| -> u64 {
                let codes = counts.iter().zip(STATUSES).filter(|(_, status)| wanted(*status));
                codes.map(|(count, _)| count.load(Ordering::Relaxed)).sum()
            };
            let requests = of(|_| true);
            (requests > 0).then(|| EndpointSummary {
                endpoint: endpoint.to_owned(),
                method,
                requests,
                refused: of(|status| (400..500).contains(&status)),
                failed: of(|status| status >= 500),
                took: self.durations[place].snapshot(),
            })
        });
        Summary {
            predictions: groups.iter().map(|group| group.predictions).sum(),
            groups,
            endpoints: endpoints.collect(),
            predicted_in: self.prediction_latency.snapshot(),
            values: self.values.snapshot(),
        }
    }

    /// Everything as Prometheus text.
    pub fn render(&self, model: &ModelFacts, log: &LogCounts) -> String {
        let mut text = Exposition::default();
        self.render_predictions(&mut text);
        render_model(&mut text, model);
        self.render_requests(&mut text);
        text.family("model_reloads_total", "counter", "Attempts to load a model.");
        for (outcome, count) in ["success", "failure"].iter().zip(&self.reloads) {
            text.sample("model_reloads_total", &[("outcome", outcome)], count.load(Ordering::Relaxed));
        }
        text.family("request_panics_total", "counter", "Requests that ended in an internal panic.");
        text.sample("request_panics_total", &[], self.panics.load(Ordering::Relaxed));
        log.render(&mut text);
        text.finish()
    }

    fn render_predictions(&self, text: &mut Exposition) {
        text.family("predictions_total", "counter", "Predictions by group and model version.");
        let kept = self.predictions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (version, counts) in &kept {
            for (name, count) in counts.names.iter().zip(&counts.counts) {
                let count = count.load(Ordering::Relaxed);
                let version = ("model_version", version.as_str());
                match &self.group_label {
                    Some(label) if count > 0 => {
                        text.sample("predictions_total", &[(label, name), version], count);
                    }
                    None => text.sample("predictions_total", &[version], count),
                    Some(_) => {}
                }
            }
        }
        let name = "prediction_latency_seconds";
        text.family(name, "histogram", "Time from the request of a prediction to its answer.");
        text.histogram(name, &[], &self.prediction_latency.snapshot());
        text.family(&self.value_metric, "histogram", "Predicted values, in units of the target.");
        text.histogram(&self.value_metric, &[], &self.values.snapshot());
    }

    fn render_requests(&self, text: &mut Exposition) {
        let endpoints = || self.endpoints.iter().map(String::as_str).chain([OTHER]);
        let places = || endpoints().flat_map(|endpoint| METHODS.iter().map(move |method| (endpoint, *method)));
        text.family("http_requests_total", "counter", "Answered requests.");
        for (place, (endpoint, method)) in places().enumerate() {
            for (code, status) in STATUSES.iter().enumerate() {
                let count = self.requests[place * STATUSES.len() + code].load(Ordering::Relaxed);
                if count > 0 {
                    let status = if *status == 0 { OTHER.to_owned() } else { status.to_string() };
                    let labels = [("method", method), ("endpoint", endpoint), ("status", &status)];
                    text.sample("http_requests_total", &labels, count);
                }
            }
        }
        let name = "http_request_duration_seconds";
        text.family(name, "histogram", "Time to answer a request.");
        for (histogram, (endpoint, method)) in self.durations.iter().zip(places()) {
            let snapshot = histogram.snapshot();
            if snapshot.count() > 0 {
                text.histogram(name, &[("method", method), ("endpoint", endpoint)], &snapshot);
            }
        }
    }
}

fn render_model(text: &mut Exposition, model: &ModelFacts) {
    text.family("model_info", "gauge", "The served model; always 1.");
    if let Some([version, stage, run_id]) = &model.loaded {
        let name = ("model_name", model.name.as_str());
        let labels = [name, ("model_version", version), ("model_stage", stage), ("model_run_id", run_id)];
        text.sample("model_info", &labels, 1);
    }
    text.family("model_loaded", "gauge", "1 when a model is loaded, else 0.");
    text.sample("model_loaded", &[], u8::from(model.loaded.is_some()));
    text.family("explainer_loaded", "gauge", "1 when explanations can be given, else 0.");
    text.sample("explainer_loaded", &[], u8::from(model.explainer));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_comes_back_goes_on_counting() {
        let metrics = Metrics::new(vec!["/predict".into()], "value", Some("region"));
        let names = || vec!["north".to_owned()];
        metrics.prediction(&metrics.groups_of("1", names()), 0, 5.0);
        metrics.prediction(&metrics.groups_of("2", names()), 7, 5.0);
        metrics.prediction(&metrics.groups_of("1", names()), 0, 5.0);
        let text = metrics.render(&ModelFacts::default(), &LogCounts::default());
        assert!(text.contains("predictions_total{region=\"north\",model_version=\"1\"} 2\n"), "{text}");
        assert!(text.contains("predictions_total{region=\"other\",model_version=\"2\"} 1\n"), "{text}");
    }

    #[test]
    fn unknown_methods_routes_and_statuses_share_one_label() {
        let metrics = Metrics::new(vec!["/predict".into()], "value", None);
        let method = Method::from_bytes(b"BREW").expect("a method");
        for path in [Some("/x"), None] {
            metrics.request(&method, path, StatusCode::IM_A_TEAPOT, Duration::from_millis(3));
        }
        let text = metrics.render(&ModelFacts::default(), &LogCounts::default());
        let expected = "http_requests_total{method=\"other\",endpoint=\"other\",status=\"other\"} 2\n";
        assert!(text.contains(expected), "{text}");
    }
}
