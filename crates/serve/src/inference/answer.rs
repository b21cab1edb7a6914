//! The answers, written straight from the model's numbers: a prediction is asked for so often that its JSON is put
//! together from parts that the model has prepared.

use serde::Serialize;
use tidewheel_domain::project::Transform;

use super::error::ApiError;
use super::model::{Explanation, ServedModel};

/// Usual size of an answer, in bytes.
const USUAL_BYTES: usize = 1_024;

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
    /// What the model was asked, defaults and fills included, as a JSON object.
    pub inputs: String,
    /// Place of the row's group among the recipe's; past the end for any other.
    pub group: usize,
    /// The row's group.
    pub group_value: Option<String>,
}

/// The answer of `POST /predict`.
pub fn prediction(model: &ServedModel, row: &Predicted, request_id: &str) -> Vec<u8> {
    let mut json = Object::new(Vec::with_capacity(USUAL_BYTES));
    json.prepared(&model.parts.answer_key, &row.answer);
    json.written(&model.parts.model_fields);
    json.raw("features_used", |out| {
        let mut features = Object::new(out);
        for (key, value) in model.parts.feature_keys.iter().zip(&row.features) {
            features.prepared(key, value);
        }
        features.close()
    });
    json.raw("input_summary", |out| append(out, &row.inputs));
    json.field("request_id", request_id);
    json.close()
}

/// The answer of `POST /explain`.
pub fn explanation(model: &ServedModel, row: &Predicted, explanation: &Explanation, request_id: &str) -> Vec<u8> {
    let mut json = Object::new(Vec::with_capacity(2 * USUAL_BYTES));
    json.prepared(&model.parts.answer_key, &row.answer);
    json.written(&model.parts.model_fields);
    json.field("shap_values", &explanation.values);
    json.field("base_value", &explanation.base_value);
    json.field("margin", &explanation.margin);
    json.field("scale", &model.scale);
    json.field("feature_names", &model.feature_names);
    json.field("feature_values", &row.features);
    json.raw("input_summary", |out| append(out, &row.inputs));
    json.field("request_id", request_id);
    json.close()
}

/// The answer of `POST /batch_predict`; `rows` in the order of the request.
pub fn batch(model: &ServedModel, rows: &[Result<Predicted, ApiError>], request_id: &str) -> Vec<u8> {
    let succeeded = rows.iter().filter(|row| row.is_ok()).count();
    let mut json = Object::new(Vec::with_capacity(USUAL_BYTES + 200 * rows.len()));
    json.raw("predictions", |mut out| {
        out.push(b'[');
        for (place, row) in rows.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out = batch_row(out, model, row);
        }
        out.push(b']');
        out
    });
    json.field("count", &rows.len());
    json.field("succeeded", &succeeded);
    json.field("failed", &(rows.len() - succeeded));
    json.written(&model.parts.model_fields);
    json.field("request_id", request_id);
    json.close()
}

fn batch_row(out: Vec<u8>, model: &ServedModel, row: &Result<Predicted, ApiError>) -> Vec<u8> {
    let mut json = Object::new(out);
    match row {
        Ok(row) => {
            json.prepared(&model.parts.answer_key, &row.answer);
            json.raw("input_summary", |out| append(out, &row.inputs));
        }
        Err(error) => {
            json.field("error", &error.message());
            json.field("detail", &error.detail());
        }
    }
    json.close()
}

/// Parts of answers that are the same for every request to a model.
#[derive(Debug)]
pub struct AnswerParts {
    answer_key: String,
    model_fields: String,
    feature_keys: Vec<String>,
}

impl AnswerParts {
    /// For a model of this version, stage and run.
    pub fn new(answer_field: &str, model: [&str; 3], feature_names: &[String]) -> Self {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let key = |name: &str| format!("{}:", text(name));
        let names = ["model_version", "model_stage", "model_run_id"];
        let fields = names.iter().zip(model).map(|(name, value)| format!("{}{}", key(name), text(value)));
        Self {
            answer_key: key(answer_field),
            model_fields: fields.collect::<Vec<_>>().join(","),
            feature_keys: feature_names.iter().map(|name| key(name)).collect(),
        }
    }
}

fn append(mut out: Vec<u8>, text: &str) -> Vec<u8> {
    out.extend_from_slice(text.as_bytes());
    out
}

/// A JSON object being written.
struct Object {
    out: Vec<u8>,
    first: bool,
}

impl Object {
    fn new(mut out: Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.separate();
        write_value(&mut self.out, name);
        self.out.push(b':');
        write_value(&mut self.out, value);
    }

    /// A field whose key stands ready, colon included.
    fn prepared<T: Serialize>(&mut self, key: &str, value: &T) {
        self.separate();
        self.out.extend_from_slice(key.as_bytes());
        write_value(&mut self.out, value);
    }

    /// Fields that stand ready.
    fn written(&mut self, fields: &str) {
        self.separate();
        self.out.extend_from_slice(fields.as_bytes());
    }

    /// A field whose value writes itself.
    fn raw(&mut self, name: &str, value: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        self.separate();
        write_value(&mut self.out, name);
        self.out.push(b':');
        self.out = value(std::mem::take(&mut self.out));
    }

    fn close(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
    }
}

/// Numbers, texts and lists of them cannot fail to be written to memory; a number that is not finite is `null`.
fn write_value<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_json_whatever_their_parts() {
        let mut json = Object::new(Vec::new());
        json.field("a\"", &[1.5, f64::NAN]);
        json.written("\"b\":1,\"c\":2");
        json.raw("d", |out| Object::new(out).close());
        json.prepared("\"e\":", &f32::INFINITY);
        let json = json.close();
        assert_eq!(String::from_utf8_lossy(&json), r#"{"a\"":[1.5,null],"b":1,"c":2,"d":{},"e":null}"#);
    }

    #[test]
    fn prepared_parts_are_escaped() {
        let parts = AnswerParts::new("a\"b", ["1", "Production", "r"], &["x\\y".to_owned()]);
        assert_eq!(parts.answer_key, "\"a\\\"b\":");
        assert_eq!(parts.model_fields, r#""model_version":"1","model_stage":"Production","model_run_id":"r""#);
        assert_eq!(parts.feature_keys, ["\"x\\\\y\":"]);
    }
}
