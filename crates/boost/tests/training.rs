//! Training as a whole: against an exhaustive split search, on any number of threads, on subsets, with weights.

use std::ops::ControlFlow;

use tidewheel_boost::{Dataset, Model, Node, Objective, Params, TrainError, TrainOptions, metrics, train};

/// A small generator of numbers in [0, 1).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Columns, one with few values and all with some missing, and a target that depends on them.
fn sample(rows: usize, features: usize, missing: f64, seed: u64) -> (Vec<Vec<f32>>, Vec<f64>) {
    let mut numbers = Numbers(seed);
    let columns: Vec<Vec<f32>> = (0..features)
        .map(|f| {
            (0..rows)
                .map(|_| {
                    let x = numbers.next() * 10.0;
                    if numbers.next() < missing {
                        f32::NAN
                    } else if f == 1 {
                        x.floor() as f32
                    } else {
                        x as f32
                    }
                })
                .collect()
        })
        .collect();
    let targets = (0..rows)
        .map(|r| {
            let x = |f: usize| if columns[f][r].is_nan() { 12.0 } else { f64::from(columns[f][r]) };
            x(0) * 2.0 + (x(1) * x(2)).sqrt() + numbers.next()
        })
        .collect();
    (columns, targets)
}

fn fit(columns: &[Vec<f32>], targets: &[f64], params: &Params) -> Model {
    let data = Dataset::from_columns(columns, &[], params.max_bin).expect("good columns");
    train(&data, targets, params, TrainOptions::default()).expect("good data")
}

/// The slow, obvious way: tries every threshold between neighbouring values and both ways for missing values.
struct Oracle<'a> {
    columns: &'a [Vec<f32>],
    gradients: Vec<f64>,
    params: &'a Params,
}

impl Oracle<'_> {
    fn score(&self, rows: &[usize]) -> f64 {
        let g: f64 = rows.iter().map(|&r| self.gradients[r]).sum();
        let g = (g.abs() - self.params.alpha).max(0.0);
        g * g / (rows.len() as f64 + self.params.lambda)
    }

    fn weight(&self, rows: &[usize]) -> f64 {
        let g: f64 = rows.iter().map(|&r| self.gradients[r]).sum();
        -g.signum() * (g.abs() - self.params.alpha).max(0.0) / (rows.len() as f64 + self.params.lambda)
            * self.params.eta
    }

    fn parts(&self, rows: &[usize], feature: usize, threshold: f32, missing_left: bool) -> (Vec<usize>, Vec<usize>) {
        rows.iter().partition(|&&r| {
            let x = self.columns[feature][r];
            if x.is_nan() { missing_left } else { x < threshold }
        })
    }

    /// The first split whose gain nothing beats, with its sides.
    fn best(&self, rows: &[usize]) -> Option<(usize, Vec<usize>, Vec<usize>)> {
        let mut best = None;
        let mut best_gain = self.params.gamma.max(1e-9);
        for feature in 0..self.columns.len() {
            let column = &self.columns[feature];
            let mut values: Vec<f32> = rows.iter().map(|&r| column[r]).filter(|x| !x.is_nan()).collect();
            values.sort_by(f32::total_cmp);
            values.dedup();
            let some_missing = rows.iter().any(|&r| column[r].is_nan());
            values.push(f32::INFINITY);
            for threshold in values.into_iter().skip(1) {
                for missing_left in [false, true].into_iter().take(1 + usize::from(some_missing)) {
                    let (left, right) = self.parts(rows, feature, threshold, missing_left);
                    if (left.len().min(right.len()) as f64) < self.params.min_child_weight.max(1.0) {
                        continue;
                    }
                    let gain = self.score(&left) + self.score(&right) - self.score(rows);
                    if gain > best_gain + 1e-7 {
                        best_gain = gain;
                        best = Some((feature, left, right));
                    }
                }
            }
        }
        best
    }

    /// Checks that the tree below `id` is what this search grows, and adds its outputs to `margins`.
    fn check(&self, nodes: &[Node], id: usize, rows: &[usize], depth: usize, margins: &mut [f64]) {
        let best = if depth < self.params.max_depth { self.best(rows) } else { None };
        match (nodes[id], best) {
            (Node::Leaf { value, cover }, None) => {
                assert!((f64::from(value) - self.weight(rows)).abs() < 1e-5, "{value} for {}", self.weight(rows));
                assert_eq!(cover as usize, rows.len());
                for &r in rows {
                    margins[r] += f64::from(value);
                }
            }
            (Node::Split { feature, threshold, default_left, left, right, .. }, Some((f, l, r))) => {
                assert_eq!(feature as usize, f, "at depth {depth} with {} rows", rows.len());
                // The thresholds may lie at different places between the same two values.
                assert_eq!(self.parts(rows, f, threshold, default_left), (l.clone(), r.clone()));
                self.check(nodes, left as usize, &l, depth + 1, margins);
                self.check(nodes, right as usize, &r, depth + 1, margins);
            }
            (node, best) => panic!("tree has {node:?}, search finds {best:?}"),
        }
    }
}

