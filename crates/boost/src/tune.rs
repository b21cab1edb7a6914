//! Choosing parameters: the Tree-structured Parzen Estimator (Bergstra et al. 2011), by the crate `parzen`, with
//! median pruning after the first fold.

use parzen::{
    Direction, Distribution, FloatDistribution, IntDistribution, ParamValue, ParzenError, SearchSpace as Parzen, Study,
    TpeSampler, TpeSamplerConfig, TrialInput,
};
use serde::{Deserialize, Serialize};

use crate::params::Params;

/// Ranges to search, both ends included. `eta`, `alpha` and `lambda` are searched on a log scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSpace {
    /// Number of trees.
    #[serde(alias = "n_estimators")]
    pub num_rounds: [usize; 2],
    /// Depth of trees.
    pub max_depth: [usize; 2],
    /// Learning rate.
    #[serde(alias = "learning_rate")]
    pub eta: [f64; 2],
    /// Share of rows a tree.
    pub subsample: [f64; 2],
    /// Share of features a tree.
    pub colsample_bytree: [f64; 2],
    /// Least hessian of a child, in whole numbers.
    pub min_child_weight: [usize; 2],
    /// L1 penalty.
    #[serde(alias = "reg_alpha")]
    pub alpha: [f64; 2],
    /// L2 penalty.
    #[serde(alias = "reg_lambda")]
    pub lambda: [f64; 2],
}

impl Default for SearchSpace {
    fn default() -> Self {
        Self {
            num_rounds: [100, 500],
            max_depth: [3, 10],
            eta: [0.01, 0.3],
            subsample: [0.6, 1.0],
            colsample_bytree: [0.6, 1.0],
            min_child_weight: [1, 10],
            alpha: [1e-8, 10.0],
            lambda: [1e-8, 10.0],
        }
    }
}

/// How to search.
#[derive(Debug, Clone, PartialEq)]
pub struct TuneOptions {
    /// The ranges.
    pub space: SearchSpace,
    /// Values of the parameters that are not searched (objective, gamma, `max_bin`, seed).
    pub base: Params,
    /// Number of trials, at least 1.
    pub num_trials: usize,
    /// Trials before the estimator and the pruning begin: the first is the warm start, the others are random.
    pub startup_trials: usize,
    /// Seed of the search.
    pub seed: u64,
    /// Parameters of the first trial, moved into the ranges; without them `eta` 0.1, depth 6 and the like.
    pub warm_start: Option<Params>,
}

impl Default for TuneOptions {
    fn default() -> Self {
        Self {
            space: SearchSpace::default(),
            base: Params::default(),
            num_trials: 10,
            startup_trials: 4,
            seed: 0,
            warm_start: None,
        }
    }
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialState {
    /// All folds ran.
    Complete,
    /// Ended early because its first fold was worse than the median.
    Pruned,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Number of the trial, from 0.
    pub index: usize,
    /// Its parameters.
    pub params: Params,
    /// How it ended.
    pub state: TrialState,
    /// The losses reported, fold by fold.
    pub fold_losses: Vec<f64>,
    /// The loss returned; for a pruned trial the mean of the losses reported.
    pub loss: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// All trials in order.
    pub trials: Vec<Trial>,
    /// Index of the complete trial with the least loss (of equal ones the first).
    pub best: usize,
}

impl Tuned {
    /// The complete trial with the least loss.
    pub fn best_trial(&self) -> &Trial {
        &self.trials[self.best]
    }
}

/// A search that cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TuneError<E> {
    /// A range whose ends are in the wrong order, or are not allowed for the parameter.
    #[error("search range of `{field}` is {low} to {high}: {reason}")]
    Range {
        /// The parameter.
        field: &'static str,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// What is wrong.
        reason: String,
    },
    /// No trials asked for.
    #[error("`num_trials` is 0, allowed is 1 or more")]
    NoTrials,
    /// A loss that is not a number.
    #[error("trial {trial} has loss {loss}, which is not finite")]
    Loss {
        /// Number of the trial.
        trial: usize,
        /// The loss.
        loss: f64,
    },
    /// The sampler failed.
    #[error("sampler: {0}")]
    Sampler(#[from] ParzenError),
    /// The objective failed.
    #[error("trial {trial} failed")]
    Objective {
        /// Number of the trial.
        trial: usize,
        /// Why.
        source: E,
    },
}

/// What a trial should do after a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Continue,
    /// Return now; the trial counts as pruned whatever it returns.
    Prune,
}

