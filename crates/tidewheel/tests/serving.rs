//! The server as a process: ports, bodies over TCP, and its end under load.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::{command, project, run, sales};
use serde_json::{Value, json};
use tidewheel_domain::Timestamp;
use tidewheel_registry::{Registry, StoreSettings};

/// A server over a project that has turned once.
struct Server {
    folder: tempfile::TempDir,
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        project(folder.path());
        sales(folder.path(), "data/1.csv", 1, 300, 0.0);
        run(folder.path(), &["run"]).ok();
        let mut serve = command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("read");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
        Server { folder, child, address: address.to_owned() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("connected");
        stream.set_nodelay(true).expect("set");
        stream
    }

    fn post(&self, body: &str) -> (u16, Value) {
        let mut client = Client::new(self.connect());
        let (status, body) = client.ask(&predict(body)).expect("an answer");
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    /// Sends a signal; gives the exit code and what was written to stderr. Ending is promised within two seconds; a
    /// busy machine is given three times as many.
    fn end(&mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill starts").success());
        let asked = Instant::now();
        while self.child.try_wait().expect("a child").is_none() {
            assert!(asked.elapsed() < Duration::from_secs(6), "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut stderr = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("read");
        (self.child.wait().expect("ended").code(), stderr)
    }

    /// Rows of the prediction log.
    fn logged(&self) -> i64 {
        let place = |name: &str| self.folder.path().join(".tidewheel").join(name).display().to_string();
        let settings = StoreSettings::new(place("tidewheel.db"), place("objects"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let registry = Registry::open(&settings).await.expect("opens");
            let summary = registry.prediction_summary("sales", Timestamp::from_ms(0)).await.expect("read");
            registry.close().await;
            summary.count
        })
    }

    fn spilled(&self) -> usize {
        common::files(&self.folder.path().join(".tidewheel/spill")).len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn predict(body: &str) -> Vec<u8> {
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// One connection that is kept alive.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        Client { stream: BufReader::new(stream) }
    }

    /// Status and body of the answer; `None` when the connection was closed instead.
    fn ask(&mut self, request: &[u8]) -> Option<(u16, Vec<u8>)> {
        self.stream.get_mut().write_all(request).ok()?;
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let text = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = text.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().expect("a status");
            } else if let Some(rest) = text.strip_prefix("content-length:") {
                length = rest.trim().parse().expect("a length");
            } else if text.is_empty() {
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body).ok()?;
                return Some((status, body));
            }
        }
    }
}

const GOOD: &str = "{\"size\":3,\"region\":\"north\"}";

#[test]
fn a_port_in_use_is_told_before_anything_is_written() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let words = [&format!("port {} is in use", taken.local_addr().expect("bound").port()), "--listen"];
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    run(here, &["demo", "--dir", "demo", "--listen", &address]).fails_with(1, &words);
    assert!(!here.join("demo").exists(), "nothing is written");
    run(here, &["source-api", "--data", "builtin:real-estate", "--listen", &address]).fails_with(1, &words);
    project(here);
    run(here, &["serve", "--listen", &address]).fails_with(1, &words);
    assert!(!here.join(".tidewheel").exists(), "nothing is written");
    run(here, &["serve", "--listen", "0.0.0.0:0"]).wrong_use(&["--insecure"]);
}

#[test]
fn wrong_bodies_are_answered_with_the_field_and_the_server_goes_on() {
    let mut server = Server::start();
    for body in ["size=3", "", "{\"size\":3"] {
        let (status, answer) = server.post(body);
        assert_eq!(status, 400, "{answer}");
        assert!(answer["detail"].is_string() && answer["request_id"].is_string(), "{answer}");
    }
    let announced = String::from_utf8(predict("")).expect("text").replace("length: 0", "length: 99999999");
    let (status, answer) = Client::new(server.connect()).ask(announced.as_bytes()).expect("an answer");
    assert_eq!(status, 413);
    assert!(String::from_utf8_lossy(&answer).contains("serve.max_body_kib"));
    let cases = [
        ("{\"size\":NaN,\"region\":\"north\"}", "size", json!("NaN"), "must be a finite number"),
        ("{\"size\":\"3\",\"region\":\"north\"}", "size", json!("3"), "must be a number, not a text"),
        ("{\"size\":3,\"region\":{\"a\":1}}", "region", json!({ "a": 1 }), "must be a text"),
        ("{\"size\":3,\"region\":\"north\",\"sizes\":1}", "sizes", json!(1), "the fields are size, region"),
    ];
    for (body, field, value, message) in cases {
        let (status, answer) = server.post(body);
        assert_eq!(status, 422, "{answer}");
        let error = &answer["detail"][0];
        assert_eq!((&error["field"], &error["value"]), (&json!(field), &value), "{answer}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{answer}");
    }
    let (status, answer) = server.post(GOOD);
    assert!(status == 200 && answer["prediction"].is_number(), "{answer}");
    assert_eq!(server.end("-TERM").0, Some(0));
    assert_eq!(server.logged(), 1, "what was refused is no prediction");
}

#[test]
fn a_signal_under_load_ends_the_server_and_no_prediction_is_lost() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start();
        let answered = Arc::new(AtomicU64::new(0));
        let request = Arc::new(predict(GOOD));
        let clients = (0..12).map(|_| {
            let (answered, request, mut client) =
                (Arc::clone(&answered), Arc::clone(&request), Client::new(server.connect()));
            std::thread::spawn(move || {
                while let Some((status, body)) = client.ask(&request) {
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        let clients = clients.collect::<Vec<_>>();
        // Clients that would keep a server waiting: idle after an answer, silent, slow in the head, slow in
        // the body.
        let mut idle = Client::new(server.connect());
        assert!(idle.ask(&request).is_some_and(|(status, _)| status == 200));
        answered.fetch_add(1, Ordering::SeqCst);
        let (silent, mut head, mut body) = (server.connect(), server.connect(), server.connect());
        head.write_all(&request[..30]).expect("sent");
        body.write_all(&request[..request.len() - 3]).expect("sent");
        while answered.load(Ordering::SeqCst) < 2_000 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let (code, stderr) = server.end(signal);
        assert_eq!(code, Some(0), "{stderr}");
        for client in clients {
            client.join().expect("every answer was a prediction");
        }
        drop((idle, silent, head, body));
        let answered = answered.load(Ordering::SeqCst);
        assert_eq!(server.logged() as u64, answered, "{stderr}");
        assert_eq!(server.spilled(), 0);
        assert!(TcpStream::connect(&server.address).is_err(), "the port is free");
    }
}

#[test]
fn a_server_without_a_version_says_so_and_ends_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    project(folder.path());
    let mut serve = command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("read");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill starts").success());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("has no version of 'sales_model'"), "{output:?}");
    assert!(Path::new(&folder.path().join(".tidewheel/tidewheel.db")).exists());
}
