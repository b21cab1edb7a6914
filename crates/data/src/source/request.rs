//! One question to a data API: time limits, retries with exponential back-off and jitter, a limit of the answer's size.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url};
use serde_json::Value;
use tidewheel_domain::project::HttpSource;

use super::files::blocking;
use super::{Progress, SourceError};
use crate::read::ReadError;

/// Longest wait that the server's `Retry-After` is granted.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(1);
/// As much of an error's text is read and shown.
const DETAIL_BYTES: u64 = 64 << 10;
const DETAIL_CHARS: usize = 300;

/// The waits between attempts: `base * 2^n`, up to `cap`, less up to half of it at random.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    pub(super) base: Duration,
    pub(super) cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { base: Duration::from_millis(250), cap: Duration::from_secs(15) }
    }
}

impl Backoff {
    /// The wait after the `failed`-th failure, from 1; `share` of 0 to 1 is drawn at random.
    fn wait(&self, failed: u32, share: f64) -> Duration {
        let doubled = self.base.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
        doubled.min(self.cap).mul_f64(1.0 - share / 2.0)
    }
}

/// What became of a question.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// The answer, made into something.
    Value(T),
    /// A 400 whose detail says that the data has ended.
    End,
}

/// An answer, and whether an earlier attempt may have reached the API, so that it moved on without us.
#[derive(Debug)]
pub(super) struct Asked<T> {
    pub(super) answer: Answer<T>,
    pub(super) uncertain: bool,
}

/// Why one attempt gave no answer.
enum Failure {
    /// Worth another attempt. `reached`: the API may have seen the request and moved on.
    Again {
        reason: String,
        reached: bool,
        wait: Option<Duration>,
    },
    Final(SourceError),
}

/// What an answer's bytes became. JSON that was cut off is worth another attempt.
pub(super) type Parse<T> = Result<T, ReadError>;

/// Asks one data API.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    client: Client,
    base: Url,
    spec: HttpSource,
    pub(super) backoff: Backoff,
}

impl Asker {
    pub(super) fn new(spec: &HttpSource) -> Result<Self, SourceError> {
        let invalid = |reason: String| SourceError::Url { url: spec.url.clone(), reason };
        if spec.url.is_empty() {
            return Err(invalid("it is empty; the emulated data API has not been started".to_owned()));
        }
        let base = Url::parse(&spec.url).map_err(|error| invalid(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(invalid("it must begin with http:// or https:// and name a host".to_owned()));
        }
        let timeout = Duration::from_millis(spec.timeout_ms);
        let mut builder = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("tidewheel/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| invalid(chain(&error)))?;
        Ok(Asker { client, base, spec: spec.clone(), backoff: Backoff::default() })
    }

    /// The address of a route, with the group and the day.
    pub(super) fn url(&self, route: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{route}", self.base.path().trim_end_matches('/')));
        url.query_pairs_mut()
            .append_pair("group_number", &self.spec.group_number.to_string())
            .append_pair("day", &self.spec.day);
        url
    }

    /// Asks until there is an answer, an end, an error that no repetition would mend, or no attempt left.
    ///
    /// `parse` computes: it runs off the async workers.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        route: &str,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
        parse: impl Fn(Vec<u8>) -> Parse<T> + Clone + Send + 'static,
    ) -> Result<Asked<T>, SourceError> {
        let url = self.url(route);
        let mut uncertain = false;
        let mut failed = 0;
        loop {
            let failure = match self.attempt(&url, progress).await {
                Ok(Answer::End) => return Ok(Asked { answer: Answer::End, uncertain }),
                Ok(Answer::Value(bytes)) => {
                    progress(Progress::Reading);
                    let parse = parse.clone();
                    match blocking(move || Ok(parse(bytes))).await? {
                        Ok(value) => return Ok(Asked { answer: Answer::Value(value), uncertain }),
                        Err(ReadError::JsonCut { reason, .. }) => {
                            let reason = format!("the answer broke off: {reason}");
                            Failure::Again { reason, reached: true, wait: None }
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(failure) => failure,
            };
            failed += 1;
            match failure {
                Failure::Final(error) => return Err(error),
                Failure::Again { reason, .. } if failed > self.spec.retries => {
                    return Err(SourceError::NoAnswer { url: url.into(), attempts: failed, reason });
                }
                Failure::Again { reason, reached, wait } => {
                    uncertain |= reached;
                    let wait = wait.unwrap_or_else(|| self.backoff.wait(failed, rand::random()));
                    tracing::warn!(%url, attempt = failed, %reason, wait_ms = wait.as_millis() as u64, "request failed");
                    progress(Progress::Retry { attempt: failed, wait_ms: wait.as_millis() as u64, reason: &reason });
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn attempt(
        &self,
        url: &Url,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> Result<Answer<Vec<u8>>, Failure> {
        let broken = |error: reqwest::Error| {
            let reached = !error.is_connect();
            Failure::Again { reason: self.reason(&error), reached, wait: None }
        };
        let response = self.client.get(url.clone()).send().await.map_err(broken)?;
        let status = response.status();
        if status.is_success() {
            return Ok(Answer::Value(self.body(url, response, progress).await?));
        }
        let wait = retry_after(&response);
        let detail = detail(response).await;
        if status == StatusCode::BAD_REQUEST {
            let lower = detail.to_lowercase();
            if self.spec.end_words.iter().any(|word| lower.contains(word.as_str())) {
                return Ok(Answer::End);
            }
        }
        let busy = status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT;
        if status.is_server_error() || busy {
            let reason = format!("status {}: {detail}", status.as_u16());
            return Err(Failure::Again { reason, reached: !busy, wait });
        }
        Err(Failure::Final(SourceError::Refused { url: url.to_string(), status: status.as_u16(), detail }))
    }

    async fn body(
        &self,
        url: &Url,
        mut response: Response,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> Result<Vec<u8>, Failure> {
        let limit = self.spec.max_body_bytes;
        let too_large = || Failure::Final(SourceError::TooLarge { url: url.to_string(), limit });
        let total = response.content_length();
        if total.is_some_and(|total| total > limit) {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(total.unwrap_or(0).min(64 << 20) as usize);
        loop {
            let chunk = response.chunk().await.map_err(|error| Failure::Again {
                reason: format!("the answer broke off after {} bytes: {}", bytes.len(), self.reason(&error)),
                reached: true,
                wait: None,
            })?;
            let Some(chunk) = chunk else { return Ok(bytes) };
            if (bytes.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
            progress(Progress::Bytes { received: bytes.len() as u64, total });
        }
    }

    fn reason(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() && !error.is_connect() {
            format!("no whole answer within {} ms", self.spec.timeout_ms)
        } else {
            chain(error)
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// The innermost causes of an error, which name what happened; the outer ones repeat the address.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    causes.dedup();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

/// What an error's body says: its JSON `detail`, else the beginning of its text.
async fn detail(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 >= DETAIL_BYTES {
            break;
        }
    }
    let json = serde_json::from_slice::<Value>(&bytes).ok();
    let text = match json.as_ref().and_then(|json| json.get("detail")) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::from_utf8_lossy(&bytes).trim().to_owned(),
    };
    match text.char_indices().nth(DETAIL_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None if text.is_empty() => "no detail".to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_lose_up_to_half_by_chance() {
        let backoff = Backoff { base: Duration::from_millis(100), cap: Duration::from_secs(1) };
        let waits = [1, 2, 3, 4, 5, 60].map(|failed| backoff.wait(failed, 0.0).as_millis());
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.wait(2, 1.0).as_millis(), 100);
    }
}
