//! What stands on a page, whatever it is written in.

use tidewheel_domain::timestamp::Timestamp;
use tidewheel_drift::Lang;

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) lang: Lang,
    /// What it is called, without its headline.
    pub(crate) kind: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) sections: Vec<Section>,
}

/// What comes first: the decision in a sentence, and its main figures.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) tone: Tone,
    /// The action in two or three words.
    pub(crate) chip: &'static str,
    /// What it is about: each with its name.
    pub(crate) about: Vec<(&'static str, Text)>,
    pub(crate) headline: String,
    pub(crate) lead: Vec<String>,
    pub(crate) figures: Vec<Figure>,
}

/// What kind of verdict it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Train,
    Skip,
    Ask,
}

/// One of the main figures.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) note: String,
}

/// A part of the page under a heading.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its anchor.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// A sentence under the title; may be empty.
    pub(crate) lead: String,
    pub(crate) blocks: Vec<Block>,
    /// Takes half of a wide page where its neighbour does, too.
    pub(crate) half: bool,
}

impl Section {
    pub(crate) fn new(id: &'static str, title: &'static str, lead: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self { id, title, lead: lead.into(), blocks, half: false }
    }

    pub(crate) fn half(self) -> Self {
        Self { half: true, ..self }
    }
}

/// What a section is made of.
#[derive(Debug)]
pub(crate) enum Block {
    Heading(&'static str),
    Text(String),
    Quiet(String),
    /// Numbered, from the top.
    List(Vec<String>),
    Table(Table),
    Facts(Vec<(String, Text)>),
    Picture(Picture),
    /// Each with its picture beside it.
    Cards(Vec<Card>),
    /// Side by side, as many as fit.
    Grid(Vec<Card>),
    /// Shown when asked for.
    Folded(&'static str, Vec<Block>),
}

/// One subject: a column that changed.
#[derive(Debug)]
pub(crate) struct Card {
    pub(crate) name: Text,
    /// The main figure, and how far beyond its bound it lies, in multiples.
    pub(crate) tag: Option<(String, f64)>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) picture: Option<Picture>,
}

/// A chart at two widths, of which a page shows the one that fits; or at one, without the narrow one. Markdown goes without: the figures are in the text.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) wide: String,
    pub(crate) narrow: String,
}

/// A table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) head: Vec<Head>,
    pub(crate) rows: Vec<Row>,
}

/// The head of a column.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) title: Text,
    /// Figures stand to the right.
    pub(crate) figures: bool,
}

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Text>,
    /// The one that this is about.
    pub(crate) strong: bool,
}

impl Table {
    /// A table with the given heads; those that begin with `>` hold figures.
    pub(crate) fn new(heads: &[(&str, bool)]) -> Self {
        let head = |(title, figures): &(&str, bool)| Head { title: Text::words(*title), figures: *figures };
        Self { head: heads.iter().map(head).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Text>) {
        self.rows.push(Row { cells, strong: false });
    }

    pub(crate) fn strong(&mut self, cells: Vec<Text>) {
        self.rows.push(Row { cells, strong: true });
    }
}

/// A piece of text.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    /// Of a table of words or of a prose; what stands in backquotes is code.
    Words(String),
    /// A name or value of the data.
    Name(String),
    /// An identifier or a condition.
    Code(String),
    /// A moment.
    Time(Timestamp),
    /// Yes or no, with the word for it.
    Mark(bool, &'static str),
    /// A verdict: whether it counts, with the word for it.
    Verdict(Counts, &'static str),
    /// A multiple of a bound, on the ground that says how far beyond it lies.
    Heat(String, f64),
    /// What could not be measured.
    Nothing,
}

/// Whether a change counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    Yes,
    No,
    Open,
}

impl Text {
    pub(crate) fn words(text: impl Into<String>) -> Self {
        Self::Words(text.into())
    }

    pub(crate) fn or_nothing(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Words)
    }
}
