//! The pages of models: what was production when, and putting a version there by hand.

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use support::{Answer, TestServer, get, register, send, trained};
use tidewheel_domain::model_version::LedgerEvent;

/// Sends a form as a page of this server would; with a token of its own where `token` is `None`.
async fn act(server: &TestServer, path: &str, reason: &str, token: Option<&str>) -> Answer {
    let page = server.get("/ui/models").await;
    let cookie = page.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let own = cookie.split('=').nth(1).unwrap_or_default().to_owned();
    let body = format!("token={}&back=/ui/models&reason={reason}", token.unwrap_or(&own));
    let request = Request::post(path)
        .header("host", "127.0.0.1:8000")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    send(&server.router, request.body(Body::from(body)).expect("a request")).await
}

async fn ledger(server: &TestServer) -> Vec<(LedgerEvent, i64, String)> {
    let lines = server.registry.ledger(&server.project.model_name).await.expect("a ledger");
    lines.into_iter().map(|line| (line.event, line.version, line.reason)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_is_promoted_and_rolled_back_once_however_often_it_is_sent() {
    let server = TestServer::start().await;
    register(&server.registry, &server.project, 2, trained(&server.project, 9.0, 5, 2).bundle()).await;
    let before = ledger(&server).await.len();

    let asked = server.get("/ui/models/2/promote").await;
    assert!(asked.text().contains("20 of 20 golden rows equal"), "{}", asked.text());
    for _ in 0..2 {
        let done = act(&server, "/ui/models/2/promote", "it+is+better", None).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/ui/models"), "{}", done.text());
    }
    // This server serves it at once, without waiting for the watch.
    assert_eq!(server.get("/model").await.ok()["version"], "2");
    let lines = ledger(&server).await;
    assert_eq!(lines.len(), before + 2);
    assert_eq!(lines.last(), Some(&(LedgerEvent::Promote, 2, "it is better".to_owned())));

    for _ in 0..2 {
        let done = act(&server, "/ui/models/rollback?to=1", "complaints", None).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    }
    assert_eq!(server.get("/model").await.ok()["version"], "1");
    let lines = ledger(&server).await;
    assert_eq!(lines.len(), before + 4);
    assert_eq!(lines.last(), Some(&(LedgerEvent::Rollback, 1, "complaints".to_owned())));
    let page = server.get("/ui/models").await.text();
    assert!(page.contains("complaints") && page.contains("v1 answers now."), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_changes_without_token_reason_or_a_bundle_that_loads() {
    let server = TestServer::start().await;
    let mut files = trained(&server.project, 9.0, 5, 2).bundle();
    files[0].1[100] ^= 1;
    register(&server.registry, &server.project, 2, files).await;
    let before = ledger(&server).await;
    for (path, reason, token) in [
        ("/ui/models/2/promote", "why", Some("0123456789abcdef0123456789abcdef")),
        ("/ui/models/2/promote", "++%0A", None),
        ("/ui/models/2/promote", "why", None),
        ("/ui/models/rollback?to=2", "why", None),
        ("/ui/models/rollback", "why", None),
    ] {
        let refused = act(&server, path, reason, token).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{path} {reason}: {}", refused.text());
    }
    let page = server.get("/ui/models/2/promote").await.text();
    assert!(page.contains("SHA-256") && !page.contains("name=\"reason\""), "{page}");
    assert_eq!(act(&server, "/ui/models/99/promote", "why", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ledger(&server).await, before);
    assert_eq!(server.get("/model").await.ok()["version"], "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_sent_to_be_kept_and_nothing_else_is() {
    let server = TestServer::start().await;
    let file = server.get("/ui/models/v1/files/model/recipe.json").await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"recipe.json\"");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    for path in ["model/no.json", "..%2f..%2fregistry.db", "model%5c..%5cx", "%00"] {
        let missing = server.get(&format!("/ui/models/1/files/{path}")).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{path}: {}", missing.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_stand_whatever_is_asked() {
    let server = TestServer::start().await;
    register(&server.registry, &server.project, 2, trained(&server.project, 9.0, 5, 2).bundle()).await;
    let found = [
        "/ui/models",
        "/ui/models?at=2026-11-25T21:30&until=zz&line=zz",
        "/ui/models?at=%3Cscript%3E",
        "/ui/models/1",
        "/ui/models/compare",
        "/ui/models/compare?a=1&b=2",
        "/ui/models/compare?a=1&b=99",
        "/ui/models/compare?a=1&b=1",
        "/ui/models/compare?v=1&v=2&v=3",
        "/ui/experiments",
        "/ui/experiments?kind=trial&metric=r2&min=zz&q=%25&sort=m.r2&order=rising&col=m.r2&page=99",
        "/ui/experiments?runs=zz,0123456789abcdef0123456789abcdef",
    ];
    for path in found {
        let page = server.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
        assert!(!page.text().contains("<script>"), "{path}");
    }
    for path in ["/ui/models/zz", "/ui/models/99", "/ui/experiments/runs/zz"] {
        assert_eq!(server.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let chosen = get(&server.router, "/ui/models/compare?v=2&v=v1").await;
    assert_eq!(chosen.header("location"), "/ui/models/compare?a=1&b=2");
    assert_eq!(server.post("/predict", &json!({ "x": 1 })).await.status, StatusCode::OK);
}
