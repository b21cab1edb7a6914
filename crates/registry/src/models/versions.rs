//! Versions of registered models.

use std::collections::BTreeMap;

use tidewheel_domain::model_version::{ModelVersion, NewModelVersion, PRODUCTION_ALIAS, Stage};
use tidewheel_domain::{RunId, Timestamp};

use crate::database::{Row, Tx, Value, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;
use crate::turns::json_of;

pub(super) const SELECT: &str =
    "SELECT v.name, v.version, v.stage, v.run_id, v.rejected_by, v.metrics, v.metrics_newest_batch,
    v.source, v.description, v.creation_time, v.last_update_time, m.production_version
    FROM model_versions v JOIN registered_models m ON m.name = v.name";

pub(super) fn version_of(row: &Row) -> Result<ModelVersion, DatabaseError> {
    let version = row.get::<i64>("version")?;
    let in_production = row.get::<Option<i64>>("production_version")? == Some(version);
    Ok(ModelVersion {
        name: row.get("name")?,
        version,
        stage: if in_production { Stage::Production } else { row.parse("stage")? },
        aliases: if in_production { vec![PRODUCTION_ALIAS.to_owned()] } else { Vec::new() },
        run_id: row.parse("run_id")?,
        rejected_by: row.get("rejected_by")?,
        metrics: row.json("metrics")?,
        metrics_newest_batch: row.json("metrics_newest_batch")?,
        source: row.get("source")?,
        description: row.get("description")?,
        created_at: row.time("creation_time")?,
        updated_at: row.time("last_update_time")?,
        tags: BTreeMap::new(),
    })
}

/// The versions that a condition over `v` (versions) and `m` (models) matches, with aliases and tags.
pub(super) async fn versions_where(
    tx: &mut Tx,
    condition: &str,
    args: &[Value<'_>],
) -> Result<Vec<ModelVersion>, RegistryError> {
    let sql = format!("{SELECT} WHERE {condition}");
    let rows = tx.fetch_all(sqlx::AssertSqlSafe(sql), args).await?;
    let mut versions = rows.iter().map(version_of).collect::<Result<Vec<_>, _>>()?;
    for version in &mut versions {
        let key = [Value::from(version.name.clone()), Value::from(version.version)];
        let sql = "SELECT alias FROM model_aliases WHERE name = $1 AND version = $2";
        for row in tx.fetch_all(sql, &key).await? {
            version.aliases.push(row.get("alias")?);
        }
        version.aliases.sort();
        let sql = "SELECT key, value FROM model_version_tags WHERE name = $1 AND version = $2";
        for row in tx.fetch_all(sql, &key).await? {
            version.tags.insert(row.get("key")?, row.get("value")?);
        }
    }
    Ok(versions)
}

/// One version inside a transaction; that it is missing is an error.
pub(super) async fn version_in(tx: &mut Tx, model: &str, version: i64) -> Result<ModelVersion, RegistryError> {
    let found = versions_where(tx, "v.name = $1 AND v.version = $2", args![model, version]).await?;
    let missing = || RegistryError::not_found("model version", format!("{model} v{version}"));
    found.into_iter().next().ok_or_else(missing)
}

impl Registry {
    async fn select_versions(&self, condition: &str, args: &[Value<'_>]) -> Result<Vec<ModelVersion>, RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                versions_where(&mut tx, condition, args).await
            })
            .await
    }

    /// All versions of a model, oldest first.
    pub async fn model_versions(&self, model: &str) -> Result<Vec<ModelVersion>, RegistryError> {
        self.select_versions("v.name = $1 ORDER BY v.version", args![model]).await
    }

    /// A version of a model.
    pub async fn model_version(&self, model: &str, version: i64) -> Result<Option<ModelVersion>, RegistryError> {
        let found = self.select_versions("v.name = $1 AND v.version = $2", args![model, version]).await?;
        Ok(found.into_iter().next())
    }

    /// The newest version of a model that a run made.
    pub async fn model_version_of_run(&self, model: &str, run: &RunId) -> Result<Option<ModelVersion>, RegistryError> {
        let found = self.select_versions("v.name = $1 AND v.run_id = $2 ORDER BY v.version", args![model, run]).await?;
        Ok(found.into_iter().next_back())
    }

    /// The version of a model that is in production.
    pub async fn production_version(&self, model: &str) -> Result<Option<ModelVersion>, RegistryError> {
        let found = self.select_versions("v.name = $1 AND v.version = m.production_version", args![model]).await?;
        Ok(found.into_iter().next())
    }

    /// A number that changes whenever a stage or an alias of the model changes; 0 where there is no such model. One
    /// row by its key: cheap enough to ask every second.
    pub async fn production_marker(&self, model: &str) -> Result<i64, RegistryError> {
        let sql = "SELECT generation FROM registered_models WHERE name = $1";
        let row = self.database.fetch_optional(sql, args![model]).await?;
        Ok(row.map_or(Ok(0), |row| row.get("generation"))?)
    }

    /// Registers a version of a model, which is made if it is not there. The next number is its own. A version that
    /// the same run has registered already is given back instead, with what is said here about it.
    pub async fn register_version(
        &self,
        model: &str,
        version: &NewModelVersion,
        now: Timestamp,
    ) -> Result<ModelVersion, RegistryError> {
        if model.is_empty() || model.contains(['/', ':']) {
            let rule = "must not be empty and must not hold '/' or ':'".to_owned();
            return Err(RegistryError::Invalid { field: "model name", value: model.to_owned(), rule });
        }
        let metrics = json_of(&version.metrics);
        let newest = json_of(&version.metrics_newest_batch);
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let sql = "INSERT INTO registered_models (name, creation_time, last_update_time) VALUES ($1, $2, $2)
                    ON CONFLICT (name) DO UPDATE SET last_update_time = excluded.last_update_time";
                tx.execute(sql, args![model, now]).await?;

                let known = "SELECT MAX(version) AS version FROM model_versions WHERE name = $1 AND run_id = $2";
                let row = tx.fetch_optional(known, args![model, &version.run_id]).await?;
                let number = match row.map_or(Ok(None), |row| row.get::<Option<i64>>("version"))? {
                    Some(number) => {
                        let sql = "UPDATE model_versions SET source = $3, description = $4, metrics = $5,
                                metrics_newest_batch = $6, last_update_time = $7 WHERE name = $1 AND version = $2";
                        let args = args![model, number, &version.source, &version.description, &metrics, &newest, now];
                        tx.execute(sql, args).await?;
                        number
                    }
                    None => {
                        let sql = "UPDATE registered_models SET last_version = last_version + 1
                            WHERE name = $1 RETURNING last_version";
                        let row = tx.fetch_optional(sql, args![model]).await?;
                        let row = row.ok_or_else(|| RegistryError::not_found("model", model))?;
                        let number = row.get::<i64>("last_version")?;
                        let sql = "INSERT INTO model_versions (name, version, run_id, source, description, metrics,
                                metrics_newest_batch, creation_time, last_update_time)
                            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
                        let args = args![
                            model,
                            number,
                            &version.run_id,
                            &version.source,
                            &version.description,
                            &metrics,
                            &newest,
                            now
                        ];
                        tx.execute(sql, args).await?;
                        number
                    }
                };
                tx.execute("DELETE FROM model_version_tags WHERE name = $1 AND version = $2", args![model, number])
                    .await?;
                let mut tags = Vec::new();
                for (key, value) in &version.tags {
                    tags.extend_from_slice(args![model, number, key, value]);
                }
                tx.insert_many("INSERT INTO model_version_tags (name, version, key, value)", 4, "", &tags).await?;
                let version = version_in(&mut tx, model, number).await?;
                tx.commit().await?;
                Ok(version)
            })
            .await
    }

    /// Lets an alias of a model name a version; it then names no other. `production` is moved by
    /// [`Registry::promote`] alone.
    pub async fn set_alias(&self, model: &str, alias: &str, version: i64, now: Timestamp) -> Result<(), RegistryError> {
        if alias == PRODUCTION_ALIAS {
            return Err(RegistryError::Conflict(format!(
                "the alias '{PRODUCTION_ALIAS}' is the stage Production: promote the version instead"
            )));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if alias.is_empty() || alias.len() > 255 || !alias.bytes().all(allowed) || alias == "latest" {
            return Err(RegistryError::Invalid {
                field: "alias",
                value: alias.to_owned(),
                rule: "must be 1 to 255 letters, digits, '-' or '_', and not 'latest'".to_owned(),
            });
        }
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                version_in(&mut tx, model, version).await?;
                let sql = "INSERT INTO model_aliases (name, alias, version) VALUES ($1, $2, $3)
                    ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version";
                tx.execute(sql, args![model, alias, version]).await?;
                touch(&mut tx, model, now).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// Removes an alias of a model; that it is not there is no error.
    pub async fn delete_alias(&self, model: &str, alias: &str, now: Timestamp) -> Result<(), RegistryError> {
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                tx.execute("DELETE FROM model_aliases WHERE name = $1 AND alias = $2", args![model, alias]).await?;
                touch(&mut tx, model, now).await?;
                Ok(tx.commit().await?)
            })
            .await
    }
}

/// Notes that a stage or an alias of the model has changed.
pub(super) async fn touch(tx: &mut Tx, model: &str, now: Timestamp) -> Result<(), DatabaseError> {
    let sql = "UPDATE registered_models SET generation = generation + 1, last_update_time = $2 WHERE name = $1";
    tx.execute(sql, args![model, now]).await?;
    Ok(())
}
