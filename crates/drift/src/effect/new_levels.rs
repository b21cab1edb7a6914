//! Share of rows in levels that the reference lacks, less the share that chance gives.
//!
//! Even when nothing changed, some rows fall into levels that the reference happens not to hold. I. J. Good and
//! A. M. Turing (Biometrika 40, 1953): their expected share is the share of singletons, levels with one row. The error
//! of that estimate has the variance `(N1 (1 - N1/n) + 2 N2) / n²` (W. W. Esty, Ann. Stat. 11, 1983), where N1 and N2
//! count the levels with one and two rows.

use super::interval::{difference, visible_share, wilson};
use super::{Estimate, Level};

/// The excess, from the counts a level (same order on both sides); `None` when a side has no row.
pub fn new_levels(reference: &[u64], current: &[u64], level: Level, bound: f64) -> Option<Estimate> {
    let (n, m) = (reference.iter().sum::<u64>() as f64, current.iter().sum::<u64>() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let unseen_rows =
        reference.iter().zip(current).filter(|&(&old, _)| old == 0).map(|(_, &new)| new).sum::<u64>() as f64;
    let share = unseen_rows / m;
    let of = |rows: u64| reference.iter().filter(|&&count| count == rows).count() as f64;
    let (singles, doubles) = (of(1), of(2));
    let chance = singles / n;
    let at = |z: f64| difference(chance, unseen_mass(singles, doubles, n, z), share, wilson(unseen_rows, m, z));
    let (low, high) = (at(level.low.z).0, at(level.high.z).1);
    let estimate = Estimate {
        value: (share - chance).max(0.0),
        low: low.max(0.0),
        high: high.max(0.0),
        visible_from: visible_share(chance, bound, n, m, level),
        reference: Some(0.0),
        current: Some(share),
        chance: Some(chance),
    };
    Some(estimate.doubted(n as usize, m as usize))
}

/// Interval of the probability of all levels that the reference lacks: a score interval, which stays sensible when
/// there are no singletons (then its upper end is z²/n).
fn unseen_mass(singles: f64, doubles: f64, n: f64, z: f64) -> (f64, f64) {
    let spread = z * (singles * (1.0 - singles / n) + 2.0 * doubles + z * z / 4.0).sqrt();
    let centre = singles + z * z / 2.0;
    let low = if singles == 0.0 { 0.0 } else { ((centre - spread) / n).clamp(0.0, singles / n) };
    (low, ((centre + spread) / n).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> Level {
        Level::new(0.05, 12)
    }

    #[test]
    fn what_chance_gives_is_taken_off() {
        // 200 singletons of 1,000 rows: a fifth of the new rows is expected in levels never seen
        let mut reference = vec![8; 100];
        reference.extend([1; 200]);
        reference.extend([0; 200]);
        let mut current = vec![8; 100];
        current.extend([0; 200]);
        current.extend([1; 200]);
        let got = new_levels(&reference, &current, level(), 0.02).expect("rows");
        assert_eq!((got.value, got.low, got.chance), (0.0, 0.0, Some(0.2)));
    }

    #[test]
    fn a_new_level_of_five_percent_is_found() {
        let got = new_levels(&[5000, 5000, 0], &[4750, 4750, 500], level(), 0.02).expect("rows");
        assert!((got.value - 0.05).abs() < 1e-12 && got.low > 0.02, "{got:?}");
        assert_eq!(new_levels(&[0, 0], &[1, 2], level(), 0.02), None);
    }
}
