//! What a distance of categories is by chance alone: with many levels it is large though nothing changed.
//!
//! The pooled rows are dealt into two samples of the same sizes, seeded; the mean over the deals is what sampling gives,
//! and the excess over it the part that means something. (The deciding distance of categories computes that mean
//! without drawing: [`effect::categorical`](crate::effect::categorical).)

use crate::random::Random;

/// A distance beside its law when nothing changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excess {
    /// The measured distance.
    pub measured: f64,
    /// Its mean over the deals.
    pub chance: f64,
    /// Its standard deviation over the deals.
    pub chance_sd: f64,
    /// `max(0, measured - chance)`.
    pub excess: f64,
    /// `(1 + deals at least as far) / (1 + deals)`.
    pub p_value: f64,
}

/// The excess of any distance of two rows of weights, from rows a level (same order on both sides), over `deals` seeded
/// deals (at least 1); `None` where the distance has no finite value.
pub fn excess(
    a: &[u64],
    b: &[u64],
    distance: impl Fn(&[f64], &[f64]) -> Option<f64>,
    deals: u32,
    seed: u64,
) -> Option<Excess> {
    let as_weights = |counts: &[u64]| counts.iter().map(|&rows| rows as f64).collect::<Vec<f64>>();
    let measured = distance(&as_weights(a), &as_weights(b)).filter(|d| d.is_finite())?;
    let pooled: Vec<u64> = a.iter().zip(b).map(|(x, y)| x + y).collect();
    let n = a.iter().sum::<u64>();
    let random = &mut Random::new(seed);
    let (mut sum, mut squares, mut as_far) = (0.0, 0.0, 0.0);
    for _ in 0..deals.max(1) {
        let first = random.deal(&pooled, n);
        let second: Vec<u64> = pooled.iter().zip(&first).map(|(all, first)| all - first).collect();
        let dealt = distance(&as_weights(&first), &as_weights(&second)).filter(|d| d.is_finite())?;
        sum += dealt;
        squares += dealt * dealt;
        as_far += f64::from(u8::from(dealt >= measured - 1e-12 * measured.abs()));
    }
    let deals = f64::from(deals.max(1));
    let chance = sum / deals;
    Some(Excess {
        measured,
        chance,
        chance_sd: (squares / deals - chance * chance).max(0.0).sqrt(),
        excess: (measured - chance).max(0.0),
        p_value: (1.0 + as_far) / (1.0 + deals),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::total_variation::total_variation;

    #[test]
    fn many_levels_lie_apart_by_chance() {
        // 500 levels with two rows a side, on average; nothing changed
        let random = &mut Random::new(3);
        let counts = |random: &mut Random| {
            let mut counts = vec![0u64; 500];
            (0..1000).for_each(|_| counts[random.below(500)] += 1);
            counts
        };
        let (a, b) = (counts(random), counts(random));
        let got = excess(&a, &b, total_variation, 200, 1).expect("rows");
        assert!(got.measured > 0.3 && got.excess < 0.05 && got.p_value > 0.01, "{got:?}");
        assert_eq!(excess(&[0], &[1], total_variation, 10, 1), None);
    }
}
