//! Who does something by hand, and why: both are kept.

use clap::Args;

/// Why; kept for good.
#[derive(Debug, Args)]
pub(crate) struct Reason {
    /// Why; it is kept for good
    #[arg(long, value_name = "TEXT", value_parser = not_empty)]
    pub(crate) reason: String,
    /// Who does it [default: the user of this shell]
    #[arg(long, value_name = "NAME", value_parser = not_empty)]
    by: Option<String>,
}

impl Reason {
    /// Who does it.
    pub(crate) fn who(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        self.by.clone().or_else(user).unwrap_or_else(|| "command line".to_owned())
    }
}

fn not_empty(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}
