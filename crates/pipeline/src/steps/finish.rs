//! The figures of a turn: how good the model in production is on the batch's hold-out rows.

use std::sync::Arc;

use tidewheel_domain::Metrics;

use crate::context::{Context, compute};
use crate::error::PipelineError;
use crate::steps::train::newest_holdout;
use crate::task_log::TaskLog;
use crate::training::TrainingError;

/// Metrics, on the batch's hold-out rows, of the model in production now; empty where there is none.
pub async fn metrics_newest_batch(context: &Context, batch: i64, log: &TaskLog) -> Result<Metrics, PipelineError> {
    let project = Arc::clone(&context.project);
    let Some(version) = context.registry.production_version(&project.model_name).await? else {
        log.info("No model is in production");
        return Ok(Metrics::new());
    };
    let scorer = context.scorer(version.version, &version.run_id).await?;
    let clean = context.clean(&context.batch(batch).await?).await?;
    let work = move || {
        let rows = newest_holdout(batch, &clean, project.train.holdout);
        let target = rows.table.number(&project.target).unwrap_or_default();
        let places = (0..rows.len()).filter(|&row| target[row].is_finite()).collect::<Vec<_>>();
        scorer.evaluate(&rows, &places, project.train.seed)
    };
    let evaluation = compute(work).await?.map_err(TrainingError::from)?;
    log.info(format!(
        "Version {} on the batch's hold-out: {} rows inside the limits, {} outside",
        version.version, evaluation.rows, evaluation.outside
    ));
    Ok(evaluation.metrics)
}
