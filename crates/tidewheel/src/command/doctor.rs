//! `tidewheel doctor`: can this machine do what the project asks for?

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tidewheel_data::source::FileSource;
use tidewheel_domain::project::{Project, SourceSpec};
use tidewheel_domain::{RunId, RunKind};
use tidewheel_registry::{Registry, RegistryError};
use tokio::net::{TcpListener, TcpStream};

use super::serve::LISTEN;
use crate::bundled;
use crate::cli::{FormatFlag, Globals};
use crate::context::Context;
use crate::failure::Status;
use crate::output::{Format, Output, Table, Tone, text};
use crate::progress::Progress;

/// A source that does not answer within this time is not there.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(5);

/// Check what the project needs: its file, the database, the object store, the source, the port
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tidewheel -C my-project doctor\n\n\
                        Exit codes: 0 everything works (warnings included), 1 something does not.")]
pub(crate) struct DoctorArgs {
    /// The address that `serve` is to listen on
    #[arg(long, value_name = "ADDR", default_value = LISTEN)]
    listen: SocketAddr,
    #[command(flatten)]
    format: FormatFlag,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    state: State,
    /// What was seen.
    pub(crate) found: String,
    /// What to do about it; empty where there is nothing to do.
    pub(crate) advice: String,
}

impl Finding {
    /// Whether it works; `None` where it does for now.
    pub(crate) fn works(&self) -> Option<bool> {
        match self.state {
            State::Ok => Some(true),
            State::Warn => None,
            State::Fail => Some(false),
        }
    }

    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Finding { check, state: State::Ok, found: found.into(), advice: String::new() }
    }

    fn warn(check: &'static str, found: impl Into<String>, advice: &str) -> Self {
        Finding { check, state: State::Warn, found: found.into(), advice: advice.to_owned() }
    }

    fn fail(check: &'static str, found: impl Into<String>, advice: &str) -> Self {
        Finding { check, state: State::Fail, found: found.into(), advice: advice.to_owned() }
    }
}

pub(crate) async fn run(globals: &Globals, args: DoctorArgs) -> anyhow::Result<Status> {
    let progress = Progress::new(globals.quiet).spinner("checking");
    let findings = findings(globals, args.listen).await;
    progress.finish_and_clear();
    let output = Output::new(globals.color);
    if args.format.format == Format::Json {
        output.json(&findings)?;
    } else {
        let mut table = Table::new(["check", "state", "found", "what to do"]);
        for finding in &findings {
            let (word, tone) = match finding.state {
                State::Ok => ("ok", Tone::Good),
                State::Warn => ("warn", Tone::Warn),
                State::Fail => ("fail", Tone::Bad),
            };
            table.row([text(finding.check), text(word).tone(tone), text(&finding.found), text(&finding.advice)]);
        }
        output.table(&table)?;
    }
    let failed = findings.iter().any(|finding| finding.state == State::Fail);
    Ok(if failed { Status::FAILED } else { Status::SUCCESS })
}

async fn findings(globals: &Globals, listen: SocketAddr) -> Vec<Finding> {
    let mut findings = vec![program()];
    match Context::find(globals) {
        Err(error) => {
            let advice = "fix the project file; the other checks need it";
            findings.push(Finding::fail("project", format!("{error:#}"), advice));
        }
        Ok(context) => findings.extend(of_project(&context).await),
    }
    findings.push(port(listen).await);
    findings
}

fn program() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let system =
        format!("tidewheel {}, {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    Finding::ok("program", format!("{system}, {cores} cores"))
}

/// What a project needs: its file, the database, the objects, the source.
pub(crate) async fn of_project(context: &Context) -> Vec<Finding> {
    let found = format!("'{}' in {}", context.project.name, context.root.display());
    let mut findings = vec![Finding::ok("project", found)];
    store(context, &mut findings).await;
    findings.push(source(&context.project, &context.root).await);
    findings
}

