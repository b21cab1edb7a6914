//! `tidewheel init`: a project file, from the bundled template or from what a table holds.

/// A project file from a table.
mod inferred;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tidewheel_domain::project::Layers;

use crate::bundled;
use crate::cli::Globals;
use crate::context::{self, FILE_NAME};
use crate::failure::{Status, wrong_use};
use crate::files::write_whole;
use crate::output::{Output, Tone};

/// Write a project file: from the bundled template, or from what a CSV or Parquet file holds
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel init my-project --from sales.csv --target units\n  \
                        tidewheel init listings --template real-estate")]
pub(crate) struct InitArgs {
    /// The folder; it is made when missing [default: the working folder, or that of -C]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The bundled project to copy (the default without --from)
    #[arg(long, value_enum, conflicts_with = "from")]
    template: Option<Template>,
    /// A CSV or Parquet file: its columns become the project's, the file its first batch
    #[arg(long, value_name = "FILE", requires = "target")]
    from: Option<PathBuf>,
    /// The column to predict
    #[arg(long, value_name = "COL", requires = "from")]
    target: Option<String>,
    /// Overwrite a project file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Template {
    RealEstate,
}

pub(crate) fn run(globals: &Globals, args: InitArgs) -> anyhow::Result<Status> {
    let output = Output::new(globals.color);
    let folder = args.folder.or_else(|| globals.directory.clone()).unwrap_or_else(|| PathBuf::from("."));
    let file = folder.join(FILE_NAME);
    if file.exists() && !args.force {
        return Err(wrong_use(format!("'{}' exists; --force overwrites it", file.display())));
    }
    let text = match (&args.from, &args.target) {
        (Some(from), Some(target)) => inferred::project_file(from, target, &folder)?,
        _ => bundled::PROJECT.to_owned(),
    };
    let layers =
        Layers::new().file(FILE_NAME, &text).context("the project file that was to be written is not valid")?;
    let project = context::checked(&layers).context("the project file that was to be written is not valid")?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder '{}'", folder.display()))?;
    write_whole(&file, text.as_bytes())?;

    let shown = file.strip_prefix(".").unwrap_or(&file).display();
    output.line(format!("{} {shown}", output.paint(Tone::Good, "wrote")))?;
    output.line(format!("  predicts {} from {} features", project.target, project.feature_names().len()))?;
    output.line(format!("next: tidewheel{} check", directory_flag(&folder)))?;
    output.line(format!("      tidewheel{} run", directory_flag(&folder)))?;
    Ok(Status::SUCCESS)
}

fn directory_flag(folder: &Path) -> String {
    if folder == Path::new(".") { String::new() } else { format!(" -C {}", folder.display()) }
}
