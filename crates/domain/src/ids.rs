//! The names of things, each a type of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest, Sha256 as Hasher};
use thiserror::Error;

/// A text that is no valid id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{value}' is no {kind}: {rule}")]
pub struct IdError {
    /// What was wanted, such as `run id`.
    pub kind: &'static str,
    /// The text given.
    pub value: String,
    /// What a valid one looks like.
    pub rule: &'static str,
}

fn is_lower_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

macro_rules! hex_id {
    ($name:ident, $kind:literal, $length:literal, $rule:literal) => {
        impl $name {
            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if is_lower_hex(text, $length) {
                    Ok($name(text.to_owned()))
                } else {
                    Err(IdError { kind: $kind, value: text.to_owned(), rule: $rule })
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

/// The id of a run: 32 lower-case hexadecimal digits, as in MLflow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RunId(String);
hex_id!(RunId, "run id", 32, "32 lower-case hexadecimal digits");

/// What a run stands for, and with it its place in the tree turn - training - trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunKind {
    /// One pass of the loop.
    Turn,
    /// The training inside a turn.
    Training,
    /// One trial of the tuning inside a training.
    Trial,
}

impl RunKind {
    /// The word in the run's id and in its tag `tidewheel.kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            RunKind::Turn => "turn",
            RunKind::Training => "training",
            RunKind::Trial => "trial",
        }
    }
}

impl RunId {
    /// The id of the `child`-th run of a kind in a turn of a project: the first 16 bytes of SHA-256 over the four,
    /// separated by zero bytes. A loop that is resumed or repeated gets equal ids in every database.
    pub fn derive(project: &str, kind: RunKind, turn: i64, child: i64) -> Self {
        let mut hasher = Hasher::new();
        for part in [project, kind.as_str(), &turn.to_string(), &child.to_string()] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        RunId(hex(&hasher.finalize()[..16]))
    }
}

/// A SHA-256: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Sha256(String);
hex_id!(Sha256, "SHA-256", 64, "64 lower-case hexadecimal digits");

impl Sha256 {
    /// The hash of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Sha256(hex(&Hasher::digest(bytes)))
    }

    /// From the 32 bytes of a finished hash.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Sha256(hex(&bytes))
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The number of a model version, from 1. Read from `6` or `v6`, written as `6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VersionNumber(pub i64);

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<i64> for VersionNumber {
    fn from(number: i64) -> Self {
        VersionNumber(number)
    }
}

impl FromStr for VersionNumber {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
        match digits.parse::<i64>() {
            Ok(number) if number >= 1 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(VersionNumber(number)),
            _ => {
                Err(IdError { kind: "model version", value: text.to_owned(), rule: "a number from 1, such as 6 or v6" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_depend_on_every_part_and_on_nothing_else() {
        let id = RunId::derive("p", RunKind::Trial, 3, 7);
        assert_eq!(id, RunId::derive("p", RunKind::Trial, 3, 7));
        assert_eq!(id.as_str().len(), 32);
        for other in [
            RunId::derive("q", RunKind::Trial, 3, 7),
            RunId::derive("p", RunKind::Training, 3, 7),
            RunId::derive("p", RunKind::Trial, 37, 7),
            RunId::derive("p", RunKind::Trial, 3, 8),
        ] {
            assert_ne!(id, other);
        }
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn ids_are_checked_when_read() {
        assert!("abc".parse::<RunId>().is_err());
        assert!("A".repeat(32).parse::<RunId>().is_err());
        assert!("../".repeat(11)[..32].parse::<RunId>().is_err());
        let error = "xyz".parse::<Sha256>().expect_err("too short");
        assert_eq!(error.to_string(), "'xyz' is no SHA-256: 64 lower-case hexadecimal digits");
    }

    #[test]
    fn a_version_is_written_with_or_without_its_letter() {
        assert_eq!("6".parse(), Ok(VersionNumber(6)));
        assert_eq!("v6".parse(), Ok(VersionNumber(6)));
        for wrong in ["", "v", "0", "-1", "+1", "v1.0", "six"] {
            assert!(wrong.parse::<VersionNumber>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").as_str(), empty);
    }
}
