//! Universal Binary JSON, draft 12 (ubjson.org), as far as `XGBoost` and common writers use it.
//!
//! Numbers are big-endian. Containers may carry a count (`#`) and a type (`$`). Counts are checked against the bytes
//! that are left before any memory is taken.

use super::{
    FormatError,
    value::{Value, Write},
};

/// Deepest nesting that is read; `XGBoost` needs 7.
const MAX_DEPTH: usize = 32;

/// Parses a document; nothing may follow it.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, FormatError> {
    let mut reader = Reader { bytes, offset: 0 };
    let marker = reader.marker()?;
    let value = reader.value(marker, 0)?;
    if reader.offset == bytes.len() { Ok(value) } else { Err(reader.error("bytes after the end of the document")) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, what: &'static str) -> FormatError {
        FormatError::Ubjson { offset: self.offset, what }
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.offset
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], FormatError> {
        if count > self.left() {
            return Err(self.error("the file ends too early"));
        }
        let bytes = &self.bytes[self.offset..self.offset + count];
        self.offset += count;
        Ok(bytes)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    /// The next marker; no-ops are skipped.
    fn marker(&mut self) -> Result<u8, FormatError> {
        loop {
            match self.fixed::<1>()? {
                [b'N'] => {}
                [marker] => return Ok(marker),
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    /// A number without its marker, or `None` if the marker is not a number's.
    fn number(&mut self, marker: u8) -> Result<Option<f64>, FormatError> {
        Ok(Some(match marker {
            b'i' => f64::from(i8::from_be_bytes(self.fixed()?)),
            b'U' => f64::from(u8::from_be_bytes(self.fixed()?)),
            b'I' => f64::from(i16::from_be_bytes(self.fixed()?)),
            b'l' => f64::from(i32::from_be_bytes(self.fixed()?)),
            b'L' => i64::from_be_bytes(self.fixed()?) as f64,
            b'd' => f64::from(f32::from_be_bytes(self.fixed()?)),
            b'D' => f64::from_be_bytes(self.fixed()?),
            _ => return Ok(None),
        }))
    }

    /// A length: a marker and a whole number that is not negative.
    fn length(&mut self) -> Result<usize, FormatError> {
        let marker = self.marker()?;
        let length = match marker {
            b'i' => i64::from(i8::from_be_bytes(self.fixed()?)),
            b'U' => i64::from(u8::from_be_bytes(self.fixed()?)),
            b'I' => i64::from(i16::from_be_bytes(self.fixed()?)),
            b'l' => i64::from(i32::from_be_bytes(self.fixed()?)),
            b'L' => i64::from_be_bytes(self.fixed()?),
            _ => return Err(self.error("a length is not a whole number")),
        };
        usize::try_from(length).map_err(|_| self.error("a length is negative"))
    }

    fn text(&mut self) -> Result<String, FormatError> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| self.error("a string is not UTF-8"))
    }

    fn value(&mut self, marker: u8, depth: usize) -> Result<Value, FormatError> {
        if let Some(number) = self.number(marker)? {
            return Ok(Value::Number(number));
        }
        match marker {
            b'Z' => Ok(Value::Null),
            b'T' => Ok(Value::Bool(true)),
            b'F' => Ok(Value::Bool(false)),
            b'C' => Ok(Value::String(char::from(self.fixed::<1>()?[0]).to_string())),
            b'S' => Ok(Value::String(self.text()?)),
            b'[' | b'{' if depth == MAX_DEPTH => Err(self.error("nested too deep")),
            b'[' => self.array(depth + 1),
            b'{' => self.object(depth + 1),
            _ => Err(self.error("unknown type marker")),
        }
    }

    /// An optional type and an optional count at the head of a container. A count is at most the number of bytes left.
    fn head(&mut self) -> Result<(Option<u8>, Option<usize>), FormatError> {
        let mut element = None;
        if self.peek() == Some(b'$') {
            self.offset += 1;
            element = Some(self.fixed::<1>()?[0]);
            if self.peek() != Some(b'#') {
                return Err(self.error("a container has a type but no count"));
            }
        }
        if self.peek() != Some(b'#') {
            return Ok((None, None));
        }
        self.offset += 1;
        let count = self.length()?;
        // Every element takes a byte at least: types without one are refused.
        if count > self.left() {
            return Err(self.error("a count is larger than the file"));
        }
        Ok((element, Some(count)))
    }

    fn array(&mut self, depth: usize) -> Result<Value, FormatError> {
        let (element, count) = self.head()?;
        if let Some(element) = element {
            if !b"iUIlLdD".contains(&element) {
                return Err(self.error("an array has a type that is not a number"));
            }
            let count = count.unwrap_or(0);
            let mut numbers = Vec::with_capacity(count);
            for _ in 0..count {
                numbers.extend(self.number(element)?);
            }
            return Ok(Value::Numbers(numbers));
        }
        let mut values = Vec::new();
        while count.is_none_or(|count| values.len() < count) {
            let marker = self.marker()?;
            if count.is_none() && marker == b']' {
                break;
            }
            values.push(self.value(marker, depth)?);
        }
        Ok(numbers_if_all(values))
    }

    fn object(&mut self, depth: usize) -> Result<Value, FormatError> {
        let (element, count) = self.head()?;
        if element.is_some() {
            return Err(self.error("an object has a type"));
        }
        let mut fields = Vec::new();
        while count.is_none_or(|count| fields.len() < count) {
            if count.is_none() && self.peek() == Some(b'}') {
                self.offset += 1;
                break;
            }
            let key = self.text()?;
            let marker = self.marker()?;
            fields.push((key, self.value(marker, depth)?));
        }
        Ok(Value::Object(fields))
    }
}

/// An untyped array that holds numbers (or flags) alone becomes an array of numbers.
fn numbers_if_all(values: Vec<Value>) -> Value {
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    };
    match values.iter().map(number).collect() {
        Some(numbers) => Value::Numbers(numbers),
        None => Value::Array(values),
    }
}

