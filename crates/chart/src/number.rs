//! Numbers as people read them.

/// How a language writes numbers, and large ones in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberFormat {
    /// Stands before the fraction.
    pub decimal: char,
    /// Stands between groups of three digits.
    pub group: char,
    /// Short for thousand, million and thousand million; an empty one is not used.
    pub short: [&'static str; 3],
}

impl NumberFormat {
    /// 12,345.6
    pub const ENGLISH: Self = Self { decimal: '.', group: ',', short: ["k", "M", "B"] };
    /// 12.345,6
    pub const SPANISH: Self = Self { decimal: ',', group: '.', short: ["k", "M", ""] };

    /// With so many digits after the decimal sign, grouped, with a true minus; a dash where there is no number.
    pub fn fixed(self, value: f64, digits: usize) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        if value.abs() >= 1e15 {
            return format!("{value:e}").replace('-', "−").replace('.', &self.decimal.to_string());
        }
        let plain = format!("{:.*}", digits.min(12), value.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let mut text = String::with_capacity(plain.len() + 6);
        if value < 0.0 && plain.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
            text.push('−');
        }
        // Four digits stay together where the group sign is a point, as 1.234 would be read for a fraction.
        let grouped = whole.len() > if self.group == '.' { 4 } else { 3 };
        for (place, digit) in whole.chars().enumerate() {
            if grouped && place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(self.group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(self.decimal);
            text.push_str(fraction);
        }
        text
    }

    /// Without needless digits: three figures that count, more only where the whole part has more.
    pub fn plain(self, value: f64) -> String {
        self.fixed(value, needed(value, 3))
    }
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self::ENGLISH
    }
}

/// What a figure is counted in.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Written before the number, such as `$`.
    pub before: String,
    /// Written after the number, such as `%`, `×` or `sq ft`.
    pub after: String,
    /// The number is written times this: 100 for a share that is shown in %.
    pub scale: f64,
}

impl Default for Unit {
    fn default() -> Self {
        Self { before: String::new(), after: String::new(), scale: 1.0 }
    }
}

impl Unit {
    /// A bare number.
    pub fn none() -> Self {
        Self::default()
    }

    /// A share of 1, written in %.
    pub fn percent() -> Self {
        Self { after: "%".to_owned(), scale: 100.0, ..Self::default() }
    }

    /// A unit that stands before the number.
    pub fn before(unit: &str) -> Self {
        Self { before: unit.to_owned(), ..Self::default() }
    }

    /// A unit that stands after the number.
    pub fn after(unit: &str) -> Self {
        Self { after: unit.to_owned(), ..Self::default() }
    }

    /// The figure with its unit, in short where it is large: `$50.4 k`.
    pub fn value(&self, value: f64, numbers: NumberFormat) -> String {
        self.write(value, numbers, false)
    }

    /// The same with a sign in any case, for a change.
    pub fn change(&self, value: f64, numbers: NumberFormat) -> String {
        self.write(value, numbers, true)
    }

    fn write(&self, value: f64, numbers: NumberFormat, signed: bool) -> String {
        let value = value * self.scale;
        if !value.is_finite() {
            return "–".to_owned();
        }
        let (factor, short) = shortness(value.abs(), 10_000.0, numbers);
        let value = value / factor;
        self.sign_and_join(value, needed(value, 3), short, numbers, signed)
    }

    fn sign_and_join(&self, value: f64, digits: usize, short: &str, numbers: NumberFormat, signed: bool) -> String {
        let digits = numbers.fixed(value.abs(), digits);
        let zero = !digits.chars().any(|digit| matches!(digit, '1'..='9'));
        let sign = match (zero, value < 0.0, signed) {
            (false, true, _) => "−",
            (false, false, true) => "+",
            _ => "",
        };
        self.join(sign, &digits, short)
    }

    fn join(&self, sign: &str, digits: &str, short: &str) -> String {
        let mut text = format!("{sign}{}{digits}", self.before);
        if !short.is_empty() {
            text.push('\u{a0}');
            text.push_str(short);
        }
        if !self.after.is_empty() {
            if self.after != "×" && self.after != "°" {
                text.push('\u{a0}');
            }
            text.push_str(&self.after);
        }
        text
    }

