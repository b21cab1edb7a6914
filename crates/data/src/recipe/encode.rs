//! Encoders: categories to numbers, fitted on training rows.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use tidewheel_domain::project::{EncodeSpec, Encoding};
use tidewheel_domain::{CategoryColumn, MISSING};

/// A fitted encoder, as it is stored with the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedEncoder {
    /// The feature.
    pub name: String,
    /// The categorical column.
    pub column: String,
    /// How it was fitted.
    pub encoding: Encoding,
    /// The value of a category that training did not see; `None` is missing.
    pub unknown: Option<f64>,
    /// The value of a row without a category; `None` is missing.
    pub missing: Option<f64>,
    /// The value of each category.
    pub values: BTreeMap<String, f64>,
}

/// What the encoders are fitted on.
pub struct EncoderInput<'a> {
    /// The column, all rows of the table.
    pub column: &'a CategoryColumn,
    /// The training rows.
    pub rows: &'a [usize],
    /// The transformed target, one a training row.
    pub target: &'a [f64],
    /// The out-of-fold part of each training row.
    pub parts: &'a [u32],
}

#[derive(Clone, Copy, Default)]
struct Sum {
    sum: f64,
    rows: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.rows += 1.0;
    }

    fn minus(self, other: Sum) -> Sum {
        Sum { sum: self.sum - other.sum, rows: self.rows - other.rows }
    }

    /// (sum + smoothing x prior) / (rows + smoothing): the posterior mean under a normal prior (Micci-Barreca 2001).
    fn smoothed(self, prior: f64, smoothing: f64) -> f64 {
        let weight = self.rows + smoothing;
        if weight > 0.0 { (self.sum + smoothing * prior) / weight } else { prior }
    }

    fn mean(self) -> f64 {
        if self.rows > 0.0 { self.sum / self.rows } else { 0.0 }
    }
}

/// Fits one encoder. The second value holds the feature of each training row, which for the target mean comes from
/// the other parts of the training rows only, so that a row's own target never reaches its feature.
pub fn fit(spec: &EncodeSpec, input: &EncoderInput<'_>) -> (FittedEncoder, Vec<f32>) {
    let mut encoder = FittedEncoder {
        name: spec.name.clone(),
        column: spec.column.clone(),
        encoding: spec.encoding,
        unknown: None,
        missing: None,
        values: BTreeMap::new(),
    };
    let levels = input.column.levels.len();
    // The last slot is for rows without a category.
    let slot = |row: usize| match input.column.codes[row] {
        MISSING => levels,
        code => code as usize,
    };
    match spec.encoding {
        Encoding::TargetMean { smoothing, folds } => {
            let mut all = vec![Sum::default(); levels + 1];
            let mut by_part = vec![Sum::default(); (levels + 1) * folds];
            let mut overall = Sum::default();
            let mut overall_by_part = vec![Sum::default(); folds];
            for ((&row, &target), &part) in input.rows.iter().zip(input.target).zip(input.parts) {
                let (slot, part) = (slot(row), part as usize % folds);
                all[slot].add(target);
                by_part[slot * folds + part].add(target);
                overall.add(target);
                overall_by_part[part].add(target);
            }
            let prior = overall.mean();
            encoder.unknown = Some(prior);
            encoder.missing = Some(all[levels].smoothed(prior, smoothing));
            for (level, sum) in input.column.levels.iter().zip(&all) {
                if sum.rows > 0.0 {
                    encoder.values.insert(level.to_string(), sum.smoothed(prior, smoothing));
                }
            }
            let out_of_fold = input.rows.iter().zip(input.parts).map(|(&row, &part)| {
                let (slot, part) = (slot(row), part as usize % folds);
                let prior = overall.minus(overall_by_part[part]).mean();
                all[slot].minus(by_part[slot * folds + part]).smoothed(prior, smoothing) as f32
            });
            let out_of_fold = out_of_fold.collect();
            (encoder, out_of_fold)
        }
        Encoding::Ordinal | Encoding::Frequency => {
            let mut counts = vec![0_u64; levels + 1];
            for &row in input.rows {
                counts[slot(row)] += 1;
            }
            let total = input.rows.len().max(1) as f64;
            let mut seen = (0..levels)
                .filter(|&level| counts[level] > 0)
                .map(|level| (&input.column.levels[level], level))
                .collect::<Vec<_>>();
            seen.sort();
            let frequency = spec.encoding == Encoding::Frequency;
            if frequency {
                encoder.unknown = Some(0.0);
                encoder.missing = Some(counts[levels] as f64 / total);
            }
            for (place, (level, index)) in seen.into_iter().enumerate() {
                let value = if frequency { counts[index] as f64 / total } else { place as f64 };
                encoder.values.insert(level.to_string(), value);
            }
            let lookup = Lookup::new(&encoder);
            let features = input.rows.iter().map(|&row| lookup.get(input.column.value(row))).collect();
            (encoder, features)
        }
    }
}

