//! What is bound to a statement, for either database.

use std::borrow::Cow;

use tidewheel_domain::{RunId, Sha256, Timestamp};

/// One bound value. NULL keeps the type that the column has.
#[derive(Debug, Clone)]
pub(crate) enum Value<'q> {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<Cow<'q, str>>),
    Bool(bool),
}

/// The values of a statement, in order: `args![a, b]`.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::database::value::Value::from($value)),*][..] };
}
pub(crate) use args;

/// PostgreSQL refuses the character NUL in a text; it is kept visible instead, the same in both databases.
fn text(value: Cow<'_, str>) -> Cow<'_, str> {
    if value.contains('\0') { Cow::Owned(value.replace('\0', "\u{FFFD}")) } else { value }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Value::Int(value)
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Value::Real(Some(value))
    }
}

impl From<Option<f64>> for Value<'_> {
    fn from(value: Option<f64>) -> Self {
        Value::Real(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Value::Int(Some(value.as_ms()))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(value: Option<Timestamp>) -> Self {
        Value::Int(value.map(Timestamp::as_ms))
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(value: &'q str) -> Self {
        Value::Text(Some(text(Cow::Borrowed(value))))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Value::Text(Some(text(Cow::Owned(value))))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(value: &'q String) -> Self {
        Value::from(value.as_str())
    }
}

impl<'q> From<Option<&'q str>> for Value<'q> {
    fn from(value: Option<&'q str>) -> Self {
        Value::Text(value.map(|value| text(Cow::Borrowed(value))))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(value: Option<String>) -> Self {
        Value::Text(value.map(|value| text(Cow::Owned(value))))
    }
}

impl<'q> From<&'q RunId> for Value<'q> {
    fn from(value: &'q RunId) -> Self {
        Value::Text(Some(Cow::Borrowed(value.as_str())))
    }
}

impl<'q> From<&'q Sha256> for Value<'q> {
    fn from(value: &'q Sha256) -> Self {
        Value::Text(Some(Cow::Borrowed(value.as_str())))
    }
}
