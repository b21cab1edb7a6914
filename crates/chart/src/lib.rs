//! Numbers to SVG: every picture that Tidewheel draws is a pure function from figures to text.
//!
//! Each picture is a struct of plain numbers and words with [`Chart::render`] and [`Chart::csv`]: the table shows what
//! the picture shows. Rules: grey is the past (reference), blue the present (current), amber the practical bound. An
//! estimate is a dot, its interval a whisker; of lines it is a band. Nothing is told by colour alone. All words come
//! from the caller, in the language of the reader; what data brings is made harmless.
//!
//! An SVG from here needs no style sheet, script or font. On a page its colours are the page's custom properties
//! ([`Theme::Page`]); the page must not set `fill` or `font-size` of `svg text`, and gives `svg.tw-chart` a
//! `max-width: 100%` and `height: auto`.
//!
//! ```
//! use tidewheel_chart::bars::{Bar, Bars};
//! use tidewheel_chart::{Axis, Caption, Chart, NumberFormat, Style, Unit};
//!
//! let bar = |label: &str, value: f64| Bar { label: label.into(), value, ..Bar::default() };
//! let chart = Bars {
//!     caption: Caption::new("Weights", "half of the judgement rests on the site"),
//!     axis: Axis::new("share of the whole", Unit::percent()),
//!     rows: vec![bar("site", 0.5), bar("mass", 0.125)],
//!     ..Bars::default()
//! };
//! let svg = chart.render(&Style::picture(640.0).numbers(NumberFormat::SPANISH));
//! assert!(svg.contains(">12,5\u{a0}%<"));
//! assert!(chart.csv().contains("mass,,0.125,"));
//! ```

/// Horizontal bars.
pub mod bars;
/// From one figure to another, step by step.
pub mod bridge;
/// How the shares of categories moved.
pub mod categories;
/// Histograms overlaid.
pub mod distribution;
/// Two distribution functions with the gap between them.
pub mod ecdf;
/// Estimates with their intervals, and effects against their bounds.
pub mod interval;
/// Curves with their bands.
pub mod line;
/// Clouds of points.
pub mod scatter;
/// A line as small as a word.
pub mod spark;
/// Batch by batch, on one axis.
pub mod timeline;

mod canvas;
mod csv;
mod number;
mod plane;
mod rows;
mod scale;
mod style;
#[cfg(test)]
mod testing;
mod text;
mod words;

pub use canvas::{Caption, Rule, Side};
pub use number::{NumberFormat, Unit};
pub use scale::Axis;
pub use style::{Style, Theme};
pub use words::{BridgeLabels, CategoryLabels, EffectLabels};

/// A picture with its figures.
pub trait Chart {
    /// A complete `<svg>`.
    fn render(&self, style: &Style) -> String;

    /// The figures in it as CSV (RFC 4180, in full precision). The names in its head are the same in each language.
    fn csv(&self) -> String;
}
