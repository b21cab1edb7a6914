//! The pages of Tidewheel: pure functions from what is known to HTML.
//!
//! A page is a function from a [`Frame`] (who asks, in which language, where) and a view (a struct of plain figures and
//! names) to [`Markup`]. It reads nothing by itself, so that every state of it can be tried: an empty project, a
//! thousand batches, names that data made hostile. `serve` fills the views from the registry.
//!
//! | place | holds |
//! | --- | --- |
//! | `frame` | what surrounds every page: navigation, language, theme, keys |
//! | `pages/` | one file a page: its view and its markup |
//! | `components/` | what pages are made of |
//! | `words/` | every text, in both languages; a missing or unused one does not compile |
//! | `assets/` | the style sheet and the script |
//!
//! No page needs its script, holds a style attribute or an inline script, or asks another origin for anything.

/// The style sheet and the script.
pub mod assets;
/// What pages are made of.
pub mod components;
/// Numbers, times and durations as a reader writes them.
pub mod figures;
/// What surrounds every page.
pub mod frame;
/// The pages.
pub mod pages;

#[cfg(test)]
mod testing;
mod words;

pub use figures::Figures;
pub use frame::{Area, Frame, Theme};
pub use maud::Markup;
pub use tidewheel_drift::Lang;
