//! Actions that change something. Each is a form that works without the script; a dangerous one asks once, with its
//! consequences and a reason that the ledger keeps.

use maud::{Markup, html};

use super::Icon;
use crate::frame::Frame;
use crate::words::FrameWords;

/// An action.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// Where it is posted to.
    pub to: &'a str,
    /// What it is called, on the button.
    pub label: &'a str,
    /// Its sign.
    pub icon: Icon,
    /// Whether it takes something away.
    pub danger: bool,
    /// Whether it is what the page is for.
    pub primary: bool,
    /// Why it cannot be done now; shown instead of being hidden.
    pub disabled: Option<&'a str>,
}

impl Act<'_> {
    fn class(&self) -> &'static str {
        match (self.danger, self.primary) {
            (true, _) => "btn danger",
            (false, true) => "btn p",
            (false, false) => "btn",
        }
    }
}

/// A form with the fields that guard it and one button.
pub fn act_form(frame: &Frame, act: &Act<'_>, fields: &Markup) -> Markup {
    html! {
        form method="post" action=(act.to) {
            (guards(frame))
            (fields)
            button class=(act.class()) type="submit" disabled[act.disabled.is_some()] title=[act.disabled] {
                (act.icon.small()) (act.label)
            }
        }
    }
}

/// A link that looks like a button.
pub fn button_to(href: &str, icon: Option<Icon>, label: &str, primary: bool) -> Markup {
    html! {
        a class={ "btn s" @if primary { " p" } } href=(href) { @if let Some(icon) = icon { (icon.small()) } (label) }
    }
}

/// A button that opens a dialog with the consequences and a reason; without the script a page of its own
/// (`act.to` asked with GET) shows the same. `id` is unique on its page, `consequences` what will happen.
pub fn confirm(frame: &Frame, id: &str, act: &Act<'_>, consequences: &Markup, reason: &str, fields: &Markup) -> Markup {
    html! {
        @if let Some(why) = act.disabled {
            button class=(act.class()) type="button" disabled title=(why) { (act.icon.small()) (act.label) }
        } @else {
            a class=(act.class()) href=(act.to) data-open=(id) { (act.icon.small()) (act.label) }
            dialog id=(id) aria-labelledby={ "h-" (id) } { (confirmation(frame, id, act, consequences, reason, fields)) }
        }
    }
}

/// What a dialog, or the page in its place, holds.
pub fn confirmation(
    frame: &Frame,
    id: &str,
    act: &Act<'_>,
    consequences: &Markup,
    reason: &str,
    fields: &Markup,
) -> Markup {
    let words = FrameWords::of(frame.lang);
    html! {
        form method="post" action=(act.to) {
            (guards(frame))
            div {
                h2 id={ "h-" (id) } { (act.label) }
                (consequences)
                (fields)
                div.field.mt {
                    label for={ "r-" (id) } { (reason) }
                    textarea id={ "r-" (id) } name="reason" rows="2" required maxlength="500" {}
                }
            }
            footer {
                a.btn href=(frame.path) data-close { (words.cancel) }
                button class={ (act.class()) " p" } type="submit" { (act.icon.small()) (act.label) }
            }
        }
    }
}

/// What shows that a form comes from a page of this server, and where to go on.
pub(crate) fn guards(frame: &Frame) -> Markup {
    html! {
        input type="hidden" name="token" value=(frame.token);
        input type="hidden" name="back" value=(frame.path);
    }
}
