//! The graph of tasks, and turning it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidewheel_data::source::{Fetched, Source};
use tidewheel_domain::decision::PersonAnswer;
use tidewheel_domain::turn::{Action, TaskName, TaskState, Turn, TurnOutcome, TurnState};
use tidewheel_domain::{Metrics, RunId};
use tidewheel_registry::Registry;
use tokio::task::JoinHandle;

use crate::context::{Context, now};
use crate::error::PipelineError;
use crate::evidence::decision_of;
use crate::lease::LeaseGuard;
use crate::observer::Event;
use crate::steps::{check_drift, finish, ingest, promote, reload, train};
use crate::task_log::TaskLog;

/// How often a task is tried when what failed may pass.
const ATTEMPTS: u32 = 3;

/// What came of asking for a turn.
#[derive(Debug)]
pub enum Outcome {
    /// The source has no more data for now.
    NoMoreData,
    /// A turn ended: succeeded, waiting or failed, as its state says.
    Turn(Box<Turn>),
}

/// Turns the loop.
pub struct Runner {
    context: Context,
    source: Box<dyn Source>,
}

impl Runner {
    /// A runner over a source.
    pub fn new(context: Context, source: Box<dyn Source>) -> Self {
        Self { context, source }
    }

    /// One turn, under the lease of the project: takes up the one that was cut off, or begins a new one.
    pub async fn turn(&mut self) -> Result<Outcome, PipelineError> {
        let Context { registry, project, folder, .. } = &self.context;
        let lease = LeaseGuard::acquire(registry, &project.name, folder).await?;
        let result = self.turn_under(&lease).await;
        lease.give_back(result).await
    }

    /// As [`Runner::turn`], under a lease that the caller holds and gives back.
    pub async fn turn_under(&mut self, lease: &LeaseGuard) -> Result<Outcome, PipelineError> {
        let (context, watch) = watched(&self.context, lease);
        let result = turn_under_lease(&context, self.source.as_mut(), lease.taken_over).await;
        watch.abort();
        stopped_or_lost(lease, result)
    }

    /// The first step for an outside orchestrator: creates the turn under `external_id` and stores its batch.
    /// `None` when the source has no more data.
    pub async fn step_ingest(&mut self, external_id: &str) -> Result<Option<Turn>, PipelineError> {
        let context = &self.context;
        let lease = LeaseGuard::acquire(&context.registry, &context.project.name, &context.folder).await?;
        let result = begin(context, self.source.as_mut(), Some(external_id), lease.taken_over).await;
        lease.release().await?;
        result
    }
}

/// Steps of a turn that an outside orchestrator calls one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Test and decide.
    CheckDrift,
    /// Train and register.
    Train,
    /// Compare, promote or reject.
    Promote,
    /// Verify what is in production; ends the turn.
    Reload,
}

/// Runs one step of the turn that is known as `external_id`, and gives the turn as it stands then. A turn that is not
/// to be trained ends with its decision.
pub async fn step(context: &Context, external_id: &str, step: Step) -> Result<Turn, PipelineError> {
    let lease = LeaseGuard::acquire(&context.registry, &context.project.name, &context.folder).await?;
    let result = step_under_lease(context, external_id, step).await;
    lease.release().await?;
    result
}

async fn step_under_lease(context: &Context, external_id: &str, step: Step) -> Result<Turn, PipelineError> {
    let registry = &context.registry;
    let turn = registry.turn_by_external_id(&context.project.name, external_id).await?;
    let mut turn = turn.ok_or_else(|| {
        PipelineError::Order(format!(
            "no turn is known as '{external_id}'; begin it with `tidewheel step ingest --run {external_id}`"
        ))
    })?;
    if matches!(turn.state, TurnState::Succeeded | TurnState::Waiting) {
        return Ok(turn);
    }
    let state = State::load(context, &turn).await?;
    in_order(&turn, external_id, &state, step)?;
    turn = registry.reopen_turn(&turn.run_id, None).await?;
    let result = match step {
        Step::CheckDrift => match check(context, &turn, &state).await {
            Ok(action) if !action.trains() => {
                return Box::pin(close(context, &turn, action)).await;
            }
            other => other.map(|_| ()),
        },
        Step::Train => trained(context, &refreshed(context, &turn.run_id).await?, &state).await,
        Step::Promote => promoted(context, &turn, &state).await,
        Step::Reload => match reloaded(context, &turn, &state).await {
            Ok(()) => return ended(context, &turn).await,
            Err(error) => Err(error),
        },
    };
    match result {
        Ok(()) => refreshed(context, &turn.run_id).await,
        Err(error) if error.is_stop() => Err(error),
        Err(error) => {
            fail(context, &turn, &error).await?;
            Err(error)
        }
    }
}

