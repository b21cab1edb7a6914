//! Drift statistics, effect sizes with intervals, the policy and the decision record.
