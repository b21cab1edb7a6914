//! Model files: the extension names the format.

use std::path::Path;

use anyhow::Context as _;
use tidewheel_boost::Model;

use crate::failure::wrong_use;
use crate::files::write_whole;

/// The formats of model files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    XgboostJson,
    XgboostUbjson,
    LightGbm,
    Onnx,
}

impl Format {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("json") => Ok(Format::XgboostJson),
            Some("ubj") => Ok(Format::XgboostUbjson),
            Some("txt") => Ok(Format::LightGbm),
            Some("onnx") => Ok(Format::Onnx),
            _ => Err(wrong_use(format!(
                "'{}': the extension names the format of a model: .json or .ubj (XGBoost)",
                path.display()
            ))),
        }
    }

    fn unsupported(self, path: &Path, what: &str) -> anyhow::Error {
        let name = if self == Format::LightGbm { "LightGBM text" } else { "ONNX" };
        wrong_use(format!("'{}': {what} {name} models; use .json or .ubj (XGBoost)", path.display()))
    }
}

/// Reads a model.
pub(super) fn read(path: &Path) -> anyhow::Result<Model> {
    match Format::of(path)? {
        Format::XgboostJson | Format::XgboostUbjson => {}
        format => return Err(format.unsupported(path, "reading comes later for")),
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read '{}'", path.display()))?;
    Model::from_bytes(&bytes).with_context(|| format!("'{}' is no model that can be used", path.display()))
}

/// Fails, before any work is done, when a model could not be written there.
pub(super) fn can_write(path: &Path) -> anyhow::Result<()> {
    match Format::of(path)? {
        Format::XgboostJson | Format::XgboostUbjson => {}
        format => return Err(format.unsupported(path, "this program does not write")),
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() { Ok(()) } else { Err(wrong_use(format!("the folder '{}' does not exist", folder.display()))) }
}

/// Writes a model, whole or not at all.
pub(super) fn write(path: &Path, model: &Model) -> anyhow::Result<()> {
    can_write(path)?;
    match Format::of(path)? {
        Format::XgboostJson => write_whole(path, model.to_json().as_bytes()),
        _ => write_whole(path, &model.to_ubjson()),
    }
}
