//! The server: from options to an orderly end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tidewheel_data::recipe::expression::ExpressionError;
use tidewheel_data::recipe::fit::input_columns;
use tidewheel_domain::project::Project;
use tidewheel_registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::guard::{Guard, check_listen};
use super::handle::ModelHandle;
use super::middleware::wrap;
use super::openapi::openapi;
use super::predict::answer_predict;
use super::request_id::RequestIds;
use super::router::{PREDICT, endpoints, router};
use super::state::{App, AppState};
use super::watch::watch;
use crate::observe::{LogSettings, Metrics, PredictionLog, TurnMetrics};
use crate::ui::{LoopControl, Pages, Setting};

/// A client has this long to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// So many connections are open at once; more wait.
const CONNECTIONS: usize = 8_192;
/// Requests under way have this long to end after the signal. Answers take a fraction of it: what is left then waits
/// for a client that does not send the rest of its request or does not read.
const REQUESTS_MAY_TAKE: Duration = Duration::from_secs(1);
/// The prediction log has this long to empty its queue.
const LOG_MAY_TAKE: Duration = Duration::from_secs(15);

/// Why there is no server.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Others could reach it.
    #[error(
        "will not listen on {0}: others could reach it and nothing asks who they are; use 127.0.0.1, or --insecure to accept that"
    )]
    NotLoopback(SocketAddr),
    /// Another process listens there.
    #[error("port {} is in use on {}: stop the other process, or choose another port with --listen", .0.port(), .0.ip())]
    InUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The project's route for groups is one of the server's own.
    #[error("'serve.group_route' = '{0}': the server answers something else there; use a path such as /groups")]
    GroupRoute(String),
    /// An expression of the project is wrong.
    #[error("feature {0}")]
    Expression(#[from] ExpressionError),
}

/// What a server needs.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The project.
    pub project: Arc<Project>,
    /// Everything that is kept.
    pub registry: Registry,
    /// Where it listens; requests for other hosts are refused unless `insecure` is set.
    pub listen: SocketAddr,
    /// Whether it may listen beyond loopback and answer under any name.
    pub insecure: bool,
    /// The folder that holds predictions while the database is away, such as `.tidewheel/spill` of the project.
    pub spill_dir: PathBuf,
    /// The program's version.
    pub version: String,
    /// What can be done to the loop from the pages, where this process can.
    pub control: Option<Arc<dyn LoopControl>>,
    /// The project file, key by key, for the pages; without secrets.
    pub settings: Vec<Setting>,
}

/// Listens, so that a port in use is known before anything else is done.
pub async fn bind(listen: SocketAddr, insecure: bool) -> Result<TcpListener, ServeError> {
    check_listen(listen, insecure)?;
    TcpListener::bind(listen).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::InUse(listen),
        _ => ServeError::Listen { address: listen, source },
    })
}

/// A server whose model is loaded (if the registry has one) and whose tasks run.
#[derive(Debug)]
pub struct Server {
    state: AppState,
    router: Router,
    tasks: TaskTracker,
    stop_watch: CancellationToken,
    stop_log: CancellationToken,
}

impl Server {
    /// Loads the model in production and starts the watch and the prediction log. A model that cannot be loaded is no
    /// error here: `/ready` says so, and the watch tries again.
    pub async fn start(options: ServeOptions) -> Result<Self, ServeError> {
        let mut settings = LogSettings::new(options.project.name.clone(), options.spill_dir.clone());
        settings.spill_bytes = 1 << 30;
        Self::start_with(options, settings).await
    }

