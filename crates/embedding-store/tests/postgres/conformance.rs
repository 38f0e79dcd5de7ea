//! The database store against the suite, on a real server.

use std::sync::Arc;

use async_trait::async_trait;
use embedding_store::conformance::{Durable, Harness, JournalOf, Store};
use embedding_store::{EncryptionKey, Keyring, PostgresConfig, PostgresStore, StoreError};
use postgres_server::Database;

struct PostgresHarness(Database, Keyring);

#[async_trait]
impl Harness for PostgresHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        let config: PostgresConfig =
            self.0.url().parse().map_err(|e| StoreError::misconfigured(format!("{e}")))?;
        Ok(Arc::new(PostgresStore::open_with(&config, self.1.clone()).await?))
    }
}

impl Durable for PostgresHarness {}

fn encrypted() -> Result<Keyring, StoreError> {
    Ok(Keyring::new(EncryptionKey::generate()?))
}

mod suite {
    use postgres_server::Database;

    embedding_store::conformance_tests!(
        durable: super::PostgresHarness(Database::new()?, super::Keyring::plain())
    );
}

mod suite_encrypted {
    use postgres_server::Database;

    embedding_store::conformance_tests!(
        durable: super::PostgresHarness(Database::new()?, super::encrypted()?)
    );
}

mod journal {
    use postgres_server::Database;

    embedding_store::conformance_tests!(
        durable journal: super::JournalOf(super::PostgresHarness(Database::new()?, super::Keyring::plain()))
    );
}
