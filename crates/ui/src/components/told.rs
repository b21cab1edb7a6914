//! What data brings, shown harmlessly: names and values that nobody here has chosen.

use maud::{Markup, html};

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
    use std::fmt::Write as _;
    let mut seen = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\0'..='\u{1f}' => seen.push(char::from_u32(0x2400 + letter as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => seen.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' => drop(write!(seen, "⟨U+{:04X}⟩", letter as u32)),
            letter if letter as u32 & 0xfffe == 0xfffe => drop(write!(seen, "⟨U+{:04X}⟩", letter as u32)),
            letter => seen.push(letter),
        }
    }
    seen
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
    fn long_values_are_folded_and_markup_is_text() {
        let long = "<b>".repeat(4_000);
        let shown = told_short(&long).into_string();
        assert!(shown.starts_with("<details class=\"long\"><summary><bdi>&lt;b&gt;"));
        assert_eq!(shown.matches("&lt;").count(), LONG.div_ceil(3) + 4_000);
        assert_eq!(told("a\"<").into_string(), "<bdi>a&quot;&lt;</bdi>");
        assert_eq!(brief("ñandú", 3), "ñan…");
    }
}
