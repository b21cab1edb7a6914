//! The unfitted rules: what a batch's rows must satisfy by themselves, without knowing other rows.
//!
//! Order: values that are not of their column's type, `fill`, `where`, then the schema's checks. A row is rejected by
//! the first rule that it breaks; it is kept in quarantine with the rule, the column and the value.

use std::sync::Arc;

use tidewheel_domain::project::{Check, CleanRule, ColumnType, Project, Scalar};
use tidewheel_domain::{CategoryColumn, Column, MISSING, Table};

use super::expression::{Cell, CellType, ExpressionError, TruthExpression};

/// A row that broke a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// The row's place in the batch, from 0.
    pub row: usize,
    /// The rule.
    pub rule: String,
    /// The column that broke it; of a condition over several columns, their names.
    pub column: String,
    /// The value; `None` where it was missing.
    pub value: Option<String>,
}

/// A value that is not of its column's type, and whose column says that such rows are rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// The row's place in the batch, from 0.
    pub row: usize,
    /// The column.
    pub column: String,
    /// The text as received.
    pub text: String,
}

/// A batch after the unfitted rules.
#[derive(Debug, Clone)]
pub struct Validated {
    /// All rows, with missing values filled.
    pub table: Table,
    /// Places of the rows that passed, ascending.
    pub accepted: Vec<usize>,
    /// The rows that did not, ascending.
    pub rejected: Vec<Rejected>,
}

/// The unfitted rules of a project, compiled.
#[derive(Debug)]
pub struct Validator {
    fills: Vec<(String, Scalar)>,
    conditions: Vec<Condition>,
    checks: Vec<(String, Check)>,
    columns: Vec<(String, CellType)>,
}

#[derive(Debug)]
struct Condition {
    name: String,
    columns: Vec<usize>,
    holds: TruthExpression,
}

/// Name and cell type of each column of a project, in order.
pub fn cell_types(project: &Project) -> Vec<(String, CellType)> {
    let kind = |kind| if kind == ColumnType::Category { CellType::Text } else { CellType::Number };
    project.columns.iter().map(|column| (column.name.clone(), kind(column.kind))).collect()
}

impl Validator {
    /// Compiles the rules of a project.
    pub fn new(project: &Project) -> Result<Self, ExpressionError> {
        let columns = cell_types(project);
        let named = columns.iter().map(|(name, kind)| (name.as_str(), *kind)).collect::<Vec<_>>();
        let mut fills = Vec::new();
        let mut conditions = Vec::new();
        for rule in &project.clean {
            match rule {
                CleanRule::Fill { column, with } => fills.push((column.clone(), with.clone())),
                CleanRule::Where { holds, name } => {
                    let holds = TruthExpression::compile(holds, &named)?;
                    let columns = holds.columns().to_vec();
                    conditions.push(Condition { name: name.clone(), columns, holds });
                }
                CleanRule::Impute { .. } | CleanRule::Percentiles { .. } => {}
            }
        }
        let checks = project
            .columns
            .iter()
            .flat_map(|column| column.checks.iter().map(|check| (column.name.clone(), check.clone())))
            .collect();
        Ok(Self { fills, conditions, checks, columns })
    }

    /// Runs the rules over a batch. The table must hold every column of the project.
    pub fn run(&self, mut table: Table, bad_values: &[BadValue]) -> Validated {
        let mut verdicts: Vec<Option<Rejected>> = vec![None; table.rows()];
        for bad in bad_values {
            verdicts[bad.row].get_or_insert_with(|| Rejected {
                row: bad.row,
                rule: "type".to_owned(),
                column: bad.column.clone(),
                value: Some(bad.text.clone()),
            });
        }
        table = self.fill(table);
        self.run_conditions(&table, &mut verdicts);
        for (name, check) in &self.checks {
            if let Some(column) = table.column(name) {
                run_check(name, check, column, &mut verdicts);
            }
        }
        let accepted = (0..table.rows()).filter(|&row| verdicts[row].is_none()).collect();
        Validated { table, accepted, rejected: verdicts.into_iter().flatten().collect() }
    }

