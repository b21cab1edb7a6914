//! Files: batches under their content hash, artifacts under their run. In a folder, or in S3.
//!
//! Callers name a batch or a run and a path inside it, never a key. Every put is whole or not at all.

mod error;
mod key;
mod local;
mod s3;

use bytes::Bytes;
use tidewheel_domain::{RunId, Sha256};

pub use error::ObjectError;

use crate::settings::StoreSettings;
use key::Area;

/// An artifact in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactInfo {
    /// Its path inside the run.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
}

#[derive(Debug)]
enum Backend {
    Local(local::LocalStore),
    S3(s3::S3Store),
}

/// The object store.
#[derive(Debug)]
pub struct Objects {
    backend: Backend,
}

impl Objects {
    /// Opens the store that the setting names; missing folders and buckets are made. See
    /// [`StoreSettings::objects`].
    pub async fn open(settings: &StoreSettings) -> Result<Self, ObjectError> {
        let setting = settings.objects.as_str();
        let backend = if let Some(place) = setting.strip_prefix("s3://") {
            Backend::S3(s3::S3Store::open(place, &settings.s3).await?)
        } else if setting.is_empty() {
            return Err(ObjectError::Setting("it is empty; give a folder or s3://".to_owned()));
        } else if let Some((scheme, _)) = setting.split_once("://") {
            return Err(ObjectError::Setting(format!(
                "'{scheme}://' is no known kind of object store; give a folder or s3://"
            )));
        } else {
            Backend::Local(local::LocalStore::open(setting).await?)
        };
        Ok(Objects { backend })
    }

    /// Where the store is, for people.
    pub fn place(&self) -> &str {
        match &self.backend {
            Backend::Local(store) => store.place(),
            Backend::S3(store) => store.place(),
        }
    }

    /// Keeps a batch as it was received, under the hash of its rows. One that is kept and sound already stays.
    pub async fn put_raw(&self, batch: &Sha256, parquet: Bytes) -> Result<(), ObjectError> {
        if let Ok(Some(_)) = self.get_raw(batch).await {
            return Ok(());
        }
        self.put_checked(Area::Raw, batch, parquet).await
    }

    /// A batch as it was received.
    pub async fn get_raw(&self, batch: &Sha256) -> Result<Option<Bytes>, ObjectError> {
        self.get_checked(Area::Raw, batch).await
    }

    /// Keeps the rows of a batch that passed the unfitted rules, under the hash of the batch as received. Replaces
    /// what is there, for the rules may have changed.
    pub async fn put_clean(&self, batch: &Sha256, parquet: Bytes) -> Result<(), ObjectError> {
        if matches!(self.get_clean(batch).await, Ok(Some(kept)) if kept == parquet) {
            return Ok(());
        }
        self.put_checked(Area::Clean, batch, parquet).await
    }

    /// The rows of a batch that passed the unfitted rules.
    pub async fn get_clean(&self, batch: &Sha256) -> Result<Option<Bytes>, ObjectError> {
        self.get_checked(Area::Clean, batch).await
    }

    /// Keeps an artifact of a run under a path such as `model/model.ubj`; replaces what is there. Gives its SHA-256.
    pub async fn put_artifact(&self, run: &RunId, path: &str, bytes: Bytes) -> Result<Sha256, ObjectError> {
        let key = key::artifact(run, path)?;
        let sha256 = Sha256::of(&bytes);
        self.put(Area::Artifacts, &key, bytes).await?;
        Ok(sha256)
    }

    /// An artifact of a run.
    pub async fn get_artifact(&self, run: &RunId, path: &str) -> Result<Option<Bytes>, ObjectError> {
        self.get(Area::Artifacts, &key::artifact(run, path)?).await
    }

    /// The artifacts of a run whose path lies in the folder `prefix` (all of them where it is empty), by path.
    pub async fn list_artifacts(&self, run: &RunId, prefix: &str) -> Result<Vec<ArtifactInfo>, ObjectError> {
        let folder = key::artifact_folder(run, prefix)?;
        let mut found = match &self.backend {
            Backend::Local(store) => store.list(Area::Artifacts, &folder).await?,
            Backend::S3(store) => store.list(Area::Artifacts, &folder).await?,
        };
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let head = format!("{run}/");
        for artifact in &mut found {
            if let Some(path) = artifact.path.strip_prefix(&head) {
                artifact.path = path.to_owned();
            }
        }
        Ok(found)
    }

    /// Removes an artifact of a run; that it is not there is no error.
    pub async fn delete_artifact(&self, run: &RunId, path: &str) -> Result<(), ObjectError> {
        let key = key::artifact(run, path)?;
        match &self.backend {
            Backend::Local(store) => store.delete(Area::Artifacts, &key).await,
            Backend::S3(store) => store.delete(Area::Artifacts, &key).await,
        }
    }

    async fn put(&self, area: Area, key: &str, bytes: Bytes) -> Result<(), ObjectError> {
        match &self.backend {
            Backend::Local(store) => store.put(area, key, bytes).await,
            Backend::S3(store) => store.put(area, key, bytes).await,
        }
    }

    async fn get(&self, area: Area, key: &str) -> Result<Option<Bytes>, ObjectError> {
        match &self.backend {
            Backend::Local(store) => store.get(area, key).await,
            Backend::S3(store) => store.get(area, key).await,
        }
    }

    /// A batch's hash is over its rows, so the bytes get a check sum of their own, in the form of `sha256sum`. It is
    /// written first: a file that is there has its check sum.
    async fn put_checked(&self, area: Area, batch: &Sha256, bytes: Bytes) -> Result<(), ObjectError> {
        let sum = format!("{}  {}\n", Sha256::of(&bytes), key::batch_file(batch));
        self.put(area, &key::batch_check_sum(batch), Bytes::from(sum)).await?;
        self.put(area, &key::batch_file(batch), bytes).await
    }

    async fn get_checked(&self, area: Area, batch: &Sha256) -> Result<Option<Bytes>, ObjectError> {
        let key = key::batch_file(batch);
        let Some(bytes) = self.get(area, &key).await? else { return Ok(None) };
        let name = format!("{}/{key}", area.name());
        let Some(sum) = self.get(area, &key::batch_check_sum(batch)).await? else {
            return Err(ObjectError::Corrupt { name, reason: "its check sum is missing".to_owned() });
        };
        let wanted = String::from_utf8_lossy(&sum).split_whitespace().next().unwrap_or_default().to_owned();
        let found = Sha256::of(&bytes);
        if found.as_str() == wanted {
            Ok(Some(bytes))
        } else {
            Err(ObjectError::Corrupt { name, reason: format!("its SHA-256 is {found}, kept was {wanted}") })
        }
    }
}
