//! `tidewheel model`: the trainer alone, on files. Needs no project.

/// How the columns of a file become the features of a model.
mod columns;

/// `model convert`
mod convert;

/// `model explain`
mod explain;

/// Model files by extension.
mod files;

/// `model predict`
mod predict;

/// `model train`
mod train;

use std::io::Write;
use std::path::Path;

use clap::{Args, Subcommand};

use crate::cli::Globals;
use crate::failure::Status;
use crate::files::write_whole;
use crate::output::Output;

/// Train, predict, explain and convert models on files, without a project
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel model train sales.csv --target units --out units.ubj\n  \
                        tidewheel model predict units.ubj march.csv --out predictions.csv")]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    Train(train::TrainArgs),
    Predict(predict::PredictArgs),
    Explain(explain::ExplainArgs),
    Convert(convert::ConvertArgs),
}

pub(crate) async fn run(globals: &Globals, args: ModelArgs) -> anyhow::Result<Status> {
    match args.command {
        ModelCommand::Train(args) => train::run(globals, args).await,
        ModelCommand::Predict(args) => predict::run(globals, args).await,
        ModelCommand::Explain(args) => explain::run(globals, args).await,
        ModelCommand::Convert(args) => convert::run(globals, args),
    }
}

/// Writes CSV to a file, whole or not at all, or to stdout.
fn write_csv(globals: &Globals, out: Option<&Path>, csv: &[u8]) -> anyhow::Result<()> {
    match out {
        Some(path) => write_whole(path, csv),
        None => Output::new(globals.color).bytes(csv),
    }
}

/// The heading of a CSV file.
fn csv_heading<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut line = names.into_iter().map(csv_field).collect::<Vec<_>>().join(",").into_bytes();
    line.push(b'\n');
    line
}

fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// One row of numbers, each written so that it reads back as the same number; what is missing is empty.
fn csv_row(csv: &mut Vec<u8>, values: impl IntoIterator<Item = f64>) {
    for (place, value) in values.into_iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        // Writing to memory cannot fail.
        let _ = if value.is_nan() { write!(csv, "{comma}") } else { write!(csv, "{comma}{value}") };
    }
    csv.push(b'\n');
}

/// Runs on a pool of so many threads, or on the one that all share.
fn on_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    match threads {
        None => work(),
        Some(threads) => rayon::ThreadPoolBuilder::new().num_threads(threads).build()?.install(work),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_quoted_where_it_must_be_and_missing_is_empty() {
        let mut csv = csv_heading(["a", "b,c", "say \"hi\""]);
        csv_row(&mut csv, [0.1, f64::NAN, -3.0]);
        assert_eq!(csv, b"a,\"b,c\",\"say \"\"hi\"\"\"\n0.1,,-3\n");
    }
}
