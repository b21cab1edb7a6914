//! A data API that deals one batch a request and moves on when it is asked.
//!
//! Because it moves on, a batch can be lost: a crash, or a connection that breaks, after the API has dealt it and
//! before it was stored. The batch numbers tell: after the last one comes its successor, or the first ever is 0 or 1.
//! On a jump the API is restarted and read again, passing over batches that are stored already, until one comes that
//! is not. Where the missing batch does not come again, the error names it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tidewheel_domain::project::{ColumnSpec, HttpSource};

use super::request::{Answer, Asked, Asker};
use super::{Ask, Fetched, Parsed, Progress, Source, SourceError, SourcePosition};
use crate::read::read_api_answer;

/// How often a restarted API is restarted again because an answer was lost once more.
const RESTARTS: u32 = 3;

/// A data API over HTTP.
#[derive(Debug, Clone)]
pub struct HttpApi {
    asker: Asker,
    columns: Arc<[ColumnSpec]>,
    /// Whether a request was given up that the API may take up late, and then deals a batch to nobody.
    unsettled: bool,
}

#[derive(Debug)]
struct Numbered {
    number: u64,
    parsed: Parsed,
}

impl HttpApi {
    /// A client of the API; nothing is sent yet.
    pub fn new(spec: &HttpSource, columns: &[ColumnSpec]) -> Result<Self, SourceError> {
        Ok(HttpApi { asker: Asker::new(spec)?, columns: columns.into(), unsettled: false })
    }

    /// Sets the first wait between attempts (250 ms) and the longest (15 s).
    pub fn with_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.asker.backoff.base = base;
        self.asker.backoff.cap = cap;
        self
    }

    /// Starts the API again from its first batch.
    pub async fn restart(&self, ask: Ask<'_>) -> Result<(), SourceError> {
        let route = "restart_data_generation";
        match self.asker.ask(route, ask.progress, |_| Ok(())).await?.answer {
            Answer::Value(()) => Ok(()),
            Answer::End => Err(SourceError::Refused {
                url: self.asker.url(route).into(),
                status: 400,
                detail: "it says that the data has ended".to_owned(),
            }),
        }
    }

    /// The batch that the API deals next.
    async fn fetch(&mut self, ask: Ask<'_>) -> Result<Asked<Numbered>, SourceError> {
        let (columns, name) = (Arc::clone(&self.columns), self.describe());
        let parse = move |bytes: Vec<u8>| {
            let answer = read_api_answer(&bytes, &columns, &name)?;
            drop(bytes);
            Ok(Numbered { number: answer.batch_number, parsed: Parsed::of(answer.batch, &columns)? })
        };
        let asked = self.asker.ask("data", ask.progress, parse).await?;
        self.unsettled |= asked.uncertain;
        Ok(asked)
    }

    async fn is_known(&self, ask: Ask<'_>, batch: &Numbered) -> Result<bool, SourceError> {
        ask.known.is_known(&batch.parsed.hashes.content).await.map_err(SourceError::Known)
    }

    /// Restarts the API and reads again until a batch comes that is not stored. `missing`: the number that was
    /// jumped over; where it is `None` the API may simply have ended.
    async fn read_again(&mut self, ask: Ask<'_>, missing: Option<u64>) -> Result<Option<Fetched>, SourceError> {
        let last = ask.position.batch_number();
        let url = self.describe();
        let lost = |missing, reason| SourceError::MissingBatch { url: url.clone(), missing, reason };
        let mut wanted = missing;
        let mut reason = String::new();
        'restart: for _ in 0..RESTARTS {
            tracing::warn!(url, missing = wanted, "restarting the data API to read again");
            (ask.progress)(Progress::Restart { missing: wanted });
            if let Err(error) = self.restart(ask).await {
                return match wanted {
                    Some(missing) => Err(lost(missing, format!("the API cannot be restarted: {error}"))),
                    None => Err(error),
                };
            }
            let mut previous: Option<u64> = None;
            let mut came = false;
            loop {
                let Asked { answer, uncertain } = self.fetch(ask).await?;
                let batch = match answer {
                    Answer::End if uncertain => {
                        "the last answer broke off".clone_into(&mut reason);
                        continue 'restart;
                    }
                    Answer::End => {
                        self.unsettled = false;
                        return match missing.filter(|_| !came) {
                            Some(missing) => Err(lost(missing, "the data ended without it".to_owned())),
                            None => Ok(None),
                        };
                    }
                    Answer::Value(batch) => batch,
                };
                if let Some(previous) = previous.filter(|previous| batch.number > previous + 1) {
                    // An answer was lost again, or the API never deals this number.
                    wanted = wanted.or(Some(previous + 1));
                    reason = format!("the numbers go from {previous} to {}", batch.number);
                    continue 'restart;
                }
                if previous.is_none() && uncertain {
                    "the first answer broke off".clone_into(&mut reason);
                    continue 'restart;
                }
                came |= missing == Some(batch.number);
                if self.is_known(ask, &batch).await? {
                    (ask.progress)(Progress::PassedOver { batch_number: batch.number });
                    previous = Some(batch.number);
                    continue;
                }
                if let Some(missing) = missing.filter(|missing| last.is_some() && !came && batch.number > *missing) {
                    return Err(lost(missing, format!("the API deals {} instead", batch.number)));
                }
                return Ok(Some(accept(batch, false, last)));
            }
        }
        match wanted {
            Some(missing) => Err(lost(missing, reason)),
            None => Err(SourceError::NoAnswer { url, attempts: RESTARTS, reason }),
        }
    }
}

fn accept(batch: Numbered, known: bool, last: Option<u64>) -> Fetched {
    let batch_number = batch.number.max(last.unwrap_or(0));
    batch.parsed.into_fetched(known, SourcePosition::Api { batch_number })
}

#[async_trait]
impl Source for HttpApi {
    async fn next(&mut self, ask: Ask<'_>) -> Result<Option<Fetched>, SourceError> {
        let last = ask.position.batch_number();
        let Asked { answer, uncertain } = self.fetch(ask).await?;
        let uncertain = uncertain || ask.interrupted;
        let batch = match answer {
            // An API at its end before we had anything was read by someone else; one that ends after an attempt that
            // broke off, now or some batches ago, may have dealt its last batch to nobody.
            Answer::End if uncertain || self.unsettled || last.is_none() => return self.read_again(ask, None).await,
            Answer::End => return Ok(None),
            Answer::Value(batch) => batch,
        };
        let jumped = match last {
            Some(last) => batch.number > last + 1,
            // 1 may be the first, or the second of an API that counts from 0.
            None => batch.number > 1 || (batch.number == 1 && uncertain),
        };
        if jumped {
            return self.read_again(ask, last.map(|last| last + 1)).await;
        }
        let known = self.is_known(ask, &batch).await?;
        Ok(Some(accept(batch, known, last)))
    }

    fn describe(&self) -> String {
        let url = self.asker.url("data");
        format!("{}{}", url.origin().ascii_serialization(), url.path())
    }
}
