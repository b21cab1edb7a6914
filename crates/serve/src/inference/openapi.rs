//! The OpenAPI document, generated from the project and the columns that the model takes.

use serde_json::{Map, Value, json};
use tidewheel_data::recipe::InputColumn;
use tidewheel_domain::project::{Check, ColumnType, Project, Scalar};

use super::answer::scale_name;

/// The document of a project's API. `version` is the program's; `inputs` are the columns of the loaded model's recipe,
/// or of the project while there is none.
pub fn openapi(project: &Project, inputs: &[InputColumn], version: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": project.serve.service_name,
            "version": version,
            "description": format!(
                "Predictions of {}{} by the model in production, with explanations.",
                project.target,
                if project.unit.is_empty() { String::new() } else { format!(" ({})", project.unit) }
            ),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "predict", "description": "Predictions and their explanations." },
            { "name": "model", "description": "The model in production." },
            { "name": "observe", "description": "What was predicted, and how the server is." },
        ],
        "paths": paths(project),
        "components": { "schemas": schemas(project, inputs), "responses": error_responses() },
    })
}

struct Call {
    id: &'static str,
    tag: &'static str,
    summary: String,
    parameters: Value,
    body: Option<Value>,
    answer: Value,
    errors: &'static [&'static str],
}

impl Call {
    fn get(id: &'static str, tag: &'static str, summary: &str, answer: Value) -> Self {
        let summary = summary.to_owned();
        Self { id, tag, summary, parameters: json!([]), body: None, answer, errors: &[] }
    }

    fn body(mut self, schema: Value, errors: &'static [&'static str]) -> Self {
        self.body = Some(schema);
        self.errors = errors;
        self
    }

    fn errors(mut self, errors: &'static [&'static str]) -> Self {
        self.errors = errors;
        self
    }

    fn operation(self) -> Value {
        let content = |schema: &Value| match schema {
            Value::String(kind) => json!({ kind: { "schema": { "type": "string" } } }),
            schema => json!({ "application/json": { "schema": schema } }),
        };
        let mut responses = Map::new();
        responses.insert("200".into(), json!({ "description": "The answer.", "content": content(&self.answer) }));
        for status in self.errors.iter().copied().chain(["403", "500"]) {
            responses
                .insert(status.into(), json!({ "$ref": format!("#/components/responses/{}", error_name(status)) }));
        }
        let mut operation = json!({ "operationId": self.id, "tags": [self.tag], "summary": self.summary });
        if self.parameters.as_array().is_some_and(|parameters| !parameters.is_empty()) {
            operation["parameters"] = self.parameters;
        }
        if let Some(body) = self.body {
            operation["requestBody"] = json!({ "required": true, "content": content(&body) });
        }
        operation["responses"] = responses.into();
        operation
    }
}

