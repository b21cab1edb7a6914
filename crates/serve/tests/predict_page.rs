//! The page of one case.

mod support;

use serde_json::json;
use support::TestServer;

/// What `data-value` of the answer holds.
fn value_of(page: &str) -> f64 {
    let (_, rest) = page.split_once("data-value=\"").expect("an answer");
    rest.split('"').next().expect("a value").parse().expect("a number")
}

#[tokio::test]
async fn the_page_answers_as_the_api_does_and_logs_nothing() {
    let server = TestServer::start().await;
    let body = json!({ "x": 3.5, "size": 20, "region": "south" });
    let expected = server.trained.predict(&body);
    for path in ["/ui/predict", "/ui/predict/answer"] {
        let page = server.get(&format!("{path}?x=3.5&size=20&region=south")).await;
        assert_eq!(page.status, 200);
        assert_eq!(value_of(&page.text()), expected, "{path}");
        assert!(page.text().contains("90 of 100 such cases lie between"), "{}", page.text());
    }
    let counted = server.get("/metrics").await.text();
    assert!(counted.contains("/ui/predict"), "the route is counted");
    assert!(!counted.lines().any(|line| line.starts_with("predictions_total{") && !line.ends_with(" 0")), "{counted}");
}

#[tokio::test]
async fn fields_that_are_left_out_begin_with_defaults_and_mistakes_keep_what_was_typed() {
    let server = TestServer::start().await;
    // nothing is known of x, which has no default
    let page = server.get("/ui/predict").await.text();
    assert!(page.contains("is required") && page.contains("value=\"50\"") && !page.contains("data-value"));
    let page = server.get("/ui/predict?x=1000&size=much&region=mars&other=1").await.text();
    for text in [
        "value=\"1000\"",
        "must be 100 or less",
        "value=\"much\"",
        "must be a number",
        "mars",
        "must be one of",
        "other",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = server.get("/ui/predict?x=1&size=&region=").await.text();
    assert_eq!(value_of(&page), server.trained.predict(&json!({ "x": 1, "size": null, "region": null })));
}

#[tokio::test]
async fn without_a_model_the_page_says_what_would_stand_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = support::project();
    let registry = support::registry_in(folder.path()).await;
    let options = support::options(&project, &registry, folder.path());
    let server = tidewheel_serve::inference::Server::start(options).await.expect("a server");
    let page = support::get(&server.router(), "/ui/predict").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("tidewheel run"));
}
