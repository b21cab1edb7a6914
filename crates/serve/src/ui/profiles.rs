//! What columns of batches look like, kept in memory: a batch does not change, so it is read once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tidewheel_data::batch::{read_clean, read_clean_rows};
use tidewheel_domain::batch::Batch;
use tidewheel_domain::drift_report::{CategorySummary, ColumnSide};
use tidewheel_domain::table::CategoryColumn;
use tidewheel_domain::{Column, Sha256, Table};
use tidewheel_drift::effect::numeric::Frozen;
use tidewheel_drift::sample::Sample;
use tidewheel_drift::summary::{LevelCounts, histogram, numeric_summary};
use tidewheel_ui::pages::batch::Bins;
use tokio::sync::Semaphore;

use crate::inference::state::AppState;
use crate::memory;

/// Columns of batches that are kept: some ten megabytes at most.
const KEPT_COLUMNS: usize = 8_000;
/// Levels of a column that are kept.
const LEVELS: usize = 12;
/// Letters of a level that are kept.
const LETTERS: usize = 120;

/// A batch whose rows cannot be read, and why.
pub(super) type Gone = String;

/// One column of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Looks {
    pub(super) name: String,
    pub(super) side: ColumnSide,
    pub(super) bins: Option<Bins>,
}

/// Batches that were looked at.
#[derive(Debug)]
pub(super) struct Profiles {
    kept: Mutex<Kept>,
    /// One batch is read at a time: it may be large.
    reading: Semaphore,
}

impl Default for Profiles {
    fn default() -> Self {
        Self { kept: Mutex::default(), reading: Semaphore::new(1) }
    }
}

#[derive(Debug, Default)]
struct Kept {
    by_batch: HashMap<Sha256, Arc<Vec<Looks>>>,
    oldest_first: VecDeque<Sha256>,
    columns: usize,
}

impl Kept {
    fn add(&mut self, batch: &Sha256, looks: Arc<Vec<Looks>>) {
        self.columns += looks.len();
        if let Some(before) = self.by_batch.insert(batch.clone(), looks) {
            self.columns -= before.len();
        } else {
            self.oldest_first.push_back(batch.clone());
        }
        while self.columns > KEPT_COLUMNS && self.oldest_first.len() > 1 {
            let gone = self.oldest_first.pop_front().and_then(|oldest| self.by_batch.remove(&oldest));
            self.columns -= gone.map_or(0, |looks| looks.len());
        }
    }
}

impl Profiles {
    /// What the columns of a batch look like.
    pub(super) async fn of(&self, app: &AppState, batch: &Batch) -> Result<Arc<Vec<Looks>>, Gone> {
        let known = || self.kept.lock().unwrap_or_else(PoisonError::into_inner).by_batch.get(&batch.sha256).cloned();
        if let Some(known) = known() {
            return Ok(known);
        }
        let _turn = self.reading.acquire().await.map_err(|error| error.to_string())?;
        // Another reader may have waited for the same batch.
        if let Some(known) = known() {
            return Ok(known);
        }
        let (bytes, name) = clean_file(app, batch).await?;
        let work = move || {
            let looks = read_clean(bytes, &name).map(|clean| looks_of(&clean.table));
            memory::give_back();
            looks
        };
        let looks = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?;
        let looks = Arc::new(looks.map_err(|error| error.to_string())?);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).add(&batch.sha256, Arc::clone(&looks));
        Ok(looks)
    }
}

/// Rows of a batch: at most `limit` after the first `offset`.
pub(super) async fn rows_of(app: &AppState, batch: &Batch, offset: usize, limit: usize) -> Result<Table, Gone> {
    let (bytes, name) = clean_file(app, batch).await?;
    let work = move || read_clean_rows(bytes, offset, limit, &name).map_err(|error| error.to_string());
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

async fn clean_file(app: &AppState, batch: &Batch) -> Result<(bytes::Bytes, String), Gone> {
    let name = format!("the clean rows of batch {}", batch.id);
    let found = app.registry.objects().get_clean(&batch.sha256).await.map_err(|error| error.to_string())?;
    match found {
        Some(bytes) => Ok((bytes, name)),
        None => Err(format!("{name} are no longer stored in {}", app.registry.objects().place())),
    }
}

/// What each column of a table looks like.
fn looks_of(table: &Table) -> Vec<Looks> {
    table.iter().map(|(name, column)| looks(name, column)).collect()
}

fn looks(name: &str, column: &Column) -> Looks {
    let (rows, missing) = (column.len() as u64, column.missing() as u64);
    let mut side = ColumnSide {
        rows,
        missing,
        missing_share: if rows == 0 { 0.0 } else { missing as f64 / rows as f64 },
        ..ColumnSide::default()
    };
    let mut bins = None;
    match column {
        Column::Number(values) => {
            let sample = Sample::new(values);
            if let Some(frozen) = Frozen::of(&sample) {
                side.numbers = numeric_summary(&sample, &frozen);
                bins = histogram(&sample, &sample, &frozen).map(|histogram| Bins {
                    edges: histogram.edges,
                    log: histogram.log,
                    current: histogram.current,
                    reference: Vec::new(),
                });
            }
        }
        Column::Category(column) => {
            side.categories = LevelCounts::of(&CategoryColumn::default(), column).current_summary().map(shortened);
        }
    }
    Looks { name: name.to_owned(), side, bins }
}

/// What is kept of a summary, however long its levels are.
fn shortened(mut summary: CategorySummary) -> CategorySummary {
    summary.top.truncate(LEVELS);
    for one in &mut summary.top {
        if let Some((end, _)) = one.level.char_indices().nth(LETTERS) {
            one.level.truncate(end);
            one.level.push('…');
        }
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_summed_up() {
        let long = "x".repeat(9_000);
        let levels = CategoryColumn::from_values([Some("a"), None, Some("a"), Some(long.as_str())]);
        let table = Table::new(vec![
            ("n".into(), Column::Number(vec![1.0, f64::NAN, 2.0, 4.0])),
            ("c".into(), Column::Category(levels)),
            ("none".into(), Column::Number(vec![f64::NAN; 4])),
        ]);
        let looks = looks_of(&table.expect("one length"));
        assert_eq!(
            (looks[0].side.missing_share, looks[0].side.numbers.as_ref().map(|one| one.median)),
            (0.25, Some(2.0))
        );
        let levels = looks[1].side.categories.as_ref().expect("categories");
        assert_eq!((levels.levels, levels.top[0].level.as_str()), (2, "a"));
        assert!(levels.top[1].level.chars().count() == LETTERS + 1);
        assert_eq!((looks[2].side.missing, &looks[2].side.numbers, &looks[2].bins), (4, &None, &None));
    }

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let wide = |columns: usize| Arc::new(vec![looks("n", &Column::Number(vec![1.0])); columns]);
        let hash = |byte: u8| Sha256::of(&[byte]);
        let mut kept = Kept::default();
        for byte in 0..4 {
            kept.add(&hash(byte), wide(KEPT_COLUMNS / 2));
        }
        kept.add(&hash(3), wide(1));
        assert!(!kept.by_batch.contains_key(&hash(0)) && kept.by_batch.contains_key(&hash(2)));
        assert_eq!(kept.columns, KEPT_COLUMNS / 2 + 1);
    }
}
