//! Functions of mathematics, accurate far into the tails (relative error, not absolute).

use std::f64::consts::PI;

const SQRT_2: f64 = std::f64::consts::SQRT_2;

/// P(Z > z) for a standard normal Z, by the scaled complementary error function; relative error below 1e-13.
pub fn normal_sf(z: f64) -> f64 {
    0.5 * erfc(z / SQRT_2)
}

/// The z with P(Z > z) = p for a standard normal Z, `0 < p < 1`.
///
/// Start: Abramowitz and Stegun 26.2.23; then Newton steps on `ln P`, which converge from everywhere in the tail.
pub fn normal_upper_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_upper_quantile(1.0 - p);
    }
    let t = (-2.0 * p.ln()).sqrt();
    let mut z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for _ in 0..4 {
        let sf = normal_sf(z);
        let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
        z += (sf / p).ln() * sf / density;
    }
    z
}

/// Complementary error function. Series for small arguments, continued fraction (Lentz) for large ones.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x < 2.0 {
        // erf(x) = 2/sqrt(pi) exp(-x^2) sum_k 2^k x^(2k+1) / (2k+1)!!  (all terms positive)
        let (mut term, mut sum, mut k) = (x, x, 0.0);
        while term > sum * 1e-17 {
            k += 1.0;
            term *= 2.0 * x * x / (2.0 * k + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 / PI.sqrt() * (-x * x).exp() * sum;
    }
    gamma_q(0.5, x * x)
}

/// Upper regularised incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), `a > 0`, `x >= 0`.
///
/// Series below `a + 1`, continued fraction (modified Lentz) above: Numerical Recipes 6.2, with the prefactor
/// `x^a e^-x / Γ(a)` from Loader's deviance so that it keeps its relative accuracy for large `a`.
pub fn gamma_q(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let prefactor = gamma_prefactor(a, x);
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        return (1.0 - prefactor * sum).max(0.0);
    }
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut h = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = an * d + b;
        if d.abs() < tiny {
            d = tiny;
        }
        c = b + an / c;
        if c.abs() < tiny {
            c = tiny;
        }
        d = 1.0 / d;
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (prefactor * h).clamp(0.0, 1.0)
}

/// `x^a e^-x / Γ(a)`.
fn gamma_prefactor(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        return (a * x.ln() - x - ln_gamma(a)).exp();
    }
    // = a * Poisson(a; x) with Γ(a + 1) = a Γ(a)
    (-stirling_error(a) - deviance(a, x)).exp() * (a / (2.0 * PI)).sqrt()
}

/// ln Γ(x) for x > 0: Stirling's series after shifting the argument above 15.
pub fn ln_gamma(x: f64) -> f64 {
    let (mut shift, mut y) = (1.0, x);
    while y < 15.0 {
        shift *= y;
        y += 1.0;
    }
    (y - 0.5) * y.ln() - y + 0.5 * (2.0 * PI).ln() + stirling_error(y) - shift.ln()
}

/// Error of Stirling's formula: ln Γ(n+1) - [(n + 1/2) ln n - n + ln(2π)/2]
/// (C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000).
pub fn stirling_error(n: f64) -> f64 {
    if n < 15.0 {
        // ln Γ(n + 1) through the series at n + 16, stepped down; small n only.
        let (mut product, mut y) = (1.0_f64, n);
        while y < 16.0 {
            y += 1.0;
            product *= y;
        }
        let ln_factorial = (y + 0.5) * y.ln() - y + 0.5 * (2.0 * PI).ln() + stirling_series(y) - product.ln();
        return if n == 0.0 { ln_factorial } else { ln_factorial - ((n + 0.5) * n.ln() - n + 0.5 * (2.0 * PI).ln()) };
    }
    stirling_series(n)
}

fn stirling_series(n: f64) -> f64 {
    let nn = n * n;
    (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360360.0 / nn) / nn) / nn) / nn) / nn)
        / n
}

