//! Text and numbers inside SVG.

/// Text that is safe inside an element or an attribute. Control characters are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            character if character.is_control() => {}
            character => safe.push(character),
        }
    }
    safe
}

/// At most `limit` characters, with an ellipsis where text was cut.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// Three to six round numbers that cover a range; `None` of an empty or endless one.
pub(crate) fn ticks(low: f64, high: f64) -> Option<Vec<f64>> {
    if !(low.is_finite() && high.is_finite() && low < high) {
        return None;
    }
    let raw = (high - low) / 4.0;
    let magnitude = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * magnitude).into_iter().find(|step| *step >= raw)?;
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    Some((first..=last).map(|place| place as f64 * step).collect())
}

/// A number without needless digits.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.replace('-', "\u{2212}") }
}

/// The style of all pictures: readable on light and on dark ground, without a style sheet of the page.
pub(crate) const STYLE: &str = "<style>text{font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:12px;\
fill:#111a29}.m{fill:#5d6a83}.h{font-size:14px;font-weight:600}.g{stroke:#e3e7ee}.c{stroke:#1559c7;stroke-width:2}\
.d{fill:#1559c7}.o{fill:#fff;stroke:#5d6a83;stroke-width:1.5}.r{stroke:#8390a6;stroke-width:2}\
.b{stroke:#a94f00;stroke-width:1.5;stroke-dasharray:5 4}.bt{fill:#a94f00}.p{fill:none;stroke:#1559c7;stroke-width:1.5}\
.s{fill:#fff}</style>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_harmless() {
        assert_eq!(escape("<script>\u{7}\"&'"), "&lt;script&gt;&quot;&amp;&#39;");
        assert_eq!(shorten("abcdef", 4), "abc…");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.31, 0.84), Some(vec![0.4, 0.6000000000000001, 0.8]));
        assert_eq!(ticks(1.0, 1.0), None);
        assert_eq!(ticks(f64::NAN, 1.0), None);
    }
}
