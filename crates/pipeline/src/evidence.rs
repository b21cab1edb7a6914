//! What a decision about a batch rests on: the drift tests, what the batch costs, and what was decided before.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewheel_boost::PredictError;
use tidewheel_data::batch::CleanBatch;
use tidewheel_domain::Table;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::decision::{
    Answered, BatchRef, CauseKey, CauseSubject, ChampionRef, ChangeKind, Decision, Decomposition, ErrorEvidence,
    ExampleRow, PolicySettings, ReferenceKind,
};
use tidewheel_domain::drift_report::DriftReport;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::project::{Project, Role};
use tidewheel_domain::turn::{Action, Turn};
use tidewheel_drift::cost::{Residuals, error_evidence, estimated_error, mean_by_segment, unknown_segment_share};
use tidewheel_drift::{PolicyInputs, compare, decide};

use crate::context::{Context, IMPORTANCE, compute, training_batches};
use crate::error::PipelineError;
use crate::steps::train::Importance;
use crate::training::scorer::Scorer;
use crate::training::split::is_holdout;
use crate::training::window::Rows;

/// Batches of the trailing window that is shown as evidence.
const TRAILING_BATCHES: usize = 3;
/// A segment with fewer training rows is one that the champion hardly knows.
const KNOWN_ROWS: u64 = 30;
/// A rejected challenger answers its causes for so many batches.
const REJECTED_BATCHES: i64 = 3;
/// Rows that show the first cause.
const EXAMPLES: usize = 3;

/// What was decided about earlier batches, as far as a decision looks back.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Batches since the last training, this one included.
    pub batches_since_training: Option<u64>,
    /// Trainings within the batches of the budget.
    pub trainings_in_budget: Option<u64>,
    /// Causes that have been answered already.
    pub answered: Vec<(CauseKey, Answered)>,
}

impl History {
    /// Of the turns before turn `number`, with the champion as it stands.
    pub fn of(
        turns: &[Turn],
        number: i64,
        champion: &ModelVersion,
        policy: &PolicySettings,
    ) -> Result<Self, PipelineError> {
        let earlier = || turns.iter().filter(|turn| turn.number < number);
        let trained = |turn: &&Turn| turn.model_version.is_some();
        let last = earlier().filter(trained).map(|turn| turn.number).max();
        let trainings_in_budget = policy.budget.map(|budget| {
            let since = number - budget.batches as i64;
            let counted = |turn: &&Turn| turn.number > since && turn.action != Some(Action::Baseline);
            earlier().filter(trained).filter(counted).count() as u64
        });
        let learnt = training_batches(champion)?;
        let mut answered = Vec::new();
        for turn in earlier() {
            let Some(batch) = turn.batch else { continue };
            let rejected = turn.rejected_by.is_some() && turn.number >= number - REJECTED_BATCHES;
            let answer = if learnt.contains(&batch) {
                Answered::Champion { batch: batch as u64, version: champion.version.to_string() }
            } else if let (true, Some(version)) = (rejected, turn.model_version) {
                Answered::Rejected { batch: batch as u64, version: version.to_string() }
            } else {
                continue;
            };
            // A record of an older version of the program has no causes that could be compared.
            let Some(decision) = decision_of(turn) else { continue };
            answered.extend(decision.causes.iter().map(|cause| (cause.key(), answer.clone())));
        }
        Ok(Self {
            batches_since_training: last.map(|last| (number - last).max(0) as u64),
            trainings_in_budget,
            answered,
        })
    }
}

/// The decision record of a turn, where it has one that this version can read.
pub fn decision_of(turn: &Turn) -> Option<Decision> {
    turn.decision.clone().and_then(|record| serde_json::from_value(record).ok())
}

/// A batch that meets a champion, both read once for all that is asked of them.
pub struct Meeting {
    /// The batch.
    pub batch: Batch,
    /// Its clean rows.
    pub clean: Arc<CleanBatch>,
    /// The model in production.
    pub champion: ModelVersion,
    /// The same, ready to predict.
    pub scorer: Arc<Scorer>,
}

impl Meeting {
    /// Reads both.
    pub async fn of(context: &Context, batch: Batch, champion: ModelVersion) -> Result<Self, PipelineError> {
        let clean = Arc::new(context.clean(&batch).await?);
        let scorer = Arc::new(context.scorer(champion.version, &champion.run_id).await?);
        Ok(Self { batch, clean, champion, scorer })
    }
}

