//! One suite, run unchanged against SQLite and PostgreSQL; and one for files, against a folder and S3.
//!
//! Real servers: `scripts/services start DIR`, then `source DIR/env`. Without them the tests that need one print a
//! notice and pass, except where `CI=true`: there they fail.

mod durability;
mod fixtures;
mod harness;
mod lease;
mod models;
mod objects;
mod opening;
mod pages;
mod predictions;
mod tracking;
mod turns;

/// Each function once against either database.
macro_rules! on_both_databases {
    ($($module:ident :: $name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let store = crate::harness::Store::sqlite().await;
                crate::$module::$name(&store).await;
                store.remove().await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let Some(store) = crate::harness::Store::postgres().await else { return };
                crate::$module::$name(&store).await;
                store.remove().await;
            })+
        }
    };
}

on_both_databases! {
    tracking::an_experiment_is_made_once,
    tracking::a_training_is_recorded_whole_and_replaced_whole,
    tracking::a_later_point_of_a_metric_is_the_latest_and_one_at_its_step_is_replaced,
    tracking::a_metric_keeps_nan_infinity_and_its_interval,
    tracking::many_parameters_and_points_fit_into_one_training,
    turns::a_turn_begins_with_its_run_and_its_tasks,
    turns::a_known_outside_id_gives_its_turn,
    turns::two_turns_of_a_project_never_overlap,
    turns::a_batch_is_recorded_once_under_its_hash,
    turns::a_batch_that_a_failed_turn_left_is_taken_up,
    turns::counts_that_contradict_each_other_are_refused,
    turns::quarantine_is_read_by_page_and_by_rule,
    turns::tasks_keep_their_attempts,
    turns::log_lines_are_kept_once_and_followed,
    turns::a_turn_ends_and_is_taken_up_again,
    turns::the_lists_have_the_shape_that_scripts_read,
    turns::text_that_a_database_might_refuse_is_kept,
    models::versions_are_numbered_from_one_and_a_run_registers_once,
    models::promotion_archives_the_former_and_writes_the_ledger,
    models::a_rejected_version_keeps_the_reason,
    models::rollback_goes_further_back_each_time,
    models::the_marker_changes_with_every_change_of_production,
    models::the_ledger_cannot_be_changed,
    models::many_at_once_get_distinct_versions,
    models::aliases_are_moved_and_removed,
    lease::fifty_acquirers_one_holder,
    lease::a_lease_is_renewed_released_and_taken_over,
    lease::only_the_dead_holder_seen_is_broken,
    pages::the_pulse_beats_when_something_changes,
    pages::turns_are_read_a_page_at_a_time,
    pages::the_end_of_a_log_is_read,
    pages::versions_and_runs_are_read_a_page_at_a_time,
    predictions::predictions_are_listed_newest_first_and_summed_up,
    predictions::the_same_write_is_kept_once,
    predictions::thousands_of_predictions_are_recorded,
    opening::a_newer_database_is_refused,
    opening::many_can_open_a_new_database_at_once,
    opening::a_changed_migration_is_refused,
    durability::a_killed_process_leaves_nothing_half_written,
}
