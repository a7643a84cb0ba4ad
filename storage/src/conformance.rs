//! The promises of an engine, each a test. An engine passes all of them:
//!
//! ```text
//! async fn engine() -> Arc<dyn Engine> { .. }
//! storage::conformance!(engine);
//! ```
//!
//! The factory gives an empty store each time. The tests run on tokio, which the caller depends on with `macros` and
//! `rt-multi-thread`.

mod batches;
mod changes;
mod expectations;
mod expiry;
mod ground;
mod log;
mod malformed;
pub mod model;
mod parallel;
mod reading;
mod tenants;
mod typed;
mod unique;

/// Makes a test of each promise, with stores from `$factory`, an `async fn() -> Arc<dyn Engine>`.
#[macro_export]
macro_rules! conformance {
    // The one list: a promise that is not in it is dead code, and does not compile without a warning.
    (@each $($then:tt)*) => {
        $crate::conformance! {
            @$($then)*
            reading {
                a_row_is_read_back_as_it_was_put
                a_row_that_was_never_put_does_not_exist
                a_row_is_found_by_its_unique_value
                a_scan_by_value_is_ordered_by_value_and_then_by_id
                a_scan_by_id_is_ordered
                a_scan_goes_on_after_any_row_without_gap_or_repetition
                the_bounds_of_a_scan_are_exact
                values_are_ordered_by_their_bytes
                a_scan_goes_on_after_a_row_that_is_gone
                a_range_that_ends_before_it_begins_is_empty
            }
            tenants {
                tables_and_realms_do_not_see_one_another
                organisations_do_not_see_one_another
                each_organisation_has_unique_values_of_its_own
                a_row_that_moves_to_another_organisation_leaves_the_first
                text_is_only_text
            }
            batches {
                a_batch_is_all_or_nothing
                every_commit_gives_its_rows_a_new_version
                a_replaced_row_leaves_the_values_it_had
                a_deleted_row_leaves_nothing
                deleting_what_is_not_there_commits
                a_batch_of_checks_alone_commits
                a_batch_as_large_as_allowed_commits
                a_row_in_as_many_indexes_as_allowed_is_found_by_each
                a_batch_sent_again_is_not_applied_again
                a_batch_id_tells_whether_the_batch_was_committed
                a_batch_said_not_to_be_committed_never_is
                a_commit_that_nobody_waits_for_leaves_all_or_nothing
            }
            expectations {
                absent_holds_where_there_is_no_row
                present_holds_where_there_is_a_row
                a_version_holds_as_long_as_the_row_is_as_that_batch_left_it
                no_expectation_holds_everywhere
                a_check_holds_like_an_expectation
                a_check_leaves_the_row_as_it_was
                a_refusal_names_the_row
            }
            unique {
                a_unique_value_has_one_holder
                a_row_keeps_its_value_when_it_is_put_again
                a_holder_that_was_replaced_does_not_hold
                a_holder_that_was_deleted_does_not_hold
                a_holder_that_expired_does_not_hold
                two_rows_of_one_batch_do_not_hold_one_value
                two_rows_may_exchange_their_values
                a_value_goes_to_another_row_in_one_batch
                many_rows_may_hold_a_value_that_is_not_unique
            }
            expiry {
                a_row_exists_until_it_expires_and_not_at_that_instant
                an_expired_row_is_absent_to_expectations_and_checks
                an_expired_row_may_be_put_again
                a_page_is_full_although_rows_in_it_expired
                a_sweep_removes_what_expired_and_nothing_else
                a_sweep_goes_page_by_page
                a_row_whose_expiry_was_put_off_survives_the_sweep
                a_row_that_expires_no_more_survives_the_sweep
                a_delete_that_expects_nothing_takes_off_what_is_over
            }
            changes {
                each_commit_is_in_the_log_in_order
                the_end_of_the_log_is_where_a_reader_begins
                what_was_refused_is_not_in_the_log
                the_log_is_read_page_by_page
                a_page_of_the_log_is_full_or_the_last
                the_log_answers_the_same_again
                batch_ids_and_changes_are_kept_as_long_as_promised
                a_reader_who_comes_too_late_is_told
                a_reader_misses_nothing_of_what_is_committed_at_the_same_time
            }
            parallel {
                of_a_hundred_creations_of_one_row_one_succeeds
                of_a_hundred_claims_of_one_value_one_succeeds
                counters_under_their_versions_lose_nothing
                two_batches_that_check_what_the_other_writes_never_both_commit
                two_batches_that_each_need_the_others_row_to_be_absent_never_both_commit
                of_one_that_comes_back_and_one_that_takes_its_value_one_succeeds
                what_was_acknowledged_is_read_at_once
                nobody_reads_half_a_batch
            }
            malformed {
                an_id_out_of_bounds_is_refused
                a_value_out_of_bounds_is_refused
                a_batch_out_of_bounds_is_refused
                a_batch_that_contradicts_itself_is_refused
                a_scan_out_of_bounds_is_refused
            }
            typed {
                a_record_is_read_back
                a_record_of_encoding_1_is_read_and_written_alike
                fields_of_a_later_release_survive_a_rewrite
                fields_of_a_state_that_was_left_go_with_it
                a_record_of_an_unreadable_encoding_is_refused
                a_damaged_record_is_refused
                a_record_created_twice_is_refused
                a_record_replaced_by_another_is_not_replaced_again
                a_record_checked_as_unchanged_must_be
                pages_follow_one_another
            }
            log {
                what_happened_is_found_by_each_thing_and_by_all_together
                what_is_sealed_between_two_pages_is_met_once
                what_was_taken_back_is_counted_once_by_who_seals_it
            }
        }
    };
    (@test $factory:path; $($chapter:ident { $($promise:ident)* })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                $crate::conformance::promises::$promise($factory().await).await;
            }
        )*)*

        #[test]
        fn an_engine_behaves_like_its_model() {
            $crate::conformance::model::an_engine_behaves_like_its_model(|| ::std::boxed::Box::pin($factory()));
        }
    };
    (@declare; $($chapter:ident { $($promise:ident)* })*) => {
        /// Each promise under its name.
        pub mod promises {
            $($(
                #[doc = concat!("See `", stringify!($chapter), "`.")]
                pub async fn $promise(engine: ::std::sync::Arc<dyn $crate::Engine>) {
                    super::$chapter::$promise(engine).await;
                }
            )*)*
        }
    };
    ($factory:path) => {
        $crate::conformance! { @each test $factory; }
    };
}

conformance! { @each declare; }