/// Decides about a batch that meets a champion, whatever the turn: the same for the loop and for a replay.
pub async fn weigh(
    context: &Context,
    meeting: &Meeting,
    history: History,
    policy: PolicySettings,
) -> Result<Decision, PipelineError> {
    let Meeting { batch, champion, .. } = meeting;
    let (clean, scorer) = (Arc::clone(&meeting.clean), Arc::clone(&meeting.scorer));
    let project = Arc::clone(&context.project);
    let never_seen = Rows::never_seen(batch.id, &clean);
    let rows = Window::of_champion(context, champion).await?;
    let others = other_references(context, &rows.batches, batch).await?;
    let weights = column_weights(context, champion).await?;
    let mut inputs = PolicyInputs {
        project: project.name.clone(),
        batch: batch_ref(batch, Some(never_seen.len() as u64)),
        policy,
        target: Some(project.target.clone()),
        weights,
        champion: Some(champion_ref(context, champion, &rows).await?),
        batches_since_training: history.batches_since_training,
        trainings_in_budget: history.trainings_in_budget,
        answered: history.answered,
        ..PolicyInputs::default()
    };
    let sha256 = batch.sha256.to_string();
    let work = move || -> Result<Decision, PipelineError> {
        let settings = &project.drift;
        let training = tested(&project, &rows.training.table);
        let current = tested(&project, &clean.table);
        let mut report = compare(&training, &current, settings).map_err(PipelineError::Drift)?;
        report.current.sha256 = Some(sha256);
        let cost = Cost::of(&project, &scorer, &rows.holdout, never_seen)?;
        inputs.error = cost.evidence(&project, &report);
        inputs.target_mean = target_mean(&project, &rows.training.table, &clean.table);
        inputs.unknown_segment_share = unknown_share(&project, &rows.training.table, &clean);
        inputs.drift = Some((ReferenceKind::Training, report));
        for (kind, table) in others {
            let report = compare(&tested(&project, &table), &current, settings).map_err(PipelineError::Drift)?;
            inputs.others.push((kind, report));
        }
        let mut decision = decide(&inputs);
        decision.examples = cost.examples(&project, &scorer, &decision);
        Ok(decision)
    };
    compute(work).await?
}

/// The rows of the champion's window, on both sides of the split.
struct Window {
    batches: Vec<i64>,
    training: Rows,
    holdout: Rows,
}

impl Window {
    async fn of_champion(context: &Context, champion: &ModelVersion) -> Result<Self, PipelineError> {
        let batches = training_batches(champion)?;
        let all = Rows::of_batches(&context.clean_batches(&batches).await?)?;
        let share = context.project.train.holdout;
        let (holdout, training): (Vec<usize>, Vec<usize>) =
            (0..all.len()).partition(|&row| is_holdout(all.keys[row], share));
        Ok(Self { batches, training: all.take(&training), holdout: all.take(&holdout) })
    }
}

/// The rows that the batch is compared with besides the champion's.
async fn other_references(
    context: &Context,
    trained_on: &[i64],
    batch: &Batch,
) -> Result<Vec<(ReferenceKind, Table)>, PipelineError> {
    let mut others = Vec::new();
    let earlier = context.registry.batches(&context.project.name).await?;
    let earlier = earlier.iter().map(|batch| batch.id).filter(|&id| id < batch.id).collect::<Vec<_>>();
    let last_promoted = trained_on.last().copied();
    let mut add = |kind, batches: Vec<(i64, CleanBatch)>| {
        if let Ok(rows) = Rows::of_batches(&batches) {
            others.push((kind, rows.table));
        }
    };
    if let Some(&previous) = earlier.last() {
        add(ReferenceKind::PreviousBatch, context.clean_batches(&[previous]).await?);
    }
    if let Some(last_promoted) = last_promoted.filter(|id| Some(id) != earlier.last()) {
        add(ReferenceKind::LastPromoted, context.clean_batches(&[last_promoted]).await?);
    }
    if earlier.len() > 1 {
        let trailing = &earlier[earlier.len().saturating_sub(TRAILING_BATCHES)..];
        add(ReferenceKind::TrailingWindow, context.clean_batches(trailing).await?);
    }
    Ok(others)
}

/// The columns whose drift is tested: those that features may read, and the target.
fn tested(project: &Project, table: &Table) -> Table {
    let names = project.columns.iter().filter(|column| column.role == Role::Feature || column.name == project.target);
    let present = names.filter(|column| table.column(&column.name).is_some());
    table.select(&present.map(|column| column.name.as_str()).collect::<Vec<_>>())
}

/// What a batch is called in a decision.
pub fn batch_ref(batch: &Batch, never_seen_rows: Option<u64>) -> BatchRef {
    BatchRef {
        id: Some(batch.id as u64),
        rows: batch.rows as u64,
        never_seen_rows,
        sha256: Some(batch.sha256.to_string()),
    }
}

