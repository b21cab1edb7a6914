//! The answer: the prediction with its interval, why, what if, and what is like it.

use std::collections::BTreeSet;

use tidewheel_data::recipe::InputRow;
use tidewheel_data::recipe::expression::Cell;
use tidewheel_domain::Column;
use tidewheel_domain::project::{Check, ColumnType, Project, Transform};
use tidewheel_ui::pages::predict::{Answer, Compare, Level, Similar, Step};
use tidewheel_ui::{Figures, Lang};

use super::known::Known;
use super::{label, predicted};
use crate::inference::model::ServedModel;

/// Features that are shown one by one.
const STEPS: usize = 9;
/// Points of a response curve.
const POINTS: usize = 24;
/// Levels of the group that are compared.
const LEVELS: usize = 30;
/// Similar rows.
const SIMILAR: usize = 5;
/// Facts of a similar row.
const FACTS: usize = 6;

/// A case that has a prediction.
pub(super) struct Case<'a> {
    model: &'a ServedModel,
    project: &'a Project,
    known: Option<&'a Known>,
    lang: Lang,
    pub(super) row: &'a InputRow,
    margin: f64,
    value: f64,
    features: Vec<f32>,
}

impl<'a> Case<'a> {
    /// Predicts a row; `None` where that gives no finite number.
    pub(super) fn of(
        model: &'a ServedModel,
        project: &'a Project,
        known: Option<&'a Known>,
        lang: Lang,
        row: &'a InputRow,
    ) -> Option<Self> {
        let margin = model.margin(row.cells())?;
        let value = model.in_units(margin)?;
        Some(Self { model, project, known, lang, row, margin, value, features: model.recipe.row_features(row) })
    }

    /// The whole answer.
    pub(super) fn answer(&self) -> Answer {
        let interval = self.model.interval.as_ref();
        let mut answer = Answer {
            value: self.value,
            wide: self.wide(self.margin),
            narrow: interval.and_then(|interval| self.ends(self.margin, interval.narrow.low, interval.narrow.high)),
            derived: self.derived(),
            logarithmic: self.model.recipe.recipe().transform != Transform::None,
            compare: self.compare(),
            similar: self.similar(),
            looked_at: self.known.map(|known| known.table.rows() as u64),
            ..Answer::default()
        };
        self.explain(&mut answer);
        answer
    }

    fn wide(&self, margin: f64) -> Option<(f64, f64)> {
        let wide = self.model.interval.as_ref()?.wide;
        self.ends(margin, wide.low, wide.high)
    }

    fn ends(&self, margin: f64, low: f64, high: f64) -> Option<(f64, f64)> {
        Some((self.model.in_units(margin + low)?, self.model.in_units(margin + high)?))
    }

    /// Predictions along the range of one input.
    pub(super) fn curve(&self, place: usize, low: f64, high: f64, step: f64) -> Vec<f64> {
        // not more points than the slider has places
        let points = (((high - low) / step).round() as usize + 1).clamp(2, POINTS);
        let value = |point: usize| low + (high - low) * point as f64 / (points - 1) as f64;
        let at = |point: usize| {
            let mut cells = self.row.cells();
            cells[place] = Cell::Number(value(point));
            predicted(self.model, cells).unwrap_or(f64::NAN)
        };
        (0..points).map(at).collect()
    }

    fn derived(&self) -> Vec<(String, Option<f64>, String)> {
        let mut cells = self.row.cells();
        cells.push(Cell::Number(self.value));
        let figures = self.model.derived.iter().map(|(figure, expression)| {
            (label(self.lang, &figure.label), expression.evaluate(&cells), figure.unit.clone().unwrap_or_default())
        });
        figures.collect()
    }

    /// From the average to the prediction, the features that do most first. The last total is the prediction itself.
    fn explain(&self, answer: &mut Answer) {
        let Ok(explanation) = self.model.explain(&self.features) else { return };
        let units = |margin: f64| self.model.in_units(margin).unwrap_or(f64::NAN);
        let mut order: Vec<usize> = (0..explanation.values.len()).collect();
        order.sort_by(|&a, &b| explanation.values[b].abs().total_cmp(&explanation.values[a].abs()));
        let (shown, rest) = order.split_at(order.len().min(STEPS));
        answer.average = units(explanation.base_value);
        let mut margin = explanation.base_value;
        for &feature in shown {
            margin += explanation.values[feature];
            let (label, value) = self.feature(feature);
            answer.steps.push(Step { label, value, to: units(margin) });
        }
        match (rest.len(), answer.steps.last_mut()) {
            (0, Some(last)) => last.to = self.value,
            (0, None) => {}
            (others, _) => answer.others = Some(others),
        }
    }

