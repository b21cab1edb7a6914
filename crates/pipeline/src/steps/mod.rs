//! The steps of a turn, one thin file each.

/// source -> raw batch, clean batch, quarantine.
pub mod ingest;

/// clean batch -> drift report, decision.
pub mod check_drift;

/// What came of an earlier decision.
pub mod afterwards;

/// decision -> challenger.
pub mod train;

/// challenger -> champion, or the reason why not.
pub mod promote;

/// champion -> the server.
pub mod reload;

/// The figures of the turn.
pub mod finish;