/// Takes the losses of a trial's folds and decides whether it is worth going on.
#[derive(Debug)]
pub struct Pruner {
    /// Median of the earlier trials' first losses, once pruning is active.
    limit: Option<f64>,
    losses: Vec<f64>,
    pruned: bool,
}

impl Pruner {
    /// Reports the loss of the next fold. After the first fold a trial past the start-up ones is pruned when its loss
    /// is above the median of the earlier trials' first losses.
    pub fn report(&mut self, loss: f64) -> Verdict {
        self.losses.push(loss);
        if self.losses.len() == 1 && self.limit.is_some_and(|limit| loss > limit) {
            self.pruned = true;
        }
        if self.pruned { Verdict::Prune } else { Verdict::Continue }
    }
}

/// Searches for the parameters with the least loss. `objective` gets the number of the trial, its parameters and the
/// pruner, and returns the trial's loss; it may use threads. Trials run one after the other. The search depends on the
/// options and on the losses alone.
///
/// A pruned trial is told to the estimator with at least the worst loss of the complete trials, so that one lucky fold
/// cannot make it look good.
///
/// # Errors
/// Bad ranges, no trials, an objective that fails or returns a loss that is not finite.
pub fn tune<E>(
    options: &TuneOptions,
    mut objective: impl FnMut(usize, &Params, &mut Pruner) -> Result<f64, E>,
) -> Result<Tuned, TuneError<E>> {
    if options.num_trials == 0 {
        return Err(TuneError::NoTrials);
    }
    let fields = Fields::new(options)?;
    let sampler =
        TpeSampler::new(TpeSamplerConfig::optuna_compatible(options.seed).startup_trials(options.startup_trials))?;
    let mut study = Study::new(Direction::Minimize, sampler, fields.parzen()?)?;
    let mut trials: Vec<Trial> = Vec::with_capacity(options.num_trials);

    for index in 0..options.num_trials {
        let values = if index == 0 { fields.first(options.warm_start.as_ref()) } else { fields.suggest(&mut study)? };
        let params = fields.params(&options.base, &values);
        let limit = (index >= options.startup_trials).then(|| median_first_loss(&trials)).flatten();
        let mut pruner = Pruner { limit, losses: Vec::new(), pruned: false };
        let returned = objective(index, &params, &mut pruner);
        let returned = returned.map_err(|source| TuneError::Objective { trial: index, source })?;
        let Pruner { losses, pruned, .. } = pruner;
        let (state, loss) = if pruned {
            (TrialState::Pruned, losses.iter().sum::<f64>() / losses.len() as f64)
        } else {
            (TrialState::Complete, returned)
        };
        if let Some(&loss) = losses.iter().chain([&loss]).find(|loss| !loss.is_finite()) {
            return Err(TuneError::Loss { trial: index, loss });
        }
        let worst = trials.iter().filter(|trial| trial.state == TrialState::Complete).map(|trial| trial.loss);
        let told = if pruned { worst.fold(loss, f64::max) } else { loss };
        study.abort_trial();
        study.add_trial(TrialInput { params: fields.named(&values), value: told })?;
        trials.push(Trial { index, params, state, fold_losses: losses, loss });
    }
    let complete = trials.iter().filter(|trial| trial.state == TrialState::Complete);
    // The first trial is never pruned: no trial is before it.
    let best = complete.min_by(|a, b| a.loss.total_cmp(&b.loss)).map_or(0, |trial| trial.index);
    Ok(Tuned { trials, best })
}

