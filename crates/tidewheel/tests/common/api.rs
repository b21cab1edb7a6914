//! A data API that breaks as it is told.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to a request for data instead of the answer.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// This status and body.
    Answer(u16, String),
    /// The batch is dealt and breaks off in the middle.
    Cut,
    /// The body is announced with so many bytes.
    Announced(usize),
    /// The batch is dealt and comes so much later.
    Slow(Duration),
    /// The request is taken up so much later.
    Late(Duration),
}

#[derive(Debug, Default)]
struct State {
    batches: Vec<String>,
    next: usize,
    faults: VecDeque<Fault>,
}

/// The API. It ends with the test's process.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub url: String,
    state: Arc<Mutex<State>>,
    asked: Arc<AtomicUsize>,
}

impl Api {
    /// Deals these batches, each a CSV file.
    pub(crate) fn start(batches: &[&Path]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let batches = batches.iter().map(|path| rows(&std::fs::read_to_string(path).expect("read"))).collect();
        let state = Arc::new(Mutex::new(State { batches, ..State::default() }));
        let api = Api { url, state, asked: Arc::default() };
        let server = api.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                std::thread::spawn(move || server.answer(stream));
            }
        });
        api
    }

    /// Breaks the next requests for data so.
    pub(crate) fn breaks(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().expect("not poisoned").faults.extend(faults);
    }

    /// Waits until so many requests for data have come.
    pub(crate) fn asked(&self, requests: usize) {
        for _ in 0..1000 {
            if self.asked.load(Ordering::SeqCst) >= requests {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no request came");
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().expect("cloned")).lines();
        let Some(Ok(first)) = lines.next() else { return };
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        // Whoever asked may have gone.
        let _ = self.reply(&first, &mut stream);
    }

    fn reply(&self, request: &str, stream: &mut TcpStream) -> std::io::Result<()> {
        if request.contains("/restart_data_generation") {
            self.state.lock().expect("not poisoned").next = 0;
            return send(stream, 200, "{}");
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        let fault = self.state.lock().expect("not poisoned").faults.pop_front();
        match fault {
            None => {}
            Some(Fault::Answer(status, body)) => return send(stream, status, &body),
            Some(Fault::Announced(bytes)) => {
                return write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n");
            }
            Some(Fault::Late(wait)) => std::thread::sleep(wait),
            Some(Fault::Slow(wait)) => {
                let body = self.deal();
                std::thread::sleep(wait);
                return body.map_or(Ok(()), |body| send(stream, 200, &body));
            }
            Some(Fault::Cut) => {
                let body = self.deal().unwrap_or_default();
                let length = body.len();
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
                return stream.write_all(&body.as_bytes()[..length / 2]);
            }
        }
        match self.deal() {
            Some(body) => send(stream, 200, &body),
            None => send(stream, 400, "{\"detail\": \"all data were collected\"}"),
        }
    }

    fn deal(&self) -> Option<String> {
        let mut state = self.state.lock().expect("not poisoned");
        let rows = state.batches.get(state.next)?;
        let body = format!("{{\"group_number\":1,\"batch_number\":{},\"data\":{rows}}}", state.next + 1);
        state.next += 1;
        Some(body)
    }
}

fn send(stream: &mut TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
    stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes())
}

/// The rows of a CSV file as JSON objects of texts.
fn rows(csv: &str) -> String {
    let mut lines = csv.lines();
    let names = lines.next().unwrap_or_default().split(',').collect::<Vec<_>>();
    let mut text = String::from("[");
    for (row, line) in lines.enumerate() {
        let fields = names.iter().zip(line.split(',')).map(|(name, value)| format!("\"{name}\":\"{value}\""));
        let _ = write!(text, "{}{{{}}}", if row == 0 { "" } else { "," }, fields.collect::<Vec<_>>().join(","));
    }
    text + "]"
}
