//! The project that a command works in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tidewheel_domain::project::{Layers, Project};
use tidewheel_registry::{Registry, S3Settings, StoreSettings};

use crate::cli::Globals;
use crate::failure::wrong_use;

/// The name of the project file.
pub(crate) const FILE_NAME: &str = "tidewheel.toml";

/// A checked project and where it lies.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The project's folder. Relative paths of the project file are relative to it.
    pub(crate) root: PathBuf,
    /// The project, with all layers applied: defaults < file < environment < flags.
    pub(crate) project: Project,
    /// The layers, which know where each value came from.
    pub(crate) layers: Layers,
}

impl Context {
    /// Finds the project of `-C DIR`, or the nearest one upwards from the working folder, and checks it.
    pub(crate) fn find(globals: &Globals) -> anyhow::Result<Self> {
        Self::load(&root(globals.directory.as_deref())?, &globals.settings)
    }

    /// Loads and checks the project in a folder; `settings` are `KEY=VALUE` flags.
    pub(crate) fn load(root: &Path, settings: &[String]) -> anyhow::Result<Self> {
        let file = root.join(FILE_NAME);
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read '{}'", file.display()))?;
        let mut layers = Layers::new().file(&file.display().to_string(), &text)?.environment(environment())?;
        for setting in settings {
            let (key, value) = setting.split_once('=').ok_or_else(|| {
                wrong_use(format!("--set '{setting}': write KEY=VALUE, such as store.database=other.db"))
            })?;
            layers = layers.flag("--set", key.trim(), value)?;
        }
        let project = checked(&layers)?;
        Ok(Context { root: root.to_owned(), project, layers })
    }

    /// Where the project's registry is. Relative paths are relative to the project's folder; what the project file
    /// leaves out about S3, and all credentials, come from the usual AWS variables.
    pub(crate) fn store(&self) -> StoreSettings {
        let store = &self.project.store;
        let mut settings = StoreSettings::new(self.database(&store.database), self.objects(&store.objects));
        settings.s3 =
            S3Settings { endpoint: store.endpoint.clone(), region: store.region.clone(), ..S3Settings::default() };
        settings.retry_for = Duration::from_millis(store.retry_ms);
        settings
    }

    /// Opens the registry.
    pub(crate) async fn registry(&self) -> anyhow::Result<Registry> {
        Ok(Registry::open(&self.store()).await?)
    }

    fn database(&self, setting: &str) -> String {
        let path = setting.strip_prefix("sqlite:").unwrap_or(setting);
        if path.contains("://") || path == ":memory:" { setting.to_owned() } else { self.inside(path) }
    }

    fn objects(&self, setting: &str) -> String {
        if setting.contains("://") { setting.to_owned() } else { self.inside(setting) }
    }

    fn inside(&self, path: &str) -> String {
        self.root.join(path).to_string_lossy().into_owned()
    }
}

/// The checked project of all layers, its expressions compiled once.
pub(crate) fn checked(layers: &Layers) -> anyhow::Result<Project> {
    let project = Project::try_from(layers.raw()?)?;
    tidewheel_data::recipe::fit::check(&project).map_err(wrong_use)?;
    Ok(project)
}

/// The folder of the project.
fn root(directory: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(directory) = directory {
        if !directory.join(FILE_NAME).is_file() {
            let hint = "write one with `tidewheel init`";
            return Err(wrong_use(format!("'{}' holds no {FILE_NAME}; {hint}", directory.display())));
        }
        return std::path::absolute(directory).context("cannot name the project's folder");
    }
    let here = std::env::current_dir().context("cannot name the working folder")?;
    here.ancestors().find(|folder| folder.join(FILE_NAME).is_file()).map(Path::to_owned).ok_or_else(|| {
        let hint = "write one with `tidewheel init`, or name the project's folder with -C DIR";
        wrong_use(format!("no {FILE_NAME} in '{}' or above it; {hint}", here.display()))
    })
}

/// The variables that are text; others cannot be project keys.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
