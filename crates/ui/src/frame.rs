//! What surrounds every page: navigation, language, theme, keys, and whether what is shown is live.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use tidewheel_domain::Timestamp;
use tidewheel_drift::Lang;

use crate::assets::{SCRIPT, STYLE};
use crate::components::{Icon, seen, visible};
use crate::figures::Figures;
use crate::words::{FrameWords, fill};

/// Light, dark, or what the reader's system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// As it stands in the cookie and on the page.
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    /// Of a cookie.
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }
}

/// The places of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Area {
    Overview,
    Decisions,
    Pipeline,
    Data,
    Drift,
    Models,
    Experiments,
    Predict,
    Monitoring,
    Settings,
}

impl Area {
    const ALL: [Self; 10] = [
        Self::Overview,
        Self::Decisions,
        Self::Pipeline,
        Self::Data,
        Self::Drift,
        Self::Models,
        Self::Experiments,
        Self::Predict,
        Self::Monitoring,
        Self::Settings,
    ];
    /// What a phone shows below the page; the rest is in its menu.
    const TABS: [Self; 5] = [Self::Overview, Self::Decisions, Self::Predict, Self::Models, Self::Pipeline];

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/ui/",
            Self::Decisions => "/ui/decisions",
            Self::Pipeline => "/ui/pipeline",
            Self::Data => "/ui/batches",
            Self::Drift => "/ui/drift",
            Self::Models => "/ui/models",
            Self::Experiments => "/ui/experiments",
            Self::Predict => "/ui/predict",
            Self::Monitoring => "/ui/monitoring",
            Self::Settings => "/ui/settings",
        }
    }

    /// Its letter after `g`.
    const fn key(self) -> &'static str {
        match self {
            Self::Overview => "o",
            Self::Decisions => "w",
            Self::Pipeline => "p",
            Self::Data => "d",
            Self::Drift => "r",
            Self::Models => "m",
            Self::Experiments => "e",
            Self::Predict => "x",
            Self::Monitoring => "l",
            Self::Settings => "s",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Overview => Icon::Overview,
            Self::Decisions => Icon::Decision,
            Self::Pipeline => Icon::Pipeline,
            Self::Data => Icon::Data,
            Self::Drift => Icon::Drift,
            Self::Models => Icon::Models,
            Self::Experiments => Icon::Flask,
            Self::Predict => Icon::Predict,
            Self::Monitoring => Icon::Pulse,
            Self::Settings => Icon::Gear,
        }
    }

    /// What it is called.
    pub fn name(self, lang: Lang) -> &'static str {
        let words = FrameWords::of(lang);
        match self {
            Self::Overview => words.overview,
            Self::Decisions => words.decisions,
            Self::Pipeline => words.pipeline,
            Self::Data => words.data,
            Self::Drift => words.drift,
            Self::Models => words.models,
            Self::Experiments => words.experiments,
            Self::Predict => words.predict,
            Self::Monitoring => words.monitoring,
            Self::Settings => words.settings,
        }
    }

    fn group(self, words: &'static FrameWords) -> Option<&'static str> {
        match self {
            Self::Pipeline => Some(words.loop_),
            Self::Models => Some(words.models_group),
            Self::Predict => Some(words.serving),
            _ => None,
        }
    }
}

/// What surrounds a page: who asks, and how the project stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The reader's language.
    pub lang: Lang,
    /// The reader's theme.
    pub theme: Theme,
    /// Path and query of the page.
    pub path: String,
    /// The project.
    pub project: String,
    /// Its model.
    pub model: String,
    /// Turns that wait for an answer.
    pub waiting: u64,
    /// The number of the turn that is at work.
    pub running: Option<i64>,
    /// The version in production.
    pub production: Option<i64>,
    /// What shows that a form comes from a page of this server.
    pub token: String,
    /// What the page rests on; a live page is drawn again when it changes.
    pub state: String,
    /// The moment of drawing.
    pub now: Timestamp,
}

/// A step of the way to a page: its name, and its place where it is not this one.
pub type Crumb<'a> = (&'a str, Option<&'a str>);

