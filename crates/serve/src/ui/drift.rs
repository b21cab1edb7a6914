//! `GET /ui/drift`: how any two batches differ.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use tidewheel_data::batch::read_clean;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::decision::Decision;
use tidewheel_domain::drift_report::DriftReport;
use tidewheel_domain::project::{Project, Role};
use tidewheel_domain::{Sha256, Table};
use tidewheel_report::{column_page, column_rows, effects_chart};
use tidewheel_ui::Markup;
use tidewheel_ui::pages::drift::{self, COLUMNS, Choice, Compared, Drift, Found, Reference};

use super::asking::{Asking, Trouble};
use crate::inference::state::AppState;

/// Batches that are offered; others can be named in the address.
const OFFERED: i64 = 40;
/// So many comparisons are kept.
const KEPT: usize = 16;

/// Comparisons of batches that were looked at, the last used last.
#[derive(Debug, Default)]
pub(super) struct Comparisons {
    kept: Mutex<VecDeque<((Sha256, Sha256), Arc<DriftReport>)>>,
}

impl Comparisons {
    fn get(&self, key: &(Sha256, Sha256)) -> Option<Arc<DriftReport>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| known == key).and_then(|place| kept.remove(place))?;
        let report = Arc::clone(&found.1);
        kept.push_back(found);
        Some(report)
    }

    fn keep(&self, key: (Sha256, Sha256), report: &Arc<DriftReport>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((key, Arc::clone(report)));
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default, rename = "ref")]
    reference: String,
    #[serde(default)]
    cur: String,
    #[serde(default)]
    col: String,
    #[serde(default)]
    page: String,
    /// All columns in one picture, in place of one column.
    whole: Option<String>,
}

/// `GET /ui/drift`
pub(super) async fn show(asking: Asking, Query(asked): Query<Asked>) -> Response {
    let page = draw(&asking, &asked).await;
    asking.answer(page)
}

async fn draw(asking: &Asking, asked: &Asked) -> Result<Markup, Trouble> {
    let app = &asking.app;
    let project = &app.project.name;
    let mut batches = app.registry.newest_batches(project, None, OFFERED).await?;
    let mut reference = Reference::parse(&asked.reference);
    let current = asked.cur.parse().ok().or_else(|| batches.first().map(|batch| batch.id));
    for wanted in
        [current, reference.and_then(|one| if let Reference::Batch(batch) = one { Some(batch) } else { None })]
            .into_iter()
            .flatten()
    {
        if batches.iter().all(|batch| batch.id != wanted) {
            let missing = || Trouble::missing(wanted.to_string());
            batches.push(app.registry.batch(project, wanted).await?.ok_or_else(missing)?);
        }
    }
    let find = |id: i64| batches.iter().find(|batch| batch.id == id);
    let choice =
        |batch: &Batch| Choice { batch: batch.id, rows: batch.clean_rows.max(0) as u64, at: batch.received_at };
    let mut view = Drift { batches: batches.iter().map(choice).collect(), current, ..Drift::default() };
    let Some(current) = current.and_then(find) else { return Ok(drift::page(&asking.frame, &view)) };
    let of_decision =
        if matches!(reference, None | Some(Reference::Training)) { decided(app, current.id).await? } else { None };
    if reference.is_none() && of_decision.is_none() {
        // The batch before it, where there is one.
        reference = batches.iter().map(|batch| batch.id).filter(|id| *id < current.id).max().map(Reference::Batch);
        if reference.is_none() && batches.len() < 2 {
            return Ok(drift::page(&asking.frame, &view));
        }
    }
    view.reference = reference.unwrap_or_default();
    view.result = match (view.reference, of_decision) {
        (Reference::Training, Some(report)) => Found::Compared(Box::new(compared(asking, asked, &report))),
        (Reference::Training, None) => Found::NoTraining,
        (Reference::Batch(other), _) if other == current.id => Found::Same,
        (Reference::Batch(other), _) => {
            let other = find(other).ok_or_else(|| Trouble::missing(other.to_string()))?;
            match compare(app, other, current).await? {
                Ok(report) => Found::Compared(Box::new(compared(asking, asked, &report))),
                Err(reason) => Found::Trouble(reason),
            }
        }
    };
    Ok(drift::page(&asking.frame, &view))
}

