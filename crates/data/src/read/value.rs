//! One value: from text to a number, a date, a boolean or a category.
//!
//! Batches and single requests are read by the same functions, so that a model sees in serving what it saw in training.

use std::borrow::Cow;

use time::{Date, Month};

/// 1970-01-01 as a Julian day number.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// A finite number: `3`, `3.0`, ` 3 `, `1e3`. `NaN`, `inf` and numbers beyond the range of f64 are none.
pub fn parse_number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|value| value.is_finite())
}

/// `true` or `false` in any case, also `t`, `f`, `yes`, `no`, `y`, `n`, `1`, `0`.
pub fn parse_boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "t", "yes", "y", "1", "1.0"]) {
        Some(true)
    } else if is(&["false", "f", "no", "n", "0", "0.0"]) {
        Some(false)
    } else {
        None
    }
}

/// An ISO 8601 date or date and time, as days since 1970-01-01T00:00Z; the time of day is the fraction.
///
/// Read: `2023-05-27`, then optionally `T` or a blank and `21:13`, `21:13:05` or `21:13:05.25`, then optionally `Z`
/// or an offset such as `+02:00`, which is taken away. A time without an offset is taken as UTC.
pub fn parse_date(text: &str) -> Option<f64> {
    let text = text.trim();
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = digits(&date[..4])? as i32;
    let month = Month::try_from(digits(&date[5..7])? as u8).ok()?;
    let date = Date::from_calendar_date(year, month, digits(&date[8..])? as u8).ok()?;
    let days = f64::from(date.to_julian_day() - EPOCH_JULIAN_DAY);
    if rest.is_empty() {
        return Some(days);
    }
    let time = rest.strip_prefix(['T', 't', ' '])?;
    Some(days + seconds_of_day(time)? / 86_400.0)
}

/// `21:13`, `21:13:05.25`, with `Z` or an offset; in seconds, the offset taken away.
fn seconds_of_day(text: &str) -> Option<f64> {
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (text[..at].trim_end(), offset_seconds(&text[at..])?),
        None => (text, 0.0),
    };
    let mut parts = clock.splitn(3, ':');
    let hours = two_digits(parts.next()?)?;
    let minutes = two_digits(parts.next()?)?;
    let seconds = match parts.next() {
        None => 0.0,
        Some(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            digits(fraction)?;
            f64::from(two_digits(whole)?) + format!("0.{fraction}").parse::<f64>().ok()?
        }
    };
    let valid = hours < 24 && minutes < 60 && seconds < 61.0;
    valid.then(|| f64::from(hours * 3600 + minutes * 60) + seconds - offset)
}

fn offset_seconds(text: &str) -> Option<f64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0.0);
    }
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let text = text.get(1..)?;
    let (hours, minutes) = match text.len() {
        2 => (two_digits(text)?, 0),
        4 => (two_digits(text.get(..2)?)?, two_digits(text.get(2..)?)?),
        5 => {
            let (hours, minutes) = text.split_once(':')?;
            (two_digits(hours)?, two_digits(minutes)?)
        }
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * f64::from(hours * 3600 + minutes * 60))
}

fn two_digits(text: &str) -> Option<u32> {
    if text.len() == 2 { digits(text) } else { None }
}

fn digits(text: &str) -> Option<u32> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More than nine digits (of a fraction of a second) cannot overflow: only the first nine are looked at.
    if all { text[..text.len().min(9)].parse().ok() } else { None }
}

/// Days since 1970-01-01 as an ISO 8601 date, with the time of day where there is one (to the millisecond, UTC).
pub fn format_date(days: f64) -> String {
    let millis_in_day = 86_400_000_i64;
    let millis = (days * millis_in_day as f64).round();
    // Dates of the years -9999 to 9999, the range of the calendar used.
    if millis.is_nan() || millis.abs() >= 4e14 {
        return format!("{days}");
    }
    let (day, rest) = ((millis as i64).div_euclid(millis_in_day), (millis as i64).rem_euclid(millis_in_day));
    let Ok(date) = Date::from_julian_day(day as i32 + EPOCH_JULIAN_DAY) else { return format!("{days}") };
    let date = format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day());
    match (rest / 1000, rest % 1000) {
        (0, 0) => date,
        (seconds, 0) => format!("{date}T{}Z", clock(seconds)),
        (seconds, millis) => format!("{date}T{}.{millis:03}Z", clock(seconds)),
    }
}

