//! Three services on one PostgreSQL: what is asked of them at one moment comes out as if it had been asked one after another.
#![allow(missing_docs)]

mod overlapping;

use overlapping::{Outcome, database};
use postgres_server::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_one_key_is_done_once() -> Outcome {
    database::a_request_with_one_key_is_done_once(Database::new()?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_face_under_three_names_is_taken_under_one() -> Outcome {
    database::one_face_under_three_names_is_taken_under_one(Database::new()?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_changes_of_one_field_each_none_is_lost() -> Outcome {
    database::of_three_changes_of_one_field_each_none_is_lost(Database::new()?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_who_is_deleted_while_others_check_them_in_nothing_is_left() -> Outcome {
    database::of_who_is_deleted_while_others_check_them_in_nothing_is_left(Database::new()?).await
}
