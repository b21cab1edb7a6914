//! The reference system's rule, kept for comparison: train when any numeric column's KS test against the previous batch
//! has a p-value below the level; uncorrected, so it fires often by chance.

use tidewheel_domain::drift_report::{DriftReport, TestName};

use super::PolicyInputs;

/// The KS tests that the policy looks at, by column.
pub(super) fn ks_tests<'a>(report: &'a DriftReport, inputs: &'a PolicyInputs) -> impl Iterator<Item = (&'a str, f64)> {
    let wanted = &inputs.policy.ks_columns;
    report.columns.iter().filter(|column| wanted.is_empty() || wanted.contains(&column.name)).filter_map(|column| {
        let test = column.tests.iter().find(|test| test.name == TestName::Ks)?;
        Some((column.name.as_str(), test.p_value))
    })
}
