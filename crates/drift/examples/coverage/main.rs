//! Measures what the intervals and the rule of the policy `effect` promise, over seeded random data, as Markdown:
//!
//! ```text
//! cargo run --release -p tidewheel-drift --example coverage -- [runs] [part] [--plot FILE.svg]
//! ```
//!
//! Parts: `intervals` (drawn into the plot's file), `error`, `false-alarms`, `histories`, `changes`; without one, all.

#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../../tests/support/mod.rs"]
mod support;

/// Whether the ends of intervals cover the truth.
mod intervals;

/// The picture of it.
mod plot;

/// Whether the interval of the champion's error covers the truth.
mod rise;

/// How often the policy trains.
mod rule;

use std::path::PathBuf;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let plot = arguments.iter().position(|argument| argument == "--plot").map(|place| {
        arguments.remove(place);
        assert!(place < arguments.len(), "--plot needs a file");
        PathBuf::from(arguments.remove(place))
    });
    let runs = arguments.first().map_or(1000, |text| text.parse().expect("runs are a number"));
    let wanted = |part: &str| arguments.get(1).is_none_or(|only| only == part);
    if wanted("intervals") {
        let cells = intervals::measure(runs);
        intervals::print(&cells);
        if let Some(file) = plot {
            std::fs::write(&file, plot::draw(&cells)).expect("a writable file");
        }
    }
    let parts: [(&str, fn(usize)); 4] = [
        ("error", rise::measure),
        ("false-alarms", rule::false_alarms),
        ("histories", rule::histories),
        ("changes", rule::changes),
    ];
    for (_, measure) in parts.iter().filter(|(part, _)| wanted(part)) {
        measure(runs);
    }
}
