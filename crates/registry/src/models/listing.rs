//! Versions as pages list them: some at a time, without a query a row.

use std::collections::BTreeMap;

use tidewheel_domain::model_version::ModelVersion;

use super::versions::{SELECT, version_of};
use crate::database::{Value, args};
use crate::error::RegistryError;
use crate::registry::Registry;

impl Registry {
    /// Versions of a model, newest first: at most `limit`, with numbers up to `until`. Tags, and aliases other than
    /// `production`, are left out.
    pub async fn newest_versions(
        &self,
        model: &str,
        until: Option<i64>,
        limit: i64,
    ) -> Result<Vec<ModelVersion>, RegistryError> {
        let sql = format!("{SELECT} WHERE v.name = $1 AND v.version <= $2 ORDER BY v.version DESC LIMIT $3");
        self.database
            .retry(|| async {
                let args = args![model, until.unwrap_or(i64::MAX), limit];
                let rows = self.database.fetch_all(sqlx::AssertSqlSafe(sql.as_str()), args).await?;
                Ok(rows.iter().map(version_of).collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Parameters of the trainings of versions `from` to `to`, those of `keys`: by version, then by key.
    pub async fn params_of_versions(
        &self,
        model: &str,
        (from, to): (i64, i64),
        keys: &[&str],
    ) -> Result<BTreeMap<i64, BTreeMap<String, String>>, RegistryError> {
        let places: Vec<String> = (0..keys.len()).map(|place| format!("${}", place + 4)).collect();
        let sql = format!(
            "SELECT v.version, p.key, p.value FROM model_versions v JOIN params p ON p.run_id = v.run_id
            WHERE v.name = $1 AND v.version BETWEEN $2 AND $3 AND p.key IN ({})",
            places.join(", ")
        );
        let mut values: Vec<Value<'_>> = args![model, from, to].to_vec();
        values.extend(keys.iter().map(|&key| Value::from(key)));
        self.database
            .retry(|| async {
                let mut params: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
                for row in self.database.fetch_all(sqlx::AssertSqlSafe(sql.as_str()), &values).await? {
                    params.entry(row.get("version")?).or_default().insert(row.get("key")?, row.get("value")?);
                }
                Ok(params)
            })
            .await
    }
}
