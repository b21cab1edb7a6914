//! Pages are well-formed, need nothing else, say only what the record says, and are harmless.

mod support;

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;
use support::{decisions, file_pair, files, full, hostile_decision, hostile_pair, labels};
use tidewheel_domain::decision::{ColumnLabels, Decision};
use tidewheel_domain::timestamp::Timestamp;
use tidewheel_drift::Lang;
use tidewheel_report::words::PAIRS;
use tidewheel_report::{
    Context, decision_body, decision_html, decision_markdown, drift_html, drift_markdown, effects_svg,
};

const LANGS: [Lang; 2] = [Lang::En, Lang::Es];

fn context() -> Context {
    Context {
        decided_at: Some(Timestamp::from_ms(1_795_165_214_000)),
        run_id: Some("7f3a9c41d2".to_owned()),
        model_version: Some("6".to_owned()),
    }
}

fn page(decision: &Decision, lang: Lang) -> String {
    decision_html(decision, lang, &labels(lang), &context())
}

fn drift_decision() -> Decision {
    let (before, now) = file_pair();
    files(&before, &now)
}

/// Every page with what it is of.
fn pages() -> Vec<(String, Lang, Value, String)> {
    let mut pages = Vec::new();
    for (name, decision) in decisions() {
        let record = serde_json::to_value(&decision).expect("serialises");
        pages.extend(LANGS.map(|lang| (name.to_owned(), lang, record.clone(), page(&decision, lang))));
    }
    let decision = drift_decision();
    let record = serde_json::to_value(&decision).expect("serialises");
    let html = |lang| drift_html(&decision, lang, &labels(lang));
    pages.extend(LANGS.map(|lang| ("drift".to_owned(), lang, record.clone(), html(lang))));
    pages
}

fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).unwrap_or_else(|error| panic!("{error}"))
}

/// The texts of a page, without those within some elements.
fn texts(node: Node<'_, '_>, without: &[&str], found: &mut String) {
    for child in node.children() {
        if child.is_text() {
            *found += child.text().unwrap_or_default();
            found.push(' ');
        } else if child.is_element() && !without.contains(&child.tag_name().name()) {
            texts(child, without, found);
        }
    }
}

fn visible(html: &str, without: &[&str]) -> String {
    let document = parsed(html);
    let body = document.descendants().find(|node| node.has_tag_name("body")).expect("a body");
    let mut found = String::new();
    texts(body, without, &mut found);
    found
}

fn sections(html: &str) -> Vec<String> {
    let document = parsed(html);
    let sections = document.descendants().filter(|node| node.has_tag_name("section"));
    sections.map(|section| section.attribute("id").expect("an anchor").to_owned()).collect()
}

/// A page is XML, asks for nothing and runs nothing.
fn check(name: &str, html: &str) {
    assert!(html.starts_with("<!DOCTYPE html>\n"), "{name}");
    let document = parsed(html);
    let mut ids = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        let tag = node.tag_name().name();
        assert!(
            !["script", "iframe", "object", "embed", "link", "base", "form", "img", "image", "use"].contains(&tag),
            "{name}: {tag}"
        );
        for attribute in node.attributes() {
            let (key, value) = (attribute.name(), attribute.value());
            assert!(!key.starts_with("on") && !["src", "style", "srcset", "action"].contains(&key), "{name}: {key}");
            assert!(key != "href" || value.starts_with('#'), "{name}: {value}");
            if ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d", "width", "height", "viewBox"].contains(&key) {
                assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {key} {value}");
            }
        }
        ids.extend(node.attribute("id"));
    }
    for link in document.descendants().filter_map(|node| node.attribute("href")) {
        assert!(ids.contains(&&link[1..]), "{name}: {link} leads nowhere");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{name}: an id stands twice");
    let style = document.descendants().find(|node| node.has_tag_name("style")).and_then(|node| node.text());
    let style = style.expect("a style sheet");
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("//"), "{name}");
    let said = visible(html, &[]);
    let mut words = said.split(|c: char| !c.is_alphanumeric());
    assert!(!words.any(|word| ["NaN", "inf", "Infinity", "None", "Some"].contains(&word)), "{name}");
}

#[test]
fn every_page_is_one_sound_file() {
    for (name, _, _, html) in pages() {
        check(&name, &html);
        assert!(!html.contains("{}"), "{name}: a place was not filled");
        assert!(html.len() < 400_000, "{name}: {} bytes", html.len());
    }
}

