//! What every picture has to be.

use crate::text::width;
use crate::{Chart, NumberFormat, Style, Theme};

/// Names that data may bring.
pub(crate) const HOSTILE: &str = "<script>alert(\"1\")</script>'&\u{0}\u{1b}\u{202e}שלום ]]> with a very long tail 🦀";

struct Box {
    from: (f64, f64),
    to: (f64, f64),
    text: String,
}

/// Draws it in all sizes and themes and looks at each: well-formed, harmless, inside its box, no text upon another.
pub(crate) fn check(chart: &impl Chart) {
    for width in [240.0, 358.0, 480.0, 720.0, 1200.0] {
        for (theme, heading) in [(Theme::Page, false), (Theme::Light, true), (Theme::Dark, true)] {
            let style = Style { width, theme, numbers: NumberFormat::SPANISH, heading };
            look_at(&chart.render(&style), theme);
        }
    }
    let csv = chart.csv();
    let rows = read_csv(&csv);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "ragged: {csv}");
    for cell in rows.iter().flatten() {
        let number = cell.parse::<f64>().is_ok();
        assert!(number || !cell.starts_with(['=', '+', '-', '@']), "formula: {cell}");
        assert!(!cell.contains("NaN") && cell != "inf" && cell != "-inf", "{cell}");
    }
}

/// The number of elements with this name.
pub(crate) fn count(svg: &str, name: &str) -> usize {
    let tree = roxmltree::Document::parse(svg).expect("well-formed");
    tree.descendants().filter(|node| node.tag_name().name() == name).count()
}

fn look_at(svg: &str, theme: Theme) {
    let tree = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let root = tree.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("role")), ("svg", Some("img")));
    assert_eq!(root.first_element_child().map(|child| child.tag_name().name()), Some("title"));
    for forbidden in ["<style", " style=", "<script", "onload", "href", "Infinity", "=\"inf", "=\"NaN"] {
        assert!(!svg.contains(forbidden), "{forbidden} in {svg}");
    }
    assert!(theme == Theme::Page || !svg.contains("var("), "{svg}");
    let view = root.attribute("viewBox").map(numbers).expect("a view box");
    let (left, top, right, bottom) = (view[0], view[1], view[0] + view[2], view[1] + view[3]);
    let inside = |x: f64, y: f64, what: &str| {
        assert!(x >= left - 0.6 && x <= right + 0.6 && y >= top - 0.6 && y <= bottom + 0.6, "({x}, {y}) {what}: {svg}");
    };
    let mut texts: Vec<Box> = Vec::new();
    for node in root.descendants().filter(|node| node.is_element()) {
        let get = |name: &str| node.attribute(name).map_or(0.0, |text| text.parse::<f64>().expect("a number"));
        let name = node.tag_name().name();
        match name {
            "svg" | "title" | "g" => {}
            "rect" => {
                inside(get("x"), get("y"), name);
                inside(get("x") + get("width"), get("y") + get("height"), name);
            }
            "line" => {
                inside(get("x1"), get("y1"), name);
                inside(get("x2"), get("y2"), name);
            }
            "circle" => {
                inside(get("cx") - get("r"), get("cy") - get("r"), name);
                inside(get("cx") + get("r"), get("cy") + get("r"), name);
            }
            "path" => path(node.attribute("d").expect("a path"), |x, y| inside(x, y, name)),
            "text" => {
                let words = node.children().filter(roxmltree::Node::is_text).filter_map(|node| node.text());
                let words = words.collect::<String>();
                let found = |name: &str| node.ancestors().find_map(|node| node.attribute(name));
                let size = found("font-size").map_or(12.0, |size| size.parse().expect("a size"));
                let wide = width(&words, size) * if found("font-weight") == Some("600") { 1.08 } else { 1.0 };
                let from = match found("text-anchor") {
                    None | Some("start") => get("x"),
                    Some("middle") => get("x") - wide / 2.0,
                    Some("end") => get("x") - wide,
                    Some(other) => panic!("{other}"),
                };
                let (top, low) = (get("y") - size * 0.75, get("y") + size * 0.22);
                inside(from, top, &words);
                inside(from + wide, low, &words);
                let here = Box { from: (from, top), to: (from + wide, low), text: words };
                for other in &texts {
                    let apart = here.from.0 >= other.to.0 - 0.5
                        || other.from.0 >= here.to.0 - 0.5
                        || here.from.1 >= other.to.1 - 0.5
                        || other.from.1 >= here.to.1 - 0.5;
                    assert!(apart, "'{}' upon '{}': {svg}", here.text, other.text);
                }
                texts.push(here);
            }
            other => panic!("element {other}"),
        }
    }
}

fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

/// Walks a path of absolute M, L, H, V and Z.
fn path(path: &str, mut visit: impl FnMut(f64, f64)) {
    let (mut x, mut y) = (0.0, 0.0);
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        rest = &rest[1..];
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let values = numbers(&rest[..end]);
        rest = &rest[end..];
        match (command, values[..].as_ref()) {
            ('M' | 'L', &[a, b]) => (x, y) = (a, b),
            ('H', &[a]) => x = a,
            ('V', &[b]) => y = b,
            ('Z', &[]) => continue,
            other => panic!("{other:?} in {path}"),
        }
        visit(x, y);
    }
}

/// The cells of RFC 4180 text.
pub(crate) fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            character => cell.push(character),
        }
    }
    assert!(!quoted && cell.is_empty() && row.is_empty(), "ends in the middle: {text}");
    rows
}
