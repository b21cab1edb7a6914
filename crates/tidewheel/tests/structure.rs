//! The shape of the workspace: imports go one way, and only the project file knows the domain.

use std::fs;
use std::path::{Path, PathBuf};

/// Which crates of the workspace each crate may import, in the data's order.
///
/// `drift` draws in an example what it measures of itself; nothing in its library does.
const MAY_IMPORT: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("drift", &["domain", "chart"]),
    ("boost", &[]),
    ("chart", &[]),
    ("report", &["domain", "drift", "chart"]),
    ("ui", &["domain", "drift", "chart", "report"]),
    ("data", &["domain"]),
    ("registry", &["domain"]),
    ("pipeline", &["domain", "drift", "boost", "chart", "report", "data", "registry"]),
    ("serve", &["domain", "drift", "boost", "chart", "report", "ui", "data", "registry"]),
    ("tidewheel", &["domain", "drift", "boost", "chart", "report", "ui", "data", "registry", "pipeline", "serve"]),
];

/// Crates that compute and do nothing else.
const PURE: [&str; 6] = ["domain", "drift", "boost", "chart", "report", "ui"];

/// What a pure crate may not carry.
const IMPURE: [&str; 6] = ["tokio", "sqlx", "axum", "object_store", "reqwest", "hyper"];

/// Words of the bundled project's domain.
const DOMAIN_WORDS: [&str; 9] =
    ["house", "houses", "house_size", "price", "bed", "bath", "acre_lot", "zip_code", "California"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crates' folder").to_owned()
}

/// The names of all dependencies in a manifest, of every kind and target.
fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let mut names = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if matches!(key.as_str(), "dependencies" | "dev-dependencies" | "build-dependencies") {
            for (name, dependency) in table {
                let package = dependency.get("package").and_then(toml::Value::as_str);
                names.push(package.unwrap_or(name).to_owned());
            }
        } else if key == "target" {
            names.extend(table.values().filter_map(toml::Value::as_table).flat_map(dependencies));
        }
    }
    names
}

/// What a crate's dependencies break.
fn broken_imports(crate_name: &str, dependencies: &[String]) -> Vec<String> {
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == crate_name) else {
        return vec![format!("{crate_name}: no line says what it may import")];
    };
    let mut broken = Vec::new();
    for dependency in dependencies {
        let ours = dependency.strip_prefix("tidewheel-").or((dependency == "tidewheel").then_some("tidewheel"));
        match ours {
            Some(ours) if !allowed.contains(&ours) => broken.push(format!("{crate_name} may not import {ours}")),
            None if PURE.contains(&crate_name) && IMPURE.contains(&dependency.as_str()) => {
                broken.push(format!("{crate_name} computes only, and may not carry {dependency}"));
            }
            _ => {}
        }
    }
    broken
}

/// The text of Rust code with its comments blanked. Literals are kept.
fn without_comments(code: &str) -> String {
    let bytes = code.as_bytes();
    let mut kept = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = at
            + match rest {
                [b'/', b'/', ..] => blank(&mut kept[at..], rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())),
                [b'/', b'*', ..] => blank(&mut kept[at..], block_comment(rest)),
                [b'r', b'"' | b'#', ..] if at == 0 || !is_word(bytes[at - 1]) => raw_string(rest),
                [b'r', b'"' | b'#', ..] if bytes[at - 1] == b'b' => raw_string(rest),
                [b'"', ..] => string(rest),
                [b'\'', b'\\', ..] => 3 + rest.iter().skip(3).position(|&b| b == b'\'').map_or(0, |place| place + 1),
                [b'\'', ..] => character(rest),
                _ => 1,
            };
        at = end;
    }
    String::from_utf8(kept).expect("whole comments were blanked")
}

fn blank(text: &mut [u8], length: usize) -> usize {
    text[..length].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    length
}

fn block_comment(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// A raw string, or one byte where it is none (a raw identifier).
fn raw_string(text: &[u8]) -> usize {
    let hashes = text[1..].iter().take_while(|&&byte| byte == b'#').count();
    if text.get(1 + hashes) != Some(&b'"') {
        return 1;
    }
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let body = 2 + hashes;
    let length = text[body..].windows(close.len()).position(|window| window == close);
    length.map_or(text.len(), |length| body + length + close.len())
}

/// A character literal, or one byte where it is a lifetime.
fn character(text: &[u8]) -> usize {
    let width = match text.get(1) {
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        _ => 1,
    };
    if text.get(1 + width) == Some(&b'\'') { width + 2 } else { 1 }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The domain words of a text, each with its line.
fn domain_words(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
            if DOMAIN_WORDS.iter().any(|listed| listed.eq_ignore_ascii_case(word)) {
                found.push((number + 1, word.to_owned()));
            }
        }
    }
    found
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn crates_import_in_the_datas_order_only() {
    let mut broken = Vec::new();
    for (name, _) in MAY_IMPORT {
        let path = crates().join(name).join("Cargo.toml");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let manifest = text.parse::<toml::Table>().expect("a manifest is TOML");
        broken.extend(broken_imports(name, &dependencies(&manifest)));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_crate_has_a_line_that_says_what_it_may_import() {
    let mut names = fs::read_dir(crates())
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned())
        .collect::<Vec<_>>();
    names.sort();
    let mut listed = MAY_IMPORT.map(|(name, _)| name.to_owned()).to_vec();
    listed.sort();
    assert_eq!(names, listed);
}

#[test]
fn a_wrong_import_is_found() {
    let manifest =
        "[dependencies]\ntidewheel-registry.workspace = true\n[target.'cfg(unix)'.dev-dependencies]\ntokio = \"1\"\n";
    let names = dependencies(&manifest.parse::<toml::Table>().expect("TOML"));
    let broken = broken_imports("drift", &names);
    assert_eq!(broken, ["drift may not import registry", "drift computes only, and may not carry tokio"]);
    assert_eq!(broken_imports("serve", &["tidewheel-pipeline".into()]), ["serve may not import pipeline"]);
    assert_eq!(broken_imports("pipeline", &["tidewheel-serve".into()]), ["pipeline may not import serve"]);
    assert!(broken_imports("tidewheel", &["tidewheel-serve".into(), "tokio".into()]).is_empty());
}

#[test]
fn only_the_project_file_knows_the_domain() {
    let mut planted = Vec::new();
    for (name, _) in MAY_IMPORT {
        let mut files = Vec::new();
        files_below(&crates().join(name).join("src"), &mut files);
        for file in files {
            // What is no text holds no words.
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let is_rust = file.extension().is_some_and(|extension| extension == "rs");
            let text = if is_rust { without_comments(&text) } else { text };
            for (line, word) in domain_words(&text) {
                planted.push(format!("{}:{line}: {word}", file.display()));
            }
        }
    }
    assert!(planted.is_empty(), "words of one project's domain in the code:\n{}", planted.join("\n"));
}

#[test]
fn a_planted_word_is_found_in_code_and_literals_but_not_in_comments() {
    let code = r##"
// the price of a house
/* bed /* bath */ zip_code */
fn area<'a>(House: &'a str) -> char {
    let url = "http://host//price"; // price
    let raw = r#"a "bath" here"#;
    let quote = '"'; let slash = '\''; let bed_bath = 'é';
    b'/'
}
"##;
    let found = domain_words(&without_comments(code));
    let found = found.iter().map(|(line, word)| (*line, word.as_str())).collect::<Vec<_>>();
    assert_eq!(found, [(4, "House"), (5, "price"), (6, "bath")]);
}
