//! Counters as Prometheus text, the prediction log under stress, and a real socket.

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use support::{TestServer, options, project, promote, register, registry_in, trained};
use tidewheel_domain::Timestamp;
use tidewheel_registry::{PredictionFilter, PredictionRecord};
use tidewheel_serve::inference::{Server, bind};
use tidewheel_serve::observe::{LogSettings, PredictionLog};
use tokio_util::sync::CancellationToken;

/// Parses Prometheus text and checks its structure: every sample belongs to a family declared before it.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let mut families: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a kind");
            assert!(families.iter().all(|(known, _)| known != name), "{name} twice");
            families.push((name.to_owned(), kind.to_owned()));
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a sample");
        let name = series.split('{').next().expect("a name");
        let (family, kind) = families.last().expect("a family before its samples");
        let suffix = name.strip_prefix(family.as_str()).unwrap_or_else(|| panic!("{name} after {family}"));
        match kind.as_str() {
            "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{name}"),
            _ => assert_eq!(suffix, "", "{name}"),
        }
        let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(samples.insert(series.to_owned(), value).is_none(), "{series} twice");
    }
    samples
}

#[tokio::test]
async fn the_counters_of_the_reference_are_there_and_count() {
    let server = TestServer::start().await;
    for region in ["north", "south", "south", "west"] {
        server.post("/predict", &json!({ "x": 1, "region": region })).await.ok();
    }
    server.post("/predict", &json!({ "x": 1, "region": null })).await.ok();
    server.post("/predict", &json!({})).await;
    server.get("/nowhere").await;
    let answer = server.get("/metrics").await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let samples = parse(&answer.text());
    let value = |series: &str| *samples.get(series).unwrap_or_else(|| panic!("no {series} in {}", answer.text()));
    assert_eq!(value("predictions_total{region=\"south\",model_version=\"1\"}"), 2.0);
    assert_eq!(
        value("predictions_total{region=\"other\",model_version=\"1\"}"),
        2.0,
        "no training row was in the west"
    );
    assert_eq!(value("prediction_latency_seconds_count"), 5.0);
    assert_eq!(value("prediction_amount_eur_count"), 5.0);
    assert_eq!(value("prediction_amount_eur_bucket{le=\"+Inf\"}"), 5.0);
    assert_eq!(value("model_loaded"), 1.0);
    assert_eq!(value("explainer_loaded"), 1.0);
    assert_eq!(value("http_requests_total{method=\"POST\",endpoint=\"/predict\",status=\"200\"}"), 5.0);
    assert_eq!(value("http_requests_total{method=\"POST\",endpoint=\"/predict\",status=\"422\"}"), 1.0);
    assert_eq!(value("http_requests_total{method=\"GET\",endpoint=\"other\",status=\"404\"}"), 1.0);
    assert_eq!(value("http_request_duration_seconds_count{method=\"POST\",endpoint=\"/predict\"}"), 6.0);
    assert_eq!(value("prediction_log_dropped_total"), 0.0);
    let run = support::run_id(1);
    let info = format!(
        "model_info{{model_name=\"demand_model\",model_version=\"1\",model_stage=\"Production\",model_run_id=\"{run}\"}}"
    );
    assert_eq!(value(&info), 1.0);
    let buckets = samples.iter().filter(|(series, _)| series.starts_with("prediction_latency_seconds_bucket"));
    assert_eq!(buckets.count(), 17);
}

fn record(n: usize) -> PredictionRecord {
    PredictionRecord {
        at: Timestamp::from_ms(1_000 + n as i64),
        request_id: format!("r{n}"),
        inputs: "{}".to_owned(),
        answer: n as f64,
        model_version: Some(1),
        model_run_id: None,
        response_time_ms: 1.0,
        client_ip: None,
        group_value: None,
    }
}

fn quick(folder: &std::path::Path) -> LogSettings {
    let mut settings = LogSettings::new("demand", folder.join("spill"));
    settings.linger = Duration::from_millis(10);
    settings.write_timeout = Duration::from_millis(500);
    settings.retry_after = Duration::from_millis(100);
    settings
}

