//! Files in S3 or anything that speaks its protocol.

use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer};
use object_store::client::{ClientOptions, HttpClient, HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector};
use object_store::path::Path;
use object_store::{BackoffConfig, Error as StoreError, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};

use super::ArtifactInfo;
use super::error::ObjectError;
use super::key::Area;
use crate::settings::S3Settings;

/// A machine that has keys of its own gives them within this time.
const KEYS_MAY_TAKE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct S3Store {
    raw: AmazonS3,
    clean: AmazonS3,
    artifacts: AmazonS3,
    /// Before every key: empty, or the one bucket's prefix and `/`.
    prefix: String,
    /// Whether all three areas are folders of one bucket.
    one_bucket: bool,
    place: String,
}

/// The settings with what the environment adds.
struct Connection {
    endpoint: Option<String>,
    region: String,
    place: String,
    settings: S3Settings,
}

impl S3Store {
    /// `place` is what follows `s3://` in the setting.
    pub(super) async fn open(place: &str, settings: &S3Settings) -> Result<Self, ObjectError> {
        let place = place.trim_end_matches('/');
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let connection = Connection::new(settings)?;
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        if prefix.split('/').any(|part| part == "." || part == "..") || prefix.contains("//") {
            return Err(ObjectError::Setting(format!("the prefix of 's3://{place}' must be a plain path")));
        }
        let one_bucket = !bucket.is_empty();
        let bucket_of = |area: Area| if one_bucket { bucket } else { area.name() };
        let store = S3Store {
            raw: connection.bucket(bucket_of(Area::Raw))?,
            clean: connection.bucket(bucket_of(Area::Clean))?,
            artifacts: connection.bucket(bucket_of(Area::Artifacts))?,
            prefix,
            one_bucket,
            place: connection.place.clone(),
        };
        if one_bucket {
            connection.ensure_bucket(&store.raw, bucket).await?;
        } else {
            for area in Area::ALL {
                connection.ensure_bucket(store.bucket(area), area.name()).await?;
            }
        }
        Ok(store)
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    fn bucket(&self, area: Area) -> &AmazonS3 {
        match area {
            Area::Raw => &self.raw,
            Area::Clean => &self.clean,
            Area::Artifacts => &self.artifacts,
        }
    }

    /// What stands before the keys of an area.
    fn head(&self, area: Area) -> String {
        if self.one_bucket { format!("{}{}/", self.prefix, area.name()) } else { String::new() }
    }

    /// The key as it is; the library's other way to make one would encode letters beyond ASCII.
    fn path(&self, area: Area, key: &str) -> Result<Path, ObjectError> {
        let path = format!("{}{key}", self.head(area));
        Path::parse(&path).map_err(|_| ObjectError::Path { path, rule: "it must be a plain path" })
    }

    pub(super) async fn put(&self, area: Area, key: &str, bytes: Bytes) -> Result<(), ObjectError> {
        let path = self.path(area, key)?;
        let put = self.bucket(area).put(&path, PutPayload::from_bytes(bytes)).await;
        put.map(|_| ()).map_err(|error| self.sorted(area, key, &error))
    }

    pub(super) async fn get(&self, area: Area, key: &str) -> Result<Option<Bytes>, ObjectError> {
        let path = self.path(area, key)?;
        let read = async { self.bucket(area).get(&path).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.sorted(area, key, &error)),
        }
    }

    pub(super) async fn list(&self, area: Area, folder: &str) -> Result<Vec<ArtifactInfo>, ObjectError> {
        let path = self.path(area, folder)?;
        let found: Result<Vec<_>, StoreError> = self.bucket(area).list(Some(&path)).try_collect().await;
        let found = found.map_err(|error| self.sorted(area, folder, &error))?;
        let head = self.head(area);
        Ok(found
            .into_iter()
            .map(|object| {
                let path = object.location.to_string();
                let path = path.strip_prefix(&head).map(str::to_owned).unwrap_or(path);
                ArtifactInfo { path, size_bytes: object.size }
            })
            .collect())
    }

