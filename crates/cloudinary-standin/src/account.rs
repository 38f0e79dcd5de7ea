//! The whole state of the account, behind one lock: every call is carried out at one moment.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use crate::asset::{Asset, Delivery, Key};
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::clock::Clock;
use crate::fault::{Fault, Rule};
use crate::listing::Listing;
use crate::quota::Quota;
use crate::{Algorithm, LoggedCall};

/// The account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) behaviour: Behaviour,
    pub(crate) clock: Clock,
    /// Where the delivery network answers, without a slash at the end.
    pub(crate) delivery_base: String,
    pub(crate) rules: Vec<Rule>,
    pub(crate) log: Vec<LoggedCall>,
    pub(crate) quota: Quota,
    pub(crate) listing: Listing,
    assets: BTreeMap<Key, Asset>,
    dice: fastrand::Rng,
}

impl Account {
    pub(crate) fn new(behaviour: Behaviour, seed: u64, delivery_base: String) -> Self {
        Self {
            behaviour,
            clock: Clock::default(),
            delivery_base,
            rules: Vec::new(),
            log: Vec::new(),
            quota: Quota::default(),
            listing: Listing::default(),
            assets: BTreeMap::new(),
            dice: fastrand::Rng::with_seed(seed),
        }
    }

    /// Notes a call that has arrived: how long it waits, and how it is to fail, if it is.
    pub(crate) fn begin(&mut self, call: &Call) -> (Duration, Option<Fault>) {
        let (endpoint, subject) = (call.route.endpoint, call.subject());
        self.log.push(LoggedCall::new(endpoint, &call.path));
        // A rule comes before the dice: a test that names a call must not depend on the seed. A call that a
        // rule decides draws nothing.
        let ruled = self.rules.iter_mut().find_map(|rule| rule.applies(endpoint, &subject));
        (self.behaviour.delay, ruled.or_else(|| self.behaviour.faults.draw(&mut self.dice)))
    }

    pub(crate) fn asset(&self, delivery: Delivery, public_id: &str) -> Option<&Asset> {
        self.assets.get(&(delivery, public_id.to_owned()))
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.assets.values()
    }

    /// Puts an asset in its place, whatever is there.
    pub(crate) fn keep(&mut self, asset: Asset) {
        let key = (asset.delivery, asset.public_id.clone());
        let due = self.clock.now() + self.behaviour.listing_lag;
        // The state of now, not a look at the assets when it is due: a list that lags shows each write in
        // turn.
        self.listing.note(due, key.clone(), Some(asset.clone()));
        self.assets.insert(key, asset);
    }

    pub(crate) fn remove(&mut self, delivery: Delivery, public_id: &str) -> Option<Asset> {
        let key = (delivery, public_id.to_owned());
        let removed = self.assets.remove(&key)?;
        self.listing.note(self.clock.now() + self.behaviour.listing_lag, key, None);
        Some(removed)
    }

    /// A new asset of these contents, without labels.
    pub(crate) fn new_asset(
        &self,
        delivery: Delivery,
        public_id: &str,
        bytes: Bytes,
        filename: &str,
    ) -> Asset {
        Asset {
            public_id: public_id.to_owned(),
            delivery,
            bytes,
            // Whole seconds, as at the service: two uploads in one second share the version and the URL
            // with it, so a client must tell them apart by the etag.
            version: self.clock.now().unix_timestamp(),
            tags: Vec::new(),
            context: BTreeMap::new(),
            original_filename: filename.to_owned(),
        }
    }

    /// What responses are signed with.
    pub(crate) fn algorithm(&self) -> Algorithm {
        // SHA-1 is what an account signs with unless it was restricted to the other.
        self.behaviour.only_algorithm.unwrap_or(Algorithm::Sha1)
    }
}
