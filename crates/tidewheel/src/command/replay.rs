//! `tidewheel replay`: past batches under other policies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tidewheel_chart::timeline::{self, ActionKind, Column, Kind, Timeline, Track};
use tidewheel_chart::{Caption, Chart, Style};
use tidewheel_domain::decision::{PolicyName, PolicySettings};
use tidewheel_domain::project::Layers;
use tidewheel_domain::turn::Action;
use tidewheel_pipeline::replay::{Candidate, Replay, ReplayedBatch, replay};

use crate::cli::{FormatFlag, Globals};
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::files::write_whole;
use crate::output::{Cell, Format, Output, Table, Tone, duration, number, optional, text};
use crate::progress::Progress;
use crate::shutdown;
use crate::summary::Bars;
use crate::turning::turning;

/// Say what other policies would have decided about all past batches: which trainings would, and would not, have happened
///
/// Each batch is decided about anew, with the model that the policy would have had in production. Nothing is trained and
/// nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel replay --policy stricter.toml\n  \
                        tidewheel replay --policy reference --policy effect --plot replay.svg")]
pub(crate) struct ReplayArgs {
    /// A TOML file with a section [policy] (and [drift]); or the name of a policy: costly-drift, effect, reference
    #[arg(long = "policy", value_name = "FILE", required = true)]
    policies: Vec<String>,
    /// Also draw the decisions, batch by batch, as SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    format: FormatFlag,
}

pub(crate) async fn run(globals: &Globals, args: ReplayArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let candidates =
        args.policies.iter().map(|policy| candidate(policy, &context)).collect::<anyhow::Result<Vec<_>>>()?;
    let registry = context.registry().await?;
    let bars = Arc::new(Bars::new(Progress::new(globals.quiet)));
    let turning = turning(&context, registry.clone(), bars.clone(), shutdown::on_signal());
    let replays = replay(&turning, &candidates).await;
    bars.clear();
    registry.close().await;
    let replays = replays?;
    let output = Output::new(globals.color);
    if let Some(path) = &args.plot {
        write_whole(path, plot(&replays).as_bytes())?;
    }
    match args.format.format {
        Format::Json => output.json(&replays)?,
        Format::Text => print(output, &replays)?,
    }
    Ok(Status::SUCCESS)
}

/// A policy by its file or its name.
fn candidate(policy: &str, context: &Context) -> anyhow::Result<Candidate> {
    let names = [PolicyName::CostlyDrift, PolicyName::Effect, PolicyName::Reference];
    let named = names.into_iter().find(|name| name.as_str() == policy);
    if let Some(name) = named.filter(|_| !Path::new(policy).exists()) {
        let own = &context.project.policy;
        // The columns of the reference's test belong to the project.
        let settings = PolicySettings { ks_columns: own.ks_columns.clone(), ..PolicySettings::of(name) };
        return Ok(Candidate { name: policy.to_owned(), policy: settings, drift: context.project.drift.clone() });
    }
    let wrong = |message: String| wrong_use(format!("--policy '{policy}': {message}"));
    let text = std::fs::read_to_string(policy).map_err(|error| {
        wrong(format!("{error}; give a TOML file with a section [policy], or one of costly-drift, effect, reference"))
    })?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
    if !table.contains_key("policy") {
        return Err(wrong("it has no section [policy]".to_owned()));
    }
    let raw = Layers::new().file(policy, &text)?.raw()?;
    raw.policy.validate().map_err(wrong)?;
    raw.drift.validate().map_err(wrong)?;
    let drift = if table.contains_key("drift") { raw.drift } else { context.project.drift.clone() };
    Ok(Candidate { name: policy.to_owned(), policy: raw.policy, drift })
}

fn print(output: Output, replays: &[Replay]) -> anyhow::Result<()> {
    let Some(longest) = replays.iter().map(|replay| replay.batches.len()).max().filter(|&rows| rows > 0) else {
        return output.line("no batch has been decided about yet: `tidewheel run` turns the first");
    };
    let headings = ["batch".to_owned()].into_iter().chain(replays.iter().map(|replay| replay.policy.clone()));
    let mut table = Table::new(headings.collect::<Vec<_>>());
    for row in 0..longest {
        let batch = replays.iter().find_map(|replay| replay.batches.get(row)).map(|batch| batch.batch);
        let cells = replays.iter().map(|replay| replay.batches.get(row).map_or_else(|| text(""), decided));
        table.row([optional(batch)].into_iter().chain(cells));
    }
    output.table(&table)?;
    output.line("")?;
    let mut sums = Table::new(["policy", "trainings", "compute", "mean error before learning", "not known"]);
    for replay in replays {
        sums.row([
            text(&replay.policy),
            number(replay.trainings as i64),
            text(duration(replay.compute_ms)),
            optional(replay.mean_error.map(|error| format!("{error:.4}"))),
            number(replay.unknown as i64),
        ]);
    }
    output.table(&sums)?;
    if replays.iter().any(|replay| replay.unknown > 0) {
        output.line("")?;
        output.line(output.paint(
            Tone::Dim,
            "* a training that never took place: what it would have learnt is not known, so the old model stays in the replay",
        ))?;
    }
    Ok(())
}

fn decided(batch: &ReplayedBatch) -> Cell {
    let mark = if batch.known { "" } else { "*" };
    let tone = match batch.action {
        Action::Skip => Tone::Dim,
        Action::StopAndAsk => Tone::Warn,
        _ => Tone::Plain,
    };
    text(format!("{}{mark} ({})", batch.action, batch.rule.as_str())).tone(tone)
}

/// The decisions of each policy, batch by batch.
fn plot(replays: &[Replay]) -> String {
    let batches = replays.first().map(|replay| replay.batches.as_slice()).unwrap_or_default();
    let column = |batch: &ReplayedBatch| Column { label: batch.batch.to_string(), ..Column::default() };
    let action = |batch: &ReplayedBatch| {
        let kind = match batch.action {
            Action::Skip => ActionKind::Skip,
            Action::StopAndAsk => ActionKind::Ask,
            Action::Baseline | Action::Retrain | Action::ShadowTrain => ActionKind::Train,
        };
        let label = batch.action.as_str().replace('_', " ");
        Some(timeline::Action { kind, label, note: batch.rule.as_str().replace('_', " ") })
    };
    let track = |replay: &Replay| Track {
        label: replay.policy.clone(),
        note: format!("{} trainings", replay.trainings),
        kind: Kind::Actions(replay.batches.iter().map(action).collect()),
    };
    let timeline = Timeline {
        caption: Caption::new("Decisions by policy", "what each policy would have done with every batch"),
        axis: "batch".to_owned(),
        columns: batches.iter().map(column).collect(),
        tracks: replays.iter().map(track).collect(),
        earlier: "{} earlier ones are not shown".to_owned(),
    };
    timeline.render(&Style::picture(960.0))
}
