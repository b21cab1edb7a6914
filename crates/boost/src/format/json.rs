//! JSON, by `serde_json`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    FormatError,
    value::{Value, Write},
};

/// Parses a document; `serde_json` limits its depth.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, FormatError> {
    serde_json::from_slice(bytes).map_err(|error| FormatError::Json(error.to_string()))
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let mut numbers = Vec::new();
        loop {
            match array.next_element::<Value>()? {
                None => return Ok(Value::Numbers(numbers)),
                Some(Value::Number(number)) => numbers.push(number),
                // Older files hold default_left as booleans.
                Some(Value::Bool(flag)) => numbers.push(f64::from(u8::from(flag))),
                Some(other) => {
                    let mut values: Vec<Value> = numbers.into_iter().map(Value::Number).collect();
                    values.push(other);
                    while let Some(value) = array.next_element()? {
                        values.push(value);
                    }
                    return Ok(Value::Array(values));
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        Ok(Value::Object(fields))
    }
}

/// Writes JSON without spaces.
#[derive(Default)]
pub(super) struct Writer {
    out: String,
}

impl Writer {
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// A comma, unless the value is the first in its array or stands after a key.
    fn separate(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'[' | b'{' | b':')) {
            self.out.push(',');
        }
    }

    fn array<T: fmt::Display>(&mut self, values: &mut dyn ExactSizeIterator<Item = T>) {
        self.separate();
        self.out.push('[');
        for value in values {
            self.separate();
            self.out.push_str(&value.to_string());
        }
        self.out.push(']');
    }

    fn quoted(&mut self, text: &str) {
        self.out.push_str(&serde_json::Value::from(text).to_string());
    }
}

impl Write for Writer {
    fn open_object(&mut self) {
        self.separate();
        self.out.push('{');
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.quoted(key);
        self.out.push(':');
    }

    fn close_object(&mut self) {
        self.out.push('}');
    }

    fn open_array(&mut self, _length: usize) {
        self.separate();
        self.out.push('[');
    }

    fn close_array(&mut self) {
        self.out.push(']');
    }

    fn string(&mut self, value: &str) {
        self.separate();
        self.quoted(value);
    }

    fn int(&mut self, value: i32) {
        self.separate();
        self.out.push_str(&value.to_string());
    }

    fn f32s(&mut self, values: &mut dyn ExactSizeIterator<Item = f32>) {
        // Exponents keep huge and tiny numbers short; both forms read back to the same f32.
        self.array(&mut values.map(|value| format!("{value:E}")));
    }

    fn i32s(&mut self, values: &mut dyn ExactSizeIterator<Item = i32>) {
        self.array(values);
    }

    fn i64s(&mut self, values: &mut dyn ExactSizeIterator<Item = i64>) {
        self.array(values);
    }

    fn u8s(&mut self, values: &mut dyn ExactSizeIterator<Item = u8>) {
        self.array(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_of_numbers_are_kept_apart() {
        let value = parse(br#"{"a":[1,2.5,true],"b":[1,"x"],"c":null,"d":[]}"#).expect("good JSON");
        let field = |key: &str, value| (key.to_owned(), value);
        let expected = Value::Object(vec![
            field("a", Value::Numbers(vec![1.0, 2.5, 1.0])),
            field("b", Value::Array(vec![Value::Number(1.0), Value::String("x".to_owned())])),
            field("c", Value::Null),
            field("d", Value::Numbers(Vec::new())),
        ]);
        assert_eq!(value, expected);
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let deep = [b"{\"a\":".as_slice(), &vec![b'['; 100_000]].concat();
        assert!(matches!(parse(&deep), Err(FormatError::Json(_))));
    }

    #[test]
    fn floats_read_back_to_the_same_bits() {
        let numbers = [0.1f32, -0.0, f32::MAX, f32::MIN_POSITIVE, 1e-45, 16_777_217.0, -8.276_808e-2];
        let mut writer = Writer::default();
        writer.f32s(&mut numbers.into_iter());
        let Ok(Value::Numbers(back)) = parse(writer.finish().as_bytes()) else { panic!("an array of numbers") };
        assert!(back.iter().zip(numbers).all(|(a, b)| (*a as f32).to_bits() == b.to_bits()), "{back:?}");
    }
}
