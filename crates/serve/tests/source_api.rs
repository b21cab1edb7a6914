//! The emulated data API, and the client that reads it while everything that can break breaks.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use serde_json::{Value, json};
use tidewheel_data::read::{RawBatch, read_csv};
use tidewheel_data::source::{Ask, Fetched, HttpApi, Source, SourceError, SourcePosition, no_progress};
use tidewheel_domain::Sha256;
use tidewheel_domain::project::{BadValue, ColumnSpec, ColumnType, HttpSource, Role};
use tidewheel_serve::source_api::{SourceApi, SourceApiError};
use tokio::net::TcpListener;

const ROWS: usize = 32;
const BATCHES: usize = 3;

/// Rows of which every eleventh repeats the first.
fn rows() -> RawBatch {
    let mut text = "size,code,day,note\n".to_owned();
    for row in 0..ROWS {
        let row = if row % 11 == 0 { 0 } else { row };
        let note = if row % 3 == 0 { "" } else { "a \"b\",\tñ" };
        text.push_str(&format!("{row}.5,{row}.0,2020-01-{:02},\"{}\"\n", row % 28 + 1, note.replace('"', "\"\"")));
    }
    read_csv(text.as_bytes(), "rows.csv").expect("valid CSV")
}

fn api() -> SourceApi {
    SourceApi::new(&rows(), BATCHES, None).expect("32 rows, 3 batches")
}

fn columns() -> Vec<ColumnSpec> {
    let kinds = [
        ("size", ColumnType::Number),
        ("code", ColumnType::Category),
        ("day", ColumnType::Date),
        ("note", ColumnType::Category),
    ];
    let column = |(name, kind): (&str, _)| ColumnSpec {
        name: name.into(),
        kind,
        role: Role::Feature,
        optional: false,
        bad_value: BadValue::Reject,
        checks: Vec::new(),
        label: (name.into(), name.into()),
        unit: None,
    };
    kinds.map(column).into()
}

/// What happens to a request for data, in order; after the last, nothing does.
enum Fault {
    None,
    /// 500 before the batch is dealt.
    Error,
    /// The batch is dealt and lost on the way.
    Cut,
    /// The batch is dealt, but its JSON ends early though the transfer is whole.
    Short,
    Slow(Duration),
    /// Another answer instead.
    Instead(StatusCode, Value),
}

type Faults = Arc<Mutex<VecDeque<Fault>>>;

async fn break_requests(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/data" {
        return next.run(request).await;
    }
    let fault = faults.lock().expect("not poisoned").pop_front().unwrap_or(Fault::None);
    match fault {
        Fault::None => next.run(request).await,
        Fault::Error => (StatusCode::INTERNAL_SERVER_ERROR, "out of order").into_response(),
        Fault::Instead(status, body) => (status, axum::Json(body)).into_response(),
        Fault::Slow(wait) => {
            tokio::time::sleep(wait).await;
            next.run(request).await
        }
        Fault::Cut => {
            let half = half_of(next.run(request).await).await;
            let parts = [Ok(half), Err(std::io::Error::other("cut"))];
            Body::from_stream(stream::iter(parts)).into_response()
        }
        Fault::Short => half_of(next.run(request).await).await.into_response(),
    }
}

async fn half_of(response: Response) -> Bytes {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a whole body");
    body.slice(..body.len() / 2)
}

async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A project's side: client, position, stored batches.
struct Client {
    source: HttpApi,
    position: SourcePosition,
    known: HashSet<Sha256>,
    interrupted: bool,
}

impl Client {
    fn new(url: &str) -> Self {
        Client::with(HttpSource { url: url.to_owned(), ..spec() })
    }

    fn with(spec: HttpSource) -> Self {
        let source = HttpApi::new(&spec, &columns()).expect("a valid address");
        Client {
            source: source.with_backoff(Duration::from_millis(1), Duration::from_millis(4)),
            position: SourcePosition::Start,
            known: HashSet::new(),
            interrupted: false,
        }
    }

    /// Asks for the next batch without storing it.
    async fn ask(&mut self) -> Result<Option<Fetched>, SourceError> {
        let ask =
            Ask { position: &self.position, interrupted: self.interrupted, known: &self.known, progress: &no_progress };
        self.source.next(ask).await
    }

    /// Asks and stores; the rows' first `size`, which names the batch in these tests.
    async fn turn(&mut self) -> Result<Option<f64>, SourceError> {
        let Some(fetched) = self.ask().await? else { return Ok(None) };
        assert_eq!(fetched.known, self.known.contains(&fetched.hashes.content));
        self.known.insert(fetched.hashes.content.clone());
        self.position = fetched.position;
        Ok(fetched.typed.table.number("size").map(|sizes| sizes[0]))
    }