/// Takes up a waiting turn with what a person has answered, and gives it as it ended.
pub async fn answer(context: &Context, run: &RunId, answer: PersonAnswer) -> Result<Turn, PipelineError> {
    let lease = LeaseGuard::acquire(&context.registry, &context.project.name, &context.folder).await?;
    let result = match take_answer(context, &lease, run, answer).await {
        Ok(turn) => go_on(context, &lease, &turn).await,
        Err(error) => Err(error),
    };
    lease.give_back(result).await
}

/// Records what a person has answered to a turn that waits, which is at work again then: [`go_on`] turns it. The lease is
/// the caller's.
pub async fn take_answer(
    context: &Context,
    _lease: &LeaseGuard,
    run: &RunId,
    answer: PersonAnswer,
) -> Result<Turn, PipelineError> {
    let turn = refreshed(context, run).await?;
    if turn.state != TurnState::Waiting {
        return Err(PipelineError::NotWaiting { turn: turn.number, state: turn.state });
    }
    record_answer(context, &turn, answer).await?;
    Ok(context.registry.reopen_turn(run, None).await?)
}

/// Turns what an answer has taken up, under a lease that the caller holds and gives back.
pub async fn go_on(context: &Context, lease: &LeaseGuard, turn: &Turn) -> Result<Turn, PipelineError> {
    let (context, watch) = watched(context, lease);
    let result = proceed(&context, turn).await;
    watch.abort();
    if let Err(error) = &result
        && !error.is_stop()
    {
        fail(&context, turn, error).await?;
    }
    stopped_or_lost(lease, result)
}

/// Gives a turn up that was cut off, failed or waits. The lease is the caller's: a turn that is at work is not given up
/// behind its back.
pub async fn give_up(
    registry: &Registry,
    _lease: &LeaseGuard,
    run: &RunId,
    who: &str,
    reason: &str,
) -> Result<Turn, PipelineError> {
    let turn = registry.turn(run).await?.ok_or_else(|| PipelineError::Missing { what: format!("turn {run}") })?;
    if matches!(turn.state, TurnState::Succeeded | TurnState::Cancelled) {
        return Err(PipelineError::Ended { turn: turn.number, state: turn.state });
    }
    let by = format!("given up by {who}: {reason}");
    let error = match &turn.error {
        Some(error) => format!("{by} (it had failed: {error})"),
        None => by,
    };
    let outcome = TurnOutcome { state: TurnState::Cancelled, metrics_newest_batch: Metrics::new(), error: Some(error) };
    Ok(registry.finish_turn(run, &outcome, now()).await?)
}

/// What a turn works with under a lease: it stops where the lease is lost, which a task watches.
fn watched(context: &Context, lease: &LeaseGuard) -> (Context, JoinHandle<()>) {
    let stop = context.stop.child_token();
    let watch = tokio::spawn({
        let (lost, stop) = (lease.lost.clone(), stop.clone());
        async move {
            lost.cancelled().await;
            stop.cancel();
        }
    });
    (Context { stop, ..context.clone() }, watch)
}

fn stopped_or_lost<T>(lease: &LeaseGuard, result: Result<T, PipelineError>) -> Result<T, PipelineError> {
    match result {
        _ if lease.lost.is_cancelled() => Err(PipelineError::LeaseLost),
        Err(error) if error.is_stop() => Err(PipelineError::Stopped),
        result => result,
    }
}

async fn record_answer(context: &Context, turn: &Turn, answer: PersonAnswer) -> Result<(), PipelineError> {
    let missing = || PipelineError::Missing { what: format!("the decision of turn {}", turn.number) };
    let mut decision = decision_of(turn).ok_or_else(missing)?;
    decision.answer = Some(answer);
    check_drift::store(context, turn, &decision).await
}

