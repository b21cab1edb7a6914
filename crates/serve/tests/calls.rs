//! Every call with its shape.

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use support::{TestServer, send};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

#[tokio::test]
async fn predict_answers_with_the_model_of_the_registry() {
    let server = TestServer::start().await;
    let body = json!({ "x": 3.5, "size": 20, "region": "south" });
    let answer = server.post("/predict", &body).await;
    let json = answer.ok();
    let expected =
        ["amount", "model_version", "model_stage", "model_run_id", "features_used", "input_summary", "request_id"];
    assert_eq!(keys(&json), expected);
    assert_eq!(json["amount"].as_f64(), Some(server.trained.predict(&body)));
    assert_eq!(json["model_version"], "1");
    assert_eq!(json["model_stage"], "Production");
    assert_eq!(json["model_run_id"], support::run_id(1).as_str());
    assert_eq!(keys(&json["features_used"]), ["x", "size", "size_over_x", "region_level"]);
    assert_eq!(json["features_used"]["x"], 3.5);
    assert_eq!(json["input_summary"], json!({ "x": 3.5, "size": 20, "region": "south" }));
    assert_eq!(json["request_id"], answer.header("x-request-id"));
}

#[tokio::test]
async fn only_declared_defaults_stand_in_and_zero_and_null_are_kept() {
    let server = TestServer::start().await;
    let summary = |body: Value| {
        let server = &server;
        async move { server.post("/predict", &body).await.ok()["input_summary"].clone() }
    };
    assert_eq!(summary(json!({ "x": 1 })).await, json!({ "x": 1, "size": 50, "region": "north" }));
    assert_eq!(summary(json!({ "x": 0, "size": 0 })).await, json!({ "x": 0, "size": 0, "region": "north" }));
    let missing = json!({ "x": 1, "size": null, "region": null });
    assert_eq!(summary(missing.clone()).await, missing);
    let answer = server.post("/predict", &missing).await.ok();
    assert_eq!(answer["features_used"]["size"], Value::Null);
    assert_ne!(answer["amount"], server.post("/predict", &json!({ "x": 1, "size": 0 })).await.ok()["amount"]);
}

#[tokio::test]
async fn explanations_add_up_to_the_margin() {
    let server = TestServer::start().await;
    for body in [json!({ "x": 7 }), json!({ "x": -90, "size": null, "region": "west" })] {
        let json = server.post("/explain", &body).await.ok();
        let values =
            json["shap_values"].as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number"));
        let margin = json["margin"].as_f64().expect("a number");
        let sum = json["base_value"].as_f64().expect("a number") + values.sum::<f64>();
        assert!((sum - margin).abs() < 1e-9, "{sum} {margin}");
        assert!((margin.exp_m1() / json["amount"].as_f64().expect("a number") - 1.0).abs() < 1e-5);
        assert_eq!(json["amount"], server.post("/predict", &body).await.ok()["amount"]);
        assert_eq!(json["scale"], "log1p(amount)");
        assert_eq!(json["feature_names"], json!(["x", "size", "size_over_x", "region_level"]));
        assert_eq!(json["feature_values"].as_array().map(Vec::len), Some(4));
        assert_eq!(json["feature_values"][1], json["input_summary"]["size"].as_f64().map_or(Value::Null, Value::from));
        assert_eq!(json["model_version"], "1");
    }
}

