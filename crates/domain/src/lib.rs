#![doc = "The nouns that every crate of Tidewheel shares. No I/O, no async, no clock of its own."]

/// Columns in memory: numbers and categories, with missing as a value of its own.
pub mod table;

pub use table::{CategoryColumn, Column, MISSING, Table, TableError};