/// Deviance part `x ln(x/np) + np - x`, without cancellation (Loader's `bd0`).
pub fn deviance(x: f64, np: f64) -> f64 {
    if (x - np).abs() < 0.1 * (x + np) {
        let v = (x - np) / (x + np);
        let mut sum = (x - np) * v;
        let mut term = 2.0 * x * v;
        let vv = v * v;
        let mut j = 1.0;
        loop {
            term *= vv;
            let next = sum + term / (2.0 * j + 1.0);
            if next == sum {
                return next;
            }
            sum = next;
            j += 1.0;
        }
    }
    x * (x / np).ln() + np - x
}

/// Binomial probability of `x` successes in `n` trials, success probability `p`, failure probability `q = 1 - p`
/// (Loader's saddle-point form; relative error about 1e-14).
pub fn binomial_pmf(x: f64, n: f64, p: f64, q: f64) -> f64 {
    if p <= 0.0 {
        return if x == 0.0 { 1.0 } else { 0.0 };
    }
    if q <= 0.0 {
        return if x == n { 1.0 } else { 0.0 };
    }
    if x == 0.0 {
        return if p < 0.1 { (-deviance(n, n * q) - n * p).exp() } else { (n * q.ln()).exp() };
    }
    if x == n {
        return if q < 0.1 { (-deviance(n, n * p) - n * q).exp() } else { (n * p.ln()).exp() };
    }
    let exponent =
        stirling_error(n) - stirling_error(x) - stirling_error(n - x) - deviance(x, n * p) - deviance(n - x, n * q);
    exponent.exp() * (n / (2.0 * PI * x * (n - x))).sqrt()
}

/// Regularised incomplete beta function I_x(a, b), `a, b > 0`; `y` is `1 - x`, given apart so that either may be tiny.
///
/// Continued fraction (modified Lentz, Numerical Recipes 6.4); the prefactor is Loader's binomial probability, which
/// keeps its relative accuracy for large `a` and `b`.
pub fn beta_regularised(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return (1.0 - beta_regularised(b, a, y, x)).clamp(0.0, 1.0);
    }
    let prefactor = binomial_pmf(a, a + b, x, y) * b / (a + b);
    let tiny = 1e-300;
    let kept = |value: f64| if value.abs() < tiny { tiny } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let even = i * (b - i) * x / ((a + 2.0 * i - 1.0) * (a + 2.0 * i));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        h *= d * c;
        let odd = -(a + i) * (a + b + i) * x / ((a + 2.0 * i) * (a + 2.0 * i + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (prefactor * h).clamp(0.0, 1.0)
}

/// P(T > t) for Student's t with `degrees_of_freedom > 0`; infinitely many make it the normal tail.
///
/// Above 100,000 by G. W. Hill's normal deviate (Communications of the ACM 13, 1970, algorithm 395), where the continued
/// fraction of the beta function is slow.
pub fn student_t_sf(t: f64, degrees_of_freedom: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - student_t_sf(-t, degrees_of_freedom);
    }
    if degrees_of_freedom.is_infinite() {
        return normal_sf(t);
    }
    if t.is_infinite() {
        return 0.0;
    }
    if degrees_of_freedom > 1e5 {
        let a = degrees_of_freedom - 0.5;
        let b = 48.0 * a * a;
        let w = (a * (t * t / degrees_of_freedom).ln_1p()).sqrt();
        let ww = w * w;
        let fine = (((4.0 * ww + 33.0) * ww + 240.0) * ww + 855.0) / (10.0 * (b + 0.8 * ww * ww + 100.0));
        return normal_sf(w * (1.0 + (ww + 3.0 - fine) / b));
    }
    let sum = degrees_of_freedom + t * t;
    0.5 * beta_regularised(degrees_of_freedom / 2.0, 0.5, degrees_of_freedom / sum, t * t / sum)
}

