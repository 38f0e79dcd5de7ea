//! What the suite asks of a store under test.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{EmbeddingStore, Journal, StoreError};

/// A store under test.
pub type Store = Arc<dyn EmbeddingStore>;

/// How a behaviour ends: an error or a failed assertion fails its test.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// A place for one store. Every test makes its own.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens the store, which is empty the first time.
    ///
    /// # Errors
    /// As the store's own opening. They fail the test.
    async fn open(&self) -> Result<Store, StoreError>;
}

/// A place whose store outlives its value: opened again, once the former store has been dropped, it holds
/// what it held.
pub trait Durable: Harness {}

/// A place for one journal. Every test makes its own.
#[async_trait]
pub trait JournalHarness: Send + Sync {
    /// Opens the journal, which is empty the first time.
    ///
    /// # Errors
    /// As the journal's own opening. They fail the test.
    async fn open_journal(&self) -> Result<Arc<dyn Journal>, StoreError>;
}

/// The journal of a store. The store is dropped and the journal goes on.
#[derive(Debug)]
pub struct JournalOf<H>(pub H);

#[async_trait]
impl<H: Harness> JournalHarness for JournalOf<H> {
    async fn open_journal(&self) -> Result<Arc<dyn Journal>, StoreError> {
        let journal = self.0.open().await?.journal();
        journal.ok_or_else(|| StoreError::misconfigured("the store has no journal"))
    }
}
