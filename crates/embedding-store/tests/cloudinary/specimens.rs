//! Accounts, stores to open, and samples to put into them.

use std::time::Duration;

use cloudinary_standin::{
    API_KEY, API_SECRET, Asset, CLOUD, Delivery, Endpoint, Fault, Labels, Options, Rule, StandIn,
};
use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::cloudinary::ApiSecret;
use embedding_store::{CloudinaryOptions, CloudinaryStore, EventName, FaceSample, StoreError, Username};
use time::OffsetDateTime;

/// An account in which nothing is.
pub(crate) fn account() -> StandIn {
    StandIn::start(Options::default()).unwrap()
}

/// The ids of what the stores keep there.
pub(crate) fn ids(account: &StandIn) -> Vec<String> {
    let kept = |asset: &Asset| asset.delivery == Delivery::Authenticated;
    account.assets().into_iter().filter(kept).map(|asset| asset.public_id).collect()
}

/// What is stored under an id.
pub(crate) fn document(account: &StandIn, delivery: Delivery, id: &str) -> Option<Vec<u8>> {
    account.asset(delivery, id).map(|asset| asset.bytes.to_vec())
}

/// Stores a document past the store.
pub(crate) fn put(account: &StandIn, delivery: Delivery, id: &str, bytes: &[u8]) {
    account.put(delivery, id, bytes.to_vec(), Labels::default());
}

/// Every call of an endpoint fails, until the account is told to stop failing.
pub(crate) fn break_down(account: &StandIn, endpoint: Endpoint) {
    account.fail(Rule::new(endpoint, Fault::Page(500)));
}

/// Options for an account: no listing but at opening and on demand, and no long waits.
pub(crate) fn options(account: &StandIn) -> CloudinaryOptions {
    let mut options = CloudinaryOptions::default();
    options.access.cloud_name = Some(CLOUD.to_owned());
    options.access.api_key = Some(API_KEY.to_owned());
    options.access.api_secret = Some(ApiSecret::new(API_SECRET));
    options.access.upload_prefix = Some(account.base_url());
    options.refresh = Duration::from_secs(3600);
    options.attempt = Duration::from_secs(1);
    options.deadline = Duration::from_secs(10);
    options
}

pub(crate) async fn open(account: &StandIn) -> Result<CloudinaryStore, StoreError> {
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
