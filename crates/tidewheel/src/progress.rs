//! Progress on stderr: bars and spinners, silent when stderr is no terminal.

use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// All bars of the process, so that log lines can be written above them.
static BARS: LazyLock<MultiProgress> = LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));

/// Where a command shows how far it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    shown: bool,
}

impl Progress {
    /// Shows progress unless the command is to be quiet or stderr is no terminal.
    pub(crate) fn new(quiet: bool) -> Self {
        Progress { shown: !quiet && std::io::stderr().is_terminal() }
    }

    /// A bar over `total` units, such as rows or trials, with the time left.
    pub(crate) fn bar(self, total: u64, label: &str) -> ProgressBar {
        let style = "{prefix:<12} {wide_bar:.cyan/dim} {human_pos}/{human_len} {msg} {eta}";
        self.add(ProgressBar::new(total), style, label)
    }

    /// A line for work whose length is not known.
    pub(crate) fn spinner(self, label: &str) -> ProgressBar {
        let bar = self.add(ProgressBar::new_spinner(), "{spinner:.cyan} {prefix} {msg} {elapsed:.dim}", label);
        if self.shown {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar
    }

    fn add(self, bar: ProgressBar, style: &str, label: &str) -> ProgressBar {
        if !self.shown {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            return bar;
        }
        let bar = BARS.add(bar);
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.set_prefix(label.to_owned());
        bar
    }
}

/// Writes something to the terminal without tearing the bars.
pub(crate) fn suspend<T>(write: impl FnOnce() -> T) -> T {
    BARS.suspend(write)
}
