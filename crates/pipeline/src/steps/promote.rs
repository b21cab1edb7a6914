//! Compare the challenger with the champion on the same rows; promote it, or say what rejected it.

use std::sync::Arc;

use serde_json::{Value, json};
use tidewheel_boost::PredictError;
use tidewheel_domain::turn::{Action, Turn};
use tidewheel_domain::verdict::FILE;
use tidewheel_registry::Promotion;

use crate::context::{Context, compute, now};
use crate::error::PipelineError;
use crate::steps::train::window;
use crate::task_log::TaskLog;
use crate::training::compare::{Comparison, Losses, Verdict, compare, judge};
use crate::training::scorer::Scorer;
use crate::training::split_rows;
use crate::training::window::Rows;

/// Judges the version that a turn has trained. Gives whether it was promoted, and why or why not.
pub async fn run(
    context: &Context,
    turn: &Turn,
    batch: i64,
    version: i64,
    log: &TaskLog,
) -> Result<Value, PipelineError> {
    let project = Arc::clone(&context.project);
    let challenger = context.version(version).await?;
    let challenger_scorer = context.scorer(version, &challenger.run_id).await?;
    let comparison = match turn.champion_before {
        None => None,
        Some(champion) => {
            let champion = context.version(champion).await?;
            let champion_scorer = context.scorer(champion.version, &champion.run_id).await?;
            let (_, rows, _) = window(context, batch).await?;
            log.info(format!(
                "Comparing version {version} with version {} on the same hold-out rows",
                champion.version
            ));
            let project = Arc::clone(&project);
            let work = move || paired(&project, &rows, batch, &champion_scorer, &challenger_scorer);
            compute(work).await?.map_err(|error| PipelineError::Training(error.into()))?
        }
    };
    let verdict = judge(&project.promote, &challenger.metrics, turn.champion_before.is_some(), comparison);
    context.put_json(&challenger.run_id, FILE, &verdict).await?;
    for gate in &verdict.gates {
        let observed = gate.observed.map_or_else(|| "not observed".to_owned(), |value| format!("{value:.4}"));
        log.info(format!("{} {}: {observed}", if gate.passed { "met" } else { "NOT met" }, gate.criterion));
    }
    conclude(context, turn, version, &verdict, log).await
}

async fn conclude(
    context: &Context,
    turn: &Turn,
    version: i64,
    verdict: &Verdict,
    log: &TaskLog,
) -> Result<Value, PipelineError> {
    let model = &context.project.model_name;
    let rejected_by = match turn.action {
        Some(Action::ShadowTrain) => Some("trained in the shadow; only a person promotes it".to_owned()),
        _ => verdict.rejected_by(),
    };
    let reason = rejected_by.clone().unwrap_or_else(|| verdict.promoted_because());
    let by = Promotion { who: "loop", reason: &reason, turn: Some(&turn.run_id) };
    if rejected_by.is_some() {
        context.registry.reject(model, version, by, now()).await?;
        log.info(format!("Version {version} is not promoted: {reason}"));
    } else {
        context.registry.promote(model, version, by, now()).await?;
        log.info(format!("Version {version} is in production: {reason}"));
    }
    Ok(json!({ "version": version, "promoted": rejected_by.is_none(), "reason": reason }))
}

/// Compares both models over all hold-out rows of the window.
fn paired(
    project: &tidewheel_domain::project::Project,
    rows: &Rows,
    newest: i64,
    champion: &Scorer,
    challenger: &Scorer,
) -> Result<Option<Comparison>, PredictError> {
    let (_, holdout) = split_rows(project, rows);
    let champion_losses = champion.losses(&rows.table, &holdout)?;
    let challenger_losses = challenger.losses(&rows.table, &holdout)?;
    let segment = project.segment.as_deref().and_then(|name| rows.table.category(name));
    let keys = holdout.iter().map(|&row| rows.keys[row]).collect::<Vec<_>>();
    let newest = holdout.iter().map(|&row| rows.batches[row] == newest).collect::<Vec<_>>();
    let segments = holdout.iter().map(|&row| segment.and_then(|column| column.value(row))).collect::<Vec<_>>();
    let losses = Losses {
        champion: &champion_losses,
        challenger: &challenger_losses,
        keys: &keys,
        newest: &newest,
        segments: &segments,
    };
    Ok(compare(losses, project.promote.min_segment_rows, project.train.seed))
}
