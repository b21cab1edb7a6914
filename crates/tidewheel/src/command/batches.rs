//! `tidewheel batches`: what was received.

use clap::{Args, Subcommand};
use tidewheel_domain::batch::Batch;
use tidewheel_registry::{QuarantineFilter, Registry};

use crate::cli::{FormatFlag, Globals};
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::output::{Format, Output, Table, Tone, number, text, thousands};

/// Look at the batches: rows received, new, repeated, refused
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel batches list")]
pub(crate) struct BatchesArgs {
    #[command(subcommand)]
    command: BatchesCommand,
}

#[derive(Debug, Subcommand)]
enum BatchesCommand {
    /// List all batches, oldest first
    #[command(after_help = "Example:\n  tidewheel batches list --format json")]
    List {
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Show one batch, and by which rules its rows were refused
    #[command(after_help = "Example:\n  tidewheel batches show 2")]
    Show {
        /// The batch's number, from 1
        #[arg(value_name = "ID")]
        id: i64,
        #[command(flatten)]
        format: FormatFlag,
    },
}

pub(crate) async fn run(globals: &Globals, args: BatchesArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let registry = context.registry().await?;
    let output = Output::new(globals.color);
    match args.command {
        BatchesCommand::List { format } => list(&context, &registry, output, format.format).await?,
        BatchesCommand::Show { id, format } => show(&context, &registry, id, output, format.format).await?,
    }
    registry.close().await;
    Ok(Status::SUCCESS)
}

async fn list(context: &Context, registry: &Registry, output: Output, format: Format) -> anyhow::Result<()> {
    let batches = registry.batches(&context.project.name).await?;
    if format == Format::Json {
        return output.json(&batches);
    }
    if batches.is_empty() {
        return output.line("no batch yet: `tidewheel run` fetches the first");
    }
    let mut table = Table::new(["batch", "rows", "new", "repeated", "quarantined", "clean", "sha256", "received"]);
    for batch in &batches {
        table.row([
            number(batch.id),
            number(thousands(batch.rows)),
            number(thousands(batch.new_rows)),
            number(thousands(batch.duplicate_rows)),
            number(thousands(batch.quarantined_rows)),
            number(thousands(batch.clean_rows)),
            text(&batch.sha256.as_str()[..12]).tone(Tone::Dim),
            text(batch.received_at),
        ]);
    }
    output.table(&table)
}

async fn show(context: &Context, registry: &Registry, id: i64, output: Output, format: Format) -> anyhow::Result<()> {
    let name = &context.project.name;
    let batch: Batch = registry
        .batch(name, id)
        .await?
        .ok_or_else(|| wrong_use(format!("there is no batch {id}; `tidewheel batches list` names them")))?;
    let filter = QuarantineFilter { batch: Some(id), ..QuarantineFilter::default() };
    let refused = registry.quarantine_counts(name, &filter).await?;
    if format == Format::Json {
        let mut shown = serde_json::to_value(&batch)?;
        shown["refused_by_rule"] = serde_json::to_value(&refused)?;
        return output.json(&shown);
    }
    output.line(format!("batch {id}, received {}", batch.received_at))?;
    for (name, value) in [
        ("rows", batch.rows),
        ("new", batch.new_rows),
        ("repeated", batch.duplicate_rows),
        ("quarantined", batch.quarantined_rows),
        ("clean", batch.clean_rows),
    ] {
        output.line(format!("  {name:<12}{:>12}", thousands(value)))?;
    }
    output.line(format!("  {:<12}{}", "sha256", batch.sha256))?;
    output.line(format!("  {:<12}{}", "turn", batch.run_id))?;
    if !refused.is_empty() {
        output.line("")?;
        output.table(&super::quarantine::counts_table(&refused))?;
    }
    Ok(())
}
