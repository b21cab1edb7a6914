//! Columns in memory. Every crate that computes (drift, recipe, training) works on a [`Table`].

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

/// The code of a missing category. Missing is a value of its own: never 0, never an empty string.
pub const MISSING: u32 = u32::MAX;

/// Why a table could not be put together.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TableError {
    /// Two columns have the same name.
    #[error("column '{0}' appears twice")]
    DuplicateColumn(String),
    /// A column is longer or shorter than the others.
    #[error("column '{name}' has {found} rows where the others have {expected}")]
    Length {
        /// The column.
        name: String,
        /// Rows of the other columns.
        expected: usize,
        /// Rows of this one.
        found: usize,
    },
}

/// A categorical column: each row holds a code into `levels`, or [`MISSING`].
///
/// Levels are distinct; a level need not occur in any row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CategoryColumn {
    /// One code a row.
    pub codes: Vec<u32>,
    /// The text of each code.
    pub levels: Vec<Arc<str>>,
}

impl CategoryColumn {
    /// Builds a column from one optional text a row; levels stand in order of first appearance.
    pub fn from_values<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut builder = CategoryBuilder::default();
        for value in values {
            builder.push(value);
        }
        builder.finish()
    }

    /// The text of a row, or `None` where it is missing.
    pub fn value(&self, row: usize) -> Option<&str> {
        match self.codes[row] {
            MISSING => None,
            code => Some(&self.levels[code as usize]),
        }
    }

    /// How many rows hold each level (missing rows are not counted), in the order of `levels`.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.levels.len()];
        for &code in &self.codes {
            if code != MISSING {
                counts[code as usize] += 1;
            }
        }
        counts
    }
}

/// Builds a [`CategoryColumn`] row by row.
#[derive(Debug, Default)]
pub struct CategoryBuilder {
    column: CategoryColumn,
    codes_by_level: HashMap<Arc<str>, u32, foldhash::fast::RandomState>,
}

impl CategoryBuilder {
    /// Appends a row.
    pub fn push(&mut self, value: Option<&str>) {
        let code = value.map_or(MISSING, |level| self.code(level));
        self.push_code(code);
    }

    /// Appends a row by its code: one that [`CategoryBuilder::code`] gave, or [`MISSING`].
    pub fn push_code(&mut self, code: u32) {
        self.column.codes.push(code);
    }

    /// The code of a level, a new one where no row had it. A level that gets a code is to get a row.
    pub fn code(&mut self, level: &str) -> u32 {
        if let Some(&code) = self.codes_by_level.get(level) {
            return code;
        }
        let code = self.column.levels.len() as u32;
        let level: Arc<str> = Arc::from(level);
        self.column.levels.push(Arc::clone(&level));
        self.codes_by_level.insert(level, code);
        code
    }

    /// The finished column.
    pub fn finish(self) -> CategoryColumn {
        self.column
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers, dates (days since 1970-01-01) and booleans (0, 1); NaN means missing.
    Number(Vec<f64>),
    /// Categories.
    Category(CategoryColumn),
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Number(values) => values.len(),
            Column::Category(column) => column.codes.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows are missing.
    pub fn missing(&self) -> usize {
        match self {
            Column::Number(values) => values.iter().filter(|value| value.is_nan()).count(),
            Column::Category(column) => column.codes.iter().filter(|&&code| code == MISSING).count(),
        }
    }

    /// The given rows, in the given order. Levels are kept as they are.
    pub fn take(&self, rows: &[usize]) -> Column {
        match self {
            Column::Number(values) => Column::Number(rows.iter().map(|&row| values[row]).collect()),
            Column::Category(column) => Column::Category(CategoryColumn {
                codes: rows.iter().map(|&row| column.codes[row]).collect(),
                levels: column.levels.clone(),
            }),
        }
    }
}

/// Named columns of one length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// Puts columns together; they must have one length and distinct names.
    pub fn new(columns: Vec<(String, Column)>) -> Result<Self, TableError> {
        let mut table = Table { rows: columns.first().map_or(0, |(_, column)| column.len()), ..Table::default() };
        for (name, column) in columns {
            table.push(name, column)?;
        }
        Ok(table)
    }

