//! A served model as one immutable bundle of files: trees, recipe, golden rows, and a manifest with their check sums.
//!
//! The files are artifacts of the training run, under `model/`. Whoever loads a bundle verifies it: check sums first,
//! then the golden rows, which must give the margins that training wrote down, bit for bit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use tidewheel_domain::Sha256;

use crate::interval::Interval;
use crate::recipe::expression::ExpressionError;
use crate::recipe::{CompiledRecipe, Recipe};

/// The trees, in XGBoost's UBJSON format.
pub const MODEL: &str = "model/model.ubj";
/// The fitted recipe.
pub const RECIPE: &str = "model/recipe.json";
/// Rows with the margins that the model must give.
pub const GOLDEN: &str = "model/golden.json";
/// The interval around predictions; bundles that older programs wrote lack it.
pub const INTERVAL: &str = "model/interval.json";
/// Check sums of the other files.
pub const MANIFEST: &str = "model/manifest.json";

/// Why a bundle cannot be used.
#[derive(Debug, Error)]
pub enum BundleError {
    /// A file is not there.
    #[error("the bundle lacks '{0}'")]
    MissingFile(String),
    /// A file is not what was written.
    #[error("'{file}' has SHA-256 {found}, but the manifest says {expected}")]
    CheckSum {
        /// The file.
        file: String,
        /// What the manifest says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A file is not of its format.
    #[error("'{file}' cannot be read: {reason}")]
    Format {
        /// The file.
        file: String,
        /// What the parser says.
        reason: String,
    },
    /// The recipe does not compile.
    #[error("the recipe cannot be used: feature {0}")]
    Recipe(#[from] ExpressionError),
    /// The model and the recipe do not belong together.
    #[error("the model has {model} features, the recipe {recipe}")]
    Features {
        /// Of the model.
        model: usize,
        /// Of the recipe.
        recipe: usize,
    },
    /// A golden row gives something else.
    #[error("golden row {row} gives {found} instead of {expected}")]
    Golden {
        /// The row, from 0.
        row: usize,
        /// What training wrote down.
        expected: f32,
        /// What it gives now.
        found: String,
    },
}

/// A row with the margin that the model must give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoldenRow {
    /// The row as a request would send it.
    pub inputs: Map<String, Value>,
    /// The prediction on the training scale.
    pub margin: f32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    sha256: BTreeMap<String, String>,
}

/// A bundle whose check sums have been verified.
#[derive(Debug)]
pub struct Bundle {
    /// The trees, in XGBoost's UBJSON format.
    pub model: Vec<u8>,
    /// The recipe, ready for use.
    pub recipe: CompiledRecipe,
    /// Rows with the margins that the model must give.
    pub golden: Vec<GoldenRow>,
    /// The interval around predictions, where the bundle has one.
    pub interval: Option<Interval>,
}

/// The paths of a bundle's files. Where the interval's is missing, the bundle has none.
pub fn paths() -> [&'static str; 5] {
    [MODEL, RECIPE, GOLDEN, INTERVAL, MANIFEST]
}

/// Writes a bundle: its files by path.
pub fn write(
    model: Vec<u8>,
    recipe: &Recipe,
    golden: &[GoldenRow],
    interval: Option<&Interval>,
) -> Result<Vec<(String, Vec<u8>)>, BundleError> {
    let mut files = vec![
        (MODEL.to_owned(), model),
        (RECIPE.to_owned(), to_json(RECIPE, recipe)?),
        (GOLDEN.to_owned(), to_json(GOLDEN, &golden)?),
    ];
    if let Some(interval) = interval {
        files.push((INTERVAL.to_owned(), to_json(INTERVAL, interval)?));
    }
    let sums = files.iter().map(|(path, bytes)| (path.clone(), Sha256::of(bytes).to_string()));
    let manifest = Manifest { format: 1, sha256: sums.collect() };
    files.push((MANIFEST.to_owned(), to_json(MANIFEST, &manifest)?));
    Ok(files)
}

impl Bundle {
    /// Reads a bundle from its files by path, and verifies the check sums.
    pub fn read(mut files: BTreeMap<String, Vec<u8>>) -> Result<Self, BundleError> {
        let mut file = |path: &str| files.remove(path).ok_or_else(|| BundleError::MissingFile(path.to_owned()));
        let manifest: Manifest = from_json(MANIFEST, &file(MANIFEST)?)?;
        let mut verified = |path: &str| {
            let bytes = file(path)?;
            let expected =
                manifest.sha256.get(path).ok_or_else(|| BundleError::MissingFile(format!("{path} in the manifest")))?;
            let found = Sha256::of(&bytes).to_string();
            if found == *expected {
                Ok(bytes)
            } else {
                Err(BundleError::CheckSum { file: path.to_owned(), expected: expected.clone(), found })
            }
        };
        let model = verified(MODEL)?;
        let recipe: Recipe = from_json(RECIPE, &verified(RECIPE)?)?;
        let golden = from_json(GOLDEN, &verified(GOLDEN)?)?;
        let interval = if manifest.sha256.contains_key(INTERVAL) {
            Some(from_json(INTERVAL, &verified(INTERVAL)?)?)
        } else {
            None
        };
        Ok(Self { model, recipe: recipe.compile()?, golden, interval })
    }

    /// Verifies that the golden rows give the margins that training wrote down, bit for bit.
    pub fn verify(&self, features: usize, margin: impl Fn(&[f32]) -> f32) -> Result<(), BundleError> {
        if features != self.recipe.features() {
            return Err(BundleError::Features { model: features, recipe: self.recipe.features() });
        }
        for (place, golden) in self.golden.iter().enumerate() {
            let failed = |found: String| BundleError::Golden { row: place, expected: golden.margin, found };
            let row = self.recipe.parse_row(&golden.inputs).map_err(|errors| {
                failed(errors.first().map_or_else(String::new, |error| format!("'{}' {}", error.field, error.message)))
            })?;
            let found = margin(&self.recipe.row_features(&row));
            if found.to_bits() != golden.margin.to_bits() {
                return Err(failed(found.to_string()));
            }
        }
        Ok(())
    }
}

fn to_json<T: Serialize + ?Sized>(file: &str, value: &T) -> Result<Vec<u8>, BundleError> {
    serde_json::to_vec_pretty(value)
        .map_err(|error| BundleError::Format { file: file.to_owned(), reason: error.to_string() })
}

fn from_json<T: for<'de> Deserialize<'de>>(file: &str, bytes: &[u8]) -> Result<T, BundleError> {
    serde_json::from_slice(bytes)
        .map_err(|error| BundleError::Format { file: file.to_owned(), reason: error.to_string() })
}
