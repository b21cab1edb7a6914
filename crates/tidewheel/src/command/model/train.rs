//! `tidewheel model train`: a model from a file.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tidewheel_boost::{Dataset, DatasetError, Model, Params, TrainError, TrainOptions};
use tidewheel_domain::{Column, Metric, Metrics, Table};

use super::columns::Columns;
use super::{files, on_threads};
use crate::cli::{FormatFlag, Globals};
use crate::command::drift::read;
use crate::failure::{Status, wrong_use};
use crate::output::{Format, Output, Tone, duration, thousands};
use crate::progress::Progress;

/// Train a model on a CSV or Parquet file: every column but the target is a feature
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel model train sales.csv --target units --out units.ubj\n  \
                        tidewheel model train sales.csv --target units --out units.json --rounds 300 --eta 0.1 --format json")]
pub(super) struct TrainArgs {
    /// The file: CSV or Parquet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The column to predict
    #[arg(long, value_name = "COL")]
    target: String,
    /// Where the model goes: .ubj or .json (XGBoost's formats)
    #[arg(long, value_name = "MODEL")]
    out: PathBuf,
    /// A column that is no feature; may be repeated
    #[arg(long, value_name = "COL")]
    leave_out: Vec<String>,
    #[command(flatten)]
    params: ParamFlags,
    /// Threads to compute with [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(flatten)]
    format: FormatFlag,
}

/// The parameters of training; their ranges are checked by the trainer.
#[derive(Debug, Args)]
struct ParamFlags {
    /// Trees
    #[arg(long, value_name = "N", default_value_t = Params::default().num_rounds, help_heading = "Parameters")]
    rounds: usize,
    /// Most splits between the root and a leaf
    #[arg(long, value_name = "N", default_value_t = Params::default().max_depth, help_heading = "Parameters")]
    max_depth: usize,
    /// Learning rate, above 0 to 1
    #[arg(long, value_name = "X", default_value_t = Params::default().eta, help_heading = "Parameters")]
    eta: f64,
    /// Share of the rows drawn for each tree
    #[arg(long, value_name = "X", default_value_t = Params::default().subsample, help_heading = "Parameters")]
    subsample: f64,
    /// Share of the features drawn for each tree
    #[arg(long, value_name = "X", default_value_t = Params::default().colsample_bytree, help_heading = "Parameters")]
    colsample: f64,
    /// Least sum of hessians in a leaf: its rows, for squared error
    #[arg(long, value_name = "X", default_value_t = Params::default().min_child_weight, help_heading = "Parameters")]
    min_child_weight: f64,
    /// L2 penalty on leaf weights
    #[arg(long, value_name = "X", default_value_t = Params::default().lambda, help_heading = "Parameters")]
    lambda: f64,
    /// L1 penalty on leaf weights
    #[arg(long, value_name = "X", default_value_t = Params::default().alpha, help_heading = "Parameters")]
    alpha: f64,
    /// Bins of a feature, 2 to 256
    #[arg(long, value_name = "N", default_value_t = Params::default().max_bin, help_heading = "Parameters")]
    max_bin: usize,
    /// Seed of row and feature sampling
    #[arg(long, value_name = "N", default_value_t = Params::default().seed, help_heading = "Parameters")]
    seed: u64,
}

impl ParamFlags {
    fn params(&self) -> anyhow::Result<Params> {
        let params = Params {
            num_rounds: self.rounds,
            max_depth: self.max_depth,
            eta: self.eta,
            subsample: self.subsample,
            colsample_bytree: self.colsample,
            min_child_weight: self.min_child_weight,
            lambda: self.lambda,
            alpha: self.alpha,
            max_bin: self.max_bin,
            seed: self.seed,
            ..Params::default()
        };
        params.checked().map_err(wrong_use)?;
        Ok(params)
    }
}

pub(super) async fn run(globals: &Globals, args: TrainArgs) -> anyhow::Result<Status> {
    let params = args.params.params()?;
    files::can_write(&args.out)?;
    let progress = Progress::new(globals.quiet).bar(params.num_rounds as u64, "trees");
    let (format, out) = (args.format.format, args.out.clone());
    let trained = tokio::task::spawn_blocking(move || {
        let threads = args.threads.map(usize::from);
        on_threads(threads, || train(&args, &params, &progress)).inspect_err(|_| progress.abandon())
    });
    let trained = trained.await.context("the training was interrupted")??;
    let output = Output::new(globals.color);
    if format == Format::Json {
        output.json(&trained.summary(&out))?;
    } else {
        trained.print(output, &out)?;
    }
    Ok(Status::SUCCESS)
}

/// A finished training.
struct Trained {
    rows: usize,
    without_target: usize,
    columns: Columns,
    model: Model,
    read_ms: f64,
    bin_ms: f64,
    train_ms: f64,
    metrics: Metrics,
}