    /// Adds a column at the end.
    pub fn push(&mut self, name: impl Into<String>, column: Column) -> Result<(), TableError> {
        let name = name.into();
        if self.columns.is_empty() {
            self.rows = column.len();
        }
        if self.names.contains(&name) {
            return Err(TableError::DuplicateColumn(name));
        }
        if column.len() != self.rows {
            return Err(TableError::Length { name, expected: self.rows, found: column.len() });
        }
        self.names.push(name);
        self.columns.push(column);
        Ok(())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Column names, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Names and columns, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.names.iter().map(String::as_str).zip(&self.columns)
    }

    /// The place of a column.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|candidate| candidate == name)
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.index_of(name).map(|index| &self.columns[index])
    }

    /// A numeric column by name; `None` where it is absent or categorical.
    pub fn number(&self, name: &str) -> Option<&[f64]> {
        match self.column(name)? {
            Column::Number(values) => Some(values),
            Column::Category(_) => None,
        }
    }

    /// A categorical column by name; `None` where it is absent or numeric.
    pub fn category(&self, name: &str) -> Option<&CategoryColumn> {
        match self.column(name)? {
            Column::Category(column) => Some(column),
            Column::Number(_) => None,
        }
    }

    /// A column by its place.
    pub fn column_at(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    /// The given rows, in the given order.
    pub fn take(&self, rows: &[usize]) -> Table {
        Table {
            names: self.names.clone(),
            columns: self.columns.iter().map(|column| column.take(rows)).collect(),
            rows: rows.len(),
        }
    }

    /// The given columns, in the given order; names that are absent are left out.
    pub fn select(&self, names: &[&str]) -> Table {
        let picked = names.iter().filter_map(|name| self.index_of(name)).collect::<Vec<_>>();
        Table {
            names: picked.iter().map(|&index| self.names[index].clone()).collect(),
            columns: picked.iter().map(|&index| self.columns[index].clone()).collect(),
            rows: self.rows,
        }
    }

    /// The rows of several tables one after the other. All must have the columns of the first, of the same kinds;
    /// the levels of categories are merged in order of appearance.
    pub fn concat(tables: &[&Table]) -> Result<Table, TableError> {
        let Some(first) = tables.first() else { return Ok(Table::default()) };
        let mut result = Table::default();
        for (index, name) in first.names.iter().enumerate() {
            let absent = |table: &Table| TableError::Length { name: name.clone(), expected: table.rows, found: 0 };
            let column = match &first.columns[index] {
                Column::Number(_) => {
                    let mut values = Vec::with_capacity(tables.iter().map(|table| table.rows).sum());
                    for table in tables {
                        values.extend_from_slice(table.number(name).ok_or_else(|| absent(table))?);
                    }
                    Column::Number(values)
                }
                Column::Category(_) => {
                    let mut builder = CategoryBuilder::default();
                    for table in tables {
                        let column = table.category(name).ok_or_else(|| absent(table))?;
                        for row in 0..table.rows {
                            builder.push(column.value(row));
                        }
                    }
                    Column::Category(builder.finish())
                }
            };
            result.push(name.clone(), column)?;
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_is_distinct_from_zero_and_from_empty_text() {
        let column = CategoryColumn::from_values([Some(""), None, Some("a")]);
        assert_eq!(column.value(0), Some(""));
        assert_eq!(column.value(1), None);
        assert_eq!(Column::Category(column).missing(), 1);
        assert_eq!(Column::Number(vec![0.0, f64::NAN]).missing(), 1);
    }

    #[test]
    fn concatenation_merges_levels() {
        let a = Table::new(vec![("c".into(), Column::Category(CategoryColumn::from_values([Some("x"), None])))]);
        let b = Table::new(vec![("c".into(), Column::Category(CategoryColumn::from_values([Some("y"), Some("x")])))]);
        let (a, b) = (a.expect("valid"), b.expect("valid"));
        let both = Table::concat(&[&a, &b]).expect("same columns");
        let column = both.category("c").expect("categorical");
        let values: Vec<_> = (0..4).map(|row| column.value(row)).collect();
        assert_eq!(values, [Some("x"), None, Some("y"), Some("x")]);
        assert_eq!(column.levels.len(), 2);
    }

    #[test]
    fn a_column_of_another_length_is_refused() {
        let result =
            Table::new(vec![("a".into(), Column::Number(vec![1.0])), ("b".into(), Column::Number(vec![1.0, 2.0]))]);
        assert_eq!(result, Err(TableError::Length { name: "b".into(), expected: 1, found: 2 }));
    }
}
