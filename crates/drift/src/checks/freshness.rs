//! How old the newest row is. The clock is an argument.

/// Age of the newest row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Freshness {
    /// The newest time, in the unit of the input.
    pub newest: f64,
    /// `now - newest`, in the unit of the input; negative when rows come from the future.
    pub age: f64,
    /// Rows with a time after `now`.
    pub future_rows: usize,
    /// Whether the age is at most what was allowed.
    pub fresh: bool,
}

/// From times in any one unit (seconds, days since 1970-01-01; NaN: none, left out, as are infinite ones); `None` without
/// a time.
pub fn freshness(times: &[f64], now: f64, allowed_age: f64) -> Option<Freshness> {
    let finite = || times.iter().copied().filter(|time| time.is_finite());
    let newest = finite().reduce(f64::max)?;
    let age = now - newest;
    age.is_finite().then(|| Freshness {
        newest,
        age,
        future_rows: finite().filter(|&time| time > now).count(),
        fresh: age <= allowed_age,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_row_counts() {
        let got = freshness(&[1.0, 5.0, f64::NAN, f64::INFINITY], 7.0, 1.0).expect("times");
        assert_eq!((got.newest, got.age, got.future_rows, got.fresh), (5.0, 2.0, 0, false));
        let future = freshness(&[9.0, 1.0], 7.0, 1.0).expect("times");
        assert_eq!((future.age, future.future_rows, future.fresh), (-2.0, 1, true));
        assert_eq!(freshness(&[f64::NAN], 1.0, 1.0), None);
        assert_eq!(freshness(&[], 1.0, 1.0), None);
    }
}