#[tokio::test]
async fn a_batch_gives_each_row_its_answer_or_its_error() {
    let server = TestServer::start().await;
    let body = json!([{ "x": 1 }, { "x": "one" }, {}, 5, { "x": 2, "size": 3 }]);
    let json = server.post("/batch_predict", &body).await.ok();
    let rows = json["predictions"].as_array().expect("a list");
    assert_eq!(
        (json["count"].as_u64(), json["succeeded"].as_u64(), json["failed"].as_u64()),
        (Some(5), Some(2), Some(3))
    );
    assert_eq!(rows[0]["amount"].as_f64(), Some(server.trained.predict(&body[0])));
    assert_eq!(rows[1]["error"], "'x' must be a number, not a text");
    assert_eq!(rows[1]["detail"], json!([{ "field": "x", "value": "one", "message": "must be a number, not a text" }]));
    assert_eq!(rows[2]["error"], "'x' is required");
    assert!(rows[3]["error"].as_str().expect("a text").contains("must be an object"));
    assert_eq!(rows[4]["amount"].as_f64(), Some(server.trained.predict(&body[4])));

    let many = Value::from(vec![json!({ "x": 1 }); 200]);
    assert_eq!(server.post("/batch_predict", &many).await.ok()["succeeded"], 200);
    let too_many = Value::from(vec![json!({ "x": 1 }); 201]);
    let answer = server.post("/batch_predict", &too_many).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.json()["detail"].as_str().expect("a text").contains("at most 200"));
    assert_eq!(server.post("/batch_predict", &json!({ "x": 1 })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.post("/batch_predict", &json!([])).await.ok()["count"], 0);
}

#[tokio::test]
async fn the_service_shows_its_model() {
    let server = TestServer::start().await;
    let service = server.get("/").await.ok();
    assert_eq!(service["service"], "Demand API");
    assert_eq!(service["version"], "9.9.9");
    assert_eq!(service["model_name"], "demand_model");
    assert_eq!(service["model_version"], "1");
    assert_eq!(service["model_loaded"], true);
    assert_eq!(service["explainer_loaded"], true);
    assert_eq!(service["features"], json!(["x", "size", "size_over_x", "region_level"]));
    assert_eq!(service["last_reload_error"], Value::Null);

    let health = server.get("/health").await.ok();
    assert_eq!((&health["model_loaded"], &health["explainer_loaded"]), (&json!(true), &json!(true)));
    assert_eq!((&health["status"], &health["database_connected"]), (&json!("healthy"), &json!(true)));
    assert_eq!(server.get("/ready").await.ok(), json!({ "ready": true, "model_version": "1" }));

    let model = server.get("/model").await.ok();
    assert_eq!((&model["version"], &model["stage"]), (&json!("1"), &json!("Production")));
    assert_eq!(model["model_run_id"], support::run_id(1).as_str());
    assert_eq!(model["available_regions"], json!(["east", "north", "south"]));
    assert_eq!(model["scale"], "log1p(amount)");
    assert_eq!(model["trees"], 30);
}

#[tokio::test]
async fn groups_are_listed_dearest_first() {
    let server = TestServer::start().await;
    let groups = server.get("/regions").await.ok();
    let groups = groups.as_array().expect("a list");
    assert_eq!(groups.len(), 3);
    for group in groups {
        assert_eq!(keys(group), ["region", "average_amount", "count"]);
    }
    let means = groups.iter().map(|group| group["average_amount"].as_f64().expect("a number")).collect::<Vec<_>>();
    assert!(means.windows(2).all(|pair| pair[0] >= pair[1]), "{means:?}");
}

#[tokio::test]
async fn a_browser_gets_a_page_and_a_program_json() {
    let server = TestServer::start().await;
    let accept = |accept: &'static str| {
        let request = Request::get("/").header("host", "localhost").header("accept", accept);
        send(&server.router, request.body(Body::empty()).expect("a request"))
    };
    let page = accept("text/html,application/xhtml+xml,*/*;q=0.8").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("<h1>Overview</h1>"), "{}", page.text());
    assert!(page.text().contains("v1 in production"));
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    assert_eq!(accept("application/json").await.json()["service"], "Demand API");
    assert_eq!(accept("*/*").await.header("vary"), "accept");
}

