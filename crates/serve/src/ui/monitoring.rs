//! `/ui/monitoring`: how the service does, from the counters of this server.

use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use tidewheel_registry::{PredictionFilter, StoredPrediction};
use tidewheel_ui::pages::monitoring::{self, Endpoint, Group, Log, Monitoring, Prediction, Step};
use tidewheel_ui::{Figures, Markup};

use super::asking::{Asking, Trouble};
use crate::observe::histogram::Snapshot;
use crate::observe::samples::Sample;

/// Predictions on the page.
const LATEST: i64 = 20;
/// Groups to choose from.
const GROUPS: usize = 200;

/// What is shown.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    group: Option<String>,
}

/// `GET /ui/monitoring`
pub(super) async fn show(asking: Asking, Query(wanted): Query<Wanted>) -> Response {
    let page = draw(&asking, wanted).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, wanted: Wanted) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let group_column = app.project.serve.group_column.clone();
    let group = wanted.group.filter(|group| !group.is_empty() && group_column.is_some());
    let filter = PredictionFilter { group_value: group.clone(), before_id: None };
    let latest = app.registry.predictions(&app.project.name, &filter, LATEST).await?;
    let summary = app.metrics.summary();
    let model = app.models.current();
    let ms = |took: &Snapshot, share: f64| took.quantile(share).map(|seconds| seconds * 1000.0);
    let mut endpoints: Vec<Endpoint> = summary
        .of_api()
        .map(|one| Endpoint {
            name: format!("{} {}", one.method, one.endpoint),
            requests: one.requests,
            refused: one.refused,
            failed: one.failed,
            took_ms: [0.5, 0.95, 0.99].map(|share| ms(&one.took, share)),
        })
        .collect();
    endpoints.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.name.cmp(&b.name)));
    let groups = summary.groups.iter();
    let mut groups: Vec<Group> = groups
        .map(|one| Group { version: one.version.clone(), name: one.group.clone(), predictions: one.predictions })
        .collect();
    groups.sort_by(|a, b| b.predictions.cmp(&a.predictions).then_with(|| a.name.cmp(&b.name)));
    let known = model.as_ref().map(|model| model.recipe.recipe().groups.iter().take(GROUPS));
    let counts = app.log.counts();
    let view = Monitoring {
        steps: app.pages.samples.all().iter().map(step).collect(),
        endpoints,
        groups,
        known_groups: known.map(|groups| groups.map(|group| group.name.clone()).collect()).unwrap_or_default(),
        group_column,
        group,
        values: bins(&summary.values),
        unit: app.project.unit.clone(),
        log: Log {
            queued: counts.queue_length(),
            written: counts.written_total() + counts.read_back_total(),
            spilled: counts.spilled_total(),
            waiting: counts.waiting_rows(),
            dropped: counts.dropped_total(),
        },
        latest: latest.into_iter().map(|one| prediction(asking.frame.figures(), one)).collect(),
        model: model.map(|model| (model.version, model.loaded_at)),
        reload_error: app.models.last_error().map(|error| error.to_string()),
        connected: app.models.database_connected(),
    };
    Ok(monitoring::page(&asking.frame, &view))
}

fn step(sample: &Sample) -> Step {
    let seconds = sample.lasted_ms.max(1) as f64 / 1000.0;
    Step {
        at: sample.at,
        requests: sample.requests,
        per_second: sample.requests as f64 / seconds,
        failed_per_second: sample.failed as f64 / seconds,
        p95_ms: sample.p95.map(|seconds| seconds * 1000.0),
    }
}

/// The bins between the first and the last that hold something.
fn bins(values: &Snapshot) -> Vec<(Option<f64>, Option<f64>, u64)> {
    let mut below = (None, 0);
    let bins = values.buckets.iter().map(|&(bound, count)| {
        let high = bound.is_finite().then_some(bound);
        let bin = (below.0, high, count - below.1);
        below = (high, count);
        bin
    });
    let bins: Vec<_> = bins.collect();
    let first = bins.iter().position(|(.., count)| *count > 0);
    let last = bins.iter().rposition(|(.., count)| *count > 0);
    first.zip(last).map_or_else(Vec::new, |(first, last)| bins[first..=last].to_vec())
}

fn prediction(figures: Figures, one: StoredPrediction) -> Prediction {
    Prediction {
        at: one.at,
        group: one.group_value,
        inputs: in_words(figures, &one.inputs),
        answer: one.answer,
        version: one.model_version,
        took_ms: one.response_time_ms,
    }
}

/// What was asked, in a line; what was left out is left out.
fn in_words(figures: Figures, inputs: &Value) -> String {
    let Some(inputs) = inputs.as_object() else { return inputs.to_string() };
    let given = inputs.iter().filter(|(_, value)| !value.is_null());
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name} {text}"),
        Value::Number(number) => match number.as_f64() {
            Some(number) => format!("{name} {}", figures.plain(number)),
            None => format!("{name} {number}"),
        },
        value => format!("{name} {value}"),
    };
    given.map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::histogram::Histogram;

    #[test]
    fn only_bins_between_the_first_and_the_last_value_are_drawn() {
        let values = Histogram::new(&[0.0, 1.0, 2.0, 5.0]);
        assert!(bins(&values.snapshot()).is_empty());
        for value in [0.5, 3.0, 3.5, 9.0] {
            values.observe(value);
        }
        let drawn = bins(&values.snapshot());
        assert_eq!(
            drawn,
            [(Some(0.0), Some(1.0), 1), (Some(1.0), Some(2.0), 0), (Some(2.0), Some(5.0), 2), (Some(5.0), None, 1)]
        );
    }
}
