//! The loop, turned by the server: what the pages' buttons do. Each turn is one that `tidewheel run` would turn, under
//! the same lease.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidewheel_domain::decision::PersonAnswer;
use tidewheel_domain::turn::{Action, Turn, TurnState};
use tidewheel_domain::{RunId, Timestamp};
use tidewheel_pipeline::lease::LeaseGuard;
use tidewheel_pipeline::observer::Silent;
use tidewheel_pipeline::{Context as Turning, Outcome, PipelineError, give_up, go_on, take_answer};
use tidewheel_registry::{Registry, RegistryError};
use tidewheel_serve::ui::control::{Checked, Done, Ended, Finding, Standing, Wish};
use tidewheel_serve::ui::{ControlError, LoopControl, Refusal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::command::doctor;
use crate::context::Context;
use crate::turning::{runner, turning};

/// Turns the loop in this process, one turn at a time.
#[derive(Debug)]
pub(crate) struct Control {
    parts: Arc<Parts>,
    turns: TaskTracker,
}

#[derive(Debug)]
struct Parts {
    context: Context,
    registry: Registry,
    /// Cancelled when the process ends.
    stop: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    work: Option<Work>,
    last: Option<(Timestamp, Ended)>,
}

/// A turn that is at work.
#[derive(Debug)]
struct Work {
    since: Timestamp,
    stop: CancellationToken,
    /// Who gives it up, and why.
    given_up: Option<(RunId, Wish)>,
}

/// What is wanted.
enum Wanted {
    /// The turn that was cut off or has failed, or the next one.
    Next,
    /// The turn that waits, with its answer.
    Answer(RunId, PersonAnswer),
}

/// What there is to turn.
enum Job {
    Next,
    Answered(Box<Turn>),
}

impl Control {
    /// Over a project; what it turns stops when `stop` is cancelled.
    pub(crate) fn new(context: Context, registry: Registry, stop: CancellationToken) -> Self {
        let parts = Parts { context, registry, stop, state: Mutex::default() };
        Self { parts: Arc::new(parts), turns: TaskTracker::new() }
    }

    /// Waits for the turn at work, which stops at the next safe point once the process is to end.
    pub(crate) async fn end(&self) {
        self.turns.close();
        if !self.turns.is_empty() {
            tracing::info!("waiting for the turn at work to stop; the next run takes it up where it was");
        }
        self.turns.wait().await;
    }

    /// Takes the lease, records what is to be recorded, and turns on.
    async fn begin(&self, wanted: Wanted) -> Result<(), ControlError> {
        let begun = self.parts.take_place()?;
        let parts = &self.parts;
        let turning = turning(&parts.context, parts.registry.clone(), Arc::new(Silent), begun.stop.clone());
        let lease = parts.lease().await?;
        let job = match wanted {
            Wanted::Next => Ok(Job::Next),
            Wanted::Answer(turn, answer) => {
                let taken = take_answer(&turning, &lease, &turn, answer).await;
                taken.map(|turn| Job::Answered(Box::new(turn)))
            }
        };
        match job {
            Ok(job) => {
                begun.keep();
                let parts = Arc::clone(parts);
                self.turns.spawn(async move { parts.work(turning, lease, job).await });
                Ok(())
            }
            Err(error) => lease.give_back(Err(error)).await.map_err(told),
        }
    }

    /// The turn that a run would take up, or none.
    async fn newest(&self) -> Result<Option<Turn>, ControlError> {
        let project = &self.parts.context.project.name;
        let mut turns = self.parts.registry.newest_turns(project, None, 1).await.map_err(told)?;
        Ok(turns.pop())
    }

    async fn stop_or_give_up(&self, turn: RunId, wish: Wish) -> Result<(), ControlError> {
        let parts = &self.parts;
        let running = parts.registry.unfinished_turn(&parts.context.project.name).await.map_err(told)?;
        if running.is_some_and(|running| running.run_id == turn) {
            let mut state = parts.state();
            if let Some(work) = &mut state.work {
                work.given_up.get_or_insert((turn, wish));
                work.stop.cancel();
                return Ok(());
            }
        }
        let lease = parts.lease().await?;
        let given_up = give_up(&parts.registry, &lease, &turn, &wish.who, &wish.reason).await;
        lease.give_back(given_up).await.map(|_| ()).map_err(told)
    }

    async fn take_up(&self, turn: RunId) -> Result<(), ControlError> {
        let newest = self.newest().await?;
        match newest.filter(|newest| newest.run_id == turn) {
            Some(newest) if matches!(newest.state, TurnState::Failed | TurnState::Running) => self.run().await,
            Some(Turn { number, state, .. }) => Err(ControlError::Refused(Refusal::NotCutOff { turn: number, state })),
            None => Err(ControlError::Refused(Refusal::NotNewest)),
        }
    }
}

impl LoopControl for Control {
    fn run(&self) -> Done<'_> {
        Box::pin(self.begin(Wanted::Next))
    }

    fn cancel(&self, turn: RunId, wish: Wish) -> Done<'_> {
        Box::pin(self.stop_or_give_up(turn, wish))
    }

    fn retry(&self, turn: RunId) -> Done<'_> {
        Box::pin(self.take_up(turn))
    }

    fn answer(&self, turn: RunId, action: Action, wish: Wish) -> Done<'_> {
        let answer = PersonAnswer { action, who: wish.who, reason: wish.reason, at: clock::now() };
        Box::pin(self.begin(Wanted::Answer(turn, answer)))
    }

    fn standing(&self) -> Standing {
        let state = self.parts.state();
        Standing {
            at_work: state.work.as_ref().map(|work| work.since),
            stopping: state.work.as_ref().is_some_and(|work| work.stop.is_cancelled()),
            last: state.last.clone(),
        }
    }

    fn check(&self) -> Checked<'_> {
        Box::pin(async {
            let found = doctor::of_project(&self.parts.context).await;
            let finding = |one: doctor::Finding| Finding {
                check: one.check.to_owned(),
                works: one.works(),
                found: one.found,
                advice: one.advice,
            };
            found.into_iter().map(finding).collect()
        })
    }
}