    /// As [`Server::start`], with other settings of the prediction log.
    pub async fn start_with(options: ServeOptions, settings: LogSettings) -> Result<Self, ServeError> {
        let ServeOptions { project, registry, listen, insecure, version, control, settings: rows, .. } = options;
        check_listen(listen, insecure)?;
        let serve = &project.serve;
        let endpoints = endpoints(serve)?;
        let metrics = Arc::new(Metrics::new(endpoints, &serve.value_metric, serve.group_column.as_deref()));
        let document = openapi(&project, &input_columns(&project)?, &version);
        let (log, writer) = PredictionLog::new(registry.clone(), settings);
        let models = ModelHandle::new(registry.clone(), Arc::clone(&project), Arc::clone(&metrics), &version);
        let state = AppState::new(App {
            guard: Guard::new(listen, insecure),
            request_ids: RequestIds::default(),
            openapi: document.to_string().into(),
            project,
            registry,
            version,
            models,
            metrics,
            turns: TurnMetrics::default(),
            log,
            pages: Pages::new(control, rows, listen),
            closing: CancellationToken::new(),
        });
        // Its outcome is logged, and shown by the server itself.
        let first = state.models.reload().await;
        state.models.set_database_connected(first.is_ok());
        let tasks = TaskTracker::new();
        let (stop_watch, stop_log) = (CancellationToken::new(), CancellationToken::new());
        tasks.spawn(watch(state.clone(), stop_watch.clone()));
        tasks.spawn(writer.run(stop_log.clone()));
        Ok(Self { router: router(state.clone()), state, tasks, stop_watch, stop_log })
    }

    /// The routes, for tests and for servers that add their own.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The parts behind the routes.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `shutdown` is cancelled; then stops accepting, finishes the requests under way and empties the
    /// prediction log, each within a bounded time.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        let routes = Routes { app: self.state.clone(), router: self.router.clone() };
        accept(listener, &routes, &connections, &shutdown, &cut).await;
        self.state.closing.cancel();
        connections.close();
        if timeout(REQUESTS_MAY_TAKE, connections.wait()).await.is_err() {
            tracing::warn!(open = connections.len(), "connections are cut: their clients neither send nor read on");
            cut.cancel();
            connections.wait().await;
        }
        self.stop().await;
    }

    /// Ends the watch and empties the prediction log.
    pub async fn stop(self) {
        self.stop_watch.cancel();
        self.stop_log.cancel();
        self.tasks.close();
        if timeout(LOG_MAY_TAKE, self.tasks.wait()).await.is_err() {
            let queued = self.state.log.counts().queue_length();
            tracing::error!(queued, "the prediction log could not be emptied in time");
        }
    }
}

/// What answers requests.
#[derive(Clone)]
struct Routes {
    app: AppState,
    router: Router,
}

impl Routes {
    async fn answer(mut self, mut request: Request<Incoming>, client: SocketAddr) -> Result<Response, Infallible> {
        if request.method() == Method::POST && request.uri().path() == PREDICT {
            // Asked for more often than all else together: it is spared what a router clones and boxes.
            let answer = |request, id, arrived| answer_predict(&self.app, request, id, arrived, Some(client));
            return Ok(wrap(&self.app, Some(PREDICT), request.map(Body::new), answer).await);
        }
        request.extensions_mut().insert(ConnectInfo(client));
        self.router.call(request).await
    }
}

async fn accept(
    listener: TcpListener,
    routes: &Routes,
    connections: &TaskTracker,
    shutdown: &CancellationToken,
    cut: &CancellationToken,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = shutdown.cancelled() => return,
            next = next => next,
        };
        match (accepted, place) {
            (Ok((stream, client)), Ok(place)) => {
                let served = connection(stream, client, place, routes.clone(), shutdown.clone());
                connections.spawn(cut.clone().run_until_cancelled_owned(served));
            }
            (Err(error), _) if is_of_one_connection(&error) => {}
            (Err(error), _) => {
                // Such as too many open files: it passes when connections end.
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            (Ok(_), Err(_)) => return,
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    client: SocketAddr,
    _place: OwnedSemaphorePermit,
    routes: Routes,
    shutdown: CancellationToken,
) {
    // Answers are small and written at once: waiting to fill a packet only costs time.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| routes.clone().answer(request, client));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).writev(false);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, %client, "a connection ended early");
    }
}
