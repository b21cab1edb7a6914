//! What both languages share: names, units and rounded numbers of one record.

use std::cmp::Ordering;

use serde_json::{Map, Value};
use tidewheel_domain::decision::{
    Action, Cause, CauseSubject, Change, ColumnLabels, Condition, Counterfactual, Decision,
};
use tidewheel_domain::drift_report::{EffectName, LevelMove};

use super::number::{self, Lang};

/// Causes that get a paragraph of their own; the rest are named.
const TOLD_CAUSES: usize = 5;

/// Conditions of a counterfactual that are told in full; the columns of the rest are named.
const TOLD_CONDITIONS: usize = 4;

/// Ways to another decision that are told.
const TOLD_WAYS: usize = 4;

/// Segments that a decomposition names.
pub(super) const NAMED_SEGMENTS: usize = 3;

/// Values of an example row that are told.
const TOLD_VALUES: usize = 8;

/// Characters of a name or value of the data that are told.
const TOLD_CHARACTERS: usize = 80;

/// Characters of a person's reason.
const TOLD_REASON: usize = 500;

/// Columns named in a list before it is broken off.
const NAMED_COLUMNS: usize = 12;

/// A record about to be told.
pub(super) struct Voice<'a> {
    pub(super) decision: &'a Decision,
    pub(super) lang: Lang,
    pub(super) labels: &'a ColumnLabels,
    /// The target column, where the record names it.
    pub(super) target: Option<&'a str>,
}

impl<'a> Voice<'a> {
    pub(super) fn new(decision: &'a Decision, lang: Lang, labels: &'a ColumnLabels) -> Self {
        Self { decision, lang, labels, target: decision.target.as_deref() }
    }

    /// The label of a column in quotes, else its name as code.
    pub(super) fn column(&self, name: &str) -> String {
        match self.labels.get(name).and_then(|label| label.label.as_deref()) {
            Some(label) => quoted(label, self.lang),
            None => format!("`{}`", shown(name)),
        }
    }

