//! The work measured by `benches/boost_vs_xgboost.py`: trains on a binary file and times prediction.
//!
//! Usage: `bench FILE ROWS TEST_ROWS FEATURES ROUNDS DEPTH MAX_BIN`. FILE holds f32 numbers, little endian: the
//! features of all rows, row by row (training rows first), then the targets. Prints one line of JSON.
#![expect(clippy::print_stdout, reason = "the line of JSON is this program's result")]

use std::{hint::black_box, time::Instant};

use tidewheel_boost::{Dataset, Explainer, Params, TrainOptions, train};

type Failure = Box<dyn std::error::Error>;

/// CPU time of the process so far, in seconds (Linux, ticks of 10 ms).
fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().ok_or("no name in /proc/self/stat")?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

/// Median time of a call in microseconds, over batches of calls that take about 2 ms.
fn micros_per_call(mut call: impl FnMut(usize)) -> f64 {
    let mut batch = 1;
    loop {
        let start = Instant::now();
        (0..batch).for_each(&mut call);
        if start.elapsed().as_secs_f64() > 2e-3 {
            break;
        }
        batch *= 2;
    }
    let mut times: Vec<f64> = (0..31)
        .map(|_| {
            let start = Instant::now();
            (0..batch).for_each(&mut call);
            start.elapsed().as_secs_f64() * 1e6 / batch as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, rows, test_rows, features, rounds, depth, max_bin] = args.as_slice() else {
        return Err("usage: bench FILE ROWS TEST_ROWS FEATURES ROUNDS DEPTH MAX_BIN".into());
    };
    let (rows, test_rows, features): (usize, usize, usize) = (rows.parse()?, test_rows.parse()?, features.parse()?);
    let params = Params {
        num_rounds: rounds.parse()?,
        max_depth: depth.parse()?,
        max_bin: max_bin.parse()?,
        eta: 0.1,
        ..Params::default()
    };
    let values: Vec<f32> =
        std::fs::read(file)?.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let (x, y) = values.split_at((rows + test_rows) * features);

    let (wall, cpu) = (Instant::now(), cpu_seconds()?);
    let data = Dataset::from_rows(&x[..rows * features], features, &[], params.max_bin)?;
    let bin_cpu = cpu_seconds()? - cpu;
    let model = train(&data, &y[..rows], &params, TrainOptions::default())?;
    let (train_wall, train_cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds()? - cpu);

    let test = &x[rows * features..];
    let predicted = model.predict_rows(test)?;
    let squares: f64 = predicted.iter().zip(&y[rows..]).map(|(p, t)| f64::from(p - t).powi(2)).sum();
    let rmse = (squares / test_rows as f64).sqrt();
    let row = |i: usize| &test[(i % test_rows) * features..][..features];
    let predict_us = micros_per_call(|i| {
        let _ = black_box(model.predict_row(black_box(row(i))));
    });
    let batch_us = micros_per_call(|_| {
        let _ = black_box(model.predict_rows(black_box(&test[..1000.min(test_rows) * features])));
    }) / 1000.0;
    let explainer = Explainer::new(&model);
    let mut phi = vec![0.0; features];
    let shap_us = micros_per_call(|i| {
        let _ = black_box(explainer.explain(black_box(row(i)), &mut phi));
    });
    println!(
        "{{\"train_wall_s\":{train_wall:.3},\"train_cpu_s\":{train_cpu:.2},\"bin_cpu_s\":{bin_cpu:.2},\"rmse\":{rmse:.6},\
         \"predict_us\":{predict_us:.3},\"predict_batch_us\":{batch_us:.3},\"shap_us\":{shap_us:.1}}}"
    );
    Ok(())
}
