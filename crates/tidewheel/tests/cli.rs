//! The command line: help, exit codes, completions.

mod common;

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use common::{command, finish, run};

/// The names of the commands below a command, as its help lists them.
fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let lines = lines.take_while(|line| !line.trim().is_empty());
    // Continued descriptions are indented further than names.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn check_help(path: &[String], seen: &mut Vec<String>) {
    let mut args = path.to_vec();
    args.push("--help".to_owned());
    let help = run(Path::new("."), &args).ok().stdout;
    seen.push(path.join(" "));
    assert!(help.contains("Example"), "`tidewheel {}` has no example:\n{help}", args.join(" "));
    assert!(help.contains("tidewheel "), "{help}");
    for name in subcommands(&help) {
        let mut below = path.to_vec();
        below.push(name);
        check_help(&below, seen);
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let mut seen = Vec::new();
    check_help(&[], &mut seen);
    for name in ["init", "drift", "why", "models rollback", "model train", "quarantine list", "source-api"] {
        assert!(seen.iter().any(|command| command == name), "{name} is missing: {seen:?}");
    }
}

#[test]
fn wrong_use_ends_with_2_and_names_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["no-such-command"]).wrong_use(&["no-such-command"]);
    run(here, &["drift", "a.csv"]).wrong_use(&["CURRENT"]);
    run(here, &["models", "promote", "six", "--reason", "x"]).wrong_use(&["'six' is no model version"]);
    run(here, &["models", "promote", "6"]).wrong_use(&["--reason"]);
    run(here, &["models", "rollback", "--reason", "  "]).wrong_use(&["must not be empty"]);
    run(here, &["runs", "list"]).wrong_use(&["no tidewheel.toml", "tidewheel init"]);
    run(here, &["-C", "nowhere", "check"]).wrong_use(&["'nowhere' holds no tidewheel.toml"]);
    run(here, &["serve", "--role", "worker"]).wrong_use(&["--role worker comes later"]);
    run(here, &["why", "6", "--format", "pdf"]).wrong_use(&["pdf", "html"]);
    run(here, &["model", "convert", "a.onnx", "a.ubj"]).wrong_use(&["a.onnx", "ONNX", "later"]);
    run(here, &["model", "convert", "a.txt", "a.ubj"]).wrong_use(&["a.txt", "LightGBM", "later"]);
    run(here, &["model", "convert", "a.json", "a.txt"]).wrong_use(&["a.txt"]);
    run(here, &["source-api", "--data", "x.csv", "--listen", "0.0.0.0:0"]).wrong_use(&["--insecure"]);
}

#[test]
fn a_failure_ends_with_1_and_names_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["drift", "a.csv", "b.csv"]).fails_with(1, &["error: cannot read 'a.csv'"]);
    std::fs::write(here.join("a.json"), "{\"not\": \"a model\"}").expect("written");
    run(here, &["model", "convert", "a.json", "b.ubj"]).fails_with(1, &["a.json", "because:"]);
    assert!(!here.join("b.ubj").exists(), "nothing half-written");
}

#[test]
fn the_version_is_printed() {
    let version = run(Path::new("."), &["--version"]).ok().stdout;
    assert_eq!(version.trim(), format!("tidewheel {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(Path::new("."), &["completions", shell]).ok().stdout;
        assert!(script.contains("quarantine"), "{shell}");
        assert!(script.contains("rollback"), "{shell}");
    }
}

#[test]
fn nothing_is_coloured_unless_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["init"]).ok();
    assert!(!run(here, &["check"]).ok().stdout.contains('\x1b'));
    assert!(run(here, &["check", "--color", "always"]).ok().stdout.contains('\x1b'));
    let mut no_color = command(here, &["check", "--color", "never"]);
    assert!(!finish(no_color.env("CLICOLOR_FORCE", "1")).ok().stdout.contains('\x1b'));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child =
        command(Path::new("."), &["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    // The pipe is closed before anything was read.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("read");
    let status = child.wait().expect("ended");
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_level_that_is_none_is_said_and_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(folder.path(), &["drift", "a.csv", "b.csv"]);
    let ran = finish(command.env("TIDEWHEEL_LOG", "tidewheel=loud"));
    ran.fails_with(1, &["warning: TIDEWHEEL_LOG = 'tidewheel=loud' is ignored", "error: cannot read"]);
}
