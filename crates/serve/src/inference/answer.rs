//! The answers, written straight from the model's numbers.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};
use tidewheel_domain::project::Transform;

use super::error::ApiError;
use super::model::ServedModel;

/// What the training scale is called: `log1p(target)`, or the target itself.
pub fn scale_name(transform: Transform, target: &str) -> String {
    match transform {
        Transform::None => target.to_owned(),
        Transform::Log1p => format!("{}({target})", transform.name()),
    }
}

/// A predicted row.
#[derive(Debug)]
pub struct Predicted {
    /// The answer, in target units.
    pub answer: f64,
    /// The features that the model read; missing is NaN.
    pub features: Vec<f32>,
    /// What the model was asked, defaults and fills included.
    pub inputs: Map<String, Value>,
    /// Place of the row's group among the recipe's; past the end for any other.
    pub group: usize,
}

/// The answer of `POST /predict`.
pub struct PredictionAnswer<'a> {
    /// Key of the prediction.
    pub answer_field: &'a str,
    /// Who predicted.
    pub model: &'a ServedModel,
    /// The row.
    pub row: &'a Predicted,
    /// The request.
    pub request_id: &'a str,
}

impl Serialize for PredictionAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.answer_field, &self.row.answer)?;
        model_entries(&mut map, self.model)?;
        let features = Features { names: &self.model.feature_names, values: &self.row.features };
        map.serialize_entry("features_used", &features)?;
        map.serialize_entry("input_summary", &self.row.inputs)?;
        map.serialize_entry("request_id", self.request_id)?;
        map.end()
    }
}

/// The answer of `POST /explain`.
pub struct ExplanationAnswer<'a> {
    /// The prediction.
    pub prediction: PredictionAnswer<'a>,
    /// What each feature added, on the training scale.
    pub shap_values: &'a [f64],
    /// What the sum begins with: the mean over the training rows.
    pub base_value: f64,
    /// The prediction on the training scale.
    pub margin: f64,
}

impl Serialize for ExplanationAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let PredictionAnswer { answer_field, model, row, request_id } = self.prediction;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(answer_field, &row.answer)?;
        model_entries(&mut map, model)?;
        map.serialize_entry("shap_values", self.shap_values)?;
        map.serialize_entry("base_value", &self.base_value)?;
        map.serialize_entry("margin", &self.margin)?;
        map.serialize_entry("scale", &model.scale)?;
        map.serialize_entry("feature_names", &model.feature_names)?;
        map.serialize_entry("feature_values", &row.features)?;
        map.serialize_entry("input_summary", &row.inputs)?;
        map.serialize_entry("request_id", request_id)?;
        map.end()
    }
}

/// The answer of `POST /batch_predict`.
pub struct BatchAnswer<'a> {
    /// Key of the prediction.
    pub answer_field: &'a str,
    /// Who predicted.
    pub model: &'a ServedModel,
    /// The rows in the order of the request.
    pub rows: &'a [Result<Predicted, ApiError>],
    /// The request.
    pub request_id: &'a str,
}

impl Serialize for BatchAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let succeeded = self.rows.iter().filter(|row| row.is_ok()).count();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("predictions", &BatchRows(self))?;
        map.serialize_entry("count", &self.rows.len())?;
        map.serialize_entry("succeeded", &succeeded)?;
        map.serialize_entry("failed", &(self.rows.len() - succeeded))?;
        model_entries(&mut map, self.model)?;
        map.serialize_entry("request_id", self.request_id)?;
        map.end()
    }
}

struct BatchRows<'a>(&'a BatchAnswer<'a>);

impl Serialize for BatchRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in self.0.rows {
            list.serialize_element(&BatchRow { answer_field: self.0.answer_field, row })?;
        }
        list.end()
    }
}

struct BatchRow<'a> {
    answer_field: &'a str,
    row: &'a Result<Predicted, ApiError>,
}

impl Serialize for BatchRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self.row {
            Ok(row) => {
                map.serialize_entry(self.answer_field, &row.answer)?;
                map.serialize_entry("input_summary", &row.inputs)?;
            }
            Err(error) => {
                map.serialize_entry("error", &error.message())?;
                map.serialize_entry("detail", &error.detail())?;
            }
        }
        map.end()
    }
}

fn model_entries<M: SerializeMap>(map: &mut M, model: &ServedModel) -> Result<(), M::Error> {
    map.serialize_entry("model_version", &model.version_text)?;
    map.serialize_entry("model_stage", model.stage.as_str())?;
    map.serialize_entry("model_run_id", model.run_id.as_str())
}

/// Features by name; missing is null.
struct Features<'a> {
    names: &'a [String],
    values: &'a [f32],
}

impl Serialize for Features<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.values))
    }
}
