//! Where the registry keeps things.

use std::time::Duration;

/// The checked settings of the store: section `[store]` of the project file.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// A path of an SQLite file (with or without `sqlite:` before it), or a PostgreSQL URL
    /// (`postgres://user:password@host:port/database`).
    pub database: String,
    /// A folder, `s3://` (buckets `data-raw`, `data-clean`, `mlflow-artifacts`), or `s3://bucket/prefix` (the three
    /// are folders under the prefix of that one bucket).
    pub objects: String,
    /// How S3 is reached; unused with a folder.
    pub s3: S3Settings,
    /// How long a method that may be repeated tries again while the database is away.
    pub retry_for: Duration,
}

impl StoreSettings {
    /// A database and an object store, everything else as usual.
    pub fn new(database: impl Into<String>, objects: impl Into<String>) -> Self {
        StoreSettings {
            database: database.into(),
            objects: objects.into(),
            s3: S3Settings::default(),
            retry_for: Duration::from_secs(30),
        }
    }
}

/// How S3 is reached. What is `None` comes from the usual AWS variables when the store is opened.
#[derive(Clone, Default)]
pub struct S3Settings {
    /// URL of the service, such as `http://127.0.0.1:8333`; else `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else
    /// Amazon's own. Plain HTTP is used when, and only when, it says `http://`.
    pub endpoint: Option<String>,
    /// Else `AWS_REGION`, `AWS_DEFAULT_REGION`, else `us-east-1`.
    pub region: Option<String>,
    /// Else `AWS_ACCESS_KEY_ID`.
    pub access_key_id: Option<String>,
    /// Else `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: Option<String>,
}

impl std::fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Settings")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &self.secret_access_key.as_ref().map(|_| "***"))
            .finish()
    }
}
