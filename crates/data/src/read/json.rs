//! JSON rows: a list of objects, or a list of arrays in the project's order of columns.
//!
//! The rows go straight from the parser into columns, so that a large answer is in memory once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use tidewheel_domain::project::ColumnSpec;

use super::{RawBatch, ReadError, SourceFacts};

/// What a data API answers: a number and rows.
#[derive(Debug)]
pub struct ApiAnswer {
    /// The number of the batch.
    pub batch_number: u64,
    /// The rows.
    pub batch: RawBatch,
}

/// Reads `{"batch_number": 3, "data": [...], ...}`; other keys are passed over.
pub fn read_api_answer(bytes: &[u8], columns: &[ColumnSpec], name: &str) -> Result<ApiAnswer, ReadError> {
    let mut rows = Rows::new(columns, name);
    let (number, has_data) = parse(bytes, &mut rows, |deserializer, rows| deserializer.deserialize_map(Answer(rows)))?;
    let lacks = |key: &str| ReadError::Json { name: name.to_owned(), reason: format!("it has no '{key}'") };
    let batch_number = number.ok_or_else(|| lacks("batch_number"))?;
    if !has_data {
        return Err(lacks("data"));
    }
    let name = format!("batch {batch_number} of {name}");
    let facts = SourceFacts { name, batch_number: Some(batch_number), bytes: bytes.len() as u64 };
    Ok(ApiAnswer { batch_number, batch: RawBatch { records: rows.finish(&facts.name)?, facts } })
}

/// Reads `[...]`, rows alone.
pub fn read_json_rows(bytes: &[u8], columns: &[ColumnSpec], name: &str) -> Result<RawBatch, ReadError> {
    let mut rows = Rows::new(columns, name);
    parse(bytes, &mut rows, |deserializer, rows| deserializer.deserialize_seq(RowList(rows)))?;
    let facts = SourceFacts { name: name.to_owned(), batch_number: None, bytes: bytes.len() as u64 };
    Ok(RawBatch { records: rows.finish(name)?, facts })
}

type JsonReader<'de> = serde_json::Deserializer<serde_json::de::SliceRead<'de>>;

fn parse<'de, T>(
    bytes: &'de [u8],
    rows: &mut Rows,
    read: impl FnOnce(&mut JsonReader<'de>, &mut Rows) -> Result<T, serde_json::Error>,
) -> Result<T, ReadError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let result = read(&mut deserializer, rows).and_then(|value| deserializer.end().map(|()| value));
    result.map_err(|error| {
        let (name, reason) = (rows.name.clone(), error.to_string());
        match rows.problem.take() {
            Some(problem) => problem,
            None if error.is_eof() => ReadError::JsonCut { name, reason },
            None => ReadError::Json { name, reason },
        }
    })
}

/// One value. A whole number that f64 cannot hold exactly is kept as its digits.
enum Cell {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Box<str>),
}

struct JsonColumn {
    name: String,
    cells: Vec<Cell>,
}

/// Columns that grow row by row.
struct Rows {
    name: String,
    /// The project's columns, for rows that are arrays: names, and whether a batch may lack them.
    project: Vec<(String, bool)>,
    columns: Vec<JsonColumn>,
    index_by_name: HashMap<String, usize>,
    rows: usize,
    /// A problem that is told better than the parser could.
    problem: Option<ReadError>,
}

impl Rows {
    fn new(columns: &[ColumnSpec], name: &str) -> Self {
        Rows {
            name: name.to_owned(),
            project: columns.iter().map(|column| (column.name.clone(), column.optional)).collect(),
            columns: Vec::new(),
            index_by_name: HashMap::new(),
            rows: 0,
            problem: None,
        }
    }

    /// The column of a name; `hint` is where it stood in the row before.
    fn column_index(&mut self, name: &str, hint: usize) -> usize {
        if self.columns.get(hint).is_some_and(|column| column.name == name) {
            return hint;
        }
        if let Some(&index) = self.index_by_name.get(name) {
            return index;
        }
        let mut cells = Vec::with_capacity(self.rows + 1);
        cells.resize_with(self.rows, || Cell::Null);
        self.columns.push(JsonColumn { name: name.to_owned(), cells });
        self.index_by_name.insert(name.to_owned(), self.columns.len() - 1);
        self.columns.len() - 1
    }

    fn set(&mut self, index: usize, cell: Cell) {
        let cells = &mut self.columns[index].cells;
        // A key that stands twice in one object: the last one counts, as in every JSON reader.
        cells.truncate(self.rows);
        cells.push(cell);
    }

    fn end_row(&mut self) {
        self.rows += 1;
        for column in &mut self.columns {
            column.cells.resize_with(self.rows, || Cell::Null);
        }
    }

