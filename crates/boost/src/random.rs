//! A small counter-based random generator: the same numbers on every machine and for any thread count.

/// SplitMix64 (Steele, Lea, Flood 2014), the finaliser.
#[inline]
pub(crate) fn mix(x: u64) -> u64 {
    let z = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub(crate) struct SplitMix(u64);

/// 2^64 over the golden ratio.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed ^ STEP))
    }

    #[inline]
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A whole number below `bound` (multiply-shift; its bias is below bound / 2^64).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// `count` of the numbers `0..total`, each set equally likely, ascending (partial Fisher-Yates shuffle).
    pub(crate) fn choose(&mut self, total: usize, count: usize, out: &mut Vec<u32>) {
        out.clear();
        out.extend(0..total as u32);
        for i in 0..count.min(total) {
            let j = i + self.below(total - i);
            out.swap(i, j);
        }
        out.truncate(count);
        out.sort_unstable();
    }
}

/// The `counter`-th number of the stream `key`, without a state: for sampling rows in parallel.
#[inline]
pub(crate) fn at(key: u64, counter: u64) -> u64 {
    mix(key.wrapping_add(counter.wrapping_mul(STEP)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choose_draws_distinct_ascending_numbers_evenly() {
        let mut random = SplitMix::new(7);
        let mut out = Vec::new();
        let mut hits = [0u32; 10];
        for _ in 0..2_000 {
            random.choose(10, 4, &mut out);
            assert!(out.windows(2).all(|w| w[0] < w[1]) && out.len() == 4);
            for &i in &out {
                hits[i as usize] += 1;
            }
        }
        // 800 expected, standard deviation 22.
        assert!(hits.iter().all(|&h| (690..910).contains(&h)), "{hits:?}");
    }
}
