//! The section `[policy]`: when to train, as named, ordered, readable conditions over evidence.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::project::nearest;
use crate::turn::Action;

/// The policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PolicyName {
    /// Train when something that matters moved and it costs: an effect over its bound, and the champion's error risen.
    #[default]
    CostlyDrift,
    /// Train when an effect in a relevant column is over its bound.
    Effect,
    /// Train when any numeric column's KS test against the previous batch has p below [`PolicySettings::p_below`].
    Reference,
}

impl PolicyName {
    /// The name as it stands in the project file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CostlyDrift => "costly-drift",
            Self::Effect => "effect",
            Self::Reference => "reference",
        }
    }
}

/// Rows never seen before that a training needs under [`PolicyName::CostlyDrift`], where the project sets no number.
const MIN_ROWS: u64 = 500;

/// The section `[policy]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// Which policy decides.
    pub name: PolicyName,
    /// Fewest rows never seen before that a training needs. Default: 500 under `costly-drift`, none elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_rows: Option<u64>,
    /// Smallest share of the champion's mean absolute SHAP value that makes a column relevant.
    pub relevant_share: f64,
    /// `costly-drift`: how many times its bound the lower end of an effect must exceed.
    pub effect_over: f64,
    /// `costly-drift`: the rise of the champion's error from which on a change costs; 0.10 is ten percent.
    pub error_rise_over: f64,
    /// `costly-drift`: the rise of the champion's error that trains though no column moved.
    pub error_rise_alone: f64,
    /// `costly-drift`: share of a batch's rows in segments that the champion hardly knows, above which a person is asked.
    pub new_share_ask: f64,
    /// Batches that must pass between two trainings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<u64>,
    /// Most trainings within a number of batches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Rules of the project, asked in their order before those of the policy: the first that holds decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<PolicyRule>,
    /// Policy `reference`: the p-value below which a column has drifted.
    pub p_below: f64,
    /// Policy `reference`: the numeric columns it tests; when empty, every numeric column of the report.
    pub ks_columns: Vec<String>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            name: PolicyName::default(),
            min_rows: None,
            relevant_share: 0.05,
            effect_over: 1.0,
            error_rise_over: 0.10,
            error_rise_alone: 0.30,
            new_share_ask: 0.50,
            cooldown: None,
            budget: None,
            rule: Vec::new(),
            p_below: 0.05,
            ks_columns: Vec::new(),
        }
    }
}

impl PolicySettings {
    /// The settings of a policy as it is, without anything of a project.
    pub fn of(name: PolicyName) -> Self {
        Self { name, ..Self::default() }
    }

    /// Fewest rows never seen before that a training needs.
    pub fn needed_rows(&self) -> Option<u64> {
        self.min_rows.or((self.name == PolicyName::CostlyDrift).then_some(MIN_ROWS))
    }

    /// Says what is wrong with the settings, naming the field and its value; `Ok` when nothing is.
    pub fn validate(&self) -> Result<(), String> {
        for (field, value) in
            [("relevant_share", self.relevant_share), ("p_below", self.p_below), ("new_share_ask", self.new_share_ask)]
        {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("policy.{field} must lie between 0 and 1, got {value}"));
            }
        }
        for (field, value) in [
            ("effect_over", self.effect_over),
            ("error_rise_over", self.error_rise_over),
            ("error_rise_alone", self.error_rise_alone),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(format!("policy.{field} must be 0 or a positive number, got {value}"));
            }
        }
        if let Some(budget) = self.budget
            && budget.batches == 0
        {
            return Err("policy.budget.batches must be 1 or more, got 0".to_owned());
        }
        for (place, rule) in self.rule.iter().enumerate() {
            let at = format!("policy.rule {}", place + 1);
            if rule.name.trim().is_empty() {
                return Err(format!("{at}: 'name' must not be empty"));
            }
            if self.rule[..place].iter().any(|other| other.name == rule.name) {
                return Err(format!("{at}: the name '{}' is given twice", rule.name));
            }
            if rule.action == Action::Baseline {
                return Err(format!(
                    "{at} ('{}'): action 'baseline' is not one of skip, retrain, shadow_train, stop_and_ask",
                    rule.name
                ));
            }
        }
        Ok(())
    }
}

