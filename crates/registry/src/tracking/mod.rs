//! What MLflow calls tracking: experiments, runs, parameters, metrics, tags.

mod experiments;
mod listing;
mod runs;
mod training;

pub use experiments::Experiment;
pub use listing::{RunFilter, RunOrder, RunPage};
pub(crate) use runs::{NewRun, insert_run, put_run_tag, set_run_status};
pub(crate) use training::insert_points;
