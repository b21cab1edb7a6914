//! Page's cumulative sum with Hinkley's running mean, equal to `river.drift.PageHinkley` 0.26 (mode `both`).
//!
//! E. S. Page, Continuous inspection schemes (Biometrika 41, 1954); D. V. Hinkley (Biometrika 58, 1971). The deviations
//! from the running mean, less an allowance, are summed with forgetting; an alarm is raised when the sum stands more
//! than a threshold above its least value (a rise), or its mirror image below its largest (a fall). After an alarm it
//! starts anew.

/// The detector.
#[derive(Debug, Clone, PartialEq)]
pub struct PageHinkley {
    settings: PageHinkleySettings,
    state: State,
}

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageHinkleySettings {
    /// No alarm before that many values.
    pub min_values: u64,
    /// Deviations up to this size are allowed.
    pub delta: f64,
    /// How far the sum must stand above its least value.
    pub threshold: f64,
    /// Factor by which the sum forgets at each value.
    pub alpha: f64,
}

impl Default for PageHinkleySettings {
    fn default() -> Self {
        Self { min_values: 30, delta: 0.005, threshold: 50.0, alpha: 0.9999 }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
struct State {
    values: u64,
    mean: f64,
    rise: f64,
    least_rise: f64,
    fall: f64,
    largest_fall: f64,
}

impl PageHinkley {
    /// A detector that has seen nothing.
    pub fn new(settings: PageHinkleySettings) -> Self {
        Self { settings, state: State::default() }
    }

    /// Takes a value; whether it raises an alarm. Values that are not finite are passed over.
    pub fn update(&mut self, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        let PageHinkleySettings { min_values, delta, threshold, alpha } = self.settings;
        let state = &mut self.state;
        state.values += 1;
        state.mean += (value - state.mean) / state.values as f64;
        let gap = value - state.mean;
        state.rise = alpha * state.rise + gap - delta;
        state.fall = alpha * state.fall + gap + delta;
        state.least_rise = if state.values == 1 { state.rise } else { state.least_rise.min(state.rise) };
        state.largest_fall = if state.values == 1 { state.fall } else { state.largest_fall.max(state.fall) };
        let alarm = state.values >= min_values
            && (state.rise - state.least_rise > threshold || state.largest_fall - state.fall > threshold);
        if alarm {
            self.state = State::default();
        }
        alarm
    }
}

impl Default for PageHinkley {
    fn default() -> Self {
        Self::new(PageHinkleySettings::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sees_a_rise_and_a_fall_and_no_odd_values() {
        for jump in [1.0, -1.0] {
            let mut detector = PageHinkley::default();
            assert!(!(0..500).any(|_| detector.update(5.0)));
            assert!(!detector.update(f64::NAN) && !detector.update(f64::INFINITY));
            assert!((0..500).any(|_| detector.update(5.0 + jump)));
        }
    }
}
