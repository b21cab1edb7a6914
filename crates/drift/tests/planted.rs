//! Changes planted one at a time: the true cause comes first, and the counterfactual holds. `cargo run --example planted`
//! does the same for as many seeds as wanted, and prints a table.

#[path = "support/planted.rs"]
mod planted;
mod support;

use planted::{PLANTED, inputs};
use tidewheel_domain::decision::{Action, ColumnLabels, Comparison, Condition, PolicyName, PolicySettings, Quantity};
use tidewheel_drift::{Lang, PolicyInputs, decide, prose};

const SEEDS: u64 = 12;

#[test]
fn the_true_cause_comes_first() {
    for planted in &PLANTED {
        for seed in 0..SEEDS {
            let decision = decide(&inputs(planted, 3_000, seed, PolicySettings::of(PolicyName::CostlyDrift)));
            let causes: Vec<_> = decision.causes.iter().map(|cause| (cause.subject, &cause.column)).collect();
            assert!(planted.found(&decision), "{}, seed {seed}: {causes:?}, {}", planted.name, decision.reason);
        }
    }
}

/// The inputs with a condition met, or just not.
fn with(inputs: &PolicyInputs, conditions: &[Condition], met: bool) -> PolicyInputs {
    let mut changed = inputs.clone();
    for condition in conditions {
        let up = matches!(condition.comparison, Comparison::Above | Comparison::AtLeast);
        let step = 1e-7 * condition.needed.abs().max(1e-3);
        let value = condition.needed + if up == met { step } else { -step };
        match condition.quantity {
            Quantity::EffectLow => {
                let (_, report) = changed.drift.as_mut().expect("a report");
                let columns =
                    report.columns.iter_mut().filter(|column| Some(&column.name) == condition.column.as_ref());
                let mut effects: Vec<_> = columns.flat_map(|column| column.effects.iter_mut()).collect();
                let pairs = report.pairs.iter_mut().filter(|pair| Some(&pair.column) == condition.column.as_ref());
                effects.extend(pairs.map(|pair| &mut pair.effect));
                for effect in effects.into_iter().filter(|effect| Some(effect.name) == condition.effect) {
                    effect.low = value;
                    effect.low_times_bound = value / effect.bound;
                    effect.over = effect.low > effect.bound;
                }
            }
            Quantity::ErrorRise => {
                let evidence = changed.error.as_mut().expect("an error");
                let mut error = evidence.deciding().clone();
                let width = (1.0 + error.low) / (1.0 + error.rise);
                error.rise = value;
                error.low = (1.0 + value) * width - 1.0;
                (evidence.all, evidence.like_with_like) = (error, None);
            }
            Quantity::UnknownSegmentShare => changed.unknown_segment_share = Some(value),
            Quantity::NeverSeenRows => {
                let rows = condition.needed - if up == met { 0.0 } else { 1.0 };
                changed.batch.never_seen_rows = Some(rows as u64);
            }
            other => panic!("{other:?} is no condition here"),
        }
    }
    changed
}

#[test]
fn each_counterfactual_turns_the_decision_and_just_short_of_it_does_not() {
    for planted in &PLANTED {
        for (seed, name) in [(50, PolicyName::CostlyDrift), (51, PolicyName::Effect), (52, PolicyName::CostlyDrift)] {
            let inputs = inputs(planted, 3_000, seed, PolicySettings::of(name));
            let decision = decide(&inputs);
            assert!(!decision.counterfactuals.is_empty(), "{}", planted.name);
            for way in &decision.counterfactuals {
                let about = format!("{} under {name:?}: {way:?}", planted.name);
                assert_eq!(decide(&with(&inputs, &way.conditions, true)).action, way.action, "{about}");
                // Short of it: all but one condition met, that one just not.
                for short in 0..way.conditions.len() {
                    let mut almost = inputs.clone();
                    for (place, condition) in way.conditions.iter().enumerate() {
                        almost = with(&almost, std::slice::from_ref(condition), place != short);
                    }
                    assert_ne!(decide(&almost).action, way.action, "just short of it: {about}");
                }
            }
        }
    }
}

#[test]
fn a_training_under_costly_drift_says_what_it_costs_and_what_would_have_prevented_it() {
    let mut trained = 0;
    for planted in &PLANTED {
        let decision = decide(&inputs(planted, 3_000, 3, PolicySettings::of(PolicyName::CostlyDrift)));
        let english = prose(&decision, Lang::En, &ColumnLabels::new());
        let spanish = prose(&decision, Lang::Es, &ColumnLabels::new());
        assert!(english.contains("What it costs") && spanish.contains("Lo que cuesta"), "{english}");
        if decision.action == Action::Retrain {
            trained += 1;
            assert!(english.contains("would not have trained"), "{english}");
            assert!(spanish.contains("No se habría entrenado"), "{spanish}");
            assert!(decision.error.as_ref().is_some_and(|error| error.deciding().low > 0.0));
        }
    }
    assert!(trained >= 5, "{trained} of {} trained", PLANTED.len());
}
