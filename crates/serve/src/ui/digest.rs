//! What lists show of a decision, kept in memory: a decision is read and understood once, not at every look.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tidewheel_domain::decision::{CauseSubject, Decision};
use tidewheel_domain::drift_report::EffectName;
use tidewheel_domain::turn::{Action, Turn, TurnState};
use tidewheel_domain::{RunId, project::Project};
use tidewheel_ui::Lang;
use tidewheel_ui::components::Interval;

use super::asking::Trouble;
use crate::inference::state::AppState;

/// So many are kept.
const KEPT: usize = 2_000;

/// What lists show of a decision.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Digest {
    /// Why, in a sentence, in both languages.
    sentences: [String; 2],
    /// Why, in a few words, in both languages.
    shorts: [String; 2],
    /// Drift of each column, in multiples of its bound.
    pub(super) drift: BTreeMap<String, f64>,
    /// Share of each column in the champion's judgement.
    pub(super) weights: BTreeMap<String, f64>,
    /// Change of the champion's error, as a share, and the bound from which on it counts.
    pub(super) cost: Option<(Interval, f64)>,
    /// The name of the rule that decided.
    pub(super) rule: String,
    /// What the first cause is about.
    pub(super) cause: Option<CauseSubject>,
    /// The column of the first cause.
    pub(super) column: Option<String>,
}

impl Digest {
    /// Why, in a sentence.
    pub(super) fn sentence(&self, lang: Lang) -> &str {
        &self.sentences[usize::from(lang == Lang::Es)]
    }

    /// Why, in a few words.
    pub(super) fn short(&self, lang: Lang) -> &str {
        &self.shorts[usize::from(lang == Lang::Es)]
    }

    /// Of a decision.
    fn of(decision: &Decision, project: &Project) -> Self {
        let sentences = [Lang::En, Lang::Es].map(|lang| {
            tidewheel_drift::headline(decision, lang, &tidewheel_report::labels(project, lang)).replace('`', "")
        });
        let largest = |column: &tidewheel_domain::drift_report::ColumnDrift| {
            column.effect.as_ref().map(|effect| (column.name.clone(), effect.times_bound))
        };
        let first = decision.causes.first();
        let bound = decision.policy.error_rise_over;
        Self {
            sentences,
            shorts: [Lang::En, Lang::Es].map(|lang| short(decision, project, lang)),
            drift: decision.report.columns.iter().filter_map(largest).collect(),
            weights: decision.report.columns.iter().filter_map(|one| Some((one.name.clone(), one.weight?))).collect(),
            cost: decision.error.as_ref().map(|error| {
                let rise = error.deciding();
                (Interval { value: rise.rise, low: rise.low, high: rise.high }, bound)
            }),
            rule: decision.rule.name.as_str().to_owned(),
            cause: first.map(|cause| cause.subject),
            column: first.map(|cause| cause.column.clone()),
        }
    }
}

/// Why in a few words: the column that tells most, and what the champion's error did.
fn short(decision: &Decision, project: &Project, lang: Lang) -> String {
    use tidewheel_domain::decision::RuleName;
    let figures = tidewheel_ui::Figures::of(lang);
    let es = lang == Lang::Es;
    let label = |name: &str| {
        let labels = tidewheel_report::labels(project, lang);
        labels.get(name).and_then(|label| label.label.clone()).unwrap_or_else(|| name.to_owned())
    };
    match (&decision.rule.name, decision.action) {
        (RuleName::FirstRun, _) => return (if es { "primera ejecución" } else { "first run" }).to_owned(),
        (RuleName::BatchAgain, _) => return (if es { "mismo lote otra vez" } else { "same batch again" }).to_owned(),
        (RuleName::TooFewRows, _) => return (if es { "muy pocas filas" } else { "too few rows" }).to_owned(),
        (RuleName::Cooldown, _) => return (if es { "en pausa" } else { "cooldown" }).to_owned(),
        (RuleName::BudgetSpent, _) => return (if es { "presupuesto agotado" } else { "budget spent" }).to_owned(),
        (RuleName::CauseAnswered, _) => return (if es { "causa ya respondida" } else { "cause answered" }).to_owned(),
        (RuleName::NothingMoved | RuleName::NoRelevantColumnDrifted, _) => {
            return (if es { "nada cambió" } else { "nothing moved" }).to_owned();
        }
        (RuleName::MovedButCheap, _) | (_, Action::Skip) => {
            if let Some(error) = &decision.error {
                let rise = figures.change(error.deciding().rise);
                return if es { format!("costo {rise}") } else { format!("cost {rise}") };
            }
        }
        _ => {}
    }
    let Some(cause) = decision.causes.first() else { return decision.rule.name.as_str().replace('_', " ") };
    let name = label(&cause.column);
    let first = cause.changes.first();
    let new_levels = first.filter(|change| change.effect == EffectName::NewLevels).and_then(|change| change.new_levels);
    match (cause.subject, new_levels) {
        (CauseSubject::Relation, _) if es => format!("{name}: otra relación"),
        (CauseSubject::Relation, _) => format!("{name}: new relation"),
        (_, Some(levels)) if es => format!("{name}: {} nuevos", figures.count(levels)),
        (_, Some(levels)) => format!("{name}: {} new", figures.count(levels)),
        _ => match first {
            Some(change) => format!("{name} {} ×", figures.multiple(change.times_bound)),
            None => name,
        },
    }
}

/// Digests of decisions that were looked at.
#[derive(Debug, Default)]
pub(super) struct Digests {
    kept: Mutex<HashMap<(RunId, TurnState, Option<Action>), Arc<Digest>>>,
}

impl Digests {
    /// Of a turn, which may have been read without its decision.
    pub(super) async fn of(&self, app: &AppState, turn: &Turn) -> Result<Arc<Digest>, Trouble> {
        let key = (turn.run_id.clone(), turn.state, turn.action);
        if let Some(known) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        if turn.action.is_none() {
            return Ok(Arc::default());
        }
        let whole = match &turn.decision {
            Some(decision) => Some(decision.clone()),
            None => app.registry.turn(&turn.run_id).await?.and_then(|turn| turn.decision),
        };
        let decision = whole.and_then(|decision| serde_json::from_value::<Decision>(decision).ok());
        let digest = Arc::new(decision.map(|decision| Digest::of(&decision, &app.project)).unwrap_or_default());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&digest));
        Ok(digest)
    }
}
