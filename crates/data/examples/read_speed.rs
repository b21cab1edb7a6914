//! How long each step from a file to stored batches takes: `cargo run --release -p tidewheel-data --example
//! read_speed -- FILE...`
#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use tidewheel_data::batch::{CleanBatch, hash_batch, key_hashes, read_clean, write_clean, write_raw};
use tidewheel_data::read::{infer_schema, read_file, read_table, typed};
use tidewheel_domain::project::{BadValue, ColumnSpec, Role};

fn timed<T>(step: &str, work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<T, Box<dyn Error>> {
    let start = Instant::now();
    let value = work()?;
    println!("  {step:<12} {:>8.1} ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(value)
}

fn measure(path: &Path) -> Result<(), Box<dyn Error>> {
    let table = timed("read_table", || Ok(read_table(path)?))?;
    println!("  {} rows, {} columns", table.rows(), table.names().len());
    let seen = timed("infer_schema", || Ok(infer_schema(path)?))?;
    let columns = seen.into_iter().map(|column| ColumnSpec {
        label: (column.name.clone(), column.name.clone()),
        name: column.name,
        kind: column.kind,
        role: Role::Feature,
        optional: false,
        bad_value: BadValue::Reject,
        checks: Vec::new(),
        unit: None,
    });
    let columns = columns.collect::<Vec<_>>();
    let raw = timed("read_file", || Ok(read_file(path)?))?;
    let batch = timed("typed", || Ok(typed(&raw, &columns)?))?;
    let hashes = timed("hash_batch", || Ok(hash_batch(&batch)))?;
    let keys = timed("key_hashes", || Ok(key_hashes(&batch.table, batch.table.names(), "p")?))?;
    let bytes = timed("write_raw", || Ok(write_raw(&raw)?))?;
    println!("  {} bytes", bytes.len());
    let rows = table.rows();
    let clean = CleanBatch {
        table: batch.table,
        row_hashes: hashes.rows,
        key_hashes: keys,
        seen: vec![false; rows],
        copies: vec![1; rows],
    };
    let bytes = timed("write_clean", || Ok(write_clean(&clean)?))?;
    timed("read_clean", || Ok(read_clean(bytes, "clean")?))?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        println!("{path}");
        measure(Path::new(&path))?;
    }
    Ok(())
}
