//! `tidewheel model explain`: what each feature adds to each prediction.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tidewheel_boost::Explainer;

use super::columns::Columns;
use super::{csv_heading, csv_row, files, write_csv};
use crate::cli::Globals;
use crate::command::drift::read;
use crate::failure::Status;

/// Explain each row of a CSV or Parquet file: a CSV with the exact SHAP value of each feature, and `base_value`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel model explain units.ubj march.csv --out shap.csv\n\n\
                        The values of a row and its base_value add up to its prediction (for binary:logistic, to its \
                        log-odds).")]
pub(super) struct ExplainArgs {
    /// The model: .ubj or .json
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The rows: CSV or Parquet, with the columns that the model was trained on
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the values go [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(globals: &Globals, args: ExplainArgs) -> anyhow::Result<Status> {
    let out = args.out.clone();
    let csv = tokio::task::spawn_blocking(move || values(&args)).await.context("explaining was interrupted")??;
    write_csv(globals, out.as_deref(), &csv)?;
    Ok(Status::SUCCESS)
}

fn values(args: &ExplainArgs) -> anyhow::Result<Vec<u8>> {
    let model = files::read(&args.model)?;
    let table = read(&args.file)?;
    let columns = Columns::of(&model, &table)?;
    let features = columns.features(&table)?;
    let mut rows = Vec::with_capacity(table.rows() * features.len());
    for row in 0..table.rows() {
        rows.extend(features.iter().map(|column| column[row]));
    }
    let explainer = Explainer::new(&model);
    let values = explainer.explain_rows(&rows)?;
    let names = columns.names();
    let mut csv = csv_heading(names.iter().map(String::as_str).chain(["base_value"]));
    for row in values.chunks(features.len()) {
        csv_row(&mut csv, row.iter().copied().chain([explainer.base_value()]));
    }
    Ok(csv)
}
