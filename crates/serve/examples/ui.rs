//! The pages over a project that the loop has turned, without the loop: to work on pages without building all of it.
//!
//! ```text
//! cargo run --release -- demo --once --dir DIR
//! cargo run --release -p tidewheel-serve --example ui -- DIR 127.0.0.1:8000
//! ```

use std::path::PathBuf;
use std::sync::Arc;

use tidewheel_domain::project::{Layers, Project};
use tidewheel_registry::{Registry, StoreSettings};
use tidewheel_serve::inference::{ServeOptions, Server, bind};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the folder of a project"));
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let listen = address.parse().expect("an address such as 127.0.0.1:8000");
    let file = folder.join("tidewheel.toml");
    let text = std::fs::read_to_string(&file).expect("a project file");
    let layers = Layers::new().file(&file.display().to_string(), &text).expect("TOML");
    let project = Project::try_from(layers.raw().expect("a project")).expect("a sound project");
    let inside = |path: &str| folder.join(path).to_string_lossy().into_owned();
    let store = StoreSettings::new(inside(&project.store.database), inside(&project.store.objects));
    let registry = Registry::open(&store).await.expect("a registry");
    let listener = bind(listen, false).await.expect("a free port");
    let options = ServeOptions {
        control: None,
        settings: Vec::new(),
        project: Arc::new(project),
        registry,
        listen,
        insecure: false,
        spill_dir: folder.join(".tidewheel").join("spill"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let server = Server::start(options).await.expect("a server");
    eprintln!("listening on http://{address}");
    server.serve(listener, CancellationToken::new()).await;
}