    pub(super) async fn delete(&self, area: Area, key: &str) -> Result<(), ObjectError> {
        match self.bucket(area).delete(&self.path(area, key)?).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.sorted(area, key, &error)),
        }
    }

    fn sorted(&self, area: Area, key: &str, error: &StoreError) -> ObjectError {
        let name = format!("{}/{key}", area.name());
        let reason = with_sources(error);
        match error {
            StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => denied(&self.place, &reason),
            _ if reason.contains("<Code>") => answered(&self.place, &name, &reason),
            _ if is_connection(error) => ObjectError::Unreachable { place: self.place.clone(), reason },
            _ => ObjectError::Other { place: self.place.clone(), name, reason },
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Connection {
    fn new(settings: &S3Settings) -> Result<Self, ObjectError> {
        let endpoint = settings
            .endpoint
            .clone()
            .or_else(|| variable("AWS_ENDPOINT_URL_S3"))
            .or_else(|| variable("AWS_ENDPOINT_URL"))
            .map(|endpoint| endpoint.trim_end_matches('/').to_owned());
        if let Some(endpoint) = &endpoint
            && !endpoint.starts_with("http://")
            && !endpoint.starts_with("https://")
        {
            return Err(ObjectError::Setting(format!(
                "the S3 endpoint '{endpoint}' must begin with http:// or https://"
            )));
        }
        let region = settings
            .region
            .clone()
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
            .unwrap_or_else(|| "us-east-1".to_owned());
        let place = match &endpoint {
            Some(endpoint) => format!("S3 store at {endpoint}"),
            None => format!("S3 store of Amazon in {region}"),
        };
        let keys = [
            (settings.access_key_id.is_some(), "AWS_ACCESS_KEY_ID"),
            (settings.secret_access_key.is_some(), "AWS_SECRET_ACCESS_KEY"),
        ];
        let missing = keys.iter().filter(|(given, name)| !given && variable(name).is_none());
        let missing = missing.map(|&(_, name)| name).collect::<Vec<_>>();
        let elsewhere = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
        let elsewhere = elsewhere.into_iter().chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI"]);
        // Only on Amazon's machines do keys come from the machine itself; elsewhere asking it would only hang. Half a
        // pair of keys is a mistake anywhere.
        let of_machine = endpoint.is_none() && missing.len() == keys.len();
        if !missing.is_empty() && !of_machine && elsewhere.into_iter().all(|name| variable(name).is_none()) {
            return Err(ObjectError::AccessDenied {
                place,
                reason: format!("no keys are given ({} not set)", missing.join(" and ")),
                advice: format!("set {} in the environment", missing.join(" and ")),
            });
        }
        Ok(Connection { endpoint, region, place, settings: settings.clone() })
    }

    fn client_options(&self) -> ClientOptions {
        let plain = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        ClientOptions::new()
            .with_allow_http(plain)
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(Duration::from_mins(1))
    }

    fn bucket(&self, name: &str) -> Result<AmazonS3, ObjectError> {
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(3),
                base: 2.0,
            },
            max_retries: 6,
            retry_timeout: Duration::from_secs(30),
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_region(&self.region)
            .with_virtual_hosted_style_request(false)
            .with_client_options(self.client_options())
            .with_retry(retry);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(key) = &self.settings.access_key_id {
            builder = builder.with_access_key_id(key);
        }
        if let Some(secret) = &self.settings.secret_access_key {
            builder = builder.with_secret_access_key(secret);
        }
        builder.build().map_err(|error| ObjectError::Setting(format!("bucket '{name}' of the {}: {error}", self.place)))
    }

    /// Asks for the bucket and makes it where it is missing. The store's library has no call for either.
    async fn ensure_bucket(&self, bucket: &AmazonS3, name: &str) -> Result<(), ObjectError> {
        let client = ReqwestConnector::default()
            .connect(&self.client_options())
            .map_err(|error| ObjectError::Setting(format!("the {}: {error}", self.place)))?;
        let (status, body) = self.send(&client, bucket, "GET", &format!("{name}?list-type=2&max-keys=1"), "").await?;
        match status {
            200..300 => return Ok(()),
            404 => {}
            _ => return Err(answered(&self.place, name, &format!("status {status} {body}"))),
        }
        let body = if self.region == "us-east-1" {
            String::new()
        } else {
            format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{}\
                 </LocationConstraint></CreateBucketConfiguration>",
                self.region
            )
        };
        let (status, body) = self.send(&client, bucket, "PUT", name, &body).await?;
        // Another process may have made it meanwhile.
        if (200..300).contains(&status)
            || body.contains("BucketAlreadyOwnedByYou")
            || body.contains("BucketAlreadyExists")
        {
            return Ok(());
        }
        Err(answered(&self.place, name, &format!("making the bucket: status {status} {body}")))
    }

    async fn send(
        &self,
        client: &HttpClient,
        bucket: &AmazonS3,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<(u16, String), ObjectError> {
        let base = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://s3.{}.amazonaws.com", self.region),
        };
        let unreachable = |reason: String| ObjectError::Unreachable { place: self.place.clone(), reason };
        let bad = |reason: String| ObjectError::Setting(format!("'{base}/{path}' is no valid address: {reason}"));
        let no_keys = |reason: String| {
            let reason = format!("no keys are given, and this machine has none of its own ({reason})");
            let advice = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned();
            ObjectError::AccessDenied { place: self.place.clone(), reason, advice }
        };
        let asked = tokio::time::timeout(KEYS_MAY_TAKE, bucket.credentials().get_credential()).await;
        let asked = asked.map_err(|_| no_keys(format!("no answer within {} s", KEYS_MAY_TAKE.as_secs())))?;
        let credential = asked.map_err(|error| no_keys(with_sources(&error)))?;
        let mut last = None;
        // A server that is just starting refuses the first connections.
        for attempt in 0..3u32 {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
            }
            let mut request = HttpRequest::new(HttpRequestBody::from(body.to_owned()));
            *request.method_mut() = method.parse().map_err(|error| bad(format!("{error}")))?;
            *request.uri_mut() = format!("{base}/{path}").parse().map_err(|error| bad(format!("{error}")))?;
            AwsAuthorizer::new(&credential, "s3", &self.region).authorize(&mut request, None);
            match client.execute(request).await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    let body = response.into_body().bytes().await.map_err(|error| unreachable(with_sources(&error)))?;
                    if status < 500 {
                        return Ok((status, String::from_utf8_lossy(&body).into_owned()));
                    }
                    last = Some(unreachable(format!("status {status}")));
                }
                Err(error) => last = Some(unreachable(with_sources(&error))),
            }
        }
        Err(last.unwrap_or_else(|| unreachable("no answer".to_owned())))
    }
}