/// The place of the one turn, taken; free again when this is dropped without having been kept.
struct Begun<'p> {
    parts: &'p Parts,
    stop: CancellationToken,
    kept: bool,
}

impl Begun<'_> {
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.parts.state().work = None;
        }
    }
}

impl Parts {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_place(&self) -> Result<Begun<'_>, ControlError> {
        if self.stop.is_cancelled() {
            return Err(ControlError::Refused(Refusal::Ending));
        }
        let mut state = self.state();
        if let Some(work) = &state.work {
            return Err(ControlError::Refused(Refusal::AtWork { since: work.since }));
        }
        let stop = self.stop.child_token();
        state.work = Some(Work { since: clock::now(), stop: stop.clone(), given_up: None });
        Ok(Begun { parts: self, stop, kept: false })
    }

    async fn lease(&self) -> Result<LeaseGuard, ControlError> {
        LeaseGuard::acquire(&self.registry, &self.context.project.name, &self.context.root).await.map_err(told)
    }

    async fn work(&self, turning: Turning, lease: LeaseGuard, job: Job) {
        let stop = turning.stop.clone();
        let result = self.turn(turning, &lease, job).await;
        // The emulated source of this turn ends with it.
        stop.cancel();
        match &result {
            Err(Ended::Failed(reason)) => tracing::warn!(reason, "the turn has not ended well"),
            Err(_) => tracing::info!("the turn was stopped"),
            Ok(_) => {}
        }
        let given_up = self.state().work.as_mut().and_then(|work| work.given_up.take());
        let ended = match (result, given_up) {
            (Err(Ended::Stopped), Some((turn, wish))) => {
                match give_up(&self.registry, &lease, &turn, &wish.who, &wish.reason).await {
                    Ok(_) => Ended::Turned,
                    Err(error) => Ended::Failed(format!("the turn was stopped, and could not be given up: {error}")),
                }
            }
            (result, _) => result.unwrap_or_else(|ended| ended),
        };
        {
            let mut state = self.state();
            state.work = None;
            state.last = Some((clock::now(), ended));
        }
        // Last, so that who sees the lease free sees how it ended, too.
        if let Err(error) = lease.release().await {
            tracing::warn!(%error, "the lease could not be given back; it expires");
        }
    }

    async fn turn(&self, turning: Turning, lease: &LeaseGuard, job: Job) -> Result<Ended, Ended> {
        let of = |error: PipelineError| match error {
            PipelineError::Stopped => Ended::Stopped,
            error => Ended::Failed(error.to_string()),
        };
        match job {
            Job::Answered(turn) => go_on(&turning, lease, &turn).await.map(|_| Ended::Turned).map_err(of),
            Job::Next => {
                let runner = runner(&self.context, turning).await;
                let mut runner = runner.map_err(|error| Ended::Failed(format!("{error:#}")))?;
                match runner.turn_under(lease).await.map_err(of)? {
                    Outcome::NoMoreData => Ok(Ended::NoMoreData),
                    Outcome::Turn(_) => Ok(Ended::Turned),
                }
            }
        }
    }
}

/// What cannot be done as things stand is refused; all else has failed.
fn told(error: impl Into<PipelineError>) -> ControlError {
    ControlError::Refused(match error.into() {
        PipelineError::Busy(lease) => {
            Refusal::Elsewhere { process: lease.holder.pid, host: lease.holder.host, since: lease.acquired_at }
        }
        PipelineError::NotWaiting { turn, state } => Refusal::NotWaiting { turn, state },
        PipelineError::Ended { turn, state } => Refusal::Ended { turn, state },
        error @ (PipelineError::Order(_)
        | PipelineError::Missing { .. }
        | PipelineError::Registry(RegistryError::Conflict(_))) => Refusal::Other(error.to_string()),
        error => return ControlError::Failed(error.to_string()),
    })
}
