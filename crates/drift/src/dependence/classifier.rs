//! Classifier two-sample test: can a classifier tell the current rows from the reference's?
//!
//! D. Lopez-Paz and M. Oquab, Revisiting classifier two-sample tests (ICLR 2017). It sees what no column alone shows (a
//! relation that flipped). Rows are drawn, dealt into folds and scored by a classifier that has not seen them. The area
//! under the ROC curve is taken within each fold, because scores of different fits do not compare, and averaged. The
//! p-value permutes the sides of the scored rows within their folds, without fitting again: a fold's scores do not
//! depend on the sides of its own rows.
//!
//! But folds depend on each other: each pair of folds counts twice, once with either as the test. Where nothing changed,
//! a classifier that adds up what its training rows say gives `sum over folds j != k of d_j d_k` (d: what the rows of a
//! fold say of the sides), a sum of *pairs*, each of which stands there twice: its variance is double that of
//! independent folds. So permuted areas are spread by sqrt 2 about ½ before the observed one is held against them, and
//! DeLong's variance, summed over folds, is doubled. (Without it, 10 % of p-values lie below .05 when nothing changed.)
//!
//! The classifier is the caller's: this crate has none.

use std::collections::BTreeMap;

use tidewheel_domain::table::{Column, Table};

use super::auc::auc;
use crate::effect::{Level, Tail};
use crate::error::DriftError;
use crate::random::Random;
use crate::sample;

/// How much the variance of the mean area grows because each pair of folds counts twice.
const PAIRS_COUNT_TWICE: f64 = 2.0;

/// Learns to tell the sides of rows.
pub trait Classifier {
    /// Fits on `train`, where `is_current` says which rows belong to the current side, and scores `test`: the higher, the
    /// more like the current side. Columns of both tables are the same, with the same levels.
    fn fit_and_score(&self, train: &Table, is_current: &[bool], test: &Table, seed: u64) -> Result<Scored, String>;
}

/// What a classifier says of rows that it has not seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scored {
    /// One score a row.
    pub scores: Vec<f64>,
    /// How much each column helped, in any unit that sums over folds (gain, mean |SHAP|); columns not named helped nothing.
    pub importance: Vec<(String, f64)>,
}

/// How the test is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassifierSettings {
    /// At most this many rows a side, drawn by the seed.
    pub rows: usize,
    /// Folds.
    pub folds: usize,
    /// Permutations of the sides.
    pub permutations: u32,
    /// Chance that the area's interval misses, two-sided.
    pub alpha: f64,
    /// Seed of every draw.
    pub seed: u64,
}

impl Default for ClassifierSettings {
    fn default() -> Self {
        Self { rows: 10_000, folds: 5, permutations: 999, alpha: 0.05, seed: 1 }
    }
}

/// The outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierTest {
    /// Out-of-fold area under the ROC curve: ½ when the sides cannot be told apart.
    pub auc: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// `(1 + permutations at least as far) / (1 + permutations)`, for areas above ½.
    pub p_value: f64,
    /// What gave the sides away: shares of the importance over all folds (sum 1), the largest first. They mean something
    /// only where the area lies above ½.
    pub gave_it_away: Vec<(String, f64)>,
    /// Rows of the reference that were drawn.
    pub reference_rows: usize,
    /// Rows of the current side that were drawn.
    pub current_rows: usize,
}

