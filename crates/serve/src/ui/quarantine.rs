//! `GET /ui/quarantine`: which rows were refused by which rule; and the same rows as CSV.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::Value;
use tidewheel_domain::batch::{Batch, QuarantinedRow};
use tidewheel_domain::project::{Check, CleanRule, Project};
use tidewheel_registry::{BatchRuleCount, QuarantineSpan, RegistryError};
use tidewheel_ui::pages::quarantine::{self, Asks, Filter, Quarantine, RefusedBy, RefusedRow, RuleLine};
use tidewheel_ui::{Lang, Markup};

use super::asking::{Asking, Trouble};
use super::batch::{attachment, label_of};
use super::batches::{known_columns, of_batch, of_totals};
use crate::inference::state::AppState;

/// Batches of the matrix.
const BATCHES: i64 = 12;
/// Rows that are shown at a time.
const ROWS: u64 = 50;
/// Rows of a CSV file at most, and how many are read at a time.
const CSV_ROWS: i64 = 100_000;
const CSV_STEP: i64 = 2_000;

/// What is asked for. Forms send fields that were left empty, too.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    batch: Option<String>,
    rule: Option<String>,
    column: Option<String>,
    /// A rule and its column, as the list names them.
    by: Option<String>,
    until: Option<String>,
    rows: Option<String>,
}

impl Wanted {
    fn number<T: std::str::FromStr>(text: Option<&String>) -> Option<T> {
        text.and_then(|text| text.trim().parse().ok())
    }

    fn filter(&self) -> Filter {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Filter {
            batch: Self::number(self.batch.as_ref()),
            rule: text(&self.rule),
            column: text(&self.column),
            until: Self::number(self.until.as_ref()),
            from: Self::number(self.rows.as_ref()).unwrap_or(0),
        }
    }
}

/// `GET /ui/quarantine`
pub(crate) async fn show(asking: Asking, Query(wanted): Query<Wanted>) -> Response {
    let page = draw(&asking, &wanted).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, wanted: &Wanted) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let project = &app.project;
    let mut filter = wanted.filter();
    let totals = app.registry.totals(&project.name).await?;
    let all = totals.batches as i64;
    // A batch that is asked for by itself is in the matrix.
    let until = filter.until.or(filter.batch.map(|batch| all.min(batch + BATCHES / 2).max(BATCHES)));
    let mut batches = app.registry.newest_batches(&project.name, until, BATCHES).await?;
    batches.reverse();
    let (from, to) = (batches.first().map_or(0, |one| one.id), batches.last().map_or(0, |one| one.id));
    let counts = app.registry.quarantine_by_batch(&project.name, from, to).await?;
    let rules = lines(project, asking.frame.lang, &batches, &counts);
    if let Some(line) = wanted.by.as_ref().and_then(|by| rules.iter().find(|line| line.rule.id() == *by)) {
        (filter.rule, filter.column) = (Some(line.rule.rule.clone()), line.rule.column.clone());
    }
    let span = span_of(&filter, from, to);
    let found = found(asking, &filter, &span, &counts).await?;
    if filter.from >= found {
        filter.from = 0;
    }
    let rows = app.registry.quarantine_rows(&project.name, &span, filter.from as i64, ROWS as i64).await?;
    let columns = columns_among(asking, &batches, &rows).await?;
    let lang = asking.frame.lang;
    let view = Quarantine {
        all_batches: totals.batches,
        totals: of_totals(&totals),
        rows: rows.iter().map(|row| refused(project, lang, &columns, row)).collect(),
        columns,
        batches: batches.iter().map(|batch| (batch.id, of_batch(batch))).collect(),
        rules,
        older: (from > 1).then_some(from - 1),
        newer: (to > 0 && to < all).then(|| (to + BATCHES).min(all)),
        filter,
        found,
        step: ROWS,
    };
    Ok(quarantine::page(&asking.frame, &view))
}

fn span_of(filter: &Filter, from: i64, to: i64) -> QuarantineSpan {
    QuarantineSpan {
        from: filter.batch.unwrap_or(from),
        to: filter.batch.unwrap_or(to),
        rule: filter.rule.clone(),
        column: filter.column.clone(),
    }
}

