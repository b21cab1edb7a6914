//! `tidewheel run`: turn the loop.

use std::sync::Arc;

use clap::Args;
use tidewheel_domain::turn::{Turn, TurnState};
use tidewheel_pipeline::{Outcome, Runner};
use tidewheel_registry::Registry;

use crate::cli::{FormatFlag, Globals};
use crate::context::Context;
use crate::failure::Status;
use crate::output::{Format, Output, Tone};
use crate::progress::Progress;
use crate::shutdown;
use crate::summary::{self, Bars};
use crate::turning::{runner, turning};

/// Turn the loop: one batch, or every batch that the source has
///
/// Exit codes: 0 the turn succeeded, waits for a person, or there was no more data; 1 it failed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewheel run\n  tidewheel -C my-project run --all")]
pub(crate) struct RunArgs {
    /// Go on until the source has no more data
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: FormatFlag,
}

pub(crate) async fn run(globals: &Globals, args: RunArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let registry = context.registry().await?;
    let bars = Arc::new(Bars::new(Progress::new(globals.quiet)));
    let stop = shutdown::on_signal();
    let turning = turning(&context, registry.clone(), bars.clone(), stop);
    let mut runner = runner(&context, turning).await?;
    let output = Output::new(globals.color);
    let limit = if args.all { None } else { Some(1) };
    let ended = turn_all(&mut runner, &registry, &bars, output, args.format.format, limit).await?;
    registry.close().await;
    Ok(if ended.failed { Status::FAILED } else { Status::SUCCESS })
}

/// How turning ended.
pub(crate) struct Ended {
    /// Whether a turn failed.
    pub(crate) failed: bool,
    /// Whether the source has no more data.
    pub(crate) no_more_data: bool,
}

/// Turns until the source has no more data, a turn fails, or `limit` turns are done, printing a line each.
pub(crate) async fn turn_all(
    runner: &mut Runner,
    registry: &Registry,
    bars: &Bars,
    output: Output,
    format: Format,
    limit: Option<usize>,
) -> anyhow::Result<Ended> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut ended = Ended { failed: false, no_more_data: false };
    while limit.is_none_or(|limit| turns.len() < limit) && !ended.failed {
        let outcome = runner.turn().await;
        bars.clear();
        let turn = match outcome {
            Ok(Outcome::Turn(turn)) => *turn,
            Ok(Outcome::NoMoreData) => {
                ended.no_more_data = true;
                break;
            }
            Err(error) => return Err(error.into()),
        };
        ended.failed = turn.state == TurnState::Failed;
        if format == Format::Text {
            if turns.is_empty() {
                summary::heading(output)?;
            }
            summary::line(output, registry, &turn).await?;
        }
        if ended.failed {
            tracing::warn!(
                "turn {0} failed. Once the cause is gone the next run takes it up where it failed; \
                 `tidewheel runs cancel {0} --reason TEXT` gives it up",
                turn.number
            );
        }
        turns.push(turn);
    }
    match format {
        Format::Json => output.json(&turns)?,
        Format::Text if turns.is_empty() => output.line(output.paint(Tone::Dim, "the source has no more data"))?,
        Format::Text => {}
    }
    Ok(ended)
}
