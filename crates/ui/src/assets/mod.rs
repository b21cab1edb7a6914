//! The style sheet and the script. Their names change with what is in them, so that browsers may keep them for good.

use std::sync::LazyLock;

use tidewheel_domain::Sha256;

/// A file that pages ask for.
#[derive(Debug)]
pub struct Asset {
    path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub text: String,
}

impl Asset {
    fn new(name: &str, end: &str, media_type: &'static str, text: String) -> Self {
        let hash = Sha256::of(text.as_bytes()).to_string();
        Self { path: format!("/ui/assets/{name}-{}.{end}", &hash[..12]), media_type, text }
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The style sheet: that of the decision's page, then that of all pages.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let text = compact(tidewheel_report::STYLE) + &compact(include_str!("style.css"));
    Asset::new("style", "css", "text/css; charset=utf-8", text)
});

/// A style sheet without its comments and the space that only people need.
fn compact(sheet: &str) -> String {
    let parts = sheet.split("*/").map(|part| part.split("/*").next().unwrap_or_default());
    let text = parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    ["{", "}", ";", ","]
        .iter()
        .fold(text, |text, sign| text.replace(&format!(" {sign}"), sign).replace(&format!("{sign} "), sign))
        .replace(": ", ":")
}

/// The script.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("app", "js", "text/javascript; charset=utf-8", include_str!("app.js").to_owned()));

/// The sign of the browser's tab.
pub const ICON: &str = include_str!("icon.svg");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compact_sheet_says_the_same() {
        let sheet =
            "/* a */\n.a, .b > p { color: red; margin: 0 auto }\n@media (width > 1px) { a:hover { top: 0; } }/**/";
        assert_eq!(compact(sheet), ".a,.b > p{color:red;margin:0 auto}@media (width > 1px){a:hover{top:0;}}");
    }

    #[test]
    fn assets_are_small_and_ask_for_nothing() {
        assert!(STYLE.text.len() <= 56 * 1024, "{}", STYLE.text.len());
        assert!(SCRIPT.text.len() <= 12 * 1024, "{}", SCRIPT.text.len());
        for asset in [&*STYLE, &*SCRIPT] {
            assert!(!asset.text.contains("http:") && !asset.text.contains("https:") && !asset.text.contains("@import"));
        }
    }
}
