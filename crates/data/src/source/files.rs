//! CSV and Parquet files, each one batch, in the natural order of their names.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use tidewheel_domain::project::ColumnSpec;

use super::{Ask, Fetched, FileMark, Parsed, Progress, Source, SourceError, SourcePosition, natural};
use crate::read::{Format, read_file};

/// A file, a folder or a glob. Files are read once; one that has changed since (size or time) is read again.
#[derive(Debug, Clone)]
pub struct FileSource {
    pattern: String,
    folder: PathBuf,
    columns: Arc<[ColumnSpec]>,
}

impl FileSource {
    /// `pattern` as written in the project, relative to its `folder`.
    pub fn new(pattern: &str, folder: &Path, columns: &[ColumnSpec]) -> Self {
        FileSource { pattern: pattern.to_owned(), folder: folder.to_owned(), columns: columns.into() }
    }

    /// The files there are, in order.
    pub fn list(&self) -> Result<Vec<FileMark>, SourceError> {
        let mut marks = Vec::new();
        for path in self.paths()? {
            marks.push(self.mark(&path)?);
        }
        marks.sort_by(|a, b| natural::compare(&a.name, &b.name));
        Ok(marks)
    }

    fn paths(&self) -> Result<Vec<PathBuf>, SourceError> {
        let whole = self.folder.join(&self.pattern);
        if whole.is_dir() {
            let io = |source| SourceError::Io { path: whole.clone(), source };
            let mut paths = Vec::new();
            for entry in std::fs::read_dir(&whole).map_err(io)? {
                let path = entry.map_err(io)?.path();
                let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                if path.is_file() && !hidden && Format::of_path(&path).is_some() {
                    paths.push(path);
                }
            }
            return Ok(paths);
        }
        if whole.exists() {
            return Ok(vec![whole]);
        }
        if !self.pattern.contains(['*', '?', '[']) {
            return Ok(Vec::new());
        }
        let invalid = |reason: String| SourceError::Pattern { pattern: self.pattern.clone(), reason };
        // The project's folder is taken literally, whatever its name holds.
        let folder = glob::Pattern::escape(&self.folder.to_string_lossy());
        let pattern = if Path::new(&self.pattern).is_absolute() || folder.is_empty() {
            self.pattern.clone()
        } else {
            format!("{folder}/{}", self.pattern)
        };
        let mut paths = Vec::new();
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        for path in glob::glob_with(&pattern, options).map_err(|error| invalid(error.to_string()))? {
            let path = path.map_err(|error| SourceError::Io { path: error.path().to_owned(), source: error.into() })?;
            if path.is_file() {
                paths.push(path);
            }
        }
        Ok(paths)
    }

    fn mark(&self, path: &Path) -> Result<FileMark, SourceError> {
        let io = |source| SourceError::Io { path: path.to_owned(), source };
        let metadata = path.metadata().map_err(io)?;
        let modified = metadata.modified().map_err(io)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = path.strip_prefix(&self.folder).unwrap_or(path);
        Ok(FileMark {
            name: name.to_string_lossy().into_owned(),
            size_bytes: metadata.len(),
            modified_ms: modified.as_millis() as u64,
        })
    }

    /// The first file that is not finished, and the position after it.
    fn find_next(&self, position: &SourcePosition) -> Result<Option<(FileMark, SourcePosition)>, SourceError> {
        let finished = match position {
            SourcePosition::Files { files } => files.as_slice(),
            SourcePosition::Start | SourcePosition::Api { .. } => &[],
        };
        let marks = self.list()?;
        if marks.is_empty() && finished.is_empty() {
            return Err(SourceError::NoFiles { pattern: self.pattern.clone() });
        }
        let Some(next) = marks.iter().find(|mark| !finished.contains(mark)).cloned() else { return Ok(None) };
        let mut files = finished.iter().filter(|mark| marks.contains(mark)).cloned().collect::<Vec<_>>();
        files.push(next.clone());
        Ok(Some((next, SourcePosition::Files { files })))
    }
}

#[async_trait]
impl Source for FileSource {
    async fn next(&mut self, ask: Ask<'_>) -> Result<Option<Fetched>, SourceError> {
        let (source, position) = (self.clone(), ask.position.clone());
        let found = blocking(move || source.find_next(&position)).await?;
        let Some((mark, position)) = found else { return Ok(None) };
        (ask.progress)(Progress::Bytes { received: mark.size_bytes, total: Some(mark.size_bytes) });
        (ask.progress)(Progress::Reading);
        let (path, columns) = (self.folder.join(&mark.name), Arc::clone(&self.columns));
        let parsed = blocking(move || Ok(Parsed::of(read_file(&path)?, &columns)?)).await?;
        let known = ask.known.is_known(&parsed.hashes.content).await.map_err(SourceError::Known)?;
        Ok(Some(parsed.into_fetched(known, position)))
    }

    fn describe(&self) -> String {
        self.folder.join(&self.pattern).display().to_string()
    }
}

/// Runs what blocks or computes off the async workers.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| SourceError::Stopped(error.to_string()))?
}