#[test]
fn a_section_stands_where_its_data_does() {
    for (name, decision) in decisions() {
        let found = sections(&page(&decision, Lang::En));
        let tested = !decision.report.columns.is_empty();
        let expected = [
            ("causes", tested),
            ("cost", decision.error.is_some()),
            ("target", decision.target_mean.is_some()),
            ("examples", !decision.examples.is_empty()),
            ("otherwise", !decision.counterfactuals.is_empty()),
            ("rules", tested),
            ("not-reasons", !decision.not_reasons.is_empty()),
            ("unseen", !decision.unseen.is_empty()),
            ("irrelevant", !decision.irrelevant.is_empty()),
            ("references", !decision.other_references.is_empty()),
            ("answer", decision.answer.is_some()),
            ("afterwards", decision.afterwards.is_some()),
            ("evidence", tested),
            ("inputs", true),
        ];
        for (section, there) in expected {
            assert_eq!(found.iter().any(|one| one == section), there, "{name}: {section} in {found:?}");
        }
        assert_eq!(found.len(), expected.iter().filter(|(_, there)| *there).count(), "{name}: {found:?}");
    }
    let all = decisions();
    let some = |has: fn(&Decision) -> bool| assert!(all.iter().any(|(_, decision)| has(decision)));
    some(|decision| !decision.unseen.is_empty());
    some(|decision| !decision.irrelevant.is_empty());
    some(|decision| !decision.not_reasons.is_empty());
    some(|decision| decision.afterwards.is_some() && !decision.examples.is_empty());
    some(|decision| decision.error.as_ref().is_some_and(|error| !error.segments.is_empty()));
    for subject in ["column", "pair", "segment", "relation"] {
        let of = |decision: &Decision| {
            decision.causes.iter().any(|cause| serde_json::to_value(cause.subject).expect("serialises") == subject)
        };
        assert!(all.iter().any(|(_, decision)| of(decision)), "no record with a cause about a {subject}");
    }
}

#[test]
fn each_cause_has_its_card_and_its_picture() {
    for (name, decision) in decisions() {
        let html = page(&decision, Lang::En);
        let document = parsed(&html);
        let lists = document.descendants().filter(|node| node.attribute("class") == Some("cards"));
        let cards: Vec<Node<'_, '_>> = lists.flat_map(|list| list.children()).collect();
        assert_eq!(cards.len(), decision.causes.len().min(8), "{name}");
        for card in cards {
            let pictures = card.descendants().filter(|node| node.has_tag_name("svg")).count();
            assert_eq!(pictures, 2, "{name}: a wide and a narrow one");
        }
    }
}

#[test]
fn a_language_holds_no_words_of_the_other() {
    let says = |text: &str, words: &str| {
        text.match_indices(words).any(|(at, _)| {
            let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
            !letter(text[..at].chars().next_back()) && !letter(text[at + words.len()..].chars().next())
        })
    };
    for (name, lang, _, html) in pages() {
        let text = visible(&html, &["bdi", "code"]);
        for (english, spanish) in PAIRS {
            let (own, other) = if lang == Lang::En { (english, spanish) } else { (spanish, english) };
            if own == other {
                continue;
            }
            for part in other.split("{}").map(|part| part.trim_matches([' ', ',', '.', ':', ';', '(', ')'])) {
                let shared = PAIRS.iter().any(|(english, spanish)| {
                    let own = if lang == Lang::En { english } else { spanish };
                    says(own, part)
                });
                if part.chars().count() >= 4 && !shared {
                    assert!(!says(&text, part), "{name} {lang:?}: '{part}'");
                }
            }
        }
    }
}

/// Every number in a JSON document.
fn numbers_of(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(values) => values.iter().for_each(|value| numbers_of(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| numbers_of(value, found)),
        // Versions are texts.
        Value::String(text) => found.extend(text.parse::<f64>()),
        _ => {}
    }
}

/// Takes out what stands in quotation marks: names of the record, not numbers.
fn without_names(text: &str) -> String {
    let mut plain = String::new();
    let mut until = None;
    for c in text.chars() {
        match until {
            Some(end) if c == end => until = None,
            Some(_) => {}
            None => match c {
                '“' => until = Some('”'),
                '«' => until = Some('»'),
                c => plain.push(c),
            },
        }
    }
    plain
}

/// The numbers of a text with the unit in the last place of each.
fn numbers_in(text: &str, lang: Lang) -> Vec<(f64, f64)> {
    let (group, point) = if lang == Lang::En { (',', '.') } else { ('.', ',') };
    let mut found = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || "();:[]→·".contains(c)) {
        let word = word.trim_end_matches([',', '.', ';']).trim_start_matches('+').replace('−', "-");
        if !word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let standard: String = word.chars().filter(|&c| c != group).map(|c| if c == point { '.' } else { c }).collect();
        let value: f64 = standard.parse().unwrap_or_else(|_| panic!("'{word}' in: {text}"));
        let (mantissa, exponent) = standard.split_once('e').unwrap_or((&standard, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len()) as i32;
        let exponent: i32 = exponent.parse().expect("an exponent");
        found.push((value, 10f64.powi(exponent - decimals)));
    }
    found
}