/// Waiting turns before a training have their answer: it has learnt from their batches as well.
async fn settle_waiting(context: &Context, turn: &Turn) -> Result<(), PipelineError> {
    let Some(version) = turn.model_version else { return Ok(()) };
    for waiting in context.registry.turns(&turn.project).await? {
        if waiting.state != TurnState::Waiting || waiting.number >= turn.number {
            continue;
        }
        let reason = format!("version {version}, trained at turn {}, has learnt from this batch as well", turn.number);
        let answer = PersonAnswer { action: Action::Skip, who: "loop".to_owned(), reason, at: now() };
        record_answer(context, &waiting, answer).await?;
        let untaken = [TaskName::TrainModel, TaskName::Promote, TaskName::ReloadApi, TaskName::SkipTraining];
        context.registry.skip_tasks(&waiting.run_id, &untaken, now()).await?;
        let outcome = TurnOutcome { state: TurnState::Succeeded, metrics_newest_batch: Metrics::new(), error: None };
        context.registry.finish_turn(&waiting.run_id, &outcome, now()).await?;
    }
    Ok(())
}

/// Whether everything before a step has been done.
fn in_order(turn: &Turn, external_id: &str, state: &State, step: Step) -> Result<(), PipelineError> {
    let (what, task, before) = match step {
        Step::CheckDrift => ("batch", TaskName::IngestData, "ingest"),
        Step::Train => ("decision", TaskName::CheckDrift, "check-drift"),
        Step::Promote => ("trained version", TaskName::TrainModel, "train"),
        Step::Reload => ("verdict", TaskName::Promote, "promote"),
    };
    if !state.done(task) {
        return Err(PipelineError::Order(format!(
            "turn '{external_id}' has no {what} yet; run `tidewheel step {before} --run {external_id}` first"
        )));
    }
    if step == Step::Train && !answered(turn).or(turn.action).is_some_and(Action::trains) {
        return Err(PipelineError::Order(format!(
            "turn '{external_id}' was decided not to train; `tidewheel step check-drift --run {external_id}` ends it"
        )));
    }
    Ok(())
}

async fn turn_under_lease(
    context: &Context,
    source: &mut dyn Source,
    interrupted: bool,
) -> Result<Outcome, PipelineError> {
    let Some(turn) = begin(context, source, None, interrupted).await? else { return Ok(Outcome::NoMoreData) };
    if turn.state != TurnState::Running {
        return Ok(Outcome::Turn(Box::new(turn)));
    }
    match proceed(context, &turn).await {
        Ok(turn) => {
            context.observer.event(Event::TurnEnded(&turn));
            Ok(Outcome::Turn(Box::new(turn)))
        }
        Err(error) if error.is_stop() => Err(error),
        Err(error) => {
            let turn = fail(context, &turn, &error).await?;
            context.observer.event(Event::TurnEnded(&turn));
            Ok(Outcome::Turn(Box::new(turn)))
        }
    }
}

/// Finds the turn that was cut off or has failed, or begins a new one, and sees to it that its batch is stored. A turn
/// whose batch cannot be had is given back as failed.
async fn begin(
    context: &Context,
    source: &mut dyn Source,
    external_id: Option<&str>,
    interrupted: bool,
) -> Result<Option<Turn>, PipelineError> {
    let registry = &context.registry;
    let project = &context.project.name;
    registry.create_or_get_experiment(project, now()).await?;
    let unfinished = match external_id {
        Some(external_id) => turn_of(context, external_id).await?,
        None => to_take_up(context).await?,
    };
    if let Some(turn) = &unfinished {
        if matches!(turn.state, TurnState::Succeeded | TurnState::Waiting) {
            return Ok(Some(turn.clone()));
        }
        if turn.batch.is_some() {
            let turn = &registry.reopen_turn(&turn.run_id, None).await?;
            context.observer.event(Event::TurnStarted { number: turn.number, resumed: true });
            ingested_before(context, turn, &State::load(context, turn).await?).await?;
            return Ok(Some(refreshed(context, &turn.run_id).await?));
        }
    }
    let fetched = ingest::fetch(context, source, unfinished.as_ref(), interrupted || unfinished.is_some()).await;
    // A turn that failed before it had a batch waits for one, as a new turn would.
    let waits = unfinished.as_ref().is_none_or(|turn| turn.state != TurnState::Running);
    if matches!(&fetched, Ok(None)) && waits {
        return Ok(None);
    }
    if fetched.as_ref().is_err_and(PipelineError::is_stop) {
        return Err(PipelineError::Stopped);
    }
    let champion = registry.production_version(&context.project.model_name).await?.map(|version| version.version);
    let turn = match unfinished.clone() {
        Some(turn) => registry.reopen_turn(&turn.run_id, None).await?,
        None => registry.begin_turn(project, external_id, champion, now()).await?,
    };
    context.observer.event(Event::TurnStarted { number: turn.number, resumed: unfinished.is_some() });
    match ingested(context, &turn, fetched, &source.describe()).await {
        Ok(()) => Ok(Some(refreshed(context, &turn.run_id).await?)),
        Err(error) if error.is_stop() => Err(error),
        Err(error) => {
            let turn = fail(context, &turn, &error).await?;
            if external_id.is_some() {
                return Err(error);
            }
            context.observer.event(Event::TurnEnded(&turn));
            Ok(Some(turn))
        }
    }
}

