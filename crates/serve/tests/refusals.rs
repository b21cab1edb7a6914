//! What cannot be served is answered with what is wrong and where.

mod support;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use support::{Answer, TestServer, listen, options, project, registry_in, send};
use tidewheel_serve::inference::{ServeError, Server, bind};

fn fields(answer: &Answer) -> Vec<(String, Value, String)> {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    let json = answer.json();
    assert_eq!(json["request_id"], answer.header("x-request-id"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = json["detail"].as_array().expect("a list");
    list.iter().map(|error| (text(&error["field"]), error["value"].clone(), text(&error["message"]))).collect()
}

async fn raw(server: &TestServer, body: &'static str) -> Answer {
    support::post(&server.router, "/predict", body).await
}

#[tokio::test]
async fn wrong_fields_are_named_with_their_values() {
    let server = TestServer::start().await;
    let cases = [
        (r#"{"x":"3"}"#, "x", json!("3"), "must be a number, not a text"),
        (r#"{"x":true}"#, "x", json!(true), "must be a number"),
        (r#"{"x":[1]}"#, "x", json!([1]), "must be a number"),
        (r#"{"x":NaN}"#, "x", json!("NaN"), "must be a finite number"),
        (r#"{"x":-Infinity}"#, "x", json!("-Infinity"), "must be a finite number"),
        (r#"{"x":1e999}"#, "x", json!("1e999"), "must be a finite number"),
        (r#"{"x":101}"#, "x", json!(101), "must be 100 or less"),
        (r#"{"x":null}"#, "x", Value::Null, "is required"),
        ("{}", "x", Value::Null, "is required"),
        (r#"{"x":1,"region":"moon"}"#, "region", json!("moon"), "must be one of north, south, east, west"),
        (r#"{"x":1,"region":{"a":1}}"#, "region", json!({ "a": 1 }), "must be a text"),
        (r#"{"x":1,"colour":"red"}"#, "colour", json!("red"), "field is unknown; the fields are x, size, region"),
        (
            r#"{"x":1,"amount":5}"#,
            "amount",
            json!(5),
            "field is what the model predicts; the fields are x, size, region",
        ),
        ("[1]", "body", json!([1]), "must be an object of fields, not a list"),
    ];
    for (body, field, value, message) in cases {
        assert_eq!(fields(&raw(&server, body).await), [(field.to_owned(), value, message.to_owned())], "{body}");
    }
    let all = fields(&raw(&server, r#"{"x":NaN,"size":"big","region":5,"q":1}"#).await);
    let names = all.iter().map(|(field, ..)| field.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["x", "q", "size", "region"]);
}

#[tokio::test]
async fn a_body_that_is_not_json_or_too_large_is_refused() {
    let server = TestServer::start().await;
    let deep = "[".repeat(10_000);
    for body in ["", "  ", "{", "x=1&size=2", "{\"x\":1}}", "{'x':1}", "\u{0}", deep.as_str()] {
        let answer = support::post(&server.router, "/predict", body.to_owned()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    }
    let large = format!("{{\"x\":1,\"q\":\"{}\"}}", "a".repeat(70_000));
    let answer = support::post(&server.router, "/predict", large.clone()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("65536 bytes"), "{}", answer.text());
    let announced = Request::post("/predict").header("host", "localhost").header("content-type", "application/json");
    let announced = announced.header("content-length", "99999999").body(Body::empty()).expect("a request");
    assert_eq!(send(&server.router, announced).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let request = Request::post("/predict").header("host", "localhost");
        let request = kind.iter().fold(request, |request, kind| request.header("content-type", *kind));
        let answer = send(&server.router, request.body(Body::from("{\"x\":1}")).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(answer.text().contains("application/json"), "{}", answer.text());
    }
    assert_eq!(server.post("/predict", &json!({ "x": 1 })).await.status, StatusCode::OK, "the server goes on");
}

#[tokio::test]
async fn routes_and_methods_that_do_not_exist_are_answered_in_json() {
    let server = TestServer::start().await;
    let answer = server.get("/nothing/here").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    let answer = server.get("/predict").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "POST");
    assert!(answer.json()["detail"].is_string());
    let delete = Request::delete("/model").header("host", "localhost").body(Body::empty()).expect("a request");
    assert_eq!(send(&server.router, delete).await.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn the_clients_request_id_comes_back() {
    let server = TestServer::start().await;
    let ask = |id: &'static str| {
        let request = Request::post("/predict").header("host", "localhost").header("content-type", "application/json");
        send(&server.router, request.header("x-request-id", id).body(Body::from("{}")).expect("a request"))
    };
    let answer = ask("order-77").await;
    assert_eq!((answer.header("x-request-id"), &answer.json()["request_id"]), ("order-77", &json!("order-77")));
    assert_eq!(ask("<b>").await.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn foreign_hosts_and_foreign_pages_are_refused() {
    let server = TestServer::start().await;
    let ask = |method: Method, host: &'static str, origin: Option<&'static str>| {
        let path = if method == Method::POST { "/reload" } else { "/health" };
        let request = Request::builder().method(method).uri(path).header("host", host);
        let request = origin.iter().fold(request, |request, origin| request.header("origin", *origin));
        let request = request.body(Body::empty()).expect("a request");
        let router = server.router.clone();
        async move { send(&router, request).await }
    };
    let refused = ask(Method::GET, "evil.example:8000", None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["request_id"], refused.header("x-request-id"));
    assert_eq!(ask(Method::GET, "localhost:8000", Some("http://evil.example")).await.status, StatusCode::OK);
    assert_eq!(ask(Method::POST, "localhost:8000", Some("http://evil.example")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask(Method::POST, "localhost:8000", Some("null")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask(Method::POST, "localhost:8000", Some("http://localhost:8000")).await.status, StatusCode::OK);
    assert_eq!(ask(Method::POST, "127.0.0.1:8000", None).await.status, StatusCode::OK);
    let headers = ask(Method::GET, "localhost", None).await;
    assert_eq!(headers.header("x-content-type-options"), "nosniff");
    assert!(headers.header("content-security-policy").contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn without_a_model_the_server_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, registry) = (project(), registry_in(folder.path()).await);
    let server = Server::start(options(&project, &registry, folder.path())).await.expect("a server");
    let router = server.router();
    for path in ["/ready", "/model", "/regions"] {
        let answer = support::get(&router, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let detail = answer.json()["detail"].as_str().expect("a text").to_owned();
        assert!(detail.contains("no model is loaded: the registry has no version of 'demand_model'"), "{detail}");
    }
    for path in ["/predict", "/explain", "/batch_predict"] {
        let body = if path == "/batch_predict" { "[{}]" } else { "{}" };
        assert_eq!(support::post(&router, path, body).await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    assert_eq!(support::post(&router, "/reload", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let health = support::get(&router, "/health").await.ok();
    assert_eq!((&health["status"], &health["model_loaded"]), (&json!("degraded"), &json!(false)));
    assert_eq!(support::get(&router, "/").await.ok()["model_version"], Value::Null);
    assert!(support::get(&router, "/openapi.json").await.ok()["paths"]["/predict"].is_object());
    assert!(support::get(&router, "/metrics").await.text().contains("\nmodel_loaded 0\n"));
    server.stop().await;
}

#[tokio::test]
async fn a_port_in_use_and_a_public_address_are_refused_by_name() {
    let first = bind(([127, 0, 0, 1], 0).into(), false).await.expect("a port");
    let address = first.local_addr().expect("an address");
    let error = bind(address, false).await.expect_err("in use").to_string();
    assert!(error.starts_with(&format!("port {} is in use", address.port())), "{error}");
    let error = bind(([0, 0, 0, 0], 0).into(), false).await.expect_err("refused");
    assert!(matches!(error, ServeError::NotLoopback(_)), "{error}");
}

#[tokio::test]
async fn a_group_route_that_is_taken_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = registry_in(folder.path()).await;
    for route in ["/predict", "/docs", "/docs/x", "/metrics"] {
        let text = support::PROJECT.replace("group_route = \"/regions\"", &format!("group_route = \"{route}\""));
        let project = support::project_of(&text);
        let error = Server::start(options(&project, &registry, folder.path())).await.expect_err("refused").to_string();
        assert!(error.contains(route) && error.contains("serve.group_route"), "{error}");
    }
    assert_eq!(listen().port(), 8000);
}
