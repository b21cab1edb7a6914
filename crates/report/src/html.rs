//! A page as one HTML file that needs nothing else: no script, no font, no request. It is well-formed XML, too.

use std::fmt::Write as _;

use tidewheel_domain::timestamp::Timestamp;

use crate::page::{Block, Card, Counts, Page, Picture, Row, Section, Table, Text, Tone, Verdict};
use crate::words::Words;
use crate::{Body, BodySection};

/// Colours and fonts of a page that stands alone, named as those of the pages that a server shows.
const TOKENS: &str = include_str!("tokens.css");

/// The style sheet of a page, to go into its `<style>`.
pub const STYLE: &str = include_str!("page.css");

/// The whole file.
pub(crate) fn document(page: &Page) -> String {
    let words = Words::of(page.lang);
    let title = plain(&page.verdict.headline);
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"/>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\
         <meta name=\"color-scheme\" content=\"light dark\"/><meta name=\"referrer\" content=\"no-referrer\"/>\
         <title>{}</title><style>{TOKENS}{STYLE}</style></head>\n<body><main class=\"tw-page\">{}\n\
         <footer><p>{}</p><p>{}</p></footer></main></body></html>\n",
        words.code,
        escape(&title),
        body(page),
        escape(words.footing),
        escape(words.made_by),
    )
}

/// What stands within `<main>`.
fn body(page: &Page) -> String {
    let words = Words::of(page.lang);
    let Body { verdict: mut html, sections } = parts(page);
    if sections.len() > 3 {
        let _ = write!(html, "\n<nav aria-label=\"{}\"><ul>", escape(words.on_this_page));
        for section in &sections {
            let _ = write!(html, "<li><a href=\"#{}\">{}</a></li>", section.id, escape(section.title));
        }
        html.push_str("</ul></nav>");
    }
    html.push_str("\n<div class=\"sections\">");
    html.extend(sections.into_iter().map(|section| section.html));
    html.push_str("</div>");
    html
}

/// The same in parts.
pub(crate) fn parts(page: &Page) -> Body {
    let section = |(place, section): (usize, &Section)| BodySection {
        id: section.id,
        title: section.title,
        html: one_section(section, is_half(&page.sections, place)),
    };
    Body {
        verdict: verdict(page.kind, &page.verdict),
        sections: page.sections.iter().enumerate().map(section).collect(),
    }
}

/// Whether a section is one of two beside each other: of several halves in a row the last stands alone when it is odd.
fn is_half(sections: &[Section], place: usize) -> bool {
    let before = sections[..place].iter().rev().take_while(|section| section.half).count();
    let after = sections[place..].iter().take_while(|section| section.half).count();
    sections[place].half && (before % 2 == 1 || after > 1)
}

fn verdict(kind: &str, verdict: &Verdict) -> String {
    let tone = match verdict.tone {
        Tone::Train => "train",
        Tone::Skip => "skip",
        Tone::Ask => "ask",
    };
    let mut html = format!(
        "<header class=\"verdict {tone}\"><p class=\"about\"><span class=\"chip\">{}</span>",
        escape(verdict.chip)
    );
    for (name, about) in &verdict.about {
        let _ = write!(html, "<span><span class=\"k\">{}</span> {}</span>", escape(name), text(about));
    }
    let _ = write!(html, "</p><p class=\"kind\">{}</p><h1>{}</h1>", escape(kind), inline(&verdict.headline));
    for lead in &verdict.lead {
        let _ = write!(html, "<p class=\"lead\">{}</p>", inline(lead));
    }
    if !verdict.figures.is_empty() {
        html.push_str("<dl class=\"figures\">");
        for figure in &verdict.figures {
            let _ = write!(
                html,
                "<div><dt>{}</dt><dd class=\"v\">{}</dd><dd class=\"n\">{}</dd></div>",
                escape(figure.label),
                inline(&figure.value),
                inline(&figure.note)
            );
        }
        html.push_str("</dl>");
    }
    html.push_str("</header>");
    html
}

