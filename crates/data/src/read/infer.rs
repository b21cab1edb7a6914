//! Files that belong to no project: the types are found in the values.

use std::collections::HashSet;
use std::io::BufReader;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::{DataType, Field};
use rayon::prelude::*;
use serde::Serialize;
use tidewheel_domain::project::ColumnType;
use tidewheel_domain::table::CategoryBuilder;
use tidewheel_domain::{CategoryColumn, Column, MISSING, Table};

use super::typed::{Cell, Cells, push_coded};
use super::value::{canonical_category, category_of_number, format_date, parse_date, parse_number};
use super::{Format, ReadError, csv, open, parquet};

/// Texts that mean missing in a column that otherwise holds numbers, dates or booleans.
const NOT_AVAILABLE: [&str; 8] = ["na", "n/a", "#n/a", "nan", "null", "none", "-", "?"];
/// Distinct values are counted up to here.
const DISTINCT_CAP: usize = 100_000;
/// Examples given of each column.
const EXAMPLES: usize = 5;

/// What was seen of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InferredColumn {
    /// Name.
    pub name: String,
    /// The type that every value has.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Rows.
    pub rows: usize,
    /// Rows without a value.
    pub missing: usize,
    /// Different values, counted up to 100,000.
    pub distinct: usize,
    /// The smallest value; dates in days since 1970-01-01. `None` for categories and where every value is missing.
    pub min: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
    /// Whether every number is whole.
    pub whole: bool,
    /// The first few different values, as text.
    pub examples: Vec<String>,
    /// Texts such as `NA` that stood for missing among numbers, dates or booleans. A project that reads the column
    /// needs `bad_value = "missing"`.
    pub not_available: Vec<String>,
}

impl InferredColumn {
    /// Share of the rows without a value, 0 to 1.
    pub fn missing_share(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.missing as f64 / self.rows as f64 }
    }
}

/// Reads a CSV or Parquet file into a table.
///
/// CSV: a column is a number if every value that is not missing is one and none is a code such as `00601`; else dates
/// (days since 1970-01-01) or booleans (0, 1) on the same terms; else categories. `NA`, `NaN`, `null` and the like
/// count as missing where the other values have one of those types. Parquet: the file's own types; infinite numbers are
/// missing.
pub fn read_table(path: &Path) -> Result<Table, ReadError> {
    Ok(read_inferred(path)?.0)
}

/// What is in the columns of a CSV or Parquet file.
pub fn infer_schema(path: &Path) -> Result<Vec<InferredColumn>, ReadError> {
    let (table, seen) = read_inferred(path)?;
    let columns = table.iter().zip(seen).collect::<Vec<_>>();
    Ok(columns.into_par_iter().map(|((name, column), seen)| describe(name, column, seen)).collect())
}

/// The type of a column, and its texts that stood for missing.
struct Seen {
    kind: ColumnType,
    not_available: Vec<String>,
}

fn read_inferred(path: &Path) -> Result<(Table, Vec<Seen>), ReadError> {
    let (name, file, _) = open(path)?;
    let columns = match Format::of_path(path).ok_or_else(|| ReadError::UnknownFormat { name: name.clone() })? {
        Format::Csv => {
            let (schema, chunks) = csv::read_chunks(BufReader::with_capacity(1 << 20, file), &name)?;
            let fields = schema.fields();
            let columns = (0..fields.len()).into_par_iter().map(|index| {
                let parts = chunks.iter().map(|chunk| csv::text_column(chunk, index)).collect::<Vec<_>>();
                let (column, seen) = text_column(&parts);
                (fields[index].name().clone(), column, seen)
            });
            columns.collect::<Vec<_>>()
        }
        Format::Parquet => parquet_columns(path, &name)?,
    };
    let mut table = Table::default();
    let mut kinds = Vec::new();
    for (column_name, column, seen) in columns {
        let reason = |error: tidewheel_domain::TableError| ReadError::Convert {
            name: name.clone(),
            column: column_name.clone(),
            reason: error.to_string(),
        };
        table.push(column_name.clone(), column).map_err(reason)?;
        kinds.push(seen);
    }
    Ok((table, kinds))
}

/// The type of texts: of the candidates in order, the first that fits every value.
fn text_column(parts: &[&StringArray]) -> (Column, Seen) {
    type Parse = fn(&str) -> Option<f64>;
    let candidates: [(ColumnType, Parse); 3] = [
        (ColumnType::Number, number_not_code),
        (ColumnType::Boolean, |text| match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Some(1.0),
            text if text.eq_ignore_ascii_case("false") => Some(0.0),
            _ => None,
        }),
        (ColumnType::Date, parse_date),
    ];
    for (kind, parse) in candidates {
        if let Some((values, not_available)) = parsed(parts, parse) {
            return (Column::Number(values), Seen { kind, not_available });
        }
    }
    let mut builder = CategoryBuilder::default();
    for value in parts.iter().flat_map(|part| part.iter()) {
        builder.push(value.and_then(canonical_category).as_deref());
    }
    (Column::Category(builder.finish()), Seen { kind: ColumnType::Category, not_available: Vec::new() })
}

/// A number that is no code: `00601` is one, `0.5` and `0` are not.
fn number_not_code(text: &str) -> Option<f64> {
    let digits = text.trim().trim_start_matches(['-', '+']).as_bytes();
    if digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit() {
        return None;
    }
    parse_number(text)
}

