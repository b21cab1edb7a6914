//! Where things lie inside the store. Nothing of a key comes from a caller unchecked.

use tidewheel_domain::{RunId, Sha256};

use super::error::ObjectError;

/// The three parts of the store: buckets, or folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Raw,
    Clean,
    Artifacts,
}

impl Area {
    pub(super) const ALL: [Area; 3] = [Area::Raw, Area::Clean, Area::Artifacts];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Area::Raw => "data-raw",
            Area::Clean => "data-clean",
            Area::Artifacts => "mlflow-artifacts",
        }
    }
}

pub(super) fn batch_file(batch: &Sha256) -> String {
    format!("{batch}.parquet")
}

pub(super) fn batch_check_sum(batch: &Sha256) -> String {
    format!("{batch}.parquet.sha256")
}

pub(super) fn artifact(run: &RunId, path: &str) -> Result<String, ObjectError> {
    check(path)?;
    Ok(format!("{run}/{path}"))
}

pub(super) fn artifact_folder(run: &RunId, prefix: &str) -> Result<String, ObjectError> {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if prefix.is_empty() {
        return Ok(run.to_string());
    }
    artifact(run, prefix)
}

/// A path is relative, `/` divides it, and each component is plain. Refused are the names through which servers of
/// this kind have been led astray: `..`, backslashes, NUL, `#` and `%` (a second decoding), drive letters.
fn check(path: &str) -> Result<(), ObjectError> {
    let refuse = |rule| Err(ObjectError::Path { path: path.to_owned(), rule });
    if path.is_empty() {
        return refuse("it is empty");
    }
    if path.len() > 900 {
        return refuse("it is longer than 900 bytes");
    }
    for component in path.split('/') {
        if component.is_empty() {
            return refuse("it must be relative, without '//' and without '/' at its end");
        }
        if component == "." || component == ".." {
            return refuse("it must not hold '.' or '..' as a component");
        }
        if component.len() > 200 {
            return refuse("no component may be longer than 200 bytes");
        }
        // Half-written files of the local store begin so.
        if component.starts_with(".tmp-") {
            return refuse("no component may begin with '.tmp-'");
        }
        if component
            .chars()
            .any(|c| c.is_control() || matches!(c, '\\' | ':' | '#' | '%' | '?' | '*' | '|' | '<' | '>' | '"'))
        {
            return refuse("it must not hold control characters or any of \\ : # % ? * | < > \"");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_lead_out_of_their_run() {
        let run: RunId = "0".repeat(32).parse().expect("valid id");
        for path in ["model/model.ubj", "a", "dir.with.dots/..name", "espa\u{f1}ol.md", "with space.txt"] {
            assert!(artifact(&run, path).is_ok(), "{path}");
        }
        let long = "x".repeat(1000);
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".",
            "a\\..\\b",
            "c:/x",
            "a%2e%2e/b",
            "a#b",
            "a\0b",
            "a\nb",
            ".tmp-1",
            long.as_str(),
        ] {
            assert!(artifact(&run, path).is_err(), "{path:?}");
        }
        assert_eq!(artifact_folder(&run, "").expect("all"), run.to_string());
        assert_eq!(artifact_folder(&run, "model/").expect("a folder"), format!("{run}/model"));
    }
}
