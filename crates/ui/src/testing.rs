//! What the tests of pages share.

use tidewheel_domain::Timestamp;
use tidewheel_drift::Lang;

use crate::frame::{Frame, Theme};

/// Both languages.
pub(crate) const LANGS: [Lang; 2] = [Lang::En, Lang::Es];

/// Names that data could bring.
pub(crate) fn hostile() -> Vec<String> {
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg/onload=alert(1)>",
        "</td></table><!-- ",
        "&lt;b&gt;&#0;",
        "nul\0 bell\u{7} line\nfeed\ttab \u{85}",
        "turned \u{202e}txet\u{2066} \u{200f}",
        "👩\u{200d}🌾 שלום مرحبا",
        "{n} {rows} %s ${x}",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([format!("<i>{}", "long".repeat(2_500))])
    .collect()
}

/// Who asks.
pub(crate) fn frame(lang: Lang) -> Frame {
    Frame {
        lang,
        theme: Theme::System,
        path: "/ui/?a=\"><script>alert(1)</script>".to_owned(),
        project: "<b>p\"".to_owned(),
        model: "m<b>".to_owned(),
        waiting: 0,
        running: None,
        production: Some(1),
        token: "0".repeat(32),
        state: "1".to_owned(),
        now: Timestamp::from_ms(1_795_642_012_249),
    }
}

/// Elements that have no end.
const VOID: [&str; 6] = ["meta", "link", "input", "br", "img", "hr"];

/// Fails unless every element ends where it should, no text of data has become markup, and nothing that cannot be seen
/// is left in it.
#[track_caller]
pub(crate) fn check(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a loose '>' in {text:?}");
        let tag_end = tag_end(after);
        let (tag, next) = after.split_at(tag_end);
        rest = next.strip_prefix('>').unwrap_or_else(|| panic!("an open tag: {}", &after[..after.len().min(80)]));
        if tag.starts_with('!') {
            continue;
        }
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "an element {name:?}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "elements cross before {}", &rest[..rest.len().min(120)]);
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
        attributes(tag);
    }
    assert!(open.is_empty(), "never ended: {open:?}");
    assert!(!html.contains("<img") && !html.contains("<svg/"), "data became markup");
    assert_eq!(html.matches("<script").count(), 1, "only the page's own script");
    let hidden = |letter: char| {
        (letter.is_control() && letter != '\n')
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}' | '\u{200f}')
    };
    let found = html.char_indices().find(|(_, letter)| hidden(*letter));
    assert!(
        found.is_none(),
        "{found:?}: {}",
        found.map_or("", |(at, _)| html.get(at.saturating_sub(60)..at).unwrap_or(""))
    );
}

/// Where a tag ends; a `>` in quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// No attribute runs a script or carries a style, and no name stands twice.
#[track_caller]
fn attributes(tag: &str) {
    let outside: String = tag.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
    for name in
        outside.split_whitespace().skip(1).filter_map(|part| part.split(['=', '"']).find(|name| !name.is_empty()))
    {
        assert!(!name.starts_with("on") && name != "style", "an attribute {name} in {tag}");
    }
}
