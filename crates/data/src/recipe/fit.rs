//! Learning a recipe from training rows.

use thiserror::Error;
use tidewheel_domain::project::{CleanRule, ColumnType, Project};
use tidewheel_domain::{Table, random};

use super::encode::{EncoderInput, fit as fit_encoder};
use super::expression::{CellType, ExpressionError, NumberExpression};
use super::{CompiledRecipe, Group, InputColumn, Limit, Median, Recipe};

/// The version of the recipe's format that this program writes.
pub const FORMAT: u32 = 1;

/// Why a recipe cannot be fitted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FitError {
    /// An expression of the project is wrong.
    #[error("feature {0}")]
    Expression(#[from] ExpressionError),
    /// The table lacks a column.
    #[error("the training rows lack column '{0}'")]
    MissingColumn(String),
    /// No row is left to learn from.
    #[error(
        "no training row is left: {given} were given, {without_target} have no '{target}', {outside} lie outside the limits"
    )]
    NoRows {
        /// Rows given.
        given: usize,
        /// Rows whose target is missing.
        without_target: usize,
        /// Rows outside the percentile limits.
        outside: usize,
        /// The target.
        target: String,
    },
}

/// A fitted recipe with the features of the rows that it was fitted on.
#[derive(Debug)]
pub struct Fitted {
    /// The recipe, ready for use.
    pub recipe: CompiledRecipe,
    /// The training rows inside the limits, as places in the table.
    pub rows: Vec<usize>,
    /// Their features, one column a feature; encoders of the target are out-of-fold.
    pub features: Vec<Vec<f32>>,
    /// Their target on the training scale.
    pub target: Vec<f32>,
    /// Training rows that the limits left out.
    pub outside: usize,
}

/// The out-of-fold part of a key: every row of one real thing falls into one part. Parts are independent of the
/// hold-out, which is chosen by the same hash.
pub fn part_of_key(key: u64, parts: usize) -> u32 {
    (random::mix(key ^ 0x5bf0_3635_dcf5_8c1f) % parts as u64) as u32
}

