//! The commands and their flags. The arguments of a command stand beside its code, under `command/`.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use tidewheel_drift::Lang;
use tracing::Level;

use crate::command;
use crate::output::{Color, Format};

/// The continuous-training loop for tabular models: data, drift, decision, training, promotion, serving.
#[derive(Debug, Parser)]
#[command(
    name = "tidewheel",
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
                  tidewheel init --from sales.csv --target units   write a project file from what a table holds\n  \
                  tidewheel drift january.csv february.csv         what changed between two files\n  \
                  tidewheel why 6                                  why model version 6 was trained\n\n\
                  Exit codes: 0 succeeded, 1 failed, 2 wrong use; some commands have more, see their --help."
)]
pub(crate) struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub(crate) globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    /// The project's folder [default: the nearest one upwards that holds a tidewheel.toml]
    #[arg(short = 'C', value_name = "DIR", global = true, help_heading = "Global options")]
    pub(crate) directory: Option<PathBuf>,
    /// Set a key of the project file for this call, such as store.database=other.db; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", global = true, help_heading = "Global options")]
    pub(crate) settings: Vec<String>,
    /// When to colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto, global = true, help_heading = "Global options")]
    pub(crate) color: Color,
    /// Log more (repeat for debug and trace); the variable TIDEWHEEL_LOG sets the level exactly
    #[arg(short, long, action = ArgAction::Count, global = true, help_heading = "Global options")]
    pub(crate) verbose: u8,
    /// Log errors only, and show no progress
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// How log lines are written to stderr
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value_t = LogFormat::Text,
        env = "TIDEWHEEL_LOG_FORMAT",
        hide_env_values = true,
        global = true,
        help_heading = "Global options"
    )]
    pub(crate) log_format: LogFormat,
}

/// `--log-format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `--lang` of the commands that print words of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Es => Self::Es,
        }
    }
}

/// `--format` of the commands that print data.
#[derive(Debug, Args)]
pub(crate) struct FormatFlag {
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// The commands, in the order in which they are met.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(command::demo::DemoArgs),
    Init(command::init::InitArgs),
    Check(command::check::CheckArgs),
    Doctor(command::doctor::DoctorArgs),
    Run(command::run::RunArgs),
    Step(command::step::StepArgs),
    Serve(command::serve::ServeArgs),
    Why(command::why::WhyArgs),
    Replay(command::replay::ReplayArgs),
    Models(command::models::ModelsArgs),
    Runs(command::runs::RunsArgs),
    Batches(command::batches::BatchesArgs),
    Quarantine(command::quarantine::QuarantineArgs),
    Drift(command::drift::DriftArgs),
    Model(command::model::ModelArgs),
    SourceApi(command::source_api::SourceApiArgs),
    Schema(command::schema::SchemaArgs),
    Openapi(command::openapi::OpenapiArgs),
    Completions(command::completions::CompletionsArgs),
}

impl Command {
    /// The level of the log unless a flag or `TIDEWHEEL_LOG` says otherwise.
    pub(crate) fn default_level(&self) -> Level {
        match self {
            Command::Serve(_) | Command::SourceApi(_) => Level::INFO,
            _ => Level::WARN,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_tree_of_commands_is_consistent() {
        Cli::command().debug_assert();
    }
}
