//! The decision record and the drift report as pages that a person reads: pure functions from records to text.
//!
//! A page is one file that needs nothing else: HTML with its style sheet and its pictures in it, light and dark, for
//! screens from a phone to a desk and for paper; or Markdown. In English or Spanish. Every figure on it is one of the
//! record; what data brings (names, values) is made harmless. Sections without content are left out.
//!
//! Order of a page: a sentence, then a picture, then the table. A manager stops after the sentence, an engineer reaches
//! the row.

use tidewheel_domain::decision::{ColumnLabel, ColumnLabels, Decision};
use tidewheel_domain::project::{ColumnSpec, Project};
use tidewheel_domain::timestamp::Timestamp;
use tidewheel_domain::turn::Turn;
use tidewheel_drift::Lang;

/// The words of pages.
pub mod words;

mod because;
mod column;
mod decision;
mod drift;
mod evidence;
mod html;
mod markdown;
mod page;
mod pictures;
mod reader;

pub use column::{ColumnChart, ColumnPage, ColumnRow, column_page, column_rows, effects_chart};
pub use html::STYLE;

use reader::Reader;

/// What is known of a decision besides its record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// When it was taken.
    pub decided_at: Option<Timestamp>,
    /// The run that it belongs to.
    pub run_id: Option<String>,
    /// The version that it led to.
    pub model_version: Option<String>,
}

impl Context {
    /// What the turn of a decision knows.
    pub fn of(turn: &Turn) -> Self {
        Self {
            decided_at: Some(turn.started_at),
            run_id: Some(turn.run_id.to_string()),
            model_version: turn.model_version.map(|version| version.to_string()),
        }
    }
}

/// How a project calls its columns.
pub fn labels(project: &Project, lang: Lang) -> ColumnLabels {
    let label = |column: &ColumnSpec| {
        let label = match lang {
            Lang::En => &column.label.0,
            Lang::Es => &column.label.1,
        };
        ColumnLabel { label: (*label != column.name).then(|| label.clone()), unit: column.unit.clone() }
    };
    project.columns.iter().map(|column| (column.name.clone(), label(column))).collect()
}

/// A decision as one HTML file.
pub fn decision_html(decision: &Decision, lang: Lang, labels: &ColumnLabels, context: &Context) -> String {
    html::document(&decision::page(&Reader::new(lang, labels), decision, labels, context))
}

/// What stands within `<main class="tw-page">` of [`decision_html`] in parts, for a page with a head and a frame of its
/// own, which includes [`STYLE`] and has something to say between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The header with the headline and the main figures.
    pub verdict: String,
    /// The sections, to stand in a `<div class="sections">`.
    pub sections: Vec<BodySection>,
}

/// A section of a [`Body`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BodySection {
    /// Its anchor.
    pub id: &'static str,
    /// Its title, plain.
    pub title: &'static str,
    /// The whole `<section>`.
    pub html: String,
}

/// A decision as the parts of a page, which is sent each time it is looked at: its pictures take their colours from
/// [`STYLE`], those beside words are drawn once for all widths, and only those of the first causes.
pub fn decision_body(decision: &Decision, lang: Lang, labels: &ColumnLabels, context: &Context) -> Body {
    html::parts(&decision::page(&Reader::new(lang, labels).compact(), decision, labels, context))
}

/// Why, from evidence to rule: the first links of a chain, of which action and outcome are the others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Because {
    /// What was seen, in a few words.
    pub evidence: String,
    /// What counts most; what stands in backquotes is code.
    pub seen: Vec<String>,
    /// The rule that decided.
    pub rule: String,
    /// What it and the rules before it looked at, and whether that held.
    pub looked_at: Vec<(bool, String)>,
}

/// Why, from evidence to rule.
pub fn because(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> Because {
    because::because(&Reader::new(lang, labels), decision, labels)
}

/// A decision as Markdown.
pub fn decision_markdown(decision: &Decision, lang: Lang, labels: &ColumnLabels, context: &Context) -> String {
    markdown::document(&decision::page(&Reader::new(lang, labels), decision, labels, context))
}

/// The comparison of two files as one HTML file. `decision` is what a policy says about it; its report is what is shown.
pub fn drift_html(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> String {
    html::document(&drift::page(&Reader::new(lang, labels), decision, labels))
}

/// The comparison of two files as Markdown.
pub fn drift_markdown(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> String {
    markdown::document(&drift::page(&Reader::new(lang, labels), decision, labels))
}

/// The largest effect of each column against its bound, as an SVG file of its own.
pub fn effects_svg(decision: &Decision, lang: Lang, labels: &ColumnLabels) -> String {
    let title = tidewheel_drift::headline(decision, lang, labels).replace('`', "");
    pictures::effects_file(&Reader::new(lang, labels), decision, title.split(',').next().unwrap_or(&title))
}