async fn champion_ref(context: &Context, champion: &ModelVersion, rows: &Window) -> Result<ChampionRef, PipelineError> {
    let mut hashes = Vec::new();
    for &id in &rows.batches {
        hashes.push(context.batch(id).await?.sha256.to_string());
    }
    Ok(ChampionRef {
        version: champion.version.to_string(),
        training_rows: rows.training.len() as u64,
        training_sha256: hashes,
    })
}

/// How much the champion listens to each column; `None` when it was not measured: then every column is relevant.
async fn column_weights(
    context: &Context,
    champion: &ModelVersion,
) -> Result<Option<BTreeMap<String, f64>>, PipelineError> {
    let importance: Option<Importance> = context.json_artifact(&champion.run_id, IMPORTANCE).await?;
    Ok(importance.map(|importance| importance.columns))
}

/// The champion's residuals on its hold-out and on the batch's never-seen rows.
struct Cost<'a> {
    holdout: &'a Rows,
    before: Vec<f64>,
    current: Rows,
    now: Vec<f64>,
}

impl<'a> Cost<'a> {
    fn of(project: &Project, scorer: &Scorer, holdout: &'a Rows, current: Rows) -> Result<Self, PipelineError> {
        let residuals = |rows: &Rows| scorer.residuals(&rows.table, project);
        let failed = |error: PredictError| PipelineError::Training(error.into());
        Ok(Self {
            before: residuals(holdout).map_err(failed)?,
            now: residuals(&current).map_err(failed)?,
            holdout,
            current,
        })
    }

    fn evidence(&self, project: &Project, report: &DriftReport) -> Option<ErrorEvidence> {
        let before = Residuals { table: &self.holdout.table, signed: &self.before, clusters: &self.holdout.keys };
        let now = Residuals { table: &self.current.table, signed: &self.now, clusters: &self.current.keys };
        let (segment, scale) = (project.segment.as_deref(), project.transform.name());
        if self.now.iter().any(|residual| !residual.is_nan()) {
            error_evidence(&before, &now, report, segment, scale)
        } else {
            estimated_error(&before, &self.current.table, report, segment, scale)
        }
    }

    /// Rows that show the first cause: of those that it is about, the ones on which the champion errs much, though not
    /// the most (the very largest error is often a mistake in the data).
    fn examples(&self, project: &Project, scorer: &Scorer, decision: &Decision) -> Vec<ExampleRow> {
        let Some(cause) = decision.causes.first() else { return Vec::new() };
        let table = &self.current.table;
        let value = match (cause.subject, cause.changes.first()) {
            (CauseSubject::Segment, _) => cause.segment.clone(),
            (CauseSubject::Column, Some(change))
                if matches!(change.kind, ChangeKind::Categories | ChangeKind::NewLevels) =>
            {
                change.levels.first().map(|level| level.level.clone())
            }
            _ => None,
        };
        let column = value.as_ref().and_then(|_| table.category(&cause.column));
        let shows = |row: &usize| column.is_none_or(|column| column.value(*row) == value.as_deref());
        let mut rows: Vec<usize> = (0..self.now.len()).filter(|&row| !self.now[row].is_nan()).filter(shows).collect();
        rows.sort_by(|&a, &b| self.now[a].abs().total_cmp(&self.now[b].abs()).then(a.cmp(&b)));
        let last = rows.len() * 9 / 10;
        let shown = rows[last.saturating_sub(EXAMPLES)..last.max(EXAMPLES.min(rows.len()))].iter().rev();
        let transform = project.transform;
        shown
            .filter_map(|&row| {
                let input = scorer.recipe.input_row(table, row);
                let actual = table.number(&project.target)?[row];
                let predicted = transform.inverse(transform.forward(actual) - self.now[row]);
                let told = |value: f64| value.is_finite().then_some(value);
                Some(ExampleRow {
                    values: input.to_json(&scorer.recipe),
                    predicted: told(predicted)?,
                    actual: told(actual)?,
                })
            })
            .collect()
    }
}

fn target_mean(project: &Project, training: &Table, current: &Table) -> Option<Decomposition> {
    let (before, now) = (training.number(&project.target)?, current.number(&project.target)?);
    mean_by_segment(project.segment.as_deref()?, (training, before), (current, now))
}

fn unknown_share(project: &Project, training: &Table, clean: &CleanBatch) -> Option<f64> {
    let segment = project.segment.as_deref()?;
    let (before, now) = (training.category(segment)?, clean.table.category(segment)?);
    Some(unknown_segment_share(before, now, &clean.copies, KNOWN_ROWS))
}
