//! Did the columns' relations change, though each column alone looks the same?

/// A classifier that tells one sample from the other.
pub mod classifier;

/// Area under the ROC curve with its interval.
pub mod auc;

/// Change of rank correlations, pair by pair.
pub mod rank_correlation;