    async fn error(&mut self) -> String {
        self.ask().await.expect_err("an error").to_string()
    }
}

fn spec() -> HttpSource {
    HttpSource {
        url: String::new(),
        group_number: 5,
        day: "Tuesday".into(),
        timeout_ms: 5_000,
        retries: 2,
        max_body_bytes: 1 << 20,
        end_words: vec!["collected".into()],
    }
}

/// First sizes of the three batches: 11, 11 and 10 rows.
const FIRST: [Option<f64>; 4] = [Some(0.5), Some(0.5), Some(0.5), None];

async fn faulty(faults: Vec<Fault>) -> (Client, Faults) {
    let faults: Faults = Arc::new(Mutex::new(faults.into()));
    let router = api().router().layer(from_fn_with_state(Arc::clone(&faults), break_requests));
    (Client::new(&listen(router).await), faults)
}

#[tokio::test]
async fn batches_come_in_order_and_then_the_data_ends() {
    let mut client = Client::new(&listen(api().router()).await);
    let mut rows = Vec::new();
    while let Some(fetched) = client.ask().await.expect("a batch or the end") {
        assert!(!fetched.known && fetched.typed.bad.is_empty());
        rows.push(fetched.typed.table.rows());
        client.known.insert(fetched.hashes.content);
        client.position = fetched.position;
    }
    assert_eq!(rows, [11, 11, 10]);
    assert_eq!(client.position, SourcePosition::Api { batch_number: 3 });
    assert_eq!(client.turn().await.expect("the end again"), None);
}

#[tokio::test]
async fn objects_and_arrays_have_one_hash() {
    use tidewheel_serve::source_api::RowForm;
    let objects = Client::new(&listen(api().router()).await).ask().await.expect("a batch").expect("not the end");
    let arrays = listen(api().with_row_form(RowForm::Arrays).router()).await;
    let arrays = Client::new(&arrays).ask().await.expect("a batch").expect("not the end");
    assert_eq!(objects.hashes, arrays.hashes);
    assert_eq!(arrays.raw.facts.batch_number, Some(1));
}

#[tokio::test]
async fn a_batch_that_was_lost_in_a_crash_is_read_again() {
    let (mut client, _) = faulty(Vec::new()).await;
    let first = client.turn().await.expect("batch 1");
    // Dealt, and never stored.
    let lost = client.ask().await.expect("batch 2").expect("not the end").hashes.content;
    let again = client.ask().await.expect("batch 2 again").expect("not the end");
    assert_eq!((again.hashes.content, first), (lost, FIRST[0]));
    assert_eq!(again.position, SourcePosition::Api { batch_number: 2 });
}

#[tokio::test]
async fn a_connection_that_breaks_in_mid_batch_loses_nothing() {
    for fault in [|| Fault::Cut, || Fault::Short] {
        for broken in 0..BATCHES {
            let mut faults = (0..broken).map(|_| Fault::None).collect::<Vec<_>>();
            faults.push(fault());
            let (mut client, _) = faulty(faults).await;
            for (turn, first) in FIRST.iter().enumerate() {
                assert_eq!(&client.turn().await.expect("a batch"), first, "broken {broken}, turn {turn}");
            }
            assert_eq!(client.known.len(), BATCHES);
        }
    }
}

#[tokio::test]
async fn an_end_after_an_interruption_is_checked() {
    let (mut client, _) = faulty(Vec::new()).await;
    for _ in 0..2 {
        client.turn().await.expect("a batch");
    }
    let last = client.ask().await.expect("batch 3").expect("not the end").hashes.content;
    assert_eq!(client.turn().await.expect("the end"), None, "nothing says that a batch was lost");
    client.interrupted = true;
    let again = client.ask().await.expect("batch 3 again").expect("not the end");
    assert_eq!(again.hashes.content, last);
    client.known.insert(last);
    assert_eq!(client.turn().await.expect("the end"), None);
}

#[tokio::test]
async fn an_api_that_others_have_read_is_started_again() {
    let url = listen(api().router()).await;
    let mut other = Client::new(&url);
    other.turn().await.expect("batch 1");
    other.turn().await.expect("batch 2");
    let mut client = Client::new(&url);
    client.turn().await.expect("batch 3 is no beginning");
    assert_eq!(client.position.batch_number(), Some(1));
    while client.turn().await.expect("a batch").is_some() {}
    let mut late = Client::new(&url);
    late.turn().await.expect("an end is no beginning");
    assert_eq!(late.position.batch_number(), Some(1));
}

