//! Numbers, times and durations as a reader writes them.

use tidewheel_chart::{NumberFormat, Style, Unit};
use tidewheel_domain::Timestamp;
use tidewheel_drift::Lang;
use tidewheel_drift::prose::number;
use time::OffsetDateTime;

/// Writes figures in a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    lang: Lang,
}

impl Figures {
    /// In that language.
    pub const fn of(lang: Lang) -> Self {
        Self { lang }
    }

    /// The signs of the language.
    pub fn numbers(self) -> NumberFormat {
        match self.lang {
            Lang::En => NumberFormat::ENGLISH,
            Lang::Es => NumberFormat::SPANISH,
        }
    }

    /// How a chart of that width is drawn on a page.
    pub fn chart(self, width: f64) -> Style {
        Style::page(width).numbers(self.numbers())
    }

    /// `12,345`.
    pub fn count(self, count: impl TryInto<u64>) -> String {
        count.try_into().map_or_else(|_| "–".to_owned(), |count| number::count(count, self.lang))
    }

    /// A number with so many decimals.
    pub fn fixed(self, value: f64, decimals: usize) -> String {
        self.numbers().fixed(value, decimals)
    }

    /// A number with about three figures that count.
    pub fn plain(self, value: f64) -> String {
        self.numbers().plain(value)
    }

    /// A multiple: one decimal, none from 100 on.
    pub fn multiple(self, value: f64) -> String {
        self.fixed(value, usize::from(value < 99.95))
    }

    /// A share in percent with one decimal.
    pub fn percent(self, share: f64) -> String {
        format!("{} %", self.fixed(share * 100.0, 1))
    }

    /// A share in percent without decimals.
    pub fn whole_percent(self, share: f64) -> String {
        format!("{} %", self.fixed(share * 100.0, 0))
    }

    /// A change in percent with one decimal and its sign.
    pub fn percent_change(self, share: f64) -> String {
        let sign = if share > 0.0 { "+" } else { "" };
        format!("{sign}{}", self.percent(share))
    }

    /// A change in percent without decimals, with its sign.
    pub fn change(self, share: f64) -> String {
        let sign = if share > 0.0 { "+" } else { "" };
        format!("{sign}{}", self.whole_percent(share))
    }

    /// A figure in a unit, in short where it is large: `$178 k`, `1,800 sq ft`.
    pub fn in_unit(self, value: f64, unit: &str) -> String {
        unit_of(unit).value(value, self.numbers())
    }

    /// A figure in a unit, written out with four figures that count: `$518,700`.
    pub fn in_full(self, value: f64, unit: &str) -> String {
        if value == 0.0 || !value.is_finite() {
            return self.in_unit(value, unit);
        }
        let unit = unit_of(unit);
        let value = value * unit.scale;
        let place = 3 - value.abs().log10().floor() as i32;
        let factor = 10_f64.powi(place);
        let rounded = (value * factor).round() / factor;
        let written = format!("{:.*}", place.clamp(0, 12) as usize, rounded.abs());
        let digits = written.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
        let number = self.fixed(rounded.abs(), digits);
        let sign = if rounded < 0.0 { "−" } else { "" };
        let after = if unit.after.is_empty() { String::new() } else { format!("\u{a0}{}", unit.after) };
        format!("{sign}{}{number}{after}", unit.before)
    }

    /// The same with its sign.
    pub fn change_in_unit(self, value: f64, unit: &str) -> String {
        unit_of(unit).change(value, self.numbers())
    }

    /// `Nov 25` or `25 nov`.
    pub fn day(self, at: Timestamp) -> String {
        let at = moment(at);
        let (month, day) = (usize::from(u8::from(at.month())) - 1, at.day());
        match self.lang {
            Lang::En => format!("{} {day}", MONTHS[month].0),
            Lang::Es => format!("{day} {}", MONTHS[month].1),
        }
    }

