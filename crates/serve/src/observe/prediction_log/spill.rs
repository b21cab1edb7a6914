//! Files that hold predictions while the database is away.
//!
//! One file is one write: its name is the write's id, under which the registry keeps it once, however often it is sent.
//! A file appears whole or not at all, and goes when the database has it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tidewheel_domain::{RunId, Timestamp};
use tidewheel_registry::PredictionRecord;

const EXTENSION: &str = "ndjson";

/// Why a batch of predictions cannot be spilled or read back.
#[derive(Debug, Error)]
pub enum SpillError {
    /// The folder holds as much as it may.
    #[error("the spill folder '{folder}' holds {bytes} bytes; at most {limit} are kept")]
    Full {
        /// The folder.
        folder: PathBuf,
        /// What it holds.
        bytes: u64,
        /// What it may hold.
        limit: u64,
    },
    /// The file system.
    #[error("'{path}': {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line is no prediction.
    #[error("'{path}' line {line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Why not.
        reason: String,
    },
}

/// A prediction as a line of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    request_id: String,
    inputs: String,
    answer: f64,
    model_version: Option<i64>,
    model_run_id: Option<RunId>,
    response_time_ms: f64,
    client_ip: Option<String>,
    group_value: Option<String>,
}

impl From<&PredictionRecord> for Line {
    fn from(record: &PredictionRecord) -> Self {
        let PredictionRecord { at, request_id, inputs, answer, .. } = record.clone();
        let PredictionRecord { model_version, model_run_id, response_time_ms, client_ip, group_value, .. } =
            record.clone();
        Self { at, request_id, inputs, answer, model_version, model_run_id, response_time_ms, client_ip, group_value }
    }
}

impl From<Line> for PredictionRecord {
    fn from(line: Line) -> Self {
        Self {
            at: line.at,
            request_id: line.request_id,
            inputs: line.inputs,
            answer: line.answer,
            model_version: line.model_version,
            model_run_id: line.model_run_id,
            response_time_ms: line.response_time_ms,
            client_ip: line.client_ip,
            group_value: line.group_value,
        }
    }
}

/// The folder of the spill files.
#[derive(Debug, Clone)]
pub struct Spill {
    folder: PathBuf,
    limit: u64,
}

impl Spill {
    /// A folder that keeps at most `limit` bytes. It is made when it is first needed.
    pub fn new(folder: PathBuf, limit: u64) -> Self {
        Self { folder, limit }
    }

    /// Writes a batch. `write_id` holds letters, digits and `-` only.
    pub fn write(&self, write_id: &str, records: &[PredictionRecord]) -> Result<(), SpillError> {
        fs::create_dir_all(&self.folder).map_err(|source| error(&self.folder, source))?;
        let mut text = Vec::with_capacity(records.len() * 400);
        for record in records {
            let path = || self.folder.join(write_id);
            serde_json::to_writer(&mut text, &Line::from(record)).map_err(|e| error(&path(), e.into()))?;
            text.push(b'\n');
        }
        let bytes = self.bytes() + text.len() as u64;
        if bytes > self.limit {
            return Err(SpillError::Full { folder: self.folder.clone(), bytes, limit: self.limit });
        }
        let path = self.folder.join(format!("{write_id}.{EXTENSION}"));
        let unfinished = self.folder.join(format!("{write_id}.part"));
        let written = fs::File::create(&unfinished)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_data()))
            .and_then(|()| fs::rename(&unfinished, &path));
        written.map_err(|source| {
            // What is left of it is of no use to anyone.
            let _ = fs::remove_file(&unfinished);
            error(&path, source)
        })
    }

    /// The files, oldest first, each with its write's id.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files: Vec<(SystemTime, PathBuf, String)> = self
            .entries()
            .filter(|entry| entry.path().extension().is_some_and(|extension| extension == EXTENSION))
            .filter_map(|entry| {
                let modified = entry.metadata().ok()?.modified().ok()?;
                let path = entry.path();
                let id = path.file_stem()?.to_str()?.to_owned();
                Some((modified, path, id))
            })
            .collect();
        files.sort();
        files.into_iter().map(|(_, path, id)| (path, id)).collect()
    }

    /// Reads a file back. One that another server has removed meanwhile is empty.
    pub fn read(path: &Path) -> Result<Vec<PredictionRecord>, SpillError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(error(path, source)),
        };
        let lines = text.lines().enumerate().map(|(place, line)| {
            let line: Line = serde_json::from_str(line).map_err(|e| SpillError::Line {
                path: path.to_owned(),
                line: place + 1,
                reason: e.to_string(),
            })?;
            Ok(line.into())
        });
        lines.collect()
    }

    /// Removes a file that the database has.
    pub fn remove(path: &Path) -> Result<(), SpillError> {
        match fs::remove_file(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(error(path, source)),
            _ => Ok(()),
        }
    }

    /// Sets a file aside that cannot be read: it is kept for a person, under another extension.
    pub fn set_aside(path: &Path) -> Result<(), SpillError> {
        fs::rename(path, path.with_extension("unreadable")).map_err(|source| error(path, source))
    }

    fn bytes(&self) -> u64 {
        self.entries().filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
    }

    fn entries(&self) -> impl Iterator<Item = fs::DirEntry> {
        fs::read_dir(&self.folder).into_iter().flatten().flatten()
    }
}

fn error(path: &Path, source: io::Error) -> SpillError {
    SpillError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn record(n: usize) -> PredictionRecord {
        PredictionRecord {
            at: Timestamp::from_ms(1_714_564_800_000 + n as i64),
            request_id: format!("r{n}"),
            inputs: "{\"x\":0.1}".to_owned(),
            answer: 0.1 + n as f64,
            model_version: Some(3),
            model_run_id: "0123456789abcdef0123456789abcdef".parse().ok(),
            response_time_ms: 0.25,
            client_ip: None,
            group_value: Some("north \"east\"\n".to_owned()),
        }
    }

    #[test]
    fn a_spilled_batch_comes_back_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let spill = Spill::new(folder.path().join("spill"), 1 << 20);
        assert!(spill.files().is_empty());
        let records: Vec<_> = (0..3).map(record).collect();
        spill.write("abc", &records).expect("written");
        let files = spill.files();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].1, "abc");
        assert_eq!(Spill::read(&files[0].0).expect("read"), records);
        Spill::remove(&files[0].0).expect("removed");
        Spill::remove(&files[0].0).expect("already removed");
        assert!(Spill::read(&files[0].0).expect("gone").is_empty());
    }

    #[test]
    fn a_full_folder_refuses_and_a_bad_line_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let spill = Spill::new(folder.path().to_owned(), 300);
        spill.write("a", &[record(1)]).expect("fits");
        let error = spill.write("b", &[record(2)]).expect_err("full").to_string();
        assert!(error.contains("at most 300"), "{error}");
        let path = folder.path().join("a.ndjson");
        fs::write(&path, "{}\n").expect("written");
        let error = Spill::read(&path).expect_err("no prediction").to_string();
        assert!(error.contains("line 1") && error.contains("at"), "{error}");
        Spill::set_aside(&path).expect("renamed");
        assert!(spill.files().is_empty());
    }
}