/// Tests the named columns, which both tables must have.
pub fn classifier_test(
    reference: &Table,
    current: &Table,
    columns: &[&str],
    classifier: &impl Classifier,
    settings: &ClassifierSettings,
) -> Result<ClassifierTest, DriftError> {
    let random = &mut Random::new(settings.seed);
    let both = Drawn::of(reference, current, columns, settings, random)?;
    let (folds, scored) = both.score(classifier, settings, random)?;
    let mut places: Vec<Vec<usize>> = vec![Vec::new(); settings.folds];
    for (row, &fold) in folds.iter().enumerate() {
        places[fold].push(row);
    }
    let observed = mean_auc(&places, &scored.scores, &both.is_current);
    let (area, variance) = observed.ok_or_else(|| too_few(both.rows))?;
    let mut ranks: Vec<FoldRanks> =
        places.iter().map(|rows| FoldRanks::of(rows, &scored.scores, &both.is_current)).collect();
    let all = both.is_current.len() as f64;
    let mut as_far = 0u32;
    for _ in 0..settings.permutations {
        let dealt = ranks.iter_mut().map(|fold| fold.weight() * fold.dealt_auc(random)).sum::<f64>() / all;
        let spread = 0.5 + (dealt - 0.5) * PAIRS_COUNT_TWICE.sqrt();
        as_far += u32::from(spread >= area - 1e-12);
    }
    let z = Tail::new(settings.alpha / 2.0).z;
    let level = Level { low: Tail::new(settings.alpha / 2.0), high: Tail::new(settings.alpha / 2.0) };
    // complete separation has no spread to estimate: what so many rows can tell
    let least = least_variance(area, both.rows, level);
    let error = (PAIRS_COUNT_TWICE * variance).max(least).sqrt();
    Ok(ClassifierTest {
        auc: area,
        low: (area - z * error).clamp(0.0, area),
        high: (area + z * error).clamp(area, 1.0),
        p_value: (1.0 + f64::from(as_far)) / (1.0 + f64::from(settings.permutations)),
        gave_it_away: shares(scored.importance),
        reference_rows: both.rows.0,
        current_rows: both.rows.1,
    })
}

/// A fold's midranks: an area is a sum of them, so a permutation need not sort again.
struct FoldRanks {
    ranks: Vec<f64>,
    current: usize,
}

impl FoldRanks {
    fn of(rows: &[usize], scores: &[f64], is_current: &[bool]) -> Self {
        let mut sorted: Vec<f64> = rows.iter().map(|&row| scores[row] + 0.0).collect();
        sample::sort(&mut sorted);
        let mut ranks = Vec::with_capacity(sorted.len());
        while ranks.len() < sorted.len() {
            let from = ranks.len();
            let ties = sorted[from..].iter().take_while(|&&score| score == sorted[from]).count().max(1);
            ranks.extend(std::iter::repeat_n((2 * from + ties + 1) as f64 / 2.0, ties));
        }
        Self { ranks, current: rows.iter().filter(|&&row| is_current[row]).count() }
    }

    fn weight(&self) -> f64 {
        self.ranks.len() as f64
    }

    /// The area when the sides are dealt at random: the first ranks of a partial shuffle are the current side's.
    fn dealt_auc(&mut self, random: &mut Random) -> f64 {
        let (m, n) = (self.current as f64, (self.ranks.len() - self.current) as f64);
        let mut sum = 0.0;
        for place in 0..self.current {
            let other = place + random.below(self.ranks.len() - place);
            self.ranks.swap(place, other);
            sum += self.ranks[place];
        }
        (sum - m * (m + 1.0) / 2.0) / (n * m)
    }
}

/// At an area of 0 or 1, `-ln(chance) / rows` away from it (the rule of three) in one end's standard errors.
fn least_variance(area: f64, (n, m): (usize, usize), level: Level) -> f64 {
    if area > 0.0 && area < 1.0 {
        return 0.0;
    }
    let reach = -level.low.chance.ln() / n.min(m) as f64;
    (reach / level.low.z.max(1.0)).powi(2)
}

/// Mean over folds of the areas, weighted by rows, with the variance of that mean; folds with too few rows of a side are
/// left out.
fn mean_auc(places: &[Vec<usize>], scores: &[f64], sides: &[bool]) -> Option<(f64, f64)> {
    let (mut sum, mut variance, mut weight) = (0.0, 0.0, 0.0);
    for rows in places {
        let here: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
        let sides: Vec<bool> = rows.iter().map(|&row| sides[row]).collect();
        let Some(area) = auc(&here, &sides) else { continue };
        let w = rows.len() as f64;
        sum += w * area.value;
        variance += w * w * area.variance;
        weight += w;
    }
    (weight > 0.0).then(|| (sum / weight, variance / (weight * weight)))
}

