//! Numbers to SVG: every picture that Tidewheel draws is a pure function from figures to text.
//!
//! Rules: grey is the past (reference), blue the present (current), amber the practical bound. An estimate is a dot,
//! its interval a whisker. Every picture says its finding in `aria-label`, and never by colour alone.

/// Text and numbers inside SVG.
mod svg;

/// Effects with their intervals against their bounds.
pub mod interval;

/// A figure with its interval, batch by batch.
pub mod timeline;