async fn store(context: &Context, findings: &mut Vec<Finding>) {
    let database_advice = "check store.database in the project file, and that the database is running";
    let objects_advice =
        "check store.objects and store.endpoint in the project file, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    let registry = match context.registry().await {
        Ok(registry) => registry,
        Err(error) => {
            let of_objects = matches!(error.downcast_ref::<RegistryError>(), Some(RegistryError::Objects(_)));
            let (check, advice) = if of_objects { ("objects", objects_advice) } else { ("database", database_advice) };
            if of_objects {
                findings.push(Finding::ok("database", "opened"));
            }
            findings.push(Finding::fail(check, format!("{error:#}"), advice));
            return;
        }
    };
    findings.push(match registry.ping().await {
        Ok(()) => Finding::ok("database", format!("{} answers, its tables are up to date", registry.place())),
        Err(error) => Finding::fail("database", error.to_string(), database_advice),
    });
    findings.push(match probe(&registry).await {
        Ok(()) => Finding::ok("objects", format!("{} can be written and read", registry.objects().place())),
        Err(error) => Finding::fail("objects", format!("{error:#}"), objects_advice),
    });
    let model = &context.project.model_name;
    findings.push(match registry.production_version(model).await {
        Ok(Some(version)) => Finding::ok("model", format!("version {} of '{model}' is in production", version.version)),
        Ok(None) => Finding::warn(
            "model",
            format!("no version of '{model}' is in production"),
            "train one with `tidewheel run`; until then the server is not ready",
        ),
        Err(error) => Finding::fail("model", error.to_string(), database_advice),
    });
    registry.close().await;
}

/// Writes an object, reads it back, and removes it.
async fn probe(registry: &Registry) -> anyhow::Result<()> {
    let run = RunId::derive("doctor", RunKind::Turn, i64::from(std::process::id()), 0);
    let objects = registry.objects();
    let content = b"written by tidewheel doctor".as_slice();
    objects.put_artifact(&run, "doctor/probe.txt", content.into()).await?;
    let read = objects.get_artifact(&run, "doctor/probe.txt").await?;
    objects.delete_artifact(&run, "doctor/probe.txt").await?;
    anyhow::ensure!(read.as_deref() == Some(content), "what was read back is not what was written");
    Ok(())
}

async fn source(project: &Project, root: &Path) -> Finding {
    match &project.source {
        SourceSpec::Http(http) => reachable(&http.url).await,
        SourceSpec::Files { path } => match FileSource::new(path, root, &project.columns).list() {
            Ok(files) if files.is_empty() => {
                Finding::warn("source", format!("'{path}' matches no file yet"), "put a CSV or Parquet file there")
            }
            Ok(files) => Finding::ok("source", format!("files that match '{path}': {}", files.len())),
            Err(error) => Finding::fail("source", error.to_string(), "check source.path in the project file"),
        },
        SourceSpec::Emulator { path, .. } if path == bundled::DATA_PATH => {
            Finding::ok("source", "the data set that the binary carries")
        }
        SourceSpec::Emulator { path, .. } if root.join(path).is_file() => {
            Finding::ok("source", format!("'{path}' is dealt by the emulated data API"))
        }
        SourceSpec::Emulator { path, .. } => {
            Finding::fail("source", format!("'{path}' is no file"), "check source.path in the project file")
        }
    }
}

/// Connects to the data API without asking for anything: a request would deal a batch.
async fn reachable(url: &str) -> Finding {
    let advice = "check source.url in the project file, and that the data API is running";
    let Some((host, port)) = host_and_port(url) else {
        return Finding::fail("source", format!("'{url}' names no host"), advice);
    };
    match tokio::time::timeout(SOURCE_TIMEOUT, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Finding::ok("source", format!("{host}:{port} accepts connections")),
        Ok(Err(error)) => Finding::fail("source", format!("{host}:{port}: {error}"), advice),
        Err(_) => Finding::fail("source", format!("{host}:{port} does not answer"), advice),
    }
}

fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let usual = if scheme == "https" { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, usual),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() { None } else { Some((host.to_owned(), port)) }
}

async fn port(listen: SocketAddr) -> Finding {
    match TcpListener::bind(listen).await {
        Ok(_) => Finding::ok("port", format!("{listen} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::warn(
            "port",
            format!("{listen} is in use"),
            "if that is no server of yours, give `serve` another address with --listen",
        ),
        Err(error) => Finding::fail("port", format!("{listen}: {error}"), "choose another address with --listen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_and_port_of_an_address_are_found() {
        let found = |url| host_and_port(url).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(found("http://localhost:8001/x").as_deref(), Some("localhost 8001"));
        assert_eq!(found("https://data.example").as_deref(), Some("data.example 443"));
        assert_eq!(found("http://u:p@h/").as_deref(), Some("h 80"));
        assert_eq!(found("http://[::1]:9/").as_deref(), Some("::1 9"));
        assert_eq!(found("http://[::1]").as_deref(), Some("::1 80"));
        assert_eq!(found("http://"), None);
        assert_eq!(found("http://h:port"), None);
    }
}
