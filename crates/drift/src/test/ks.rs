//! Two-sample Kolmogorov-Smirnov test, equal to `scipy.stats.ks_2samp` (two-sided, method `auto`).

use crate::test::kstwo;

/// Up to this size of the larger sample the p-value is exact.
pub const EXACT_UP_TO: usize = 10_000;

/// Outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ks {
    /// Largest distance between the two cumulative curves, 0 to 1.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// The observation at which the curves lie furthest apart.
    pub location: f64,
    /// 1 when the first sample's curve is the higher one there, else -1.
    pub sign: i8,
    /// Whether the p-value is exact.
    pub exact: bool,
}

/// Tests whether two growing samples (no NaN, infinities allowed) come from one distribution; `None` when one is empty.
pub fn ks_two_sample(a: &[f64], b: &[f64]) -> Option<Ks> {
    let gap = largest_gap(a, b)?;
    let (n, m) = (a.len(), b.len());
    if n.max(m) <= EXACT_UP_TO
        && let Some((statistic, p_value)) = exact(n, m, gap.statistic)
    {
        return Some(Ks { statistic, p_value, exact: true, ..gap });
    }
    Some(Ks { p_value: asymptotic(n, m, gap.statistic), ..gap })
}

/// The p-value of the asymptotic method: the one-sample distribution at `n m / (n + m)` observations.
pub fn asymptotic(n: usize, m: usize, statistic: f64) -> f64 {
    let (large, small) = (n.max(m) as f64, n.min(m) as f64);
    kstwo::survival(round_half_even(large * small / (large + small)), statistic)
}

fn round_half_even(x: f64) -> u64 {
    x.round_ties_even() as u64
}

/// An extreme difference of the curves so far.
#[derive(Debug, Clone, Copy)]
struct Peak {
    /// The difference in whole multiples of 1 / (n m): tells without dividing what may be more extreme.
    steps: i64,
    difference: f64,
    x: f64,
}

/// One merging pass. Ties of the distance go to the smaller observation, the first sample's observations before the
/// second's, and to the higher curve of the first sample, as scipy's `argmax` over both samples one after the other.
fn largest_gap(a: &[f64], b: &[f64]) -> Option<Ks> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (step_a, step_b) = (b.len() as i64, a.len() as i64);
    // Over observations of `a`, and over observations that only `b` has.
    let mut highest = [Peak { steps: i64::MIN, difference: f64::NEG_INFINITY, x: 0.0 }; 2];
    let mut lowest = [Peak { steps: i64::MAX, difference: f64::INFINITY, x: 0.0 }; 2];
    let mut seen = |i: usize, j: usize, steps: i64, x: f64, owner: usize| {
        if steps < highest[owner].steps && steps > lowest[owner].steps {
            return;
        }
        let difference = i as f64 / n - j as f64 / m;
        if difference > highest[owner].difference {
            highest[owner] = Peak { steps, difference, x };
        }
        if difference < lowest[owner].difference {
            lowest[owner] = Peak { steps, difference, x };
        }
    };
    let (mut i, mut j, mut steps) = (0, 0, 0);
    // 1 until an observation of `a` has the value at hand
    let mut owner = 1;
    while i < a.len() && j < b.len() {
        let (of_a, of_b) = (a[i] <= b[j], b[j] <= a[i]);
        let x = if of_a { a[i] } else { b[j] };
        i += usize::from(of_a);
        j += usize::from(of_b);
        steps += step_a * i64::from(of_a) - step_b * i64::from(of_b);
        owner &= usize::from(!of_a);
        let more = a.get(i) == Some(&x) || b.get(j) == Some(&x);
        if !more {
            seen(i, j, steps, x, owner);
            owner = 1;
        }
    }
    for i in i..a.len() {
        steps += step_a;
        if a.get(i + 1) != Some(&a[i]) {
            seen(i + 1, j, steps, a[i], 0);
        }
    }
    for j in j..b.len() {
        steps -= step_b;
        if b.get(j + 1) != Some(&b[j]) {
            let owner = usize::from(a.last() != Some(&b[j]));
            seen(i, j + 1, steps, b[j], owner);
        }
    }
    let [highest, lowest] = [highest, lowest].map(|peaks| peaks.map(|peak| (peak.difference, peak.x)));
    let above = if highest[1].0 > highest[0].0 { highest[1] } else { highest[0] };
    let below = if lowest[1].0 < lowest[0].0 { lowest[1] } else { lowest[0] };
    let (distance_below, distance_above) = ((-below.0).clamp(0.0, 1.0), above.0);
    Some(if distance_below > distance_above {
        Ks { statistic: distance_below, p_value: 1.0, location: below.1, sign: -1, exact: false }
    } else {
        Ks { statistic: distance_above, p_value: 1.0, location: above.1, sign: 1, exact: false }
    })
}

