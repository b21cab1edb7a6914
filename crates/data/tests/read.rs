//! Readers: what they accept, and what they say of what they do not.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use tidewheel_data::batch::{
    CleanBatch, content_hash, read_clean, read_clean_rows, read_raw, row_hashes, write_clean, write_raw,
};
use tidewheel_data::read::{
    RawBatch, ReadError, SourceFacts, TypedBatch, infer_schema, read_api_answer, read_csv, read_file, read_json_rows,
    read_parquet, read_table, typed,
};
use tidewheel_domain::project::{BadValue, ColumnSpec, ColumnType, Role};
use tidewheel_domain::{CategoryColumn, Column, Table};

fn spec(name: &str, kind: ColumnType) -> ColumnSpec {
    ColumnSpec {
        name: name.into(),
        kind,
        role: Role::Feature,
        optional: false,
        bad_value: BadValue::Reject,
        checks: Vec::new(),
        label: (name.into(), name.into()),
        unit: None,
    }
}

fn columns() -> Vec<ColumnSpec> {
    vec![
        ColumnSpec { optional: true, ..spec("broker", ColumnType::Category) },
        spec("size", ColumnType::Number),
        spec("code", ColumnType::Category),
        spec("sold", ColumnType::Date),
        spec("new", ColumnType::Boolean),
    ]
}

fn csv(text: &str) -> Result<TypedBatch, ReadError> {
    typed(&read_csv(text.as_bytes(), "a.csv")?, &columns())
}

fn message(result: Result<impl Sized, ReadError>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn one_batch_has_one_hash_in_every_form() {
    let of_csv = csv("size,code,sold,new\n1500.0,601.0,2020-02-29,true\n,,,\n abc ,x,1970-01-01,FALSE\n2,é,,\n");
    let objects = r#"[{"size":1500,"code":601.0,"sold":"2020-02-29","new":true},
        {"size":null,"code":null,"sold":null},
        {"code":"x","new":false,"sold":"1970-01-01T00:00:00Z","size":" abc "},
        {"size":2e0,"code":"\u00e9"}]"#;
    let arrays =
        r#"[["1500.0","601.0","2020-02-29","true"],["","","",""],[" abc ","x","1970-01-01","0"],["2","é",null,null]]"#;
    let of_objects = typed(&read_json_rows(objects.as_bytes(), &columns(), "o").expect("valid"), &columns());
    let of_arrays = typed(&read_json_rows(arrays.as_bytes(), &columns(), "a").expect("valid"), &columns());
    let batch = of_csv.expect("valid");
    assert_eq!(batch.absent, ["broker"]);
    assert_eq!(batch.bad.len(), 1);
    assert_eq!((batch.bad[0].row, batch.bad[0].column.as_str(), batch.bad[0].text.as_str()), (2, "size", " abc "));
    assert_eq!(content_hash(&of_objects.expect("valid")), content_hash(&batch));
    assert_eq!(content_hash(&of_arrays.expect("valid")), content_hash(&batch));

    let parquet = RecordBatch::try_from_iter([
        ("size", Arc::new(StringArray::from(vec![Some("1500"), None, Some(" abc "), Some("2")])) as ArrayRef),
        ("code", Arc::new(StringArray::from(vec![Some("601"), Some(""), Some("x"), Some("é")]))),
        ("sold", Arc::new(Date32Array::from(vec![Some(18_321), None, Some(0), None]))),
        ("new", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), None]))),
    ]);
    let raw = RawBatch { records: parquet.expect("one length"), facts: SourceFacts::default() };
    let back = read_raw(write_raw(&raw).expect("written"), "raw").expect("read");
    assert_eq!(back.records, raw.records);
    assert_eq!(content_hash(&typed(&back, &columns()).expect("valid")), content_hash(&batch));
}

#[test]
fn csv_with_byte_order_mark_crlf_quotes_and_other_separators_is_read() {
    let text = "\u{feff}\"size\";code;sold;new;more\r\n1;\"a;\"\"b\"\"\r\nc\";;;9\r\n";
    let batch = csv(text).expect("valid");
    assert_eq!(batch.table.number("size"), Some(&[1.0][..]));
    assert_eq!(batch.table.category("code").and_then(|column| column.value(0)), Some("a;\"b\"\r\nc"));
    assert_eq!(batch.extra, ["more"]);
}

#[test]
fn whole_numbers_beyond_f64_stay_exact_categories() {
    let json = br#"[{"size":1,"code":9007199254740993,"sold":null,"new":0},{"size":1,"code":18446744073709551615}]"#;
    let batch = typed(&read_json_rows(json, &columns(), "a").expect("valid"), &columns()).expect("valid");
    let code = batch.table.category("code").expect("a category");
    assert_eq!((code.value(0), code.value(1)), (Some("9007199254740993"), Some("18446744073709551615")));
}