/// How many rows are like that: known from the matrix, unless the batch is not in it.
async fn found(
    asking: &Asking,
    filter: &Filter,
    span: &QuarantineSpan,
    counts: &[BatchRuleCount],
) -> Result<u64, Trouble> {
    let known = counts.iter().any(|count| count.batch == span.from) || filter.batch.is_none();
    let elsewhere = if known {
        Vec::new()
    } else {
        asking.app.registry.quarantine_by_batch(&asking.app.project.name, span.from, span.to).await?
    };
    let alike = |count: &&BatchRuleCount| {
        (span.from..=span.to).contains(&count.batch)
            && filter.rule.as_ref().is_none_or(|rule| *rule == count.rule)
            && filter.column.as_ref().is_none_or(|column| count.column.as_ref() == Some(column))
    };
    Ok(counts.iter().chain(&elsewhere).filter(alike).map(|count| count.rows.max(0) as u64).sum())
}

/// The rules of the matrix, those that refused most first.
fn lines(project: &Project, lang: Lang, batches: &[Batch], counts: &[BatchRuleCount]) -> Vec<RuleLine> {
    let mut rules: BTreeMap<(&str, Option<&str>), Vec<u64>> = BTreeMap::new();
    for count in counts {
        let Some(place) = batches.iter().position(|batch| batch.id == count.batch) else { continue };
        let rule = (count.rule.as_str(), count.column.as_deref());
        rules.entry(rule).or_insert_with(|| vec![0; batches.len()])[place] += count.rows.max(0) as u64;
    }
    let line = |((rule, column), counts): ((&str, Option<&str>), Vec<u64>)| RuleLine {
        rule: rule_of(project, lang, rule, column),
        counts,
    };
    let mut lines: Vec<RuleLine> = rules.into_iter().map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.total()));
    lines
}

/// A rule by its name in the records, as the project file has it now.
pub(super) fn rule_of(project: &Project, lang: Lang, rule: &str, column: Option<&str>) -> RefusedBy {
    let spec = column.and_then(|column| project.column(column));
    let bound = |text: &str| text.parse::<f64>().ok();
    let named = project.clean.iter().any(|one| matches!(one, CleanRule::Where { name, .. } if name == rule));
    let asks = match (rule.split_once(' '), rule) {
        _ if named => Asks::Holds,
        (_, "required") => Asks::Required,
        (_, "type") => spec.map_or(Asks::Holds, |spec| Asks::OfType(spec.kind)),
        (_, "allowed values") => Asks::OneOf(allowed(project, column)),
        (Some(("min", least)), _) => bound(least).map_or(Asks::Holds, Asks::Min),
        (Some(("max", most)), _) => bound(most).map_or(Asks::Holds, Asks::Max),
        (Some(("above", least)), _) => bound(least).map_or(Asks::Holds, Asks::Above),
        _ => Asks::Holds,
    };
    RefusedBy {
        rule: rule.to_owned(),
        column: column.map(str::to_owned),
        label: label_of(spec, column.unwrap_or_default(), lang).to_owned(),
        unit: spec.and_then(|spec| spec.unit.clone()).unwrap_or_default(),
        asks,
    }
}

fn allowed(project: &Project, column: Option<&str>) -> Vec<String> {
    let checks = column.and_then(|column| project.column(column)).map(|spec| spec.checks.as_slice());
    let values = checks.unwrap_or_default().iter().find_map(|check| match check {
        Check::OneOf(values) => Some(values.clone()),
        _ => None,
    });
    values.unwrap_or_default()
}

/// The columns of these rows, in the order of their batches.
async fn columns_among(asking: &Asking, batches: &[Batch], rows: &[QuarantinedRow]) -> Result<Vec<String>, Trouble> {
    let of_rows = |batch: &&Batch| rows.iter().any(|row| row.batch == batch.id);
    let mut names = union(batches.iter().filter(of_rows));
    if names.is_empty()
        && let Some(row) = rows.first()
        && let Some(batch) = asking.app.registry.batch(&asking.app.project.name, row.batch).await?
    {
        names = known_columns(&batch);
    }
    Ok(names)
}

fn union<'a>(batches: impl Iterator<Item = &'a Batch>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in batches.flat_map(known_columns) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn refused(project: &Project, lang: Lang, columns: &[String], row: &QuarantinedRow) -> RefusedRow {
    let looked_at = |name: &String| match &row.column {
        Some(column) => column == name || column.split(", ").any(|one| one == name),
        None => false,
    };
    RefusedRow {
        batch: row.batch,
        place: row.row + 1,
        rule: rule_of(project, lang, &row.rule, row.column.as_deref()),
        value: row.value.clone(),
        cells: columns.iter().map(|name| text_of(row.data.get(name))).collect(),
        broke: columns.iter().enumerate().filter(|(_, name)| looked_at(name)).map(|(place, _)| place).collect(),
    }
}

