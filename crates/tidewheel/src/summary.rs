//! One line a turn: what came, what was decided and why, what production is worth now. And the bars while it turns.

use std::sync::Mutex;

use indicatif::ProgressBar;
use tidewheel_domain::turn::{Action, TaskName, Turn, TurnState};
use tidewheel_pipeline::{Event, Observer};
use tidewheel_registry::Registry;

use crate::output::{Output, Tone, thousands};
use crate::progress::Progress;

/// Widths of the columns; the last one takes what it needs.
const COLUMNS: [(&str, usize, bool); 9] = [
    ("batch", 5, true),
    ("rows", 8, true),
    ("new", 7, true),
    ("refused", 7, true),
    ("drifted", 8, false),
    ("action", 12, false),
    ("model", 6, false),
    ("R2 of production", 21, false),
    ("promoted", 9, false),
];

/// Prints the heading of the table.
pub(crate) fn heading(output: Output) -> anyhow::Result<()> {
    let cells = COLUMNS.map(|(name, width, right)| pad(name, width, right));
    output.line(output.paint(Tone::Strong, format!("{}  why", cells.join("  ")).trim_end()))
}

/// Prints the line of a turn that has ended.
pub(crate) async fn line(output: Output, registry: &Registry, turn: &Turn) -> anyhow::Result<()> {
    let batch = match turn.batch {
        Some(id) => registry.batch(&turn.project, id).await?,
        None => None,
    };
    let count = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), thousands);
    let promoted = match (turn.state, turn.promoted, &turn.rejected_by) {
        (TurnState::Failed, _, _) => "failed",
        (_, true, _) => "yes",
        (_, false, Some(_)) => "no",
        _ => "-",
    };
    let r2 = turn.metrics_newest_batch.get("r2").map_or_else(
        || "-".to_owned(),
        |r2| match (r2.low, r2.high) {
            (Some(low), Some(high)) => format!("{:.3} ({low:.2} to {high:.2})", r2.value),
            _ => format!("{:.3}", r2.value),
        },
    );
    let values = [
        count(turn.batch),
        count(batch.as_ref().map(|batch| batch.rows)),
        count(batch.as_ref().map(|batch| batch.new_rows)),
        count(batch.as_ref().map(|batch| batch.quarantined_rows)),
        drifted(turn),
        turn.action.map_or_else(|| turn.state.to_string(), |action| action.to_string()),
        turn.model_version.map_or_else(|| "-".to_owned(), |version| format!("v{version}")),
        r2,
        promoted.to_owned(),
    ];
    let tones =
        [Tone::Plain; 5].into_iter().chain([action_tone(turn), Tone::Plain, Tone::Strong, promoted_tone(promoted)]);
    let cells = COLUMNS
        .iter()
        .zip(values)
        .zip(tones)
        .map(|(((_, width, right), value), tone)| output.paint(tone, &pad(&value, *width, *right)));
    output.line(format!("{}  {}", cells.collect::<Vec<_>>().join("  "), why(turn)).trim_end())
}

fn why(turn: &Turn) -> String {
    let reason = turn.error.clone().or_else(|| turn.reason.clone()).unwrap_or_default();
    match &turn.rejected_by {
        Some(rejected_by) => format!("{reason}; not promoted: {rejected_by}"),
        None => reason,
    }
}

/// How many of the tested columns drifted, as the decision record counts them.
fn drifted(turn: &Turn) -> String {
    let columns = turn.decision.as_ref().and_then(|decision| decision["columns"].as_array());
    match columns {
        Some(columns) if !columns.is_empty() => {
            let drifted = columns.iter().filter(|column| column["drifted"] == true).count();
            format!("{drifted} of {}", columns.len())
        }
        _ => "-".to_owned(),
    }
}

fn action_tone(turn: &Turn) -> Tone {
    match turn.action {
        _ if turn.state == TurnState::Failed => Tone::Bad,
        Some(Action::StopAndAsk) => Tone::Warn,
        Some(Action::Skip) | None => Tone::Dim,
        Some(_) => Tone::Plain,
    }
}

fn promoted_tone(promoted: &str) -> Tone {
    match promoted {
        "yes" => Tone::Good,
        "failed" => Tone::Bad,
        _ => Tone::Dim,
    }
}

fn pad(text: &str, width: usize, right: bool) -> String {
    if right { format!("{text:>width$}") } else { format!("{text:<width$}") }
}

/// Shows a bar for each long step.
pub(crate) struct Bars {
    progress: Progress,
    current: Mutex<Option<(String, ProgressBar)>>,
}

impl Bars {
    /// Bars on stderr, where it is a terminal.
    pub(crate) fn new(progress: Progress) -> Self {
        Bars { progress, current: Mutex::new(None) }
    }

    fn show(&self, label: &str, done: u64, of: Option<u64>, message: String) {
        let Ok(mut current) = self.current.lock() else { return };
        if current.as_ref().is_none_or(|(shown, _)| shown != label) {
            if let Some((_, bar)) = current.take() {
                bar.finish_and_clear();
            }
            let bar = match of {
                Some(of) => self.progress.bar(of, label),
                None => self.progress.spinner(label),
            };
            *current = Some((label.to_owned(), bar));
        }
        if let Some((_, bar)) = current.as_ref() {
            if let Some(of) = of {
                bar.set_length(of);
            }
            bar.set_position(done);
            bar.set_message(message);
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        if let Ok(mut current) = self.current.lock()
            && let Some((_, bar)) = current.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Bars {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Progress { what, done, of } => self.show(what, done, of, String::new()),
            Event::Trial { number, of, loss, pruned } => {
                let ending = if pruned { " given up" } else { "" };
                self.show("trials", number as u64, Some(of as u64), format!("loss {loss:.4}{ending}"));
            }
            Event::TaskStarted(TaskName::TrainModel) => self.show("trials", 0, None, String::new()),
            Event::TaskStarted(name) => self.show(&name.to_string(), 0, None, String::new()),
            Event::TaskEnded(..) | Event::TurnEnded(_) => self.clear(),
            Event::TurnStarted { .. } | Event::Log { .. } => {}
        }
    }
}