/// The report on which the decision about a batch rests, where it compared the batch with training rows.
async fn decided(app: &AppState, batch: i64) -> Result<Option<DriftReport>, Trouble> {
    let turn = app.registry.turn_of_batch(&app.project.name, batch).await?;
    let record = turn.and_then(|turn| turn.decision);
    let decision = record.and_then(|record| serde_json::from_value::<Decision>(record).ok());
    Ok(decision.map(|decision| decision.report).filter(|report| !report.columns.is_empty()))
}

/// Two batches compared, or why they cannot be.
async fn compare(
    app: &AppState,
    reference: &Batch,
    current: &Batch,
) -> Result<Result<Arc<DriftReport>, String>, Trouble> {
    let key = (reference.sha256.clone(), current.sha256.clone());
    if let Some(report) = app.pages.comparisons.get(&key) {
        return Ok(Ok(report));
    }
    let objects = app.registry.objects();
    let (before, now) = (objects.get_clean(&reference.sha256).await?, objects.get_clean(&current.sha256).await?);
    let (Some(before), Some(now)) = (before, now) else {
        return Ok(Err(format!("the stored rows of batch {} or batch {} are gone", reference.id, current.id)));
    };
    let project = Arc::clone(&app.project);
    let work = move || -> Result<DriftReport, String> {
        let read = |bytes, name: &str| read_clean(bytes, name).map_err(|error| error.to_string());
        let before = tested(&project, &read(before, "reference")?.table);
        let now = tested(&project, &read(now, "current")?.table);
        tidewheel_drift::compare(&before, &now, &project.drift).map_err(|error| error.to_string())
    };
    let report =
        tokio::task::spawn_blocking(work).await.map_err(|error| Trouble::failed(error.to_string()))?.map(Arc::new);
    if let Ok(report) = &report {
        app.pages.comparisons.keep(key, report);
    }
    Ok(report)
}

/// The columns that a decision looks at, too.
fn tested(project: &Project, table: &Table) -> Table {
    let names = project.columns.iter().filter(|column| column.role == Role::Feature || column.name == project.target);
    let present = names.filter(|column| table.column(&column.name).is_some());
    table.select(&present.map(|column| column.name.as_str()).collect::<Vec<_>>())
}

fn compared(asking: &Asking, asked: &Asked, report: &DriftReport) -> Compared {
    let lang = asking.frame.lang;
    let labels = tidewheel_report::labels(&asking.app.project, lang);
    let mut rows = column_rows(report, lang, &labels);
    let name = if asked.col.is_empty() { rows.first().map(|row| row.name.clone()) } else { Some(asked.col.clone()) };
    let pages = rows.len().div_ceil(COLUMNS).max(1);
    let page = asked.page.parse::<usize>().unwrap_or(1).clamp(1, pages);
    rows = rows.split_off(((page - 1) * COLUMNS).min(rows.len()));
    rows.truncate(COLUMNS);
    Compared {
        rows,
        page: (page, pages),
        drifted: (report.drifted_columns, report.tested_columns),
        sizes: (report.reference.rows, report.current.rows),
        alpha: report.alpha,
        effects: asked.whole.is_some().then(|| effects_chart(report, lang, &labels)),
        column: name.filter(|_| asked.whole.is_none()).map(|name| {
            let page = column_page(report, &name, lang, &labels);
            (name, page)
        }),
        one_side: (report.only_in_reference.clone(), report.only_in_current.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_comparisons_are_kept_and_the_last_used_stay_longest() {
        let all = Comparisons::default();
        let key = |place: usize| (Sha256::of(&[place as u8]), Sha256::of(b"b"));
        let report = Arc::new(DriftReport::default());
        for place in 0..KEPT {
            all.keep(key(place), &report);
        }
        assert!(all.get(&key(0)).is_some());
        all.keep(key(KEPT), &report);
        assert!(all.get(&key(0)).is_some() && all.get(&key(1)).is_none());
    }
}
