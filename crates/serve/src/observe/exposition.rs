//! Prometheus' text format, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).

use std::fmt::{Display, Write};

use super::histogram::Snapshot;

/// Text in Prometheus' format, written family by family.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// Begins a family; `kind` is `counter`, `gauge` or `histogram`.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    /// One sample.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        self.labels(labels.iter().copied());
        self.line(format_args!(" {value}"));
    }

    /// The samples of a histogram.
    pub fn histogram(&mut self, name: &str, labels: &[(&str, &str)], snapshot: &Snapshot) {
        for &(bound, count) in &snapshot.buckets {
            let bound = if bound.is_infinite() { "+Inf".to_owned() } else { bound.to_string() };
            self.0.push_str(name);
            self.0.push_str("_bucket");
            self.labels(labels.iter().copied().chain([("le", bound.as_str())]));
            self.line(format_args!(" {count}"));
        }
        self.sample(&format!("{name}_sum"), labels, snapshot.sum);
        self.sample(&format!("{name}_count"), labels, snapshot.count());
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.0
    }

    fn labels<'a>(&mut self, labels: impl Iterator<Item = (&'a str, &'a str)>) {
        let mut separator = '{';
        for (name, value) in labels {
            self.0.push(separator);
            separator = ',';
            self.0.push_str(name);
            self.0.push_str("=\"");
            for c in value.chars() {
                match c {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    c => self.0.push(c),
                }
            }
            self.0.push('"');
        }
        if separator == ',' {
            self.0.push('}');
        }
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(text);
        self.0.push('\n');
    }
}

/// A name that Prometheus accepts as a label: every other character becomes `_`.
pub fn label_name(name: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = name.chars().map(good).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("__") || name.is_empty() {
        format!("column_{}", name.trim_start_matches('_'))
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Exposition::default();
        text.family("a_total", "counter", "One\nline.");
        text.sample("a_total", &[("x", "q\"\\\n"), ("y", "z")], 3);
        text.sample("b", &[], 0.5);
        let expected =
            "# HELP a_total One\\nline.\n# TYPE a_total counter\na_total{x=\"q\\\"\\\\\\n\",y=\"z\"} 3\nb 0.5\n";
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn any_column_makes_a_label() {
        assert_eq!(label_name("region"), "region");
        assert_eq!(label_name("a b-ñ"), "a_b__");
        assert_eq!(label_name("2nd"), "column_2nd");
        assert_eq!(label_name("__x"), "column_x");
    }
}