/// The turn that the next run takes up: one that was cut off, else the newest if it has failed. What failed is not
/// passed over: its batch would never be decided about.
async fn to_take_up(context: &Context) -> Result<Option<Turn>, PipelineError> {
    let project = &context.project.name;
    if let Some(turn) = context.registry.unfinished_turn(project).await? {
        return Ok(Some(turn));
    }
    let newest = context.registry.turns(project).await?.pop();
    Ok(newest.filter(|turn| turn.state == TurnState::Failed))
}

/// The turn that an outside orchestrator knows by an id, unless another one is at work: then nothing is asked of the
/// source, which might move on.
async fn turn_of(context: &Context, external_id: &str) -> Result<Option<Turn>, PipelineError> {
    let project = &context.project.name;
    let turn = context.registry.turn_by_external_id(project, external_id).await?;
    let running = context.registry.unfinished_turn(project).await?;
    match running.filter(|running| turn.as_ref().is_none_or(|turn| turn.run_id != running.run_id)) {
        None => Ok(turn),
        Some(_) if turn.as_ref().is_some_and(|turn| turn.state == TurnState::Succeeded) => Ok(turn),
        Some(running) => {
            let known_as = running.external_id.map(|id| format!(", known as '{id}',")).unwrap_or_default();
            Err(PipelineError::Order(format!(
                "turn {}{known_as} has not ended; finish it first, or give it up with `tidewheel runs cancel {}`",
                running.number, running.number
            )))
        }
    }
}

async fn ingested(
    context: &Context,
    turn: &Turn,
    fetched: Result<Option<Fetched>, PipelineError>,
    source: &str,
) -> Result<(), PipelineError> {
    let state = State::load(context, turn).await?;
    started(context, turn, &state).await?;
    let missing = || PipelineError::Missing { what: "the batch of this turn: the source has no more data".into() };
    let (fetched, error) = match fetched.and_then(|fetched| fetched.ok_or_else(missing)) {
        Ok(fetched) => (Some(fetched), None),
        Err(error) => (None, Some(error)),
    };
    let error = std::sync::Mutex::new(error);
    task(context, turn, &state, TaskName::IngestData, json!({ "source": source }), |log| {
        let error = error.lock().ok().and_then(|mut error| error.take());
        let fetched = fetched.clone();
        async move {
            let fetched = fetched.ok_or_else(|| error.unwrap_or_else(missing))?;
            ingest::store(context, turn, fetched, source, &log).await
        }
    })
    .await?;
    Ok(())
}

/// A turn that was cut off after its batch was stored: notes that `ingest_data` has succeeded.
async fn ingested_before(context: &Context, turn: &Turn, state: &State) -> Result<(), PipelineError> {
    if turn.state != TurnState::Running {
        return Ok(());
    }
    let Some(batch) = turn.batch else { return Ok(()) };
    started(context, turn, state).await?;
    let again = turn.reason.as_deref() == Some(&format!("batch {batch} again"));
    task(context, turn, state, TaskName::IngestData, json!({ "resumed": true }), |log| async move {
        log.info(format!("Batch {batch} was stored before the turn was cut off"));
        Ok(json!({ "batch": batch, "again": again }))
    })
    .await?;
    Ok(())
}

async fn started(context: &Context, turn: &Turn, state: &State) -> Result<(), PipelineError> {
    let champion = turn.champion_before;
    task(context, turn, state, TaskName::Start, json!({}), |log| async move {
        log.info(match champion {
            Some(version) => format!("Turn {} begins; version {version} is in production", turn.number),
            None => format!("Turn {} begins; no model is in production", turn.number),
        });
        Ok(json!({ "champion": champion }))
    })
    .await?;
    Ok(())
}

