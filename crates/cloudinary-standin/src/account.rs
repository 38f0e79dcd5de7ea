//! The whole state of the account, behind one lock: every call is carried out at one moment.

use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::HEXLOWER;

use crate::Algorithm;
use crate::asset::{Asset, Delivery};
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::cdn::Cdn;
use crate::clock::Clock;
use crate::fault::{Fault, Rule};
use crate::listing::Listing;
use crate::quota::Quota;
use crate::traffic::Traffic;

/// What names an asset.
pub(crate) type Key = (Delivery, String);

/// The account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) behaviour: Behaviour,
    pub(crate) clock: Clock,
    /// Where the delivery network answers, without a slash at the end.
    pub(crate) delivery_base: String,
    pub(crate) rules: Vec<Rule>,
    pub(crate) traffic: Traffic,
    pub(crate) quota: Quota,
    pub(crate) cdn: Cdn,
    pub(crate) listing: Listing,
    assets: BTreeMap<Key, Asset>,
    dice: fastrand::Rng,
    ids: fastrand::Rng,
}

impl Account {
    pub(crate) fn new(behaviour: Behaviour, seed: u64, delivery_base: String) -> Self {
        Self {
            behaviour,
            clock: Clock::default(),
            delivery_base,
            rules: Vec::new(),
            traffic: Traffic::default(),
            quota: Quota::default(),
            cdn: Cdn::default(),
            listing: Listing::default(),
            assets: BTreeMap::new(),
            dice: fastrand::Rng::with_seed(seed),
            // Not the dice: how many ids are made must not decide which calls fail.
            ids: fastrand::Rng::with_seed(seed ^ 0x1d5),
        }
    }

    /// How this call is to fail, if it is.
    pub(crate) fn fault(&mut self, call: &Call) -> Option<Fault> {
        let (endpoint, subject) = (call.route.endpoint, call.subject());
        // A rule comes before the dice: a test that names a call must not depend on the seed. A call that a
        // rule decides draws nothing.
        let ruled = self.rules.iter_mut().find_map(|rule| rule.applies(endpoint, &subject));
        ruled.or_else(|| self.behaviour.faults.draw(endpoint, &mut self.dice))
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
        // Copies on the delivery network stay: the service, too, removes them only on `invalidate`.
        let key = (delivery, public_id.to_owned());
        let removed = self.assets.remove(&key)?;
        self.listing.note(self.clock.now() + self.behaviour.listing_lag, key, None);
        Some(removed)
    }

    pub(crate) fn invalidate(&mut self, delivery: Delivery, public_id: &str) {
        let cdn = &self.behaviour.cdn;
        self.cdn.invalidate(&(delivery, public_id.to_owned()), cdn.invalidation, self.clock.now());
    }

    /// A new asset of these contents. One of the same name hands down its identity, not its labels.
    pub(crate) fn asset_of(
        &mut self,
        delivery: Delivery,
        public_id: &str,
        bytes: Bytes,
        filename: &str,
    ) -> Asset {
        let now = self.clock.now();
        let former =
            self.asset(delivery, public_id).map(|former| (former.asset_id.clone(), former.created_at));
        let (asset_id, created_at) = former.unwrap_or_else(|| (self.new_id(), now));
        Asset {
            public_id: public_id.to_owned(),
            delivery,
            bytes,
            // Whole seconds, as at the service: two uploads in one second share the version and the URL
            // with it, so a client must tell them apart by the etag.
            version: now.unix_timestamp(),
            tags: Vec::new(),
            context: BTreeMap::new(),
            asset_id,
            version_id: self.new_id(),
            created_at,
            original_filename: filename.to_owned(),
        }
    }

    /// 32 hexadecimal digits.
    pub(crate) fn new_id(&mut self) -> String {
        HEXLOWER.encode(&self.ids.u128(..).to_be_bytes())
    }

    /// What responses are signed with.
    pub(crate) fn algorithm(&self) -> Algorithm {
        // SHA-1 is what an account signs with unless it was restricted to the other.
        self.behaviour.only_algorithm.unwrap_or(Algorithm::Sha1)
    }
}
