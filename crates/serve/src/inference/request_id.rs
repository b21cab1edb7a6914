//! The id of a request: the client's own, or a new one.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header, in requests and answers.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id that is accepted from a client.
const MAX_LENGTH: usize = 128;

/// The id of a request.
#[derive(Debug, Clone)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text: visible ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as header.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
}

/// Makes ids that no other server makes: 64 random bits drawn at start, and a count.
#[derive(Debug)]
pub struct RequestIds {
    start: u64,
    count: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        // The standard library seeds its hashers from the operating system's random numbers.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        Self { start: hasher.finish(), count: AtomicU64::new(0) }
    }
}

impl RequestIds {
    /// The id of a request: what its header says if that is sane, else a new one.
    pub fn of(&self, headers: &HeaderMap) -> RequestId {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| is_sane(text));
        given.map_or_else(|| self.next(), |text| RequestId(text.into()))
    }

    /// A new id: 32 hexadecimal digits.
    pub fn next(&self) -> RequestId {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let number = (u128::from(self.start) << 64) | u128::from(count);
        let mut text = [0; 32];
        for (place, digit) in text.iter_mut().enumerate() {
            *digit = DIGITS[(number >> (124 - 4 * place)) as usize & 15];
        }
        RequestId(std::str::from_utf8(&text).unwrap_or_default().into())
    }
}

/// Letters, digits and `- _ . : / + = ~ @`: nothing that could break a log line or a page.
fn is_sane(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=~@".contains(&byte);
    (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        let ids = RequestIds::default();
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_static(text));
            ids.of(&headers).as_str().to_owned()
        };
        assert_eq!(of("a-1.b:2/x"), "a-1.b:2/x");
        for bad in ["", "a b", "<script>", "a\"b"] {
            let made = of(bad);
            assert_eq!(made.len(), 32, "{bad}");
            assert_ne!(made, bad);
        }
    }

    #[test]
    fn made_ids_differ() {
        let (a, b) = (RequestIds::default(), RequestIds::default());
        assert_ne!(a.next().as_str(), a.next().as_str());
        assert_ne!(a.next().as_str()[..16], b.next().as_str()[..16]);
    }
}
