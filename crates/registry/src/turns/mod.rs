//! Turns of the loop, their tasks, and what the tasks wrote.

mod logs;
mod overview;
mod read;
mod tasks;
mod write;

pub use overview::{Pulse, Totals};
pub(crate) use write::json_of;
