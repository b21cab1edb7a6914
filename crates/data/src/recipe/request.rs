//! Rows that arrive one by one, as JSON objects: parsed, completed and checked against the recipe.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
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

/// What is wrong with a value. Its text is English.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Fault {
    NotFinite,
    TextForNumber,
    NotNumber,
    NotBoolean,
    NotDate,
    NotText,
    /// It does not satisfy this.
    Check(Check),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite => formatter.write_str("must be a finite number"),
            Self::TextForNumber => formatter.write_str("must be a number, not a text"),
            Self::NotNumber => formatter.write_str("must be a number"),
            Self::NotBoolean => formatter.write_str("must be true or false"),
            Self::NotDate => formatter.write_str("must be a date such as 2024-02-29"),
            Self::NotText => formatter.write_str("must be a text"),
            Self::Check(Check::Required) => formatter.write_str("is required"),
            Self::Check(Check::Min(bound)) => write!(formatter, "must be {bound} or more"),
            Self::Check(Check::Max(bound)) => write!(formatter, "must be {bound} or less"),
            Self::Check(Check::Above(bound)) => write!(formatter, "must be above {bound}"),
            Self::Check(Check::OneOf(values)) => write!(formatter, "must be one of {}", values.join(", ")),
        }
    }
}

/// What rows need of an input column, made once.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The name as a key of a JSON object, colon included.
    key: String,
    /// The value of a row that leaves the field out, or what is wrong with that.
    absent: Result<InputValue, Fault>,
}

impl Prepared {
    pub(super) fn new(input: &InputColumn) -> Self {
        Self { key: format!("{}:", Value::from(input.name.as_str())), absent: parse_value(input, None) }
    }
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

    /// [`InputRow::to_json`] as text.
    pub fn to_json_text(&self, recipe: &CompiledRecipe) -> String {
        let mut out = Vec::with_capacity(32 * self.values.len() + 2);
        for ((input, prepared), value) in recipe.recipe().inputs.iter().zip(recipe.prepared()).zip(&self.values) {
            if !is_shown(input, value) {
                continue;
            }
            out.push(if out.is_empty() { b'{' } else { b',' });
            out.extend_from_slice(prepared.key.as_bytes());
            // Writing to memory cannot fail.
            let _ = match value {
                InputValue::Missing => serde_json::to_writer(&mut out, &()),
                InputValue::Text(text) => serde_json::to_writer(&mut out, text),
                InputValue::Number(number) if input.kind == ColumnType::Number => match whole(*number) {
                    Some(number) => serde_json::to_writer(&mut out, &number),
                    None => serde_json::to_writer(&mut out, number),
                },
                InputValue::Number(number) => serde_json::to_writer(&mut out, &json_number(input, *number)),
            };
        }
        if out.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
        String::from_utf8(out).unwrap_or_default()
    }

