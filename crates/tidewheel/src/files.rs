//! Files that are whole or not there.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;

/// Writes a file in one step: first beside its place, then by a rename, so that nobody ever sees half of it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().with_context(|| format!("'{}' names no file", path.display()))?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What was written of it is of no use; that it cannot be removed adds nothing to the first error.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write '{}'", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        write_whole(&folder.path().join("a.txt"), b"x").expect("written");
        assert_eq!(fs::read(folder.path().join("a.txt")).expect("read"), b"x");
        fs::create_dir(folder.path().join("b")).expect("a folder");
        let error = write_whole(&folder.path().join("b"), b"x").expect_err("a folder is in the way");
        assert!(error.to_string().contains("cannot write"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 2);
    }
}
