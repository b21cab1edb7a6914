//! The pages in a real browser, over projects turned for real. The scripts are in `tests/ui`.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Server, regional_sales, run, segmented};

impl Server {
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
            .arg(format!("http://{}", self.address))
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

#[test]
fn pages_are_sound_and_tell_the_story() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &["demo", "--once", "--turns", "8", "--dir", "."]).ok();
    let demo = Server::start(folder.path(), &[]);
    let versions = run(folder.path(), &["models", "list", "--format", "json"]).ok().stdout;
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
    Server::start(folder.path(), &[]).script("answer.mjs", &[], "");
}