/// The exact p-value by counting lattice paths (J. L. Hodges, Arkiv för Matematik 3, 1958), with the statistic put
/// back on its lattice; `None` when the sizes are beyond the method or rounding spoils the result.
fn exact(n: usize, m: usize, statistic: f64) -> Option<(f64, f64)> {
    let divisor = greatest_common_divisor(n, m);
    let (ng, mg) = ((n / divisor) as f64, (m / divisor) as f64);
    if ng >= f64::from(i32::MAX) / mg {
        return None;
    }
    let lattice = ng * m as f64;
    let steps = (statistic * lattice).round_ties_even();
    let statistic = steps / lattice;
    if steps == 0.0 {
        return Some((statistic, 1.0));
    }
    let p = if n == m {
        paths_outside_square(n, steps as usize)
    } else {
        paths_outside_band(n.max(m), n.min(m), divisor, steps as i64)
    };
    ((0.0..=1.0).contains(&p)).then_some((statistic, p))
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Share of the paths from (0, 0) to (n, n) that touch the lines `|x - y| = h`: by reflection
/// `2 sum_k (-1)^(k-1) C(2n, n - kh) / C(2n, n)`, in nested form.
fn paths_outside_square(n: usize, h: usize) -> f64 {
    let mut p = 0.0;
    for k in (0..=n / h).rev() {
        let mut ratio = 1.0;
        for j in 0..h {
            // a numerator of 0 ends the series
            ratio = (n as f64 - (k * h + j) as f64) * ratio / (n + k * h + j + 1) as f64;
        }
        p = ratio * (1.0 - p);
    }
    2.0 * p
}

/// Share of the paths from (0, 0) to (m, n) that leave the band `|x/m - y/n| < h / lcm(m, n)`. Each entry is the share
/// of the paths to a point that have left by then, a mean of its two forerunners weighted by the numbers of paths:
/// `P(x, y) = (x P(x-1, y) + y P(x, y-1)) / (x + y)`. The points of a diagonal `x + y = s` do not depend on each other.
fn paths_outside_band(m: usize, n: usize, divisor: usize, h: i64) -> f64 {
    let (mg, ng) = ((m / divisor) as i64, (n / divisor) as i64);
    let (m, n) = (m as i64, n as i64);
    let ceil_div = |p: i64, q: i64| -(-p).div_euclid(q);
    // entry y + 1 is the point (s - y, y); beside the band stand ones
    let mut before = vec![1.0f64; n as usize + 3];
    let mut after = before.clone();
    before[1] = 0.0;
    let heights: Vec<f64> = (0..=n).map(|y| y as f64).collect();
    for s in 1..=m + n {
        let first = ((s * ng - h).div_euclid(mg + ng) + 1).max(s - m).max(0);
        let last = (ceil_div(s * ng + h, mg + ng) - 1).min(n).min(s);
        if first > last {
            return 1.0;
        }
        let (first, last) = (first as usize, last as usize);
        let (sum, share) = (s as f64, 1.0 / s as f64);
        let targets = &mut after[first + 1..=last + 1];
        let lower = &before[first..=last];
        let upper = &before[first + 1..=last + 1];
        for (((target, y), below), left) in targets.iter_mut().zip(&heights[first..=last]).zip(lower).zip(upper) {
            *target = (left * (sum - y) + below * y) * share;
        }
        after[first] = 1.0;
        after[last + 2] = 1.0;
        std::mem::swap(&mut before, &mut after);
    }
    before[n as usize + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts paths one by one.
    fn brute_force(n: usize, m: usize, h: i64) -> f64 {
        fn walk(x: i64, y: i64, n: i64, m: i64, h: i64, left: bool) -> (f64, f64) {
            let left = left || (x * m - y * n).abs() >= h;
            if (x, y) == (n, m) {
                return (f64::from(u8::from(left)), 1.0);
            }
            let mut sum = (0.0, 0.0);
            for (dx, dy) in [(1, 0), (0, 1)] {
                if x + dx <= n && y + dy <= m {
                    let part = walk(x + dx, y + dy, n, m, h, left);
                    sum = (sum.0 + part.0, sum.1 + part.1);
                }
            }
            sum
        }
        let (outside, all) = walk(0, 0, n as i64, m as i64, h, false);
        outside / all
    }

    #[test]
    fn the_exact_p_value_is_the_share_of_paths() {
        for (n, m) in [(3, 3), (5, 5), (4, 6), (7, 5), (1, 6), (6, 1), (8, 4)] {
            let divisor = greatest_common_divisor(n, m);
            for steps in 1..=(n * m / divisor) {
                let statistic = (steps * divisor) as f64 / (n * m) as f64;
                // None where rounding brought a certain event above 1: scipy falls back there, too
                let p = exact(n, m, statistic).map_or(1.0, |(_, p)| p);
                let want = brute_force(n, m, (steps * divisor) as i64);
                assert!((p - want).abs() < 1e-12, "n={n} m={m} steps={steps}: {p} {want}");
            }
        }
    }

    #[test]
    fn equal_samples_have_no_gap_and_empty_ones_no_test() {
        let ks = ks_two_sample(&[1.0, 2.0], &[1.0, 2.0]).expect("not empty");
        assert_eq!((ks.statistic, ks.p_value), (0.0, 1.0));
        assert_eq!(ks_two_sample(&[], &[1.0]), None);
    }

    #[test]
    fn infinities_have_their_place() {
        let ks = ks_two_sample(&[0.0, 1.0], &[0.0, f64::INFINITY]).expect("not empty");
        assert_eq!((ks.statistic, ks.location, ks.sign), (0.5, 1.0, 1));
    }
}
