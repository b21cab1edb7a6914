//! Sources, readers and the recipe: from bytes to the features of a model.

/// Where batches come from: data APIs and files.
pub mod source;

/// From bytes to typed columns.
pub mod read;

/// The identity of a batch and of its rows, and batches as Parquet.
pub mod batch;

/// One definition of how a row becomes features, for training and for serving.
pub mod recipe;

/// What is served: trees, recipe, golden rows.
pub mod bundle;

/// The interval around a prediction.
pub mod interval;

/// Which rows no training ever sees.
pub mod split;
