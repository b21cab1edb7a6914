//! `tidewheel schema`: the JSON Schema of the project file, for editors.

use clap::Args;

use crate::cli::Globals;
use crate::failure::Status;
use crate::output::Output;

/// Print the JSON Schema of tidewheel.toml, so that editors complete and check it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel schema > tidewheel.schema.json")]
pub(crate) struct SchemaArgs {}

pub(crate) fn run(globals: &Globals, _args: SchemaArgs) -> anyhow::Result<Status> {
    Output::new(globals.color).json(&tidewheel_domain::project::json_schema())?;
    Ok(Status::SUCCESS)
}