fn paths(project: &Project) -> Value {
    const READS: &[&str] = &["400", "408", "413", "415", "422", "503"];
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let serve = &project.serve;
    let mut paths = Map::new();
    let mut add = |path: &str, method: &str, call: Call| {
        paths.insert(path.to_owned(), json!({ method: call.operation() }));
    };
    add("/", "get", Call::get("get_service", "model", "The service and its model", schema("Service")));
    add("/health", "get", Call::get("get_health", "observe", "How the server is", schema("Health")));
    let ready = Call::get("get_ready", "observe", "Whether a model is loaded", schema("Ready")).errors(&["503"]);
    add("/ready", "get", ready);
    let model = Call::get("get_model", "model", "The model in production", schema("Model")).errors(&["503"]);
    add("/model", "get", model);
    if let Some(column) = &serve.group_column {
        let summary = format!("Every known {column} with its mean {}, highest first", serve.answer_field);
        let list = json!({ "type": "array", "items": schema("Group") });
        add(&serve.group_route, "get", Call::get("list_groups", "model", &summary, list).errors(&["503"]));
    }
    let predict = Call::get("predict", "predict", &format!("Predict {}", serve.answer_field), schema("Prediction"));
    add("/predict", "post", predict.body(schema("Row"), READS));
    let explain = Call::get("explain", "predict", "Predict, and say what each feature added", schema("Explanation"));
    add("/explain", "post", explain.body(schema("Row"), READS));
    let summary = format!("Predict up to {} rows", serve.max_batch_rows);
    let batch = Call::get("batch_predict", "predict", &summary, schema("BatchPrediction"));
    let rows = json!({ "type": "array", "items": schema("Row"), "maxItems": serve.max_batch_rows });
    add("/batch_predict", "post", batch.body(rows, READS));
    let reload = Call::get("reload", "model", "Load what is in production now", schema("Reloaded")).errors(&["503"]);
    add("/reload", "post", reload);
    let mut history = Call::get("list_predictions", "observe", "The newest predictions", schema("History"));
    history.parameters = history_parameters(project);
    add("/predictions/history", "get", history.errors(&["422", "503"]));
    let summary = Call::get("get_summary", "observe", "The predictions of the last 24 hours", schema("Summary"));
    add("/metrics/summary", "get", summary.errors(&["503"]));
    add("/metrics", "get", Call::get("get_metrics", "observe", "Counters, as Prometheus text", json!("text/plain")));
    paths.into()
}

fn history_parameters(project: &Project) -> Value {
    let limit = json!({
        "name": "limit", "in": "query", "required": false, "description": "How many.",
        "schema": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 50 },
    });
    match &project.serve.group_column {
        None => json!([limit]),
        Some(column) => {
            let group = json!({
                "name": column, "in": "query", "required": false, "description": format!("Only this {column}."),
                "schema": { "type": "string" },
            });
            json!([limit, group])
        }
    }
}

