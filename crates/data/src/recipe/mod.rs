//! The recipe: one definition of how a row becomes features, for training and for serving.
//!
//! Unfitted rules ([`validate`]) run when a batch arrives. Everything that learns from other rows (medians, percentile
//! limits, encoders) is *fitted*: on training rows only, again inside each fold, and stored with the model.

/// SQL scalar expressions as closures.
pub mod expression;

/// Rules that a row must satisfy by itself.
pub mod validate;

/// Categories to numbers.
pub mod encode;

/// Learning a recipe from training rows.
pub mod fit;

/// Rows that arrive one by one, as JSON objects.
pub mod request;

use serde::{Deserialize, Serialize};
use tidewheel_domain::project::{Check, ColumnType, FeatureSpec, Scalar, Transform};
use tidewheel_domain::{Column, Table};

use encode::{FittedEncoder, Lookup};
use expression::{Cell, CellType, ExpressionError, NumberExpression};
use request::Prepared;

pub use fit::{FitError, Fitted};
pub use request::{Fault, FieldError, InputRow};

/// A fitted recipe, as it is stored with the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Version of this format.
    pub format: u32,
    /// The column to predict.
    pub target: String,
    /// The scale on which the model predicts.
    pub transform: Transform,
    /// Unit of the target.
    pub unit: String,
    /// The columns that a row may hold, in order; the target is not among them.
    pub inputs: Vec<InputColumn>,
    /// Fitted: the median that takes the place of a missing number, by column.
    pub medians: Vec<Median>,
    /// Fitted: training rows outside were left out.
    pub limits: Vec<Limit>,
    /// Features by expression; the model's first features, in order.
    pub features: Vec<FeatureSpec>,
    /// Features by encoder; they follow, in order.
    pub encoders: Vec<FittedEncoder>,
    /// The target's mean of each value of the group column, over training rows.
    pub groups: Vec<Group>,
}

/// A column that a row may hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputColumn {
    /// Name.
    pub name: String,
    /// Type of the values.
    pub kind: ColumnType,
    /// What a value must satisfy.
    pub checks: Vec<Check>,
    /// What a missing value becomes.
    pub fill: Option<Scalar>,
    /// The value of a request that leaves the field out.
    pub default: Option<Scalar>,
    /// Name for people: English, Spanish.
    pub label: (String, String),
    /// Unit.
    pub unit: Option<String>,
    /// The features that read it.
    pub read_by: Vec<String>,
}

/// A fitted median.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Median {
    /// The column.
    pub column: String,
    /// The median of the training rows that have a value; `None` when none has.
    pub value: Option<f64>,
}

/// Fitted limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The column.
    pub column: String,
    /// The least value kept.
    pub low: f64,
    /// The greatest value kept.
    pub high: f64,
}

/// One value of the group column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The value.
    pub name: String,
    /// Mean of the target, in target units.
    pub mean: f64,
    /// Training rows.
    pub rows: u64,
}

impl Recipe {
    /// Names of the features, in the model's order.
    pub fn feature_names(&self) -> Vec<String> {
        let expressions = self.features.iter().map(|feature| feature.name.clone());
        expressions.chain(self.encoders.iter().map(|encoder| encoder.name.clone())).collect()
    }

    /// Makes the recipe ready for use.
    pub fn compile(self) -> Result<CompiledRecipe, ExpressionError> {
        let cell = |kind| if kind == ColumnType::Category { CellType::Text } else { CellType::Number };
        let columns = self.inputs.iter().map(|input| (input.name.as_str(), cell(input.kind))).collect::<Vec<_>>();
        let place = |name: &str| columns.iter().position(|(column, _)| *column == name);
        let expressions = self.features.iter().map(|feature| NumberExpression::compile(&feature.sql, &columns));
        let expressions = expressions.collect::<Result<Vec<_>, _>>()?;
        let mut lookups = Vec::new();
        for encoder in &self.encoders {
            let place = place(&encoder.column).ok_or_else(|| ExpressionError {
                sql: encoder.column.clone(),
                reason: format!("encoder '{}' reads a column that the recipe lacks", encoder.name),
            })?;
            lookups.push((place, Lookup::new(encoder)));
        }
        let mut medians = vec![None; columns.len()];
        for median in &self.medians {
            if let Some(place) = place(&median.column) {
                medians[place] = median.value;
            }
        }
        let prepared = self.inputs.iter().map(Prepared::new).collect();
        Ok(CompiledRecipe { expressions, lookups, medians, prepared, recipe: self })
    }
}

/// A recipe ready for use.
#[derive(Debug)]
pub struct CompiledRecipe {
    recipe: Recipe,
    expressions: Vec<NumberExpression>,
    lookups: Vec<(usize, Lookup)>,
    medians: Vec<Option<f64>>,
    prepared: Vec<Prepared>,
}

impl CompiledRecipe {
    /// The recipe itself.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn prepared(&self) -> &[Prepared] {
        &self.prepared
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.expressions.len() + self.lookups.len()
    }

    /// The features of one row. `cells` stand in the order of [`Recipe::inputs`] and `out` holds one place a feature,
    /// in the model's order; missing is NaN.
    pub fn row(&self, cells: &mut [Cell<'_>], out: &mut [f32]) {
        self.expression_features(cells, out);
        for ((place, lookup), value) in self.lookups.iter().zip(&mut out[self.expressions.len()..]) {
            *value = lookup.get(match cells[*place] {
                Cell::Text(text) => Some(text),
                _ => None,
            });
        }
    }

    fn expression_features(&self, cells: &mut [Cell<'_>], out: &mut [f32]) {
        for (cell, median) in cells.iter_mut().zip(&self.medians) {
            if let (Cell::Missing, Some(median)) = (*cell, median) {
                *cell = Cell::Number(*median);
            }
        }
        for (expression, value) in self.expressions.iter().zip(out) {
            *value = expression.evaluate(cells).map_or(f32::NAN, |value| value as f32);
        }
    }

    /// The features of many rows, one column a feature.
    pub fn columns(&self, table: &Table, rows: &[usize]) -> Vec<Vec<f32>> {
        let mut columns = vec![Vec::with_capacity(rows.len()); self.features()];
        let mut out = vec![f32::NAN; self.features()];
        self.for_each_row(table, rows, |recipe, cells| {
            recipe.row(cells, &mut out);
            for (column, value) in columns.iter_mut().zip(&out) {
                column.push(*value);
            }
        });
        columns
    }

    /// Whether a row lies inside the limits of the training rows. `target` is the row's target, if it has one.
    pub fn within_limits(&self, table: &Table, row: usize) -> bool {
        self.recipe.limits.iter().all(|limit| match table.number(&limit.column) {
            Some(values) => values[row].is_nan() || (limit.low..=limit.high).contains(&values[row]),
            None => true,
        })
    }

    fn for_each_row(&self, table: &Table, rows: &[usize], mut visit: impl FnMut(&Self, &mut [Cell<'_>])) {
        let inputs: Vec<Option<&Column>> = self.recipe.inputs.iter().map(|input| table.column(&input.name)).collect();
        let mut cells = vec![Cell::Missing; inputs.len()];
        for &row in rows {
            for (cell, column) in cells.iter_mut().zip(&inputs) {
                *cell = column.map_or(Cell::Missing, |column| validate::cell_of(column, row));
            }
            visit(self, &mut cells);
        }
    }
}
