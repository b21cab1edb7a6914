//! A rule in words, and where it stands in the project file.

use maud::{Markup, html};
use tidewheel_domain::project::ColumnType;

use crate::components::{brief, visible};
use crate::figures::unit_of;
use crate::frame::{Frame, escaped};
use crate::words::{QuarantineWords, fill};

/// Allowed values that are told.
const NAMED: usize = 4;

/// The rule that refused a row.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedBy {
    /// Its name in the records.
    pub rule: String,
    /// The column that it looked at; of a condition over several, their names.
    pub column: Option<String>,
    /// Name of the column for people.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// What it asks.
    pub asks: Asks,
}

/// What a rule asks of a value.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Asks {
    Required,
    Min(f64),
    Max(f64),
    Above(f64),
    OneOf(Vec<String>),
    OfType(ColumnType),
    /// A condition of its own, or one that the project file no longer holds.
    Holds,
}

impl RefusedBy {
    /// In words.
    pub fn draw(&self, frame: &Frame) -> Markup {
        html! { bdi { (self.sentence(frame)) } }
    }

    /// In words.
    pub fn sentence(&self, frame: &Frame) -> String {
        let words = QuarantineWords::of(frame.lang);
        let figures = frame.figures();
        let column = brief(&self.label, 60);
        let bound = |text: &str, bound: f64| {
            let unit = unit_of(&self.unit);
            let digits = bound.abs().to_string().split_once('.').map_or(0, |(_, digits)| digits.len().min(6));
            let exact = format!("{}{} {}", unit.before, figures.fixed(bound, digits), unit.after);
            fill(text, &[("column", &column), ("bound", exact.trim_end())])
        };
        let plain = |text: &str| fill(text, &[("column", &column)]);
        match &self.asks {
            Asks::Required => plain(words.required),
            Asks::Min(least) => bound(words.min, *least),
            Asks::Max(most) => bound(words.max, *most),
            Asks::Above(least) => bound(words.above, *least),
            Asks::OneOf(values) if values.is_empty() => plain(words.allowed_some),
            Asks::OneOf(values) => {
                let some = values.iter().take(NAMED).map(|value| brief(value, 30)).collect::<Vec<_>>().join(", ");
                let more = values.len().saturating_sub(NAMED) as u64;
                let all = match more {
                    0 => some,
                    more => fill(words.and_more, &[("values", &some), ("n", &figures.count(more))]),
                };
                fill(words.allowed, &[("column", &column), ("values", &all)])
            }
            Asks::OfType(ColumnType::Number) => plain(words.a_number),
            Asks::OfType(ColumnType::Date) => plain(words.a_date),
            Asks::OfType(ColumnType::Boolean) => plain(words.a_boolean),
            Asks::OfType(ColumnType::Category) => plain(words.a_category),
            Asks::Holds => fill(words.holds, &[("rule", &brief(&self.rule, 80))]),
        }
    }

    /// Where it stands in the project file.
    pub fn key(&self) -> String {
        let column = || format!("schema.{}", toml_key(&brief(self.column.as_deref().unwrap_or_default(), 60)));
        match &self.asks {
            Asks::Required => format!("{}.nullable", column()),
            Asks::Min(_) => format!("{}.min", column()),
            Asks::Max(_) => format!("{}.max", column()),
            Asks::Above(_) => format!("{}.above", column()),
            Asks::OneOf(_) => format!("{}.values", column()),
            Asks::OfType(_) => format!("{}.bad_value", column()),
            Asks::Holds => "[[clean]]".to_owned(),
        }
    }

    /// What it is called in a list to choose from.
    pub fn id(&self) -> String {
        visible(&format!("{}|{}", self.rule, self.column.as_deref().unwrap_or_default()))
    }

    /// As a part of a query: `&rule=…&column=…`.
    pub fn query(&self) -> String {
        query(Some(&self.rule), self.column.as_deref())
    }
}

/// As a part of a query: `&rule=…&column=…`.
pub(super) fn query(rule: Option<&str>, column: Option<&str>) -> String {
    let part = |name: &str, value: Option<&str>| value.map(|value| format!("&{name}={}", escaped(value)));
    [part("rule", rule), part("column", column)].into_iter().flatten().collect()
}

/// A name as TOML writes it in a key.
fn toml_key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_where_it_stands() {
        let rule = |column: &str, asks: Asks| RefusedBy {
            rule: "r".into(),
            column: Some(column.into()),
            label: column.into(),
            unit: String::new(),
            asks,
        };
        assert_eq!(rule("age", Asks::Min(1.0)).key(), "schema.age.min");
        assert_eq!(rule("a \"b\"", Asks::Required).key(), r#"schema."a \"b\"".nullable"#);
        assert_eq!(rule("a&b=c", Asks::Holds).query(), "&rule=r&column=a%26b%3Dc");
    }
}
