//! `tidewheel quarantine`: rows that a rule refused.

use clap::{Args, Subcommand};
use serde_json::json;
use tidewheel_registry::{QuarantineFilter, RuleCount};

use crate::cli::{FormatFlag, Globals};
use crate::context::Context;
use crate::failure::Status;
use crate::output::{Format, Output, Table, number, optional, text, thousands};

/// Look at the rows that a rule refused, with the rule, the column and the value
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewheel quarantine list --batch 2 --limit 20\n  tidewheel quarantine counts")]
pub(crate) struct QuarantineArgs {
    #[command(subcommand)]
    command: QuarantineCommand,
}

#[derive(Debug, Subcommand)]
enum QuarantineCommand {
    /// List refused rows
    #[command(after_help = "Example:\n  tidewheel quarantine list --batch 2 --rule required --limit 20")]
    List {
        #[command(flatten)]
        filter: Filter,
        /// Show at most so many rows
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(0..))]
        limit: i64,
        /// Pass over so many rows first
        #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
        offset: i64,
        #[command(flatten)]
        format: FormatFlag,
    },
    /// Count refused rows by rule
    #[command(after_help = "Example:\n  tidewheel quarantine counts --format json")]
    Counts {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        format: FormatFlag,
    },
}

/// Which rows.
#[derive(Debug, Args)]
struct Filter {
    /// Only rows of this batch
    #[arg(long, value_name = "ID")]
    batch: Option<i64>,
    /// Only rows refused by this rule
    #[arg(long)]
    rule: Option<String>,
    /// Only rows refused for this column
    #[arg(long, value_name = "COL")]
    column: Option<String>,
}

impl From<Filter> for QuarantineFilter {
    fn from(filter: Filter) -> Self {
        QuarantineFilter { batch: filter.batch, rule: filter.rule, column: filter.column }
    }
}

pub(crate) async fn run(globals: &Globals, args: QuarantineArgs) -> anyhow::Result<Status> {
    let context = Context::find(globals)?;
    let registry = context.registry().await?;
    let output = Output::new(globals.color);
    let name = &context.project.name;
    match args.command {
        QuarantineCommand::List { filter, limit, offset, format } => {
            let page = registry.quarantine(name, &filter.into(), offset, limit).await?;
            if format.format == Format::Json {
                output.json(&json!({"total": page.total, "rows": page.rows}))?;
            } else {
                let mut table = Table::new(["batch", "row", "rule", "column", "value", "data"]);
                for row in &page.rows {
                    table.row([
                        number(row.batch),
                        number(row.row),
                        text(&row.rule),
                        optional(row.column.as_ref()),
                        optional(row.value.as_ref()),
                        text(row.data.to_string()),
                    ]);
                }
                output.table(&table)?;
                output.line(format!("{} of {} rows", page.rows.len(), thousands(page.total)))?;
            }
        }
        QuarantineCommand::Counts { filter, format } => {
            let counts = registry.quarantine_counts(name, &filter.into()).await?;
            if format.format == Format::Json {
                output.json(&counts)?;
            } else {
                output.table(&counts_table(&counts))?;
            }
        }
    }
    registry.close().await;
    Ok(Status::SUCCESS)
}

/// How many rows each rule refused.
pub(crate) fn counts_table(counts: &[RuleCount]) -> Table {
    let mut table = Table::new(["rule", "column", "rows"]);
    for count in counts {
        table.row([text(&count.rule), optional(count.column.as_ref()), number(thousands(count.rows))]);
    }
    table
}
