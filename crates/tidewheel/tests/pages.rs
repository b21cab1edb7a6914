//! Every page that a link leads to, over projects of other fields: nothing there knows the bundled one, nothing that data
//! brings becomes markup, and no link leads nowhere.

mod common;

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use common::{Numbers, Server, run};

/// Words of the bundled project's domain, as they would stand on a page.
const DOMAIN_WORDS: [&str; 8] = ["house", "price", "bedroom", "bathroom", "acre", "zip_code", "real-estate", "$"];
/// So many pages are looked at.
const PAGES: usize = 160;

impl Server {
    /// Head and body of an answer.
    fn get(&self, path: &str, language: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        let request = format!(
            // 1.0: a body as it is, not in chunks
            "GET {path} HTTP/1.0\r\nhost: {}\r\naccept-language: {language}\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_owned(), body.to_owned())
    }

    /// Follows every link from the overview on; `look` sees each page.
    fn crawl(&self, language: &str, mut look: impl FnMut(&str, &str)) {
        let mut next = VecDeque::from(["/ui/".to_owned()]);
        let mut known = BTreeSet::from(["/ui/".to_owned()]);
        let mut seen = 0;
        while let Some(path) = next.pop_front() {
            let (head, body) = self.get(&path, language);
            if let Some((_, to)) = head.split_once("\r\nlocation: ").filter(|_| head.starts_with("HTTP/1.0 303")) {
                let to = to.lines().next().unwrap_or_default().to_owned();
                if known.insert(to.clone()) {
                    next.push_back(to);
                }
                continue;
            }
            assert!(head.starts_with("HTTP/1.0 200"), "{path}: {}", head.lines().next().unwrap_or_default());
            if !head.contains("text/html") {
                continue;
            }
            look(&path, &body);
            seen += 1;
            for link in links(&body) {
                if known.len() < PAGES && known.insert(link.clone()) {
                    next.push_back(link);
                }
            }
        }
        assert!(seen > 10, "only {seen} pages were found");
    }
}

/// Where the pages lead to.
fn links(html: &str) -> Vec<String> {
    let inside = |link: &&str| {
        link.starts_with("/ui/") && !["/ui/assets/", "/ui/preference"].iter().any(|one| link.starts_with(one))
    };
    let links = html.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()).filter(inside);
    links.map(|link| link.replace("&amp;", "&").split('#').next().unwrap_or_default().to_owned()).collect()
}

/// What a reader reads: no tags and no attributes.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<').skip(1) {
        let (tag, words) = part.split_once('>').unwrap_or((part, ""));
        let _ = write!(text, "{}{words}", if tag.starts_with('/') { "" } else { " " });
    }
    text
}

/// Elements that have no end.
const VOID: [&str; 6] = ["meta", "link", "input", "br", "img", "hr"];

