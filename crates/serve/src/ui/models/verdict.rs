//! How versions were judged when they were trained: read from what the training left, and kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::verdict::{FILE, Verdict};
use tidewheel_domain::{Metric, RunId, Timestamp};
use tidewheel_ui::pages::models::{Judgement, Paired};

use crate::inference::state::AppState;

/// So many are kept.
const KEPT: usize = 2_000;

/// A verdict as pages show it; `champion` is the version that the challenger was compared with.
pub(super) fn judgement(verdict: &Verdict, champion: Option<i64>) -> Judgement {
    Judgement {
        gates: verdict.gates.clone(),
        against: verdict.comparison.as_ref().map(|comparison| Paired {
            champion,
            rows: comparison.rows,
            change: comparison.change,
            newest_rows: comparison.newest_rows,
            newest_change: comparison.newest_change,
            worst: comparison.worst_segment.as_ref().map(|worst| (worst.segment.clone(), worst.rows, worst.change)),
        }),
    }
}

/// The champion against its challenger, of the challenger against the champion. What the segment that got worst did
/// says nothing about the one that got better most, and is left out.
pub(super) fn turned(paired: &Paired, challenger: i64) -> Paired {
    let turn = |change: f64| 1.0 / (1.0 + change) - 1.0;
    Paired {
        champion: Some(challenger),
        rows: paired.rows,
        change: Metric {
            value: turn(paired.change.value),
            low: paired.change.high.map(turn),
            high: paired.change.low.map(turn),
        },
        newest_rows: paired.newest_rows,
        newest_change: paired.newest_change.map(turn),
        worst: None,
    }
}

/// Verdicts that were looked at.
#[derive(Debug, Default)]
pub(in crate::ui) struct Verdicts {
    kept: Mutex<HashMap<(RunId, Timestamp), Option<Arc<Verdict>>>>,
}

impl Verdicts {
    /// Of each of these versions; `None` where the training left none.
    pub(super) async fn of(&self, app: &AppState, versions: &[ModelVersion]) -> Vec<Option<Arc<Verdict>>> {
        join_all(versions.iter().map(|version| self.one(app, version))).await
    }

    async fn one(&self, app: &AppState, version: &ModelVersion) -> Option<Arc<Verdict>> {
        // A training that is taken up again registers its version again.
        let key = (version.run_id.clone(), version.updated_at);
        if let Some(known) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let file = app.registry.objects().get_artifact(&version.run_id, FILE).await.ok()?;
        let verdict = file.and_then(|bytes| serde_json::from_slice(&bytes).ok()).map(Arc::new);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, verdict.clone());
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_turned_twice_is_what_it_was() {
        let paired = Paired {
            champion: Some(1),
            rows: 10,
            change: Metric::with_interval(-0.2, -0.3, -0.1),
            newest_rows: 2,
            newest_change: None,
            worst: None,
        };
        let there = turned(&paired, 2);
        assert!((there.change.value - 0.25).abs() < 1e-12);
        assert!(there.change.low.zip(there.change.high).is_some_and(|(low, high)| low < 0.25 && 0.25 < high));
        let back = turned(&there, 1);
        assert!((back.change.value - paired.change.value).abs() < 1e-12);
    }
}
