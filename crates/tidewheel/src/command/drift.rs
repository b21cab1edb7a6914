//! `tidewheel drift`: what changed between two files. Needs no project.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tidewheel_data::read::{ReadError, read_table};
use tidewheel_domain::decision::{Action, BatchRef, ColumnLabels, Decision, PolicyName, PolicySettings, ReferenceKind};
use tidewheel_domain::drift_report::DriftSettings;
use tidewheel_domain::project::Layers;
use tidewheel_drift::{DriftError, Lang, PolicyInputs, add_classifier, compare, decide, headline, render_text};
use tidewheel_pipeline::training::classifier::TreeClassifier;
use tidewheel_report::drift_html;

use crate::cli::{Globals, Language};
use crate::failure::{Status, wrong_use};
use crate::output::{Output, Tone};
use crate::progress::Progress;

/// Compare two files (CSV or Parquet), column by column: what changed, how much, and does it matter
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel drift january.csv february.parquet\n  \
                        tidewheel drift january.csv february.csv --policy tidewheel.toml --format json\n  \
                        tidewheel drift january.csv february.csv --multivariate --format html > drift.html\n\n\
                        Exit codes: 0 nothing drifted, 10 something did, 1 the files could not be compared, 2 wrong use.")]
pub(crate) struct DriftArgs {
    /// The file to compare with
    #[arg(value_name = "REFERENCE")]
    reference: PathBuf,
    /// The file under test
    #[arg(value_name = "CURRENT")]
    current: PathBuf,
    /// A TOML file whose sections [drift] and [policy] set bounds and rules, such as a project file
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Also ask whether a classifier can tell the files apart by all columns together: it sees changes that no column
    /// shows by itself
    #[arg(long)]
    multivariate: bool,
    /// The language of the headline and of the HTML page; tables of text stay English
    #[arg(long, value_enum, default_value_t = Language::En)]
    lang: Language,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DriftFormat::Text)]
    format: DriftFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DriftFormat {
    Text,
    Json,
    Html,
}

pub(crate) async fn run(globals: &Globals, args: DriftArgs) -> anyhow::Result<Status> {
    let (drift, policy) = settings(args.policy.as_deref())?;
    let progress = Progress::new(globals.quiet).spinner("comparing");
    let (format, lang) = (args.format, Lang::from(args.lang));
    let decision = tokio::task::spawn_blocking(move || decision(&args, &drift, policy))
        .await
        .context("the comparison was interrupted")?;
    progress.finish_and_clear();
    let decision = decision?;

    let output = Output::new(globals.color);
    let drifted = decision.action != Action::Skip || told_apart(&decision);
    match format {
        DriftFormat::Json => output.json(&decision)?,
        DriftFormat::Html => output.text(&drift_html(&decision, lang, &ColumnLabels::new()))?,
        DriftFormat::Text => {
            let tone = if drifted { Tone::Warn } else { Tone::Good };
            if decision.action == Action::Skip && told_apart(&decision) {
                let words =
                    "No column drifted by itself, but all of them together did: a classifier tells the files apart";
                output.line(output.paint(tone, words))?;
            } else {
                output.line(output.paint(tone, &headline(&decision, lang, &ColumnLabels::new())))?;
            }
            output.line("")?;
            output.text(&render_text(&decision.report))?;
        }
    }
    Ok(if drifted { Status::DRIFTED } else { Status::SUCCESS })
}

/// Whether a classifier was asked, and could.
fn told_apart(decision: &Decision) -> bool {
    decision.report.classifier.as_ref().is_some_and(|classifier| classifier.over)
}

fn settings(file: Option<&Path>) -> anyhow::Result<(DriftSettings, PolicySettings)> {
    let Some(file) = file else { return Ok((DriftSettings::default(), PolicySettings::of(PolicyName::Effect))) };
    let text =
        std::fs::read_to_string(file).map_err(|error| wrong_use(format!("--policy '{}': {error}", file.display())))?;
    let raw = Layers::new().file(&file.display().to_string(), &text)?.raw()?;
    let named = |message: String| wrong_use(format!("{}: {message}", file.display()));
    raw.drift.validate().map_err(named)?;
    raw.policy.validate().map_err(named)?;
    // Two files have no champion whose error could be asked for.
    let policy = match raw.policy.name {
        PolicyName::Reference => raw.policy,
        _ => PolicySettings { name: PolicyName::Effect, ..raw.policy },
    };
    Ok((raw.drift, policy))
}

fn decision(args: &DriftArgs, drift: &DriftSettings, policy: PolicySettings) -> anyhow::Result<Decision> {
    let (reference, current) = (&args.reference, &args.current);
    let (before, after) = rayon::join(|| read(reference), || read(current));
    let (before, after) = (before?, after?);
    let mut report = compare(&before, &after, drift).map_err(|error| match error {
        DriftError::UnknownColumn(_) | DriftError::Settings(_) => wrong_use(format!("--policy: {error}")),
        error => anyhow::Error::new(error),
    })?;
    if args.multivariate {
        add_classifier(&mut report, (&before, &after), drift, &TreeClassifier).context("--multivariate")?;
    }
    report.reference.label = Some(reference.display().to_string());
    report.current.label = Some(current.display().to_string());
    Ok(decide(&PolicyInputs {
        batch: BatchRef { rows: after.rows() as u64, ..BatchRef::default() },
        policy,
        drift: Some((ReferenceKind::File, report)),
        ..PolicyInputs::default()
    }))
}

/// Reads a table; that the format is not one that can be read is wrong use.
pub(crate) fn read(path: &Path) -> anyhow::Result<tidewheel_domain::Table> {
    read_table(path).map_err(|error| match error {
        ReadError::UnknownFormat { .. } => wrong_use(error),
        error => anyhow::Error::new(error),
    })
}
