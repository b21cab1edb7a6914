//! `tidewheel why`: the decision behind a training, or behind not training.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tidewheel_chart::interval::{EffectRow, effects};
use tidewheel_domain::VersionNumber;
use tidewheel_domain::decision::{ColumnLabel, ColumnLabels, Decision};
use tidewheel_domain::project::Project;
use tidewheel_domain::turn::Turn;
use tidewheel_drift::{Lang, headline, prose};
use tidewheel_registry::Registry;

use super::runs;
use crate::cli::Globals;
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::files::write_whole;
use crate::output::{Output, Tone};

/// Say why a version was trained, or why a turn did or did not train
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel why 6\n  \
                        tidewheel why v6 --lang es\n  \
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

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    En,
    Es,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WhyFormat {
    Text,
    Md,
    Json,
    #[value(hide = true)]
    Html,
}

pub(crate) async fn run(globals: &Globals, args: WhyArgs) -> anyhow::Result<Status> {
    if args.format == WhyFormat::Html {
        return Err(wrong_use("--format html comes later; text, md and json are there"));
    }
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
    let lang = match args.lang {
        Language::En => Lang::En,
        Language::Es => Lang::Es,
    };
    let labels = labels(&context.project, lang);
    if let Some(path) = &args.plot {
        write_whole(path, plot(&decision, lang, &labels).as_bytes())?;
    }
    match args.format {
        WhyFormat::Json => {
            let mut record = record;
            record["run_id"] = turn.run_id.as_str().into();
            record["turn"] = turn.number.into();
            record["model_version"] = turn.model_version.into();
            output.json(&record)?;
        }
        WhyFormat::Md => output.text(&markdown(&decision, lang, &labels))?,
        WhyFormat::Text | WhyFormat::Html => {
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

/// The largest effect of each column against its bound, as SVG.
fn plot(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> String {
    let name =
        |column: &str| labels.get(column).and_then(|label| label.label.clone()).unwrap_or_else(|| column.to_owned());
    let columns = decision.report.columns.iter();
    let rows = columns.filter_map(|column| {
        let effect = column.effect.as_ref()?;
        Some(EffectRow {
            label: name(&column.name),
            measure: effect.name.as_str().replace('_', " "),
            value: effect.value,
            low: effect.low,
            high: effect.high,
            bound: effect.bound,
        })
    });
    let mut rows = rows.collect::<Vec<_>>();
    rows.sort_by(|a, b| (b.value / b.bound).total_cmp(&(a.value / a.bound)));
    let title = headline(decision, lang, labels);
    effects(title.split(',').next().unwrap_or(&title), &rows)
}

/// How the project calls its columns.
fn labels(project: &Project, lang: Lang) -> ColumnLabels {
    let label = |(english, spanish): &(String, String)| match lang {
        Lang::En => english.clone(),
        Lang::Es => spanish.clone(),
    };
    let columns = project.columns.iter();
    let named = |column: &tidewheel_domain::project::ColumnSpec| ColumnLabel {
        label: Some(label(&column.label)),
        unit: column.unit.clone(),
    };
    columns.map(|column| (column.name.clone(), named(column))).collect()
}

/// The decision as a page of Markdown.
fn markdown(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> String {
    let words = prose(decision, lang, labels);
    let (_, because) = words.split_once("\n\n").unwrap_or(("", ""));
    let mut text = format!("# {}\n\n{because}\n", headline(decision, lang, labels));
    if !decision.report.columns.is_empty() {
        let heading = match lang {
            Lang::En => "| column | effect | value | interval | bound | drifted |",
            Lang::Es => "| columna | efecto | valor | intervalo | cota | ha cambiado |",
        };
        let _ = write!(text, "\n{heading}\n| --- | --- | ---: | --- | ---: | --- |\n");
        for column in &decision.report.columns {
            let drifted = match (column.drifted, lang) {
                (true, Lang::En) => "yes",
                (true, Lang::Es) => "sí",
                (false, _) => "no",
            };
            let name = escaped(&column.name);
            let _ = match &column.effect {
                Some(effect) => writeln!(
                    text,
                    "| {name} | {} | {:.4} | {:.4} to {:.4} | {} | {drifted} |",
                    effect.name.as_str(),
                    effect.value,
                    effect.low,
                    effect.high,
                    effect.bound
                ),
                None => writeln!(text, "| {name} | | | | | {drifted} |"),
            };
        }
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ")
}
