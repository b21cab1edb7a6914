//! The project and the data set that the binary carries.

/// How `[source] path` names the data set.
pub(crate) const DATA_PATH: &str = "builtin:real-estate";

/// The project file.
pub(crate) const PROJECT: &str = include_str!("../../../examples/real-estate/tidewheel.toml");

/// The data set as Parquet.
pub(crate) const DATA: &[u8] = include_bytes!("../../../examples/real-estate/data/realtor.parquet");
