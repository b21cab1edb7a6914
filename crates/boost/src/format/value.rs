//! What both formats are read into, and what both are written by.

use super::FormatError;

/// A parsed document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    /// An array of numbers alone.
    Numbers(Vec<f64>),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Writes a document in order. Arrays of numbers keep their type, which UBJSON stores.
pub(super) trait Write {
    fn open_object(&mut self);
    fn key(&mut self, key: &str);
    fn close_object(&mut self);
    /// Opens an array of `length` elements that are written one by one.
    fn open_array(&mut self, length: usize);
    fn close_array(&mut self);
    fn string(&mut self, value: &str);
    fn int(&mut self, value: i32);
    fn f32s(&mut self, values: &mut dyn ExactSizeIterator<Item = f32>);
    fn i32s(&mut self, values: &mut dyn ExactSizeIterator<Item = i32>);
    fn i64s(&mut self, values: &mut dyn ExactSizeIterator<Item = i64>);
    fn u8s(&mut self, values: &mut dyn ExactSizeIterator<Item = u8>);
}

/// A value and where it was found, for error messages.
#[derive(Clone)]
pub(super) struct At<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> At<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn wrong(&self, expected: &'static str) -> FormatError {
        FormatError::Type { path: self.path.clone(), expected }
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A field of an object, if it is there. Of fields with the same name the first counts.
    pub(super) fn find(&self, key: &str) -> Result<Option<At<'a>>, FormatError> {
        let Value::Object(fields) = self.value else { return Err(self.wrong("an object")) };
        let field = fields.iter().find(|(name, _)| name == key);
        Ok(field.map(|(_, value)| At { value, path: self.join(key) }))
    }

    pub(super) fn get(&self, key: &str) -> Result<At<'a>, FormatError> {
        self.find(key)?.ok_or_else(|| FormatError::Missing { path: self.join(key) })
    }

    pub(super) fn string(&self) -> Result<&'a str, FormatError> {
        match self.value {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong("a string")),
        }
    }

    /// A number, or a number written as a string (as `XGBoost` writes its parameters).
    pub(super) fn whole(&self) -> Result<u32, FormatError> {
        let number = match self.value {
            Value::String(text) => text.parse::<u32>().ok(),
            Value::Number(number) => whole(*number),
            _ => None,
        };
        number.ok_or_else(|| self.wrong("a whole number"))
    }

    pub(super) fn numbers(&self) -> Result<&'a [f64], FormatError> {
        match self.value {
            Value::Numbers(numbers) => Ok(numbers),
            Value::Array(values) if values.is_empty() => Ok(&[]),
            _ => Err(self.wrong("an array of numbers")),
        }
    }

    pub(super) fn elements(&self) -> Result<Vec<At<'a>>, FormatError> {
        match self.value {
            Value::Array(values) => {
                let at = |(i, value)| At { value, path: format!("{}[{i}]", self.path) };
                Ok(values.iter().enumerate().map(at).collect())
            }
            Value::Numbers(numbers) if numbers.is_empty() => Ok(Vec::new()),
            _ => Err(self.wrong("an array")),
        }
    }

    pub(super) fn fields(&self) -> Result<Vec<(&'a str, At<'a>)>, FormatError> {
        let Value::Object(fields) = self.value else { return Err(self.wrong("an object")) };
        Ok(fields.iter().map(|(key, value)| (key.as_str(), At { value, path: self.join(key) })).collect())
    }
}

/// A whole number from 0 to 2^32 - 1.
pub(super) fn whole(number: f64) -> Option<u32> {
    (number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0).then_some(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_path() {
        let number = Value::Object(vec![("b".to_owned(), Value::Number(1.5))]);
        let value = Value::Object(vec![("a".to_owned(), Value::Array(vec![number]))]);
        let first = At::root(&value).get("a").and_then(|a| a.elements()).expect("an array").remove(0);
        let error = first.get("b").and_then(|b| b.whole()).expect_err("1.5 is not whole");
        assert_eq!(error.to_string(), "`a[0].b` is not a whole number");
        assert_eq!(first.get("c").err().map(|e| e.to_string()), Some("`a[0].c` is missing".to_owned()));
    }
}
