//! Cliff's delta: P(b > a) - P(b < a) for one value drawn from each side, -1 to 1; needs no more than an order.
//!
//! N. Cliff, Dominance statistics (Psychological Bulletin 114, 1993) for the unbiased variance; the asymmetric interval of
//! D. Feng and N. Cliff, Monte Carlo evaluation of ordinal d (J. Modern Applied Statistical Methods 3, 2004), which stays
//! within -1 to 1.

use super::Size;
use crate::effect::Level;
use crate::special::student_t_upper_quantile;

/// Of two growing samples (no NaN, infinities allowed); `None` with fewer than two values on a side.
pub fn cliffs_delta(a: &[f64], b: &[f64], level: Level) -> Option<Size> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (of_a, tied) = dominance(a, b);
    let (of_b, _) = dominance(b, a);
    // a value of a stands `-dominance` above the b's
    let delta = -of_a.iter().sum::<f64>() / n;
    let spread = |of: &[f64], centre: f64| of.iter().map(|d| (d - centre) * (d - centre)).sum::<f64>();
    let (rows, columns) = (spread(&of_a, -delta), spread(&of_b, delta));
    let cells = n * m - tied - n * m * delta * delta;
    let variance = (m * m * rows + n * n * columns - cells) / (n * m * (n - 1.0) * (m - 1.0));
    // the unbiased estimate may fall below zero; Cliff's least value
    let variance = variance.max((1.0 - delta * delta) / (n * m - 1.0)).max(0.0);
    let degrees_of_freedom = n + m - 2.0;
    let end = |chance: f64, sign: f64| {
        let t = student_t_upper_quantile(chance, degrees_of_freedom);
        let (dd, tt) = (delta * delta, t * t * variance);
        let denominator = 1.0 - dd + tt;
        if denominator <= 0.0 {
            return delta;
        }
        (delta - delta * dd + sign * t * variance.sqrt() * ((1.0 - dd) * (1.0 - dd) + tt).sqrt()) / denominator
    };
    let (low, high) = (end(level.low.chance, -1.0), end(level.high.chance, 1.0));
    // complete separation has no spread to estimate: as far as (n, m) rows can tell, P <= 1 - chance^(1/rows)
    let doubt = |chance: f64| 2.0 * (1.0 - chance.powf(1.0 / n.min(m)));
    let low = if delta == 1.0 { 1.0 - doubt(level.low.chance) } else { low };
    let high = if delta == -1.0 { doubt(level.high.chance) - 1.0 } else { high };
    Some(Size { value: delta, low: low.clamp(-1.0, delta), high: high.clamp(delta, 1.0) })
}

/// For each value, the mean over the other sample of the sign of its difference to it; and the number of tied pairs.
fn dominance(values: &[f64], others: &[f64]) -> (Vec<f64>, f64) {
    let m = others.len();
    let (mut below, mut up_to, mut tied) = (0, 0, 0.0);
    let all = values
        .iter()
        .map(|&value| {
            while below < m && others[below] < value {
                below += 1;
            }
            while up_to < m && others[up_to] <= value {
                up_to += 1;
            }
            tied += (up_to - below) as f64;
            (below as f64 - (m - up_to) as f64) / m as f64
        })
        .collect();
    (all, tied)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::effect::Tail;

    fn level() -> Level {
        Level { low: Tail::new(0.025), high: Tail::new(0.025) }
    }

    #[test]
    fn its_ends_are_complete_separation() {
        let apart = cliffs_delta(&[1.0, 2.0], &[3.0, 4.0], level()).expect("values");
        assert_eq!((apart.value, apart.high), (1.0, 1.0));
        assert!(apart.low < 1.0);
        let same = cliffs_delta(&[5.0; 4], &[5.0; 3], level()).expect("values");
        assert_eq!(same.value, 0.0);
        assert!(same.low < 0.0 && same.high > 0.0);
        assert_eq!(cliffs_delta(&[1.0], &[1.0, 2.0], level()), None);
        assert_eq!(cliffs_delta(&[], &[], level()), None);
    }

    proptest! {
        #[test]
        fn it_is_the_mean_over_all_pairs(
            mut a in prop::collection::vec(-9i32..9, 2..40), mut b in prop::collection::vec(-9i32..9, 2..40)
        ) {
            a.sort_unstable();
            b.sort_unstable();
            let sum: i32 = a.iter().flat_map(|x| b.iter().map(move |y| (y - x).signum())).sum();
            let want = f64::from(sum) / (a.len() * b.len()) as f64;
            let numbers = |v: &[i32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let got = cliffs_delta(&numbers(&a), &numbers(&b), level()).expect("values");
            prop_assert!((got.value - want).abs() < 1e-12);
            prop_assert!(-1.0 <= got.low && got.low <= got.value && got.value <= got.high && got.high <= 1.0);
        }
    }
}
