//! The lease: one turn a project at a time, whoever turns it.

use tidewheel_domain::Timestamp;

use crate::database::{Row, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// Who wants to hold a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: i64,
    /// The file that the process keeps locked while it lives, so that others on the machine can see that it died.
    pub lock_path: String,
    /// A text that no other holder has, new for every process.
    pub token: String,
}

/// A lease as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The project.
    pub project: String,
    /// Who holds it.
    pub holder: Holder,
    /// Since when.
    pub acquired_at: Timestamp,
    /// Until when, unless it is renewed.
    pub expires_at: Timestamp,
}

/// The answer to [`Registry::acquire_lease`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquire {
    /// The lease is the caller's.
    Acquired(Lease),
    /// Another one holds it.
    HeldBy(Lease),
}

fn lease_of(row: &Row) -> Result<Lease, DatabaseError> {
    Ok(Lease {
        project: row.get("project")?,
        holder: Holder {
            host: row.get("host")?,
            pid: row.get("pid")?,
            lock_path: row.get("lock_path")?,
            token: row.get("token")?,
        },
        acquired_at: row.time("acquired_at")?,
        expires_at: row.time("expires_at")?,
    })
}

const COLUMNS: &str = "project, host, pid, lock_path, token, acquired_at, expires_at";

impl Registry {
    /// Takes the lease of a project until `now + ttl_ms`, if nobody holds it, it has expired, or the caller has it
    /// already. One statement compares and sets, so two can never both hold it.
    pub async fn acquire_lease(
        &self,
        project: &str,
        holder: &Holder,
        ttl_ms: i64,
        now: Timestamp,
    ) -> Result<Acquire, RegistryError> {
        let take = format!(
            "INSERT INTO leases ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (project) DO UPDATE SET host = excluded.host, pid = excluded.pid,
                lock_path = excluded.lock_path, token = excluded.token, expires_at = excluded.expires_at,
                acquired_at = CASE WHEN leases.token = excluded.token THEN leases.acquired_at
                    ELSE excluded.acquired_at END
            WHERE leases.token = excluded.token OR leases.expires_at <= $6
            RETURNING {COLUMNS}"
        );
        let present = format!("SELECT {COLUMNS} FROM leases WHERE project = $1");
        self.database
            .retry(|| async {
                // The holder may let go between the two statements; then it is tried again.
                loop {
                    let mut tx = self.database.begin().await?;
                    let args = args![
                        project,
                        &holder.host,
                        holder.pid,
                        &holder.lock_path,
                        &holder.token,
                        now,
                        now.plus_ms(ttl_ms)
                    ];
                    if let Some(row) = tx.fetch_optional(sqlx::AssertSqlSafe(take.as_str()), args).await? {
                        let lease = lease_of(&row)?;
                        tx.commit().await?;
                        return Ok(Acquire::Acquired(lease));
                    }
                    let row = tx.fetch_optional(sqlx::AssertSqlSafe(present.as_str()), args![project]).await?;
                    if let Some(row) = row {
                        return Ok(Acquire::HeldBy(lease_of(&row)?));
                    }
                }
            })
            .await
    }

    /// Keeps a lease until `now + ttl_ms`. `false`: the caller no longer holds it and must stop.
    pub async fn renew_lease(
        &self,
        project: &str,
        token: &str,
        ttl_ms: i64,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "UPDATE leases SET expires_at = $3 WHERE project = $1 AND token = $2";
                let changed = tx.execute(sql, args![project, token, now.plus_ms(ttl_ms)]).await?;
                tx.commit().await?;
                Ok(changed > 0)
            })
            .await
    }

    /// Gives a lease back. One that the caller does not hold is left alone.
    pub async fn release_lease(&self, project: &str, token: &str) -> Result<(), RegistryError> {
        self.delete_lease(project, token).await.map(|_| ())
    }

    /// Removes the lease of a holder that is known to be dead (its file is no longer locked), before it expires.
    /// `false`: the lease has moved on meanwhile, nothing was removed.
    pub async fn break_dead_lease(&self, dead: &Lease) -> Result<bool, RegistryError> {
        self.delete_lease(&dead.project, &dead.holder.token).await
    }

    async fn delete_lease(&self, project: &str, token: &str) -> Result<bool, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "DELETE FROM leases WHERE project = $1 AND token = $2";
                let changed = tx.execute(sql, args![project, token]).await?;
                tx.commit().await?;
                Ok(changed > 0)
            })
            .await
    }

    /// Who holds the lease of a project, expired or not.
    pub async fn lease(&self, project: &str) -> Result<Option<Lease>, RegistryError> {
        let sql = format!("SELECT {COLUMNS} FROM leases WHERE project = $1");
        self.database
            .retry(|| async {
                let row = self.database.fetch_optional(sqlx::AssertSqlSafe(sql.as_str()), args![project]).await?;
                Ok(row.as_ref().map(lease_of).transpose()?)
            })
            .await
    }
}
