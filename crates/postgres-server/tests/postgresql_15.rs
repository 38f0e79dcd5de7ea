//! The database store on PostgreSQL 15 without pgvector: it keeps the contract, finds the same, and decides what overlaps.

use std::sync::Arc;

use async_trait::async_trait;
use embedding_store::conformance::{Durable, Harness, Store};
use embedding_store::{PostgresConfig, PostgresStore, StoreError};
use postgres_server::Database;

#[path = "../../events/tests/overlapping/mod.rs"]
mod overlapping;
#[path = "../../embedding-store/tests/postgres/plain_scan.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod plain_scan;
#[path = "../../embedding-store/tests/postgres/specimens.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod specimens;

use overlapping::database;
use specimens::{Outcome, client, open};

/// `cargo xtask test` starts this server.
const URL: &str = "TEST_POSTGRES_15_URL";

struct OlderHarness(Database);

#[async_trait]
impl Harness for OlderHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        let config: PostgresConfig =
            self.0.url().parse().map_err(|e| StoreError::misconfigured(format!("{e}")))?;
        Ok(Arc::new(PostgresStore::open(&config).await?))
    }
}

impl Durable for OlderHarness {}

mod suite {
    embedding_store::conformance_tests!(
        durable: super::OlderHarness(postgres_server::Database::from_variable(super::URL)?)
    );
}

#[tokio::test]
async fn the_search_is_exact() -> Outcome {
    let database = Database::from_variable(URL)?;
    let store = open(&database.url()).await?;
    let client = client(&database.url()).await?;
    let version: String = client.query_one("SHOW server_version_num", &[]).await?.get(0);
    assert!(version.starts_with("15"), "{version}");
    let probes = plain_scan::fill(&store, 120).await?;
    plain_scan::check(&store, &probes, 120).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_one_key_is_done_once() -> overlapping::Outcome {
    database::a_request_with_one_key_is_done_once(Database::from_variable(URL)?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_face_under_three_names_is_taken_under_one() -> overlapping::Outcome {
    database::one_face_under_three_names_is_taken_under_one(Database::from_variable(URL)?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_changes_of_one_field_each_none_is_lost() -> overlapping::Outcome {
    database::of_three_changes_of_one_field_each_none_is_lost(Database::from_variable(URL)?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_who_is_deleted_while_others_check_them_in_nothing_is_left() -> overlapping::Outcome {
    database::of_who_is_deleted_while_others_check_them_in_nothing_is_left(Database::from_variable(URL)?)
        .await
}
