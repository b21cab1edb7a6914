//! Text inside SVG: harmless, as wide as it is said to be.

/// Text for an element or an attribute: markup escaped, characters that XML forbids or that would reorder what stands
/// around them left out, and right-to-left text isolated.
pub(crate) fn escape(text: &str) -> String {
    let isolate = text.chars().any(runs_left);
    let mut safe = String::with_capacity(text.len() + 8);
    if isolate {
        safe.push('\u{2068}');
    }
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => safe.push(' '),
            character if character.is_control() => {}
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {}
            character => safe.push(character),
        }
    }
    if isolate {
        safe.push('\u{2069}');
    }
    safe
}

/// Whether a character is written from right to left, or says so.
fn runs_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// How wide text is, in pixels. There is no font to ask, so it goes by a wide one (DejaVu Sans): others need less.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

fn em(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        'I' | ' ' | '\u{a0}' | '.' | ',' | ':' | ';' | '!' => 0.33,
        'f' | 't' | 'r' | '-' | '(' | ')' | '[' | ']' | '/' | '"' => 0.4,
        's' | 'c' | 'z' | '_' | 'k' | '·' => 0.56,
        'm' | 'M' | 'W' | '@' | '…' | '%' => 1.0,
        'w' | 'O' | 'Q' | 'G' | 'D' | 'H' | 'N' | 'U' | '−' | '+' | '×' | '→' | '<' | '>' | '=' | '&' => 0.84,
        'A'..='Z' => 0.7,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => 0.0,
        character if character.is_control() => 0.0,
        '\u{1100}'..='\u{11ff}' | '\u{2600}'..='\u{ffff}' | '\u{10000}'.. => 1.1,
        _ => 0.64,
    }
}

/// What fits into so many pixels, with an ellipsis where text was cut.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room - em('…') * size;
    let mut short = String::new();
    for character in text.chars() {
        left -= em(character) * size;
        if left < 0.0 {
            break;
        }
        short.push(character);
    }
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_harmless() {
        assert_eq!(escape("<script>\u{7}\"&'\u{0}\u{85}\u{ffff}"), "&lt;script&gt;&quot;&amp;&#39;");
        assert_eq!(escape("a\u{202e}b"), "\u{2068}ab\u{2069}");
        assert_eq!(escape("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(escape("a\nb"), "a b");
    }

    #[test]
    fn cut_text_fits() {
        assert_eq!(fit("abc", 12.0, 100.0), "abc");
        let cut = fit("a very long name of a column", 12.0, 80.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 80.0, "{cut}");
        assert_eq!(fit("abc", 12.0, 0.0), "…");
    }
}
