//! `tidewheel serve`: the inference API.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tidewheel_registry::Registry;
use tidewheel_serve::inference::{ServeError, ServeOptions, Server, bind};
use tidewheel_serve::ui::LoopControl;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::Globals;
use crate::context::Context;
use crate::failure::{Status, wrong_use};
use crate::loop_control::Control;
use crate::output::Output;
use crate::{settings, shutdown};

/// Where the server listens unless it is told otherwise.
pub(crate) const LISTEN: &str = "127.0.0.1:8000";

/// Serve the model in production over HTTP; later promotions are followed within two seconds
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
                        tidewheel serve --listen 127.0.0.1:8000\n  \
                        curl -s localhost:8000/health\n\n\
                        The interactive documentation of the API is at /docs. Ctrl-C stops after the requests under way.")]
pub(crate) struct ServeArgs {
    /// Where to listen; other than loopback needs --insecure
    #[arg(long, value_name = "ADDR", default_value = LISTEN)]
    listen: SocketAddr,
    /// What to serve
    #[arg(long, value_enum, default_value_t = Role::All)]
    role: Role,
    /// Accept that others can reach the server, which asks nobody who they are
    #[arg(long)]
    insecure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything.
    All,
    /// The inference API.
    Api,
    #[value(hide = true)]
    Ui,
    #[value(hide = true)]
    Mlflow,
    #[value(hide = true)]
    Worker,
}

pub(crate) async fn run(globals: &Globals, args: ServeArgs) -> anyhow::Result<Status> {
    if !matches!(args.role, Role::All | Role::Api) {
        let role = args.role.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        return Err(wrong_use(format!("--role {role} comes later; all and api are there")));
    }
    let context = Context::find(globals)?;
    let listener = bind(args.listen, args.insecure).await.map_err(wrong_or_failed)?;
    let registry = context.registry().await?;
    let how = How { insecure: args.insecure, turns: args.role == Role::All };
    serve(globals, &context, registry, listener, how, shutdown::on_signal()).await
}

/// How a project is served.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    /// Whether requests under any name are answered.
    pub(crate) insecure: bool,
    /// Whether the pages may turn the loop.
    pub(crate) turns: bool,
}

/// Serves a project on a listener until `stop` is cancelled; also the end of `demo`.
pub(crate) async fn serve(
    globals: &Globals,
    context: &Context,
    registry: Registry,
    listener: TcpListener,
    how: How,
    stop: CancellationToken,
) -> anyhow::Result<Status> {
    let address = listener.local_addr()?;
    let control = how.turns.then(|| Arc::new(Control::new(context.clone(), registry.clone(), stop.clone())));
    let options = ServeOptions {
        control: control.clone().map(|control| control as Arc<dyn LoopControl>),
        settings: settings::of(context)?,
        project: Arc::new(context.project.clone()),
        registry: registry.clone(),
        listen: address,
        insecure: how.insecure,
        spill_dir: context.root.join(".tidewheel").join("spill"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let server = Server::start(options).await.map_err(wrong_or_failed)?;
    Output::new(globals.color)
        .line(format!("listening on http://{address} (API documentation at /docs, Ctrl-C stops)"))?;
    server.serve(listener, stop).await;
    if let Some(control) = control {
        control.end().await;
    }
    registry.close().await;
    Ok(Status::SUCCESS)
}

/// What the caller has to write differently is wrong use.
pub(crate) fn wrong_or_failed(error: ServeError) -> anyhow::Error {
    match error {
        ServeError::NotLoopback(_) | ServeError::GroupRoute(_) | ServeError::Expression(_) => wrong_use(error),
        ServeError::InUse(_) | ServeError::Listen { .. } => anyhow::Error::new(error),
    }
}
