//! The form: what was given, what is wrong with it, and how each input of the model is asked for.

use serde_json::{Map, Value};
use tidewheel_data::recipe::{Fault, InputColumn, InputRow};
use tidewheel_domain::project::{Check, ColumnType, Scalar};
use tidewheel_ui::Lang;
use tidewheel_ui::pages::predict::{Field, Input, Knob, Unseen, Wrong};

use super::answer::Case;
use super::known::{Known, LEVELS, Range};
use super::{label, plain, tidy};
use crate::inference::model::ServedModel;

/// A category with so few levels is chosen from a list.
const CHOICE: usize = 40;
/// Levels that are offered over all fields, at most.
const OFFERED: usize = 600;
/// Numbers with a curve and a slider, at most: the first that the model reads.
const KNOBS: usize = 12;

/// What was given.
pub(super) struct Given {
    /// The value of each input that the model reads, and what was typed.
    values: Vec<(Option<Value>, String)>,
    /// Names that are no input.
    pub(super) ignored: Vec<String>,
}

/// The inputs that the model reads, with their places in a row.
fn asked(model: &ServedModel) -> impl Iterator<Item = (usize, &InputColumn)> {
    model.recipe.recipe().inputs.iter().enumerate().filter(|(_, input)| !input.read_by.is_empty())
}

impl Given {
    /// What the address gives; what it leaves out begins with the project's default, or with what is usual where the
    /// model needs a value.
    pub(super) fn read(model: &ServedModel, known: Option<&Known>, fields: &[(String, String)]) -> Self {
        let typed = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim());
        let values = asked(model).map(|(_, input)| match typed(&input.name) {
            Some(text) => (Some(value_of(input.kind, text)), text.to_owned()),
            None => {
                let start = start(input, known);
                let text = match &start {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Null) | None => String::new(),
                    Some(value) => value.to_string(),
                };
                let text = text.strip_suffix(".0").map_or(text.clone(), str::to_owned);
                (start, text)
            }
        });
        let values = values.collect();
        let unknown = |name: &&String| !model.recipe.recipe().inputs.iter().any(|input| input.name == **name);
        let mut ignored: Vec<String> = fields.iter().map(|(name, _)| name).filter(unknown).cloned().collect();
        ignored.truncate(5);
        Self { values, ignored }
    }

    /// The checked row; `None` where something is wrong.
    pub(super) fn row(&self, model: &ServedModel) -> Option<InputRow> {
        let given = asked(model).zip(&self.values);
        let given = given.filter_map(|((_, input), (value, _))| Some((input.name.clone(), value.clone()?)));
        model.recipe.parse_row(&given.collect::<Map<_, _>>()).ok()
    }

    /// The form, with curves where the case has an answer.
    pub(super) fn fields(
        &self,
        model: &ServedModel,
        known: Option<&Known>,
        lang: Lang,
        case: Option<&Case<'_>>,
    ) -> Vec<Field> {
        let mut knobs = 0;
        let categories = asked(model).filter(|(_, input)| input.kind == ColumnType::Category).count();
        let offered = (OFFERED / categories.max(1)).clamp(5, LEVELS);
        let fields = asked(model).zip(&self.values).map(|((place, input), (value, text))| {
            let fault = input.fault(value.as_ref());
            let input_of = match input.kind {
                ColumnType::Boolean => Input::Boolean,
                ColumnType::Date => Input::Date,
                ColumnType::Category => category(input, known, offered),
                ColumnType::Number => {
                    let range = known.and_then(|known| known.ranges.get(&input.name)).filter(|_| knobs < KNOBS);
                    knobs += 1;
                    Input::Number(knob(input, place, range.copied(), case))
                }
            };
            Field {
                name: input.name.clone(),
                label: label(lang, &input.label),
                unit: input.unit.clone().unwrap_or_default(),
                value: text.clone(),
                unseen: fault.is_none().then(|| unseen(model, input, known, value.as_ref())).flatten(),
                wrong: fault.map(wrong),
                input: input_of,
            }
        });
        fields.collect()
    }
}

/// A typed text as a value of the column's type; a text that is none is for the recipe to refuse.
fn value_of(kind: ColumnType, text: &str) -> Value {
    match (kind, text) {
        (_, "") => Value::Null,
        (ColumnType::Number, text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Value::from(number),
            _ => Value::String(text.to_owned()),
        },
        (ColumnType::Boolean, "true") => Value::Bool(true),
        (ColumnType::Boolean, "false") => Value::Bool(false),
        (_, text) => Value::String(text.to_owned()),
    }
}

/// The value that a field begins with.
fn start(input: &InputColumn, known: Option<&Known>) -> Option<Value> {
    match &input.default {
        Some(Scalar::Boolean(value)) => return Some(Value::Bool(*value)),
        Some(Scalar::Number(value)) => return Some(Value::from(*value)),
        Some(Scalar::Text(value)) => return Some(Value::String(value.clone())),
        None if input.fill.is_some() || !input.checks.contains(&Check::Required) => return None,
        None => {}
    }
    match input.kind {
        ColumnType::Number => known?.ranges.get(&input.name).map(|range| Value::from(range.middle)),
        ColumnType::Category => known?.levels.get(&input.name)?.first().map(|level| Value::String(level.clone())),
        ColumnType::Boolean | ColumnType::Date => None,
    }
}