fn schemas(project: &Project, inputs: &[InputColumn]) -> Value {
    let serve = &project.serve;
    let answer = || (serve.answer_field.clone(), answer_schema(project));
    let text = || json!({ "type": "string" });
    let yes_no = || json!({ "type": "boolean" });
    let count = || json!({ "type": "integer", "minimum": 0 });
    let maybe = |kind: &str| json!({ "type": [kind, "null"] });
    let time = || json!({ "type": ["string", "null"], "format": "date-time" });
    let list = |items: Value| json!({ "type": "array", "items": items });
    let numbers = || json!({ "type": "object", "additionalProperties": { "type": ["number", "null"] } });
    let model = || ["model_version", "model_stage", "model_run_id"].map(|name| (name.to_owned(), text()));
    let named = |name: &str, schema: Value| (name.to_owned(), schema);
    let mut schemas = Map::new();
    schemas.insert("Row".into(), row_schema(inputs));

    let mut prediction = vec![answer()];
    prediction.extend(model());
    prediction.push(named("features_used", numbers()));
    prediction.push(named("input_summary", json!({ "type": "object" })));
    prediction.push(named("request_id", text()));
    schemas.insert("Prediction".into(), object(prediction));

    let mut explanation = vec![answer()];
    explanation.extend(model());
    explanation.extend([
        named("shap_values", list(json!({ "type": "number" }))),
        named("base_value", json!({ "type": "number" })),
        named("margin", json!({ "type": "number", "description": "base_value plus all shap_values" })),
        named("scale", json!({ "type": "string", "const": scale_name(project.transform, &project.target) })),
        named("feature_names", list(text())),
        named("feature_values", list(maybe("number"))),
        named("input_summary", json!({ "type": "object" })),
        named("request_id", text()),
    ]);
    schemas.insert("Explanation".into(), object(explanation));

    let any_value = json!({ "type": ["null", "boolean", "number", "string", "array", "object"] });
    let field = object(vec![named("field", text()), named("value", any_value), named("message", text())]);
    let detail =
        json!({ "oneOf": [text(), { "type": "array", "items": { "$ref": "#/components/schemas/FieldError" } }] });
    schemas.insert("FieldError".into(), field);
    schemas.insert("Error".into(), object(vec![named("detail", detail.clone()), named("request_id", text())]));
    let good = object(vec![answer(), named("input_summary", json!({ "type": "object" }))]);
    let bad = object(vec![named("error", text()), named("detail", detail)]);
    let mut batch = vec![named("predictions", list(json!({ "oneOf": [good, bad] })))];
    batch.extend(["count", "succeeded", "failed"].map(|name| (name.to_owned(), count())));
    batch.extend(model());
    batch.push(named("request_id", text()));
    schemas.insert("BatchPrediction".into(), object(batch));

    let loaded = || ["model_loaded", "explainer_loaded"].map(|name| (name.to_owned(), yes_no()));
    let facts = || ["model_version", "model_stage", "model_run_id"].map(|name| (name.to_owned(), maybe("string")));
    let mut service = vec![named("service", text()), named("version", text()), named("model_name", text())];
    service.extend(facts());
    service.extend(loaded());
    service.extend([
        named("features", list(text())),
        named("loaded_at", time()),
        named("last_reload_error", maybe("string")),
        named("docs", text()),
    ]);
    schemas.insert("Service".into(), object(service));

    let log = object(["queued", "written", "spilled", "waiting", "dropped"].map(|name| (name.into(), count())).into());
    let mut health = vec![named("status", json!({ "type": "string", "enum": ["healthy", "degraded"] }))];
    health.extend(loaded());
    health.extend([
        named("database_connected", yes_no()),
        named("model_version", maybe("string")),
        named("last_reload_error", maybe("string")),
        named("prediction_log", log),
    ]);
    schemas.insert("Health".into(), object(health));
    schemas.insert("Ready".into(), object(vec![named("ready", yes_no()), named("model_version", text())]));

    let mut about = ["version", "stage", "model_name"].map(|name| (name.to_owned(), text())).to_vec();
    about.extend(model());
    about.extend(loaded());
    about.extend([
        named("loaded_at", time()),
        named("target", text()),
        named("unit", text()),
        named("scale", text()),
        named("trees", count()),
        named("feature_names", list(text())),
    ]);
    if let Some(column) = &serve.group_column {
        about.push(named(&serve.group_list_field, list(text())));
        let mean = json!({ "type": "number" });
        let group =
            vec![named(column, text()), (format!("average_{}", serve.answer_field), mean), named("count", count())];
        schemas.insert("Group".into(), object(group));
    }
    schemas.insert("Model".into(), object(about));

    let mut reloaded = vec![named("status", json!({ "type": "string", "const": "success" })), named("message", text())];
    reloaded.extend([named("changed", yes_no()), named("previous_version", maybe("string"))]);
    reloaded.extend(model());
    reloaded.push(named("request_id", text()));
    schemas.insert("Reloaded".into(), object(reloaded));

    let logged = object(vec![
        named("timestamp", json!({ "type": "string", "format": "date-time" })),
        named("request_id", text()),
        named("inputs", json!({ "type": "object" })),
        (format!("predicted_{}", serve.answer_field), json!({ "type": "number" })),
        named("model_version", maybe("string")),
        named("model_run_id", maybe("string")),
        named("response_time_ms", json!({ "type": "number" })),
        named("client_ip", maybe("string")),
    ]);
    schemas.insert("History".into(), object(vec![named("predictions", list(logged)), named("count", count())]));
    let statistic = |name: &str| (format!("{name}_{}", serve.answer_field), maybe("number"));
    let mut summary = vec![named("period_hours", count()), named("total_predictions", count())];
    summary.extend([statistic("average"), statistic("min"), statistic("max")]);
    summary.extend([named("average_response_time_ms", maybe("number")), named("distinct_groups", count())]);
    summary.push(named("model_versions", list(text())));
    schemas.insert("Summary".into(), object(summary));
    schemas.into()
}

