//! `tidewheel runs`: the turns of the loop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use tidewheel_domain::Metrics;
use tidewheel_domain::decision::PersonAnswer;
use tidewheel_domain::turn::{Action, TaskName, TaskState, Turn, TurnState};
use tidewheel_pipeline::give_up;
use tidewheel_pipeline::lease::LeaseGuard;
use tidewheel_registry::Registry;

use crate::cli::{FormatFlag, Globals};
use crate::clock;
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::output::{Cell, Format, Output, Table, Tone, duration, number, optional, text};
use crate::progress::Progress;
use crate::reason::Reason;
use crate::shutdown;
use crate::summary::Bars;
use crate::turning::turning;

/// Log lines that are read at once.
const PAGE: i64 = 1_000;
/// How often `--follow` looks for more lines.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);

/// Look at the turns of the loop: what was decided about each batch, what was trained, how long it took
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel runs list --format json")]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    command: RunsCommand,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// List all turns, oldest first
    #[command(after_help = "Example:\n  tidewheel runs list --format json")]
    List {
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Show one turn with its tasks
    #[command(after_help = "Example:\n  tidewheel runs show 3")]
    Show {
        /// The turn: its number, its id or the beginning of it, or the id of an outside orchestrator
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Answer a turn that waits for a person, and let it go on
    #[command(
        after_help = "Examples:\n  tidewheel runs answer 4 train --reason 'the new region is meant to be served'\n  \
                            tidewheel runs answer 4 skip --reason 'a test shipment'"
    )]
    Answer {
        /// The turn: its number, its id or the beginning of it, or the id of an outside orchestrator
        #[arg(value_name = "ID")]
        id: String,
        /// What is to be done
        #[arg(value_enum, value_name = "train|skip")]
        answer: Answer,
        #[command(flatten)]
        reason: Reason,
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Give a turn up that was cut off, failed or waits; the next run goes on with the next batch
    #[command(after_help = "Example:\n  tidewheel runs cancel 3 --reason \"the file was a test\"")]
    Cancel {
        /// The turn: its number, its id or the beginning of it, or the id of an outside orchestrator
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        reason: Reason,
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Print the log lines of a turn
    #[command(after_help = "Examples:\n  tidewheel runs logs 3\n  tidewheel runs logs 3 --task check_drift")]
    Logs {
        /// The turn: its number, its id or the beginning of it, or the id of an outside orchestrator
        #[arg(value_name = "ID")]
        id: String,
        /// Only the lines of this task, such as train_model
        #[arg(long)]
        task: Option<TaskName>,
        /// Wait for more lines while the turn is at work
        #[arg(short, long)]
        follow: bool,
        #[command(flatten)]
        format: FormatFlag,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Answer {
    Train,
    Skip,
}

pub(crate) async fn run(globals: &Globals, args: RunsArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let registry = context.registry().await?;
    let output = Output::new(globals.color);
    match args.command {
        RunsCommand::List { format } => list(&context, &registry, output, format.format).await?,
        RunsCommand::Show { id, format } => {
            let turn = find(&registry, &context, &id).await?;
            show(&registry, &turn, output, format.format).await?;
        }
        RunsCommand::Answer { id, answer, reason, format } => {
            let turn = find(&registry, &context, &id).await?;
            if turn.state != TurnState::Waiting {
                let state = turn.state;
                return Err(wrong_use(format!("turn {} is {state}; only a waiting turn can be answered", turn.number)));
            }
            let turn = answered(globals, &context, &registry, &turn, answer, &reason).await?;
            match format.format {
                Format::Json => output.json(&turn)?,
                Format::Text => show(&registry, &turn, output, Format::Text).await?,
            }
        }
        RunsCommand::Cancel { id, reason, format } => {
            let turn = find(&registry, &context, &id).await?;
            cancel(&context, &registry, &turn, &reason, output, format.format).await?;
        }
        RunsCommand::Logs { id, task, follow, format } => {
            let turn = find(&registry, &context, &id).await?;
            logs(&registry, &turn, task, follow, output, format.format).await?;
        }
    }
    registry.close().await;
    Ok(Status::SUCCESS)
}

/// Records the answer and turns on.
async fn answered(
    globals: &Globals,
    context: &Context,
    registry: &Registry,
    turn: &Turn,
    answer: Answer,
    reason: &Reason,
) -> anyhow::Result<Turn> {
    let bars = Arc::new(Bars::new(Progress::new(globals.quiet)));
    let turning = turning(context, registry.clone(), bars.clone(), shutdown::on_signal());
    let action = match answer {
        Answer::Train => Action::Retrain,
        Answer::Skip => Action::Skip,
    };
    let answer = PersonAnswer { action, who: reason.who(), reason: reason.reason.clone(), at: clock::now() };
    let turn = tidewheel_pipeline::answer(&turning, &turn.run_id, answer).await;
    bars.clear();
    Ok(turn?)
}

/// The turn that a person means.
pub(crate) async fn find(registry: &Registry, context: &Context, id: &str) -> anyhow::Result<Turn> {
    registry.find_turn(&context.project.name, id).await?.ok_or_else(|| {
        wrong_use(format!("there is no turn '{id}', or more than one begins so; `tidewheel runs list` names them"))
    })
}

async fn cancel(
    context: &Context,
    registry: &Registry,
    turn: &Turn,
    reason: &Reason,
    output: Output,
    format: Format,
) -> anyhow::Result<()> {
    if matches!(turn.state, TurnState::Succeeded | TurnState::Cancelled) {
        return Err(wrong_use(format!("turn {} is {} already: there is nothing to give up", turn.number, turn.state)));
    }
    let lease = LeaseGuard::acquire(registry, &context.project.name, &context.root).await?;
    let given_up = give_up(registry, &lease, &turn.run_id, &reason.who(), &reason.reason).await;
    let cancelled = lease.give_back(given_up).await?;
    if format == Format::Json {
        return output.json(&cancelled);
    }
    output.line(format!("turn {} is given up; `tidewheel run` goes on with the next batch", cancelled.number))
}

async fn list(context: &Context, registry: &Registry, output: Output, format: Format) -> anyhow::Result<()> {
    let turns = registry.turns(&context.project.name).await?;
    if format == Format::Json {
        return output.json(&turns);
    }
    if turns.is_empty() {
        return output.line("no turn yet: `tidewheel run` makes the first");
    }
    let mut table = Table::new(["#", "id", "batch", "state", "action", "version", "R2", "took", "why"]);
    for turn in &turns {
        table.row([
            number(turn.number),
            text(&turn.run_id.as_str()[..8]).tone(Tone::Dim),
            optional(turn.batch),
            state(turn.state),
            action(turn.action),
            version(turn),
            metric(&turn.metrics_newest_batch, "r2"),
            optional(turn.duration_ms.map(duration)),
            text(turn.error.as_deref().or(turn.reason.as_deref()).unwrap_or("")),
        ]);
    }
    output.table(&table)
}

/// The version that a turn trained, and what became of it.
fn version(turn: &Turn) -> Cell {
    match turn.model_version {
        None => optional::<i64>(None),
        Some(version) if turn.promoted => text(format!("v{version} promoted")).tone(Tone::Good),
        Some(version) if turn.rejected_by.is_some() => text(format!("v{version} rejected")).tone(Tone::Warn),
        Some(version) => text(format!("v{version}")),
    }
}

fn state(state: TurnState) -> Cell {
    let tone = match state {
        TurnState::Succeeded => Tone::Good,
        TurnState::Failed => Tone::Bad,
        TurnState::Waiting => Tone::Warn,
        TurnState::Running | TurnState::Cancelled => Tone::Plain,
    };
    text(state).tone(tone)
}

fn action(action: Option<Action>) -> Cell {
    let tone = match action {
        Some(Action::Skip) => Tone::Dim,
        Some(Action::StopAndAsk) => Tone::Warn,
        _ => Tone::Plain,
    };
    optional(action).tone(tone)
}

/// A metric with its interval.
pub(crate) fn metric(metrics: &Metrics, name: &str) -> Cell {
    let Some(metric) = metrics.get(name).filter(|metric| metric.value.is_finite()) else {
        return optional::<f64>(None);
    };
    let value = significant(metric.value);
    match (metric.low, metric.high) {
        (Some(low), Some(high)) => number(format!("{value} [{}, {}]", significant(low), significant(high))),
        _ => number(value),
    }
}

/// Three decimals for what is small, none for what is large.
fn significant(value: f64) -> String {
    if value.abs() < 100.0 { format!("{value:.3}") } else { crate::output::thousands(value.round() as i64) }
}

async fn show(registry: &Registry, turn: &Turn, output: Output, format: Format) -> anyhow::Result<()> {
    let tasks = registry.tasks(&turn.run_id).await?;
    let attempts = registry.task_attempts(&turn.run_id).await?;
    let children = registry.child_runs(&turn.run_id).await?;
    if format == Format::Json {
        let mut shown = serde_json::to_value(turn).context("cannot write the turn as JSON")?;
        shown["tasks"] = json!(tasks);
        shown["attempts"] = json!(attempts);
        shown["children"] = json!(children);
        return output.json(&shown);
    }
    output.line(format!("turn {} ({})", turn.number, turn.run_id))?;
    let facts = [
        ("batch", turn.batch.map(|batch| batch.to_string())),
        ("state", Some(turn.state.to_string())),
        ("action", turn.action.map(|action| action.to_string())),
        ("reason", turn.reason.clone()),
        ("error", turn.error.clone()),
        ("version", turn.model_version.map(|version| version.to_string())),
        ("promoted", turn.model_version.map(|_| if turn.promoted { "yes".to_owned() } else { "no".to_owned() })),
        ("rejected by", turn.rejected_by.clone()),
        ("champion before", turn.champion_before.map(|version| version.to_string())),
        ("started", Some(turn.started_at.to_string())),
        ("took", turn.duration_ms.map(duration)),
        ("outside id", turn.external_id.clone()),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            output.line(format!("  {name:<16}{value}"))?;
        }
    }
    for name in turn.metrics_newest_batch.keys() {
        output.line(format!("  {name:<16}{}", metric(&turn.metrics_newest_batch, name).as_text()))?;
    }
    output.line("")?;
    let mut table = Table::new(["task", "state", "attempts", "took", "error"]);
    for task in &tasks {
        let took = task.started_at.zip(task.ended_at).map(|(start, end)| duration(end.ms_since(start)));
        let tone = match task.state {
            TaskState::Succeeded => Tone::Good,
            TaskState::Failed => Tone::Bad,
            TaskState::Skipped | TaskState::Pending => Tone::Dim,
            TaskState::Running | TaskState::UpForRetry => Tone::Warn,
        };
        table.row([
            text(task.name),
            text(task.state).tone(tone),
            number(task.attempt),
            optional(took),
            text(task.error.as_deref().unwrap_or("")),
        ]);
    }
    output.table(&table)
}

async fn logs(
    registry: &Registry,
    turn: &Turn,
    task: Option<TaskName>,
    follow: bool,
    output: Output,
    format: Format,
) -> anyhow::Result<()> {
    let mut after = 0;
    let mut all = Vec::new();
    loop {
        // Looked at before the lines, so that the last lines of a turn that has ended meanwhile are not missed.
        let running = registry.turn(&turn.run_id).await?.is_some_and(|turn| turn.state == TurnState::Running);
        let lines = registry.logs(&turn.run_id, task, after, PAGE).await?;
        let full = lines.len() as i64 == PAGE;
        after = lines.last().map_or(after, |line| line.id);
        for line in lines {
            if format == Format::Json {
                all.push(line);
            } else {
                let tone = match line.level.as_str() {
                    "ERROR" => Tone::Bad,
                    "WARN" => Tone::Warn,
                    _ => Tone::Plain,
                };
                let place = output.paint(Tone::Dim, &format!("{} {}", line.at, line.task));
                output.line(format!("{place} {} {}", output.paint(tone, &line.level), line.line))?;
            }
        }
        if full {
            continue;
        }
        if !(follow && running) {
            break;
        }
        tokio::time::sleep(FOLLOW_EVERY).await;
    }
    if format == Format::Json { output.json(&all) } else { Ok(()) }
}