#[tokio::test]
async fn a_known_batch_dealt_again_is_returned_as_known() {
    let url = listen(api().router()).await;
    let mut client = Client::new(&url);
    while client.turn().await.expect("a batch").is_some() {}
    let restart = format!("{url}/restart_data_generation?group_number=5&day=Tuesday");
    reqwest::get(&restart).await.expect("an answer").error_for_status().expect("200");
    let again = client.ask().await.expect("batch 1 again").expect("not the end");
    assert!(again.known);
    assert_eq!(again.raw.facts.batch_number, Some(1));
    assert_eq!(again.position, SourcePosition::Api { batch_number: 3 });
}

#[tokio::test]
async fn a_batch_that_never_comes_is_named() {
    let dealt = Arc::new(Mutex::new(0_u64));
    let data = move || {
        let number = {
            let mut dealt = dealt.lock().expect("not poisoned");
            *dealt += if *dealt == 1 { 2 } else { 1 };
            *dealt
        };
        let row = json!({"size": number, "code": null, "day": null, "note": null});
        std::future::ready(axum::Json(json!({"batch_number": number, "data": [row]})))
    };
    let url = listen(Router::new().route("/data", get(data))).await;
    let mut client = Client::new(&url);
    client.turn().await.expect("batch 1");
    let text = client.error().await;
    let expected = format!("batch 2 of '{url}/data' is missing and did not come again: the API cannot be restarted: ");
    assert!(text.starts_with(&expected), "{text}");
}

#[tokio::test]
async fn numbers_that_pass_the_missing_batch_again_are_an_error() {
    let answer = |number: u64| {
        let row = json!({"size": number, "code": null, "day": null, "note": null});
        Fault::Instead(StatusCode::OK, json!({"batch_number": number, "data": [row]}))
    };
    let mut faults = vec![answer(1)];
    faults.extend((0..4).flat_map(|_| [answer(3), answer(1)]));
    let (mut client, _) = faulty(faults).await;
    client.turn().await.expect("batch 1");
    let text = client.error().await;
    assert!(text.contains("batch 2 of 'http://127.0.0.1:"), "{text}");
    // Each restart gives 1 and then 3.
    assert!(text.ends_with("is missing and did not come again: the numbers go from 1 to 3"), "{text}");
}

#[tokio::test]
async fn server_errors_are_tried_again_and_then_told() {
    let (mut client, faults) = faulty(vec![Fault::Error, Fault::Error]).await;
    assert_eq!(client.turn().await.expect("the third attempt"), FIRST[0]);
    faults.lock().expect("not poisoned").extend([Fault::Error, Fault::Error, Fault::Error]);
    let text = client.error().await;
    assert!(text.starts_with("no answer from 'http://127.0.0.1:"), "{text}");
    assert!(text.ends_with("in 3 attempts: status 500: out of order"), "{text}");
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let slow = || Fault::Slow(Duration::from_secs(5));
    let faults: Faults = Arc::new(Mutex::new([slow(), slow(), slow()].into()));
    let url = listen(api().router().layer(from_fn_with_state(faults, break_requests))).await;
    let mut client = Client::with(HttpSource { url, timeout_ms: 60, ..spec() });
    let text = client.error().await;
    assert!(text.ends_with("in 3 attempts: no whole answer within 60 ms"), "{text}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    let url = listen(api().router()).await;
    let mut client = Client::with(HttpSource { url, max_body_bytes: 100, ..spec() });
    let text = client.error().await;
    assert!(text.ends_with("is larger than 100 bytes; raise 'source.max_body_mib' if that is right"), "{text}");
}

#[tokio::test]
async fn a_server_that_is_down_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let text = Client::new(&url).error().await;
    assert!(
        text.starts_with(&format!("no answer from '{url}/data?group_number=5&day=Tuesday' in 3 attempts: ")),
        "{text}"
    );
    assert!(text.contains("Connection refused"), "{text}");
}

