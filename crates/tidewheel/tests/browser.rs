//! The pages in a real browser, over projects turned for real. The scripts are in `tests/ui`.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{command, regional_sales, run, segmented};

/// A project that is served.
struct Served {
    folder: tempfile::TempDir,
    server: Child,
    base: String,
}

impl Served {
    fn new(folder: tempfile::TempDir) -> Self {
        let mut serve = command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
        let mut server = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("read");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
        Self { folder, server, base: format!("http://{address}") }
    }

    /// Runs a script; what it prints is shown where it fails.
    fn script(&self, name: &str, arguments: &[&str], input: &str) {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/ui");
        let modules = std::env::var("TIDEWHEEL_NODE_PATH").unwrap_or_default();
        assert!(
            !modules.is_empty(),
            "TIDEWHEEL_NODE_PATH is not set: scripts/setup-tests --browser installs Chromium, playwright-core and \
             axe-core, and prints what it is to be set to"
        );
        let mut child = Command::new("node")
            .arg(scripts.join(name))
            .arg(&self.base)
            .args(arguments)
            .env("NODE_PATH", modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node is installed (apt-get install nodejs)");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("it ends");
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{name}:\n{}{}", told(&output.stdout), told(&output.stderr));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn pages_are_sound_and_tell_the_story() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &["demo", "--once", "--turns", "8", "--dir", "."]).ok();
    let demo = Served::new(folder);
    let versions = run(demo.folder.path(), &["models", "list", "--format", "json"]).ok().stdout;
    demo.script("pages.mjs", &[], "");
    demo.script("figures.mjs", &[], &versions);
    demo.script("reader.mjs", &[], "");
    // Last: it changes the project.
    demo.script("story.mjs", &[], "");
}

#[test]
fn a_turn_that_waits_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    segmented(folder.path(), "");
    regional_sales(folder.path(), "1.csv", 1, 1500, (0.0, 0.0));
    regional_sales(folder.path(), "2.csv", 2, 1500, (0.0, 0.7));
    run(folder.path(), &["run", "--all"]).ok();
    Served::new(folder).script("answer.mjs", &[], "");
}
