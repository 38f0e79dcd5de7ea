//! Changes of keys, and who may make them.

use std::collections::BTreeSet;

use ::events::{Actor, EventName, Note};
use time::OffsetDateTime;

use super::key::{ApiKey, KeyDigest, KeyId};
use super::{Caller, KeyRecord, KeyRing, Role};

/// What is to be done with the keys of a file.
#[derive(Debug)]
pub(crate) enum KeyChange {
    /// A new key.
    Add(KeyRecord),
    /// Another label, role, end, or other events.
    Update(Actor, KeyUpdate),
    /// Another key in the place of one.
    Rotate(Actor, Rotation),
    /// No key any more.
    Revoke(Actor),
}

/// What of a key is to be another; `None` for what stays.
#[derive(Debug, Default)]
pub(crate) struct KeyUpdate {
    pub(crate) label: Option<Option<Note>>,
    pub(crate) role: Option<Role>,
    pub(crate) events: Option<Option<BTreeSet<EventName>>>,
    pub(crate) expires: Option<Option<OffsetDateTime>>,
}

/// A key that takes another one's place.
#[derive(Debug)]
pub(crate) struct Rotation {
    id: KeyId,
    sha256: KeyDigest,
    old_until: OffsetDateTime,
    expires: Option<Option<OffsetDateTime>>,
}

impl Rotation {
    /// To this key, beside which the other one holds until then. `expires` is when the new one ends, where that is
    /// another time.
    pub(crate) fn new(
        key: &ApiKey,
        old_until: OffsetDateTime,
        expires: Option<Option<OffsetDateTime>>,
    ) -> Self {
        Self { id: key.id(), sha256: key.digest(), old_until, expires }
    }
}

/// Why a change of keys was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyChangeError {
    /// There is a key of this name.
    #[error("there is a key of the name '{0}': revoke it first, or choose another name")]
    NameTaken(Actor),
    /// There is none that whoever asks may see.
    #[error("there is no key of the name '{0}'")]
    NoSuchKey(Actor),
    /// It would be for more than the key of whoever asks.
    #[error("a key for some events alone makes and changes keys for these alone")]
    Wider,
    /// Nobody could make a key over HTTP any more.
    #[error("it is the last key of the role admin for every event")]
    LastAdmin,
    /// No server would take it.
    #[error("{0}")]
    Unfit(String),
}

impl KeyChange {
    /// Makes the change, and returns the key as it is now, or as it was when it was revoked. `by` is who asks over HTTP:
    /// for whoever has the file there is no other rule than that servers can use it. After an error the records are to
    /// be thrown away.
    ///
    /// # Errors
    /// [`KeyChangeError`].
    pub(super) fn apply(
        self,
        records: &mut Vec<KeyRecord>,
        by: Option<&Caller>,
        now: OffsetDateTime,
    ) -> Result<KeyRecord, KeyChangeError> {
        let is_full_admin = |record: &KeyRecord| record.is_full_admin(now);
        let had_admin = records.iter().any(is_full_admin);
        let changed = match self {
            Self::Revoke(name) => {
                let place = position(records, &name, by)?;
                // Also from a file that is wrong otherwise: a key is not kept for that.
                return refuse_without_admin(had_admin, by, records.remove(place), records, now);
            }
            Self::Add(record) => {
                if records.iter().any(|other| other.name == record.name) {
                    return Err(KeyChangeError::NameTaken(record.name));
                }
                expect_future(record.expires, now)?;
                records.push(record.clone());
                record
            }
            Self::Update(name, KeyUpdate { label, role, events, expires }) => {
                expect_future(expires.flatten(), now)?;
                let record = find(records, &name, by)?;
                record.label = label.unwrap_or_else(|| record.label.take());
                record.role = role.unwrap_or(record.role);
                record.events = events.unwrap_or_else(|| record.events.take());
                record.expires = expires.unwrap_or(record.expires);
                record.clone()
            }
            Self::Rotate(name, Rotation { id, sha256, old_until, expires }) => {
                let record = find(records, &name, by)?;
                record.rotate((id, sha256), old_until, now);
                record.expires = expires.unwrap_or(record.expires);
                expect_future(record.expires, now)?;
                record.clone()
            }
        };
        if !may(by, &changed) {
            return Err(KeyChangeError::Wider);
        }
        KeyRing::from_records(records.clone()).map_err(KeyChangeError::Unfit)?;
        refuse_without_admin(had_admin, by, changed, records, now)
    }
}

/// Whether somebody may have to do with a key: also see it in a list.
pub(crate) fn may(by: Option<&Caller>, record: &KeyRecord) -> bool {
    by.is_none_or(|caller| match (caller.events(), &record.events) {
        (None, _) => true,
        (Some(own), Some(events)) => events.is_subset(own),
        (Some(_), None) => false,
    })
}

fn position(records: &[KeyRecord], name: &Actor, by: Option<&Caller>) -> Result<usize, KeyChangeError> {
    let place = records.iter().position(|record| record.name == *name && may(by, record));
    place.ok_or_else(|| KeyChangeError::NoSuchKey(name.clone()))
}

fn find<'a>(
    records: &'a mut [KeyRecord],
    name: &Actor,
    by: Option<&Caller>,
) -> Result<&'a mut KeyRecord, KeyChangeError> {
    let place = position(records, name, by)?;
    records.get_mut(place).ok_or_else(|| KeyChangeError::NoSuchKey(name.clone()))
}