/// Most trainings within a number of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// So many trainings, the baseline not counted.
    pub trainings: u64,
    /// Within so many batches, this one included.
    pub batches: u64,
}

/// A rule: what is done when its condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    /// A name for people, and for the counters of decisions.
    pub name: String,
    /// The condition, such as `error_rise > 0.2 and never_seen_rows >= 1000`.
    pub when: When,
    /// What is done: `skip`, `retrain`, `shadow_train` or `stop_and_ask`.
    #[schemars(with = "String")]
    pub action: Action,
}

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The largest lower end of an effect in a relevant column, in multiples of its bound; of one column where it is
    /// named: `effect(income)`.
    Effect,
    /// The rise of the champion's mean absolute error on the batch's never-seen rows, against its hold-out; 0.1 is 10 %.
    ErrorRise,
    /// The lower end of that rise's interval.
    ErrorRiseLow,
    /// Rows whose key is in no earlier batch.
    NeverSeenRows,
    /// Rows of the batch.
    Rows,
    /// Share of the batch's rows in segments of which the champion saw fewer than 30 training rows.
    UnknownSegmentShare,
    /// Batches since the last training.
    BatchesSinceTraining,
    /// The largest lower end against the batch of the last promotion, in multiples of its bound.
    LastPromotedEffect,
    /// The largest lower end against the last batches, in multiples of its bound.
    TrailingEffect,
    /// Lower end of one effect (evidence only).
    EffectLow,
    /// A KS test's p-value (evidence only).
    KsPValue,
}

impl Quantity {
    /// Those that a project's rule may name.
    pub const NAMED: [Self; 9] = [
        Self::Effect,
        Self::ErrorRise,
        Self::ErrorRiseLow,
        Self::NeverSeenRows,
        Self::Rows,
        Self::UnknownSegmentShare,
        Self::BatchesSinceTraining,
        Self::LastPromotedEffect,
        Self::TrailingEffect,
    ];

    /// The name as it stands in conditions and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::ErrorRise => "error_rise",
            Self::ErrorRiseLow => "error_rise_low",
            Self::NeverSeenRows => "never_seen_rows",
            Self::Rows => "rows",
            Self::UnknownSegmentShare => "unknown_segment_share",
            Self::BatchesSinceTraining => "batches_since_training",
            Self::LastPromotedEffect => "last_promoted_effect",
            Self::TrailingEffect => "trailing_effect",
            Self::EffectLow => "effect_low",
            Self::KsPValue => "ks_p_value",
        }
    }
}

/// How two numbers stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// At or below.
    AtMost,
    /// Above.
    Above,
    /// At or above.
    AtLeast,
    /// Below.
    Below,
}

impl Comparison {
    /// Whether `observed` stands so to `bound`.
    pub fn holds(self, observed: f64, bound: f64) -> bool {
        match self {
            Self::AtMost => observed <= bound,
            Self::Above => observed > bound,
            Self::AtLeast => observed >= bound,
            Self::Below => observed < bound,
        }
    }

    /// What holds exactly where this does not.
    pub fn opposite(self) -> Self {
        match self {
            Self::AtMost => Self::Above,
            Self::Above => Self::AtMost,
            Self::AtLeast => Self::Below,
            Self::Below => Self::AtLeast,
        }
    }

    /// The sign in conditions.
    pub fn sign(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
        }
    }
}

