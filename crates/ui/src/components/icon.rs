//! Signs: strokes on a field of 16 by 16.

use maud::{Markup, PreEscaped, html};

/// A sign. Words stand beside each: it says nothing alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Icon {
    Ask,
    Back,
    Check,
    Clock,
    Compare,
    Copy,
    Cross,
    Dash,
    Data,
    Decision,
    Download,
    Drift,
    Flask,
    Gear,
    Menu,
    Models,
    Next,
    Overview,
    Pipeline,
    Play,
    Predict,
    Previous,
    Pulse,
    Right,
    Search,
    Skip,
    Stop,
    Theme,
    Train,
    Up,
    Warn,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Icon::Ask => r#"<path d="M5.5 6a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.2 1-1.2 1.8M8 13v.2"/>"#,
            Icon::Back => r#"<path d="M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H6"/>"#,
            Icon::Check => r#"<path d="m3 8.5 3.5 3.5L13 4.5"/>"#,
            Icon::Clock => r#"<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>"#,
            Icon::Compare => r#"<path d="M5.5 2v12M10.5 2v12M2 5h3.5M2 9h3.5M10.5 7H14M10.5 11H14"/>"#,
            Icon::Copy => {
                r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M3 10.5V4a1.5 1.5 0 0 1 1.5-1.500H10"/>"#
            }
            Icon::Cross => r#"<path d="m4 4 8 8M12 4l-8 8"/>"#,
            Icon::Dash => r#"<path d="M4 8h8"/>"#,
            Icon::Data => {
                r#"<ellipse cx="8" cy="3.7" rx="5.5" ry="2"/><path d="M2.5 3.7v8.600c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2V3.7M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2"/>"#
            }
            Icon::Decision => r#"<path d="M4 2v4.500C4 8 5 8 8 8s4 .5 4 2.500V14M4 14V9.500M10 12l2 2 2-2"/>"#,
            Icon::Download => r#"<path d="M8 2v8.500M4.5 7.5 8 11l3.5-3.500M2.5 14h11"/>"#,
            Icon::Drift => r#"<path d="M1.5 11.500c2 0 2.5-7 5-7s2.5 7 4.5 7 2.5-3 3.5-3M1.5 14h13"/>"#,
            Icon::Flask => {
                r#"<path d="M6 1.500h4M6.5 1.500V6l-3.8 6.500c-.6 1 .1 2 1.2 2h8.200c1.1 0 1.8-1 1.2-2L9.5 6V1.500M4.5 10h7"/>"#
            }
            Icon::Gear => {
                r#"<path d="M2 4.500h7M12 4.500h2M2 11.500h2M7 11.500h7"/><circle cx="10.5" cy="4.5" r="1.5"/><circle cx="5.5" cy="11.5" r="1.5"/>"#
            }
            Icon::Menu => r#"<path d="M2.5 4.500h11M2.5 8h11M2.5 11.500h11"/>"#,
            Icon::Models => r#"<path d="m8 1.5 5.5 3v7L8 14.500l-5.5-3v-7zM2.5 4.500l5.5 3 5.5-3M8 7.500v7"/>"#,
            Icon::Next => r#"<path d="m6 3.5 4.5 4.500L6 12.5"/>"#,
            Icon::Overview => r#"<path d="M2 12.500h12M2 8h7M2 3.500h12"/><circle cx="12" cy="8" r="1.6"/>"#,
            Icon::Pipeline => {
                r#"<circle cx="3" cy="8" r="1.7"/><circle cx="13" cy="3.5" r="1.7"/><circle cx="13" cy="12.5" r="1.7"/><path d="M4.7 8H8M11.3 3.500C8.5 3.5 8 5 8 8s.5 4.5 3.3 4.5"/>"#
            }
            Icon::Play => r#"<path d="m4.5 2.5 8.5 5.5-8.5 5.500z"/>"#,
            Icon::Predict => {
                r#"<circle cx="8" cy="8" r="6"/><circle cx="8" cy="8" r="2.2"/><path d="M8 .8V4M8 12v3.200M.8 8H4M12 8h3.2"/>"#
            }
            Icon::Previous => r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#,
            Icon::Pulse => r#"<path d="M1.5 8.500H4L6 3l3.5 10.5 2-5h3"/>"#,
            Icon::Right => r#"<path d="M3 8h9.500M9 4l4 4-4 4"/>"#,
            Icon::Search => r#"<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>"#,
            Icon::Skip => r#"<path d="M3 3.5 8.5 8 3 12.500zM12.5 3.500v9"/>"#,
            Icon::Stop => r#"<rect x="4" y="4" width="8" height="8" rx="1"/>"#,
            Icon::Theme => r#"<circle cx="8" cy="8" r="6"/><path d="M8 2v12A6 6 0 0 0 8 2z" fill="currentColor"/>"#,
            Icon::Train => r#"<path d="M13.5 8a5.5 5.5 0 1 1-1.7-4M13.7 1.500v3h-3"/>"#,
            Icon::Up => r#"<path d="M8 13V3.500M4 7l4-4 4 4"/>"#,
            Icon::Warn => r#"<path d="m8 2 6.5 11.500h-13zM8 6.500v3.200M8 11.700v.1"/>"#,
        }
    }

    /// Beside text of usual size.
    pub fn draw(self) -> Markup {
        html! { svg class="i" viewBox="0 0 16 16" aria-hidden="true" { (PreEscaped(self.path())) } }
    }

    /// Defines it under an id, for pages that show it many times: see [`Icon::again`].
    pub fn define(self, id: &str) -> Markup {
        html! { g id=(id) { (PreEscaped(self.path())) } }
    }

    /// One that is defined on the page.
    pub fn again(id: &str) -> Markup {
        html! { svg class="i" viewBox="0 0 16 16" aria-hidden="true" { use href={ "#" (id) } {} } }
    }

    /// Beside small text, on buttons and chips.
    pub fn small(self) -> Markup {
        html! { svg class="i s" viewBox="0 0 16 16" aria-hidden="true" { (PreEscaped(self.path())) } }
    }
}
