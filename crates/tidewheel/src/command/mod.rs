//! The commands, one file each: its arguments, and `run`.

/// Writes a project file.
pub(crate) mod init;

/// Validates a project file.
pub(crate) mod check;

/// Prints the JSON Schema of the project file.
pub(crate) mod schema;

/// Prints shell completions.
pub(crate) mod completions;

use crate::cli::{Cli, Command};
use crate::failure::Status;

/// Runs the command.
pub(crate) async fn dispatch(cli: Cli) -> anyhow::Result<Status> {
    let globals = &cli.globals;
    match cli.command {
        Command::Init(args) => init::run(globals, args),
        Command::Check(args) => check::run(globals, args),
        Command::Schema(args) => schema::run(globals, args),
        Command::Completions(args) => completions::run(globals, args),
    }
}