#[test]
fn errors_of_csv_name_file_line_and_value() {
    assert_eq!(message(csv("")), "'a.csv' is empty; write its header and rows, or take the file away");
    assert_eq!(message(csv("\n \n")), "'a.csv' is empty; write its header and rows, or take the file away");
    assert_eq!(
        message(csv("size,code,sold,new\n")),
        "'a.csv' holds no rows; a batch has at least one: write them, or take it away"
    );
    assert_eq!(message(csv("size,size\n1,2\n")), "'a.csv' has two columns named 'size'");
    assert_eq!(
        message(csv("size,code,sold,new\n1,2,,\n1,2\n")),
        "'a.csv', line 3: 2 values where the header has 4 columns"
    );
    assert_eq!(
        message(csv("size,code,sold,new\n1,2,,,5\n")),
        "'a.csv', line 2: 5 values where the header has 4 columns"
    );
    assert_eq!(message(csv("size,code\n1,2\n")), "'a.csv' has no column 'sold'; it has 'size', 'code'");
    let bytes = b"size,code,sold,new\n1,a,,\n2,\xe9t\xe9,,\n";
    assert_eq!(
        message(read_csv(bytes, "a.csv")),
        "'a.csv', line 3: byte 0xe9 at column 3 is not UTF-8; save the file as UTF-8"
    );
}

#[test]
fn a_column_of_another_type_is_told_from_a_few_bad_values() {
    let few = csv("size,code,sold,new\n1,,,\n2,,,\nabc,,,\n").expect("one of three is bad");
    assert_eq!(few.bad.len(), 1);
    assert!(few.table.number("size").expect("numeric")[2].is_nan());
    assert_eq!(
        message(csv("size,code,sold,new\n1,,,\nabc,,,\nNaN,,,\n")),
        "'a.csv': column 'size' should be a number but holds 'abc' (row 2), and 2 of its 3 values are like that"
    );
    let json = br#"[{"size":true,"code":"x","sold":1,"new":2}]"#;
    let raw = read_json_rows(json, &columns(), "a").expect("valid");
    assert!(message(typed(&raw, &columns())).contains("column 'size' should be a number but holds 'true' (row 1)"));
}

#[test]
fn errors_of_parquet_are_clear_and_never_a_panic() {
    let table = RecordBatch::try_from_iter([
        ("size", Arc::new(Float64Array::from_iter_values((0..500).map(f64::from))) as ArrayRef),
        ("code", Arc::new(StringArray::from_iter_values((0..500).map(|n| format!("c{n}"))))),
    ]);
    let raw = RawBatch { records: table.expect("one length"), facts: SourceFacts::default() };
    let bytes = write_raw(&raw).expect("written");
    assert_eq!(bytes, write_raw(&raw).expect("written"), "equal batches have equal bytes");
    for length in [1, 4, 11, bytes.len() / 2, bytes.len() - 1] {
        let text = message(read_parquet(bytes.slice(..length), "a.parquet"));
        assert!(text.starts_with("'a.parquet' is not a whole Parquet file: "), "{text}");
    }
    assert_eq!(
        message(read_parquet(Bytes::new(), "a.parquet")),
        "'a.parquet' is empty; write its header and rows, or take the file away"
    );
    for place in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.to_vec();
        damaged[place] ^= 0xff;
        // Some damage is invisible; none may end the process.
        let _ = read_parquet(damaged.into(), "a.parquet");
    }
}

