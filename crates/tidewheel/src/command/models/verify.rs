//! Loading a version as a server would: check sums, trees, recipe, golden rows.

use std::collections::BTreeMap;

use anyhow::Context as _;
use tidewheel_boost::Model;
use tidewheel_data::bundle::{self, Bundle};
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_registry::Registry;

/// Fails with the reason when the version's bundle cannot be served. Nothing is changed.
pub(super) async fn loads(registry: &Registry, version: &ModelVersion) -> anyhow::Result<()> {
    let mut files = BTreeMap::new();
    for path in bundle::paths() {
        if let Some(bytes) = registry.objects().get_artifact(&version.run_id, path).await? {
            files.insert(path.to_owned(), bytes.to_vec());
        }
    }
    let checked = tokio::task::spawn_blocking(move || check(files)).await.context("the check was interrupted")?;
    checked.with_context(|| format!("version {} does not load, so that nothing was switched", version.version))
}

fn check(files: BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let bundle = Bundle::read(files)?;
    let model = Model::from_bytes(&bundle.model).with_context(|| format!("'{}' cannot be read", bundle::MODEL))?;
    // A row of another length than the model's is caught by the count of features before.
    bundle.verify(model.num_features(), |row| model.margin_row(row).unwrap_or(f32::NAN))?;
    Ok(())
}
