//! `tidewheel models`: versions of the model, what is in production, and the way back.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use tidewheel_domain::VersionNumber;
use tidewheel_domain::model_version::{LedgerEntry, ModelVersion, Stage};
use tidewheel_registry::{Promotion, Registry};
use tidewheel_serve::inference::verify;

use super::runs::metric;
use crate::cli::{FormatFlag, Globals};
use crate::clock;
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::output::{Cell, Format, Output, Table, Tone, number, optional, text};
use crate::reason::Reason;

/// Look at the versions of the model, and change what is in production
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel models list\n  \
                        tidewheel models rollback --reason \"complaints about large lots\"")]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List all versions, oldest first
    #[command(after_help = "Example:\n  tidewheel models list --format json")]
    List {
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Show one version: metrics, parameters, files, and what happened to it
    #[command(after_help = "Example:\n  tidewheel models show v6")]
    Show {
        /// The version, such as 6 or v6
        #[arg(value_name = "VERSION")]
        version: VersionNumber,
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Put a version into production, after loading it as a server would
    #[command(after_help = "Example:\n  tidewheel models promote 6 --reason \"better on the coast\"")]
    Promote {
        /// The version, such as 6 or v6
        #[arg(value_name = "VERSION")]
        version: VersionNumber,
        #[command(flatten)]
        reason: Reason,
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Bring an earlier production version back, after loading it as a server would
    #[command(after_help = "Examples:\n  \
                            tidewheel models rollback --reason \"errors doubled\"\n  \
                            tidewheel models rollback v3 --reason \"errors doubled\"")]
    Rollback {
        /// The version [default: the one that was in production before]
        #[arg(value_name = "VERSION")]
        version: Option<VersionNumber>,
        #[command(flatten)]
        reason: Reason,
        #[command(flatten)]
        format: FormatFlag,
    },
}

pub(crate) async fn run(globals: &Globals, args: ModelsArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let registry = context.registry().await?;
    let output = Output::new(globals.color);
    let model = context.project.model_name.as_str();
    match args.command {
        ModelsCommand::List { format } => list(&registry, model, output, format.format).await?,
        ModelsCommand::Show { version, format } => show(&registry, model, version, output, format.format).await?,
        ModelsCommand::Promote { version, reason, format } => {
            let wanted = find(&registry, model, version).await?;
            if wanted.stage == Stage::Production {
                say_switched(output, format.format, &wanted, "is in production already")?;
            } else {
                loads(&registry, &wanted).await?;
                let who = reason.who();
                let by = Promotion { who: &who, reason: &reason.reason, turn: None };
                let promoted = registry.promote(model, version.0, by, clock::now()).await?;
                say_switched(output, format.format, &promoted, "is in production")?;
            }
        }
        ModelsCommand::Rollback { version, reason, format } => {
            if let Some(version) = version {
                find(&registry, model, version).await?;
            }
            let target = registry.rollback_target(model, version.map(|version| version.0)).await?;
            loads(&registry, &find(&registry, model, VersionNumber(target)).await?).await?;
            let who = reason.who();
            let by = Promotion { who: &who, reason: &reason.reason, turn: None };
            let back = registry.rollback(model, Some(target), by, clock::now()).await?;
            say_switched(output, format.format, &back, "is back in production")?;
        }
    }
    registry.close().await;
    Ok(Status::SUCCESS)
}

/// Fails with the reason when the version's bundle cannot be served. Nothing is changed.
async fn loads(registry: &Registry, version: &ModelVersion) -> anyhow::Result<()> {
    let checked = verify::loads(registry, version).await;
    checked
        .map(drop)
        .with_context(|| format!("version {} does not load, so that nothing was switched", version.version))
}

async fn find(registry: &Registry, model: &str, version: VersionNumber) -> anyhow::Result<ModelVersion> {
    if let Some(found) = registry.model_version(model, version.0).await? {
        return Ok(found);
    }
    let known = registry.model_versions(model).await?.iter().map(|known| known.version).collect::<Vec<_>>();
    Err(wrong_use(format!("model '{model}' has no version {version}; {}", numbers(&known))))
}

