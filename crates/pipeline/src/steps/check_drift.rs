//! Test the batch for drift, decide, and say why.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tidewheel_data::batch::CleanBatch;
use tidewheel_domain::Table;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::decision::{BatchRef, ChampionRef, ColumnLabel, ColumnLabels, Decision, ReferenceKind};
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::project::{Project, Role};
use tidewheel_domain::turn::Turn;
use tidewheel_drift::{DriftError, Lang, PolicyInputs, compare, decide, log_lines, prose};

use crate::context::{Context, DECISION, IMPORTANCE, compute, training_batches};
use crate::error::PipelineError;
use crate::steps::train::Importance;
use crate::task_log::TaskLog;
use crate::training::split::is_holdout;
use crate::training::window::Rows;

/// Batches of the trailing window that is shown as evidence.
const TRAILING_BATCHES: usize = 3;

/// Decides about the batch of a turn. Gives the action and the reason.
pub async fn run(
    context: &Context,
    turn: &Turn,
    batch: i64,
    again: bool,
    log: &TaskLog,
) -> Result<Value, PipelineError> {
    let decision = if again { batch_again(context, batch).await? } else { weigh(context, turn, batch, log).await? };
    for line in log_lines(&decision) {
        log.info(line);
    }
    let labels = labels(&context.project);
    store(context, turn, &decision, &labels).await?;
    log.info(prose(&decision, Lang::En, &labels));
    Ok(json!({ "action": decision.action, "reason": decision.reason }))
}

async fn batch_again(context: &Context, batch: i64) -> Result<Decision, PipelineError> {
    let batch = context.batch(batch).await?;
    Ok(decide(&PolicyInputs {
        project: context.project.name.clone(),
        batch: batch_ref(&batch, None),
        same_as_batch: Some(batch.id as u64),
        policy: context.project.policy.clone(),
        target: Some(context.project.target.clone()),
        ..PolicyInputs::default()
    }))
}

async fn weigh(context: &Context, turn: &Turn, batch: i64, log: &TaskLog) -> Result<Decision, PipelineError> {
    let project = Arc::clone(&context.project);
    let batch = context.batch(batch).await?;
    let clean = context.clean(&batch).await?;
    let never_seen = clean.seen.iter().filter(|&&seen| !seen).count() as u64;
    let mut inputs = PolicyInputs {
        project: project.name.clone(),
        batch: batch_ref(&batch, Some(never_seen)),
        policy: project.policy.clone(),
        target: Some(project.target.clone()),
        ..PolicyInputs::default()
    };
    let Some(champion) = turn.champion_before else {
        log.info("No champion yet: nothing to compare with");
        return Ok(decide(&inputs));
    };
    let champion = context.version(champion).await?;
    let references = references(context, &champion, &batch).await?;
    inputs.weights = column_weights(context, &champion).await?;
    inputs.champion = Some(champion_ref(context, &champion, &references.training).await?);
    log.info(format!(
        "Comparing {} rows of batch {} with the {} training rows of version {}",
        clean.table.rows(),
        batch.id,
        references.training.rows(),
        champion.version
    ));
    let settings = project.drift.clone();
    let decision = compute(move || -> Result<Decision, DriftError> {
        let current = tested(&project, &clean.table);
        let mut report = compare(&references.training, &current, &settings)?;
        report.current.sha256 = Some(batch.sha256.to_string());
        inputs.drift = Some((ReferenceKind::Training, report));
        for (kind, table) in references.others {
            inputs.others.push((kind, compare(&table, &current, &settings)?));
        }
        Ok(decide(&inputs))
    });
    Ok(decision.await??)
}

/// What a batch is compared with.
struct References {
    training: Table,
    others: Vec<(ReferenceKind, Table)>,
}

async fn references(context: &Context, champion: &ModelVersion, batch: &Batch) -> Result<References, PipelineError> {
    let project = &context.project;
    let trained_on = training_batches(champion)?;
    let training = Rows::of_batches(&context.clean_batches(&trained_on).await?)?;
    let places = (0..training.len()).filter(|&row| !is_holdout(training.keys[row], project.train.holdout));
    let training = tested(project, &training.table.take(&places.collect::<Vec<_>>()));

    let mut others = Vec::new();
    let earlier = context.registry.batches(&project.name).await?;
    let earlier = earlier.iter().map(|batch| batch.id).filter(|&id| id < batch.id).collect::<Vec<_>>();
    let last_promoted = trained_on.last().copied();
    let mut add = |kind, batches: Vec<(i64, CleanBatch)>| {
        if let Ok(rows) = Rows::of_batches(&batches) {
            others.push((kind, tested(project, &rows.table)));
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
    Ok(References { training, others })
}

/// The columns whose drift is tested: those that features may read, and the target.
fn tested(project: &Project, table: &Table) -> Table {
    let names = project.columns.iter().filter(|column| column.role == Role::Feature || column.name == project.target);
    let present = names.filter(|column| table.column(&column.name).is_some());
    table.select(&present.map(|column| column.name.as_str()).collect::<Vec<_>>())
}

fn batch_ref(batch: &Batch, never_seen_rows: Option<u64>) -> BatchRef {
    BatchRef {
        id: Some(batch.id as u64),
        rows: batch.rows as u64,
        never_seen_rows,
        sha256: Some(batch.sha256.to_string()),
    }
}

async fn champion_ref(
    context: &Context,
    champion: &ModelVersion,
    training: &Table,
) -> Result<ChampionRef, PipelineError> {
    let mut hashes = Vec::new();
    for id in training_batches(champion)? {
        hashes.push(context.batch(id).await?.sha256.to_string());
    }
    Ok(ChampionRef {
        version: champion.version.to_string(),
        training_rows: training.rows() as u64,
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

/// How the columns are called in prose.
pub fn labels(project: &Project) -> ColumnLabels {
    let label = |column: &tidewheel_domain::project::ColumnSpec| ColumnLabel {
        label: (column.label.0 != column.name).then(|| column.label.0.clone()),
        unit: column.unit.clone(),
    };
    project.columns.iter().map(|column| (column.name.clone(), label(column))).collect()
}

async fn store(
    context: &Context,
    turn: &Turn,
    decision: &Decision,
    labels: &ColumnLabels,
) -> Result<(), PipelineError> {
    let record = serde_json::to_value(decision).map_err(|error| PipelineError::Damaged {
        what: "the decision record".to_owned(),
        reason: error.to_string(),
    })?;
    let objects = context.registry.objects();
    context.put_json(&turn.run_id, DECISION, &record).await?;
    for (language, path) in [(Lang::En, "decision/why.en.txt"), (Lang::Es, "decision/why.es.txt")] {
        let text = prose(decision, language, labels);
        objects.put_artifact(&turn.run_id, path, text.into_bytes().into()).await?;
    }
    context.registry.set_decision(&turn.run_id, &record, decision.action, &decision.reason).await?;
    Ok(())
}
