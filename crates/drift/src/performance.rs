//! How well the champion does on a new batch, against its hold-out rows.
//!
//! A *loss* is one row's error, never negative: for a regression the absolute residual on the training scale. A row
//! whose loss is NaN has no label and is left out. Losses of the hold-out are the reference; hold-out means rows that the
//! champion did not train on, else the rise is overstated.
//!
//! | question | answer |
//! | --- | --- |
//! | did the error rise? | [`ErrorRise::of`](crate::performance::ErrorRise::of) |
//! | where? | [`segment_rises`](crate::performance::segment_rises), worst first, valid for all segments at once |
//! | other rows, or the same rows worse? | [`decompose`](crate::performance::decompose) |
//! | without labels, a regression? | [`direct_loss`](crate::performance::direct_loss::direct_loss), [`reweighted_rise`](crate::performance::reweighted_rise) |
//! | without labels, a classifier? | [`confidence_estimate`](crate::performance::calibrated_confidence::confidence_estimate) |
//! | did the predictions move? | the effects of a numeric column ([`effect::numeric`](crate::effect::numeric)) on the predictions |

/// Quality of a classifier without labels.
pub mod calibrated_confidence;

/// Change of a mean split into mix and change within segments.
pub mod decomposition;

/// Error of a regression without labels.
pub mod direct_loss;

/// Ratio of mean errors with its interval.
pub mod error_rise;

/// Rise of the error by the mix of rows alone, without labels.
pub mod reweighted;

/// The same per segment, under multiplicity control.
pub mod segment_rise;

/// Rows of both sides by segment.
pub mod segments;

pub use decomposition::{Decomposition, SegmentPart, decompose};
pub use error_rise::{ErrorRise, EstimatedError};
pub use reweighted::{EstimatedRise, reweighted_rise};
pub use segment_rise::{SegmentRise, segment_rises};
pub use segments::Segments;
