//! Metrics are on rows that no part of training saw: what holds no information brings nothing.

mod support;

use support::{Quiet, project, real_rows};
use tidewheel_domain::random::SplitMix64;
use tidewheel_domain::{CategoryColumn, Column, Table};
use tidewheel_pipeline::training::split::is_holdout;
use tidewheel_pipeline::training::train_challenger;
use tidewheel_pipeline::training::window::Rows;

fn holdout_r2(project: &tidewheel_domain::project::Project, rows: &Rows) -> f64 {
    let challenger = train_challenger(project, rows, &Rows::default(), None, &Quiet).expect("trains");
    challenger.holdout.metrics["r2"].value
}

fn replace(rows: &Rows, name: &str, column: Column) -> Rows {
    let mut columns = rows.table.iter().map(|(name, column)| (name.to_owned(), column.clone())).collect::<Vec<_>>();
    match columns.iter_mut().find(|(known, _)| known == name) {
        Some(known) => known.1 = column,
        None => columns.push((name.to_owned(), column)),
    }
    Rows { table: Table::new(columns).expect("columns of one length"), ..rows.clone() }
}

#[test]
fn a_permuted_training_target_predicts_nothing() {
    let project = project("");
    let rows = real_rows(&project, 61_200);
    let honest = holdout_r2(&project, &rows);
    assert!(honest > 0.3, "the real target can be predicted: R2 {honest}");

    let mut target = rows.table.number(&project.target).expect("the target").to_vec();
    let training = (0..rows.len()).filter(|&row| !is_holdout(rows.keys[row], project.train.holdout));
    let training = training.collect::<Vec<_>>();
    let mut rng = SplitMix64::new(5);
    for place in (1..training.len()).rev() {
        target.swap(training[place], training[rng.below(place + 1)]);
    }
    let permuted = holdout_r2(&project, &replace(&rows, &project.target, Column::Number(target)));
    assert!(permuted <= 0.02, "a permuted target gives R2 {permuted}");
}

#[test]
fn the_target_mean_of_a_unique_id_brings_nothing() {
    let plain = project("");
    let with_id = project(
        "[schema.listing]\ntype = \"category\"\n\n[[encode]]\ncolumn = \"listing\"\nencoder = \"target_mean\"\nsmoothing = 0\n",
    );
    let rows = real_rows(&plain, 61_200);
    let names = (0..rows.len()).map(|row| format!("id-{row}")).collect::<Vec<_>>();
    let ids = CategoryColumn::from_values(names.iter().map(|name| Some(name.as_str())));
    let without = holdout_r2(&plain, &rows);
    let with = holdout_r2(&with_id, &replace(&rows, "listing", Column::Category(ids)));
    assert!((with - without).abs() < 0.03, "R2 {without} without the id, {with} with it");
}
