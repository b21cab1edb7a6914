//! A version of a registered model, and the ledger of what was in production when.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{IdError, RunId};
use crate::metric::Metrics;
use crate::timestamp::Timestamp;

/// The alias that names the version in production; another view of [`Stage::Production`].
pub const PRODUCTION_ALIAS: &str = "production";

/// Where a model version stands, in MLflow's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Stage {
    /// Registered, nothing more.
    #[default]
    None,
    /// Set aside to be tried.
    Staging,
    /// The one that answers.
    Production,
    /// Was in production, or is withdrawn.
    Archived,
}

impl Stage {
    /// MLflow's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::None => "None",
            Stage::Staging => "Staging",
            Stage::Production => "Production",
            Stage::Archived => "Archived",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = IdError;

    /// Upper or lower case does not matter.
    fn from_str(text: &str) -> Result<Self, IdError> {
        [Self::None, Self::Staging, Self::Production, Self::Archived]
            .into_iter()
            .find(|stage| stage.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| IdError {
                kind: "stage",
                value: text.to_owned(),
                rule: "None, Staging, Production or Archived",
            })
    }
}

/// What is said about a version when it is registered.
#[derive(Debug, Clone, PartialEq)]
pub struct NewModelVersion {
    /// The training run that made it.
    pub run_id: RunId,
    /// Where its files are, such as `mlflow-artifacts:/1/<run>/artifacts/model`.
    pub source: String,
    /// Free text.
    pub description: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Metrics on the hold-out rows.
    pub metrics: Metrics,
    /// Metrics on the hold-out rows of the newest batch when it was trained.
    pub metrics_newest_batch: Metrics,
}

/// A version of a registered model. Its JSON is one element of `models list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The model it is a version of.
    pub name: String,
    /// Its number, from 1.
    pub version: i64,
    /// Where it stands.
    pub stage: Stage,
    /// Its aliases in alphabetical order; `production` among them exactly when it is in production.
    pub aliases: Vec<String>,
    /// The training run that made it.
    pub run_id: RunId,
    /// Why it was not promoted; `None` where it was, or where nothing has been decided.
    pub rejected_by: Option<String>,
    /// Metrics on the hold-out rows.
    pub metrics: Metrics,
    /// Metrics on the hold-out rows of the newest batch when it was trained.
    pub metrics_newest_batch: Metrics,
    /// Where its files are.
    pub source: String,
    /// Free text.
    pub description: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// What happened to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerEvent {
    /// It went into production.
    Promote,
    /// It was compared and not promoted.
    Reject,
    /// It came back into production.
    Rollback,
    /// It left production.
    Archive,
}

impl LedgerEvent {
    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            LedgerEvent::Promote => "promote",
            LedgerEvent::Reject => "reject",
            LedgerEvent::Rollback => "rollback",
            LedgerEvent::Archive => "archive",
        }
    }
}

impl FromStr for LedgerEvent {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        [Self::Promote, Self::Reject, Self::Rollback, Self::Archive]
            .into_iter()
            .find(|event| event.as_str() == text)
            .ok_or_else(|| IdError {
                kind: "ledger event",
                value: text.to_owned(),
                rule: "promote, reject, rollback or archive",
            })
    }
}

/// One line of the ledger. Lines are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Its ordinal, rising with time.
    pub id: i64,
    /// The model.
    pub model: String,
    /// The version that the event happened to.
    pub version: i64,
    /// What happened.
    pub event: LedgerEvent,
    /// The version in production before, for `promote` and `rollback`.
    pub from_version: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// Who, such as `loop` or a person.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// The versions that a rollback could go back to, read from a model's ledger (oldest entry first): the chain of
/// production versions without the ones that were rolled back from. The last element is in production now.
///
/// Promotions 1, 2, 3 and a rollback to 2 leave `[1, 2]`, so that a further rollback goes to 1 and not back to 3.
pub fn production_chain(ledger: &[LedgerEntry]) -> Vec<i64> {
    let mut chain: Vec<i64> = Vec::new();
    for entry in ledger {
        match entry.event {
            LedgerEvent::Promote => {
                if chain.last() != Some(&entry.version) {
                    chain.push(entry.version);
                }
            }
            LedgerEvent::Rollback => match chain.iter().rposition(|&version| version == entry.version) {
                Some(place) => chain.truncate(place + 1),
                None => chain.push(entry.version),
            },
            LedgerEvent::Reject | LedgerEvent::Archive => {}
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(event: LedgerEvent, version: i64) -> LedgerEntry {
        LedgerEntry {
            id: 0,
            model: "m".into(),
            version,
            event,
            from_version: None,
            at: Timestamp::from_ms(0),
            who: "test".into(),
            reason: String::new(),
        }
    }

    #[test]
    fn a_second_rollback_goes_further_back_and_not_forth_again() {
        use LedgerEvent::{Promote, Reject, Rollback};
        let mut ledger = vec![entry(Promote, 1), entry(Promote, 2), entry(Reject, 3), entry(Promote, 4)];
        assert_eq!(production_chain(&ledger), [1, 2, 4]);
        ledger.push(entry(Rollback, 2));
        assert_eq!(production_chain(&ledger), [1, 2]);
        ledger.push(entry(Rollback, 1));
        assert_eq!(production_chain(&ledger), [1]);
        ledger.push(entry(Promote, 4));
        assert_eq!(production_chain(&ledger), [1, 4]);
    }

    #[test]
    fn stages_are_read_in_any_case() {
        assert_eq!("production".parse(), Ok(Stage::Production));
        assert!("live".parse::<Stage>().is_err());
    }
}