    /// Figures of one column: all with as many digits after the decimal sign as the largest needs, so that they can be
    /// compared at a glance; only small ones have more.
    pub fn column(&self, values: &[f64], numbers: NumberFormat, signed: bool) -> Vec<String> {
        let scaled = |value: f64| (value * self.scale).abs();
        let largest = values.iter().copied().map(scaled).filter(|size| size.is_finite()).fold(0.0, f64::max);
        let whole = shortness(largest, 10_000.0, numbers);
        // A small one among large ones is short in its own way.
        let short =
            |size: f64| if size >= whole.0 * 0.1 || size == 0.0 { whole } else { shortness(size, 1e4, numbers) };
        let most = needed_at_most(largest / whole.0, if whole.0 > 1.0 { 4 } else { 3 });
        let digits = |value: f64| {
            let (size, factor) = (scaled(value), short(scaled(value)).0);
            let size = size / factor;
            if size > 0.0 && size < 10_f64.powi(-(most as i32)) * 0.999 {
                needed(size, 1)
            } else if factor == whole.0 {
                most
            } else {
                needed(size, 3)
            }
        };
        let rounded = |value: f64| {
            let (size, digits) = (scaled(value) / short(scaled(value)).0, digits(value));
            needed_exactly((size * 10_f64.powi(digits as i32)).round() / 10_f64.powi(digits as i32), size)
        };
        let of_all = |value: &&f64| value.is_finite() && short(scaled(**value)).0 == whole.0 && digits(**value) == most;
        let common = values.iter().filter(of_all).map(|value| rounded(*value)).max().unwrap_or(0).min(most);
        let write = |value: &f64| {
            if !value.is_finite() {
                return "–".to_owned();
            }
            let (factor, word) = short(scaled(*value));
            let digits = if factor == whole.0 && digits(*value) == most { common } else { digits(*value) };
            self.sign_and_join(value * self.scale / factor, digits, word, numbers, signed)
        };
        values.iter().map(write).collect()
    }

    /// Whether it can stand at each tick; a word is named with the axis.
    fn at_ticks(&self) -> bool {
        self.after.chars().count() <= 2 && !self.after.chars().any(char::is_alphabetic)
    }

    /// The unit where it has to be named with the axis.
    pub(crate) fn beside_axis(&self) -> &str {
        if self.at_ticks() { "" } else { &self.after }
    }

    /// What stands at the ticks of an axis: all in the same shortness, with as many digits as their distance asks for.
    pub(crate) fn ticks(&self, ticks: &[f64], log: bool, numbers: NumberFormat) -> Vec<String> {
        let bare = if self.at_ticks() { self.clone() } else { Self { after: String::new(), ..self.clone() } };
        if log {
            return ticks.iter().map(|tick| bare.value(*tick, numbers)).collect();
        }
        let largest = ticks.iter().fold(0.0_f64, |largest, tick| largest.max((tick * self.scale).abs()));
        let (factor, short) = shortness(largest, 10_000.0, numbers);
        let scaled = |tick: &f64| tick * self.scale / factor;
        let digits = ticks.iter().map(|tick| needed_exactly(scaled(tick), largest / factor)).max().unwrap_or(0);
        let text = |tick: &f64| {
            let digits = numbers.fixed(scaled(tick).abs(), digits);
            let zero = !digits.chars().any(|digit| matches!(digit, '1'..='9'));
            if zero {
                return bare.join("", "0", if bare.after.is_empty() { "" } else { short });
            }
            bare.join(if *tick < 0.0 { "−" } else { "" }, &digits, short)
        };
        ticks.iter().map(text).collect()
    }
}

/// What a number is divided by to be short, and the word for it.
fn shortness(size: f64, from: f64, numbers: NumberFormat) -> (f64, &'static str) {
    if size < from || size >= 1e15 || !size.is_finite() {
        return (1.0, "");
    }
    let steps = [(999.5e6, 1e9, 2), (999.5e3, 1e6, 1), (0.0, 1e3, 0)];
    let fits = |&(least, factor, place): &(f64, f64, usize)| {
        let word = numbers.short[place];
        (size >= least && !word.is_empty()).then_some((factor, word))
    };
    steps.iter().find_map(fits).unwrap_or((1.0, ""))
}