    /// The row as a JSON object: what the model was asked, defaults and fills included.
    pub fn to_json(&self, recipe: &CompiledRecipe) -> Map<String, Value> {
        let inputs = recipe.recipe().inputs.iter().zip(&self.values);
        inputs
            .filter(|(input, value)| is_shown(input, value))
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

/// A field that no feature reads is shown only if it was given.
fn is_shown(input: &InputColumn, value: &InputValue) -> bool {
    *value != InputValue::Missing || !input.read_by.is_empty()
}

fn json_number(input: &InputColumn, number: f64) -> Value {
    match input.kind {
        ColumnType::Boolean => return Value::Bool(number != 0.0),
        ColumnType::Date => return Value::String(format_date(number)),
        ColumnType::Number | ColumnType::Category => {}
    }
    whole(number).map_or_else(|| Value::from(number), Value::from)
}

/// A number that JSON writes without a fraction.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

impl InputColumn {
    /// What is wrong with a value of a request, or with leaving the field out; `None` where nothing is.
    pub fn fault(&self, given: Option<&Value>) -> Option<Fault> {
        parse_value(self, given).err()
    }
}

impl CompiledRecipe {
    /// Parses one row straight from its JSON text; gives what [`CompiledRecipe::parse_row`] would, sooner. `None` where
    /// the text is anything but one object of known fields, each once, with plain and good values: what that text means,
    /// or what is wrong with it, is for [`CompiledRecipe::parse_row`] to say.
    pub fn parse_plain_row(&self, json: &[u8]) -> Option<InputRow> {
        let mut json = serde_json::Deserializer::from_slice(json);
        let row = PlainRow(self).deserialize(&mut json).ok()?;
        json.end().ok()?;
        Some(row)
    }

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
                parse_value(input, given).unwrap_or_else(|fault| {
                    let value = given.cloned().unwrap_or(Value::Null);
                    let message = fault.to_string();
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

fn parse_value(input: &InputColumn, given: Option<&Value>) -> Result<InputValue, Fault> {
    let value = match given {
        None => input.default.as_ref().map_or(Ok(InputValue::Missing), |default| declared(input, default))?,
        Some(Value::Null) => InputValue::Missing,
        Some(value) => typed(input.kind, value)?,
    };
    checked(input, value)
}

/// The value filled if it is missing, if it satisfies the column's checks.
fn checked(input: &InputColumn, value: InputValue) -> Result<InputValue, Fault> {
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
        Some(check) => Err(Fault::Check(check.clone())),
    }
}

fn declared(input: &InputColumn, scalar: &Scalar) -> Result<InputValue, Fault> {
    match scalar {
        Scalar::Boolean(value) => typed(input.kind, &Value::Bool(*value)),
        Scalar::Number(value) => typed(input.kind, &Value::from(*value)),
        Scalar::Text(value) => typed(input.kind, &Value::String(value.clone())),
    }
}

fn typed(kind: ColumnType, value: &Value) -> Result<InputValue, Fault> {
    match (kind, value) {
        (ColumnType::Number, Value::Number(number)) => {
            let number = number.as_f64().filter(|number| number.is_finite()).ok_or(Fault::NotFinite)?;
            Ok(InputValue::Number(number))
        }
        (ColumnType::Number, Value::String(_)) => Err(Fault::TextForNumber),
        (ColumnType::Number, _) => Err(Fault::NotNumber),
        (ColumnType::Boolean, Value::Bool(value)) => Ok(InputValue::Number(f64::from(u8::from(*value)))),
        (ColumnType::Boolean, _) => Err(Fault::NotBoolean),
        (ColumnType::Date, Value::String(text)) => {
            let days = parse_date(text).ok_or(Fault::NotDate)?;
            Ok(InputValue::Number(days))
        }
        (ColumnType::Date, _) => Err(Fault::NotDate),
        (ColumnType::Category, Value::String(text)) => Ok(category(text)),
        (ColumnType::Category, Value::Number(number)) => Ok(category(&number.to_string())),
        (ColumnType::Category, _) => Err(Fault::NotText),
    }
}

fn category(text: &str) -> InputValue {
    canonical_category(text).map(Cow::into_owned).map_or(InputValue::Missing, InputValue::Text)
}

/// Reads an object into a row; refuses whatever is unusual.
struct PlainRow<'a>(&'a CompiledRecipe);

impl<'de> DeserializeSeed<'de> for PlainRow<'_> {
    type Value = InputRow;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<InputRow, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PlainRow<'_> {
    type Value = InputRow;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<InputRow, A::Error> {
        let inputs = &self.0.recipe().inputs;
        let mut values: Vec<Option<InputValue>> = inputs.iter().map(|_| None).collect();
        while let Some(place) = object.next_key_seed(PlainField(inputs))? {
            let value = object.next_value_seed(PlainValue(inputs[place].kind))?;
            let value = checked(&inputs[place], value).map_err(A::Error::custom)?;
            if values[place].replace(value).is_some() {
                return Err(A::Error::custom("a field comes twice"));
            }
        }
        let absent = |prepared: &Prepared| prepared.absent.clone().map_err(A::Error::custom);
        let values = values.into_iter().zip(self.0.prepared());
        let values = values.map(|(value, prepared)| value.map_or_else(|| absent(prepared), Ok));
        Ok(InputRow { values: values.collect::<Result<_, _>>()? })
    }
}

/// Reads a key into its input's place.
struct PlainField<'a>(&'a [InputColumn]);

impl<'de> DeserializeSeed<'de> for PlainField<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for PlainField<'_> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a known field")
    }

    fn visit_str<E: Error>(self, field: &str) -> Result<usize, E> {
        self.0.iter().position(|input| input.name == field).ok_or_else(|| E::custom("an unknown field"))
    }
}

/// Reads a value of this type.
struct PlainValue(ColumnType);

impl<'de> DeserializeSeed<'de> for PlainValue {
    type Value = InputValue;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<InputValue, D::Error> {
        json.deserialize_any(self)
    }
}

impl PlainValue {
    fn number<E: Error>(&self, number: f64) -> Result<InputValue, E> {
        if self.0 == ColumnType::Number && number.is_finite() {
            Ok(InputValue::Number(number))
        } else {
            Err(E::custom("not a plain number"))
        }
    }
}

impl Visitor<'_> for PlainValue {
    type Value = InputValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a plain value")
    }

    fn visit_unit<E: Error>(self) -> Result<InputValue, E> {
        Ok(InputValue::Missing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<InputValue, E> {
        typed(self.0, &Value::Bool(value)).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<InputValue, E> {
        self.number(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<InputValue, E> {
        self.number(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<InputValue, E> {
        self.number(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<InputValue, E> {
        match self.0 {
            // Callers may mark texts with control characters.
            ColumnType::Category if !text.starts_with(char::is_control) => Ok(category(text)),
            ColumnType::Date => parse_date(text).map(InputValue::Number).ok_or_else(|| E::custom("not a date")),
            _ => Err(E::custom("not a plain text")),
        }
    }
}