fn shares(importance: BTreeMap<String, f64>) -> Vec<(String, f64)> {
    let total: f64 = importance.values().sum();
    let mut shares: Vec<(String, f64)> =
        importance.into_iter().map(|(name, value)| (name, if total > 0.0 { value / total } else { 0.0 })).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shares
}

fn too_few((n, m): (usize, usize)) -> DriftError {
    DriftError::Settings(format!("the classifier test needs two rows of each side in some fold, got {n} and {m} rows"))
}

/// The rows drawn from both sides, reference first.
struct Drawn {
    table: Table,
    is_current: Vec<bool>,
    rows: (usize, usize),
}

/// Scores of every row, and the importances summed over folds.
struct Outcome {
    scores: Vec<f64>,
    importance: BTreeMap<String, f64>,
}

impl Drawn {
    fn of(
        reference: &Table,
        current: &Table,
        columns: &[&str],
        settings: &ClassifierSettings,
        random: &mut Random,
    ) -> Result<Self, DriftError> {
        let problem = |text: String| Err(DriftError::Settings(text));
        if settings.folds < 2 {
            return problem(format!("the classifier test needs at least 2 folds, got {}", settings.folds));
        }
        if !(settings.alpha > 0.0 && settings.alpha < 1.0) {
            return problem(format!("the classifier test's alpha must lie between 0 and 1, got {}", settings.alpha));
        }
        for name in columns {
            match (reference.column(name), current.column(name)) {
                (Some(Column::Number(_)), Some(Column::Number(_)))
                | (Some(Column::Category(_)), Some(Column::Category(_))) => {}
                (Some(_), Some(_)) => {
                    return problem(format!("column '{name}' holds numbers on one side and categories on the other"));
                }
                _ => return problem(format!("column '{name}' is lacking on one side")),
            }
        }
        if columns.is_empty() {
            return problem("the classifier test needs at least one column".to_owned());
        }
        let (n, m) = (reference.rows().min(settings.rows), current.rows().min(settings.rows));
        if n < 2 * settings.folds || m < 2 * settings.folds {
            return Err(too_few((n, m)));
        }
        let first = reference.select(columns).take(&random.choose(reference.rows(), n));
        let second = current.select(columns).take(&random.choose(current.rows(), m));
        let table = Table::concat(&[&first, &second]).map_err(|error| DriftError::Settings(error.to_string()))?;
        let is_current = (0..n + m).map(|row| row >= n).collect();
        Ok(Self { table, is_current, rows: (n, m) })
    }

    /// Deals each side's rows into folds of equal size, and scores each fold by a fit on the others.
    fn score(
        &self,
        classifier: &impl Classifier,
        settings: &ClassifierSettings,
        random: &mut Random,
    ) -> Result<(Vec<usize>, Outcome), DriftError> {
        let deal = |rows: usize, random: &mut Random| {
            let mut folds: Vec<usize> = (0..rows).map(|row| row % settings.folds).collect();
            random.shuffle(&mut folds);
            folds
        };
        let mut folds = deal(self.rows.0, random);
        folds.extend(deal(self.rows.1, random));
        let mut outcome = Outcome { scores: vec![0.0; folds.len()], importance: BTreeMap::new() };
        for fold in 0..settings.folds {
            let (test, train): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|&row| folds[row] == fold);
            let sides: Vec<bool> = train.iter().map(|&row| self.is_current[row]).collect();
            let scored = classifier
                .fit_and_score(&self.table.take(&train), &sides, &self.table.take(&test), random.bits())
                .map_err(|error| DriftError::Settings(format!("the classifier test failed: {error}")))?;
            if scored.scores.len() != test.len() || scored.scores.iter().any(|score| score.is_nan()) {
                let (got, wanted) = (scored.scores.len(), test.len());
                let text = format!("the classifier gave {got} scores for {wanted} rows, or one that is no number");
                return Err(DriftError::Settings(text));
            }
            for (&row, score) in test.iter().zip(scored.scores) {
                outcome.scores[row] = score;
            }
            for (name, value) in scored.importance {
                if value.is_finite() && value > 0.0 {
                    *outcome.importance.entry(name).or_default() += value;
                }
            }
        }
        Ok((folds, outcome))
    }
}
