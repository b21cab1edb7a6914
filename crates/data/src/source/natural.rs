//! The order in which people count files: `batch-2` before `batch-10`.

use std::cmp::Ordering;

/// Compares texts, runs of digits by their value. Equal values: the text decides, so that the order is total.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(first), Some(second)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let order = if first.is_ascii_digit() && second.is_ascii_digit() {
            let (one, two) = (take_number(&mut left), take_number(&mut right));
            one.len().cmp(&two.len()).then_with(|| one.cmp(two))
        } else {
            left = &left[first.len_utf8()..];
            right = &right[second.len_utf8()..];
            first.cmp(&second)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Takes the digits at the beginning away; returns them without leading zeros.
fn take_number<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    number.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count() {
        let mut names = ["b-10", "b-9", "b-2", "a-11", "b-09", "b", "b-2-x", "ä-1", "b-100000000000000000000000"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["a-11", "b", "b-2", "b-2-x", "b-09", "b-9", "b-10", "b-100000000000000000000000", "ä-1"]);
    }
}