fn clock(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The one text of a category: blanks around it taken away, and `601.0` written as `601`, because readers of numbers
/// (pandas, JSON) turn codes into the former. `None` where nothing is left: the value is missing.
///
/// Nothing else is changed: `00601` and `601`, `a` and `A`, `1.10` and `1.1` are different categories.
pub fn canonical_category(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Some((whole, fraction)) = text.split_once('.') {
        let unsigned = whole.strip_prefix('-').unwrap_or(whole);
        let is_number = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0') {
            return Some(Cow::Borrowed(if whole == "-0" { "0" } else { whole }));
        }
    }
    Some(Cow::Borrowed(text))
}

/// The text of a category that arrived as a number: `601` for 601.0, `2.5` for 2.5. `None` for NaN: it is missing.
pub fn category_of_number(value: f64) -> Option<String> {
    if value.is_nan() {
        None
    } else if value == 0.0 {
        Some("0".to_owned())
    } else {
        Some(format!("{value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_usual_form() {
        for text in ["3", "3.0", " 3 ", "+3", "0.3e1", "3."] {
            assert_eq!(parse_number(text), Some(3.0), "{text}");
        }
        for text in ["", "abc", "NaN", "inf", "-Infinity", "1e999", "1,000", "0x10", "3 4"] {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }

    #[test]
    fn dates_become_days_since_1970() {
        assert_eq!(parse_date("1970-01-01"), Some(0.0));
        assert_eq!(parse_date(" 2000-03-01 "), Some(11_017.0));
        assert_eq!(parse_date("1969-12-31T12:00"), Some(-0.5));
        assert_eq!(parse_date("1970-01-02 06:00:00"), Some(1.25));
        assert_eq!(parse_date("1970-01-02T06:00:00.000Z"), Some(1.25));
        assert_eq!(parse_date("1970-01-02T08:00:00+02:00"), Some(1.25));
        assert_eq!(parse_date("1970-01-02T03:30:00-0230"), Some(1.25));
        for text in
            ["", "2023", "2023-13-01", "2023-02-30", "27/05/2023", "2023-05-27x", "2023-05-27T25:00", "2023-1-1"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
        assert_eq!(parse_date("2023-05-2\u{e9}"), None);
    }

    #[test]
    fn a_date_is_written_as_it_was_read() {
        for text in ["1970-01-01", "2023-05-27", "1899-12-31", "2000-02-29T21:13:05Z", "2000-02-29T21:13:05.250Z"] {
            assert_eq!(format_date(parse_date(text).expect("a date")), text);
        }
        assert_eq!(format_date(f64::INFINITY), "inf");
        assert_eq!(format_date(1e300), format!("{}", 1e300));
    }

    #[test]
    fn a_category_has_one_text() {
        let canonical = |text| canonical_category(text).map(Cow::into_owned);
        for text in ["601", "601.0", " 601.00 "] {
            assert_eq!(canonical(text).as_deref(), Some("601"));
        }
        assert_eq!(category_of_number(601.0).as_deref(), Some("601"));
        assert_eq!(category_of_number(-0.0), canonical("-0.0"));
        assert_eq!(category_of_number(2.5), canonical("2.5"));
        assert_eq!(category_of_number(f64::NAN), None);
        assert_eq!(canonical(" "), None);
        for text in ["00601", "1.10", "a.0", ".0", "-", "1.", "v1.0"] {
            assert_eq!(canonical(text).as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn booleans_are_read_in_any_case() {
        assert_eq!(parse_boolean(" TRUE "), Some(true));
        assert_eq!(parse_boolean("0"), Some(false));
        assert_eq!(parse_boolean("maybe"), None);
    }
}
