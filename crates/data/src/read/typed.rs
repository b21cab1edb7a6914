//! From values as received to the columns of the project.

use std::collections::{HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow_schema::{DataType, TimeUnit};
use rayon::prelude::*;
use tidewheel_domain::project::{ColumnSpec, ColumnType};
use tidewheel_domain::table::CategoryBuilder;
use tidewheel_domain::{CategoryColumn, Column, MISSING, Table};

use super::value::{canonical_category, category_of_number, format_date, parse_boolean, parse_date, parse_number};
use super::{RawBatch, ReadError};

/// A value that is not of its column's type. In the table it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    /// The row's place in the batch, from 0.
    pub row: usize,
    /// The column.
    pub column: String,
    /// The value as received.
    pub text: String,
}

/// A batch in the types of the project.
#[derive(Debug, Clone, Default)]
pub struct TypedBatch {
    /// The columns of the project, in its order.
    pub table: Table,
    /// Values that could not be cast, by row, then in the project's order of columns.
    pub bad: Vec<BadCell>,
    /// Columns that the batch has and the project does not know; they stay in the raw batch.
    pub extra: Vec<String>,
    /// Optional columns that the batch lacks; all their values are missing.
    pub absent: Vec<String>,
}

/// Casts a batch to the columns of the project.
///
/// A single value that does not fit is kept in [`TypedBatch::bad`]. A column that is absent and not optional, or of
/// which more than half of the values do not fit, is an error: the batch is not what the project describes.
pub fn typed(raw: &RawBatch, columns: &[ColumnSpec]) -> Result<TypedBatch, ReadError> {
    let name = &raw.facts.name;
    let known = columns.iter().map(|column| column.name.as_str()).collect::<HashSet<_>>();
    let found = raw.column_names();
    let extra = found.iter().filter(|column| !known.contains(column.as_str())).cloned().collect();
    let mut absent = Vec::new();
    for column in columns {
        if !found.contains(&column.name) {
            if !column.optional {
                return Err(ReadError::MissingColumn { name: name.clone(), column: column.name.clone(), found });
            }
            absent.push(column.name.clone());
        }
    }
    let cast = columns.par_iter().map(|spec| match raw.records.column_by_name(&spec.name) {
        Some(array) => cast_column(array, spec, name),
        None => Ok((all_missing(spec.kind, raw.rows()), Vec::new())),
    });
    let cast = cast.collect::<Result<Vec<_>, _>>()?;
    let mut table = Table::default();
    let mut bad = Vec::new();
    for (spec, (column, cells)) in columns.iter().zip(cast) {
        bad.extend(cells.into_iter().map(|(row, text)| BadCell { row, column: spec.name.clone(), text }));
        table.push(spec.name.clone(), column).map_err(|error| ReadError::Convert {
            name: name.clone(),
            column: spec.name.clone(),
            reason: error.to_string(),
        })?;
    }
    bad.sort_by_key(|cell| cell.row);
    Ok(TypedBatch { table, bad, extra, absent })
}

fn all_missing(kind: ColumnType, rows: usize) -> Column {
    match kind {
        ColumnType::Category => Column::Category(CategoryColumn { codes: vec![MISSING; rows], levels: Vec::new() }),
        ColumnType::Number | ColumnType::Date | ColumnType::Boolean => Column::Number(vec![f64::NAN; rows]),
    }
}

/// Row and text of each value that does not fit.
type BadValues = Vec<(usize, String)>;

fn cast_column(array: &ArrayRef, spec: &ColumnSpec, name: &str) -> Result<(Column, BadValues), ReadError> {
    let cells = Cells::of(array, &spec.name, name)?;
    let (column, bad) = match spec.kind {
        ColumnType::Number => numbers(&cells, number),
        ColumnType::Date => numbers(&cells, date),
        ColumnType::Boolean => numbers(&cells, boolean),
        ColumnType::Category => (categories(&cells), Vec::new()),
    };
    let values = column.len() - column.missing() + bad.len();
    if let Some((row, text)) = bad.first().filter(|_| bad.len() * 2 > values) {
        return Err(ReadError::WrongType {
            name: name.to_owned(),
            column: spec.name.clone(),
            expected: wanted(spec.kind),
            text: text.clone(),
            row: row + 1,
            bad: bad.len(),
            values,
        });
    }
    Ok((column, bad))
}

