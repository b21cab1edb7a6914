//! `tidewheel check`: is the project file in order?

use clap::Args;
use serde_json::json;
use tidewheel_domain::project::SourceSpec;

use crate::cli::{FormatFlag, Globals};
use crate::context::Context;
use crate::failure::Status;
use crate::output::{Format, Output, Tone};

/// Validate the project file: keys, values, names and expressions
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel -C my-project check\n\n\
                        Exit codes: 0 the file is in order, 2 it is not (the mistake is named).")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    format: FormatFlag,
}

pub(crate) fn run(globals: &Globals, args: CheckArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let output = Output::new(globals.color);
    let project = &context.project;
    let origins = context.layers.origins();
    let overrides = origins.iter().filter(|(_, origin)| !matches!(origin, tidewheel_domain::project::Origin::File(_)));
    let overrides = overrides.map(|(key, origin)| (key.clone(), origin.to_string())).collect::<Vec<_>>();
    match args.format.format {
        Format::Json => output.json(&json!({
            "valid": true,
            "project": project.name,
            "folder": context.root,
            "target": project.target,
            "columns": project.columns.iter().map(|column| &column.name).collect::<Vec<_>>(),
            "features": project.feature_names(),
            "source": project.source,
            "policy": project.policy,
            "overrides": overrides.iter().map(|(key, origin)| json!({"key": key, "origin": origin})).collect::<Vec<_>>(),
        }))?,
        Format::Text => {
            let verdict = output.paint(Tone::Good, "valid");
            output.line(format!("{verdict}: project '{}' in {}", project.name, context.root.display()))?;
            output.line(format!("  predicts  {} from {} features", project.target, project.feature_names().len()))?;
            output.line(format!("  columns   {}", project.columns.len()))?;
            output.line(format!("  source    {}", source(&project.source)))?;
            output.line(format!("  policy    {}", project.policy.name.as_str()))?;
            for (key, origin) in overrides {
                output.line(format!("  {key} is set by {origin}"))?;
            }
        }
    }
    Ok(Status::SUCCESS)
}

/// The source in a few words.
pub(crate) fn source(source: &SourceSpec) -> String {
    match source {
        SourceSpec::Http(http) => format!("data API at {}", http.url),
        SourceSpec::Files { path } => format!("files '{path}'"),
        SourceSpec::Emulator { path, batches, .. } => format!("emulated data API, '{path}' in {batches} batches"),
    }
}