impl Frame {
    /// How figures are written.
    pub const fn figures(&self) -> Figures {
        Figures::of(self.lang)
    }

    /// A whole page. `title` is its `h1`, `lead` a sentence below it, `beside` its main actions.
    pub fn page(
        &self,
        area: Option<Area>,
        crumbs: &[Crumb<'_>],
        title: &str,
        lead: &Markup,
        beside: &Markup,
        content: &Markup,
    ) -> Markup {
        self.bare(area, crumbs, title, &html! {
            div.head { div { h1 { (title) } @if !lead.0.is_empty() { p { (lead) } } } @if !beside.0.is_empty() { div.row.wrap { (beside) } } }
            (content)
        })
    }

    /// A whole page whose content brings its own `h1`.
    pub fn bare(&self, area: Option<Area>, crumbs: &[Crumb<'_>], title: &str, content: &Markup) -> Markup {
        let words = FrameWords::of(self.lang);
        seen(html! {
            (DOCTYPE)
            html lang=(code(self.lang)) data-theme=[self.theme.as_str()] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · Tidewheel" }
                    link rel="icon" href="/ui/assets/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href=(STYLE.path());
                    script src=(SCRIPT.path()) defer {}
                    // Painted once all of it is there: a page that grows while it is read would move what is read.
                    link rel="expect" href="#keys" blocking="render";
                }
                body data-state=(self.state) data-copied=(words.copied) data-refused=(words.copy_refused)
                    data-live=(words.live) data-stale=(words.stale) data-not-live=(words.not_live) {
                    a.skiplink href="#main" { (words.skip_to_content) }
                    p #said .sr role="status" {}
                    div.app {
                        (self.side(area, words))
                        div.content {
                            (self.bar(crumbs, words))
                            main.main #main tabindex="-1" { (content) (self.foot(words)) }
                        }
                    }
                    (self.tabs(area, words))
                    (keys(words))
                }
            }
        })
    }

    fn side(&self, area: Option<Area>, words: &'static FrameWords) -> Markup {
        html! {
            aside.side {
                a.brand href="/ui/" { (mark()) "Tidewheel" }
                div.project { b { (visible(&self.project)) } span { (visible(&self.model)) } }
                (self.nav(area, words))
                div.foot {
                    @match self.production {
                        Some(version) => (fill(words.in_production, &[("version", &format!("v{version}"))])),
                        None => (words.nothing_in_production),
                    }
                    br; kbd { "?" } " " (words.keys)
                }
            }
        }
    }

    fn nav(&self, area: Option<Area>, words: &'static FrameWords) -> Markup {
        html! {
            nav.nav aria-label=(words.main) {
                @for one in Area::ALL {
                    @if let Some(group) = one.group(words) { h2 { (group) } }
                    a href=(one.path()) data-key=(one.key()) aria-current=[(area == Some(one)).then_some("page")] {
                        (one.icon().draw()) (one.name(self.lang)) (self.badge(one, words))
                    }
                }
            }
        }
    }

    fn badge(&self, area: Area, words: &'static FrameWords) -> Markup {
        let waiting = self.figures().count(self.waiting);
        html! {
            @if area == Area::Decisions && self.waiting > 0 {
                span.n role="img" aria-label=(fill(words.waiting, &[("n", &waiting)])) { (waiting) }
            }
            @if area == Area::Pipeline && self.running.is_some() {
                span.n.run role="img" aria-label=(crate::words::Common::of(self.lang).running) { (Icon::Train.small()) }
            }
        }
    }

