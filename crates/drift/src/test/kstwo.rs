//! Distribution of the two-sided Kolmogorov-Smirnov statistic D of n observations against a known distribution.
//!
//! R. Simard and P. L'Ecuyer, "Computing the Two-Sided Kolmogorov-Smirnov Distribution", J. Stat. Software 39 (2011),
//! with the regions that scipy's `kstwo` uses, so that both give the same numbers.

use std::f64::consts::PI;

use crate::special::{binomial_pmf, stirling_error};

/// P(D >= d) for `n` observations. Relative error about 1e-11, also far in the tail.
pub fn survival(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let t = size * d;
    if n == 0 || t <= 0.5 {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    if t <= 1.0 {
        // Ruben and Gambino: P(D < d) = n! (2d - 1/n)^n; n!/n^n = sqrt(2 pi n) e^(stirling error - n)
        let log = stirling_error(size) - size + 0.5 * (2.0 * PI * size).ln() + size * (2.0 * t - 1.0).ln();
        return -log.exp_m1();
    }
    if t >= size - 1.0 {
        return 2.0 * (1.0 - d).powf(size);
    }
    let squared = t * d;
    if d >= 0.5 || (n <= 140 && squared > 4.0) || (n > 140 && (2.2..370.0).contains(&squared)) {
        // Miller: two one-sided events that hardly ever occur together (never, from d = 1/2 on).
        return (2.0 * one_sided_survival(n, d)).min(1.0);
    }
    if n > 140 && squared >= 370.0 {
        return 0.0;
    }
    let cdf = if n <= 140 || (n <= 100_000 && size * d.powf(1.5) <= 1.4) {
        cdf_by_matrix_power(n, d)
    } else {
        cdf_by_expansion(size, d)
    };
    (1.0 - cdf).clamp(0.0, 1.0)
}

/// P(D+ >= d), Smirnov 1944: `d sum_j C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j)` over `j <= n (1 - d)`,
/// each term as a binomial probability over `d + j/n`.
///
/// For many observations the terms are samples of a smooth function that vanishes at both ends, so the sum over every
/// h-th term, times h, is the same number to all digits (trapezoidal rule).
pub fn one_sided_survival(n: u64, d: f64) -> f64 {
    const TERMS: u64 = 2048;
    let size = n as f64;
    let last = (size * (1.0 - d)).floor() as u64;
    let stride = if last > 8 * TERMS { last / TERMS } else { 1 };
    let mut sum = 0.0;
    let mut j = 0;
    while j <= last {
        let p = d + j as f64 / size;
        let q = ((n - j) as f64 / size - d).max(0.0);
        sum += binomial_pmf(j as f64, size, p.min(1.0), q) / p;
        j += stride;
    }
    d * stride as f64 * sum
}

/// P(D < d) exactly: Durbin's matrix, its power by Marsaglia, Tsang and Wang (J. Stat. Software 8, 2003).
fn cdf_by_matrix_power(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let k = (size * d).ceil();
    let h = k - size * d;
    let k = k as usize;
    let m = 2 * k - 1;
    let mut matrix = vec![0.0; m * m];
    let mut inverse_factorial = vec![1.0; m + 1];
    for i in 1..=m {
        inverse_factorial[i] = inverse_factorial[i - 1] / i as f64;
    }
    for row in 0..m {
        for column in 1..m.min(row + 2) {
            matrix[row * m + column] = inverse_factorial[row + 1 - column];
        }
    }
    for i in 0..m {
        let edge = (1.0 - h.powi(i as i32 + 1)) * inverse_factorial[i + 1];
        matrix[i * m] = edge;
        matrix[(m - 1) * m + (m - 1 - i)] = edge;
    }
    let corner = (2.0 * h - 1.0).max(0.0).powi(m as i32) - 2.0 * h.powi(m as i32);
    matrix[(m - 1) * m] = (1.0 + corner) * inverse_factorial[m];

    // The k-th row of the n-th power, by squaring; powers of two are kept aside, so nothing overflows.
    let mut row = vec![0.0; m];
    row[k - 1] = 1.0;
    let (mut row_exponent, mut matrix_exponent) = (0i32, 0i32);
    let mut left = n;
    loop {
        if left & 1 == 1 {
            row = row_times(&row, &matrix, m);
            row_exponent += matrix_exponent;
            row_exponent += rescale(&mut row, k - 1);
        }
        left >>= 1;
        if left == 0 {
            break;
        }
        matrix = square(&matrix, m);
        matrix_exponent *= 2;
        matrix_exponent += rescale(&mut matrix, (k - 1) * m + k - 1);
    }
    // times n! / n^n
    let log = row[k - 1].ln() + f64::from(row_exponent) * 2f64.ln() + stirling_error(size) - size
        + 0.5 * (2.0 * PI * size).ln();
    log.exp()
}

fn row_times(row: &[f64], matrix: &[f64], m: usize) -> Vec<f64> {
    let mut result = vec![0.0; m];
    for (&factor, line) in row.iter().zip(matrix.chunks_exact(m)) {
        if factor != 0.0 {
            result.iter_mut().zip(line).for_each(|(sum, &x)| *sum += factor * x);
        }
    }
    result
}

fn square(matrix: &[f64], m: usize) -> Vec<f64> {
    matrix.chunks_exact(m).flat_map(|row| row_times(row, matrix, m)).collect()
}

/// Divides all by a power of two when the entry at `pivot` grows large; returns the exponent.
fn rescale(values: &mut [f64], pivot: usize) -> i32 {
    const EXPONENT: i32 = 128;
    let large = 2f64.powi(EXPONENT);
    let scale = match values[pivot] {
        x if x > large => large.recip(),
        x if x > 0.0 && x < large.recip() => large,
        _ => return 0,
    };
    for value in values.iter_mut() {
        *value *= scale;
    }
    if scale < 1.0 { EXPONENT } else { -EXPONENT }
}

/// P(D < d) for large n: W. Pelz and I. J. Good, J. Royal Stat. Soc. B 38 (1976): four terms in powers of 1/sqrt(n),
/// written with theta functions that converge fast for small `z = sqrt(n) d`.
fn cdf_by_expansion(n: f64, d: f64) -> f64 {
    let z = n.sqrt() * d;
    let (z2, z4, z6) = (z * z, z.powi(4), z.powi(6));
    let (pi2, pi4, pi6) = (PI.powi(2), PI.powi(4), PI.powi(6));
    if -pi2 / 8.0 / z2 < -708.0 {
        return 0.0;
    }
    let terms = (16.0 * z / PI).ceil() as i32;
    let mut sums = [0.0f64; 4];
    for k in 1..=terms {
        // odd integers m, weight exp(-pi^2 m^2 / (8 z^2))
        let m2 = f64::from(2 * k - 1).powi(2);
        let (m4, m6) = (m2 * m2, m2.powi(3));
        let weight = (-pi2 * m2 / (8.0 * z2)).exp();
        sums[0] += weight;
        sums[1] += weight * (pi2 / 4.0 * m2 - z2);
        sums[2] += weight
            * (6.0 * z6 + 2.0 * z4 + (2.0 * z4 - 5.0 * z2) * pi2 / 4.0 * m2 + pi4 * (1.0 - 2.0 * z2) / 16.0 * m4);
        sums[3] += weight
            * (-30.0 * z6 - 90.0 * z.powi(8)
                + pi2 * (135.0 * z4 - 96.0 * z6) / 4.0 * m2
                + pi4 * (212.0 * z4 - 60.0 * z2) / 16.0 * m4
                + pi6 * (5.0 - 30.0 * z2) / 64.0 * m6);
    }
    let root = (2.0 * PI).sqrt();
    let mut parts = [
        root * sums[0] / z,
        root * sums[1] / (6.0 * z4),
        root * sums[2] / (72.0 * z.powi(7)),
        root * sums[3] / (6480.0 * z.powi(10)),
    ];
    for k in 1..=terms {
        // all integers, weight exp(-pi^2 k^2 / (2 z^2))
        let k2 = f64::from(k).powi(2);
        let weight = (-pi2 * k2 / (2.0 * z2)).exp();
        parts[2] -= root * pi2 / (36.0 * z.powi(3)) * k2 * weight;
        parts[3] += root * pi2 / (216.0 * z6) * (3.0 * z2 - pi2 * k2) * k2 * weight;
    }
    parts[0] + parts[1] / n.sqrt() + parts[2] / n + parts[3] / (n * n.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_observation_is_elementary() {
        for d in [0.5, 0.6, 0.8, 0.99] {
            assert!((survival(1, d) - 2.0 * (1.0 - d)).abs() < 1e-14, "{d}");
        }
        assert_eq!(survival(1, 0.4), 1.0);
    }

    #[test]
    fn the_strided_sum_is_the_whole_sum() {
        let n: u64 = 20_000;
        for d in [0.0105, 0.02, 0.05, 0.13] {
            let size = n as f64;
            let whole: f64 = (0..=(size * (1.0 - d)) as u64)
                .map(|j| {
                    let p = d + j as f64 / size;
                    d * binomial_pmf(j as f64, size, p, ((n - j) as f64 / size - d).max(0.0)) / p
                })
                .sum();
            let got = one_sided_survival(n, d);
            assert!((got - whole).abs() <= 1e-12 * whole, "{d}: {got:e} {whole:e}");
        }
    }

    #[test]
    fn it_falls_from_one_to_zero() {
        for n in [1, 2, 10, 139, 140, 141, 1000, 200_000] {
            let mut before = 1.0;
            for i in 0..=200 {
                let p = survival(n, f64::from(i) / 200.0);
                assert!((0.0..=1.0).contains(&p) && p <= before + 1e-12, "n={n} i={i}: {p} after {before}");
                before = p;
            }
        }
    }
}
