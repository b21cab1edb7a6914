//! The program's own log: to stderr, as text or as JSON lines, at the level of `TIDEWHEEL_LOG`.

use std::io::{self, IsTerminal, Write};

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::cli::{Globals, LogFormat};
use crate::progress;

/// The variable that sets the level, such as `debug` or `warn,tidewheel_pipeline=trace`.
const LEVEL_VARIABLE: &str = "TIDEWHEEL_LOG";

/// Starts the log. `default` is the command's level; `-v` and `-q` move it, and `TIDEWHEEL_LOG` replaces it.
pub(crate) fn start(globals: &Globals, default: Level) {
    let level = if globals.quiet {
        Level::ERROR
    } else {
        match globals.verbose {
            0 => default,
            1 => default.max(Level::INFO),
            2 => Level::DEBUG,
            _ => Level::TRACE,
        }
    };
    let filter = match std::env::var(LEVEL_VARIABLE) {
        Ok(text) if !text.trim().is_empty() => EnvFilter::try_new(&text).unwrap_or_else(|error| {
            // Nothing can be said where stderr is closed.
            let _ = writeln!(io::stderr(), "warning: {LEVEL_VARIABLE} = '{text}' is ignored: {error}");
            own_level(level)
        }),
        _ => own_level(level),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Stderr);
    // A second start (in tests of one process) keeps the first subscriber.
    let _ = match globals.log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            builder.with_ansi(globals.color.allows(io::stderr().is_terminal())).with_target(false).try_init()
        }
    };
}

/// Our own crates at `level`, everybody else's at `warn`.
fn own_level(level: Level) -> EnvFilter {
    let mut filter = String::from("warn");
    if level < Level::WARN {
        "error".clone_into(&mut filter);
    }
    for name in ["", "_domain", "_drift", "_boost", "_chart", "_data", "_registry", "_pipeline", "_serve"] {
        filter.push_str(&format!(",tidewheel{name}={level}"));
    }
    EnvFilter::new(filter)
}

/// Writes whole lines to stderr, above the progress bars where there are any.
struct Stderr;

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = LineWriter;

    fn make_writer(&'a self) -> LineWriter {
        LineWriter(Vec::new())
    }
}

/// Collects one event and writes it when it is dropped.
struct LineWriter(Vec<u8>);

impl Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        // A log that cannot be written must not stop the work.
        progress::suspend(|| {
            let _ = io::stderr().lock().write_all(&self.0);
        });
    }
}
