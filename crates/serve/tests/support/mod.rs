//! A small project with nothing of real estate in it, its models, and a server around them.

// Each test binary uses a part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tidewheel_boost::{Dataset, Model, Params, TrainOptions, train};
use tidewheel_data::bundle::{self, GoldenRow};
use tidewheel_data::interval::Interval;
use tidewheel_data::recipe::{CompiledRecipe, Recipe};
use tidewheel_domain::model_version::NewModelVersion;
use tidewheel_domain::project::{Layers, Project};
use tidewheel_domain::{CategoryColumn, Column, Metrics, RunId, RunKind, Table, Timestamp};
use tidewheel_registry::{Promotion, Registry, StoreSettings};
use tidewheel_serve::inference::{ServeOptions, Server};
use tower::ServiceExt;

pub(crate) const PROJECT: &str = r#"
[project]
name = "demand"
target = "amount"
target_transform = "log1p"
unit = "EUR"
key = ["x", "size", "region"]

[source]
kind = "files"
path = "data/*.csv"

[schema.x]
type = "number"
nullable = false
min = -100
max = 100
label = "Distance"
unit = "km"

[schema.size]
type = "number"

[schema.region]
type = "category"
values = ["north", "south", "east", "west"]

[schema.opened]
type = "date"
role = "ignore"

[schema.amount]
type = "number"
nullable = false
above = 0

[[feature]]
name = "x"

[[feature]]
name = "size"

[[feature]]
name = "size_over_x"
sql = "size / (x + 200)"

[[encode]]
column = "region"
name = "region_level"
encoder = "target_mean"

[serve]
service_name = "Demand API"
answer_field = "amount"
group_column = "region"
group_route = "/regions"
group_list_field = "available_regions"
value_metric = "prediction_amount_eur"
max_body_kib = 64
max_batch_rows = 200

[serve.defaults]
size = 50
region = "north"
"#;

pub(crate) fn project_of(text: &str) -> Project {
    let raw = Layers::new().file("tidewheel.toml", text).and_then(|layers| layers.raw()).expect("a project file");
    raw.try_into().expect("a valid project")
}

pub(crate) fn project() -> Project {
    project_of(PROJECT)
}

/// A trained model with its recipe.
pub(crate) struct Trained {
    pub(crate) model: Model,
    pub(crate) recipe: CompiledRecipe,
    pub(crate) table: Table,
}

/// Trains on 400 rows; every `shift` gives another model.
pub(crate) fn trained(project: &Project, shift: f64, rounds: usize, max_depth: usize) -> Trained {
    let rows = 400;
    let x = (0..rows).map(|row| f64::from(row * 37 % 200) - 100.0).collect::<Vec<_>>();
    let size = (0..rows).map(|row| if row % 17 == 0 { f64::NAN } else { f64::from(row * 53 % 90) }).collect::<Vec<_>>();
    let regions = ["north", "south", "east"];
    let region = (0..rows).map(|row| (row % 11 != 0).then(|| regions[row as usize * 7 % 3]));
    let amount = (0..rows as usize)
        .map(|row| {
            let size = if size[row].is_nan() { 20.0 } else { size[row] };
            150.0 + x[row] + 2.0 * size + 40.0 * (row * 7 % 3) as f64 + shift
        })
        .collect::<Vec<_>>();
    let table = Table::new(vec![
        ("x".into(), Column::Number(x)),
        ("size".into(), Column::Number(size)),
        ("region".into(), Column::Category(CategoryColumn::from_values(region))),
        ("opened".into(), Column::Number(vec![f64::NAN; rows as usize])),
        ("amount".into(), Column::Number(amount)),
    ])
    .expect("a table");
    let all = (0..rows as usize).collect::<Vec<_>>();
    let keys = (0..rows as u64).collect::<Vec<_>>();
    let fitted = Recipe::fit(project, &table, &all, &keys).expect("a recipe");
    let names = fitted.recipe.recipe().feature_names();
    let data = Dataset::from_columns(&fitted.features, &names, 64).expect("a data set");
    let params = Params { num_rounds: rounds, max_depth, max_bin: 64, ..Params::default() };
    let model = train(&data, &fitted.target, &params, TrainOptions::default()).expect("a model");
    Trained { model, recipe: fitted.recipe, table }
}

