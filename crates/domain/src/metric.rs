//! A measured number with its interval.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A measured value and the interval it lies in, where one was estimated.
///
/// As JSON `{"value":..,"low":..,"high":..}`; what is absent or not finite is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The estimate.
    #[serde(deserialize_with = "nan_if_null")]
    pub value: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
}

/// Metrics by name, in alphabetical order.
pub type Metrics = BTreeMap<String, Metric>;

impl Metric {
    /// A value without an interval.
    pub const fn point(value: f64) -> Self {
        Metric { value, low: None, high: None }
    }

    /// A value with its interval.
    pub const fn with_interval(value: f64, low: f64, high: f64) -> Self {
        Metric { value, low: Some(low), high: Some(high) }
    }
}

impl From<f64> for Metric {
    fn from(value: f64) -> Self {
        Metric::point(value)
    }
}

fn nan_if_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_never_written_as_nan() {
        let text = |metric: Metric| serde_json::to_string(&metric).expect("serialises");
        assert_eq!(text(Metric::with_interval(0.5, 0.25, 0.75)), r#"{"value":0.5,"low":0.25,"high":0.75}"#);
        assert_eq!(text(Metric::point(f64::NAN)), r#"{"value":null,"low":null,"high":null}"#);
        let back: Metric = serde_json::from_str(&text(Metric::point(f64::NAN))).expect("reads back");
        assert!(back.value.is_nan());
    }
}
