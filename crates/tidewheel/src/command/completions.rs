//! `tidewheel completions`: what a shell needs to complete commands and flags.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::shells;

use crate::cli::{Cli, Globals};
use crate::failure::Status;
use crate::output::Output;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tidewheel completions bash > /etc/bash_completion.d/tidewheel\n  \
                        tidewheel completions fish > ~/.config/fish/completions/tidewheel.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(crate) fn run(globals: &Globals, args: CompletionsArgs) -> anyhow::Result<Status> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    match args.shell {
        Shell::Bash => clap_complete::generate(shells::Bash, &mut command, "tidewheel", &mut script),
        Shell::Zsh => clap_complete::generate(shells::Zsh, &mut command, "tidewheel", &mut script),
        Shell::Fish => clap_complete::generate(shells::Fish, &mut command, "tidewheel", &mut script),
    }
    Output::new(globals.color).bytes(&script)?;
    Ok(Status::SUCCESS)
}
