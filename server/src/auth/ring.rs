//! The keys that hold now.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::key::{ApiKey, KeyDigest, KeyId};
use super::{Caller, KeyRecord};

/// Keys by their public part.
#[derive(Debug)]
pub(crate) struct KeyRing(HashMap<KeyId, (KeyDigest, Caller)>);

impl KeyRing {
    /// The ring of these keys, or what is wrong with them.
    pub(crate) fn from_records(records: Vec<KeyRecord>) -> Result<Self, String> {
        let (mut ring, mut names) = (HashMap::with_capacity(records.len()), HashSet::new());
        for record in records {
            if let Some(fault) = record.fault() {
                return Err(fault);
            }
            let KeyRecord { name, role, events, id, sha256, .. } = record;
            if !names.insert(name.clone()) {
                return Err(format!("two keys have the name '{name}'"));
            }
            let caller = Caller { actor: name, role, events: events.map(Arc::new) };
            if let Some((_, other)) = ring.insert(id, (sha256, caller)) {
                return Err(format!("another key has the id of '{}'", other.actor));
            }
        }
        Ok(Self(ring))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose key it is; `None` for one that does not hold.
    pub(crate) fn caller(&self, key: &ApiKey) -> Option<&Caller> {
        // The time of this look-up may tell that there is such an id, which is no
        // secret. The digest is compared in constant time.
        let (digest, caller) = self.0.get(&key.id())?;
        (key.digest() == *digest).then_some(caller)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ::events::{Actor, EventName};

    use super::super::Role;
    use super::*;

    fn record(key: &ApiKey, name: &str) -> KeyRecord {
        KeyRecord::new(key, Actor::new(name).unwrap(), Role::Enrol, BTreeSet::new())
    }

    #[test]
    fn a_key_is_recognised_by_all_of_its_text() {
        let (key, stranger) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let ring = KeyRing::from_records(vec![record(&key, "desk")]).unwrap();
        assert_eq!(ring.caller(&key).unwrap().actor.as_str(), "desk");
        assert!(ring.caller(&stranger).is_none());
        let text = key.as_secret_text();
        let last = if text.ends_with('A') { "B" } else { "A" };
        for other in [format!("{}{last}", &text[..text.len() - 1]), format!("{text}A")] {
            let other = ApiKey::parse(&other).unwrap();
            assert!(other.id() == key.id() && ring.caller(&other).is_none());
        }
    }

    #[test]
    fn keys_that_cannot_be_told_apart_or_used_are_refused() {
        let (one, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let of_no_event = KeyRecord { events: Some(BTreeSet::<EventName>::new()), ..record(&one, "door") };
        for (records, fault) in [
            (vec![record(&one, "desk"), record(&other, "desk")], "two keys have the name 'desk'"),
            (vec![record(&one, "desk"), record(&one, "door")], "another key has the id of 'desk'"),
            (vec![record(&one, "anonymous")], "the audit has the name 'anonymous'"),
            (vec![record(&one, "service")], "the audit has the name 'service'"),
            (vec![of_no_event], "is for no event"),
        ] {
            let refused = KeyRing::from_records(records).unwrap_err();
            assert!(refused.contains(fault), "{refused}");
        }
    }
}