fn median_first_loss(trials: &[Trial]) -> Option<f64> {
    let mut losses: Vec<f64> = trials.iter().filter_map(|trial| trial.fold_losses.first().copied()).collect();
    losses.sort_by(f64::total_cmp);
    let middle = losses.len() / 2;
    match losses.len() {
        0 => None,
        n if n % 2 == 1 => Some(losses[middle]),
        _ => Some(f64::midpoint(losses[middle - 1], losses[middle])),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    Whole,
    Linear,
    Log,
}

/// A searched parameter.
struct Field {
    name: &'static str,
    low: f64,
    high: f64,
    scale: Scale,
    /// Value of the first trial when there is no warm start.
    usual: f64,
    get: fn(&Params) -> f64,
    set: fn(&mut Params, f64),
}

struct Fields(Vec<Field>);

impl Fields {
    fn new<E>(options: &TuneOptions) -> Result<Self, TuneError<E>> {
        let space = &options.space;
        let whole = |range: [usize; 2]| range.map(|end| end as f64);
        let field =
            |name, [low, high]: [f64; 2], scale, usual, get, set| Field { name, low, high, scale, usual, get, set };
        let fields = vec![
            field(
                "num_rounds",
                whole(space.num_rounds),
                Scale::Whole,
                300.0,
                |p| p.num_rounds as f64,
                |p, x| {
                    p.num_rounds = x as usize;
                },
            ),
            field(
                "max_depth",
                whole(space.max_depth),
                Scale::Whole,
                6.0,
                |p| p.max_depth as f64,
                |p, x| {
                    p.max_depth = x as usize;
                },
            ),
            field("eta", space.eta, Scale::Log, 0.1, |p| p.eta, |p, x| p.eta = x),
            field("subsample", space.subsample, Scale::Linear, 0.8, |p| p.subsample, |p, x| p.subsample = x),
            field(
                "colsample_bytree",
                space.colsample_bytree,
                Scale::Linear,
                0.8,
                |p| p.colsample_bytree,
                |p, x| {
                    p.colsample_bytree = x;
                },
            ),
            field(
                "min_child_weight",
                whole(space.min_child_weight),
                Scale::Whole,
                3.0,
                |p| p.min_child_weight.round(),
                |p, x| p.min_child_weight = x,
            ),
            field("alpha", space.alpha, Scale::Log, 1e-3, |p| p.alpha, |p, x| p.alpha = x),
            field("lambda", space.lambda, Scale::Log, 1.0, |p| p.lambda, |p, x| p.lambda = x),
        ];
        for field in &fields {
            field.check(&options.base)?;
        }
        Ok(Self(fields))
    }

    /// The space of the parameters whose range has more than one value.
    fn parzen(&self) -> Result<Parzen, ParzenError> {
        let mut space = Parzen::new();
        for field in self.free() {
            let (low, high) = (field.low, field.high);
            space.add(
                field.name,
                match field.scale {
                    Scale::Whole => Distribution::Int(IntDistribution::linear(low as i64, high as i64)?),
                    Scale::Linear => Distribution::Float(FloatDistribution::linear(low, high)?),
                    Scale::Log => Distribution::Float(FloatDistribution::log(low, high)?),
                },
            )?;
        }
        Ok(space)
    }

    fn free(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().filter(|field| field.low < field.high)
    }

    fn first(&self, warm_start: Option<&Params>) -> Vec<f64> {
        self.0.iter().map(|field| field.fit(warm_start.map_or(field.usual, field.get))).collect()
    }

    fn suggest(&self, study: &mut Study) -> Result<Vec<f64>, ParzenError> {
        self.0
            .iter()
            .map(|field| {
                if field.low == field.high {
                    return Ok(field.low);
                }
                let value = match field.scale {
                    Scale::Whole => study.suggest_int(field.name)? as f64,
                    Scale::Linear | Scale::Log => study.suggest_float(field.name)?,
                };
                Ok(field.fit(value))
            })
            .collect()
    }

    fn params(&self, base: &Params, values: &[f64]) -> Params {
        let mut params = base.clone();
        for (field, &value) in self.0.iter().zip(values) {
            (field.set)(&mut params, value);
        }
        params
    }

    fn named(&self, values: &[f64]) -> Vec<(String, ParamValue)> {
        let named = self.0.iter().zip(values).filter(|(field, _)| field.low < field.high);
        named
            .map(|(field, &value)| {
                let value =
                    if field.scale == Scale::Whole { ParamValue::Int(value as i64) } else { ParamValue::Float(value) };
                (field.name.to_owned(), value)
            })
            .collect()
    }
}

impl Field {
    fn check<E>(&self, base: &Params) -> Result<(), TuneError<E>> {
        let &Self { name: field, low, high, .. } = self;
        let error = |reason: String| TuneError::Range { field, low, high, reason };
        // Written so that NaN is refused too.
        if low.is_nan() || high.is_nan() || low > high {
            return Err(error("the lower end is not below the upper one".to_owned()));
        }
        if self.scale == Scale::Log && low <= 0.0 {
            return Err(error("a log scale needs positive ends".to_owned()));
        }
        for end in [low, high] {
            let mut params = base.clone();
            (self.set)(&mut params, end);
            params.checked().map_err(|reason| error(reason.to_string()))?;
        }
        Ok(())
    }

    /// The value in the range, whole or with six significant digits: they read well, and differences between
    /// mathematical libraries in the last bit vanish.
    fn fit(&self, value: f64) -> f64 {
        let rounded = if self.scale == Scale::Whole { value.round() } else { significant(value) };
        rounded.clamp(self.low, self.high)
    }
}

/// Rounds to six significant digits.
fn significant(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// A bowl with its minimum at eta .1 and depth 5; folds differ a little.
    fn bowl(params: &Params, pruner: &mut Pruner) -> f64 {
        let at = (params.eta / 0.1).ln().powi(2) + (params.max_depth as f64 - 5.0).powi(2) / 4.0 + 1.0;
        let mut sum = 0.0;
        for fold in 0..3 {
            let loss = at + f64::from(fold) * 0.01;
            sum += loss;
            if pruner.report(loss) == Verdict::Prune {
                return f64::NAN;
            }
        }
        sum / 3.0
    }

    fn search(num_trials: usize, seed: u64, warm_start: Option<Params>) -> Tuned {
        let options = TuneOptions { num_trials, seed, warm_start, ..TuneOptions::default() };
        tune(&options, |_, params, pruner| Ok::<_, Infallible>(bowl(params, pruner))).expect("a good search")
    }

    #[test]
    fn the_same_seed_gives_the_same_trials_and_another_seed_others() {
        assert_eq!(search(12, 1, None), search(12, 1, None));
        assert_ne!(search(12, 1, None), search(12, 2, None));
    }

    #[test]
    fn the_warm_start_comes_first_moved_into_the_ranges() {
        let champion = Params { eta: 0.5, max_depth: 7, alpha: 0.0, num_rounds: 250, ..Params::default() };
        let tuned = search(5, 1, Some(champion));
        let first = &tuned.trials[0].params;
        assert_eq!((first.eta, first.max_depth, first.alpha, first.num_rounds), (0.3, 7, 1e-8, 250));
    }

    #[test]
    fn bad_trials_are_pruned_after_one_fold_but_never_the_first_four() {
        let tuned = search(30, 3, None);
        assert!(tuned.trials[..4].iter().all(|trial| trial.state == TrialState::Complete));
        let pruned: Vec<&Trial> = tuned.trials.iter().filter(|trial| trial.state == TrialState::Pruned).collect();
        assert!(!pruned.is_empty());
        assert!(pruned.iter().all(|trial| trial.fold_losses.len() == 1 && trial.loss.is_finite()));
        assert!(tuned.trials.iter().all(|trial| trial.params.checked().is_ok()));
    }

    #[test]
    fn the_search_beats_random_search() {
        let mean = |startup_trials: usize| {
            let losses = (0..20).map(|seed| {
                let warm_start = Some(Params { eta: 0.3, max_depth: 10, ..Params::default() });
                let options =
                    TuneOptions { num_trials: 25, seed, warm_start, startup_trials, ..TuneOptions::default() };
                let tuned = tune(&options, |_, params, pruner| Ok::<_, Infallible>(bowl(params, pruner)))
                    .expect("a good search");
                tuned.best_trial().loss
            });
            losses.sum::<f64>() / 20.0
        };
        let (tpe, random) = (mean(4), mean(25));
        assert!(tpe < random, "TPE {tpe}, random {random}");
    }

    #[test]
    fn bad_ranges_and_losses_are_named() {
        let options = |space| TuneOptions { space, num_trials: 2, ..TuneOptions::default() };
        let run = |space| tune(&options(space), |_, _, _| Ok::<_, Infallible>(f64::NAN)).map_err(|e| e.to_string());
        let space = SearchSpace { eta: [0.3, 0.1], ..SearchSpace::default() };
        assert_eq!(
            run(space),
            Err("search range of `eta` is 0.3 to 0.1: the lower end is not below the upper one".to_owned())
        );
        assert!(run(SearchSpace { alpha: [0.0, 1.0], ..SearchSpace::default() }).is_err());
        assert!(run(SearchSpace { subsample: [0.5, 1.5], ..SearchSpace::default() }).is_err());
        assert_eq!(run(SearchSpace::default()), Err("trial 0 has loss NaN, which is not finite".to_owned()));
        let failing = tune(&options(SearchSpace::default()), |_, _, _| Err::<f64, _>("no data"));
        assert!(matches!(failing, Err(TuneError::Objective { trial: 0, source: "no data" })));
    }

    #[test]
    fn a_range_of_one_value_is_kept() {
        let space = SearchSpace { max_depth: [4, 4], ..SearchSpace::default() };
        let options = TuneOptions { space, num_trials: 6, ..TuneOptions::default() };
        let tuned =
            tune(&options, |_, params, pruner| Ok::<_, Infallible>(bowl(params, pruner))).expect("a good search");
        assert!(tuned.trials.iter().all(|trial| trial.params.max_depth == 4));
    }
}
