//! Every store against the suite.

use std::sync::Arc;

use async_trait::async_trait;
use embedding_store::conformance::{Durable, Harness, Store};
use embedding_store::{EncryptionKey, InMemory, Keyring, RedbStore, StoreError};
use tempfile::TempDir;

struct InMemoryHarness;

#[async_trait]
impl Harness for InMemoryHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        Ok(Arc::new(InMemory::new()))
    }
}

struct RedbHarness(TempDir);

#[async_trait]
impl Harness for RedbHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        Ok(Arc::new(RedbStore::open(self.0.path().join("faces.redb")).await?))
    }
}

impl Durable for RedbHarness {}

/// The same file store with its embeddings encrypted.
struct EncryptedHarness(TempDir, EncryptionKey);

#[async_trait]
impl Harness for EncryptedHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        let keyring = Keyring::new(self.1.clone());
        Ok(Arc::new(RedbStore::open_with(self.0.path().join("faces.redb"), keyring).await?))
    }
}

impl Durable for EncryptedHarness {}

mod memory {
    embedding_store::conformance_tests!(volatile: super::InMemoryHarness);
}

mod redb {
    embedding_store::conformance_tests!(durable: super::RedbHarness(tempfile::tempdir()?));
}

mod redb_encrypted {
    embedding_store::conformance_tests!(
        durable: super::EncryptedHarness(tempfile::tempdir()?, super::EncryptionKey::generate()?)
    );
}