/// Everything after the batch is stored.
async fn proceed(context: &Context, turn: &Turn) -> Result<Turn, PipelineError> {
    let state = State::load(context, turn).await?;
    let decided = check(context, turn, &state).await?;
    let turn = &refreshed(context, &turn.run_id).await?;
    let action = answered(turn).filter(|_| decided == Action::StopAndAsk).unwrap_or(decided);
    if !action.trains() {
        return close(context, turn, action).await;
    }
    trained(context, turn, &State::load(context, turn).await?).await?;
    promoted(context, turn, &State::load(context, turn).await?).await?;
    reloaded(context, turn, &State::load(context, turn).await?).await?;
    ended(context, turn).await
}

/// What a person has answered to the question of a turn.
fn answered(turn: &Turn) -> Option<Action> {
    decision_of(turn)?.answer.map(|answer| answer.action)
}

async fn check(context: &Context, turn: &Turn, state: &State) -> Result<Action, PipelineError> {
    let (batch, again) = state.batch()?;
    let inputs = json!({ "batch": batch, "champion": turn.champion_before });
    let outputs = task(context, turn, state, TaskName::CheckDrift, inputs, |log| async move {
        check_drift::run(context, turn, batch, again, &log).await
    })
    .await?;
    let action = outputs["action"].as_str().unwrap_or_default();
    action
        .parse()
        .map_err(|_| PipelineError::Damaged { what: "the decision".into(), reason: format!("action '{action}'") })
}

async fn trained(context: &Context, turn: &Turn, state: &State) -> Result<(), PipelineError> {
    let (batch, _) = state.batch()?;
    context.registry.skip_tasks(&turn.run_id, &[TaskName::SkipTraining], now()).await?;
    task(context, turn, state, TaskName::TrainModel, json!({ "batch": batch }), |log| async move {
        train::run(context, turn, batch, &log).await
    })
    .await?;
    Ok(())
}

async fn promoted(context: &Context, turn: &Turn, state: &State) -> Result<(), PipelineError> {
    let (batch, _) = state.batch()?;
    let version = state.output(TaskName::TrainModel, "version").and_then(Value::as_i64);
    let version =
        version.ok_or_else(|| PipelineError::Missing { what: "the version that this turn trained".into() })?;
    let inputs = json!({ "version": version, "champion": turn.champion_before });
    task(context, turn, state, TaskName::Promote, inputs, |log| async move {
        promote::run(context, turn, batch, version, &log).await
    })
    .await?;
    Ok(())
}

async fn reloaded(context: &Context, turn: &Turn, state: &State) -> Result<(), PipelineError> {
    if state.output(TaskName::Promote, "promoted") != Some(&Value::Bool(true)) {
        context.registry.skip_tasks(&turn.run_id, &[TaskName::ReloadApi], now()).await?;
        return Ok(());
    }
    task(context, turn, state, TaskName::ReloadApi, json!({}), |log| async move { reload::run(context, &log).await })
        .await?;
    Ok(())
}

/// Ends a turn without a training, or lets it wait for an answer.
async fn close(context: &Context, turn: &Turn, action: Action) -> Result<Turn, PipelineError> {
    if action == Action::StopAndAsk {
        let outcome = TurnOutcome { state: TurnState::Waiting, metrics_newest_batch: Metrics::new(), error: None };
        return Ok(context.registry.finish_turn(&turn.run_id, &outcome, now()).await?);
    }
    let untaken = [TaskName::TrainModel, TaskName::Promote, TaskName::ReloadApi];
    context.registry.skip_tasks(&turn.run_id, &untaken, now()).await?;
    let state = State::load(context, turn).await?;
    task(context, turn, &state, TaskName::SkipTraining, json!({}), |log| async move {
        log.info("No training; the champion stays");
        Ok(json!({}))
    })
    .await?;
    ended(context, turn).await
}

