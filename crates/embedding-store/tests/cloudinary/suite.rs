//! The suite that every store must pass.

use std::sync::Arc;

use async_trait::async_trait;
use cloudinary_standin::StandIn;
use embedding_store::conformance::{Durable, Harness, Store};
use embedding_store::{CloudinaryStore, EmbeddingStore, EncryptionKey, Keyring, StoreError};

use super::specimens::account;

struct CloudinaryHarness(StandIn);

#[async_trait]
impl Harness for CloudinaryHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        Ok(Arc::new(super::specimens::open(&self.0).await?))
    }
}

impl Durable for CloudinaryHarness {}

/// The same with embeddings encrypted.
struct EncryptedHarness(StandIn, EncryptionKey);

#[async_trait]
impl Harness for EncryptedHarness {
    async fn open(&self) -> Result<Store, StoreError> {
        let mut options = super::specimens::options(&self.0);
        options.keyring = Keyring::new(self.1.clone());
        Ok(Arc::new(CloudinaryStore::open(options).await?))
    }
}

impl Durable for EncryptedHarness {}

mod plain {
    embedding_store::conformance_tests!(durable: super::CloudinaryHarness(super::account()));
}

mod encrypted {
    embedding_store::conformance_tests!(
        durable: super::EncryptedHarness(super::account(), super::EncryptionKey::generate()?)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_refused_and_a_new_one_takes_over() {
    let account = account();
    let open = async |keyring: Keyring| {
        let mut options = super::specimens::options(&account);
        options.keyring = keyring;
        CloudinaryStore::open(options).await
    };
    let (old, new) = (EncryptionKey::generate().unwrap(), EncryptionKey::generate().unwrap());
    let store = open(Keyring::new(old.clone())).await.unwrap();
    let sample = super::specimens::sample("conference", "ada", 1);
    store.append_sample(sample.clone()).await.unwrap();
    drop(store);
    for wrong in [Keyring::plain(), Keyring::new(new.clone())] {
        let error = open(wrong).await.unwrap_err();
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        assert!(error.to_string().contains(&old.id().to_string()), "{error}");
    }

    let changing = open(Keyring::new(new.clone()).with_former(old)).await.unwrap();
    assert_eq!(changing.reseal(sample.event(), sample.user()).await.unwrap(), 1);
    assert_eq!(changing.reseal(sample.event(), sample.user()).await.unwrap(), 0);
    changing.finish_resealing().await.unwrap();
    drop(changing);
    let store = open(Keyring::new(new)).await.unwrap();
    assert_eq!(store.samples(sample.event(), sample.user()).await.unwrap(), [sample]);
}
