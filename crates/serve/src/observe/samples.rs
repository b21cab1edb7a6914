//! The last hour of the API in steps of ten seconds: rates need two looks at counters that only rise.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tidewheel_domain::Timestamp;

use super::histogram::Snapshot;
use super::metrics::Summary;

/// So many milliseconds lie between two samples.
pub const EVERY_MS: i64 = 10_000;
/// An hour.
const KEPT: usize = 360;

/// What happened in one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When the step ended.
    pub at: Timestamp,
    /// How long it was, in milliseconds.
    pub lasted_ms: i64,
    /// Requests answered in it.
    pub requests: u64,
    /// Requests in it that the server could not serve.
    pub failed: u64,
    /// 95th percentile of the time to answer, in seconds; `None` without a request.
    pub p95: Option<f64>,
}

/// The last samples.
#[derive(Debug, Default)]
pub struct Samples(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    samples: VecDeque<Sample>,
    before: Option<(Timestamp, Totals)>,
}

#[derive(Debug, Clone, Default)]
struct Totals {
    requests: u64,
    failed: u64,
    took: Vec<(f64, u64)>,
}

impl Totals {
    fn of(summary: &Summary) -> Self {
        let mut totals = Self::default();
        for endpoint in summary.of_api() {
            totals.requests += endpoint.requests;
            totals.failed += endpoint.failed;
            if totals.took.is_empty() {
                totals.took.clone_from(&endpoint.took.buckets);
            } else {
                totals.took.iter_mut().zip(&endpoint.took.buckets).for_each(|(sum, (_, count))| sum.1 += count);
            }
        }
        totals
    }

    /// What came after `before`.
    fn since(&self, before: &Self) -> Snapshot {
        let earlier = |place: usize| before.took.get(place).map_or(0, |(_, count)| *count);
        let buckets = self.took.iter().enumerate();
        let buckets = buckets.map(|(place, (bound, count))| (*bound, count.saturating_sub(earlier(place))));
        Snapshot { buckets: buckets.collect(), sum: 0.0 }
    }
}

impl Samples {
    /// Takes a sample where the last one is old enough; `look` reads the counters.
    pub fn take(&self, now: Timestamp, look: impl FnOnce() -> Summary) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.before.as_ref().is_some_and(|(at, _)| now.ms_since(*at) < EVERY_MS) {
            return;
        }
        let totals = Totals::of(&look());
        if let Some((at, before)) = kept.before.replace((now, totals.clone())) {
            let sample = Sample {
                at: now,
                lasted_ms: now.ms_since(at),
                requests: totals.requests.saturating_sub(before.requests),
                failed: totals.failed.saturating_sub(before.failed),
                p95: totals.since(&before).quantile(0.95),
            };
            if kept.samples.len() == KEPT {
                kept.samples.pop_front();
            }
            kept.samples.push_back(sample);
        }
    }

    /// The samples, the oldest first.
    pub fn all(&self) -> Vec<Sample> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).samples.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{Method, StatusCode};

    use super::*;
    use crate::observe::Metrics;

    #[test]
    fn a_sample_holds_what_came_since_the_one_before_and_an_hour_is_kept() {
        let metrics = Metrics::new(vec!["/predict".into(), "/ui".into()], "value", None);
        let samples = Samples::default();
        let ask = |path: &str, status: StatusCode, ms: u64| {
            metrics.request(&Method::POST, Some(path), status, Duration::from_millis(ms));
        };
        let take = |seconds: i64| samples.take(Timestamp::from_ms(seconds * 1000), || metrics.summary());
        ask("/predict", StatusCode::OK, 900);
        take(0);
        assert!(samples.all().is_empty(), "two looks are needed");
        ask("/predict", StatusCode::OK, 2);
        ask("/predict", StatusCode::SERVICE_UNAVAILABLE, 2);
        ask("/ui", StatusCode::OK, 900);
        take(5);
        take(10);
        let sample = samples.all()[0];
        assert_eq!((sample.requests, sample.failed, sample.lasted_ms), (2, 1, 10_000));
        assert!(sample.p95.is_some_and(|p95| p95 <= 0.0025), "{sample:?}");
        take(20);
        assert_eq!(samples.all()[1].p95, None);
        (3..1_000).for_each(|step| take(step * 10));
        assert_eq!(samples.all().len(), KEPT);
    }
}
