//! Running the real binary.

// Each test file uses a part of this.
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of these helpers")]

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the binary did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Stdout as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, after it is known that the command succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// The same, after it is known that the command was used wrongly and said so with these words.
    #[track_caller]
    pub(crate) fn wrong_use(self, words: &[&str]) -> Self {
        self.fails_with(2, words)
    }

    /// The same, after it is known that the command ended with this code and these words.
    #[track_caller]
    pub(crate) fn fails_with(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "'{word}' is missing: {self:?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }
}

/// The binary, to be run in a folder without any setting of the environment.
pub(crate) fn command<S: AsRef<OsStr>>(folder: &Path, args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewheel"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TIDEWHEEL_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
}

/// Runs the binary in a folder.
pub(crate) fn run<S: AsRef<OsStr>>(folder: &Path, args: &[S]) -> Ran {
    finish(&mut command(folder, args))
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary starts");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// A server over a project, at a free port.
pub(crate) struct Server {
    pub child: Child,
    pub address: String,
}

impl Server {
    /// Starts it, with more arguments.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let mut serve = command(folder, &[&["serve", "--listen", "127.0.0.1:0"], args].concat());
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("read");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
        Self { address: address.to_owned(), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Numbers that look random and are the same in every run (a linear congruential generator).
pub(crate) struct Numbers(pub u64);

impl Numbers {
    /// The next one, from 0 to 1.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Writes a table of sales: size, region, day, and units that depend on size and region. `shift` moves the sizes.
pub(crate) fn sales(folder: &Path, name: &str, seed: u64, rows: usize, shift: f64) -> PathBuf {
    let mut numbers = Numbers(seed);
    let mut text = String::from("size,region,day,units\n");
    for _ in 0..rows {
        let size = shift + 10.0 * numbers.next();
        let region = (numbers.next() * 4.0) as usize;
        let day = 1 + (numbers.next() * 28.0) as usize;
        let units = 3.0 * size + 5.0 * region as f64 + numbers.next();
        let region = ["north", "east", "south", "west"][region];
        let _ = writeln!(text, "{size:.3},{region},2024-03-{day:02},{units:.3}");
    }
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

/// A project in the folder that predicts units of sales, tuned quickly, and trained whenever something moved. Each file
/// of `data` is a batch; there is none yet.
pub(crate) fn project(folder: &Path) {
    let sample = sales(folder, "sample.csv", 1, 300, 0.0);
    run(folder, &["init", "--from", "sample.csv", "--target", "units"]).ok();
    std::fs::remove_file(sample).expect("removed");
    std::fs::create_dir(folder.join("data")).expect("made");
    let file = folder.join("tidewheel.toml");
    let mut text = std::fs::read_to_string(&file).expect("written");
    for (from, to) in [
        ("path = \"sample.csv\"", "path = \"data\""),
        ("name = \"sample\"", "name = \"sales\""),
        ("[policy]\nname = \"costly-drift\"", "[policy]\nname = \"effect\""),
    ] {
        assert!(text.contains(from), "{from}: {text}");
        text = text.replace(from, to);
    }
    std::fs::write(&file, format!("{text}\n[train]\ntrials = 2\nfolds = 2\n")).expect("written");
}

/// The batches, turns and versions of a project, without times and without what an outside orchestrator called them.
pub(crate) fn outcome(folder: &Path) -> [serde_json::Value; 3] {
    ["batches", "runs", "models"].map(|list| timeless(run(folder, &[list, "list", "--format", "json"]).ok().json()))
}

/// A list without what differs between two runs over equal batches.
pub(crate) fn timeless(mut list: serde_json::Value) -> serde_json::Value {
    for row in list.as_array_mut().expect("a list") {
        let row = row.as_object_mut().expect("an object");
        let differs = ["duration_ms", "external_id", "source_position"];
        row.retain(|name, _| !name.ends_with("_at") && !differs.contains(&name.as_str()));
    }
    list
}

/// Every file below a folder with its bytes.
pub(crate) fn files(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), std::fs::read(&path).expect("read"));
            }
        }
    }
    found
}

/// The stored files of a project's batches, as received and clean.
pub(crate) fn stored(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let objects = folder.join(".tidewheel/objects");
    let mut found = files(&objects.join("data-raw"));
    found.extend(files(&objects.join("data-clean")));
    found
}

/// A table of sales of which `island` (a share of the rows) lies in a region that no earlier batch knows.
pub(crate) fn regional_sales(here: &Path, name: &str, seed: u64, rows: usize, (shift, island): (f64, f64)) {
    let mut numbers = Numbers(seed);
    let mut text = String::from("size,region,day,units\n");
    for _ in 0..rows {
        let size = shift + 10.0 * numbers.next();
        let place = (numbers.next() * 4.0) as usize;
        let unknown = numbers.next() < island;
        let day = 1 + (numbers.next() * 28.0) as usize;
        let level = if unknown { 60.0 } else { 5.0 * place as f64 };
        let units = 3.0 * size + level + numbers.next();
        let region = if unknown { "island" } else { ["north", "east", "south", "west"][place] };
        let _ = writeln!(text, "{size:.3},{region},2024-03-{day:02},{units:.3}");
    }
    std::fs::write(here.join("data").join(name), text).expect("written");
}

/// A project with regions as segments and more settings at its end.
pub(crate) fn segmented(here: &Path, settings: &str) {
    project(here);
    let file = here.join("tidewheel.toml");
    let text = std::fs::read_to_string(&file).expect("read");
    let text = text.replacen("[project]\n", "[project]\nsegment = \"region\"\n", 1);
    let text = text.replace("name = \"effect\"", "name = \"costly-drift\"");
    std::fs::write(&file, text + settings).expect("written");
}
