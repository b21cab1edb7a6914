//! How far the predictions of two versions differ, on rows of the newest batch.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tidewheel_boost::Predictor;
use tidewheel_data::batch::read_clean;
use tidewheel_data::recipe::fit::percentile;
use tidewheel_data::recipe::{CompiledRecipe, Recipe};
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::random::SplitMix64;
use tidewheel_domain::{RunId, Sha256, Table};
use tidewheel_ui::pages::models::compare::{Differences, Spread};

use crate::inference::model::ServedModel;
use crate::inference::state::AppState;
use crate::inference::verify::Verified;
use crate::ui::asking::Trouble;

/// Models kept beside the one in production.
const MODELS: usize = 4;
/// Comparisons kept.
const KEPT: usize = 64;
/// Rows that are predicted.
const ROWS: usize = 2_000;
/// A segment with fewer rows is not shown.
const SEGMENT_ROWS: usize = 10;

/// A model that can be asked.
#[derive(Debug, Clone)]
pub(super) enum Loaded {
    /// The one in production.
    Served(Arc<ServedModel>),
    /// Another one.
    Kept(Arc<Kept>),
}

/// A model that does not serve.
#[derive(Debug)]
pub(super) struct Kept {
    trees: Predictor,
    recipe: CompiledRecipe,
}

impl Loaded {
    fn compiled(&self) -> &CompiledRecipe {
        match self {
            Self::Served(model) => &model.recipe,
            Self::Kept(model) => &model.recipe,
        }
    }

    /// How a row becomes features.
    pub(super) fn recipe(&self) -> &Recipe {
        self.compiled().recipe()
    }

    /// The answer to a row of a table, in the target's unit.
    fn answer(&self, table: &Table, row: usize) -> Option<f64> {
        let row = self.compiled().input_row(table, row);
        let answer = match self {
            Self::Served(model) => model.predict(&row).ok()?.answer,
            Self::Kept(model) => {
                let margin = model.trees.margin_row(&model.recipe.row_features(&row)).ok()?;
                model.recipe.recipe().transform.inverse(f64::from(margin))
            }
        };
        answer.is_finite().then_some(answer)
    }
}

type Key = (RunId, RunId, Sha256);

/// Models that were compared, the newest last, and what came of it.
#[derive(Debug, Default)]
pub(in crate::ui) struct Shelf {
    models: tokio::sync::Mutex<VecDeque<(RunId, Arc<Kept>)>>,
    found: Mutex<HashMap<Key, Arc<Differences>>>,
}

impl Shelf {
    /// Both models, or why one of them does not load.
    pub(super) async fn both(
        &self,
        app: &AppState,
        a: &ModelVersion,
        b: &ModelVersion,
    ) -> Result<(Loaded, Loaded), String> {
        Ok((self.one(app, a).await?, self.one(app, b).await?))
    }

    async fn one(&self, app: &AppState, version: &ModelVersion) -> Result<Loaded, String> {
        if let Some(served) = app.models.current().filter(|model| model.run_id == version.run_id) {
            return Ok(Loaded::Served(served));
        }
        // Held while loading: two readers do not load the same model twice.
        let mut models = self.models.lock().await;
        if let Some(place) = models.iter().position(|(run, _)| *run == version.run_id)
            && let Some(known) = models.remove(place)
        {
            let model = Arc::clone(&known.1);
            models.push_back(known);
            return Ok(Loaded::Kept(model));
        }
        let loaded = Verified::of_run(&app.registry, &version.run_id).await;
        let verified = loaded.map_err(|error| format!("v{}: {error}", version.version))?;
        let model = Arc::new(Kept { trees: verified.trees.into_predictor(), recipe: verified.recipe });
        if models.len() >= MODELS {
            models.pop_front();
        }
        models.push_back((version.run_id.clone(), Arc::clone(&model)));
        Ok(Loaded::Kept(model))
    }

