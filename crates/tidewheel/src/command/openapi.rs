//! `tidewheel openapi`: the document of the project's inference API.

use clap::Args;
use tidewheel_data::recipe::fit::input_columns;

use crate::cli::Globals;
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::output::Output;

/// Print the OpenAPI document of the project's inference API
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel -C my-project openapi > openapi.json")]
pub(crate) struct OpenapiArgs {}

pub(crate) fn run(globals: &Globals, _args: OpenapiArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let inputs = input_columns(&context.project).map_err(wrong_use)?;
    let document = tidewheel_serve::inference::openapi(&context.project, &inputs, env!("CARGO_PKG_VERSION"));
    Output::new(globals.color).json(&document)?;
    Ok(Status::SUCCESS)
}
