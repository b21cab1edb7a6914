//! What pages are made of.

/// Actions that change something: forms and their confirmation.
mod act;
/// Signs.
mod icon;
/// An estimate and its interval beside a figure.
mod interval;
/// What data brings, shown harmlessly.
mod told;

use maud::{Markup, PreEscaped, Render, html};
use tidewheel_chart::Chart;
use tidewheel_domain::turn::{Action, TurnState};
use tidewheel_drift::Lang;

use crate::figures::Figures;
use crate::words::Common;

pub(crate) use act::guards;
pub use act::{Act, act_form, button_to, confirm, confirmation};
pub use icon::Icon;
pub use interval::{Interval, dot_and_whisker};
pub(crate) use told::seen;
pub use told::{brief, told, told_short, visible};

/// What a state means to a reader: its colour, never alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Tone {
    Train,
    Skip,
    Ask,
    Good,
    Bad,
    Plain,
}

impl Tone {
    /// Of a chip.
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Train => "chip train",
            Tone::Skip => "chip skip",
            Tone::Ask => "chip ask",
            Tone::Good => "chip good",
            Tone::Bad => "chip bad",
            Tone::Plain => "chip line",
        }
    }
}

/// A word with its sign on a tinted ground.
pub fn chip(tone: Tone, icon: Option<Icon>, text: &str) -> Markup {
    html! { span class=(tone.class()) { @if let Some(icon) = icon { (icon.small()) } (text) } }
}

/// What was decided, or how the turn stands where nothing was.
pub fn action_chip(lang: Lang, action: Option<Action>, state: TurnState) -> Markup {
    let (tone, icon, word) = action_look(lang, action, state);
    chip(tone, Some(icon), word)
}

/// Tone, sign and word of what was decided, or of how the turn stands where nothing was.
pub fn action_look(lang: Lang, action: Option<Action>, state: TurnState) -> (Tone, Icon, &'static str) {
    let words = Common::of(lang);
    match (action, state) {
        (_, TurnState::Failed) => (Tone::Bad, Icon::Cross, words.failed),
        (_, TurnState::Cancelled) => (Tone::Skip, Icon::Stop, words.cancelled),
        (Some(Action::Baseline), _) => (Tone::Train, Icon::Train, words.train),
        (Some(Action::Retrain), _) => (Tone::Train, Icon::Train, words.retrain),
        (Some(Action::ShadowTrain), _) => (Tone::Train, Icon::Train, words.shadow_train),
        (Some(Action::Skip), _) => (Tone::Skip, Icon::Skip, words.skip),
        (Some(Action::StopAndAsk), _) => (Tone::Ask, Icon::Ask, words.ask),
        (None, _) => (Tone::Plain, Icon::Clock, words.running),
    }
}

/// What came of a turn, in words with a sign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Where the turn stands; running where it is unknown.
    pub state: Option<TurnState>,
    /// The version that it trained.
    pub version: Option<i64>,
    /// Whether that went into production.
    pub promoted: bool,
    /// Why it did not.
    pub rejected_by: Option<String>,
    /// The version in production before.
    pub champion: Option<i64>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Outcome {
    /// What came of it.
    pub fn draw(&self, lang: Lang) -> Markup {
        use crate::words::fill;
        let words = Common::of(lang);
        let named = |version: i64| format!("v{version}");
        html! {
            @match (self.state, self.version) {
                (Some(TurnState::Waiting), _) => { span.warn { (Icon::Clock.small()) (words.waits) } }
                (Some(TurnState::Failed), _) => {
                    span.fail { (Icon::Cross.small()) span.clip { (brief(self.error.as_deref().unwrap_or(words.failed), 600)) } }
                }
                (Some(TurnState::Running), _) => { span.act { (Icon::Train.small()) (words.running) } }
                (_, Some(version)) if self.promoted => {
                    span.pass { (Icon::Check.small()) (fill(words.promoted, &[("version", &named(version))])) }
                }
                (_, Some(version)) => {
                    @let reason = brief(self.rejected_by.as_deref().unwrap_or("–"), 600);
                    span.fail {
                        (Icon::Cross.small())
                        (fill(words.rejected, &[("version", &named(version)), ("reason", &reason)]))
                    }
                }
                _ => {
                    @if let Some(champion) = self.champion {
                        span.mut { (fill(words.stays, &[("version", &named(champion))])) }
                    } @else { span.mut { "–" } }
                }
            }
        }
    }
}