/// The q-th percentile (0 to 100) of sorted values, by linear interpolation (numpy's default).
pub fn percentile(sorted: &[f64], q: f64) -> f64 {
    let place = q / 100.0 * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = place.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

impl Recipe {
    /// Fits the recipe of a project on the given rows of a table. `keys` holds the key hash of every row of the table.
    pub fn fit(project: &Project, table: &Table, rows: &[usize], keys: &[u64]) -> Result<Fitted, FitError> {
        let target_values =
            table.number(&project.target).ok_or_else(|| FitError::MissingColumn(project.target.clone()))?;
        let given = rows.len();
        let mut rows = rows.to_vec();
        rows.retain(|&row| target_values[row].is_finite());
        let without_target = given - rows.len();

        let mut medians = Vec::new();
        let mut limits = Vec::new();
        for rule in &project.clean {
            match rule {
                CleanRule::Impute { column } => {
                    let sorted = sorted_values(table, column, &rows)?;
                    let value = (!sorted.is_empty()).then(|| percentile(&sorted, 50.0));
                    medians.push(Median { column: column.clone(), value });
                }
                CleanRule::Percentiles { column, low, high, min_rows } => {
                    let sorted = sorted_values(table, column, &rows)?;
                    if sorted.len() > *min_rows {
                        let (low, high) = (percentile(&sorted, *low), percentile(&sorted, *high));
                        let values = table.number(column).ok_or_else(|| FitError::MissingColumn(column.clone()))?;
                        rows.retain(|&row| values[row].is_nan() || (low..=high).contains(&values[row]));
                        limits.push(Limit { column: column.clone(), low, high });
                    }
                }
                CleanRule::Fill { .. } | CleanRule::Where { .. } => {}
            }
        }
        let outside = given - without_target - rows.len();
        if rows.is_empty() {
            return Err(FitError::NoRows { given, without_target, outside, target: project.target.clone() });
        }

        let target = rows.iter().map(|&row| project.transform.forward(target_values[row])).collect::<Vec<_>>();
        let mut encoders = Vec::new();
        let mut encoded = Vec::new();
        for spec in &project.encoders {
            let column = table.category(&spec.column).ok_or_else(|| FitError::MissingColumn(spec.column.clone()))?;
            let folds = match spec.encoding {
                tidewheel_domain::project::Encoding::TargetMean { folds, .. } => folds,
                _ => 2,
            };
            let parts = rows.iter().map(|&row| part_of_key(keys[row], folds)).collect::<Vec<_>>();
            let input = EncoderInput { column, rows: &rows, target: &target, parts: &parts };
            let (encoder, features) = fit_encoder(spec, &input);
            encoders.push(encoder);
            encoded.push(features);
        }

        let recipe = Recipe {
            format: FORMAT,
            target: project.target.clone(),
            transform: project.transform,
            unit: project.unit.clone(),
            inputs: input_columns(project)?,
            medians,
            limits,
            features: project.features.clone(),
            encoders,
            groups: groups(project, table, &rows, target_values),
        };
        let recipe = recipe.compile()?;
        let mut features = recipe.columns(table, &rows);
        let first_encoder = features.len() - encoded.len();
        for (place, column) in encoded.into_iter().enumerate() {
            features[first_encoder + place] = column;
        }
        let target = target.into_iter().map(|value| value as f32).collect();
        Ok(Fitted { recipe, rows, features, target, outside })
    }
}

fn sorted_values(table: &Table, column: &str, rows: &[usize]) -> Result<Vec<f64>, FitError> {
    let values = table.number(column).ok_or_else(|| FitError::MissingColumn(column.to_owned()))?;
    let mut sorted = rows.iter().map(|&row| values[row]).filter(|value| !value.is_nan()).collect::<Vec<_>>();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(sorted)
}

/// The columns that a row of the project may hold, with the features that read each one.
pub fn input_columns(project: &Project) -> Result<Vec<InputColumn>, ExpressionError> {
    let inputs = project.columns.iter().filter(|column| column.name != project.target).collect::<Vec<_>>();
    let cell = |kind| if kind == ColumnType::Category { CellType::Text } else { CellType::Number };
    let types = inputs.iter().map(|column| (column.name.as_str(), cell(column.kind))).collect::<Vec<_>>();
    let mut read_by = vec![Vec::new(); inputs.len()];
    for feature in &project.features {
        for &place in NumberExpression::compile(&feature.sql, &types)?.columns() {
            read_by[place].push(feature.name.clone());
        }
    }
    for encoder in &project.encoders {
        if let Some(place) = inputs.iter().position(|column| column.name == encoder.column) {
            read_by[place].push(encoder.name.clone());
        }
    }
    Ok(inputs
        .into_iter()
        .zip(read_by)
        .map(|(column, read_by)| InputColumn {
            name: column.name.clone(),
            kind: column.kind,
            checks: column.checks.clone(),
            fill: project.clean.iter().find_map(|rule| match rule {
                CleanRule::Fill { column: filled, with } if *filled == column.name => Some(with.clone()),
                _ => None,
            }),
            default: project.serve.defaults.get(&column.name).cloned(),
            label: column.label.clone(),
            unit: column.unit.clone(),
            read_by,
        })
        .collect())
}

fn groups(project: &Project, table: &Table, rows: &[usize], target: &[f64]) -> Vec<Group> {
    let Some(column) = project.serve.group_column.as_deref().and_then(|name| table.category(name)) else {
        return Vec::new();
    };
    let mut sums = vec![(0.0, 0_u64); column.levels.len()];
    for &row in rows {
        if let Some(sum) = sums.get_mut(column.codes[row] as usize) {
            sum.0 += target[row];
            sum.1 += 1;
        }
    }
    let seen = column.levels.iter().zip(sums).filter(|(_, (_, rows))| *rows > 0);
    let mut groups = seen
        .map(|(name, (sum, rows))| Group { name: name.to_string(), mean: sum / rows as f64, rows })
        .collect::<Vec<_>>();
    groups.sort_by(|a, b| b.mean.total_cmp(&a.mean).then_with(|| a.name.cmp(&b.name)));
    groups
}

/// Whether every column that the recipe of a project needs can be compiled; the first mistake otherwise.
pub fn check(project: &Project) -> Result<(), ExpressionError> {
    input_columns(project)?;
    let columns = super::validate::cell_types(project);
    let columns = columns.iter().map(|(name, kind)| (name.as_str(), *kind)).collect::<Vec<_>>();
    for figure in &project.serve.derived {
        NumberExpression::compile(&figure.sql, &columns)?;
    }
    super::validate::Validator::new(project).map(|_| ())
}
