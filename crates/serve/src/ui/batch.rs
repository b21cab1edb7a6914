//! `GET /ui/batches/{n}`: one batch, and its files.

use axum::extract::{Path, Query};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tidewheel_data::read::format_date;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::decision::{Decision, ReferenceKind};
use tidewheel_domain::drift_report::ColumnDrift;
use tidewheel_domain::project::{ColumnSpec, ColumnType, Project, Role};
use tidewheel_domain::turn::Turn;
use tidewheel_domain::{Column, Table};
use tidewheel_ui::pages::batch::{self, BatchPage, Bins, ColumnProfile, Profile, Sample};
use tidewheel_ui::pages::quarantine::RefusedBy;
use tidewheel_ui::{Lang, Markup};

use super::asking::{Asking, Trouble};
use super::batches::{columns_of, of_batch, of_totals, schema_change, turn_of};
use super::profiles::{Looks, rows_of};
use super::quarantine::rule_of;

/// Columns whose profile is shown at a time.
const COLUMNS: usize = 40;
/// Rows that are shown at a time.
const ROWS: u64 = 50;

/// Which part of the batch.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    /// Columns passed over.
    columns: Option<usize>,
    /// Rows passed over.
    rows: Option<u64>,
}

/// `GET /ui/batches/{n}`
pub(crate) async fn show(asking: Asking, Path(number): Path<String>, Query(part): Query<Part>) -> Response {
    let page = draw(&asking, &number, &part).await;
    asking.answer(page)
}

/// `GET /ui/batches/{n}/{file}`
pub(crate) async fn file(asking: Asking, Path((number, file)): Path<(String, String)>) -> Response {
    match bytes_of(&asking, &number, &file).await {
        Ok((name, bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.apache.parquet")),
                (header::CONTENT_DISPOSITION, attachment(&name)),
            ];
            (headers, bytes).into_response()
        }
        Err(trouble) => asking.answer(Err(trouble)),
    }
}

/// A file to keep, of that name.
pub(super) fn attachment(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment"))
}

async fn bytes_of(asking: &Asking, number: &str, file: &str) -> Result<(String, bytes::Bytes), Trouble> {
    let batch = found(asking, number).await?;
    let objects = asking.app.registry.objects();
    let (kind, bytes) = match file {
        "clean.parquet" => ("clean", objects.get_clean(&batch.sha256).await?),
        "raw.parquet" => ("raw", objects.get_raw(&batch.sha256).await?),
        _ => return Err(Trouble::missing(file)),
    };
    let name = format!("batch-{}-{kind}.parquet", batch.id);
    bytes.map(|bytes| (name.clone(), bytes)).ok_or_else(|| Trouble::missing(name))
}

async fn found(asking: &Asking, number: &str) -> Result<Batch, Trouble> {
    let missing = || match asking.frame.lang {
        Lang::En => Trouble::missing(format!("batch {number}")),
        Lang::Es => Trouble::missing(format!("el lote {number}")),
    };
    let id: i64 = number.parse().map_err(|_| missing())?;
    asking.app.registry.batch(&asking.app.project.name, id).await?.ok_or_else(missing)
}

async fn draw(asking: &Asking, number: &str, part: &Part) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let project = &app.project;
    let batch = found(asking, number).await?;
    let near = app.registry.batches_between(&project.name, batch.id - 1, batch.id + 1).await?;
    let before = near.iter().find(|one| one.id < batch.id);
    let totals = of_totals(&app.registry.totals(&project.name).await?);
    let turn = app.registry.turn_of_batch(&project.name, batch.id).await?;
    let decision = turn.as_ref().and_then(|turn| turn.decision.clone());
    let decision = decision.and_then(|decision| serde_json::from_value::<Decision>(decision).ok());
    let refused = app.registry.quarantine_by_batch(&project.name, batch.id, batch.id).await?;
    let lang = asking.frame.lang;
    let by = |rule: &str, column: Option<&str>| rule_of(project, lang, rule, column);
    let refused: Vec<(RefusedBy, u64)> =
        refused.iter().map(|one| (by(&one.rule, one.column.as_deref()), one.rows.max(0) as u64)).collect();
    let view = BatchPage {
        batch: batch.id,
        at: batch.received_at,
        rows: of_batch(&batch),
        usual: totals.refused(),
        misread: batch.columns.get("bad_values").and_then(serde_json::Value::as_u64).unwrap_or(0),
        sha256: batch.sha256.to_string(),
        source: batch.source_position.clone(),
        schema: before.map(|before| schema_change(Some(before), &batch)),
        columns: columns_of(&batch).len() as u64,
        sentence: sentence(asking, turn.as_ref()).await?,
        turn: match &turn {
            Some(turn) => Some(turn_of(asking, turn).await?),
            None => None,
        },
        refused,
        older: before.map(|one| one.id),
        newer: near.iter().find(|one| one.id > batch.id).map(|one| one.id),
        profile: profile(asking, &batch, decision.as_ref(), part.columns.unwrap_or(0)).await,
        sample: sample(asking, &batch, part.rows.unwrap_or(0)).await,
    };
    Ok(batch::page(&asking.frame, &view))
}

