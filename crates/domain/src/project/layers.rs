//! Layers: defaults < file < `TIDEWHEEL_*` environment < flags.
//!
//! `TIDEWHEEL_STORE_DATABASE` sets `store.database`: the first underscore after the prefix ends the section's name.
//! Deeper keys use a double underscore between all levels: `TIDEWHEEL_TRAIN__SEARCH__ETA`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::raw::RawProject;
use super::{ProjectError, nearest};

/// The prefix of environment variables that set project keys.
pub const PREFIX: &str = "TIDEWHEEL_";

/// Variables with the prefix that are not project keys: they steer the program or its tests.
const RESERVED: [&str; 4] = ["TIDEWHEEL_LOG", "TIDEWHEEL_PYTHON", "TIDEWHEEL_VENV", "TIDEWHEEL_TEST_"];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The project file.
    File(String),
    /// An environment variable.
    Environment(String),
    /// A command-line flag.
    Flag(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::File(name) => write!(formatter, "{name}"),
            Origin::Environment(name) => write!(formatter, "environment variable {name}"),
            Origin::Flag(name) => write!(formatter, "flag {name}"),
        }
    }
}

/// The merged layers, and the origin of every key that is not a default.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    merged: Table,
    origins: BTreeMap<String, Origin>,
}

impl Layers {
    /// Starts with nothing but the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lays the text of a project file over what is there. `name` is how errors call the file.
    pub fn file(mut self, name: &str, text: &str) -> Result<Self, ProjectError> {
        // The text itself is parsed into the raw form first: only then do errors know line and column.
        parse::<RawProject>(text).map_err(|error| explain(name, &error))?;
        let table: Table = parse(text).map_err(|error| explain(name, &error))?;
        self.merge(table, &Origin::File(name.to_owned()))?;
        Ok(self)
    }

    /// Lays the `TIDEWHEEL_*` variables over what is there.
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ProjectError> {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            if RESERVED.iter().any(|reserved| name.starts_with(reserved)) {
                continue;
            }
            let key = key_of_variable(rest);
            self.set(&key, &text, Origin::Environment(name))?;
        }
        Ok(self)
    }

    /// Lays one flag's value over what is there; `key` is dotted.
    pub fn flag(mut self, flag: &str, key: &str, text: &str) -> Result<Self, ProjectError> {
        self.set(key, text, Origin::Flag(flag.to_owned()))?;
        Ok(self)
    }

    /// The origin of each key that was set, by dotted key.
    pub fn origins(&self) -> &BTreeMap<String, Origin> {
        &self.origins
    }

    /// The raw form of all layers.
    pub fn raw(&self) -> Result<RawProject, ProjectError> {
        self.merged.clone().try_into().map_err(|error: toml::de::Error| explain("project", &error))
    }

    fn set(&mut self, key: &str, text: &str, origin: Origin) -> Result<(), ProjectError> {
        // A value that TOML understands (number, boolean, list) is that value; anything else is text.
        let parsed = parse::<Table>(&format!("value = {text}")).ok().and_then(|mut table| table.remove("value"));
        let candidates = parsed.into_iter().chain([Value::String(text.to_owned())]);
        let mut last = None;
        for candidate in candidates {
            let mut table = Table::new();
            nest(&mut table, key, candidate);
            match table.clone().try_into::<RawProject>() {
                Ok(_) => return self.merge(table, &origin),
                Err(error) => last = last.or(Some(explain(&origin.to_string(), &error))),
            }
        }
        Err(last.unwrap_or_else(|| ProjectError::Parse { origin: origin.to_string(), message: "no value".into() }))
    }

    fn merge(&mut self, layer: Table, origin: &Origin) -> Result<(), ProjectError> {
        record(&mut self.origins, "", &layer, origin);
        overlay(&mut self.merged, layer);
        self.raw().map(|_| ())
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, toml::de::Error> {
    toml::from_str(text)
}

fn key_of_variable(rest: &str) -> String {
    let lower = rest.to_lowercase();
    if lower.contains("__") { lower.replace("__", ".") } else { lower.replacen('_', ".", 1) }
}

fn nest(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((head, rest)) => {
            let mut inner = Table::new();
            nest(&mut inner, rest, value);
            table.insert(head.to_owned(), Value::Table(inner));
        }
    }
}

fn overlay(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(layer)) => overlay(inner, layer),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn record(origins: &mut BTreeMap<String, Origin>, path: &str, layer: &Table, origin: &Origin) {
    for (key, value) in layer {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Table(inner) => record(origins, &path, inner, origin),
            _ => {
                origins.insert(path, origin.clone());
            }
        }
    }
}

/// Turns serde's "unknown field `a`, expected one of `b`, `c`" into an error that names the nearest key.
fn explain(origin: &str, error: &toml::de::Error) -> ProjectError {
    let message = error.message();
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let mut quoted = rest.split('`').step_by(2);
        let key = quoted.next().unwrap_or_default().to_owned();
        let known = quoted.filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let nearest = nearest(&key, known.iter().map(String::as_str));
        let origin = match line_of(error) {
            Some(line) => format!("{origin}, line {line}"),
            None => origin.to_owned(),
        };
        return ProjectError::UnknownKey { origin, key, nearest };
    }
    ProjectError::Parse { origin: origin.to_owned(), message: error.to_string().trim_end().to_owned() }
}

fn line_of(error: &toml::de::Error) -> Option<String> {
    let text = error.to_string();
    let rest = text.split_once("at line ")?.1;
    Some(rest.split(',').next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_layer_wins_and_its_origin_is_known() {
        let layers = Layers::new()
            .file("tidewheel.toml", "[store]\ndatabase = \"a.db\"\nobjects = \"o\"\n")
            .and_then(|layers| layers.environment([("TIDEWHEEL_STORE_DATABASE".into(), "b.db".into())]))
            .and_then(|layers| layers.flag("--objects", "store.objects", "p"))
            .expect("valid layers");
        let raw = layers.raw().expect("valid");
        assert_eq!(raw.store.database.as_deref(), Some("b.db"));
        assert_eq!(raw.store.objects.as_deref(), Some("p"));
        assert_eq!(layers.origins()["store.objects"], Origin::Flag("--objects".into()));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one_and_its_line() {
        let error = Layers::new().file("tidewheel.toml", "[store]\ndatabse = \"a.db\"\n").expect_err("unknown key");
        assert_eq!(error.to_string(), "tidewheel.toml, line 2: unknown key 'databse'; did you mean 'database'?");
    }

    #[test]
    fn deeper_keys_use_a_double_underscore_and_numbers_stay_numbers() {
        let layers = Layers::new()
            .environment([
                ("TIDEWHEEL_TRAIN__TRIALS".into(), "4".into()),
                ("TIDEWHEEL_PROJECT_NAME".into(), "12".into()),
                ("TIDEWHEEL_TEST_POSTGRES".into(), "ignored".into()),
            ])
            .expect("valid layers");
        let raw = layers.raw().expect("valid");
        assert_eq!(raw.train.trials, Some(4));
        assert_eq!(raw.project.name.as_deref(), Some("12"));
    }

    #[test]
    fn an_unknown_variable_is_refused_by_name() {
        let error =
            Layers::new().environment([("TIDEWHEEL_STORE_DATABAS".into(), "x".into())]).expect_err("unknown key");
        assert!(error.to_string().contains("TIDEWHEEL_STORE_DATABAS"), "{error}");
        assert!(error.to_string().contains("'database'"), "{error}");
    }
}
