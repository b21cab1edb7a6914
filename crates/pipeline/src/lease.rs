//! One turn of a project at a time, on one machine and across machines.
//!
//! Two locks. A file in the project's folder, locked by the operating system while the process lives: when a process
//! dies, however it dies, the lock is free at once. And a row in the database with an expiry, renewed by a heartbeat:
//! it keeps other machines out. A holder on this machine whose file lock is free has died, so its row is taken over
//! without waiting for the expiry.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tidewheel_domain::random::mix;
use tidewheel_registry::{Acquire, Holder, Registry};
use tokio_util::sync::CancellationToken;

use crate::context::now;
use crate::error::PipelineError;

/// How long a lease lasts without a heartbeat.
const TTL: Duration = Duration::from_secs(30);

/// A held lease. [`LeaseGuard::release`] gives it back; dropped without that, the file lock is free at once and the
/// row expires.
#[derive(Debug)]
pub struct LeaseGuard {
    registry: Registry,
    project: String,
    token: String,
    heartbeat: tokio::task::JoinHandle<()>,
    /// Cancelled when the lease is lost.
    pub lost: CancellationToken,
    /// Whether a holder that died was taken over from: what it was doing may have been cut off.
    pub taken_over: bool,
    _file: File,
}

impl LeaseGuard {
    /// Takes the lease of a project, or says who holds it.
    pub async fn acquire(registry: &Registry, project: &str, folder: &Path) -> Result<Self, PipelineError> {
        let path = folder.join(".tidewheel").join("turn.lock");
        let file = lock_file(&path).await?;
        let holder = holder(&path);
        let mut taken_over = false;
        let lease = match take(registry, project, &holder).await? {
            Acquire::Acquired(lease) => lease,
            Acquire::HeldBy(other) => {
                let same_place = other.holder.host == holder.host && other.holder.lock_path == holder.lock_path;
                if !(same_place && file.is_some()) {
                    return Err(PipelineError::Busy(Box::new(other)));
                }
                registry.break_dead_lease(&other).await?;
                taken_over = true;
                match take(registry, project, &holder).await? {
                    Acquire::Acquired(lease) => lease,
                    Acquire::HeldBy(other) => return Err(PipelineError::Busy(Box::new(other))),
                }
            }
        };
        let Some(file) = file else {
            // The row was free, yet a process of this machine holds the file: it is about to take or give back the row.
            registry.release_lease(project, &holder.token).await?;
            return Err(PipelineError::Busy(Box::new(lease)));
        };
        let lost = CancellationToken::new();
        let heartbeat = tokio::spawn(beat(registry.clone(), project.to_owned(), holder.token.clone(), lost.clone()));
        Ok(Self {
            registry: registry.clone(),
            project: project.to_owned(),
            token: holder.token,
            heartbeat,
            lost,
            taken_over,
            _file: file,
        })
    }

    /// Gives the lease back after work under it, with what came of that: what went wrong first is what is told.
    pub async fn give_back<T>(self, result: Result<T, PipelineError>) -> Result<T, PipelineError> {
        if self.lost.is_cancelled() {
            return Err(PipelineError::LeaseLost);
        }
        let released = self.release().await;
        let outcome = result?;
        released.map(|()| outcome)
    }

    /// Gives the lease back.
    pub async fn release(self) -> Result<(), PipelineError> {
        self.heartbeat.abort();
        self.registry.release_lease(&self.project, &self.token).await?;
        Ok(())
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

async fn take(registry: &Registry, project: &str, holder: &Holder) -> Result<Acquire, PipelineError> {
    Ok(registry.acquire_lease(project, holder, TTL.as_millis() as i64, now()).await?)
}

/// Renews the lease until it is lost.
async fn beat(registry: Registry, project: String, token: String, lost: CancellationToken) {
    let mut missed = 0;
    loop {
        tokio::time::sleep(TTL / 4).await;
        match registry.renew_lease(&project, &token, TTL.as_millis() as i64, now()).await {
            Ok(true) => missed = 0,
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(%error, "the lease could not be renewed");
                missed += 1;
                // After three misses the row may have expired, and another machine may hold it.
                if missed >= 3 {
                    break;
                }
            }
        }
    }
    lost.cancel();
}

/// The locked file, or `None` when a living process has it.
async fn lock_file(path: &Path) -> Result<Option<File>, PipelineError> {
    let path = path.to_owned();
    let fail = |path: &Path, source| PipelineError::File { path: path.display().to_string(), source };
    let lock = move || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| fail(&path, error))?;
        }
        let options = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = options.map_err(|error| fail(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(fail(&path, error)),
        }
    };
    tokio::task::spawn_blocking(lock).await.map_err(|error| PipelineError::Panicked(error.to_string()))?
}

fn holder(path: &Path) -> Holder {
    // Two leases of one process may begin in the same millisecond.
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    let pid = i64::from(std::process::id());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "localhost".to_owned());
    let absolute: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let taken = TAKEN.fetch_add(1, Ordering::Relaxed);
    let token = format!("{:016x}{:016x}", mix(now().as_ms() as u64), mix(mix(pid as u64) ^ taken));
    Holder { host: host.trim().to_owned(), pid, lock_path: absolute.display().to_string(), token }
}
