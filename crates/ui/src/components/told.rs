//! What data brings, shown harmlessly: names and values that nobody here has chosen.

use maud::{Markup, PreEscaped, html};

/// Longer values are folded.
const LONG: usize = 80;
/// No value is written longer than this.
const LONGEST: usize = 20_000;

/// A name or a value from data: it does not turn the text around it, and its control characters are seen.
pub fn told(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// The same in a cell of its own, folded where it is long: its beginning, and all of it on demand. There, letters that
/// run from left to right cannot turn anything.
pub fn told_short(text: &str) -> Markup {
    let (start, more) = cut(text, LONG);
    html! {
        @if more {
            details.long {
                summary { bdi { (visible(start)) "…" } }
                @let (all, beyond) = cut(text, LONGEST);
                bdi { (visible(all)) @if beyond { "…" } }
            }
        } @else if text.is_ascii() { (visible(text)) } @else { (told(text)) }
    }
}

/// At most so many characters of a text, visible, for where nothing can be folded.
pub fn brief(text: &str, most: usize) -> String {
    let (start, more) = cut(text, most);
    let mut short = visible(start);
    if more {
        short.push('…');
    }
    short
}

/// At most so many characters, and whether there are more.
fn cut(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// A text whose control characters, and signs that turn or hide what stands beside them, are seen.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        show(letter, &mut shown);
    }
    shown
}

/// A whole page, of which the text is [`visible`] wherever it comes from; lines keep their ends. What forms send back
/// (attributes, text areas) stays as it is.
pub(crate) fn seen(page: Markup) -> Markup {
    if !page.0.chars().any(|letter| letter != '\n' && hides(letter)) {
        return page;
    }
    let mut shown = String::with_capacity(page.0.len() + 64);
    let mut rest = page.0.as_str();
    while let Some(start) = rest.find('<') {
        let (text, after) = rest.split_at(start);
        show_lines(text, &mut shown);
        let end = if after.starts_with("<textarea") { after.find("</textarea") } else { None };
        let end = end.unwrap_or_else(|| tag_end(after));
        shown.push_str(&after[..end]);
        rest = &after[end..];
    }
    show_lines(rest, &mut shown);
    PreEscaped(shown)
}

fn show_lines(text: &str, shown: &mut String) {
    for letter in text.chars() {
        if letter == '\n' { shown.push(letter) } else { show(letter, shown) }
    }
}

/// The length of the tag that a text begins with; a `>` in quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a letter is not seen, or turns or hides what stands beside it.
const fn hides(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}')
        || letter as u32 & 0xfffe == 0xfffe
}

fn show(letter: char, shown: &mut String) {
    use std::fmt::Write as _;
    match letter {
        '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + letter as u32).unwrap_or('\u{fffd}')),
        '\u{7f}' => shown.push('\u{2421}'),
        // writing to a string cannot fail
        letter if hides(letter) => drop(write!(shown, "⟨U+{:04X}⟩", letter as u32)),
        letter => shown.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_turns_is_seen() {
        assert_eq!(visible("a\tb\0\u{7f}\u{85}"), "a␉b␀␡⟨U+0085⟩");
        assert_eq!(visible("x\u{202e}y\u{feff}"), "x⟨U+202E⟩y⟨U+FEFF⟩");
        assert_eq!(visible("👩\u{200d}🌾 ñ שלום"), "👩\u{200d}🌾 ñ שלום");
    }

    #[test]
    fn on_a_page_text_is_seen_and_what_forms_send_back_stays() {
        let page = "<p title=\"a>\u{202e}\">x\u{202e}\n\t</p><input value=\"\0\"><textarea>\u{202e}</textarea>\u{7f}";
        let shown = seen(PreEscaped(page.to_owned())).into_string();
        let expected = "<p title=\"a>\u{202e}\">x⟨U+202E⟩\n␉</p><input value=\"\0\"><textarea>\u{202e}</textarea>␡";
        assert_eq!(shown, expected);
    }

    #[test]
    fn long_values_are_folded_and_markup_is_text() {
        let long = "<b>".repeat(4_000);
        let shown = told_short(&long).into_string();
        assert!(shown.starts_with("<details class=\"long\"><summary><bdi>&lt;b&gt;"));
        assert_eq!(shown.matches("&lt;").count(), LONG.div_ceil(3) + 4_000);
        assert_eq!(told("a\"<").into_string(), "<bdi>a&quot;&lt;</bdi>");
        assert_eq!(brief("ñandú", 3), "ñan…");
    }
}
