//! What a served model has seen: a sample of its training rows, ready to be searched, and the ranges of their columns.
//!
//! It is read once a version, the first time a page needs it, and is bounded whatever the project has.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tidewheel_data::batch::{CleanBatch, read_clean};
use tidewheel_data::split::is_holdout;
use tidewheel_domain::project::Project;
use tidewheel_domain::random::mix;
use tidewheel_domain::{Column, MISSING, Table};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::inference::model::ServedModel;
use crate::inference::state::AppState;
use crate::memory::give_back;
use crate::ui::asking::Trouble;

/// A page waits so long for what is being read.
const WAIT: Duration = Duration::from_secs(2);
/// Rows of the sample, at most.
const ROWS: usize = 50_000;
/// Memory of the sample, at most.
const BYTES: usize = 64 << 20;
/// Batches that are read, at most: the newest of the training.
const BATCHES: usize = 200;
/// Levels of a category that are kept, at most: the most frequent.
pub(super) const LEVELS: usize = 200;
/// Tag of a version: the batches that it was trained on.
const BATCHES_TAG: &str = "tidewheel.batches";

/// What is known of the model in use.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    kept: Mutex<Option<Kept>>,
}

/// By version and run; `None` inside where it could not be read.
type Kept = ((i64, String), Option<Arc<Known>>);

/// What a model has seen.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The sample's inputs and target.
    pub(super) table: Table,
    /// The batch that brought each row of the sample.
    pub(super) batches: Vec<i64>,
    /// The sample's features, row by row.
    features: Vec<f32>,
    /// What a difference of 1 in each feature counts: its weight over its spread.
    scales: Vec<f32>,
    /// The range of each number.
    pub(super) ranges: BTreeMap<String, Range>,
    /// The most frequent levels of each category.
    pub(super) levels: BTreeMap<String, Vec<String>>,
}

/// The range of a number over the training rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Range {
    /// The least and the greatest.
    pub(super) ends: (f64, f64),
    /// Where 95 of 100 lie.
    pub(super) usual: (f64, f64),
    /// The median.
    pub(super) middle: f64,
    /// Whether all are whole.
    pub(super) whole: bool,
}

impl Knowledge {
    /// What the model has seen; `None` where its training rows cannot be read, or are still being read: a page does not
    /// wait for long.
    pub(super) async fn of(&self, app: &AppState, model: &Arc<ServedModel>) -> Option<Arc<Known>> {
        let (app, model) = (app.clone(), Arc::clone(model));
        let reading = tokio::spawn(async move { app.pages.knowledge.read(&app, &model).await });
        timeout(WAIT, reading).await.ok()?.ok()?
    }

    /// Reads what the model has seen, unless that is known; one reading at a time.
    async fn read(&self, app: &AppState, model: &Arc<ServedModel>) -> Option<Arc<Known>> {
        let key = (model.version, model.run_id.as_str().to_owned());
        let mut kept = self.kept.lock().await;
        if let Some((known, of)) = kept.as_ref()
            && *known == key
        {
            return of.clone();
        }
        let read = Known::read(app, model).await.map(Arc::new);
        let read = read.inspect_err(|error| tracing::warn!(?error, "the training rows cannot be read")).ok();
        *kept = Some((key, read.clone()));
        read
    }
}

/// Shares of a model's judgement, by feature.
#[derive(Deserialize, Default)]
struct Importance {
    features: Vec<(String, f64)>,
}

impl Known {
    async fn read(app: &AppState, model: &Arc<ServedModel>) -> Result<Self, Trouble> {
        let missing = || Trouble::missing("the training rows");
        let version = app.registry.model_version(&app.project.model_name, model.version).await?;
        let tag = version.and_then(|version| version.tags.get(BATCHES_TAG).cloned()).ok_or_else(missing)?;
        let mut ids: Vec<i64> = tag.split(',').filter_map(|id| id.trim().parse().ok()).collect();
        ids.drain(..ids.len().saturating_sub(BATCHES));
        let importance = app.registry.objects().get_artifact(&model.run_id, "training/importance.json").await?;
        let importance: Importance =
            importance.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let mut sample = Sample::new(model, Arc::clone(&app.project));
        for id in ids {
            let batch = app.registry.batch(&app.project.name, id).await?.ok_or_else(missing)?;
            let bytes = app.registry.objects().get_clean(&batch.sha256).await?.ok_or_else(missing)?;
            let name = batch.sha256.to_string();
            sample = off_thread(move || {
                let mut sample = sample;
                let clean = read_clean(bytes, &name).map_err(|error| Trouble::missing(error.to_string()))?;
                sample.add(id, &clean);
                Ok(sample)
            })
            .await?;
        }
        off_thread(move || {
            let known = sample.finish(&importance.features);
            give_back();
            known
        })
        .await
    }

