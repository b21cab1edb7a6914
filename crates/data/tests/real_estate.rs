//! The bundled data set: what its ten equal parts contain.

use std::collections::HashSet;
use std::path::PathBuf;

use tidewheel_data::batch::{hash_batch, key_hashes};
use tidewheel_data::read::{RawBatch, TypedBatch, read_csv, read_file, typed};
use tidewheel_domain::project::{BadValue, ColumnSpec, ColumnType, Role};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/real-estate/data/realtor.parquet")
}

fn columns() -> Vec<ColumnSpec> {
    use ColumnType::{Category, Date, Number};
    let columns = [
        ("status", Category),
        ("bed", Number),
        ("bath", Number),
        ("acre_lot", Number),
        ("city", Category),
        ("state", Category),
        ("zip_code", Category),
        ("house_size", Number),
        ("prev_sold_date", Date),
        ("price", Number),
    ];
    columns
        .map(|(name, kind)| ColumnSpec {
            name: name.into(),
            kind,
            role: Role::Feature,
            optional: false,
            bad_value: BadValue::Reject,
            checks: Vec::new(),
            label: (name.into(), name.into()),
            unit: None,
        })
        .into()
}

fn parts() -> Vec<TypedBatch> {
    let whole = read_file(&path()).expect("the data set is there");
    assert_eq!(whole.rows(), 306_000);
    let part =
        |index: usize| RawBatch { records: whole.records.slice(index * 30_600, 30_600), facts: whole.facts.clone() };
    (0..10).map(|index| typed(&part(index), &columns()).expect("the data set has its types")).collect()
}

#[test]
fn the_ten_parts_hold_the_rows_that_the_reference_counted() {
    let mut before = HashSet::new();
    let (mut distinct, mut new) = (Vec::new(), Vec::new());
    for part in parts() {
        assert!(part.bad.is_empty());
        let rows = hash_batch(&part).rows.into_iter().collect::<HashSet<_>>();
        distinct.push(rows.len());
        new.push(rows.iter().filter(|&&row| before.insert(row)).count());
    }
    assert_eq!(distinct, [5352, 6259, 6593, 7946, 5196, 4519, 7347, 6552, 5153, 4994]);
    assert_eq!(new, [5352, 4359, 2812, 5642, 730, 540, 2016, 1909, 2642, 1844]);
}

#[test]
fn a_part_has_one_hash_as_parquet_and_as_csv() {
    let whole = read_file(&path()).expect("the data set is there");
    let part = RawBatch { records: whole.records.slice(0, 30_600), facts: whole.facts };
    let of_parquet = typed(&part, &columns()).expect("typed");
    let csv = csv_text(&of_parquet);
    let of_csv = typed(&read_csv(csv.as_bytes(), "part.csv").expect("valid CSV"), &columns()).expect("typed");
    assert_eq!(hash_batch(&of_csv), hash_batch(&of_parquet));
}

#[test]
fn key_hashes_do_not_collide_on_the_data_set() {
    let key = ["bed", "bath", "acre_lot", "city", "state", "zip_code", "house_size"];
    let mut keys = HashSet::new();
    let mut texts = HashSet::new();
    for part in parts() {
        keys.extend(key_hashes(&part.table, &key, "real-estate").expect("the key is there"));
        for row in 0..part.table.rows() {
            texts.insert(key.map(|name| match part.table.number(name) {
                Some(values) => values[row].to_string(),
                None => part.table.category(name).and_then(|column| column.value(row)).unwrap_or_default().to_owned(),
            }));
        }
    }
    assert_eq!(keys.len(), texts.len());
}

/// The table as pandas would write it: numbers with `.0`, codes as numbers.
fn csv_text(batch: &TypedBatch) -> String {
    let mut text = batch.table.names().join(",") + "\n";
    for row in 0..batch.table.rows() {
        let cells = batch.table.iter().map(|(name, column)| match column {
            tidewheel_domain::Column::Number(values) if values[row].is_nan() => String::new(),
            tidewheel_domain::Column::Number(values) if name == "prev_sold_date" => {
                tidewheel_data::read::format_date(values[row])
            }
            tidewheel_domain::Column::Number(values) => format!("{:?}", values[row]),
            tidewheel_domain::Column::Category(column) => match column.value(row) {
                Some(value) if name == "zip_code" => format!("{value}.0"),
                Some(value) => format!("\"{value}\""),
                None => String::new(),
            },
        });
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}
