//! The figures of a picture as a table.

use std::fmt::Write as _;

/// Rows of one table, quoted as RFC 4180 says. The names in its head are the same in each language.
pub(crate) struct Table {
    text: String,
    start: bool,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        let mut table = Self { text: String::new(), start: true };
        for name in head {
            table.word(name);
        }
        table.end();
        table
    }

    /// A cell of text. What a spreadsheet would run as a formula gets an apostrophe.
    pub(crate) fn word(&mut self, text: &str) -> &mut Self {
        self.separate();
        let formula =
            text.trim_start_matches([' ', '\u{feff}']).starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|']);
        let guarded = if formula { format!("'{text}") } else { text.to_owned() };
        if guarded.contains([',', '"', '\n', '\r']) || guarded.starts_with(' ') || guarded.ends_with(' ') {
            let _ = write!(self.text, "\"{}\"", guarded.replace('"', "\"\""));
        } else {
            self.text.push_str(&guarded);
        }
        self
    }

    /// A cell with a number in full precision; empty where there is none.
    pub(crate) fn number(&mut self, value: impl Into<Option<f64>>) -> &mut Self {
        self.separate();
        if let Some(value) = value.into().filter(|value| value.is_finite()) {
            let _ = write!(self.text, "{value}");
        }
        self
    }

    pub(crate) fn end(&mut self) {
        self.text.push_str("\r\n");
        self.start = true;
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        if !self.start {
            self.text.push(',');
        }
        self.start = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::read_csv;

    #[test]
    fn what_is_written_is_read_again() {
        let mut table = Table::new(&["name", "value"]);
        table.word("a, \"b\"\nc").number(-0.1).end();
        table.word("=1+1").number(f64::NAN).end();
        table.word(" -x").number(None).end();
        let text = table.finish();
        let rows = read_csv(&text);
        assert_eq!(rows[0], ["name", "value"]);
        assert_eq!(rows[1], ["a, \"b\"\nc", "-0.1"]);
        assert_eq!(rows[2], ["'=1+1", ""]);
        assert_eq!(rows[3], ["' -x", ""]);
    }
}
