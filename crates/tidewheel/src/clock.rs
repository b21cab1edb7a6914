//! The one place of the binary that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use tidewheel_domain::Timestamp;

/// Now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(since.as_millis() as i64)
}
