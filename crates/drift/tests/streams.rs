//! Detectors of streams: golden values of river 0.26.1, and the promises of the e-processes over seeds.

mod support;

use serde_json::Value;
use support::{Random, uniform};
use tidewheel_drift::stream::adwin::Adwin;
use tidewheel_drift::stream::e_process::{BoundedEProcess, SubGaussianEProcess};
use tidewheel_drift::stream::page_hinkley::PageHinkley;

/// Histories a simulation.
const HISTORIES: usize = 2000;

/// The most alarms that a chance of `p` explains, at four standard deviations.
fn limit(p: f64) -> usize {
    (HISTORIES as f64 * p + 4.0 * (HISTORIES as f64 * p * (1.0 - p)).sqrt()).ceil() as usize
}

fn places(golden: &Value) -> Vec<usize> {
    let places = golden.as_array().expect("places");
    places.iter().map(|place| place.as_u64().expect("a place") as usize).collect()
}

/// Pieces of uniform numbers, each as (seed, values, factor, shift).
fn pieces(pieces: &[(u64, usize, f64, f64)]) -> Vec<f64> {
    let piece = |&(seed, n, factor, shift): &(u64, usize, f64, f64)| {
        uniform(seed, n).into_iter().map(move |x| x * factor + shift)
    };
    pieces.iter().flat_map(piece).collect()
}

#[test]
fn detectors_alarm_where_rivers_do() {
    let golden: Value = serde_json::from_str(include_str!("golden.json")).expect("golden.json is JSON");
    let golden = &golden["stream"];
    let long = [(1, 3000, 1.0, 0.0), (2, 3000, 1.0, 0.25), (3, 3000, 1.5, 0.0)];
    let small = [(1, 300, 1.0, 0.0), (2, 300, 1.0, 0.5), (3, 300, 1.0, -0.5), (4, 300, 3.0, 0.0)];
    let early = [(5, 12, 8.0, 0.0), (6, 300, 8.0, 30.0), (7, 300, 8.0, -30.0)];
    for (stream, cuts, alarms) in [
        (&long[..], &golden["ADWIN"]["idx"], &golden["PageHinkley"]["idx"]),
        (&small, &golden["small"]["ADWIN"], &golden["small"]["PageHinkley"]),
        (&early, &golden["early"]["ADWIN"], &golden["early"]["PageHinkley"]),
    ] {
        let stream = pieces(stream);
        let (mut adwin, mut page_hinkley) = (Adwin::default(), PageHinkley::default());
        let got: Vec<usize> = (0..stream.len()).filter(|&i| adwin.update(stream[i])).collect();
        assert_eq!(got, places(cuts));
        let got: Vec<usize> = (0..stream.len()).filter(|&i| page_hinkley.update(stream[i])).collect();
        assert_eq!(got, places(alarms));
    }
}

#[test]
fn the_sub_gaussian_process_alarms_falsely_in_at_most_alpha_of_histories() {
    let (bound, error) = (0.1, 0.04);
    let (mut false_alarms, mut found, mut needed) = (0, 0, 0);
    for seed in 0..HISTORIES as u64 {
        let random = &mut Random::new(seed);
        // at the bound, the worst case of the hypothesis, looked at after each of 200 batches
        let mut process = SubGaussianEProcess::new(bound, 0.05, error).expect("sane");
        (0..200).for_each(|_| {
            process.update(bound + error * random.normal(), error);
        });
        false_alarms += usize::from(process.p_value() <= 0.05);
        let mut process = SubGaussianEProcess::new(bound, 0.05, error).expect("sane");
        let place = (1..=200).find(|_| process.update(bound + 0.05 + error * random.normal(), error) >= 20f64.ln());
        found += usize::from(place.is_some());
        needed += place.unwrap_or(200);
    }
    assert!(false_alarms <= limit(0.05), "{false_alarms} of {HISTORIES}");
    assert!(found == HISTORIES && needed < 15 * HISTORIES, "{found} found, {needed} batches in all");
}

#[test]
fn the_bounded_process_alarms_falsely_in_at_most_alpha_of_histories() {
    let (mut false_alarms, mut found) = (0, 0);
    for seed in 0..HISTORIES as u64 {
        let random = &mut Random::new(seed + 77_777);
        let mut history = |share: f64| {
            let mut process = BoundedEProcess::new(0.02, 0.0, 1.0).expect("sane");
            (0..2000).for_each(|_| {
                process.update(f64::from(u8::from(random.uniform() < share)));
            });
            process.p_value() <= 0.05
        };
        false_alarms += usize::from(history(0.02));
        found += usize::from(history(0.05));
    }
    assert!(false_alarms <= limit(0.05), "{false_alarms} of {HISTORIES}");
    assert!(found > HISTORIES * 95 / 100, "{found} of {HISTORIES}");
}