    /// Places of the sample's rows that are nearest to these features, the nearest first.
    pub(super) fn nearest(&self, features: &[f32], count: usize) -> Vec<usize> {
        if features.is_empty() || self.scales.len() != features.len() {
            return Vec::new();
        }
        let mut nearest: Vec<(f32, usize)> = Vec::with_capacity(count + 1);
        for (place, row) in self.features.chunks_exact(features.len()).enumerate() {
            let parts =
                row.iter().zip(features).zip(&self.scales).map(|((a, b), scale)| match (a.is_nan(), b.is_nan()) {
                    (false, false) => ((a - b) * scale).powi(2),
                    (true, true) => 0.0,
                    // as far as one spread
                    _ => f32::from(u8::from(*scale > 0.0)),
                });
            let distance = parts.sum::<f32>();
            if nearest.len() < count || nearest.last().is_some_and(|last| distance < last.0) {
                let at = nearest.partition_point(|near| near.0 <= distance);
                nearest.insert(at, (distance, place));
                nearest.truncate(count);
            }
        }
        nearest.into_iter().map(|(_, place)| place).collect()
    }

    /// The levels of a category that occur in the sample together with a value of another.
    pub(super) fn seen_with(&self, column: &str, value: &str, other: &str) -> HashSet<&str> {
        let (Some(column), Some(other)) = (self.table.category(column), self.table.category(other)) else {
            return HashSet::new();
        };
        let Some(code) = column.levels.iter().position(|level| **level == *value) else { return HashSet::new() };
        let codes: HashSet<u32> = column
            .codes
            .iter()
            .zip(&other.codes)
            .filter(|(found, other)| **found as usize == code && **other != MISSING)
            .map(|(_, other)| *other)
            .collect();
        codes.into_iter().filter_map(|code| other.levels.get(code as usize)).map(|level| &**level).collect()
    }
}

/// Computes off the threads that answer requests.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Trouble::missing(format!("an answer: {error}"))))
}

/// A sample in the making. Which rows are in it is for their hash to say: those below a bound, which is halved whenever
/// they become too many, so that every row has the same chance.
struct Sample {
    model: Arc<ServedModel>,
    project: Arc<Project>,
    most: usize,
    bound: u64,
    known: HashSet<u128>,
    ends: HashMap<String, (f64, f64, bool)>,
    parts: Vec<Part>,
}

struct Part {
    batch: i64,
    table: Table,
    hashes: Vec<u128>,
}

impl Sample {
    fn new(model: &Arc<ServedModel>, project: Arc<Project>) -> Self {
        let inputs = model.recipe.recipe().inputs.len();
        let bytes_of_row = 4 * model.recipe.features() + 8 * (inputs + 1) + 32;
        Self {
            model: Arc::clone(model),
            project,
            most: (BYTES / bytes_of_row).clamp(1, ROWS),
            bound: u64::MAX,
            known: HashSet::new(),
            ends: HashMap::new(),
            parts: Vec::new(),
        }
    }

    fn add(&mut self, batch: i64, clean: &CleanBatch) {
        let recipe = &self.model.recipe;
        let Some(target) = clean.table.number(&recipe.recipe().target) else { return };
        let training = |&row: &usize| {
            target[row].is_finite()
                && !is_holdout(clean.key_hashes[row], self.project.train.holdout)
                && recipe.within_limits(&clean.table, row)
        };
        let rows: Vec<usize> = (0..clean.table.rows()).filter(training).collect();
        for input in recipe.recipe().inputs.iter().filter(|input| !input.read_by.is_empty()) {
            let Some(values) = clean.table.number(&input.name) else { continue };
            let ends = self.ends.entry(input.name.clone()).or_insert((f64::INFINITY, f64::NEG_INFINITY, true));
            for value in rows.iter().map(|&row| values[row]).filter(|value| value.is_finite()) {
                *ends = (ends.0.min(value), ends.1.max(value), ends.2 && value.fract() == 0.0);
            }
        }
        let mut names: Vec<&str> = recipe.recipe().inputs.iter().map(|input| input.name.as_str()).collect();
        names.push(&recipe.recipe().target);
        let fresh: Vec<usize> = rows
            .into_iter()
            .filter(|&row| of_hash(clean.row_hashes[row]) <= self.bound && self.known.insert(clean.row_hashes[row]))
            .collect();
        let hashes = fresh.iter().map(|&row| clean.row_hashes[row]).collect();
        self.parts.push(Part { batch, table: clean.table.select(&names).take(&fresh), hashes });
        while self.known.len() > self.most && self.bound > 0 {
            self.bound /= 2;
            let bound = self.bound;
            self.known.retain(|&hash| of_hash(hash) <= bound);
            for part in &mut self.parts {
                let kept: Vec<usize> =
                    (0..part.hashes.len()).filter(|&row| of_hash(part.hashes[row]) <= bound).collect();
                part.table = part.table.take(&kept);
                part.hashes = kept.iter().map(|&row| part.hashes[row]).collect();
            }
        }
    }

