//! The database store on PostgreSQL 15 without pgvector: it keeps the contract, and finds the same.

use std::sync::Arc;

use async_trait::async_trait;
use embedding_store::conformance::{Durable, Harness, Store};
use embedding_store::{PostgresConfig, PostgresStore, StoreError};
use postgres_server::Database;

#[path = "../../embedding-store/tests/postgres/plain_scan.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod plain_scan;
#[path = "../../embedding-store/tests/postgres/specimens.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod specimens;

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
