//! What every store must do, as functions: one behaviour, one function, one test.
//!
//! A store of one's own takes part through a [`Harness`] and [`conformance_tests!`](crate::conformance_tests),
//! which makes one `#[tokio::test]` of each behaviour. A store that outlives its process is `durable` and
//! has more to show. The crate of the tests needs `tokio` with the features `macros` and
//! `rt-multi-thread`. A store that cannot be opened fails its tests; none is passed over.
//!
//! ```
//! use std::sync::Arc;
//!
//! use embedding_store::conformance::{Harness, Store};
//! use embedding_store::{InMemory, StoreError};
//!
//! struct InMemoryHarness;
//!
//! #[async_trait::async_trait]
//! impl Harness for InMemoryHarness {
//!     async fn open(&self) -> Result<Store, StoreError> {
//!         Ok(Arc::new(InMemory::new()))
//!     }
//! }
//!
//! mod in_memory {
//!     embedding_store::conformance_tests!(volatile: super::InMemoryHarness);
//! }
//! # fn main() {}
//! ```
//!
//! A durable store's harness names the place where it is, and is a [`Durable`] too:
//!
//! ```
//! use std::sync::Arc;
//!
//! use embedding_store::conformance::{Durable, Harness, Store};
//! use embedding_store::{RedbStore, StoreError};
//! use tempfile::TempDir;
//!
//! struct RedbHarness(TempDir);
//!
//! #[async_trait::async_trait]
//! impl Harness for RedbHarness {
//!     async fn open(&self) -> Result<Store, StoreError> {
//!         Ok(Arc::new(RedbStore::open(self.0.path().join("faces.redb")).await?))
//!     }
//! }
//!
//! impl Durable for RedbHarness {}
//!
//! mod redb {
//!     embedding_store::conformance_tests!(durable: super::RedbHarness(tempfile::tempdir()?));
//! }
//! # fn main() {}
//! ```

pub mod concurrency;
pub mod durability;
pub mod events;
pub mod journal;
pub mod journal_erasure;
pub mod journal_lists;
pub mod journal_writers;
pub mod moved_users;
pub mod moving;
pub mod names;
pub mod paging;
pub mod random;
pub mod records;
pub mod replacements;
pub mod samples;
pub mod snapshots;
pub mod users;

mod checks;
mod harness;
mod model;
mod specimens;

pub use harness::{Durable, Harness, JournalHarness, JournalOf, Outcome, Store};