#[tokio::test]
async fn a_full_queue_drops_and_counts_and_never_blocks() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = registry_in(folder.path()).await;
    let mut settings = quick(folder.path());
    settings.queue = 10;
    let (log, writer) = PredictionLog::new(registry.clone(), settings);
    let began = Instant::now();
    for n in 0..25 {
        log.record(record(n));
    }
    assert!(began.elapsed() < Duration::from_millis(100));
    assert_eq!((log.counts().queue_length(), log.counts().dropped_total()), (10, 15));
    let stop = CancellationToken::new();
    stop.cancel();
    writer.run(stop).await;
    assert_eq!((log.counts().written_total(), log.counts().queue_length()), (10, 0));
    let stored = registry.predictions("demand", &PredictionFilter::default(), 100).await.expect("read");
    assert_eq!(stored.len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn predictions_survive_a_database_that_goes_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = registry_in(folder.path()).await;
    // A closed pool stands for a database that is away.
    let away = registry_in(folder.path()).await;
    away.close().await;
    let (log, writer) = PredictionLog::new(away, quick(folder.path()));
    let stop = CancellationToken::new();
    let task = tokio::spawn(writer.run(stop.clone()));
    for n in 0..5_000 {
        log.record(record(n));
    }
    log.flush(Duration::from_secs(5)).await;
    assert_eq!((log.counts().spilled_total(), log.counts().dropped_total()), (5_000, 0));
    for n in 5_000..6_000 {
        log.record(record(n));
    }
    stop.cancel();
    task.await.expect("no panic");
    assert_eq!((log.counts().waiting_rows(), log.counts().queue_length()), (6_000, 0));

    // The next server finds the files, and keeps every prediction once.
    let (log, writer) = PredictionLog::new(registry.clone(), quick(folder.path()));
    let stop = CancellationToken::new();
    let task = tokio::spawn(writer.run(stop.clone()));
    let began = Instant::now();
    while log.counts().read_back_total() < 6_000 {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", log.counts());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    task.await.expect("no panic");
    assert_eq!(log.counts().waiting_rows(), 0);
    let summary = registry.prediction_summary("demand", Timestamp::from_ms(0)).await.expect("read");
    assert_eq!((summary.count, summary.maximum), (6_000, Some(5_999.0)));
    assert_eq!(std::fs::read_dir(folder.path().join("spill")).expect("the folder").count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_even_be_spilled_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let away = registry_in(folder.path()).await;
    away.close().await;
    // A file where the folder should be.
    std::fs::write(folder.path().join("spill"), "").expect("written");
    let (log, writer) = PredictionLog::new(away, quick(folder.path()));
    for n in 0..7 {
        log.record(record(n));
    }
    let stop = CancellationToken::new();
    stop.cancel();
    writer.run(stop).await;
    assert_eq!((log.counts().dropped_total(), log.counts().queue_length()), (7, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_socket_serves_and_shuts_down_with_its_log_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, registry) = (project(), registry_in(folder.path()).await);
    let version = register(&registry, &project, 1, trained(&project, 0.0, 5, 2).bundle()).await;
    promote(&registry, &project, version).await;
    let listener = bind(([127, 0, 0, 1], 0).into(), false).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut options = options(&project, &registry, folder.path());
    options.listen = address;
    let server = Server::start(options).await.expect("a server");
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(server.serve(listener, shutdown.clone()));
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{address}{path}");
    for n in 0..50 {
        let answer = client.post(url("/predict")).json(&json!({ "x": n })).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    let head = client.head(url("/health")).send().await.expect("an answer");
    assert_eq!((head.status().as_u16(), head.bytes().await.expect("a body").len()), (200, 0));
    let began = Instant::now();
    shutdown.cancel();
    served.await.expect("no panic");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(client.get(url("/health")).send().await.is_err(), "it no longer listens");
    let logged = registry.predictions("demand", &PredictionFilter::default(), 1_000).await.expect("read");
    assert_eq!(logged.len(), 50);
    assert_eq!(logged[0].client_ip.as_deref(), Some("127.0.0.1"));
}