/// Writes UBJSON as `XGBoost` does: lengths as `L`, arrays with counts, arrays of numbers with types.
#[derive(Default)]
pub(super) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    fn length(&mut self, length: usize) {
        self.out.push(b'L');
        self.out.extend((length as i64).to_be_bytes());
    }

    fn array<T, const N: usize>(
        &mut self,
        marker: u8,
        values: &mut dyn ExactSizeIterator<Item = T>,
        bytes: impl Fn(T) -> [u8; N],
    ) {
        self.out.extend([b'[', b'$', marker, b'#']);
        self.length(values.len());
        for value in values {
            self.out.extend(bytes(value));
        }
    }
}

impl Write for Writer {
    fn open_object(&mut self) {
        self.out.push(b'{');
    }

    fn key(&mut self, key: &str) {
        self.length(key.len());
        self.out.extend(key.bytes());
    }

    fn close_object(&mut self) {
        self.out.push(b'}');
    }

    fn open_array(&mut self, length: usize) {
        self.out.extend(b"[#");
        self.length(length);
    }

    fn close_array(&mut self) {
        // The count at the head ends the array.
    }

    fn string(&mut self, value: &str) {
        self.out.push(b'S');
        self.key(value);
    }

    fn int(&mut self, value: i32) {
        self.out.push(b'l');
        self.out.extend(value.to_be_bytes());
    }

    fn f32s(&mut self, values: &mut dyn ExactSizeIterator<Item = f32>) {
        self.array(b'd', values, f32::to_be_bytes);
    }

    fn i32s(&mut self, values: &mut dyn ExactSizeIterator<Item = i32>) {
        self.array(b'l', values, i32::to_be_bytes);
    }

    fn i64s(&mut self, values: &mut dyn ExactSizeIterator<Item = i64>) {
        self.array(b'L', values, i64::to_be_bytes);
    }

    fn u8s(&mut self, values: &mut dyn ExactSizeIterator<Item = u8>) {
        self.array(b'U', values, u8::to_be_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_with_and_without_counts_are_read() {
        let field = |key: &str, value| (key.to_owned(), value);
        let expected = Value::Object(vec![
            field("a", Value::Numbers(vec![1.0, -2.0])),
            field("b", Value::Array(vec![Value::String("x".to_owned()), Value::Null])),
        ]);
        let counted = b"{#i\x02i\x01a[$i#U\x02\x01\xfei\x01b[#i\x02Si\x01xZ";
        let open = b"{i\x01a[i\x01I\xff\xfe]U\x01b[Si\x01xNZ]}";
        assert_eq!(parse(counted), Ok(expected.clone()));
        assert_eq!(parse(open), Ok(expected));
    }

    #[test]
    fn absurd_lengths_and_depths_are_errors() {
        let long = b"{i\x01a[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff";
        assert!(matches!(parse(long), Err(FormatError::Ubjson { what: "a count is larger than the file", .. })));
        assert!(parse(b"{i\x01a[#l\xff\xff\xff\xff").is_err());
        assert!(parse(b"{i\x01a[$Z#l\x00\x00\x00\x01Z}").is_err());
        assert!(parse(&vec![b'['; 100_000]).is_err());
        assert!(parse(b"{}x").is_err() && parse(b"").is_err() && parse(b"{").is_err());
    }
}