    pub(super) fn columns<'b>(&self, names: impl Iterator<Item = &'b str>) -> String {
        let mut names: Vec<String> = names.take(NAMED_COLUMNS + 1).map(|name| self.column(name)).collect();
        if names.len() > NAMED_COLUMNS {
            names.truncate(NAMED_COLUMNS);
            names.push("…".to_owned());
        }
        names.join(", ")
    }

    pub(super) fn count(&self, x: u64) -> String {
        number::count(x, self.lang)
    }

    pub(super) fn value(&self, x: f64) -> String {
        number::value(x, self.lang)
    }

    pub(super) fn percent(&self, share: f64) -> String {
        number::percent(share, self.lang)
    }

    pub(super) fn multiple(&self, x: f64) -> String {
        number::multiple(x, self.lang)
    }

    /// On which side of 1 a multiple lies that would be written as 1.
    pub(super) fn beside_one(&self, x: f64) -> Option<Ordering> {
        (self.multiple(x) == self.multiple(1.0)).then(|| x.total_cmp(&1.0))
    }

    pub(super) fn p_value(&self, p: f64) -> String {
        number::p_value(p, self.lang)
    }

    /// The size of an effect in its own measure: differences of shares in points, distances plain.
    pub(super) fn size(&self, effect: EffectName, x: f64) -> String {
        match effect {
            EffectName::Distance | EffectName::CategoryDistance | EffectName::Correlation => {
                number::distance(x, self.lang)
            }
            EffectName::Tails | EffectName::NewLevels | EffectName::Missing => number::points(x, self.lang),
        }
    }

    /// `28.0 → 45.3` with the column's unit.
    pub(super) fn values(&self, column: &str, from: f64, to: f64) -> String {
        let unit = self.labels.get(column).and_then(|label| label.unit.as_deref());
        let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        format!("{} → {}{unit}", self.value(from), self.value(to))
    }

    /// `4.6 → 81.8 %`.
    pub(super) fn shares(&self, from: f64, to: f64) -> String {
        format!("{} → {}", number::percent_number(from, self.lang), self.percent(to))
    }

    /// From and to of a change, as shares.
    pub(super) fn change_shares(&self, change: &Change) -> String {
        match (change.from, change.to) {
            (Some(from), Some(to)) => self.shares(from, to),
            _ => String::new(),
        }
    }

    /// From and to of a change, in the column's unit.
    pub(super) fn change_values(&self, column: &str, change: &Change) -> String {
        match (change.from, change.to) {
            (Some(from), Some(to)) => self.values(column, from, to),
            _ => String::new(),
        }
    }

    /// `“New Hampshire” 4.6 → 81.8 %, ...`.
    pub(super) fn moved_levels(&self, levels: &[LevelMove]) -> String {
        let text = |level: &LevelMove| {
            format!("{} {}", quoted(&level.level, self.lang), self.shares(level.reference, level.current))
        };
        levels.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    /// `“03246” (3.4 %), ...`.
    pub(super) fn new_levels(&self, levels: &[LevelMove]) -> String {
        let text = |level: &LevelMove| format!("{} ({})", quoted(&level.level, self.lang), self.percent(level.current));
        levels.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    /// `0.62 → −0.15`.
    pub(super) fn change_correlations(&self, change: &Change) -> String {
        match (change.from, change.to) {
            (Some(from), Some(to)) => {
                format!("{} → {}", number::distance(from, self.lang), number::distance(to, self.lang))
            }
            _ => String::new(),
        }
    }

    /// A share with its sign: `+8.9 %`.
    pub(super) fn signed_percent(&self, share: f64) -> String {
        let sign = if share > 0.0 { "+" } else { "" };
        format!("{sign}{}", self.percent(share))
    }

    /// A number with its sign.
    pub(super) fn signed(&self, x: f64) -> String {
        let sign = if x > 0.0 { "+" } else { "" };
        format!("{sign}{}", self.value(x))
    }

    /// A text of the data, in the quotation marks of the language.
    pub(super) fn level(&self, text: &str) -> String {
        quoted(text, self.lang)
    }

    /// What a person said, in the quotation marks of the language.
    pub(super) fn said(&self, text: &str) -> String {
        in_quotes(&visible(text, TOLD_REASON), self.lang)
    }

    /// `“income” 1,200, “region” “north”, ...`.
    pub(super) fn row(&self, values: &Map<String, Value>) -> String {
        let text = |value: &Value| match value {
            Value::Number(number) => number.as_f64().map_or_else(String::new, |x| self.value(x)),
            Value::String(text) => quoted(text, self.lang),
            Value::Bool(value) => value.to_string(),
            _ => "–".to_owned(),
        };
        let parts =
            values.iter().take(TOLD_VALUES).map(|(name, value)| format!("{} {}", self.column(name), text(value)));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Columns that are causes by themselves: a segment, a pair or the relation is none.
    pub(super) fn changed_columns(&self) -> u64 {
        self.decision.causes.iter().filter(|cause| cause.subject == CauseSubject::Column).count() as u64
    }

    /// The causes told in full, and the rest.
    pub(super) fn causes(&self) -> (&'a [Cause], &'a [Cause]) {
        let causes = &self.decision.causes;
        causes.split_at(causes.len().min(TOLD_CAUSES))
    }
}

/// The ways to the opposite decision: not to train, or to train; where there is none, those to the nearest other one.
pub(super) fn told_ways(decision: &Decision) -> impl Iterator<Item = &Counterfactual> {
    let ways = &decision.counterfactuals;
    let trains = decision.action.trains();
    let opposite = |way: &&Counterfactual| if trains { way.action == Action::Skip } else { way.action.trains() };
    let action = ways.iter().find(opposite).or(ways.first()).map(|way| way.action);
    ways.iter().filter(move |way| Some(way.action) == action).take(TOLD_WAYS)
}

/// The conditions told in full, and the columns that only the others name.
pub(super) fn told_conditions(all: &[Condition]) -> (&[Condition], Vec<&str>) {
    let (told, rest) = all.split_at(all.len().min(TOLD_CONDITIONS));
    let mut others: Vec<&str> = Vec::new();
    for column in rest.iter().filter_map(|condition| condition.column.as_deref()) {
        if !others.contains(&column) {
            others.push(column);
        }
    }
    (told, others)
}

/// A text in the quotation marks of a language.
fn quoted(text: &str, lang: Lang) -> String {
    in_quotes(&shown(text), lang)
}

fn in_quotes(text: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("“{text}”"),
        Lang::Es => format!("«{text}»"),
    }
}

/// A text of the data as it can stand in a sentence: on one line, cut where it is long, without characters that are not
/// seen; what runs from right to left does not turn the words around it.
pub fn shown(text: &str) -> String {
    visible(text, TOLD_CHARACTERS)
}

fn visible(text: &str, most: usize) -> String {
    let visible = text.chars().filter_map(|c| match c {
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() => None,
        // It marks code.
        '`' => Some('\''),
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        c => Some(c),
    });
    let mut visible = visible.peekable();
    let mut short: String = visible.by_ref().take(most).collect();
    if visible.peek().is_some() {
        short.truncate(short.trim_end().len());
        short.push('…');
    }
    let runs_left = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    if short.chars().any(runs_left) { format!("\u{2068}{short}\u{2069}") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_data_brings_stands_in_a_sentence() {
        assert_eq!(quoted("a\nb\u{0}\u{202e}`c", Lang::En), "“a b'c”");
        assert_eq!(quoted("שלום", Lang::Es), "«\u{2068}שלום\u{2069}»");
        assert_eq!(shown(&"x".repeat(10_000)), format!("{}…", "x".repeat(TOLD_CHARACTERS)));
        assert_eq!(shown(&"x".repeat(TOLD_CHARACTERS)), "x".repeat(TOLD_CHARACTERS));
    }
}
