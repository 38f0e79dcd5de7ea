//! Every store against the suite.

use std::sync::Arc;

use async_trait::async_trait;
use embedding_store::conformance::{Durable, Harness, JournalHarness, JournalOf, Store};
use embedding_store::{EncryptionKey, InMemory, Journal, Keyring, RedbJournal, RedbStore, StoreError};
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

/// A journal in a file of its own.
struct JournalFile(TempDir);

#[async_trait]
impl JournalHarness for JournalFile {
    async fn open_journal(&self) -> Result<Arc<dyn Journal>, StoreError> {
        Ok(Arc::new(RedbJournal::open(self.0.path().join("journal.redb")).await?))
    }
}

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

mod memory_journal {
    embedding_store::conformance_tests!(journal: super::JournalOf(super::InMemoryHarness));
}

mod redb_journal {
    embedding_store::conformance_tests!(
        durable journal: super::JournalOf(super::RedbHarness(tempfile::tempdir()?))
    );
}

mod redb_journal_file {
    embedding_store::conformance_tests!(durable journal: super::JournalFile(tempfile::tempdir()?));
}
