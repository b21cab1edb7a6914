//! The commands, one file each: its arguments, and `run`.

/// Writes a project file.
pub(crate) mod init;

/// Validates a project file.
pub(crate) mod check;

/// Checks what the project needs.
pub(crate) mod doctor;

/// The inference API.
pub(crate) mod serve;

/// The bundled project, from an empty folder to a served model.
pub(crate) mod demo;

/// Turns the loop.
pub(crate) mod run;

/// One step of a turn.
pub(crate) mod step;

/// Why a model was trained, or was not.
pub(crate) mod why;

/// Versions of the model: what there is, what is in production, the ledger.
pub(crate) mod models;

/// Past batches under other policies.
pub(crate) mod replay;

/// Turns of the loop.
pub(crate) mod runs;

/// Batches as received.
pub(crate) mod batches;

/// Rows that were refused.
pub(crate) mod quarantine;

/// What changed between two files.
pub(crate) mod drift;

/// The trainer alone, on files.
pub(crate) mod model;

/// A data API, emulated.
pub(crate) mod source_api;

/// Prints the JSON Schema of the project file.
pub(crate) mod schema;

/// Prints the OpenAPI document.
pub(crate) mod openapi;

/// Prints shell completions.
pub(crate) mod completions;

use crate::cli::{Cli, Command};
use crate::failure::Status;

/// Runs the command.
pub(crate) async fn dispatch(cli: Cli) -> anyhow::Result<Status> {
    let globals = &cli.globals;
    match cli.command {
        Command::Demo(args) => demo::run(globals, args).await,
        Command::Init(args) => init::run(globals, args),
        Command::Check(args) => check::run(globals, args),
        Command::Doctor(args) => doctor::run(globals, args).await,
        Command::Run(args) => run::run(globals, args).await,
        Command::Step(args) => step::run(globals, args).await,
        Command::Serve(args) => serve::run(globals, args).await,
        Command::Why(args) => why::run(globals, args).await,
        Command::Models(args) => models::run(globals, args).await,
        Command::Replay(args) => replay::run(globals, args).await,
        Command::Runs(args) => runs::run(globals, args).await,
        Command::Batches(args) => batches::run(globals, args).await,
        Command::Quarantine(args) => quarantine::run(globals, args).await,
        Command::Drift(args) => drift::run(globals, args).await,
        Command::Model(args) => model::run(globals, args).await,
        Command::SourceApi(args) => source_api::run(globals, args).await,
        Command::Schema(args) => schema::run(globals, args),
        Command::Openapi(args) => openapi::run(globals, args),
        Command::Completions(args) => completions::run(globals, args),
    }
}
