//! Rows of both sides by segment: levels of a category, matched by their text.

use std::collections::HashMap;
use std::sync::Arc;

use tidewheel_domain::table::{CategoryColumn, MISSING};

/// The segments that occur on either side, and which of them each row belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segments {
    /// Names in order of their text; `None`, rows where the category is missing, is a segment of its own and the first.
    pub names: Vec<Option<Arc<str>>>,
    /// The place in `names` of each row of the reference.
    pub reference: Vec<usize>,
    /// The place in `names` of each row of the current side.
    pub current: Vec<usize>,
}

impl Segments {
    /// Matches the levels of both sides.
    pub fn of(reference: &CategoryColumn, current: &CategoryColumn) -> Self {
        let mut names: Vec<Option<Arc<str>>> = Vec::new();
        for side in [reference, current] {
            for (level, rows) in side.levels.iter().zip(side.counts()) {
                if rows > 0 {
                    names.push(Some(Arc::clone(level)));
                }
            }
            if side.codes.contains(&MISSING) {
                names.push(None);
            }
        }
        names.sort();
        names.dedup();
        let places: HashMap<&str, usize> =
            names.iter().enumerate().filter_map(|(place, name)| name.as_deref().map(|name| (name, place))).collect();
        let rows = |side: &CategoryColumn| -> Vec<usize> {
            let of_code: Vec<usize> =
                side.levels.iter().map(|level| places.get(&**level).copied().unwrap_or_default()).collect();
            // the missing ones come first where there are any
            side.codes.iter().map(|&code| if code == MISSING { 0 } else { of_code[code as usize] }).collect()
        };
        let (reference, current) = (rows(reference), rows(current));
        Self { names, reference, current }
    }

    /// Number of segments.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether neither side has a row.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Count, mean and sum of squared deviations of the values of one segment (Welford 1962).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Moments {
    pub(super) rows: u64,
    pub(super) mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.rows += 1;
        let gap = value - self.mean;
        self.mean += gap / self.rows as f64;
        self.squares += gap * (value - self.mean);
    }

    /// Variance with ddof 1; 0 of fewer than two rows.
    pub(super) fn variance(self) -> f64 {
        if self.rows < 2 { 0.0 } else { self.squares / (self.rows - 1) as f64 }
    }

    /// Of the values that are not NaN, a segment each; rows beyond the shorter slice are left out.
    pub(super) fn by_segment(segments: usize, rows: &[usize], values: &[f64]) -> Vec<Self> {
        let mut all = vec![Self::default(); segments];
        for (&segment, &value) in rows.iter().zip(values) {
            if !value.is_nan() {
                all[segment].add(value);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_meet_by_their_text_and_missing_is_one_of_them() {
        let reference = CategoryColumn::from_values([Some("b"), Some("a"), None]);
        let current = CategoryColumn::from_values([Some("c"), Some("b")]);
        let segments = Segments::of(&reference, &current);
        let names: Vec<_> = segments.names.iter().map(|name| name.as_deref()).collect();
        assert_eq!(names, [None, Some("a"), Some("b"), Some("c")]);
        assert_eq!((segments.reference, segments.current), (vec![2, 1, 0], vec![3, 2]));
        assert!(Segments::of(&CategoryColumn::default(), &CategoryColumn::default()).is_empty());
    }
}
