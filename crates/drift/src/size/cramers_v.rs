//! Cramer's V of side against level, 0 (same shares) to 1, corrected for bias: uncorrected it grows with the number of
//! levels though nothing changed.
//!
//! W. Bergsma, A bias-correction for Cramer's V and Tschuprow's T (J. Korean Statistical Society 42, 2013): with
//! `φ² = χ²/N`, `φ²₊ = max(0, φ² - (r-1)(c-1)/(N-1))` and `r' = r - (r-1)²/(N-1)`, `V = sqrt(φ²₊ / (min(r', c') - 1))`.

use crate::test::chi_square::homogeneity;

/// Both forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CramersV {
    /// Corrected for bias.
    pub value: f64,
    /// As Cramer (1946) has it.
    pub uncorrected: f64,
}

/// From rows a level, same order on both sides; `None` when a side has no row or fewer than two levels occur.
pub fn cramers_v(a: &[u64], b: &[u64]) -> Option<CramersV> {
    let test = homogeneity(a, b, false)?;
    let total = (a.iter().sum::<u64>() + b.iter().sum::<u64>()) as f64;
    let square = test.statistic / total;
    let others = total - 1.0;
    let less_levels = test.degrees_of_freedom as f64;
    // two sides: (r - 1) = 1
    let excess = (square - less_levels / others).max(0.0);
    let sides = 2.0 - 1.0 / others;
    let levels = less_levels + 1.0 - less_levels * less_levels / others;
    let least = sides.min(levels) - 1.0;
    let value = if least > 0.0 { (excess / least).sqrt().min(1.0) } else { 0.0 };
    Some(CramersV { value, uncorrected: square.sqrt().min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_when_sides_share_no_level_and_none_of_nothing() {
        let apart = cramers_v(&[500, 0], &[0, 500]).expect("rows");
        assert!((apart.value - 1.0).abs() < 1e-12 && apart.uncorrected == 1.0);
        let same = cramers_v(&[50, 50], &[50, 50]).expect("rows");
        assert_eq!((same.value, same.uncorrected), (0.0, 0.0));
        assert_eq!(cramers_v(&[1, 0], &[1, 0]), None);
        assert_eq!(cramers_v(&[], &[]), None);
        assert!(cramers_v(&[1, 0], &[0, 1]).expect("rows").value.is_finite());
    }

    #[test]
    fn many_levels_alone_give_nothing() {
        // 200 levels, the sides deal them out as chance would: χ² about its degrees of freedom
        let a: Vec<u64> = (0..200).map(|i| 5 + i % 3).collect();
        let b: Vec<u64> = (0..200).map(|i| 5 + (i / 3) % 3).collect();
        let got = cramers_v(&a, &b).expect("rows");
        assert!(got.uncorrected > 0.09 && got.value < 0.05, "{got:?}");
    }
}