async fn ended(context: &Context, turn: &Turn) -> Result<Turn, PipelineError> {
    let state = State::load(context, turn).await?;
    let (batch, _) = state.batch()?;
    let outputs = task(context, turn, &state, TaskName::EndPipeline, json!({ "batch": batch }), |log| async move {
        let metrics = finish::metrics_newest_batch(context, batch, &log).await?;
        Ok(json!({ "metrics": metrics }))
    })
    .await?;
    let metrics = serde_json::from_value(outputs["metrics"].clone())
        .map_err(|error| PipelineError::Damaged { what: "the turn's metrics".into(), reason: error.to_string() })?;
    settle_waiting(context, &refreshed(context, &turn.run_id).await?).await?;
    let outcome = TurnOutcome { state: TurnState::Succeeded, metrics_newest_batch: metrics, error: None };
    Ok(context.registry.finish_turn(&turn.run_id, &outcome, now()).await?)
}

async fn fail(context: &Context, turn: &Turn, error: &PipelineError) -> Result<Turn, PipelineError> {
    tracing::error!(turn = turn.number, %error, "the turn failed; the champion stays");
    let outcome =
        TurnOutcome { state: TurnState::Failed, metrics_newest_batch: Metrics::new(), error: Some(error.to_string()) };
    Ok(context.registry.finish_turn(&turn.run_id, &outcome, now()).await?)
}

async fn refreshed(context: &Context, run: &RunId) -> Result<Turn, PipelineError> {
    let turn = context.registry.turn(run).await?;
    turn.ok_or_else(|| PipelineError::Missing { what: format!("turn {run}") })
}

/// The tasks of a turn as they are stored.
struct State(Vec<tidewheel_domain::turn::Task>);

impl State {
    async fn load(context: &Context, turn: &Turn) -> Result<Self, PipelineError> {
        Ok(Self(context.registry.tasks(&turn.run_id).await?))
    }

    fn task(&self, name: TaskName) -> Option<&tidewheel_domain::turn::Task> {
        self.0.iter().find(|task| task.name == name)
    }

    fn done(&self, name: TaskName) -> bool {
        self.task(name).is_some_and(|task| task.state == TaskState::Succeeded)
    }

    fn output(&self, name: TaskName, field: &str) -> Option<&Value> {
        self.task(name).filter(|task| task.state == TaskState::Succeeded)?.outputs.as_ref()?.get(field)
    }

    /// The batch of the turn, and whether an earlier turn has finished it.
    fn batch(&self) -> Result<(i64, bool), PipelineError> {
        let batch = self.output(TaskName::IngestData, "batch").and_then(Value::as_i64);
        let batch = batch.ok_or_else(|| PipelineError::Missing { what: "the batch of this turn".into() })?;
        Ok((batch, self.output(TaskName::IngestData, "again") == Some(&Value::Bool(true))))
    }
}

/// Runs a task that has not succeeded yet, with its record and its log, and gives its outputs.
async fn task<F, Work>(
    context: &Context,
    turn: &Turn,
    state: &State,
    name: TaskName,
    inputs: Value,
    work: F,
) -> Result<Value, PipelineError>
where
    F: Fn(TaskLog) -> Work,
    Work: Future<Output = Result<Value, PipelineError>>,
{
    if let Some(task) = state.task(name).filter(|task| task.state == TaskState::Succeeded) {
        return Ok(task.outputs.clone().unwrap_or(Value::Null));
    }
    let registry = &context.registry;
    for round in 1..=ATTEMPTS {
        context.check_stop()?;
        let attempt = registry.start_task(&turn.run_id, name, Some(&inputs), now()).await?;
        context.observer.event(Event::TaskStarted(name));
        let observer = Arc::clone(&context.observer);
        let (log, writer) = TaskLog::start(registry.clone(), turn.run_id.clone(), name, attempt, observer);
        let result = work(log.clone()).await;
        if let Err(error) = &result {
            log.error(error.to_string());
        }
        drop(log);
        // The writer ends once every clone of the log is gone.
        let _ = writer.await;
        match result {
            Ok(outputs) => {
                registry.finish_task(&turn.run_id, name, TaskState::Succeeded, Some(&outputs), None, now()).await?;
                context.observer.event(Event::TaskEnded(name, TaskState::Succeeded));
                return Ok(outputs);
            }
            Err(error) => {
                let again = error.is_transient() && round < ATTEMPTS && !error.is_stop();
                let state = if again || error.is_stop() { TaskState::UpForRetry } else { TaskState::Failed };
                registry.finish_task(&turn.run_id, name, state, None, Some(&error.to_string()), now()).await?;
                context.observer.event(Event::TaskEnded(name, state));
                if !again {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_secs(1 << round)).await;
            }
        }
    }
    Err(PipelineError::Order(format!("task {name} was not tried")))
}
