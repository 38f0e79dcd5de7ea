//! What lists show, which may lag behind what is stored.

use std::collections::BTreeMap;

use crate::asset::{Asset, Key};
use crate::clock::Moment;

/// The assets as lists know them, and the changes that they do not know yet.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    shown: BTreeMap<Key, Asset>,
    to_come: Vec<(Moment, Key, Option<Asset>)>,
}

impl Listing {
    /// From `due` on the key has this asset, or none.
    pub(crate) fn note(&mut self, due: Moment, key: Key, asset: Option<Asset>) {
        self.to_come.push((due, key, asset));
    }

    /// What lists show now, ordered by key.
    pub(crate) fn at(&mut self, now: Moment) -> &BTreeMap<Key, Asset> {
        for (due, key, asset) in std::mem::take(&mut self.to_come) {
            if due > now {
                self.to_come.push((due, key, asset));
                continue;
            }
            // What was to come before it never will: an older state does not return.
            self.to_come.retain(|(_, other, _)| *other != key);
            match asset {
                Some(asset) => self.shown.insert(key, asset),
                None => self.shown.remove(&key),
            };
        }
        &self.shown
    }
}
