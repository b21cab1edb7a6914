//! Detectors that see one value at a time, in constant or logarithmic memory. Feed them one figure a batch (an error, an
//! effect) or one a row.
//!
//! | detector | promise |
//! | --- | --- |
//! | [`Adwin`](crate::stream::adwin::Adwin) | keeps the longest window whose halves agree; false alarms bounded by `delta` at each look |
//! | [`PageHinkley`](crate::stream::page_hinkley::PageHinkley) | a rising sum of deviations; no promise, but the quickest for a jump |
//! | [`SubGaussianEProcess`](crate::stream::e_process::SubGaussianEProcess), [`BoundedEProcess`](crate::stream::e_process::BoundedEProcess) | at most `alpha` false alarms *ever*, however often one looks |

/// Adaptive windows.
pub mod adwin;

/// Anytime-valid evidence against "the effect is at most a bound".
pub mod e_process;

/// Page's and Hinkley's test.
pub mod page_hinkley;
