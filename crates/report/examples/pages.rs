//! Writes pages of made-up records into a folder: `cargo run -p tidewheel-report --example pages -- FOLDER`.

use std::path::PathBuf;

use tidewheel_domain::timestamp::Timestamp;
use tidewheel_drift::Lang;
use tidewheel_report::{Context, decision_html, decision_markdown, drift_html};

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "pages".to_owned()));
    std::fs::create_dir_all(&folder)?;
    let context = Context {
        decided_at: Some(Timestamp::from_ms(1_795_165_214_000)),
        run_id: Some("7f3a9c41d2".to_owned()),
        model_version: Some("6".to_owned()),
    };
    let mut decisions = support::decisions();
    decisions.push(("hostile", support::hostile_decision()));
    for (name, decision) in decisions {
        for (code, lang) in [("en", Lang::En), ("es", Lang::Es)] {
            let labels = support::labels(lang);
            let html = decision_html(&decision, lang, &labels, &context);
            std::fs::write(folder.join(format!("{name}.{code}.html")), html)?;
            let markdown = decision_markdown(&decision, lang, &labels, &context);
            std::fs::write(folder.join(format!("{name}.{code}.md")), markdown)?;
        }
    }
    let (before, now) = support::file_pair();
    let decision = support::files(&before, &now);
    for (code, lang) in [("en", Lang::En), ("es", Lang::Es)] {
        std::fs::write(folder.join(format!("drift.{code}.html")), drift_html(&decision, lang, &support::labels(lang)))?;
    }
    Ok(())
}