    fn finish(self, importance: &[(String, f64)]) -> Result<Known, Trouble> {
        let tables: Vec<&Table> = self.parts.iter().map(|part| &part.table).collect();
        let table = Table::concat(&tables).map_err(|error| Trouble::missing(error.to_string()))?;
        let batches = self.parts.iter().flat_map(|part| std::iter::repeat_n(part.batch, part.hashes.len())).collect();
        let all: Vec<usize> = (0..table.rows()).collect();
        let columns = self.model.recipe.columns(&table, &all);
        let scales = self.model.feature_names.iter().zip(&columns).map(|(name, column)| {
            let weight = importance.iter().find(|(known, _)| known == name).map_or(1.0, |(_, share)| *share);
            (weight.sqrt() / spread(column)).filter_finite()
        });
        let scales = scales.collect();
        let mut features = Vec::with_capacity(all.len() * columns.len());
        for row in all {
            features.extend(columns.iter().map(|column| column[row]));
        }
        let (mut ranges, mut levels) = (BTreeMap::new(), BTreeMap::new());
        for input in self.model.recipe.recipe().inputs.iter().filter(|input| !input.read_by.is_empty()) {
            match table.column(&input.name) {
                Some(Column::Number(values)) => {
                    if let Some(range) = range(values, self.ends.get(&input.name)) {
                        ranges.insert(input.name.clone(), range);
                    }
                }
                Some(Column::Category(column)) => {
                    let mut counted: Vec<_> =
                        column.levels.iter().zip(column.counts()).filter(|(_, rows)| *rows > 0).collect();
                    counted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
                    counted.truncate(LEVELS);
                    levels
                        .insert(input.name.clone(), counted.into_iter().map(|(level, _)| level.to_string()).collect());
                }
                None => {}
            }
        }
        Ok(Known { table, batches, features, scales, ranges, levels })
    }
}

/// What decides whether a row is in the sample.
fn of_hash(hash: u128) -> u64 {
    mix(hash as u64 ^ (hash >> 64) as u64)
}

trait FilterFinite {
    /// The number, or 0 where it is none.
    fn filter_finite(self) -> f32;
}

impl FilterFinite for f64 {
    fn filter_finite(self) -> f32 {
        if self.is_finite() { self as f32 } else { 0.0 }
    }
}

/// How far apart values of a feature usually are: the middle half, or the standard deviation where that is one value.
fn spread(column: &[f32]) -> f64 {
    let mut values: Vec<f32> = column.iter().copied().filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        return f64::INFINITY;
    }
    values.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| f64::from(values[((values.len() - 1) as f64 * share).round() as usize]);
    let half = at(0.75) - at(0.25);
    if half > 0.0 {
        return half;
    }
    let mean = values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / values.len() as f64;
    if variance > 0.0 { variance.sqrt() } else { f64::INFINITY }
}

fn range(values: &[f64], ends: Option<&(f64, f64, bool)>) -> Option<Range> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = |share: f64| sorted[(last as f64 * share).round() as usize];
    let &(least, most, whole) = ends?;
    Some(Range { ends: (least, most), usual: (at(0.025), at(0.975)), middle: at(0.5), whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(rows: &[[f32; 2]], scales: [f32; 2]) -> Known {
        Known { features: rows.concat(), scales: scales.to_vec(), ..Known::default() }
    }

    #[test]
    fn the_nearest_come_first_and_weights_count() {
        let rows = [[0.0, 9.0], [1.0, 0.0], [0.5, 5.0], [f32::NAN, 0.0]];
        assert_eq!(known(&rows, [1.0, 0.0]).nearest(&[0.1, 0.0], 3), [0, 2, 1]);
        assert_eq!(known(&rows, [0.0, 1.0]).nearest(&[0.1, 0.0], 2), [1, 3]);
        assert_eq!(known(&rows, [1.0, 1.0]).nearest(&[0.0], 2), Vec::<usize>::new());
        assert_eq!(known(&[], [1.0, 1.0]).nearest(&[0.0, 0.0], 2), Vec::<usize>::new());
    }

    #[test]
    fn a_spread_is_never_nothing() {
        assert!((spread(&[1.0, 2.0, 3.0, 4.0, 5.0]) - 2.0).abs() < 1e-9);
        assert!(spread(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]) > 0.0);
        assert_eq!(spread(&[2.0, 2.0]), f64::INFINITY);
        assert_eq!(spread(&[f32::NAN]), f64::INFINITY);
    }

    #[test]
    fn a_range_is_of_what_is_there() {
        let range = range(&[3.0, f64::NAN, 1.0, 2.0], Some(&(0.0, 9.0, true))).expect("values");
        assert_eq!((range.ends, range.usual, range.middle, range.whole), ((0.0, 9.0), (1.0, 3.0), 2.0, true));
        assert!(super::range(&[f64::NAN], Some(&(0.0, 1.0, true))).is_none());
    }
}
