//! Which rows no training ever sees.

use tidewheel_domain::random;

pub use tidewheel_data::split::is_holdout;

/// The fold of a key, independent of the hold-out and of the encoders' parts.
pub fn fold_of_key(key: u64, folds: usize, seed: u64) -> usize {
    (random::mix(key ^ random::mix(seed ^ 0x2f6c_8e15_b7d0_934a)) % folds as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hold_out_has_its_share_and_folds_are_even_inside_and_outside() {
        let keys = (0..100_000_u64).map(random::mix).collect::<Vec<_>>();
        let (inside, outside): (Vec<u64>, Vec<u64>) = keys.iter().partition(|&&key| is_holdout(key, 0.2));
        assert!((19_500..20_500).contains(&inside.len()), "{}", inside.len());
        for side in [inside, outside] {
            let mut counts = [0_usize; 3];
            for key in &side {
                counts[fold_of_key(*key, 3, 42)] += 1;
            }
            let expected = side.len() / 3;
            for count in counts {
                assert!(count.abs_diff(expected) < expected / 20, "{counts:?}");
            }
        }
    }
}
