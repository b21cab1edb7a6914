//! `tidewheel source-api`: a data API, emulated over a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tidewheel_data::read::{RawBatch, read_file, read_parquet};
use tidewheel_serve::inference::bind;
use tidewheel_serve::source_api::{RowForm, SourceApi};

use super::serve::wrong_or_failed;
use crate::bundled;
use crate::cli::Globals;
use crate::failure::{Status, wrong_use};
use crate::output::{Output, thousands};
use crate::shutdown;

/// Deal a file out in batches over HTTP, one a request, as an external data API does
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
                        tidewheel source-api --data sales.parquet --batches 10\n  \
                        curl -s 'localhost:8001/data?group_number=5&day=Tuesday'\n\n\
                        GET /restart_data_generation starts again; after the last batch GET /data answers 400.")]
pub(crate) struct SourceApiArgs {
    /// The CSV or Parquet file to deal; builtin:real-estate is the data set of the bundled project
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Equal parts to deal it in
    #[arg(long, value_name = "N", default_value_t = 10)]
    batches: usize,
    /// Deal the distinct rows in random order, drawn from this seed
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// How rows are written where a request does not say
    #[arg(long, value_enum, default_value_t = Rows::Objects)]
    rows: Rows,
    /// Where to listen; other than loopback needs --insecure
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8001")]
    listen: SocketAddr,
    /// Accept that others can reach the API
    #[arg(long)]
    insecure: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rows {
    /// {"a": 1.0, "b": null}
    Objects,
    /// ["1.0", ""]
    Arrays,
}

pub(crate) async fn run(globals: &Globals, args: SourceApiArgs) -> anyhow::Result<Status> {
    let listener = bind(args.listen, args.insecure).await.map_err(wrong_or_failed)?;
    let stop = shutdown::on_signal();
    let (data, batches, shuffle) = (args.data.clone(), args.batches, args.shuffle);
    let api = tokio::task::spawn_blocking(move || source_api(&data, batches, shuffle))
        .await
        .context("reading was interrupted")??;
    let api = api.with_row_form(match args.rows {
        Rows::Objects => RowForm::Objects,
        Rows::Arrays => RowForm::Arrays,
    });
    let address = listener.local_addr()?;
    let (rows, batches) = (thousands(api.rows() as i64), api.batches());
    let output = Output::new(globals.color);
    output.line(format!("listening on http://{address} ({rows} rows in {batches} batches, Ctrl-C stops)"))?;
    api.serve(listener, stop.cancelled_owned()).await.context("the data API has stopped")?;
    Ok(Status::SUCCESS)
}

/// The emulated data API over a file or the bundled data set.
pub(crate) fn source_api(data: &Path, batches: usize, shuffle: Option<u64>) -> anyhow::Result<SourceApi> {
    let rows = rows(data)?;
    SourceApi::new(&rows, batches, shuffle).map_err(|error| match error {
        tidewheel_serve::source_api::SourceApiError::Batches { .. } => wrong_use(format!("--batches: {error}")),
        error => anyhow::Error::new(error),
    })
}

fn rows(data: &Path) -> anyhow::Result<RawBatch> {
    match data.to_str() {
        Some(bundled::DATA_PATH) => Ok(read_parquet(bundled::DATA.into(), bundled::DATA_PATH)?),
        Some(name) if name.starts_with("builtin:") => {
            Err(wrong_use(format!("'{name}': the only data set carried along is '{}'", bundled::DATA_PATH)))
        }
        _ => Ok(read_file(data)?),
    }
}