#[tokio::test]
async fn other_refusals_are_errors_with_their_detail() {
    let refuse = |status, detail| Fault::Instead(status, json!({"detail": detail}));
    let faults = vec![
        refuse(StatusCode::BAD_REQUEST, "group 5 does not exist"),
        refuse(StatusCode::NOT_FOUND, "collected"),
        Fault::Instead(StatusCode::OK, json!({"batch_number": 1, "data": [{"size": 1}]})),
        Fault::Instead(StatusCode::OK, json!({"batch_number": 1, "data": []})),
    ];
    let (mut client, _) = faulty(faults).await;
    assert!(client.error().await.ends_with("answered 400: group 5 does not exist"));
    assert!(client.error().await.ends_with("answered 404: collected"));
    assert!(client.error().await.ends_with("has no column 'code'; it has 'size'"));
    assert!(client.error().await.ends_with("holds no rows; a batch has at least one: write them, or take it away"));
}

async fn get_json(url: &str) -> (u16, Value) {
    let response = reqwest::get(url).await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

#[tokio::test]
async fn the_protocol_is_the_reference_s() {
    let url = listen(api().router()).await;
    let data = format!("{url}/data?group_number=5&day=Tuesday");
    let (status, body) = get_json(&data).await;
    assert_eq!(status, 200);
    let keys = body.as_object().expect("an object").keys().collect::<Vec<_>>();
    assert_eq!(keys, ["group_number", "day", "batch_number", "data"]);
    assert_eq!((&body["group_number"], &body["day"], &body["batch_number"]), (&json!(5), &json!("Tuesday"), &json!(1)));
    assert_eq!(body["data"][0], json!({"size": "0.5", "code": "0.0", "day": "2020-01-01", "note": null}));

    // Every group and day has its own place.
    assert_eq!(get_json(&format!("{url}/data?group_number=6&day=Tuesday")).await.1["batch_number"], 1);
    let arrays = get_json(&format!("{data}&rows=arrays")).await.1;
    assert_eq!(arrays["batch_number"], 2);
    assert_eq!(arrays["data"][1], json!(["12.5", "12.0", "2020-01-13", ""]));
    assert_eq!(get_json(&data).await.1["batch_number"], 3);
    let (status, end) = get_json(&data).await;
    assert_eq!(status, 400);
    assert!(end["detail"].as_str().expect("a text").starts_with("all the data was collected"));
    let restarted = get_json(&format!("{url}/restart_data_generation?group_number=5&day=Tuesday")).await;
    assert_eq!((restarted.0, &restarted.1["day"]), (200, &json!("Tuesday")));
    assert_eq!(get_json(&data).await.1["batch_number"], 1);
    assert_eq!(get_json(&format!("{url}/health")).await, (200, json!({"status": "healthy"})));
    assert_eq!(get_json(&url).await.1["batches"], 3);
}

#[tokio::test]
async fn parameters_that_are_missing_or_wrong_are_named() {
    let url = listen(api().router()).await;
    let cases = [
        ("data", "group_number"),
        ("data?group_number=5", "day"),
        ("data?group_number=x&day=Tuesday", "group_number"),
        ("data?group_number=5&day=", "day"),
        ("data?group_number=5&day=a&rows=b", "rows"),
        ("restart_data_generation?day=Tuesday", "group_number"),
    ];
    for (call, parameter) in cases {
        let (status, body) = get_json(&format!("{url}/{call}")).await;
        assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["query", parameter])), "{call}");
        assert!(body["detail"][0]["msg"].as_str().expect("a text").contains(parameter), "{call}");
    }
}

#[tokio::test]
async fn an_emulator_goes_on_where_the_project_stands() {
    let url = listen(api().start_at(Some(2)).router()).await;
    let mut client = Client::new(&url);
    client.position = SourcePosition::Api { batch_number: 2 };
    client.turn().await.expect("batch 3");
    assert_eq!(client.position, SourcePosition::Api { batch_number: 3 });
    assert_eq!(client.turn().await.expect("the end"), None);
}

#[tokio::test]
async fn a_shuffle_deals_the_distinct_rows_in_an_order_that_its_seed_decides() {
    let shuffled = |seed| SourceApi::new(&rows(), BATCHES, Some(seed)).expect("enough rows");
    // Rows 0, 11 and 22 are equal.
    assert_eq!(shuffled(1).rows(), ROWS - 2);
    let first = async |seed| {
        let url = listen(shuffled(seed).router()).await;
        get_json(&format!("{url}/data?group_number=5&day=Tuesday&rows=arrays")).await.1["data"].clone()
    };
    assert_eq!(first(1).await, first(1).await);
    assert_ne!(first(1).await, first(2).await);
}

#[test]
fn more_batches_than_rows_are_refused() {
    for batches in [0, ROWS + 1] {
        let result = SourceApi::new(&rows(), batches, None);
        assert!(matches!(result, Err(SourceApiError::Batches { rows: ROWS, .. })));
    }
}
