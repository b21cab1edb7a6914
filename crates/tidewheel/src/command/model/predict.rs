//! `tidewheel model predict`: predictions for the rows of a file.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::columns::Columns;
use super::{csv_heading, files, write_csv};
use crate::cli::Globals;
use crate::command::drift::read;
use crate::failure::Status;

/// Predict each row of a CSV or Parquet file: a CSV with the column `prediction`, in the file's order
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel model predict units.ubj march.csv --out predictions.csv")]
pub(super) struct PredictArgs {
    /// The model: .ubj or .json
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The rows: CSV or Parquet, with the columns that the model was trained on
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the predictions go [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(globals: &Globals, args: PredictArgs) -> anyhow::Result<Status> {
    let out = args.out.clone();
    let csv = tokio::task::spawn_blocking(move || predictions(&args)).await.context("predicting was interrupted")??;
    write_csv(globals, out.as_deref(), &csv)?;
    Ok(Status::SUCCESS)
}

fn predictions(args: &PredictArgs) -> anyhow::Result<Vec<u8>> {
    let model = files::read(&args.model)?;
    let table = read(&args.file)?;
    let features = Columns::of(&model, &table)?.features(&table)?;
    let mut csv = csv_heading(["prediction"]);
    for prediction in model.predict_columns(&features)? {
        // The shortest text that reads back as the same f32.
        csv.extend_from_slice(prediction.to_string().as_bytes());
        csv.push(b'\n');
    }
    Ok(csv)
}