/// One comparison of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What is looked at.
    pub quantity: Quantity,
    /// In which column (`effect` only).
    pub column: Option<String>,
    /// How it must stand.
    pub comparison: Comparison,
    /// To what.
    pub bound: f64,
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.column.as_ref().map(|column| format!("({column})")).unwrap_or_default();
        write!(formatter, "{}{column} {} {}", self.quantity.as_str(), self.comparison.sign(), self.bound)
    }
}

/// A condition: comparisons joined by `and` and `or`, where `and` binds more tightly. Parsed from text; kept as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct When {
    text: String,
    /// Any of these, each of which needs all of its tests.
    any: Vec<Vec<Test>>,
}

impl When {
    /// A condition that needs all of the tests.
    pub fn all(tests: Vec<Test>) -> Self {
        let text = tests.iter().map(Test::to_string).collect::<Vec<_>>().join(" and ");
        Self { text, any: vec![tests] }
    }

    /// The condition as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every test of it.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.any.iter().flatten()
    }

    /// Whether it holds. A comparison with something that could not be measured (`None`) does not.
    pub fn holds(&self, mut observed: impl FnMut(&Test) -> Option<f64>) -> bool {
        self.any.iter().any(|all| {
            all.iter().all(|test| observed(test).is_some_and(|value| test.comparison.holds(value, test.bound)))
        })
    }
}

impl From<When> for String {
    fn from(when: When) -> Self {
        when.text
    }
}

impl TryFrom<String> for When {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl JsonSchema for When {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "When".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names = Quantity::NAMED.map(Quantity::as_str).join(", ");
        schemars::json_schema!({
            "type": "string",
            "description": format!(
                "Comparisons (>, >=, <, <=) with numbers, joined by `and` and `or`. Quantities: {names}; \
                 `effect(COLUMN)` looks at one column."
            ),
        })
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |message: String| format!("condition '{}': {message}", text.trim());
        let words = words(text).map_err(wrong)?;
        let (mut any, mut all) = (Vec::new(), Vec::new());
        let mut rest = words.as_slice();
        loop {
            let (test, after) = test(rest).map_err(wrong)?;
            all.push(test);
            match after.split_first() {
                None => break,
                Some((word, after)) if word.eq_ignore_ascii_case("and") => rest = after,
                Some((word, after)) if word.eq_ignore_ascii_case("or") => {
                    any.push(std::mem::take(&mut all));
                    rest = after;
                }
                Some((word, _)) => return Err(wrong(format!("'and' or 'or' must stand before '{word}'"))),
            }
        }
        any.push(all);
        Ok(Self { text: text.trim().to_owned(), any })
    }
}

/// Names (with their column), signs, numbers and joining words.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '<' | '>' => 1 + usize::from(rest[1..].starts_with('=')),
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(')).unwrap_or(rest.len());
                if rest[end..].starts_with('(') {
                    let close = rest[end..].find(')').ok_or("a ')' is missing")?;
                    end + close + 1
                } else {
                    end
                }
            }
        };
        if length == 0 {
            return Err(format!("'{rest}' cannot be read"));
        }
        let (word, after) = rest.split_at(length);
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