fn wanted(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Number => "a number",
        ColumnType::Category => "a category",
        ColumnType::Date => "an ISO 8601 date",
        ColumnType::Boolean => "true or false",
    }
}

/// One value of any of the types that a batch may have.
pub(super) enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    Integer(i64),
    Unsigned(u64),
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(f64),
}

impl Cell<'_> {
    /// The text in quarantine.
    pub(super) fn text(&self) -> String {
        match self {
            Cell::Text(text) => (*text).to_owned(),
            Cell::Number(value) => value.to_string(),
            Cell::Integer(value) => value.to_string(),
            Cell::Unsigned(value) => value.to_string(),
            Cell::Boolean(value) => value.to_string(),
            Cell::Date(days) => format_date(*days),
        }
    }
}

/// What a value is in a column of a given type.
enum Fit {
    Value(f64),
    Missing,
    Bad,
}

fn number(cell: &Cell<'_>) -> Fit {
    match cell {
        Cell::Text(text) => fit(text, parse_number),
        Cell::Number(value) if value.is_nan() => Fit::Missing,
        Cell::Number(value) if value.is_finite() => Fit::Value(*value),
        Cell::Integer(value) => Fit::Value(*value as f64),
        Cell::Unsigned(value) => Fit::Value(*value as f64),
        Cell::Number(_) | Cell::Boolean(_) | Cell::Date(_) => Fit::Bad,
    }
}

fn date(cell: &Cell<'_>) -> Fit {
    match cell {
        Cell::Text(text) => fit(text, parse_date),
        Cell::Date(days) => Fit::Value(*days),
        Cell::Number(value) if value.is_nan() => Fit::Missing,
        _ => Fit::Bad,
    }
}

fn boolean(cell: &Cell<'_>) -> Fit {
    let flag = |value: bool| Fit::Value(f64::from(u8::from(value)));
    match cell {
        Cell::Text(text) => fit(text, |text| parse_boolean(text).map(|value| f64::from(u8::from(value)))),
        Cell::Boolean(value) => flag(*value),
        Cell::Number(value) if value.is_nan() => Fit::Missing,
        Cell::Number(value) if *value == 0.0 || *value == 1.0 => flag(*value == 1.0),
        Cell::Integer(value @ (0 | 1)) => flag(*value == 1),
        Cell::Unsigned(value @ (0 | 1)) => flag(*value == 1),
        _ => Fit::Bad,
    }
}

fn fit(text: &str, parse: impl Fn(&str) -> Option<f64>) -> Fit {
    match parse(text) {
        Some(value) => Fit::Value(value),
        None if text.trim().is_empty() => Fit::Missing,
        None => Fit::Bad,
    }
}