fn category(input: &InputColumn, known: Option<&Known>, offered: usize) -> Input {
    let open = !input.checks.contains(&Check::Required);
    let declared = input.checks.iter().find_map(|check| match check {
        Check::OneOf(levels) => Some(levels.clone()),
        _ => None,
    });
    let seen = known.and_then(|known| known.levels.get(&input.name));
    match (declared, seen) {
        (Some(levels), _) if levels.len() <= CHOICE => Input::Choice { levels, open },
        (_, Some(levels)) if levels.len() <= CHOICE => {
            let mut levels = levels.clone();
            levels.sort();
            Input::Choice { levels, open }
        }
        (declared, seen) => {
            let levels = seen.or(declared.as_ref()).map(Vec::as_slice).unwrap_or_default();
            Input::Text(levels[..levels.len().min(offered)].to_vec())
        }
    }
}

fn knob(input: &InputColumn, place: usize, range: Option<Range>, case: Option<&Case<'_>>) -> Knob {
    let (mut min, mut max) = (None, None);
    for check in &input.checks {
        match check {
            Check::Min(bound) | Check::Above(bound) => min = Some(*bound),
            Check::Max(bound) => max = Some(*bound),
            Check::Required | Check::OneOf(_) => {}
        }
    }
    let range = range.filter(|range| range.usual.1 > range.usual.0).map(|range| {
        let (low, high) = range.usual;
        let step = step(high - low, range.whole);
        (tidy(low, step).max(min.unwrap_or(f64::MIN)), tidy(high, step), step)
    });
    let curve = match (range, case) {
        (Some((low, high, step)), Some(case)) => case.curve(place, low, high, step),
        _ => Vec::new(),
    };
    Knob { min, max, range, curve }
}

/// A round step that goes through a range in about a hundred.
fn step(range: f64, whole: bool) -> f64 {
    let raw = range / 100.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= raw);
    let step = step.unwrap_or(power);
    // 0.1 is not a power of ten
    let step = plain(step).parse().unwrap_or(step);
    if whole { f64::max(1.0, step) } else { step }
}

/// In what a value is new to the model.
fn unseen(model: &ServedModel, input: &InputColumn, known: Option<&Known>, value: Option<&Value>) -> Option<Unseen> {
    match (input.kind, value?) {
        (ColumnType::Category, Value::String(text)) => {
            let mut encoders = model.recipe.recipe().encoders.iter().filter(|encoder| encoder.column == input.name);
            match encoders.next() {
                Some(encoder) if !encoder.values.contains_key(text.trim()) => {
                    let like = loose(text);
                    let known = encoder.values.keys().find(|level| !like.is_empty() && loose(level) == like);
                    Some(Unseen::Level(known.cloned()))
                }
                _ => None,
            }
        }
        (ColumnType::Number, Value::Number(number)) => {
            let number = number.as_f64()?;
            let (least, most) = known?.ranges.get(&input.name)?.ends;
            if number < least {
                Some(Unseen::Below(least))
            } else if number > most {
                Some(Unseen::Above(most))
            } else {
                None
            }
        }
        _ => None,
    }
}

/// A text without what people write in several ways: case, signs between words, zeros before a number.
fn loose(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase);
    letters.collect::<String>().trim_start_matches('0').to_owned()
}

fn wrong(fault: Fault) -> Wrong {
    match fault {
        Fault::NotFinite | Fault::TextForNumber | Fault::NotNumber => Wrong::NotNumber,
        Fault::NotBoolean => Wrong::NotBoolean,
        Fault::NotDate => Wrong::NotDate,
        Fault::NotText => Wrong::NotText,
        Fault::Check(Check::Required) => Wrong::Required,
        Fault::Check(Check::Min(bound)) => Wrong::AtLeast(bound),
        Fault::Check(Check::Max(bound)) => Wrong::AtMost(bound),
        Fault::Check(Check::Above(bound)) => Wrong::Above(bound),
        Fault::Check(Check::OneOf(values)) => Wrong::OneOf(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!((step(4200.0, true), step(9.0, true), step(2.0, false)), (50.0, 1.0, 0.02));
        assert_eq!(step(7.5, false), 0.1);
    }

    #[test]
    fn what_people_write_in_several_ways_is_alike() {
        assert_eq!(loose("01602"), loose("1602"));
        assert_eq!(loose("for sale"), loose("For_Sale"));
        assert_ne!(loose("north"), loose("south"));
    }

    #[test]
    fn typed_texts_become_values_or_stay_what_they_are() {
        assert_eq!(value_of(ColumnType::Number, "3.5"), Value::from(3.5));
        assert_eq!(value_of(ColumnType::Number, "NaN"), Value::from("NaN"));
        assert_eq!(value_of(ColumnType::Number, ""), Value::Null);
        assert_eq!(value_of(ColumnType::Category, "007"), Value::from("007"));
        assert_eq!(value_of(ColumnType::Boolean, "perhaps"), Value::from("perhaps"));
    }
}
