//! Number of rows against earlier batches.
//!
//! Batch sizes vary by factors, not by numbers of rows, so the band is that of one more draw on the logarithmic scale:
//! `exp(mean ± t s sqrt(1 + 1/k))` over the k earlier batches, Student's t with k - 1 degrees of freedom (the prediction
//! interval of a normal law; G. J. Hahn and W. Q. Meeker, Statistical intervals, 1991). Never narrower than counting
//! itself (`s >= sqrt(1/mean)`).

use crate::effect::Level;
use crate::special::student_t_upper_quantile;

/// Rows of a batch beside what earlier ones make likely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume {
    /// Rows of this batch.
    pub rows: u64,
    /// Geometric mean of the earlier ones.
    pub typical: f64,
    /// `rows / typical`.
    pub ratio: f64,
    /// Fewest rows that the earlier ones make likely.
    pub low: f64,
    /// Most rows that the earlier ones make likely.
    pub high: f64,
    /// Whether the rows lie outside.
    pub unusual: bool,
}

/// Of earlier batches' rows (those without rows are left out); `None` with fewer than two of them.
pub fn volume(earlier: &[u64], rows: u64, level: Level) -> Option<Volume> {
    let logs: Vec<f64> = earlier.iter().filter(|&&rows| rows > 0).map(|&rows| (rows as f64).ln()).collect();
    if logs.len() < 2 {
        return None;
    }
    let k = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / k;
    let variance = logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (k - 1.0);
    let spread = (variance.max((-mean).exp()) * (1.0 + 1.0 / k)).sqrt();
    let reach = |chance: f64| student_t_upper_quantile(chance, k - 1.0) * spread;
    let typical = mean.exp();
    let low = (mean - reach(level.low.chance)).exp();
    let high = (mean + reach(level.high.chance)).exp().min(f64::MAX);
    let unusual = !(low..=high).contains(&(rows as f64));
    Some(Volume { rows, typical, ratio: rows as f64 / typical, low, high, unusual })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Tail;

    #[test]
    fn an_empty_or_tenfold_batch_is_unusual() {
        let level = Level { low: Tail::new(0.005), high: Tail::new(0.005) };
        let earlier = [3000, 3100, 2900, 3050, 0, 2950];
        let at = |rows: u64| volume(&earlier, rows, level).expect("batches");
        assert!(!at(3005).unusual && at(0).unusual && at(30_000).unusual && at(300).unusual);
        assert!((at(0).typical - 3000.0).abs() < 10.0);
        assert_eq!(volume(&[5, 0], 5, level), None);
        assert!(volume(&[1, u64::MAX], 5, level).expect("batches").high.is_finite());
    }
}
