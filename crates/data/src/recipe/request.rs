//! Rows that arrive one by one, as JSON objects: parsed, completed and checked against the recipe.

use serde::Serialize;
use serde_json::{Map, Value};
use tidewheel_domain::Table;
use tidewheel_domain::project::{Check, ColumnType, Scalar};

use super::expression::Cell;
use super::validate::{cell_of, satisfies};
use super::{CompiledRecipe, InputColumn};
use crate::read::{canonical_category, format_date, parse_date};

/// What is wrong with a field of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// The value as sent.
    pub value: Value,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A checked row: one value an input column, in the recipe's order.
#[derive(Debug, Clone, PartialEq)]
pub struct InputRow {
    values: Vec<InputValue>,
}

#[derive(Debug, Clone, PartialEq)]
enum InputValue {
    Missing,
    Number(f64),
    Text(String),
}

impl InputRow {
    /// The row as cells, for [`CompiledRecipe::row`].
    pub fn cells(&self) -> Vec<Cell<'_>> {
        let cell = |value| match value {
            &InputValue::Missing => Cell::Missing,
            &InputValue::Number(number) => Cell::Number(number),
            InputValue::Text(text) => Cell::Text(text),
        };
        self.values.iter().map(cell).collect()
    }

    /// The text of a categorical column; `None` where it is missing.
    pub fn text(&self, recipe: &CompiledRecipe, column: &str) -> Option<&str> {
        let place = recipe.recipe().inputs.iter().position(|input| input.name == column)?;
        match &self.values[place] {
            InputValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The row as a JSON object: what the model was asked, defaults and fills included.
    pub fn to_json(&self, recipe: &CompiledRecipe) -> Map<String, Value> {
        let inputs = recipe.recipe().inputs.iter().zip(&self.values);
        inputs
            .filter(|(input, value)| !(input.read_by.is_empty() && **value == InputValue::Missing))
            .map(|(input, value)| {
                let value = match value {
                    InputValue::Missing => Value::Null,
                    InputValue::Number(number) => json_number(input, *number),
                    InputValue::Text(text) => Value::String(text.clone()),
                };
                (input.name.clone(), value)
            })
            .collect()
    }
}

fn json_number(input: &InputColumn, number: f64) -> Value {
    match input.kind {
        ColumnType::Boolean => return Value::Bool(number != 0.0),
        ColumnType::Date => return Value::String(format_date(number)),
        ColumnType::Number | ColumnType::Category => {}
    }
    if number.fract() == 0.0 && number.abs() < 9e15 { Value::from(number as i64) } else { Value::from(number) }
}

impl CompiledRecipe {
    /// Parses one row. Fields that are left out take the declared defaults, and where there is none they are missing;
    /// a value that is there is never replaced (0 is 0). All mistakes are found at once.
    pub fn parse_row(&self, object: &Map<String, Value>) -> Result<InputRow, Vec<FieldError>> {
        let inputs = &self.recipe().inputs;
        let mut errors = Vec::new();
        for (field, value) in object {
            if !inputs.iter().any(|input| input.name == *field) {
                let known = inputs.iter().filter(|input| !input.read_by.is_empty()).map(|input| input.name.as_str());
                let known = known.collect::<Vec<_>>().join(", ");
                let what = if *field == self.recipe().target { "is what the model predicts" } else { "is unknown" };
                let message = format!("field {what}; the fields are {known}");
                errors.push(FieldError { field: field.clone(), value: value.clone(), message });
            }
        }
        let values = inputs
            .iter()
            .map(|input| {
                let given = object.get(&input.name);
                parse_value(input, given).unwrap_or_else(|message| {
                    let value = given.cloned().unwrap_or(Value::Null);
                    errors.push(FieldError { field: input.name.clone(), value, message });
                    InputValue::Missing
                })
            })
            .collect();
        if errors.is_empty() { Ok(InputRow { values }) } else { Err(errors) }
    }

    /// The row of a table, as a request would have brought it.
    pub fn input_row(&self, table: &Table, row: usize) -> InputRow {
        let value = |input: &InputColumn| match table.column(&input.name).map(|column| cell_of(column, row)) {
            None | Some(Cell::Missing) => InputValue::Missing,
            Some(Cell::Number(number)) => InputValue::Number(number),
            Some(Cell::Text(text)) => InputValue::Text(text.to_owned()),
        };
        InputRow { values: self.recipe().inputs.iter().map(value).collect() }
    }

    /// The features of a parsed row, in the model's order; missing is NaN.
    pub fn row_features(&self, row: &InputRow) -> Vec<f32> {
        let mut out = vec![f32::NAN; self.features()];
        self.row(&mut row.cells(), &mut out);
        out
    }
}

fn parse_value(input: &InputColumn, given: Option<&Value>) -> Result<InputValue, String> {
    let value = match given {
        None => input.default.as_ref().map_or(Ok(InputValue::Missing), |default| declared(input, default))?,
        Some(Value::Null) => InputValue::Missing,
        Some(value) => typed(input.kind, value)?,
    };
    let value = match (value, &input.fill) {
        (InputValue::Missing, Some(fill)) => declared(input, fill)?,
        (value, _) => value,
    };
    let cell = match &value {
        InputValue::Missing => Cell::Missing,
        InputValue::Number(number) => Cell::Number(*number),
        InputValue::Text(text) => Cell::Text(text),
    };
    // A field that no feature reads may be left out whatever the schema says of batches.
    if cell == Cell::Missing && input.read_by.is_empty() {
        return Ok(value);
    }
    match input.checks.iter().find(|check| !satisfies(check, cell)) {
        None => Ok(value),
        Some(Check::Required) => Err("is required".to_owned()),
        Some(Check::Min(bound)) => Err(format!("must be {bound} or more")),
        Some(Check::Max(bound)) => Err(format!("must be {bound} or less")),
        Some(Check::Above(bound)) => Err(format!("must be above {bound}")),
        Some(Check::OneOf(values)) => Err(format!("must be one of {}", values.join(", "))),
    }
}

fn declared(input: &InputColumn, scalar: &Scalar) -> Result<InputValue, String> {
    match scalar {
        Scalar::Boolean(value) => typed(input.kind, &Value::Bool(*value)),
        Scalar::Number(value) => typed(input.kind, &Value::from(*value)),
        Scalar::Text(value) => typed(input.kind, &Value::String(value.clone())),
    }
}

fn typed(kind: ColumnType, value: &Value) -> Result<InputValue, String> {
    match (kind, value) {
        (ColumnType::Number, Value::Number(number)) => {
            let number = number.as_f64().filter(|number| number.is_finite()).ok_or("must be a finite number")?;
            Ok(InputValue::Number(number))
        }
        (ColumnType::Number, Value::String(_)) => Err("must be a number, not a text".to_owned()),
        (ColumnType::Number, _) => Err("must be a number".to_owned()),
        (ColumnType::Boolean, Value::Bool(value)) => Ok(InputValue::Number(f64::from(u8::from(*value)))),
        (ColumnType::Boolean, _) => Err("must be true or false".to_owned()),
        (ColumnType::Date, Value::String(text)) => {
            let days = parse_date(text).ok_or("must be a date such as 2024-02-29")?;
            Ok(InputValue::Number(days))
        }
        (ColumnType::Date, _) => Err("must be a date such as \"2024-02-29\"".to_owned()),
        (ColumnType::Category, Value::String(text)) => Ok(category(text)),
        (ColumnType::Category, Value::Number(number)) => Ok(category(&number.to_string())),
        (ColumnType::Category, _) => Err("must be a text".to_owned()),
    }
}

fn category(text: &str) -> InputValue {
    canonical_category(text).map_or(InputValue::Missing, |text| InputValue::Text(text.into_owned()))
}