    fn bar(&self, crumbs: &[Crumb<'_>], words: &'static FrameWords) -> Markup {
        html! {
            header.bar {
                a.brand href="/ui/" aria-label={ "Tidewheel, " (words.overview) } { (mark()) }
                nav aria-label=(words.where_you_are) {
                    ol.crumbs {
                        li { a href="/ui/" { (visible(&self.project)) } }
                        @for (name, href) in crumbs {
                            li { @match href { Some(href) => { a href=(href) { (name) } } None => { b { (name) } } } }
                        }
                    }
                }
                span.grow {}
                span.live #live { i.dot.off {} span { (words.not_live) } }
                form.search.wide-only action="/ui/search" role="search" {
                    label.sr for="q" { (words.search) }
                    input #q name="q" type="search" placeholder=(words.search) title=(words.search_hint) autocomplete="off";
                    kbd { "/" }
                }
                span.seg role="group" aria-label=(words.language) {
                    @for (lang, text, name) in [(Lang::En, "EN", "English"), (Lang::Es, "ES", "Español")] {
                        a href={ "/ui/preference?lang=" (code(lang)) "&back=" (escaped(&self.path)) } lang=(code(lang))
                            hreflang=(code(lang)) title=(name) aria-current=[(lang == self.lang).then_some("true")] { (text) }
                    }
                }
                a.btn.q.s #theme href={ "/ui/preference?theme=" (self.other_theme()) "&back=" (escaped(&self.path)) }
                    aria-label=(words.theme) { (Icon::Theme.draw()) }
            }
        }
    }

    fn other_theme(&self) -> &'static str {
        if self.theme == Theme::Dark { "light" } else { "dark" }
    }

    fn foot(&self, words: &'static FrameWords) -> Markup {
        let at = self.figures().clock_seconds(self.now);
        html! {
            footer.foot-note { span { (words.times) } span { (fill(words.drawn_at, &[("time", &at)])) } }
        }
    }

    fn tabs(&self, area: Option<Area>, words: &'static FrameWords) -> Markup {
        html! {
            nav.tabs aria-label=(words.main) {
                @for one in Area::TABS {
                    a href=(one.path()) aria-current=[(area == Some(one)).then_some("page")] {
                        (one.icon().draw()) span { (one.name(self.lang)) } (self.badge(one, words))
                    }
                }
                details.menu {
                    summary aria-label=(words.more) { (Icon::Menu.draw()) span { (words.more) } }
                    div {
                        @for one in Area::ALL.into_iter().filter(|one| !Area::TABS.contains(one)) {
                            a href=(one.path()) aria-current=[(area == Some(one)).then_some("page")] {
                                (one.icon().draw()) (one.name(self.lang))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The code of a language.
pub const fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Es => "es",
    }
}

/// A part of a URL, with all but plain letters escaped.
pub fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut url, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => url.push(byte as char),
            // writing to a string cannot fail
            byte => drop(write!(url, "%{byte:02X}")),
        }
        url
    })
}

fn keys(words: &'static FrameWords) -> Markup {
    html! {
        dialog #keys aria-labelledby="h-keys" {
            div {
                h2 #h-keys { (words.keyboard) }
                dl.kv.mt {
                    dt { kbd { "g" } } dd { (words.key_go) ": " @for area in Area::ALL { kbd { (area.key()) } " " } }
                    dt { kbd { "/" } } dd { (words.search) }
                    dt { kbd { "j" } " " kbd { "k" } " " kbd { "↓" } " " kbd { "↑" } } dd { (words.key_rows) }
                    dt { kbd { "[" } " " kbd { "]" } } dd { (words.key_decisions) }
                    dt { kbd { "t" } } dd { (words.key_theme) }
                    dt { kbd { "?" } } dd { (words.key_help) }
                }
            }
            footer { button.btn type="button" data-close { (words.close) } }
        }
    }
}

fn mark() -> Markup {
    html! { svg viewBox="0 0 24 24" aria-hidden="true" { (PreEscaped(MARK)) } }
}

const MARK: &str = r#"<circle cx="12" cy="12" r="9.5"/><path d="M3 12.5c2.2-2.7 4.3-2.7 6 0s3.8 2.7 6 0 4.2-2.7 6 0M12 2.5v4M12 17.5v4"/>"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_escaped_whole() {
        assert_eq!(escaped("/ui/predict?a=1&b=ñ#x"), "/ui/predict%3Fa%3D1%26b%3D%C3%B1%23x");
    }
}