fn one_section(section: &Section, half: bool) -> String {
    let id = section.id;
    let mut html = format!(
        "\n<section id=\"{id}\" aria-labelledby=\"t-{id}\"{}><h2 id=\"t-{id}\">{}</h2>",
        if half { " class=\"half\"" } else { "" },
        escape(section.title)
    );
    if !section.lead.is_empty() {
        let _ = write!(html, "<p class=\"sub\">{}</p>", inline(&section.lead));
    }
    html += &all(&section.blocks, |one| block(one, section.title));
    html += "</section>";
    html
}

fn block(block: &Block, title: &str) -> String {
    match block {
        Block::Heading(title) => format!("<h3>{}</h3>", escape(title)),
        Block::Text(text) => format!("<p>{}</p>", inline(text)),
        Block::Quiet(text) => format!("<p class=\"quiet\">{}</p>", inline(text)),
        Block::List(items) => {
            format!("<ol class=\"ways\">{}</ol>", all(items, |item| format!("<li><span>{}</span></li>", inline(item))))
        }
        Block::Table(one) => table(one, title),
        Block::Facts(facts) => {
            let fact = |(name, value): &(String, Text)| {
                format!("<div><dt>{}</dt><dd>{}</dd></div>", inline(name), text(value))
            };
            format!("<dl class=\"facts\">{}</dl>", all(facts, fact))
        }
        Block::Picture(one) => picture(one),
        Block::Cards(cards) => format!("<ol class=\"cards\">{}</ol>", all(cards, card)),
        Block::Grid(cards) => format!("<ul class=\"grid\">{}</ul>", all(cards, card)),
        Block::Folded(title, blocks) => {
            let inner = all(blocks, |one| self::block(one, title));
            format!("<details><summary>{}</summary>{inner}</details>", escape(title))
        }
    }
}

/// Blocks under headings of the third order.
pub(crate) fn blocks(blocks: &[Block], title: &str) -> String {
    all(blocks, |one| block(one, title))
}

/// Each of them written, one after the other.
fn all<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    items.iter().map(write).collect()
}

fn card(card: &Card) -> String {
    let tag =
        card.tag.as_ref().map(|(tag, times)| format!("<span class=\"tag h{}\">{}</span>", heat(*times), inline(tag)));
    format!(
        "<li class=\"card\"><div class=\"words\"><div class=\"title\"><h3>{}</h3>{}</div>{}</div>{}</li>",
        text(&card.name),
        tag.unwrap_or_default(),
        all(&card.blocks, |one| block(one, "")),
        card.picture.as_ref().map(picture).unwrap_or_default()
    )
}

/// The step of the colours of drift, in multiples of the bound.
fn heat(times: f64) -> usize {
    [0.5, 1.0, 2.0, 4.0, 8.0].iter().filter(|step| times >= **step).count()
}

fn picture(picture: &Picture) -> String {
    if picture.narrow.is_empty() {
        return format!("<figure>{}</figure>", picture.wide);
    }
    format!("<figure><div class=\"wide\">{}</div><div class=\"narrow\">{}</div></figure>", picture.wide, picture.narrow)
}

fn table(table: &Table, title: &str) -> String {
    let class = |figures: bool| if figures { " class=\"r\"" } else { "" };
    let head = all(&table.head, |head| format!("<th scope=\"col\"{}>{}</th>", class(head.figures), text(&head.title)));
    let row = |row: &Row| {
        let cells = row.cells.iter().zip(&table.head).enumerate().map(|(place, (cell, head))| {
            // The first cell says what its row is about.
            let (open, close) = if place == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            let label = escape(&said(&head.title));
            format!("<{open}{} data-label=\"{label}\">{}</{close}>", class(head.figures), text(cell))
        });
        let strong = if row.strong { " class=\"strong\"" } else { "" };
        format!("<tr{strong}>{}</tr>", cells.collect::<String>())
    };
    let caption = if title.is_empty() { String::new() } else { format!("<caption>{}</caption>", escape(title)) };
    // Few columns need not lie far apart.
    let slim = if table.head.len() <= 3 { " class=\"slim\"" } else { "" };
    format!(
        "<div class=\"scroll\"><table{slim}>{caption}<thead><tr>{head}</tr></thead><tbody>{}</tbody></table></div>",
        all(&table.rows, row)
    )
}

