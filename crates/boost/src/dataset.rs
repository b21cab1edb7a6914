//! The binned data set: made once, trained on many times.

use rayon::prelude::*;

use crate::cuts;

/// Features cut into at most 256 bins, one byte each, and the cuts between the bins.
///
/// Binning costs about as much as a few trees; cross-validation and tuning bin once and train on row subsets.
/// Missing values (NaN) have a bin of their own.
#[derive(Debug, Clone)]
pub struct Dataset {
    num_rows: usize,
    max_bin: usize,
    names: Vec<String>,
    cuts: Vec<Vec<f32>>,
    /// Row by row, for histograms. Invariant: `rows[r * num_features + f] < num_cells(f)`.
    rows: Vec<u8>,
    /// Column by column, for splitting nodes. Same bytes as `rows`.
    columns: Vec<u8>,
}

/// Features that cannot be made into a [`Dataset`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DatasetError {
    /// No column, or columns without rows.
    #[error("the data set has {rows} rows and {features} features, needs at least one of each")]
    Empty {
        /// Rows given.
        rows: usize,
        /// Features given.
        features: usize,
    },
    /// Columns of different length.
    #[error("feature {feature} has {rows} rows, feature 0 has {expected}")]
    Ragged {
        /// Index of the column.
        feature: usize,
        /// Its rows.
        rows: usize,
        /// Rows of the first column.
        expected: usize,
    },
    /// A row-major buffer whose length is no multiple of the number of features.
    #[error("{values} values do not make whole rows of {features} features")]
    PartialRow {
        /// Length of the buffer.
        values: usize,
        /// Features a row.
        features: usize,
    },
    /// A number of names other than the number of features.
    #[error("{names} feature names for {features} features")]
    Names {
        /// Names given.
        names: usize,
        /// Features given.
        features: usize,
    },
    /// An infinite feature value, or one of the largest size that f32 has (kept for the threshold "any value");
    /// missing values are written as NaN.
    #[error("feature {feature} is {value} in row {row}, features are below 3.4028234e38 in size, or NaN")]
    Infinite {
        /// Index of the column.
        feature: usize,
        /// Index of the row.
        row: usize,
        /// The value.
        value: f32,
    },
    /// `max_bin` out of range.
    #[error("`max_bin` is {0}, allowed is 2 to 256")]
    MaxBin(usize),
    /// More rows than row numbers.
    #[error("{0} rows, at most 4294967295 are allowed")]
    TooManyRows(usize),
}

/// From this many values on, binning uses the rayon pool.
const PARALLEL_VALUES: usize = 1 << 19;
/// Rows a block when the columns are transposed.
const BLOCK: usize = 1 << 13;

impl Dataset {
    /// Bins columns of equal length. `names` is empty or has one name per column.
    ///
    /// # Errors
    /// Columns that are empty, of different length or infinite, names that do not fit, `max_bin` outside 2 to 256.
    pub fn from_columns<C: AsRef<[f32]> + Sync>(
        columns: &[C],
        names: &[String],
        max_bin: usize,
    ) -> Result<Self, DatasetError> {
        let expected = columns.first().map_or(0, |column| column.as_ref().len());
        if let Some(feature) = columns.iter().position(|column| column.as_ref().len() != expected) {
            return Err(DatasetError::Ragged { feature, rows: columns[feature].as_ref().len(), expected });
        }
        let num_features = columns.len();
        if expected == 0 {
            return Err(DatasetError::Empty { rows: expected, features: num_features });
        }
        if !names.is_empty() && names.len() != num_features {
            return Err(DatasetError::Names { names: names.len(), features: num_features });
        }
        if !(2..=256).contains(&max_bin) {
            return Err(DatasetError::MaxBin(max_bin));
        }
        if u32::try_from(expected).is_err() {
            return Err(DatasetError::TooManyRows(expected));
        }
        let value_bins = max_bin.min(255);
        let parallel = expected * num_features >= PARALLEL_VALUES;

        let bin_column = |feature: usize, bins: &mut [u8]| {
            let column = columns[feature].as_ref();
            if let Some(row) = column.iter().position(|x| x.abs() >= f32::MAX) {
                return Err(DatasetError::Infinite { feature, row, value: column[row] });
            }
            let cuts = cuts::find(column, value_bins);
            for (bin, &x) in bins.iter_mut().zip(column) {
                *bin = cuts::bin_of(&cuts, x);
            }
            Ok(cuts)
        };
        let mut binned = vec![0u8; expected * num_features];
        let cuts: Vec<Vec<f32>> = if parallel {
            binned
                .par_chunks_mut(expected)
                .enumerate()
                .map(|(f, bins)| bin_column(f, bins))
                .collect::<Result<_, _>>()?
        } else {
            binned.chunks_mut(expected).enumerate().map(|(f, bins)| bin_column(f, bins)).collect::<Result<_, _>>()?
        };

        let mut rows = vec![0u8; expected * num_features];
        let transpose = |(block, out): (usize, &mut [u8])| {
            let first = block * BLOCK;
            for (f, column) in binned.chunks(expected).enumerate() {
                for (row, &bin) in out.chunks_mut(num_features).zip(&column[first..]) {
                    row[f] = bin;
                }
            }
        };
        if parallel {
            rows.par_chunks_mut(BLOCK * num_features).enumerate().for_each(transpose);
        } else {
            rows.chunks_mut(BLOCK * num_features).enumerate().for_each(transpose);
        }

        Ok(Self { num_rows: expected, max_bin, names: names.to_vec(), cuts, rows, columns: binned })
    }

