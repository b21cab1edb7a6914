//! The project file with the origin of every value, for the pages. Secrets are left out.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;
use tidewheel_boost::SearchSpace;
use tidewheel_domain::project::{Origin, Project, SourceSpec};
use tidewheel_serve::ui::Setting;

use crate::context::Context;

/// Every key of the project in the order of the file, its checked value, and where that came from.
pub(crate) fn of(context: &Context) -> anyhow::Result<Vec<Setting>> {
    let raw = serde_json::to_value(context.layers.raw()?).context("cannot write the project as JSON")?;
    let mut rows = Vec::new();
    flatten("", &raw, &mut rows);
    let defaults = defaults(&context.project);
    let origins = context.layers.origins();
    Ok(rows
        .into_iter()
        .map(|(key, value)| {
            let value = match value {
                Value::Null => defaults.get(key.as_str()).cloned().unwrap_or_default(),
                Value::String(text) => text,
                value => value.to_string(),
            };
            Setting { value: masked(&value), origin: origin_of(origins, &key), key }
        })
        .collect())
}

fn flatten(path: &str, value: &Value, rows: &mut Vec<(String, Value)>) {
    match value {
        // A column is a row: of a wide table there would be thousands.
        Value::Object(_) if path.starts_with("schema.") => {
            rows.push((path.to_owned(), Value::String(in_a_line(value))));
        }
        Value::Object(object) => {
            for (key, value) in object {
                flatten(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, rows);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (place, one) in list.iter().enumerate() {
                rows.push((format!("{path}[{}]", place + 1), Value::String(in_a_line(one))));
            }
        }
        value => rows.push((path.to_owned(), value.clone())),
    }
}

/// A table in a line, as TOML writes it: `rule = "fill", column = "state"`.
fn in_a_line(table: &Value) -> String {
    let Some(table) = table.as_object() else { return table.to_string() };
    let set = table.iter().filter(|(_, value)| !value.is_null());
    set.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

/// Of a key, or of the list that it is a part of; of a column, of the last that had a say in it.
fn origin_of(origins: &BTreeMap<String, Origin>, key: &str) -> Option<Origin> {
    if key.starts_with("schema.") {
        let inside = format!("{key}.");
        let of_column = origins.range(inside.clone()..).take_while(|(key, _)| key.starts_with(&inside));
        let place = |origin: &Origin| match origin {
            Origin::File(_) => 0,
            Origin::Environment(_) => 1,
            Origin::Flag(_) => 2,
        };
        return of_column.map(|(_, origin)| origin).max_by_key(|origin| place(origin)).cloned();
    }
    let list = key.split_once('[').map_or(key, |(list, _)| list);
    origins.get(key).or_else(|| origins.get(list)).cloned()
}

/// What holds where the project sets nothing.
fn defaults(project: &Project) -> BTreeMap<&'static str, String> {
    let Project { train, promote, serve, store, .. } = project;
    let optional = |value: Option<usize>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut defaults = BTreeMap::from([
        ("project.name", project.name.clone()),
        ("project.model_name", project.model_name.clone()),
        ("project.target", project.target.clone()),
        ("project.unit", project.unit.clone()),
        ("project.key", project.key.join(", ")),
        ("project.segment", project.segment.clone().unwrap_or_default()),
        ("policy.min_rows", project.policy.needed_rows().map(|rows| rows.to_string()).unwrap_or_default()),
        ("train.holdout", train.holdout.to_string()),
        ("train.trials", train.trials.to_string()),
        ("train.folds", train.folds.to_string()),
        ("train.max_bin", train.max_bin.to_string()),
        ("train.window", optional(train.window)),
        ("train.seed", train.seed.to_string()),
        ("train.threads", optional(train.threads)),
        ("promote.max_loss_rise", promote.max_loss_rise.to_string()),
        ("promote.max_segment_loss_rise", promote.max_segment_loss_rise.to_string()),
        ("promote.min_segment_rows", promote.min_segment_rows.to_string()),
        ("serve.service_name", serve.service_name.clone()),
        ("serve.answer_field", serve.answer_field.clone()),
        ("serve.group_column", serve.group_column.clone().unwrap_or_default()),
        ("serve.group_route", serve.group_route.clone()),
        ("serve.group_list_field", serve.group_list_field.clone()),
        ("serve.value_metric", serve.value_metric.clone()),
        ("serve.max_body_kib", (serve.max_body_bytes / 1024).to_string()),
        ("serve.max_batch_rows", serve.max_batch_rows.to_string()),
        ("store.database", store.database.clone()),
        ("store.objects", store.objects.clone()),
        ("store.endpoint", store.endpoint.clone().unwrap_or_default()),
        ("store.region", store.region.clone().unwrap_or_default()),
        ("store.retry_seconds", (store.retry_ms as f64 / 1000.0).to_string()),
    ]);
    let search = SearchSpace::default();
    defaults.extend([
        ("train.search.n_estimators", format!("{:?}", search.num_rounds)),
        ("train.search.max_depth", format!("{:?}", search.max_depth)),
        ("train.search.learning_rate", format!("{:?}", search.eta)),
        ("train.search.subsample", format!("{:?}", search.subsample)),
        ("train.search.colsample_bytree", format!("{:?}", search.colsample_bytree)),
        ("train.search.min_child_weight", format!("{:?}", search.min_child_weight)),
        ("train.search.reg_alpha", format!("{:?}", search.alpha)),
        ("train.search.reg_lambda", format!("{:?}", search.lambda)),
    ]);
    if let SourceSpec::Http(http) | SourceSpec::Emulator { http, .. } = &project.source {
        defaults.extend([
            ("source.group_number", http.group_number.to_string()),
            ("source.day", http.day.clone()),
            ("source.timeout_seconds", (http.timeout_ms as f64 / 1000.0).to_string()),
            ("source.retries", http.retries.to_string()),
            ("source.max_body_mib", (http.max_body_bytes >> 20).to_string()),
            ("source.end_words", http.end_words.join(", ")),
        ]);
    }
    defaults
}

/// A text without the passwords in its addresses.
fn masked(text: &str) -> String {
    const HIDDEN: &str = "***";
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    // A password may hold a slash that nobody has escaped.
    let path_end = rest.find(['?', '#', ' ', '"']).unwrap_or(rest.len());
    let person = rest[..path_end].rfind('@').unwrap_or(0);
    let end = rest[person..path_end].find('/').map_or(path_end, |slash| person + slash);
    let (authority, rest) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((person, host)) => match person.split_once(':') {
            Some((name, _)) => format!("{name}:{HIDDEN}@{host}"),
            None => format!("{person}@{host}"),
        },
        None => authority.to_owned(),
    };
    let Some((path, query)) = rest.split_once('?') else { return format!("{scheme}://{authority}{}", masked(rest)) };
    let secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["key", "token", "secret", "password", "sig", "auth"].iter().any(|word| name.contains(word))
    };
    let query = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if secret(name) => format!("{name}={HIDDEN}"),
        _ => part.to_owned(),
    });
    format!("{scheme}://{authority}{path}?{}", query.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::project::Layers;

    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (text, shown) in [
            ("postgres://me:s3cret@db:5432/x", "postgres://me:***@db:5432/x"),
            ("postgres://me@db/x?password=s3cret&sslmode=require", "postgres://me@db/x?password=***&sslmode=require"),
            ("https://api.example/data?api_key=s3cret", "https://api.example/data?api_key=***"),
            ("postgres://me:a@b:c/d@db/x", "postgres://me:***@db/x"),
            (".tidewheel/tidewheel.db", ".tidewheel/tidewheel.db"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn every_value_has_its_origin() {
        let layers = Layers::new()
            .file("tidewheel.toml", crate::bundled::PROJECT)
            .and_then(|layers| layers.environment([("TIDEWHEEL_TRAIN_TRIALS".into(), "3".into())]))
            .and_then(|layers| layers.flag("--set", "store.database", "postgres://me:s3cret@db/x"))
            .expect("layers");
        let project = crate::context::checked(&layers).expect("a project");
        let rows = of(&Context { root: ".".into(), project, layers }).expect("rows");
        let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("{key}"));
        assert_eq!(row("train.trials").value, "3");
        assert_eq!(row("train.trials").origin, Some(Origin::Environment("TIDEWHEEL_TRAIN_TRIALS".into())));
        assert_eq!(row("store.database").value, "postgres://me:***@db/x");
        assert_eq!(row("store.objects").origin, None);
        assert!(!row("store.objects").value.is_empty() && !row("promote.max_loss_rise").value.is_empty());
        assert!(matches!(row("clean[1]").origin, Some(Origin::File(_))));
        assert!(rows.iter().all(|row| !row.value.contains("s3cret")));
    }
}
