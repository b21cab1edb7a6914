//! Who reads: the language, and how columns are called.

use tidewheel_chart::{NumberFormat, Unit};
use tidewheel_domain::decision::{Action, ColumnLabels, Quantity, ReferenceKind, RuleName};
use tidewheel_domain::drift_report::{ColumnKind, EffectName, Note, Side, TestName};
use tidewheel_drift::Lang;
use tidewheel_drift::prose::{number, shown};

use crate::page::{Text, Tone};
use crate::words::{Words, fill};

/// A reader.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) lang: Lang,
    pub(crate) words: &'static Words,
    labels: &'a ColumnLabels,
    /// Pictures for a page that has more to show: see [`crate::decision_body`].
    pub(crate) compact: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(lang: Lang, labels: &'a ColumnLabels) -> Self {
        Self { lang, words: Words::of(lang), labels, compact: false }
    }

    pub(crate) fn compact(self) -> Self {
        Self { compact: true, ..self }
    }

    /// What a column is called.
    pub(crate) fn name(&self, column: &str) -> String {
        shown(self.labels.get(column).and_then(|label| label.label.as_deref()).unwrap_or(column))
    }

    /// The same in the quotation marks of the language.
    pub(crate) fn quoted(&self, column: &str) -> String {
        fill(self.words.quotes, &[&self.name(column)])
    }

    pub(crate) fn column(&self, column: &str) -> Text {
        Text::Name(self.name(column))
    }

    /// Several columns, of which the first are named.
    pub(crate) fn columns(&self, columns: &[String]) -> Text {
        const NAMED: usize = 12;
        let names = columns.iter().take(NAMED).map(|column| self.name(column)).collect::<Vec<_>>().join(", ");
        Text::Name(if columns.len() > NAMED { fill(self.words.and_others, &[&names]) } else { names })
    }

    pub(crate) fn unit(&self, column: &str) -> Unit {
        match self.labels.get(column).and_then(|label| label.unit.as_deref()) {
            Some(unit) => Unit::after(&shown(unit)),
            None => Unit::none(),
        }
    }

    pub(crate) fn numbers(&self) -> NumberFormat {
        match self.lang {
            Lang::En => NumberFormat::ENGLISH,
            Lang::Es => NumberFormat::SPANISH,
        }
    }

    pub(crate) fn count(&self, x: u64) -> String {
        number::count(x, self.lang)
    }

    pub(crate) fn value(&self, x: f64) -> String {
        number::value(x, self.lang)
    }

    /// A number with its sign.
    pub(crate) fn signed(&self, x: f64) -> String {
        format!("{}{}", if x > 0.0 { "+" } else { "" }, self.value(x))
    }

    /// Figures of one column of a table: all with as many decimals as the largest needs.
    pub(crate) fn alike(&self, values: &[f64]) -> Vec<String> {
        let largest = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
        let decimals = match largest {
            size if size >= 1000.0 || values.iter().all(|value| value.fract() == 0.0) => 0,
            size if size >= 10.0 => 1,
            size if size >= 1.0 => 2,
            size if size >= 0.1 => 3,
            size if size >= 0.01 => 4,
            _ => 6,
        };
        values.iter().map(|value| self.numbers().fixed(*value, decimals)).collect()
    }

    /// The same with their signs.
    pub(crate) fn alike_signed(&self, values: &[f64]) -> Vec<String> {
        let texts = self.alike(values).into_iter().zip(values);
        texts.map(|(text, value)| if *value > 0.0 { format!("+{text}") } else { text }).collect()
    }

    /// A value in the unit of its column.
    pub(crate) fn value_of(&self, column: &str, x: f64) -> String {
        let unit = self.unit(column).after;
        if unit.is_empty() { self.value(x) } else { format!("{} {unit}", self.value(x)) }
    }

    pub(crate) fn percent(&self, share: f64) -> String {
        number::percent(share, self.lang)
    }

    pub(crate) fn signed_percent(&self, share: f64) -> String {
        format!("{}{}", if share > 0.0 { "+" } else { "" }, self.percent(share))
    }

    /// `4.6 → 81.8 %`.
    pub(crate) fn shares(&self, from: f64, to: f64) -> String {
        format!("{} → {}", number::percent_number(from, self.lang), self.percent(to))
    }

    pub(crate) fn multiple(&self, x: f64) -> String {
        number::multiple(x, self.lang)
    }

    /// A multiple of a bound.
    pub(crate) fn times(&self, x: f64) -> String {
        format!("{} ×", self.multiple(x))
    }

    pub(crate) fn p_value(&self, p: f64) -> String {
        number::p_value(p, self.lang)
    }

    /// An area under a curve.
    pub(crate) fn auc(&self, x: f64) -> String {
        number::value(x, self.lang)
    }

    /// The size of an effect in its own measure: differences of shares in points, distances plain.
    pub(crate) fn size(&self, effect: EffectName, x: f64) -> String {
        match effect {
            EffectName::Distance | EffectName::CategoryDistance | EffectName::Correlation => {
                number::distance(x, self.lang)
            }
            EffectName::Tails | EffectName::NewLevels | EffectName::Missing => number::points(x, self.lang),
        }
    }

    /// From one end to the other; the unit is said once.
    pub(crate) fn interval(&self, effect: EffectName, low: f64, high: f64) -> String {
        let low = match effect {
            EffectName::Distance | EffectName::CategoryDistance | EffectName::Correlation => {
                number::distance(low, self.lang)
            }
            EffectName::Tails | EffectName::NewLevels | EffectName::Missing => number::percent_number(low, self.lang),
        };
        format!("{low} {} {}", self.words.to, self.size(effect, high))
    }

    pub(crate) fn effect(&self, effect: EffectName) -> &'static str {
        match effect {
            EffectName::Distance => self.words.distance,
            EffectName::Tails => self.words.tails,
            EffectName::CategoryDistance => self.words.category_distance,
            EffectName::NewLevels => self.words.new_levels,
            EffectName::Missing => self.words.missing,
            EffectName::Correlation => self.words.correlation,
        }
    }

    pub(crate) fn effect_means(&self, effect: EffectName) -> &'static str {
        match effect {
            EffectName::Distance => self.words.distance_means,
            EffectName::Tails => self.words.tails_means,
            EffectName::CategoryDistance => self.words.category_distance_means,
            EffectName::NewLevels => self.words.new_levels_means,
            EffectName::Missing => self.words.missing_means,
            EffectName::Correlation => self.words.correlation_means,
        }
    }

    pub(crate) fn action(&self, action: Action) -> (&'static str, Tone) {
        match action {
            Action::Baseline => (self.words.baseline, Tone::Train),
            Action::Retrain => (self.words.retrain, Tone::Train),
            Action::ShadowTrain => (self.words.shadow_train, Tone::Train),
            Action::Skip => (self.words.skip, Tone::Skip),
            Action::StopAndAsk => (self.words.stop_and_ask, Tone::Ask),
        }
    }

    pub(crate) fn reference(&self, kind: ReferenceKind) -> &'static str {
        match kind {
            ReferenceKind::Training => self.words.r_training,
            ReferenceKind::LastPromoted => self.words.r_last_promoted,
            ReferenceKind::TrailingWindow => self.words.r_trailing_window,
            ReferenceKind::PreviousBatch => self.words.r_previous_batch,
            ReferenceKind::File => self.words.r_file,
        }
    }

    pub(crate) fn kind(&self, kind: ColumnKind) -> &'static str {
        match kind {
            ColumnKind::Numeric => self.words.numeric,
            ColumnKind::Categorical => self.words.categorical,
        }
    }

    pub(crate) fn test(&self, test: TestName) -> &'static str {
        match test {
            TestName::Ks => self.words.ks,
            TestName::ChiSquare => self.words.chi_square,
        }
    }

    /// What a rule asks, in a sentence.
    pub(crate) fn rule(&self, rule: &RuleName) -> String {
        let words = self.words;
        let text = match rule {
            RuleName::BatchAgain => words.batch_again,
            RuleName::FirstRun => words.first_run,
            RuleName::TooFewRows => words.too_few_rows,
            RuleName::UnknownSegments => words.unknown_segments,
            RuleName::MovedAndCosts => words.moved_and_costs,
            RuleName::ErrorAlone => words.error_alone,
            RuleName::NothingMoved => words.nothing_moved,
            RuleName::MovedButCheap => words.moved_but_cheap,
            RuleName::CostUnknown => words.cost_unknown,
            RuleName::CauseAnswered => words.cause_answered,
            RuleName::Cooldown => words.cooldown,
            RuleName::BudgetSpent => words.budget_spent,
            RuleName::RelevantColumnDrifted => words.relevant_column_drifted,
            RuleName::NoRelevantColumnDrifted => words.no_relevant_column_drifted,
            RuleName::KsBelowLevel => words.ks_below_level,
            RuleName::NoKsBelowLevel => words.no_ks_below_level,
            RuleName::Own(name) => return fill(words.own_rule, &[&format!("`{}`", shown(name))]),
        };
        text.to_owned()
    }

    /// What a rule looks at, and how its values are written.
    pub(crate) fn quantity(&self, quantity: Quantity, column: Option<&str>, effect: Option<EffectName>) -> String {
        let words = self.words;
        let column = column.map(|column| self.quoted(column)).unwrap_or_default();
        let text = match quantity {
            Quantity::Effect if !column.is_empty() => return format!("{}: {column}", words.q_effect),
            Quantity::Effect => words.q_effect,
            Quantity::ErrorRise => words.q_error_rise,
            Quantity::ErrorRiseLow => words.q_error_rise_low,
            Quantity::NeverSeenRows => words.q_never_seen_rows,
            Quantity::Rows => words.q_rows,
            Quantity::UnknownSegmentShare => words.q_unknown_segment_share,
            Quantity::BatchesSinceTraining => words.q_batches_since_training,
            Quantity::LastPromotedEffect => words.q_last_promoted_effect,
            Quantity::TrailingEffect => words.q_trailing_effect,
            Quantity::EffectLow => {
                let effect = effect.map_or(words.q_effect, |effect| self.effect(effect));
                return fill(words.q_effect_low, &[effect, &column]);
            }
            Quantity::KsPValue => return fill(words.q_ks_p_value, &[&column]),
        };
        text.to_owned()
    }

    /// The value of a quantity.
    pub(crate) fn observed(&self, quantity: Quantity, effect: Option<EffectName>, x: f64) -> String {
        match quantity {
            Quantity::Effect | Quantity::LastPromotedEffect | Quantity::TrailingEffect => self.times(x),
            Quantity::ErrorRise | Quantity::ErrorRiseLow => self.signed_percent(x),
            Quantity::UnknownSegmentShare => self.percent(x),
            Quantity::EffectLow => effect.map_or_else(|| self.value(x), |effect| self.size(effect, x)),
            Quantity::KsPValue => self.p_value(x),
            Quantity::NeverSeenRows | Quantity::Rows | Quantity::BatchesSinceTraining => self.value(x),
        }
    }

    /// What is special about a column.
    pub(crate) fn note(&self, note: &Note) -> String {
        let words = self.words;
        match note {
            Note::TypeChanged { reference, current } => {
                fill(words.n_type_changed, &[self.kind(*reference), self.kind(*current)])
            }
            Note::NoValues { side: Side::Reference } => words.n_no_values_reference.to_owned(),
            Note::NoValues { side: Side::Current } => words.n_no_values_current.to_owned(),
            Note::ConstantReference => words.n_constant.to_owned(),
            Note::NearlyConstantReference => words.n_nearly_constant.to_owned(),
            Note::FewValues { values, needed } => {
                fill(words.n_few_values, &[&self.count(*values), &self.count(*needed)])
            }
            Note::InfiniteValues { reference, current } => {
                fill(words.n_infinite, &[&self.count(*reference), &self.count(*current)])
            }
            Note::Approximate { exact_up_to } => fill(words.n_approximate, &[&self.count(*exact_up_to)]),
            Note::RareLevelsMerged { levels } => fill(words.n_rare_levels, &[&self.count(*levels)]),
        }
    }
}
