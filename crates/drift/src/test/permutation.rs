//! Permutation test of homogeneity for counts too small for chi-square's limit.
//!
//! The pooled rows are dealt anew into two samples of the same sizes; every deal is equally likely when nothing
//! changed, whatever the counts. The p-value `(1 + deals at least as far) / (1 + deals)` never understates
//! (B. Phipson and G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010).

use super::Outcome;
use super::chi_square;
use crate::random::Random;

/// Pearson's statistic with its p-value over `deals` seeded deals; `None` as for
/// [`homogeneity`](chi_square::homogeneity).
pub fn permutation_test(a: &[u64], b: &[u64], deals: u32, seed: u64) -> Option<Outcome> {
    let statistic = chi_square::homogeneity(a, b, false)?.statistic;
    let pooled: Vec<u64> = a.iter().zip(b).map(|(x, y)| x + y).filter(|&both| both > 0).collect();
    let (n, m) = (a.iter().sum::<u64>(), b.iter().sum::<u64>());
    let random = &mut Random::new(seed);
    // deals of the same statistic must count, however it was rounded
    let at_least = statistic * (1.0 - 1e-12);
    let mut as_far = 0u32;
    for _ in 0..deals {
        let first = random.deal(&pooled, n);
        let dealt = statistic_of(&first, &pooled, n as f64, m as f64);
        as_far += u32::from(dealt >= at_least);
    }
    Some(Outcome { statistic, p_value: (1.0 + f64::from(as_far)) / (1.0 + f64::from(deals)) })
}

/// Chi-square where every expected count is at least 5 (W. G. Cochran, Biometrics 10, 1954), else the permutation test;
/// `true` beside the outcome where it was the latter.
pub fn chi_square_or_permutation(a: &[u64], b: &[u64], deals: u32, seed: u64) -> Option<(Outcome, bool)> {
    let limit = chi_square::homogeneity(a, b, false)?;
    let (n, m) = (a.iter().sum::<u64>() as f64, b.iter().sum::<u64>() as f64);
    let smaller_share = n.min(m) / (n + m);
    let small = a.iter().zip(b).any(|(x, y)| x + y > 0 && (x + y) as f64 * smaller_share < 5.0);
    if small {
        return permutation_test(a, b, deals, seed).map(|outcome| (outcome, true));
    }
    Some((Outcome { statistic: limit.statistic, p_value: limit.p_value }, false))
}

/// Pearson's statistic of two rows: `sum (x - c n/N)² N² / (c n m)`.
fn statistic_of(first: &[u64], pooled: &[u64], n: f64, m: f64) -> f64 {
    let total = n + m;
    first
        .iter()
        .zip(pooled)
        .map(|(&x, &c)| {
            let gap = x as f64 - c as f64 * n / total;
            gap * gap * total * total / (c as f64 * n * m)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_two_by_two_table_it_is_the_exact_p_value() {
        // 1 of 10 against 11 of 14: Pearson's statistic at least as far by the hypergeometric law
        let got = permutation_test(&[1, 9], &[11, 3], 200_000, 7).expect("counts");
        let choose = |n: u64, k: u64| (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>();
        let law = |x: u64| choose(12, x) * choose(12, 10 - x) / choose(24, 10);
        let exact: f64 = (0..=10)
            .filter(|&x| statistic_of(&[x, 10 - x], &[12, 12], 10.0, 14.0) >= got.statistic - 1e-9)
            .map(law)
            .sum();
        assert!((got.p_value - exact).abs() < 4.0 * (exact / 200_000.0).sqrt() + 1e-5, "{} for {exact}", got.p_value);
    }

    #[test]
    fn small_counts_alone_are_dealt() {
        let small = chi_square_or_permutation(&[3, 40], &[1, 50], 99, 1).expect("counts");
        assert_eq!(small, (permutation_test(&[3, 40], &[1, 50], 99, 1).expect("counts"), true));
        let large = chi_square_or_permutation(&[30, 40], &[10, 50], 99, 1).expect("counts");
        assert!(!large.1 && large.0.p_value < 0.01);
        assert_eq!(chi_square_or_permutation(&[3], &[1], 99, 1), None);
    }

    #[test]
    fn it_is_the_same_every_time_and_none_of_nothing() {
        let test = || permutation_test(&[3, 1, 0, 2], &[1, 1, 4, 0], 999, 1);
        assert_eq!(test(), test());
        assert_eq!(permutation_test(&[], &[], 9, 1), None);
        assert_eq!(permutation_test(&[1, 0], &[5, 0], 9, 1), None);
    }
}