#[test]
fn trees_equal_an_exhaustive_search_when_each_value_has_a_bin() {
    for (seed, missing, params) in [
        (1, 0.0, Params { max_depth: 4, ..Params::default() }),
        (2, 0.2, Params { max_depth: 5, lambda: 0.1, ..Params::default() }),
        (3, 0.5, Params { max_depth: 3, alpha: 3.0, gamma: 2.0, min_child_weight: 4.0, ..Params::default() }),
        (4, 0.1, Params { max_depth: 6, eta: 0.5, lambda: 0.0, ..Params::default() }),
    ] {
        let params = Params { num_rounds: 3, ..params };
        let (columns, targets) = sample(160, 4, missing, seed);
        let model = fit(&columns, &targets, &params);
        let mut margins = vec![f64::from(model.base_margin()); targets.len()];
        let mean = targets.iter().sum::<f64>() / targets.len() as f64;
        assert!((margins[0] - mean).abs() < 1e-5);
        for tree in model.trees() {
            let gradients = margins.iter().zip(&targets).map(|(m, y)| m - y).collect();
            let oracle = Oracle { columns: &columns, gradients, params: &params };
            let rows: Vec<usize> = (0..targets.len()).collect();
            oracle.check(tree.nodes(), 0, &rows, 0, &mut margins);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (columns, targets) = sample(150_000, 5, 0.05, 7);
    let weights: Vec<f32> = (0..targets.len()).map(|i| 0.5 + (i % 3) as f32).collect();
    let base = Params { num_rounds: 4, max_depth: 6, subsample: 0.8, colsample_bytree: 0.7, ..Params::default() };
    for (weights, params) in
        [(None, base.clone()), (None, Params { subsample: 1.0, ..base.clone() }), (Some(&weights[..]), base)]
    {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| {
                let data = Dataset::from_columns(&columns, &[], params.max_bin).expect("good columns");
                let options = TrainOptions { weights, ..TrainOptions::default() };
                let model = train(&data, &targets, &params, options).expect("good data");
                let rows: Vec<f32> = (0..1_000).flat_map(|r| columns.iter().map(move |column| column[r])).collect();
                (model.to_ubjson(), model.predict_rows(&rows).expect("whole rows"))
            })
        };
        let one = run(1);
        assert!(run(2) == one && run(3) == one, "{params:?}");
    }
}

#[test]
fn bins_and_numbers_predict_the_same_bits() {
    let (columns, targets) = sample(3_000, 6, 0.1, 11);
    let params = Params { num_rounds: 30, max_bin: 16, subsample: 0.7, ..Params::default() };
    let data = Dataset::from_columns(&columns, &[], params.max_bin).expect("good columns");
    let (train_rows, held_out): (Vec<u32>, Vec<u32>) = (0..3_000).partition(|row| row % 3 != 0);
    let options = TrainOptions { rows: Some(&train_rows), ..TrainOptions::default() };
    let model = train(&data, &targets, &params, options).expect("good data");
    let from_bins = model.predict_binned(&data, &held_out).expect("its own data set");
    let all = model.predict_columns(&columns).expect("whole rows");
    let expected: Vec<f32> = held_out.iter().map(|&row| all[row as usize]).collect();
    assert_eq!(from_bins, expected);
    for (row, &expected) in held_out.iter().zip(&expected) {
        let values: Vec<f32> = columns.iter().map(|column| column[*row as usize]).collect();
        assert_eq!(model.predict_row(&values), Ok(expected));
    }
    let y: Vec<f64> = held_out.iter().map(|&row| targets[row as usize]).collect();
    let p: Vec<f64> = from_bins.iter().map(|&p| f64::from(p)).collect();
    assert!(metrics::r2(&y, &p).is_some_and(|r2| r2 > 0.9));

    let other = Dataset::from_columns(&columns, &[], 8).expect("good columns");
    assert!(model.predict_binned(&other, &held_out).is_err());
    assert!(model.predict_binned(&data, &[3_000]).is_err());
}

