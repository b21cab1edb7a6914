//! Test the batch for drift, decide, and say why.

use std::sync::Arc;

use serde_json::{Value, json};
use tidewheel_domain::decision::Decision;
use tidewheel_domain::project::Project;
use tidewheel_domain::turn::Turn;
use tidewheel_drift::{Lang, PolicyInputs, decide, log_lines, prose};
use tidewheel_report::{decision_html, decision_markdown, labels};

use crate::context::{Context, DECISION};
use crate::error::PipelineError;
use crate::evidence::{self, History, Meeting, batch_ref};
use crate::steps::afterwards;
use crate::task_log::TaskLog;

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
    store(context, turn, &decision).await?;
    log.info(prose(&decision, Lang::En, &labels(&context.project, Lang::En)));
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
    let Some(champion) = turn.champion_before else {
        log.info("No champion yet: nothing to compare with");
        let clean = context.clean(&batch).await?;
        let never_seen = clean.seen.iter().filter(|&&seen| !seen).count() as u64;
        return Ok(decide(&PolicyInputs {
            project: project.name.clone(),
            batch: batch_ref(&batch, Some(never_seen)),
            policy: project.policy.clone(),
            target: Some(project.target.clone()),
            ..PolicyInputs::default()
        }));
    };
    let meeting = Meeting::of(context, batch, context.version(champion).await?).await?;
    let Meeting { batch, champion, .. } = &meeting;
    let turns = context.registry.turns(&project.name).await?;
    if let Err(error) = afterwards::fill_in(context, &turns, turn.number, &meeting, log).await {
        // It judges an earlier decision; this one does not rest on it.
        log.warn(format!("What came of an earlier decision could not be measured: {error}"));
    }
    if let Err(error) = afterwards::interval_coverage(context, &meeting, log).await {
        // A figure for readers; the decision does not rest on it.
        log.warn(format!("How often the champion's interval holds could not be measured: {error}"));
    }
    let history = History::of(&turns, turn.number, champion, &project.policy)?;
    log.info(format!(
        "Comparing {} rows of batch {} with what version {} was trained on",
        batch.rows, batch.id, champion.version
    ));
    evidence::weigh(context, &meeting, history, project.policy.clone()).await
}

/// Stores a decision: in the registry, as artifacts, in words and as pages of both languages.
pub async fn store(context: &Context, turn: &Turn, decision: &Decision) -> Result<(), PipelineError> {
    let record = serde_json::to_value(decision).map_err(|error| PipelineError::Damaged {
        what: "the decision record".to_owned(),
        reason: error.to_string(),
    })?;
    context.put_json(&turn.run_id, DECISION, &record).await?;
    for (path, text) in told(&context.project, turn, decision) {
        context.registry.objects().put_artifact(&turn.run_id, path, text.into_bytes().into()).await?;
    }
    context.registry.set_decision(&turn.run_id, &record, decision.action, &decision.reason).await?;
    Ok(())
}

/// The artifacts that tell a decision, by path.
fn told(project: &Project, turn: &Turn, decision: &Decision) -> Vec<(&'static str, String)> {
    let known = tidewheel_report::Context::of(turn);
    let (english, spanish) = (labels(project, Lang::En), labels(project, Lang::Es));
    vec![
        ("decision/why.en.txt", prose(decision, Lang::En, &english)),
        ("decision/why.es.txt", prose(decision, Lang::Es, &spanish)),
        ("decision/decision.html", decision_html(decision, Lang::En, &english, &known)),
        ("decision/decision.es.html", decision_html(decision, Lang::Es, &spanish, &known)),
        ("decision/decision.md", decision_markdown(decision, Lang::En, &english, &known)),
    ]
}