async fn sentence(asking: &Asking, turn: Option<&Turn>) -> Result<String, Trouble> {
    match turn {
        Some(turn) => Ok(asking.app.pages.digests.of(&asking.app, turn).await?.sentence(asking.frame.lang).to_owned()),
        None => Ok(String::new()),
    }
}

async fn profile(asking: &Asking, batch: &Batch, decision: Option<&Decision>, from: usize) -> Result<Profile, String> {
    let app = &asking.app;
    let looks = app.pages.profiles.of(app, batch).await?;
    let against = decision.filter(|decision| decision.compared_with == Some(ReferenceKind::Training));
    let from = if from < looks.len() { from } else { 0 };
    let shown = looks.iter().skip(from).take(COLUMNS);
    let column = |looks: &Looks| {
        let drift = against.and_then(|decision| decision.report.column(&looks.name));
        column(&app.project, asking.frame.lang, looks, drift)
    };
    Ok(Profile {
        version: against.and_then(|decision| Some(format!("v{}", decision.champion.as_ref()?.version))),
        columns: shown.map(column).collect(),
        from,
        all: looks.len(),
    })
}

/// The name of a column for people; that of the data where it has none.
pub(super) fn label_of<'a>(spec: Option<&'a ColumnSpec>, name: &'a str, lang: Lang) -> &'a str {
    match (spec, lang) {
        (Some(spec), Lang::En) => &spec.label.0,
        (Some(spec), Lang::Es) => &spec.label.1,
        (None, _) => name,
    }
}

fn column(project: &Project, lang: Lang, looks: &Looks, drift: Option<&ColumnDrift>) -> ColumnProfile {
    let spec = project.column(&looks.name);
    let label = label_of(spec, &looks.name, lang);
    let usual = if looks.side.categories.is_some() { ColumnType::Category } else { ColumnType::Number };
    let frozen = drift.and_then(|drift| drift.histogram.as_ref()).map(|histogram| Bins {
        edges: histogram.edges.clone(),
        log: histogram.log,
        current: histogram.current.clone(),
        reference: histogram.reference.clone(),
    });
    ColumnProfile {
        name: looks.name.clone(),
        label: (label != looks.name).then(|| label.to_owned()),
        unit: spec.and_then(|spec| spec.unit.clone()).unwrap_or_default(),
        kind: spec.map_or(usual, |spec| spec.kind),
        role: spec.map_or(Role::Feature, |spec| spec.role),
        target: looks.name == project.target,
        current: looks.side.clone(),
        reference: drift.map(|drift| drift.reference.clone()),
        bins: frozen.or_else(|| looks.bins.clone()),
        drift: drift.and_then(|drift| drift.effect.as_ref()).map(|effect| effect.times_bound),
        new_levels: drift.and_then(|drift| drift.new_levels.as_ref()).map_or(0, |new| new.count),
    }
}

async fn sample(asking: &Asking, batch: &Batch, from: u64) -> Result<Sample, String> {
    let all = batch.clean_rows.max(0) as u64;
    let from = if from < all { from } else { 0 };
    let offset = usize::try_from(from).unwrap_or(0);
    let table = rows_of(&asking.app, batch, offset, ROWS as usize).await?;
    let kinds: Vec<ColumnType> =
        table.iter().map(|(name, column)| kind_of(&asking.app.project, name, column)).collect();
    let columns = table.names().iter().zip(&kinds).map(|(name, kind)| (name.clone(), *kind == ColumnType::Number));
    Ok(Sample {
        columns: columns.collect(),
        rows: (0..table.rows()).map(|row| cells(&table, &kinds, row)).collect(),
        from,
        step: ROWS,
        all,
    })
}

fn kind_of(project: &Project, name: &str, column: &Column) -> ColumnType {
    match (project.column(name), column) {
        (_, Column::Category(_)) => ColumnType::Category,
        (Some(spec), _) if spec.kind != ColumnType::Category => spec.kind,
        _ => ColumnType::Number,
    }
}

fn cells(table: &Table, kinds: &[ColumnType], row: usize) -> Vec<Option<String>> {
    let cell = |((_, column), kind): ((&str, &Column), &ColumnType)| match column {
        Column::Category(column) => column.value(row).map(str::to_owned),
        Column::Number(values) if values[row].is_nan() => None,
        Column::Number(values) => Some(match kind {
            ColumnType::Date => format_date(values[row]),
            ColumnType::Boolean => (values[row] != 0.0).to_string(),
            _ => values[row].to_string(),
        }),
    };
    table.iter().zip(kinds).map(cell).collect()
}
