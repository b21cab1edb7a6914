//! `tidewheel`: the continuous-training loop for tabular models, in one binary.
//!
//! `main` parses and dispatches; each command is one file under `command/`. Exit codes: 0 succeeded, 1 failed, 2 wrong
//! use (an unknown flag, a bad value, an invalid project file); some commands have codes of their own, which their
//! `--help` names.

/// The project and the data set that the binary carries.
mod bundled;

/// The commands and their flags.
mod cli;

/// The time.
mod clock;

/// The project that a command works in, with its registry.
mod context;

/// Errors by what the caller can do about them, and exit codes.
mod failure;

/// Files that are whole or not there.
mod files;

/// The loop, turned by the server.
mod loop_control;

/// Results on stdout: tables, JSON, colour.
mod output;

/// Progress on stderr.
mod progress;

/// Who does something by hand, and why.
mod reason;

/// The project file with the origin of every value.
mod settings;

/// The signal to stop.
mod shutdown;

/// One line a turn, and bars.
mod summary;

/// The runner over the project's source.
mod turning;

/// The program's own log on stderr.
mod telemetry;

/// The commands, one file each.
mod command;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start(&cli.globals, cli.command.default_level());
    // Everything that speaks TLS uses this one implementation; a second call would only say that it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let result = runtime.block_on(command::dispatch(cli));
    // A blocking thread that still computes must not keep a finished command from ending.
    runtime.shutdown_background();
    match result {
        Ok(status) => status.into(),
        Err(error) => failure::report(&error),
    }
}
