//! Model files: `XGBoost`'s JSON and UBJSON.

mod json;
mod ubjson;
mod value;
mod xgboost;

use crate::model::{Model, ModelError};

/// A model file that cannot be read, or holds a model that is not supported.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// Neither JSON nor UBJSON.
    #[error("not a model file: neither JSON nor UBJSON")]
    Unknown,
    /// Broken JSON.
    #[error("broken JSON: {0}")]
    Json(String),
    /// Broken UBJSON.
    #[error("broken UBJSON at byte {offset}: {what}")]
    Ubjson {
        /// Where.
        offset: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A field that is missing.
    #[error("`{path}` is missing")]
    Missing {
        /// The field's path.
        path: String,
    },
    /// A field of another type, or a number out of range.
    #[error("`{path}` is not {expected}")]
    Type {
        /// The field's path.
        path: String,
        /// What it should be.
        expected: &'static str,
    },
    /// An array whose length is not the number of nodes.
    #[error("`{path}` has {given} entries, the tree has {expected} nodes")]
    Length {
        /// The array's path.
        path: String,
        /// Its length.
        given: usize,
        /// The length it should have.
        expected: usize,
    },
    /// A kind of model that is not supported.
    #[error("`{path}` is {given}: {supported} is supported")]
    Unsupported {
        /// The field's path.
        path: String,
        /// Its value.
        given: String,
        /// What is supported.
        supported: &'static str,
    },
    /// Nodes or numbers that do not make a model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Model {
    /// Reads an `XGBoost` model file (gbtree, numerical splits, one output), JSON or UBJSON by its first bytes.
    ///
    /// # Errors
    /// Anything that is not such a model, with the path of the field. Never panics, and takes memory in proportion to
    /// the file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let after = bytes.trim_ascii_start().strip_prefix(b"{").ok_or(FormatError::Unknown)?;
        let value = match after.trim_ascii_start().first() {
            Some(b'"' | b'}') => json::parse(bytes)?,
            Some(_) => ubjson::parse(bytes)?,
            None => return Err(FormatError::Unknown),
        };
        xgboost::read(&value)
    }

    /// The model as `XGBoost` UBJSON (layout of version 3), for `Booster.load_model`.
    pub fn to_ubjson(&self) -> Vec<u8> {
        let mut writer = ubjson::Writer::default();
        xgboost::write(self, &mut writer);
        writer.finish()
    }

    /// The model as `XGBoost` JSON (layout of version 3), for `Booster.load_model`.
    pub fn to_json(&self) -> String {
        let mut writer = json::Writer::default();
        xgboost::write(self, &mut writer);
        writer.finish()
    }
}
