//! The pages as a browser meets them: the real binary turns the loop on a click, once, and only for its own pages.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Server, project, run, sales};
use serde_json::Value;

/// The token of a reader; the server checks that form and cookie hold the same.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// A busy machine is given this long.
const PATIENCE: Duration = Duration::from_mins(3);

struct Answer {
    status: u16,
    location: String,
    referrer: String,
    body: String,
}

impl Server {
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: tw_token={TOKEN}\r\n{headers}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer in UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        Answer {
            status: head[9..12].parse().expect("a status"),
            location: header("location: "),
            referrer: header("referrer-policy: "),
            body: body.to_owned(),
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let origin = format!("origin: http://{}\r\n", self.address);
        self.ask("POST", path, &origin, &format!("token={TOKEN}&{body}"))
    }

    /// Asks for a page until it shows what is waited for.
    fn until(&self, path: &str, shows: &str) -> String {
        let asked = Instant::now();
        loop {
            let body = self.get(path).body;
            if body.contains(shows) {
                return body;
            }
            assert!(asked.elapsed() < PATIENCE, "'{shows}' does not come: {body}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the server as an orchestrator does; gives the exit code.
    fn end(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill starts").success());
        let asked = Instant::now();
        while self.child.try_wait().expect("a child").is_none() {
            assert!(asked.elapsed() < Duration::from_mins(1), "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.wait().expect("ended").code()
    }
}

fn turns(folder: &Path) -> Vec<Value> {
    run(folder, &["runs", "list", "--format", "json"]).ok().json().as_array().expect("a list").clone()
}

/// A project with batches to turn.
fn batches(folder: &Path, count: u64) {
    project(folder);
    for batch in 1..=count {
        sales(folder, &format!("data/{batch}.csv"), batch, 300, batch as f64);
    }
}

#[test]
fn a_click_turns_the_emulated_loop_on_where_the_project_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let fast = ["--set", "train.trials=2", "--set", "train.folds=2"];
    let demo = [&["demo", "--once", "--turns", "2", "--batches", "60", "--dir", "demo"], &fast[..]].concat();
    run(folder.path(), &demo).ok();
    let here = folder.path().join("demo");
    let server = Server::start(&here, &fast);
    let page = server.get("/ui/pipeline").body;
    assert!(page.contains("Turn 2") && page.contains("/ui/pipeline/run"), "{page}");

    let answer = server.post("/ui/pipeline/run", "");
    assert_eq!((answer.status, answer.location.as_str()), (303, "/ui/pipeline"), "{}", answer.body);
    server.until("/ui/pipeline", "Turn 3");
    let page = server.until("/ui/pipeline?turn=3&task=end_pipeline", "Version ");
    assert!(page.contains("check_drift") && page.contains("/ui/decisions/3"), "{page}");
    let asked = Instant::now();
    while turns(&here).last().is_none_or(|turn| turn["state"] == "running") {
        assert!(asked.elapsed() < PATIENCE, "the turn does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let all = turns(&here);
    assert_eq!(all.len(), 3);
    assert_eq!((&all[2]["batch"], &all[2]["state"]), (&Value::from(3), &Value::from("succeeded")));

    for (path, shows) in [
        ("/ui/monitoring", "Prediction log"),
        ("/ui/settings/project", "flag: --set"),
        ("/ui/settings/system", "tidewheel.db"),
        ("/ui/search?q=no-such-thing", "Nothing was found"),
    ] {
        assert!(server.get(path).body.contains(shows), "{path}: {shows}");
    }
    for (query, place) in [
        ("v1", "/ui/models/1"),
        ("batch%203", "/ui/decisions/3"),
        ("3", "/ui/decisions/3"),
        ("turno+2", "/ui/pipeline?turn=2"),
        (&all[1]["id"].as_str().expect("an id")[..6], "/ui/pipeline?turn=2"),
        ("zip_code", "/ui/drift?col=zip_code"),
        ("train.trials", "/ui/settings/project#k-train-trials"),
    ] {
        assert_eq!(server.get(&format!("/ui/search?q={query}")).location, place, "{query}");
    }
    assert_eq!(server.post("/ui/settings/system/check", "").status, 303);
    assert!(server.get("/ui/settings/system").body.contains("can be written and read"));
    assert_eq!(server.end(), Some(0));
}

#[test]
fn forms_of_others_do_nothing_and_two_clicks_are_one_turn() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    batches(here, 3);
    let server = Server::start(here, &[]);
    assert!(server.get("/ui/pipeline").body.contains("No turn yet"));

    let wrong = server.ask("POST", "/ui/pipeline/run", "", "token=fedcba9876543210fedcba9876543210");
    assert_eq!(wrong.status, 409, "{}", wrong.body);
    assert_eq!(server.ask("POST", "/ui/pipeline/run", "", "").status, 409);
    let foreign = server.ask("POST", "/ui/pipeline/run", "origin: https://evil.example\r\n", &format!("token={TOKEN}"));
    assert_eq!(foreign.status, 403, "{}", foreign.body);
    assert!(turns(here).is_empty(), "nothing was begun");
    // A page that kept its origin to itself could not send its own forms.
    assert_eq!(server.get("/ui/pipeline").referrer, "same-origin");

    let statuses = std::thread::scope(|scope| {
        let clicks = [(); 4].map(|()| scope.spawn(|| server.post("/ui/pipeline/run", "").status));
        clicks.map(|click| click.join().expect("an answer"))
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 3, "{statuses:?}");
    server.until("/ui/pipeline?turn=1&task=end_pipeline", "Version 1");
    let asked = Instant::now();
    while turns(here).iter().any(|turn| turn["state"] == "running") {
        assert!(asked.elapsed() < PATIENCE, "the turn does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(turns(here).len(), 1);
    assert_eq!(server.end(), Some(0));
}

#[test]
fn the_end_of_the_data_is_told_a_failure_is_tried_again_and_a_turn_can_be_given_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    batches(here, 1);
    run(here, &["run"]).ok();
    let server = Server::start(here, &[]);
    assert_eq!(server.post("/ui/pipeline/run", "").status, 303);
    server.until("/ui/pipeline", "no more data");
    assert_eq!(turns(here).len(), 1);

    std::fs::write(here.join("data/2.csv"), "size,region\n1,north\n").expect("written");
    assert_eq!(server.post("/ui/pipeline/run", "").status, 303);
    let page = server.until("/ui/pipeline?turn=2", "This turn failed");
    assert!(page.contains("/ui/pipeline/2/retry"), "{page}");
    assert_eq!(server.post("/ui/pipeline/1/retry", "").status, 409, "it has succeeded");
    let asked = server.get("/ui/pipeline/2/cancel");
    assert!(asked.status == 200 && asked.body.contains("Give up") && asked.body.contains("name=\"reason\""));
    assert_eq!(server.post("/ui/pipeline/2/cancel", "reason=").status, 409, "a reason is needed");
    assert_eq!(server.post("/ui/pipeline/2/cancel", "reason=a+test+file").status, 303);
    let page = server.until("/ui/pipeline?turn=2", "This turn was cancelled");
    assert!(page.contains("given up by web: a test file"), "{page}");
    assert_eq!(server.post("/ui/pipeline/2/cancel", "reason=again").status, 409);
    assert_eq!(turns(here)[1]["state"], "cancelled");
    assert_eq!(server.end(), Some(0));
}

#[test]
fn a_server_that_ends_stops_its_turn_and_the_next_run_takes_it_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    batches(here, 1);
    let slow = ["--set", "train.trials=200", "--set", "train.search.n_estimators=[300, 400]"];
    let server = Server::start(here, &slow);
    assert_eq!(server.post("/ui/pipeline/run", "").status, 303);
    server.until("/ui/pipeline?turn=1&task=train_model", "Trial 1 of 200");
    assert!(server.post("/ui/pipeline/run", "").body.contains("a turn is at work"));
    assert_eq!(server.end(), Some(0));
    assert_eq!(turns(here)[0]["state"], "running", "stopped, not failed");

    let server = Server::start(here, &slow);
    let page = server.until("/ui/pipeline", "This turn was cut off");
    assert!(page.contains("Go on with turn 1") && page.contains("/ui/pipeline/1/retry"), "{page}");
    assert_eq!(server.post("/ui/pipeline/1/retry", "").status, 303);
    server.until("/ui/pipeline?turn=1", "following");
    assert_eq!(server.post("/ui/pipeline/1/cancel", "reason=too+long").status, 303);
    server.until("/ui/pipeline?turn=1", "given up by web: too long");
    assert_eq!(turns(here)[0]["state"], "cancelled");

    let api = Server::start(here, &["--role", "api"]);
    assert!(api.get("/ui/pipeline").body.contains("does not turn the loop"));
    assert_eq!(api.post("/ui/pipeline/run", "").status, 409);
}
