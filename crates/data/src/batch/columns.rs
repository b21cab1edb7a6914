//! Tables and Arrow.

use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_schema::DataType;
use tidewheel_domain::table::CategoryBuilder;
use tidewheel_domain::{Column, Table};

/// The columns in the order of their names' bytes.
pub(super) fn by_name(table: &Table) -> Vec<(&str, &Column)> {
    let mut columns = table.iter().collect::<Vec<_>>();
    columns.sort_by_key(|(name, _)| *name);
    columns
}

/// A column as an Arrow array: numbers as Float64, categories as a dictionary; missing is null.
pub(super) fn to_arrow(column: &Column) -> Result<ArrayRef, arrow_schema::ArrowError> {
    match column {
        Column::Number(values) => {
            Ok(Arc::new(values.iter().map(|&value| (!value.is_nan()).then_some(value)).collect::<Float64Array>()))
        }
        Column::Category(column) => {
            let mut builder = StringDictionaryBuilder::<UInt32Type>::with_capacity(column.codes.len(), 64, 1024);
            for row in 0..column.codes.len() {
                match column.value(row) {
                    Some(text) => {
                        builder.append(text)?;
                    }
                    None => builder.append_null(),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
    }
}

/// The reverse of [`to_arrow`]; `None` for other Arrow types. Levels stand in the order of first appearance.
pub(super) fn from_arrow(array: &ArrayRef) -> Option<Column> {
    match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().iter();
            Some(Column::Number(values.map(|value| value.unwrap_or(f64::NAN)).collect()))
        }
        DataType::Dictionary(_, _) => {
            let texts = arrow_cast::cast(array, &DataType::Utf8).ok()?;
            let mut builder = CategoryBuilder::default();
            for value in texts.as_string::<i32>() {
                builder.push(value);
            }
            Some(Column::Category(builder.finish()))
        }
        _ => None,
    }
}
