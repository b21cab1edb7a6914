//! A page as Markdown (CommonMark with tables). Pictures are left out: their figures are in the text.

use std::fmt::Write as _;

use crate::html::moment;
use crate::page::{Block, Card, Counts, Page, Table, Text};
use crate::words::Words;

pub(crate) fn document(page: &Page) -> String {
    let verdict = &page.verdict;
    let mut md = format!("# {}\n\n**{}**", inline(&verdict.headline), escape(verdict.chip));
    for (name, about) in &verdict.about {
        let _ = write!(md, " · {} {}", escape(name), text(about));
    }
    md.push_str("\n\n");
    for lead in &verdict.lead {
        let _ = write!(md, "{}\n\n", inline(lead));
    }
    for figure in &verdict.figures {
        let _ = writeln!(md, "- {}: **{}** {}", escape(figure.label), inline(&figure.value), inline(&figure.note));
    }
    for section in &page.sections {
        let _ = write!(md, "\n## {}\n\n", escape(section.title));
        if !section.lead.is_empty() {
            let _ = write!(md, "{}\n\n", inline(&section.lead));
        }
        md.extend(section.blocks.iter().map(block));
    }
    let _ = write!(md, "\n---\n\n{}\n", escape(Words::of(page.lang).made_by));
    // Blank lines stand alone.
    while md.contains("\n\n\n") {
        md = md.replace("\n\n\n", "\n\n");
    }
    md
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(title) => format!("\n### {}\n\n", escape(title)),
        Block::Text(text) | Block::Quiet(text) => format!("{}\n\n", inline(text)),
        Block::List(items) => {
            let items = items.iter().enumerate().map(|(place, item)| format!("{}. {}\n", place + 1, inline(item)));
            items.collect::<String>() + "\n"
        }
        Block::Table(one) => table(one),
        Block::Facts(facts) => {
            let facts = facts.iter().map(|(name, value)| format!("- {}: {}\n", inline(name), text(value)));
            facts.collect::<String>() + "\n"
        }
        Block::Picture(_) => String::new(),
        Block::Cards(cards) => cards.iter().map(card).collect(),
        Block::Grid(cards) => cards.iter().filter(|card| !card.blocks.is_empty()).map(card).collect(),
        Block::Folded(title, blocks) => {
            format!("\n### {}\n\n{}", escape(title), blocks.iter().map(self::block).collect::<String>())
        }
    }
}

fn card(card: &Card) -> String {
    let tag = card.tag.as_ref().map(|(tag, _)| format!(" ({})", inline(tag))).unwrap_or_default();
    let blocks: String = card.blocks.iter().map(block).collect();
    format!("\n#### {}{tag}\n\n{blocks}", text(&card.name))
}

fn table(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut md = line(table.head.iter().map(|head| text(&head.title)).collect());
    md += &line(table.head.iter().map(|head| if head.figures { "---:" } else { "---" }.to_owned()).collect());
    for row in &table.rows {
        let cell = |cell: &Text| {
            // A bar ends a cell even within code.
            let text = text(cell).replace("\\|", "|").replace('|', "\\|");
            if row.strong && !text.is_empty() { format!("**{text}**") } else { text }
        };
        md += &line(row.cells.iter().map(cell).collect());
    }
    md + "\n"
}

fn text(text: &Text) -> String {
    match text {
        Text::Words(words) => inline(words),
        Text::Name(name) => escape(name),
        Text::Code(text) => code(text),
        Text::Time(time) => moment(*time),
        Text::Mark(true, word) => format!("✓ {}", escape(word)),
        Text::Mark(false, word) => format!("✗ {}", escape(word)),
        Text::Verdict(Counts::Yes, word) => format!("● {}", escape(word)),
        Text::Verdict(Counts::No, word) => format!("○ {}", escape(word)),
        Text::Verdict(Counts::Open, word) => format!("? {}", escape(word)),
        Text::Heat(text, _) => escape(text),
        Text::Nothing => "–".to_owned(),
    }
}

/// A sentence: what stands between backquotes stays code.
fn inline(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    let mut md = String::with_capacity(sentence.len() + 16);
    for (place, part) in parts.iter().enumerate() {
        let alone = place + 1 == parts.len() && place % 2 == 1;
        match (place % 2, alone) {
            (1, false) => md.push_str(&code(part)),
            (_, true) => {
                md.push_str("\\`");
                md.push_str(&escape(part));
            }
            (_, false) => md.push_str(&escape(part)),
        }
    }
    md
}

/// Code on one line, whatever it holds.
fn code(text: &str) -> String {
    let text: String = text.chars().filter_map(visible).map(|c| if c == '`' { '\'' } else { c }).collect();
    // An empty pair would be read for two backquotes.
    if text.trim().is_empty() { String::new() } else { format!("`{}`", text.trim()) }
}

/// Text without meaning to Markdown or HTML.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut start = true;
    for character in text.chars().filter_map(visible) {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                safe.push('\\');
                safe.push(character);
            }
            '#' | '-' | '+' | '=' if start => {
                safe.push('\\');
                safe.push(character);
            }
            character => safe.push(character),
        }
        start = false;
    }
    safe
}

/// A character on one line, or none.
fn visible(character: char) -> Option<char> {
    match character {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}' => None,
        character if character.is_control() => None,
        character => Some(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_means_nothing_to_markdown() {
        assert_eq!(escape("# <b> *a* [x](y) |\n"), "\\# &lt;b&gt; \\*a\\* \\[x\\](y) \\| ");
        assert_eq!(inline("a_b `c_d` e"), "a\\_b `c_d` e");
        assert_eq!(inline("a ` b"), "a \\` b");
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        let mut one = Table::new(&[("a", false)]);
        one.row(vec![Text::Code("x | y".into())]);
        one.row(vec![Text::Name("x | y".into())]);
        assert_eq!(table(&one), "| a |\n| --- |\n| `x \\| y` |\n| x \\| y |\n\n");
    }
}