/// Every element ends where it should.
fn balanced(path: &str, html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in html.split('<').skip(1) {
        let tag = part.split_once('>').unwrap_or((part, "")).0;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{path}: elements cross at {part}");
        } else {
            let name = tag.split([' ', '/']).next().unwrap_or_default();
            if !tag.starts_with('!') && !tag.ends_with('/') && !VOID.contains(&name) {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{path}: never ended: {open:?}");
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copied(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[test]
fn pages_know_nothing_of_the_bundled_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/concrete");
    copied(&project, folder.path());
    run(folder.path(), &["run", "--all"]).ok();
    let turns = run(folder.path(), &["runs", "list", "--format", "json"]).ok().json();
    let turns = turns.as_array().expect("a list");
    let mut actions = turns.iter().map(|turn| turn["action"].as_str().unwrap_or_default()).collect::<Vec<_>>();
    actions.sort_unstable();
    assert_eq!(actions, ["baseline", "retrain", "skip"]);

    let server = Server::start(folder.path(), &[]);
    for language in ["en", "es"] {
        let mut all = String::new();
        server.crawl(language, |path, html| {
            balanced(path, html);
            let text = text_of(html);
            for word in DOMAIN_WORDS {
                assert!(!text.to_lowercase().contains(word), "{path} says '{word}'");
            }
            all.push_str(&text);
        });
        let labels = if language == "es" { ["Planta", "Resistencia", "MPa"] } else { ["Plant", "strength", "MPa"] };
        for label in labels {
            assert!(all.contains(label), "no page says '{label}' in {language}");
        }
    }
}

/// Names and values that nobody would choose.
const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'--><svg/onload=alert(1)>",
    "bell\u{7} and \u{1b}[31m",
    "turned \u{202e}txet",
    "👩\u{200d}🌾 שלום",
    "=cmd|' /C calc'!A0",
];

fn hostile_project(folder: &Path) {
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut numbers = Numbers(3);
    let long = "long ".repeat(2_000);
    let mut text = format!("{},{},units\n", cell(HOSTILE[0]), cell(HOSTILE[1]));
    for row in 0..400 {
        let (size, place) = (10.0 * numbers.next(), (numbers.next() * 8.0) as usize);
        let level = HOSTILE.get(place).copied().unwrap_or(&long);
        let size = if row % 20 == 7 { 99.0 } else { size };
        let _ = writeln!(text, "{},{size:.2},{:.2}", cell(level), 3.0 * size + place as f64 + numbers.next());
    }
    std::fs::write(folder.join("rows.csv"), text).expect("written");
    let key = |text: &str| serde_json::Value::from(text).to_string();
    let project = format!(
        "[project]\nname = \"odd\"\ntarget = \"units\"\nsegment = {level}\n[source]\nkind = \"files\"\npath = \"rows.csv\"\n\
         [schema.{level}]\ntype = \"category\"\nlabel = {label}\n[schema.{size}]\ntype = \"number\"\nmax = 20\nunit = {unit}\n\
         [schema.units]\ntype = \"number\"\n[[feature]]\nname = \"size\"\nsql = {sql}\n\
         [[encode]]\ncolumn = {level}\nname = \"level\"\nencoder = \"target_mean\"\n[train]\ntrials = 2\nfolds = 2\n",
        level = key(HOSTILE[0]),
        size = key(HOSTILE[1]),
        label = key(HOSTILE[4]),
        unit = key("<b>"),
        sql = key(&format!("\"{}\"", HOSTILE[1].replace('"', "\"\""))),
    );
    std::fs::write(folder.join("tidewheel.toml"), project).expect("written");
}

#[test]
fn what_data_brings_stays_text() {
    let folder = tempfile::tempdir().expect("a folder");
    hostile_project(folder.path());
    run(folder.path(), &["run", "--all"]).ok();
    let server = Server::start(folder.path(), &[]);
    server.crawl("en", |path, html| {
        balanced(path, html);
        // A record as a file has no script at all.
        let scripts = usize::from(!path.contains(".html"));
        assert_eq!(html.matches("<script").count(), scripts, "{path}");
        for markup in ["<img", "<svg/", "onerror=alert(1)>"] {
            assert!(!html.contains(markup), "{path} holds {markup}");
        }
        let hidden =
            |letter: char| (letter.is_control() && letter != '\n') || ('\u{202a}'..='\u{202e}').contains(&letter);
        // A form must send a value back as it is; what is read must not hide anything.
        let text = text_of(html);
        let found = text.char_indices().find(|(_, letter)| hidden(*letter));
        assert!(found.is_none(), "{path}: {found:?}");
    });
    let (head, csv) = server.get("/ui/quarantine.csv", "en");
    assert!(head.contains("attachment; filename=\"quarantine.csv\""), "{head}");
    assert!(csv.starts_with("batch,row,rule,column,value,"), "{}", &csv[..csv.len().min(200)]);
    assert!(!csv.lines().any(|line| line.starts_with(['=', '+', '-', '@']) || line.contains(",=")), "a formula");
}

/// Columns, and levels of the one category, of a wide project.
const WIDE: (usize, usize) = (200, 1_500);

fn wide_project(folder: &Path) {
    let (columns, levels) = WIDE;
    let mut numbers = Numbers(5);
    let mut project = String::from(
        "[project]\nname = \"wide\"\ntarget = \"units\"\n[source]\nkind = \"files\"\npath = \"data\"\n\
         [train]\ntrials = 2\nfolds = 2\n[policy]\nname = \"effect\"\n[schema.units]\ntype = \"number\"\n\
         [schema.place]\ntype = \"category\"\n\
         [[encode]]\ncolumn = \"place\"\nname = \"place_mean\"\nencoder = \"target_mean\"\n",
    );
    for column in 0..columns {
        let _ = write!(project, "[schema.c{column}]\ntype = \"number\"\n[[feature]]\nname = \"c{column}\"\n");
    }
    std::fs::write(folder.join("tidewheel.toml"), project).expect("written");
    std::fs::create_dir(folder.join("data")).expect("made");
    for (batch, shift) in [0.0, 3.0].into_iter().enumerate() {
        let mut text = (0..columns).fold(String::new(), |head, column| head + &format!("c{column},")) + "place,units\n";
        for _ in 0..2_000 {
            let row: Vec<f64> = (0..columns).map(|_| shift + 10.0 * numbers.next()).collect();
            for value in &row {
                let _ = write!(text, "{value:.2},");
            }
            let place = (numbers.next() * levels as f64) as usize;
            let _ = writeln!(text, "place {place},{:.2}", 3.0 * row[0] + row[1] + (place % 7) as f64);
        }
        std::fs::write(folder.join(format!("data/{batch}.csv")), text).expect("written");
    }
}

#[test]
fn many_columns_and_many_levels_have_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    wide_project(folder.path());
    run(folder.path(), &["run", "--all"]).ok();
    let turns = run(folder.path(), &["runs", "list", "--format", "json"]).ok().json();
    assert_eq!(turns[1]["action"], "retrain", "{turns}");
    let mut all = String::new();
    Server::start(folder.path(), &[]).crawl("en", |path, html| {
        balanced(path, html);
        // A column more may cost a line, a level more nothing; a file shows each.
        assert!(html.len() < 400_000 || path.contains(".html"), "{path}: {} bytes", html.len());
        all.push_str(&text_of(html));
    });
    for column in ["c0", "c199", "place_mean"] {
        assert!(all.contains(column), "no page shows {column}");
    }
}
