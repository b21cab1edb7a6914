//! The bundled project and its real rows.
#![allow(dead_code, reason = "each test binary uses its part")]

use bytes::Bytes;
use tidewheel_data::batch::{CleanBatch, hash_batch, key_hashes};
use tidewheel_data::read::{read_parquet, typed};
use tidewheel_data::recipe::validate::Validator;
use tidewheel_domain::project::{Layers, Project};
use tidewheel_pipeline::training::window::Rows;
use tidewheel_pipeline::training::{Observer, TrainingError};

/// The bundled project with a quick tuning; `extra` is appended to its file.
pub(crate) fn project(extra: &str) -> Project {
    let text = include_str!("../../../../examples/real-estate/tidewheel.toml");
    let text = text.replace("trials = 10", "trials = 2").replace("folds = 3", "folds = 2");
    let layers = Layers::new().file("tidewheel.toml", &format!("{text}\n{extra}")).expect("valid");
    layers.raw().expect("valid").try_into().expect("valid")
}

/// The first `count` rows of the bundled data set, distinct and clean.
pub(crate) fn real_rows(project: &Project, count: usize) -> Rows {
    let bytes = include_bytes!("../../../../examples/real-estate/data/realtor.parquet");
    let mut raw = read_parquet(Bytes::from_static(bytes), "realtor.parquet").expect("Parquet");
    raw.records = raw.records.slice(0, count.min(raw.rows()));
    let batch = typed(&raw, &project.columns).expect("typed");
    let row_hashes = hash_batch(&batch).rows;
    let validated = Validator::new(project).expect("compiles").run(batch.table, &[]);
    let keys = key_hashes(&validated.table, &project.key, &project.name).expect("key columns");
    let take = |all: &[u128]| validated.accepted.iter().map(|&row| all[row]).collect::<Vec<_>>();
    let clean = CleanBatch {
        table: validated.table.take(&validated.accepted),
        row_hashes: take(&row_hashes),
        key_hashes: validated.accepted.iter().map(|&row| keys[row]).collect(),
        seen: vec![false; validated.accepted.len()],
        copies: vec![1; validated.accepted.len()],
    };
    Rows::of_batches(&[(1, clean)]).expect("rows")
}

/// Hears nothing, stops nothing.
pub(crate) struct Quiet;

impl Observer for Quiet {
    fn trial(&self, _: usize, _: usize, _: f64, _: bool) {}

    fn stopped(&self) -> Result<(), TrainingError> {
        Ok(())
    }
}
