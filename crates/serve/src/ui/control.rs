//! What can be done to the loop. This crate shows buttons; the program that turns the loop presses them.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use thiserror::Error;
use tidewheel_domain::turn::{Action, TurnState};
use tidewheel_domain::{RunId, Timestamp};
use tidewheel_ui::Lang;

/// Why something was not done.
#[derive(Debug, Error)]
pub enum ControlError {
    /// It cannot be done as things stand.
    #[error("{}", .0.told(Lang::En))]
    Refused(Refusal),
    /// It was tried and failed.
    #[error("{0}")]
    Failed(String),
}

/// Why something cannot be done as things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The server is about to end.
    Ending,
    /// A turn is at work in this server.
    AtWork {
        /// Since when.
        since: Timestamp,
    },
    /// Another process turns the project.
    Elsewhere {
        /// Its number.
        process: i64,
        /// Its machine.
        host: String,
        /// Since when.
        since: Timestamp,
    },
    /// Only the newest turn can be taken up again.
    NotNewest,
    /// Only a turn that has failed or was cut off is taken up again.
    NotCutOff {
        /// Its number.
        turn: i64,
        /// Where it stands.
        state: TurnState,
    },
    /// Only a waiting turn can be answered.
    NotWaiting {
        /// Its number.
        turn: i64,
        /// Where it stands.
        state: TurnState,
    },
    /// There is nothing to give up.
    Ended {
        /// Its number.
        turn: i64,
        /// Where it stands.
        state: TurnState,
    },
    /// Something else, in English.
    Other(String),
}

impl Refusal {
    /// The reason, to the person who asked.
    pub fn told(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Ending, Lang::En) => "the server is about to end".to_owned(),
            (Self::Ending, Lang::Es) => "el servidor está a punto de terminar".to_owned(),
            (Self::AtWork { since }, Lang::En) => {
                format!("a turn is at work in this server since {since}; let it end")
            }
            (Self::AtWork { since }, Lang::Es) => {
                format!("un turno está en marcha en este servidor desde {since}; deje que termine")
            }
            (Self::Elsewhere { process, host, since }, Lang::En) => {
                format!("the project is being turned by process {process} on {host} since {since}; let it end")
            }
            (Self::Elsewhere { process, host, since }, Lang::Es) => {
                format!("el proceso {process} de {host} ejecuta el proyecto desde {since}; deje que termine")
            }
            (Self::NotNewest, Lang::En) => "only the newest turn can be taken up again".to_owned(),
            (Self::NotNewest, Lang::Es) => "solo se puede retomar el turno más reciente".to_owned(),
            (Self::NotCutOff { turn, state }, Lang::En) => {
                format!("turn {turn} is {state}; only one that has failed or was cut off is taken up again")
            }
            (Self::NotCutOff { turn, state }, Lang::Es) => {
                format!("el turno {turn} {}; solo se retoma uno que falló o quedó cortado", stands(*state))
            }
            (Self::NotWaiting { turn, state }, Lang::En) => {
                format!("turn {turn} is {state}; only a waiting turn can be answered")
            }
            (Self::NotWaiting { turn, state }, Lang::Es) => {
                format!("el turno {turn} {}; solo se responde a un turno que espera", stands(*state))
            }
            (Self::Ended { turn, state }, Lang::En) => {
                format!("turn {turn} is {state} already: there is nothing to give up")
            }
            (Self::Ended { turn, state }, Lang::Es) => {
                format!("el turno {turn} ya {}: no hay nada que abandonar", stands(*state))
            }
            (Self::Other(text), _) => text.clone(),
        }
    }
}

fn stands(state: TurnState) -> &'static str {
    match state {
        TurnState::Running => "está en marcha",
        TurnState::Succeeded => "terminó bien",
        TurnState::Failed => "falló",
        TurnState::Waiting => "espera",
        TurnState::Cancelled => "se canceló",
    }
}

/// How a wish to run ended, where no turn of the registry says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The source has no more data.
    NoMoreData,
    /// It was stopped.
    Stopped,
    /// It failed, and why.
    Failed(String),
    /// The turn that was at work has ended; what came of it stands in the registry.
    Turned,
}

/// What the loop is at, in this process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Since when it is at work.
    pub at_work: Option<Timestamp>,
    /// Whether it is to stop at the next safe point.
    pub stopping: bool,
    /// How it ended last, and when.
    pub last: Option<(Timestamp, Ended)>,
}

/// A check of what the project needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked: one word.
    pub check: String,
    /// How it came out: `None` where it works but for what `advice` says.
    pub works: Option<bool>,
    /// What was seen.
    pub found: String,
    /// What to do about it; empty where there is nothing to do.
    pub advice: String,
}

/// What checks answer.
pub type Checked<'a> = Pin<Box<dyn Future<Output = Vec<Finding>> + Send + 'a>>;

/// What a control answers.
pub type Done<'a> = Pin<Box<dyn Future<Output = Result<(), ControlError>> + Send + 'a>>;

/// Who acts on the pages: the server asks nobody who they are.
pub(super) const WHO: &str = "web";

/// Who wants something done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// What can be done to the loop.
pub trait LoopControl: Debug + Send + Sync {
    /// Begins a turn, or takes up the one that was cut off; answers once it is at work, not when it has ended.
    fn run(&self) -> Done<'_>;

    /// Stops a turn that is at work, or gives up one that failed or waits.
    fn cancel(&self, turn: RunId, wish: Wish) -> Done<'_>;

    /// Takes a failed turn up again at the first task that has not succeeded.
    fn retry(&self, turn: RunId) -> Done<'_>;

    /// Answers a turn that waits: to train or to skip. A training begins at once.
    fn answer(&self, turn: RunId, action: Action, wish: Wish) -> Done<'_>;

    /// What the loop is at.
    fn standing(&self) -> Standing {
        Standing::default()
    }

    /// Checks what the project needs: its file, the database, the objects, the source.
    fn check(&self) -> Checked<'_> {
        Box::pin(async { Vec::new() })
    }
}
