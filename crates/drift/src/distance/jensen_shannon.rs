//! Jensen-Shannon distance, equal to `scipy.spatial.distance.jensenshannon(base=2)`.

/// Square root of the Jensen-Shannon divergence in bits, 0 (equal) to 1 (nothing in common), of two rows of weights
/// (one entry a level, normalised here); `None` when a row sums to 0.
pub fn jensen_shannon(a: &[f64], b: &[f64]) -> Option<f64> {
    let (n, m) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    if !(n > 0.0 && m > 0.0) {
        return None;
    }
    Some(a.iter().zip(b).map(|(x, y)| divergence_part(x / n, y / m)).sum::<f64>().max(0.0).sqrt())
}

/// What a level with shares `p` and `q` adds to the divergence: `p/2 log2(2p/(p+q)) + q/2 log2(2q/(p+q))`.
pub(crate) fn divergence_part(p: f64, q: f64) -> f64 {
    let half = |x: f64| if x > 0.0 { 0.5 * x * (2.0 * x / (p + q)).log2() } else { 0.0 };
    half(p) + half(q)
}