impl Trained {
    /// The files of its bundle.
    pub(crate) fn bundle(&self) -> Vec<(String, Vec<u8>)> {
        let golden = (0..20)
            .map(|row| {
                let row = self.recipe.input_row(&self.table, row);
                let margin = self.model.margin_row(&self.recipe.row_features(&row)).expect("a margin");
                GoldenRow { inputs: row.to_json(&self.recipe), margin }
            })
            .collect::<Vec<_>>();
        let interval = Interval::of_residuals((-99..=99).map(|hundredth| f64::from(hundredth) / 100.0).collect());
        bundle::write(self.model.to_ubjson(), self.recipe.recipe(), &golden, interval.as_ref()).expect("a bundle")
    }

    /// The prediction of a row, computed without the server.
    pub(crate) fn predict(&self, fields: &Value) -> f64 {
        let fields: &Map<String, Value> = fields.as_object().expect("an object");
        let row = self.recipe.parse_row(fields).expect("a row");
        let margin = self.model.margin_row(&self.recipe.row_features(&row)).expect("a margin");
        f64::from(margin).exp_m1()
    }
}

pub(crate) fn run_id(n: i64) -> RunId {
    RunId::derive("demand", RunKind::Training, n, 0)
}

/// Stores a bundle as the artifacts of a run and registers it; the version's number comes back.
pub(crate) async fn register(registry: &Registry, project: &Project, n: i64, files: Vec<(String, Vec<u8>)>) -> i64 {
    for (path, bytes) in files {
        registry.objects().put_artifact(&run_id(n), &path, bytes.into()).await.expect("stored");
    }
    let version = NewModelVersion {
        run_id: run_id(n),
        source: format!("mlflow-artifacts:/1/{}/artifacts/model", run_id(n)),
        description: String::new(),
        tags: BTreeMap::new(),
        metrics: Metrics::new(),
        metrics_newest_batch: Metrics::new(),
    };
    registry.register_version(&project.model_name, &version, Timestamp::from_ms(n)).await.expect("registered").version
}

pub(crate) async fn promote(registry: &Registry, project: &Project, version: i64) {
    let by = Promotion { who: "test", reason: "test", turn: None };
    registry.promote(&project.model_name, version, by, Timestamp::from_ms(version)).await.expect("promoted");
}

pub(crate) async fn registry_in(folder: &Path) -> Registry {
    let mut settings = StoreSettings::new(
        folder.join("registry.db").to_str().expect("a path"),
        folder.join("objects").to_str().expect("a path"),
    );
    settings.retry_for = Duration::from_secs(1);
    Registry::open(&settings).await.expect("a registry")
}

pub(crate) fn listen() -> SocketAddr {
    ([127, 0, 0, 1], 8000).into()
}

pub(crate) fn options(project: &Project, registry: &Registry, folder: &Path) -> ServeOptions {
    ServeOptions {
        control: None,
        settings: Vec::new(),
        project: Arc::new(project.clone()),
        registry: registry.clone(),
        listen: listen(),
        insecure: false,
        spill_dir: folder.join("spill"),
        version: "9.9.9".to_owned(),
    }
}

/// A server with version 1 in production.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) router: Router,
    pub(crate) registry: Registry,
    pub(crate) project: Project,
    pub(crate) trained: Trained,
    pub(crate) folder: TempDir,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let project = project();
        let registry = registry_in(folder.path()).await;
        let trained = trained(&project, 0.0, 30, 4);
        let version = register(&registry, &project, 1, trained.bundle()).await;
        promote(&registry, &project, version).await;
        let server = Server::start(options(&project, &registry, folder.path())).await.expect("a server");
        Self { router: server.router(), server, registry, project, trained, folder }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        get(&self.router, path).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        post(&self.router, path, body.to_string()).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The JSON of an answer whose status must be 200.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body");
    Answer { status: parts.status, headers: parts.headers, bytes }
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    let request = Request::get(path).header("host", "127.0.0.1:8000").body(Body::empty()).expect("a request");
    send(router, request).await
}

pub(crate) async fn post(router: &Router, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header("host", "127.0.0.1:8000").header("content-type", "application/json");
    send(router, request.body(body.into()).expect("a request")).await
}
