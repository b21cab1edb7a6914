//! Boosted trees that tell two samples of rows apart, for the classifier two-sample test.

use tidewheel_boost::{Dataset, Params, TrainOptions, train};
use tidewheel_domain::table::{CategoryColumn, Column, MISSING, Table};
use tidewheel_drift::dependence::classifier::{Classifier, Scored};

/// Parts in which categories are encoded: a row's own side never reaches its feature.
const PARTS: usize = 4;
/// Rows that a level is pulled to the mean by.
const SMOOTHING: f64 = 10.0;
/// Bins of a feature.
const MAX_BIN: usize = 64;

/// Small trees, many enough to see what columns do together.
#[derive(Debug, Clone, Copy, Default)]
pub struct TreeClassifier;

impl Classifier for TreeClassifier {
    fn fit_and_score(&self, training: &Table, is_current: &[bool], test: &Table, seed: u64) -> Result<Scored, String> {
        let target: Vec<f32> = is_current.iter().map(|&current| f32::from(u8::from(current))).collect();
        let names: Vec<String> = training.names().to_vec();
        let (mut features, mut scored) = (Vec::new(), Vec::new());
        for (name, column) in training.iter() {
            let other = test.column(name).ok_or_else(|| format!("column '{name}' is missing"))?;
            let (a, b) = encoded(column, other, &target);
            features.push(a);
            scored.push(b);
        }
        let data = Dataset::from_columns(&features, &names, MAX_BIN).map_err(|error| error.to_string())?;
        let params = Params {
            num_rounds: 60,
            max_depth: 4,
            eta: 0.1,
            subsample: 0.8,
            min_child_weight: 10.0,
            max_bin: MAX_BIN,
            seed,
            ..Params::default()
        };
        let model = train(&data, &target, &params, TrainOptions::default()).map_err(|error| error.to_string())?;
        let scores = model.predict_columns(&scored).map_err(|error| error.to_string())?;
        let importance = model.importance().iter().map(|one| one.total_gain).collect::<Vec<_>>();
        Ok(Scored {
            scores: scores.into_iter().map(f64::from).collect(),
            importance: names.into_iter().zip(importance).collect(),
        })
    }
}

/// A column of both tables as numbers: categories become the smoothed share of current rows, for training rows out of
/// their own part.
fn encoded(training: &Column, test: &Column, target: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let number = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    match (training, test) {
        (Column::Number(a), Column::Number(b)) => (number(a), number(b)),
        (Column::Category(a), Column::Category(b)) => {
            let mean = target.iter().map(|&one| f64::from(one)).sum::<f64>() / target.len().max(1) as f64;
            let part = |row: usize| row % PARTS;
            let mut own = vec![f32::NAN; a.codes.len()];
            for held in 0..PARTS {
                let shares = shares(a, target, mean, |row| part(row) != held);
                for row in (held..a.codes.len()).step_by(PARTS) {
                    own[row] = share(a, row, &shares, mean);
                }
            }
            let all = shares(a, target, mean, |_| true);
            let of_level = |level: &str| a.levels.iter().position(|known| **known == *level).map(|place| all[place]);
            let levels: Vec<f64> = b.levels.iter().map(|level| of_level(level).unwrap_or(mean)).collect();
            let other = (0..b.codes.len()).map(|row| share(b, row, &levels, mean)).collect();
            (own, other)
        }
        // A column of two kinds tells nothing that the comparison of single columns would not say better.
        _ => (vec![f32::NAN; training.len()], vec![f32::NAN; test.len()]),
    }
}

fn shares(column: &CategoryColumn, target: &[f32], mean: f64, counts: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); column.levels.len()];
    for (row, &code) in column.codes.iter().enumerate().filter(|&(row, &code)| code != MISSING && counts(row)) {
        let level = &mut sums[code as usize];
        *level = (level.0 + f64::from(target[row]), level.1 + 1.0);
    }
    sums.into_iter().map(|(sum, rows)| (sum + SMOOTHING * mean) / (rows + SMOOTHING)).collect()
}

fn share(column: &CategoryColumn, row: usize, shares: &[f64], mean: f64) -> f32 {
    match column.codes[row] {
        MISSING => f32::NAN,
        code => shares.get(code as usize).copied().unwrap_or(mean) as f32,
    }
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::random::SplitMix64;
    use tidewheel_drift::dependence::classifier::{ClassifierSettings, classifier_test};

    use super::*;

    /// Two numbers that go together or against each other, and a category that says nothing.
    fn table(rows: usize, sign: f64, seed: u64) -> Table {
        let mut rng = SplitMix64::new(seed);
        let mut uniform = || rng.below(1 << 20) as f64 / f64::from(1 << 20) - 0.5;
        let (mut x, mut y, mut c) = (vec![], vec![], vec![]);
        for _ in 0..rows {
            let (a, noise, level) = (uniform(), uniform(), uniform());
            x.push(a);
            y.push(sign * a + 0.3 * noise);
            c.push(Some(if level > 0.0 { "up" } else { "down" }));
        }
        let columns = [
            ("x", Column::Number(x)),
            ("y", Column::Number(y)),
            ("c", Column::Category(CategoryColumn::from_values(c))),
        ];
        Table::new(columns.map(|(name, column)| (name.to_owned(), column)).into()).expect("one length")
    }

    fn test(reference: &Table, current: &Table) -> tidewheel_drift::dependence::classifier::ClassifierTest {
        let settings = ClassifierSettings { permutations: 199, ..ClassifierSettings::default() };
        classifier_test(reference, current, &["x", "y", "c"], &TreeClassifier, &settings).expect("tested")
    }

    #[test]
    fn a_relation_that_flipped_gives_the_sides_away_and_nothing_does_not() {
        let flipped = test(&table(1500, 1.0, 1), &table(1500, -1.0, 2));
        assert!(flipped.low > 0.8 && flipped.p_value < 0.01, "{flipped:?}");
        let names: Vec<&str> = flipped.gave_it_away.iter().take(2).map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"x") && names.contains(&"y"), "{flipped:?}");
        let same = test(&table(1500, 1.0, 3), &table(1500, 1.0, 4));
        assert!(same.low < 0.5 && same.p_value > 0.05, "{same:?}");
    }

    /// The trees' own false alarms: how often p < .05 where nothing changed.
    #[test]
    fn where_nothing_changed_the_p_value_is_honest() {
        let pairs = 60;
        let alarms = (0..pairs)
            .filter(|&seed| test(&table(300, 1.0, 100 + seed), &table(300, 1.0, 9_000 + seed)).p_value < 0.05);
        // 60 draws at 5 %: 9 or more with a chance of .002.
        assert!(alarms.count() < 9);
    }
}
