//! Where a feature is cut into bins.
//!
//! A value's bin is the number of cuts at or below it, so a split "left if x < cut" is exact on bins. When a feature
//! has no more distinct values than bins, every value has its own bin. Otherwise the bins hold about equally many
//! rows, and a value that alone fills a bin gets one of its own.

/// Above this many rows the cuts come from an even sample of the rows.
const SAMPLE: usize = 1 << 20;

/// The cuts of a column: ascending, finite, at most `max_bins - 1` (`max_bins` at least 2). NaN is skipped; the column
/// holds no infinities.
pub(crate) fn find(column: &[f32], max_bins: usize) -> Vec<f32> {
    let step = column.len().div_ceil(SAMPLE).max(1);
    let mut sorted: Vec<f32> = column.iter().step_by(step).copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let groups: Vec<(f32, usize)> = sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
    if groups.len() <= max_bins {
        return groups.windows(2).map(|pair| between(pair[0].0, pair[1].0)).collect();
    }
    even_groups(&groups, sorted.len(), max_bins)
}

/// Cuts so that bins hold about equally many rows; `groups` are the distinct values with their counts.
fn even_groups(groups: &[(f32, usize)], total: usize, max_bins: usize) -> Vec<f32> {
    let full = total as f64 / max_bins as f64;
    let is_heavy = |group: &(f32, usize)| group.1 as f64 >= full;
    let heavy = groups.iter().filter(|group| is_heavy(group));
    let (mut bins_left, mut rows_left) = (max_bins as f64, total as f64);
    for group in heavy {
        bins_left -= 1.0;
        rows_left -= group.1 as f64;
    }
    let mut mean = rows_left / bins_left.max(1.0);
    let mut cuts = Vec::with_capacity(max_bins - 1);
    let mut in_bin = 0.0;
    for pair in groups.windows(2) {
        let rows = pair[0].1 as f64;
        in_bin += rows;
        let heavy_now = is_heavy(&pair[0]);
        if !heavy_now {
            rows_left -= rows;
        }
        if heavy_now || in_bin >= mean || (is_heavy(&pair[1]) && in_bin >= mean / 2.0) {
            cuts.push(between(pair[0].0, pair[1].0));
            if cuts.len() == max_bins - 1 {
                break;
            }
            in_bin = 0.0;
            if !heavy_now {
                bins_left -= 1.0;
                mean = rows_left / bins_left.max(1.0);
            }
        }
    }
    cuts
}

/// A cut with `low < cut <= high`: the middle where f32 has one.
fn between(low: f32, high: f32) -> f32 {
    let middle = low / 2.0 + high / 2.0;
    if middle > low && middle <= high { middle } else { high }
}

/// Bin of missing values.
pub(crate) const MISSING: u8 = 0;

/// The bin of a value: [`MISSING`] for NaN, else 1 + the number of cuts at or below it.
#[inline]
pub(crate) fn bin_of(cuts: &[f32], x: f32) -> u8 {
    if x.is_nan() { MISSING } else { 1 + cuts.partition_point(|&cut| cut <= x) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_distinct_values_have_their_own_bins() {
        let cuts = find(&[3.0, 1.0, f32::NAN, 2.0, 1.0, -0.0, 0.0], 8);
        assert_eq!(cuts, [0.5, 1.5, 2.5]);
        let bins: Vec<u8> = [0.0, 1.0, 2.0, 3.0, f32::NAN, 0.5].iter().map(|&x| bin_of(&cuts, x)).collect();
        assert_eq!(bins, [1, 2, 3, 4, MISSING, 2]);
    }

    #[test]
    fn neighbouring_floats_and_extremes_are_separated() {
        let next = f32::from_bits(1.0f32.to_bits() + 1);
        assert_eq!(find(&[1.0, next], 4), [next]);
        assert_eq!(find(&[-1e38, 1e38], 4), [0.0]);
        assert!(find(&[f32::NAN, 5.0], 4).is_empty() && find(&[], 4).is_empty());
    }

    #[test]
    fn many_distinct_values_fill_the_bins_evenly() {
        let column: Vec<f32> = (0..10_000).map(|i| (i as f32).powi(2)).collect();
        let cuts = find(&column, 64);
        assert_eq!(cuts.len(), 63);
        let mut counts = [0usize; 65];
        for &x in &column {
            counts[bin_of(&cuts, x) as usize] += 1;
        }
        assert!(counts[1..].iter().all(|&c| (150..=160).contains(&c)), "{counts:?}");
    }

    #[test]
    fn a_heavy_value_takes_one_bin_and_leaves_the_rest() {
        let column: Vec<f32> = (0..9_000).map(|_| 0.0).chain((1..=1_000).map(|i| i as f32)).collect();
        let cuts = find(&column, 16);
        assert_eq!((cuts[0], cuts.len()), (0.5, 15));
        assert!(cuts.windows(2).all(|w| w[0] < w[1]));
    }
}
