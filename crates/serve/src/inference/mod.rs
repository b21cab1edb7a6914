//! The inference API: predictions by the model in production, explained, logged and counted.

/// From options to an orderly end.
pub mod server;

/// Who may ask.
pub mod guard;

/// The routes.
pub mod router;

/// What every handler can reach.
pub mod state;

/// The layer around every route.
mod middleware;

/// Ids of requests.
pub mod request_id;

/// Bodies of requests.
mod body;

/// What a request is answered with when it cannot be served.
pub mod error;

/// A model that serves.
pub mod model;

/// A version's bundle, verified before anything is switched to it.
pub mod verify;

/// The model in use, and how another takes its place.
pub mod handle;

/// The watch over the registry.
mod watch;

/// Predictions and explanations.
mod predict;

/// The answers.
pub mod answer;

/// The state of the server and its model.
mod status;

/// Reload on request.
mod reload;

/// The prediction log, read.
mod history;

/// The OpenAPI document.
pub mod openapi;

/// The documentation.
mod docs;

pub use error::ApiError;
pub use guard::check_listen;
pub use openapi::openapi;
pub use server::{ServeError, ServeOptions, Server, bind};
