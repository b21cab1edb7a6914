//! A version's bundle, verified: check sums, trees, recipe, golden rows bit for bit. Whoever puts a version into
//! production does this first, as a server does before it serves.

use std::collections::BTreeMap;

use thiserror::Error;
use tidewheel_boost::Model;
use tidewheel_data::bundle::{self, Bundle, GoldenRow};
use tidewheel_data::interval::Interval;
use tidewheel_data::recipe::CompiledRecipe;
use tidewheel_domain::RunId;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_registry::{ObjectError, Registry};

use super::model::ModelError;

/// Why a version cannot be served.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The object store does not give its files.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// Its bundle does not serve.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The check itself broke down.
    #[error("the check was interrupted")]
    Interrupted,
}

/// A bundle that serves.
#[derive(Debug)]
pub struct Verified {
    /// The trees.
    pub trees: Model,
    /// How a row becomes features.
    pub recipe: CompiledRecipe,
    /// The rows that gave what training wrote down.
    pub golden: Vec<GoldenRow>,
    /// The interval around predictions, where the bundle has one.
    pub interval: Option<Interval>,
}

impl Verified {
    /// Verifies the files of a bundle. Takes CPU time: not for a thread that answers requests.
    pub fn read(files: BTreeMap<String, Vec<u8>>) -> Result<Self, ModelError> {
        let mut bundle = Bundle::read(files)?;
        let bytes = std::mem::take(&mut bundle.model);
        let trees = Model::from_bytes(&bytes).map_err(|error| ModelError::Trees(error.to_string()))?;
        drop(bytes);
        // A row of another length than the model's is caught by the count of features before.
        bundle.verify(trees.num_features(), |row| trees.margin_row(row).unwrap_or(f32::NAN))?;
        Ok(Self { trees, recipe: bundle.recipe, golden: bundle.golden, interval: bundle.interval })
    }

    /// Fetches and verifies what a training left.
    pub async fn of_run(registry: &Registry, run: &RunId) -> Result<Self, VerifyError> {
        let mut files = BTreeMap::new();
        for path in bundle::paths() {
            // What must not be missing is said by the reader of the bundle.
            if let Some(bytes) = registry.objects().get_artifact(run, path).await? {
                files.insert(path.to_owned(), bytes.into());
            }
        }
        Ok(tokio::task::spawn_blocking(move || Self::read(files)).await.map_err(|_| VerifyError::Interrupted)??)
    }
}

/// Loads a version as a server would, and gives the number of golden rows that it gave again. Nothing is changed.
pub async fn loads(registry: &Registry, version: &ModelVersion) -> Result<usize, VerifyError> {
    Ok(Verified::of_run(registry, &version.run_id).await?.golden.len())
}