fn numbers(cells: &Cells, cast: impl Fn(&Cell<'_>) -> Fit) -> (Column, BadValues) {
    let mut values = Vec::with_capacity(cells.len());
    let mut bad = Vec::new();
    cells.for_each(|row, cell| {
        values.push(match cell.as_ref().map(&cast) {
            Some(Fit::Value(value)) => value,
            None | Some(Fit::Missing) => f64::NAN,
            Some(Fit::Bad) => {
                bad.push((row, cell.map(|cell| cell.text()).unwrap_or_default()));
                f64::NAN
            }
        });
    });
    (Column::Number(values), bad)
}

fn categories(cells: &Cells) -> Column {
    let mut builder = CategoryBuilder::default();
    if let Cells::Coded(array) = cells {
        push_coded(array, &mut builder);
        return Column::Category(builder.finish());
    }
    // Codes of numbers are written out once each.
    let mut texts: HashMap<u64, Option<String>> = HashMap::new();
    cells.for_each(|_, cell| match cell {
        None => builder.push(None),
        Some(Cell::Text(text)) => builder.push(canonical_category(text).as_deref()),
        Some(Cell::Number(value)) => {
            builder.push(texts.entry(value.to_bits()).or_insert_with(|| category_of_number(value)).as_deref());
        }
        Some(other) => builder.push(Some(&other.text())),
    });
    Column::Category(builder.finish())
}

/// Appends the rows of a [`Cells::Coded`]; each text of the dictionary is looked at once, when the first row has it.
pub(super) fn push_coded(array: &ArrayRef, builder: &mut CategoryBuilder) {
    let (keys, texts) = coded(array);
    let mut codes: Vec<Option<u32>> = vec![None; texts.len()];
    for key in keys {
        let Some(key) = key else {
            builder.push(None);
            continue;
        };
        let code = *codes[key as usize].get_or_insert_with(|| {
            let level = code_text(texts, key).and_then(canonical_category);
            level.map_or(MISSING, |level| builder.code(&level))
        });
        builder.push_code(code);
    }
}

/// A column reduced to one of a few Arrow types.
pub(super) enum Cells {
    Null(usize),
    Text(ArrayRef),
    /// A dictionary of texts.
    Coded(ArrayRef),
    Number(ArrayRef),
    Integer(ArrayRef),
    Unsigned(ArrayRef),
    Boolean(ArrayRef),
    Date(ArrayRef),
    /// Integers, and how many of them make a day.
    Instant(ArrayRef, f64),
}

impl Cells {
    pub(super) fn of(array: &ArrayRef, column: &str, name: &str) -> Result<Cells, ReadError> {
        let cast = |to: DataType| {
            arrow_cast::cast(array, &to).map_err(|error| ReadError::Convert {
                name: name.to_owned(),
                column: column.to_owned(),
                reason: error.to_string(),
            })
        };
        Ok(match array.data_type() {
            DataType::Null => Cells::Null(array.len()),
            DataType::Utf8 => Cells::Text(ArrayRef::clone(array)),
            DataType::LargeUtf8 | DataType::Utf8View => Cells::Text(cast(DataType::Utf8)?),
            DataType::Dictionary(keys, values) => match values.as_ref() {
                DataType::Utf8 if **keys == DataType::Int32 => Cells::Coded(ArrayRef::clone(array)),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                    Cells::Coded(cast(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))?)
                }
                other => return Cells::of(&cast(other.clone())?, column, name),
            },
            DataType::Float64 => Cells::Number(ArrayRef::clone(array)),
            DataType::Float16 | DataType::Float32 => Cells::Number(cast(DataType::Float64)?),
            kind if kind.is_decimal() => Cells::Number(cast(DataType::Float64)?),
            DataType::UInt64 => Cells::Unsigned(ArrayRef::clone(array)),
            kind if kind.is_integer() => Cells::Integer(cast(DataType::Int64)?),
            DataType::Boolean => Cells::Boolean(ArrayRef::clone(array)),
            DataType::Date32 => Cells::Date(ArrayRef::clone(array)),
            DataType::Date64 => Cells::Instant(cast(DataType::Int64)?, 86_400e3),
            DataType::Timestamp(unit, _) => Cells::Instant(cast(DataType::Int64)?, units_per_day(*unit)),
            other => {
                return Err(ReadError::Unsupported {
                    name: name.to_owned(),
                    column: column.to_owned(),
                    found: other.to_string(),
                });
            }
        })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Cells::Null(rows) => *rows,
            Cells::Text(array)
            | Cells::Coded(array)
            | Cells::Number(array)
            | Cells::Integer(array)
            | Cells::Unsigned(array)
            | Cells::Boolean(array)
            | Cells::Date(array)
            | Cells::Instant(array, _) => array.len(),
        }
    }

    /// The value of a row; `None` is null.
    pub(super) fn get(&self, row: usize) -> Option<Cell<'_>> {
        let array = match self {
            Cells::Null(_) => return None,
            Cells::Text(array)
            | Cells::Coded(array)
            | Cells::Number(array)
            | Cells::Integer(array)
            | Cells::Unsigned(array)
            | Cells::Boolean(array)
            | Cells::Date(array)
            | Cells::Instant(array, _) => array,
        };
        if array.is_null(row) {
            return None;
        }
        Some(match self {
            Cells::Null(_) => return None,
            Cells::Text(array) => Cell::Text(array.as_string::<i32>().value(row)),
            Cells::Coded(array) => {
                let (keys, texts) = coded(array);
                return code_text(texts, keys.value(row)).map(Cell::Text);
            }
            Cells::Number(array) => Cell::Number(array.as_primitive::<Float64Type>().value(row)),
            Cells::Integer(array) => Cell::Integer(array.as_primitive::<Int64Type>().value(row)),
            Cells::Unsigned(array) => Cell::Unsigned(array.as_primitive::<UInt64Type>().value(row)),
            Cells::Boolean(array) => Cell::Boolean(array.as_boolean().value(row)),
            Cells::Date(array) => Cell::Date(f64::from(array.as_primitive::<Date32Type>().value(row))),
            Cells::Instant(array, per_day) => Cell::Date(array.as_primitive::<Int64Type>().value(row) as f64 / per_day),
        })
    }

    /// Calls `visit` with each row's place and value; `None` is null.
    pub(super) fn for_each<'a>(&'a self, mut visit: impl FnMut(usize, Option<Cell<'a>>)) {
        match self {
            Cells::Null(rows) => (0..*rows).for_each(|row| visit(row, None)),
            Cells::Text(array) => each(array.as_string::<i32>().iter(), Cell::Text, visit),
            Cells::Coded(array) => {
                let (keys, texts) = coded(array);
                each(keys.iter().map(|key| key.and_then(|key| code_text(texts, key))), Cell::Text, visit);
            }
            Cells::Number(array) => each(array.as_primitive::<Float64Type>().iter(), Cell::Number, visit),
            Cells::Integer(array) => each(array.as_primitive::<Int64Type>().iter(), Cell::Integer, visit),
            Cells::Unsigned(array) => each(array.as_primitive::<UInt64Type>().iter(), Cell::Unsigned, visit),
            Cells::Boolean(array) => each(array.as_boolean().iter(), Cell::Boolean, visit),
            Cells::Date(array) => {
                each(array.as_primitive::<Date32Type>().iter(), |days| Cell::Date(f64::from(days)), visit);
            }
            Cells::Instant(array, per_day) => {
                each(array.as_primitive::<Int64Type>().iter(), |units| Cell::Date(units as f64 / per_day), visit);
            }
        }
    }
}

fn coded(array: &ArrayRef) -> (&PrimitiveArray<Int32Type>, &StringArray) {
    let dictionary = array.as_dictionary::<Int32Type>();
    (dictionary.keys(), dictionary.values().as_string::<i32>())
}

fn code_text(texts: &StringArray, key: i32) -> Option<&str> {
    texts.is_valid(key as usize).then(|| texts.value(key as usize))
}

fn each<'a, T>(
    values: impl Iterator<Item = Option<T>>,
    cell: impl Fn(T) -> Cell<'a>,
    mut visit: impl FnMut(usize, Option<Cell<'a>>),
) {
    for (row, value) in values.enumerate() {
        visit(row, value.map(&cell));
    }
}

fn units_per_day(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Second => 86_400.0,
        TimeUnit::Millisecond => 86_400e3,
        TimeUnit::Microsecond => 86_400e6,
        TimeUnit::Nanosecond => 86_400e9,
    }
}