fn answer_schema(project: &Project) -> Value {
    let mut schema = json!({ "type": "number" });
    if !project.unit.is_empty() {
        schema["description"] = format!("in {}", project.unit).into();
    }
    schema
}

fn object(properties: Vec<(String, Value)>) -> Value {
    let required = properties.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let properties: Map<String, Value> = properties.into_iter().collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn row_schema(inputs: &[InputColumn]) -> Value {
    let properties: Map<String, Value> = inputs.iter().map(|input| (input.name.clone(), input_schema(input))).collect();
    let required = inputs.iter().filter(|input| is_required(input)).map(|input| input.name.as_str());
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let required = required.collect::<Vec<_>>();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    let example = example(inputs);
    if !example.is_empty() {
        schema["examples"] = json!([example]);
    }
    schema
}

/// Whether a request must hold the field: it may not be missing, and nothing takes its place.
fn is_required(input: &InputColumn) -> bool {
    !input.read_by.is_empty()
        && input.checks.contains(&Check::Required)
        && input.default.is_none()
        && input.fill.is_none()
}

fn input_schema(input: &InputColumn) -> Value {
    let nullable = input.fill.is_some() || input.read_by.is_empty() || !input.checks.contains(&Check::Required);
    let kind = match input.kind {
        ColumnType::Number => "number",
        ColumnType::Category | ColumnType::Date => "string",
        ColumnType::Boolean => "boolean",
    };
    let mut schema = json!({ "type": if nullable { json!([kind, "null"]) } else { json!(kind) } });
    let name = &input.label.0;
    let unit = input.unit.as_ref().map(|unit| format!(", in {unit}")).unwrap_or_default();
    let unread = if input.read_by.is_empty() { "; the model does not read it" } else { "" };
    schema["description"] = format!("{name}{unit}{unread}").into();
    if input.kind == ColumnType::Date {
        schema["format"] = "date".into();
    }
    for check in &input.checks {
        match check {
            Check::Required => {}
            Check::Min(bound) => schema["minimum"] = (*bound).into(),
            Check::Max(bound) => schema["maximum"] = (*bound).into(),
            Check::Above(bound) => schema["exclusiveMinimum"] = (*bound).into(),
            Check::OneOf(values) => {
                let mut values: Vec<Value> = values.iter().map(|value| value.as_str().into()).collect();
                if nullable {
                    values.push(Value::Null);
                }
                schema["enum"] = values.into();
            }
        }
    }
    if let Some(default) = &input.default {
        schema["default"] = scalar(default);
    }
    schema
}

fn example(inputs: &[InputColumn]) -> Map<String, Value> {
    let defaults = inputs.iter().filter_map(|input| Some((input.name.clone(), scalar(input.default.as_ref()?))));
    defaults.collect()
}

fn scalar(value: &Scalar) -> Value {
    match value {
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => Value::from(*value as i64),
        Scalar::Number(value) => Value::from(*value),
        Scalar::Text(value) => Value::String(value.clone()),
    }
}

const ERRORS: [(&str, &str, &str); 8] = [
    ("400", "BadRequest", "The body is not JSON."),
    ("403", "Forbidden", "A foreign host, or a page of another origin."),
    ("408", "Timeout", "The body took too long to arrive."),
    ("413", "TooLarge", "The body or the list is too large."),
    ("415", "NotJson", "The content type is not JSON."),
    ("422", "Invalid", "Fields that are unknown, missing or out of range, each with its value."),
    ("500", "Internal", "A defect; the log has it under the request id."),
    ("503", "Unavailable", "No model is loaded, or the registry cannot be reached."),
];

fn error_name(status: &str) -> &'static str {
    ERRORS.iter().find(|(known, ..)| *known == status).map_or("Internal", |(_, name, _)| name)
}

fn error_responses() -> Value {
    let responses: Map<String, Value> = ERRORS
        .iter()
        .map(|(_, name, description)| {
            let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } });
            ((*name).to_owned(), json!({ "description": description, "content": content }))
        })
        .collect();
    responses.into()
}
