//! Gauss-Legendre quadrature on [0, 1].

use std::f64::consts::PI;

/// Points and weights of the `n`-point rule: exact for polynomials up to degree 2 n - 1. The weights sum to 1.
///
/// Roots of the Legendre polynomial by Newton's method from the usual cosine guess (Press et al., Numerical Recipes,
/// section 4.6; Abramowitz and Stegun 25.4.30).
pub(super) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| {
            let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            let mut slope = 1.0;
            // Newton converges quadratically; the bound is never met.
            for _ in 0..100 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            ((1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// Value and derivative of the Legendre polynomial of degree `n` at `x`.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut previous, mut value) = (0.0, 1.0);
    for k in 1..=n {
        let k = k as f64;
        (previous, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * previous) / k);
    }
    (value, n as f64 * (x * value - previous) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_integrated_exactly() {
        for n in [1, 2, 3, 4, 7, 16, 64, 256] {
            let rule = gauss_legendre(n);
            for degree in [0, 1, n, 2 * n - 1] {
                let sum: f64 = rule.iter().map(|(t, w)| w * t.powi(degree as i32)).sum();
                let exact = 1.0 / (degree as f64 + 1.0);
                assert!((sum - exact).abs() < 1e-13, "n {n}, degree {degree}: {sum} for {exact}");
            }
        }
    }

    #[test]
    fn four_points_are_the_published_ones() {
        // Abramowitz and Stegun, table 25.4, moved from [-1, 1] to [0, 1].
        let rule = gauss_legendre(4);
        assert!((rule[0].0 - (1.0 - 0.861_136_311_594_052_6) / 2.0).abs() < 1e-15);
        assert!((rule[0].1 - 0.347_854_845_137_453_85 / 2.0).abs() < 1e-15);
    }
}
