//! Repeated values: of a key they should not occur; in other columns a change of their share says that rows were copied.

use std::collections::HashSet;

use tidewheel_domain::table::Column;

/// Distinct and repeated values of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uniqueness {
    /// Present values.
    pub present: usize,
    /// Distinct ones among them.
    pub distinct: usize,
    /// `distinct / present`: 1 when no value repeats.
    pub share: f64,
}

/// Counts; missing values are left out, `-0` is `0`. `None` without a present value.
pub fn uniqueness(column: &Column) -> Option<Uniqueness> {
    let (present, distinct) = match column {
        Column::Number(values) => {
            let present = values.iter().filter(|value| !value.is_nan());
            let distinct: HashSet<u64> = present.clone().map(|value| (value + 0.0).to_bits()).collect();
            (present.count(), distinct.len())
        }
        Column::Category(column) => {
            let counts = column.counts();
            (counts.iter().sum::<u64>() as usize, counts.iter().filter(|&&rows| rows > 0).count())
        }
    };
    (present > 0).then(|| Uniqueness { present, distinct, share: distinct as f64 / present as f64 })
}

#[cfg(test)]
mod tests {
    use tidewheel_domain::table::CategoryColumn;

    use super::*;

    #[test]
    fn repeats_lower_the_share() {
        let got = uniqueness(&Column::Number(vec![0.0, -0.0, 1.0, f64::NAN, 2.0])).expect("values");
        assert_eq!((got.present, got.distinct, got.share), (4, 3, 0.75));
        let texts = Column::Category(CategoryColumn::from_values([Some("a"), Some("a"), None]));
        assert_eq!(uniqueness(&texts).expect("values").share, 0.5);
        assert_eq!(uniqueness(&Column::Number(vec![f64::NAN])), None);
    }
}