    /// `10:38`, UTC.
    pub fn clock(self, at: Timestamp) -> String {
        let at = moment(at);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// `10:38:12`, UTC.
    pub fn clock_seconds(self, at: Timestamp) -> String {
        format!("{}:{:02}", self.clock(at), moment(at).second())
    }

    /// `Nov 25, 2026, 10:38 UTC`.
    pub fn moment(self, at: Timestamp) -> String {
        format!("{}, {}, {} UTC", self.day(at), moment(at).year(), self.clock(at))
    }

    /// `0.4 s`, `38 s`, `2 min 5 s`, `1 h 41 min`, `3 d 4 h`.
    pub fn duration(self, ms: i64) -> String {
        let ms = ms.max(0);
        let seconds = ms / 1000;
        match seconds {
            0..10 => format!("{} s", self.fixed(ms as f64 / 1000.0, 1)),
            10..60 => format!("{seconds} s"),
            60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
            3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
            _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
        }
    }

    /// `3.4 MB`.
    pub fn bytes(self, bytes: u64) -> String {
        let mut value = bytes as f64;
        for unit in ["B", "kB", "MB"] {
            if value < 1000.0 {
                return format!("{} {unit}", self.plain(value));
            }
            value /= 1000.0;
        }
        format!("{} GB", self.plain(value))
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("Jan", "ene"),
    ("Feb", "feb"),
    ("Mar", "mar"),
    ("Apr", "abr"),
    ("May", "may"),
    ("Jun", "jun"),
    ("Jul", "jul"),
    ("Aug", "ago"),
    ("Sep", "sep"),
    ("Oct", "oct"),
    ("Nov", "nov"),
    ("Dec", "dic"),
];

/// A date that is held as days since 1970-01-01: `2026-11-25`.
pub fn date_of_days(days: f64) -> String {
    let seconds = days * 86_400.0;
    let date = (seconds.abs() < 2.5e11).then(|| OffsetDateTime::from_unix_timestamp(seconds as i64).ok()).flatten();
    match date.map(OffsetDateTime::date) {
        Some(date) => format!("{}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()),
        None => "–".to_owned(),
    }
}

fn moment(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.as_ms()) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// How a unit of a project is written: the sign of a currency before the number, all else after it.
pub fn unit_of(unit: &str) -> Unit {
    match unit {
        "" => Unit::none(),
        "USD" => Unit::before("$"),
        "EUR" => Unit::after("€"),
        "GBP" => Unit::before("£"),
        "JPY" | "CNY" => Unit::before("¥"),
        "%" => Unit::percent(),
        unit => Unit::after(unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_follow_the_language() {
        let (en, es) = (Figures::of(Lang::En), Figures::of(Lang::Es));
        assert_eq!(en.count(12_345), "12,345");
        assert_eq!(es.count(12_345), "12.345");
        assert_eq!(en.count(-1), "–");
        assert_eq!((en.change(0.243), es.percent(0.2345)), ("+24 %".to_owned(), "23,4 %".to_owned()));
        let at = Timestamp::from_ms(1_795_642_012_249);
        assert_eq!(en.moment(at), "Nov 25, 2026, 21:26 UTC");
        assert_eq!(es.day(at), "25 nov");
        assert_eq!((date_of_days(20_782.0), date_of_days(f64::NAN)), ("2026-11-25".to_owned(), "–".to_owned()));
    }

    #[test]
    fn figures_in_full_have_four_digits_that_count() {
        let (en, es) = (Figures::of(Lang::En), Figures::of(Lang::Es));
        for (value, text) in [
            (518_694.0, "$518,700"),
            (216.12, "$216.1"),
            (3.0, "$3"),
            (0.07, "$0.07"),
            (-1234.5, "−$1,235"),
            (0.0, "$0"),
        ] {
            assert_eq!(en.in_full(value, "USD"), text);
        }
        assert_eq!(es.in_full(518_694.0, "m"), "518.700\u{a0}m");
        assert_eq!(en.in_full(0.001, ""), "0.001");
        assert_eq!(en.in_full(f64::NAN, ""), "–");
    }

    #[test]
    fn durations_have_two_parts_at_most() {
        let en = Figures::of(Lang::En);
        for (ms, text) in
            [(0, "0.0 s"), (420, "0.4 s"), (38_900, "38 s"), (125_000, "2 min 5 s"), (6_060_000, "1 h 41 min")]
        {
            assert_eq!(en.duration(ms), text);
        }
    }
}