/// A card with a heading. `id` is unique on its page.
pub fn card(id: &str, title: impl Render, lead: Option<&str>, beside: &Markup, content: &Markup) -> Markup {
    html! {
        section.card id=(id) aria-labelledby={ "t-" (id) } {
            header {
                div {
                    h2 id={ "t-" (id) } { (title) }
                    @if let Some(lead) = lead { p { (lead) } }
                }
                (beside)
            }
            (content)
        }
    }
}

/// Nothing to show beside a card's heading.
pub fn nothing() -> Markup {
    PreEscaped(String::new())
}

/// What will stand here, and the way to it. `action` is a button or a command.
pub fn empty_state(title: &str, text: &str, action: &Markup) -> Markup {
    html! { div.empty { h3 { (title) } p { (text) } (action) } }
}

/// A command to copy.
pub fn command(lang: Lang, text: &str) -> Markup {
    html! { span.cmd { code { (text) } (copy_button(lang, text)) } }
}

/// Copies a text; without the script it does nothing and is not shown.
pub fn copy_button(lang: Lang, text: &str) -> Markup {
    let label = match lang {
        Lang::En => "Copy",
        Lang::Es => "Copiar",
    };
    html! { button.btn.q.s.js type="button" data-copy=(text) aria-label={ (label) ": " (text) } { (Icon::Copy.small()) } }
}

/// The step of the colours of drift, in multiples of the bound.
pub fn heat(times: f64) -> usize {
    [0.5, 1.0, 2.0, 4.0, 8.0].iter().filter(|step| times >= **step).count()
}

/// A cell of drift: the number always, grey below the bound, amber above it.
pub fn heat_cell(figures: Figures, times: Option<f64>) -> Markup {
    html! {
        @match times {
            Some(times) => { span class={ "hc h" (heat(times)) } { (figures.multiple(times)) } }
            None => { span.hc.na { "–" } }
        }
    }
}

/// A chart at two widths, of which the page shows the one that fits, with its figures behind it: as a table, as SVG, as
/// CSV.
pub fn chart(lang: Lang, name: &str, chart: &dyn Chart, wide: f64, narrow: f64) -> Markup {
    let figures = Figures::of(lang);
    let csv = chart.csv();
    html! {
        figure.chart data-name=(name) {
            div.wide { (PreEscaped(chart.render(&figures.chart(wide)))) }
            div.narrow { (PreEscaped(chart.render(&figures.chart(narrow)))) }
            (figures_of(lang, name, &csv))
        }
    }
}

/// The figures of a chart: folded, as a table, and as files that the script makes from what is on the page.
fn figures_of(lang: Lang, name: &str, csv: &str) -> Markup {
    let words = Common::of(lang);
    let mut rows = csv_rows(csv).into_iter();
    let head = rows.next().unwrap_or_default();
    html! {
        details.figures-of {
            summary { (words.as_table) }
            div.row.js {
                button.btn.q.s type="button" data-save="svg" { (Icon::Download.small()) "SVG" }
                button.btn.q.s type="button" data-save="csv" { (Icon::Download.small()) "CSV" }
            }
            div.scroll tabindex="0" role="group" aria-label=(name) {
                table.tbl.in {
                    thead { tr { @for cell in &head { th scope="col" { (cell) } } } }
                    tbody { @for row in rows { tr { @for cell in &row { td { (cell) } } } } }
                }
            }
        }
    }
}

/// The rows of a CSV text (RFC 4180).
fn csv_rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut letters) = (false, csv.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            letter => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_read_as_it_is_written() {
        assert_eq!(csv_rows("a,b\r\n\"x, \"\"y\"\"\",2\r\n"), [["a", "b"], ["x, \"y\"", "2"]]);
        assert_eq!(csv_rows("a\n\"1\n2\""), [["a"], ["1\n2"]]);
        assert!(csv_rows("").is_empty());
    }
}
