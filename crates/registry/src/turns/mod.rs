//! Turns of the loop, their tasks, and what the tasks wrote.

mod logs;
mod read;
mod tasks;
mod write;

pub(crate) use write::json_of;