/// Makes one test of each behaviour, for `volatile:` or `durable:` and an expression for the harness; of each
/// behaviour of a journal, for `journal:` or `durable journal:` and an expression for a [`JournalHarness`].
///
/// The expression is evaluated in every test, in an `async` context where `?` works. See the
/// [module](crate::conformance).
///
/// With the name of a function behind the expression, the behaviours are not tests: they are tried where the
/// macro stands, in an `async` context, and the function is given the name of each that passed. The first that
/// does not ends it by `?` or a panic. `examples/own_store/main.rs` does so.
#[macro_export]
macro_rules! conformance_tests {
    (@volatile $args:tt) => {
        $crate::conformance_tests! { @each $args
            events::a_created_event_reads_back,
            events::a_second_creation_conflicts_and_changes_nothing,
            events::what_was_never_made_is_absent,
            events::an_update_replaces_the_event,
            events::the_model_is_fixed_while_there_are_samples,
            events::a_deleted_event_takes_its_users_along,
            users::an_update_replaces_the_user,
            users::an_absent_user_cannot_be_updated_or_deleted,
            users::deleting_the_last_user_leaves_the_event,
            users::a_deleted_user_takes_the_samples_along,
            users::the_updated_time_moves_up_and_never_back,
            samples::an_appended_sample_loads_back,
            samples::the_first_append_creates_event_and_user,
            samples::an_append_leaves_an_existing_event_as_it_is,
            samples::the_count_is_that_of_the_user,
            samples::the_same_sample_again_changes_nothing,
            samples::another_sample_with_a_taken_id_conflicts,
            samples::a_sample_of_another_model_conflicts,
            samples::samples_come_oldest_first,
            samples::every_bit_of_an_embedding_is_kept,
            samples::the_mark_of_a_request_is_kept,
            samples::a_deleted_sample_is_gone_and_the_others_stay,
            samples::the_only_sample_of_a_user_cannot_be_deleted,
            samples::a_sample_that_is_not_there_cannot_be_deleted,
            samples::a_deleted_sample_can_be_appended_again,
            samples::many_samples_at_once_are_as_one_after_another,
            samples::one_of_many_samples_that_conflicts_is_said,
            names::hostile_names_are_data,
            names::names_that_resemble_each_other_stay_apart,
            names::the_longest_names_work,
            paging::pages_of_every_size_make_the_whole_list,
            paging::lists_go_by_code_points,
            paging::a_cursor_stays_good_while_the_list_changes,
            paging::a_cursor_survives_as_text,
            paging::a_page_ends_where_its_bytes_do,
            records::all_fields_read_back,
            records::unknown_fields_survive_a_rewrite,
            records::what_cannot_be_stored_is_refused,
            replacements::a_record_that_has_changed_is_not_replaced,
            replacements::concurrent_replacements_lose_no_field,
            replacements::an_append_under_a_past_version_is_refused,
            replacements::of_many_appends_under_one_version_one_is_made,
            moved_users::a_renamed_user_keeps_samples_and_record,
            moved_users::a_merged_user_has_the_samples_of_both,
            moved_users::a_move_of_what_has_changed_is_refused_whole,
            moved_users::a_move_loses_no_sample_of_concurrent_appends,
            moved_users::a_move_makes_a_version,
            moving::an_archive_takes_everything_out_and_back,
            moving::an_archive_imported_again_changes_nothing,
            snapshots::a_snapshot_takes_everything_out_and_back,
            snapshots::what_is_written_during_a_snapshot_is_not_in_it,
            snapshots::a_snapshot_while_others_write_is_a_state_that_was,
            concurrency::concurrent_appends_lose_nothing,
            concurrency::concurrent_creations_have_one_winner,
            concurrency::a_reader_never_sees_half_a_write,
            concurrency::concurrent_deletions_leave_a_user_one_sample,
            random::random_operations_agree_with_the_model,
        }
    };
    (@durable $args:tt) => {
        $crate::conformance_tests! { @volatile $args }
        $crate::conformance_tests! { @each $args
            durability::everything_is_there_after_reopening,
            durability::a_deletion_lasts,
            durability::writes_nobody_waits_for_are_whole,
            durability::random_operations_agree_with_the_model_across_reopening,
        }
    };
    (@journal $args:tt) => {
        $crate::conformance_tests! { @each $args
            journal::an_appended_entry_reads_back,
            journal::what_was_never_appended_is_absent,
            journal::the_same_entry_again_changes_nothing,
            journal::a_key_has_one_entry_in_its_topic,
            journal::an_entry_of_a_moment_ago_keeps_another_out,
            journal::an_entry_of_a_time_to_come_keeps_nothing_out_for_long,
            journal::an_entry_about_nobody_keeps_another_out,
            journal::a_repeated_key_counts_before_a_recent_entry,
            journal::an_amended_entry_is_about_its_new_subject,
            journal::an_amendment_of_another_revision_conflicts,
            journal::hostile_texts_are_data,
            journal::texts_that_no_entry_has_find_nothing,
            journal::what_cannot_be_stored_is_refused,
            journal_lists::entries_come_by_time_and_then_by_id,
            journal_lists::pages_of_every_size_make_the_whole_topic,
            journal_lists::a_page_ends_where_its_bytes_do,
            journal_lists::filters_leave_out_the_others,
            journal_lists::a_cursor_stays_good_while_the_topic_changes,
            journal_erasure::a_subject_is_erased_and_the_others_stay,
            journal_erasure::what_is_before_a_time_is_erased,
            journal_erasure::a_whole_topic_is_erased_and_starts_anew,
            journal_writers::concurrent_appends_lose_nothing,
            journal_writers::concurrent_appends_of_a_key_have_one_winner,
            journal_writers::concurrent_appends_about_a_subject_have_one_winner,
            journal_writers::concurrent_amendments_lose_none,
        }
    };
    (@durable_journal $args:tt) => {
        $crate::conformance_tests! { @journal $args }
        $crate::conformance_tests! { @each $args
            journal_writers::everything_is_there_after_reopening,
        }
    };
    (@each ($harness:expr) $($topic:ident::$behaviour:ident,)*) => { $(
        // With two workers, calls that are made at once run at once; on one thread they would take turns.
        #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $behaviour() -> $crate::conformance::Outcome {
            $crate::conformance::$topic::$behaviour(&$harness).await
        }
    )* };
    (@each ($harness:expr, $passed:ident) $($topic:ident::$behaviour:ident,)*) => { $(
        $crate::conformance::$topic::$behaviour(&$harness).await?;
        $passed(concat!(stringify!($topic), "::", stringify!($behaviour)));
    )* };
    (durable journal: $($args:tt)*) => { $crate::conformance_tests! { @durable_journal ($($args)*) } };
    ($kind:ident: $($args:tt)*) => { $crate::conformance_tests! { @$kind ($($args)*) } };
}

#[cfg(test)]
mod tests {
    const FILES: [(&str, &str); 16] = [
        ("concurrency", include_str!("concurrency.rs")),
        ("durability", include_str!("durability.rs")),
        ("events", include_str!("events.rs")),
        ("journal", include_str!("journal.rs")),
        ("journal_erasure", include_str!("journal_erasure.rs")),
        ("journal_lists", include_str!("journal_lists.rs")),
        ("journal_writers", include_str!("journal_writers.rs")),
        ("moving", include_str!("moving.rs")),
        ("names", include_str!("names.rs")),
        ("paging", include_str!("paging.rs")),
        ("random", include_str!("random.rs")),
        ("records", include_str!("records.rs")),
        ("replacements", include_str!("replacements.rs")),
        ("samples", include_str!("samples.rs")),
        ("snapshots", include_str!("snapshots.rs")),
        ("users", include_str!("users.rs")),
    ];

    #[test]
    fn every_behaviour_is_in_the_macro() {
        let list = include_str!("mod.rs");
        let mut behaviours = 0;
        for (topic, text) in FILES {
            for line in text.lines() {
                let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
                let name = rest.split('(').next().unwrap();
                assert!(list.contains(&format!("            {topic}::{name},\n")), "{topic}::{name}");
                behaviours += 1;
            }
        }
        assert!(behaviours > 30, "the files are read as they are written: {behaviours}");
    }
}
