//! Results on stdout: lines, aligned tables, JSON. Colour only where a terminal shows it.
//!
//! A reader that goes away (`| head`) is no error: what is left is not written, and the command ends as it would have.

use std::io::{self, IsTerminal, Write};

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Serialize;

use crate::progress;

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On terminals, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour, given whether the stream is a terminal.
    pub(crate) fn allows(self, terminal: bool) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

/// `--format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    Plain,
    /// Headings, what to look at first.
    Strong,
    /// Less important.
    Dim,
    /// In order.
    Good,
    /// To be looked at.
    Warn,
    /// Not in order.
    Bad,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Strong => "\x1b[1m",
            Tone::Dim => "\x1b[2m",
            Tone::Good => "\x1b[32m",
            Tone::Warn => "\x1b[33m",
            Tone::Bad => "\x1b[31m",
        }
    }
}

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    color: bool,
}

impl Output {
    /// To stdout.
    pub(crate) fn new(color: Color) -> Self {
        Output { color: color.allows(io::stdout().is_terminal()) }
    }

    /// Text in its tone.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if self.color && tone != Tone::Plain { format!("{}{text}\x1b[0m", tone.code()) } else { text.to_owned() }
    }

    /// Writes one line.
    pub(crate) fn line(self, text: impl AsRef<str>) -> anyhow::Result<()> {
        self.bytes(format!("{}\n", text.as_ref()).as_bytes())
    }

    /// Writes a text that ends as it should.
    pub(crate) fn text(self, text: &str) -> anyhow::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// Writes a value as indented JSON.
    pub(crate) fn json(self, value: &impl Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(value).context("cannot write the answer as JSON")?;
        self.line(text)
    }

    /// Writes a table.
    pub(crate) fn table(self, table: &Table) -> anyhow::Result<()> {
        self.text(&table.render(self))
    }

    /// Writes bytes as they are.
    #[expect(clippy::unused_self, reason = "whoever writes has an output")]
    pub(crate) fn bytes(self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = progress::suspend(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.context("cannot write to stdout"),
        }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
    right: bool,
}

/// A text, aligned left.
pub(crate) fn text(value: impl ToString) -> Cell {
    Cell { text: value.to_string(), tone: Tone::Plain, right: false }
}

/// A number, aligned right.
pub(crate) fn number(value: impl ToString) -> Cell {
    Cell { text: value.to_string(), tone: Tone::Plain, right: true }
}

/// A value that may be absent.
pub(crate) fn optional<T: ToString>(value: Option<T>) -> Cell {
    match value {
        Some(value) => text(value),
        None => text("-").tone(Tone::Dim),
    }
}

impl Cell {
    /// The text alone.
    pub(crate) fn as_text(&self) -> &str {
        &self.text
    }

    /// The same in a tone.
    pub(crate) fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// An aligned table with a heading.
#[derive(Debug, Default)]
pub(crate) struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// With these headings.
    pub(crate) fn new<T: Into<String>>(heading: impl IntoIterator<Item = T>) -> Self {
        Table { heading: heading.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells = cells.into_iter().collect::<Vec<_>>();
        debug_assert_eq!(cells.len(), self.heading.len(), "a cell for each heading");
        self.rows.push(cells);
    }

    fn render(&self, output: Output) -> String {
        let width = |text: &str| text.chars().count();
        let mut widths = self.heading.iter().map(|name| width(name)).collect::<Vec<_>>();
        for row in &self.rows {
            for (known, cell) in widths.iter_mut().zip(row) {
                *known = (*known).max(width(&cell.text));
            }
        }
        let right = (0..widths.len()).map(|place| self.rows.iter().any(|row| row[place].right)).collect::<Vec<_>>();
        let heading = self.heading.iter().zip(&right).map(|(name, &right)| Cell {
            text: name.clone(),
            tone: Tone::Strong,
            right,
        });
        let heading = heading.collect::<Vec<_>>();
        let mut result = String::new();
        for row in std::iter::once(&heading).chain(&self.rows) {
            let last = row.len() - 1;
            for (place, cell) in row.iter().enumerate() {
                let padding = " ".repeat(widths[place] - width(&cell.text));
                let painted = output.paint(cell.tone, &cell.text);
                if right[place] {
                    result.push_str(&padding);
                    result.push_str(&painted);
                } else {
                    result.push_str(&painted);
                    if place < last {
                        result.push_str(&padding);
                    }
                }
                if place < last {
                    result.push_str("  ");
                }
            }
            result.truncate(result.trim_end().len());
            result.push('\n');
        }
        result
    }
}

/// A whole number with commas between its thousands.
pub(crate) fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

/// A duration in the largest unit that leaves three figures.
pub(crate) fn duration(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{:.1} s", ms as f64 / 1e3),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        let mut table = Table::new(["name", "rows", "why"]);
        table.row([text("a"), number("1,200"), text("x")]);
        table.row([text("long"), number("7"), text("")]);
        let rendered = table.render(Output { color: false });
        assert_eq!(rendered, "name   rows  why\na     1,200  x\nlong      7\n");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(-999), "-999");
        assert_eq!(duration(90_500), "90.5 s");
    }
}
