//! Numbers as people of a language write them.

/// The languages of prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English: `1,234.5`.
    #[default]
    En,
    /// Spanish: `1.234,5`.
    Es,
}

impl Lang {
    fn marks(self) -> (char, char) {
        match self {
            Self::En => (',', '.'),
            Self::Es => ('.', ','),
        }
    }
}

/// A count, thousands grouped.
pub fn count(x: u64, lang: Lang) -> String {
    localise(&x.to_string(), lang)
}

/// A number with three significant digits or more, as few decimals as that takes.
pub fn value(x: f64, lang: Lang) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return localise(&format!("{x:.2e}"), lang);
    }
    let decimals = match size {
        _ if x.fract() == 0.0 => 0,
        s if s >= 1000.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        s if s >= 0.1 => 3,
        s if s >= 0.01 => 4,
        _ => 6,
    };
    localise(&format!("{x:.decimals$}"), lang)
}

/// A distance: two decimals, three where it is small.
pub fn distance(x: f64, lang: Lang) -> String {
    let decimals = if x == 0.0 || x.abs() >= 0.095 { 2 } else { 3 };
    localise(&format!("{x:.decimals$}"), lang)
}

/// A multiple, such as `9.2`: one decimal, none from 100 on.
pub fn multiple(x: f64, lang: Lang) -> String {
    let decimals = usize::from(x < 100.0);
    localise(&format!("{x:.decimals$}"), lang)
}

/// A share in percent with one decimal (more below .1 %), none where it is whole.
pub fn percent(share: f64, lang: Lang) -> String {
    format!("{} %", percent_number(share, lang))
}

/// A difference of two percentages.
pub fn points(share: f64, lang: Lang) -> String {
    let unit = match lang {
        Lang::En => "points",
        Lang::Es => "puntos",
    };
    format!("{} {unit}", percent_number(share, lang))
}

/// A share in percent without the sign.
pub fn percent_number(share: f64, lang: Lang) -> String {
    let x = 100.0 * share;
    let decimals = match x.abs() {
        s if (s - s.round()).abs() < 1e-9 => 0,
        s if s >= 0.1 => 1,
        s if s >= 0.01 => 2,
        s if s >= 0.001 => 3,
        _ => 0,
    };
    localise(&format!("{x:.decimals$}"), lang)
}

/// A p-value: three decimals, or a power of ten where those would be zeros.
pub fn p_value(p: f64, lang: Lang) -> String {
    localise(&if p == 0.0 || p >= 0.0005 { format!("{p:.3}") } else { format!("{p:.1e}") }, lang)
}

/// Puts the marks of a language into a plain number.
fn localise(plain: &str, lang: Lang) -> String {
    let (group, point) = lang.marks();
    let (mantissa, exponent) = plain.split_once('e').map_or((plain, None), |(m, e)| (m, Some(e)));
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("−", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut text = sign.to_owned();
    // Four digits stay together where the group sign is a point: 1.234 would be read for a fraction.
    let grouped = whole.len() > if group == '.' { 4 } else { 3 };
    for (i, digit) in whole.chars().enumerate() {
        if grouped && i > 0 && (whole.len() - i) % 3 == 0 {
            text.push(group);
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push(point);
        text += fraction;
    }
    if let Some(exponent) = exponent {
        text.push('e');
        text += exponent;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_the_language() {
        assert_eq!(count(1_234_567, Lang::En), "1,234,567");
        assert_eq!(count(1_234_567, Lang::Es), "1.234.567");
        assert_eq!(value(-0.25, Lang::Es), "−0,250");
        assert_eq!(value(1708.4, Lang::En), "1,708");
        assert_eq!((value(1708.4, Lang::Es), count(12_345, Lang::Es)), ("1708".to_owned(), "12.345".to_owned()));
        assert_eq!(percent(0.9531, Lang::En), "95.3 %");
        assert_eq!(percent(0.02, Lang::Es), "2 %");
        assert_eq!((distance(0.1, Lang::En), distance(-0.69, Lang::En)), ("0.10".to_owned(), "−0.69".to_owned()));
        assert_eq!(p_value(2.32e-18, Lang::Es), "2,3e-18");
    }
}