fn test(words: &[String]) -> Result<(Test, &[String]), String> {
    let [subject, sign, bound, rest @ ..] = words else {
        return Err("a comparison is needed, such as 'error_rise > 0.2'".to_owned());
    };
    let (name, column) = match subject.split_once('(') {
        None => (subject.as_str(), None),
        Some((name, column)) => (name.trim(), Some(column.trim_end_matches(')').trim().to_owned())),
    };
    let Some(quantity) = Quantity::NAMED.into_iter().find(|quantity| quantity.as_str() == name) else {
        let names = Quantity::NAMED.map(Quantity::as_str);
        let hint = nearest(name, names.iter().copied()).map(|near| format!("; did you mean '{near}'?"));
        let hint = hint.unwrap_or_else(|| format!("; there are {}", names.join(", ")));
        return Err(format!("unknown quantity '{name}'{hint}"));
    };
    if column.is_some() && quantity != Quantity::Effect {
        return Err(format!("'{name}' takes no column"));
    }
    let comparison = match sign.as_str() {
        ">" => Comparison::Above,
        ">=" => Comparison::AtLeast,
        "<" => Comparison::Below,
        "<=" => Comparison::AtMost,
        other => return Err(format!("'{other}' is none of >, >=, <, <=")),
    };
    let bound = bound.parse::<f64>().ok().filter(|bound| bound.is_finite());
    let bound = bound.ok_or_else(|| format!("'{}' is no number", words[2]))?;
    Ok((Test { quantity, column, comparison, bound }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(test: &Test) -> Option<f64> {
        match test.quantity {
            Quantity::Effect => Some(if test.column.is_some() { 3.0 } else { 2.0 }),
            Quantity::ErrorRise => Some(0.05),
            _ => None,
        }
    }

    #[test]
    fn conditions_hold_as_they_read() {
        let holds = |text: &str| text.parse::<When>().expect(text).holds(observed);
        assert!(holds("effect > 1"));
        assert!(holds("effect>1.5 and effect( the column )>=3"));
        assert!(!holds("effect > 1 and error_rise > 0.1"));
        assert!(holds("error_rise > 0.1 and effect > 1 or effect >= 2"));
        assert!(!holds("never_seen_rows >= 0"), "what was not measured holds no condition");
        assert!(!holds("never_seen_rows < 500"), "nor its opposite");
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| text.parse::<When>().expect_err(text);
        assert_eq!(error("efect > 1"), "condition 'efect > 1': unknown quantity 'efect'; did you mean 'effect'?");
        assert!(error("effect = 1").contains("'=' is none of"), "{}", error("effect = 1"));
        assert!(error("effect > many").contains("'many' is no number"));
        assert!(error("effect > NaN").contains("'NaN' is no number"));
        assert!(error("effect").contains("a comparison is needed"));
        assert!(error("effect > 1 error_rise > 2").contains("'and' or 'or'"));
        assert!(error("rows(a) > 1").contains("takes no column"));
        assert!(error("effect(a > 1").contains("')' is missing"));
        assert!(error("").contains("a comparison is needed"));
    }

    #[test]
    fn a_condition_is_kept_as_written() {
        let text = "effect(a b) > 1 and error_rise_low >= 0.02";
        let when: When = text.parse().expect("valid");
        assert_eq!(serde_json::to_value(&when).expect("json"), serde_json::json!(text));
        assert_eq!(When::all(when.tests().cloned().collect()), when);
    }

    #[test]
    fn settings_are_checked() {
        let rule =
            |name: &str, action| PolicyRule { name: name.to_owned(), when: "rows > 1".parse().expect("valid"), action };
        let wrong = |settings: PolicySettings| settings.validate().expect_err("wrong");
        let base = PolicySettings::default();
        assert!(base.validate().is_ok());
        assert!(wrong(PolicySettings { effect_over: -1.0, ..base.clone() }).contains("policy.effect_over"));
        assert!(wrong(PolicySettings { new_share_ask: 2.0, ..base.clone() }).contains("policy.new_share_ask"));
        let twice = vec![rule("a", Action::Skip), rule("a", Action::Skip)];
        assert!(wrong(PolicySettings { rule: twice, ..base.clone() }).contains("given twice"));
        let baseline = vec![rule("a", Action::Baseline)];
        assert!(wrong(PolicySettings { rule: baseline, ..base }).contains("'baseline' is not one of"));
    }

    #[test]
    fn only_costly_drift_needs_rows_by_itself() {
        assert_eq!(PolicySettings::of(PolicyName::CostlyDrift).needed_rows(), Some(500));
        assert_eq!(PolicySettings::of(PolicyName::Effect).needed_rows(), None);
        let set = PolicySettings { min_rows: Some(7), ..PolicySettings::of(PolicyName::Reference) };
        assert_eq!(set.needed_rows(), Some(7));
    }
}
