//! Every text of the pages, in both languages.
//!
//! One table a page. The compiler refuses a key that lacks a language, and (as dead code) one that no page uses; a test
//! refuses two languages with different places to fill in.

/// A table of texts: `key: "English", "Spanish";`. Places to fill in stand in braces: `{rows} rows`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($key:ident: $english:literal, $spanish:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name { $(pub(crate) $key: &'static str,)+ }

        impl $name {
            pub(crate) fn of(lang: tidewheel_drift::Lang) -> &'static Self {
                const ENGLISH: $name = $name { $($key: $english,)+ };
                const SPANISH: $name = $name { $($key: $spanish,)+ };
                match lang {
                    tidewheel_drift::Lang::En => &ENGLISH,
                    tidewheel_drift::Lang::Es => &SPANISH,
                }
            }

            #[cfg(test)]
            pub(crate) const ALL: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($key), $english, $spanish),)+];
        }
    };
}

/// The tables, each also checked by the tests.
macro_rules! tables {
    ($($module:ident: $name:ident),+ $(,)?) => {
        $(mod $module; pub(crate) use $module::$name;)+

        #[cfg(test)]
        const TABLES: &[(&str, &[(&str, &str, &str)])] = &[$((stringify!($module), $name::ALL),)+];
    };
}

tables! {
    batch: BatchWords,
    batches: BatchesWords,
    common: Common,
    decision: DecisionWords,
    decisions: DecisionsWords,
    drift: DriftWords,
    experiments: ExperimentsWords,
    frame: FrameWords,
    models: ModelsWords,
    monitoring: MonitoringWords,
    overview: OverviewWords,
    pipeline: PipelineWords,
    predict: PredictWords,
    problem: ProblemWords,
    profile: ProfileWords,
    quarantine: QuarantineWords,
    replay: ReplayWords,
    search: SearchWords,
    settings: SettingsWords,
}

/// Fills the places of a text.
pub(crate) fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        // a place that is not given stays as it is, and shows
        match places.iter().find(|(place, _)| *place == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn both_languages_have_the_same_places() {
        for (table, words) in TABLES {
            for (key, english, spanish) in *words {
                assert!(!english.is_empty() && !spanish.is_empty(), "{table}.{key}");
                assert_eq!(places(english), places(spanish), "{table}.{key}");
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_not_looked_at_again() {
        assert_eq!(fill("{a} of {b}", &[("a", "{b}"), ("b", "2")]), "{b} of 2");
        assert_eq!(fill("{a} {unknown} {", &[("a", "1")]), "1 {unknown} {");
    }
}