    /// A row that is an array: it has a value for every column, or for every column that is not optional.
    fn push_array(&mut self, cells: Vec<Cell>) -> Result<(), ReadError> {
        let required = self.project.iter().filter(|(_, optional)| !optional).count();
        let with_optional = cells.len() == self.project.len();
        if !with_optional && cells.len() != required {
            return Err(ReadError::RowLength {
                name: self.name.clone(),
                row: self.rows + 1,
                found: cells.len(),
                expected: self.project.len(),
                required,
            });
        }
        let mut cells = cells.into_iter();
        for place in 0..self.project.len() {
            let (name, optional) = self.project[place].clone();
            if !optional || with_optional {
                let index = self.column_index(&name, place);
                self.set(index, cells.next().unwrap_or(Cell::Null));
            }
        }
        self.end_row();
        Ok(())
    }

    fn finish(self, name: &str) -> Result<RecordBatch, ReadError> {
        if self.rows == 0 || self.columns.is_empty() {
            return Err(ReadError::NoRows { name: name.to_owned() });
        }
        let (fields, arrays): (Vec<_>, Vec<_>) = self
            .columns
            .into_iter()
            .map(|column| {
                let array = array(&column.cells);
                (Field::new(column.name, array.data_type().clone(), true), array)
            })
            .unzip();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| ReadError::Json { name: name.to_owned(), reason: error.to_string() })
    }
}

/// The narrowest of number, boolean and text that holds every value.
fn array(cells: &[Cell]) -> ArrayRef {
    let kind = cells.iter().try_fold(DataType::Null, |kind, cell| {
        let own = match cell {
            Cell::Null => return Some(kind),
            Cell::Boolean(_) => DataType::Boolean,
            Cell::Number(_) => DataType::Float64,
            Cell::Text(_) => return None,
        };
        (kind == DataType::Null || kind == own).then_some(own)
    });
    match kind {
        Some(DataType::Float64) => {
            let mut builder = Float64Builder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(if let Cell::Number(value) = cell { Some(*value) } else { None });
            }
            Arc::new(builder.finish())
        }
        Some(DataType::Boolean) => {
            let mut builder = BooleanBuilder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(if let Cell::Boolean(value) = cell { Some(*value) } else { None });
            }
            Arc::new(builder.finish())
        }
        _ => {
            let mut builder = StringBuilder::with_capacity(cells.len(), cells.len() * 8);
            for cell in cells {
                match cell {
                    Cell::Null => builder.append_null(),
                    Cell::Boolean(value) => builder.append_value(value.to_string()),
                    Cell::Number(value) => builder.append_value(value.to_string()),
                    Cell::Text(text) => builder.append_value(text),
                }
            }
            Arc::new(builder.finish())
        }
    }
}

/// The whole answer of a data API: its batch number, and whether it had rows.
struct Answer<'a>(&'a mut Rows);

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = (Option<u64>, bool);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with 'batch_number' and 'data'")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut number, mut has_data) = (None, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "batch_number" => number = Some(batch_number(&map.next_value::<Value>()?)?),
                "data" if has_data => return Err(A::Error::custom("'data' stands twice")),
                "data" => {
                    map.next_value_seed(RowList(self.0))?;
                    has_data = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((number, has_data))
    }
}

fn batch_number<E: Error>(value: &Value) -> Result<u64, E> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| E::custom(format_args!("'batch_number' is {value}, expected a whole number of 0 or more")))
}

/// `[row, row, ...]`
struct RowList<'a>(&'a mut Rows);

impl<'de> DeserializeSeed<'de> for RowList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowList<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while rows.next_element_seed(Row(self.0))?.is_some() {}
        Ok(())
    }
}

/// `{"name": value, ...}` or `[value, ...]`
struct Row<'a>(&'a mut Rows);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row: an object, or an array of values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut hint = 0;
        while let Some(index) = map.next_key_seed(Key(self.0, hint))? {
            let cell = map.next_value::<Cell>()?;
            self.0.set(index, cell);
            hint = index + 1;
        }
        self.0.end_row();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let mut cells = Vec::with_capacity(self.0.project.len());
        while let Some(cell) = values.next_element::<Cell>()? {
            cells.push(cell);
        }
        self.0.push_array(cells).map_err(|problem| {
            let error = A::Error::custom(&problem);
            self.0.problem = Some(problem);
            error
        })
    }
}

/// A key of an object, as the place of its column.
struct Key<'a>(&'a mut Rows, usize);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a column")
    }

    fn visit_str<E>(self, name: &str) -> Result<usize, E> {
        Ok(self.0.column_index(name, self.1))
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Boolean(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        let exact = value.unsigned_abs() <= 1 << 53;
        Ok(if exact { Cell::Number(value as f64) } else { Cell::Text(value.to_string().into()) })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        let exact = value <= 1 << 53;
        Ok(if exact { Cell::Number(value as f64) } else { Cell::Text(value.to_string().into()) })
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(if text.is_empty() { Cell::Null } else { Cell::Text(text.into()) })
    }

    // Lists and objects are no values of a table; their JSON is kept, so that the row can be shown.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Cell::Text(value.to_string().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Cell, A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(values))?;
        Ok(Cell::Text(value.to_string().into()))
    }
}
