//! The keys that hold now.

use std::collections::{HashMap, HashSet};
use std::iter;
use std::sync::Arc;

use time::OffsetDateTime;

use super::key::{ApiKey, KeyDigest, KeyId};
use super::{Caller, KeyRecord};

/// Keys by their public part.
#[derive(Debug)]
pub(crate) struct KeyRing(HashMap<KeyId, Entry>);

/// A key that is known, and how long it holds.
#[derive(Debug)]
struct Entry {
    digest: KeyDigest,
    caller: Caller,
    until: Option<OffsetDateTime>,
}

impl KeyRing {
    /// The ring of these keys, or what is wrong with them.
    pub(crate) fn from_records(records: Vec<KeyRecord>) -> Result<Self, String> {
        let (mut ring, mut names) = (HashMap::with_capacity(records.len()), HashSet::new());
        for record in records {
            if let Some(fault) = record.fault() {
                return Err(fault);
            }
            let KeyRecord { name, role, events, expires, id, sha256, previous, .. } = record;
            if !names.insert(name.clone()) {
                return Err(format!("two keys have the name '{name}'"));
            }
            let caller = Caller { actor: name, role, events: events.map(Arc::new) };
            let previous = previous.into_iter().map(|old| {
                (old.id, old.sha256, Some(expires.map_or(old.until, |expires| expires.min(old.until))))
            });
            for (id, digest, until) in iter::once((id, sha256, expires)).chain(previous) {
                let caller = caller.clone();
                if let Some(other) = ring.insert(id, Entry { digest, caller, until }) {
                    return Err(format!("another key has the id of '{}'", other.caller.actor));
                }
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

    /// The public parts of all keys.
    pub(super) fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.0.keys()
    }

    /// Whose key it is; `None` for one that does not hold now.
    pub(crate) fn caller(&self, key: &ApiKey, now: OffsetDateTime) -> Option<&Caller> {
        // The time of this look-up may tell that there is such an id, which is no
        // secret. The digest is compared in constant time.
        let Entry { digest, caller, until } = self.0.get(&key.id())?;
        let holds = key.digest() == *digest && until.is_none_or(|until| now < until);
        holds.then_some(caller)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ::events::{Actor, EventName};
    use time::Duration;

    use super::super::Role;
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn record(key: &ApiKey, name: &str) -> KeyRecord {
        KeyRecord::new(key, Actor::new(name).unwrap(), Role::Enrol, BTreeSet::new())
    }

    #[test]
    fn a_key_is_recognised_by_all_of_its_text() {
        let (key, stranger) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let ring = KeyRing::from_records(vec![record(&key, "desk")]).unwrap();
        assert_eq!(ring.caller(&key, NOW).unwrap().actor.as_str(), "desk");
        assert!(ring.caller(&stranger, NOW).is_none());
        let text = key.as_secret_text();
        let last = if text.ends_with('A') { "B" } else { "A" };
        for other in [format!("{}{last}", &text[..text.len() - 1]), format!("{text}A")] {
            let other = ApiKey::parse(&other).unwrap();
            assert!(other.id() == key.id() && ring.caller(&other, NOW).is_none());
        }
    }

    #[test]
    fn a_key_holds_until_it_expires_and_the_one_before_it_until_it_was_said_to() {
        let [first, second, third] = [(); 3].map(|()| ApiKey::generate().unwrap());
        let at = |hours| NOW + Duration::hours(hours);
        let mut door = KeyRecord { expires: Some(at(5)), ..record(&first, "door") };
        door.rotate((second.id(), second.digest()), at(2), at(1));
        door.rotate((third.id(), third.digest()), at(9), at(1));
        let holding = |door: &KeyRecord, hours| {
            let ring = KeyRing::from_records(vec![door.clone()]).unwrap();
            [&first, &second, &third].map(|key| ring.caller(key, at(hours)).is_some())
        };
        assert_eq!(holding(&door, 1), [true, true, true]);
        assert_eq!(holding(&door, 2), [false, true, true]);
        // None longer than it would have held by itself.
        assert_eq!(holding(&door, 4), [false, true, true]);
        assert_eq!(holding(&door, 5), [false, false, false]);
        // Those that have ended are forgotten by the next rotation.
        let fourth = ApiKey::generate().unwrap();
        door.rotate((fourth.id(), fourth.digest()), at(9), at(3));
        assert_eq!(door.previous.len(), 2);
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