fn expect_future(expires: Option<OffsetDateTime>, now: OffsetDateTime) -> Result<(), KeyChangeError> {
    match expires {
        Some(expires) if expires <= now => {
            Err(KeyChangeError::Unfit("the key would have ended already: give a time to come".to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

fn refuse_without_admin(
    had_admin: bool,
    by: Option<&Caller>,
    changed: KeyRecord,
    records: &[KeyRecord],
    now: OffsetDateTime,
) -> Result<KeyRecord, KeyChangeError> {
    let is_left = records.iter().any(|record| record.is_full_admin(now));
    if by.is_some() && had_admin && !is_left { Err(KeyChangeError::LastAdmin) } else { Ok(changed) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use time::Duration;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn name(text: &str) -> Actor {
        Actor::new(text).unwrap()
    }

    fn events(names: &[&str]) -> BTreeSet<EventName> {
        names.iter().map(|name| EventName::new(name).unwrap()).collect()
    }

    fn record(text: &str, role: Role, names: &[&str]) -> KeyRecord {
        KeyRecord::new(&ApiKey::generate().unwrap(), name(text), role, events(names))
    }

    fn somebody(names: Option<&[&str]>) -> Caller {
        Caller { events: names.map(|names| Arc::new(events(names))), ..Caller::anyone().unwrap() }
    }

    fn apply(change: KeyChange, records: &[KeyRecord], by: &Caller) -> Result<KeyRecord, KeyChangeError> {
        change.apply(&mut records.to_vec(), Some(by), NOW)
    }

    #[test]
    fn a_key_of_some_events_makes_sees_and_changes_none_that_is_wider() {
        let own = somebody(Some(&["a", "b"]));
        let records = [record("office", Role::Admin, &[]), record("a", Role::Verify, &["a"])];
        for (names, is_made) in [(&["a"][..], true), (&["a", "b"], true), (&["a", "c"], false), (&[], false)]
        {
            let made = apply(KeyChange::Add(record("new", Role::Admin, names)), &records, &own);
            let expected = if is_made { None } else { Some(KeyChangeError::Wider) };
            assert_eq!(made.err(), expected, "{names:?}");
        }
        let update = |key, events| {
            let update = KeyUpdate { events: Some(events), ..KeyUpdate::default() };
            apply(KeyChange::Update(name(key), update), &records, &own).err()
        };
        assert_eq!(update("a", Some(events(&["b"]))), None);
        assert_eq!(update("a", Some(events(&["c"]))), Some(KeyChangeError::Wider));
        assert_eq!(update("a", None), Some(KeyChangeError::Wider));
        assert!(matches!(update("a", Some(events(&[]))), Some(KeyChangeError::Unfit(_))));
        assert_eq!(update("office", None), Some(KeyChangeError::NoSuchKey(name("office"))));
        let revoked = apply(KeyChange::Revoke(name("office")), &records, &own).err();
        assert_eq!(revoked, Some(KeyChangeError::NoSuchKey(name("office"))));
    }

    #[test]
    fn the_last_key_that_may_do_everything_stays_but_for_whoever_has_the_file() {
        let anyone = somebody(None);
        let ended = KeyRecord { expires: Some(NOW), ..record("old", Role::Admin, &[]) };
        let mut records = vec![record("office", Role::Admin, &[]), ended, record("a", Role::Admin, &["a"])];
        let changes = || {
            let update = |update| KeyChange::Update(name("office"), update);
            [
                KeyChange::Revoke(name("office")),
                update(KeyUpdate { role: Some(Role::Enrol), ..KeyUpdate::default() }),
                update(KeyUpdate { events: Some(Some(events(&["a"]))), ..KeyUpdate::default() }),
            ]
        };
        for change in changes() {
            assert_eq!(apply(change, &records, &anyone).err(), Some(KeyChangeError::LastAdmin));
        }
        for change in changes() {
            assert!(change.apply(&mut records.clone(), None, NOW).is_ok());
        }
        records.push(record("second", Role::Admin, &[]));
        assert!(changes().into_iter().all(|change| apply(change, &records, &anyone).is_ok()));
    }

    #[test]
    fn no_key_is_made_that_has_ended_and_an_ended_one_is_rotated_with_a_new_end() {
        let anyone = somebody(None);
        let ended = KeyRecord { expires: Some(NOW), ..record("door", Role::Verify, &[]) };
        let unfit = |result: Result<KeyRecord, _>| matches!(result, Err(KeyChangeError::Unfit(_)));
        assert!(unfit(apply(KeyChange::Add(ended.clone()), &[], &anyone)));
        let rotate = |expires| {
            let rotation = Rotation::new(&ApiKey::generate().unwrap(), NOW, expires);
            apply(KeyChange::Rotate(name("door"), rotation), std::slice::from_ref(&ended), &anyone)
        };
        assert!(unfit(rotate(None)) && unfit(rotate(Some(Some(NOW)))));
        let later = NOW + Duration::DAY;
        assert_eq!(rotate(Some(Some(later))).unwrap().expires, Some(later));
        assert_eq!(rotate(Some(None)).unwrap().expires, None);
    }
}
