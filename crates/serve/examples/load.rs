//! A server to put load on: a synthetic model of 400 trees of depth 8, SQLite, prediction log on.
//!
//! ```text
//! cargo run --release -p tidewheel-serve --example load -- 127.0.0.1:8900
//! wrk -t2 -c16 -d10s -s crates/serve/examples/predict.lua http://127.0.0.1:8900/predict
//! ```

#[path = "../tests/support/mod.rs"]
mod support;

use tidewheel_serve::inference::{Server, bind};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8900".to_owned());
    let listen = address.parse().expect("an address such as 127.0.0.1:8900");
    let folder = tempfile::tempdir().expect("a folder");
    let (project, registry) = (support::project(), support::registry_in(folder.path()).await);
    let trained = support::trained(&project, 0.0, 400, 8);
    let version = support::register(&registry, &project, 1, trained.bundle()).await;
    drop(trained);
    support::promote(&registry, &project, version).await;
    let listener = bind(listen, false).await.expect("a free port");
    let mut options = support::options(&project, &registry, folder.path());
    options.listen = listen;
    let server = Server::start(options).await.expect("a server");
    let log = server.state().log.clone();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        // Without the signal there is nothing to wait for.
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    eprintln!("listening on http://{address}");
    server.serve(listener, shutdown).await;
    eprintln!("{:?}", log.counts());
}
