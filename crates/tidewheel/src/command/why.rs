//! `tidewheel why`: the decision behind a training, or behind not training.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tidewheel_domain::VersionNumber;
use tidewheel_domain::decision::Decision;
use tidewheel_domain::turn::Turn;
use tidewheel_drift::{Lang, prose};
use tidewheel_registry::Registry;
use tidewheel_report::{decision_html, decision_markdown, effects_svg, labels};

use super::runs;
use crate::cli::{Globals, Language};
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::files::write_whole;
use crate::output::{Output, Tone};

/// Say why a version was trained, or why a turn did or did not train
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel why 6\n  \
                        tidewheel why v6 --lang es --format html > why.html\n  \
                        tidewheel why 4f1c --format json")]
pub(crate) struct WhyArgs {
    /// A model version, such as 6 or v6; or a turn's id, or its first characters (four or more)
    #[arg(value_name = "VERSION|RUN")]
    what: String,
    /// The language of the text
    #[arg(long, value_enum, default_value_t = Language::En)]
    lang: Language,
    /// How to print: the record itself is `json`
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = WhyFormat::Text)]
    format: WhyFormat,
    /// Also draw each column's largest effect against its bound, as SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WhyFormat {
    Text,
    Md,
    Json,
    Html,
}

pub(crate) async fn run(globals: &Globals, args: WhyArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let registry = context.registry().await?;
    let turn = find(&registry, &context, &args.what).await?;
    registry.close().await;
    let record = turn
        .decision
        .clone()
        .with_context(|| format!("turn {} has no decision: it is {}{}", turn.number, turn.state, error_of(&turn)))?;
    let decision: Decision =
        serde_json::from_value(record.clone()).context("the stored decision is not one that this version can read")?;
    let output = Output::new(globals.color);
    let lang = Lang::from(args.lang);
    let labels = labels(&context.project, lang);
    if let Some(path) = &args.plot {
        write_whole(path, effects_svg(&decision, lang, &labels).as_bytes())?;
    }
    let known = tidewheel_report::Context::of(&turn);
    match args.format {
        WhyFormat::Json => {
            let mut record = record;
            record["run_id"] = turn.run_id.as_str().into();
            record["turn"] = turn.number.into();
            record["model_version"] = turn.model_version.into();
            output.json(&record)?;
        }
        WhyFormat::Md => output.text(&decision_markdown(&decision, lang, &labels, &known))?,
        WhyFormat::Html => output.text(&decision_html(&decision, lang, &labels, &known))?,
        WhyFormat::Text => {
            let text = prose(&decision, lang, &labels);
            let (verdict, because) = text.split_once("\n\n").unwrap_or((&text, ""));
            output.line(output.paint(Tone::Strong, verdict))?;
            if !because.is_empty() {
                output.line(format!("\n{because}"))?;
            }
        }
    }
    Ok(Status::SUCCESS)
}

fn error_of(turn: &Turn) -> String {
    turn.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default()
}

/// The turn behind a version, or the turn itself.
async fn find(registry: &Registry, context: &Context, what: &str) -> anyhow::Result<Turn> {
    let model = &context.project.model_name;
    let number = what.parse::<VersionNumber>().ok();
    if let Some(number) = number {
        if let Some(version) = registry.model_version(model, number.0).await? {
            // A version is made by a training, which is the child of its turn.
            let run = registry.run(&version.run_id).await?;
            let turn = match run.and_then(|run| run.parent) {
                Some(parent) => registry.turn(&parent).await?,
                None => registry.turn(&version.run_id).await?,
            };
            return turn.ok_or_else(|| {
                wrong_use(format!(
                    "version {number} of model '{model}' was not trained by the loop: no decision led to it"
                ))
            });
        }
        if what.len() < 4 {
            let hint = "`tidewheel models list` names them; a turn is named by its id";
            return Err(wrong_use(format!("model '{model}' has no version {number}; {hint}")));
        }
    }
    runs::find(registry, context, what).await
}
