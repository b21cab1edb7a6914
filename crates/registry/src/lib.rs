//! All SQL and all object storage of Tidewheel's own.
