//! How the columns of a file become the features of a model.
//!
//! Numbers, dates and booleans are taken as they are, in f32; a category becomes its place among the training levels
//! in alphabetical order, from 0, and a level that training has not seen is missing. The levels are kept in the
//! model file, so that the model needs nothing else to predict on files with the same columns.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tidewheel_boost::Model;
use tidewheel_data::read::category_of_number;
use tidewheel_domain::{CategoryColumn, Column, MISSING, Table};

use crate::failure::wrong_use;

/// The attribute of the model file that holds the columns.
const ATTRIBUTE: &str = "tidewheel.columns";

/// The columns that a model reads, in the order of its features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Columns {
    /// The column that was predicted.
    pub(super) target: String,
    /// The features.
    pub(super) features: Vec<FeatureColumn>,
}

/// One feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FeatureColumn {
    /// The column's name.
    pub(super) name: String,
    /// A category's levels by place; absent for numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    levels: Option<Vec<String>>,
}

impl Columns {
    /// The columns of a table, with the levels of the given rows.
    pub(super) fn learn(table: &Table, rows: &[usize], target: &str, left_out: &[String]) -> Self {
        let features = table.iter().filter(|(name, _)| *name != target && !left_out.iter().any(|out| out == name));
        let features = features.map(|(name, column)| FeatureColumn {
            name: name.to_owned(),
            levels: match column {
                Column::Number(_) => None,
                Column::Category(column) => {
                    let levels = rows.iter().filter_map(|&row| column.value(row)).collect::<BTreeSet<_>>();
                    Some(levels.into_iter().map(str::to_owned).collect())
                }
            },
        });
        Columns { target: target.to_owned(), features: features.collect() }
    }

    /// Names of the features.
    pub(super) fn names(&self) -> Vec<String> {
        self.features.iter().map(|feature| feature.name.clone()).collect()
    }

    /// Notes the columns in the model.
    pub(super) fn write_to(&self, model: &mut Model) -> anyhow::Result<()> {
        let text = serde_json::to_string(self).context("cannot note the columns in the model")?;
        model.attributes_mut().insert(ATTRIBUTE.to_owned(), text);
        Ok(())
    }

    /// The columns of a model: those that were noted, else its feature names as numbers, else the first columns of
    /// the table as they stand.
    pub(super) fn of(model: &Model, table: &Table) -> anyhow::Result<Self> {
        if let Some(text) = model.attributes().get(ATTRIBUTE) {
            let columns: Columns = serde_json::from_str(text)
                .with_context(|| format!("the model's attribute '{ATTRIBUTE}' cannot be read"))?;
            anyhow::ensure!(
                columns.features.len() == model.num_features(),
                "the model's attribute '{ATTRIBUTE}' names {} columns, but the model has {} features",
                columns.features.len(),
                model.num_features()
            );
            return Ok(columns);
        }
        let names = if model.feature_names().is_empty() { table.names() } else { model.feature_names() };
        if names.len() != model.num_features() {
            return Err(wrong_use(format!(
                "the model has {} features without names, so that the file must have as many columns; it has {}",
                model.num_features(),
                names.len()
            )));
        }
        let features = names.iter().map(|name| FeatureColumn { name: name.clone(), levels: None }).collect();
        Ok(Columns { target: String::new(), features })
    }

    /// The features of all rows of a table, one column a feature.
    pub(super) fn features(&self, table: &Table) -> anyhow::Result<Vec<Vec<f32>>> {
        self.features.iter().map(|feature| feature.values(table)).collect()
    }
}

impl FeatureColumn {
    fn values(&self, table: &Table) -> anyhow::Result<Vec<f32>> {
        let column = table.column(&self.name).ok_or_else(|| {
            wrong_use(format!("the file has no column '{}'; it has {}", self.name, table.names().join(", ")))
        })?;
        match (&self.levels, column) {
            (None, Column::Number(values)) => Ok(values.iter().map(|&value| value as f32).collect()),
            (None, Column::Category(texts)) => match texts.codes.iter().position(|&code| code != MISSING) {
                None => Ok(vec![f32::NAN; texts.codes.len()]),
                Some(row) => Err(wrong_use(format!(
                    "column '{}' must hold numbers, but row {} holds '{}'",
                    self.name,
                    row + 1,
                    texts.value(row).unwrap_or_default()
                ))),
            },
            (Some(levels), Column::Category(texts)) => Ok(places(levels, texts)),
            (Some(levels), Column::Number(values)) => {
                // In another file the same texts may all look like numbers.
                let texts = values.iter().map(|&value| category_of_number(value)).collect::<Vec<_>>();
                Ok(places(levels, &CategoryColumn::from_values(texts.iter().map(Option::as_deref))))
            }
        }
    }
}

fn places(levels: &[String], texts: &CategoryColumn) -> Vec<f32> {
    let by_level =
        levels.iter().enumerate().map(|(place, level)| (level.as_str(), place as f32)).collect::<HashMap<_, _>>();
    let by_code = texts.levels.iter().map(|level| by_level.get(level.as_ref()).copied().unwrap_or(f32::NAN));
    let by_code = by_code.collect::<Vec<_>>();
    texts.codes.iter().map(|&code| if code == MISSING { f32::NAN } else { by_code[code as usize] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: Vec<(&str, Column)>) -> Table {
        Table::new(columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()).expect("a table")
    }

    fn texts(values: &[Option<&str>]) -> Column {
        Column::Category(CategoryColumn::from_values(values.iter().copied()))
    }

    #[test]
    fn categories_keep_their_places_in_other_files() {
        let training = table(vec![
            ("y", Column::Number(vec![1.0, 2.0, 3.0])),
            ("region", texts(&[Some("south"), Some("north"), Some("2")])),
        ]);
        let columns = Columns::learn(&training, &[0, 1, 2], "y", &[]);
        assert_eq!(columns.features(&training).expect("features"), [vec![2.0, 1.0, 0.0]]);
        let other = table(vec![("region", texts(&[Some("west"), None, Some("north")]))]);
        let values = columns.features(&other).expect("features");
        assert!(values[0][0].is_nan() && values[0][1].is_nan());
        assert_eq!(values[0][2], 1.0);
        let numbers = table(vec![("region", Column::Number(vec![2.0, 7.0]))]);
        let values = columns.features(&numbers).expect("features");
        assert_eq!(values[0][0], 0.0);
        assert!(values[0][1].is_nan());
    }

    #[test]
    fn a_column_that_is_missing_or_of_another_type_is_named() {
        let training = table(vec![("y", Column::Number(vec![1.0])), ("x", Column::Number(vec![2.0]))]);
        let columns = Columns::learn(&training, &[0], "y", &[]);
        let other = table(vec![("x", texts(&[None, Some("wide")]))]);
        let error = columns.features(&other).expect_err("texts").to_string();
        assert_eq!(error, "column 'x' must hold numbers, but row 2 holds 'wide'");
        let error = columns.features(&table(vec![("z", Column::Number(vec![1.0]))])).expect_err("missing").to_string();
        assert_eq!(error, "the file has no column 'x'; it has z");
    }
}
