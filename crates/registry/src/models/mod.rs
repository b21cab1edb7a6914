//! Registered models: their versions, which of them is in production, and the ledger.

mod ledger;
mod listing;
mod production;
mod versions;

pub use production::Promotion;
