//! Past batches under another policy: which trainings would, and would not, have happened, and what became of the errors.
//!
//! A replay decides about each batch anew, with the model that the policy would have had in production. A training that
//! took place then is one whose version is known; one that never did leaves the model that was there, and is marked.

use std::sync::Arc;

use serde::Serialize;
use tidewheel_domain::batch::Batch;
use tidewheel_domain::decision::{Decision, PolicySettings, RuleName};
use tidewheel_domain::drift_report::DriftSettings;
use tidewheel_domain::model_version::ModelVersion;
use tidewheel_domain::turn::{Action, Turn};

use crate::context::Context;
use crate::error::PipelineError;
use crate::evidence::{self, History, Meeting, decision_of};
use crate::observer::Event;

/// A policy to replay.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is called.
    pub name: String,
    /// When it trains.
    pub policy: PolicySettings,
    /// Its bounds.
    pub drift: DriftSettings,
}

/// What a policy would have done.
#[derive(Debug, Clone, Serialize)]
pub struct Replay {
    /// What it is called; `as it was` for what really happened.
    pub policy: String,
    /// Trainings after the baseline.
    pub trainings: u64,
    /// Time that its trainings take, the baseline included, in milliseconds.
    pub compute_ms: i64,
    /// Trainings that never took place: what they would have learnt is not known.
    pub unknown: u64,
    /// Mean over the batches of the error of the model in production on the batch's never-seen rows, before the batch was
    /// learnt, on the training scale; `None` where no batch has one.
    pub mean_error: Option<f64>,
    /// Batch by batch.
    pub batches: Vec<ReplayedBatch>,
}

/// One batch under a policy.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayedBatch {
    /// The batch.
    pub batch: i64,
    /// What would have been done.
    pub action: Action,
    /// The rule that fires.
    pub rule: RuleName,
    /// Why, in one line.
    pub reason: String,
    /// The version in production when the batch came.
    pub champion: Option<i64>,
    /// Error of that version on the batch's never-seen rows, on the training scale.
    pub error: Option<f64>,
    /// The version that the training made, where it took place.
    pub version: Option<i64>,
    /// Whether that is known: true without a training, too.
    pub known: bool,
    /// Time of the training in milliseconds; of one that never took place, the median of the others.
    pub compute_ms: Option<i64>,
}

/// A turn of the past, with what a replay needs of it.
struct Past {
    turn: Turn,
    batch: Batch,
    version: Option<ModelVersion>,
    train_ms: Option<i64>,
}

/// What really happened, then each candidate.
pub async fn replay(context: &Context, candidates: &[Candidate]) -> Result<Vec<Replay>, PipelineError> {
    let past = past(context).await?;
    let mut replays = vec![as_it_was(&past)];
    for candidate in candidates {
        replays.push(replayed(context, &past, candidate).await?);
    }
    Ok(replays)
}

/// The turns that decided about a batch with rows that no turn had finished before.
async fn past(context: &Context) -> Result<Vec<Past>, PipelineError> {
    let project = &context.project.name;
    let mut past = Vec::new();
    for turn in context.registry.turns(project).await? {
        let again = decision_of(&turn).is_some_and(|decision| decision.same_as_batch.is_some());
        let Some(batch) = turn.batch.filter(|_| !again && turn.decision.is_some()) else { continue };
        let version = match turn.model_version {
            Some(version) => Some(context.version(version).await?),
            None => None,
        };
        let run = context.registry.run(&turn.training_run_id()).await?;
        let train_ms = run.and_then(|run| Some(run.ended_at?.ms_since(run.started_at)));
        past.push(Past { batch: context.batch(batch).await?, version, train_ms, turn });
    }
    Ok(past)
}

fn as_it_was(past: &[Past]) -> Replay {
    let batches = past.iter().filter_map(|past| {
        let decision = decision_of(&past.turn)?;
        Some(ReplayedBatch {
            batch: past.batch.id,
            action: decision.action,
            rule: decision.rule.name.clone(),
            reason: decision.reason.clone(),
            champion: past.turn.champion_before,
            error: measured_error(&decision),
            version: past.turn.model_version,
            known: true,
            compute_ms: past.train_ms.filter(|_| past.turn.model_version.is_some()),
        })
    });
    summed("as it was".to_owned(), batches.collect())
}

async fn replayed(context: &Context, past: &[Past], candidate: &Candidate) -> Result<Replay, PipelineError> {
    let mut project = (*context.project).clone();
    project.drift = candidate.drift.clone();
    let context = Context { project: Arc::new(project), ..context.clone() };
    let mut times: Vec<i64> = past.iter().filter_map(|past| past.train_ms).collect();
    times.sort_unstable();
    let usual = times.get(times.len() / 2).copied();
    let all = past.len() as u64;
    let mut champion: Option<&ModelVersion> = None;
    let mut turns: Vec<Turn> = Vec::new();
    let mut batches = Vec::new();
    for (place, past) in past.iter().enumerate() {
        context.check_stop()?;
        context.observer.event(Event::Progress { what: "batches", done: place as u64, of: Some(all) });
        let (decision, before) = match champion {
            None => (decision_of(&past.turn), None),
            Some(champion) => {
                let history = History::of(&turns, past.turn.number, champion, &candidate.policy)?;
                let policy = candidate.policy.clone();
                let meeting = Meeting::of(&context, past.batch.clone(), champion.clone()).await?;
                let decision = evidence::weigh(&context, &meeting, history, policy).await?;
                (Some(decision), Some(champion.version))
            }
        };
        let Some(decision) = decision else { continue };
        let trains = decision.action.trains();
        let version = past.version.as_ref().filter(|_| trains);
        let rejected = past.turn.rejected_by.is_some() && decision.action != Action::Baseline;
        if decision.action != Action::ShadowTrain && !rejected {
            champion = version.or(champion);
        }
        batches.push(ReplayedBatch {
            batch: past.batch.id,
            action: decision.action,
            rule: decision.rule.name.clone(),
            reason: decision.reason.clone(),
            champion: before,
            error: measured_error(&decision),
            version: version.map(|version| version.version),
            known: !trains || version.is_some(),
            compute_ms: if trains { version.and(past.train_ms).or(usual) } else { None },
        });
        turns.push(Turn {
            action: Some(decision.action),
            model_version: version.map(|version| version.version),
            rejected_by: past.turn.rejected_by.clone().filter(|_| trains),
            decision: serde_json::to_value(&decision).ok(),
            ..past.turn.clone()
        });
    }
    Ok(summed(candidate.name.clone(), batches))
}

fn measured_error(decision: &Decision) -> Option<f64> {
    decision.error.as_ref().filter(|error| error.measured).map(|error| error.all.current)
}

fn summed(policy: String, batches: Vec<ReplayedBatch>) -> Replay {
    let trains = |batch: &&ReplayedBatch| batch.action.trains() && batch.action != Action::Baseline;
    let errors: Vec<f64> = batches.iter().filter_map(|batch| batch.error).collect();
    Replay {
        policy,
        trainings: batches.iter().filter(trains).count() as u64,
        compute_ms: batches.iter().filter_map(|batch| batch.compute_ms).sum(),
        unknown: batches.iter().filter(|batch| !batch.known).count() as u64,
        mean_error: (!errors.is_empty()).then(|| errors.iter().sum::<f64>() / errors.len() as f64),
        batches,
    }
}
