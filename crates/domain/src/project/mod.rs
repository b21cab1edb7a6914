//! The project file `tidewheel.toml`: layers, raw form, checked form.
//!
//! The file is parsed into a *raw* form (everything optional, unknown keys refused) and then checked into a
//! [`Project`], in which nothing is missing. Only the project file knows the domain.

/// Merging defaults, file, environment and flags, and remembering where each value came from.
pub mod layers;

/// The sections as they stand in the file.
pub mod raw;

/// The checked form.
pub mod checked;

pub use checked::{
    Check, CleanRule, ColumnSpec, EncodeSpec, Encoding, FeatureSpec, HttpSource, Project, PromoteSpec, Scalar,
    ServeSpec, SourceSpec, StoreSpec, Task, TrainSpec, Transform,
};
pub use layers::{Layers, Origin};
pub use raw::{BadValue, ColumnType, RawProject, RawSearch, Role};

use thiserror::Error;

/// What is wrong with a project file.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// Not TOML, or a value of the wrong type.
    #[error("{origin}: {message}")]
    Parse {
        /// Which layer: the file's name, an environment variable, a flag.
        origin: String,
        /// What the parser says, with line and column where it has them.
        message: String,
    },
    /// A key that does not exist.
    #[error("{origin}: unknown key '{key}'{nearest}", nearest = nearest_text(.nearest.as_deref()))]
    UnknownKey {
        /// Which layer.
        origin: String,
        /// The key as written.
        key: String,
        /// The nearest key that does exist.
        nearest: Option<String>,
    },
    /// A value that is missing.
    #[error("'{key}' is missing: {hint}")]
    Missing {
        /// The dotted key.
        key: String,
        /// What to write.
        hint: String,
    },
    /// A value of a section that its own check refuses.
    #[error("{message}")]
    Section {
        /// Names the key, the value and what it can be.
        message: String,
    },
    /// A value that cannot be.
    #[error("'{key}' = {value}: {reason}")]
    Invalid {
        /// The dotted key.
        key: String,
        /// The value as written.
        value: String,
        /// Why it cannot be, and what can.
        reason: String,
    },
}

fn nearest_text(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

/// The JSON Schema of the project file, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(raw::RawProject).to_value()
}

/// The name in `known` that is nearest to `name`, if any is near at all.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= 2.max(candidate.len().max(name.len()) / 3))
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
