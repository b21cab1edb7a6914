//! What was looked for.

use maud::{Markup, html};

use crate::components::{Icon, empty_state, nothing, told, visible};
use crate::frame::Frame;
use crate::words::{FrameWords, SearchWords, fill};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// What was looked for.
    pub query: String,
    /// What it may mean.
    pub hits: Vec<Hit>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// More about it.
    pub detail: String,
    /// Where it is.
    pub href: String,
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Version,
    Turn,
    Column,
    Setting,
}

/// The page.
pub fn page(frame: &Frame, view: &Found) -> Markup {
    let words = SearchWords::of(frame.lang);
    let hints = FrameWords::of(frame.lang);
    let kind = |kind: Kind| match kind {
        Kind::Version => words.version,
        Kind::Turn => words.turn,
        Kind::Column => words.column,
        Kind::Setting => words.setting,
    };
    let shown = visible(&view.query);
    let query = [("query", shown.as_str())];
    let lead = if view.hits.is_empty() { words.lead_none.to_owned() } else { fill(words.lead, &query) };
    let form = html! {
        form.filters action="/ui/search" role="search" aria-label=(words.title) {
            div.field {
                label for="again" { (words.again) }
                input #again name="q" type="search" value=(shown) placeholder=(hints.search_hint) maxlength="200";
            }
            button.btn.p type="submit" { (Icon::Search.small()) (words.title) }
        }
    };
    let content = html! {
        section.card {
            div.body { (form) }
            @if !view.hits.is_empty() {
                table class="tbl cards-s line-t" {
                    caption.sr { (words.title) }
                    thead { tr { th scope="col" { (words.name) } th scope="col" { (words.what) } } }
                    tbody {
                        @for hit in &view.hits {
                            tr {
                                th scope="row" { a href=(hit.href) { (told(&hit.name)) } }
                                td { (kind(hit.kind)) @if !hit.detail.is_empty() { span.sub { ", " (told(&hit.detail)) } } }
                            }
                        }
                    }
                }
            } @else if !view.query.is_empty() {
                (empty_state(&fill(words.nothing, &query), hints.search_none, &nothing()))
            }
        }
    };
    frame.page(None, &[(words.title, None)], words.title, &html! { (lead) }, &nothing(), &content)
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::Timestamp;
    use tidewheel_drift::Lang;

    use super::*;
    use crate::frame::Theme;

    #[test]
    fn what_was_looked_for_is_text_and_nothing_found_has_a_hint() {
        let frame = Frame {
            lang: Lang::Es,
            theme: Theme::System,
            path: "/ui/search".into(),
            project: "p".into(),
            model: "m".into(),
            waiting: 0,
            running: None,
            production: None,
            token: "t".into(),
            state: "s".into(),
            now: Timestamp::from_ms(0),
        };
        let html = page(&frame, &Found { query: "\"><script>".into(), hits: Vec::new() }).into_string();
        assert!(
            !html.contains("\"><script>") && html.contains("una versión es v6") || html.contains("Una versión es v6")
        );
    }
}
