//! Another model takes over while requests run; a damaged one never does.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::{TestServer, promote, register, trained};

async fn wait_for_version(server: &TestServer, version: &str) -> Duration {
    let began = Instant::now();
    while server.get("/model").await.ok()["version"] != version {
        assert!(began.elapsed() < Duration::from_secs(10), "version {version} never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_swapped_under_a_thousand_requests_without_an_error() {
    let server = TestServer::start().await;
    let body = json!({ "x": 12, "size": 30 });
    let mut answers = vec![server.trained.predict(&body)];
    let mut versions = vec![1];
    for n in 2..=4 {
        let next = trained(&server.project, 100.0 * n as f64, 20, 3);
        answers.push(next.predict(&body));
        versions.push(register(&server.registry, &server.project, n, next.bundle()).await);
    }
    let answers = Arc::new(answers);
    let done = Arc::new(AtomicBool::new(false));
    let clients = (0..20).map(|_| {
        let (router, answers, done, body) =
            (server.router.clone(), Arc::clone(&answers), Arc::clone(&done), body.to_string());
        tokio::spawn(async move {
            let (mut asked, mut last) = (0, 0);
            while asked < 50 || !done.load(Ordering::Relaxed) {
                let json = support::post(&router, "/predict", body.clone()).await.ok();
                let version: usize = json["model_version"].as_str().expect("a text").parse().expect("a number");
                assert!(version >= last, "version {last} was followed by {version}");
                assert_eq!(json["amount"].as_f64(), Some(answers[version - 1]), "an answer of another version");
                assert_eq!(json["model_run_id"], support::run_id(version as i64).as_str());
                (asked, last) = (asked + 1, version);
                tokio::task::yield_now().await;
            }
            (asked, last)
        })
    });
    let clients = clients.collect::<Vec<_>>();
    for version in &versions[1..] {
        tokio::time::sleep(Duration::from_millis(100)).await;
        promote(&server.registry, &server.project, *version).await;
        let reloaded = server.post("/reload", &Value::Null).await.ok();
        assert_eq!(reloaded["model_version"], version.to_string());
    }
    done.store(true, Ordering::Relaxed);
    let mut asked = 0;
    for client in clients {
        asked += client.await.expect("no error").0;
    }
    assert!(asked >= 1_000, "{asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_is_served_within_two_seconds_and_so_is_a_rollback() {
    let server = TestServer::start().await;
    let version = register(&server.registry, &server.project, 2, trained(&server.project, 9.0, 5, 2).bundle()).await;
    promote(&server.registry, &server.project, version).await;
    let took = wait_for_version(&server, "2").await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    promote(&server.registry, &server.project, 1).await;
    assert!(wait_for_version(&server, "1").await < Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_bundle_keeps_the_old_model_and_says_why() {
    let server = TestServer::start().await;
    let good = trained(&server.project, 9.0, 5, 2);
    let other = trained(&server.project, 400.0, 5, 2);
    let damage: [(&str, Vec<(String, Vec<u8>)>, &str); 6] = [
        ("a flipped bit", flip(good.bundle(), "model/model.ubj"), "'model/model.ubj' has SHA-256"),
        (
            "a missing file",
            good.bundle().into_iter().filter(|(path, _)| path != "model/golden.json").collect(),
            "lacks 'model/golden.json'",
        ),
        (
            "no manifest",
            good.bundle().into_iter().filter(|(path, _)| path != "model/manifest.json").collect(),
            "lacks 'model/manifest.json'",
        ),
        (
            "an interval that the manifest names",
            good.bundle().into_iter().filter(|(path, _)| path != "model/interval.json").collect(),
            "lacks 'model/interval.json'",
        ),
        ("another recipe", swap(good.bundle(), other.bundle(), "model/recipe.json"), "'model/recipe.json' has SHA-256"),
        ("other golden rows", wrong_golden(&good), "golden row 0 gives"),
    ];
    for (n, (what, files, reason)) in damage.into_iter().enumerate() {
        let version = register(&server.registry, &server.project, 10 + n as i64, files).await;
        promote(&server.registry, &server.project, version).await;
        let answer = server.post("/reload", &Value::Null).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
        let detail = answer.json()["detail"].as_str().expect("a text").to_owned();
        assert!(detail.contains(reason) && detail.contains("version 1 goes on serving"), "{what}: {detail}");
        assert_eq!(server.get("/model").await.ok()["version"], "1");
        server.post("/predict", &json!({ "x": 1 })).await.ok();
        for path in ["/health", "/"] {
            let shown = server.get(path).await.ok()["last_reload_error"].as_str().expect("a text").to_owned();
            assert!(shown.contains(reason), "{what}: {shown}");
        }
    }
    let metrics = server.get("/metrics").await.text();
    assert!(metrics.contains("model_reloads_total{outcome=\"failure\"}"), "{metrics}");
    let version = register(&server.registry, &server.project, 30, good.bundle()).await;
    promote(&server.registry, &server.project, version).await;
    server.post("/reload", &Value::Null).await.ok();
    assert_eq!(server.get("/health").await.ok()["last_reload_error"], Value::Null);
}

fn flip(mut files: Vec<(String, Vec<u8>)>, path: &str) -> Vec<(String, Vec<u8>)> {
    let (_, bytes) = files.iter_mut().find(|(name, _)| name == path).expect("the file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    files
}

fn swap(files: Vec<(String, Vec<u8>)>, others: Vec<(String, Vec<u8>)>, path: &str) -> Vec<(String, Vec<u8>)> {
    let other = others.into_iter().find(|(name, _)| name == path).expect("the file");
    files.into_iter().map(|file| if file.0 == path { other.clone() } else { file }).collect()
}

/// A bundle whose check sums are right and whose first golden row is off by one bit.
fn wrong_golden(good: &support::Trained) -> Vec<(String, Vec<u8>)> {
    let row = good.recipe.input_row(&good.table, 0);
    let margin = good.model.margin_row(&good.recipe.row_features(&row)).expect("a margin");
    let margin = f32::from_bits(margin.to_bits() + 1);
    let golden = [tidewheel_data::bundle::GoldenRow { inputs: row.to_json(&good.recipe), margin }];
    tidewheel_data::bundle::write(good.model.to_ubjson(), good.recipe.recipe(), &golden, None).expect("a bundle")
}
