//! Difference of the shares of missing values.

use super::interval::{difference_of_shares, visible_share};
use super::{Estimate, Level};

/// How far the missing shares lie apart, either way; each side is given as (missing rows, rows), rows at least 1.
pub fn missing((missing_a, n): (usize, usize), (missing_b, m): (usize, usize), level: Level, bound: f64) -> Estimate {
    let (n, m) = (n as f64, m as f64);
    let (a, b) = (missing_a as f64 / n, missing_b as f64 / m);
    // It may lie on either side, so each side gets half of the lower end's error.
    let each = Level { low: level.low.part(0.5), ..level };
    let (in_a, in_b) = ((missing_a as f64, n), (missing_b as f64, m));
    let (up, down) = (difference_of_shares(in_a, in_b, each), difference_of_shares(in_b, in_a, each));
    let (low, high) = (up.0.max(down.0).max(0.0), up.1.max(down.1));
    Estimate {
        value: (b - a).abs(),
        low,
        high,
        visible_from: visible_share(a, bound, n, m, each),
        reference: Some(a),
        current: Some(b),
        chance: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_both_ways() {
        let level = Level::new(0.05, 12);
        let more = missing((100, 10_000), (1_000, 10_000), level, 0.02);
        let fewer = missing((1_000, 10_000), (100, 10_000), level, 0.02);
        assert!((more.value - 0.09).abs() < 1e-12 && (fewer.value - 0.09).abs() < 1e-12);
        assert!(more.low > 0.02 && fewer.low > 0.02);
        let none = missing((0, 5), (0, 7), level, 0.02);
        assert!(none.value == 0.0 && none.low == 0.0 && none.high > 0.02);
    }
}
