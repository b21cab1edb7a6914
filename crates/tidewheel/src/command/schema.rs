//! `tidewheel schema`: JSON Schemas of the project file and of the decision record.

use clap::{Args, ValueEnum};
use tidewheel_domain::{decision, project};

use crate::cli::Globals;
use crate::failure::Status;
use crate::output::Output;

/// Print a JSON Schema: of tidewheel.toml, so that editors complete and check it, or of the decision record
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewheel schema > tidewheel.schema.json\n  tidewheel schema decision")]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum, default_value_t = Subject::Project)]
    of: Subject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The project file
    Project,
    /// What `why --format json` prints, and what each turn keeps as `decision/decision.json`
    Decision,
}

pub(crate) fn run(globals: &Globals, args: SchemaArgs) -> anyhow::Result<Status> {
    Output::new(globals.color).json(&match args.of {
        Subject::Project => project::json_schema(),
        Subject::Decision => decision::json_schema(),
    })?;
    Ok(Status::SUCCESS)
}
