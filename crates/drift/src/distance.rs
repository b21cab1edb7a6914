//! Distances between two samples.

/// What a distance of categories is by chance alone.
pub mod chance;

/// Energy distance.
pub mod energy;

/// Figures as Evidently reports them.
pub mod evidently;

/// Hellinger distance.
pub mod hellinger;

/// Jensen-Shannon distance.
pub mod jensen_shannon;

/// Population stability index.
pub mod psi;

/// Total variation distance.
pub mod total_variation;

/// Wasserstein distance.
pub mod wasserstein;

/// Calls `step(i, j, from, to)` for each interval between neighbouring distinct values of two growing samples, where
/// `i` values of the first and `j` of the second lie at or below `from`.
fn between_values(a: &[f64], b: &[f64], mut step: impl FnMut(usize, usize, f64, f64)) {
    let next = |i: usize, j: usize| match (a.get(i), b.get(j)) {
        (Some(&x), Some(&y)) => Some(x.min(y)),
        (Some(&x), None) | (None, Some(&x)) => Some(x),
        (None, None) => None,
    };
    let (mut i, mut j) = (0, 0);
    while let Some(x) = next(i, j) {
        while i < a.len() && a[i] == x {
            i += 1;
        }
        while j < b.len() && b[j] == x {
            j += 1;
        }
        if let Some(to) = next(i, j) {
            step(i, j, x, to);
        }
    }
}