/// All values, if each is of the type or missing, and at least one is of the type.
fn parsed(parts: &[&StringArray], parse: fn(&str) -> Option<f64>) -> Option<(Vec<f64>, Vec<String>)> {
    let mut values = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    let mut not_available: Vec<String> = Vec::new();
    let mut any = false;
    for value in parts.iter().flat_map(|part| part.iter()) {
        let Some(text) = value else {
            values.push(f64::NAN);
            continue;
        };
        if let Some(number) = parse(text) {
            any = true;
            values.push(number);
            continue;
        }
        let trimmed = text.trim();
        if !trimmed.is_empty() {
            if !NOT_AVAILABLE.iter().any(|word| trimmed.eq_ignore_ascii_case(word)) {
                return None;
            }
            if !not_available.iter().any(|seen| seen == trimmed) {
                not_available.push(trimmed.to_owned());
            }
        }
        values.push(f64::NAN);
    }
    any.then_some((values, not_available))
}

fn parquet_columns(path: &Path, name: &str) -> Result<Vec<(String, Column, Seen)>, ReadError> {
    let columns = parquet::columns::<Growing>(path, name)?.into_iter().map(|(field, column)| {
        let (kind, column) = match column {
            Growing::Number(kind, values) => (kind, Column::Number(values)),
            Growing::Category(builder) => (ColumnType::Category, Column::Category(builder.finish())),
        };
        (field.name().clone(), column, Seen { kind, not_available: Vec::new() })
    });
    let columns: Vec<_> = columns.collect();
    match columns.first() {
        Some((_, column, _)) if !column.is_empty() => Ok(columns),
        _ => Err(ReadError::NoRows { name: name.to_owned() }),
    }
}

/// A column of a Parquet file, as far as it has been read.
enum Growing {
    Number(ColumnType, Vec<f64>),
    Category(CategoryBuilder),
}

impl Growing {
    fn of_kind(kind: &DataType, rows: usize) -> Self {
        let numbers = |kind| {
            let mut values = Vec::new();
            // A damaged file may promise more rows than there is room for.
            let _ = values.try_reserve_exact(rows);
            Growing::Number(kind, values)
        };
        match kind {
            DataType::Dictionary(_, values) => Growing::of_kind(values, rows),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Growing::Category(CategoryBuilder::default()),
            DataType::Boolean => numbers(ColumnType::Boolean),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => numbers(ColumnType::Date),
            _ => numbers(ColumnType::Number),
        }
    }
}

impl parquet::Growing for Growing {
    fn of(field: &Field, rows: usize) -> Self {
        Self::of_kind(field.data_type(), rows)
    }

    fn extend(&mut self, array: &ArrayRef, field: &Field, name: &str) -> Result<(), ReadError> {
        let cells = Cells::of(array, field.name(), name)?;
        match (self, &cells) {
            (Growing::Number(_, values), Cells::Number(array)) => extend_numbers(values, array),
            (Growing::Number(_, values), _) => cells.for_each(|_, cell| {
                values.push(match cell {
                    None | Some(Cell::Text(_)) => f64::NAN,
                    Some(Cell::Number(value) | Cell::Date(value)) => finite(value),
                    Some(Cell::Integer(value)) => value as f64,
                    Some(Cell::Unsigned(value)) => value as f64,
                    Some(Cell::Boolean(value)) => f64::from(u8::from(value)),
                });
            }),
            (Growing::Category(builder), Cells::Coded(array)) => push_coded(array, builder),
            (Growing::Category(builder), _) => cells.for_each(|_, cell| match cell {
                Some(Cell::Text(text)) => builder.push(canonical_category(text).as_deref()),
                _ => builder.push(None),
            }),
        }
        Ok(())
    }
}

/// An infinite value is no measurement.
fn finite(value: f64) -> f64 {
    if value.is_infinite() { f64::NAN } else { value }
}

fn extend_numbers(values: &mut Vec<f64>, array: &ArrayRef) {
    let numbers = array.as_primitive::<Float64Type>();
    let start = values.len();
    values.extend(numbers.values().iter().copied().map(finite));
    for (value, present) in values[start..].iter_mut().zip(numbers.nulls().into_iter().flatten()) {
        if !present {
            *value = f64::NAN;
        }
    }
}

fn describe(name: &str, column: &Column, seen: Seen) -> InferredColumn {
    let mut described = InferredColumn {
        name: name.to_owned(),
        kind: seen.kind,
        rows: column.len(),
        missing: column.missing(),
        distinct: 0,
        min: None,
        max: None,
        whole: false,
        examples: Vec::new(),
        not_available: seen.not_available,
    };
    match column {
        Column::Number(values) => describe_numbers(values, &mut described),
        Column::Category(column) => describe_categories(column, &mut described),
    }
    described
}

fn describe_numbers(values: &[f64], described: &mut InferredColumn) {
    let mut distinct = HashSet::new();
    let mut whole = true;
    for &value in values.iter().filter(|value| !value.is_nan()) {
        whole &= value.fract() == 0.0;
        described.min = Some(described.min.map_or(value, |min| min.min(value)));
        described.max = Some(described.max.map_or(value, |max| max.max(value)));
        let is_new = distinct.len() < DISTINCT_CAP && distinct.insert((value + 0.0).to_bits());
        if is_new && described.examples.len() < EXAMPLES {
            described.examples.push(match described.kind {
                ColumnType::Date => format_date(value),
                ColumnType::Boolean => (value == 1.0).to_string(),
                _ => category_of_number(value).unwrap_or_default(),
            });
        }
    }
    described.distinct = distinct.len();
    described.whole = whole && described.min.is_some();
}

fn describe_categories(column: &CategoryColumn, described: &mut InferredColumn) {
    let mut used = vec![false; column.levels.len()];
    for &code in column.codes.iter().filter(|&&code| code != MISSING) {
        used[code as usize] = true;
    }
    let levels = column.levels.iter().zip(used).filter(|(_, used)| *used).map(|(level, _)| level.to_string());
    described.distinct = levels.clone().count().min(DISTINCT_CAP);
    described.examples = levels.take(EXAMPLES).collect();
}