/// Digits after the decimal sign that show `figures` figures, without zeros at the end.
fn needed(value: f64, figures: i32) -> usize {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() {
        return 0;
    }
    let most = needed_at_most(size, figures);
    let text = format!("{size:.most$}");
    text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len())
}

/// Digits after the decimal sign that show `figures` figures.
fn needed_at_most(size: f64, figures: i32) -> usize {
    if size == 0.0 || !size.is_finite() {
        return 0;
    }
    let whole = size.log10().floor() as i32 + 1;
    (figures - whole).clamp(0, 9) as usize
}

/// Digits after the decimal sign that a tick needs, noise far below the largest left out.
fn needed_exactly(value: f64, largest: f64) -> usize {
    (0..9)
        .find(|digits| {
            let power = 10_f64.powi(*digits);
            ((value * power).round() / power - value).abs() <= largest.abs() * 1e-9
        })
        .unwrap_or(9) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: NumberFormat = NumberFormat::ENGLISH;
    const ES: NumberFormat = NumberFormat::SPANISH;

    #[test]
    fn numbers_follow_the_language() {
        assert_eq!(EN.fixed(1234567.891, 2), "1,234,567.89");
        assert_eq!(ES.fixed(1234567.891, 2), "1.234.567,89");
        assert_eq!((EN.fixed(-1234.0, 0), ES.fixed(1234.0, 0)), ("−1,234".into(), "1234".into()));
        assert_eq!((EN.fixed(-0.001, 1), EN.fixed(f64::NAN, 1)), ("0.0".into(), "–".into()));
        assert_eq!(
            (EN.plain(0.12345), EN.plain(12.0), EN.plain(123456.0)),
            ("0.123".into(), "12".into(), "123,456".into())
        );
    }

    #[test]
    fn units_stand_where_they_belong() {
        assert_eq!(Unit::before("$").value(-61_200.0, EN), "−$61.2\u{a0}k");
        assert_eq!(Unit::before("$").value(999_700.0, EN), "$1\u{a0}M");
        assert_eq!(Unit::percent().value(0.453, ES), "45,3\u{a0}%");
        assert_eq!(Unit::percent().change(0.04, EN), "+4\u{a0}%");
        assert_eq!(Unit::after("×").value(9.04, EN), "9.04×");
        assert_eq!(Unit::none().change(0.0, EN), "0");
        assert_eq!(Unit::none().value(f64::INFINITY, EN), "–");
        assert_eq!(Unit::none().value(4e9, ES), "4000\u{a0}M");
    }

    #[test]
    fn a_column_has_the_same_digits() {
        let column = |unit: Unit, values: &[f64], signed: bool| unit.column(values, EN, signed);
        assert_eq!(column(Unit::none(), &[45.3, 28.0, -1.4, 0.6], false), ["45.3", "28.0", "−1.4", "0.6"]);
        assert_eq!(column(Unit::none(), &[45.0, 28.0, 0.004], true), ["+45", "+28", "+0.004"]);
        assert_eq!(
            column(Unit::before("$"), &[451_800.0, -61_200.0, 47_000.0, 1_000.0, f64::NAN], false),
            ["$451.8\u{a0}k", "−$61.2\u{a0}k", "$47.0\u{a0}k", "$1.0\u{a0}k", "–"]
        );
        assert_eq!(column(Unit::none(), &[], false), [""; 0]);
        assert_eq!(column(Unit::none(), &[0.0, 2_000_000.0, 8_800.0], false), ["0\u{a0}M", "2\u{a0}M", "8,800"]);
    }

    #[test]
    fn ticks_agree_with_each_other() {
        let texts = Unit::none().ticks(&[0.0, 0.25, 0.5, 0.75], false, EN);
        assert_eq!(texts, ["0", "0.25", "0.50", "0.75"]);
        let texts = Unit::before("$").ticks(&[0.0, 500_000.0, 1_000_000.0], false, EN);
        assert_eq!(texts, ["$0", "$0.5\u{a0}M", "$1.0\u{a0}M"]);
        let texts = Unit::percent().ticks(&[0.0, 0.1, 0.2, 0.30000000000000004], false, EN);
        assert_eq!(texts, ["0\u{a0}%", "10\u{a0}%", "20\u{a0}%", "30\u{a0}%"]);
    }
}