/// Sorts an answer of the service by the code in its XML.
fn answered(place: &str, name: &str, answer: &str) -> ObjectError {
    let code = between(answer, "<Code>", "</Code>").unwrap_or_default();
    match code {
        "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "AccessDenied"
        | "ExpiredToken"
        | "InvalidToken"
        | "RequestTimeTooSkewed" => denied(place, answer),
        _ if answer.contains("status 401") || answer.contains("status 403") => denied(place, answer),
        "NoSuchBucket" => ObjectError::Other {
            place: place.to_owned(),
            name: name.to_owned(),
            reason: "its bucket is gone".to_owned(),
        },
        _ => ObjectError::Other {
            place: place.to_owned(),
            name: name.to_owned(),
            reason: between(answer, "<Message>", "</Message>").unwrap_or(answer).to_owned(),
        },
    }
}

fn denied(place: &str, answer: &str) -> ObjectError {
    let code = between(answer, "<Code>", "</Code>").unwrap_or_default();
    let reason = if code.is_empty() { "status 403".to_owned() } else { code.to_owned() };
    let advice = match code {
        "SignatureDoesNotMatch" => "check AWS_SECRET_ACCESS_KEY",
        "InvalidAccessKeyId" => "check AWS_ACCESS_KEY_ID",
        "ExpiredToken" | "InvalidToken" => "check AWS_SESSION_TOKEN",
        "RequestTimeTooSkewed" => "check the clock of this machine",
        _ => "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the rights of that key",
    };
    ObjectError::AccessDenied { place: place.to_owned(), reason, advice: advice.to_owned() }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text.push_str(": ");
            text.push_str(&reason);
        }
        source = error.source();
    }
    text
}

/// Whether the service gave no answer at all.
fn is_connection(error: &StoreError) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<object_store::client::HttpError>() {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_sorted_by_their_code() {
        let answer = |code: &str| format!("status 403 <Error><Code>{code}</Code><Message>m</Message></Error>");
        for (code, advice) in [
            ("SignatureDoesNotMatch", "check AWS_SECRET_ACCESS_KEY"),
            ("InvalidAccessKeyId", "check AWS_ACCESS_KEY_ID"),
            ("ExpiredToken", "check AWS_SESSION_TOKEN"),
            ("AccessDenied", "the rights of that key"),
        ] {
            let error = answered("S3 store", "x", &answer(code));
            assert!(matches!(error, ObjectError::AccessDenied { .. }), "{error}");
            assert!(error.to_string().contains(advice), "{error}");
        }
        let gone = answered("S3 store", "data-raw/x", "status 404 <Error><Code>NoSuchBucket</Code></Error>");
        assert_eq!(gone.to_string(), "the S3 store reports for 'data-raw/x': its bucket is gone");
    }
}
