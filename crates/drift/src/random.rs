//! Seeded draws: the same seed gives the same figures on every machine.

use crate::special::binomial_pmf;

/// Steele, Lea and Flood's splitmix64 (OOPSLA 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1, never 0.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * 2f64.powi(-53)
    }

    /// A whole number below `n`, which is at least 1.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.below(i + 1));
        }
    }

    /// `wanted` of the numbers below `n` in growing order, all of them where there are no more.
    pub(crate) fn choose(&mut self, n: usize, wanted: usize) -> Vec<usize> {
        // Knuth's algorithm S
        let mut chosen = Vec::with_capacity(wanted.min(n));
        for place in 0..n {
            let missing = wanted.min(n) - chosen.len();
            if missing > 0 && self.below(n - place) < missing {
                chosen.push(place);
            }
        }
        chosen
    }

    /// How many of `count` marked ones are among `drawn` from `total`: inversion outwards from the mode, by the ratio of
    /// neighbouring probabilities.
    pub(crate) fn hypergeometric(&mut self, count: u64, drawn: u64, total: u64) -> u64 {
        let (first, last) = ((count + drawn).saturating_sub(total), count.min(drawn));
        if first == last {
            return first;
        }
        let mode = ((count + 1) as f64 * (drawn + 1) as f64 / (total + 2) as f64).floor() as u64;
        let mode = mode.clamp(first, last);
        let ratio = |x: u64| {
            (count - x) as f64 * (drawn - x) as f64 / ((x + 1) as f64 * (total + x + 1 - count - drawn) as f64)
        };
        let (p, q) = (drawn as f64 / total as f64, (total - drawn) as f64 / total as f64);
        let at_mode = binomial_pmf(mode as f64, count as f64, p, q)
            * binomial_pmf((drawn - mode) as f64, (total - count) as f64, p, q)
            / binomial_pmf(drawn as f64, total as f64, p, q);
        let mut left = self.uniform() - at_mode;
        let (mut up, mut down) = (mode, mode);
        let (mut up_weight, mut down_weight) = (at_mode, at_mode);
        while left > 0.0 && (up < last || down > first) {
            if up < last {
                up_weight *= ratio(up);
                up += 1;
                left -= up_weight;
                if left <= 0.0 {
                    return up;
                }
            }
            if down > first {
                down -= 1;
                down_weight /= ratio(down);
                left -= down_weight;
                if left <= 0.0 {
                    return down;
                }
            }
            if up_weight.max(down_weight) < 1e-18 {
                break;
            }
        }
        mode
    }

    /// Deals pooled rows into a first sample of `first` rows, a count a level: every deal is equally likely.
    pub(crate) fn deal(&mut self, pooled: &[u64], first: u64) -> Vec<u64> {
        let (mut total, mut drawn) = (pooled.iter().sum::<u64>(), first);
        pooled
            .iter()
            .map(|&count| {
                let here = self.hypergeometric(count, drawn, total);
                total -= count;
                drawn -= here;
                here
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypergeometric_draws_have_their_mean_and_variance() {
        let random = &mut Random::new(5);
        for (count, drawn, total) in [(5, 3, 10), (400, 1000, 5000), (1, 1, 2), (10, 10, 10), (0, 3, 7)] {
            let draws: Vec<f64> = (0..40_000).map(|_| random.hypergeometric(count, drawn, total) as f64).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            let (c, n, t) = (count as f64, drawn as f64, total as f64);
            let want = n * c / t;
            let spread = n * c / t * (1.0 - c / t) * (t - n) / (t - 1.0);
            assert!((mean - want).abs() <= 5.0 * (spread / draws.len() as f64).sqrt(), "{mean} for {want}");
            assert!((variance - spread).abs() <= 0.06 * spread, "{variance} for {spread}");
        }
    }

    #[test]
    fn chosen_numbers_grow_and_a_deal_keeps_its_sizes() {
        let random = &mut Random::new(1);
        let chosen = random.choose(1000, 100);
        assert!(chosen.len() == 100 && chosen.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(random.choose(3, 5), [0, 1, 2]);
        assert_eq!(random.choose(0, 5), [0usize; 0]);
        let dealt = random.deal(&[5, 0, 7, 100], 60);
        assert_eq!(dealt.iter().sum::<u64>(), 60);
    }
}
