//! What the end-to-end tests share: the real binary, its answers as JSON, and the real servers.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The binary, without the settings of whoever runs the tests.
pub(crate) fn tidewheel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewheel"));
    for (name, _) in std::env::vars() {
        if name.starts_with("TIDEWHEEL_") {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1");
    command
}

/// Runs a command of a project and gives what it printed.
pub(crate) fn run(dir: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = tidewheel();
    command.arg("-C").arg(dir).args(arguments).envs(settings.iter().copied());
    command.output().expect("the binary starts")
}

/// Runs a command of a project that must succeed and gives its JSON.
pub(crate) fn json(dir: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Value {
    let output = run(dir, &[arguments, &["--format", "json"]].concat(), settings);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the answer is JSON")
}

/// Runs a demo that stops after the loop; it must succeed.
pub(crate) fn demo(dir: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let mut command = tidewheel();
    command.args(["demo", "--once", "--dir"]).arg(dir).args(arguments).envs(settings.iter().copied());
    let output = command.output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What must be equal however a loop was turned: batches, turns, models; times and durations left out.
pub(crate) fn outcome(dir: &Path, settings: &[(&str, &str)]) -> [Value; 3] {
    [["batches", "list"], ["runs", "list"], ["models", "list"]].map(|arguments| {
        let mut list = json(dir, &arguments, settings);
        for row in list.as_array_mut().expect("a list") {
            let row = row.as_object_mut().expect("an object");
            row.retain(|name, _| !name.ends_with("_at") && name != "duration_ms");
        }
        list
    })
}

/// A variable that names a real server. Where it is not set: fails in CI, else the test ends with a notice.
pub(crate) fn server(variable: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(value) if !value.is_empty() => Some(value),
        _ if std::env::var_os("CI").is_some() => {
            panic!("{variable} is not set: run the tests with scripts/test, which starts the servers they need")
        }
        _ => {
            eprintln!("not run: {variable} is not set; scripts/test starts the servers");
            None
        }
    }
}