    /// How far their predictions differ on the newest batch; `None` where there is no batch.
    pub(super) async fn differences(
        &self,
        app: &AppState,
        (a, of_a): (&ModelVersion, Loaded),
        (b, of_b): (&ModelVersion, Loaded),
    ) -> Result<Option<Result<Differences, String>>, Trouble> {
        let Some(batch) = app.registry.newest_batch(&app.project.name).await? else { return Ok(None) };
        let key = (a.run_id.clone(), b.run_id.clone(), batch.sha256.clone());
        if let Some(known) = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(Ok(Differences::clone(known))));
        }
        let Some(bytes) = app.registry.objects().get_clean(&batch.sha256).await? else {
            return Ok(Some(Err(format!("batch {} has no clean rows", batch.id))));
        };
        let project = Arc::clone(&app.project);
        let found = tokio::task::spawn_blocking(move || {
            let clean = read_clean(bytes, "the newest batch").map_err(|error| error.to_string())?;
            let mut found = differ(&clean.table, &of_a, &of_b, project.segment.as_deref(), project.train.seed)?;
            found.batch = batch.id;
            Ok(found)
        });
        let found = found.await.unwrap_or_else(|error| Err(error.to_string()));
        if let Ok(found) = &found {
            let mut kept = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(key, Arc::new(found.clone()));
        }
        Ok(Some(found))
    }
}

/// Rows spread over a table, the same ones at every look.
fn spread_rows(rows: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..rows).collect();
    if rows > ROWS {
        let mut random = SplitMix64::new(seed);
        for place in 0..ROWS {
            let other = place + random.below(rows - place);
            all.swap(place, other);
        }
        all.truncate(ROWS);
        all.sort_unstable();
    }
    all
}

fn differ(table: &Table, a: &Loaded, b: &Loaded, segment: Option<&str>, seed: u64) -> Result<Differences, String> {
    let rows = spread_rows(table.rows(), seed);
    let answers: Vec<(usize, f64, f64)> =
        rows.into_iter().filter_map(|row| Some((row, a.answer(table, row)?, b.answer(table, row)?))).collect();
    if answers.is_empty() {
        return Err("no row of the newest batch has a prediction of both".to_owned());
    }
    let ratio = answers.iter().all(|(_, a, b)| *a > 0.0 && *b > 0.0);
    let column = segment.and_then(|segment| table.category(segment));
    let mut by_segment: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut all = Vec::with_capacity(answers.len());
    for (row, a, b) in &answers {
        let difference = if ratio { b / a - 1.0 } else { b - a };
        all.push(difference);
        if let Some(name) = column.and_then(|column| column.value(*row)) {
            by_segment.entry(name).or_default().push(difference);
        }
    }
    let mut moves: Vec<f64> = all.iter().map(|difference| difference.abs()).collect();
    moves.sort_by(f64::total_cmp);
    let mut segments: Vec<Spread> = by_segment
        .into_iter()
        .filter(|(_, differences)| differences.len() >= SEGMENT_ROWS)
        .map(|(name, differences)| spread(name, differences))
        .collect();
    segments.sort_by(|x, y| y.median.abs().total_cmp(&x.median.abs()));
    Ok(Differences {
        batch: 0,
        ratio,
        all: spread("", all),
        half: percentile(&moves, 50.0),
        segments,
        column: segment.map(str::to_owned),
    })
}

fn spread(name: &str, mut differences: Vec<f64>) -> Spread {
    differences.sort_by(f64::total_cmp);
    Spread {
        name: name.to_owned(),
        rows: differences.len() as u64,
        median: percentile(&differences, 50.0),
        low: percentile(&differences, 10.0),
        high: percentile(&differences, 90.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_and_the_same_again() {
        assert_eq!(spread_rows(5, 1), [0, 1, 2, 3, 4]);
        let rows = spread_rows(50_000, 42);
        assert_eq!(rows.len(), ROWS);
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(rows.first().is_some_and(|row| *row < 500) && rows.last().is_some_and(|row| *row > 49_500));
        assert_eq!(rows, spread_rows(50_000, 42));
    }

    #[test]
    fn a_spread_is_the_middle_eighty_percent() {
        let spread = spread("s", (0..=100).map(f64::from).rev().collect());
        assert_eq!((spread.rows, spread.median, spread.low, spread.high), (101, 50.0, 10.0, 90.0));
    }
}
