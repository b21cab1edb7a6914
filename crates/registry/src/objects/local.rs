//! Files in a folder.
//!
//! A put writes a temporary file beside its place, syncs it, renames it and syncs the folder: after a crash or a
//! power cut a file is there whole or not at all, and a full disk leaves nothing behind.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::ArtifactInfo;
use super::error::ObjectError;
use super::key::Area;

#[derive(Debug)]
pub(super) struct LocalStore {
    root: PathBuf,
    place: String,
}

/// Tells apart the temporary files of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl LocalStore {
    pub(super) async fn open(folder: &str) -> Result<Self, ObjectError> {
        let place = format!("object folder '{folder}'");
        let root = std::path::absolute(folder).map_err(|error| sorted(&place, "", &error))?;
        let store = LocalStore { root, place };
        for area in Area::ALL {
            let path = store.root.join(area.name());
            tokio::fs::create_dir_all(&path).await.map_err(|error| sorted(&store.place, area.name(), &error))?;
        }
        Ok(store)
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    fn path(&self, area: Area, key: &str) -> PathBuf {
        self.root.join(area.name()).join(key)
    }

    pub(super) async fn put(&self, area: Area, key: &str, bytes: Bytes) -> Result<(), ObjectError> {
        let path = self.path(area, key);
        self.blocking(area, key, move || write_whole(&path, &bytes)).await
    }

    pub(super) async fn get(&self, area: Area, key: &str) -> Result<Option<Bytes>, ObjectError> {
        let path = self.path(area, key);
        let read = move || match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(Bytes::from(bytes))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        };
        self.blocking(area, key, read).await
    }

    pub(super) async fn list(&self, area: Area, folder: &str) -> Result<Vec<ArtifactInfo>, ObjectError> {
        let root = self.root.join(area.name());
        let start = root.join(folder);
        self.blocking(area, folder, move || {
            let mut found = Vec::new();
            let mut folders = vec![start];
            while let Some(folder) = folders.pop() {
                let entries = match std::fs::read_dir(&folder) {
                    Ok(entries) => entries,
                    Err(error) if is_absent(&error) => continue,
                    Err(error) => return Err(error),
                };
                for entry in entries {
                    let entry = entry?;
                    let kind = entry.file_type()?;
                    if kind.is_dir() {
                        folders.push(entry.path());
                    } else if kind.is_file()
                        && !entry.file_name().to_string_lossy().starts_with(".tmp-")
                        && let Ok(path) = entry.path().strip_prefix(&root)
                    {
                        let path = path.components().map(|part| part.as_os_str().to_string_lossy());
                        let path = path.collect::<Vec<_>>().join("/");
                        found.push(ArtifactInfo { path, size_bytes: entry.metadata()?.len() });
                    }
                }
            }
            Ok(found)
        })
        .await
    }

    pub(super) async fn delete(&self, area: Area, key: &str) -> Result<(), ObjectError> {
        let path = self.path(area, key);
        let remove = move || match std::fs::remove_file(&path) {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(()),
        };
        self.blocking(area, key, remove).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        area: Area,
        key: &str,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let name = format!("{}/{key}", area.name());
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result.map_err(|error| sorted(&self.place, &name, &error)),
            Err(error) => Err(ObjectError::Other { place: self.place.clone(), name, reason: error.to_string() }),
        }
    }
}

/// A file in the way of a folder, or a folder in the place of a file, means that what was asked for is not there, too.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    std::fs::create_dir_all(folder)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".tmp-{}-{number}", std::process::id()));
    let written = (|| {
        let mut file = File::create_new(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&temporary);
        return written;
    }
    File::open(folder)?.sync_all()
}

fn sorted(place: &str, name: &str, error: &io::Error) -> ObjectError {
    let place = place.to_owned();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ObjectError::DiskFull { place, name: name.to_owned() },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => ObjectError::AccessDenied {
            place,
            reason: format!("{name}: {error}"),
            advice: "check the owner and the rights of the folder".to_owned(),
        },
        _ => ObjectError::Other { place, name: name.to_owned(), reason: error.to_string() },
    }
}