    /// Bins a row-major buffer of rows of `num_features` values.
    ///
    /// # Errors
    /// As [`Dataset::from_columns`], and a buffer that does not hold whole rows.
    pub fn from_rows(
        values: &[f32],
        num_features: usize,
        names: &[String],
        max_bin: usize,
    ) -> Result<Self, DatasetError> {
        if num_features == 0 {
            return Err(DatasetError::Empty { rows: 0, features: 0 });
        }
        if !values.len().is_multiple_of(num_features) {
            return Err(DatasetError::PartialRow { values: values.len(), features: num_features });
        }
        let columns: Vec<Vec<f32>> =
            (0..num_features).map(|f| values.iter().skip(f).step_by(num_features).copied().collect()).collect();
        Self::from_columns(&columns, names, max_bin)
    }

    /// Number of rows.
    pub fn num_rows(&self) -> usize {
        self.num_rows
    }

    /// Number of features.
    pub fn num_features(&self) -> usize {
        self.cuts.len()
    }

    /// Names of the features; empty when none were given.
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// The `max_bin` that the data set was binned with.
    pub fn max_bin(&self) -> usize {
        self.max_bin
    }

    /// The cuts of a feature, ascending. A split is "left if x < cut".
    ///
    /// # Panics
    /// If there is no such feature.
    pub fn cuts(&self, feature: usize) -> &[f32] {
        &self.cuts[feature]
    }

    /// All bins, row by row.
    pub(crate) fn row_bins(&self) -> &[u8] {
        &self.rows
    }

    /// The bins of a feature, one a row.
    pub(crate) fn column_bins(&self, feature: usize) -> &[u8] {
        &self.columns[feature * self.num_rows..(feature + 1) * self.num_rows]
    }

    /// Number of histogram cells of a feature: the missing bin and the value bins. Every bin of the feature is below.
    pub(crate) fn num_cells(&self, feature: usize) -> u32 {
        self.cuts[feature].len() as u32 + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_give_the_same_bins() {
        let columns = vec![vec![1.0, 2.0, f32::NAN, 2.0], vec![5.0, 4.0, 3.0, 2.0]];
        let values: Vec<f32> = (0..4).flat_map(|r| [columns[0][r], columns[1][r]]).collect();
        let a = Dataset::from_columns(&columns, &[], 16).expect("good columns");
        let b = Dataset::from_rows(&values, 2, &[], 16).expect("good rows");
        assert_eq!(a.row_bins(), [1, 4, 2, 3, 0, 2, 2, 1]);
        assert_eq!((a.row_bins(), a.column_bins(1)), (b.row_bins(), b.column_bins(1)));
        assert_eq!((a.num_cells(0), a.num_cells(1)), (3, 5));
    }

    #[test]
    fn bad_input_is_named() {
        let none: [Vec<f32>; 0] = [];
        assert!(matches!(Dataset::from_columns(&none, &[], 16), Err(DatasetError::Empty { .. })));
        assert!(matches!(
            Dataset::from_columns(&[vec![1.0, 2.0], vec![1.0]], &[], 16),
            Err(DatasetError::Ragged { feature: 1, rows: 1, expected: 2 })
        ));
        assert!(matches!(
            Dataset::from_columns(&[vec![1.0, f32::INFINITY]], &[], 16),
            Err(DatasetError::Infinite { feature: 0, row: 1, .. })
        ));
        assert!(matches!(Dataset::from_columns(&[vec![1.0]], &[], 1), Err(DatasetError::MaxBin(1))));
        assert!(matches!(Dataset::from_rows(&[1.0; 5], 2, &[], 16), Err(DatasetError::PartialRow { .. })));
        assert!(matches!(
            Dataset::from_columns(&[vec![1.0]], &["a".into(), "b".into()], 16),
            Err(DatasetError::Names { names: 2, features: 1 })
        ));
    }

    #[test]
    fn at_256_bins_a_byte_still_holds_the_missing_bin() {
        let column: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        let data = Dataset::from_columns(&[column], &[], 256).expect("good column");
        assert_eq!((data.cuts(0).len(), data.row_bins().iter().max()), (254, Some(&255)));
    }
}
