//! Which rows no training ever sees.

use tidewheel_domain::random;

/// Whether the real thing with this key hash belongs to the hold-out. The hash alone decides, so that a real thing and
/// its repeats are on one side in every batch, for champion and challenger alike.
pub fn is_holdout(key: u64, share: f64) -> bool {
    random::to_unit(random::mix(key ^ 0x7a3d_51c2_9e8b_604f)) < share
}
