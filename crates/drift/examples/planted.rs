//! How often the true cause of a planted change comes first, and what each policy does with it.
//!
//! `cargo run --release -p tidewheel-drift --example planted -- 100`

#[path = "../tests/support/planted.rs"]
mod planted;
#[path = "../tests/support/mod.rs"]
mod support;

use planted::{PLANTED, inputs};
use tidewheel_domain::decision::{Action, PolicyName, PolicySettings};
use tidewheel_drift::decide;

#[expect(clippy::print_stdout, reason = "a table for people")]
fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    println!("| planted | true cause first | trains under costly-drift | under effect | under reference |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for planted in &PLANTED {
        let (mut first, mut trained) = (0, [0; 3]);
        for seed in 0..seeds {
            let policies = [PolicyName::CostlyDrift, PolicyName::Effect, PolicyName::Reference];
            for (place, name) in policies.into_iter().enumerate() {
                let decision = decide(&inputs(planted, 3_000, seed, PolicySettings::of(name)));
                trained[place] += u64::from(decision.action == Action::Retrain);
                if name == PolicyName::CostlyDrift {
                    first += u64::from(planted.found(&decision));
                }
            }
        }
        let [costly, effect, reference] = trained.map(|count| format!("{:.0} %", 100.0 * count as f64 / seeds as f64));
        println!("| {} | {first} of {seeds} | {costly} | {effect} | {reference} |", planted.name);
    }
}