#[test]
fn a_subset_is_the_same_as_data_of_its_own() {
    let (columns, targets) = sample(240, 3, 0.1, 5);
    let params = Params { num_rounds: 5, ..Params::default() };
    let rows: Vec<u32> = (0..120).collect();
    // Every value has its own bin either way, but the cuts are taken from all rows: compare outputs of the rows.
    let data = Dataset::from_columns(&columns, &[], params.max_bin).expect("good columns");
    let options = TrainOptions { rows: Some(&rows), ..TrainOptions::default() };
    let subset = train(&data, &targets, &params, options).expect("good data");
    let half: Vec<Vec<f32>> = columns.iter().map(|column| column[..120].to_vec()).collect();
    let alone = fit(&half, &targets[..120], &params);
    let a = subset.predict_columns(&half).expect("whole rows");
    let b = alone.predict_columns(&half).expect("whole rows");
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn a_weight_of_two_is_a_row_that_comes_twice() {
    let (columns, targets) = sample(210, 3, 0.1, 9);
    let params = Params { num_rounds: 5, min_child_weight: 2.0, ..Params::default() };
    let weights: Vec<f32> = (0..210).map(|i| (i % 3) as f32).collect();
    let data = Dataset::from_columns(&columns, &[], params.max_bin).expect("good columns");
    let options = TrainOptions { weights: Some(&weights), ..TrainOptions::default() };
    let weighted = train(&data, &targets, &params, options).expect("good data");
    let repeated: Vec<usize> = (0..210).flat_map(|i| vec![i; i % 3]).collect();
    let twice: Vec<Vec<f32>> = columns.iter().map(|column| repeated.iter().map(|&i| column[i]).collect()).collect();
    let twice_targets: Vec<f64> = repeated.iter().map(|&i| targets[i]).collect();
    let plain = fit(&twice, &twice_targets, &params);
    let a = weighted.predict_columns(&twice).expect("whole rows");
    let b = plain.predict_columns(&twice).expect("whole rows");
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn the_logistic_objective_separates_classes() {
    let (columns, targets) = sample(2_000, 4, 0.1, 13);
    let classes: Vec<f64> = targets.iter().map(|&y| f64::from(u8::from(y > 16.0))).collect();
    let params = Params { objective: Objective::BinaryLogistic, num_rounds: 40, ..Params::default() };
    let model = fit(&columns, &classes, &params);
    let p = model.predict_columns(&columns).expect("whole rows");
    let right = p.iter().zip(&classes).filter(|(p, y)| (**p > 0.5) == (**y > 0.5)).count();
    assert!(right > 1_950, "{right} of 2000");
    assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn degenerate_data_gives_the_mean() {
    let params = Params { num_rounds: 3, ..Params::default() };
    let constant = fit(&[vec![1.0; 10]], &[2.5; 10], &params);
    assert_eq!(constant.predict_row(&[7.0]), Ok(2.5));
    let missing = fit(&[vec![f32::NAN; 4]], &[1.0, 2.0, 3.0, 4.0], &params);
    assert_eq!(missing.predict_row(&[f32::NAN]), Ok(2.5));
    assert_eq!(fit(&[vec![3.0]], &[9.0], &params).predict_row(&[0.0]), Ok(9.0));
}

#[test]
fn targets_of_any_size_are_learned() {
    let (columns, targets) = sample(1_000, 3, 0.0, 17);
    let params = Params { num_rounds: 40, lambda: 0.0, ..Params::default() };
    let r2 = |scale: f64| {
        let y: Vec<f64> = targets.iter().map(|y| y * scale).collect();
        let p: Vec<f64> = fit(&columns, &y, &params)
            .predict_columns(&columns)
            .expect("whole rows")
            .into_iter()
            .map(f64::from)
            .collect();
        metrics::r2(&y, &p).expect("targets differ")
    };
    let plain = r2(1.0);
    for scale in [1e-12, 1e-6, 1e6, 1e15] {
        assert!((r2(scale) - plain).abs() < 1e-3, "scale {scale}: {} for {plain}", r2(scale));
    }
}

#[test]
fn bad_training_input_is_named() {
    let data = Dataset::from_columns(&[vec![1.0f32, 2.0, 3.0]], &[], 64).expect("good columns");
    let params = Params { max_bin: 64, num_rounds: 2, ..Params::default() };
    let good = [1.0, 2.0, 3.0];
    let run = |targets: &[f64], params: &Params, options| train(&data, targets, params, options).map(|_| ());
    let none = TrainOptions::default;
    assert!(matches!(run(&good, &Params::default(), none()), Err(TrainError::MaxBin { params: 256, dataset: 64 })));
    assert!(matches!(run(&good[..2], &params, none()), Err(TrainError::Length { given: 2, rows: 3, .. })));
    assert!(matches!(run(&[1.0, f64::NAN, 3.0], &params, none()), Err(TrainError::Target { row: 1, .. })));
    assert!(matches!(run(&[1.0, 1e300, 3.0], &params, none()), Err(TrainError::Target { row: 1, .. })));
    assert!(matches!(run(&good, &Params { eta: 0.0, ..params.clone() }, none()), Err(TrainError::Param(_))));
    let rows = |rows| TrainOptions { rows: Some(rows), ..TrainOptions::default() };
    assert!(matches!(run(&good, &params, rows(&[0, 3])), Err(TrainError::Row(3))));
    assert!(matches!(run(&good, &params, rows(&[0, 0])), Err(TrainError::Row(0))));
    assert!(matches!(run(&good, &params, rows(&[])), Err(TrainError::NoRows)));
    let weights = |weights| TrainOptions { weights: Some(weights), ..TrainOptions::default() };
    assert!(matches!(run(&good, &params, weights(&[1.0, -1.0, 1.0])), Err(TrainError::Weight { row: 1, .. })));
    assert!(matches!(run(&good, &params, weights(&[0.0; 3])), Err(TrainError::NoRows)));
    let mut stop = |round| if round == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = TrainOptions { on_round: Some(&mut stop), ..TrainOptions::default() };
    assert_eq!(run(&good, &params, options), Err(TrainError::Cancelled(1)));
    // Targets of rows that are not trained on do not matter.
    assert_eq!(run(&[1.0, f64::NAN, 3.0], &params, rows(&[0, 2])), Ok(()));
}