fn fits(known: &[f64], value: f64, unit: f64) -> bool {
    // Of the smallest numbers a computer knows there are few digits.
    let near = |x: f64| (x - value).abs() <= 0.5000001 * unit || (value.abs() < 1e-300 && x.abs() < 1e-300);
    known.iter().any(|&x| near(x) || near(100.0 * x))
}

#[test]
fn every_number_is_one_of_the_record() {
    for (name, lang, record, html) in pages() {
        let mut known = Vec::new();
        numbers_of(&record, &mut known);
        let text = without_names(&visible(&html, &["svg", "bdi", "code", "time"]));
        let numbers = numbers_in(&text, lang);
        assert!(!numbers.is_empty(), "{name}");
        for (value, unit) in numbers {
            assert!(fits(&known, value, unit), "{name} {lang:?}: {value} is not in the record: {text}");
        }
    }
}

#[test]
fn a_changed_record_changes_the_page() {
    let decision = full(3000, support::Changes { shift: 0.5, one_region: 0.6, mix: 0.4, ..Default::default() });
    let before = page(&decision, Lang::Es);
    let mut changed = decision.clone();
    changed.causes[0].cost = Some(0.77);
    changed.not_reasons.clear();
    changed.report.columns[2].tests[0].p_adjusted = 0.123;
    assert_ne!(before, page(&changed, Lang::Es));
    assert!(page(&changed, Lang::Es).contains("0,123"));
    assert!(!sections(&page(&changed, Lang::Es)).contains(&"not-reasons".to_owned()));
}

#[test]
fn what_data_brings_is_harmless() {
    let decision = hostile_decision();
    let (before, now) = hostile_pair();
    let compared = files(&before, &now);
    let none = ColumnLabels::new();
    for lang in LANGS {
        let pages = [decision_html(&decision, lang, &none, &context()), drift_html(&compared, lang, &none)];
        for html in pages {
            check("hostile", &html);
            assert!(!html.contains("<script") && !html.contains("</style></svg>"));
            assert!(!html.chars().any(|c| c.is_control() && c != '\n') && !html.contains('\u{202e}'));
            assert!(html.matches("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx").count() < 400);
            // The reason of a person is told in full, once; all other texts are cut.
            assert!(html.len() < 500_000, "{} bytes", html.len());
        }
        let texts = [decision_markdown(&decision, lang, &none, &context()), drift_markdown(&compared, lang, &none)];
        for markdown in texts {
            let outside: String = markdown.split('`').step_by(2).collect();
            assert!(!outside.contains("<script") && !outside.contains('<'), "{outside}");
            assert!(!outside.replace("\\]", "").contains("]("), "{outside}");
        }
        let svg = effects_svg(&compared, lang, &none);
        Document::parse(&svg).expect("sound");
        assert!(!svg.contains("<script"));
    }
}

#[test]
fn markdown_has_the_same_sections_and_tables_that_hold_together() {
    for (name, decision) in decisions() {
        for lang in LANGS {
            let markdown = decision_markdown(&decision, lang, &labels(lang), &context());
            let headings = markdown.lines().filter(|line| line.starts_with("## ")).count();
            assert_eq!(headings, sections(&page(&decision, lang)).len(), "{name}");
            assert!(markdown.starts_with("# ") && !markdown.contains("<svg") && !markdown.contains("NaN"));
            let mut width = None;
            for line in markdown.lines() {
                if !line.starts_with('|') {
                    width = None;
                    continue;
                }
                let cells = line.replace("\\|", "").matches('|').count();
                assert_eq!(*width.get_or_insert(cells), cells, "{name}: {line}");
            }
        }
    }
}

#[test]
fn the_body_is_that_of_the_whole_page() {
    let (_, decision) = decisions().swap_remove(0);
    let body = decision_body(&decision, Lang::En, &labels(Lang::En), &context());
    let page = page(&decision, Lang::En);
    assert!(page.contains(&body.verdict));
    let ids = body.sections.iter().map(|section| section.id).filter(|id| *id != "segments");
    assert_eq!(ids.collect::<Vec<_>>(), sections(&page));
    let html = body.sections.iter().map(|section| section.html.as_str()).collect::<String>();
    assert!(html.len() < page.len() * 3 / 4 && !html.contains(", #"), "its pictures are short");
    let classes = html.split('<').map(|tag| tag.split('>').next().unwrap_or_default().matches(" class=").count());
    assert!(classes.into_iter().all(|classes| classes <= 1), "an element has one class");
}