#[tokio::test]
async fn predictions_are_logged_and_summed_up() {
    let server = TestServer::start().await;
    for region in ["north", "south", "south"] {
        server.post("/predict", &json!({ "x": 1, "region": region })).await.ok();
    }
    let answer = server.post("/predict", &json!({ "x": 1, "region": "west" })).await.ok();
    let history = server.get("/predictions/history?limit=3").await.ok();
    assert_eq!(history["count"], 3);
    let newest = &history["predictions"][0];
    assert_eq!(newest["request_id"], answer["request_id"]);
    assert_eq!(newest["predicted_amount"], answer["amount"]);
    assert_eq!(newest["inputs"], json!({ "x": 1, "size": 50, "region": "west" }));
    assert_eq!((&newest["model_version"], &newest["model_run_id"]), (&json!("1"), &answer["model_run_id"]));
    assert!(newest["response_time_ms"].as_f64().expect("a number") > 0.0);
    assert_eq!(server.get("/predictions/history?limit=10&region=south").await.ok()["count"], 2);

    let summary = server.get("/metrics/summary").await.ok();
    assert_eq!(summary["total_predictions"], 4);
    assert_eq!(summary["distinct_groups"], 3);
    assert_eq!(summary["model_versions"], json!(["1"]));
    let low = summary["min_amount"].as_f64().expect("a number");
    assert!(low <= summary["average_amount"].as_f64().expect("a number"));
    assert!(summary["average_response_time_ms"].as_f64().expect("a number") > 0.0);

    for query in ["limit=0", "limit=x", "limit=1001", "color=red"] {
        let answer = server.get(&format!("/predictions/history?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.json()["detail"][0]["field"], query.split_once('=').expect("a pair").0);
    }
}

#[tokio::test]
async fn batch_rows_are_logged_each_under_its_own_id() {
    let server = TestServer::start().await;
    let answer = server.post("/batch_predict", &json!([{ "x": 1 }, {}, { "x": 2 }])).await.ok();
    let id = answer["request_id"].as_str().expect("a text");
    let history = server.get("/predictions/history").await.ok();
    let ids = history["predictions"].as_array().expect("a list").iter().map(|row| row["request_id"].as_str());
    assert_eq!(ids.collect::<Vec<_>>(), [Some(format!("{id}:2").as_str()), Some(format!("{id}:0").as_str())]);
}

#[tokio::test]
async fn documentation_works_offline_under_its_own_policy() {
    let server = TestServer::start().await;
    for path in ["/docs", "/docs/"] {
        let page = server.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("swagger-ui"), "{}", page.text());
        assert!(!page.text().contains("http://") && !page.text().contains("https://"), "{}", page.text());
        assert!(page.header("content-security-policy").contains("script-src 'self'"));
    }
    let page = server.get("/docs").await.text();
    let files = page.split("=\"docs/").skip(1).map(|rest| rest.split('"').next().expect("a name"));
    let files = files.collect::<Vec<_>>();
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let answer = server.get(&format!("/docs/{file}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let script = server.get("/docs/swagger-initializer.js").await.text();
    assert!(script.contains("/openapi.json") && !script.contains("petstore"), "{script}");
    assert_eq!(server.get("/docs/nothing.js").await.status, StatusCode::NOT_FOUND);
    let document = server.get("/openapi.json").await.ok();
    assert_eq!(document["info"]["title"], "Demand API");
    assert!(close(
        document["components"]["schemas"]["Row"]["properties"]["x"]["minimum"].as_f64().expect("a bound"),
        -100.0
    ));
}

#[tokio::test]
async fn reload_says_what_it_loaded() {
    let server = TestServer::start().await;
    let again = server.post("/reload", &Value::Null).await.ok();
    assert_eq!(again["status"], "success");
    assert_eq!(again["message"], "Loading Production model version 1... Success");
    assert_eq!((&again["changed"], &again["previous_version"]), (&json!(false), &json!("1")));
    let better = support::trained(&server.project, 500.0, 10, 3);
    let version = support::register(&server.registry, &server.project, 2, better.bundle()).await;
    support::promote(&server.registry, &server.project, version).await;
    let reloaded = server.post("/reload", &Value::Null).await.ok();
    assert_eq!(reloaded["model_version"], "2");
    let body = json!({ "x": 1 });
    assert_eq!(server.post("/predict", &body).await.ok()["amount"].as_f64(), Some(better.predict(&body)));
}
