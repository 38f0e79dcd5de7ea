//! Stores to open, and samples to put into them.

use std::time::Duration;

use super::account::{Account, CLOUD, KEY, SECRET};
use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::cloudinary::ApiSecret;
use embedding_store::{CloudinaryOptions, CloudinaryStore, EventName, FaceSample, StoreError, Username};
use time::OffsetDateTime;

/// Options for an account: no listing but at opening and on demand, and no long waits.
pub(crate) fn options(account: &Account) -> CloudinaryOptions {
    let mut options = CloudinaryOptions::default();
    options.access.cloud_name = Some(CLOUD.to_owned());
    options.access.api_key = Some(KEY.to_owned());
    options.access.api_secret = Some(ApiSecret::new(SECRET));
    options.access.upload_prefix = Some(account.address.clone());
    options.refresh = Duration::from_secs(3600);
    options.attempt = Duration::from_secs(1);
    options.deadline = Duration::from_secs(10);
    options
}

pub(crate) async fn open(account: &Account) -> Result<CloudinaryStore, StoreError> {
    CloudinaryStore::open(options(account)).await
}

pub(crate) fn sample(event: &str, user: &str, number: u16) -> FaceSample {
    let mut values = [0.1; DIMENSIONS];
    values[0] = f32::from(number);
    let embedding = Embedding::new(ModelId::new("model-a").unwrap(), values).unwrap();
    let (event, user) = (EventName::new(event).unwrap(), Username::new(user).unwrap());
    let created = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(number.into());
    FaceSample::new(event, user, embedding, 0.9, "test", created).unwrap()
}

pub(crate) fn event(name: &str) -> EventName {
    EventName::new(name).unwrap()
}

pub(crate) fn user(name: &str) -> Username {
    Username::new(name).unwrap()
}

/// Waits until something holds, for what happens in the background.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
