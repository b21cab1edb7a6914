//! What the tests of relations promise, over seeds, against binomial limits.

mod support;

use support::{Random, level_names};
use tidewheel_domain::table::{CategoryColumn, Column, Table};
use tidewheel_drift::DriftError;
use tidewheel_drift::dependence::classifier::{
    Classifier, ClassifierSettings, ClassifierTest, Scored, classifier_test,
};
use tidewheel_drift::dependence::rank_correlation::{rank_correlation, rank_correlation_changes};
use tidewheel_drift::effect::{Level, Tail};

/// The most misses of `runs` that a chance of `p` explains, at four standard deviations.
fn limit(runs: usize, p: f64) -> usize {
    (runs as f64 * p + 4.0 * (runs as f64 * p * (1.0 - p)).sqrt()).ceil() as usize
}

fn level() -> Level {
    Level { low: Tail::new(0.025), high: Tail::new(0.025) }
}

/// Two columns of normal values with a correlation.
fn pair(n: usize, correlation: f64, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let other = (1.0 - correlation * correlation).sqrt();
    (0..n)
        .map(|_| {
            let x = random.normal();
            (x, correlation * x + other * random.normal())
        })
        .unzip()
}

fn table(n: usize, correlation: f64, random: &mut Random) -> Table {
    let (x, y) = pair(n, correlation, random);
    let z = (0..n).map(|_| random.normal()).collect();
    let columns = [("x", x), ("y", y), ("z", z)];
    Table::new(columns.into_iter().map(|(name, values)| (name.to_owned(), Column::Number(values))).collect())
        .expect("one length")
}

#[test]
fn the_interval_of_a_rank_correlation_covers() {
    let runs = 2000;
    for (n, correlation) in [(100, 0.0), (300, 0.5), (300, 0.9)] {
        // of normal values: ρ_s = 6/π asin(r/2)
        let truth = 6.0 / std::f64::consts::PI * (correlation / 2.0f64).asin();
        let misses = (0..runs as u64)
            .filter(|&seed| {
                let (x, y) = pair(n, correlation, &mut Random::new(seed));
                let (low, high) = rank_correlation(&x, &y).expect("varies").interval(1.96);
                truth < low || truth > high
            })
            .count();
        assert!(misses <= limit(runs, 0.055) && misses >= runs / 40, "n={n} r={correlation}: {misses} of {runs}");
    }
}

#[test]
fn a_flipped_relation_is_found_and_an_unchanged_one_is_not() {
    let columns = ["x", "y", "z"];
    let runs = 1000;
    let mut false_alarms = 0;
    for seed in 0..runs as u64 {
        let random = &mut Random::new(seed);
        let (a, b) = (table(300, 0.6, random), table(300, 0.6, random));
        let changes = rank_correlation_changes(&a, &b, &columns, level());
        assert_eq!(changes.len(), 3);
        false_alarms += usize::from(changes.iter().any(|change| change.low > 0.0 || change.high < 0.0));
    }
    assert!(false_alarms <= limit(runs, 0.055), "{false_alarms} of {runs}");
    let random = &mut Random::new(1);
    let (a, b) = (table(500, 0.6, random), table(500, -0.6, random));
    let changes = rank_correlation_changes(&a, &b, &columns, level());
    let first = &changes[0];
    assert_eq!((first.first.as_str(), first.second.as_str()), ("x", "y"));
    assert!(first.change < -1.0 && first.high < -0.2, "{first:?}");
    assert_eq!(rank_correlation_changes(&a, &Table::default(), &columns, level()), []);
}

/// Least squares on the columns and their products, by gradient steps: enough to see a flipped relation.
struct Products;

fn features(table: &Table) -> Vec<Vec<f64>> {
    let columns: Vec<Vec<f64>> = table
        .iter()
        .map(|(_, column)| match column {
            Column::Number(values) => values.clone(),
            Column::Category(column) => column.codes.iter().map(|&code| f64::from(code)).collect(),
        })
        .collect();
    (0..table.rows())
        .map(|row| {
            let x: Vec<f64> = columns.iter().map(|column| column[row]).collect();
            let products = (0..x.len()).flat_map(|i| (i..x.len()).map(move |j| (i, j))).map(|(i, j)| x[i] * x[j]);
            x.iter().copied().chain(products).collect()
        })
        .collect()
}

impl Classifier for Products {
    fn fit_and_score(&self, train: &Table, current: &[bool], test: &Table, _: u64) -> Result<Scored, String> {
        let rows = features(train);
        let mut weights = vec![0.0; rows[0].len()];
        let dot = |w: &[f64], x: &[f64]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        for _ in 0..60 {
            let mut gradient = vec![0.0; weights.len()];
            for (x, &current) in rows.iter().zip(current) {
                let error = (if current { 0.5 } else { -0.5 }) - dot(&weights, x);
                gradient.iter_mut().zip(x).for_each(|(g, x)| *g += error * x);
            }
            weights.iter_mut().zip(gradient).for_each(|(w, g)| *w += 0.1 * g / rows.len() as f64);
        }
        let names = train.names();
        let mut importance: Vec<(String, f64)> = names.iter().map(|name| (name.clone(), 0.0)).collect();
        for (i, own) in importance.iter_mut().enumerate() {
            own.1 += weights[i].abs();
        }
        let mut place = names.len();
        for i in 0..names.len() {
            for j in i..names.len() {
                importance[i].1 += weights[place].abs() / 2.0;
                importance[j].1 += weights[place].abs() / 2.0;
                place += 1;
            }
        }
        Ok(Scored { scores: features(test).iter().map(|x| dot(&weights, x)).collect(), importance })
    }
}