#[test]
fn errors_of_json_name_the_row_or_the_place() {
    let read = |text: &str| read_api_answer(text.as_bytes(), &columns(), "api");
    assert!(message(read(r#"{"batch_number":1,"data":[{"size":1},{"si"#)).starts_with("'api' breaks off: EOF"));
    assert_eq!(message(read(r#"{"data":[{"size":1}]}"#)), "'api' is not the JSON expected: it has no 'batch_number'");
    assert_eq!(message(read(r#"{"batch_number":1}"#)), "'api' is not the JSON expected: it has no 'data'");
    assert_eq!(
        message(read(r#"{"batch_number":1,"data":[]}"#)),
        "'batch 1 of api' holds no rows; a batch has at least one: write them, or take it away"
    );
    assert_eq!(
        message(read(r#"{"batch_number":1,"data":[["1","2","","",""],["1"]]}"#)),
        "'api', row 2: 1 values where the project has 5 columns (4 without the optional ones)"
    );
    let wrong = message(read(r#"{"batch_number":1,"data":[3]}"#));
    assert!(wrong.contains("expected a row: an object, or an array of values at line 1"), "{wrong}");
    assert!(message(read(r#"{"batch_number":-1,"data":[]}"#)).contains("'batch_number' is -1"));
}

#[test]
fn files_are_told_by_their_extension() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.xlsx");
    std::fs::write(&path, "x").expect("written");
    assert!(
        message(read_file(&path))
            .ends_with("a.xlsx' is neither CSV nor Parquet: expected a file named *.csv, *.tsv or *.parquet")
    );
    assert!(message(read_file(&folder.path().join("none.csv"))).contains("none.csv': No such file"));
    let empty = folder.path().join("b.parquet");
    std::fs::write(&empty, "").expect("written");
    assert!(
        message(read_file(&empty)).ends_with("b.parquet' is empty; write its header and rows, or take the file away")
    );
}

#[test]
fn types_are_found_in_the_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.csv");
    let text = "n,code,flag,day,text,empty\n1,00601,true,2020-01-01,a,\n2.5,10001,False,2020-01-03,NA,\nNA,,,,b,\n";
    std::fs::write(&path, text).expect("written");
    let table = read_table(&path).expect("valid");
    assert_eq!(table.rows(), 3);
    assert_eq!(table.number("flag").map(|flags| flags[..2].to_vec()), Some(vec![1.0, 0.0]));
    assert_eq!(table.category("text").and_then(|column| column.value(1)), Some("NA"));
    let seen = infer_schema(&path).expect("valid");
    let kinds = seen.iter().map(|column| column.kind).collect::<Vec<_>>();
    use ColumnType::{Boolean, Category, Date, Number};
    assert_eq!(kinds, [Number, Category, Boolean, Date, Category, Category]);
    assert_eq!((seen[0].min, seen[0].max, seen[0].missing, seen[0].distinct), (Some(1.0), Some(2.5), 1, 2));
    assert_eq!(seen[0].not_available, ["NA"]);
    assert_eq!(seen[3].examples, ["2020-01-01", "2020-01-03"]);
    assert_eq!((seen[5].missing, seen[5].distinct), (3, 0));
}

#[test]
fn a_parquet_file_keeps_its_types_when_no_project_says_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.parquet");
    let records = RecordBatch::try_from_iter([
        ("n", Arc::new(Int64Array::from(vec![Some(3), None])) as ArrayRef),
        ("code", Arc::new(StringArray::from(vec!["601.0", "7"]))),
        ("day", Arc::new(Date32Array::from(vec![10, 20]))),
        ("flag", Arc::new(BooleanArray::from(vec![true, false]))),
    ]);
    let raw = RawBatch { records: records.expect("one length"), facts: SourceFacts::default() };
    std::fs::write(&path, write_raw(&raw).expect("written")).expect("written");
    let table = read_table(&path).expect("valid");
    assert_eq!(table.category("code").and_then(|column| column.value(0)), Some("601"));
    assert_eq!(table.number("day"), Some(&[10.0, 20.0][..]));
    assert_eq!(table.number("flag"), Some(&[1.0, 0.0][..]));
    let kinds = infer_schema(&path).expect("valid").iter().map(|column| column.kind).collect::<Vec<_>>();
    assert_eq!(kinds, [ColumnType::Number, ColumnType::Category, ColumnType::Date, ColumnType::Boolean]);
}

#[test]
fn a_clean_batch_comes_back_exactly() {
    let table = Table::new(vec![
        ("x".into(), Column::Number(vec![0.1, f64::NAN, -0.0, 5e-324])),
        ("c".into(), Column::Category(CategoryColumn::from_values([Some("b"), None, Some(""), Some("b")]))),
    ]);
    let batch = TypedBatch { table: table.expect("one length"), ..TypedBatch::default() };
    let clean = CleanBatch {
        row_hashes: row_hashes(&batch),
        key_hashes: vec![0, u64::MAX, 1, 2],
        seen: vec![true, false, false, true],
        copies: vec![1, 2, 3, u32::MAX],
        table: batch.table,
    };
    let bytes = write_clean(&clean).expect("written");
    assert_eq!(bytes, write_clean(&clean).expect("written"));
    let back = read_clean(bytes.clone(), "clean").expect("read");
    assert_eq!(
        (&back.row_hashes, &back.key_hashes, &back.seen, &back.copies),
        (&clean.row_hashes, &clean.key_hashes, &clean.seen, &clean.copies)
    );
    assert_eq!(back.table.category("c"), clean.table.category("c"));
    let bits = |table: &Table| table.number("x").expect("numeric").iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back.table), bits(&clean.table));
    for (offset, limit) in [(0, 1), (1, 2), (0, 1_000), (3, 9), (4, 5)] {
        let span = read_clean_rows(bytes.clone(), offset, limit, "clean").expect("read");
        let rows = (offset..4.min(offset + limit)).collect::<Vec<_>>();
        assert_eq!(bits(&span), bits(&clean.table.take(&rows)), "{limit} rows after {offset}");
    }
}

#[test]
fn a_clean_batch_without_rows_keeps_its_columns() {
    let table = Table::new(vec![
        ("x".into(), Column::Number(Vec::new())),
        ("c".into(), Column::Category(CategoryColumn::default())),
    ]);
    let clean = CleanBatch { table: table.expect("one length"), ..CleanBatch::default() };
    assert_eq!(read_clean(write_clean(&clean).expect("written"), "clean").expect("read"), clean);
    let other = read_clean(write_raw(&read_csv(b"a\n1\n", "a").expect("valid")).expect("written"), "other");
    assert_eq!(
        other.expect_err("no clean batch").to_string(),
        "'other' is not a clean batch of Tidewheel: column '__row' is missing or of another type"
    );
}