/// A fitted encoder ready for look-ups.
#[derive(Debug, Clone)]
pub struct Lookup {
    values: HashMap<Box<str>, f32>,
    unknown: f32,
    missing: f32,
}

impl Lookup {
    /// Prepares an encoder.
    pub fn new(encoder: &FittedEncoder) -> Self {
        let or_missing = |value: Option<f64>| value.map_or(f32::NAN, |value| value as f32);
        Self {
            values: encoder.values.iter().map(|(level, &value)| (level.as_str().into(), value as f32)).collect(),
            unknown: or_missing(encoder.unknown),
            missing: or_missing(encoder.missing),
        }
    }

    /// The feature of a category; NaN is missing.
    pub fn get(&self, category: Option<&str>) -> f32 {
        match category {
            None => self.missing,
            Some(text) => self.values.get(text).copied().unwrap_or(self.unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(encoding: Encoding) -> EncodeSpec {
        EncodeSpec { name: "c_code".into(), column: "c".into(), encoding, label: ("c".into(), "c".into()) }
    }

    #[test]
    fn a_row_never_sees_its_own_target() {
        // Every row has a category of its own: out-of-fold, nothing but the prior is left.
        let names = (0..100).map(|i| format!("id{i}")).collect::<Vec<_>>();
        let column = CategoryColumn::from_values(names.iter().map(|name| Some(name.as_str())));
        let rows = (0..100).collect::<Vec<_>>();
        let target = (0..100).map(f64::from).collect::<Vec<_>>();
        let parts = (0..100).map(|i| i % 5).collect::<Vec<_>>();
        let input = EncoderInput { column: &column, rows: &rows, target: &target, parts: &parts };
        let (_, features) = fit(&spec(Encoding::TargetMean { smoothing: 1.0, folds: 5 }), &input);
        for (row, feature) in features.iter().enumerate() {
            let others = (0..100).filter(|other| other % 5 != row % 5).map(|other| other as f64);
            let prior = others.sum::<f64>() / 80.0;
            assert!((f64::from(*feature) - prior).abs() < 1e-4, "row {row}: {feature} instead of {prior}");
        }
    }

    #[test]
    fn smoothing_draws_rare_categories_to_the_mean() {
        let column = CategoryColumn::from_values([Some("a"), Some("a"), Some("a"), Some("b"), None]);
        let rows = [0, 1, 2, 3, 4];
        let target = [1.0, 1.0, 1.0, 6.0, 1.0];
        let input = EncoderInput { column: &column, rows: &rows, target: &target, parts: &[0, 1, 0, 1, 0] };
        let (encoder, _) = fit(&spec(Encoding::TargetMean { smoothing: 2.0, folds: 2 }), &input);
        assert_eq!(encoder.unknown, Some(2.0));
        assert_eq!(encoder.values["a"], (3.0 + 4.0) / 5.0);
        assert_eq!(encoder.values["b"], (6.0 + 4.0) / 3.0);
        assert_eq!(encoder.missing, Some((1.0 + 4.0) / 3.0));
    }

    #[test]
    fn ordinal_and_frequency_know_unseen_categories() {
        let column = CategoryColumn::from_values([Some("z"), Some("a"), Some("z"), None]);
        let rows = [0, 1, 2, 3];
        let input = EncoderInput { column: &column, rows: &rows, target: &[0.0; 4], parts: &[0; 4] };
        let (ordinal, features) = fit(&spec(Encoding::Ordinal), &input);
        assert_eq!((ordinal.values["a"], ordinal.values["z"]), (0.0, 1.0));
        assert!(features[3].is_nan());
        let (frequency, features) = fit(&spec(Encoding::Frequency), &input);
        assert_eq!((frequency.values["a"], frequency.values["z"]), (0.25, 0.5));
        assert_eq!(features, [0.5, 0.25, 0.5, 0.25]);
        assert_eq!(Lookup::new(&frequency).get(Some("new")), 0.0);
    }
}
