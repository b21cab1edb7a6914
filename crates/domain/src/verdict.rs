//! What a challenger was judged by: written when it is trained, read by whoever asks why it was promoted or not.

use serde::{Deserialize, Serialize};

use crate::metric::Metric;

/// The artifact of a training that holds it.
pub const FILE: &str = "training/verdict.json";

/// How the challenger compares with the champion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Rows compared.
    pub rows: u64,
    /// Mean absolute error of the champion on the training scale.
    pub champion_loss: f64,
    /// Mean absolute error of the challenger on the training scale.
    pub challenger_loss: f64,
    /// Relative change of the loss, with a 95 % interval of a bootstrap over real things; below 0 is better.
    pub change: Metric,
    /// Rows of the newest batch.
    pub newest_rows: u64,
    /// Relative change of the loss on them; `None` without such rows.
    pub newest_change: Option<f64>,
    /// The segment whose loss rises most.
    pub worst_segment: Option<SegmentChange>,
}

/// Change of the loss within one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentChange {
    /// The segment.
    pub segment: String,
    /// Rows compared.
    pub rows: u64,
    /// Relative change of the loss.
    pub change: f64,
}

/// A criterion of promotion with what was observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// What is asked, such as `r2 >= 0.35`.
    pub criterion: String,
    /// What was observed; `None` where it could not be.
    pub observed: Option<f64>,
    /// Whether it is met.
    pub passed: bool,
}

/// The outcome of all criteria.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Every criterion.
    pub gates: Vec<Gate>,
    /// The comparison, where there is a champion.
    pub comparison: Option<Comparison>,
}

impl Verdict {
    /// Whether the challenger is promoted.
    pub fn promoted(&self) -> bool {
        self.gates.iter().all(|gate| gate.passed)
    }

    /// The criteria that were not met, in one line; `None` where all were.
    pub fn rejected_by(&self) -> Option<String> {
        let failed = self.gates.iter().filter(|gate| !gate.passed).map(|gate| match gate.observed {
            Some(observed) => format!("{} (observed {})", gate.criterion, short(observed)),
            None => format!("{} (not observed)", gate.criterion),
        });
        let failed = failed.collect::<Vec<_>>();
        if failed.is_empty() { None } else { Some(failed.join("; ")) }
    }

    /// Why the challenger was promoted, in one line.
    pub fn promoted_because(&self) -> String {
        match &self.comparison {
            None => "first model; every floor is met".to_owned(),
            Some(comparison) => format!(
                "loss {:+.1} % against the champion (95 % interval {:+.1} to {:+.1} %) on {} hold-out rows, {} on the \
                 newest batch's",
                100.0 * comparison.change.value,
                100.0 * comparison.change.low.unwrap_or(comparison.change.value),
                100.0 * comparison.change.high.unwrap_or(comparison.change.value),
                comparison.rows,
                comparison.newest_change.map_or("unknown".to_owned(), |change| format!("{:+.1} %", 100.0 * change)),
            ),
        }
    }
}

fn short(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
