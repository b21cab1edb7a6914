//! Area under the ROC curve: the chance that a score of one side lies above one of the other, ties counted half.
//!
//! Variance by E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson (Biometrics 44, 1988), from ranks
//! (X. Sun and W. Xu, IEEE Signal Processing Letters 21, 2014).

/// An area with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    /// The area, 0 to 1; ½ when scores tell nothing.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
}

/// Of scores (not NaN) and whether each row belongs to the side that should score higher; `None` with fewer than two rows
/// on a side.
pub fn auc(scores: &[f64], higher: &[bool]) -> Option<Auc> {
    let mut order: Vec<usize> = (0..scores.len().min(higher.len())).collect();
    order.sort_unstable_by(|&a, &b| (scores[a] + 0.0).total_cmp(&(scores[b] + 0.0)));
    let m = order.iter().filter(|&&row| higher[row]).count() as f64;
    let n = order.len() as f64 - m;
    if n < 2.0 || m < 2.0 {
        return None;
    }
    // shares of the other side that a row lies above
    let (mut below_n, mut below_m) = (0.0, 0.0);
    let (mut of_higher, mut of_lower) = (Running::default(), Running::default());
    let mut from = 0;
    while from < order.len() {
        let score = scores[order[from]];
        let to = from + order[from..].iter().take_while(|&&row| scores[row] == score).count().max(1);
        let in_m = order[from..to].iter().filter(|&&row| higher[row]).count() as f64;
        let in_n = (to - from) as f64 - in_m;
        of_higher.add((below_n + in_n / 2.0) / n, in_m);
        of_lower.add((m - below_m - in_m / 2.0) / m, in_n);
        below_n += in_n;
        below_m += in_m;
        from = to;
    }
    let variance = of_higher.variance() / m + of_lower.variance() / n;
    Some(Auc { value: of_higher.sum / m, variance })
}

#[derive(Default)]
struct Running {
    rows: f64,
    sum: f64,
    squares: f64,
}

impl Running {
    fn add(&mut self, value: f64, times: f64) {
        self.rows += times;
        self.sum += times * value;
        self.squares += times * value * value;
    }

    fn variance(&self) -> f64 {
        ((self.squares - self.sum * self.sum / self.rows) / (self.rows - 1.0)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_share_of_pairs_in_order() {
        let got = auc(&[1.0, 2.0, 3.0, 2.0, 3.0], &[false, false, false, true, true]).expect("rows");
        // pairs: 2 above 1, tied 2, below 3; 3 above 1, above 2, tied 3
        assert!((got.value - (1.0 + 0.5 + 0.0 + 1.0 + 1.0 + 0.5) / 6.0).abs() < 1e-15);
        // DeLong by hand: V10 = (1/2, 5/6) and V01 = (1, 3/4, 1/4)
        let variance = (1.0f64 / 18.0) / 2.0 + (7.0 / 48.0) / 3.0;
        assert!((got.variance - variance).abs() < 1e-12, "{} {variance}", got.variance);
        assert_eq!(auc(&[1.0, 2.0], &[true, false]), None);
        assert_eq!(auc(&[5.0; 4], &[true, false, true, false]).expect("rows").value, 0.5);
        assert_eq!(auc(&[], &[]), None);
    }
}