fn text(text: &Text) -> String {
    match text {
        Text::Words(words) => inline(words),
        Text::Name(name) => format!("<bdi>{}</bdi>", escape(name)),
        Text::Code(code) => format!("<code>{}</code>", escape(code)),
        Text::Time(time) => format!("<time datetime=\"{time}\">{}</time>", moment(*time)),
        Text::Mark(true, word) => format!("<span class=\"yes\">✓ {}</span>", escape(word)),
        Text::Mark(false, word) => format!("<span class=\"no\">✗ {}</span>", escape(word)),
        Text::Verdict(Counts::Yes, word) => format!("<span class=\"counts\">● {}</span>", escape(word)),
        Text::Verdict(Counts::No, word) => format!("<span class=\"no\">○ {}</span>", escape(word)),
        Text::Verdict(Counts::Open, word) => format!("<span class=\"open\">? {}</span>", escape(word)),
        Text::Heat(text, times) => format!("<span class=\"tag h{}\">{}</span>", heat(*times), escape(text)),
        Text::Nothing => "–".to_owned(),
    }
}

/// The words of a text alone.
fn said(text: &Text) -> String {
    match text {
        Text::Words(text) | Text::Name(text) | Text::Code(text) | Text::Heat(text, _) => text.clone(),
        Text::Time(time) => moment(*time),
        Text::Mark(_, word) | Text::Verdict(_, word) => (*word).to_owned(),
        Text::Nothing => String::new(),
    }
}

/// A moment as people write it, to the minute.
pub(crate) fn moment(time: Timestamp) -> String {
    let text = time.to_string();
    match (text.get(..10), text.get(11..16), text.as_bytes().get(10)) {
        (Some(day), Some(minute), Some(b'T')) => format!("{day} {minute} UTC"),
        _ => text,
    }
}

/// A sentence: what stands between backquotes is code, and a figure keeps to its unit.
fn inline(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    let mut html = String::with_capacity(sentence.len() + 32);
    for (place, part) in parts.iter().enumerate() {
        // Without its partner a backquote is one.
        let alone = place + 1 == parts.len() && place % 2 == 1;
        match (place % 2, alone) {
            (1, false) => {
                let _ = write!(html, "<code>{}</code>", escape(part));
            }
            (_, alone) => {
                if alone {
                    html.push('`');
                }
                html.push_str(&escape(&part.replace(" %", "\u{a0}%").replace(" ×", "\u{a0}×")));
            }
        }
    }
    html
}

/// A sentence without its marks.
fn plain(sentence: &str) -> String {
    sentence.replace('`', "")
}

/// Text for an element or an attribute. What would end a tag is escaped; characters that XML forbids or that reorder what
/// stands around them are left out, but for the isolates that [`tidewheel_drift::prose::shown`] sets.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => safe.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}' | '\u{fffe}' | '\u{ffff}' => {}
            character if character.is_control() => {}
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_harmless_and_their_code_is_closed() {
        assert_eq!(inline("a `b` 5 % <c>"), "a <code>b</code> 5\u{a0}% &lt;c&gt;");
        assert_eq!(inline("a ` b"), "a ` b");
        assert_eq!(inline("`a` b ` c"), "<code>a</code> b ` c");
        assert_eq!(escape("\u{0}\u{202e}\"'\u{7f}\n"), "&quot;&#39; ");
    }

    #[test]
    fn moments_are_short() {
        assert_eq!(moment(Timestamp::from_ms(0)), "1970-01-01 00:00 UTC");
        assert_eq!(moment(Timestamp::from_ms(i64::MAX)), format!("{} ms since 1970", i64::MAX));
    }

    #[test]
    fn halves_stand_in_pairs() {
        let section = |half| Section { half, ..Section::new("a", "a", "", Vec::new()) };
        let places = |halves: &[bool]| {
            let sections: Vec<Section> = halves.iter().map(|half| section(*half)).collect();
            (0..sections.len()).map(|place| is_half(&sections, place)).collect::<Vec<_>>()
        };
        assert_eq!(places(&[true, true, true]), [true, true, false]);
        assert_eq!(places(&[true, false, true, true]), [false, false, true, true]);
    }
}
