//! Errors by what the caller can do about them.
//!
//! The rule: whatever the caller must write differently (a flag, an argument, the project file) is *wrong use*, exit
//! code 2; everything else is a *failure*, exit code 1. Libraries' errors come up through `anyhow`; the chain of causes
//! is printed, one line each, without a backtrace.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use tidewheel_domain::ids::IdError;
use tidewheel_domain::project::ProjectError;

/// How a command ended when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Status {
    /// Succeeded.
    pub(crate) const SUCCESS: Status = Status(0);
    /// Ran to its end, and what it looked at is not in order.
    pub(crate) const FAILED: Status = Status(1);
    /// Something drifted; train.
    pub(crate) const DRIFTED: Status = Status(10);
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status.0)
    }
}

/// Wrong use: the caller has to write something differently. Exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUse(String);

/// An error of wrong use.
pub(crate) fn wrong_use(message: impl Display) -> anyhow::Error {
    anyhow::Error::new(WrongUse(message.to_string()))
}

/// The exit code of an error.
pub(crate) fn code_of(error: &anyhow::Error) -> u8 {
    let wrong =
        error.chain().any(|cause| cause.is::<WrongUse>() || cause.is::<ProjectError>() || cause.is::<IdError>());
    if wrong { 2 } else { 1 }
}

/// Prints an error with its causes on stderr and gives its exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut text = String::new();
    let mut above = String::new();
    for (depth, cause) in error.chain().enumerate() {
        let message = cause.to_string();
        // Many errors repeat their cause in their own text; saying it once is enough.
        if depth > 0 && above.contains(&message) {
            continue;
        }
        text.push_str(if depth == 0 { "error: " } else { "  because: " });
        text.push_str(&message);
        text.push('\n');
        above = message;
    }
    // Nothing can be said where stderr is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(code_of(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_use_is_told_from_failure_under_any_context() {
        assert_eq!(code_of(&wrong_use("no such column").context("cannot go on")), 2);
        assert_eq!(code_of(&anyhow::anyhow!("disk full").context("cannot go on")), 1);
        let missing = ProjectError::Missing { key: "project.name".into(), hint: "a name".into() };
        assert_eq!(code_of(&anyhow::Error::new(missing)), 2);
    }
}
