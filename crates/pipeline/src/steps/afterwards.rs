//! What came of an earlier training, as a new batch shows: filled into its decision record.

use std::sync::Arc;

use tidewheel_boost::PredictError;
use tidewheel_domain::decision::Afterwards;
use tidewheel_domain::turn::Turn;
use tidewheel_drift::effect::{Level, Tail};
use tidewheel_drift::performance::ErrorRise;

use super::check_drift::store;
use crate::context::{Context, compute, now};
use crate::error::PipelineError;
use crate::evidence::{Meeting, decision_of};
use crate::task_log::TaskLog;
use crate::training::evaluate::NEXT_COVERAGE;
use crate::training::window::Rows;

/// Never-seen rows that a batch must bring to say anything.
const FEWEST_ROWS: usize = 30;

/// Measures, on the never-seen rows of a batch, the last version that was trained against the champion that it met.
/// Those rows are new to both. Says nothing where that is known already, or the batch brings too few of them.
pub async fn fill_in(
    context: &Context,
    turns: &[Turn],
    number: i64,
    Meeting { batch, clean, champion, scorer }: &Meeting,
    log: &TaskLog,
) -> Result<(), PipelineError> {
    let earlier = turns.iter().filter(|turn| turn.number < number);
    let Some(last) = earlier.filter(|turn| turn.model_version.is_some()).max_by_key(|turn| turn.number) else {
        return Ok(());
    };
    let (Some(version), Some(former), Some(mut decision)) =
        (last.model_version, last.champion_before, decision_of(last))
    else {
        return Ok(());
    };
    if decision.afterwards.is_some() {
        return Ok(());
    }
    let scorer_of = async |version| {
        if version == champion.version {
            return Ok(Arc::clone(scorer));
        }
        let version = context.version(version).await?;
        context.scorer(version.version, &version.run_id).await.map(Arc::new)
    };
    let (trained, former) = (scorer_of(version).await?, scorer_of(former).await?);
    let (id, clean, project) = (batch.id, Arc::clone(clean), Arc::clone(&context.project));
    let work = move || {
        let Rows { table, keys, .. } = Rows::never_seen(id, &clean);
        let losses = |residuals: Vec<f64>| residuals.into_iter().map(f64::abs).collect::<Vec<_>>();
        let before = losses(former.residuals(&table, &project)?);
        let now = losses(trained.residuals(&table, &project)?);
        // The same rows on both sides: the interval is that of their paired differences.
        let level = Level { low: Tail::new(0.025), high: Tail::new(0.025) };
        Ok(ErrorRise::clustered((&before, &keys), (&now, &keys), level))
    };
    let rise = compute(work).await?.map_err(|error: PredictError| PipelineError::Training(error.into()))?;
    let Some(rise) = rise.filter(|rise| rise.rows >= FEWEST_ROWS as u64) else { return Ok(()) };
    log.info(format!(
        "Version {version} on {} rows of this batch that it has never seen: error {:+.1} % against the model before it",
        rise.rows,
        100.0 * (rise.ratio - 1.0)
    ));
    decision.afterwards = Some(Afterwards {
        batch: batch.id as u64,
        rows: rise.rows,
        version: version.to_string(),
        promoted: last.promoted,
        former_error: rise.reference_error,
        trained_error: rise.current_error,
        change: rise.ratio - 1.0,
        low: rise.low - 1.0,
        high: rise.high - 1.0,
    });
    store(context, last, &decision).await
}

/// Measures on the never-seen rows of a batch how often the champion's interval holds their target, before anything is
/// trained on them: a figure of its run, at the batch's number.
pub async fn interval_coverage(
    context: &Context,
    Meeting { batch, clean, champion, scorer }: &Meeting,
    log: &TaskLog,
) -> Result<(), PipelineError> {
    if scorer.interval.is_none() {
        return Ok(());
    }
    let (clean, scorer) = (Arc::clone(clean), Arc::clone(scorer));
    let (id, project) = (batch.id, Arc::clone(&context.project));
    let work = move || {
        let rows = Rows::never_seen(id, &clean);
        let residuals = scorer.residuals(&rows.table, &project)?;
        Ok((rows.len(), scorer.coverage(&residuals, &rows.keys, project.train.seed)))
    };
    let (rows, coverage) = compute(work).await?.map_err(|error: PredictError| PipelineError::Training(error.into()))?;
    let Some(coverage) = coverage.filter(|_| rows >= FEWEST_ROWS) else { return Ok(()) };
    log.info(format!(
        "The 90 % interval of version {} holds the target of {:.1} % of {rows} rows of this batch that it has never seen",
        champion.version,
        100.0 * coverage.value
    ));
    context.registry.put_metric(&champion.run_id, NEXT_COVERAGE, batch.id, coverage, now()).await?;
    Ok(())
}
