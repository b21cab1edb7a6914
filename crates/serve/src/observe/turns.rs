//! What the loop decided, for Prometheus: read from the registry's turns, each of them once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::decision::Decision;
use tidewheel_domain::turn::{Turn, TurnState};

use super::exposition::Exposition;

/// Columns that have a gauge of their own; the rest of a wide table is left out, so that the number of series is bounded.
const COLUMNS: usize = 100;

/// Counters and gauges of the loop.
#[derive(Debug, Default)]
pub struct TurnMetrics(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    last: i64,
    decisions: BTreeMap<(String, String), u64>,
    failed: BTreeSet<i64>,
    since_training: Option<u64>,
    batch: Option<(i64, f64)>,
    effects: Vec<(String, &'static str, f64, f64)>,
    error_rise: Option<f64>,
}

impl TurnMetrics {
    /// The number of the last turn that was counted.
    pub fn last(&self) -> i64 {
        self.lock().last
    }

    /// Counts a turn that is no longer at work, with its batch. Turns come in the order of their numbers; one that failed
    /// before it decided is taken up again, and is looked at again until it has decided.
    pub fn count(&self, turn: &Turn, batch: Option<&Batch>) {
        let mut seen = self.lock();
        if turn.state == TurnState::Failed {
            seen.failed.insert(turn.number);
            if turn.decision.is_none() {
                return;
            }
        }
        seen.last = seen.last.max(turn.number);
        if let Some(batch) = batch {
            let rows = batch.rows.max(1) as f64;
            seen.batch = Some((batch.rows, batch.quarantined_rows as f64 / rows));
        }
        seen.since_training =
            if turn.model_version.is_some() { Some(0) } else { seen.since_training.map(|batches| batches + 1) };
        let decision = turn.decision.as_ref().and_then(|record| Decision::deserialize(record).ok());
        let Some(decision) = decision else { return };
        let key = (decision.action.as_str().to_owned(), decision.rule.name.as_str().to_owned());
        *seen.decisions.entry(key).or_default() += 1;
        if decision.report.columns.is_empty() {
            return;
        }
        seen.error_rise = decision.error.as_ref().map(|error| error.deciding().rise);
        let columns = decision.report.columns.into_iter().take(COLUMNS);
        seen.effects = columns
            .filter_map(|column| {
                let effect = column.effect?;
                Some((column.name, effect.name.as_str(), effect.value, effect.bound))
            })
            .collect();
    }

    /// Everything as Prometheus text.
    pub fn render(&self) -> String {
        let seen = self.lock();
        let mut text = Exposition::default();
        text.family("decisions_total", "counter", "Decisions about batches, by action and rule.");
        for ((action, rule), count) in &seen.decisions {
            text.sample("decisions_total", &[("action", action), ("rule", rule)], *count);
        }
        text.family("turns_failed_total", "counter", "Turns that failed.");
        text.sample("turns_failed_total", &[], seen.failed.len());
        if let Some(batches) = seen.since_training {
            text.family(
                "batches_since_training",
                "gauge",
                "Batches since the last training; 0: the newest one trained.",
            );
            text.sample("batches_since_training", &[], batches);
        }
        if let Some((rows, quarantined)) = seen.batch {
            text.family("batch_rows", "gauge", "Rows of the newest batch.");
            text.sample("batch_rows", &[], rows);
            text.family("batch_quarantined_share", "gauge", "Share of the newest batch's rows in quarantine.");
            text.sample("batch_quarantined_share", &[], quarantined);
        }
        if let Some(rise) = seen.error_rise {
            let help = "Rise of the champion's error on the newest batch; 0.1 is ten percent.";
            text.family("champion_error_rise", "gauge", help);
            text.sample("champion_error_rise", &[], rise);
        }
        if !seen.effects.is_empty() {
            text.family("drift_effect", "gauge", "Largest effect of each column in the newest batch that was tested.");
            for (column, effect, value, _) in &seen.effects {
                text.sample("drift_effect", &[("column", column), ("effect", effect)], value);
            }
            text.family("drift_bound", "gauge", "The bound of that effect.");
            for (column, effect, _, bound) in &seen.effects {
                text.sample("drift_bound", &[("column", column), ("effect", effect)], bound);
            }
        }
        text.finish()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidewheel_domain::turn::Action;
    use tidewheel_domain::{Metrics, RunId, RunKind, Timestamp};
    use tidewheel_drift::{PolicyInputs, decide};

    use super::*;

    fn turn(number: i64, state: TurnState, decided: bool) -> Turn {
        let decision = decide(&PolicyInputs { same_as_batch: Some(1), ..PolicyInputs::default() });
        Turn {
            run_id: RunId::derive("p", RunKind::Turn, number, 0),
            number,
            batch: Some(number),
            state,
            action: Some(Action::Skip),
            reason: None,
            model_version: (number == 1).then_some(1),
            promoted: false,
            rejected_by: None,
            metrics_newest_batch: Metrics::new(),
            duration_ms: None,
            started_at: Timestamp::from_ms(0),
            ended_at: None,
            error: None,
            champion_before: None,
            external_id: None,
            source_position: None,
            project: "p".to_owned(),
            decision: decided.then(|| json!(decision)),
        }
    }

    #[test]
    fn each_turn_counts_once_and_one_that_failed_undecided_is_looked_at_again() {
        let metrics = TurnMetrics::default();
        metrics.count(&turn(1, TurnState::Succeeded, true), None);
        metrics.count(&turn(2, TurnState::Failed, false), None);
        metrics.count(&turn(2, TurnState::Failed, false), None);
        assert_eq!(metrics.last(), 1);
        metrics.count(&turn(2, TurnState::Succeeded, true), None);
        assert_eq!(metrics.last(), 2);
        let text = metrics.render();
        assert!(text.contains("decisions_total{action=\"skip\",rule=\"batch_again\"} 2\n"), "{text}");
        assert!(text.contains("turns_failed_total 1\n"), "{text}");
        assert!(text.contains("batches_since_training 1\n"), "{text}");
    }
}