/// A value as it was received; whole numbers without the decimals that JSON gives them.
fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => {
            let text = number.to_string();
            Some(text.strip_suffix(".0").map(str::to_owned).unwrap_or(text))
        }
        other => Some(other.to_string()),
    }
}

/// `GET /ui/quarantine.csv`
pub(crate) async fn csv(asking: Asking, Query(wanted): Query<Wanted>) -> Response {
    match first_lines(&asking, &wanted).await {
        Ok((lines, name)) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
                (header::CONTENT_DISPOSITION, attachment(&name)),
            ];
            (headers, Body::from_stream(stream::unfold(Some(lines), next_lines).fuse())).into_response()
        }
        Err(trouble) => asking.answer(Err(trouble)),
    }
}

/// How far a file has been written.
#[derive(Debug)]
struct Lines {
    app: AppState,
    span: QuarantineSpan,
    columns: Vec<String>,
    written: i64,
}

async fn first_lines(asking: &Asking, wanted: &Wanted) -> Result<(Lines, String), Trouble> {
    let app = &asking.app;
    let filter = wanted.filter();
    let (from, to) = (filter.batch.unwrap_or(0), filter.batch.unwrap_or(i64::MAX));
    let batches = app.registry.batches_between(&app.project.name, from, to).await?;
    let lines =
        Lines { app: app.clone(), span: span_of(&filter, from, to), columns: union(batches.iter()), written: 0 };
    let name = match filter.batch {
        Some(batch) => format!("quarantine-batch-{batch}.csv"),
        None => "quarantine.csv".to_owned(),
    };
    Ok((lines, name))
}

/// Some more lines, and what is left to write.
async fn next_lines(lines: Option<Lines>) -> Option<(Result<Bytes, RegistryError>, Option<Lines>)> {
    let mut lines = lines?;
    let limit = CSV_STEP.min(CSV_ROWS - lines.written);
    if limit == 0 {
        return None;
    }
    let mut text = String::new();
    if lines.written == 0 {
        let own = ["batch", "row", "rule", "column", "value"].into_iter();
        write_line(&mut text, own.chain(lines.columns.iter().map(String::as_str)));
    }
    let rows = lines.app.registry.quarantine_rows(&lines.app.project.name, &lines.span, lines.written, limit).await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => return Some((Err(error), None)),
    };
    for row in &rows {
        let own = [row.batch.to_string(), (row.row + 1).to_string(), row.rule.clone()].into_iter();
        let broke = [row.column.clone(), row.value.clone()].map(Option::unwrap_or_default);
        let cells = lines.columns.iter().map(|name| text_of(row.data.get(name)).unwrap_or_default());
        let cells = own.chain(broke).chain(cells).collect::<Vec<_>>();
        write_line(&mut text, cells.iter().map(String::as_str));
    }
    lines.written += rows.len() as i64;
    let rest = (rows.len() as i64 == limit).then_some(lines);
    if text.is_empty() { None } else { Some((Ok(Bytes::from(text)), rest)) }
}

/// A line of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before it.
fn write_line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            text.push(',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
        let sign = if formula { "'" } else { "" };
        if cell.contains(['"', ',', '\n', '\r']) {
            text.extend(["\"", sign, &cell.replace('"', "\"\""), "\""]);
        } else {
            text.extend([sign, cell]);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_csv_holds_no_formula() {
        let mut text = String::new();
        write_line(&mut text, ["=1+2", "-3.5", "-x", "@a,b", "a \"b\"", "+1e3", "\t=1", ""].into_iter());
        assert_eq!(text, "'=1+2,-3.5,'-x,\"'@a,b\",\"a \"\"b\"\"\",+1e3,'\t=1,\r\n");
    }

    #[test]
    fn values_are_shown_as_received() {
        let shown = |value: Value| text_of(Some(&value));
        assert_eq!(shown(serde_json::json!(6.0)).as_deref(), Some("6"));
        assert_eq!(shown(serde_json::json!(0.05)).as_deref(), Some("0.05"));
        assert_eq!(shown(serde_json::json!("<b>")).as_deref(), Some("<b>"));
        assert_eq!((shown(Value::Null), text_of(None)), (None, None));
    }
}
