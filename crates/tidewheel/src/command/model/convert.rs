//! `tidewheel model convert`: a model from one format to another.

use std::path::PathBuf;

use clap::Args;

use super::files;
use crate::cli::Globals;
use crate::failure::Status;
use crate::output::{Output, Tone};

/// Convert a model between formats, named by the extensions: .json and .ubj (XGBoost)
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel model convert units.json units.ubj")]
pub(super) struct ConvertArgs {
    /// The model to read
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// The model to write
    #[arg(value_name = "OUT")]
    to: PathBuf,
}

pub(super) fn run(globals: &Globals, args: ConvertArgs) -> anyhow::Result<Status> {
    files::can_write(&args.to)?;
    let model = files::read(&args.from)?;
    files::write(&args.to, &model)?;
    let output = Output::new(globals.color);
    let (trees, features) = (model.rounds(), model.num_features());
    let wrote = output.paint(Tone::Good, "wrote");
    output.line(format!("{wrote} {} ({trees} trees, {features} features)", args.to.display()))?;
    Ok(Status::SUCCESS)
}
