//! The rows that unfitted rules refused: read page by page, counted by rule.

use serde::Serialize;
use tidewheel_domain::batch::QuarantinedRow;

use crate::database::{Row, Value, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// Which refused rows are wanted; what is `None` is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuarantineFilter {
    /// Of this batch.
    pub batch: Option<i64>,
    /// Refused by this rule.
    pub rule: Option<String>,
    /// For a value of this column.
    pub column: Option<String>,
}

/// A page of refused rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantinePage {
    /// How many rows the filter matches altogether.
    pub total: i64,
    /// The rows of this page, by batch, row and rule.
    pub rows: Vec<QuarantinedRow>,
}

/// How often a rule refused a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// The rule.
    pub rule: String,
    /// The column it looked at.
    pub column: Option<String>,
    /// How many rows it refused.
    pub rows: i64,
}

/// How often a rule refused a row of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRuleCount {
    /// The batch.
    pub batch: i64,
    /// The rule.
    pub rule: String,
    /// The column it looked at.
    pub column: Option<String>,
    /// How many rows it refused.
    pub rows: i64,
}

/// Refused rows of neighbouring batches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuarantineSpan {
    /// The first batch.
    pub from: i64,
    /// The last batch, included.
    pub to: i64,
    /// Refused by this rule; by any where it is `None`.
    pub rule: Option<String>,
    /// For a value of this column; of any where it is `None`.
    pub column: Option<String>,
}

fn row_of(row: &Row) -> Result<QuarantinedRow, DatabaseError> {
    Ok(QuarantinedRow {
        batch: row.get("batch")?,
        row: row.get("row_index")?,
        rule: row.get("rule")?,
        column: row.get("column_name")?,
        value: row.get("value")?,
        data: row.json("data")?,
    })
}

const MATCHES: &str = "FROM quarantine q JOIN experiments e ON e.experiment_id = q.experiment_id
    WHERE e.name = $1 AND ($2 OR q.batch = $3) AND ($4 OR q.rule = $5) AND ($6 OR q.column_name = $7)";

fn match_args<'a>(project: &'a str, filter: &'a QuarantineFilter) -> Vec<Value<'a>> {
    args![
        project,
        filter.batch.is_none(),
        filter.batch,
        filter.rule.is_none(),
        filter.rule.as_deref(),
        filter.column.is_none(),
        filter.column.as_deref()
    ]
    .to_vec()
}

impl Registry {
    /// A page of a project's refused rows: `limit` rows after the first `offset`.
    pub async fn quarantine(
        &self,
        project: &str,
        filter: &QuarantineFilter,
        offset: i64,
        limit: i64,
    ) -> Result<QuarantinePage, RegistryError> {
        let count = format!("SELECT COUNT(*) AS total {MATCHES}");
        let page = format!(
            "SELECT q.batch, q.row_index, q.rule, q.column_name, q.value, q.data {MATCHES}
            ORDER BY q.batch, q.row_index, q.rule LIMIT $8 OFFSET $9"
        );
        self.database
            .retry(|| async {
                let mut tx = self.database.snapshot().await?;
                let mut args = match_args(project, filter);
                let total = tx.fetch_optional(sqlx::AssertSqlSafe(count.as_str()), &args).await?;
                args.extend([Value::from(limit.max(0)), Value::from(offset.max(0))]);
                let rows = tx.fetch_all(sqlx::AssertSqlSafe(page.as_str()), &args).await?;
                Ok(QuarantinePage {
                    total: total.map_or(Ok(0), |row| row.get("total"))?,
                    rows: rows.iter().map(row_of).collect::<Result<_, _>>()?,
                })
            })
            .await
    }

    /// How many of a project's rows each rule refused, most first.
    pub async fn quarantine_counts(
        &self,
        project: &str,
        filter: &QuarantineFilter,
    ) -> Result<Vec<RuleCount>, RegistryError> {
        let sql = format!(
            "SELECT q.rule, q.column_name, COUNT(*) AS refused {MATCHES}
            GROUP BY q.rule, q.column_name ORDER BY refused DESC, q.rule, q.column_name"
        );
        self.database
            .retry(|| async {
                let args = match_args(project, filter);
                let rows = self.database.fetch_all(sqlx::AssertSqlSafe(sql.as_str()), &args).await?;
                rows.iter()
                    .map(|row| {
                        Ok(RuleCount {
                            rule: row.get("rule")?,
                            column: row.get("column_name")?,
                            rows: row.get("refused")?,
                        })
                    })
                    .collect()
            })
            .await
    }

    /// How many rows each rule refused in each batch from `from` to `to`.
    pub async fn quarantine_by_batch(
        &self,
        project: &str,
        from: i64,
        to: i64,
    ) -> Result<Vec<BatchRuleCount>, RegistryError> {
        let sql = "SELECT q.batch, q.rule, q.column_name, COUNT(*) AS refused
            FROM quarantine q JOIN experiments e ON e.experiment_id = q.experiment_id
            WHERE e.name = $1 AND q.batch BETWEEN $2 AND $3
            GROUP BY q.batch, q.rule, q.column_name ORDER BY q.batch, refused DESC, q.rule, q.column_name";
        self.database
            .retry(|| async {
                let rows = self.database.fetch_all(sql, args![project, from, to]).await?;
                let count = |row: &Row| {
                    Ok(BatchRuleCount {
                        batch: row.get("batch")?,
                        rule: row.get("rule")?,
                        column: row.get("column_name")?,
                        rows: row.get("refused")?,
                    })
                };
                rows.iter().map(count).collect()
            })
            .await
    }

    /// Refused rows of neighbouring batches, the newest batch first, uncounted: `limit` rows after the first `offset`.
    pub async fn quarantine_rows(
        &self,
        project: &str,
        span: &QuarantineSpan,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<QuarantinedRow>, RegistryError> {
        let sql = "SELECT q.batch, q.row_index, q.rule, q.column_name, q.value, q.data
            FROM quarantine q JOIN experiments e ON e.experiment_id = q.experiment_id
            WHERE e.name = $1 AND q.batch BETWEEN $2 AND $3 AND ($4 OR q.rule = $5) AND ($6 OR q.column_name = $7)
            ORDER BY q.batch DESC, q.row_index, q.rule LIMIT $8 OFFSET $9";
        self.database
            .retry(|| async {
                let args = args![
                    project,
                    span.from,
                    span.to,
                    span.rule.is_none(),
                    span.rule.as_deref(),
                    span.column.is_none(),
                    span.column.as_deref(),
                    limit.max(0),
                    offset.max(0)
                ];
                let rows = self.database.fetch_all(sql, args).await?;
                Ok(rows.iter().map(row_of).collect::<Result<_, _>>()?)
            })
            .await
    }
}