fn tested(a: &Table, b: &Table, settings: ClassifierSettings) -> Result<ClassifierTest, DriftError> {
    classifier_test(a, b, &["x", "y", "z"], &Products, &settings)
}

#[test]
fn the_classifier_sees_a_flipped_relation_and_what_gave_it_away() {
    let random = &mut Random::new(4);
    let (a, b) = (table(1000, 0.6, random), table(800, -0.6, random));
    let got = tested(&a, &b, ClassifierSettings::default()).expect("rows");
    assert!(got.auc > 0.7 && got.low > 0.6 && got.high < 0.9, "{got:?}");
    assert_eq!((got.p_value, got.reference_rows, got.current_rows), (0.001, 1000, 800));
    let away: Vec<&str> = got.gave_it_away.iter().map(|(name, _)| name.as_str()).collect();
    assert!(away[2] == "z" && got.gave_it_away[2].1 < 0.2, "{got:?}");
    assert_eq!(got, tested(&a, &b, ClassifierSettings::default()).expect("rows"), "seeded");
    let few = ClassifierSettings { rows: 300, ..ClassifierSettings::default() };
    assert_eq!(tested(&a, &b, few).expect("rows").reference_rows, 300);
}

/// The best single cut of a single column: a greedy learner, far from adding up.
struct Stump;

impl Classifier for Stump {
    fn fit_and_score(&self, train: &Table, current: &[bool], test: &Table, _: u64) -> Result<Scored, String> {
        let mut best = (0.0, "", 0.0, 1.0);
        for name in train.names() {
            let values = train.number(name).ok_or("numbers only")?;
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            let mut balance = 0.0f64;
            for row in order {
                balance += if current[row] { 1.0 } else { -1.0 };
                if balance.abs() > best.0 {
                    best = (balance.abs(), name, values[row], -balance.signum());
                }
            }
        }
        let (gain, name, cut, above) = best;
        let values = test.number(name).ok_or("no cut")?;
        let scores = values.iter().map(|&x| if x > cut { above } else { -above }).collect();
        Ok(Scored { scores, importance: vec![(name.to_owned(), gain)] })
    }
}

#[test]
fn of_one_distribution_a_classifier_finds_nothing() {
    fn alarms(classifier: &impl Classifier, runs: u64) -> (usize, usize) {
        let (mut small_p, mut low_above_half) = (0, 0);
        for seed in 0..runs {
            let random = &mut Random::new(seed);
            let (a, b) = (table(150, 0.3, random), table(150, 0.3, random));
            let settings = ClassifierSettings { permutations: 99, seed, ..ClassifierSettings::default() };
            let got = classifier_test(&a, &b, &["x", "y", "z"], classifier, &settings).expect("rows");
            small_p += usize::from(got.p_value <= 0.05);
            low_above_half += usize::from(got.low > 0.5);
        }
        (small_p, low_above_half)
    }
    let runs = 400;
    for (small_p, low_above_half) in [alarms(&Products, runs), alarms(&Stump, runs)] {
        let (most_p, most_low) = (limit(400, 0.05), limit(400, 0.025));
        assert!(small_p <= most_p && low_above_half <= most_low, "{small_p} p-values, {low_above_half} intervals");
    }
}

/// Knows nothing, or fails.
struct Constant(Result<f64, String>);

impl Classifier for Constant {
    fn fit_and_score(&self, _: &Table, _: &[bool], test: &Table, _: u64) -> Result<Scored, String> {
        Ok(Scored { scores: vec![self.0.clone()?; test.rows()], importance: Vec::new() })
    }
}

#[test]
fn odd_inputs_of_the_classifier_test_get_a_clear_answer() {
    let random = &mut Random::new(4);
    let a = table(100, 0.0, random);
    let run = |b: &Table, columns: &[&str], constant: Result<f64, &str>| {
        let classifier = Constant(constant.map_err(str::to_owned));
        classifier_test(&a, b, columns, &classifier, &ClassifierSettings::default())
    };
    let got = run(&a, &["x"], Ok(1.0)).expect("rows");
    assert_eq!((got.auc, got.p_value, got.gave_it_away.len()), (0.5, 1.0, 0));
    assert!(got.low <= 0.5 && got.high >= 0.5);
    let said = |b: &Table, columns: &[&str], constant| run(b, columns, constant).expect_err("no answer").to_string();
    assert!(said(&a, &["x"], Err("out of memory")).contains("out of memory"));
    assert!(said(&a, &["x"], Ok(f64::NAN)).contains("no number"));
    assert!(said(&a, &["nowhere"], Ok(1.0)).contains("'nowhere' is lacking"));
    assert!(said(&a, &[], Ok(1.0)).contains("at least one column"));
    assert!(said(&a.take(&[1]), &["x"], Ok(1.0)).contains("100 and 1 rows"));
    let texts = Column::Category(CategoryColumn { codes: vec![0; 100], levels: level_names(1) });
    let other = Table::new(vec![("x".to_owned(), texts)]).expect("one column");
    assert!(said(&other, &["x"], Ok(1.0)).contains("'x' holds numbers"));
}