/// `it has versions 1 to 3`, with each run of numbers from its first to its last.
fn numbers(versions: &[i64]) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &version in versions {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == version => *last = version,
            _ => runs.push((version, version)),
        }
    }
    if runs.is_empty() {
        return "it has none yet, `tidewheel run` trains the first".to_owned();
    }
    let runs = runs.iter().map(|&(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first} and {last}"),
        _ => format!("{first} to {last}"),
    });
    format!("it has {}", runs.collect::<Vec<_>>().join(", "))
}

fn say_switched(output: Output, format: Format, version: &ModelVersion, what: &str) -> anyhow::Result<()> {
    if format == Format::Json {
        return output.json(version);
    }
    let done = output.paint(Tone::Good, &format!("version {}", version.version));
    output.line(format!("{done} of model '{}' {what}; servers follow within two seconds", version.name))
}

async fn list(registry: &Registry, model: &str, output: Output, format: Format) -> anyhow::Result<()> {
    let versions = registry.model_versions(model).await?;
    if format == Format::Json {
        return output.json(&versions);
    }
    if versions.is_empty() {
        return output.line(format!("model '{model}' has no version yet: `tidewheel run` trains the first"));
    }
    let mut table =
        Table::new(["version", "stage", "aliases", "R2", "RMSE", "R2 newest batch", "created", "rejected by"]);
    for version in &versions {
        table.row([
            number(format!("v{}", version.version)),
            stage(version.stage),
            text(version.aliases.join(", ")),
            metric(&version.metrics, "r2"),
            metric(&version.metrics, "rmse"),
            metric(&version.metrics_newest_batch, "r2"),
            text(version.created_at),
            optional(version.rejected_by.as_ref()),
        ]);
    }
    output.table(&table)
}

fn stage(stage: Stage) -> Cell {
    let tone = match stage {
        Stage::Production => Tone::Good,
        Stage::Staging => Tone::Warn,
        Stage::None | Stage::Archived => Tone::Dim,
    };
    text(stage).tone(tone)
}

async fn show(
    registry: &Registry,
    model: &str,
    number_wanted: VersionNumber,
    output: Output,
    format: Format,
) -> anyhow::Result<()> {
    let version = find(registry, model, number_wanted).await?;
    let run = registry.run(&version.run_id).await?;
    let artifacts = registry.objects().list_artifacts(&version.run_id, "").await?;
    let ledger = registry.ledger(model).await?;
    let ledger = ledger.into_iter().filter(|entry| entry.version == number_wanted.0).collect::<Vec<LedgerEntry>>();
    if format == Format::Json {
        let mut shown = serde_json::to_value(&version)?;
        shown["ledger"] = json!(ledger);
        shown["run"] = json!(run);
        let files = artifacts.iter().map(|file| json!({"path": file.path, "size_bytes": file.size_bytes}));
        shown["artifacts"] = files.collect();
        return output.json(&shown);
    }
    output.line(format!("version {} of model '{model}'", version.version))?;
    output.line(format!("  stage     {}", version.stage))?;
    output.line(format!("  aliases   {}", version.aliases.join(", ")))?;
    output.line(format!("  run       {}", version.run_id))?;
    output.line(format!("  created   {}", version.created_at))?;
    if let Some(reason) = &version.rejected_by {
        output.line(format!("  rejected  {reason}"))?;
    }
    output.line("")?;
    let mut metrics = Table::new(["metric", "hold-out rows", "of the newest batch"]);
    for name in version.metrics.keys() {
        metrics.row([text(name), metric(&version.metrics, name), metric(&version.metrics_newest_batch, name)]);
    }
    output.table(&metrics)?;
    if let Some(run) = run.filter(|run| !run.params.is_empty()) {
        output.line("")?;
        let mut params = Table::new(["parameter", "value"]);
        for (name, value) in &run.params {
            params.row([text(name), text(value)]);
        }
        output.table(&params)?;
    }
    if !artifacts.is_empty() {
        output.line("")?;
        let mut files = Table::new(["file", "bytes"]);
        for file in &artifacts {
            files.row([text(&file.path), number(crate::output::thousands(file.size_bytes as i64))]);
        }
        output.table(&files)?;
    }
    if !ledger.is_empty() {
        output.line("")?;
        let mut lines = Table::new(["when", "what", "who", "why"]);
        for entry in &ledger {
            lines.row([text(entry.at), text(entry.event.as_str()), text(&entry.who), text(&entry.reason)]);
        }
        output.table(&lines)?;
    }
    Ok(())
}