fn train(args: &TrainArgs, params: &Params, progress: &ProgressBar) -> anyhow::Result<Trained> {
    let clock = Instant::now();
    let table = read(&args.file)?;
    let (table, without_target) = rows_with_target(&table, args)?;
    let rows = (0..table.rows()).collect::<Vec<_>>();
    let columns = Columns::learn(&table, &rows, &args.target, &args.leave_out);
    let features = columns.features(&table)?;
    let target = table.number(&args.target).context("the target's values could not be read as numbers")?;
    let read_ms = ms_since(clock);

    let clock = Instant::now();
    let data =
        Dataset::from_columns(&features, &columns.names(), params.max_bin).map_err(|error| unfit(error, &columns))?;
    let bin_ms = ms_since(clock);

    let clock = Instant::now();
    let mut on_round = |trees: usize| {
        progress.set_position(trees as u64);
        ControlFlow::Continue(())
    };
    let options = TrainOptions { on_round: Some(&mut on_round), ..TrainOptions::default() };
    let mut model = tidewheel_boost::train(&data, target, params, options).map_err(|error| match error {
        TrainError::Param(error) => wrong_use(error),
        error => anyhow::Error::new(error),
    })?;
    let train_ms = ms_since(clock);
    progress.finish_and_clear();

    columns.write_to(&mut model)?;
    files::write(&args.out, &model)?;
    let predictions = model.predict_columns(&features)?;
    let metrics = metrics(target, &predictions);
    Ok(Trained { rows: table.rows(), without_target, columns, model, read_ms, bin_ms, train_ms, metrics })
}

/// Names the column where the trainer only knows its place. Rows are counted from 1, for people.
fn unfit(error: DatasetError, columns: &Columns) -> anyhow::Error {
    match error {
        DatasetError::Infinite { feature, row, value } => anyhow::anyhow!(
            "column '{}' holds {value} in row {}; features must be below 3.4e38 in size, or missing",
            columns.features[feature].name,
            row + 1
        ),
        error => anyhow::Error::new(error).context("the columns cannot be trained on"),
    }
}

/// The rows whose target is known, and how many are left out.
fn rows_with_target(table: &Table, args: &TrainArgs) -> anyhow::Result<(Table, usize)> {
    let file = args.file.display();
    for (flag, name) in args.leave_out.iter().map(|name| ("--leave-out", name)).chain([("--target", &args.target)]) {
        if table.column(name).is_none() {
            let names = table.names().join(", ");
            return Err(wrong_use(format!("{flag} '{name}': '{file}' has no such column; it has {names}")));
        }
    }
    let Some(Column::Number(target)) = table.column(&args.target) else {
        return Err(wrong_use(format!(
            "--target '{}': its values are texts; only numbers can be predicted",
            args.target
        )));
    };
    let known = (0..target.len()).filter(|&row| target[row].is_finite()).collect::<Vec<_>>();
    let left_out = target.len() - known.len();
    anyhow::ensure!(!known.is_empty(), "'{file}': every value of '{}' is missing", args.target);
    if table.names().len() < 2 + args.leave_out.len() {
        return Err(wrong_use(format!("'{file}' has no column but the target: there is nothing to predict it from")));
    }
    Ok(if left_out == 0 { (table.clone(), 0) } else { (table.take(&known), left_out) })
}

/// How well the model fits the rows that it was trained on.
fn metrics(target: &[f64], predictions: &[f32]) -> Metrics {
    let rows = target.len() as f64;
    let mean = target.iter().sum::<f64>() / rows;
    let total = target.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let errors = target.iter().zip(predictions).map(|(value, &prediction)| value - f64::from(prediction));
    let squares = errors.clone().map(|error| error * error).sum::<f64>();
    let r2 = if total > 0.0 { 1.0 - squares / total } else { f64::NAN };
    let mae = errors.map(f64::abs).sum::<f64>() / rows;
    let values = [("mae", mae), ("r2", r2), ("rmse", (squares / rows).sqrt())];
    values.into_iter().map(|(name, value)| (name.to_owned(), Metric::point(value))).collect()
}

fn ms_since(clock: Instant) -> f64 {
    (clock.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

impl Trained {
    fn summary(&self, out: &Path) -> Value {
        json!({
            "rows": self.rows,
            "rows_without_target": self.without_target,
            "features": self.columns.features.len(),
            "rounds": self.model.rounds(),
            "read_ms": self.read_ms,
            "bin_ms": self.bin_ms,
            "train_ms": self.train_ms,
            "metrics": self.metrics,
            "metrics_on": "training rows",
            "model": out,
        })
    }

    fn print(&self, output: Output, out: &Path) -> anyhow::Result<()> {
        output.line(format!("{} {}", output.paint(Tone::Good, "wrote"), out.display()))?;
        let rows = thousands(self.rows as i64);
        output.line(format!(
            "  {rows} rows, {} features, {} trees",
            self.columns.features.len(),
            self.model.rounds()
        ))?;
        if self.without_target > 0 {
            let left_out = thousands(self.without_target as i64);
            output.line(format!("  {left_out} rows without '{}' were left out", self.columns.target))?;
        }
        let [read, bin, train] = [self.read_ms, self.bin_ms, self.train_ms].map(|ms| duration(ms.round() as i64));
        output.line(format!("  read {read}, binned {bin}, trained {train}"))?;
        for (name, metric) in &self.metrics {
            output.line(format!("  {name:<5} {:.6} on the training rows", metric.value))?;
        }
        Ok(())
    }
}
