//! What the commands that turn the loop share: the runner over the project's source, and the emulated data API.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tidewheel_data::source::{SourcePosition, open_source};
use tidewheel_domain::project::SourceSpec;
use tidewheel_pipeline::{Context as Turning, Observer, Runner};
use tidewheel_registry::Registry;
use tidewheel_serve::source_api::SourceApi;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::command::source_api::source_api;
use crate::context::Context;

/// What the steps of a turn are given.
pub(crate) fn turning(
    context: &Context,
    registry: Registry,
    observer: Arc<dyn Observer>,
    stop: CancellationToken,
) -> Turning {
    let project = Arc::new(context.project.clone());
    Turning { project, registry, folder: context.root.clone(), observer, stop }
}

/// A runner over the project's source. An emulated data API is started inside this process, on a free port of
/// loopback, and goes on where the project stands.
pub(crate) async fn runner(context: &Context, turning: Turning) -> anyhow::Result<Runner> {
    let mut source = context.project.source.clone();
    if let SourceSpec::Emulator { path, batches, shuffle, http } = &mut source {
        let api = emulated(context, path, *batches, *shuffle).await?.start_at(last_batch_number(&turning).await?);
        let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot start the emulated data API")?;
        http.url = format!("http://{}", listener.local_addr()?);
        let stop = turning.stop.clone();
        tokio::spawn(async move { api.serve(listener, stop.cancelled_owned()).await });
    }
    let source = open_source(&source, &context.project.columns, &context.root)?;
    Ok(Runner::new(turning, source))
}

async fn emulated(context: &Context, path: &str, batches: usize, shuffle: Option<u64>) -> anyhow::Result<SourceApi> {
    let builtin = path.starts_with("builtin:");
    let path = if builtin { PathBuf::from(path) } else { context.root.join(path) };
    let read = tokio::task::spawn_blocking(move || source_api(&path, batches, shuffle));
    read.await.context("reading was interrupted")?
}

async fn last_batch_number(turning: &Turning) -> anyhow::Result<Option<u64>> {
    let turns = turning.registry.turns(&turning.project.name).await?;
    // A turn that is still at work is taken up again: it may ask for its batch once more.
    let mut ended = turns.iter().rev().filter(|turn| turn.batch.is_some());
    let Some(position) = ended.find_map(|turn| turn.source_position.as_deref()) else { return Ok(None) };
    let position: SourcePosition = position.parse().context("the position of the source is damaged")?;
    Ok(position.batch_number())
}