    fn fill(&self, table: Table) -> Table {
        if self.fills.is_empty() {
            return table;
        }
        let columns = table.iter().map(|(name, column)| {
            let fill = self.fills.iter().find(|(filled, _)| filled == name);
            (name.to_owned(), fill.map_or_else(|| column.clone(), |(_, with)| fill_column(column, with)))
        });
        Table::new(columns.collect()).expect("the columns of a table make a table")
    }

    fn run_conditions(&self, table: &Table, verdicts: &mut [Option<Rejected>]) {
        if self.conditions.is_empty() {
            return;
        }
        let columns = self.columns.iter().map(|(name, _)| table.column(name)).collect::<Vec<_>>();
        let mut cells = vec![Cell::Missing; columns.len()];
        for (row, verdict) in verdicts.iter_mut().enumerate() {
            if verdict.is_some() {
                continue;
            }
            for (cell, column) in cells.iter_mut().zip(&columns) {
                *cell = column.map_or(Cell::Missing, |column| cell_of(column, row));
            }
            let broken = self.conditions.iter().find(|condition| condition.holds.evaluate(&cells) != Some(true));
            *verdict = broken.map(|condition| {
                let names = condition.columns.iter().map(|&column| self.columns[column].0.as_str());
                let values = condition.columns.iter().map(|&column| match cells[column] {
                    Cell::Missing => "missing".to_owned(),
                    Cell::Number(value) => value.to_string(),
                    Cell::Text(text) => text.to_owned(),
                });
                Rejected {
                    row,
                    rule: condition.name.clone(),
                    column: names.collect::<Vec<_>>().join(", "),
                    value: Some(values.collect::<Vec<_>>().join(", ")),
                }
            });
        }
    }
}

/// The cell of a column.
pub(crate) fn cell_of(column: &Column, row: usize) -> Cell<'_> {
    match column {
        Column::Number(values) if values[row].is_nan() => Cell::Missing,
        Column::Number(values) => Cell::Number(values[row]),
        Column::Category(column) => column.value(row).map_or(Cell::Missing, Cell::Text),
    }
}

/// Whether a cell satisfies a check. Only [`Check::Required`] minds a missing one.
pub fn satisfies(check: &Check, cell: Cell<'_>) -> bool {
    match (check, cell) {
        (Check::Required, cell) => cell != Cell::Missing,
        (Check::Min(bound), Cell::Number(value)) => value >= *bound,
        (Check::Max(bound), Cell::Number(value)) => value <= *bound,
        (Check::Above(bound), Cell::Number(value)) => value > *bound,
        (Check::OneOf(values), Cell::Text(text)) => values.iter().any(|value| value == text),
        _ => true,
    }
}

fn fill_column(column: &Column, with: &Scalar) -> Column {
    match (column, with) {
        (Column::Number(values), Scalar::Number(_) | Scalar::Boolean(_)) => {
            let fill = match with {
                Scalar::Number(value) => *value,
                other => f64::from(u8::from(*other == Scalar::Boolean(true))),
            };
            Column::Number(values.iter().map(|&value| if value.is_nan() { fill } else { value }).collect())
        }
        (Column::Category(category), Scalar::Text(text)) if category.codes.contains(&MISSING) => {
            let mut levels = category.levels.clone();
            let code = levels.iter().position(|level| level.as_ref() == text).unwrap_or_else(|| {
                levels.push(Arc::from(text.as_str()));
                levels.len() - 1
            }) as u32;
            let codes = category.codes.iter().map(|&old| if old == MISSING { code } else { old }).collect();
            Column::Category(CategoryColumn { codes, levels })
        }
        _ => column.clone(),
    }
}

fn run_check(name: &str, check: &Check, column: &Column, verdicts: &mut [Option<Rejected>]) {
    for (row, verdict) in verdicts.iter_mut().enumerate() {
        if verdict.is_some() {
            continue;
        }
        let cell = cell_of(column, row);
        if !satisfies(check, cell) {
            *verdict = Some(Rejected {
                row,
                rule: check.name(),
                column: name.to_owned(),
                value: match cell {
                    Cell::Missing => None,
                    Cell::Number(value) => Some(value.to_string()),
                    Cell::Text(text) => Some(text.to_owned()),
                },
            });
        }
    }
}
