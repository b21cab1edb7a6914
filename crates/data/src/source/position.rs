//! Where a source stands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a source stands after a batch. Stored as text (JSON) with the batch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SourcePosition {
    /// Before the first batch.
    #[default]
    Start,
    /// A data API.
    Api {
        /// The highest batch number that was finished.
        batch_number: u64,
    },
    /// Files.
    Files {
        /// The files that were finished and still exist.
        files: Vec<FileMark>,
    },
}

/// A file as it was when it was read. A file that has changed since is a new one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileMark {
    /// Its path, from the project's folder.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// When it was last written, in milliseconds since 1970.
    pub modified_ms: u64,
}

impl SourcePosition {
    /// The last batch number of a data API.
    pub fn batch_number(&self) -> Option<u64> {
        match self {
            SourcePosition::Api { batch_number } => Some(*batch_number),
            SourcePosition::Start | SourcePosition::Files { .. } => None,
        }
    }
}

impl fmt::Display for SourcePosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for SourcePosition {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_as_text() {
        let mark = FileMark { name: "a \"b\".csv".into(), size_bytes: 3, modified_ms: 1_700_000_000_123 };
        let all = [
            SourcePosition::Start,
            SourcePosition::Api { batch_number: 7 },
            SourcePosition::Files { files: vec![mark] },
        ];
        for position in all {
            assert_eq!(position.to_string().parse::<SourcePosition>().expect("valid"), position);
        }
    }
}
