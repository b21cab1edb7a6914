//! `tidewheel step`: one step of a turn, for an outside orchestrator.

use std::sync::Arc;

use clap::{Args, Subcommand};
use tidewheel_domain::turn::{Action, Turn, TurnState};
use tidewheel_pipeline::PipelineError;
use tidewheel_pipeline::observer::Silent;
use tidewheel_pipeline::turn::{Step, step};

use crate::cli::{FormatFlag, Globals};
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::output::{Format, Output};
use crate::shutdown;
use crate::turning::{runner, turning};

/// The source has no more data.
const NO_MORE_DATA: Status = Status(11);
/// A person is asked.
const ASK: Status = Status(20);

/// Run one step of a turn, for Airflow, Argo Workflows or a script
///
/// The steps of a turn share an id of the caller's choice, given with --run. `ingest` creates the turn.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
                        tidewheel step ingest --run daily-2026-11-25\n  \
                        tidewheel step check-drift --run daily-2026-11-25   # exit code 10: train\n  \
                        tidewheel step train --run daily-2026-11-25")]
pub(crate) struct StepArgs {
    #[command(subcommand)]
    step: StepCommand,
}

#[derive(Debug, Subcommand)]
enum StepCommand {
    /// Fetch, validate and store the next batch; exit code 11 when the source has no more data
    #[command(after_help = "Example:\n  tidewheel step ingest --run daily-1")]
    Ingest(Run),
    /// Test for drift and decide; exit code 0 do not train, 10 train, 20 a person is asked
    #[command(after_help = "Example:\n  tidewheel step check-drift --run daily-1")]
    CheckDrift(Run),
    /// Train a challenger and register it
    #[command(after_help = "Example:\n  tidewheel step train --run daily-1")]
    Train(Run),
    /// Compare it with the champion; promote it or say what rejected it
    #[command(after_help = "Example:\n  tidewheel step promote --run daily-1")]
    Promote(Run),
    /// Verify what is in production, and end the turn
    #[command(after_help = "Example:\n  tidewheel step reload --run daily-1")]
    Reload(Run),
}

#[derive(Debug, Args)]
struct Run {
    /// The id of the turn, of the caller's choice
    #[arg(long = "run", value_name = "ID")]
    id: String,
    #[command(flatten)]
    format: FormatFlag,
}

pub(crate) async fn run(globals: &Globals, args: StepArgs) -> anyhow::Result<Status> {
    let (step_of, run) = match args.step {
        StepCommand::Ingest(run) => (None, run),
        StepCommand::CheckDrift(run) => (Some(Step::CheckDrift), run),
        StepCommand::Train(run) => (Some(Step::Train), run),
        StepCommand::Promote(run) => (Some(Step::Promote), run),
        StepCommand::Reload(run) => (Some(Step::Reload), run),
    };
    let context = Context::find(globals)?;
    let registry = context.registry().await?;
    let turning = turning(&context, registry.clone(), Arc::new(Silent), shutdown::on_signal());
    let turn = match step_of {
        None => runner(&context, turning).await?.step_ingest(&run.id).await,
        Some(step_of) => step(&turning, &run.id, step_of).await.map(Some),
    };
    let turn = turn.map_err(|error| match error {
        PipelineError::Order(text) => wrong_use(text),
        error => error.into(),
    })?;
    registry.close().await;
    let Some(turn) = turn else { return Ok(NO_MORE_DATA) };
    let output = Output::new(globals.color);
    match run.format.format {
        Format::Json => output.json(&turn)?,
        Format::Text => output.line(line(&turn))?,
    }
    Ok(if step_of == Some(Step::CheckDrift) { verdict(&turn) } else { Status::SUCCESS })
}

fn verdict(turn: &Turn) -> Status {
    match turn.action {
        Some(Action::StopAndAsk) => ASK,
        Some(action) if action.trains() => Status::DRIFTED,
        Some(_) => Status::SUCCESS,
        None => Status::FAILED,
    }
}

fn line(turn: &Turn) -> String {
    let mut parts = vec![format!("turn {} {}", turn.number, turn.state)];
    parts.extend(turn.batch.map(|batch| format!("batch {batch}")));
    parts.extend(turn.action.map(|action| action.to_string()));
    parts.extend(turn.model_version.map(|version| format!("v{version}")));
    parts.extend((turn.state == TurnState::Succeeded && turn.promoted).then(|| "promoted".to_owned()));
    parts.extend(turn.rejected_by.as_ref().map(|reason| format!("not promoted: {reason}")));
    parts.extend(turn.reason.clone());
    parts.join(" | ")
}