/// The t with P(T > t) = p for Student's t, `0 < p < 1`, by bisection on `ln P`.
pub fn student_t_upper_quantile(p: f64, degrees_of_freedom: f64) -> f64 {
    if p > 0.5 {
        return -student_t_upper_quantile(1.0 - p, degrees_of_freedom);
    }
    // Student's tails are the longer ones
    let mut low = normal_upper_quantile(p).max(0.0);
    let mut high = low + 1.0;
    while student_t_sf(high, degrees_of_freedom) > p && high < 1e300 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if student_t_sf(middle, degrees_of_freedom) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Modified Bessel function of the second kind K_ν(x), x > 0: trapezoidal rule on
/// `∫ exp(-x cosh t) cosh(νt) dt`, which converges geometrically; scaled by `e^x`.
pub fn bessel_k_scaled(nu: f64, x: f64) -> f64 {
    let step: f64 = 1.0 / 64.0;
    let mut sum = 0.5;
    let mut t: f64 = step;
    loop {
        // cosh t - 1 = 2 sinh(t/2)^2 without cancellation
        let term = (-2.0 * x * (0.5 * t).sinh().powi(2)).exp() * (nu * t).cosh();
        sum += term;
        if term < sum * 1e-18 {
            return sum * step;
        }
        t += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= want.abs() * 1e-12, "got {got:e}, want {want:e}");
    }

    #[test]
    fn the_normal_tail_keeps_its_relative_accuracy() {
        close(normal_sf(0.0), 0.5);
        close(normal_sf(1.0), 0.158_655_253_931_457_05);
        close(normal_sf(3.0), 0.001_349_898_031_630_094_6);
        close(normal_sf(8.0), 6.220_960_574_271_785e-16);
        close(normal_sf(-2.0), 0.977_249_868_051_820_8);
    }

    #[test]
    fn the_normal_quantile_inverts_the_tail() {
        for p in [0.9, 0.5, 0.1, 0.025, 1e-3, 1e-9, 1e-100] {
            close(normal_sf(normal_upper_quantile(p)), p);
        }
    }

    #[test]
    fn students_tail_is_the_elementary_one_where_it_has_one() {
        // one degree of freedom: Cauchy; two: 1/2 - t / (2 sqrt(2 + t²))
        for t in [1e-9_f64, 0.1, 1.0, 3.0, 50.0, 1e6] {
            let want = (1.0 / t).atan() / PI;
            assert!((student_t_sf(t, 1.0) / want - 1.0).abs() < 1e-12, "{t}");
            let root = (2.0 + t * t).sqrt();
            let want = 1.0 / (root * (root + t));
            assert!((student_t_sf(t, 2.0) / want - 1.0).abs() < 1e-12, "{t}");
            // degrees without number: normal
            assert!((student_t_sf(t.min(9.0), 1e13) / normal_sf(t.min(9.0)) - 1.0).abs() < 1e-9, "{t}");
        }
    }

    #[test]
    fn both_ways_to_students_tail_agree_where_they_meet() {
        for t in [0.01, 1.0, 5.0, 20.0] {
            let (below, above) = (student_t_sf(t, 1e5), student_t_sf(t, 1e5 + 1e-6));
            assert!((below / above - 1.0).abs() < 1e-11, "{t}: {below:e} {above:e}");
        }
    }

    #[test]
    fn students_quantile_inverts_the_tail() {
        for df in [1.0, 2.5, 30.0, 1e5, 1e9] {
            for p in [0.9, 0.5, 0.1, 0.025, 1e-3, 1e-9] {
                let got = student_t_sf(student_t_upper_quantile(p, df), df);
                assert!((got / p - 1.0).abs() < 1e-10, "df={df} p={p}: {got:e}");
            }
        }
    }

    #[test]
    fn factorials_come_out_of_the_gamma_function() {
        let mut factorial = 1.0_f64;
        for n in 1..100 {
            let got = ln_gamma(f64::from(n));
            assert!((got - factorial.ln()).abs() <= 1e-13 * factorial.ln().abs().max(1.0), "{n}");
            factorial *= f64::from(n);
        }
    }

    #[test]
    fn the_binomial_sums_to_one() {
        for n in [1, 7, 50, 2000] {
            for p in [1e-6, 0.03, 0.5, 0.97] {
                let n = f64::from(n);
                let total: f64 = (0..=n as u32).map(|x| binomial_pmf(f64::from(x), n, p, 1.0 - p)).sum();
                assert!((total - 1.0).abs() < 1e-12, "n={n} p={p}: {total}");
            }
        }
    }

    #[test]
    fn bessel_k_of_one_half_is_elementary() {
        for x in [0.01, 0.5, 3.0, 200.0] {
            close(bessel_k_scaled(0.5, x), (PI / (2.0 * x)).sqrt());
        }
    }
}