    /// What a feature is called, and its value.
    fn feature(&self, place: usize) -> (String, String) {
        let recipe = self.model.recipe.recipe();
        let figures = Figures::of(self.lang);
        if let Some(feature) = recipe.features.get(place) {
            let value = match self.features.get(place) {
                Some(value) if value.is_finite() => {
                    figures.in_full(f64::from(*value), feature.unit.as_deref().unwrap_or_default())
                }
                _ => "–".to_owned(),
            };
            return (label(self.lang, &feature.label), value);
        }
        let Some(encoder) = recipe.encoders.get(place - recipe.features.len()) else { return Default::default() };
        let spec = self.project.encoders.iter().find(|spec| spec.name == encoder.name);
        let name = spec.map_or_else(|| encoder.name.clone(), |spec| label(self.lang, &spec.label));
        let value = self.row.text(&self.model.recipe, &encoder.column).unwrap_or("–");
        (name, value.to_owned())
    }

    /// The case with each level of the group. What the model never saw with a level is left open there, as far as it may
    /// be.
    fn compare(&self) -> Option<Compare> {
        let recipe = self.model.recipe.recipe();
        let column = self.project.serve.group_column.as_deref()?;
        let place = recipe.inputs.iter().position(|input| input.name == column && !input.read_by.is_empty())?;
        let here = self.row.text(&self.model.recipe, column);
        // the other categories of the case, with the levels of the group that they were seen with
        let others = recipe.inputs.iter().enumerate().filter_map(|(other, input)| {
            let may_be_open = input.kind == ColumnType::Category
                && other != place
                && !input.read_by.is_empty()
                && input.fill.is_none()
                && !input.checks.iter().any(|check| matches!(check, Check::Required));
            let value = self.row.text(&self.model.recipe, &input.name).filter(|_| may_be_open)?;
            Some((other, input, self.known?.seen_with(&input.name, value, column)))
        });
        let others: Vec<_> = others.collect();
        let mut open = BTreeSet::new();
        let mut levels: Vec<Level> = Vec::new();
        let most_rows = {
            let mut groups: Vec<_> = recipe.groups.iter().collect();
            groups.sort_by_key(|group| std::cmp::Reverse(group.rows));
            groups
        };
        for group in most_rows.iter().filter(|group| here != Some(&group.name)).take(LEVELS) {
            let mut cells = self.row.cells();
            cells[place] = Cell::Text(&group.name);
            for (other, input, seen) in &others {
                if !seen.contains(group.name.as_str()) {
                    cells[*other] = Cell::Missing;
                    open.insert(label(self.lang, &input.label));
                }
            }
            let Some(margin) = self.model.margin(cells) else { continue };
            let Some(value) = self.model.in_units(margin) else { continue };
            levels.push(Level { name: group.name.clone(), value, wide: self.wide(margin), rows: group.rows });
        }
        levels.sort_by(|a, b| b.value.total_cmp(&a.value).then_with(|| a.name.cmp(&b.name)));
        let input = &recipe.inputs[place];
        let all = most_rows.iter().filter(|group| here != Some(&group.name)).count();
        (!levels.is_empty()).then(|| Compare {
            label: label(self.lang, &input.label),
            here: here.map(str::to_owned),
            more: all - levels.len(),
            levels,
            open: open.into_iter().collect(),
        })
    }

    fn similar(&self) -> Vec<Similar> {
        let Some(known) = self.known else { return Vec::new() };
        let recipe = self.model.recipe.recipe();
        let Some(target) = known.table.number(&recipe.target) else { return Vec::new() };
        let figures = Figures::of(self.lang);
        let inputs = || recipe.inputs.iter().filter(|input| !input.read_by.is_empty());
        let rows = known.nearest(&self.features, SIMILAR).into_iter().filter_map(|place| {
            let row = self.model.recipe.input_row(&known.table, place);
            let predicted = predicted(self.model, row.cells())?;
            let names = inputs().filter_map(|input| match known.table.column(&input.name) {
                Some(Column::Category(column)) if !is_plain_choice(input) => column.value(place),
                _ => None,
            });
            let facts = inputs().filter_map(|input| {
                let value = match known.table.column(&input.name) {
                    Some(Column::Number(values)) => Some(values[place]).filter(|value| value.is_finite())?,
                    _ => return None,
                };
                let name = label(self.lang, &input.label);
                Some(match input.unit.as_deref() {
                    Some(unit) => figures.in_full(value, unit),
                    None => format!("{} {}", figures.in_full(value, ""), name.to_lowercase()),
                })
            });
            let facts = facts.take(FACTS).collect::<Vec<_>>().join(", ");
            let name = names.take(FACTS).collect::<Vec<_>>().join(", ");
            let batch = known.batches.get(place).copied()?;
            Some(Similar { name, facts, actual: target[place], predicted, batch })
        });
        rows.collect()
    }
}

/// A category whose levels the project lists says little of where a row belongs.
fn is_plain_choice(input: &tidewheel_data::recipe::InputColumn) -> bool {
    input.checks.iter().any(|check| matches!(check, Check::OneOf(_)))
}
