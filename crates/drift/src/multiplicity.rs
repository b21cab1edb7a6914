//! P-values corrected for their number. Each function returns them in the order given, at most 1.

/// Bonferroni: p m.
pub fn bonferroni(p: &[f64]) -> Vec<f64> {
    p.iter().map(|p_value| (p_value * p.len() as f64).min(1.0)).collect()
}

/// Holm 1979, step down: controls the chance of any false rejection, whatever the dependence.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![0.0; p.len()];
    let mut largest = 0.0f64;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(p[index] * (p.len() - rank) as f64);
        adjusted[index] = largest.min(1.0);
    }
    adjusted
}

/// Benjamini and Hochberg 1995, step up: controls the expected share of false rejections.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    step_up(p, 1.0)
}

/// Benjamini and Yekutieli 2001: the same under any dependence, for a factor of `sum 1/k`.
pub fn benjamini_yekutieli(p: &[f64]) -> Vec<f64> {
    step_up(p, (1..=p.len()).map(|k| 1.0 / k as f64).sum())
}

fn step_up(p: &[f64], factor: f64) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest = 1.0f64;
    for (rank, &index) in order.iter().enumerate().rev() {
        smallest = smallest.min(p[index] * factor * p.len() as f64 / (rank + 1) as f64);
        adjusted[index] = smallest;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}
